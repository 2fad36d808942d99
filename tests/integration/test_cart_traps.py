#!/usr/bin/env python3
"""What the best systems were caught by: one test for each trap, named by it."""

from stok import *
from tap import equal, main


def fresh(stock=10, variants=1):
    empty()
    sql(f"INSERT INTO ProductVariant (id, stock) SELECT seq, {stock} FROM {sequence(variants)}")


def test_renewing_an_expired_hold_without_a_check_revives_it_into_an_oversell():
    fresh(5)
    old = held(1, 5, "first")

    def nothing_is_renewed():
        for body in (extend([old]).body, extend(sessionId="first").body):
            assert all(not line["success"] for line in body["details"]), body

    expire(old)
    nothing_is_renewed()
    second = held(1, 5, "second")
    nothing_is_renewed()
    equal(reserve(1, 5, "first", replaces=old).status, 409)
    equal(convert([old], sessionId="first").body["code"], "late_short")
    equal(convert([second]).status, 200)
    equal(counters(1), (0, 0))


def test_an_extend_racing_others_for_its_expired_units_oversells_nothing():
    fresh(5)
    for turn in range(6):
        old = held(1, 5, "first")
        expire(old)
        answers = together(12, lambda index: extend([old]) if index % 3 == 0
                           else reserve(1, 5, f"other-{turn}-{index}"))
        equal(sum(1 for answer in answers if answer.status == 201), 1)
        equal(counters(1), (5, 5))
        sql("UPDATE StockReservation SET expiresAt=UTC_TIMESTAMP(3) WHERE status='ACTIVE'")
        cleanup()
    check_sums()


def test_null_user_ids_fall_out_of_comparisons():
    fresh()
    guest, own, other = held(1, 1, "s"), held(1, 1, "s", userId=7), held(1, 1, "s", userId=8)
    equal(merge("s", "login", 7).body["reservationIds"], [guest, own])
    equal(sql(f"SELECT sessionId FROM StockReservation WHERE id={other}"), [["s"]])
    # A time to wait is that of holds of other sessions, of nobody's, too.
    held(1, 7, "third", ttlSeconds=100)
    wait = reserve(1, 1, "third").body["retryAfterSeconds"]
    assert wait > 100, wait
    wait = reserve(1, 1, "fourth").body["retryAfterSeconds"]
    assert wait <= 100, wait


def test_zero_affected_rows_taken_for_failure():
    """What changes nothing is a success, not an error."""
    fresh()
    hold, done = held(1, 1, ttlSeconds=7200), held(1, 1)
    equal(convert([done], orderId="A-1").status, 200)
    sql(f"UPDATE StockReservation SET userId=7 WHERE id={hold}")
    before = snapshot()
    for answer in (extend([hold], ttlSeconds=1), extend([hold, hold], ttlSeconds=1),
                   merge("shopper", "shopper", 7), merge("shopper", "shopper", 7),
                   convert([done], orderId="A-1"), cancel(done), cancel([done, done]),
                   extend(sessionId="nobody"), merge("nobody", "shopper", 7), cleanup()):
        equal((answer.status, answer.body["success"]), (200, True), answer.text)
    equal(snapshot(), before)
    cancel(hold)
    equal(cancel(hold).body["success"], True)


def test_lines_of_one_batch_checked_unsummed():
    fresh(5)
    equal(reserve_items([(1, 3), (1, 3)]).status, 409)
    equal(reserve_items([(1, 1)] * 6).status, 409)
    old = held(1, 4)
    equal(reserve_items([(1, 4, old), (1, 2)]).status, 409)
    equal(reserve_items([(1, 4, old), (1, 1)]).status, 201)
    equal(counters(1), (5, 5))


def test_late_lines_of_one_batch_checked_unsummed():
    fresh(5)
    late = held_all([(1, 3), (1, 2)])
    expire(*late)
    held(1, 2, "other")
    answer = convert(late, partial=True)
    equal([line["outcome"] for line in answer.body["details"]], ["revived", "late_short"])
    equal(counters(1), (2, 2))


def test_a_failed_change_that_loses_the_old_hold():
    fresh(5, 2)
    first, second = held_all([(1, 3), (2, 5)])
    held(1, 2, "other")
    before = snapshot()
    for answer in (
        reserve(1, 4, replaces=first), reserve(2, 6, replaces=first),
        reserve_items([(1, 4, first), (2, 1, second)]), reserve_items([(2, 1, second), (99, 1)]),
        reserve_items([(2, 1, second), (1, 1, 999999)]), reserve(1, 0, replaces=first),
        reserve(1, 1, "thief", replaces=first),
    ):
        assert answer.status in (400, 404, 409), answer
        equal(snapshot(), before)
    equal(convert([first, second], orderId="A-1").status, 200)


def test_changes_that_fail_at_once_lose_no_hold():
    fresh(40)
    ids = {session: held(1, 2, session) for session in (f"s{index}" for index in range(20))}

    def change(index):
        session = f"s{index}"
        return reserve(1, 3, session, replaces=ids[session]).status

    equal(set(together(20, change)), {409})
    equal(number("SELECT COUNT(*) FROM StockReservation WHERE status='ACTIVE'"), 20)
    equal(counters(1), (40, 40))


def test_cleanup_flipping_a_just_converted_hold():
    """Converts of expired holds beside the cron job, and beside reserves that sweep as they go."""
    fresh(1000)
    for _ in range(6):
        before = number("SELECT stock FROM ProductVariant")
        ids = held_all([(1, 1)] * 20)
        expire(*ids)

        def work(index):
            if index < 4:
                return cleanup()
            if index < 12:
                return reserve(1, 1000000, f"short-{index}")
            return convert(ids[index - 12:index - 11], orderId="paid")

        answers = together(32, work)
        equal({answer.status for answer in answers[:4] + answers[12:]}, {200})
        equal({answer.status for answer in answers[4:12]}, {409})
        equal([state(identity) for identity in ids], [["COMPLETED", "NULL"]] * 20)
        equal(before - number("SELECT stock FROM ProductVariant"), 20)
    equal(counters(1), (880, 0))


def test_the_wrong_id_returned_under_concurrency():
    fresh(100000, 5)

    def shop(index):
        lines = [(1 + (index + line) % 5, 1 + (index + line) % 7) for line in range(1 + index % 4)]
        answer = reserve_items(lines, f"own-{index}")
        equal(answer.status, 201)
        return index, lines, [hold["reservationId"] for hold in answer.body["reservations"]]

    told = together(60, shop)
    everything = [identity for _, _, ids in told for identity in ids]
    equal(len(set(everything)), len(everything))
    rows = {row[0]: row[1:] for row in
            sql("SELECT id, variantId, quantity, sessionId FROM StockReservation")}
    equal(len(rows), len(everything))
    for index, lines, ids in told:
        for (variant_id, quantity), identity in zip(lines, ids, strict=True):
            equal(rows[str(identity)], [str(variant_id), str(quantity), f"own-{index}"])


def test_cancel_of_a_converted_hold_restocking_it():
    fresh(10)
    ids = held_all([(1, 1), (1, 2), (1, 3)])
    convert(ids, orderId="A-1")
    equal(counters(1), (4, 0))
    for answer in (cancel(ids), cancel(ids, sessionId="shopper"), cancel(ids[0])):
        equal((answer.status, answer.body["success"]), (200, True))
        lines = answer.body.get("details", [answer.body])
        equal({(line["status"], line["released"]) for line in lines}, {("COMPLETED", 0)})
    equal(counters(1), (4, 0))
    equal([state(identity) for identity in ids], [["COMPLETED", "NULL"]] * 3)


if __name__ == "__main__":
    main(start)
