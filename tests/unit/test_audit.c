/* What the access log is told: who did what, which holds it changed, and no credential. */
#include "response_fixture.h"

#include <stdio.h>
#include <string.h>

static void assert_no_header(const char *name)
{
	if (header(name) != NULL)
		fail_msg("%s: %s", name, header(name));
}

static void success_tells_what_was_changed(void **state)
{
	(void)state;
	came_to(CODE_RESERVED, true);
	line(CODE_RESERVED, true, 5);
	snprintf(command.order_id, sizeof(command.order_id), "%s", "order-17");
	command.user_id = INT64_MAX;
	decided(ACTION_RESERVE, 12);
	assert_header("X-Stok-Caller", "storefront");
	assert_header("X-Stok-Action", "reserve");
	assert_header("X-Stok-Outcome", "reserved");
	assert_header("X-Stok-Reservation-Ids", "5");
	assert_header("X-Stok-Lines", "45:3");
	assert_header("X-Stok-Order-Id", "order-17");
	assert_header("X-Stok-User-Id", "9223372036854775807");
	assert_header("X-Stok-Swept", "12");
}

static void what_was_not_given_is_not_told(void **state)
{
	(void)state;
	came_to(CODE_RESERVED, true);
	line(CODE_RESERVED, true, 5);
	command.session_id[0] = '\0';
	decided(ACTION_RESERVE, 0);
	assert_no_header("X-Stok-Order-Id");
	assert_no_header("X-Stok-User-Id");
	assert_no_header("X-Stok-Session");
	assert_no_header("X-Stok-Swept");
}

/* Only lines that this very request changed. */
static void convert_tells_changed_lines_only(void **state)
{
	(void)state;
	came_to(CODE_CONVERTED, true);
	line(CODE_ALREADY_CONVERTED, true, 1);
	line(CODE_CONVERTED, true, 2);
	line(CODE_DUPLICATE, true, 2);
	line(CODE_NOT_FOUND, false, 3)->variant_id = 0;
	line(CODE_REVIVED, true, 4);
	line(CODE_LATE_SHORT, false, 5);
	line(CODE_STOCK_SHORT, false, 6);
	line(CODE_CONVERTED_FOR_OTHER_ORDER, false, 7);
	line(CODE_RESERVATION_CANCELLED, false, 8);
	decided(ACTION_CONVERT, 0);
	assert_header("X-Stok-Reservation-Ids", "2 4");
	assert_header("X-Stok-Lines", "42:3 44:3");
}

static void cancel_tells_released_lines_only(void **state)
{
	(void)state;
	came_to(CODE_CANCELLED, true);
	command.list = true;
	line(CODE_CANCELLED, true, 1)->reason = REASON_EXPIRED;
	line(CODE_ALREADY_CONVERTED, true, 2);
	line(CODE_CANCELLED, true, 3)->released = 3;
	line(CODE_NOT_FOUND, false, 4);
	decided(ACTION_CANCEL, 1);
	assert_header("X-Stok-Reservation-Ids", "3");
	assert_header("X-Stok-Lines", "43:3");
	assert_header("X-Stok-Swept", "1");
}

static void nothing_changed_names_no_hold(void **state)
{
	(void)state;
	came_to(CODE_CONVERTED, true);
	line(CODE_ALREADY_CONVERTED, true, 1);
	command.lines[0].reservation_id = 1;
	command.line_count = 1;
	decided(ACTION_CONVERT, 0);
	assert_header("X-Stok-Outcome", "already_converted");
	assert_no_header("X-Stok-Reservation-Ids");
	assert_no_header("X-Stok-Lines");
	outcome.lines[0].code = CODE_CANCELLED;
	decided(ACTION_CANCEL, 0);
	assert_no_header("X-Stok-Reservation-Ids");
	assert_no_header("X-Stok-Lines");
}

static void single_success_is_named_by_its_line(void **state)
{
	(void)state;
	came_to(CODE_CONVERTED, true);
	line(CODE_REVIVED, true, 1);
	decided(ACTION_CONVERT, 0);
	assert_header("X-Stok-Outcome", "revived");
}

/* Log and table join by it: the row that was replaced has this request's id, too. */
static void cart_tells_what_it_replaced(void **state)
{
	(void)state;
	came_to(CODE_RESERVED, true);
	line(CODE_RESERVED, true, 5);
	line(CODE_RESERVED, true, 6)->replaced_id = 3;
	line(CODE_RESERVED, true, 7)->replaced_id = INT64_MAX;
	command.list = true;
	decided(ACTION_RESERVE, 0);
	assert_header("X-Stok-Reservation-Ids", "5 6 7");
	assert_header("X-Stok-Lines", "45:3 46:3 47:3");
	assert_header("X-Stok-Replaced", "3 9223372036854775807");
	outcome.lines[1].replaced_id = outcome.lines[2].replaced_id = 0;
	decided(ACTION_RESERVE, 0);
	assert_no_header("X-Stok-Replaced");
}

static void replay_is_marked(void **state)
{
	(void)state;
	came_to(CODE_RESERVED, true);
	line(CODE_RESERVED, true, 5);
	decided(ACTION_RESERVE, 0);
	assert_no_header("X-Stok-Replay");
	outcome.replay = true;
	decided(ACTION_RESERVE, 0);
	assert_header("X-Stok-Replay", "true");
	assert_header("X-Stok-Reservation-Ids", "5");
}

/* A refused cart replaced nothing: its hold to be replaced is no hold that it changed. */
static void refused_cart_tells_its_lines_only(void **state)
{
	(void)state;
	command.line_count = 1;
	command.lines[0] =
		(struct command_line){.variant_id = 7, .quantity = 2, .reservation_id = 9};
	came_to(CODE_LIMIT_REACHED, false);
	outcome.limit = LIMIT_UNITS;
	decided(ACTION_RESERVE, 0);
	assert_header("X-Stok-Outcome", "limit_reached");
	assert_header("X-Stok-Lines", "7:2");
	assert_no_header("X-Stok-Reservation-Ids");
	assert_no_header("X-Stok-Replaced");
}

static void extend_tells_extended_lines_only(void **state)
{
	(void)state;
	came_to(CODE_EXTENDED, true);
	line(CODE_EXTENDED, true, 1);
	line(CODE_DUPLICATE, true, 1);
	line(CODE_ALREADY_CONVERTED, true, 2);
	line(CODE_RESERVATION_EXPIRED, false, 3);
	line(CODE_NOT_FOUND, false, 4)->variant_id = 0;
	line(CODE_EXTENDED, true, 5);
	decided(ACTION_EXTEND, 0);
	assert_header("X-Stok-Action", "extend");
	assert_header("X-Stok-Outcome", "extended");
	assert_header("X-Stok-Reservation-Ids", "1 5");
	assert_header("X-Stok-Lines", "41:3 45:3");
	assert_no_header("X-Stok-From-Session");
}

/* From which session to which, each as the log knows it. */
static void merge_tells_both_sessions(void **state)
{
	char to[33], from[33];

	(void)state;
	came_to(CODE_MERGED, true);
	line(CODE_MERGED, true, 5);
	line(CODE_MERGED, true, 6);
	command.user_id = 77;
	snprintf(command.from_session_id, sizeof(command.from_session_id), "%s", "of-a-guest");
	decided(ACTION_MERGE, 0);
	assert_header("X-Stok-Action", "merge");
	assert_header("X-Stok-Outcome", "merged");
	assert_header("X-Stok-Reservation-Ids", "5 6");
	assert_header("X-Stok-User-Id", "77");
	memcpy(to, header("X-Stok-Session"), 33);
	memcpy(from, header("X-Stok-From-Session"), 33);
	assert_int_equal(strspn(from, "0123456789abcdef"), 32);
	assert_string_not_equal(to, from);
	assert_null(strstr(response.head.bytes, "of-a-guest"));
	assert_null(strstr(response.body.bytes, "of-a-guest"));
	snprintf(command.session_id, sizeof(command.session_id), "%s", "of-a-guest");
	decided(ACTION_MERGE, 0);
	assert_header("X-Stok-Session", from);
}

/* Who reads changes nothing: no hold stands there as his. */
static void reads_name_no_holds(void **state)
{
	(void)state;
	command.line_count = 2;
	command.lines[0].variant_id = 1;
	command.lines[1].variant_id = 2;
	came_to(CODE_AVAILABILITY, true);
	line(CODE_AVAILABILITY, true, 0);
	decided(ACTION_AVAILABILITY, 0);
	assert_header("X-Stok-Action", "availability");
	assert_header("X-Stok-Outcome", "availability");
	assert_no_header("X-Stok-Reservation-Ids");
	assert_no_header("X-Stok-Lines");
	failed(CODE_DATABASE_UNAVAILABLE);
	assert_no_header("X-Stok-Lines");
	assert_no_header("X-Stok-Reservation-Ids");
	command.line_count = 0;
	came_to(CODE_LISTED, true);
	line(CODE_LISTED, true, 5);
	decided(ACTION_LIST, 0);
	assert_header("X-Stok-Action", "list");
	assert_header("X-Stok-Outcome", "listed");
	assert_no_header("X-Stok-Reservation-Ids");
	assert_no_header("X-Stok-Lines");
	assert_non_null(header("X-Stok-Session"));
}

static void refusal_tells_what_was_asked(void **state)
{
	(void)state;
	command.line_count = 2;
	command.lines[0] = (struct command_line){.variant_id = 7, .quantity = 2};
	command.lines[1] = (struct command_line){.variant_id = INT64_MAX, .quantity = 1000000};
	came_to(CODE_INSUFFICIENT_STOCK, false);
	line(CODE_INSUFFICIENT_STOCK, false, 0);
	decided(ACTION_RESERVE, 3);
	assert_header("X-Stok-Outcome", "insufficient_stock");
	assert_header("X-Stok-Lines", "7:2 9223372036854775807:1000000");
	assert_header("X-Stok-Swept", "3"); /* stays swept */
	assert_no_header("X-Stok-Reservation-Ids");
	command.lines[0].reservation_id = 9;
	command.lines[1].reservation_id = 8;
	came_to(CODE_LATE_SHORT, false);
	decided(ACTION_CONVERT, 0);
	assert_header("X-Stok-Reservation-Ids", "9 8");
	assert_no_header("X-Stok-Lines");
}

static void failure_tells_what_was_asked(void **state)
{
	(void)state;
	command.action = ACTION_CANCEL;
	command.line_count = 1;
	command.lines[0].reservation_id = 9;
	failed(CODE_DATABASE_UNAVAILABLE);
	assert_header("X-Stok-Action", "cancel");
	assert_header("X-Stok-Outcome", "database_unavailable");
	assert_header("X-Stok-Reservation-Ids", "9");
}

static void refusal_at_the_gate_names_no_lines(void **state)
{
	(void)state;
	command.action = ACTION_CONVERT;
	command.lines[0].reservation_id = 9; /* of no meaning: there is no line */
	refused(CODE_INVALID_REQUEST);
	assert_header("X-Stok-Outcome", "invalid_request");
	assert_no_header("X-Stok-Reservation-Ids");
	assert_no_header("X-Stok-Lines");
	assert_no_header("X-Stok-Swept");
}

/* The hash of a session, as 16 bytes in hexadecimal. */
static void hash_of(const char *session, const char *key, char *hash)
{
	response_init(&response, (const uint8_t *)key, strlen(key));
	snprintf(command.session_id, sizeof(command.session_id), "%s", session);
	refused(CODE_INVALID_REQUEST);
	refused(CODE_INVALID_REQUEST); /* the second is as the first */
	assert_non_null(header("X-Stok-Session"));
	assert_int_equal(strlen(header("X-Stok-Session")), 32);
	assert_int_equal(strspn(header("X-Stok-Session"), "0123456789abcdef"), 32);
	memcpy(hash, header("X-Stok-Session"), 33);
}

static void session_is_hashed_with_the_key(void **state)
{
	char hash[33], other[33];

	(void)state;
	/* RFC 4231, test case 2, cut to 16 bytes. */
	hash_of("what do ya want for nothing?", "Jefe", hash);
	assert_string_equal(hash, "5bdcc146bf60754e6a042426089575c7");
	hash_of("what do ya want for nothing!", "Jefe", other);
	assert_string_not_equal(hash, other);
	hash_of("what do ya want for nothing?", "Jeff", other);
	assert_string_not_equal(hash, other);
	hash_of("what do ya want for nothing?", "Jefe", other);
	assert_string_equal(hash, other);
}

static void session_stands_nowhere(void **state)
{
	(void)state;
	came_to(CODE_CANCELLED, true);
	line(CODE_CANCELLED, true, 3)->released = 3;
	decided(ACTION_CANCEL, 0);
	assert_null(strstr(response.head.bytes, SESSION));
	assert_null(strstr(response.body.bytes, SESSION));
	assert_non_null(header("X-Stok-Session"));
	refused(CODE_NOT_ALLOWED);
	assert_null(strstr(response.head.bytes, SESSION));
	assert_null(strstr(response.body.bytes, SESSION));
}

static void every_caller_and_action_has_its_word(void **state)
{
	static const char *const callers[] = {"public", "storefront", "cron"};
	static char memory[1024];
	struct text head;
	char expected[64];

	(void)state;
	text_init(&head, memory, sizeof(memory));
	for (int i = 0; i < 3; i++) {
		text_clear(&head);
		command.action = ACTION_CONVERT;
		audit_headers(&response.audit, &head, &command, (enum caller)i, CODE_UNAUTHORIZED,
			NULL, 0);
		snprintf(expected, sizeof(expected), "X-Stok-Caller: %s\r\n", callers[i]);
		assert_non_null(strstr(head.bytes, expected));
		assert_non_null(strstr(head.bytes, "X-Stok-Action: convert\r\n"));
		assert_non_null(strstr(head.bytes, "X-Stok-Outcome: unauthorized\r\n"));
	}
	came_to(CODE_CLEANED, true);
	decided(ACTION_CLEANUP, 5);
	assert_header("X-Stok-Action", "cleanup");
	assert_header("X-Stok-Outcome", "cleaned");
	assert_header("X-Stok-Swept", "5");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(success_tells_what_was_changed, begin, finish),
		cmocka_unit_test_setup_teardown(what_was_not_given_is_not_told, begin, finish),
		cmocka_unit_test_setup_teardown(convert_tells_changed_lines_only, begin, finish),
		cmocka_unit_test_setup_teardown(cancel_tells_released_lines_only, begin, finish),
		cmocka_unit_test_setup_teardown(nothing_changed_names_no_hold, begin, finish),
		cmocka_unit_test_setup_teardown(single_success_is_named_by_its_line, begin, finish),
		cmocka_unit_test_setup_teardown(cart_tells_what_it_replaced, begin, finish),
		cmocka_unit_test_setup_teardown(replay_is_marked, begin, finish),
		cmocka_unit_test_setup_teardown(refused_cart_tells_its_lines_only, begin, finish),
		cmocka_unit_test_setup_teardown(extend_tells_extended_lines_only, begin, finish),
		cmocka_unit_test_setup_teardown(merge_tells_both_sessions, begin, finish),
		cmocka_unit_test_setup_teardown(reads_name_no_holds, begin, finish),
		cmocka_unit_test_setup_teardown(refusal_tells_what_was_asked, begin, finish),
		cmocka_unit_test_setup_teardown(failure_tells_what_was_asked, begin, finish),
		cmocka_unit_test_setup_teardown(refusal_at_the_gate_names_no_lines, begin, finish),
		cmocka_unit_test_setup_teardown(session_is_hashed_with_the_key, begin, finish),
		cmocka_unit_test_setup_teardown(session_stands_nowhere, begin, finish),
		cmocka_unit_test_setup_teardown(
			every_caller_and_action_has_its_word, begin, finish),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
