/*
 * The rules of `replaces`: what a live own hold gives counts for the new one, and it ends if the
 * whole request stands; else it lives on. Whose place cannot be taken is
 * test_decide_unreplaced.c's.
 */
#include "decide_fixture.h"

#include <string.h>

/* One line of variant 1 takes the place of hold 5, which is live, MINE and of variant 1. */
struct change {
	const char *rule;
	int64_t on_hand, reserved;
	uint32_t before, after;
	bool stands;
	int64_t available; /* where it does not */
};

static const struct change changes[] = {
	{"more, to the last unit", 10, 6, 4, 8, true, 0},
	{"one more than there is", 10, 6, 4, 9, false, 8},
	{"the same, where nothing is left", 10, 10, 4, 4, true, 0},
	{"one more, where nothing is left", 10, 10, 4, 5, false, 4},
	{"less, where nothing is left", 10, 10, 4, 3, true, 0},
	{"all that there is", 10, 4, 4, 10, true, 0},
	{"the same, though stock was lowered under it", 3, 8, 4, 4, true, 0},
	{"less, though stock was lowered under it", 0, 8, 4, 1, true, 0},
	{"more, though stock was lowered under it", 3, 8, 4, 5, false, 4},
};

static void check_change(const struct change *change)
{
	const struct outcome *outcome;
	int64_t reserved = change->reserved;

	given_variant(1, change->on_hand, change->reserved);
	given_hold(5, 1, change->before, LATER);
	asked(ACTION_RESERVE);
	asked_instead(1, change->after, 5);
	outcome = decided();
	if (outcome->success != change->stands)
		fail_msg("%s", change->rule);
	if (change->stands) {
		reserved += (int64_t)change->after - change->before;
		assert_closed(row(5), HOLD_CANCELLED, REASON_REPLACED);
		assert_int_equal(outcome->lines[0].replaced_id, 5);
	} else {
		assert_refused(outcome, CODE_INSUFFICIENT_STOCK);
		assert_int_equal(outcome->lines[0].requested, change->after);
		assert_int_equal(outcome->lines[0].available, change->available);
		assert_untouched(row(5));
		assert_int_equal(given.hold_count, 1);
	}
	assert_variant(1, change->on_hand, reserved);
}

/* A shopper is never blocked by the hold being replaced, and may always ask for less. */
static void units_given_back_count_for_the_new_hold(void **state)
{
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		begin(state);
		check_change(&changes[i]);
	}
}

static void new_hold_is_a_new_one(void **state)
{
	const struct outcome *outcome;
	const struct hold *hold;

	(void)state;
	given_variant(1, 10, 4);
	given_hold(5, 1, 4, LATER)->user_id = 3;
	asked(ACTION_RESERVE)->ttl_ms = 9000;
	asked_instead(1, 6, 5);
	outcome = decided();
	assert_stands(outcome, CODE_RESERVED);
	assert_line(&outcome->lines[0], 0, CODE_RESERVED, true);
	hold = &given.holds[outcome->lines[0].hold];
	assert_int_equal(hold->id, 0);
	assert_int_equal(hold->quantity, 6);
	assert_int_equal(hold->user_id, 0);
	assert_int_equal(hold->created_at_ms, NOW);
	assert_int_equal(hold->expires_at_ms, NOW + 9000);
	assert_string_equal(hold->created_request_id, REQUEST);
	assert_int_equal(row(5)->quantity, 4);
	assert_int_equal(row(5)->user_id, 3);
}

/* Both are full: neither line could stand without what the other gives back. */
static void lines_may_trade_places(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 4, 4);
	given_variant(2, 7, 7);
	given_hold(5, 1, 4, LATER);
	given_hold(6, 2, 7, LATER);
	asked(ACTION_RESERVE);
	asked_instead(2, 7, 5);
	asked_instead(1, 4, 6);
	outcome = decided();
	assert_stands(outcome, CODE_RESERVED);
	assert_int_equal(outcome->lines[0].replaced_id, 5);
	assert_int_equal(outcome->lines[1].replaced_id, 6);
	assert_closed(row(5), HOLD_CANCELLED, REASON_REPLACED);
	assert_closed(row(6), HOLD_CANCELLED, REASON_REPLACED);
	assert_variant(1, 4, 4);
	assert_variant(2, 7, 7);
}

static void credit_counts_for_its_own_variant_only(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 9, 9);
	given_variant(2, 2, 2);
	given_hold(5, 1, 4, LATER);
	asked(ACTION_RESERVE);
	asked_instead(2, 1, 5);
	outcome = decided();
	assert_refused(outcome, CODE_INSUFFICIENT_STOCK);
	assert_int_equal(outcome->lines[0].variant_id, 2);
	assert_int_equal(outcome->lines[0].available, 0);
	assert_untouched(row(5));
	assert_variant(1, 9, 9);
	assert_variant(2, 2, 2);
}

static void hold_of_another_variant_gives_its_units_back(void **state)
{
	(void)state;
	given_variant(1, 9, 9);
	given_variant(2, 2, 1);
	given_hold(5, 1, 4, LATER);
	asked(ACTION_RESERVE);
	asked_instead(2, 1, 5);
	assert_stands(decided(), CODE_RESERVED);
	assert_closed(row(5), HOLD_CANCELLED, REASON_REPLACED);
	assert_variant(1, 9, 5);
	assert_variant(2, 2, 2);
}

/* Over the whole request: what one line gives back another may take. */
static void credit_counts_for_every_line_of_its_variant(void **state)
{
	static const bool first[] = {false, true};

	for (size_t i = 0; i < 2; i++) {
		begin(state);
		given_variant(1, 10, 10);
		given_hold(5, 1, 4, LATER);
		given_hold(6, 1, 2, LATER);
		asked(ACTION_RESERVE);
		if (first[i])
			asked_instead(1, 1, 5);
		asked_units(1, 3);
		asked_instead(1, 1, 6);
		if (!first[i])
			asked_instead(1, 1, 5);
		assert_stands(decided(), CODE_RESERVED);
		assert_closed(row(5), HOLD_CANCELLED, REASON_REPLACED);
		assert_closed(row(6), HOLD_CANCELLED, REASON_REPLACED);
		assert_variant(1, 10, 9);
	}
}

/* A failed change never loses the old hold. */
static void refused_request_leaves_every_replaced_hold_live(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 6);
	given_variant(2, 5, 5);
	given_hold(5, 1, 4, LATER);
	given_hold(6, 2, 2, LATER);
	asked(ACTION_RESERVE);
	asked_instead(1, 1, 5);
	asked_instead(2, 3, 6);
	outcome = decided();
	assert_refused(outcome, CODE_INSUFFICIENT_STOCK);
	assert_int_equal(outcome->line_count, 1);
	assert_int_equal(outcome->lines[0].available, 2);
	assert_untouched(row(5));
	assert_untouched(row(6));
	assert_int_equal(given.hold_count, 2);
	assert_variant(1, 10, 6);
	assert_variant(2, 5, 5);
}

/* At its very instant it is expired, and as good as none. */
static void expired_hold_gives_no_credit(void **state)
{
	static const struct {
		int64_t expires_at_ms, available;
	} instants[] = {{NOW + 1, 4}, {NOW, 0}, {PAST, 0}};

	for (size_t i = 0; i < 3; i++) {
		const struct outcome *outcome;

		begin(state);
		given_variant(1, 4, 8);
		given_hold(5, 1, 4, instants[i].expires_at_ms);
		asked(ACTION_RESERVE);
		asked_instead(1, 5, 5);
		outcome = decided();
		assert_refused(outcome, CODE_INSUFFICIENT_STOCK);
		assert_int_equal(outcome->lines[0].available, instants[i].available);
		assert_int_equal(outcome->swept, instants[i].expires_at_ms <= NOW);
	}
}

static void line_of_an_expired_hold_is_decided_as_new(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 4);
	given_hold(5, 1, 4, PAST);
	given_cancelled(6, 1, 3, REASON_EXPIRED);
	asked(ACTION_RESERVE);
	asked_instead(1, 5, 5);
	asked_instead(1, 1, 6);
	outcome = decided();
	assert_stands(outcome, CODE_RESERVED);
	assert_int_equal(outcome->lines[0].replaced_id, 0);
	assert_int_equal(outcome->lines[1].replaced_id, 0);
	assert_int_equal(outcome->swept, 0);
	assert_untouched(row(5)); /* there is enough without a sweep */
	assert_untouched(row(6));
	assert_variant(1, 10, 10);
}

/* Its own units are free again, and may be had once more. */
static void expired_hold_is_swept_for_its_successor(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 4, 4);
	given_hold(5, 1, 4, PAST);
	asked(ACTION_RESERVE);
	asked_instead(1, 4, 5);
	outcome = decided();
	assert_stands(outcome, CODE_RESERVED);
	assert_int_equal(outcome->swept, 1);
	assert_int_equal(outcome->lines[0].replaced_id, 0);
	assert_closed(row(5), HOLD_CANCELLED, REASON_EXPIRED);
	assert_variant(1, 4, 4);
}

/* Two clicks at once: the first has the place, and nobody takes it twice. */
static void second_of_a_batch_cannot_take_the_same_place(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 4);
	given_hold(5, 1, 4, LATER);
	asked(ACTION_RESERVE);
	asked_instead(1, 6, 5);
	assert_stands(decided(), CODE_RESERVED);
	outcome = decided();
	assert_refused(outcome, CODE_RESERVATION_CANCELLED);
	assert_line(&outcome->lines[0], 5, CODE_RESERVATION_CANCELLED, false);
	assert_int_equal(given.hold_count, 2);
	assert_variant(1, 10, 6);
}

/* What an earlier command of the batch had summed must not count for a later one. */
static void sums_begin_anew_with_each_command(void **state)
{
	(void)state;
	given_variant(1, 10, 10);
	given_variant(2, 10, 0);
	given_hold(5, 1, 4, LATER);
	asked(ACTION_RESERVE);
	asked_instead(2, 1, 5); /* gives variant 1 a credit of 4, and takes nothing of it */
	assert_stands(decided(), CODE_RESERVED);
	asked(ACTION_RESERVE);
	asked_units(1, 5);
	assert_refused(decided(), CODE_INSUFFICIENT_STOCK);
	asked(ACTION_RESERVE);
	asked_units(1, 4);
	assert_stands(decided(), CODE_RESERVED);
	assert_variant(1, 10, 10);
}

/* Somebody else wrote the counter: no more comes back than it has, and shoppers go on. */
static void wrong_counter_gives_no_credit_that_it_has_not(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 6, 3);
	given_hold(5, 1, 4, LATER);
	given_hold(6, 1, 4, LATER);
	asked(ACTION_RESERVE);
	asked_instead(1, 7, 5);
	outcome = decided();
	assert_refused(outcome, CODE_INSUFFICIENT_STOCK);
	assert_int_equal(outcome->lines[0].available, 6);
	asked(ACTION_RESERVE);
	asked_instead(1, 3, 5);
	asked_instead(1, 3, 6);
	assert_stands(decided(), CODE_RESERVED);
}

static void wrong_counter_gives_no_credit_that_a_sweep_took(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 7, 5);
	given_hold(5, 1, 5, LATER);
	given_unnamed_expired(6, 1, 5);
	asked(ACTION_RESERVE);
	asked_instead(1, 8, 5);
	outcome = decided();
	assert_refused(outcome, CODE_INSUFFICIENT_STOCK);
	assert_int_equal(outcome->lines[0].available, 7);
	assert_untouched(row(5));
	assert_int_equal(stock_variant(&given, 1)->reserved, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(units_given_back_count_for_the_new_hold, begin),
		cmocka_unit_test_setup(new_hold_is_a_new_one, begin),
		cmocka_unit_test_setup(lines_may_trade_places, begin),
		cmocka_unit_test_setup(credit_counts_for_its_own_variant_only, begin),
		cmocka_unit_test_setup(hold_of_another_variant_gives_its_units_back, begin),
		cmocka_unit_test_setup(credit_counts_for_every_line_of_its_variant, begin),
		cmocka_unit_test_setup(refused_request_leaves_every_replaced_hold_live, begin),
		cmocka_unit_test_setup(expired_hold_gives_no_credit, begin),
		cmocka_unit_test_setup(line_of_an_expired_hold_is_decided_as_new, begin),
		cmocka_unit_test_setup(expired_hold_is_swept_for_its_successor, begin),
		cmocka_unit_test_setup(second_of_a_batch_cannot_take_the_same_place, begin),
		cmocka_unit_test_setup(sums_begin_anew_with_each_command, begin),
		cmocka_unit_test_setup(wrong_counter_gives_no_credit_that_it_has_not, begin),
		cmocka_unit_test_setup(wrong_counter_gives_no_credit_that_a_sweep_took, begin),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("decide replaces", tests, NULL, NULL);
}
