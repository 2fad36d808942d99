/*
 * The rules of `replaces` where a hold's place cannot be taken: whose it is not, or that ended; and
 * what a reserve that comes again says of the places that it took before.
 */
#include "decide_fixture.h"

#include <stdio.h>
#include <string.h>

/* Hold 5 of variant 1 as it stands, and what a line that would replace it comes to. */
struct hold_state {
	const char *rule;
	enum hold_status status;
	enum cancel_reason reason;
	bool of_another;
	enum code refusal; /* CODE_RESERVED: its place is taken, or it is as good as none */
	bool replaced;
};

static const struct hold_state states[] = {
	{"live", HOLD_ACTIVE, REASON_NONE, false, CODE_RESERVED, true},
	{"expired and swept", HOLD_CANCELLED, REASON_EXPIRED, false, CODE_RESERVED, false},
	{"cancelled by the customer", HOLD_CANCELLED, REASON_CUSTOMER, false,
		CODE_RESERVATION_CANCELLED, false},
	{"replaced before", HOLD_CANCELLED, REASON_REPLACED, false, CODE_RESERVATION_CANCELLED,
		false},
	{"cancelled by an operator", HOLD_CANCELLED, REASON_OPERATOR, false,
		CODE_RESERVATION_CANCELLED, false},
	{"cancelled for no reason that is told", HOLD_CANCELLED, REASON_NONE, false,
		CODE_RESERVATION_CANCELLED, false},
	{"converted", HOLD_COMPLETED, REASON_NONE, false, CODE_ALREADY_CONVERTED, false},
	{"another's, live", HOLD_ACTIVE, REASON_NONE, true, CODE_RESERVATION_NOT_FOUND, false},
	{"another's, converted", HOLD_COMPLETED, REASON_NONE, true, CODE_RESERVATION_NOT_FOUND,
		false},
	{"another's, cancelled", HOLD_CANCELLED, REASON_CUSTOMER, true, CODE_RESERVATION_NOT_FOUND,
		false},
	{"another's, expired", HOLD_CANCELLED, REASON_EXPIRED, true, CODE_RESERVATION_NOT_FOUND,
		false},
};

static void given_state(const struct hold_state *state)
{
	struct hold *hold;

	given_variant(1, 100, 50);
	if (state->status == HOLD_ACTIVE)
		hold = given_hold(5, 1, 4, LATER);
	else if (state->status == HOLD_COMPLETED)
		hold = given_completed(5, 1, 4, "17");
	else
		hold = given_cancelled(5, 1, 4, state->reason);
	if (state->of_another)
		of_session(hold, ANOTHERS);
}

static void check_state(const struct hold_state *state)
{
	const struct outcome *outcome;

	given_state(state);
	asked(ACTION_RESERVE);
	asked_instead(1, 6, 5);
	outcome = decided();
	if (outcome->code != state->refusal)
		fail_msg("%s: code %d", state->rule, (int)outcome->code);
	assert_int_equal(outcome->success, state->refusal == CODE_RESERVED);
	assert_int_equal(outcome->line_count, 1);
	if (state->replaced)
		assert_closed(row(5), HOLD_CANCELLED, REASON_REPLACED);
	else
		assert_untouched(row(5));
	if (outcome->success) {
		assert_int_equal(outcome->lines[0].replaced_id, state->replaced ? 5 : 0);
		assert_variant(1, 100, state->replaced ? 52 : 56);
		return;
	}
	assert_int_equal(outcome->lines[0].reservation_id, 5);
	assert_int_equal(outcome->lines[0].variant_id, 0);
	assert_int_equal(given.hold_count, 1);
	assert_variant(1, 100, 50);
}

static void every_state_of_a_hold_has_its_answer(void **state)
{
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		begin(state);
		check_state(&states[i]);
	}
}

static void missing_hold_is_not_found(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 100, 0);
	asked(ACTION_RESERVE);
	asked_units(1, 1);
	asked_instead(1, 1, ID_MAX);
	outcome = decided();
	assert_refused(outcome, CODE_RESERVATION_NOT_FOUND);
	assert_int_equal(outcome->line_count, 1);
	assert_line(&outcome->lines[0], ID_MAX, CODE_NOT_FOUND, false);
	assert_variant(1, 100, 0);
}

/* Of a first that ended and a later unknown one, the unknown decides. */
static void all_are_named_and_unknown_comes_first(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 100, 50);
	given_completed(5, 1, 4, "17");
	given_cancelled(6, 1, 4, REASON_CUSTOMER);
	given_hold(7, 1, 4, LATER);
	asked(ACTION_RESERVE);
	asked_instead(1, 1, 6);
	asked_instead(1, 1, 5);
	asked_instead(1, 1, 7);
	outcome = decided();
	assert_refused(outcome, CODE_RESERVATION_CANCELLED);
	assert_int_equal(outcome->line_count, 2);
	assert_line(&outcome->lines[0], 6, CODE_RESERVATION_CANCELLED, false);
	assert_line(&outcome->lines[1], 5, CODE_ALREADY_CONVERTED, false);
	asked_instead(1, 1, 99);
	asked_instead(1, 1, 98);
	outcome = decided();
	assert_refused(outcome, CODE_RESERVATION_NOT_FOUND);
	assert_int_equal(outcome->line_count, 4);
	assert_line(&outcome->lines[2], 99, CODE_NOT_FOUND, false);
	assert_line(&outcome->lines[3], 98, CODE_NOT_FOUND, false);
	assert_untouched(row(7));
	assert_variant(1, 100, 50);
}

/* 404 of variants, 404 and 409 of holds, 409 of stock: each speaks in its turn. */
static void refusals_come_in_their_order(void **state)
{
	(void)state;
	given_variant(1, 4, 4);
	given_completed(5, 1, 4, "17");
	given_unnamed_expired(9, 1, 1);
	asked(ACTION_RESERVE);
	asked_units(2, 1);
	asked_instead(1, 100, 5);
	assert_refused(decided(), CODE_VARIANT_NOT_FOUND);
	asked(ACTION_RESERVE);
	asked_instead(1, 100, 5);
	assert_refused(decided(), CODE_ALREADY_CONVERTED);
	assert_untouched(row(9)); /* nobody asked how much there is */
	asked(ACTION_RESERVE);
	asked_units(1, 100);
	assert_refused(decided(), CODE_INSUFFICIENT_STOCK);
}

static void refused_place_leaves_the_others_untaken(void **state)
{
	(void)state;
	given_variant(1, 100, 8);
	given_hold(5, 1, 4, LATER);
	of_session(given_hold(6, 1, 4, LATER), ANOTHERS);
	asked(ACTION_RESERVE);
	asked_instead(1, 1, 5);
	asked_instead(1, 1, 6);
	assert_refused(decided(), CODE_RESERVATION_NOT_FOUND);
	assert_untouched(row(5));
	assert_untouched(row(6));
	assert_variant(1, 100, 8);
}

/* A reserve that comes again: hold 5 was replaced by hold 7 of the same request. */

static const uint8_t key[DIGEST_LENGTH] = "key of the request";

static struct command *asked_again_instead(const char *replaced_by)
{
	struct hold *replaced, *made;
	struct command *command;

	given_variant(1, 10, 6);
	replaced = given_cancelled(5, 1, 4, REASON_REPLACED);
	made = given_hold(7, 1, 6, LATER);
	snprintf(replaced->closed_request_id, sizeof(replaced->closed_request_id), "%s",
		replaced_by);
	snprintf(made->created_request_id, sizeof(made->created_request_id), "%s", replaced_by);
	memcpy(made->idempotency_key, key, DIGEST_LENGTH);
	command = asked(ACTION_RESERVE);
	memcpy(command->idempotency_key, key, DIGEST_LENGTH);
	asked_instead(1, 6, 5);
	return command;
}

static void replay_is_not_asked_whose_place_it_took(void **state)
{
	const struct outcome *outcome;

	(void)state;
	asked_again_instead(OLDER)->keyed = true;
	outcome = decided();
	assert_stands(outcome, CODE_RESERVED);
	assert_true(outcome->replay);
	assert_line(&outcome->lines[0], 7, CODE_RESERVED, true);
	assert_int_equal(outcome->lines[0].replaced_id, 0); /* not by this request */
	assert_untouched(row(5));
	assert_variant(1, 10, 6);
}

/* Its COMMIT was lost sight of: what it replaced is told as replaced by it. */
static void recheck_tells_whose_place_it_took(void **state)
{
	const struct outcome *outcome;

	(void)state;
	asked_again_instead(REQUEST)->recheck = true;
	outcome = decided();
	assert_stands(outcome, CODE_RESERVED);
	assert_false(outcome->replay);
	assert_line(&outcome->lines[0], 7, CODE_RESERVED, true);
	assert_int_equal(outcome->lines[0].replaced_id, 5);
	assert_false(row(5)->changed);
	assert_int_equal(given.hold_count, 2);
	assert_variant(1, 10, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(every_state_of_a_hold_has_its_answer, begin),
		cmocka_unit_test_setup(missing_hold_is_not_found, begin),
		cmocka_unit_test_setup(all_are_named_and_unknown_comes_first, begin),
		cmocka_unit_test_setup(refusals_come_in_their_order, begin),
		cmocka_unit_test_setup(refused_place_leaves_the_others_untaken, begin),
		cmocka_unit_test_setup(replay_is_not_asked_whose_place_it_took, begin),
		cmocka_unit_test_setup(recheck_tells_whose_place_it_took, begin),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("decide unreplaced", tests, NULL, NULL);
}
