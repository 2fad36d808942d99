#!/usr/bin/env python3
"""stokctl check: every invariant, beside live traffic; and its repairs."""

import pty

import ctl
from ctl import agrees, differs
from stok import *
from tap import equal, main


def shop():
    """Some sound rows, of every state. Returns their ids."""
    empty()
    variant(1, 100)
    variant(2, 100)
    ids = [held(1, 2), held(1, 3), held(2, 4), held(2, 5)]
    cancel(ids[1])
    convert([ids[2]], orderId="A-1")
    expire(ids[3])
    cleanup()
    return ids


def repair(*more):
    return ctl.check("--repair", "--yes", *more, user="stok_operator")


def test_sound_tables_agree():
    shop()
    result = agrees(ctl.check())
    equal((result.sums["variants"], result.sums["holds"]), (2, 4))
    empty()
    agrees(ctl.check())


def test_what_is_wrong_with_a_row_is_found():
    request = "'0123456789abcdef0123456789abcdef'"
    for change, place, kinds in (
        ("quantity=0", 1, ("quantity_invalid",)),
        ("quantity=1000001", 1, ("quantity_invalid",)),
        ("sessionId=''", 0, ("session_invalid",)),
        ("sessionId='a b'", 0, ("session_invalid",)),
        ("createdRequestId=NULL", 0, ("keys_incomplete",)),
        ("idempotencyKey=NULL", 1, ("keys_incomplete",)),
        ("createdRequestId='guess'", 0, ("keys_incomplete",)),
        ("closedRequestId='UPPER'", 1, ("keys_incomplete",)),
        ("closedAt=UTC_TIMESTAMP(3)", 0, ("marks_of_an_end",)),
        ("cancelReason='CUSTOMER'", 0, ("marks_of_an_end",)),
        ("orderId='A-2'", 0, ("marks_of_an_end",)),
        (f"closedRequestId={request}", 0, ("marks_of_an_end",)),
        ("closedAt=NULL", 1, ("end_incomplete",)),
        ("closedAt=NULL", 2, ("end_incomplete",)),
        ("cancelReason=NULL", 1, ("end_incomplete",)),
        ("cancelReason='CUSTOMER'", 2, ("end_incomplete",)),
        ("orderId='A-2'", 1, ("end_incomplete",)),
        ("closedRequestId=NULL", 1, ("end_incomplete",)),
        ("closedRequestId=NULL", 2, ("end_incomplete",)),
        ("closedAt='2020-01-01'", 1, ("time_wrong",)),
        ("closedAt=expiresAt - INTERVAL 1 SECOND, createdAt='2020-01-01'", 3, ("time_wrong",)),
        ("expiresAt=createdAt + INTERVAL 7201 SECOND", 0, ("too_old",)),
    ):
        ids = shop()
        sql(f"UPDATE StockReservation SET {change} WHERE id={ids[place]}")
        result = differs(ctl.check(), *kinds)
        equal({one["reservationId"] for one in result.findings}, {ids[place]}, change)


def test_a_status_that_is_none_is_found():
    ids = shop()
    sql(f"SET sql_mode=''; UPDATE StockReservation SET status='' WHERE id={ids[1]}")
    differs(ctl.check(), "status_invalid")
    equal(repair().notes, [], "nobody can know what it was")


def test_a_hold_without_its_variant_is_found():
    shop()
    sql("SET foreign_key_checks=0; UPDATE StockReservation SET variantId=99 WHERE status='COMPLETED'")
    differs(ctl.check(), "no_variant")


def test_a_wrong_counter_is_found_and_mended_once():
    ids = shop()
    sql("UPDATE ProductVariant SET reserved=reserved+7 WHERE id=1")
    sql("UPDATE ProductVariant SET reserved=reserved+1 WHERE id=2")
    result = differs(ctl.check(), "reserved_wrong")
    equal([one["variantId"] for one in result.findings], [1, 2])
    result = differs(repair(), "reserved_wrong")
    equal(result.notes, ["variant 1: reserved 9 becomes 2", "variant 2: reserved 1 becomes 0"])
    equal(result.sums["repaired"], 2)
    check_sums()
    equal(repair().sums["repaired"], 0, "a second time there is nothing to do")
    agrees(ctl.check())
    equal(cancel(ids[0]).body["released"], 2)


def test_stock_that_was_lowered_under_holds_is_found_and_left():
    shop()
    sql("UPDATE ProductVariant SET stock=1 WHERE id=1")
    differs(ctl.check(), "reserved_above_stock")
    equal(repair().sums["repaired"], 0)


def test_rows_are_mended_where_nothing_is_guessed():
    ids = shop()
    sql(f"UPDATE StockReservation SET expiresAt=createdAt + INTERVAL 1 DAY WHERE id={ids[0]}; "
        "UPDATE StockReservation SET cancelReason=NULL, closedAt=NULL, closedRequestId=NULL "
        f"WHERE id={ids[1]}; "
        f"UPDATE StockReservation SET closedAt=NULL WHERE id={ids[2]}; "
        f"UPDATE StockReservation SET orderId='A-2' WHERE id={ids[3]}")
    result = differs(repair(), "too_old", "end_incomplete")
    equal(result.sums["repaired"], 3, result)
    equal(sql("SELECT TIMESTAMPDIFF(SECOND, createdAt, expiresAt) FROM StockReservation "
              f"WHERE id={ids[0]}"), [["7200"]])
    equal(sql("SELECT cancelReason, closedAt<=UTC_TIMESTAMP(3) FROM StockReservation "
              f"WHERE id={ids[1]}"), [["OPERATOR", "1"]])
    equal(sql(f"SELECT closedAt<=UTC_TIMESTAMP(3) FROM StockReservation WHERE id={ids[2]}"), [["1"]])
    result = differs(repair(), "end_incomplete")
    equal([one["reservationId"] for one in result.findings], [ids[3]])
    equal(result.sums["repaired"], 0)
    check_sums()


def test_what_a_request_cancelled_is_not_called_an_operators():
    """The log knows who it was: OPERATOR would contradict it for good."""
    ids = shop()
    sql(f"UPDATE StockReservation SET cancelReason=NULL WHERE id={ids[1]}")
    equal(differs(repair(), "end_incomplete").sums["repaired"], 0)
    equal(state(ids[1]), ["CANCELLED", "NULL"])


def test_a_change_is_asked_for_on_the_terminal():
    shop()
    sql("UPDATE ProductVariant SET reserved=reserved+1")
    for answers, made in ((b"n\nn\n", 0), (b"q\n", 0), (b"y\nn\n", 1), (b"a\n", 1)):
        terminal, end = pty.openpty()
        os.write(terminal, answers)
        done = subprocess.run([ctl.PROGRAM, "--json", "check", "--repair"], stdin=end,
                              env=ctl.settings("stok_operator"), capture_output=True, text=True,
                              timeout=60)
        os.close(terminal)
        os.close(end)
        equal(json.loads(done.stdout.splitlines()[-1])["repaired"], made, answers)
    check_sums()


def test_who_may_only_read_can_check_and_not_repair():
    shop()
    sql("UPDATE ProductVariant SET reserved=reserved+1 WHERE id=1")
    differs(ctl.check(), "reserved_wrong")
    result = ctl.check("--repair", "--yes")
    equal(result.status, ctl.ENVIRONMENT)
    equal(number("SELECT reserved FROM ProductVariant WHERE id=1"), 3)


def test_beside_live_traffic_nothing_is_called_wrong():
    empty()
    for identity in range(1, 6):
        variant(identity, 100000)
    stop = threading.Event()
    results = []

    def work(index):
        if index == 0:
            for _ in range(8):
                results.append(repair())
            stop.set()
            return
        while not stop.is_set():
            hold = reserve(index % 5 + 1, 1, f"s{index}").body["reservationId"]
            (cancel if index % 2 else convert)([hold])

    together(7, work)
    for result in results:
        agrees(result)
    check_sums()


def test_repairs_beside_live_traffic_leave_true_sums():
    empty()
    for identity in range(1, 6):
        variant(identity, 100000)
    stop = threading.Event()

    def work(index):
        if index == 0:
            for _ in range(5):
                sql("UPDATE ProductVariant SET reserved=reserved+3 WHERE id IN (1, 2)")
                differs(repair(), "reserved_wrong")
            stop.set()
            return
        while not stop.is_set():
            hold = reserve(index % 5 + 1, 1, f"s{index}").body["reservationId"]
            cancel([hold])

    together(5, work)
    check_sums()
    agrees(ctl.check())


def test_many_rows_are_walked_to_the_end():
    shop()
    sql("INSERT INTO StockReservation (variantId, quantity, sessionId, expiresAt) "
        f"SELECT 1, 1, 'many', UTC_TIMESTAMP(3) FROM {sequence(5000)}; "
        "UPDATE ProductVariant SET reserved=reserved+5000 WHERE id=1; "
        "UPDATE ProductVariant SET stock=100000")
    equal(agrees(ctl.check()).sums["holds"], 5004)
    sql("UPDATE StockReservation SET quantity=0 ORDER BY id DESC LIMIT 1")
    differs(ctl.check(), "quantity_invalid", "reserved_wrong")


def test_without_the_database_it_says_so():
    result = ctl.run("check", environment={"STOK_DB_OPTIONS": "/nowhere/my.cnf"})
    equal(result.returncode, ctl.ENVIRONMENT)
    assert "STOK_DB_OPTIONS=/nowhere/my.cnf" in result.stderr, result.stderr


def test_whoever_calls_it_wrongly_is_told():
    for arguments, words in (
        ((), "want a verb"), (("chekc",), "no verb chekc"), (("check", "--yes"), "--yes"),
        (("check", "x"), "takes no x"), (("check", "--since", "2026-01-01"), "takes no --since"),
        (("check", "--repair"), "--yes does not ask"), (("audit",), "log files"),
        (("audit", ctl.LOG, "--since", "yesterday"), "--since yesterday"),
        (("audit", ctl.LOG, "--since", "2026-01-02", "--until", "2026-01-01"), "--until"),
        (("show",), "reservationId"), (("show", "0"), "reservationId"),
        (("archive", "--to", "x"), "--before"), (("--nothing",), "nothing"),
    ):
        done = ctl.run(*arguments)
        equal((done.returncode, done.stdout), (ctl.USAGE, ""), arguments)
        assert words in done.stderr, (arguments, done.stderr)
    equal(ctl.run("--help").returncode, 0)
    assert ctl.run("--version").stdout.startswith("stok "), ctl.run("--version")


if __name__ == "__main__":
    main(start)
