/* JSON as it is written: commas, names and escapes, read back by another parser. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <json.h>
#include <string.h>

#include "json_check.h"
#include "json_write.h"

static char memory[4096];
static struct text text;

static int begin(void **state)
{
	(void)state;
	text_init(&text, memory, sizeof(memory));
	return 0;
}

static void members_are_set_off_by_commas(void **state)
{
	(void)state;
	json_open_object(&text, NULL);
	json_boolean(&text, "yes", true);
	json_boolean(&text, "no", false);
	json_null(&text, "none");
	json_number(&text, "least", INT64_MIN);
	json_number(&text, "most", INT64_MAX);
	json_string(&text, "empty", "");
	json_string(&text, "text", "a");
	json_time(&text, "time", 1763827200123);
	json_close_object(&text);
	assert_string_equal(text.bytes,
		"{\"yes\":true,\"no\":false,\"none\":null,\"least\":-9223372036854775808,"
		"\"most\":9223372036854775807,\"empty\":\"\",\"text\":\"a\","
		"\"time\":\"2025-11-22T16:00:00.123Z\"}");
}

static void lists_and_objects_nest(void **state)
{
	(void)state;
	json_open_object(&text, NULL);
	json_open_list(&text, "list");
	json_number(&text, NULL, 1);
	json_number(&text, NULL, 2);
	json_open_object(&text, NULL);
	json_close_object(&text);
	json_open_object(&text, NULL);
	json_string(&text, "a", "{");
	json_string(&text, "b", "[");
	json_close_object(&text);
	json_open_list(&text, NULL);
	json_close_list(&text);
	json_null(&text, NULL);
	json_boolean(&text, NULL, true);
	json_string(&text, NULL, "s");
	json_close_list(&text);
	json_open_object(&text, "object");
	json_close_object(&text);
	json_number(&text, "last", 0);
	json_close_object(&text);
	assert_string_equal(text.bytes,
		"{\"list\":[1,2,{},{\"a\":\"{\",\"b\":\"[\"},[],null,true,\"s\"],\"object\":{},"
		"\"last\":0}");
}

static void single_value_needs_no_comma(void **state)
{
	(void)state;
	json_number(&text, NULL, 7);
	assert_string_equal(text.bytes, "7");
}

/* The written string is good, and means what was to be written. */
static void assert_means(const char *value)
{
	static struct faults faults;
	struct json_object *object, *member = NULL;

	text_clear(&text);
	json_open_object(&text, NULL);
	json_string(&text, "value", value);
	json_close_object(&text);
	faults.count = 0;
	assert_true(json_check(text.bytes, text.length, &faults));
	object = json_tokener_parse(text.bytes);
	assert_true(json_object_object_get_ex(object, "value", &member));
	assert_string_equal(json_object_get_string(member), value);
	json_object_put(object);
}

static void strings_mean_what_they_meant(void **state)
{
	char every[2] = "";

	(void)state;
	for (int byte = 1; byte < 0x80; byte++) {
		every[0] = (char)byte;
		assert_means(every);
	}
	assert_means("\"\\\"\\\\\n\r\t\b\f/\x1f\x01 end");
	assert_means("\\u0041");
	assert_means("Yeterli stok yok: \xc4\xb0\xc5\x9f \xe2\x82\xac \xf0\x9f\x98\x80");
}

static void escapes_have_two_digits_of_their_own(void **state)
{
	(void)state;
	json_string(&text, NULL, "\x01\x1f\n\"\\/\x7f");
	assert_string_equal(text.bytes, "\"\\u0001\\u001f\\u000a\\\"\\\\/\x7f\"");
}

static void names_are_escaped_too(void **state)
{
	(void)state;
	json_open_object(&text, NULL);
	json_null(&text, "a\"b");
	json_close_object(&text);
	assert_string_equal(text.bytes, "{\"a\\\"b\":null}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(members_are_set_off_by_commas, begin),
		cmocka_unit_test_setup(lists_and_objects_nest, begin),
		cmocka_unit_test_setup(single_value_needs_no_comma, begin),
		cmocka_unit_test_setup(strings_mean_what_they_meant, begin),
		cmocka_unit_test_setup(escapes_have_two_digits_of_their_own, begin),
		cmocka_unit_test_setup(names_are_escaped_too, begin),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("json write", tests, NULL, NULL);
}
