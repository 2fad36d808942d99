/* The bodies of extend and merge-session: ids or a whole session, and who must name which. */
#include "request_fixture.h"

#include <stdio.h>
#include <string.h>

static void assert_one_fault(const char *where, enum fault_kind kind)
{
	assert_faults(1);
	assert_fault(where, kind);
}

/* extend */

static void ids_are_extended_one_by_one(void **state)
{
	(void)state;
	http.uri = EXTEND;
	given_body("{\"reservationIds\":[9,\"8\"],\"sessionId\":\"s\",\"ttlSeconds\":\"60\"}");
	assert_good();
	assert_int_equal(command.action, ACTION_EXTEND);
	assert_false(command.whole_session);
	assert_true(command.list);
	assert_int_equal(command.line_count, 2);
	assert_int_equal(command.lines[0].reservation_id, 9);
	assert_int_equal(command.lines[1].reservation_id, 8);
	assert_int_equal(command.ttl_ms, 60000);
	assert_string_equal(command.session_id, "s");
	given_body("{\"reservationId\":9}");
	assert_good();
	assert_false(command.whole_session);
	assert_int_equal(command.line_count, 1);
	assert_int_equal(command.ttl_ms, HOLD_MS);
}

static void session_alone_is_all_of_it(void **state)
{
	(void)state;
	http.uri = EXTEND;
	given_body("{\"sessionId\":\"s\"}");
	assert_good();
	assert_true(command.whole_session);
	assert_int_equal(command.line_count, 0);
	assert_int_equal(command.ttl_ms, HOLD_MS);
	by_public();
	assert_good();
	assert_true(command.whole_session);
	/* Of the request before nothing is left. */
	given_body("{\"reservationIds\":[9],\"sessionId\":\"s\"}");
	assert_good();
	assert_false(command.whole_session);
}

/* Ids without a session the storefront may name; nothing at all nobody may. */
static void who_names_no_id_names_a_session(void **state)
{
	(void)state;
	http.uri = EXTEND;
	given_body("{}");
	assert_one_fault("/sessionId", FAULT_REQUIRED);
	given_body("{\"ttlSeconds\":60}");
	assert_one_fault("/sessionId", FAULT_REQUIRED);
	given_body("{\"reservationIds\":[9]}");
	assert_good();
	by_public();
	assert_one_fault("/sessionId", FAULT_REQUIRED);
	given_body("{}");
	assert_one_fault("/sessionId", FAULT_REQUIRED);
}

static void extend_has_the_faults_of_its_members(void **state)
{
	static const struct {
		const char *body, *where;
		enum fault_kind kind;
	} wrong[] = {
		{"{\"reservationIds\":null}", "/reservationIds", FAULT_NOT_LIST},
		{"{\"reservationIds\":[]}", "/reservationIds", FAULT_LIST_LENGTH},
		{"{\"reservationIds\":[1,0]}", "/reservationIds/1", FAULT_RANGE},
		{"{\"reservationId\":null}", "/reservationId", FAULT_NOT_INTEGER},
		{"{\"reservationId\":1,\"reservationIds\":[1]}", "/reservationIds",
			FAULT_EXCLUSIVE},
		{"{\"sessionId\":null}", "/sessionId", FAULT_NOT_STRING},
		{"{\"sessionId\":\"\"}", "/sessionId", FAULT_LENGTH},
		{"{\"sessionId\":\"a b\"}", "/sessionId", FAULT_CHARACTERS},
		{"{\"sessionId\":\"s\",\"ttlSeconds\":0}", "/ttlSeconds", FAULT_RANGE},
		{"{\"sessionId\":\"s\",\"ttlSeconds\":7201}", "/ttlSeconds", FAULT_RANGE},
		{"{\"sessionId\":\"s\",\"ttlSeconds\":null}", "/ttlSeconds", FAULT_NOT_INTEGER},
	};

	(void)state;
	http.uri = EXTEND;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		given_body("%s", wrong[i].body);
		assert_one_fault(wrong[i].where, wrong[i].kind);
	}
}

static void public_extends_for_no_longer_than_a_new_hold(void **state)
{
	(void)state;
	http.uri = EXTEND;
	given_body("{\"sessionId\":\"s\",\"ttlSeconds\":7200}");
	assert_good();
	assert_int_equal(command.ttl_ms, 7200 * 1000);
	by_public();
	assert_int_equal(answer(), CODE_NOT_ALLOWED);
	given_body("{\"sessionId\":\"s\",\"ttlSeconds\":1801}");
	assert_int_equal(answer(), CODE_NOT_ALLOWED);
	given_body("{\"sessionId\":\"s\",\"ttlSeconds\":1800}");
	assert_good();
}

/* merge */

static void merge_names_both_sessions_and_the_user(void **state)
{
	(void)state;
	http.uri = MERGE;
	given_body("{\"fromSessionId\":\"guest\",\"sessionId\":\"s\",\"userId\":\"77\"}");
	assert_good();
	assert_int_equal(command.action, ACTION_MERGE);
	assert_true(command.whole_session);
	assert_int_equal(command.line_count, 0);
	assert_string_equal(command.from_session_id, "guest");
	assert_string_equal(command.session_id, "s");
	assert_int_equal(command.user_id, 77);
	given_body("{\"fromSessionId\":\"s\",\"sessionId\":\"s\",\"userId\":77}");
	assert_good(); /* only sets the user */
	http.uri = RESERVE;
	given_body("{\"variantId\":3,\"quantity\":2,\"sessionId\":\"s\"}");
	assert_good();
	assert_string_equal(command.from_session_id, "");
	assert_false(command.whole_session);
}

static void merge_has_all_faults_told(void **state)
{
	(void)state;
	http.uri = MERGE;
	given_body("{}");
	assert_faults(3);
	assert_fault("/fromSessionId", FAULT_REQUIRED);
	assert_fault("/sessionId", FAULT_REQUIRED);
	assert_fault("/userId", FAULT_REQUIRED);
	given_body("{\"fromSessionId\":null,\"sessionId\":null,\"userId\":null}");
	assert_faults(3);
	assert_fault("/fromSessionId", FAULT_NOT_STRING);
	assert_fault("/sessionId", FAULT_NOT_STRING);
	assert_fault("/userId", FAULT_NOT_INTEGER);
	given_body("{\"fromSessionId\":\"%0129d\",\"sessionId\":\"\xc3\xbc\",\"userId\":0}", 0);
	assert_faults(3);
	assert_bounds("/fromSessionId", FAULT_LENGTH, 1, 128);
	assert_fault("/sessionId", FAULT_CHARACTERS);
	assert_bounds("/userId", FAULT_RANGE, 1, INT64_MAX);
}

static void longest_sessions_are_read(void **state)
{
	(void)state;
	http.uri = MERGE;
	given_body("{\"fromSessionId\":\"%0128d\",\"sessionId\":\"%0128d\",\"userId\":1}", 1, 2);
	assert_good();
	assert_int_equal(strlen(command.from_session_id), 128);
	assert_int_equal(command.from_session_id[127], '1');
	assert_int_equal(strlen(command.session_id), 128);
	assert_int_equal(command.session_id[127], '2');
}

/* Login is the shop's to vouch for. */
static void merge_is_the_storefronts_only(void **state)
{
	(void)state;
	http.uri = MERGE;
	given_body("{\"fromSessionId\":\"guest\",\"sessionId\":\"s\",\"userId\":77}");
	by_public();
	assert_int_equal(answer(), CODE_NOT_ALLOWED);
	http.legacy = true; /* whose userId is otherwise passed over */
	assert_int_equal(answer(), CODE_NOT_ALLOWED);
	http.legacy = false;
	by_key(CRON);
	assert_int_equal(answer(), CODE_NOT_ALLOWED);
	by_trusted_way();
	assert_good();
	given_body("{}"); /* which nobody else comes so far as to be told */
	assert_faults(3);
	by_public();
	assert_int_equal(answer(), CODE_NOT_ALLOWED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(ids_are_extended_one_by_one, begin, finish),
		cmocka_unit_test_setup_teardown(session_alone_is_all_of_it, begin, finish),
		cmocka_unit_test_setup_teardown(who_names_no_id_names_a_session, begin, finish),
		cmocka_unit_test_setup_teardown(
			extend_has_the_faults_of_its_members, begin, finish),
		cmocka_unit_test_setup_teardown(
			public_extends_for_no_longer_than_a_new_hold, begin, finish),
		cmocka_unit_test_setup_teardown(
			merge_names_both_sessions_and_the_user, begin, finish),
		cmocka_unit_test_setup_teardown(merge_has_all_faults_told, begin, finish),
		cmocka_unit_test_setup_teardown(longest_sessions_are_read, begin, finish),
		cmocka_unit_test_setup_teardown(merge_is_the_storefronts_only, begin, finish),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("body of sessions", tests, NULL, NULL);
}
