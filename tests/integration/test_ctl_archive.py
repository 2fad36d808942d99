#!/usr/bin/env python3
"""stokctl archive: closed holds go into a file, and whenever it is killed, none is lost or doubled."""

import contextlib
import csv
import random

import ctl
from ctl import agrees, differs
from stok import *
from tap import equal, main

FILE = os.path.join(VAR, "archive.csv")
BEFORE = "2021-01-01"


def fresh_file():
    with contextlib.suppress(FileNotFoundError):
        os.unlink(FILE)


def old_rows(count):
    """So many holds of former years, each with another end, and some that stay."""
    empty()
    fresh_file()
    variant(1, 1000000)
    sql("INSERT INTO StockReservation (variantId, quantity, sessionId, userId, status, createdAt, "
        "expiresAt, closedAt, cancelReason, orderId, idempotencyKey, idempotencyLine, "
        "createdRequestId, closedRequestId) SELECT 1, 1 + seq % 5, CONCAT('s,\"', seq), "
        "IF(seq % 2, seq, NULL), IF(seq % 3, 'CANCELLED', 'COMPLETED'), '2020-01-01 00:00:00.123', "
        "'2020-01-02', '2020-01-02', ELT(seq % 3, 'EXPIRED', 'OPERATOR'), IF(seq % 3, NULL, "
        "CONCAT('o\"', seq)), UNHEX(SHA2(seq, 256)), 0, LEFT(SHA2(seq, 256), 32), "
        "LEFT(SHA2(CONCAT('end', seq), 256), 32) "
        f"FROM {sequence(count)}")
    return held(1, 1), sum_of_rows()


def sum_of_rows():
    """A fingerprint of the old rows."""
    return sql("SELECT id, variantId, quantity, sessionId, userId, status, createdAt, expiresAt, "
               "closedAt, cancelReason, orderId, LOWER(HEX(idempotencyKey)), idempotencyLine, "
               "LOWER(HEX(idempotencyBody)), createdRequestId, closedRequestId FROM "
               f"StockReservation WHERE closedAt<'{BEFORE}' ORDER BY id")


def file_rows():
    """The rows of the file, as the database shows them."""
    with open(FILE, encoding="ascii", newline="") as file:
        rows = list(csv.reader(file))
    equal(rows[0][:3], ["id", "variantId", "quantity"])
    return sorted(([field or "NULL" for field in row] for row in rows[1:]),
                  key=lambda row: int(row[0]))


def archive(*more, **settings):
    return ctl.told("archive", "--before", BEFORE, "--to", FILE, *more, user="stok_operator",
                    **settings)


def test_closed_holds_are_moved_whole():
    live, before = old_rows(1700)
    result = agrees(archive())
    equal(result.sums["moved"], 1700)
    equal(file_rows(), before)
    equal(sql("SELECT id FROM StockReservation"), [[str(live)]])
    equal(agrees(archive()).sums["moved"], 0, "there is nothing left to do")
    equal(file_rows(), before)
    check_sums()


def test_a_file_goes_on_with_later_rows():
    _, first = old_rows(10)
    archive()
    sql("INSERT INTO StockReservation (variantId, quantity, sessionId, status, createdAt, "
        "expiresAt, closedAt, cancelReason) VALUES (1, 1, 'more', 'CANCELLED', '2020-01-01', "
        "'2020-01-02', '2020-01-02', 'CUSTOMER')")
    more = sum_of_rows()
    equal(agrees(archive()).sums["moved"], 1)
    equal(file_rows(), first + more)


def kill_after(seconds):
    """Starts it, and kills it."""
    process_of = subprocess.Popen(
        [ctl.PROGRAM, "archive", "--before", BEFORE, "--to", FILE],
        env=ctl.settings("stok_operator"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    time.sleep(seconds)
    process_of.kill()
    process_of.wait()


def test_killed_at_any_time_it_goes_on_and_loses_nothing():
    seed = int(os.environ.get("STOK_SEED") or random.randrange(10**6))
    rng = random.Random(seed)
    _, before = old_rows(30000)
    left, kills = None, 0
    while kills < 12:
        kill_after(rng.uniform(0.02, 0.25))
        kills += 1
        now = number(f"SELECT COUNT(*) FROM StockReservation WHERE closedAt<'{BEFORE}'")
        if now == 0:
            break
        left = now
    assert left is not None and left < 30000, f"seed {seed}: never killed in the middle: {left}"
    agrees(archive())
    equal(sum_of_rows(), [])
    assert file_rows() == before, f"seed {seed}: the file differs"


def test_what_was_written_and_not_deleted_is_not_doubled():
    _, before = old_rows(700)
    archive()
    # As a kill between the file's sync and COMMIT leaves it: the last rows stand in both.
    sql("INSERT INTO StockReservation (id, variantId, quantity, sessionId, userId, status, "
        "createdAt, expiresAt, closedAt, cancelReason, orderId, idempotencyKey, idempotencyLine, "
        "createdRequestId, closedRequestId) VALUES " + ",".join(
            "(" + ",".join("NULL" if field == "NULL" else f"UNHEX('{field}')" if index == 11
                           else "'" + field.replace("'", "''") + "'"
                           for index, field in enumerate(row) if index != 13) + ")"
            for row in before[-150:]))
    equal(agrees(archive()).sums["moved"], 150)
    equal(file_rows(), before)


def test_a_torn_line_is_taken_off():
    _, before = old_rows(20)
    archive()
    with open(FILE, "ab") as file:
        file.write(b"4711,1,1,\"half")
    equal(agrees(archive()).sums["moved"], 0)
    equal(file_rows(), before)


def test_a_file_of_another_kind_or_another_table_is_left_alone():
    old_rows(20)
    with open(FILE, "w", encoding="ascii") as file:
        file.write("precious\n")
    equal(archive().status, ctl.ENVIRONMENT)
    with open(FILE, encoding="ascii") as file:
        equal(file.read(), "precious\n")
    fresh_file()
    archive()
    with open(FILE, encoding="ascii") as file:
        text = file.read()
    # The same ids, and other holds.
    ids = [row.split(",")[0] for row in text.splitlines()[1:]]
    sql("INSERT INTO StockReservation (id, variantId, quantity, sessionId, status, createdAt, "
        "expiresAt, closedAt, cancelReason) SELECT id, 1, 9, 'other', 'CANCELLED', '2020-05-01', "
        "'2020-05-02', '2020-05-02', 'CUSTOMER' FROM (SELECT " +
        " UNION SELECT ".join(f"{identity} AS id" for identity in ids) + ") AS ids")
    equal(archive().status, ctl.ENVIRONMENT)
    with open(FILE, encoding="ascii") as file:
        equal(file.read(), text)
    equal(number("SELECT COUNT(*) FROM StockReservation WHERE sessionId='other'"), 20)


def test_rows_that_are_not_sound_stay():
    old_rows(20)
    sql(f"UPDATE StockReservation SET sessionId='a\\nb' WHERE closedAt<'{BEFORE}' ORDER BY id LIMIT 1")
    result = differs(archive(), "not_archived")
    equal(result.sums["moved"], 19)
    equal(number("SELECT COUNT(*) FROM StockReservation"), 2)


def test_young_holds_are_not_archived():
    old_rows(3)
    tomorrow = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 86400))
    done = ctl.run("archive", "--before", tomorrow, "--to", FILE, user="stok_operator")
    equal(done.returncode, ctl.USAGE)
    equal(number("SELECT COUNT(*) FROM StockReservation"), 4)


def test_who_may_not_delete_loses_nothing():
    _, before = old_rows(20)
    result = ctl.told("archive", "--before", BEFORE, "--to", FILE)
    equal(result.status, ctl.ENVIRONMENT)
    equal(sum_of_rows(), before)
    agrees(archive())
    equal(file_rows(), before)


def test_an_audit_knows_archived_rows():
    time.sleep(0.3)
    empty()
    fresh_file()
    with open(ctl.LOG, "r+", encoding="ascii") as file:
        file.truncate(0)
    variant(1, 100)
    ids = [held(1, 1) for _ in range(3)]
    equal(cancel(ids[:2]).status, 200)
    until(lambda: len(log_lines()) == 4, "the lines")
    sql("UPDATE StockReservation SET createdAt='2020-01-01', closedAt='2020-01-01 00:00:01', "
        f"expiresAt='2020-01-02' WHERE id IN ({ids[0]}, {ids[1]})")
    agrees(archive())
    differs(ctl.audit(), "row_missing")
    result = agrees(ctl.audit(more=["--archive", FILE]))
    equal((result.sums["rows"], result.sums["ended"]), (3, 2))
    # One that is there a second time.
    with open(FILE, encoding="ascii") as file:
        last = file.read().splitlines()[-1]
    with open(FILE + ".2", "w", encoding="ascii") as file:
        file.write(last + "\n")
    differs(ctl.audit(more=["--archive", FILE, "--archive", FILE + ".2"]), "row_twice")


if __name__ == "__main__":
    main(start)
