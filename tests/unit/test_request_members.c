/* The members of the bodies: their types, ranges and lengths, each fault in its place. */
#include "request_fixture.h"

#include <stdio.h>
#include <string.h>

/* What a test says of one way to write a value. */
struct sample {
	const char *json;
	int kind; /* of the fault, or GOOD */
	uint64_t value;
};

static const struct sample ids[] = {
	{"1", GOOD, 1},
	{"2147483648", GOOD, 2147483648u},
	{"4294967296", GOOD, 4294967296u},
	{"4294967297", GOOD, 4294967297u},
	{"9223372036854775807", GOOD, INT64_MAX},
	{"\"1\"", GOOD, 1},
	{"\"9223372036854775807\"", GOOD, INT64_MAX},
	{"\"\\u0031\\u0030\"", GOOD, 10},
	{"0", FAULT_RANGE, 0},
	{"-1", FAULT_RANGE, 0},
	{"-9223372036854775808", FAULT_RANGE, 0},
	{"-9223372036854775809", FAULT_RANGE, 0},
	{"9223372036854775808", FAULT_RANGE, 0},
	{"18446744073709551615", FAULT_RANGE, 0},
	{"18446744073709551616", FAULT_RANGE, 0},
	{"18446744073709551617", FAULT_RANGE, 0},
	{"100000000000000000000000000000000000000000", FAULT_RANGE, 0},
	{"\"9223372036854775808\"", FAULT_RANGE, 0},
	{"\"18446744073709551617\"", FAULT_RANGE, 0},
	{"\"100000000000000000000000000000000000000000\"", FAULT_RANGE, 0},
	{"1.0", FAULT_NOT_INTEGER, 0},
	{"0.5", FAULT_NOT_INTEGER, 0},
	{"1e0", FAULT_NOT_INTEGER, 0},
	{"1E3", FAULT_NOT_INTEGER, 0},
	{"1e400", FAULT_NOT_INTEGER, 0},
	{"true", FAULT_NOT_INTEGER, 0},
	{"false", FAULT_NOT_INTEGER, 0},
	{"[]", FAULT_NOT_INTEGER, 0},
	{"[1]", FAULT_NOT_INTEGER, 0},
	{"{}", FAULT_NOT_INTEGER, 0},
	{"\"\"", FAULT_NOT_INTEGER, 0},
	{"\"0\"", FAULT_NOT_INTEGER, 0},
	{"\"01\"", FAULT_NOT_INTEGER, 0},
	{"\"-1\"", FAULT_NOT_INTEGER, 0},
	{"\"+1\"", FAULT_NOT_INTEGER, 0},
	{"\" 1\"", FAULT_NOT_INTEGER, 0},
	{"\"1 \"", FAULT_NOT_INTEGER, 0},
	{"\"1.0\"", FAULT_NOT_INTEGER, 0},
	{"\"1e3\"", FAULT_NOT_INTEGER, 0},
	{"\"0x1\"", FAULT_NOT_INTEGER, 0},
	{"\"\xd9\xa1\"", FAULT_NOT_INTEGER, 0}, /* an Arabic one */
	{"01", FAULT_SYNTAX, 0},
	{"-01", FAULT_SYNTAX, 0},
};

/* `format` has one %s, where an id is to stand; the pointer of that is `where`. */
static void assert_reads_ids(const char *format, const char *where, const uint64_t *value)
{
	size_t before = strcspn(format, "%");

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		given_body("%.*s%s%s", (int)before, format, ids[i].json, format + before + 2);
		if (ids[i].kind == GOOD) {
			assert_good();
			assert_int_equal(*value, ids[i].value);
			continue;
		}
		if (answer() != CODE_INVALID_REQUEST || refusal.faults.count != 1)
			fail_msg("%s: not one fault", ids[i].json);
		if (ids[i].kind == FAULT_SYNTAX)
			assert_fault("", FAULT_SYNTAX);
		else if (ids[i].kind == FAULT_RANGE)
			assert_bounds(where, FAULT_RANGE, 1, INT64_MAX);
		else
			assert_fault(where, ids[i].kind);
	}
}

static void ids_are_numbers_or_digits(void **state)
{
	(void)state;
	assert_reads_ids("{\"variantId\":%s,\"quantity\":1,\"sessionId\":\"s\"}", "/variantId",
		&command.lines[0].variant_id);
	assert_reads_ids("{\"userId\":%s,\"variantId\":1,\"quantity\":1,\"sessionId\":\"s\"}",
		"/userId", &command.user_id);
	http.uri = CANCEL;
	assert_reads_ids(
		"{\"reservationId\":%s}", "/reservationId", &command.lines[0].reservation_id);
	assert_reads_ids("{\"reservationIds\":[3,%s,4]}", "/reservationIds/1",
		&command.lines[1].reservation_id);
	http.uri = CONVERT;
	assert_reads_ids(
		"{\"reservationId\":%s}", "/reservationId", &command.lines[0].reservation_id);
	assert_reads_ids(
		"{\"reservationIds\":[%s]}", "/reservationIds/0", &command.lines[0].reservation_id);
}

static void null_is_an_absent_user_and_nothing_else(void **state)
{
	(void)state;
	given_body("{\"variantId\":1,\"quantity\":1,\"sessionId\":\"s\",\"userId\":null}");
	assert_good();
	assert_int_equal(command.user_id, 0);
	by_public();
	assert_good();
	by_key(STOREFRONT);
	given_body("{\"variantId\":null,\"quantity\":null,\"sessionId\":null,\"ttlSeconds\":null}");
	assert_faults(4);
	assert_fault("/variantId", FAULT_NOT_INTEGER);
	assert_fault("/quantity", FAULT_NOT_INTEGER);
	assert_fault("/sessionId", FAULT_NOT_STRING);
	assert_fault("/ttlSeconds", FAULT_NOT_INTEGER);
	http.uri = CONVERT;
	given_body(
		"{\"reservationIds\":null,\"sessionId\":null,\"orderId\":null,\"partial\":null}");
	assert_faults(4);
	assert_fault("/reservationIds", FAULT_NOT_LIST);
	assert_fault("/sessionId", FAULT_NOT_STRING);
	assert_fault("/orderId", FAULT_NOT_STRING);
	assert_fault("/partial", FAULT_NOT_BOOLEAN);
	given_body("{\"reservationIds\":[null]}");
	assert_faults(1);
	assert_fault("/reservationIds/0", FAULT_NOT_INTEGER);
}

static void given_units(const char *quantity, const char *ttl)
{
	given_body("{\"variantId\":1,\"quantity\":%s,\"sessionId\":\"s\",\"ttlSeconds\":%s}",
		quantity, ttl);
}

static void quantity_has_bounds(void **state)
{
	static const char *const bad[] = {
		"0", "1000001", "-1", "4294967297", "\"1000001\"", "18446744073709551617"};

	(void)state;
	given_units("1", "1");
	assert_good();
	assert_int_equal(command.lines[0].quantity, 1);
	given_units("1000000", "1");
	assert_good();
	assert_int_equal(command.lines[0].quantity, 1000000);
	given_units("\"12\"", "1");
	assert_good();
	assert_int_equal(command.lines[0].quantity, 12);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		given_units(bad[i], "1");
		assert_faults(1);
		assert_bounds("/quantity", FAULT_RANGE, 1, 1000000);
	}
	given_units("1.5", "1");
	assert_faults(1);
	assert_fault("/quantity", FAULT_NOT_INTEGER);
}

static void time_to_live_has_bounds(void **state)
{
	static const char *const bad[] = {"0", "7201", "-1", "4294967297", "9223372036854775"};

	(void)state;
	given_body("{\"variantId\":1,\"quantity\":1,\"sessionId\":\"s\"}");
	assert_good();
	assert_int_equal(command.ttl_ms, 30 * 60 * 1000);
	given_units("1", "1");
	assert_good();
	assert_int_equal(command.ttl_ms, 1000);
	given_units("1", "\"7200\"");
	assert_good();
	assert_int_equal(command.ttl_ms, 7200 * 1000);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		given_units("1", bad[i]);
		assert_faults(1);
		assert_fault("/ttlSeconds", FAULT_RANGE);
	}
}

static void public_may_not_name_a_user_nor_live_long(void **state)
{
	(void)state;
	by_public();
	given_units("1", "1800");
	assert_good();
	given_units("1", "1801");
	assert_int_equal(answer(), CODE_NOT_ALLOWED);
	given_units("1", "7201");
	assert_faults(1);
	given_body("{\"variantId\":1,\"quantity\":1,\"sessionId\":\"s\",\"userId\":5}");
	assert_int_equal(answer(), CODE_NOT_ALLOWED);
	given_body("{\"variantId\":1,\"quantity\":0,\"sessionId\":\"s\",\"userId\":5}");
	assert_faults(1);
	given_body("{\"variantId\":1,\"quantity\":1,\"sessionId\":\"s\",\"userId\":\"x\"}");
	assert_faults(1);
	by_trusted_way();
	given_body("{\"variantId\":1,\"quantity\":1,\"sessionId\":\"s\",\"userId\":5}");
	assert_good();
	assert_int_equal(command.user_id, 5);
}

/* A string of `length` times the same character. */
static const char *times(int length, char character)
{
	static char string[256];

	memset(string, character, (size_t)length);
	string[length] = '\0';
	return string;
}

/* A member that is to be a token of at most `max` characters; `format` has the %s for it. */
static void assert_reads_tokens(const char *format, const char *where, int max, const char *value)
{
	static const char *const bad[] = {" ", "a b", "a\t", "a\\n", "\\u007f", "\x7f", "\xc3\xbc",
		"\xe2\x82\xac", "a\\u00a0"};
	static const char *const good[] = {"!", "~", "a'b", "0", "007", "a;b,c%d"};
	int before = (int)strcspn(format, "%");
	const char *after = format + before + 2;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		given_body("%.*s\"%s\"%s", before, format, good[i], after);
		assert_good();
		assert_string_equal(value, good[i]);
	}
	given_body("%.*s\"\\\"\\\\\\/\"%s", before, format, after);
	assert_good();
	assert_string_equal(value, "\"\\/");
	given_body("%.*s\"%s\"%s", before, format, times(max, '"' + 1), after);
	assert_good();
	assert_string_equal(value, times(max, '"' + 1));
	for (int length = 0; length <= max + 2; length += max + 1) {
		given_body("%.*s\"%s\"%s", before, format, times(length, 'a'), after);
		assert_faults(1);
		assert_bounds(where, FAULT_LENGTH, 1, max);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		given_body("%.*s\"%s\"%s", before, format, bad[i], after);
		answer();
		assert_fault(bad[i][1] == '\t' ? "" : where,
			bad[i][1] == '\t' ? FAULT_SYNTAX : FAULT_CHARACTERS);
	}
}

static void sessions_are_visible_ascii(void **state)
{
	static const char *const other[] = {"1", "1.5", "true", "[]", "{}", "[\"s\"]"};

	(void)state;
	assert_reads_tokens("{\"sessionId\":%s,\"variantId\":1,\"quantity\":1}", "/sessionId", 128,
		command.session_id);
	http.uri = CANCEL;
	assert_reads_tokens(
		"{\"sessionId\":%s,\"reservationId\":1}", "/sessionId", 128, command.session_id);
	http.uri = CONVERT;
	assert_reads_tokens(
		"{\"sessionId\":%s,\"reservationId\":1}", "/sessionId", 128, command.session_id);
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		given_body("{\"sessionId\":%s,\"reservationId\":1}", other[i]);
		assert_faults(1);
		assert_fault("/sessionId", FAULT_NOT_STRING);
	}
}

static void orders_are_visible_ascii_or_integers(void **state)
{
	static const char *const other[] = {"1.0", "1e3", "true", "[]", "{}"};
	static const char *const beyond[] = {"-1", "9223372036854775808", "18446744073709551617"};

	(void)state;
	http.uri = CONVERT;
	assert_reads_tokens(
		"{\"orderId\":%s,\"reservationId\":1}", "/orderId", 64, command.order_id);
	given_body("{\"orderId\":17,\"reservationId\":1}");
	assert_good();
	assert_string_equal(command.order_id, "17");
	given_body("{\"orderId\":9223372036854775807,\"reservationId\":1}");
	assert_good();
	assert_string_equal(command.order_id, "9223372036854775807");
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		given_body("{\"orderId\":%s,\"reservationId\":1}", other[i]);
		assert_faults(1);
		assert_fault("/orderId", FAULT_NOT_STRING);
	}
	for (size_t i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++) {
		given_body("{\"orderId\":%s,\"reservationId\":1}", beyond[i]);
		assert_faults(1);
		assert_fault("/orderId", FAULT_RANGE);
	}
}

static void public_proves_what_it_owns(void **state)
{
	(void)state;
	http.uri = CANCEL;
	given_body("{\"reservationId\":1}");
	assert_good();
	assert_string_equal(command.session_id, "");
	by_public();
	assert_faults(1);
	assert_fault("/sessionId", FAULT_REQUIRED);
	given_body("{\"reservationId\":1,\"sessionId\":\"\"}");
	assert_faults(1);
	assert_fault("/sessionId", FAULT_LENGTH);
	given_body("{\"reservationId\":1,\"sessionId\":null}");
	assert_faults(1);
	assert_fault("/sessionId", FAULT_NOT_STRING);
	given_body("{\"reservationId\":1,\"sessionId\":\"mine\"}");
	assert_good();
	assert_string_equal(command.session_id, "mine");
}

static void given_ids(int count)
{
	static char list[BODY_MAX];
	int length = 0;

	list[0] = '\0';
	for (int i = 0; i < count; i++)
		length += snprintf(list + length, sizeof(list) - (size_t)length, "%s%d",
			i > 0 ? "," : "", i + 7);
	given_body("{\"reservationIds\":[%s]}", list);
}

static void lists_have_bounds(void **state)
{
	static const char *const uris[] = {CANCEL, CONVERT};

	(void)state;
	for (int i = 0; i < 2; i++) {
		http.uri = uris[i];
		given_ids(0);
		assert_faults(1);
		assert_bounds("/reservationIds", FAULT_LIST_LENGTH, 1, 100);
		given_ids(101);
		assert_faults(1);
		assert_bounds("/reservationIds", FAULT_LIST_LENGTH, 1, 100);
		given_ids(1);
		assert_good();
		assert_int_equal(command.line_count, 1);
		given_ids(100);
		assert_good();
		assert_int_equal(command.line_count, 100);
		for (uint64_t k = 0; k < 100; k++)
			assert_int_equal(command.lines[k].reservation_id, k + 7);
	}
	given_body("{\"reservationIds\":{\"0\":1}}");
	assert_faults(1);
	assert_fault("/reservationIds", FAULT_NOT_LIST);
	given_body("{\"reservationIds\":\"1\"}");
	assert_faults(1);
	assert_fault("/reservationIds", FAULT_NOT_LIST);
}

static void one_id_or_a_list_never_both(void **state)
{
	static const char *const uris[] = {CANCEL, CONVERT};

	(void)state;
	for (int i = 0; i < 2; i++) {
		http.uri = uris[i];
		given_body("{\"reservationId\":5}");
		assert_good();
		assert_false(command.list);
		assert_int_equal(command.line_count, 1);
		given_body("{\"reservationIds\":[5]}");
		assert_good();
		assert_true(command.list);
		assert_int_equal(command.line_count, 1);
		given_body("{\"reservationId\":5,\"reservationIds\":[5]}");
		assert_faults(1);
		assert_fault("/reservationIds", FAULT_EXCLUSIVE);
		given_body("{}");
		assert_faults(1);
		assert_fault("/reservationId", FAULT_REQUIRED);
	}
}

static void partial_is_a_boolean(void **state)
{
	static const char *const other[] = {"0", "1", "\"true\"", "\"\"", "[]"};

	(void)state;
	http.uri = CONVERT;
	given_body("{\"reservationId\":1}");
	assert_good();
	assert_false(command.partial);
	given_body("{\"reservationId\":1,\"partial\":false}");
	assert_good();
	assert_false(command.partial);
	given_body("{\"reservationId\":1,\"partial\":true}");
	assert_good();
	assert_true(command.partial);
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		given_body("{\"reservationId\":1,\"partial\":%s}", other[i]);
		assert_faults(1);
		assert_fault("/partial", FAULT_NOT_BOOLEAN);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(ids_are_numbers_or_digits, begin, finish),
		cmocka_unit_test_setup_teardown(
			null_is_an_absent_user_and_nothing_else, begin, finish),
		cmocka_unit_test_setup_teardown(quantity_has_bounds, begin, finish),
		cmocka_unit_test_setup_teardown(time_to_live_has_bounds, begin, finish),
		cmocka_unit_test_setup_teardown(
			public_may_not_name_a_user_nor_live_long, begin, finish),
		cmocka_unit_test_setup_teardown(sessions_are_visible_ascii, begin, finish),
		cmocka_unit_test_setup_teardown(
			orders_are_visible_ascii_or_integers, begin, finish),
		cmocka_unit_test_setup_teardown(public_proves_what_it_owns, begin, finish),
		cmocka_unit_test_setup_teardown(lists_have_bounds, begin, finish),
		cmocka_unit_test_setup_teardown(one_id_or_a_list_never_both, begin, finish),
		cmocka_unit_test_setup_teardown(partial_is_a_boolean, begin, finish),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("request members", tests, NULL, NULL);
}
