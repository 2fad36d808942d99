#!/usr/bin/env python3
"""The checker itself: an honest story has no violation, and each planted lie is caught."""

import copy

from checker import check
from story import honest
from tap import main


def violations(story, earlier=()):
    return check(story.history, story.tables(), story.audit, story.stocks, earlier)


def caught(story, rule, earlier=()):
    """The rule is broken, says the checker."""
    found = violations(story, earlier)
    assert rule in {violation.rule for violation in found}, (
        f"{rule} was not caught; found:\n" + "\n".join(map(str, found))
    )


def test_an_honest_story_has_no_violation():
    found = violations(honest()[0])
    assert not found, "\n".join(map(str, found))


def test_a_lost_row():
    story, holds = honest()
    del story.rows[holds["kept"].id]
    caught(story, "lost row")


def test_an_invented_row():
    story, holds = honest()
    invented = copy.copy(holds["kept"])
    invented.id, invented.created_by, invented.key = 999, "f" * 32, "0" * 64
    story.rows[999] = invented
    caught(story, "invented row")


def test_a_dark_request_explains_one_row_only():
    story, holds = honest()
    second = copy.copy(holds["dark"])
    second.id, second.created_by = 999, "e" * 32
    story.rows[999] = second
    caught(story, "invented row")


def test_two_rows_of_one_request():
    story, holds = honest()
    second = copy.copy(holds["fresh"])
    second.id, second.key = 999, "1" * 64
    story.rows[999] = second
    caught(story, "double row")


def test_two_rows_for_one_key():
    story, _ = honest()
    story.reserve(1, 1, key="k-twice", status=503)
    story.reserve(1, 1, key="k-twice")
    caught(story, "double key")


def test_one_key_answered_with_two_holds():
    story, holds = honest()
    story.again(holds["kept"], "k-kept").answer["reservationId"] = holds["fresh"].id
    caught(story, "double key")


def test_a_key_that_was_forgotten():
    story, holds = honest()
    story.refuse(1, holds["kept"].quantity, 409, "insufficient_stock", key="k-kept")
    caught(story, "forgotten key")


def test_a_key_refused_that_was_never_used():
    story, _ = honest()
    story.refuse(1, 1, 422, "idempotency_key_reused", key="k-never")
    caught(story, "false 422")


def test_a_wrong_quantity():
    story, holds = honest()
    holds["kept"].quantity = 3
    caught(story, "wrong row")


def test_another_session():
    story, holds = honest()
    holds["kept"].session = "bert"
    caught(story, "wrong row")


def test_a_wrong_time_to_live():
    story, holds = honest()
    holds["kept"].expires += 1000
    caught(story, "wrong time")


def test_a_double_decrement():
    story, holds = honest()
    story.counters = {variant: story.sums(variant) for variant in story.stocks}
    stock, reserved = story.counters[2]
    story.counters[2] = (stock - holds["sold"].quantity, reserved)
    caught(story, "wrong sum")


def test_a_counter_that_was_not_given_back():
    story, _ = honest()
    story.counters = {variant: story.sums(variant) for variant in story.stocks}
    story.counters[2] = (story.counters[2][0], 3)
    caught(story, "wrong sum")


def test_two_converts_that_both_say_they_did_it():
    story, holds = honest()
    story.convert([holds["sold"]], "order-1", "already_converted").answer["details"][0][
        "outcome"] = "converted"
    caught(story, "wrong convert")


def test_a_convert_that_never_happened():
    story, holds = honest()
    story.convert([holds["kept"]], "order-9")
    holds["kept"].status, holds["kept"].closed, holds["kept"].closed_by = "ACTIVE", None, None
    holds["kept"].order = None
    caught(story, "wrong convert")


def test_a_sale_that_nobody_asked_for():
    story, holds = honest()
    story.close(holds["kept"], "d" * 32, "COMPLETED", None, "order-9")
    caught(story, "invented end")


def test_a_sale_for_another_order():
    story, holds = honest()
    holds["sold"].order = "order-9"
    caught(story, "wrong order")


def test_an_extend_that_never_happened():
    story, holds = honest()
    before = holds["kept"].expires
    story.extend(holds["kept"], 1900)
    holds["kept"].expires = before
    caught(story, "wrong extend")


def test_an_extend_of_what_had_expired():
    story, holds = honest()
    row = story.reserve(1, 1, ttl=1)
    story.pass_time(1500)
    story.extend(row, -2)  # the answer tells its old end
    caught(story, "wrong extend")


def test_an_extend_refused_though_there_was_time():
    story, holds = honest()
    story.extend(holds["kept"], 1900, "reservation_expired", 409)
    caught(story, "wrong extend")


def test_a_later_end_that_nobody_asked_for():
    story, holds = honest()
    holds["changed"].expires += 60_000
    caught(story, "wrong time")


def test_units_released_twice():
    story, holds = honest()
    story.cancel(holds["cancelled"]).answer["released"] = 3
    caught(story, "wrong cancel")


def test_a_cancel_that_hides_what_it_did():
    story, holds = honest()
    story.cancel(holds["kept"]).answer["released"] = 0
    caught(story, "wrong cancel")


def test_a_cancelled_hold_that_lives_again():
    story, holds = honest()
    row = holds["cancelled"]
    row.status, row.closed, row.closed_by, row.reason = "ACTIVE", None, None, None
    caught(story, "wrong cancel")


def test_a_replay_that_revives():
    story, holds = honest()
    row = story.reserve(1, 1, key="k-revived")
    story.cancel(row)
    story.again(row, "k-revived").answer["status"] = "ACTIVE"
    caught(story, "resurrected")


def test_a_final_state_that_changed():
    story, holds = honest()
    before = story.tables()
    row = holds["cancelled"]
    story.convert([row], "order-9")
    caught(story, "resurrected", [before])


def test_a_row_that_was_rewritten():
    story, holds = honest()
    before = story.tables()
    before.rows[holds["kept"].id].quantity = 1
    caught(story, "rewritten row", [before])


def test_oversold():
    story, _ = honest()
    story.stocks[2] = 5
    story.reserve(2, 1)
    story.reserve(2, 1)
    caught(story, "oversold")


def test_oversold_for_a_moment_only():
    story, holds = honest()
    # It was made before the hold whose units it got was cancelled.
    first, second = story.reserve(1, 3), story.reserve(1, 3)
    story.cancel(first)
    story.cancel(second)
    caught(story, "oversold")


def test_a_late_payment_for_units_of_another():
    story, holds = honest()
    late = story.reserve(2, 1, ttl=1)
    story.pass_time(1500)
    story.reserve(2, 1)
    story.convert([late], "order-9", "revived")
    caught(story, "oversold")


def test_a_4xx_that_made_a_row():
    story, _ = honest()
    story.reserve(1, 1)
    story.history[-1].status = 409
    story.history[-1].answer = {"code": "insufficient_stock"}
    caught(story, "4xx changed something")


def test_a_4xx_that_ended_a_hold():
    story, holds = honest()
    attempt = story.convert([holds["kept"]], "order-9")
    attempt.status = 409
    caught(story, "4xx changed something")


def test_a_row_without_any_key():
    story, holds = honest()
    holds["cancelled"].key = None
    caught(story, "wrong key")


def test_a_row_with_the_key_of_another():
    story, holds = honest()
    holds["fresh"].key = "0" * 64
    caught(story, "wrong key")


def test_a_5xx_that_does_not_say_when_to_come_back():
    story, _ = honest()
    story.reserve(1, 1, status=503, made=False)
    story.history[-1].retry_after = None
    caught(story, "no Retry-After")


def test_out_of_stock_while_there_was_enough():
    story, _ = honest()
    story.refuse(1, 1, 409, "insufficient_stock")
    caught(story, "false shortage")


def test_a_change_refused_though_its_own_units_were_enough():
    story, holds = honest()
    story.refuse(4, 3, 409, "insufficient_stock", replaces=holds["changed"])
    caught(story, "false shortage")


def test_a_change_refused_for_a_hold_that_lives():
    story, holds = honest()
    story.refuse(4, 1, 409, "already_converted", replaces=holds["changed"])
    caught(story, "wrong refusal")


def test_a_replaced_hold_that_lives_on():
    story, holds = honest()
    row = holds["old"]
    row.status, row.closed, row.closed_by, row.reason = "ACTIVE", None, None, None
    caught(story, "double hold")


def test_a_change_that_loses_the_old_hold():
    story, holds = honest()
    del story.rows[story.reserve(4, 2, status=503, replaces=holds["changed"]).id]
    caught(story, "lost hold")


def test_a_late_payment_refused_while_there_was_enough():
    story, holds = honest()
    late = story.reserve(1, 1, ttl=1)
    story.pass_time(1500)
    story.convert([late], "order-9", "late_short", 409)
    caught(story, "false shortage")


def test_a_cleanup_that_counts_too_little():
    story, _ = honest()
    story.reserve(1, 1, ttl=1)
    story.pass_time(1500)
    story.cleanup().answer["count"] = 0
    caught(story, "wrong count")


def test_swept_before_its_time():
    story, holds = honest()
    story.close(holds["kept"], "c" * 32, "CANCELLED", "EXPIRED")
    caught(story, "wrong time")


def test_an_answer_that_is_not_in_the_log():
    story, _ = honest()
    story.reserve(1, 1)
    story.audit.pop()
    caught(story, "no audit")


def test_only_an_outage_of_nginx_explains_a_missing_line():
    for late_s, expected in ((-1, True), (9, False), (11, True)):
        story, _ = honest()
        story.reserve(1, 1)
        story.audit.pop()
        found = check(story.history, story.tables(), story.audit, story.stocks,
                      outages=[story.history[-1].end + late_s])
        missing = "no audit" in {violation.rule for violation in found}
        assert missing == expected, (late_s, found)


def test_another_answer_in_the_log():
    story, _ = honest()
    story.reserve(1, 1)
    story.audit[-1]["status"] = 503
    caught(story, "wrong audit")


if __name__ == "__main__":
    main()
