/* The rules of reserve: all or nothing, never more than there is, expired holds count as free. */
#include "decide_fixture.h"

#include <string.h>

static void reserve_makes_one_hold_a_line(void **state)
{
	const struct outcome *outcome;
	struct command *command;

	(void)state;
	given_variant(1, 10, 0);
	given_variant(2, 10, 5);
	command = asked(ACTION_RESERVE);
	command->user_id = 77;
	asked_units(2, 3);
	asked_units(1, 4);
	asked_units(2, 2);
	outcome = decided();
	assert_stands(outcome, CODE_RESERVED);
	assert_int_equal(outcome->line_count, 3);
	assert_int_equal(outcome->swept, 0);
	assert_variant(1, 10, 4);
	assert_variant(2, 10, 10);
	assert_int_equal(given.hold_count, 3);
	for (uint32_t i = 0; i < 3; i++) {
		const struct outcome_line *line = &outcome->lines[i];
		const struct hold *hold = &given.holds[line->hold];

		assert_line(line, 0, CODE_RESERVED, true);
		assert_int_equal(line->status, HOLD_ACTIVE);
		assert_int_equal(line->variant_id, command->lines[i].variant_id);
		assert_int_equal(line->quantity, command->lines[i].quantity);
		assert_int_equal(line->expires_at_ms, NOW + HOLD_MS);
		assert_int_equal(hold->variant_id, command->lines[i].variant_id);
		assert_int_equal(hold->quantity, command->lines[i].quantity);
	}
}

static void new_hold_carries_who_and_when(void **state)
{
	const struct hold *hold;
	struct command *command;

	(void)state;
	given_variant(1, 10, 0);
	command = asked(ACTION_RESERVE);
	command->user_id = 77;
	command->ttl_ms = 5000;
	asked_units(1, 4);
	hold = &given.holds[decided()->lines[0].hold];
	assert_int_equal(hold->id, 0);
	assert_int_equal(hold->user_id, 77);
	assert_int_equal(hold->status, HOLD_ACTIVE);
	assert_int_equal(hold->reason, REASON_NONE);
	assert_int_equal(hold->created_at_ms, NOW);
	assert_int_equal(hold->expires_at_ms, NOW + 5000);
	assert_int_equal(hold->closed_at_ms, 0);
	assert_string_equal(hold->session_id, MINE);
	assert_string_equal(hold->order_id, "");
	assert_string_equal(hold->created_request_id, REQUEST);
	assert_string_equal(hold->closed_request_id, "");
	assert_true(hold->changed);
}

static void saved_holds_give_their_ids(void **state)
{
	struct outcome outcome;

	(void)state;
	given_variant(1, 10, 0);
	asked(ACTION_RESERVE);
	asked_units(1, 1);
	asked_units(1, 2);
	outcome = *decided();
	given.holds[outcome.lines[0].hold].id = 41;
	given.holds[outcome.lines[1].hold].id = 43;
	outcome_take_ids(&outcome, &given);
	assert_int_equal(outcome.lines[0].reservation_id, 41);
	assert_int_equal(outcome.lines[1].reservation_id, 43);
}

static void last_unit_may_be_had(void **state)
{
	(void)state;
	given_variant(1, 10, 7);
	asked(ACTION_RESERVE);
	asked_units(1, 3);
	assert_stands(decided(), CODE_RESERVED);
	assert_variant(1, 10, 10);
}

static void one_unit_too_many_is_refused(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 7);
	asked(ACTION_RESERVE);
	asked_units(1, 4);
	outcome = decided();
	assert_refused(outcome, CODE_INSUFFICIENT_STOCK);
	assert_false(outcome->again);
	assert_int_equal(outcome->line_count, 1);
	assert_int_equal(outcome->lines[0].variant_id, 1);
	assert_int_equal(outcome->lines[0].requested, 4);
	assert_int_equal(outcome->lines[0].available, 3);
	assert_int_equal(outcome->lines[0].hold, STOCK_NONE);
	assert_false(outcome->lines[0].success);
	assert_variant(1, 10, 7);
	assert_int_equal(given.hold_count, 0);
}

static void reserve_is_all_or_nothing(void **state)
{
	(void)state;
	given_variant(1, 10, 0);
	given_variant(2, 10, 10);
	asked(ACTION_RESERVE);
	asked_units(1, 1);
	asked_units(2, 1);
	assert_refused(decided(), CODE_INSUFFICIENT_STOCK);
	assert_variant(1, 10, 0);
	assert_variant(2, 10, 10);
	assert_int_equal(given.hold_count, 0);
}

static void lines_of_one_variant_count_together(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 0);
	asked(ACTION_RESERVE);
	asked_units(1, 6);
	asked_units(1, 5);
	outcome = decided();
	assert_refused(outcome, CODE_INSUFFICIENT_STOCK);
	assert_int_equal(outcome->line_count, 1);
	assert_int_equal(outcome->lines[0].requested, 11);
	assert_int_equal(outcome->lines[0].available, 10);
	assert_variant(1, 10, 0);
}

static void every_short_variant_is_named_in_order(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 1, 0);
	given_variant(2, 100, 0);
	given_variant(3, 3, 1);
	asked(ACTION_RESERVE);
	asked_units(3, 2);
	asked_units(2, 2);
	asked_units(1, 2);
	asked_units(3, 2);
	outcome = decided();
	assert_refused(outcome, CODE_INSUFFICIENT_STOCK);
	assert_int_equal(outcome->line_count, 2);
	assert_int_equal(outcome->lines[0].variant_id, 3);
	assert_int_equal(outcome->lines[0].requested, 4);
	assert_int_equal(outcome->lines[0].available, 2);
	assert_int_equal(outcome->lines[1].variant_id, 1);
	assert_int_equal(outcome->lines[1].requested, 2);
	assert_int_equal(outcome->lines[1].available, 1);
}

static void sums_of_a_hundred_largest_lines_do_not_overflow(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, LINES_MAX * INT64_C(1000000), 0);
	asked(ACTION_RESERVE);
	for (int i = 0; i < LINES_MAX; i++)
		asked_units(1, QUANTITY_MAX);
	assert_stands(decided(), CODE_RESERVED);
	outcome = decided();
	assert_refused(outcome, CODE_INSUFFICIENT_STOCK);
	assert_int_equal(outcome->lines[0].requested, LINES_MAX * INT64_C(1000000));
	assert_int_equal(outcome->lines[0].available, 0);
}

static void lowered_stock_offers_nothing(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 3, 8);
	asked(ACTION_RESERVE);
	asked_units(1, 1);
	outcome = decided();
	assert_refused(outcome, CODE_INSUFFICIENT_STOCK);
	assert_int_equal(outcome->line_count, 1);
	assert_int_equal(outcome->lines[0].requested, 1);
	assert_int_equal(outcome->lines[0].available, 0);
	assert_variant(1, 3, 8);
}

static void lowered_stock_is_named_once(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 3, 8);
	asked(ACTION_RESERVE);
	asked_units(1, 2);
	asked_units(1, 1);
	outcome = decided();
	assert_refused(outcome, CODE_INSUFFICIENT_STOCK);
	assert_int_equal(outcome->line_count, 1);
	assert_int_equal(outcome->lines[0].requested, 3);
}

static void unknown_variants_are_all_named_once(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(2, 10, 0);
	asked(ACTION_RESERVE);
	asked_units(3, 1);
	asked_units(2, 1);
	asked_units(1, 1);
	asked_units(3, 1);
	outcome = decided();
	assert_refused(outcome, CODE_VARIANT_NOT_FOUND);
	assert_int_equal(outcome->line_count, 2);
	assert_int_equal(outcome->lines[0].variant_id, 3);
	assert_int_equal(outcome->lines[1].variant_id, 1);
	assert_false(outcome->lines[0].success);
	assert_variant(2, 10, 0);
	assert_int_equal(given.hold_count, 0);
}

static void unknown_variant_comes_before_short_one(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 1, 1);
	given_unnamed_expired(5, 1, 1);
	asked(ACTION_RESERVE);
	asked_units(1, 2);
	asked_units(9, 1);
	outcome = decided();
	assert_refused(outcome, CODE_VARIANT_NOT_FOUND);
	assert_int_equal(outcome->line_count, 1);
	assert_int_equal(outcome->swept, 0);
	assert_untouched(row(5));
}

static void short_variant_is_swept_and_asked_again(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 10);
	given_unnamed_expired(5, 1, 2);
	given_unnamed_expired(6, 1, 3);
	asked(ACTION_RESERVE);
	asked_units(1, 5);
	outcome = decided();
	assert_stands(outcome, CODE_RESERVED);
	assert_int_equal(outcome->swept, 2);
	assert_closed(row(5), HOLD_CANCELLED, REASON_EXPIRED);
	assert_closed(row(6), HOLD_CANCELLED, REASON_EXPIRED);
	assert_variant(1, 10, 10);
}

static void what_is_not_short_is_not_swept(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 9);
	given_unnamed_expired(5, 1, 9);
	asked(ACTION_RESERVE);
	asked_units(1, 1);
	outcome = decided();
	assert_stands(outcome, CODE_RESERVED);
	assert_int_equal(outcome->swept, 0);
	assert_untouched(row(5));
}

static void sweep_stays_after_refusal(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 10);
	given_unnamed_expired(5, 1, 2);
	asked(ACTION_RESERVE);
	asked_units(1, 3);
	outcome = decided();
	assert_refused(outcome, CODE_INSUFFICIENT_STOCK);
	assert_int_equal(outcome->swept, 1);
	assert_int_equal(outcome->lines[0].available, 2);
	assert_closed(row(5), HOLD_CANCELLED, REASON_EXPIRED);
	assert_variant(1, 10, 8);
}

static void live_hold_is_never_swept(void **state)
{
	(void)state;
	given_variant(1, 10, 10);
	given_hold(5, 1, 4, NOW + 1);
	given_hold(6, 1, 6, NOW);
	asked(ACTION_RESERVE);
	asked_units(1, 7);
	assert_refused(decided(), CODE_INSUFFICIENT_STOCK);
	assert_untouched(row(5));
	assert_closed(row(6), HOLD_CANCELLED, REASON_EXPIRED);
	assert_variant(1, 10, 4);
}

static void expired_left_asks_for_another_round(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 10);
	given_unnamed_expired(5, 1, 2);
	given_expired_left(1);
	asked(ACTION_RESERVE);
	asked_units(1, 3);
	outcome = decided();
	assert_false(outcome->success);
	assert_true(outcome->again);
	assert_int_equal(outcome->swept, 1);
	assert_closed(row(5), HOLD_CANCELLED, REASON_EXPIRED);
	assert_variant(1, 10, 8);
	assert_int_equal(given.hold_count, 1);
}

static void expired_left_is_no_matter_when_it_suffices(void **state)
{
	(void)state;
	given_variant(1, 10, 10);
	given_unnamed_expired(5, 1, 3);
	given_expired_left(1);
	asked(ACTION_RESERVE);
	asked_units(1, 3);
	assert_stands(decided(), CODE_RESERVED);
	assert_variant(1, 10, 10);
}

static void expired_left_of_a_neighbour_is_no_matter(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 10);
	given_variant(2, 10, 0);
	given_expired_left(2);
	asked(ACTION_RESERVE);
	asked_units(1, 1);
	asked_units(2, 1);
	outcome = decided();
	assert_refused(outcome, CODE_INSUFFICIENT_STOCK);
	assert_false(outcome->again);
}

static void second_command_of_a_batch_sees_the_first(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 0);
	asked(ACTION_RESERVE);
	asked_units(1, 6);
	assert_stands(decided(), CODE_RESERVED);
	outcome = decided();
	assert_refused(outcome, CODE_INSUFFICIENT_STOCK);
	assert_int_equal(outcome->lines[0].available, 4);
	assert_int_equal(given.hold_count, 1);
	assert_variant(1, 10, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(reserve_makes_one_hold_a_line, begin),
		cmocka_unit_test_setup(new_hold_carries_who_and_when, begin),
		cmocka_unit_test_setup(saved_holds_give_their_ids, begin),
		cmocka_unit_test_setup(last_unit_may_be_had, begin),
		cmocka_unit_test_setup(one_unit_too_many_is_refused, begin),
		cmocka_unit_test_setup(reserve_is_all_or_nothing, begin),
		cmocka_unit_test_setup(lines_of_one_variant_count_together, begin),
		cmocka_unit_test_setup(every_short_variant_is_named_in_order, begin),
		cmocka_unit_test_setup(sums_of_a_hundred_largest_lines_do_not_overflow, begin),
		cmocka_unit_test_setup(lowered_stock_offers_nothing, begin),
		cmocka_unit_test_setup(lowered_stock_is_named_once, begin),
		cmocka_unit_test_setup(unknown_variants_are_all_named_once, begin),
		cmocka_unit_test_setup(unknown_variant_comes_before_short_one, begin),
		cmocka_unit_test_setup(short_variant_is_swept_and_asked_again, begin),
		cmocka_unit_test_setup(what_is_not_short_is_not_swept, begin),
		cmocka_unit_test_setup(sweep_stays_after_refusal, begin),
		cmocka_unit_test_setup(live_hold_is_never_swept, begin),
		cmocka_unit_test_setup(expired_left_asks_for_another_round, begin),
		cmocka_unit_test_setup(expired_left_is_no_matter_when_it_suffices, begin),
		cmocka_unit_test_setup(expired_left_of_a_neighbour_is_no_matter, begin),
		cmocka_unit_test_setup(second_command_of_a_batch_sees_the_first, begin),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("decide reserve", tests, NULL, NULL);
}
