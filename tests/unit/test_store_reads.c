/* What the store makes of the answers to its reads. */
#include "store_fixture.h"

#include <stdio.h>
#include <string.h>

#include "limits.h"

#define ANYTHING "SELECT "

static struct command command;

static int ask_anew(void **state)
{
	memset(&command, 0, sizeof(command));
	begin(state);
	answers(ANYTHING);
	return 0;
}

static void given_ids(uint64_t first, uint32_t count)
{
	char id[32];

	answers(ANYTHING);
	for (uint32_t i = 0; i < count; i++) {
		snprintf(id, sizeof(id), "%llu", (unsigned long long)(first + i));
		given_row(id, NULL);
	}
}

/* a session's holds */

static void search(void)
{
	command.action = ACTION_MERGE;
	command.whole_session = true;
	assert_int_equal(store_find_session_holds(store, &command), STORE_OK);
}

static void holds_found_are_lines_in_their_order(void **state)
{
	(void)state;
	given_row("9", NULL);
	given_row("9223372036854775807", NULL);
	given_row("7", NULL);
	command.lines[0].variant_id = 99; /* of a command before */
	search();
	assert_int_equal(command.line_count, 3);
	assert_int_equal(command.lines[0].reservation_id, 7);
	assert_int_equal(command.lines[0].variant_id, 0);
	assert_int_equal(command.lines[1].reservation_id, 9);
	assert_int_equal(command.lines[2].reservation_id, INT64_MAX);
	assert_false(command.more);
}

static void search_forgets_the_one_before(void **state)
{
	(void)state;
	given_ids(1, 101);
	search();
	assert_int_equal(command.line_count, 100);
	assert_true(command.more);
	given_ids(500, 1);
	search();
	assert_int_equal(command.line_count, 1);
	assert_int_equal(command.lines[0].reservation_id, 500);
	assert_false(command.more);
	given_ids(1, 0);
	search();
	assert_int_equal(command.line_count, 0);
}

static void hundred_holds_are_all(void **state)
{
	(void)state;
	given_ids(1, 100);
	search();
	assert_int_equal(command.line_count, 100);
	assert_int_equal(command.lines[99].reservation_id, 100);
	assert_false(command.more);
}

/* They come in the order of their ends, not of their ids: who ends last can wait for the next call.
 */
static void those_that_end_first_are_named(void **state)
{
	char id[32];

	(void)state;
	for (int i = 300; i >= 200; i--) {
		snprintf(id, sizeof(id), "%d", i);
		given_row(id, NULL);
	}
	search();
	assert_int_equal(command.line_count, 100);
	assert_int_equal(command.lines[0].reservation_id, 201);
	assert_int_equal(command.lines[99].reservation_id, 300);
	assert_true(command.more);
}

/* They tell what became of the attempt; and each is named once. */
static void recheck_keeps_what_was_named_before(void **state)
{
	(void)state;
	given_ids(10, 3);
	search();
	command.recheck = true;
	given_ids(12, 3);
	search();
	assert_int_equal(command.line_count, 5);
	for (uint64_t id = 10; id <= 14; id++)
		assert_int_equal(command.lines[id - 10].reservation_id, id);
	assert_false(command.more);
}

/* All places are taken by what the lost attempt may have moved: the rest is left, and told. */
static void recheck_tells_of_holds_that_have_no_place(void **state)
{
	(void)state;
	given_ids(1, 101);
	search();
	command.recheck = true;
	given_ids(101, 20);
	search();
	assert_int_equal(command.line_count, 100);
	assert_int_equal(command.lines[99].reservation_id, 100);
	assert_true(command.more);
	given_ids(1, 100); /* nothing happened: the same once more, and no more than these */
	search();
	assert_int_equal(command.line_count, 100);
	assert_false(command.more);
}

static void failed_search_leaves_the_command(void **state)
{
	(void)state;
	given_ids(10, 3);
	search();
	opening = STORE_LOST;
	assert_int_equal(store_find_session_holds(store, &command), STORE_LOST);
	opening = STORE_OK;
	selecting = STORE_FAILED;
	assert_int_equal(store_find_session_holds(store, &command), STORE_FAILED);
	assert_int_equal(command.line_count, 3);
	assert_int_equal(rollbacks, 0); /* a statement that fails has rolled back */
}

/* lists */

static void live_holds_are_listed(void **state)
{
	struct listed listed[LINES_MAX + 1];
	uint32_t count = 99;
	int64_t now_ms = 0;

	(void)state;
	given_row("5", "7", "1000000", "1800000000999", "1800000000000", NULL);
	given_row("9223372036854775807", "8", "3", "1800000000001", "1800000000000", NULL);
	assert_int_equal(store_list(store, &command, listed, &count, &now_ms), STORE_OK);
	assert_int_equal(count, 2);
	assert_int_equal(now_ms, INT64_C(1800000000000));
	assert_int_equal(listed[0].id, 5);
	assert_int_equal(listed[0].variant_id, 7);
	assert_int_equal(listed[0].quantity, 1000000);
	assert_int_equal(listed[0].expires_at_ms, INT64_C(1800000000999));
	assert_int_equal(listed[1].id, INT64_MAX);
	assert_int_equal(rollbacks, 1); /* the next one sees what is there then */
}

static void empty_list_tells_the_time(void **state)
{
	struct listed listed[LINES_MAX + 1];
	uint32_t count = 99;
	int64_t now_ms = 0;

	(void)state;
	given_row("", "", "", "", "1800000000000", NULL);
	assert_int_equal(store_list(store, &command, listed, &count, &now_ms), STORE_OK);
	assert_int_equal(count, 0);
	assert_int_equal(now_ms, INT64_C(1800000000000));
	selecting = STORE_LOST;
	assert_int_equal(store_list(store, &command, listed, &count, &now_ms), STORE_LOST);
	assert_int_equal(rollbacks, 1);
}

/* availability */

/* On hand, reserved, expired: what is told is never below nothing. */
static void expired_holds_count_as_free(void **state)
{
	static const struct {
		const char *stock, *reserved, *expired;
		int64_t available;
	} cases[] = {{"10", "4", "", 6}, {"10", "4", "3", 9}, {"10", "10", "", 0},
		{"10", "10", "10", 10}, {"3", "8", "", 0}, {"3", "8", "4", 0}, {"3", "8", "6", 1},
		{"0", "0", "", 0}, {"9000000000", "1", "", INT64_C(8999999999)}};
	struct id_list variants = {.count = 0};
	struct availability found[BATCH_LINES_MAX];
	uint32_t count = 0;
	int64_t now_ms = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		answers(ANYTHING);
		given_row("7", cases[i].stock, cases[i].reserved, cases[i].expired, "",
			"1800000000000", NULL);
		assert_int_equal(
			store_availability(store, &variants, found, &count, &now_ms), STORE_OK);
		assert_int_equal(count, 1);
		assert_int_equal(found[0].variant_id, 7);
		assert_int_equal(found[0].available, cases[i].available);
		assert_int_equal(found[0].next_release_ms, 0);
		assert_int_equal(now_ms, INT64_C(1800000000000));
	}
}

static void each_variant_is_told_with_its_next_release(void **state)
{
	struct id_list variants = {.count = 0};
	struct availability found[BATCH_LINES_MAX];
	uint32_t count = 0;
	int64_t now_ms = 0;

	(void)state;
	given_row("7", "10", "4", "", "1800000000999", "1800000000000", NULL);
	given_row("8", "10", "4", "4", "", "1800000000000", NULL);
	assert_int_equal(store_availability(store, &variants, found, &count, &now_ms), STORE_OK);
	assert_int_equal(count, 2);
	assert_int_equal(found[0].next_release_ms, INT64_C(1800000000999));
	assert_int_equal(found[1].available, 10);
	assert_int_equal(rollbacks, 1);
}

/* Where no variant is known, no row tells the time. */
static void unknown_variants_ask_the_clock(void **state)
{
	struct id_list variants = {.count = 0};
	struct availability found[BATCH_LINES_MAX];
	uint32_t count = 9;
	int64_t now_ms = 1;

	(void)state;
	assert_int_equal(store_availability(store, &variants, found, &count, &now_ms), STORE_OK);
	assert_int_equal(count, 0);
	assert_int_equal(now_ms, CLOCK);
	opening = STORE_LOST;
	assert_int_equal(store_availability(store, &variants, found, &count, &now_ms), STORE_LOST);
	assert_int_equal(selects, 2);
}

/* when others' holds end */

/* Of how many variants ever its own hold ends first: one more question. The locks are held. */
static void session_asks_once_more_for_all_its_variants(void **state)
{
	struct release asks[] = {{.variant_id = 1, .session_id = "own"},
		{.variant_id = 2, .session_id = "own"}, {.variant_id = 3, .session_id = "own"},
		{.variant_id = 1, .session_id = "third"}};

	(void)state;
	answers("r.sessionId<>'own'");
	given_row("1", "other", "1000", NULL);
	given_row("3", "other", "3000", NULL);
	answers(ANYTHING);
	given_row("1", "own", "100", NULL);
	given_row("2", "own", "200", NULL);
	given_row("3", "own", "300", NULL);
	assert_int_equal(store_next_release(store, CLOCK, asks, 4), STORE_OK);
	assert_int_equal(selects, 2);
	assert_int_equal(asks[0].expires_at_ms, 1000);
	assert_int_equal(asks[1].expires_at_ms, 0); /* nobody else holds it */
	assert_int_equal(asks[2].expires_at_ms, 3000);
	assert_int_equal(asks[3].expires_at_ms, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			holds_found_are_lines_in_their_order, ask_anew, finish),
		cmocka_unit_test_setup_teardown(search_forgets_the_one_before, ask_anew, finish),
		cmocka_unit_test_setup_teardown(hundred_holds_are_all, ask_anew, finish),
		cmocka_unit_test_setup_teardown(those_that_end_first_are_named, ask_anew, finish),
		cmocka_unit_test_setup_teardown(
			recheck_keeps_what_was_named_before, ask_anew, finish),
		cmocka_unit_test_setup_teardown(
			recheck_tells_of_holds_that_have_no_place, ask_anew, finish),
		cmocka_unit_test_setup_teardown(failed_search_leaves_the_command, ask_anew, finish),
		cmocka_unit_test_setup_teardown(live_holds_are_listed, ask_anew, finish),
		cmocka_unit_test_setup_teardown(empty_list_tells_the_time, ask_anew, finish),
		cmocka_unit_test_setup_teardown(expired_holds_count_as_free, ask_anew, finish),
		cmocka_unit_test_setup_teardown(
			each_variant_is_told_with_its_next_release, ask_anew, finish),
		cmocka_unit_test_setup_teardown(unknown_variants_ask_the_clock, ask_anew, finish),
		cmocka_unit_test_setup_teardown(
			session_asks_once_more_for_all_its_variants, begin, finish),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("store reads", tests, NULL, NULL);
}
