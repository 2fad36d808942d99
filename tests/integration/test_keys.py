#!/usr/bin/env python3
"""Idempotency-Key: the same key gives the same hold, whatever happened since."""

from stok import *
from tap import equal, main


def keyed(name, variant_id=1, quantity=2, session="shopper", **more):
    return reserve(variant_id, quantity, session, {"Idempotency-Key": name}, **more)


def fresh(stock=10):
    empty()
    return variant(1, stock)


def rows():
    return number("SELECT COUNT(*) FROM StockReservation")


def test_a_retry_gives_the_same_hold_and_says_so():
    fresh()
    first, again = keyed("k"), keyed("k")
    equal((first.status, again.status), (201, 201))
    equal(again.body["reservationId"], first.body["reservationId"])
    equal((first.body.get("replay"), again.body["replay"]), (None, True))
    equal(rows(), 1)
    check_sums()
    line = audit(again.headers["x-request-id"])
    equal((line["replay"], line["reservationIds"]), ("true", str(first.body["reservationId"])))


def test_twins_at_once_make_one_hold():
    fresh(1000)
    for turn in range(5):
        answers = together(40, lambda _: keyed(f"twin-{turn}"))
        equal({answer.status for answer in answers}, {201})
        equal(len({answer.body["reservationId"] for answer in answers}), 1)
        equal(sum(1 for answer in answers if "replay" not in answer.body), 1)
    equal(rows(), 5)
    check_sums()


def test_another_body_is_refused():
    fresh()
    variant(2, 10)
    keyed("k", userId=None)
    for other in (keyed("k", quantity=3), keyed("k", variant_id=2), keyed("k", userId=7),
                  keyed("k", ttlSeconds=60)):
        equal((other.status, other.body["code"]), (422, "idempotency_key_reused"))
    equal(rows(), 1)


def test_twins_with_other_bodies_make_one_hold_too():
    fresh(1000)
    for identity in range(2, 9):
        variant(identity, 1000)
    for turn in range(5):
        answers = together(16, lambda index: keyed(f"mixed-{turn}", variant_id=1 + index % 8))
        equal({answer.status for answer in answers}, {201, 422})
        equal(len({a.body["reservationId"] for a in answers if a.status == 201}), 1)
    equal(rows(), 5)
    check_sums()


def test_spelling_and_unknown_members_are_the_same_body():
    fresh()
    first = keyed("k")
    again = reserve("1", "2", "shopper", {"Idempotency-Key": "k"}, color="red", userId=None)
    equal(again.body["reservationId"], first.body["reservationId"])


def test_a_key_is_its_sessions_own():
    fresh()
    equal(len({keyed("k", session=session).body["reservationId"] for session in "abc"}), 3)


def test_a_replay_tells_todays_state_and_revives_nothing():
    fresh()
    cancelled, converted, expired, swept = (
        keyed(name).body["reservationId"] for name in ("c1", "c2", "e1", "e2")
    )
    cancel(cancelled)
    convert([converted])
    expire(expired, swept)
    cancel(swept)
    equal(
        [keyed(name).body["status"] for name in ("c1", "c2", "e1", "e2")],
        ["CANCELLED", "COMPLETED", "CANCELLED", "CANCELLED"],
    )
    equal(rows(), 4)
    check_sums()


def test_a_refusal_is_not_remembered():
    fresh(1)
    equal(keyed("k").status, 409)
    sql("UPDATE ProductVariant SET stock=5")
    answer = keyed("k")
    equal((answer.status, answer.body.get("replay")), (201, None))


def test_the_key_must_be_1_to_64_visible_characters():
    fresh()
    for bad in ("", "x" * 65, "a b"):
        answer = keyed(bad)
        equal((answer.status, answer.body["errors"][0]["header"]), (400, "Idempotency-Key"), bad)
    both = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    equal(reserve(1, 1, "s", both).status, 400)
    equal(keyed("x" * 64).status, 201)


def test_without_a_key_every_request_makes_its_own():
    fresh()
    equal({reserve(1, 1).body["reservationId"] for _ in range(3)} and rows(), 3)
    equal(number("SELECT COUNT(DISTINCT idempotencyKey) FROM StockReservation"), 3)


def test_other_endpoints_ignore_it():
    fresh()
    hold = held(1, 1)
    for _ in range(2):
        equal(cancel(hold, {"Idempotency-Key": "k"}).status, 200)


if __name__ == "__main__":
    main(start)
