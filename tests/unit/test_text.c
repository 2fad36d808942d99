/* Texts of bounded length, the times in them, and decimal numbers read back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "aborts.h"
#include "number.h"
#include "text.h"

static char memory[64];
static struct text text;

static int begin(void **state)
{
	(void)state;
	memset(memory, 'x', sizeof(memory));
	text_init(&text, memory, sizeof(memory));
	return 0;
}

static void assert_text(const char *expected)
{
	assert_string_equal(text.bytes, expected);
	assert_int_equal(text.length, strlen(expected));
}

static void text_begins_empty(void **state)
{
	(void)state;
	assert_text("");
	assert_ptr_equal(text.bytes, memory);
	assert_int_equal(text.size, sizeof(memory));
}

static void pieces_are_added_at_the_end(void **state)
{
	(void)state;
	text_add(&text, "ab");
	text_add(&text, "");
	text_add_bytes(&text, "cdef", 2);
	text_add_bytes(&text, "", 0);
	text_add(&text, "g");
	assert_text("abcdg");
	text_clear(&text);
	assert_text("");
	text_add(&text, "h");
	assert_text("h");
}

static void bytes_may_be_anything(void **state)
{
	(void)state;
	text_add_bytes(&text, "a\0b", 3);
	text_add(&text, "c");
	assert_int_equal(text.length, 4);
	assert_memory_equal(text.bytes, "a\0bc", 5);
}

static void numbers_are_decimal(void **state)
{
	(void)state;
	text_add_u64(&text, 0);
	text_add(&text, " ");
	text_add_u64(&text, 1234567890);
	text_add(&text, " ");
	text_add_u64(&text, UINT64_MAX);
	assert_text("0 1234567890 18446744073709551615");
	text_clear(&text);
	text_add_i64(&text, 0);
	text_add(&text, " ");
	text_add_i64(&text, -1);
	text_add(&text, " ");
	text_add_i64(&text, INT64_MAX);
	assert_text("0 -1 9223372036854775807");
	text_clear(&text);
	text_add_i64(&text, INT64_MIN);
	assert_text("-9223372036854775808");
}

static void times_are_utc(void **state)
{
	static const struct {
		int64_t ms;
		const char *expected;
	} times[] = {
		{0, "1970-01-01T00:00:00.000Z"},
		{1, "1970-01-01T00:00:00.001Z"},
		{999, "1970-01-01T00:00:00.999Z"},
		{1000, "1970-01-01T00:00:01.000Z"},
		{951827696789, "2000-02-29T12:34:56.789Z"},
		{1763827200123, "2025-11-22T16:00:00.123Z"},
		{1798761599999, "2026-12-31T23:59:59.999Z"},
		{1798761600000, "2027-01-01T00:00:00.000Z"},
		{4294967296000, "2106-02-07T06:28:16.000Z"},
		{253402300799999, "9999-12-31T23:59:59.999Z"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		text_clear(&text);
		text_add_time(&text, times[i].ms);
		assert_text(times[i].expected);
	}
	text_clear(&text);
	text_add_sql_time(&text, 1763827200023);
	assert_text("2025-11-22 16:00:00.023");
}

static void zone_of_the_host_does_not_matter(void **state)
{
	(void)state;
	setenv("TZ", "Europe/Istanbul", 1);
	tzset();
	text_add_time(&text, 1763827200123);
	assert_text("2025-11-22T16:00:00.123Z");
	text_clear(&text);
	text_add_sql_time(&text, 1763827200123);
	assert_text("2025-11-22 16:00:00.123");
	unsetenv("TZ");
	tzset();
}

/* The last byte is the NUL's. */
static void text_may_be_filled_to_the_last_byte(void **state)
{
	static char small[4];

	(void)state;
	text_init(&text, small, sizeof(small));
	text_add(&text, "abc");
	assert_text("abc");
	text_add(&text, "");
	text_init(&text, small, 1);
	assert_text("");
}

static void add_one_too_many(void)
{
	static char small[4];

	text_init(&text, small, sizeof(small));
	text_add(&text, "ab");
	text_add(&text, "cd");
}

static void add_to_a_full_text(void)
{
	static char small[4];

	text_init(&text, small, sizeof(small));
	text_add(&text, "abc");
	text_add(&text, "d");
}

static void add_far_too_many(void)
{
	text_add_bytes(&text, memory, SIZE_MAX);
}

static void add_number_without_room(void)
{
	static char small[3];

	text_init(&text, small, sizeof(small));
	text_add_u64(&text, 100);
}

static void add_time_before_the_epoch(void)
{
	text_add_time(&text, -1);
}

static void init_without_memory(void)
{
	text_init(&text, memory, 0);
}

static void want_of_room_stops_the_process(void **state)
{
	(void)state;
	assert_true(aborts(add_one_too_many));
	assert_true(aborts(add_to_a_full_text));
	assert_true(aborts(add_far_too_many));
	assert_true(aborts(add_number_without_room));
	assert_true(aborts(add_time_before_the_epoch));
	assert_true(aborts(init_without_memory));
}

/* numbers */

static void numbers_are_read(void **state)
{
	static const struct {
		const char *digits;
		uint64_t value;
	} good[] = {{"0", 0}, {"7", 7}, {"007", 7}, {"1234567890", 1234567890},
		{"4294967296", UINT64_C(4294967296)}, {"9223372036854775808", (uint64_t)1 << 63},
		{"18446744073709551615", UINT64_MAX}, {"00000000000000000001", 1}};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		uint64_t number = 99;

		assert_true(number_read(good[i].digits, strlen(good[i].digits), &number));
		assert_int_equal(number, good[i].value);
	}
}

static void what_is_no_number_is_left(void **state)
{
	static const char *const bad[] = {"", "-1", "+1", " 1", "1 ", "1\n", "a", "1a", "0x1",
		"1.0", "1e3", "1,000", "/", ":", "\xb2", "18446744073709551616",
		"18446744073709551625", "18446744073709551620", "20000000000000000000",
		"99999999999999999999", "100000000000000000000", "000000000000000000001"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint64_t number = 99;

		if (number_read(bad[i], strlen(bad[i]), &number))
			fail_msg("read: %s", bad[i]);
		assert_int_equal(number, 99);
	}
}

static void number_ends_at_its_length(void **state)
{
	uint64_t number = 99;

	(void)state;
	assert_true(number_read("123x", 2, &number));
	assert_int_equal(number, 12);
	assert_false(number_read("1\0", 2, &number));
	assert_false(number_read("5", 0, &number));
	assert_int_equal(number, 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(text_begins_empty, begin),
		cmocka_unit_test_setup(pieces_are_added_at_the_end, begin),
		cmocka_unit_test_setup(bytes_may_be_anything, begin),
		cmocka_unit_test_setup(numbers_are_decimal, begin),
		cmocka_unit_test_setup(times_are_utc, begin),
		cmocka_unit_test_setup(zone_of_the_host_does_not_matter, begin),
		cmocka_unit_test_setup(text_may_be_filled_to_the_last_byte, begin),
		cmocka_unit_test_setup(want_of_room_stops_the_process, begin),
		cmocka_unit_test_setup(numbers_are_read, begin),
		cmocka_unit_test_setup(what_is_no_number_is_left, begin),
		cmocka_unit_test_setup(number_ends_at_its_length, begin),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
