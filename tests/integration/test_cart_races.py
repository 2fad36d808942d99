#!/usr/bin/env python3
"""Whole carts at once: nothing is oversold, nobody deadlocks, every hold has one end."""

import random

from stok import *
from tap import equal, main


def fresh(stock, variants=1):
    empty()
    sql(f"INSERT INTO ProductVariant (id, stock) SELECT seq, {stock} FROM {sequence(variants)}")


def check_never_oversold():
    check_sums()
    equal(sql("SELECT id FROM ProductVariant WHERE reserved > stock OR stock < 0"), [])


def test_crossed_carts_never_deadlock_and_are_held_whole_or_not_at_all():
    fresh(20, 12)
    retries = metric("stok_retries_total")
    chooser = random.Random(3)
    carts = []
    for _ in range(40):
        lines = [(identity, 1) for identity in range(1, 13)]
        chooser.shuffle(lines)
        carts.append(lines)
    answers = together(40, lambda index: reserve_items(carts[index], f"cart-{index}"))
    equal(sorted(answer.status for answer in answers), [201] * 20 + [409] * 20)
    equal(metric("stok_retries_total") - retries, 0)
    equal(number("SELECT SUM(reserved) FROM ProductVariant"), 20 * 12)
    check_never_oversold()


def test_crossed_replaces_never_deadlock():
    fresh(1000, 10)
    retries = metric("stok_retries_total")
    holds = {index: held_all([(identity, 2) for identity in range(1, 11)], f"cart-{index}")
             for index in range(16)}

    def change(index):
        lines = [(identity, 3, hold) for identity, hold in zip(range(1, 11), holds[index])]
        return reserve_items(lines[::-1] if index % 2 else lines, f"cart-{index}").status

    equal(together(16, change), [201] * 16)
    equal(metric("stok_retries_total") - retries, 0)
    equal(number("SELECT SUM(reserved) FROM ProductVariant"), 16 * 10 * 3)
    check_never_oversold()


def test_one_hold_ends_once_whoever_wants_it():
    """Cancelled, replaced, converted, extended and merged at once: one end, and true sums."""
    fresh(1000)
    for turn in range(8):
        hold = held(1, 3, "shopper")
        before = number("SELECT stock FROM ProductVariant")
        ways = (
            lambda: cancel(hold, sessionId="shopper"),
            lambda: reserve(1, 2, "shopper", replaces=hold),
            lambda: convert([hold], orderId=f"order-{turn}"),
            lambda: extend([hold]),
            lambda: merge("shopper", f"login-{turn}", 7),
        )
        answers = together(20, lambda index: (index % 5, ways[index % 5]()))
        for way, answer in answers:
            assert answer.status in (200, 201, 404, 409), (way, answer)
        sold = before - number("SELECT stock FROM ProductVariant")
        released = sum(answer.body.get("released", 0) for way, answer in answers if way == 0)
        replaced = sum(1 for way, answer in answers if way == 1 and answer.status == 201)
        equal((sold, released, replaced) in ((3, 0, 0), (0, 3, 0), (0, 0, 1)), True,
              (sold, released, replaced))
        equal(state(hold), {3: ["COMPLETED", "NULL"]}.get(
            sold, ["CANCELLED", "REPLACED" if replaced else "CUSTOMER"]))
        sql("UPDATE StockReservation SET expiresAt=UTC_TIMESTAMP(3) WHERE status='ACTIVE'")
        cleanup()
    check_sums()


def test_late_converts_racing_for_the_last_units():
    fresh(10)
    ids = held_all([(1, 5), (1, 5)], "late")
    expire(*ids)

    def work(index):
        if index < 8:
            return convert(ids[index % 2:index % 2 + 1], orderId=f"order-{index % 2}")
        return reserve(1, 5, f"new-{index}")

    answers = together(16, work)
    stock, reserved = counters(1)
    equal(stock + number("SELECT COALESCE(SUM(quantity), 0) FROM StockReservation "
                         "WHERE status='COMPLETED'"), 10)
    assert reserved <= stock, (stock, reserved)
    equal(number("SELECT COALESCE(SUM(quantity), 0) FROM StockReservation WHERE status IN "
                 "('ACTIVE', 'COMPLETED')"), 10)
    equal({answer.status for answer in answers} <= {200, 201, 409}, True)
    check_never_oversold()


def test_shoppers_of_every_kind_at_once():
    """Each does what shoppers do, for a while; then log, answers and tables agree."""
    fresh(60, 6)
    told = []

    def shop(index):
        chooser = random.Random(index)
        session, mine = f"shopper-{index % 8}", []
        for turn in range(25):
            choice = chooser.randrange(8)
            lines = [(chooser.randrange(1, 7), chooser.randrange(1, 4))
                     for _ in range(chooser.randrange(1, 4))]
            if choice < 3 or not mine:
                answer = reserve_items(lines, session, ttlSeconds=chooser.choice((1, 60)))
            elif choice == 3:
                answer = reserve_items([(*lines[0], chooser.choice(mine)), *lines[1:]], session)
            elif choice == 4:
                answer = cancel(mine[-3:], sessionId=session)
            elif choice == 5:
                answer = convert(mine[-2:], orderId=f"{index}-{turn}", partial=turn % 2 == 0)
            elif choice == 6:
                answer = extend(sessionId=session)
            else:
                answer = cleanup() if index == 0 else extend(mine[:5])
            told.append(answer)
            mine += [hold["reservationId"] for hold in answer.body.get("reservations", ())]

    together(16, shop)
    equal({answer.status for answer in told} - {200, 201, 404, 409}, set())
    made = [hold["reservationId"] for answer in told
            for hold in (answer.body or {}).get("reservations", ())]
    equal(len(set(made)), len(made))
    equal(number("SELECT COUNT(*) FROM StockReservation"), len(made))
    equal(number("SELECT SUM(stock) FROM ProductVariant")
          + number("SELECT COALESCE(SUM(quantity), 0) FROM StockReservation "
                   "WHERE status='COMPLETED'"), 360)
    check_never_oversold()


if __name__ == "__main__":
    main(start)
