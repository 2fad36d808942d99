/* What becomes of a batch whose COMMIT brought no answer. */
#include "transaction_fixture.h"

#include <string.h>

static void answered_commit_is_not_asked_about(void **state)
{
	(void)state;
	assert_int_equal(run(), STORE_OK);
	assert_int_equal(attempted, 1);
	assert_false(attempts[0].recheck[0]);
	assert_int_equal(jobs[0].outcome.lines[0].reservation_id, 40);
	assert_int_equal(jobs[1].outcome.lines[0].reservation_id, 41);
	assert_total("\nstok_commits_looked_up_total 0\n");
}

static void lost_commit_is_decided_anew(void **state)
{
	(void)state;
	attempts[0].commit = STORE_UNKNOWN;
	assert_int_equal(run(), STORE_OK);
	assert_int_equal(attempted, 2);
	for (uint32_t i = 0; i < JOBS; i++) {
		assert_false(attempts[0].recheck[i]);
		assert_true(attempts[1].recheck[i]);
		assert_true(jobs[i].outcome.success);
	}
	assert_total("\nstok_commits_looked_up_total 1\n");
}

/* It was not decided, so nothing of it can have happened. */
static void blocked_command_has_nothing_to_find(void **state)
{
	(void)state;
	attempts[0].commit = STORE_UNKNOWN;
	attempts[0].blocked[1] = true;
	assert_int_equal(run(), STORE_OK);
	assert_true(attempts[1].recheck[0]);
	assert_false(attempts[1].recheck[1]);
	assert_false(jobs[1].command.recheck);
}

/* Whoever has to wait for its lock takes the question along. */
static void blocked_at_the_recheck_it_stays_to_be_found_out(void **state)
{
	(void)state;
	attempts[0].commit = STORE_UNKNOWN;
	attempts[1].blocked[1] = true;
	assert_int_equal(run(), STORE_OK);
	assert_false(jobs[0].blocked);
	assert_true(jobs[1].blocked);
	assert_true(jobs[1].command.recheck);
}

static void connection_lost_before_commit_leaves_no_question(void **state)
{
	(void)state;
	attempts[0].load = STORE_LOST;
	attempts[1].commit = STORE_RETRY;
	assert_int_equal(run(), STORE_OK);
	assert_int_equal(attempted, 3);
	for (uint32_t i = 0; i < 3; i++)
		assert_false(attempts[i].recheck[0]);
	assert_total("\nstok_commits_looked_up_total 0\n");
}

static void database_that_is_away_is_asked_until_the_time_is_up(void **state)
{
	(void)state;
	step_ms = RECHECK_MS_MAX / 2;
	for (uint32_t i = 0; i < ATTEMPTS; i++)
		attempts[i].load = STORE_LOST;
	attempts[0].load = STORE_OK;
	attempts[0].commit = STORE_UNKNOWN;
	assert_int_equal(run(), STORE_LOST);
	assert_in_range(attempted, 3, 6);
	assert_true(jobs[0].command.recheck);
	assert_true(jobs[1].command.recheck);
}

static void database_that_comes_back_in_time_is_believed(void **state)
{
	(void)state;
	attempts[0].commit = STORE_UNKNOWN;
	for (uint32_t i = 1; i < 6; i++)
		attempts[i].load = STORE_LOST;
	assert_int_equal(run(), STORE_OK);
	assert_true(attempts[attempted - 1].recheck[0]);
	assert_true(jobs[0].outcome.success);
}

/* The committer goes on with what else can be done: the question stays. */
static void other_failures_of_the_recheck_keep_the_question(void **state)
{
	static const enum store_status failures[] = {STORE_BUSY, STORE_FAILED};

	for (uint32_t i = 0; i < 2; i++) {
		if (i > 0) {
			finish(state);
			begin(state);
		}
		attempts[0].commit = STORE_UNKNOWN;
		attempts[1].load = failures[i];
		assert_int_equal(run(), failures[i]);
		assert_int_equal(attempted, 2);
		assert_true(jobs[0].command.recheck);
		attempts[2].commit = STORE_OK;
		assert_int_equal(run(), STORE_OK);
		assert_true(attempts[2].recheck[0]);
	}
}

/*
 * Blocked at first, it was part of the second COMMIT that was lost: the third look must find what
 * it did. As a first decision, a reserve without a key fails with its own row's key, and a cancel
 * or convert answers that it was another's.
 */
static void command_of_the_second_lost_commit_is_found_out_too(void **state)
{
	(void)state;
	attempts[0].commit = STORE_UNKNOWN;
	attempts[0].blocked[1] = true;
	attempts[1].commit = STORE_UNKNOWN;
	assert_int_equal(run(), STORE_OK);
	assert_int_equal(attempted, 3);
	assert_true(attempts[2].recheck[0]);
	assert_true(attempts[2].recheck[1]);
}

/* An expired hold; in the first attempt the request sweeps it, in the second it can be revived. */
static void fill_late(struct stock *stock)
{
	struct hold *hold;

	stock_add_variant(stock, THE_VARIANT, attempted == 1 ? 2 : 100, attempted == 1 ? 3 : 0);
	hold = stock_add_named(stock, 5);
	hold->variant_id = THE_VARIANT;
	hold->quantity = THE_QUANTITY;
	hold->expires_at_ms = NOW - 1;
	if (attempted == 1) {
		stock_note_expired(stock, hold);
		return;
	}
	hold->status = HOLD_CANCELLED;
	hold->reason = REASON_EXPIRED;
	memcpy(hold->closed_request_id, jobs[0].command.request_id, REQUEST_ID_LENGTH);
}

static void ask_late_convert(void)
{
	fill = fill_late;
	jobs[0].command.action = ACTION_CONVERT;
	jobs[0].command.lines[0] = (struct command_line){.reservation_id = 5};
	jobs[1].command.action = ACTION_CLEANUP;
	jobs[1].command.line_count = 0;
}

/* What was swept in the lost COMMIT was never counted: it must not be taken off. */
static void lost_sweep_that_is_undone_counts_for_nothing(void **state)
{
	(void)state;
	ask_late_convert();
	attempts[0].commit = STORE_UNKNOWN;
	assert_int_equal(run(), STORE_OK);
	assert_int_equal(jobs[0].outcome.lines[0].code, CODE_REVIVED);
	assert_true(jobs[0].swept >= 0);
	assert_total("\nstok_swept_total 0\n");
}

/* It was swept in a COMMIT that happened, and revived in the next: nothing is left of the sweep. */
static void lost_sweep_that_happened_is_counted(void **state)
{
	(void)state;
	ask_late_convert();
	closed_in_truth = true;
	attempts[0].commit = STORE_UNKNOWN;
	assert_int_equal(run(), STORE_OK);
	assert_int_equal(jobs[0].swept, 0);
	assert_total("\nstok_swept_total 1\n");
}

/* Nothing of the lost COMMIT happened, so both attempts find it expired. */
static void fill_expired(struct stock *stock)
{
	struct hold *hold;

	stock_add_variant(stock, THE_VARIANT, 100, THE_QUANTITY);
	hold = stock_add_named(stock, 5);
	hold->variant_id = THE_VARIANT;
	hold->quantity = THE_QUANTITY;
	hold->created_at_ms = NOW - 2;
	hold->expires_at_ms = NOW - 1;
}

/* The hold bears the request's name in the end, but for what the second attempt did. */
static void sweep_that_is_done_again_is_counted_once(void **state)
{
	(void)state;
	fill = fill_expired;
	jobs[0].command.action = ACTION_CANCEL;
	jobs[0].command.lines[0] = (struct command_line){.reservation_id = 5};
	closed_in_truth = true;
	attempts[0].commit = STORE_UNKNOWN;
	assert_int_equal(run(), STORE_OK);
	assert_int_equal(jobs[0].swept, 1);
	assert_total("\nstok_swept_total 1\n");
}

/* Without any loss: what falls is taken for a restart by those who read the totals. */
static void total_of_sweeps_never_falls(void **state)
{
	(void)state;
	ask_late_convert();
	assert_int_equal(run(), STORE_OK);
	assert_int_equal(jobs[0].outcome.code, CODE_LATE_SHORT);
	assert_total("\nstok_swept_total 1\n");
	assert_int_equal(run(), STORE_OK); /* as it comes back for another round */
	assert_int_equal(jobs[0].outcome.lines[0].code, CODE_REVIVED);
	assert_int_equal(jobs[0].swept, 0);
	assert_total("\nstok_swept_total 1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(answered_commit_is_not_asked_about, begin, finish),
		cmocka_unit_test_setup_teardown(lost_commit_is_decided_anew, begin, finish),
		cmocka_unit_test_setup_teardown(blocked_command_has_nothing_to_find, begin, finish),
		cmocka_unit_test_setup_teardown(
			blocked_at_the_recheck_it_stays_to_be_found_out, begin, finish),
		cmocka_unit_test_setup_teardown(
			connection_lost_before_commit_leaves_no_question, begin, finish),
		cmocka_unit_test_setup_teardown(
			database_that_is_away_is_asked_until_the_time_is_up, begin, finish),
		cmocka_unit_test_setup_teardown(
			database_that_comes_back_in_time_is_believed, begin, finish),
		cmocka_unit_test_setup_teardown(
			other_failures_of_the_recheck_keep_the_question, begin, finish),
		cmocka_unit_test_setup_teardown(
			command_of_the_second_lost_commit_is_found_out_too, begin, finish),
		cmocka_unit_test_setup_teardown(
			lost_sweep_that_is_undone_counts_for_nothing, begin, finish),
		cmocka_unit_test_setup_teardown(lost_sweep_that_happened_is_counted, begin, finish),
		cmocka_unit_test_setup_teardown(
			sweep_that_is_done_again_is_counted_once, begin, finish),
		cmocka_unit_test_setup_teardown(total_of_sweeps_never_falls, begin, finish),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("transaction", tests, NULL, NULL);
}
