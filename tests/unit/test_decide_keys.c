/* The rules of Idempotency-Key: who was here before gets the same holds again, and nothing else. */
#include "decide_fixture.h"

#include <stdio.h>
#include <string.h>

static const uint8_t key[DIGEST_LENGTH] = "key of the request";
static const uint8_t other_key[DIGEST_LENGTH] = "key of another request";
static const uint8_t body[DIGEST_LENGTH] = "what it asked for";
static const uint8_t other_body[DIGEST_LENGTH] = "what another asked for";

/* The row was made by a request with the key, for that line of it. */
static struct hold *made(struct hold *hold, uint32_t line)
{
	hold->idempotency_line = line;
	memcpy(hold->idempotency_key, key, DIGEST_LENGTH);
	memcpy(hold->idempotency_body, body, DIGEST_LENGTH);
	return hold;
}

/* A reserve with the key; its lines are the test's to ask. */
static struct command *asked_keyed(void)
{
	struct command *command = asked(ACTION_RESERVE);

	command->keyed = true;
	memcpy(command->idempotency_key, key, DIGEST_LENGTH);
	memcpy(command->idempotency_body, body, DIGEST_LENGTH);
	return command;
}

static void new_hold_remembers_its_key_body_and_line(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 0);
	asked_keyed();
	asked_units(1, 4);
	asked_units(1, 2);
	outcome = decided();
	assert_stands(outcome, CODE_RESERVED);
	assert_false(outcome->replay);
	assert_int_equal(given.hold_count, 2);
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(given.holds[i].idempotency_line, i);
		assert_memory_equal(given.holds[i].idempotency_key, key, DIGEST_LENGTH);
		assert_memory_equal(given.holds[i].idempotency_body, body, DIGEST_LENGTH);
		assert_ptr_equal(stock_keyed_hold(&given, key, i), &given.holds[i]);
	}
}

static void key_that_was_here_gives_the_same_ids(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 6);
	made(given_hold(5, 1, 2, LATER), 1);
	made(given_hold(7, 1, 4, LATER), 0);
	asked_keyed();
	asked_units(1, 4);
	asked_units(1, 2);
	outcome = decided();
	assert_stands(outcome, CODE_RESERVED);
	assert_true(outcome->replay);
	assert_int_equal(outcome->swept, 0);
	assert_int_equal(outcome->line_count, 2);
	assert_line(&outcome->lines[0], 7, CODE_RESERVED, true);
	assert_line(&outcome->lines[1], 5, CODE_RESERVED, true);
	assert_int_equal(outcome->lines[0].quantity, 4);
	assert_int_equal(outcome->lines[0].variant_id, 1);
	assert_int_equal(outcome->lines[0].status, HOLD_ACTIVE);
	assert_int_equal(outcome->lines[0].expires_at_ms, LATER);
	assert_int_equal(given.hold_count, 2);
	assert_untouched(row(5));
	assert_untouched(row(7));
	assert_variant(1, 10, 6);
}

static void key_of_the_past_does_not_reserve_when_there_is_plenty(void **state)
{
	(void)state;
	given_variant(1, 1000, 4);
	made(given_completed(7, 1, 4, "17"), 0);
	asked_keyed();
	asked_units(1, 4);
	assert_true(decided()->replay);
	assert_int_equal(given.hold_count, 1);
	assert_variant(1, 1000, 4);
}

static void another_key_is_another_request(void **state)
{
	const struct outcome *outcome;
	struct hold *hold;

	(void)state;
	given_variant(1, 10, 4);
	hold = made(given_hold(7, 1, 4, LATER), 0);
	memcpy(hold->idempotency_key, other_key, DIGEST_LENGTH);
	asked_keyed();
	asked_units(1, 4);
	outcome = decided();
	assert_stands(outcome, CODE_RESERVED);
	assert_false(outcome->replay);
	assert_int_equal(given.hold_count, 2);
	assert_variant(1, 10, 8);
}

static void row_of_another_program_has_no_key(void **state)
{
	(void)state;
	given_variant(1, 10, 4);
	given_hold(7, 1, 4, LATER);
	asked_keyed();
	asked_units(1, 4);
	assert_false(decided()->replay);
	assert_int_equal(given.hold_count, 2);
}

static void twin_in_one_batch_finds_the_new_hold(void **state)
{
	struct outcome first, twin;
	struct command *command;

	(void)state;
	given_variant(1, 10, 0);
	asked_keyed();
	asked_units(1, 6);
	asked_units(1, 1);
	first = *decided();
	command = asked_keyed();
	command->request_id[0] = 't';
	asked_units(1, 6);
	asked_units(1, 1);
	twin = *decided();
	assert_stands(&first, CODE_RESERVED);
	assert_stands(&twin, CODE_RESERVED);
	assert_false(first.replay);
	assert_true(twin.replay);
	assert_int_equal(given.hold_count, 2);
	assert_variant(1, 10, 7);
	/* The ids come when it is saved, to both. */
	given.holds[0].id = 41;
	given.holds[1].id = 43;
	outcome_take_ids(&first, &given);
	outcome_take_ids(&twin, &given);
	for (uint32_t i = 0; i < 2; i++) {
		assert_line(&first.lines[i], 41 + 2 * i, CODE_RESERVED, true);
		assert_line(&twin.lines[i], 41 + 2 * i, CODE_RESERVED, true);
	}
}

static void twin_in_one_batch_with_another_body_is_refused(void **state)
{
	(void)state;
	given_variant(1, 10, 0);
	asked_keyed();
	asked_units(1, 6);
	assert_stands(decided(), CODE_RESERVED);
	memcpy(asked_keyed()->idempotency_body, other_body, DIGEST_LENGTH);
	asked_units(1, 1);
	assert_refused(decided(), CODE_IDEMPOTENCY_KEY_REUSED);
	assert_int_equal(given.hold_count, 1);
	assert_variant(1, 10, 6);
}

/* What else is wrong with the request is not asked: neither unknown nor short variants are told. */
static void another_body_is_refused_before_all_else(void **state)
{
	static const uint64_t asked_variants[] = {1, 2, 99};
	static const uint32_t quantities[] = {1, 1000, 1};

	for (uint32_t i = 0; i < 3; i++) {
		const struct outcome *outcome;

		begin(state);
		given_variant(1, 10, 4);
		given_variant(2, 10, 0);
		made(given_hold(7, 1, 4, LATER), 0);
		given_unnamed_expired(9, 2, 3);
		memcpy(asked_keyed()->idempotency_body, other_body, DIGEST_LENGTH);
		asked_units(asked_variants[i], quantities[i]);
		outcome = decided();
		assert_refused(outcome, CODE_IDEMPOTENCY_KEY_REUSED);
		assert_false(outcome->replay);
		assert_false(outcome->again);
		assert_int_equal(outcome->line_count, 0);
		assert_int_equal(outcome->swept, 0);
		assert_int_equal(given.hold_count, 2);
		assert_untouched(row(7));
		assert_untouched(row(9));
		assert_variant(1, 10, 4);
	}
}

static void another_body_of_a_hold_of_an_unlocked_variant_is_refused(void **state)
{
	(void)state;
	given_variant(2, 10, 0);
	/* Found by its key alone: its variant was not asked for, and is not here. */
	made(stock_add_named(&given, 7), 0)->variant_id = 1;
	memcpy(asked_keyed()->idempotency_body, other_body, DIGEST_LENGTH);
	asked_units(2, 1);
	assert_refused(decided(), CODE_IDEMPOTENCY_KEY_REUSED);
	assert_variant(2, 10, 0);
}

static void replay_does_not_ask_whether_there_is_enough(void **state)
{
	(void)state;
	given_variant(1, 3, 8);
	made(given_hold(7, 1, 4, LATER), 0);
	given_unnamed_expired(9, 1, 4);
	given_expired_left(1);
	asked_keyed();
	asked_units(1, 4);
	assert_stands(decided(), CODE_RESERVED);
	assert_untouched(row(9));
	assert_variant(1, 3, 8);
}

static void assert_replayed(enum hold_status status, enum cancel_reason reason)
{
	const struct outcome *outcome;
	struct variant before = given.variants[0];

	asked_keyed();
	asked_units(1, 4);
	outcome = decided();
	assert_stands(outcome, CODE_RESERVED);
	assert_true(outcome->replay);
	assert_int_equal(outcome->swept, 0);
	assert_int_equal(outcome->line_count, 1);
	assert_line(&outcome->lines[0], 7, CODE_RESERVED, true);
	assert_int_equal(outcome->lines[0].status, status);
	assert_int_equal(outcome->lines[0].reason, reason);
	assert_int_equal(outcome->lines[0].released, 0);
	assert_int_equal(outcome->lines[0].expires_at_ms, row(7)->expires_at_ms);
	assert_untouched(row(7));
	assert_int_equal(given.hold_count, 1);
	assert_variant(1, before.stock, before.reserved);
}

static void replay_shows_what_became_of_the_hold(void **state)
{
	static const enum cancel_reason reasons[] = {
		REASON_CUSTOMER, REASON_REPLACED, REASON_EXPIRED, REASON_OPERATOR};

	for (uint32_t i = 0; i < 4; i++) {
		begin(state);
		given_variant(1, 10, 0);
		made(given_cancelled(7, 1, 4, reasons[i]), 0);
		assert_replayed(HOLD_CANCELLED, reasons[i]);
	}
	begin(state);
	given_variant(1, 10, 0);
	made(given_completed(7, 1, 4, "17"), 0);
	assert_replayed(HOLD_COMPLETED, REASON_NONE);
}

static void replay_shows_an_expired_hold_as_swept_and_leaves_it(void **state)
{
	static const int64_t instants[] = {NOW, PAST};

	for (uint32_t i = 0; i < 2; i++) {
		begin(state);
		given_variant(1, 10, 4);
		made(given_hold(7, 1, 4, instants[i]), 0);
		assert_replayed(HOLD_CANCELLED, REASON_EXPIRED);
		assert_int_equal(row(7)->status, HOLD_ACTIVE);
		assert_int_equal(row(7)->reason, REASON_NONE);
	}
	begin(state);
	given_variant(1, 10, 4);
	made(given_hold(7, 1, 4, NOW + 1), 0);
	assert_replayed(HOLD_ACTIVE, REASON_NONE);
}

static void replay_shows_what_the_batch_did_before_it(void **state)
{
	(void)state;
	given_variant(1, 10, 4);
	made(given_hold(7, 1, 4, LATER), 0);
	asked(ACTION_CANCEL);
	asked_hold(7);
	assert_stands(decided(), CODE_CANCELLED);
	asked_keyed()->request_id[0] = 't';
	asked_units(1, 4);
	assert_true(decided()->replay);
	assert_closed(row(7), HOLD_CANCELLED, REASON_CUSTOMER);
	assert_int_equal(given.hold_count, 1);
	assert_variant(1, 10, 0);
}

static void refusal_is_not_remembered(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 3, 0);
	asked_keyed();
	asked_units(1, 4);
	assert_refused(decided(), CODE_INSUFFICIENT_STOCK);
	stock_variant(&given, 1)->stock = 10;
	outcome = decided();
	assert_stands(outcome, CODE_RESERVED);
	assert_false(outcome->replay);
	assert_variant(1, 10, 4);
}

static void without_key_or_recheck_nobody_looks_back(void **state)
{
	struct command *command;

	(void)state;
	given_variant(1, 10, 4);
	made(given_hold(7, 1, 4, LATER), 0);
	command = asked_keyed();
	command->keyed = false;
	asked_units(1, 4);
	assert_stands(decided(), CODE_RESERVED);
	assert_int_equal(given.hold_count, 2);
	memcpy(command->idempotency_body, other_body, DIGEST_LENGTH);
	assert_refused(decided(), CODE_INSUFFICIENT_STOCK);
	assert_variant(1, 10, 8);
}

static void archived_line_is_left_out(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 4);
	made(given_hold(7, 1, 4, LATER), 0);
	made(given_hold(8, 1, 1, LATER), 2);
	asked_keyed();
	asked_units(1, 4);
	asked_units(1, 3);
	asked_units(1, 1);
	outcome = decided();
	assert_stands(outcome, CODE_RESERVED);
	assert_true(outcome->replay);
	assert_int_equal(outcome->line_count, 2);
	assert_line(&outcome->lines[0], 7, CODE_RESERVED, true);
	assert_line(&outcome->lines[1], 8, CODE_RESERVED, true);
	assert_int_equal(given.hold_count, 2);
}

/* Its first line is as good to go as any: what is left is still a request that was here. */
static void archived_first_line_does_not_make_it_new(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 3);
	made(given_hold(8, 1, 3, LATER), 1);
	asked_keyed();
	asked_units(1, 4);
	asked_units(1, 3);
	outcome = decided();
	assert_true(outcome->replay);
	assert_int_equal(given.hold_count, 1); /* else UNIQUE (key, line) refuses the batch */
	assert_line(&outcome->lines[0], 8, CODE_RESERVED, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(new_hold_remembers_its_key_body_and_line, begin),
		cmocka_unit_test_setup(key_that_was_here_gives_the_same_ids, begin),
		cmocka_unit_test_setup(
			key_of_the_past_does_not_reserve_when_there_is_plenty, begin),
		cmocka_unit_test_setup(another_key_is_another_request, begin),
		cmocka_unit_test_setup(row_of_another_program_has_no_key, begin),
		cmocka_unit_test_setup(twin_in_one_batch_finds_the_new_hold, begin),
		cmocka_unit_test_setup(twin_in_one_batch_with_another_body_is_refused, begin),
		cmocka_unit_test_setup(another_body_is_refused_before_all_else, begin),
		cmocka_unit_test_setup(
			another_body_of_a_hold_of_an_unlocked_variant_is_refused, begin),
		cmocka_unit_test_setup(replay_does_not_ask_whether_there_is_enough, begin),
		cmocka_unit_test_setup(replay_shows_what_became_of_the_hold, begin),
		cmocka_unit_test_setup(replay_shows_an_expired_hold_as_swept_and_leaves_it, begin),
		cmocka_unit_test_setup(replay_shows_what_the_batch_did_before_it, begin),
		cmocka_unit_test_setup(refusal_is_not_remembered, begin),
		cmocka_unit_test_setup(without_key_or_recheck_nobody_looks_back, begin),
		cmocka_unit_test_setup(archived_line_is_left_out, begin),
		cmocka_unit_test_setup(archived_first_line_does_not_make_it_new, begin),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("decide keys", tests, NULL, NULL);
}
