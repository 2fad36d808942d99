#!/usr/bin/env python3
"""A whole cart at once: reserve takes items, all or nothing."""

from stok import *
from tap import equal, main


def fresh(*stocks):
    """Variants 1, 2, ... with so much stock, and nothing else."""
    empty()
    for identity, stock in enumerate(stocks, 1):
        variant(identity, stock)


def refused(answer, status, code):
    equal((answer.status, answer.body["code"]), (status, code), answer.text)
    equal(answer.headers["content-type"], "application/problem+json")
    return answer.body


def pointers(answer):
    """The places of all faults of a 400."""
    return sorted(fault["pointer"] for fault in refused(answer, 400, "invalid_request")["errors"])


def test_one_hold_a_line_in_the_order_of_the_request():
    fresh(10, 10, 10)
    answer = reserve_items([(3, 1), (1, 2), (2, 3), (1, 4)], userId=7, ttlSeconds=60)
    equal(answer.status, 201, answer.text)
    holds = answer.body["reservations"]
    equal([(hold["variantId"], hold["quantity"]) for hold in holds], [(3, 1), (1, 2), (2, 3), (1, 4)])
    for hold in holds:
        equal(set(hold), {"reservationId", "variantId", "quantity", "status", "expiresAt",
                          "expiresInSeconds"})
        equal((hold["status"], hold["expiresInSeconds"]), ("ACTIVE", 60))
        row = sql("SELECT variantId, quantity, sessionId, userId FROM StockReservation "
                  f"WHERE id={hold['reservationId']}")
        equal(row, [[str(hold["variantId"]), str(hold["quantity"]), "shopper", "7"]])
    equal([counters(identity) for identity in (1, 2, 3)], [(10, 6), (10, 3), (10, 1)])


def test_a_list_of_one_is_answered_as_a_list():
    fresh(10)
    body = reserve_items([(1, 2)]).body
    equal(len(body["reservations"]), 1)
    assert "reservationId" not in body, body
    assert body["serverTime"] < body["reservations"][0]["expiresAt"], body


def test_100_lines_are_one_request():
    fresh(1000)
    ids = held_all([(1, 1 + index % 3) for index in range(100)])
    equal(len(set(ids)), 100)
    equal(sql("SELECT id, quantity FROM StockReservation ORDER BY FIELD(id,"
              + ",".join(map(str, ids)) + ")"),
          [[str(identity), str(1 + index % 3)] for index, identity in enumerate(ids)])
    check_sums()


def test_numbers_of_items_may_be_strings():
    fresh(10)
    equal(reserve_items([("1", "2")]).body["reservations"][0]["quantity"], 2)


def test_all_or_nothing():
    fresh(10, 1)
    before = snapshot()
    refused(reserve_items([(1, 1), (2, 2), (1, 1)]), 409, "insufficient_stock")
    equal(snapshot(), before)


def test_need_is_the_sum_over_the_whole_request():
    fresh(5)
    before = snapshot()
    body = refused(reserve_items([(1, 3), (1, 3)]), 409, "insufficient_stock")
    equal((body["variantId"], body["requested"], body["available"]), (1, 6, 5))
    equal(len(body["lines"]), 1)
    equal(snapshot(), before)
    equal(reserve_items([(1, 3), (1, 2)]).status, 201)
    equal(counters(1), (5, 5))


def test_a_sum_beyond_32_bits_is_no_overflow():
    fresh(10)
    body = refused(reserve_items([(1, 1000000)] * 100), 409, "insufficient_stock")
    equal((body["requested"], body["available"]), (100000000, 10))


def test_every_short_variant_is_named_at_once():
    fresh(1, 10, 3, 0)
    held(3, 2, "other", ttlSeconds=100)
    body = refused(reserve_items([(4, 1), (2, 1), (3, 1), (3, 2), (1, 2)]), 409,
                   "insufficient_stock")
    lines = {line["variantId"]: (line["requested"], line["available"]) for line in body["lines"]}
    equal(lines, {4: (1, 0), 3: (3, 1), 1: (2, 1)})
    first = body["lines"][0]
    equal({name: body[name] for name in first}, first)
    waits = {line["variantId"]: line["retryAfterSeconds"] for line in body["lines"]}
    equal((waits[4], waits[1]), (None, None))
    assert 90 <= waits[3] <= 100, waits


def test_the_first_short_variant_is_that_of_the_request():
    fresh(0, 0)
    body = refused(reserve_items([(2, 1), (1, 1)]), 409, "insufficient_stock")
    equal(body["variantId"], 2)
    equal([line["variantId"] for line in body["lines"]], [2, 1])


def test_every_unknown_variant_is_named_at_once():
    fresh(10)
    before = snapshot()
    body = refused(reserve_items([(99, 1), (1, 100), (98, 1), (99, 2)]), 404, "variant_not_found")
    equal(sorted(body["variantIds"]), [98, 99])
    equal(snapshot(), before)


def test_a_short_cart_sweeps_what_expired_and_is_asked_again():
    fresh(5, 5)
    old = held_all([(1, 5), (2, 5)], "other")
    expire(*old)
    answer = reserve_items([(1, 5), (2, 5)])
    equal(answer.status, 201, answer.text)
    equal([state(identity) for identity in old], [["CANCELLED", "EXPIRED"]] * 2)
    equal(audit(answer.headers["x-request-id"])["swept"], "2")
    check_sums()


def test_what_a_refused_cart_swept_stays_swept():
    fresh(5, 5)
    old = held_all([(1, 5), (2, 5)], "other")
    expire(*old)
    body = refused(reserve_items([(1, 5), (2, 6)]), 409, "insufficient_stock")
    equal([line["variantId"] for line in body["lines"]], [2])
    equal(state(old[1]), ["CANCELLED", "EXPIRED"])
    equal(number("SELECT COUNT(*) FROM StockReservation"), 2)
    check_sums()


def test_a_refusal_helps_the_shopper():
    """What is to be had, and when more may be: of each short variant."""
    fresh(10)
    held(1, 4, "early", ttlSeconds=50)
    held(1, 4, "late", ttlSeconds=500)
    own = held(1, 1, ttlSeconds=20)
    body = refused(reserve(1, 3), 409, "insufficient_stock")
    equal((body["variantId"], body["requested"], body["available"]), (1, 3, 1))
    assert 40 <= body["retryAfterSeconds"] <= 50, body
    body = refused(reserve(1, 3, replaces=own), 409, "insufficient_stock")
    equal((body["requested"], body["available"]), (3, 2))
    assert body["message"] and body["lines"][0]["available"] == 2, body


def test_when_more_may_be_had_is_one_look_for_each_variant():
    """Not a walk past the live holds of others: refusals are what a sold-out product has most of."""
    crowd()
    lines = [(identity, 501) for identity in range(1, 101)]
    refused(reserve_items(lines), 409, "insufficient_stock")  # sweeps what expired
    before = rows_read()
    body = refused(reserve_items(lines), 409, "insufficient_stock")
    read = rows_read() - before
    equal(len(body["lines"]), 100)
    assert all(3500 <= line["retryAfterSeconds"] <= 3600 for line in body["lines"]), body["lines"]
    assert read < 5000, f"{read} rows"


def test_available_is_never_below_zero():
    fresh(10)
    held(1, 8, "other")
    sql("UPDATE ProductVariant SET stock=5")
    equal(refused(reserve(1, 1), 409, "insufficient_stock")["available"], 0)


def test_all_faults_of_a_cart_are_told_at_once():
    fresh(10)
    before = snapshot()
    bad = {"items": [{"variantId": 1, "quantity": 0}, {}, {"variantId": "x", "quantity": 1},
                     {"variantId": 1, "quantity": 1, "replaces": 0}, 7], "ttlSeconds": 0}
    answer = request("POST", "/api/stock/reserve", bad)
    equal(pointers(answer), [
        "/items/0/quantity", "/items/1/quantity", "/items/1/variantId", "/items/2/variantId",
        "/items/3/replaces", "/items/4", "/sessionId", "/ttlSeconds",
    ])
    equal(snapshot(), before)


def test_items_are_1_to_100():
    fresh(1000)
    equal(pointers(reserve_items([])), ["/items"])
    equal(pointers(reserve_items([(1, 1)] * 101)), ["/items"])
    equal(pointers(request("POST", "/api/stock/reserve", {"sessionId": "s", "items": {}})),
          ["/items"])


def test_one_variant_and_items_exclude_each_other():
    fresh(10)
    found = pointers(reserve_items([(1, 1)], variantId=1, quantity=1))
    assert found and set(found) <= {"/items", "/variantId", "/quantity"}, found
    equal(number("SELECT COUNT(*) FROM StockReservation"), 0)


def test_only_the_storefront_names_a_user_or_a_long_life_for_a_cart():
    fresh(10)
    for more in ({"userId": 7}, {"ttlSeconds": 1801}):
        refused(reserve_items([(1, 1)], "browser", PUBLIC, **more), 403, "not_allowed")
    equal(reserve_items([(1, 1)], "browser", PUBLIC, ttlSeconds=1800).status, 201)


def test_a_cart_stands_in_the_log():
    fresh(10, 10)
    answer = reserve_items([(2, 3), (1, 1)])
    line = audit(answer.headers["x-request-id"])
    ids = [str(hold["reservationId"]) for hold in answer.body["reservations"]]
    equal((line["action"], line["outcome"], line["lines"]), ("reserve", "reserved", "2:3 1:1"))
    equal(line["reservationIds"].split(), ids)
    equal(sql("SELECT DISTINCT createdRequestId FROM StockReservation"), [[line["requestId"]]])


def test_100_lines_of_the_longest_ids_fit_the_log():
    fresh(10**9)
    sql(f"ALTER TABLE StockReservation AUTO_INCREMENT={2**62}")
    try:
        answer = reserve_items([(1, 1000000)] * 100)
        equal(answer.status, 201, answer.text)
        line = audit(answer.headers["x-request-id"])
        equal(len(line["reservationIds"].split()), 100)
        equal(line["lines"].split(), ["1:1000000"] * 100)
        ids = [hold["reservationId"] for hold in answer.body["reservations"]]
        replaced = reserve_items([(1, 1000000, identity) for identity in ids])
        line = audit(replaced.headers["x-request-id"])
        equal(line["replaced"].split(), [str(identity) for identity in ids])
    finally:
        empty()
        sql("ALTER TABLE StockReservation AUTO_INCREMENT=1")


if __name__ == "__main__":
    main(start)
