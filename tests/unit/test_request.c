/* The gate's checks before any member is read: their order, and who may call which endpoint. */
#include "request_fixture.h"

#include <string.h>

/* Wrong in every way at first; mended one by one, each check speaks in its turn. */
static void checks_come_in_their_order(void **state)
{
	(void)state;
	http.uri = "/api/stock/sell";
	http.method = "PUT";
	http.body_too_large = true;
	by_key("no key of anybody");
	http.content_type = "text/plain";
	given_body("{\"userId\":7,\"ttlSeconds\":1801}");
	assert_int_equal(answer(), CODE_NO_SUCH_ENDPOINT);
	http.uri = RESERVE;
	assert_int_equal(answer(), CODE_METHOD_NOT_ALLOWED);
	http.method = "POST";
	assert_int_equal(answer(), CODE_BODY_TOO_LARGE);
	http.body_too_large = false;
	assert_int_equal(answer(), CODE_UNAUTHORIZED);
	by_key(CRON);
	assert_int_equal(answer(), CODE_NOT_ALLOWED);
	by_public();
	assert_int_equal(answer(), CODE_UNSUPPORTED_MEDIA_TYPE);
	http.content_type = "application/json";
	assert_int_equal(answer(), CODE_INVALID_REQUEST);
	assert_int_equal(refusal.faults.count, 3);
	given_body("{\"variantId\":1,\"quantity\":1,\"sessionId\":\"s\",\"userId\":7}");
	assert_int_equal(answer(), CODE_NOT_ALLOWED);
	given_body("{\"variantId\":1,\"quantity\":1,\"sessionId\":\"s\",\"ttlSeconds\":1801}");
	assert_int_equal(answer(), CODE_NOT_ALLOWED);
	given_body("{\"variantId\":1,\"quantity\":1,\"sessionId\":\"s\"}");
	assert_good();
}

/* Each with a body that is good for anybody who may call it. */
static const struct {
	const char *method, *uri, *body;
	int by_public, by_trusted, by_storefront, by_cron;
} endpoints[] = {
	{"POST", RESERVE, "{\"variantId\":1,\"quantity\":1,\"sessionId\":\"s\"}", GOOD, GOOD, GOOD,
		CODE_NOT_ALLOWED},
	{"POST", CANCEL, "{\"reservationId\":1,\"sessionId\":\"s\"}", GOOD, GOOD, GOOD,
		CODE_NOT_ALLOWED},
	{"POST", CONVERT, "{\"reservationId\":1,\"sessionId\":\"s\"}", CODE_NOT_ALLOWED, GOOD, GOOD,
		CODE_NOT_ALLOWED},
	{"POST", EXTEND, "{\"sessionId\":\"s\"}", GOOD, GOOD, GOOD, CODE_NOT_ALLOWED},
	{"POST", MERGE, "{\"fromSessionId\":\"a\",\"sessionId\":\"s\",\"userId\":1}",
		CODE_NOT_ALLOWED, GOOD, GOOD, CODE_NOT_ALLOWED},
	{"GET", AVAILABILITY "?variantIds=1", "", GOOD, GOOD, GOOD, CODE_NOT_ALLOWED},
	{"GET", LIST, "", GOOD, GOOD, GOOD, CODE_NOT_ALLOWED},
	{"GET", CLEANUP, "", CODE_UNAUTHORIZED, CODE_UNAUTHORIZED, CODE_NOT_ALLOWED, GOOD},
	{"GET", "/health/live", "", GOOD, GOOD, GOOD, GOOD},
	{"GET", READY, "", GOOD, GOOD, GOOD, GOOD},
	{"GET", "/metrics", "", GOOD, GOOD, GOOD, GOOD},
};
#define ENDPOINTS  (sizeof(endpoints) / sizeof(endpoints[0]))
#define CLEANUP_AT 7 /* operators' endpoints come behind it */

static void given_endpoint(size_t i)
{
	http.method = endpoints[i].method;
	http.uri = endpoints[i].uri;
	http.operator_address = true;
	http.session_id = "s";
	http.session_id_count = 1;
	given_body("%s", endpoints[i].body);
}

static void each_caller_may_call_its_endpoints(void **state)
{
	(void)state;
	for (size_t i = 0; i < ENDPOINTS; i++) {
		given_endpoint(i);
		by_public();
		assert_int_equal(answer(), endpoints[i].by_public);
		assert_int_equal(caller, CALLER_PUBLIC);
		by_trusted_way();
		assert_int_equal(answer(), endpoints[i].by_trusted);
		assert_int_equal(caller, CALLER_STOREFRONT);
		by_key(CRON); /* the key says more than the way */
		assert_int_equal(answer(), endpoints[i].by_cron);
		assert_int_equal(caller, CALLER_CRON);
		http.trusted = false;
		assert_int_equal(answer(), endpoints[i].by_cron);
		by_key(STOREFRONT);
		assert_int_equal(answer(), endpoints[i].by_storefront);
		assert_int_equal(caller, CALLER_STOREFRONT);
	}
}

static void wrong_key_is_refused_everywhere(void **state)
{
	static const char *const wrong[] = {"", "the-storefronts-own-ke",
		"the-storefronts-own-key1", "The-storefronts-own-key", " the-storefronts-own-key",
		"the-storefronts-own-key "};

	(void)state;
	for (size_t i = 0; i < ENDPOINTS; i++) {
		given_endpoint(i);
		for (size_t k = 0; k < sizeof(wrong) / sizeof(wrong[0]); k++) {
			by_key(wrong[k]);
			http.trusted = k % 2 == 0;
			assert_int_equal(answer(), CODE_UNAUTHORIZED);
		}
	}
}

static void two_keys_are_refused_everywhere(void **state)
{
	(void)state;
	for (size_t i = 0; i < ENDPOINTS; i++) {
		given_endpoint(i);
		by_key(endpoints[i].by_cron == GOOD ? CRON : STOREFRONT);
		http.api_key_count = 2;
		assert_int_equal(answer(), CODE_UNAUTHORIZED);
	}
}

static void missing_key_closes_what_it_guards(void **state)
{
	(void)state;
	memset(&policy.keyring, 0, sizeof(policy.keyring));
	for (size_t i = 0; i < ENDPOINTS; i++) {
		given_endpoint(i);
		by_key(STOREFRONT);
		assert_int_equal(answer(), CODE_UNAUTHORIZED);
		by_key("");
		assert_int_equal(answer(), CODE_UNAUTHORIZED);
		by_public();
		assert_int_equal(answer(), endpoints[i].by_public);
	}
}

static void operators_endpoints_want_their_address(void **state)
{
	(void)state;
	for (size_t i = CLEANUP_AT + 1; i < ENDPOINTS; i++) {
		given_endpoint(i);
		http.operator_address = false;
		by_public();
		assert_int_equal(answer(), CODE_NOT_ALLOWED);
		by_key(STOREFRONT);
		assert_int_equal(answer(), CODE_NOT_ALLOWED);
		by_key("wrong");
		assert_int_equal(answer(), CODE_UNAUTHORIZED);
	}
}

static void unknown_paths_are_no_endpoints(void **state)
{
	static const char *const paths[] = {"", "/", "/api/stock/reserv", RESERVE "/", "/" RESERVE,
		RESERVE "x", "/API/stock/reserve", "/api/stock/%72eserve", "?" RESERVE,
		"/x?" RESERVE, "api/stock/reserve", "/health", "/health/"};

	(void)state;
	given_endpoint(0);
	by_key("no key of anybody");
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		http.uri = paths[i];
		assert_int_equal(answer(), CODE_NO_SUCH_ENDPOINT);
		assert_int_equal(command.action, ACTION_NONE);
	}
	by_key(STOREFRONT);
	http.uri = RESERVE "?a=/b";
	assert_good();
}

static void other_methods_are_told_which_are_allowed(void **state)
{
	static const char *const methods[] = {
		"", "get", "post", "PUT", "DELETE", "POSTS", "POS", "OPTIONS", "GET, HEAD", ","};

	(void)state;
	for (size_t i = 0; i < ENDPOINTS; i++) {
		given_endpoint(i);
		for (size_t k = 0; k < sizeof(methods) / sizeof(methods[0]); k++) {
			http.method = methods[k];
			assert_int_equal(answer(), CODE_METHOD_NOT_ALLOWED);
			assert_non_null(strstr(refusal.allow, endpoints[i].method));
		}
	}
	given_endpoint(0);
	http.method = "GET";
	assert_int_equal(answer(), CODE_METHOD_NOT_ALLOWED);
	assert_string_equal(refusal.allow, "POST");
	given_endpoint(CLEANUP_AT + 2);
	http.method = "HEAD";
	assert_good();
	http.method = "POST";
	assert_int_equal(answer(), CODE_METHOD_NOT_ALLOWED);
	assert_string_equal(refusal.allow, "GET, HEAD");
}

static void body_is_json(void **state)
{
	static const char *const good[] = {"application/json", "Application/JSON",
		"application/json; charset=utf-8", "application/json;charset=UTF-8",
		"application/json ; charset=utf-8"};
	static const char *const bad[] = {"", "text/plain", "application/jsonp", "application/jso",
		"application/problem+json", "application/json, text/html",
		"application/x-www-form-urlencoded", ";application/json", " "};

	(void)state;
	given_endpoint(0);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		http.content_type = good[i];
		assert_good();
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		http.content_type = bad[i];
		assert_int_equal(answer(), CODE_UNSUPPORTED_MEDIA_TYPE);
	}
	given_endpoint(CLEANUP_AT);
	by_key(CRON);
	assert_good(); /* there is no body to be of a type */
}

static void request_without_its_id_is_our_failure(void **state)
{
	static const char *const ids[] = {"", "0", REQUEST "0"};

	(void)state;
	given_endpoint(0);
	for (size_t i = 0; i < 3; i++) {
		http.request_id = ids[i];
		assert_int_equal(answer(), CODE_INTERNAL_ERROR);
		assert_string_equal(command.request_id, "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(checks_come_in_their_order, begin, finish),
		cmocka_unit_test_setup_teardown(each_caller_may_call_its_endpoints, begin, finish),
		cmocka_unit_test_setup_teardown(wrong_key_is_refused_everywhere, begin, finish),
		cmocka_unit_test_setup_teardown(two_keys_are_refused_everywhere, begin, finish),
		cmocka_unit_test_setup_teardown(missing_key_closes_what_it_guards, begin, finish),
		cmocka_unit_test_setup_teardown(
			operators_endpoints_want_their_address, begin, finish),
		cmocka_unit_test_setup_teardown(unknown_paths_are_no_endpoints, begin, finish),
		cmocka_unit_test_setup_teardown(
			other_methods_are_told_which_are_allowed, begin, finish),
		cmocka_unit_test_setup_teardown(body_is_json, begin, finish),
		cmocka_unit_test_setup_teardown(
			request_without_its_id_is_our_failure, begin, finish),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
