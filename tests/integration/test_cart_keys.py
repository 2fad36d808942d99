#!/usr/bin/env python3
"""Idempotency-Key of a cart: the same key and body give the same ids again."""

from stok import *
from tap import equal, main

CART = [(1, 2), (2, 1), (1, 1)]


def fresh(stock=100):
    empty()
    variant(1, stock)
    variant(2, stock)


def keyed(name, items=None, session="shopper", **more):
    return reserve_items(items or CART, session, {"Idempotency-Key": name}, **more)


def ids(answer):
    equal(answer.status, 201, answer.text)
    return [hold["reservationId"] for hold in answer.body["reservations"]]


def rows():
    return number("SELECT COUNT(*) FROM StockReservation")


def test_the_same_key_and_body_give_the_same_ids_again():
    fresh()
    first, again = keyed("k"), keyed("k")
    equal(ids(again), ids(first))
    equal((first.body.get("replay"), again.body["replay"]), (None, True))
    equal((again.status, rows()), (201, 3))
    equal([hold["quantity"] for hold in again.body["reservations"]], [2, 1, 1])
    line = audit(again.headers["x-request-id"])
    equal((line["replay"], line["reservationIds"].split()),
          ("true", [str(identity) for identity in ids(first)]))
    check_sums()


def test_the_row_is_the_memory():
    fresh()
    first = keyed("k")
    found = sql("SELECT idempotencyLine, HEX(idempotencyKey), HEX(idempotencyBody) "
                f"FROM StockReservation WHERE id IN ({','.join(map(str, ids(first)))}) "
                "ORDER BY idempotencyLine")
    equal([line[0] for line in found], ["0", "1", "2"])
    equal(len({(line[1], line[2]) for line in found}), 1)
    equal(found[0][1].lower(),
          sql("SELECT SHA2(CONCAT('shopper', CHAR(0), 'k'), 256)")[0][0].lower())


def test_another_body_is_422():
    fresh()
    old = held(1, 1)
    keyed("k")
    before = snapshot()
    for items, more in (
        ([(1, 2), (2, 1)], {}), ([*CART, (1, 1)], {}), ([(2, 1), (1, 2), (1, 1)], {}),
        ([(1, 2), (2, 1), (1, 2)], {}), ([(1, 2), (2, 1), (1, 1, old)], {}),
        (CART, {"userId": 7}), (CART, {"ttlSeconds": 60}),
    ):
        answer = keyed("k", items, **more)
        equal((answer.status, answer.body["code"]), (422, "idempotency_key_reused"), (items, more))
    equal(snapshot(), before)


def test_a_list_of_one_and_one_are_the_same_command_or_another_but_never_two_holds():
    fresh()
    first = keyed("k", [(1, 2)])
    again = reserve(1, 2, "shopper", {"Idempotency-Key": "k"})
    assert again.status in (201, 422), again
    if again.status == 201:
        equal(again.body["reservationId"], ids(first)[0])
    equal(rows(), 1)


def test_spelling_and_unknown_members_do_not_count():
    fresh()
    first = keyed("k")
    again = keyed("k", [("1", "2", None), ("2", "1"), (1, 1)], color="red", userId=None)
    equal(ids(again), ids(first))


def test_a_replay_of_replaces_closes_nothing_a_second_time():
    fresh()
    old = held(1, 5)
    first = keyed("k", [(1, 4, old)])
    equal(state(old), ["CANCELLED", "REPLACED"])
    before = snapshot()
    again = keyed("k", [(1, 4, old)])
    equal((ids(again), again.body["replay"]), (ids(first), True))
    equal(snapshot(), before)


def test_a_replay_comes_before_any_refusal():
    """The variant is gone, the stock is sold, the replaced hold is closed: it was so before."""
    fresh()
    first = keyed("k", [(1, 100)])
    sql("UPDATE ProductVariant SET stock=0")
    equal(ids(keyed("k", [(1, 100)])), ids(first))
    equal(keyed("k", [(99, 1)]).status, 422)


def test_a_replay_tells_todays_state_of_each_line():
    fresh()
    first, second, third = ids(keyed("k"))
    cancel(first)
    convert([second])
    expire(third)
    again = keyed("k")
    equal([hold["status"] for hold in again.body["reservations"]],
          ["CANCELLED", "COMPLETED", "CANCELLED"])
    equal([hold["expiresInSeconds"] for hold in again.body["reservations"]][2], 0)
    equal(rows(), 3)
    check_sums()


def test_a_refusal_is_not_remembered():
    fresh(1)
    equal(keyed("k").status, 409)
    equal(rows(), 0)
    sql("UPDATE ProductVariant SET stock=10")
    answer = keyed("k")
    equal((answer.status, answer.body.get("replay")), (201, None))


def test_twins_at_once_make_one_cart():
    fresh(10000)
    for turn in range(4):
        answers = together(24, lambda _: keyed(f"twin-{turn}"))
        equal({tuple(ids(answer)) for answer in answers}, {tuple(ids(answers[0]))})
        equal(sum(1 for answer in answers if "replay" not in answer.body), 1)
    equal(rows(), 12)
    check_sums()


def test_twins_with_replaces_at_once_keep_one_hold():
    """Whoever comes second finds the hold replaced by its twin, and gets its twin's ids."""
    fresh(10000)
    for turn in range(5):
        old = held(1, 3, "twin")
        answers = together(16, lambda _: keyed(f"change-{turn}", [(1, 5, old)], "twin"))
        equal(len({tuple(ids(answer)) for answer in answers}), 1)
        equal(state(old), ["CANCELLED", "REPLACED"])
        cancel(ids(answers[0]))
    equal(counters(1), (10000, 0))


def test_twins_with_other_carts_at_once_make_one():
    fresh(10000)
    for turn in range(4):
        answers = together(16, lambda index: keyed(f"mixed-{turn}", CART[: 1 + index % 3]))
        equal({answer.status for answer in answers}, {201, 422})
        equal(len({tuple(ids(answer)) for answer in answers if answer.status == 201}), 1)
    check_sums()


def test_a_replay_after_a_merge():
    fresh()
    first = keyed("k", session="guest")
    merge("guest", "login", 7)
    again = keyed("k", session="guest")
    equal((ids(again), again.body["replay"]), (ids(first), True))
    equal(number("SELECT COUNT(*) FROM StockReservation WHERE sessionId='login'"), 3)
    fresh_one = keyed("k", session="login")
    equal(fresh_one.body.get("replay"), None)
    equal(rows(), 6)


def test_others_ignore_the_header():
    fresh()
    hold = held(1, 1)
    headers = {"Idempotency-Key": "x" * 200}
    for _ in range(2):
        equal(extend([hold], headers).status, 200)
        equal(merge("shopper", "shopper", 7, headers).status, 200)
        equal(availability(1, headers=headers).status, 200)
        equal(reservations("shopper", headers).status, 200)


def test_a_replay_of_what_has_ended_has_no_time_left():
    fresh()
    header = {"Idempotency-Key": "once"}
    hold = reserve(1, 1, headers=header).body["reservationId"]
    cancel(hold)
    again = reserve(1, 1, headers=header).body
    equal((again["replay"], again["status"], again["expiresInSeconds"]), (True, "CANCELLED", 0))


if __name__ == "__main__":
    main(start)
