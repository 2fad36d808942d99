#!/usr/bin/env python3
"""A cart is paid: late, in part, for another order, with lowered stock, and by many at once."""

from stok import *
from tap import equal, main


def fresh(stock=10):
    empty()
    return variant(1, stock)


def outcomes(answer):
    return [line["outcome"] for line in answer.body["details"]]


def refused(answer, status, code):
    equal((answer.status, answer.body["code"]), (status, code), answer.text)
    equal(answer.body["allConverted"], False)
    return answer.body


def order_of(reservation):
    return sql(f"SELECT status, orderId FROM StockReservation WHERE id={reservation}")[0]


def test_every_line_is_named_with_its_variant_and_quantity():
    fresh()
    variant(2, 10)
    ids = held_all([(2, 3), (1, 1)])
    answer = convert(ids, orderId="A-1")
    equal((answer.status, answer.body["allConverted"], answer.body["orderId"]), (200, True, "A-1"))
    equal([(line["id"], line["reservationId"], line["variantId"], line["quantity"], line["success"])
           for line in answer.body["details"]],
          [(ids[0], ids[0], 2, 3, True), (ids[1], ids[1], 1, 1, True)])
    equal((counters(1), counters(2)), ((9, 0), (7, 0)))


def test_all_or_nothing_by_default():
    fresh()
    good, cancelled, also_good = held(1, 1), held(1, 1), held(1, 1)
    cancel(cancelled)
    before = snapshot()
    answer = convert([good, cancelled, also_good, good])
    refused(answer, 409, "reservation_cancelled")
    equal(outcomes(answer),
          ["would_convert", "reservation_cancelled", "would_convert", "would_convert"])
    equal([line["success"] for line in answer.body["details"]], [False] * 4)
    equal(snapshot(), before)


def test_an_unknown_id_is_404_before_any_other_refusal():
    fresh()
    cancelled, foreign = held(1, 1), held(1, 1, "other")
    cancel(cancelled)
    for unknown in (999999, foreign):
        answer = convert([cancelled, unknown], sessionId="shopper")
        refused(answer, 404, "reservation_not_found")
        equal(outcomes(answer), ["reservation_cancelled", "not_found"])
        last = answer.body["details"][1]
        equal((last["variantId"], last["quantity"]), (None, None))


def test_the_code_of_a_refusal_is_that_of_the_first_failing_line():
    fresh()
    cancelled, done = held(1, 1), held(1, 1)
    cancel(cancelled)
    convert([done], orderId="A-1")
    refused(convert([cancelled, done], orderId="A-2"), 409, "reservation_cancelled")
    refused(convert([done, cancelled], orderId="A-2"), 409, "converted_for_other_order")


def test_partial_goes_line_by_line():
    fresh()
    good, cancelled, done = held(1, 2), held(1, 1), held(1, 3)
    cancel(cancelled)
    convert([done])
    answer = convert([good, cancelled, done, 999999, good], partial=True)
    equal((answer.status, answer.body["success"], answer.body["allConverted"]), (200, True, False))
    equal(outcomes(answer), ["converted", "reservation_cancelled", "already_converted",
                             "not_found", "duplicate"])
    equal(counters(1), (5, 0))


def test_a_partial_convert_without_one_good_line_has_the_first_ones_code():
    fresh()
    cancelled = held(1, 1)
    cancel(cancelled)
    refused(convert([cancelled, 999999], partial=True), 409, "reservation_cancelled")
    refused(convert([999999, cancelled], partial=True), 404, "reservation_not_found")


def test_an_order_id_that_differs_from_the_stored_one_is_refused():
    fresh()
    hold, without = held(1, 1), held(1, 1)
    convert([hold], orderId="A-1")
    convert([without])
    for identity in (hold, without):
        refused(convert([identity], orderId="A-2"), 409, "converted_for_other_order")
    refused(convert([hold], orderId="a-1"), 409, "converted_for_other_order")
    equal([order_of(hold), order_of(without)], [["COMPLETED", "A-1"], ["COMPLETED", "NULL"]])


def test_an_absent_order_id_is_never_another_order():
    fresh()
    hold = held(1, 1)
    convert([hold], orderId="A-1")
    answer = convert([hold])
    equal((answer.status, outcomes(answer)), (200, ["already_converted"]))
    equal(order_of(hold), ["COMPLETED", "A-1"])


def test_an_order_id_may_be_an_integer_its_digits():
    fresh()
    hold = held(1, 1)
    equal(convert([hold], orderId=1001).body["orderId"], "1001")
    equal(outcomes(convert([hold], orderId="1001")), ["already_converted"])


def test_order_ids_are_1_to_64_visible_ascii_characters():
    fresh()
    hold = held(1, 1)
    for bad in ("", "x" * 65, "a b", "ş", True, 1.5, None):
        answer = convert([hold], orderId=bad)
        equal(answer.status, 400, bad)
        equal(answer.body["errors"][0]["pointer"], "/orderId")
    equal(convert([hold], orderId="x" * 64).status, 200)


def test_an_expired_hold_is_revived_if_its_quantity_is_still_available():
    for sweep in (False, True):
        fresh()
        hold = held(1, 4)
        expire(hold)
        if sweep:
            cleanup()
        equal(outcomes(convert([hold], orderId="late")), ["revived"], sweep)
        equal(state(hold), ["COMPLETED", "NULL"])
        equal(counters(1), (6, 0))


def test_else_it_is_late_short():
    fresh()
    hold = held(1, 4)
    expire(hold)
    held(1, 7, "other")
    refused(convert([hold]), 409, "late_short")
    equal(counters(1), (10, 7))


def test_several_late_lines_count_one_after_another_in_the_order_of_the_request():
    fresh()
    ids = held_all([(1, 4), (1, 3), (1, 2)])
    expire(*ids)
    held(1, 4, "other")
    answer = convert([ids[1], ids[0], ids[2]], partial=True)
    equal(outcomes(answer), ["revived", "late_short", "revived"])
    equal(counters(1), (5, 4))


def test_late_lines_count_after_sweeping_all_other_expired_holds():
    fresh()
    late, other = held(1, 4), held(1, 6, "other")
    expire(late, other)
    answer = convert([late])
    equal(outcomes(answer), ["revived"])
    held(1, 6, "third")
    refused(convert([other], sessionId="other"), 409, "late_short")
    equal(counters(1), (6, 6))


def test_one_cancelled_by_customer_replacement_or_operator_is_not_revived():
    fresh()
    by_customer, replaced, by_operator = held(1, 1), held(1, 1), held(1, 1)
    cancel(by_customer)
    reserve(1, 1, replaces=replaced)
    cancel(by_operator)
    sql(f"UPDATE StockReservation SET cancelReason='OPERATOR' WHERE id={by_operator}")
    before = snapshot()
    for hold in (by_customer, replaced, by_operator):
        refused(convert([hold]), 409, "reservation_cancelled")
    equal(snapshot(), before)


def test_stock_lowered_under_a_live_hold_is_stock_short():
    fresh()
    good, short = held(1, 2), held(1, 4)
    sql("UPDATE ProductVariant SET stock=5")
    answer = convert([good, short])
    body = refused(answer, 409, "insufficient_stock")
    equal(outcomes(answer), ["would_convert", "stock_short"])
    equal((body["stock"], body["details"][1]["stock"]), (5, 5))
    answer = convert([good, short], partial=True)
    equal(outcomes(answer), ["converted", "stock_short"])
    equal(counters(1), (3, 4))


def test_never_below_zero():
    fresh()
    ids = [held(1, 3) for _ in range(3)]
    sql("UPDATE ProductVariant SET stock=7")
    answer = convert(ids, partial=True)
    equal(outcomes(answer), ["converted", "converted", "stock_short"])
    equal(counters(1), (1, 3))


def test_the_list_is_1_to_100_ids():
    fresh(1000)
    equal(convert([]).status, 400)
    equal(convert(list(range(1, 102))).status, 400)
    ids = [identity for _ in range(2) for identity in held_all([(1, 1)] * 50)]
    equal(convert(ids).status, 200)
    equal(counters(1), (900, 0))


def test_exactly_one_decrement_however_often_it_is_called():
    fresh()
    hold = held(1, 4)
    seen = [outcomes(convert([hold, hold], orderId="A-1")) for _ in range(3)]
    equal(seen, [["converted", "duplicate"]] + [["already_converted", "duplicate"]] * 2)
    equal(counters(1), (6, 0))


def test_exactly_one_decrement_by_however_many_at_once():
    fresh(1000)
    ids = held_all([(1, 1 + index % 3) for index in range(20)])
    units = number("SELECT SUM(quantity) FROM StockReservation")

    def pay(index):
        part = ids if index % 2 else ids[::-1]
        return convert(part, orderId="once", partial=index % 3 == 0)

    answers = together(24, pay)
    equal({answer.status for answer in answers}, {200})
    found = [outcome for answer in answers for outcome in outcomes(answer)]
    equal((found.count("converted"), found.count("already_converted")), (20, 23 * 20))
    equal(counters(1), (1000 - units, 0))


def test_converts_for_two_orders_at_once_have_one_winner():
    fresh(1000)
    for _ in range(5):
        ids = held_all([(1, 1)] * 4)
        before = number("SELECT stock FROM ProductVariant")
        answers = together(16, lambda index: (f"order-{index % 2}",
                                              convert(ids, orderId=f"order-{index % 2}")))
        winners = {order for order, answer in answers if answer.status == 200}
        equal(len(winners), 1)
        equal({answer.body["code"] for _, answer in answers if answer.status != 200},
              {"converted_for_other_order"})
        equal(before - number("SELECT stock FROM ProductVariant"), 4)
    check_sums()


if __name__ == "__main__":
    main(start)
