#!/usr/bin/env python3
"""Quantity changes: a hold is replaced, and never lost by it."""

from stok import *
from tap import equal, main


def fresh(*stocks):
    """Variants 1, 2, ... with so much stock, and nothing else."""
    empty()
    for identity, stock in enumerate(stocks, 1):
        variant(identity, stock)


def refused(answer, status, code):
    equal((answer.status, answer.body["code"]), (status, code), answer.text)
    return answer.body


def test_a_replaced_hold_is_cancelled_by_the_request_that_stands():
    fresh(10)
    old = held(1, 3)
    answer = reserve(1, 5, replaces=old)
    equal((answer.status, answer.body["quantity"]), (201, 5))
    assert answer.body["reservationId"] != old
    equal(state(old), ["CANCELLED", "REPLACED"])
    equal(counters(1), (10, 5))
    line = audit(answer.headers["x-request-id"])
    equal((line["replaced"], line["reservationIds"]),
          (str(old), str(answer.body["reservationId"])))
    equal(sql(f"SELECT closedRequestId, closedAt IS NOT NULL FROM StockReservation WHERE id={old}"),
          [[line["requestId"], "1"]])


def test_a_shopper_is_never_blocked_by_the_hold_being_replaced():
    fresh(5)
    old = held(1, 4)
    equal(reserve(1, 5, replaces=old).status, 201)
    equal(counters(1), (5, 5))


def test_a_shopper_never_loses_a_hold_by_asking_for_more():
    fresh(5)
    old = held(1, 4)
    before = snapshot()
    body = refused(reserve(1, 6, replaces=old), 409, "insufficient_stock")
    equal((body["requested"], body["available"]), (6, 5))
    equal(snapshot(), before)


def test_a_shopper_may_always_ask_for_less():
    """Even where an operator has lowered the stock below what is held."""
    fresh(10)
    held(1, 4, "other")
    old = held(1, 6)
    sql("UPDATE ProductVariant SET stock=2")
    equal(reserve(1, 5, replaces=old).status, 201)
    equal(counters(1), (2, 9))
    same, = sql("SELECT id FROM StockReservation WHERE sessionId='shopper' AND status='ACTIVE'")
    equal(reserve(1, 5, replaces=same[0]).status, 201)
    refused(reserve(1, 1), 409, "insufficient_stock")


def test_credit_is_the_sum_of_the_live_holds_that_are_replaced():
    fresh(10)
    first, second = held(1, 4), held(1, 5)
    answer = reserve_items([(1, 6, first), (1, 4, second)])
    equal(answer.status, 201, answer.text)
    equal(counters(1), (10, 10))
    equal([state(first), state(second)], [["CANCELLED", "REPLACED"]] * 2)
    line = audit(answer.headers["x-request-id"])
    equal(sorted(line["replaced"].split()), sorted([str(first), str(second)]))


def test_a_hold_of_another_variant_gives_credit_to_its_own_only():
    fresh(5, 5)
    old = held(1, 5)
    held(2, 5, "other")
    before = snapshot()
    body = refused(reserve(2, 1, replaces=old), 409, "insufficient_stock")
    equal((body["variantId"], body["available"]), (2, 0))
    equal(snapshot(), before)
    sql("UPDATE ProductVariant SET stock=6 WHERE id=2")
    equal(reserve(2, 1, replaces=old).status, 201)
    equal((counters(1), counters(2)), ((5, 0), (6, 6)))
    equal(state(old), ["CANCELLED", "REPLACED"])


def test_credit_of_one_line_serves_another_line_of_its_variant():
    fresh(5, 5)
    old = held(1, 5)
    equal(reserve_items([(2, 1, old), (1, 5)]).status, 201)
    equal((counters(1), counters(2)), ((5, 5), (5, 1)))


def test_an_expired_hold_gives_no_credit_and_is_decided_as_new():
    fresh(5)
    old = held(1, 3)
    expire(old)
    answer = reserve(1, 5, replaces=old)
    equal(answer.status, 201, answer.text)
    equal(state(old), ["CANCELLED", "EXPIRED"])
    equal(counters(1), (5, 5))
    expire(answer.body["reservationId"])
    held(1, 4, "other")
    body = refused(reserve(1, 2, replaces=answer.body["reservationId"]), 409, "insufficient_stock")
    equal((body["requested"], body["available"]), (2, 1))


def test_an_expired_hold_is_answered_alike_whether_it_was_swept_or_not():
    for sweep in (False, True):
        fresh(5)
        old = held(1, 3)
        expire(old)
        if sweep:
            cleanup()
        equal(reserve(1, 5, replaces=old).status, 201, sweep)
        equal(state(old), ["CANCELLED", "EXPIRED"])
        check_sums()


def test_an_unknown_or_foreign_hold_is_404_and_named():
    fresh(10)
    own, foreign = held(1, 1), held(1, 2, "other")
    before = snapshot()
    body = refused(reserve(1, 1, replaces=foreign), 404, "reservation_not_found")
    equal(body["reservationIds"], [foreign])
    body = refused(reserve_items([(1, 1, 999999), (1, 1, own), (1, 1, foreign)]), 404,
                   "reservation_not_found")
    equal(sorted(body["reservationIds"]), sorted([999999, foreign]))
    equal(snapshot(), before)


def test_another_sessions_expired_hold_is_as_unknown():
    fresh(10)
    foreign = held(1, 2, "other")
    expire(foreign)
    refused(reserve(1, 1, replaces=foreign), 404, "reservation_not_found")


def test_a_completed_hold_is_already_converted():
    fresh(10)
    old = held(1, 3)
    convert([old])
    before = snapshot()
    refused(reserve(1, 1, replaces=old), 409, "already_converted")
    equal(snapshot(), before)


def test_a_cancelled_hold_is_reservation_cancelled():
    fresh(10)
    cancelled, replaced = held(1, 3), held(1, 3)
    cancel(cancelled)
    reserve(1, 3, replaces=replaced)
    before = snapshot()
    for old in (cancelled, replaced):
        refused(reserve(1, 1, replaces=old), 409, "reservation_cancelled")
    sql(f"UPDATE StockReservation SET cancelReason='OPERATOR' WHERE id={cancelled}")
    refused(reserve(1, 1, replaces=cancelled), 409, "reservation_cancelled")
    equal(len(snapshot()[0]), len(before[0]))


def test_the_same_id_twice_is_400():
    fresh(10)
    old = held(1, 3)
    before = snapshot()
    body = refused(reserve_items([(1, 1, old), (1, 2, str(old))]), 400, "invalid_request")
    equal([fault["pointer"] for fault in body["errors"]], ["/items/1/replaces"])
    equal(snapshot(), before)


def test_null_replaces_nothing():
    fresh(10)
    equal(reserve(1, 1, replaces=None).status, 201)
    equal(reserve_items([(1, 1, None)]).status, 201)
    equal(counters(1), (10, 2))


def test_an_id_to_replace_may_be_a_string():
    fresh(10)
    old = held(1, 3)
    equal(reserve(1, 1, replaces=str(old)).status, 201)
    equal(state(old), ["CANCELLED", "REPLACED"])


def test_refusals_come_in_their_order():
    """Variants, then unknown holds, then closed ones, then stock."""
    fresh(1)
    cancelled = held(1, 1)
    cancel(cancelled)
    lines = [(1, 5, cancelled), (1, 1, 999999), (99, 1)]
    refused(reserve_items(lines), 404, "variant_not_found")
    refused(reserve_items(lines[:2]), 404, "reservation_not_found")
    refused(reserve_items(lines[:1]), 409, "reservation_cancelled")
    refused(reserve_items([(1, 5)]), 409, "insufficient_stock")


def test_the_public_replaces_its_own():
    fresh(10)
    old = held(1, 3, "browser")
    refused(reserve(1, 2, "thief", PUBLIC, replaces=old), 404, "reservation_not_found")
    equal(reserve(1, 2, "browser", PUBLIC, replaces=old).status, 201)
    equal(counters(1), (10, 2))


def test_what_is_replaced_is_known_as_cancelled_afterwards():
    fresh(10)
    old = held(1, 3)
    new = reserve(1, 2, replaces=old).body["reservationId"]
    body = cancel(old).body
    equal((body["released"], body["reason"]), (0, "REPLACED"))
    refused(convert([old]), 409, "reservation_cancelled")
    equal(convert([new]).status, 200)
    equal(counters(1), (8, 0))


def test_replaces_of_a_replaced_hold_by_many_at_once_has_one_winner():
    fresh(100)
    for _ in range(5):
        old = held(1, 3, "twin")
        answers = together(16, lambda index: reserve(1, 1 + index % 4, "twin", replaces=old))
        statuses = sorted(answer.status for answer in answers)
        equal(statuses, [201] + [409] * 15)
        winner = next(answer.body for answer in answers if answer.status == 201)
        equal(counters(1), (100, winner["quantity"]))
        cancel(winner["reservationId"])
    check_sums()


if __name__ == "__main__":
    main(start)
