/*
 * What the store makes of the answers to its reads. The database is played: it answers every
 * question with the rows that the test gives, and may fail.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store.h"

#define ROWS_MAX    (LINES_MAX + 20)
#define COLUMNS_MAX 6

static struct {
	char text[ROWS_MAX][COLUMNS_MAX][32]; /* "": NULL */
	uint32_t count;
} rows;
static enum store_status opening, selecting;
static uint32_t selects, rollbacks;
static bool answers_the_clock;
static struct store *store;
static struct command command;

/* the connection, as played */

struct connection *connection_new(const char *option_file)
{
	return (struct connection *)(uintptr_t)option_file;
}

void connection_free(struct connection *connection)
{
	(void)connection;
}

enum store_status connection_open(struct connection *connection)
{
	(void)connection;
	return opening;
}

bool connection_is_open(const struct connection *connection)
{
	return connection != NULL;
}

static void answer(uint32_t row, row_reader *reader, void *context)
{
	char *columns[COLUMNS_MAX];

	for (uint32_t i = 0; i < COLUMNS_MAX; i++)
		columns[i] = rows.text[row][i][0] != '\0' ? rows.text[row][i] : NULL;
	reader(context, columns);
}

enum store_status connection_select(struct connection *connection, const struct text *statement,
	row_reader *reader, void *context)
{
	char now[] = "123456";
	char *clock[] = {now};

	(void)connection;
	selects++;
	if (selecting != STORE_OK)
		return selecting;
	if (strstr(statement->bytes, " FROM ") == NULL) {
		answers_the_clock = true;
		reader(context, clock);
		return STORE_OK;
	}
	for (uint32_t i = 0; i < rows.count; i++)
		answer(i, reader, context);
	return STORE_OK;
}

enum store_status connection_run_all(
	struct connection *connection, const struct text *statements, uint32_t count, bool commits)
{
	(void)connection;
	(void)statements;
	(void)count;
	(void)commits;
	fail_msg("a read writes");
	return STORE_FAILED;
}

void connection_rollback(struct connection *connection)
{
	(void)connection;
	rollbacks++;
}

uint64_t connection_first_id(const struct connection *connection)
{
	(void)connection;
	return 1;
}

uint64_t connection_id_step(const struct connection *connection)
{
	(void)connection;
	return 1;
}

/* the tests' own */

static int begin(void **state)
{
	(void)state;
	memset(&rows, 0, sizeof(rows));
	memset(&command, 0, sizeof(command));
	opening = selecting = STORE_OK;
	selects = rollbacks = 0;
	answers_the_clock = false;
	store = store_open("a connection");
	assert_non_null(store);
	return 0;
}

static int finish(void **state)
{
	(void)state;
	store_close(store);
	return 0;
}

/* One more row of these columns, up to NULL; "": NULL in the database. */
static void given_row(const char *first, ...)
{
	va_list columns;
	uint32_t i = 0;

	assert_in_range(rows.count, 0, ROWS_MAX - 1);
	va_start(columns, first);
	for (const char *column = first; column != NULL; column = va_arg(columns, const char *))
		snprintf(rows.text[rows.count][i++], sizeof(rows.text[0][0]), "%s", column);
	va_end(columns);
	rows.count++;
}

static void given_ids(uint64_t first, uint32_t count)
{
	char id[32];

	rows.count = 0;
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
		rows.count = 0;
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
	assert_false(answers_the_clock);
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
	assert_int_equal(now_ms, 123456);
	opening = STORE_LOST;
	assert_int_equal(store_availability(store, &variants, found, &count, &now_ms), STORE_LOST);
	assert_int_equal(selects, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			holds_found_are_lines_in_their_order, begin, finish),
		cmocka_unit_test_setup_teardown(search_forgets_the_one_before, begin, finish),
		cmocka_unit_test_setup_teardown(hundred_holds_are_all, begin, finish),
		cmocka_unit_test_setup_teardown(recheck_keeps_what_was_named_before, begin, finish),
		cmocka_unit_test_setup_teardown(
			recheck_tells_of_holds_that_have_no_place, begin, finish),
		cmocka_unit_test_setup_teardown(failed_search_leaves_the_command, begin, finish),
		cmocka_unit_test_setup_teardown(live_holds_are_listed, begin, finish),
		cmocka_unit_test_setup_teardown(empty_list_tells_the_time, begin, finish),
		cmocka_unit_test_setup_teardown(expired_holds_count_as_free, begin, finish),
		cmocka_unit_test_setup_teardown(
			each_variant_is_told_with_its_next_release, begin, finish),
		cmocka_unit_test_setup_teardown(unknown_variants_ask_the_clock, begin, finish),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("store reads", tests, NULL, NULL);
}
