#!/usr/bin/env python3
"""stokctl audit: an honest shop agrees; whatever is tampered with is found."""

import contextlib
import gzip
import pty
import shutil

import ctl
from ctl import agrees, differs
from stok import *
from tap import equal, main

LINES = 21  # of one shop

COPY = os.path.join(VAR, "log", "audited.log")


def fresh_log():
    """Empty tables and an empty log; nginx goes on in the same file."""
    time.sleep(0.3)  # the last line of what was before
    empty()
    with open(ctl.LOG, "r+", encoding="ascii") as file:
        file.truncate(0)


def settle(count):
    """Waits for so many lines; nginx writes them after it answered."""
    until(lambda: len(log_lines()) >= count, f"{count} lines, not {len(log_lines())}")


def shop():
    """One hold of every fate, each of its own. Returns their ids by name."""
    fresh_log()
    variant(1, 1000)
    variant(2, 1000)
    ids = {
        "live": held(1, 2, "live-shopper", userId=7),
        "cancelled": held(1, 3, "cancelling"),
        "converted": held(1, 4, "buying"),
        "swept": held(2, 5, "forgetful"),
        "revived": held(2, 6, "late"),
        "plain": held(1, 1, 'quote"\\session'),
    }
    equal(cancel(ids["cancelled"], sessionId="cancelling").status, 200)
    equal(convert([ids["converted"]], orderId='order-"1\\').status, 200)
    expire(ids["swept"], ids["revived"])
    equal(cleanup().body["count"], 2)
    equal(convert([ids["revived"]], orderId="order-2").status, 200)
    again = {"headers": {"Idempotency-Key": "once"}}
    ids["keyed"] = reserve(1, 1, "keyed", **again).body["reservationId"]
    equal(reserve(1, 1, "keyed", **again).body["replay"], True)
    equal(reserve(1, 100000).status, 409)
    equal(cancel(424242).status, 404)
    shop_in_a_cart(ids)
    settle(LINES)
    return ids


def shop_in_a_cart(ids):
    """A hold that another replaces, and what becomes of that: extended, listed, merged, sold."""
    ids["replaced"] = held(1, 2, "cart")
    ids["replacing"], ids["moved"] = held_all([(1, 3, ids["replaced"]), (2, 1)], "cart")
    for answer in (extend(sessionId="cart", ttlSeconds=3600), merge("cart", "member", 9),
                   reservations("listing"), availability(1, 2)):
        equal(answer.status, 200, answer)
    equal(convert([ids["replacing"]], sessionId="member").status, 200)


def copy_of_log(change):
    """The log as somebody has changed it: `change` gets its lines, and returns others."""
    with open(COPY, "w", encoding="ascii") as file:
        file.write("".join(line + "\n" for line in change(log_lines())))
    return COPY


def without(mark):
    """The log without the lines that this finds."""
    kept = [line for line in log_lines() if not mark(json.loads(line))]
    assert len(kept) < len(log_lines())
    return copy_of_log(lambda lines: kept)


def line_about(hold, action):
    """Finds the line of that action that names the hold."""
    return lambda line: line["action"] == action and str(hold) in line["reservationIds"].split()


def altered(mark, **members):
    """The log with members of one line changed."""
    def change(lines):
        for text in lines:
            line = json.loads(text)
            yield json.dumps({**line, **members}, separators=(",", ":")) if mark(line) else text

    return copy_of_log(change)


def test_an_honest_shop_agrees():
    ids = shop()
    result = agrees(ctl.audit())
    equal((result.sums["rows"], result.sums["made"]), (len(ids), len(ids)))
    equal((result.sums["ended"], result.sums["swept"]), (5, 1), result)
    equal(result.sums["lost"] + result.sums["doubtful"], 0)


def test_a_deleted_row_is_found():
    ids = shop()
    sql(f"DELETE FROM StockReservation WHERE id={ids['live']}")
    result = differs(ctl.audit(), "row_missing")
    equal(result.findings[0]["reservationId"], ids["live"])


def test_a_deleted_row_that_was_swept_is_found_twice():
    ids = shop()
    sql(f"DELETE FROM StockReservation WHERE id={ids['swept']}")
    differs(ctl.audit(), "row_missing", "swept_differs")


def test_a_changed_quantity_is_found():
    ids = shop()
    sql(f"UPDATE StockReservation SET quantity=quantity+1 WHERE id={ids['converted']}")
    result = differs(ctl.audit(), "quantity_differs")
    equal({one["reservationId"] for one in result.findings}, {ids["converted"]})


def test_a_changed_variant_session_and_user_are_found():
    for column, value, kind in (("variantId", "2", "variant_differs"),
                                ("sessionId", "'thief'", "session_differs"),
                                ("userId", "8", "user_differs")):
        ids = shop()
        sql(f"UPDATE StockReservation SET {column}={value} WHERE id={ids['live']}")
        differs(ctl.audit(), kind)


def test_a_removed_line_that_made_a_hold_is_found():
    ids = shop()
    result = differs(ctl.audit(without(line_about(ids["live"], "reserve"))), "line_missing")
    equal(result.findings[0]["reservationId"], ids["live"])


def test_a_removed_line_is_no_lost_one_if_the_client_had_the_answer():
    ids = shop()
    log = without(line_about(ids["cancelled"], "reserve"))
    soon = ctl.time_of(time.time() + 20)
    result = differs(ctl.audit(log, more=["--outage", soon]), "line_removed")
    equal(result.findings[0]["reservationId"], ids["cancelled"])
    agrees(ctl.audit(log, more=["--outage", ctl.time_of(time.time())]))


def test_a_removed_line_that_ended_a_hold_is_found():
    for fate, action in (("cancelled", "cancel"), ("converted", "convert"), ("revived", "convert")):
        ids = shop()
        result = differs(ctl.audit(without(line_about(ids[fate], action))), "line_missing")
        equal(result.findings[0]["reservationId"], ids[fate])


def test_a_removed_line_that_replaced_a_hold_is_found():
    ids = shop()
    result = differs(ctl.audit(without(line_about(ids["replacing"], "reserve"))), "line_missing")
    equal(sorted(one["reservationId"] for one in result.findings),
          [ids["replaced"], ids["replacing"], ids["moved"]])
    log = altered(line_about(ids["replacing"], "reserve"), replaced="")
    result = differs(ctl.audit(log), "line_contradicts")
    equal([one["reservationId"] for one in result.findings], [ids["replaced"]])


def test_a_removed_line_of_a_merge_is_found():
    ids = shop()
    result = differs(ctl.audit(without(lambda line: line["action"] == "merge")),
                     "session_differs", "user_differs")
    equal({one["reservationId"] for one in result.findings}, {ids["replacing"], ids["moved"]})


def test_a_hold_that_a_merge_did_not_move_is_found():
    ids = shop()
    sql(f"UPDATE StockReservation SET sessionId='cart' WHERE id={ids['moved']}")
    differs(ctl.audit(), "session_differs")


def test_a_session_that_saw_its_list_may_know_an_id():
    ids = shop()
    mark = line_about(ids["cancelled"], "reserve")
    gone = {"status": 504, "outcome": "unavailable", "reservationIds": "", "lines": ""}
    listed = next(json.loads(text) for text in log_lines() if line_about(ids["cancelled"],
                                                                         "cancel")(json.loads(text)))
    listed |= {"requestId": "ab" * 16, "action": "list", "reservationIds": "", "lines": ""}
    log = altered(mark, **gone)
    with open(log, "a", encoding="ascii") as file:
        file.write(json.dumps(listed, separators=(",", ":")) + "\n")
    equal(agrees(ctl.audit(log)).sums["doubtful"], 1)


def test_a_removed_line_of_a_sweep_is_found():
    shop()
    differs(ctl.audit(without(lambda line: line["action"] == "cleanup")), "line_missing")


def test_an_added_line_is_found():
    ids = shop()
    copied = next(line for line in map(json.loads, log_lines())
                  if line_about(ids["live"], "reserve")(line))
    made_up = {**copied, "requestId": "0123456789abcdef" * 2}
    for line, kind in ((made_up, "maker_differs"),
                       ({**made_up, "reservationIds": "987654"}, "row_missing"),
                       ({**made_up, "action": "cancel", "outcome": "cancelled", "status": 200},
                        "end_differs"),
                       ({**made_up, "action": "cleanup", "status": 200, "swept": "3",
                         "reservationIds": "", "lines": "", "outcome": "cleaned"},
                        "swept_differs"),
                       (copied, "line_twice")):
        log = copy_of_log(lambda lines: [*lines, json.dumps(line, separators=(",", ":"))])
        differs(ctl.audit(log), kind)


def test_a_swapped_order_id_is_found_on_either_side():
    ids = shop()
    sql(f"UPDATE StockReservation SET orderId='order-9' WHERE id={ids['converted']}")
    differs(ctl.audit(), "order_differs")
    ids = shop()
    log = altered(line_about(ids["converted"], "convert"), orderId="order-9")
    differs(ctl.audit(log), "order_differs")


def test_two_orders_that_changed_places_are_found():
    ids = shop()
    sql(f"UPDATE StockReservation SET orderId=IF(orderId='order-2', 'order-\"1\\\\\\\\', 'order-2') "
        f"WHERE id IN ({ids['converted']}, {ids['revived']})")
    result = differs(ctl.audit(), "order_differs")
    equal({one["reservationId"] for one in result.findings}, {ids["converted"], ids["revived"]})


def test_a_line_whose_success_was_made_a_refusal_is_found():
    ids = shop()
    log = altered(line_about(ids["live"], "reserve"), status=409, outcome="insufficient_stock")
    differs(ctl.audit(log), "line_contradicts")


def test_an_end_that_was_undone_is_found():
    ids = shop()
    sql("UPDATE StockReservation SET status='ACTIVE', closedAt=NULL, orderId=NULL, "
        f"closedRequestId=NULL WHERE id={ids['converted']}")
    differs(ctl.audit(), "end_differs")


def test_a_row_that_nobody_asked_for_is_found():
    ids = shop()
    sql("INSERT INTO StockReservation (variantId, quantity, sessionId, expiresAt, createdRequestId, "
        "idempotencyKey, idempotencyLine) SELECT variantId, quantity, sessionId, expiresAt, "
        f"REPEAT('ab', 16), REPEAT('k', 32), 0 FROM StockReservation WHERE id={ids['live']}")
    differs(ctl.audit(), "line_missing")


def test_an_end_by_hand_is_found_unless_an_operator_signs_it():
    ids = shop()
    sql("UPDATE StockReservation SET status='CANCELLED', cancelReason='CUSTOMER', "
        f"closedAt=UTC_TIMESTAMP(3) WHERE id={ids['live']}")
    differs(ctl.audit(), "row_unclear")
    sql(f"UPDATE StockReservation SET cancelReason='OPERATOR' WHERE id={ids['live']}")
    equal(agrees(ctl.audit()).sums["byHand"], 1)


def test_rows_of_the_shops_own_need_no_line():
    shop()
    sql("INSERT INTO StockReservation (variantId, quantity, sessionId, expiresAt) "
        "VALUES (1, 1, 'plain', UTC_TIMESTAMP(3))")
    equal(cleanup().body["count"], 1)
    settle(LINES + 1)
    equal(agrees(ctl.audit()).sums["foreign"], 1)


def test_a_request_that_nginx_gave_up_on_is_told_apart():
    ids = shop()
    mark = line_about(ids["live"], "reserve")
    gone = {"caller": "storefront", "status": 504, "outcome": "unavailable", "reservationIds": "",
            "lines": "", "userId": "", "session": ""}
    equal(agrees(ctl.audit(altered(mark, **gone))).sums["doubtful"], 1)
    # Not if the client used what it was never told.
    mark = line_about(ids["cancelled"], "reserve")
    differs(ctl.audit(altered(mark, **gone)), "line_contradicts")


def test_a_line_lost_in_an_outage_is_told_apart():
    ids = shop()
    log = without(line_about(ids["live"], "reserve"))
    result = agrees(ctl.audit(log, more=["--outage", ctl.time_of(time.time())]))
    equal(result.sums["lost"], 1)
    differs(ctl.audit(log, more=["--outage", "2020-01-01T00:00:00Z"]), "line_missing")
    agrees(ctl.audit(log, more=["--outage", "2020-01-01/" + ctl.time_of(time.time())]))


def test_a_line_that_cannot_be_read_is_named_with_its_place():
    shop()
    log = copy_of_log(lambda lines: [*lines, '{"time":"2026', "nonsense", "", lines[0][:-1]])
    result = differs(ctl.audit(log), "line_unreadable")
    first = len(log_lines()) + 1
    equal([one["line"] for one in result.findings], list(range(first, first + 4)))
    equal({one["file"] for one in result.findings}, {log})


def test_bad_utf8_and_members_to_come_stop_nothing():
    shop()
    with open(ctl.LOG, "rb") as file:
        lines = file.read().splitlines()
    with open(COPY, "wb") as file:
        for line in lines:
            file.write(line.replace(b'"path":"/', b'"new":"\xff\xc3(","path":"/\xfe\xe2\x82') + b"\n")
    agrees(ctl.audit(COPY))


def test_compressed_logs_are_read_and_their_halves_refused():
    shop()
    path = COPY + ".gz"
    with open(ctl.LOG, "rb") as log, gzip.open(path, "wb") as file:
        shutil.copyfileobj(log, file)
    agrees(ctl.audit(path))
    with open(path, "r+b") as file:
        file.truncate(os.path.getsize(path) - 20)
    result = ctl.audit(path)
    equal(result.status, ctl.ENVIRONMENT)
    assert path in result.errors, result


def test_logs_may_come_in_pieces_and_in_any_order():
    shop()
    lines = log_lines()
    pieces = []
    for index, part in enumerate((lines[7:], lines[:7])):
        pieces.append(f"{COPY}.{index}")
        with open(pieces[-1], "w", encoding="ascii") as file:
            file.write("".join(line + "\n" for line in part))
    agrees(ctl.audit(*pieces))
    differs(ctl.audit(pieces[0]), "line_missing", "line_removed")


def test_a_window_leaves_alone_what_is_outside_of_it():
    ids = shop()
    sql(f"DELETE FROM StockReservation WHERE id={ids['live']}")
    agrees(ctl.audit(until="2020-01-01"))
    agrees(ctl.audit(more=["--since", "2200-01-01"]))
    # Without --until the last minute is left to the next audit.
    agrees(ctl.told("audit", ctl.LOG))
    differs(ctl.audit(more=["--since", ctl.time_of(time.time() - 3600)]), "row_missing")


def test_a_torn_line_of_long_ago_is_not_told_every_night():
    shop()
    old = json.dumps({**json.loads(log_lines()[0]), "time": "2020-01-01T00:00:00.000+00:00"},
                     separators=(",", ":"))
    since = ["--since", ctl.time_of(time.time() - 3600)]
    agrees(ctl.audit(copy_of_log(lambda lines: [old, "torn", *lines]), more=since))
    for change in (lambda lines: ["torn", *lines], lambda lines: [old, *lines, "torn"]):
        differs(ctl.audit(copy_of_log(change), more=since), "line_unreadable")


def slow_log(path):
    """A pipe through which the log comes, slowly enough for a bar to be shown."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    os.mkfifo(path)
    text = "".join(line + "\n" for line in log_lines()) * 1000

    def write():
        with open(path, "w", encoding="ascii") as pipe:
            for _ in range(3):
                pipe.write(text)
                pipe.flush()
                time.sleep(0.3)

    threading.Thread(target=write).start()


def test_a_bar_is_shown_on_a_terminal_and_nowhere_else():
    shop()
    path = COPY + ".pipe"
    command = [ctl.PROGRAM, "audit", "--since", "2200-01-01", path]
    terminal, end = pty.openpty()
    slow_log(path)
    done = subprocess.run(command, env=ctl.settings("stok_auditor"), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=end, text=True, timeout=60)
    os.close(end)
    shown = b""
    with contextlib.suppress(OSError):  # how a terminal ends that nobody writes to any more
        while chunk := os.read(terminal, 65536):
            shown += chunk
    os.close(terminal)
    shown = shown.decode()
    assert "reading logs [" in shown and "lines/s" in shown and shown.endswith("\r\033[K"), shown
    assert "[" not in done.stdout, done.stdout
    slow_log(path)
    done = subprocess.run(command, env=ctl.settings("stok_auditor"), stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60)
    equal(done.stderr, "")


def test_an_audit_needs_its_files():
    for arguments in (("audit", "/nowhere/access.log"), ("audit", VAR)):
        result = ctl.told(*arguments)
        equal((result.status, result.sums), (ctl.ENVIRONMENT, None))
    equal(ctl.run("audit", ctl.LOG, environment={"STOK_AUDIT_KEY_FILE": "/nowhere"}).returncode,
          ctl.ENVIRONMENT)
    equal(ctl.run("audit", ctl.LOG, environment={"STOK_DB_OPTIONS": "/nowhere"}).returncode,
          ctl.ENVIRONMENT)


def test_show_tells_a_holds_life():
    ids = shop()
    done = ctl.run("show", ids["converted"], ctl.LOG)
    equal(done.returncode, 0, done.stderr)
    for words in (f"Hold {ids['converted']}: 4 of variant 1", "It was converted into an order",
                  'order order-"1\\', "made it: 201 reserved", "changed it: 200 converted"):
        assert words in done.stdout, (words, done.stdout)
    assert "buying" not in done.stdout, "the session's id is a credential"
    for fate, words in (("live", "It is live, for another"), ("cancelled", "cancelled it"),
                        ("swept", "it was swept"), ("revived", "converted after its time")):
        told = " ".join(ctl.told("show", ids[fate], ctl.LOG).notes)
        assert words in told, (words, told)
    equal(ctl.told("show", 987654, ctl.LOG).status, ctl.DIFFERENCES)


if __name__ == "__main__":
    main(start)
