/* What all answers share: refusals and failures, headers, languages, and room for the longest. */
#include "response_fixture.h"

#include <stdio.h>
#include <string.h>

#define HEAD_ROOM 512 /* of 16k: what nginx and FastCGI add to the headers */

static void refusal_is_a_problem(void **state)
{
	static const enum code codes[] = {CODE_UNAUTHORIZED, CODE_NOT_ALLOWED,
		CODE_NO_SUCH_ENDPOINT, CODE_METHOD_NOT_ALLOWED, CODE_BODY_TOO_LARGE,
		CODE_UNSUPPORTED_MEDIA_TYPE};

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		refusal.allow = "GET, HEAD";
		refused(codes[i]);
		assert_problem(codes[i]);
		assert_null(header("Retry-After"));
		assert_absent(body, "errors");
		if (codes[i] == CODE_METHOD_NOT_ALLOWED)
			assert_header("Allow", "GET, HEAD");
		else
			assert_null(header("Allow"));
		assert_int_equal(header("WWW-Authenticate") != NULL, codes[i] == CODE_UNAUTHORIZED);
	}
}

static void failure_says_when_to_come_back(void **state)
{
	static const enum code codes[] = {
		CODE_BUSY, CODE_DATABASE_UNAVAILABLE, CODE_INTERNAL_ERROR};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		failed(codes[i]);
		assert_problem(codes[i]);
		assert_non_null(header("Retry-After"));
		assert_true(strspn(header("Retry-After"), "0123456789") ==
			    strlen(header("Retry-After")));
		assert_string_not_equal(header("Retry-After"), "0");
	}
	refused(CODE_INTERNAL_ERROR);
	assert_problem(CODE_INTERNAL_ERROR);
	assert_non_null(header("Retry-After"));
}

static void all_faults_are_told_with_their_places(void **state)
{
	(void)state;
	faults_add_range(&refusal.faults, FAULT_RANGE, "/items/3/quantity", 1, 1000000);
	faults_add(&refusal.faults, FAULT_DUPLICATE_MEMBER, "/\"a\\b");
	faults_add_header(&refusal.faults, FAULT_REPEATED_HEADER, "Idempotency-Key", 0);
	faults_add(&refusal.faults, FAULT_SYNTAX, "");
	refused(CODE_INVALID_REQUEST);
	assert_problem(CODE_INVALID_REQUEST);
	assert_number(body, "status", 400);
	assert_string(element("errors", 0, 4), "pointer", "/items/3/quantity");
	assert_string(element("errors", 0, 4), "detail", "must be between 1 and 1000000");
	assert_absent(element("errors", 0, 4), "header");
	assert_string(element("errors", 1, 4), "pointer", "/\"a\\b");
	assert_string(element("errors", 2, 4), "header", "Idempotency-Key");
	assert_absent(element("errors", 2, 4), "pointer");
	assert_string(element("errors", 3, 4), "pointer", "");
	/* Who sees one text only, sees the first. */
	assert_string(body, "detail", "/items/3/quantity must be between 1 and 1000000");
}

static void fault_of_the_whole_body_has_a_subject(void **state)
{
	(void)state;
	faults_add(&refusal.faults, FAULT_SYNTAX, "");
	refused(CODE_INVALID_REQUEST);
	assert_string(body, "detail", "The body is not valid JSON");
	language = LANGUAGE_TURKISH;
	refused(CODE_INVALID_REQUEST);
	assert_problem(CODE_INVALID_REQUEST);
	assert_non_null(strstr(
		json_object_get_string(member(body, "detail", json_type_string)), "gövdesi"));
}

static void people_are_answered_in_their_language(void **state)
{
	(void)state;
	came_to(CODE_RESERVED, true);
	line(CODE_RESERVED, true, 1);
	decided(ACTION_RESERVE, 0);
	assert_string(body, "message", code_message(CODE_RESERVED, LANGUAGE_ENGLISH));
	language = LANGUAGE_TURKISH;
	decided(ACTION_RESERVE, 0);
	assert_string(body, "message", code_message(CODE_RESERVED, LANGUAGE_TURKISH));
	assert_string(body, "status", "ACTIVE"); /* for programs */
	failed(CODE_BUSY);
	assert_problem(CODE_BUSY);
	assert_string(body, "message", code_message(CODE_BUSY, LANGUAGE_TURKISH));
	came_to(CODE_CONVERTED, true);
	decided(ACTION_CONVERT, 0);
	assert_string(
		element("details", 0, 1), "message", code_message(CODE_RESERVED, LANGUAGE_TURKISH));
}

/* The answer to one never holds anything of the answer to another. */
static void answers_do_not_mix(void **state)
{
	(void)state;
	faults_add(&refusal.faults, FAULT_SYNTAX, "/of-another");
	snprintf(command.order_id, sizeof(command.order_id), "%s", "of-another");
	refused(CODE_INVALID_REQUEST);
	memset(&refusal, 0, sizeof(refusal));
	command.order_id[0] = '\0';
	command.session_id[0] = '\0';
	refused(CODE_UNAUTHORIZED);
	assert_null(strstr(response.head.bytes, "of-another"));
	assert_null(strstr(response.body.bytes, "of-another"));
	assert_null(header("X-Stok-Session"));
	assert_absent(body, "errors");
}

static void metrics_are_plain_text(void **state)
{
	struct addressee to = {.command = &command, .language = language};

	(void)state;
	command.action = ACTION_METRICS;
	refused(CODE_UNAUTHORIZED);
	response_begin_text(&response, &to);
	assert_header("Status", "200 OK");
	assert_memory_equal(header("Content-Type"), "text/plain", strlen("text/plain"));
	assert_header("Cache-Control", "no-store");
	assert_int_equal(response.body.length, 0);
}

/* room */

static void given_longest_command(void)
{
	memset(command.session_id, '~', SESSION_ID_MAX);
	memset(command.from_session_id, '~', SESSION_ID_MAX);
	memset(command.order_id, '"', ORDER_ID_MAX);
	command.user_id = ID_MAX;
	command.list = true;
	command.line_count = LINES_MAX;
	for (uint32_t i = 0; i < LINES_MAX; i++)
		command.lines[i] = (struct command_line){
			.variant_id = ID_MAX, .reservation_id = ID_MAX, .quantity = QUANTITY_MAX};
}

static void given_longest_lines(enum code code)
{
	outcome.line_count = 0;
	for (uint32_t i = 0; i < LINES_MAX; i++) {
		struct outcome_line *added = line(code, true, ID_MAX);

		added->variant_id = ID_MAX;
		added->quantity = QUANTITY_MAX;
		added->released = QUANTITY_MAX;
		added->replaced_id = ID_MAX;
		added->requested = INT64_C(100) * QUANTITY_MAX;
		added->available = INT64_MAX;
		added->stock = INT64_MAX;
		added->retry_at_ms = NOW + 7200 * 1000;
		added->expires_at_ms = NOW + 7200 * 1000;
		added->reason = REASON_CUSTOMER;
		added->status = HOLD_CANCELLED;
	}
}

static void assert_fits(void)
{
	assert_true(response.head.length <= sizeof(response.head_memory) - HEAD_ROOM);
	assert_true(response.body.length < sizeof(response.body_memory));
}

static void longest_answers_fit(void **state)
{
	(void)state;
	language = LANGUAGE_TURKISH;
	given_longest_command();
	came_to(CODE_CONVERTED, true);
	given_longest_lines(CODE_REVIVED);
	decided(ACTION_CONVERT, INT32_MAX);
	assert_non_null(header("X-Stok-Reservation-Ids"));
	assert_int_equal(strlen(header("X-Stok-Reservation-Ids")), 100 * 20 - 1);
	assert_int_equal(strlen(header("X-Stok-Lines")), 100 * (20 + 1 + 7) - 1);
	assert_fits();
	came_to(CODE_INSUFFICIENT_STOCK, false);
	given_longest_lines(CODE_STOCK_SHORT);
	decided(ACTION_CONVERT, INT32_MAX);
	assert_fits();
	came_to(CODE_CANCELLED, true);
	given_longest_lines(CODE_CANCELLED);
	decided(ACTION_CANCEL, INT32_MAX);
	assert_fits();
	came_to(CODE_RESERVED, true);
	given_longest_lines(CODE_RESERVED);
	outcome.replay = true;
	decided(ACTION_RESERVE, INT32_MAX);
	assert_int_equal(strlen(header("X-Stok-Replaced")), 100 * 20 - 1);
	assert_fits();
	came_to(CODE_EXTENDED, true);
	given_longest_lines(CODE_EXTENDED);
	decided(ACTION_EXTEND, INT32_MAX);
	assert_fits();
	came_to(CODE_MERGED, true);
	given_longest_lines(CODE_MERGED);
	decided(ACTION_MERGE, INT32_MAX);
	assert_fits();
	came_to(CODE_INSUFFICIENT_STOCK, false);
	given_longest_lines(CODE_INSUFFICIENT_STOCK);
	decided(ACTION_RESERVE, INT32_MAX);
	assert_fits();
	assert_int_equal(strlen(header("X-Stok-Lines")), 100 * (20 + 1 + 7) - 1);
}

/* A client chooses the names of duplicate members, and each of their characters may be escaped. */
static void longest_list_of_faults_fits(void **state)
{
	char pointer[FAULT_WHERE_MAX];

	(void)state;
	language = LANGUAGE_TURKISH;
	memset(pointer, '"', sizeof(pointer) - 1);
	pointer[sizeof(pointer) - 1] = '\0';
	for (uint32_t i = 0; i < FAULTS_MAX; i++)
		faults_add(&refusal.faults, FAULT_DUPLICATE_MEMBER, pointer);
	refused(CODE_INVALID_REQUEST);
	assert_string(element("errors", FAULTS_MAX - 1, FAULTS_MAX), "pointer", pointer);
	assert_fits();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(refusal_is_a_problem, begin, finish),
		cmocka_unit_test_setup_teardown(failure_says_when_to_come_back, begin, finish),
		cmocka_unit_test_setup_teardown(
			all_faults_are_told_with_their_places, begin, finish),
		cmocka_unit_test_setup_teardown(
			fault_of_the_whole_body_has_a_subject, begin, finish),
		cmocka_unit_test_setup_teardown(
			people_are_answered_in_their_language, begin, finish),
		cmocka_unit_test_setup_teardown(answers_do_not_mix, begin, finish),
		cmocka_unit_test_setup_teardown(metrics_are_plain_text, begin, finish),
		cmocka_unit_test_setup_teardown(longest_answers_fit, begin, finish),
		cmocka_unit_test_setup_teardown(longest_list_of_faults_fits, begin, finish),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("response head", tests, NULL, NULL);
}
