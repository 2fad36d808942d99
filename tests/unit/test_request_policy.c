/* The operator's choices: whom the limits bind, and what an old client is spared. */
#include "request_fixture.h"

#include <string.h>

#define LINE "\"variantId\":3,\"quantity\":2,\"sessionId\":\"s\""

static const struct limits limits = {.quantity = 10, .holds = 20, .units = 30};

static void assert_limits(const struct limits *expected)
{
	assert_good();
	assert_int_equal(command.limits.quantity, expected->quantity);
	assert_int_equal(command.limits.holds, expected->holds);
	assert_int_equal(command.limits.units, expected->units);
}

/* The shop knows what it does, unless its operator says otherwise. */
static void limits_bind_the_public_unless_all(void **state)
{
	static const struct limits none = {0, 0, 0};

	(void)state;
	policy.limits = limits;
	given_body("{" LINE "}");
	assert_limits(&none);
	by_trusted_way();
	assert_limits(&none);
	by_public();
	assert_limits(&limits);
	policy.limits_bind_all = true;
	assert_limits(&limits);
	by_key(STOREFRONT);
	assert_limits(&limits);
	by_trusted_way();
	assert_limits(&limits);
}

static void only_reserves_are_limited(void **state)
{
	static const struct {
		const char *uri, *body;
	} others[] = {{CANCEL, "{\"reservationId\":1}"}, {CONVERT, "{\"reservationId\":1}"},
		{EXTEND, "{\"reservationId\":1}"},
		{MERGE, "{\"fromSessionId\":\"a\",\"sessionId\":\"s\",\"userId\":1}"}};

	(void)state;
	policy.limits = limits;
	policy.limits_bind_all = true;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		http.uri = others[i].uri;
		given_body("%s", others[i].body);
		assert_good();
		assert_false(command_is_limited(&command));
		assert_int_equal(command.limits.quantity, 0);
	}
}

/* A limit of a hold alone needs no count of what the session holds. */
static void limits_of_a_session_ask_for_its_count(void **state)
{
	static const struct {
		struct limits limits;
		bool counted;
	} cases[] = {{{0, 0, 0}, false}, {{1, 0, 0}, false}, {{0, 1, 0}, true}, {{0, 0, 1}, true},
		{{1, 1, 1}, true}};

	(void)state;
	by_public();
	given_body("{" LINE "}");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		policy.limits = cases[i].limits;
		assert_good();
		assert_int_equal(command_is_limited(&command), cases[i].counted);
	}
}

/* an old client */

static void old_client_may_send_a_user_from_the_browser(void **state)
{
	(void)state;
	by_public();
	given_body("{" LINE ",\"userId\":77}");
	assert_int_equal(answer(), CODE_NOT_ALLOWED);
	http.legacy = true;
	assert_good();
	assert_int_equal(command.user_id, 0); /* and is not believed */
	by_key(STOREFRONT);
	assert_good();
	assert_int_equal(command.user_id, 77);
	by_trusted_way();
	assert_good();
	assert_int_equal(command.user_id, 77);
}

static void old_client_converts_line_by_line(void **state)
{
	static const char *const bodies[] = {"{\"reservationIds\":[1,2]}",
		"{\"reservationIds\":[1,2],\"partial\":false}",
		"{\"reservationIds\":[1,2],\"partial\":true}"};

	(void)state;
	http.uri = CONVERT;
	http.legacy = true;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		given_body("%s", bodies[i]);
		assert_good();
		assert_true(command.partial);
	}
	http.legacy = false;
	given_body("%s", bodies[0]);
	assert_good();
	assert_false(command.partial);
}

/* Ownership stays, and so does all that is asked for in vain. */
static void old_client_is_spared_nothing_else(void **state)
{
	(void)state;
	http.legacy = true;
	by_public();
	given_body("{" LINE ",\"ttlSeconds\":1801}");
	assert_int_equal(answer(), CODE_NOT_ALLOWED);
	given_body("{" LINE ",\"userId\":\"x\"}");
	assert_faults(1);
	assert_fault("/userId", FAULT_NOT_INTEGER);
	http.uri = CANCEL;
	given_body("{\"reservationId\":1}");
	assert_faults(1);
	assert_fault("/sessionId", FAULT_REQUIRED);
	http.uri = CONVERT;
	assert_int_equal(answer(), CODE_NOT_ALLOWED);
}

/* The body that is remembered is the one that was decided. */
static void old_clients_user_is_no_part_of_its_key(void **state)
{
	uint8_t with_user[DIGEST_LENGTH];

	(void)state;
	http.legacy = true;
	http.idempotency_key = "k";
	http.idempotency_key_count = 1;
	by_public();
	given_body("{" LINE ",\"userId\":77}");
	assert_good();
	memcpy(with_user, command.idempotency_body, DIGEST_LENGTH);
	given_body("{" LINE "}");
	assert_good();
	assert_memory_equal(with_user, command.idempotency_body, DIGEST_LENGTH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(limits_bind_the_public_unless_all, begin, finish),
		cmocka_unit_test_setup_teardown(only_reserves_are_limited, begin, finish),
		cmocka_unit_test_setup_teardown(
			limits_of_a_session_ask_for_its_count, begin, finish),
		cmocka_unit_test_setup_teardown(
			old_client_may_send_a_user_from_the_browser, begin, finish),
		cmocka_unit_test_setup_teardown(old_client_converts_line_by_line, begin, finish),
		cmocka_unit_test_setup_teardown(old_client_is_spared_nothing_else, begin, finish),
		cmocka_unit_test_setup_teardown(
			old_clients_user_is_no_part_of_its_key, begin, finish),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("request policy", tests, NULL, NULL);
}
