#!/usr/bin/env python3
"""Many shoppers at once: nobody oversells, nobody deadlocks, batches form."""

import random

from stok import *
from tap import equal, main


def test_200_shoppers_race_for_50_units():
    empty()
    variant(1, 50)
    answers = together(200, lambda index: reserve(1, 1, f"shopper-{index}"))
    statuses = [answer.status for answer in answers]
    equal((statuses.count(201), statuses.count(409)), (50, 150))
    ids = {answer.body["reservationId"] for answer in answers if answer.status == 201}
    equal(len(ids), 50)
    equal(number("SELECT COUNT(*) FROM StockReservation WHERE status='ACTIVE'"), 50)
    check_sums()


def test_every_answer_carries_its_own_hold():
    empty()
    for identity in range(1, 9):
        variant(identity, 1000)

    def shop(index):
        return index, reserve(1 + index % 8, 1 + index % 5, f"own-{index}").body

    for index, body in together(120, shop):
        rows = sql(
            "SELECT variantId, quantity, sessionId FROM StockReservation "
            f"WHERE id={body['reservationId']}"
        )
        equal(rows, [[str(1 + index % 8), str(1 + index % 5), f"own-{index}"]])


def test_batches_form_under_load():
    empty()
    variant(1, 100000)
    batches, commands = metric("stok_batches_total"), metric("stok_commands_total")

    def shop(index):
        for _ in range(10):
            equal(reserve(1, 1, f"s{index}").status, 201)

    together(64, shop)
    batches = metric("stok_batches_total") - batches
    commands = metric("stok_commands_total") - commands
    equal(commands, 640)
    assert batches < commands, f"{commands} commands in {batches} transactions"
    equal(number("SELECT reserved FROM ProductVariant"), 640)


def test_crossed_carts_never_deadlock():
    empty()
    for identity in range(1, 21):
        variant(identity, 100000)
    carts = [[held(v, 1, f"cart-{n}") for v in range(1, 21)] for n in range(24)]
    retries = metric("stok_retries_total")
    chooser = random.Random(7)
    for cart in carts:
        chooser.shuffle(cart)

    def finish(index):
        if index % 2:
            return cancel(carts[index]).status
        return convert(carts[index], orderId=f"order-{index}").status

    equal(together(24, finish), [200] * 24)
    equal(metric("stok_retries_total") - retries, 0)
    equal(number("SELECT SUM(stock) FROM ProductVariant"), 20 * 100000 - 12 * 20)
    equal(number("SELECT SUM(reserved) FROM ProductVariant"), 0)
    check_sums()


def test_converts_of_one_hold_at_once_decrement_once():
    empty()
    variant(1, 10)
    hold = held(1, 4)
    answers = together(32, lambda _: convert([hold], orderId="once"))
    equal({answer.status for answer in answers}, {200})
    outcomes = [answer.body["details"][0]["outcome"] for answer in answers]
    equal((outcomes.count("converted"), outcomes.count("already_converted")), (1, 31))
    equal(sql("SELECT stock, reserved FROM ProductVariant"), [["6", "0"]])


def test_cancel_and_convert_of_one_hold_have_one_winner():
    empty()
    variant(1, 1000)
    for _ in range(10):
        hold = held(1, 3)
        before = number("SELECT stock FROM ProductVariant")
        answers = together(
            16, lambda index: convert([hold]) if index % 2 else cancel(hold, sessionId="shopper")
        )
        released = sum(a.body["released"] for a in answers if "released" in (a.body or {}))
        sold = before - number("SELECT stock FROM ProductVariant")
        assert (released, sold) in ((3, 0), (0, 3)), (released, sold, answers)
    check_sums()


def test_cleanup_beside_live_traffic():
    empty()
    for identity in range(1, 11):
        variant(identity, 100000)
    sql(
        "INSERT INTO StockReservation (variantId, quantity, sessionId, expiresAt) "
        f"SELECT 1 + seq % 10, 1, CONCAT('old-', seq), UTC_TIMESTAMP(3) FROM {sequence(10000)}; "
        "UPDATE ProductVariant SET reserved=1000"
    )
    counted = []

    def work(index):
        if index < 2:
            answer = cleanup()
            equal(answer.status, 200)
            counted.append(answer.body)
            return
        for turn in range(20):
            equal(reserve(1 + turn % 10, 1, f"live-{index}").status, 201)

    together(12, work)
    while (rest := cleanup().body)["remaining"]:
        counted.append(rest)
    equal(number("SELECT COUNT(*) FROM StockReservation WHERE cancelReason='EXPIRED'"), 10000)
    equal(number("SELECT COUNT(*) FROM StockReservation WHERE status='ACTIVE'"), 200)
    assert sum(body["count"] for body in counted) <= 10000, counted
    check_sums()


def test_two_cleanups_at_once_do_the_work_once():
    empty()
    variant(1, 100000)
    sql(
        "INSERT INTO StockReservation (variantId, quantity, sessionId, expiresAt) "
        f"SELECT 1, 1, 'old', UTC_TIMESTAMP(3) FROM {sequence(5000)}; "
        "UPDATE ProductVariant SET reserved=5000"
    )
    answers = together(6, lambda _: cleanup())
    equal({answer.status for answer in answers}, {200})
    equal(sum(answer.body["count"] for answer in answers), 5000)
    for answer in answers:
        assert not answer.body["skipped"] or answer.body["count"] == 0, answer
    check_sums()


if __name__ == "__main__":
    main(start)
