/*
 * Commands about a whole session: its holds are looked up before each attempt; and what becomes of
 * a merge whose COMMIT brought no answer.
 */
#include "transaction_fixture.h"

#include <stdio.h>
#include <string.h>

#include "aborts.h"

#define GUEST	 "before-login"
#define SHOPPER	 "after-login"
#define USER	 77
#define THE_HOLD 5

/* The one hold of the guest. */
static struct hold *fill_hold(struct stock *stock)
{
	struct hold *hold;

	stock_add_variant(stock, THE_VARIANT, 100, THE_QUANTITY);
	hold = stock_add_named(stock, THE_HOLD);
	hold->variant_id = THE_VARIANT;
	hold->quantity = THE_QUANTITY;
	hold->created_at_ms = NOW - 1000;
	hold->expires_at_ms = NOW + 1000;
	snprintf(hold->session_id, sizeof(hold->session_id), "%s", GUEST);
	return hold;
}

static void fill_guest(struct stock *stock)
{
	fill_hold(stock);
}

static void fill_shopper(struct stock *stock)
{
	struct hold *hold = fill_hold(stock);

	snprintf(hold->session_id, sizeof(hold->session_id), "%s", SHOPPER);
	hold->user_id = USER;
}

/* The first attempt finds it with the guest, and moves it; its COMMIT happened. */
static void fill_moved(struct stock *stock)
{
	if (attempted == 1)
		fill_guest(stock);
	else
		fill_shopper(stock);
}

static void ask_merge(void (*as)(struct stock *stock))
{
	struct command *command = &jobs[0].command;

	fill = as;
	session_hold = THE_HOLD;
	command->action = ACTION_MERGE;
	command->whole_session = true;
	command->line_count = 0;
	command->user_id = USER;
	snprintf(command->from_session_id, sizeof(command->from_session_id), "%s", GUEST);
	snprintf(command->session_id, sizeof(command->session_id), "%s", SHOPPER);
}

static void assert_merged(uint32_t holds)
{
	const struct outcome *outcome = &jobs[0].outcome;

	assert_int_equal(outcome->code, CODE_MERGED);
	assert_true(outcome->success);
	assert_int_equal(outcome->line_count, holds);
	if (holds == 0)
		return;
	assert_int_equal(outcome->lines[0].reservation_id, THE_HOLD);
	assert_int_equal(outcome->lines[0].code, CODE_MERGED);
}

static void holds_of_a_session_are_found_before_they_are_loaded(void **state)
{
	(void)state;
	ask_merge(fill_guest);
	assert_int_equal(run(), STORE_OK);
	assert_int_equal(searched, 1);
	assert_int_equal(attempted, 1);
	assert_merged(1);
	assert_true(jobs[1].outcome.success); /* its neighbour in the batch */
}

static void who_names_his_holds_is_not_searched_for(void **state)
{
	(void)state;
	session_hold = THE_HOLD;
	assert_int_equal(run(), STORE_OK);
	assert_int_equal(searched, 0);
}

/* What was found for an attempt that failed is found anew. */
static void each_attempt_finds_the_holds_of_its_time(void **state)
{
	(void)state;
	ask_merge(fill_guest);
	attempts[0].commit = STORE_RETRY;
	attempts[1].load = STORE_RETRY;
	assert_int_equal(run(), STORE_OK);
	assert_int_equal(searched, 3);
	assert_int_equal(attempted, 3);
	assert_false(attempts[2].recheck[0]);
	assert_merged(1);
}

static void session_without_holds_is_merged_all_the_same(void **state)
{
	(void)state;
	ask_merge(fill_guest);
	session_hold = 0;
	assert_int_equal(run(), STORE_OK);
	assert_merged(0);
}

/* Nothing was locked yet, and nothing is loaded. */
static void search_that_fails_ends_the_attempt(void **state)
{
	static const enum store_status failures[] = {STORE_FAILED, STORE_BUSY};

	for (uint32_t i = 0; i < 2; i++) {
		if (i > 0) {
			finish(state);
			begin(state);
		}
		ask_merge(fill_guest);
		attempts[0].find = failures[i];
		assert_int_equal(run(), failures[i]);
		assert_int_equal(searched, 1);
		assert_int_equal(attempted, 0);
		assert_false(jobs[0].command.recheck);
	}
}

/* Once, because it may only have been idle for too long. */
static void search_on_a_lost_connection_is_tried_again(void **state)
{
	(void)state;
	ask_merge(fill_guest);
	attempts[0].find = STORE_LOST;
	assert_int_equal(run(), STORE_LOST);
	assert_int_equal(searched, 2);
	assert_int_equal(attempted, 0);
	assert_total("\nstok_commits_looked_up_total 0\n");
}

/* It happened: what it moved is told as moved by it, and not moved twice. */
static void lost_merge_that_happened_is_told(void **state)
{
	(void)state;
	ask_merge(fill_moved);
	attempts[0].commit = STORE_UNKNOWN;
	assert_int_equal(run(), STORE_OK);
	assert_int_equal(attempted, 2);
	assert_false(attempts[0].recheck[0]);
	assert_true(attempts[1].recheck[0]);
	assert_merged(1);
	assert_total("\nstok_commits_looked_up_total 1\n");
}

static void lost_merge_that_did_not_happen_is_done(void **state)
{
	(void)state;
	ask_merge(fill_guest);
	attempts[0].commit = STORE_UNKNOWN;
	assert_int_equal(run(), STORE_OK);
	assert_int_equal(attempted, 2);
	assert_merged(1);
}

/* Without a loss it was another's merge, and nothing is left to be moved. */
static void merge_by_another_is_not_told(void **state)
{
	(void)state;
	ask_merge(fill_shopper);
	assert_int_equal(run(), STORE_OK);
	assert_merged(0);
}

static void lost_extend_is_done_again_to_no_harm(void **state)
{
	struct command *command = &jobs[0].command;

	(void)state;
	ask_merge(fill_guest);
	command->action = ACTION_EXTEND;
	snprintf(command->session_id, sizeof(command->session_id), "%s", GUEST);
	attempts[0].commit = STORE_UNKNOWN;
	assert_int_equal(run(), STORE_OK);
	assert_int_equal(searched, 2);
	assert_int_equal(jobs[0].outcome.code, CODE_EXTENDED);
	assert_int_equal(jobs[0].outcome.line_count, 1);
	assert_int_equal(jobs[0].outcome.lines[0].expires_at_ms, NOW + HOLD_MS);
}

/* How many holds they name is not known before: so many would not fit. */
static void run_too_many_sessions(void)
{
	static struct job many[BATCH_LINES_MAX / LINES_MAX + 1];
	struct job *batch[BATCH_LINES_MAX / LINES_MAX + 1];
	uint32_t count = BATCH_LINES_MAX / LINES_MAX + 1;

	for (uint32_t i = 0; i < count; i++) {
		many[i] = jobs[0];
		batch[i] = &many[i];
	}
	(void)!transaction_run(transaction, batch, count, STORE_SKIP);
}

static void too_many_sessions_stop_the_process(void **state)
{
	(void)state;
	ask_merge(fill_guest);
	assert_true(aborts(run_too_many_sessions));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			holds_of_a_session_are_found_before_they_are_loaded, begin, finish),
		cmocka_unit_test_setup_teardown(
			who_names_his_holds_is_not_searched_for, begin, finish),
		cmocka_unit_test_setup_teardown(
			each_attempt_finds_the_holds_of_its_time, begin, finish),
		cmocka_unit_test_setup_teardown(
			session_without_holds_is_merged_all_the_same, begin, finish),
		cmocka_unit_test_setup_teardown(search_that_fails_ends_the_attempt, begin, finish),
		cmocka_unit_test_setup_teardown(
			search_on_a_lost_connection_is_tried_again, begin, finish),
		cmocka_unit_test_setup_teardown(lost_merge_that_happened_is_told, begin, finish),
		cmocka_unit_test_setup_teardown(
			lost_merge_that_did_not_happen_is_done, begin, finish),
		cmocka_unit_test_setup_teardown(merge_by_another_is_not_told, begin, finish),
		cmocka_unit_test_setup_teardown(
			lost_extend_is_done_again_to_no_harm, begin, finish),
		cmocka_unit_test_setup_teardown(too_many_sessions_stop_the_process, begin, finish),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("transaction of sessions", tests, NULL, NULL);
}
