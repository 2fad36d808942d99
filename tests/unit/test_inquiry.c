/*
 * What is asked without a decision. The store is played: it knows some variants and holds, and may
 * fail, once or for good.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "inquiry.h"

#define NOW  INT64_C(1800000000000)
#define JOBS 3

static struct availability known[4];
static uint32_t known_count;
static uint32_t held; /* holds of the session */
static enum store_status statuses[3];
static uint32_t asked;
static struct id_list asked_variants;
static struct job jobs[JOBS];
static struct job *const batch[JOBS] = {&jobs[0], &jobs[1], &jobs[2]};

/* the store, as played */

enum store_status store_availability(struct store *store, const struct id_list *variants,
	struct availability *found, uint32_t *count, int64_t *now_ms)
{
	(void)store;
	asked_variants = *variants;
	memcpy(found, known, sizeof(known));
	*count = known_count;
	*now_ms = NOW;
	return statuses[asked++];
}

enum store_status store_list(struct store *store, const struct command *command,
	struct listed *listed, uint32_t *count, int64_t *now_ms)
{
	(void)store;
	(void)command;
	for (uint32_t i = 0; i < held; i++)
		listed[i] = (struct listed){
			.id = i + 1, .variant_id = 7, .quantity = 3, .expires_at_ms = NOW + i};
	*count = held;
	*now_ms = NOW;
	return statuses[asked++];
}

/* the tests' own */

static int begin(void **state)
{
	(void)state;
	memset(jobs, 0, sizeof(jobs));
	memset(&jobs[0].outcome, 0xa5, sizeof(jobs[0].outcome)); /* of a job before */
	memset(known, 0, sizeof(known));
	memset(statuses, 0, sizeof(statuses));
	known_count = held = asked = 0;
	for (uint32_t i = 0; i < JOBS; i++) {
		jobs[i].command.action = ACTION_AVAILABILITY;
		jobs[i].caller = CALLER_STOREFRONT;
	}
	return 0;
}

static void knows(uint64_t variant, int64_t units, int64_t next_ms)
{
	known[known_count++] = (struct availability){
		.variant_id = variant, .available = units, .next_release_ms = next_ms};
}

static void asks(struct job *job, uint64_t variant)
{
	job->command.lines[job->command.line_count++].variant_id = variant;
}

static enum store_status answered(uint32_t count)
{
	return inquiry_availability(NULL, batch, count);
}

/* availability */

static void variants_are_told_once_in_ascending_order(void **state)
{
	const struct outcome *outcome = &jobs[0].outcome;

	(void)state;
	knows(9, 4, 0); /* in any order */
	knows(3, 2, NOW + 5);
	asks(&jobs[0], 9);
	asks(&jobs[0], 3);
	asks(&jobs[0], 5); /* unknown: left out */
	asks(&jobs[0], 9);
	assert_int_equal(answered(1), STORE_OK);
	assert_int_equal(outcome->code, CODE_AVAILABILITY);
	assert_true(outcome->success);
	assert_false(outcome->again);
	assert_false(outcome->replay);
	assert_int_equal(outcome->swept, 0);
	assert_int_equal(outcome->now_ms, NOW);
	assert_int_equal(outcome->line_count, 2);
	assert_int_equal(outcome->lines[0].variant_id, 3);
	assert_int_equal(outcome->lines[0].available, 2);
	assert_int_equal(outcome->lines[0].retry_at_ms, NOW + 5);
	assert_int_equal(outcome->lines[1].variant_id, 9);
	assert_int_equal(outcome->lines[1].available, 4);
}

/* Each is answered with what it asked for, out of one SELECT. */
static void many_questions_are_one(void **state)
{
	(void)state;
	knows(3, 2, 0);
	knows(9, 4, 0);
	asks(&jobs[0], 9);
	asks(&jobs[1], 3);
	asks(&jobs[1], 9);
	asks(&jobs[2], 5);
	assert_int_equal(answered(3), STORE_OK);
	assert_int_equal(asked, 1);
	assert_int_equal(asked_variants.count, 3);
	assert_int_equal(jobs[0].outcome.line_count, 1);
	assert_int_equal(jobs[0].outcome.lines[0].variant_id, 9);
	assert_int_equal(jobs[1].outcome.line_count, 2);
	assert_int_equal(jobs[2].outcome.line_count, 0);
	assert_true(jobs[2].outcome.success);
}

/* A competitor who asks is not told how much there is. */
static void public_sees_ten_at_most(void **state)
{
	static const struct {
		int64_t units, seen;
		bool more;
	} cases[] = {
		{0, 0, false}, {9, 9, false}, {10, 10, false}, {11, 10, true}, {1000000, 10, true}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(state);
		knows(3, cases[i].units, 0);
		asks(&jobs[0], 3);
		asks(&jobs[1], 3);
		jobs[0].caller = CALLER_PUBLIC;
		assert_int_equal(answered(2), STORE_OK);
		assert_int_equal(jobs[0].outcome.lines[0].available, cases[i].seen);
		assert_int_equal(jobs[0].outcome.lines[0].more, cases[i].more);
		assert_int_equal(jobs[1].outcome.lines[0].available, cases[i].units);
		assert_false(jobs[1].outcome.lines[0].more);
	}
}

/* list */

static void live_holds_are_listed(void **state)
{
	struct outcome *outcome = &jobs[0].outcome;

	(void)state;
	held = 2;
	assert_int_equal(inquiry_list(NULL, &jobs[0]), STORE_OK);
	assert_int_equal(outcome->code, CODE_LISTED);
	assert_true(outcome->success);
	assert_false(outcome->more);
	assert_int_equal(outcome->now_ms, NOW);
	assert_int_equal(outcome->line_count, 2);
	assert_int_equal(outcome->lines[1].reservation_id, 2);
	assert_int_equal(outcome->lines[1].variant_id, 7);
	assert_int_equal(outcome->lines[1].quantity, 3);
	assert_int_equal(outcome->lines[1].status, HOLD_ACTIVE);
	assert_int_equal(outcome->lines[1].expires_at_ms, NOW + 1);
}

static void list_ends_at_a_hundred(void **state)
{
	static const uint32_t counts[] = {0, 100, 101};

	for (size_t i = 0; i < 3; i++) {
		begin(state);
		held = counts[i];
		assert_int_equal(inquiry_list(NULL, &jobs[0]), STORE_OK);
		assert_int_equal(jobs[0].outcome.line_count, counts[i] > 100 ? 100 : counts[i]);
		assert_int_equal(jobs[0].outcome.more, counts[i] > 100);
	}
}

/* failures */

/* A connection may only have been idle for too long. */
static void lost_connection_is_made_once_more(void **state)
{
	(void)state;
	knows(3, 2, 0);
	asks(&jobs[0], 3);
	statuses[0] = STORE_LOST;
	assert_int_equal(answered(1), STORE_OK);
	assert_int_equal(jobs[0].outcome.line_count, 1);
	asked = 0;
	assert_int_equal(inquiry_list(NULL, &jobs[1]), STORE_OK);
	assert_int_equal(asked, 2);
	asked = 0;
	statuses[1] = STORE_LOST;
	assert_int_equal(answered(1), STORE_LOST);
	assert_int_equal(asked, 2);
	asked = 0;
	assert_int_equal(inquiry_list(NULL, &jobs[1]), STORE_LOST);
	assert_int_equal(asked, 2);
}

static void other_failures_are_not_tried_again(void **state)
{
	(void)state;
	statuses[0] = STORE_FAILED;
	asks(&jobs[0], 3);
	assert_int_equal(answered(1), STORE_FAILED);
	assert_int_equal(asked, 1);
	asked = 0;
	assert_int_equal(inquiry_list(NULL, &jobs[0]), STORE_FAILED);
	assert_int_equal(asked, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(variants_are_told_once_in_ascending_order, begin),
		cmocka_unit_test_setup(many_questions_are_one, begin),
		cmocka_unit_test_setup(public_sees_ten_at_most, begin),
		cmocka_unit_test_setup(live_holds_are_listed, begin),
		cmocka_unit_test_setup(list_ends_at_a_hundred, begin),
		cmocka_unit_test_setup(lost_connection_is_made_once_more, begin),
		cmocka_unit_test_setup(other_failures_are_not_tried_again, begin),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("inquiry", tests, NULL, NULL);
}
