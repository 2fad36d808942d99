/* Members of an object, read by type and range; what is wrong is named, and nothing is read of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "members.h"

#define UNTOUCHED 99

static struct faults faults;
static struct members members;

static int begin(void **state)
{
	(void)state;
	memset(&faults, 0x5a, sizeof(faults));
	faults.count = 0;
	members = (struct members){.pointer = "", .faults = &faults};
	return 0;
}

static int finish(void **state)
{
	(void)state;
	json_object_put(members.object);
	members.object = NULL;
	return 0;
}

static void given(const char *json)
{
	json_object_put(members.object);
	members.object = json_tokener_parse(json);
	assert_non_null(members.object);
	faults.count = 0;
}

static void assert_no_fault(void)
{
	assert_int_equal(faults.count, 0);
}

static void assert_fault(const char *where, enum fault_kind kind)
{
	assert_int_equal(faults.count, 1);
	assert_int_equal(faults.list[0].kind, kind);
	assert_string_equal(faults.list[0].where, where);
	assert_false(faults.list[0].in_header);
}

static void assert_bounds(const char *where, enum fault_kind kind, int64_t min, int64_t max)
{
	assert_fault(where, kind);
	assert_int_equal(faults.list[0].min, min);
	assert_int_equal(faults.list[0].max, max);
}

static void null_is_there_but_no_value(void **state)
{
	(void)state;
	given("{\"a\":null,\"b\":0,\"c\":false,\"d\":\"\"}");
	assert_true(members_have(&members, "a"));
	assert_false(members_have_value(&members, "a"));
	assert_true(members_have_value(&members, "b"));
	assert_true(members_have_value(&members, "c"));
	assert_true(members_have_value(&members, "d"));
	assert_false(members_have(&members, "e"));
	assert_false(members_have_value(&members, "e"));
	assert_false(members_have(&members, "A"));
	assert_no_fault();
}

static void integers_have_bounds(void **state)
{
	uint64_t value = UNTOUCHED;

	(void)state;
	given("{\"n\":5,\"s\":\"6\",\"low\":4,\"high\":7,\"far\":18446744073709551621,\"neg\":-5}");
	assert_true(members_integer(&members, "n", 5, 6, &value));
	assert_int_equal(value, 5);
	assert_true(members_integer(&members, "s", 5, 6, &value));
	assert_int_equal(value, 6);
	assert_no_fault();
	assert_false(members_integer(&members, "low", 5, 6, &value));
	assert_bounds("/low", FAULT_RANGE, 5, 6);
	faults.count = 0;
	assert_false(members_integer(&members, "high", 5, 6, &value));
	assert_bounds("/high", FAULT_RANGE, 5, 6);
	faults.count = 0;
	assert_false(members_integer(&members, "far", 1, INT64_MAX, &value));
	assert_bounds("/far", FAULT_RANGE, 1, INT64_MAX);
	faults.count = 0;
	assert_false(members_integer(&members, "neg", 1, INT64_MAX, &value));
	assert_bounds("/neg", FAULT_RANGE, 1, INT64_MAX);
	assert_int_equal(value, 6); /* the last that was good */
}

/* What was there before is not taken for what could not be read. */
static void overflow_is_out_of_every_range(void **state)
{
	uint64_t value = 5;

	(void)state;
	given("{\"n\":\"18446744073709551621\"}");
	assert_false(members_integer(&members, "n", 1, INT64_MAX, &value));
	assert_bounds("/n", FAULT_RANGE, 1, INT64_MAX);
}

static void missing_integer_is_required(void **state)
{
	uint64_t value = UNTOUCHED;

	(void)state;
	given("{\"n\":null}");
	assert_false(members_integer(&members, "m", 1, 9, &value));
	assert_fault("/m", FAULT_REQUIRED);
	faults.count = 0;
	assert_false(members_integer(&members, "n", 1, 9, &value));
	assert_fault("/n", FAULT_NOT_INTEGER);
	assert_int_equal(value, UNTOUCHED);
}

/* json-c would make an integer of each of these. */
static void only_integers_are_integers(void **state)
{
	static const char *const other[] = {"{\"n\":1.0}", "{\"n\":true}", "{\"n\":\"x\"}",
		"{\"n\":\"5x\"}", "{\"n\":\"05\"}", "{\"n\":\"0\"}", "{\"n\":\"\"}",
		"{\"n\":\" 5\"}", "{\"n\":\"5.0\"}", "{\"n\":[5]}", "{\"n\":{}}",
		"{\"n\":\"5\\u0000\"}"};
	uint64_t value = UNTOUCHED;

	(void)state;
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		given(other[i]);
		assert_false(members_integer(&members, "n", 0, INT64_MAX, &value));
		assert_fault("/n", FAULT_NOT_INTEGER);
		assert_int_equal(value, UNTOUCHED);
	}
}

static void only_booleans_are_booleans(void **state)
{
	static const char *const other[] = {
		"{}", "{\"b\":null}", "{\"b\":0}", "{\"b\":1}", "{\"b\":\"true\"}", "{\"b\":[]}"};
	bool value = true;

	(void)state;
	given("{\"yes\":true,\"no\":false}");
	assert_true(members_boolean(&members, "no", &value));
	assert_false(value);
	assert_true(members_boolean(&members, "yes", &value));
	assert_true(value);
	assert_no_fault();
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		given(other[i]);
		assert_false(members_boolean(&members, "b", &value));
		assert_fault("/b", FAULT_NOT_BOOLEAN);
		assert_true(value);
	}
}

/* Eight characters at most, in memory that ends behind their NUL. */
static bool token(const char *name, bool digits_too, char *value)
{
	return members_token(&members, name, 8, digits_too, value);
}

static void tokens_are_copied(void **state)
{
	char value[9] = "before";

	(void)state;
	given("{\"s\":\"!~\\\"'\\\\/;,\",\"one\":\"x\",\"n\":17}");
	assert_true(token("s", false, value));
	assert_string_equal(value, "!~\"'\\/;,");
	assert_true(token("one", true, value));
	assert_string_equal(value, "x");
	assert_true(token("n", true, value));
	assert_string_equal(value, "17");
	assert_no_fault();
	assert_false(token("n", false, value));
	assert_fault("/n", FAULT_NOT_STRING);
	assert_string_equal(value, "17");
}

static void bad_tokens_are_not_copied(void **state)
{
	static const struct {
		const char *json;
		enum fault_kind kind;
	} bad[] = {
		{"{}", FAULT_REQUIRED},
		{"{\"s\":null}", FAULT_NOT_STRING},
		{"{\"s\":1.5}", FAULT_NOT_STRING},
		{"{\"s\":true}", FAULT_NOT_STRING},
		{"{\"s\":[\"a\"]}", FAULT_NOT_STRING},
		{"{\"s\":{}}", FAULT_NOT_STRING},
		{"{\"s\":\"\"}", FAULT_LENGTH},
		{"{\"s\":\"123456789\"}", FAULT_LENGTH},
		{"{\"s\":\"a b\"}", FAULT_CHARACTERS},
		{"{\"s\":\"a\\n\"}", FAULT_CHARACTERS},
		{"{\"s\":\"\\u007f\"}", FAULT_CHARACTERS},
		{"{\"s\":\"\\u0000\"}", FAULT_CHARACTERS},
		{"{\"s\":\"ok\\u0000\"}", FAULT_CHARACTERS},
		{"{\"s\":\"\xc3\xbc\"}", FAULT_CHARACTERS},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char value[9] = "before";

		given(bad[i].json);
		assert_false(token("s", true, value));
		assert_fault("/s", bad[i].kind);
		assert_string_equal(value, "before");
		if (bad[i].kind == FAULT_LENGTH)
			assert_bounds("/s", FAULT_LENGTH, 1, 8);
	}
}

static void integer_as_token_has_a_range(void **state)
{
	char value[65] = "before";

	(void)state;
	given("{\"s\":9223372036854775807,\"neg\":-1,\"far\":9223372036854775808}");
	assert_true(members_token(&members, "s", 64, true, value));
	assert_string_equal(value, "9223372036854775807");
	assert_false(members_token(&members, "neg", 64, true, value));
	assert_fault("/neg", FAULT_RANGE);
	faults.count = 0;
	assert_false(members_token(&members, "far", 64, true, value));
	assert_fault("/far", FAULT_RANGE);
	assert_string_equal(value, "9223372036854775807");
}

static void ids_are_read_in_their_order(void **state)
{
	uint64_t ids[3] = {0};

	(void)state;
	given("{\"l\":[9,\"8\",9]}");
	assert_int_equal(members_ids(&members, "l", 3, ids), 3);
	assert_int_equal(ids[0], 9);
	assert_int_equal(ids[1], 8);
	assert_int_equal(ids[2], 9);
	assert_no_fault();
}

static void lists_have_bounds(void **state)
{
	static const char *const other[] = {"{}", "{\"l\":null}", "{\"l\":1}", "{\"l\":\"1\"}",
		"{\"l\":{\"0\":1}}", "{\"l\":true}"};
	uint64_t ids[3] = {UNTOUCHED, UNTOUCHED, UNTOUCHED};

	(void)state;
	given("{\"l\":[]}");
	assert_int_equal(members_ids(&members, "l", 3, ids), 0);
	assert_bounds("/l", FAULT_LIST_LENGTH, 1, 3);
	given("{\"l\":[1,2,3,4]}");
	assert_int_equal(members_ids(&members, "l", 3, ids), 0);
	assert_bounds("/l", FAULT_LIST_LENGTH, 1, 3);
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		given(other[i]);
		assert_int_equal(members_ids(&members, "l", 3, ids), 0);
		assert_fault("/l", FAULT_NOT_LIST);
	}
}

static void every_bad_id_is_named(void **state)
{
	uint64_t ids[4];

	(void)state;
	given("{\"l\":[0,1,\"x\",null]}");
	assert_int_equal(members_ids(&members, "l", 4, ids), 0);
	assert_int_equal(faults.count, 3);
	assert_string_equal(faults.list[0].where, "/l/0");
	assert_int_equal(faults.list[0].kind, FAULT_RANGE);
	assert_string_equal(faults.list[1].where, "/l/2");
	assert_int_equal(faults.list[1].kind, FAULT_NOT_INTEGER);
	assert_string_equal(faults.list[2].where, "/l/3");
	assert_int_equal(faults.list[2].kind, FAULT_NOT_INTEGER);
	given("{\"l\":[0,1]}"); /* the last being good makes no list good */
	assert_int_equal(members_ids(&members, "l", 4, ids), 0);
	assert_fault("/l/0", FAULT_RANGE);
}

static void pointers_begin_where_the_object_stands(void **state)
{
	uint64_t value;

	(void)state;
	given("{\"n\":0}");
	members.pointer = "/items/3";
	assert_false(members_integer(&members, "n", 1, 9, &value));
	assert_fault("/items/3/n", FAULT_RANGE);
	faults.count = 0;
	members_fault(&members, "n", FAULT_EXCLUSIVE);
	assert_fault("/items/3/n", FAULT_EXCLUSIVE);
}

/* objects in a list */

static void items_are_read_like_a_body(void **state)
{
	struct member_item item;
	uint64_t value = UNTOUCHED;

	(void)state;
	given("{\"l\":[{\"n\":5},{\"n\":0,\"s\":null}]}");
	assert_int_equal(members_list(&members, "l", 2), 2);
	assert_true(members_item(&members, "l", 0, &item));
	assert_true(members_integer(&item.members, "n", 1, 9, &value));
	assert_int_equal(value, 5);
	assert_false(members_have(&item.members, "s"));
	assert_no_fault();
	assert_true(members_item(&members, "l", 1, &item));
	assert_true(members_have(&item.members, "s"));
	assert_false(members_have_value(&item.members, "s"));
	assert_false(members_integer(&item.members, "n", 1, 9, &value));
	assert_bounds("/l/1/n", FAULT_RANGE, 1, 9);
	faults.count = 0;
	members_fault(&item.members, "s", FAULT_REPEATED_ID);
	assert_fault("/l/1/s", FAULT_REPEATED_ID);
}

static void only_objects_are_items(void **state)
{
	static const char *const other[] = {"null", "1", "\"x\"", "[]", "[{}]", "true", "\"{}\""};
	struct member_item item;
	char json[64];

	(void)state;
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		snprintf(json, sizeof(json), "{\"l\":[{},%s]}", other[i]);
		given(json);
		assert_true(members_item(&members, "l", 0, &item));
		assert_false(members_item(&members, "l", 1, &item));
		assert_fault("/l/1", FAULT_NOT_OBJECT);
	}
}

static void lists_of_items_have_bounds(void **state)
{
	(void)state;
	given("{\"l\":[]}");
	assert_int_equal(members_list(&members, "l", 3), 0);
	assert_bounds("/l", FAULT_LIST_LENGTH, 1, 3);
	given("{\"l\":[{},{},{},{}]}");
	assert_int_equal(members_list(&members, "l", 3), 0);
	assert_bounds("/l", FAULT_LIST_LENGTH, 1, 3);
	given("{\"l\":[{},1,null]}"); /* what they are is asked one by one */
	assert_int_equal(members_list(&members, "l", 3), 3);
	assert_no_fault();
	given("{\"l\":{}}");
	assert_int_equal(members_list(&members, "l", 3), 0);
	assert_fault("/l", FAULT_NOT_LIST);
}

/* Pointers stay valid while their item is read, whatever item was read before. */
static void each_item_has_a_pointer_of_its_own(void **state)
{
	struct member_item first, second;

	(void)state;
	given("{\"l\":[{},{}]}");
	assert_true(members_item(&members, "l", 0, &first));
	assert_true(members_item(&members, "l", 1, &second));
	members_fault(&first.members, "n", FAULT_REQUIRED);
	assert_fault("/l/0/n", FAULT_REQUIRED);
	faults.count = 0;
	members_fault(&second.members, "n", FAULT_REQUIRED);
	assert_fault("/l/1/n", FAULT_REQUIRED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(null_is_there_but_no_value, begin, finish),
		cmocka_unit_test_setup_teardown(integers_have_bounds, begin, finish),
		cmocka_unit_test_setup_teardown(overflow_is_out_of_every_range, begin, finish),
		cmocka_unit_test_setup_teardown(missing_integer_is_required, begin, finish),
		cmocka_unit_test_setup_teardown(only_integers_are_integers, begin, finish),
		cmocka_unit_test_setup_teardown(only_booleans_are_booleans, begin, finish),
		cmocka_unit_test_setup_teardown(tokens_are_copied, begin, finish),
		cmocka_unit_test_setup_teardown(bad_tokens_are_not_copied, begin, finish),
		cmocka_unit_test_setup_teardown(integer_as_token_has_a_range, begin, finish),
		cmocka_unit_test_setup_teardown(ids_are_read_in_their_order, begin, finish),
		cmocka_unit_test_setup_teardown(lists_have_bounds, begin, finish),
		cmocka_unit_test_setup_teardown(every_bad_id_is_named, begin, finish),
		cmocka_unit_test_setup_teardown(
			pointers_begin_where_the_object_stands, begin, finish),
		cmocka_unit_test_setup_teardown(items_are_read_like_a_body, begin, finish),
		cmocka_unit_test_setup_teardown(only_objects_are_items, begin, finish),
		cmocka_unit_test_setup_teardown(lists_of_items_have_bounds, begin, finish),
		cmocka_unit_test_setup_teardown(each_item_has_a_pointer_of_its_own, begin, finish),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("members", tests, NULL, NULL);
}
