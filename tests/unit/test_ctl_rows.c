/* What must be true of a row, what can be mended, and rows as lines of CSV and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl_archive_file.h"
#include "ctl_csv.h"
#include "ctl_invariant.h"
#include "ctl_progress.h"

#define REQUEST "00112233445566778899aabbccddeeff"
#define NOW	INT64_C(1795363200000)
#define HOUR_MS INT64_C(3600000)

static enum finding_kind kinds[16];
static uint32_t kind_count;

static void keep(void *context, const struct finding *finding)
{
	(void)context;
	kinds[kind_count++] = finding->kind;
}

static struct hold live(void)
{
	return (struct hold){.id = 5,
		.variant_id = 1,
		.quantity = 2,
		.status = HOLD_ACTIVE,
		.created_at_ms = NOW - 1000,
		.expires_at_ms = NOW + 1000,
		.session_id = "session",
		.created_request_id = REQUEST,
		.idempotency_key = {1}};
}

static struct hold cancelled(void)
{
	struct hold hold = live();

	hold.status = HOLD_CANCELLED;
	hold.reason = REASON_CUSTOMER;
	hold.closed_at_ms = NOW - 500;
	memcpy(hold.closed_request_id, REQUEST, sizeof(REQUEST));
	return hold;
}

static uint32_t judged(const struct hold *hold)
{
	kind_count = 0;
	return invariant_judge(hold, NOW, keep, NULL);
}

static void sound_rows_are_sound(void **state)
{
	struct hold hold = live();

	(void)state;
	assert_int_equal(judged(&hold), 0);
	hold.expires_at_ms = hold.created_at_ms + 2 * HOUR_MS;
	assert_int_equal(judged(&hold), 0);
	hold = cancelled();
	assert_int_equal(judged(&hold), 0);
	hold.reason = REASON_EXPIRED;
	hold.closed_at_ms = hold.expires_at_ms;
	assert_int_equal(judged(&hold), 0);
	hold.reason = REASON_OPERATOR;
	hold.closed_request_id[0] = '\0';
	assert_int_equal(judged(&hold), 0);
	hold = cancelled();
	hold.status = HOLD_COMPLETED;
	hold.reason = REASON_NONE;
	assert_int_equal(judged(&hold), 0);
}

static void faults_of_rows_have_their_names(void **state)
{
	struct hold hold;

	(void)state;
#define EXPECT(begin, kind, change)                                                                \
	hold = begin();                                                                            \
	change;                                                                                    \
	assert_int_equal(judged(&hold), 1);                                                        \
	assert_int_equal(kinds[0], kind)
	EXPECT(live, FINDING_QUANTITY_INVALID, hold.quantity = 0);
	EXPECT(live, FINDING_QUANTITY_INVALID, hold.quantity = 1000001);
	EXPECT(live, FINDING_SESSION_INVALID, hold.session_id[0] = '\0');
	EXPECT(live, FINDING_SESSION_INVALID, hold.session_id[0] = '\n');
	EXPECT(live, FINDING_KEYS_INCOMPLETE, hold.created_request_id[0] = '\0');
	EXPECT(live, FINDING_KEYS_INCOMPLETE, hold.created_request_id[0] = 'X');
	EXPECT(live, FINDING_KEYS_INCOMPLETE, hold.idempotency_key[0] = 0);
	EXPECT(cancelled, FINDING_KEYS_INCOMPLETE, hold.closed_request_id[31] = '\0');
	EXPECT(live, FINDING_MARKS_OF_AN_END, hold.closed_at_ms = NOW);
	EXPECT(live, FINDING_MARKS_OF_AN_END, hold.reason = REASON_EXPIRED);
	EXPECT(live, FINDING_MARKS_OF_AN_END, hold.order_id[0] = 'o');
	EXPECT(live, FINDING_TOO_OLD, hold.created_at_ms = NOW - 2 * HOUR_MS);
	EXPECT(live, FINDING_TIME_WRONG, hold.created_at_ms = hold.expires_at_ms = 0);
	EXPECT(cancelled, FINDING_END_INCOMPLETE, hold.closed_at_ms = 0);
	EXPECT(cancelled, FINDING_END_INCOMPLETE, hold.reason = REASON_NONE);
	EXPECT(cancelled, FINDING_END_INCOMPLETE, hold.status = HOLD_COMPLETED);
	EXPECT(cancelled, FINDING_END_INCOMPLETE, hold.order_id[0] = 'o');
	EXPECT(cancelled, FINDING_END_INCOMPLETE, hold.closed_request_id[0] = '\0');
	EXPECT(cancelled, FINDING_TIME_WRONG, hold.closed_at_ms = NOW - 2000);
	EXPECT(cancelled, FINDING_TIME_WRONG, hold.reason = REASON_EXPIRED);
#undef EXPECT
}

static void fixes_guess_nothing(void **state)
{
	struct hold hold = live();
	struct fix fix = invariant_fix(&hold, NOW);

	(void)state;
	assert_int_equal(fix.kind, FIX_NONE);
	hold.created_at_ms = NOW - 2 * HOUR_MS;
	fix = invariant_fix(&hold, NOW);
	assert_int_equal(fix.kind, FIX_EXPIRY);
	assert_int_equal(fix.time_ms, NOW);
	hold = cancelled();
	assert_int_equal(invariant_fix(&hold, NOW).kind, FIX_NONE);
	hold.closed_at_ms = 0;
	fix = invariant_fix(&hold, NOW);
	assert_int_equal(fix.kind, FIX_CLOSED_AT);
	assert_int_equal(fix.time_ms, NOW);
	hold.expires_at_ms = NOW - 10;
	hold.reason = REASON_NONE;
	assert_int_equal(invariant_fix(&hold, NOW).kind, FIX_CLOSED_AT);
	hold.closed_request_id[0] = '\0';
	fix = invariant_fix(&hold, NOW);
	assert_int_equal(fix.kind, FIX_OPERATOR);
	assert_int_equal(fix.time_ms, NOW - 10);
	hold.closed_at_ms = 77;
	assert_int_equal(invariant_fix(&hold, NOW).time_ms, 77);
}

/* A mended row is sound, so a second repair finds nothing. */
static void fixes_are_final(void **state)
{
	struct hold hold = live();

	(void)state;
	hold.created_at_ms = NOW - 2 * HOUR_MS;
	hold.expires_at_ms = invariant_fix(&hold, NOW).time_ms;
	assert_int_equal(judged(&hold), 0);
	assert_int_equal(invariant_fix(&hold, NOW).kind, FIX_NONE);
	hold = cancelled();
	hold.reason = REASON_NONE;
	hold.closed_request_id[0] = '\0';
	hold.closed_at_ms = 0;
	hold.closed_at_ms = invariant_fix(&hold, NOW).time_ms;
	hold.reason = REASON_OPERATOR;
	assert_int_equal(judged(&hold), 0);
	assert_int_equal(invariant_fix(&hold, NOW).kind, FIX_NONE);
}

/* CSV */

static struct hold longest(void)
{
	struct hold hold = cancelled();

	hold.id = INT64_MAX;
	hold.variant_id = INT64_MAX;
	hold.user_id = INT64_MAX;
	hold.quantity = UINT32_MAX;
	hold.idempotency_line = 65535;
	memset(hold.session_id, '"', SESSION_ID_MAX);
	memset(hold.order_id, '"', ORDER_ID_MAX);
	memset(hold.idempotency_key, 0xff, DIGEST_LENGTH);
	memset(hold.idempotency_body, 0xee, DIGEST_LENGTH);
	return hold;
}

static void rows_come_back_as_they_were(void **state)
{
	struct hold holds[] = {live(), cancelled(), longest(),
		{.id = 1,
			.variant_id = 2,
			.quantity = 3,
			.session_id = "a,\"b\",",
			.status = HOLD_COMPLETED,
			.created_at_ms = 1,
			.expires_at_ms = 2,
			.closed_at_ms = 3,
			.order_id = ","}};
	char memory[CSV_LINE_MAX];
	struct text text;

	(void)state;
	for (size_t i = 0; i < sizeof(holds) / sizeof(holds[0]); i++) {
		struct hold hold;

		text_init(&text, memory, sizeof(memory));
		csv_write(&text, &holds[i]);
		assert_int_equal(text.bytes[text.length - 1], '\n');
		assert_true(csv_read(text.bytes, text.length - 1, &hold));
		assert_true(csv_is_same(&hold, &holds[i]));
		assert_memory_equal(&hold, &holds[i], sizeof(hold));
	}
}

static void what_is_no_row_is_refused(void **state)
{
	struct hold hold = cancelled(), read;
	char memory[CSV_LINE_MAX];
	struct text text;

	(void)state;
	text_init(&text, memory, sizeof(memory));
	csv_write(&text, &hold);
	for (size_t cut = 0; cut < text.length - 1; cut++) {
		/* Without its last field it is a hold that no request has ended. */
		if (cut != text.length - 1 - strlen("\"" REQUEST "\""))
			assert_false(csv_read(text.bytes, cut, &read));
	}
	text.bytes[text.length - 1] = ',';
	assert_false(csv_read(text.bytes, text.length, &read));
	assert_false(csv_read(csv_header, strlen(csv_header) - 1, &read));
}

/* the file */

static char path[] = "/tmp/stok-test-archive-XXXXXX";

static int no_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	close(fd);
	return fd >= 0 ? 0 : -1;
}

static int remove_file(void **state)
{
	(void)state;
	unlink(path);
	memcpy(path + sizeof(path) - 7, "XXXXXX", 6);
	return 0;
}

static void portions_are_found_again(void **state)
{
	static struct archive_file file;
	static struct archive_tail tail;
	static struct hold holds[PORTION_MAX];

	(void)state;
	for (uint32_t i = 0; i < PORTION_MAX; i++) {
		holds[i] = i % 2 ? cancelled() : longest();
		holds[i].id = i + 1;
	}
	assert_true(archive_file_open(&file, path));
	assert_true(archive_file_read_tail(&file, &tail));
	assert_int_equal(tail.count, 0);
	assert_true(archive_file_add(&file, holds, PORTION_MAX));
	assert_true(archive_file_add(&file, holds, 7));
	archive_file_close(&file);

	assert_true(archive_file_open(&file, path));
	assert_true(archive_file_read_tail(&file, &tail));
	assert_int_equal(tail.count, PORTION_MAX);
	assert_int_equal(tail.holds[tail.count - 1].id, 7);
	assert_int_equal(tail.holds[tail.count - 8].id, PORTION_MAX);
	assert_true(archive_file_truncate(&file, tail.offsets[tail.count - 7]));
	assert_true(archive_file_read_tail(&file, &tail));
	assert_int_equal(tail.holds[tail.count - 1].id, PORTION_MAX);
	archive_file_close(&file);
}

static void write_file(const char *bytes, size_t length)
{
	int fd = open(path, O_WRONLY | O_APPEND);

	assert_int_equal(write(fd, bytes, length), length);
	close(fd);
}

static void torn_ends_are_taken_off(void **state)
{
	static struct archive_file file;
	static struct archive_tail tail;
	struct hold hold = cancelled();

	(void)state;
	write_file(csv_header, 10); /* killed while it wrote this */
	assert_true(archive_file_open(&file, path));
	assert_true(archive_file_add(&file, &hold, 1));
	archive_file_close(&file);
	write_file("4711,1,\"", 8);
	assert_true(archive_file_open(&file, path));
	assert_true(archive_file_read_tail(&file, &tail));
	assert_int_equal(tail.count, 1);
	assert_int_equal(tail.holds[0].id, hold.id);
	archive_file_close(&file);
}

static void other_files_are_refused(void **state)
{
	static struct archive_file file;

	(void)state;
	write_file("id,something else\n", 18);
	assert_false(archive_file_open(&file, path));
	archive_file_close(&file);
	assert_false(archive_file_open(&file, "/tmp"));
	archive_file_close(&file);
	assert_false(archive_file_open(&file, "/nowhere/file"));
	archive_file_close(&file);
}

static void one_writes_at_a_time(void **state)
{
	static struct archive_file file, other;

	(void)state;
	assert_true(archive_file_open(&file, path));
	assert_false(archive_file_open(&other, path));
	archive_file_close(&other);
	archive_file_close(&file);
	assert_true(archive_file_open(&other, path));
	archive_file_close(&other);
}

/* the bar */

static void bar_tells_rate_and_time_left(void **state)
{
	struct progress progress = {.what = "reading logs", .unit = "lines"};
	char memory[256];
	struct text text;

	(void)state;
	text_init(&text, memory, sizeof(memory));
	progress_words(&text, &progress, 2000, 25, 100, 50000);
	assert_string_equal(
		text.bytes, "reading logs [#####...............] 25 %, 25000 lines/s, 6 s left");
	text_clear(&text);
	progress_words(&text, &progress, 600000, 1, 100, 50000);
	assert_non_null(strstr(text.bytes, "990 min left"));
	text_clear(&text);
	progress_words(&text, &progress, 0, 0, 0, 0);
	assert_non_null(strstr(text.bytes, "0 %, 0 lines/s"));
	text_clear(&text);
	progress_words(&text, &progress, 1000, 200, 100, 1); /* the file has grown meanwhile */
	assert_non_null(strstr(text.bytes, "100 %"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sound_rows_are_sound),
		cmocka_unit_test(faults_of_rows_have_their_names),
		cmocka_unit_test(fixes_guess_nothing),
		cmocka_unit_test(fixes_are_final),
		cmocka_unit_test(rows_come_back_as_they_were),
		cmocka_unit_test(what_is_no_row_is_refused),
		cmocka_unit_test_setup_teardown(portions_are_found_again, no_file, remove_file),
		cmocka_unit_test_setup_teardown(torn_ends_are_taken_off, no_file, remove_file),
		cmocka_unit_test_setup_teardown(other_files_are_refused, no_file, remove_file),
		cmocka_unit_test_setup_teardown(one_writes_at_a_time, no_file, remove_file),
		cmocka_unit_test(bar_tells_rate_and_time_left),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("ctl_rows", tests, NULL, NULL);
}
