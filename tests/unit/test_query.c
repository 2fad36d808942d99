/* What GET requests ask for: the numbers of a query, and the session in its header. */
#include "request_fixture.h"

#include <stdio.h>
#include <string.h>

#define VARIANTS AVAILABILITY "?variantIds="

static void assert_one_fault(const char *where, enum fault_kind kind)
{
	assert_faults(1);
	assert_fault(where, kind);
}

/* availability */

static void assert_variants(uint32_t count, uint64_t first, uint64_t last)
{
	assert_good();
	assert_int_equal(command.action, ACTION_AVAILABILITY);
	assert_int_equal(command.line_count, count);
	assert_int_equal(command.lines[0].variant_id, first);
	assert_int_equal(command.lines[count - 1].variant_id, last);
	for (uint32_t i = 0; i < count; i++) {
		assert_int_equal(command.lines[i].reservation_id, 0);
		assert_int_equal(command.lines[i].quantity, 0);
	}
}

static void variants_are_read_from_the_query(void **state)
{
	(void)state;
	given_get(VARIANTS "1");
	assert_variants(1, 1, 1);
	given_get(VARIANTS "3,2,1");
	assert_variants(3, 3, 1);
	given_get(VARIANTS "9223372036854775807,7,7");
	assert_variants(3, INT64_MAX, 7);
	by_public();
	assert_variants(3, INT64_MAX, 7);
	assert_string_equal(command.session_id, ""); /* whatever header comes */
}

/* Browsers and libraries encode the comma; a digit may be encoded as well. */
static void encoded_characters_are_decoded(void **state)
{
	(void)state;
	given_get(VARIANTS "3%%2C2%%2c1");
	assert_variants(3, 3, 1);
	given_get(VARIANTS "%%31%%32%%2C%%33");
	assert_variants(2, 12, 3);
}

static void parameter_is_found_among_others(void **state)
{
	(void)state;
	given_get(AVAILABILITY "?a=1&variantIds=5,6&b=2");
	assert_variants(2, 5, 6);
	given_get(AVAILABILITY "?variantIds2=9&variantIds=5&xvariantIds=8");
	assert_variants(1, 5, 5);
	given_get(AVAILABILITY "?&&variantIds=5&");
	assert_variants(1, 5, 5);
	given_get(AVAILABILITY "?variantIds=5#variantIds=6");
	assert_variants(1, 5, 5);
}

static void missing_parameter_is_required(void **state)
{
	static const char *const queries[] = {"", "?", "?variantIds", "?variantids=1",
		"?a=variantIds=1", "?xvariantIds=1", "?variantIdsx=1", "?a=1&b=2"};

	(void)state;
	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
		given_get(AVAILABILITY "%s", queries[i]);
		assert_one_fault("/variantIds", FAULT_REQUIRED);
	}
}

static void parameter_stands_once(void **state)
{
	(void)state;
	given_get(VARIANTS "1&variantIds=2");
	assert_one_fault("/variantIds", FAULT_DUPLICATE_MEMBER);
	given_get(VARIANTS "1&a=1&variantIds=1");
	assert_one_fault("/variantIds", FAULT_DUPLICATE_MEMBER);
}

static const struct {
	const char *value, *where;
	enum fault_kind kind;
} wrong_variants[] = {
	{"", "/variantIds/0", FAULT_NOT_INTEGER},
	{"&a=1", "/variantIds/0", FAULT_NOT_INTEGER},
	{"1,", "/variantIds/1", FAULT_NOT_INTEGER},
	{",1", "/variantIds/0", FAULT_NOT_INTEGER},
	{"1,,2", "/variantIds/1", FAULT_NOT_INTEGER},
	{"0", "/variantIds/0", FAULT_NOT_INTEGER},
	{"1,01", "/variantIds/1", FAULT_NOT_INTEGER},
	{"-1", "/variantIds/0", FAULT_NOT_INTEGER},
	{"+1", "/variantIds/0", FAULT_NOT_INTEGER},
	{"1.0", "/variantIds/0", FAULT_NOT_INTEGER},
	{"1e3", "/variantIds/0", FAULT_NOT_INTEGER},
	{"0x1", "/variantIds/0", FAULT_NOT_INTEGER},
	{"one", "/variantIds/0", FAULT_NOT_INTEGER},
	{"1,2,3x", "/variantIds/2", FAULT_NOT_INTEGER},
	{"1;2", "/variantIds/0", FAULT_NOT_INTEGER},
	{"1%202", "/variantIds/0", FAULT_NOT_INTEGER},
	{"1+2", "/variantIds/0", FAULT_NOT_INTEGER},
	{"1%", "/variantIds/0", FAULT_NOT_INTEGER},
	{"1%2", "/variantIds/0", FAULT_NOT_INTEGER},
	{"1%2G2", "/variantIds/0", FAULT_NOT_INTEGER},
	{"1%00", "/variantIds/0", FAULT_NOT_INTEGER},
	{"1%002", "/variantIds/0", FAULT_NOT_INTEGER},
	{"1%26a", "/variantIds/0", FAULT_NOT_INTEGER},
	{"%D9%A1", "/variantIds/0", FAULT_NOT_INTEGER},
	{"9223372036854775808", "/variantIds/0", FAULT_RANGE},
	{"1,18446744073709551617", "/variantIds/1", FAULT_RANGE},
	{"100000000000000000000", "/variantIds/0", FAULT_RANGE},
	{"100000000000000000000000000000000000000001", "/variantIds/0", FAULT_RANGE},
	{"18446744073709551616,2", "/variantIds/0", FAULT_RANGE},
};

static void faults_are_told_where_they_are(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrong_variants) / sizeof(wrong_variants[0]); i++) {
		given_get(VARIANTS "%s", wrong_variants[i].value);
		if (answer() != CODE_INVALID_REQUEST)
			fail_msg("%s", wrong_variants[i].value);
		assert_one_fault(wrong_variants[i].where, wrong_variants[i].kind);
		if (wrong_variants[i].kind == FAULT_RANGE)
			assert_bounds(wrong_variants[i].where, FAULT_RANGE, 1, INT64_MAX);
	}
}

static void all_faults_of_a_list_are_told(void **state)
{
	(void)state;
	given_get(VARIANTS "x,1,0,9223372036854775808,");
	assert_faults(4);
	assert_fault("/variantIds/0", FAULT_NOT_INTEGER);
	assert_fault("/variantIds/2", FAULT_NOT_INTEGER);
	assert_fault("/variantIds/3", FAULT_RANGE);
	assert_fault("/variantIds/4", FAULT_NOT_INTEGER);
}

static void given_count_of_variants(int count, const char *end)
{
	static char list[BODY_MAX];
	int length = 0;

	list[0] = '\0';
	for (int i = 0; i < count; i++)
		length += snprintf(list + length, sizeof(list) - (size_t)length, "%s%d",
			i > 0 ? "," : "", i + 7);
	given_get(VARIANTS "%s%s", list, end);
}

static void variants_are_one_to_a_hundred(void **state)
{
	(void)state;
	given_count_of_variants(100, "");
	assert_variants(100, 7, 106);
	given_count_of_variants(101, "");
	assert_faults(1);
	assert_bounds("/variantIds", FAULT_LIST_LENGTH, 1, 100);
	given_count_of_variants(100, ",x");
	assert_one_fault("/variantIds", FAULT_LIST_LENGTH);
	given_count_of_variants(5000, "");
	assert_one_fault("/variantIds", FAULT_LIST_LENGTH);
}

/* list */

static void session_stands_in_its_header(void **state)
{
	(void)state;
	given_get(LIST);
	assert_good();
	assert_int_equal(command.action, ACTION_LIST);
	assert_string_equal(command.session_id, "s");
	assert_int_equal(command.after_id, 0);
	assert_int_equal(command.line_count, 0);
	assert_false(command.whole_session);
	by_public();
	assert_good();
	assert_string_equal(command.session_id, "s");
}

static void header_has_the_bounds_of_a_session(void **state)
{
	char longest[SESSION_ID_MAX + 2];

	(void)state;
	given_get(LIST);
	memset(longest, '~', sizeof(longest));
	longest[SESSION_ID_MAX + 1] = '\0';
	http.session_id = longest;
	assert_faults(1);
	assert_bounds("X-Session-Id", FAULT_LENGTH, 1, 128);
	assert_true(refusal.faults.list[0].in_header);
	longest[SESSION_ID_MAX] = '\0';
	assert_good();
	assert_string_equal(command.session_id, longest);
	http.session_id = "";
	assert_one_fault("X-Session-Id", FAULT_LENGTH);
	http.session_id = "a b";
	assert_one_fault("X-Session-Id", FAULT_CHARACTERS);
	http.session_id = "\xc3\xbc";
	assert_one_fault("X-Session-Id", FAULT_CHARACTERS);
	assert_string_equal(command.session_id, "");
}

static void header_comes_once(void **state)
{
	(void)state;
	given_get(LIST);
	http.session_id_count = 2;
	assert_one_fault("X-Session-Id", FAULT_REPEATED_HEADER);
	http.session_id = "";
	http.session_id_count = 0;
	assert_one_fault("X-Session-Id", FAULT_REQUIRED);
	assert_true(refusal.faults.list[0].in_header);
	given_get(LIST "?sessionId=s"); /* never in the URL: it stands in logs */
	http.session_id_count = 0;
	assert_one_fault("X-Session-Id", FAULT_REQUIRED);
}

static void list_goes_on_behind_an_id(void **state)
{
	static const char *const wrong[] = {
		"", "0", "x", "1,2", "1,", "1%2C2", "-1", "1%00", "1%00x", "01"};

	(void)state;
	given_get(LIST "?after=17");
	assert_good();
	assert_int_equal(command.after_id, 17);
	given_get(LIST "?after=%s", "9223372036854775807");
	assert_good();
	assert_int_equal(command.after_id, INT64_MAX);
	given_get(LIST "?after=%s", "9223372036854775808");
	assert_one_fault("/after", FAULT_RANGE);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		given_get(LIST "?after=%s", wrong[i]);
		if (answer() != CODE_INVALID_REQUEST)
			fail_msg("%s", wrong[i]);
		assert_one_fault("/after", FAULT_NOT_INTEGER);
	}
	given_get(LIST "?after=1&after=2");
	assert_one_fault("/after", FAULT_DUPLICATE_MEMBER);
}

static void all_faults_of_a_list_request_are_told(void **state)
{
	(void)state;
	given_get(LIST "?after=x");
	http.session_id = "";
	assert_faults(2);
	assert_fault("X-Session-Id", FAULT_LENGTH);
	assert_fault("/after", FAULT_NOT_INTEGER);
}

/* Nobody sends a body with these, and no type of it is asked for. */
static void reads_have_no_body(void **state)
{
	(void)state;
	given_body("{");
	given_get(VARIANTS "1");
	assert_good();
	http.method = "POST";
	assert_int_equal(answer(), CODE_METHOD_NOT_ALLOWED);
	assert_string_equal(refusal.allow, "GET");
	http.method = "GET";
	by_key(CRON);
	assert_int_equal(answer(), CODE_NOT_ALLOWED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(variants_are_read_from_the_query, begin, finish),
		cmocka_unit_test_setup_teardown(encoded_characters_are_decoded, begin, finish),
		cmocka_unit_test_setup_teardown(parameter_is_found_among_others, begin, finish),
		cmocka_unit_test_setup_teardown(missing_parameter_is_required, begin, finish),
		cmocka_unit_test_setup_teardown(parameter_stands_once, begin, finish),
		cmocka_unit_test_setup_teardown(faults_are_told_where_they_are, begin, finish),
		cmocka_unit_test_setup_teardown(all_faults_of_a_list_are_told, begin, finish),
		cmocka_unit_test_setup_teardown(variants_are_one_to_a_hundred, begin, finish),
		cmocka_unit_test_setup_teardown(session_stands_in_its_header, begin, finish),
		cmocka_unit_test_setup_teardown(header_has_the_bounds_of_a_session, begin, finish),
		cmocka_unit_test_setup_teardown(header_comes_once, begin, finish),
		cmocka_unit_test_setup_teardown(list_goes_on_behind_an_id, begin, finish),
		cmocka_unit_test_setup_teardown(
			all_faults_of_a_list_request_are_told, begin, finish),
		cmocka_unit_test_setup_teardown(reads_have_no_body, begin, finish),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("query", tests, NULL, NULL);
}
