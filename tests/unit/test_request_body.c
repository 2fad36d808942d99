/* The body as a whole: what it may be, all its faults at once, and the command that it fills. */
#include "request_fixture.h"

#include <stdio.h>
#include <string.h>

static void all_faults_are_told(void **state)
{
	char where[FAULT_WHERE_MAX];
	char list[200] = "";

	(void)state;
	given_body("{}");
	assert_faults(3);
	assert_fault("/variantId", FAULT_REQUIRED);
	assert_fault("/quantity", FAULT_REQUIRED);
	assert_fault("/sessionId", FAULT_REQUIRED);
	given_body("{\"variantId\":0,\"quantity\":\"x\",\"sessionId\":\"%0128d \",\"userId\":-1,"
		   "\"ttlSeconds\":7201,\"a\":{\"b\":1,\"b\":2}}",
		0);
	assert_faults(7);
	assert_fault("/variantId", FAULT_RANGE);
	assert_fault("/quantity", FAULT_NOT_INTEGER);
	assert_bounds("/sessionId", FAULT_LENGTH, 1, 128);
	assert_fault("/sessionId", FAULT_CHARACTERS);
	assert_fault("/userId", FAULT_RANGE);
	assert_fault("/ttlSeconds", FAULT_RANGE);
	assert_fault("/a/b", FAULT_DUPLICATE_MEMBER);
	http.uri = CANCEL;
	by_public();
	for (size_t i = 0; i < 199; i++)
		list[i] = i % 2 == 0 ? '0' : ',';
	given_body("{\"reservationIds\":[%s]}", list);
	assert_faults(101);
	assert_fault("/sessionId", FAULT_REQUIRED);
	for (int i = 0; i < 100; i++) {
		snprintf(where, sizeof(where), "/reservationIds/%d", i);
		assert_fault(where, FAULT_RANGE);
	}
}

static void duplicate_members_are_faults_though_equal(void **state)
{
	(void)state;
	given_body("{\"variantId\":1,\"quantity\":1,\"sessionId\":\"s\",\"quantity\":1}");
	assert_faults(1);
	assert_fault("/quantity", FAULT_DUPLICATE_MEMBER);
}

static void body_must_be_an_object(void **state)
{
	static const char *const bodies[] = {"[]", "1", "\"s\"", "null", "true", "[{}]", " [] "};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		given_body("%s", bodies[i]);
		assert_faults(1);
		assert_fault("", FAULT_NOT_OBJECT);
	}
	given_body("%s", "");
	assert_faults(1);
	assert_fault("", FAULT_SYNTAX);
	given_body("%s", "{\"variantId\":1,\"quantity\":1,\"sessionId\":\"s\"}{}");
	assert_faults(1);
	assert_fault("", FAULT_SYNTAX);
	given_bytes("{}\0", 3);
	assert_faults(1);
	assert_fault("", FAULT_SYNTAX);
}

static void unknown_members_are_ignored(void **state)
{
	(void)state;
	given_body(
		"\r\n\t {\"variantId\":1,\"quantity\":2,\"sessionId\":\"s\",\"VariantId\":0,\"\":0,"
		"\"deep\":[[[[[[{\"sessionId\":1e999}]]]]]],\"more\":{\"quantity\":\"\xc3\xbc\"},"
		"\"huge\":1000000000000000000000000000000}\n");
	assert_good();
	assert_int_equal(command.lines[0].quantity, 2);
	http.uri = CANCEL; /* to which these are unknown */
	given_body("{\"reservationId\":1,\"orderId\":[],\"partial\":1,\"userId\":\"x\"}");
	by_public();
	assert_faults(1);
	by_key(STOREFRONT);
	assert_good();
	assert_string_equal(command.order_id, "");
}

static void largest_body_is_read(void **state)
{
	static char text[BODY_MAX];
	static const char good[] = "{\"variantId\":1,\"quantity\":2,\"sessionId\":\"s\"}";

	(void)state;
	memset(text, ' ', sizeof(text));
	memcpy(text + sizeof(text) - strlen(good), good, strlen(good));
	given_bytes(text, sizeof(text));
	assert_good();
}

static void command_is_filled_and_nothing_is_left_of_the_one_before(void **state)
{
	(void)state;
	http.uri = CONVERT;
	given_body("{\"reservationIds\":[9,8],\"sessionId\":\"before\",\"orderId\":\"o\","
		   "\"partial\":true}");
	assert_good();
	assert_int_equal(command.action, ACTION_CONVERT);
	assert_true(command.list);
	assert_true(command.partial);
	assert_int_equal(command.user_id, 0);
	assert_int_equal(command.line_count, 2);
	assert_int_equal(command.lines[0].reservation_id, 9);
	assert_int_equal(command.lines[1].reservation_id, 8);
	assert_string_equal(command.request_id, REQUEST);
	assert_string_equal(command.session_id, "before");
	assert_string_equal(command.order_id, "o");
	http.uri = RESERVE;
	given_body("{\"variantId\":3,\"quantity\":2,\"sessionId\":\"s\",\"userId\":4}");
	assert_good();
	assert_int_equal(command.action, ACTION_RESERVE);
	assert_false(command.list);
	assert_false(command.partial);
	assert_int_equal(command.user_id, 4);
	assert_int_equal(command.line_count, 1);
	assert_int_equal(command.lines[0].variant_id, 3);
	assert_int_equal(command.lines[0].quantity, 2);
	assert_string_equal(command.session_id, "s");
	assert_string_equal(command.order_id, "");
	assert_int_equal(refusal.faults.count, 0);
	http.uri = CLEANUP;
	http.method = "GET";
	by_key(CRON);
	assert_good();
	assert_int_equal(command.action, ACTION_CLEANUP);
	assert_int_equal(command.line_count, 0);
	assert_int_equal(command.user_id, 0);
	assert_string_equal(command.session_id, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(all_faults_are_told, begin, finish),
		cmocka_unit_test_setup_teardown(
			duplicate_members_are_faults_though_equal, begin, finish),
		cmocka_unit_test_setup_teardown(body_must_be_an_object, begin, finish),
		cmocka_unit_test_setup_teardown(unknown_members_are_ignored, begin, finish),
		cmocka_unit_test_setup_teardown(largest_body_is_read, begin, finish),
		cmocka_unit_test_setup_teardown(
			command_is_filled_and_nothing_is_left_of_the_one_before, begin, finish),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("request body", tests, NULL, NULL);
}
