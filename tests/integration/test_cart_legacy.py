#!/usr/bin/env python3
"""STOK_COMPAT legacy: an old client, which takes any answer but 2xx for a crash, works unchanged."""

import contextlib

from server import server
from stok import *
from tap import equal, main

LEGACY_PORT = PORT + 3
way_in = contextlib.ExitStack()


def prepare():
    start()
    way_in.enter_context(server("legacy", LEGACY_PORT, directives="set $stok_compat legacy;"))


def ask(path, body, headers=()):
    return request("POST", f"/api/stock/{path}", body, headers, port=LEGACY_PORT)


def add(quantity, session="old-client", **more):
    return ask("reserve", {"variantId": "1", "quantity": quantity, "sessionId": session, **more})


def pay(*reservations):
    """As the old client asks: ids only."""
    return ask("convert-reservations", {"reservationIds": list(reservations)})


def remove(reservation):
    return ask("cancel-reservation", {"reservationId": reservation})


def fresh(stock=10):
    empty()
    variant(1, stock)


def refused(answer, code):
    """200, success false, and a message for the shopper."""
    equal((answer.status, answer.headers["content-type"]), (200, "application/json"), answer.text)
    equal((answer.body["success"], answer.body["code"]), (False, code))
    assert answer.body["message"], answer.text
    return answer.body


def test_the_recorded_sequence_of_the_old_client():
    fresh()
    # Add two; then one more: the increment is reserved, the old hold cancelled.
    first = add(2)
    equal((first.status, first.body["success"]), (201, True))
    increment = add("1")
    equal(increment.status, 201)
    gone = remove(str(first.body["reservationId"]))
    equal((gone.status, gone.body["success"], gone.body["released"]), (200, True, 2))
    equal(counters(1), (10, 1))

    # Change the quantity: cancel, then reserve; too much of it is refused with 200.
    equal(remove(increment.body["reservationId"]).status, 200)
    body = refused(add(11), "insufficient_stock")
    equal((body["requested"], body["available"]), (11, 10))
    changed = add(4)
    equal(changed.status, 201)
    equal(counters(1), (10, 4))

    # Another line, removed.
    other = add(1).body["reservationId"]
    equal(remove(str(other)).body["success"], True)

    # The order; then a cancel of every converted id.
    ids = [changed.body["reservationId"], add(2).body["reservationId"]]
    paid = pay(*(str(identity) for identity in ids))
    equal((paid.status, paid.body["success"], paid.body["allConverted"]), (200, True, True))
    equal([line["id"] for line in paid.body["details"]], ids)
    equal(counters(1), (4, 0))
    for identity in ids:
        equal((remove(identity).status, remove(str(identity)).body["success"]), (200, True))
    equal(counters(1), (4, 0))

    # And the cron job.
    expire(add(3).body["reservationId"])
    swept = request("GET", "/api/cron/cleanup-reservations", headers=key("cron"), port=LEGACY_PORT)
    equal((swept.status, swept.body["count"]), (200, 1))
    equal(counters(1), (4, 0))


def test_every_409_becomes_200_and_success_false():
    fresh(2000)
    cancelled, done, expired = (add(1).body["reservationId"] for _ in range(3))
    remove(cancelled)
    pay(done)
    expire(expired)
    refused(add(1, replaces=cancelled), "reservation_cancelled")
    refused(add(1, replaces=done), "already_converted")
    refused(add(2001), "insufficient_stock")
    refused(ask("extend-reservations", {"reservationIds": [expired]}), "reservation_expired")
    public = ask("reserve", {"variantId": 1, "quantity": 1001, "sessionId": "b"}, PUBLIC)
    equal(refused(public, "limit_reached")["limit"], "quantity")


def test_the_log_tells_what_it_was():
    fresh()
    answer = add(11)
    line = audit(answer.body["requestId"], log="../legacy/access.log")
    equal((line["outcome"], line["status"]), ("insufficient_stock", 200))


def test_convert_is_partial():
    fresh()
    good, cancelled = add(2).body["reservationId"], add(1).body["reservationId"]
    remove(cancelled)
    answer = pay(good, cancelled, 999999)
    equal((answer.status, answer.body["success"], answer.body["allConverted"]), (200, True, False))
    equal([line["outcome"] for line in answer.body["details"]],
          ["converted", "reservation_cancelled", "not_found"])
    equal(counters(1), (8, 0))


def test_convert_is_always_200():
    fresh()
    cancelled = add(1).body["reservationId"]
    remove(cancelled)
    for ids in ([cancelled], [999999], [999999, cancelled]):
        answer = pay(*ids)
        equal((answer.status, answer.headers["content-type"]), (200, "application/json"))
        equal((answer.body["success"], answer.body["allConverted"]), (False, False))
        equal([line["reservationId"] for line in answer.body["details"]], ids)
        equal({line["success"] for line in answer.body["details"]}, {False})


def test_a_public_user_id_is_ignored():
    fresh()
    body = {"variantId": 1, "quantity": 1, "sessionId": "browser", "userId": 7}
    answer = ask("reserve", body, PUBLIC)
    equal(answer.status, 201, answer.text)
    equal(sql("SELECT userId FROM StockReservation"), [["NULL"]])
    equal(add(1, userId=7).status, 201)
    equal(sql("SELECT userId FROM StockReservation ORDER BY id"), [["NULL"], ["7"]])
    answer = ask("reserve", {**body, "ttlSeconds": 7200}, PUBLIC)
    equal((answer.status, answer.body["code"]), (403, "not_allowed"))


def test_ownership_stays():
    fresh()
    hold = add(1, "browser").body["reservationId"]
    answer = ask("convert-reservations", {"reservationIds": [hold]}, PUBLIC)
    equal((answer.status, answer.body["code"]), (403, "not_allowed"))
    answer = ask("cancel-reservation", {"reservationId": hold}, PUBLIC)
    equal((answer.status, answer.body["code"]), (400, "invalid_request"))
    answer = ask("cancel-reservation", {"reservationId": hold, "sessionId": "thief"}, PUBLIC)
    equal((answer.status, answer.body["code"]), (404, "reservation_not_found"))
    equal(counters(1), (10, 1))


def test_other_errors_stay_what_they_are():
    fresh()
    for answer, status in ((add(0), 400), (ask("reserve", b"x"), 400), (remove(999999), 404),
                           (ask("nothing", {}), 404), (pay(), 400)):
        equal((answer.status, answer.headers["content-type"]),
              (status, "application/problem+json"), answer.text)
    answer = ask("reserve", {"variantId": 99, "quantity": 1, "sessionId": "s"})
    equal((answer.status, answer.body["code"]), (404, "variant_not_found"))


def test_a_client_cannot_ask_for_it():
    """It is a parameter of nginx's."""
    fresh(1)
    for name in ("Stok-Compat", "STOK_COMPAT", "X-Stok-Compat"):
        equal(reserve(1, 2, "s", {name: "legacy"}).status, 409)


if __name__ == "__main__":
    with way_in:
        main(prepare)
