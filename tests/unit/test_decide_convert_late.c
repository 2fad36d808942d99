/* The rules of a late convert: an expired hold is revived if its units can still be had. */
#include "decide_fixture.h"

#include <stdio.h>

static void given_order(struct command *command, const char *order_id)
{
	snprintf(command->order_id, sizeof(command->order_id), "%s", order_id);
}

static void late_hold_revives_if_it_can_be_had(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 3);
	given_hold(5, 1, 3, NOW);
	given_order(asked(ACTION_CONVERT), "17");
	asked_hold(5);
	outcome = decided();
	assert_stands(outcome, CODE_CONVERTED);
	assert_line(&outcome->lines[0], 5, CODE_REVIVED, true);
	assert_int_equal(outcome->lines[0].status, HOLD_COMPLETED);
	assert_int_equal(outcome->swept, 0);
	assert_closed(row(5), HOLD_COMPLETED, REASON_NONE);
	assert_string_equal(row(5)->order_id, "17");
	assert_variant(1, 7, 0);
}

static void revived_hold_has_no_cancel_reason(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 7);
	given_cancelled(5, 1, 3, REASON_EXPIRED);
	asked(ACTION_CONVERT);
	asked_hold(5);
	outcome = decided();
	assert_stands(outcome, CODE_CONVERTED);
	assert_line(&outcome->lines[0], 5, CODE_REVIVED, true);
	assert_int_equal(outcome->lines[0].reason, REASON_NONE);
	assert_int_equal(outcome->swept, 0);
	assert_closed(row(5), HOLD_COMPLETED, REASON_NONE);
	assert_variant(1, 7, 7);
}

static void late_hold_is_short_if_others_hold_it(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 8);
	given_cancelled(5, 1, 3, REASON_EXPIRED);
	asked(ACTION_CONVERT);
	asked_hold(5);
	outcome = decided();
	assert_refused(outcome, CODE_LATE_SHORT);
	assert_false(outcome->again);
	assert_line(&outcome->lines[0], 5, CODE_LATE_SHORT, false);
	assert_untouched(row(5));
	assert_int_equal(row(5)->reason, REASON_EXPIRED);
	assert_variant(1, 10, 8);
}

static void late_hold_needs_no_sweep_of_itself_to_fit(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 3, 3);
	given_hold(5, 1, 3, PAST);
	asked(ACTION_CONVERT);
	asked_hold(5);
	outcome = decided();
	assert_stands(outcome, CODE_CONVERTED);
	assert_line(&outcome->lines[0], 5, CODE_REVIVED, true);
	assert_int_equal(outcome->swept, 0); /* swept by the way, but not after all */
	assert_closed(row(5), HOLD_COMPLETED, REASON_NONE);
	assert_variant(1, 0, 0);
}

static void late_hold_sweeps_the_others(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 5, 5);
	given_cancelled(5, 1, 3, REASON_EXPIRED);
	given_unnamed_expired(7, 1, 2);
	given_unnamed_expired(8, 1, 1);
	asked(ACTION_CONVERT);
	asked_hold(5);
	outcome = decided();
	assert_stands(outcome, CODE_CONVERTED);
	assert_int_equal(outcome->swept, 2);
	assert_closed(row(7), HOLD_CANCELLED, REASON_EXPIRED);
	assert_closed(row(8), HOLD_CANCELLED, REASON_EXPIRED);
	assert_variant(1, 2, 2);
}

static void sweep_stays_after_refusal(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 5, 5);
	given_hold(5, 1, 3, PAST);
	given_unnamed_expired(7, 1, 1);
	stock_variant(&given, 1)->stock = 2;
	asked(ACTION_CONVERT);
	asked_hold(5);
	outcome = decided();
	assert_refused(outcome, CODE_LATE_SHORT);
	assert_int_equal(outcome->swept, 2);
	assert_closed(row(5), HOLD_CANCELLED, REASON_EXPIRED);
	assert_closed(row(7), HOLD_CANCELLED, REASON_EXPIRED);
	assert_variant(1, 2, 1);
}

static void late_lines_count_one_after_another(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 5, 0);
	given_cancelled(5, 1, 3, REASON_EXPIRED);
	given_cancelled(6, 1, 3, REASON_EXPIRED);
	given_cancelled(7, 1, 2, REASON_EXPIRED);
	asked(ACTION_CONVERT)->partial = true;
	asked_hold(6);
	asked_hold(5);
	asked_hold(7);
	outcome = decided();
	assert_stands(outcome, CODE_CONVERTED);
	assert_line(&outcome->lines[0], 6, CODE_REVIVED, true);
	assert_line(&outcome->lines[1], 5, CODE_LATE_SHORT, false);
	assert_line(&outcome->lines[2], 7, CODE_REVIVED, true);
	assert_untouched(row(5));
	assert_variant(1, 0, 0);
}

static void room_is_made_for_late_lines_together(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 6, 2);
	given_cancelled(5, 1, 3, REASON_EXPIRED);
	given_cancelled(6, 1, 3, REASON_EXPIRED);
	given_unnamed_expired(7, 1, 2);
	asked(ACTION_CONVERT);
	asked_hold(5);
	asked_hold(6);
	outcome = decided();
	assert_stands(outcome, CODE_CONVERTED);
	assert_int_equal(outcome->swept, 1);
	assert_closed(row(7), HOLD_CANCELLED, REASON_EXPIRED);
	assert_variant(1, 0, 0);
}

static void late_lines_together_are_all_or_nothing(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 5, 0);
	given_cancelled(5, 1, 3, REASON_EXPIRED);
	given_cancelled(6, 1, 3, REASON_EXPIRED);
	asked(ACTION_CONVERT);
	asked_hold(5);
	asked_hold(6);
	outcome = decided();
	assert_refused(outcome, CODE_LATE_SHORT);
	assert_line(&outcome->lines[0], 5, CODE_WOULD_CONVERT, false);
	assert_line(&outcome->lines[1], 6, CODE_LATE_SHORT, false);
	assert_untouched(row(5));
	assert_variant(1, 5, 0);
}

static void live_lines_leave_room_for_late_ones(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 5, 3);
	given_hold(5, 1, 3, LATER);
	given_cancelled(6, 1, 2, REASON_EXPIRED);
	asked(ACTION_CONVERT);
	asked_hold(5);
	asked_hold(6);
	outcome = decided();
	assert_stands(outcome, CODE_CONVERTED);
	assert_line(&outcome->lines[0], 5, CODE_CONVERTED, true);
	assert_line(&outcome->lines[1], 6, CODE_REVIVED, true);
	assert_variant(1, 0, 0);
}

static void late_line_never_takes_a_live_hold_of_another(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 5, 3);
	given_hold(5, 1, 3, LATER);
	given_cancelled(6, 1, 3, REASON_EXPIRED);
	asked(ACTION_CONVERT)->partial = true;
	asked_hold(6);
	asked_hold(5);
	outcome = decided();
	assert_stands(outcome, CODE_CONVERTED);
	assert_line(&outcome->lines[0], 6, CODE_LATE_SHORT, false);
	assert_line(&outcome->lines[1], 5, CODE_CONVERTED, true);
	assert_variant(1, 2, 0);
}

static void late_lines_of_two_variants_do_not_mix(void **state)
{
	(void)state;
	given_variant(1, 3, 0);
	given_variant(2, 3, 0);
	given_cancelled(5, 1, 3, REASON_EXPIRED);
	given_cancelled(6, 2, 3, REASON_EXPIRED);
	asked(ACTION_CONVERT);
	asked_hold(5);
	asked_hold(6);
	assert_stands(decided(), CODE_CONVERTED);
	assert_variant(1, 0, 0);
	assert_variant(2, 0, 0);
}

static void expired_left_asks_for_another_round(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 5, 5);
	given_hold(4, 1, 1, LATER);
	given_cancelled(5, 1, 3, REASON_EXPIRED);
	given_unnamed_expired(7, 1, 1);
	given_expired_left(1);
	asked(ACTION_CONVERT)->partial = true;
	asked_hold(4);
	asked_hold(5);
	outcome = decided();
	assert_false(outcome->success);
	assert_true(outcome->again);
	assert_int_equal(outcome->swept, 1);
	assert_closed(row(7), HOLD_CANCELLED, REASON_EXPIRED);
	assert_untouched(row(4));
	assert_untouched(row(5));
	assert_variant(1, 5, 4);
}

static void expired_left_is_no_matter_when_it_suffices(void **state)
{
	(void)state;
	given_variant(1, 5, 3);
	given_cancelled(5, 1, 3, REASON_EXPIRED);
	given_unnamed_expired(7, 1, 1);
	given_expired_left(1);
	asked(ACTION_CONVERT);
	asked_hold(5);
	assert_stands(decided(), CODE_CONVERTED);
	assert_variant(1, 2, 2);
}

static void swept_in_an_earlier_round_and_revived_is_not_counted(void **state)
{
	const struct outcome *outcome;
	struct hold *hold;

	(void)state;
	given_variant(1, 5, 0);
	hold = given_cancelled(5, 1, 3, REASON_EXPIRED);
	snprintf(hold->closed_request_id, sizeof(hold->closed_request_id), "%s", REQUEST);
	asked(ACTION_CONVERT);
	asked_hold(5);
	outcome = decided();
	assert_stands(outcome, CODE_CONVERTED);
	assert_int_equal(outcome->swept, -1); /* the earlier round counted it */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(late_hold_revives_if_it_can_be_had, begin),
		cmocka_unit_test_setup(revived_hold_has_no_cancel_reason, begin),
		cmocka_unit_test_setup(late_hold_is_short_if_others_hold_it, begin),
		cmocka_unit_test_setup(late_hold_needs_no_sweep_of_itself_to_fit, begin),
		cmocka_unit_test_setup(late_hold_sweeps_the_others, begin),
		cmocka_unit_test_setup(sweep_stays_after_refusal, begin),
		cmocka_unit_test_setup(late_lines_count_one_after_another, begin),
		cmocka_unit_test_setup(room_is_made_for_late_lines_together, begin),
		cmocka_unit_test_setup(late_lines_together_are_all_or_nothing, begin),
		cmocka_unit_test_setup(live_lines_leave_room_for_late_ones, begin),
		cmocka_unit_test_setup(late_line_never_takes_a_live_hold_of_another, begin),
		cmocka_unit_test_setup(late_lines_of_two_variants_do_not_mix, begin),
		cmocka_unit_test_setup(expired_left_asks_for_another_round, begin),
		cmocka_unit_test_setup(expired_left_is_no_matter_when_it_suffices, begin),
		cmocka_unit_test_setup(swept_in_an_earlier_round_and_revived_is_not_counted, begin),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("decide convert, late", tests, NULL, NULL);
}
