/* The rules of convert: sold once, never for another order, never below zero. */
#include "decide_fixture.h"

#include "aborts.h"

#include <stdio.h>

static void given_order(struct command *command, const char *order_id)
{
	snprintf(command->order_id, sizeof(command->order_id), "%s", order_id);
}

static void convert_takes_units_off_both_counters(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 7);
	given_hold(5, 1, 3, LATER);
	given_hold(6, 1, 4, LATER);
	given_order(asked(ACTION_CONVERT), "17");
	asked_hold(6);
	asked_hold(5);
	outcome = decided();
	assert_stands(outcome, CODE_CONVERTED);
	assert_int_equal(outcome->line_count, 2);
	assert_line(&outcome->lines[0], 6, CODE_CONVERTED, true);
	assert_line(&outcome->lines[1], 5, CODE_CONVERTED, true);
	assert_int_equal(outcome->lines[0].status, HOLD_COMPLETED);
	assert_int_equal(outcome->lines[0].variant_id, 1);
	assert_int_equal(outcome->lines[0].quantity, 4);
	assert_closed(row(5), HOLD_COMPLETED, REASON_NONE);
	assert_closed(row(6), HOLD_COMPLETED, REASON_NONE);
	assert_string_equal(row(5)->order_id, "17");
	assert_variant(1, 3, 0);
}

static void convert_is_idempotent(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 7);
	given_hold(5, 1, 3, LATER);
	given_order(asked(ACTION_CONVERT), "17");
	asked_hold(5);
	assert_stands(decided(), CODE_CONVERTED);
	outcome = decided();
	assert_stands(outcome, CODE_CONVERTED);
	assert_line(&outcome->lines[0], 5, CODE_ALREADY_CONVERTED, true);
	assert_int_equal(outcome->lines[0].status, HOLD_COMPLETED);
	assert_variant(1, 7, 4);
}

static void converted_before_is_success(void **state)
{
	(void)state;
	given_variant(1, 10, 7);
	given_completed(5, 1, 3, "17");
	given_order(asked(ACTION_CONVERT), "17");
	asked_hold(5);
	assert_stands(decided(), CODE_CONVERTED);
	assert_untouched(row(5));
	assert_variant(1, 10, 7);
}

static void converted_before_goes_with_new_lines(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 7);
	given_completed(5, 1, 3, "17");
	given_hold(6, 1, 2, LATER);
	given_order(asked(ACTION_CONVERT), "17");
	asked_hold(5);
	asked_hold(6);
	outcome = decided();
	assert_stands(outcome, CODE_CONVERTED);
	assert_line(&outcome->lines[0], 5, CODE_ALREADY_CONVERTED, true);
	assert_line(&outcome->lines[1], 6, CODE_CONVERTED, true);
	assert_untouched(row(5));
	assert_variant(1, 8, 5);
}

static void other_order_is_refused(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 7);
	given_completed(5, 1, 3, "17");
	given_order(asked(ACTION_CONVERT), "170");
	asked_hold(5);
	outcome = decided();
	assert_refused(outcome, CODE_CONVERTED_FOR_OTHER_ORDER);
	assert_line(&outcome->lines[0], 5, CODE_CONVERTED_FOR_OTHER_ORDER, false);
	assert_untouched(row(5));
	assert_string_equal(row(5)->order_id, "17");
	assert_variant(1, 10, 7);
}

static void given_order_differs_from_none(void **state)
{
	(void)state;
	given_variant(1, 10, 7);
	given_completed(5, 1, 3, "");
	given_order(asked(ACTION_CONVERT), "17");
	asked_hold(5);
	assert_refused(decided(), CODE_CONVERTED_FOR_OTHER_ORDER);
	assert_string_equal(row(5)->order_id, "");
}

static void absent_order_is_never_another(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 7);
	given_completed(5, 1, 3, "17");
	given_completed(6, 1, 3, "");
	asked(ACTION_CONVERT);
	asked_hold(5);
	asked_hold(6);
	outcome = decided();
	assert_stands(outcome, CODE_CONVERTED);
	assert_line(&outcome->lines[0], 5, CODE_ALREADY_CONVERTED, true);
	assert_line(&outcome->lines[1], 6, CODE_ALREADY_CONVERTED, true);
	assert_string_equal(row(5)->order_id, "17");
}

static void what_someone_ended_is_not_revived(void **state)
{
	static const enum cancel_reason reasons[] = {
		REASON_CUSTOMER, REASON_REPLACED, REASON_OPERATOR};
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 0);
	for (uint32_t i = 0; i < 3; i++)
		given_cancelled(i + 1, 1, 3, reasons[i])->expires_at_ms = PAST;
	asked(ACTION_CONVERT);
	for (uint32_t i = 0; i < 3; i++)
		asked_hold(i + 1);
	outcome = decided();
	assert_refused(outcome, CODE_RESERVATION_CANCELLED);
	for (uint32_t i = 0; i < 3; i++) {
		assert_line(&outcome->lines[i], i + 1, CODE_RESERVATION_CANCELLED, false);
		assert_untouched(row(i + 1));
	}
	assert_variant(1, 10, 0);
}

static void lowered_stock_is_stock_short(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 2, 3);
	given_hold(5, 1, 3, LATER);
	asked(ACTION_CONVERT);
	asked_hold(5);
	outcome = decided();
	assert_refused(outcome, CODE_INSUFFICIENT_STOCK);
	assert_line(&outcome->lines[0], 5, CODE_STOCK_SHORT, false);
	assert_int_equal(outcome->lines[0].stock, 2);
	assert_untouched(row(5));
	assert_variant(1, 2, 3);
}

static void lowered_stock_serves_what_it_can(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 4, 6);
	given_hold(5, 1, 3, LATER);
	given_hold(6, 1, 2, LATER);
	given_hold(7, 1, 1, LATER);
	asked(ACTION_CONVERT)->partial = true;
	asked_hold(5);
	asked_hold(6);
	asked_hold(7);
	outcome = decided();
	assert_stands(outcome, CODE_CONVERTED);
	assert_line(&outcome->lines[0], 5, CODE_CONVERTED, true);
	assert_line(&outcome->lines[1], 6, CODE_STOCK_SHORT, false);
	assert_line(&outcome->lines[2], 7, CODE_CONVERTED, true);
	assert_variant(1, 0, 2);
}

/* Another program left `reserved` below its holds: no reason to sell what is not there. */
static void convert_live_then_late_under_wrong_counter(void)
{
	given_variant(1, 5, 0); /* should be 10 */
	given_hold(5, 1, 5, LATER);
	given_hold(6, 1, 5, PAST);
	asked(ACTION_CONVERT)->partial = true;
	asked_hold(5);
	asked_hold(6);
	decided();
}

static void wrong_counter_never_takes_stock_below_zero(void **state)
{
	const struct outcome *outcome;

	(void)state;
	assert_false(aborts(convert_live_then_late_under_wrong_counter));
	convert_live_then_late_under_wrong_counter();
	assert_closed(row(5), HOLD_COMPLETED, REASON_NONE);
	assert_int_not_equal(row(6)->status, HOLD_COMPLETED);
	outcome = decided();
	assert_stands(outcome, CODE_CONVERTED);
	assert_line(&outcome->lines[0], 5, CODE_ALREADY_CONVERTED, true);
	assert_line(&outcome->lines[1], 6, CODE_LATE_SHORT, false);
	assert_variant(1, 0, 0);
}

static void wrong_counter_stops_at_zero(void **state)
{
	(void)state;
	given_variant(1, 5, 1);
	given_hold(5, 1, 3, LATER);
	asked(ACTION_CONVERT);
	asked_hold(5);
	assert_stands(decided(), CODE_CONVERTED);
	assert_variant(1, 2, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(convert_takes_units_off_both_counters, begin),
		cmocka_unit_test_setup(convert_is_idempotent, begin),
		cmocka_unit_test_setup(converted_before_is_success, begin),
		cmocka_unit_test_setup(converted_before_goes_with_new_lines, begin),
		cmocka_unit_test_setup(other_order_is_refused, begin),
		cmocka_unit_test_setup(given_order_differs_from_none, begin),
		cmocka_unit_test_setup(absent_order_is_never_another, begin),
		cmocka_unit_test_setup(what_someone_ended_is_not_revived, begin),
		cmocka_unit_test_setup(lowered_stock_is_stock_short, begin),
		cmocka_unit_test_setup(lowered_stock_serves_what_it_can, begin),
		cmocka_unit_test_setup(wrong_counter_never_takes_stock_below_zero, begin),
		cmocka_unit_test_setup(wrong_counter_stops_at_zero, begin),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("decide convert", tests, NULL, NULL);
}
