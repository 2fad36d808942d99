#!/usr/bin/env python3
"""The rules of reserve, cancel, convert and cleanup, as a shop meets them over HTTP."""

from stok import *
from tap import equal, main

VARIANT = 10


def fresh(stock=10):
    """One variant with so much stock, and nothing else."""
    empty()
    return variant(VARIANT, stock)


def row(reservation):
    """status, cancelReason, orderId and whether closedAt is set."""
    return sql(
        "SELECT status, cancelReason, orderId, closedAt IS NOT NULL FROM StockReservation "
        f"WHERE id={reservation}"
    )[0]


def test_reserve_answers_with_the_hold():
    fresh()
    answer = reserve(VARIANT, 3, userId=None)
    equal(answer.status, 201)
    body = answer.body
    equal(body["success"], True)
    equal((body["variantId"], body["quantity"], body["status"]), (VARIANT, 3, "ACTIVE"))
    equal(body["expiresInSeconds"], 1800)
    assert body["serverTime"].endswith("Z") and body["expiresAt"] > body["serverTime"], body
    equal(answer.headers["cache-control"], "no-store")
    equal(counters(VARIANT), (10, 3))
    equal(
        sql(f"SELECT TIMESTAMPDIFF(SECOND, createdAt, expiresAt) FROM StockReservation"),
        [["1800"]],
    )


def test_ids_may_come_as_numbers_or_as_strings():
    fresh()
    answer = reserve(str(VARIANT), "2")
    equal(answer.status, 201)
    equal(cancel(str(answer.body["reservationId"])).body["released"], 2)


def test_a_refusal_says_what_is_to_be_had_and_changes_nothing():
    fresh()
    held(VARIANT, 8, "other")
    answer = reserve(VARIANT, 3)
    equal((answer.status, answer.body["code"]), (409, "insufficient_stock"))
    equal((answer.body["requested"], answer.body["available"]), (3, 2))
    assert 1795 <= answer.body["retryAfterSeconds"] <= 1800, answer
    equal(len(answer.body["lines"]), 1)
    equal(counters(VARIANT), (10, 8))


def test_time_to_wait_is_that_of_another_session():
    fresh()
    held(VARIANT, 5, "me", ttlSeconds=100)
    equal(reserve(VARIANT, 6, "me").body["retryAfterSeconds"], None)
    held(VARIANT, 5, "other", ttlSeconds=1000)
    wait = reserve(VARIANT, 6, "me").body["retryAfterSeconds"]
    assert 990 <= wait <= 1000, wait
    wait = reserve(VARIANT, 6, "third").body["retryAfterSeconds"]
    assert 90 <= wait <= 100, wait


def test_an_unknown_variant_is_named():
    fresh()
    answer = reserve(99, 1)
    equal((answer.status, answer.body["code"]), (404, "variant_not_found"))
    equal(answer.body["variantIds"], [99])


def test_an_expired_hold_blocks_nobody_without_cron():
    fresh()
    old = held(VARIANT, 10, "other")
    expire(old)
    answer = reserve(VARIANT, 10)
    equal(answer.status, 201)
    equal(row(old)[:2], ["CANCELLED", "EXPIRED"])
    equal(counters(VARIANT), (10, 10))


def test_what_was_swept_stays_swept_after_a_refusal():
    fresh()
    old = held(VARIANT, 4, "other")
    expire(old)
    equal(reserve(VARIANT, 11).status, 409)
    equal(row(old)[:2], ["CANCELLED", "EXPIRED"])
    equal(counters(VARIANT), (10, 0))


def test_more_expired_holds_than_one_transaction_sweeps():
    fresh(2000)
    sql(
        "INSERT INTO StockReservation (variantId, quantity, sessionId, expiresAt) "
        f"SELECT {VARIANT}, 1, 's', UTC_TIMESTAMP(3) FROM {sequence(2000)}; "
        f"UPDATE ProductVariant SET reserved=2000 WHERE id={VARIANT}"
    )
    answer = reserve(VARIANT, 2000)
    equal(answer.status, 201)
    equal(counters(VARIANT), (2000, 2000))
    line = audit(answer.headers["x-request-id"])
    equal(int(line["swept"]), 2000)


def test_cancel_gives_the_units_back_once():
    fresh()
    hold = held(VARIANT, 4)
    answer = cancel(hold, sessionId="shopper")
    equal(answer.status, 200)
    equal((answer.body["status"], answer.body["released"]), ("CANCELLED", 4))
    equal(answer.body["reason"], "CUSTOMER")
    equal(cancel(hold).body["released"], 0)
    equal(counters(VARIANT), (10, 0))


def test_cancel_of_an_expired_hold_says_so():
    fresh()
    hold = held(VARIANT, 4)
    expire(hold)
    for _ in range(2):
        body = cancel(hold).body
        equal((body["success"], body["released"], body["reason"]), (True, 0, "EXPIRED"))
    equal(counters(VARIANT), (10, 0))


def test_cancel_of_a_converted_hold_never_restocks():
    fresh()
    hold = held(VARIANT, 4)
    convert(hold)
    answer = cancel(hold)
    equal((answer.status, answer.body["status"]), (200, "COMPLETED"))
    equal(answer.body["released"], 0)
    equal(counters(VARIANT), (6, 0))


def test_cancel_of_a_list_goes_line_by_line():
    fresh()
    mine, foreign = held(VARIANT, 1), held(VARIANT, 2, "other")
    answer = cancel([mine, foreign, 424242, mine], sessionId="shopper")
    equal(answer.status, 200)
    equal(
        [(line["outcome"], line["success"]) for line in answer.body["details"]],
        [("cancelled", True), ("not_found", False), ("not_found", False), ("duplicate", True)],
    )
    equal(answer.body["details"][3]["released"], 0)
    equal(counters(VARIANT), (10, 2))
    equal(cancel([foreign], sessionId="shopper").status, 404)


def test_a_foreign_session_is_as_good_as_none():
    fresh()
    hold = held(VARIANT, 4)
    for answer in (cancel(hold, sessionId="thief"), convert([hold], sessionId="thief")):
        equal((answer.status, answer.body["code"]), (404, "reservation_not_found"))
    equal(counters(VARIANT), (10, 4))


def test_convert_takes_off_stock_and_reserved_exactly_once():
    fresh()
    hold = held(VARIANT, 4)
    answer = convert([hold], orderId="A-1")
    equal((answer.status, answer.body["allConverted"]), (200, True))
    equal(answer.body["details"][0]["outcome"], "converted")
    equal(counters(VARIANT), (6, 0))
    again = convert([hold], orderId="A-1")
    equal(again.body["details"][0]["outcome"], "already_converted")
    equal(convert([hold]).status, 200)
    equal(counters(VARIANT), (6, 0))
    equal(row(hold), ["COMPLETED", "NULL", "A-1", "1"])


def test_convert_for_another_order_is_refused():
    fresh()
    hold, without = held(VARIANT, 1), held(VARIANT, 1)
    convert([hold], orderId="A-1")
    convert([without])
    for reservation in (hold, without):
        answer = convert([reservation], orderId="A-2")
        equal((answer.status, answer.body["code"]), (409, "converted_for_other_order"))


def test_convert_is_all_or_nothing():
    fresh()
    good, cancelled = held(VARIANT, 1), held(VARIANT, 2)
    cancel(cancelled)
    answer = convert([good, cancelled])
    equal((answer.status, answer.body["code"]), (409, "reservation_cancelled"))
    equal(
        [line["outcome"] for line in answer.body["details"]],
        ["would_convert", "reservation_cancelled"],
    )
    equal(counters(VARIANT), (10, 1))
    answer = convert([good, 424242, cancelled])
    equal((answer.status, answer.body["code"]), (404, "reservation_not_found"))
    equal(counters(VARIANT), (10, 1))


def test_a_late_convert_is_honoured_if_the_units_are_there():
    fresh()
    hold = held(VARIANT, 4)
    expire(hold)
    cleanup()
    answer = convert([hold], orderId="late")
    equal((answer.status, answer.body["details"][0]["outcome"]), (200, "revived"))
    equal(row(hold), ["COMPLETED", "NULL", "late", "1"])
    equal(counters(VARIANT), (6, 0))


def test_a_late_convert_without_stock_is_refused():
    fresh()
    hold = held(VARIANT, 4)
    expire(hold)
    held(VARIANT, 8, "other")
    answer = convert([hold])
    equal((answer.status, answer.body["code"]), (409, "late_short"))
    equal(counters(VARIANT), (10, 8))


def test_late_lines_of_one_variant_count_one_after_another():
    fresh()
    first, second = held(VARIANT, 4), held(VARIANT, 4)
    expire(first, second)
    held(VARIANT, 5, "other")
    answer = convert([first, second], partial=True)
    equal([line["outcome"] for line in answer.body["details"]], ["revived", "late_short"])
    equal(counters(VARIANT), (6, 5))


def test_stock_lowered_under_a_live_hold_is_never_sold():
    fresh()
    hold = held(VARIANT, 4)
    sql(f"UPDATE ProductVariant SET stock=3 WHERE id={VARIANT}")
    answer = convert([hold])
    equal((answer.status, answer.body["code"]), (409, "insufficient_stock"))
    equal((answer.body["stock"], answer.body["details"][0]["outcome"]), (3, "stock_short"))
    equal(counters(VARIANT), (3, 4))


def test_cleanup_sweeps_all_that_expired():
    fresh(1000)
    sql(
        "INSERT INTO StockReservation (variantId, quantity, sessionId, expiresAt) "
        f"SELECT {VARIANT}, 1, 's', UTC_TIMESTAMP(3) FROM {sequence(900)}; "
        f"UPDATE ProductVariant SET reserved=900 WHERE id={VARIANT}"
    )
    live = held(VARIANT, 5)
    answer = cleanup()
    equal(answer.status, 200)
    equal((answer.body["count"], answer.body["remaining"]), (900, 0))
    equal(answer.body["skipped"], False)
    equal(row(live)[0], "ACTIVE")
    equal(counters(VARIANT), (1000, 5))
    equal(cleanup().body["count"], 0)


def test_odd_rows_of_others_stop_nobody():
    """A plain INSERT of the old columns may say what the service never would."""
    fresh()
    sql(
        "SET SESSION sql_mode=''; INSERT INTO StockReservation "
        "(id, variantId, quantity, sessionId, status, createdAt, expiresAt) VALUES "
        f"(1, {VARIANT}, 1, 's', 'ACTIVE', '1960-01-01', '1960-01-02'), "
        f"(2, {VARIANT}, 1, 's', 'nonsense', NOW(), NOW()), "
        f"(3, {VARIANT}, 4000000000, 's', 'ACTIVE', NOW(), NOW() + INTERVAL 1 DAY)"
    )
    for identity in (1, 2, 3):
        equal(cancel(identity).status, 200)
        assert convert([identity]).status in (200, 409)
    equal(reserve(VARIANT, 1).status, 201)


if __name__ == "__main__":
    main(start)
