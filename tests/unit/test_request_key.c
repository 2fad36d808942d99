/* The header Idempotency-Key: its bounds, and by what a reserve is known again. */
#include "request_fixture.h"

#include <stdio.h>
#include <string.h>

#define HEADER "Idempotency-Key"
#define BODY   "{\"variantId\":3,\"quantity\":2,\"sessionId\":\"s\"}"

static uint8_t key[DIGEST_LENGTH], body[DIGEST_LENGTH];

static void by_idempotency_key(const char *value)
{
	http.idempotency_key = value;
	http.idempotency_key_count = 1;
}

/* Reads a good request, and keeps by what it is known. */
static void keep(const char *text)
{
	given_body("%s", text);
	assert_good();
	memcpy(key, command.idempotency_key, DIGEST_LENGTH);
	memcpy(body, command.idempotency_body, DIGEST_LENGTH);
}

static void assert_known(const char *text, bool same_key, bool same_body)
{
	given_body("%s", text);
	assert_good();
	if ((memcmp(key, command.idempotency_key, DIGEST_LENGTH) == 0) != same_key)
		fail_msg("key of %s", text);
	if ((memcmp(body, command.idempotency_body, DIGEST_LENGTH) == 0) != same_body)
		fail_msg("body of %s", text);
}

static void reserve_with_a_key_looks_back(void **state)
{
	(void)state;
	given_body(BODY);
	assert_good();
	assert_false(command.keyed);
	assert_false(command.recheck);
	by_idempotency_key("k");
	assert_good();
	assert_true(command.keyed);
	assert_false(command.recheck);
}

static void key_has_its_own_length(void **state)
{
	char longest[KEY_MAX + 2];

	(void)state;
	memset(longest, 'k', sizeof(longest));
	longest[KEY_MAX + 1] = '\0';
	given_body(BODY);
	by_idempotency_key(longest + 1);
	assert_good();
	by_idempotency_key(longest);
	assert_faults(1);
	assert_bounds(HEADER, FAULT_LENGTH, 1, 64);
	assert_true(refusal.faults.list[0].in_header);
	by_idempotency_key("");
	assert_faults(1);
	assert_bounds(HEADER, FAULT_LENGTH, 1, 64);
}

static void key_is_visible_ascii(void **state)
{
	char one[2] = "";

	(void)state;
	given_body(BODY);
	for (int byte = 1; byte < 256; byte++) {
		one[0] = (char)byte;
		by_idempotency_key(one);
		if (byte > 0x20 && byte < 0x7f) {
			assert_good();
			continue;
		}
		assert_faults(1);
		assert_fault(HEADER, FAULT_CHARACTERS);
		assert_true(refusal.faults.list[0].in_header);
	}
	by_idempotency_key("a b");
	assert_faults(1);
	assert_fault(HEADER, FAULT_CHARACTERS);
}

static void repeated_key_is_a_fault_though_equal(void **state)
{
	(void)state;
	given_body(BODY);
	by_idempotency_key("k");
	http.idempotency_key_count = 2;
	assert_faults(1);
	assert_fault(HEADER, FAULT_REPEATED_HEADER);
}

static void fault_of_the_key_is_told_with_those_of_the_body(void **state)
{
	(void)state;
	given_body("{}");
	by_idempotency_key("");
	assert_faults(4);
	assert_fault("/variantId", FAULT_REQUIRED);
	assert_fault(HEADER, FAULT_LENGTH);
	given_body("%s", "{");
	assert_faults(2);
	assert_fault(HEADER, FAULT_LENGTH);
}

static void other_endpoints_ignore_it(void **state)
{
	static const struct {
		const char *method, *uri, *body;
	} others[] = {
		{"POST", CANCEL, "{\"reservationId\":1}"},
		{"POST", CONVERT, "{\"reservationId\":1}"},
		{"GET", READY, ""},
		{"GET", CLEANUP, ""},
	};
	static const char *const values[] = {"k", "", "a b"};

	(void)state;
	http.operator_address = true;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		for (uint32_t k = 0; k < 3; k++) {
			by_idempotency_key(values[k]);
			http.idempotency_key_count = k + 1;
			http.method = others[i].method;
			http.uri = others[i].uri;
			by_key(strcmp(http.uri, CLEANUP) == 0 ? CRON : STOREFRONT);
			given_body("%s", others[i].body);
			assert_good();
			assert_false(command.keyed);
			assert_false(command.recheck);
		}
	}
}

static void key_is_its_sessions_own(void **state)
{
	(void)state;
	by_idempotency_key("k");
	keep(BODY);
	assert_known("{\"variantId\":3,\"quantity\":2,\"sessionId\":\"t\"}", false, true);
	by_idempotency_key("bc");
	keep("{\"variantId\":3,\"quantity\":2,\"sessionId\":\"a\"}");
	by_idempotency_key("c");
	assert_known("{\"variantId\":3,\"quantity\":2,\"sessionId\":\"ab\"}", false, true);
	by_idempotency_key("C");
	assert_known("{\"variantId\":3,\"quantity\":2,\"sessionId\":\"ab\"}", false, true);
}

static void caller_does_not_count(void **state)
{
	(void)state;
	by_idempotency_key("k");
	keep(BODY);
	by_public();
	assert_known(BODY, true, true);
	by_trusted_way();
	http.request_id = "ffffffffffffffffffffffffffffffff";
	assert_known(BODY, true, true);
}

static void without_a_key_each_request_has_its_own(void **state)
{
	static const uint8_t zeros[DIGEST_LENGTH];

	(void)state;
	keep(BODY);
	assert_memory_not_equal(key, zeros, DIGEST_LENGTH);
	assert_known(BODY, true, true);
	http.request_id = "ffffffffffffffffffffffffffffffff";
	assert_known(BODY, false, true);
	/* The id of a request is no key that a client could send. */
	by_idempotency_key(REQUEST);
	assert_known(BODY, false, false);
}

/* Also where the command's memory was another request's, which had one. */
static void without_a_key_there_is_no_body_to_tell_it_from(void **state)
{
	static const uint8_t zeros[DIGEST_LENGTH];

	(void)state;
	by_idempotency_key("k");
	keep(BODY);
	assert_memory_not_equal(body, zeros, DIGEST_LENGTH);
	http.idempotency_key = "";
	http.idempotency_key_count = 0;
	keep(BODY);
	assert_memory_equal(body, zeros, DIGEST_LENGTH);
}

static void spelling_does_not_count(void **state)
{
	static const char *const spellings[] = {
		"{\"sessionId\":\"s\",\"quantity\":2,\"variantId\":3}",
		" { \"variantId\" : 3 , \"quantity\" : 2 , \"sessionId\" : \"s\" } ",
		"{\"variantId\":\"3\",\"quantity\":\"2\",\"sessionId\":\"s\"}",
		"{\"variantId\":3,\"quantity\":2,\"sessionId\":\"\\u0073\"}",
		"{\"variantId\":3,\"quantity\":2,\"sessionId\":\"s\",\"userId\":null}",
		"{\"variantId\":3,\"quantity\":2,\"sessionId\":\"s\",\"color\":\"red\"}",
		"{\"variantId\":3,\"quantity\":2,\"sessionId\":\"s\",\"ttlSeconds\":1800}",
		"{\"variantId\":3,\"quantity\":2,\"sessionId\":\"s\",\"ttlSeconds\":\"1800\"}",
	};

	(void)state;
	by_idempotency_key("k");
	keep(BODY);
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++)
		assert_known(spellings[i], true, true);
}

static void every_member_counts(void **state)
{
	static const char *const others[] = {
		"{\"variantId\":4,\"quantity\":2,\"sessionId\":\"s\"}",
		"{\"variantId\":3,\"quantity\":3,\"sessionId\":\"s\"}",
		"{\"variantId\":2,\"quantity\":3,\"sessionId\":\"s\"}",
		"{\"variantId\":3,\"quantity\":2,\"sessionId\":\"s\",\"userId\":1}",
		"{\"variantId\":3,\"quantity\":2,\"sessionId\":\"s\",\"ttlSeconds\":1799}",
	};

	(void)state;
	by_idempotency_key("k");
	keep(BODY);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_known(others[i], true, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reserve_with_a_key_looks_back, begin, finish),
		cmocka_unit_test_setup_teardown(key_has_its_own_length, begin, finish),
		cmocka_unit_test_setup_teardown(key_is_visible_ascii, begin, finish),
		cmocka_unit_test_setup_teardown(
			repeated_key_is_a_fault_though_equal, begin, finish),
		cmocka_unit_test_setup_teardown(
			fault_of_the_key_is_told_with_those_of_the_body, begin, finish),
		cmocka_unit_test_setup_teardown(other_endpoints_ignore_it, begin, finish),
		cmocka_unit_test_setup_teardown(key_is_its_sessions_own, begin, finish),
		cmocka_unit_test_setup_teardown(caller_does_not_count, begin, finish),
		cmocka_unit_test_setup_teardown(
			without_a_key_each_request_has_its_own, begin, finish),
		cmocka_unit_test_setup_teardown(
			without_a_key_there_is_no_body_to_tell_it_from, begin, finish),
		cmocka_unit_test_setup_teardown(spelling_does_not_count, begin, finish),
		cmocka_unit_test_setup_teardown(every_member_counts, begin, finish),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("request key", tests, NULL, NULL);
}
