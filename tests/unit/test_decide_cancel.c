/* The rules of cancel and cleanup: what ends a hold gives its units back once, and never more. */
#include "decide_fixture.h"

#include "aborts.h"

static void cancel_ends_a_live_hold(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 7);
	given_hold(5, 1, 3, LATER);
	asked(ACTION_CANCEL);
	asked_hold(5);
	outcome = decided();
	assert_stands(outcome, CODE_CANCELLED);
	assert_int_equal(outcome->line_count, 1);
	assert_int_equal(outcome->swept, 0);
	assert_line(&outcome->lines[0], 5, CODE_CANCELLED, true);
	assert_int_equal(outcome->lines[0].released, 3);
	assert_int_equal(outcome->lines[0].quantity, 3);
	assert_int_equal(outcome->lines[0].variant_id, 1);
	assert_int_equal(outcome->lines[0].status, HOLD_CANCELLED);
	assert_int_equal(outcome->lines[0].reason, REASON_CUSTOMER);
	assert_closed(row(5), HOLD_CANCELLED, REASON_CUSTOMER);
	assert_variant(1, 10, 4);
}

static void cancel_of_cancelled_hold_releases_nothing(void **state)
{
	static const enum cancel_reason reasons[] = {
		REASON_CUSTOMER, REASON_REPLACED, REASON_EXPIRED, REASON_OPERATOR};
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 7);
	for (uint32_t i = 0; i < 4; i++)
		given_cancelled(i + 1, 1, 3, reasons[i]);
	asked(ACTION_CANCEL);
	for (uint32_t i = 0; i < 4; i++)
		asked_hold(i + 1);
	outcome = decided();
	assert_stands(outcome, CODE_CANCELLED);
	for (uint32_t i = 0; i < 4; i++) {
		assert_line(&outcome->lines[i], i + 1, CODE_CANCELLED, true);
		assert_int_equal(outcome->lines[i].released, 0);
		assert_int_equal(outcome->lines[i].status, HOLD_CANCELLED);
		assert_int_equal(outcome->lines[i].reason, reasons[i]);
		assert_untouched(row(i + 1));
	}
	assert_variant(1, 10, 7);
}

static void hold_is_expired_at_its_very_instant(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 7);
	given_hold(5, 1, 3, NOW);
	given_hold(6, 1, 4, NOW + 1);
	asked(ACTION_CANCEL);
	asked_hold(5);
	asked_hold(6);
	outcome = decided();
	assert_stands(outcome, CODE_CANCELLED);
	assert_line(&outcome->lines[0], 5, CODE_CANCELLED, true);
	assert_int_equal(outcome->lines[0].reason, REASON_EXPIRED);
	assert_int_equal(outcome->lines[0].released, 0);
	assert_line(&outcome->lines[1], 6, CODE_CANCELLED, true);
	assert_int_equal(outcome->lines[1].reason, REASON_CUSTOMER);
	assert_int_equal(outcome->lines[1].released, 4);
}

static void cancel_of_expired_hold_sweeps_it(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 7);
	given_hold(5, 1, 3, PAST);
	given_unnamed_expired(6, 1, 4);
	asked(ACTION_CANCEL);
	asked_hold(5);
	outcome = decided();
	assert_stands(outcome, CODE_CANCELLED);
	assert_int_equal(outcome->swept, 1);
	assert_int_equal(outcome->lines[0].status, HOLD_CANCELLED);
	assert_int_equal(outcome->lines[0].released, 0);
	assert_closed(row(5), HOLD_CANCELLED, REASON_EXPIRED);
	assert_untouched(row(6));
	assert_variant(1, 10, 4);
}

static void cancel_of_converted_hold_never_restocks(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 7);
	given_completed(5, 1, 3, "17");
	asked(ACTION_CANCEL);
	asked_hold(5);
	outcome = decided();
	assert_stands(outcome, CODE_CANCELLED);
	assert_line(&outcome->lines[0], 5, CODE_ALREADY_CONVERTED, true);
	assert_int_equal(outcome->lines[0].status, HOLD_COMPLETED);
	assert_int_equal(outcome->lines[0].released, 0);
	assert_int_equal(outcome->lines[0].reason, REASON_NONE);
	assert_untouched(row(5));
	assert_variant(1, 10, 7);
}

static void unknown_hold_is_refused(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 7);
	asked(ACTION_CANCEL);
	asked_hold(5);
	outcome = decided();
	assert_refused(outcome, CODE_RESERVATION_NOT_FOUND);
	assert_int_equal(outcome->line_count, 1);
	assert_line(&outcome->lines[0], 5, CODE_NOT_FOUND, false);
	assert_int_equal(outcome->lines[0].variant_id, 0);
	assert_int_equal(outcome->lines[0].hold, STOCK_NONE);
}

static void unknown_hold_keeps_its_id_in_the_answer(void **state)
{
	struct outcome outcome;

	(void)state;
	given_variant(1, 10, 7);
	given_hold(5, 1, 3, LATER);
	asked(ACTION_CANCEL);
	asked_hold(4);
	asked_hold(5);
	outcome = *decided();
	outcome_take_ids(&outcome, &given);
	assert_int_equal(outcome.lines[0].reservation_id, 4);
	assert_int_equal(outcome.lines[1].reservation_id, 5);
}

static void foreign_hold_is_as_unknown_as_missing(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 7);
	given_hold(5, 1, 3, LATER)->session_id[0] = 'S';
	given_hold(6, 1, 3, PAST)->session_id[0] = 'S';
	asked(ACTION_CANCEL);
	asked_hold(4);
	asked_hold(5);
	asked_hold(6);
	outcome = decided();
	assert_refused(outcome, CODE_RESERVATION_NOT_FOUND);
	for (uint32_t i = 0; i < 3; i++) {
		assert_line(&outcome->lines[i], i + 4, CODE_NOT_FOUND, false);
		assert_int_equal(outcome->lines[i].variant_id, 0);
		assert_int_equal(outcome->lines[i].quantity, 0);
		assert_int_equal(outcome->lines[i].status, 0);
		assert_int_equal(outcome->lines[i].expires_at_ms, 0);
		assert_int_equal(outcome->lines[i].hold, STOCK_NONE);
	}
	assert_int_equal(outcome->swept, 0);
	assert_untouched(row(5));
	assert_untouched(row(6));
	assert_variant(1, 10, 7);
}

static void session_is_a_whole_word(void **state)
{
	(void)state;
	given_variant(1, 10, 7);
	given_hold(5, 1, 3, LATER);
	asked(ACTION_CANCEL)->session_id[5] = '\0'; /* a beginning of the owner's */
	asked_hold(5);
	assert_refused(decided(), CODE_RESERVATION_NOT_FOUND);
	assert_untouched(row(5));
}

static void without_session_any_hold_may_be_touched(void **state)
{
	(void)state;
	given_variant(1, 10, 7);
	given_hold(5, 1, 3, LATER);
	asked(ACTION_CANCEL)->session_id[0] = '\0';
	asked_hold(5);
	assert_stands(decided(), CODE_CANCELLED);
	assert_closed(row(5), HOLD_CANCELLED, REASON_CUSTOMER);
}

static void list_stands_if_one_line_does(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 7);
	given_hold(5, 1, 3, LATER);
	asked(ACTION_CANCEL);
	asked_hold(99);
	asked_hold(5);
	outcome = decided();
	assert_stands(outcome, CODE_CANCELLED);
	assert_int_equal(outcome->line_count, 2);
	assert_line(&outcome->lines[0], 99, CODE_NOT_FOUND, false);
	assert_line(&outcome->lines[1], 5, CODE_CANCELLED, true);
	assert_variant(1, 10, 4);
}

static void duplicate_ids_are_answered_like_the_first(void **state)
{
	const struct outcome *outcome;
	uint32_t released = 0;

	(void)state;
	given_variant(1, 10, 7);
	given_hold(5, 1, 3, LATER);
	given_hold(6, 1, 2, PAST);
	asked(ACTION_CANCEL);
	asked_hold(5);
	asked_hold(6);
	asked_hold(99);
	asked_hold(5);
	asked_hold(6);
	asked_hold(99);
	asked_hold(5);
	outcome = decided();
	assert_stands(outcome, CODE_CANCELLED);
	assert_int_equal(outcome->line_count, 7);
	assert_int_equal(outcome->swept, 1);
	assert_line(&outcome->lines[0], 5, CODE_CANCELLED, true);
	assert_line(&outcome->lines[3], 5, CODE_DUPLICATE, true);
	assert_line(&outcome->lines[4], 6, CODE_DUPLICATE, true);
	assert_line(&outcome->lines[5], 99, CODE_NOT_FOUND, false);
	assert_line(&outcome->lines[6], 5, CODE_DUPLICATE, true);
	assert_int_equal(outcome->lines[3].status, HOLD_CANCELLED);
	assert_int_equal(outcome->lines[3].reason, REASON_CUSTOMER);
	assert_int_equal(outcome->lines[3].quantity, 3);
	assert_int_equal(outcome->lines[4].reason, REASON_EXPIRED);
	for (uint32_t i = 0; i < outcome->line_count; i++)
		released += outcome->lines[i].released;
	assert_int_equal(released, 3);
	assert_variant(1, 10, 2);
}

static void second_cancel_of_a_batch_releases_nothing(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 7);
	given_hold(5, 1, 3, LATER);
	asked(ACTION_CANCEL);
	asked_hold(5);
	assert_int_equal(decided()->lines[0].released, 3);
	outcome = decided();
	assert_stands(outcome, CODE_CANCELLED);
	assert_int_equal(outcome->lines[0].released, 0);
	assert_int_equal(outcome->lines[0].reason, REASON_CUSTOMER);
	assert_variant(1, 10, 4);
}

static void wrong_counter_stops_at_zero(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 2);
	given_hold(5, 1, 3, LATER);
	asked(ACTION_CANCEL);
	asked_hold(5);
	outcome = decided();
	assert_stands(outcome, CODE_CANCELLED);
	assert_int_equal(outcome->lines[0].released, 3);
	assert_variant(1, 10, 0);
}

static void cleanup_closes_every_expired_hold_read(void **state)
{
	const struct outcome *outcome;
	struct command *command;

	(void)state;
	given_variant(1, 10, 9);
	given_variant(2, 10, 5);
	given_variant(3, 10, 0);
	given_hold(5, 1, 3, PAST);
	given_hold(6, 1, 2, LATER);
	given_hold(7, 2, 5, NOW);
	given_unnamed_expired(8, 1, 4);
	command = asked(ACTION_CLEANUP);
	command->session_id[0] = '\0';
	outcome = decided();
	assert_stands(outcome, CODE_CLEANED);
	assert_int_equal(outcome->swept, 3);
	assert_int_equal(outcome->line_count, 0);
	assert_closed(row(5), HOLD_CANCELLED, REASON_EXPIRED);
	assert_closed(row(7), HOLD_CANCELLED, REASON_EXPIRED);
	assert_closed(row(8), HOLD_CANCELLED, REASON_EXPIRED);
	assert_untouched(row(6));
	assert_variant(1, 10, 2);
	assert_variant(2, 10, 0);
	assert_variant(3, 10, 0);
}

static void cleanup_of_nothing_stands(void **state)
{
	const struct outcome *outcome;

	(void)state;
	asked(ACTION_CLEANUP);
	outcome = decided();
	assert_stands(outcome, CODE_CLEANED);
	assert_int_equal(outcome->swept, 0);
}

static void cleanup_goes_on_while_holds_are_left(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 3);
	given_hold(5, 1, 3, PAST);
	given.cleanup_left = true;
	asked(ACTION_CLEANUP);
	outcome = decided();
	assert_int_equal(outcome->code, CODE_CLEANED);
	assert_true(outcome->success);
	assert_true(outcome->again);
	assert_int_equal(outcome->swept, 1);
}

static void cleanup_counts_nothing_twice(void **state)
{
	(void)state;
	given_variant(1, 10, 3);
	given_hold(5, 1, 3, PAST);
	asked(ACTION_CANCEL);
	asked_hold(5);
	assert_int_equal(decided()->swept, 1);
	asked(ACTION_CLEANUP);
	assert_int_equal(decided()->swept, 0);
	assert_int_equal(decided()->swept, 0);
	assert_variant(1, 10, 0);
}

/* What is no matter of rules must not come here. */

static void decide_nothing(void)
{
	asked(ACTION_NONE);
	decided();
}

static void decide_metrics(void)
{
	asked(ACTION_METRICS);
	decided();
}

static void hold_of_a_vanished_variant_is_unknown(void **state)
{
	struct hold *hold = stock_add_named(&given, 9);

	(void)state;
	hold->variant_id = 5;
	hold->quantity = 1;
	hold->expires_at_ms = LATER;
	asked(ACTION_CANCEL)->session_id[0] = '\0';
	asked_hold(9);
	assert_int_equal(decided()->code, CODE_RESERVATION_NOT_FOUND);
}

static void misuse_stops_the_process(void **state)
{
	(void)state;
	assert_true(aborts(decide_nothing));
	assert_true(aborts(decide_metrics));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(cancel_ends_a_live_hold, begin),
		cmocka_unit_test_setup(cancel_of_cancelled_hold_releases_nothing, begin),
		cmocka_unit_test_setup(hold_is_expired_at_its_very_instant, begin),
		cmocka_unit_test_setup(cancel_of_expired_hold_sweeps_it, begin),
		cmocka_unit_test_setup(cancel_of_converted_hold_never_restocks, begin),
		cmocka_unit_test_setup(unknown_hold_is_refused, begin),
		cmocka_unit_test_setup(unknown_hold_keeps_its_id_in_the_answer, begin),
		cmocka_unit_test_setup(foreign_hold_is_as_unknown_as_missing, begin),
		cmocka_unit_test_setup(session_is_a_whole_word, begin),
		cmocka_unit_test_setup(without_session_any_hold_may_be_touched, begin),
		cmocka_unit_test_setup(list_stands_if_one_line_does, begin),
		cmocka_unit_test_setup(duplicate_ids_are_answered_like_the_first, begin),
		cmocka_unit_test_setup(second_cancel_of_a_batch_releases_nothing, begin),
		cmocka_unit_test_setup(wrong_counter_stops_at_zero, begin),
		cmocka_unit_test_setup(cleanup_closes_every_expired_hold_read, begin),
		cmocka_unit_test_setup(cleanup_of_nothing_stands, begin),
		cmocka_unit_test_setup(cleanup_goes_on_while_holds_are_left, begin),
		cmocka_unit_test_setup(cleanup_counts_nothing_twice, begin),
		cmocka_unit_test_setup(hold_of_a_vanished_variant_is_unknown, begin),
		cmocka_unit_test_setup(misuse_stops_the_process, begin),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("decide cancel and cleanup", tests, NULL, NULL);
}
