/*
 * Deciding anew after a COMMIT that brought no answer: what the request did is told as done by it,
 * and is not done twice; if nothing of it happened, it is decided as if for the first time.
 */
#include "decide_fixture.h"

#include <stdio.h>
#include <string.h>

#define FIRST_TIME (NOW - 500) /* when the request was decided before */

static const uint8_t key[DIGEST_LENGTH] = "key of the request";
static const uint8_t body[DIGEST_LENGTH] = "what it asked for";

static struct command *asked_again(enum action action)
{
	struct command *command = asked(action);

	command->recheck = true;
	memcpy(command->idempotency_key, key, DIGEST_LENGTH);
	memcpy(command->idempotency_body, body, DIGEST_LENGTH);
	return command;
}

/* The row was made, or closed, by this very request. */
static struct hold *made_by_it(struct hold *hold, uint32_t line)
{
	hold->idempotency_line = line;
	memcpy(hold->idempotency_key, key, DIGEST_LENGTH);
	memcpy(hold->idempotency_body, body, DIGEST_LENGTH);
	snprintf(hold->created_request_id, sizeof(hold->created_request_id), "%s", REQUEST);
	return hold;
}

static struct hold *closed_by_it(struct hold *hold)
{
	snprintf(hold->closed_request_id, sizeof(hold->closed_request_id), "%s", REQUEST);
	hold->closed_at_ms = FIRST_TIME;
	return hold;
}

static void assert_as_it_left_it(const struct hold *hold)
{
	assert_false(hold->changed);
	assert_int_equal(hold->closed_at_ms, FIRST_TIME);
	assert_string_equal(hold->closed_request_id, REQUEST);
}

/* reserve */

static void reserve_finds_its_own_holds(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 4, 4);
	made_by_it(given_hold(7, 1, 3, LATER), 0);
	made_by_it(given_hold(8, 1, 1, LATER), 1);
	asked_again(ACTION_RESERVE);
	asked_units(1, 3);
	asked_units(1, 1);
	outcome = decided();
	assert_stands(outcome, CODE_RESERVED);
	assert_false(outcome->replay);
	assert_int_equal(outcome->line_count, 2);
	assert_line(&outcome->lines[0], 7, CODE_RESERVED, true);
	assert_line(&outcome->lines[1], 8, CODE_RESERVED, true);
	assert_int_equal(outcome->lines[0].status, HOLD_ACTIVE);
	assert_int_equal(given.hold_count, 2);
	assert_variant(1, 4, 4);
}

static void reserve_tells_what_became_of_its_hold_meanwhile(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 4, 0);
	made_by_it(given_cancelled(7, 1, 3, REASON_CUSTOMER), 0);
	asked_again(ACTION_RESERVE);
	asked_units(1, 3);
	outcome = decided();
	assert_stands(outcome, CODE_RESERVED);
	assert_false(outcome->replay);
	assert_int_equal(outcome->lines[0].status, HOLD_CANCELLED);
	assert_int_equal(outcome->lines[0].reason, REASON_CUSTOMER);
	assert_variant(1, 4, 0);
}

static void keyed_reserve_is_not_a_replay_of_itself(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 3, 3);
	made_by_it(given_hold(7, 1, 3, LATER), 0);
	asked_again(ACTION_RESERVE)->keyed = true;
	asked_units(1, 3);
	outcome = decided();
	assert_stands(outcome, CODE_RESERVED);
	assert_false(outcome->replay);
	assert_line(&outcome->lines[0], 7, CODE_RESERVED, true);
}

/* A twin with the same key was there first: then the holds are not its own. */
static void keyed_reserve_may_find_its_twins_hold(void **state)
{
	const struct outcome *outcome;
	struct hold *hold;

	(void)state;
	given_variant(1, 4, 3);
	hold = made_by_it(given_hold(7, 1, 3, LATER), 0);
	snprintf(hold->created_request_id, sizeof(hold->created_request_id), "%s", OLD);
	asked_again(ACTION_RESERVE)->keyed = true;
	asked_units(1, 3);
	outcome = decided();
	assert_stands(outcome, CODE_RESERVED);
	assert_true(outcome->replay);
	assert_untouched(row(7));
}

static void reserve_that_did_not_happen_is_decided_freshly(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 4, 3);
	given_hold(7, 1, 3, LATER);
	asked_again(ACTION_RESERVE);
	asked_units(1, 1);
	outcome = decided();
	assert_stands(outcome, CODE_RESERVED);
	assert_false(outcome->replay);
	assert_line(&outcome->lines[0], 0, CODE_RESERVED, true);
	assert_variant(1, 4, 4);
	asked_again(ACTION_RESERVE)->idempotency_key[0] = '!';
	asked_units(1, 1);
	assert_refused(decided(), CODE_INSUFFICIENT_STOCK);
}

/* cancel */

static void cancel_reports_again_what_it_released(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 0);
	closed_by_it(given_cancelled(5, 1, 3, REASON_CUSTOMER));
	given_cancelled(6, 1, 2, REASON_CUSTOMER);
	asked_again(ACTION_CANCEL);
	asked_hold(5);
	asked_hold(6);
	asked_hold(5);
	outcome = decided();
	assert_stands(outcome, CODE_CANCELLED);
	assert_line(&outcome->lines[0], 5, CODE_CANCELLED, true);
	assert_line(&outcome->lines[1], 6, CODE_CANCELLED, true);
	assert_line(&outcome->lines[2], 5, CODE_DUPLICATE, true);
	assert_int_equal(outcome->lines[0].released, 3);
	assert_int_equal(outcome->lines[1].released, 0);
	assert_int_equal(outcome->lines[2].released, 0);
	assert_as_it_left_it(row(5));
	assert_untouched(row(6));
	assert_variant(1, 10, 0);
}

static void cancel_released_nothing_of_what_it_swept_or_another_closed(void **state)
{
	static const enum cancel_reason reasons[] = {
		REASON_REPLACED, REASON_EXPIRED, REASON_OPERATOR};
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 0);
	for (uint32_t i = 0; i < 3; i++)
		closed_by_it(given_cancelled(i + 1, 1, 3, reasons[i]));
	given_completed(4, 1, 3, "17");
	asked_again(ACTION_CANCEL);
	for (uint64_t id = 1; id <= 4; id++)
		asked_hold(id);
	outcome = decided();
	assert_stands(outcome, CODE_CANCELLED);
	assert_int_equal(outcome->swept, 0);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(outcome->lines[i].released, 0);
	assert_int_equal(outcome->lines[3].code, CODE_ALREADY_CONVERTED);
	assert_variant(1, 10, 0);
}

static void cancel_does_the_rest_that_did_not_happen(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 7);
	closed_by_it(given_cancelled(5, 1, 3, REASON_CUSTOMER));
	given_hold(6, 1, 2, LATER);
	given_hold(7, 1, 5, PAST);
	asked_again(ACTION_CANCEL);
	asked_hold(5);
	asked_hold(6);
	asked_hold(7);
	outcome = decided();
	assert_stands(outcome, CODE_CANCELLED);
	assert_int_equal(outcome->lines[0].released, 3);
	assert_int_equal(outcome->lines[1].released, 2);
	assert_int_equal(outcome->lines[2].released, 0);
	assert_int_equal(outcome->swept, 1);
	assert_as_it_left_it(row(5));
	assert_closed(row(6), HOLD_CANCELLED, REASON_CUSTOMER);
	assert_closed(row(7), HOLD_CANCELLED, REASON_EXPIRED);
	assert_variant(1, 10, 0);
}

static void without_recheck_nothing_was_done_by_it(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 0);
	closed_by_it(given_cancelled(5, 1, 3, REASON_CUSTOMER));
	closed_by_it(given_completed(6, 1, 3, "17"));
	asked(ACTION_CANCEL);
	asked_hold(5);
	assert_int_equal(decided()->lines[0].released, 0);
	asked(ACTION_CONVERT);
	asked_hold(6);
	outcome = decided();
	assert_line(&outcome->lines[0], 6, CODE_ALREADY_CONVERTED, true);
	assert_false(outcome->lines[0].done);
}

/* convert */

static struct command *asked_convert(const char *order_id, bool partial)
{
	struct command *command = asked_again(ACTION_CONVERT);

	command->partial = partial;
	snprintf(command->order_id, sizeof(command->order_id), "%s", order_id);
	return command;
}

static void convert_tells_what_it_did_and_takes_nothing_twice(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 5);
	closed_by_it(given_completed(1, 1, 3, "17"));
	closed_by_it(given_completed(2, 1, 3, "17"))->expires_at_ms = FIRST_TIME;
	closed_by_it(given_completed(3, 1, 3, "17"))->expires_at_ms = FIRST_TIME + 1;
	asked_convert("17", false);
	for (uint64_t id = 1; id <= 3; id++)
		asked_hold(id);
	outcome = decided();
	assert_stands(outcome, CODE_CONVERTED);
	assert_line(&outcome->lines[0], 1, CODE_CONVERTED, true);
	assert_line(&outcome->lines[1], 2, CODE_REVIVED, true);
	assert_line(&outcome->lines[2], 3, CODE_CONVERTED, true);
	for (uint32_t i = 0; i < 3; i++) {
		assert_true(outcome->lines[i].done);
		assert_int_equal(outcome->lines[i].status, HOLD_COMPLETED);
		assert_int_equal(outcome->lines[i].quantity, 3);
		assert_as_it_left_it(row(i + 1));
	}
	assert_int_equal(outcome->swept, 0);
	assert_variant(1, 10, 5);
}

/* With no stock left, what was done needs none. */
static void convert_that_was_done_needs_no_stock(void **state)
{
	(void)state;
	given_variant(1, 0, 0);
	closed_by_it(given_completed(1, 1, 3, "17"));
	closed_by_it(given_completed(2, 1, 3, "17"))->expires_at_ms = PAST;
	asked_convert("17", false);
	asked_hold(1);
	asked_hold(2);
	assert_stands(decided(), CODE_CONVERTED);
	assert_variant(1, 0, 0);
}

static void convert_tells_its_own_from_anothers(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 7);
	closed_by_it(given_completed(1, 1, 3, "17"));
	given_completed(2, 1, 3, "17");
	given_completed(3, 1, 3, "18");
	given_hold(4, 1, 2, LATER);
	closed_by_it(given_cancelled(5, 1, 3, REASON_EXPIRED));
	given_cancelled(6, 1, 3, REASON_CUSTOMER);
	given_hold(7, 1, 5, PAST);
	asked_convert("17", true);
	for (uint64_t id = 1; id <= 8; id++)
		asked_hold(id);
	asked_hold(1);
	asked_hold(4);
	outcome = decided();
	assert_stands(outcome, CODE_CONVERTED);
	assert_line(&outcome->lines[0], 1, CODE_CONVERTED, true);
	assert_line(&outcome->lines[1], 2, CODE_ALREADY_CONVERTED, true);
	assert_line(&outcome->lines[2], 3, CODE_CONVERTED_FOR_OTHER_ORDER, false);
	assert_line(&outcome->lines[3], 4, CODE_CONVERTED, true);
	assert_line(&outcome->lines[4], 5, CODE_REVIVED, true);
	assert_line(&outcome->lines[5], 6, CODE_RESERVATION_CANCELLED, false);
	assert_line(&outcome->lines[6], 7, CODE_REVIVED, true);
	assert_line(&outcome->lines[7], 8, CODE_NOT_FOUND, false);
	assert_line(&outcome->lines[8], 1, CODE_DUPLICATE, true);
	assert_line(&outcome->lines[9], 4, CODE_DUPLICATE, true);
	for (uint32_t i = 0; i < 8; i++)
		assert_int_equal(outcome->lines[i].done, i == 0);
	assert_as_it_left_it(row(1));
	assert_closed(row(4), HOLD_COMPLETED, REASON_NONE);
	assert_closed(row(5), HOLD_COMPLETED, REASON_NONE);
	assert_closed(row(7), HOLD_COMPLETED, REASON_NONE);
	assert_variant(1, 0, 0);
}

/* What it did for its order stands, and another's sale for another order still refuses the rest. */
static void whole_list_is_judged_anew(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 2);
	given_hold(4, 1, 2, LATER);
	given_completed(5, 1, 3, "18");
	asked_convert("17", false);
	asked_hold(4);
	asked_hold(5);
	outcome = decided();
	assert_refused(outcome, CODE_CONVERTED_FOR_OTHER_ORDER);
	assert_line(&outcome->lines[0], 4, CODE_WOULD_CONVERT, false);
	assert_untouched(row(4));
	assert_variant(1, 10, 2);
}

static void whole_list_that_was_done_stands_with_what_was_sold_before(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 2);
	closed_by_it(given_completed(4, 1, 3, "17"));
	given_completed(5, 1, 3, "17");
	asked_convert("17", false);
	asked_hold(5);
	asked_hold(4);
	outcome = decided();
	assert_stands(outcome, CODE_CONVERTED);
	assert_line(&outcome->lines[0], 5, CODE_ALREADY_CONVERTED, true);
	assert_line(&outcome->lines[1], 4, CODE_CONVERTED, true);
	assert_variant(1, 10, 2);
}

static void convert_that_did_not_happen_is_decided_freshly(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 7);
	given_hold(4, 1, 2, LATER);
	given_hold(7, 1, 5, PAST);
	asked_convert("17", false);
	asked_hold(4);
	asked_hold(7);
	outcome = decided();
	assert_stands(outcome, CODE_CONVERTED);
	assert_line(&outcome->lines[0], 4, CODE_CONVERTED, true);
	assert_line(&outcome->lines[1], 7, CODE_REVIVED, true);
	assert_false(outcome->lines[0].done);
	assert_false(outcome->lines[1].done);
	assert_variant(1, 3, 0);
}

/* A second lost COMMIT, after the first had done it: still told, still once. */
static void asking_again_and_again_changes_nothing_more(void **state)
{
	(void)state;
	given_variant(1, 10, 5);
	given_hold(1, 1, 3, LATER);
	given_hold(2, 1, 2, LATER);
	for (int i = 0; i < 3; i++) {
		asked_convert("17", false);
		asked_hold(1);
		assert_line(&decided()->lines[0], 1, CODE_CONVERTED, true);
		assert_variant(1, 7, 2);
	}
	for (int i = 0; i < 3; i++) {
		asked_again(ACTION_CANCEL);
		asked_hold(2);
		assert_int_equal(decided()->lines[0].released, 2);
		assert_variant(1, 7, 0);
	}
	for (int i = 0; i < 3; i++) {
		asked_again(ACTION_RESERVE);
		asked_units(1, 4);
		assert_stands(decided(), CODE_RESERVED);
		assert_int_equal(given.hold_count, 3);
		assert_variant(1, 7, 4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(reserve_finds_its_own_holds, begin),
		cmocka_unit_test_setup(reserve_tells_what_became_of_its_hold_meanwhile, begin),
		cmocka_unit_test_setup(keyed_reserve_is_not_a_replay_of_itself, begin),
		cmocka_unit_test_setup(keyed_reserve_may_find_its_twins_hold, begin),
		cmocka_unit_test_setup(reserve_that_did_not_happen_is_decided_freshly, begin),
		cmocka_unit_test_setup(cancel_reports_again_what_it_released, begin),
		cmocka_unit_test_setup(
			cancel_released_nothing_of_what_it_swept_or_another_closed, begin),
		cmocka_unit_test_setup(cancel_does_the_rest_that_did_not_happen, begin),
		cmocka_unit_test_setup(without_recheck_nothing_was_done_by_it, begin),
		cmocka_unit_test_setup(convert_tells_what_it_did_and_takes_nothing_twice, begin),
		cmocka_unit_test_setup(convert_that_was_done_needs_no_stock, begin),
		cmocka_unit_test_setup(convert_tells_its_own_from_anothers, begin),
		cmocka_unit_test_setup(whole_list_is_judged_anew, begin),
		cmocka_unit_test_setup(
			whole_list_that_was_done_stands_with_what_was_sold_before, begin),
		cmocka_unit_test_setup(convert_that_did_not_happen_is_decided_freshly, begin),
		cmocka_unit_test_setup(asking_again_and_again_changes_nothing_more, begin),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("decide recheck", tests, NULL, NULL);
}
