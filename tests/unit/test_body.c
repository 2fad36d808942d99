/* The bodies of carts: items and what they replace, each fault in its place. */
#include "request_fixture.h"

#include <stdio.h>
#include <string.h>

#define ITEM "{\"variantId\":3,\"quantity\":2}"

/* A cart of MINE of these items, and members beside them. */
static void given_items(const char *items, const char *members)
{
	given_body("{\"sessionId\":\"s\"%s,\"items\":%s}", members, items);
}

static void assert_one_fault(const char *where, enum fault_kind kind)
{
	assert_faults(1);
	assert_fault(where, kind);
}

static void items_are_lines_in_their_order(void **state)
{
	(void)state;
	given_items("[{\"variantId\":9,\"quantity\":1},"
		    "{\"quantity\":\"1000000\",\"variantId\":\"3\",\"replaces\":\"7\"},"
		    "{\"variantId\":9,\"quantity\":2,\"replaces\":8,\"note\":{}}]",
		",\"userId\":4,\"ttlSeconds\":60");
	assert_good();
	assert_int_equal(command.action, ACTION_RESERVE);
	assert_true(command.list);
	assert_int_equal(command.line_count, 3);
	assert_memory_equal(&command.lines[0],
		(&(struct command_line){.variant_id = 9, .quantity = 1}), sizeof(command.lines[0]));
	assert_int_equal(command.lines[1].variant_id, 3);
	assert_int_equal(command.lines[1].quantity, 1000000);
	assert_int_equal(command.lines[1].reservation_id, 7);
	assert_int_equal(command.lines[2].variant_id, 9);
	assert_int_equal(command.lines[2].quantity, 2);
	assert_int_equal(command.lines[2].reservation_id, 8);
	assert_int_equal(command.user_id, 4);
	assert_int_equal(command.ttl_ms, 60000);
	assert_string_equal(command.session_id, "s");
	assert_false(command.whole_session);
}

/* One line that is written as a list is answered with one. */
static void one_item_is_a_list(void **state)
{
	(void)state;
	given_items("[" ITEM "]", "");
	assert_good();
	assert_true(command.list);
	assert_int_equal(command.line_count, 1);
	given_body("{\"sessionId\":\"s\",\"variantId\":3,\"quantity\":2}");
	assert_good();
	assert_false(command.list);
	assert_int_equal(command.line_count, 1);
}

static void given_count_of_items(int count)
{
	static char list[BODY_MAX];
	int length = snprintf(list, sizeof(list), "[");

	for (int i = 0; i < count; i++)
		length += snprintf(list + length, sizeof(list) - (size_t)length,
			"%s{\"variantId\":%d,\"quantity\":1}", i > 0 ? "," : "", i + 1);
	snprintf(list + length, sizeof(list) - (size_t)length, "]");
	given_items(list, "");
}

static void items_are_one_to_a_hundred(void **state)
{
	(void)state;
	given_count_of_items(100);
	assert_good();
	assert_int_equal(command.line_count, 100);
	assert_int_equal(command.lines[99].variant_id, 100);
	given_count_of_items(101);
	assert_faults(1);
	assert_bounds("/items", FAULT_LIST_LENGTH, 1, 100);
	given_count_of_items(0);
	assert_faults(1);
	assert_bounds("/items", FAULT_LIST_LENGTH, 1, 100);
}

static void items_are_a_list_of_objects(void **state)
{
	static const char *const no_lists[] = {"null", "{}", "3", "\"x\"", "true", ITEM};
	static const char *const no_objects[] = {"null", "[]", "3", "\"x\"", "true", "[" ITEM "]"};
	char list[128];

	(void)state;
	for (size_t i = 0; i < sizeof(no_lists) / sizeof(no_lists[0]); i++) {
		given_items(no_lists[i], "");
		assert_one_fault("/items", FAULT_NOT_LIST);
	}
	for (size_t i = 0; i < sizeof(no_objects) / sizeof(no_objects[0]); i++) {
		snprintf(list, sizeof(list), "[%s,%s,%s]", ITEM, no_objects[i], ITEM);
		given_items(list, "");
		assert_one_fault("/items/1", FAULT_NOT_OBJECT);
	}
}

/* What is wrong with a member of an item, and where it is said. */
static const struct {
	const char *item, *where;
	enum fault_kind kind;
} wrong_items[] = {
	{"{\"quantity\":1}", "/items/1/variantId", FAULT_REQUIRED},
	{"{\"variantId\":null,\"quantity\":1}", "/items/1/variantId", FAULT_NOT_INTEGER},
	{"{\"variantId\":0,\"quantity\":1}", "/items/1/variantId", FAULT_RANGE},
	{"{\"variantId\":\"0\",\"quantity\":1}", "/items/1/variantId", FAULT_NOT_INTEGER},
	{"{\"variantId\":1.5,\"quantity\":1}", "/items/1/variantId", FAULT_NOT_INTEGER},
	{"{\"variantId\":9223372036854775808,\"quantity\":1}", "/items/1/variantId", FAULT_RANGE},
	{"{\"variantId\":1}", "/items/1/quantity", FAULT_REQUIRED},
	{"{\"variantId\":1,\"quantity\":null}", "/items/1/quantity", FAULT_NOT_INTEGER},
	{"{\"variantId\":1,\"quantity\":0}", "/items/1/quantity", FAULT_RANGE},
	{"{\"variantId\":1,\"quantity\":1000001}", "/items/1/quantity", FAULT_RANGE},
	{"{\"variantId\":1,\"quantity\":4294967297}", "/items/1/quantity", FAULT_RANGE},
	{"{\"variantId\":1,\"quantity\":true}", "/items/1/quantity", FAULT_NOT_INTEGER},
	{"{\"variantId\":1,\"quantity\":1,\"replaces\":0}", "/items/1/replaces", FAULT_RANGE},
	{"{\"variantId\":1,\"quantity\":1,\"replaces\":\"\"}", "/items/1/replaces",
		FAULT_NOT_INTEGER},
	{"{\"variantId\":1,\"quantity\":1,\"replaces\":[]}", "/items/1/replaces",
		FAULT_NOT_INTEGER},
	{"{\"variantId\":1,\"quantity\":1,\"replaces\":7}", "/items/1/replaces", FAULT_REPEATED_ID},
	{"{\"variantId\":1,\"quantity\":1,\"replaces\":\"7\"}", "/items/1/replaces",
		FAULT_REPEATED_ID},
	{"{\"variantId\":1,\"quantity\":1,\"quantity\":1}", "/items/1/quantity",
		FAULT_DUPLICATE_MEMBER},
};

static void faults_of_items_are_told_where_they_are(void **state)
{
	char list[256];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong_items) / sizeof(wrong_items[0]); i++) {
		snprintf(list, sizeof(list), "[{\"variantId\":3,\"quantity\":2,\"replaces\":7},%s]",
			wrong_items[i].item);
		given_items(list, "");
		if (answer() != CODE_INVALID_REQUEST)
			fail_msg("%s", wrong_items[i].item);
		assert_one_fault(wrong_items[i].where, wrong_items[i].kind);
	}
}

static void all_faults_of_all_items_are_told(void **state)
{
	(void)state;
	given_body("{\"ttlSeconds\":0,\"userId\":\"x\",\"variantId\":1,\"quantity\":1,"
		   "\"items\":[{},null,{\"variantId\":1,\"quantity\":0,\"replaces\":-1}]}");
	assert_faults(10);
	assert_fault("/variantId", FAULT_EXCLUSIVE_ITEMS);
	assert_fault("/quantity", FAULT_EXCLUSIVE_ITEMS);
	assert_fault("/items/0/variantId", FAULT_REQUIRED);
	assert_fault("/items/0/quantity", FAULT_REQUIRED);
	assert_fault("/items/1", FAULT_NOT_OBJECT);
	assert_fault("/items/2/quantity", FAULT_RANGE);
	assert_fault("/items/2/replaces", FAULT_RANGE);
	assert_fault("/sessionId", FAULT_REQUIRED);
	assert_fault("/userId", FAULT_NOT_INTEGER);
	assert_fault("/ttlSeconds", FAULT_RANGE);
}

static void items_exclude_a_line_of_their_own(void **state)
{
	(void)state;
	given_items("[" ITEM "]", ",\"variantId\":1");
	assert_one_fault("/variantId", FAULT_EXCLUSIVE_ITEMS);
	given_items("[" ITEM "]", ",\"quantity\":1");
	assert_one_fault("/quantity", FAULT_EXCLUSIVE_ITEMS);
	given_items("[" ITEM "]", ",\"replaces\":1");
	assert_one_fault("/replaces", FAULT_EXCLUSIVE_ITEMS);
	given_items("[" ITEM "]", ",\"variantId\":null");
	assert_one_fault("/variantId", FAULT_EXCLUSIVE_ITEMS);
}

/* null is absent there, of a line or beside items; and nothing is no id that stands twice. */
static void null_replaces_nothing(void **state)
{
	(void)state;
	given_body("{\"sessionId\":\"s\",\"variantId\":3,\"quantity\":2,\"replaces\":null}");
	assert_good();
	assert_int_equal(command.lines[0].reservation_id, 0);
	given_items("[{\"variantId\":3,\"quantity\":2,\"replaces\":null},"
		    "{\"variantId\":3,\"quantity\":2,\"replaces\":null}," ITEM "," ITEM "]",
		"");
	assert_good();
	assert_int_equal(command.line_count, 4);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(command.lines[i].reservation_id, 0);
	given_items("[" ITEM "]", ",\"replaces\":null");
	assert_good();
}

/* One hold has one place: each line after the first that wants it is named. */
static void same_hold_is_replaced_once(void **state)
{
	(void)state;
	given_items("[{\"variantId\":3,\"quantity\":2,\"replaces\":7},"
		    "{\"variantId\":3,\"quantity\":2,\"replaces\":8},"
		    "{\"variantId\":4,\"quantity\":2,\"replaces\":7},"
		    "{\"variantId\":5,\"quantity\":2,\"replaces\":\"7\"},"
		    "{\"variantId\":5,\"quantity\":2,\"replaces\":8}]",
		"");
	assert_faults(3);
	assert_fault("/items/2/replaces", FAULT_REPEATED_ID);
	assert_fault("/items/3/replaces", FAULT_REPEATED_ID);
	assert_fault("/items/4/replaces", FAULT_REPEATED_ID);
}

static void line_without_items_replaces_too(void **state)
{
	(void)state;
	given_body("{\"sessionId\":\"s\",\"variantId\":3,\"quantity\":2,\"replaces\":\"7\"}");
	assert_good();
	assert_int_equal(command.lines[0].reservation_id, 7);
	given_body("{\"sessionId\":\"s\",\"variantId\":3,\"quantity\":2,\"replaces\":0}");
	assert_faults(1);
	assert_bounds("/replaces", FAULT_RANGE, 1, INT64_MAX);
}

/* What an item said before is nothing that the next one says. */
static void nothing_is_left_of_the_lines_before(void **state)
{
	(void)state;
	given_items("[{\"variantId\":3,\"quantity\":2,\"replaces\":7},"
		    "{\"variantId\":4,\"quantity\":5,\"replaces\":8}]",
		",\"userId\":4");
	assert_good();
	given_items("[" ITEM "," ITEM "]", "");
	assert_good();
	assert_int_equal(command.lines[0].reservation_id, 0);
	assert_int_equal(command.lines[1].reservation_id, 0);
	assert_int_equal(command.lines[1].quantity, 2);
	assert_int_equal(command.user_id, 0);
	given_body("{\"sessionId\":\"s\",\"variantId\":3,\"quantity\":2}");
	assert_good();
	assert_int_equal(command.lines[0].reservation_id, 0);
}

static void public_may_reserve_a_cart(void **state)
{
	(void)state;
	by_public();
	given_items("[{\"variantId\":3,\"quantity\":2,\"replaces\":7}]", ",\"ttlSeconds\":1800");
	assert_good();
	given_items("[" ITEM "]", ",\"userId\":4");
	assert_int_equal(answer(), CODE_NOT_ALLOWED);
	given_items("[" ITEM "]", ",\"ttlSeconds\":1801");
	assert_int_equal(answer(), CODE_NOT_ALLOWED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(items_are_lines_in_their_order, begin, finish),
		cmocka_unit_test_setup_teardown(one_item_is_a_list, begin, finish),
		cmocka_unit_test_setup_teardown(items_are_one_to_a_hundred, begin, finish),
		cmocka_unit_test_setup_teardown(items_are_a_list_of_objects, begin, finish),
		cmocka_unit_test_setup_teardown(
			faults_of_items_are_told_where_they_are, begin, finish),
		cmocka_unit_test_setup_teardown(all_faults_of_all_items_are_told, begin, finish),
		cmocka_unit_test_setup_teardown(items_exclude_a_line_of_their_own, begin, finish),
		cmocka_unit_test_setup_teardown(null_replaces_nothing, begin, finish),
		cmocka_unit_test_setup_teardown(same_hold_is_replaced_once, begin, finish),
		cmocka_unit_test_setup_teardown(line_without_items_replaces_too, begin, finish),
		cmocka_unit_test_setup_teardown(nothing_is_left_of_the_lines_before, begin, finish),
		cmocka_unit_test_setup_teardown(public_may_reserve_a_cart, begin, finish),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("body", tests, NULL, NULL);
}
