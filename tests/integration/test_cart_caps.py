#!/usr/bin/env python3
"""Caps against hoarding: how much one session may hold."""

import itertools

from server import server
from stok import *
from tap import equal, main

OTHER_PORT = PORT + 4
names = itertools.count(1)


def fresh(stock=100000):
    empty()
    return variant(1, stock)


def session():
    """Caps are a session's: each test has its own."""
    return f"caps-{next(names)}"


def limited(answer, limit, most):
    """limit_reached, with which limit and its maximum."""
    equal((answer.status, answer.body["code"]), (409, "limit_reached"), answer.text)
    equal((answer.body["limit"], answer.body["max"]), (limit, most))
    equal(answer.headers["content-type"], "application/problem+json")


def at(port, items, who, headers=PUBLIC, **more):
    """A cart, reserved by another way in."""
    lines = [dict(zip(("variantId", "quantity", "replaces"), item)) for item in items]
    body = {"items": lines, "sessionId": who, **more}
    return request("POST", "/api/stock/reserve", body, headers, port=port)


# ---- the defaults --------------------------------------------------------------------------------


def test_quantity_1000_units_a_hold():
    fresh()
    equal(reserve(1, 1000, session(), PUBLIC).status, 201)
    before = snapshot()
    limited(reserve(1, 1001, session(), PUBLIC), "quantity", 1000)
    limited(reserve_items([(1, 1), (1, 1001)], session(), PUBLIC), "quantity", 1000)
    equal(snapshot(), before)


def test_units_1000_a_session():
    fresh()
    who = session()
    equal(reserve_items([(1, 500), (1, 400)], who, PUBLIC).status, 201)
    before = snapshot()
    limited(reserve(1, 101, who, PUBLIC), "units", 1000)
    limited(reserve_items([(1, 50), (1, 51)], who, PUBLIC), "units", 1000)
    equal(snapshot(), before)
    equal(reserve(1, 100, who, PUBLIC).status, 201)
    limited(reserve(1, 1, who, PUBLIC), "units", 1000)


def test_units_count_over_all_variants():
    fresh()
    variant(2, 100000)
    who = session()
    equal(reserve(1, 600, who, PUBLIC).status, 201)
    limited(reserve(2, 401, who, PUBLIC), "units", 1000)


def test_holds_100_live_ones_a_session():
    fresh()
    who = session()
    equal(reserve_items([(1, 1)] * 100, who, PUBLIC).status, 201)
    before = snapshot()
    limited(reserve(1, 1, who, PUBLIC), "holds", 100)
    equal(snapshot(), before)


def test_only_live_holds_count():
    fresh()
    who = session()
    ids = held_all([(1, 10)] * 100, who)
    limited(reserve(1, 1, who, PUBLIC), "holds", 100)
    cancel(ids[:1])
    convert(ids[1:2])
    expire(*ids[2:4])
    equal(reserve_items([(1, 10)] * 4, who, PUBLIC).status, 201)
    limited(reserve(1, 1, who, PUBLIC), "holds", 100)


def test_a_cap_is_a_sessions_own():
    fresh()
    for who in (session(), session()):
        equal(reserve(1, 1000, who, PUBLIC).status, 201)


def test_what_is_replaced_makes_room():
    fresh()
    who = session()
    first, *_ = held_all([(1, 10)] * 100, who)
    equal(reserve(1, 10, who, PUBLIC, replaces=first).status, 201)
    last = reservations(who).body["reservations"][-1]["reservationId"]
    limited(reserve(1, 11, who, PUBLIC, replaces=last), "units", 1000)
    equal(state(last)[0], "ACTIVE")


def test_caps_never_refuse_a_request_that_does_not_raise_what_the_session_holds():
    """What the storefront gave beyond them may be asked for less by the public."""
    fresh()
    who = session()
    ids = held_all([(1, 20)] * 60, who) + held_all([(1, 20)] * 60, who)
    equal(reserve(1, 19, who, PUBLIC, replaces=ids[0]).status, 201)
    equal(reserve(1, 20, who, PUBLIC, replaces=ids[1]).status, 201)
    assert reserve(1, 21, who, PUBLIC, replaces=ids[2]).status == 409
    equal(state(ids[2])[0], "ACTIVE")
    who = session()
    big = held(1, 1500, who)
    equal(reserve(1, 1200, who, PUBLIC, replaces=big).status, 201)


def test_caps_come_last():
    fresh(500)
    cancelled = held(1, 1, "closed")
    cancel(cancelled)
    for answer, code in (
        (reserve(99, 1001, session(), PUBLIC), "variant_not_found"),
        (reserve(1, 1001, session(), PUBLIC, replaces=999999), "reservation_not_found"),
        (reserve(1, 1001, "closed", PUBLIC, replaces=cancelled), "reservation_cancelled"),
        (reserve(1, 1001, session(), PUBLIC), "insufficient_stock"),
    ):
        equal(answer.body["code"], code, answer.text)


def test_they_bind_the_public_only():
    fresh()
    who = session()
    equal(reserve(1, 1001, who).status, 201)
    equal(reserve_items([(1, 1)] * 100, who).status, 201)
    equal(reserve(1, 1, who, {**PUBLIC, **key("storefront")}).status, 201)


def test_a_replay_is_not_refused_by_a_cap():
    fresh()
    who = session()
    headers = {**PUBLIC, "Idempotency-Key": "capped"}
    first = reserve(1, 1000, who, headers)
    again = reserve(1, 1000, who, headers)
    equal((again.status, again.body["replay"], again.body["reservationId"]),
          (201, True, first.body["reservationId"]))


def test_a_session_at_once_stays_within_its_caps():
    """Its requests are for many variants, so that no variant's lock keeps them apart."""
    empty()
    sql(f"INSERT INTO ProductVariant (id, stock) SELECT seq, 1000 FROM {sequence(24)}")
    for _ in range(5):
        who = session()
        answers = together(24, lambda index: reserve(1 + index, 100, who, PUBLIC))
        equal(sorted(answer.status for answer in answers), [201] * 10 + [409] * 14)
        equal({answer.body["code"] for answer in answers if answer.status == 409},
              {"limit_reached"})
        equal(number(f"SELECT SUM(quantity) FROM StockReservation WHERE sessionId='{who}'"), 1000)
    check_sums()


def test_a_refusal_by_a_cap_stands_in_the_log():
    fresh()
    line = audit(reserve(1, 1001, session(), PUBLIC).headers["x-request-id"])
    equal((line["outcome"], line["lines"], line["reservationIds"]), ("limit_reached", "1:1001", ""))


# ---- the operator's settings ---------------------------------------------------------------------


def test_the_operator_sets_them():
    fresh()
    environment = {"STOK_LIMIT_QUANTITY": "5", "STOK_LIMIT_HOLDS": "3", "STOK_LIMIT_UNITS": "12"}
    with server("caps", OTHER_PORT, environment):
        who = session()
        limited(at(OTHER_PORT, [(1, 6)], who), "quantity", 5)
        limited(at(OTHER_PORT, [(1, 1)] * 4, who), "holds", 3)
        limited(at(OTHER_PORT, [(1, 5), (1, 5), (1, 3)], who), "units", 12)
        equal(at(OTHER_PORT, [(1, 5), (1, 5), (1, 2)], who).status, 201)
        equal(at(OTHER_PORT, [(1, 6)], who, ()).status, 201)


def test_they_may_bind_all():
    fresh()
    with server("caps", OTHER_PORT, {"STOK_LIMIT_UNITS": "12", "STOK_LIMITS_BIND": "all"}):
        who = session()
        equal(at(OTHER_PORT, [(1, 12)], who, ()).status, 201)
        limited(at(OTHER_PORT, [(1, 1)], who, ()), "units", 12)
        limited(at(OTHER_PORT, [(1, 1)], who, key("storefront")), "units", 12)


def test_0_is_none():
    fresh()
    environment = {"STOK_LIMIT_QUANTITY": "0", "STOK_LIMIT_HOLDS": "0", "STOK_LIMIT_UNITS": "0"}
    with server("caps", OTHER_PORT, environment):
        who = session()
        equal(at(OTHER_PORT, [(1, 50000)], who).status, 201)
        equal(at(OTHER_PORT, [(1, 1)] * 100, who).status, 201)
        equal(at(OTHER_PORT, [(1, 1)], who).status, 201)


def test_bad_settings_are_told():
    with open(f"/proc/{process('pool')}/environ", encoding="utf-8") as file:
        pool = dict(pair.split("=", 1) for pair in file.read().split("\0") if pair)
    program = pool.get("STOK_PROGRAM", os.path.join(ROOT, "build", "stokd"))
    for name, value in (("STOK_LIMIT_QUANTITY", "many"), ("STOK_LIMIT_HOLDS", "-1"),
                        ("STOK_LIMIT_UNITS", "1.5"), ("STOK_LIMITS_BIND", "storefront")):
        done = subprocess.run([program, "--check-config"], env={**pool, name: value},
                              capture_output=True, text=True, timeout=30)
        assert done.returncode == 1 and name in done.stderr, (name, done)
    done = subprocess.run([program, "--check-config"], capture_output=True, text=True, timeout=30,
                          env={**pool, "STOK_LIMIT_HOLDS": "0", "STOK_LIMITS_BIND": "public"})
    equal(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    main(start)
