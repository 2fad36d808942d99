/* The rules of a list in convert: whole or line by line, unknown lines, lines given twice. */
#include "decide_fixture.h"

#include <stdio.h>

/* One line of each kind: the rows have the ids that stand here. */
enum { LIVE = 1, COMPLETED, CANCELLED, LATE, TOO_LATE, LOWERED, FOREIGN, UNKNOWN };

static void given_one_of_each(void)
{
	given_variant(1, 10, 5);
	given_variant(2, 2, 4);
	given_hold(LIVE, 1, 3, LATER);
	given_completed(COMPLETED, 1, 1, "17");
	given_cancelled(CANCELLED, 1, 1, REASON_CUSTOMER);
	given_cancelled(LATE, 1, 2, REASON_EXPIRED);
	given_cancelled(TOO_LATE, 1, 9, REASON_EXPIRED);
	given_hold(LOWERED, 2, 4, LATER);
	given_hold(FOREIGN, 1, 2, LATER)->session_id[0] = 'S';
}

static struct command *asked_convert(const char *order_id, bool partial)
{
	struct command *command = asked(ACTION_CONVERT);

	command->partial = partial;
	snprintf(command->order_id, sizeof(command->order_id), "%s", order_id);
	return command;
}

static void partial_goes_line_by_line(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_one_of_each();
	asked_convert("17", true);
	for (uint64_t id = LIVE; id <= UNKNOWN; id++)
		asked_hold(id);
	outcome = decided();
	assert_stands(outcome, CODE_CONVERTED);
	assert_int_equal(outcome->line_count, UNKNOWN);
	assert_line(&outcome->lines[0], LIVE, CODE_CONVERTED, true);
	assert_line(&outcome->lines[1], COMPLETED, CODE_ALREADY_CONVERTED, true);
	assert_line(&outcome->lines[2], CANCELLED, CODE_RESERVATION_CANCELLED, false);
	assert_line(&outcome->lines[3], LATE, CODE_REVIVED, true);
	assert_line(&outcome->lines[4], TOO_LATE, CODE_LATE_SHORT, false);
	assert_line(&outcome->lines[5], LOWERED, CODE_STOCK_SHORT, false);
	assert_line(&outcome->lines[6], FOREIGN, CODE_NOT_FOUND, false);
	assert_line(&outcome->lines[7], UNKNOWN, CODE_NOT_FOUND, false);
	assert_variant(1, 5, 2);
	assert_variant(2, 2, 4);
	assert_untouched(row(COMPLETED));
	assert_untouched(row(CANCELLED));
	assert_untouched(row(TOO_LATE));
	assert_untouched(row(LOWERED));
	assert_untouched(row(FOREIGN));
}

static void partial_without_success_has_the_first_code(void **state)
{
	static const struct {
		uint64_t id;
		enum code code;
	} cases[] = {
		{COMPLETED, CODE_CONVERTED_FOR_OTHER_ORDER},
		{CANCELLED, CODE_RESERVATION_CANCELLED},
		{TOO_LATE, CODE_LATE_SHORT},
		{LOWERED, CODE_INSUFFICIENT_STOCK},
		{FOREIGN, CODE_RESERVATION_NOT_FOUND},
		{UNKNOWN, CODE_RESERVATION_NOT_FOUND},
	};

	for (uint32_t i = 0; i < 6; i++) {
		begin(state);
		given_one_of_each();
		asked_convert("18", true);
		for (uint32_t k = 0; k < 6; k++)
			asked_hold(cases[(i + k) % 6].id);
		assert_refused(decided(), cases[i].code);
		assert_variant(1, 10, 5);
		assert_variant(2, 2, 4);
	}
}

static void whole_list_is_refused_with_the_first_failing_line(void **state)
{
	static const struct {
		uint64_t id;
		enum code code;
	} cases[] = {
		{COMPLETED, CODE_CONVERTED_FOR_OTHER_ORDER},
		{CANCELLED, CODE_RESERVATION_CANCELLED},
		{TOO_LATE, CODE_LATE_SHORT},
		{LOWERED, CODE_INSUFFICIENT_STOCK},
	};

	for (uint32_t i = 0; i < 4; i++) {
		begin(state);
		given_one_of_each();
		asked_convert("18", false);
		asked_hold(LIVE);
		for (uint32_t k = 0; k < 4; k++)
			asked_hold(cases[(i + k) % 4].id);
		assert_refused(decided(), cases[i].code);
		assert_untouched(row(LIVE));
		assert_variant(1, 10, 5);
	}
}

static void unknown_line_comes_before_all_others(void **state)
{
	static const uint64_t unknown[] = {FOREIGN, UNKNOWN};

	for (uint32_t i = 0; i < 2; i++) {
		const struct outcome *outcome;

		begin(state);
		given_one_of_each();
		asked_convert("17", false);
		asked_hold(CANCELLED);
		asked_hold(LIVE);
		asked_hold(unknown[i]);
		outcome = decided();
		assert_refused(outcome, CODE_RESERVATION_NOT_FOUND);
		assert_int_equal(outcome->line_count, 3);
		assert_line(&outcome->lines[0], CANCELLED, CODE_RESERVATION_CANCELLED, false);
		assert_line(&outcome->lines[1], LIVE, CODE_WOULD_CONVERT, false);
		assert_line(&outcome->lines[2], unknown[i], CODE_NOT_FOUND, false);
		assert_int_equal(outcome->lines[2].variant_id, 0);
		assert_untouched(row(LIVE));
	}
}

static void refused_convert_leaves_good_lines_would_convert(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_one_of_each();
	asked_convert("17", false);
	asked_hold(LIVE);
	asked_hold(COMPLETED);
	asked_hold(LATE);
	asked_hold(CANCELLED);
	outcome = decided();
	assert_refused(outcome, CODE_RESERVATION_CANCELLED);
	assert_line(&outcome->lines[0], LIVE, CODE_WOULD_CONVERT, false);
	assert_line(&outcome->lines[1], COMPLETED, CODE_ALREADY_CONVERTED, true);
	assert_line(&outcome->lines[2], LATE, CODE_WOULD_CONVERT, false);
	assert_line(&outcome->lines[3], CANCELLED, CODE_RESERVATION_CANCELLED, false);
	assert_int_equal(outcome->lines[0].variant_id, 1);
	assert_int_equal(outcome->lines[0].quantity, 3);
	assert_untouched(row(LIVE));
	assert_untouched(row(LATE));
	assert_variant(1, 10, 5);
}

static void foreign_hold_is_not_swept_nor_counted(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 3, 3);
	given_hold(5, 1, 3, PAST)->session_id[0] = 'S';
	asked_convert("17", false);
	asked_hold(5);
	outcome = decided();
	assert_refused(outcome, CODE_RESERVATION_NOT_FOUND);
	assert_int_equal(outcome->swept, 0);
	assert_untouched(row(5));
}

static void without_session_any_hold_may_be_converted(void **state)
{
	(void)state;
	given_one_of_each();
	asked_convert("17", false)->session_id[0] = '\0';
	asked_hold(LIVE);
	asked_hold(FOREIGN);
	assert_stands(decided(), CODE_CONVERTED);
	assert_variant(1, 5, 0);
}

static void duplicate_ids_are_answered_like_the_first(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_one_of_each();
	asked_convert("17", true);
	asked_hold(LIVE);
	asked_hold(LATE);
	asked_hold(LIVE);
	asked_hold(LATE);
	asked_hold(CANCELLED);
	asked_hold(COMPLETED);
	asked_hold(CANCELLED);
	asked_hold(COMPLETED);
	asked_hold(UNKNOWN);
	asked_hold(UNKNOWN);
	outcome = decided();
	assert_stands(outcome, CODE_CONVERTED);
	assert_int_equal(outcome->line_count, 10);
	assert_line(&outcome->lines[0], LIVE, CODE_CONVERTED, true);
	assert_line(&outcome->lines[1], LATE, CODE_REVIVED, true);
	assert_line(&outcome->lines[2], LIVE, CODE_DUPLICATE, true);
	assert_line(&outcome->lines[3], LATE, CODE_DUPLICATE, true);
	assert_line(&outcome->lines[6], CANCELLED, CODE_RESERVATION_CANCELLED, false);
	assert_line(&outcome->lines[7], COMPLETED, CODE_DUPLICATE, true);
	assert_line(&outcome->lines[9], UNKNOWN, CODE_NOT_FOUND, false);
	assert_int_equal(outcome->lines[2].status, HOLD_COMPLETED);
	assert_int_equal(outcome->lines[3].status, HOLD_COMPLETED);
	assert_int_equal(outcome->lines[2].quantity, 3);
	assert_variant(1, 5, 2);
}

static void duplicate_ids_do_not_refuse_a_whole_list(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 3, 0);
	given_cancelled(5, 1, 3, REASON_EXPIRED);
	asked_convert("17", false);
	asked_hold(5);
	asked_hold(5);
	outcome = decided();
	assert_stands(outcome, CODE_CONVERTED);
	assert_line(&outcome->lines[0], 5, CODE_REVIVED, true);
	assert_line(&outcome->lines[1], 5, CODE_DUPLICATE, true);
	assert_variant(1, 0, 0);
}

static void duplicate_of_a_good_line_of_a_refused_list_would_convert(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_one_of_each();
	asked_convert("17", false);
	asked_hold(LIVE);
	asked_hold(LIVE);
	asked_hold(CANCELLED);
	outcome = decided();
	assert_refused(outcome, CODE_RESERVATION_CANCELLED);
	assert_line(&outcome->lines[0], LIVE, CODE_WOULD_CONVERT, false);
	assert_line(&outcome->lines[1], LIVE, CODE_WOULD_CONVERT, false);
	assert_untouched(row(LIVE));
}

static void cancelled_in_the_same_batch_is_not_converted(void **state)
{
	(void)state;
	given_one_of_each();
	asked(ACTION_CANCEL);
	asked_hold(LIVE);
	assert_stands(decided(), CODE_CANCELLED);
	asked_convert("17", false);
	asked_hold(LIVE);
	assert_refused(decided(), CODE_RESERVATION_CANCELLED);
	assert_variant(1, 10, 2);
}

static void converted_in_the_same_batch_is_not_cancelled(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_one_of_each();
	asked_convert("17", false);
	asked_hold(LIVE);
	assert_stands(decided(), CODE_CONVERTED);
	asked(ACTION_CANCEL);
	asked_hold(LIVE);
	outcome = decided();
	assert_stands(outcome, CODE_CANCELLED);
	assert_line(&outcome->lines[0], LIVE, CODE_ALREADY_CONVERTED, true);
	assert_int_equal(outcome->lines[0].released, 0);
	assert_variant(1, 7, 2);
}

static void swept_in_the_same_batch_can_still_be_revived(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 3, 3);
	given_hold(5, 1, 3, PAST);
	asked(ACTION_CLEANUP)->request_id[0] = 'c';
	assert_int_equal(decided()->swept, 1);
	asked_convert("17", false);
	asked_hold(5);
	outcome = decided();
	assert_stands(outcome, CODE_CONVERTED);
	assert_line(&outcome->lines[0], 5, CODE_REVIVED, true);
	assert_int_equal(outcome->swept, 0);
	assert_closed(row(5), HOLD_COMPLETED, REASON_NONE);
	assert_variant(1, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(partial_goes_line_by_line, begin),
		cmocka_unit_test_setup(partial_without_success_has_the_first_code, begin),
		cmocka_unit_test_setup(whole_list_is_refused_with_the_first_failing_line, begin),
		cmocka_unit_test_setup(unknown_line_comes_before_all_others, begin),
		cmocka_unit_test_setup(refused_convert_leaves_good_lines_would_convert, begin),
		cmocka_unit_test_setup(foreign_hold_is_not_swept_nor_counted, begin),
		cmocka_unit_test_setup(without_session_any_hold_may_be_converted, begin),
		cmocka_unit_test_setup(duplicate_ids_are_answered_like_the_first, begin),
		cmocka_unit_test_setup(duplicate_ids_do_not_refuse_a_whole_list, begin),
		cmocka_unit_test_setup(
			duplicate_of_a_good_line_of_a_refused_list_would_convert, begin),
		cmocka_unit_test_setup(cancelled_in_the_same_batch_is_not_converted, begin),
		cmocka_unit_test_setup(converted_in_the_same_batch_is_not_cancelled, begin),
		cmocka_unit_test_setup(swept_in_the_same_batch_can_still_be_revived, begin),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("decide convert, lists", tests, NULL, NULL);
}
