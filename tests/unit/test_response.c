/* What is answered to what was decided: the members of each kind of answer, and its times. */
#include "response_fixture.h"

#include <stdio.h>
#include <string.h>

/* reserve */

static void hold_is_told_with_its_time(void **state)
{
	struct outcome_line *hold;

	(void)state;
	came_to(CODE_RESERVED, true);
	hold = line(CODE_RESERVED, true, INT64_MAX);
	hold->variant_id = INT64_MAX - 1;
	hold->quantity = 1000000;
	hold->expires_at_ms = NOW + 30 * 60 * 1000;
	decided(ACTION_RESERVE, 0);
	assert_success("201 Created");
	assert_number(body, "reservationId", INT64_MAX);
	assert_number(body, "variantId", INT64_MAX - 1);
	assert_number(body, "quantity", 1000000);
	assert_string(body, "status", "ACTIVE");
	assert_string(body, "expiresAt", "2025-11-22T16:30:00.123Z");
	assert_number(body, "expiresInSeconds", 1800);
	assert_string(body, "serverTime", "2025-11-22T16:00:00.123Z");
}

static void time_left_is_rounded_down(void **state)
{
	static const int64_t left_ms[] = {1799999, 1000, 999, 1, 0, -1, -5000};
	static const int64_t seconds[] = {1799, 1, 0, 0, 0, 0, 0};

	(void)state;
	came_to(CODE_RESERVED, true);
	line(CODE_RESERVED, true, 1);
	for (size_t i = 0; i < sizeof(left_ms) / sizeof(left_ms[0]); i++) {
		outcome.lines[0].expires_at_ms = NOW + left_ms[i];
		decided(ACTION_RESERVE, 0);
		assert_number(body, "expiresInSeconds", seconds[i]);
	}
}

static void given_shortage(int64_t requested, int64_t available, int64_t retry_at_ms)
{
	struct outcome_line *added = line(CODE_INSUFFICIENT_STOCK, false, outcome.line_count + 1);

	added->reservation_id = 0;
	added->requested = requested;
	added->available = available;
	added->retry_at_ms = retry_at_ms;
}

static void shortage_names_every_short_variant(void **state)
{
	struct json_object *second;

	(void)state;
	came_to(CODE_INSUFFICIENT_STOCK, false);
	given_shortage(INT64_C(100000000), 2, NOW + 1500);
	given_shortage(7, 0, 0);
	decided(ACTION_RESERVE, 0);
	assert_problem(CODE_INSUFFICIENT_STOCK);
	assert_number(body, "status", 409);
	assert_number(body, "variantId", 41);
	assert_number(body, "requested", 100000000);
	assert_number(body, "available", 2);
	assert_number(body, "retryAfterSeconds", 2);
	assert_number(element("lines", 0, 2), "variantId", 41);
	assert_number(element("lines", 0, 2), "requested", 100000000);
	assert_number(element("lines", 0, 2), "retryAfterSeconds", 2);
	second = element("lines", 1, 2);
	assert_number(second, "variantId", 42);
	assert_number(second, "requested", 7);
	assert_number(second, "available", 0);
	member(second, "retryAfterSeconds", json_type_null);
	assert_null(header("Retry-After")); /* nothing is wrong with the service */
}

static void time_to_wait_is_rounded_up(void **state)
{
	static const int64_t wait_ms[] = {1, 999, 1000, 1001, 1799001};
	static const int64_t seconds[] = {1, 1, 1, 2, 1800};

	(void)state;
	came_to(CODE_INSUFFICIENT_STOCK, false);
	given_shortage(7, 0, 0);
	for (size_t i = 0; i < sizeof(wait_ms) / sizeof(wait_ms[0]); i++) {
		outcome.lines[0].retry_at_ms = NOW + wait_ms[i];
		decided(ACTION_RESERVE, 0);
		assert_number(body, "retryAfterSeconds", seconds[i]);
	}
}

static void unknown_variants_are_all_named(void **state)
{
	(void)state;
	came_to(CODE_VARIANT_NOT_FOUND, false);
	line(CODE_VARIANT_NOT_FOUND, false, 0)->variant_id = 7;
	line(CODE_VARIANT_NOT_FOUND, false, 0)->variant_id = INT64_MAX;
	decided(ACTION_RESERVE, 0);
	assert_problem(CODE_VARIANT_NOT_FOUND);
	assert_number(body, "status", 404);
	assert_int_equal(json_object_get_int64(element("variantIds", 0, 2)), 7);
	assert_int_equal(json_object_get_int64(element("variantIds", 1, 2)), INT64_MAX);
}

/* cancel */

static struct outcome_line *cancelled(uint64_t id, uint32_t released, enum cancel_reason reason)
{
	struct outcome_line *added = line(CODE_CANCELLED, true, id);

	added->status = HOLD_CANCELLED;
	added->released = released;
	added->reason = reason;
	return added;
}

static void cancelled_hold_is_told(void **state)
{
	(void)state;
	came_to(CODE_CANCELLED, true);
	cancelled(5, 3, REASON_CUSTOMER);
	decided(ACTION_CANCEL, 0);
	assert_success("200 OK");
	assert_number(body, "reservationId", 5);
	assert_string(body, "status", "CANCELLED");
	assert_number(body, "released", 3);
	assert_string(body, "reason", "CUSTOMER");
	assert_absent(body, "details");
}

static void converted_hold_is_cancelled_in_words_only(void **state)
{
	struct outcome_line *completed;

	(void)state;
	came_to(CODE_CANCELLED, true);
	completed = line(CODE_ALREADY_CONVERTED, true, 5);
	completed->status = HOLD_COMPLETED;
	decided(ACTION_CANCEL, 0);
	assert_success("200 OK");
	assert_string(body, "status", "COMPLETED");
	assert_number(body, "released", 0);
	assert_absent(body, "reason");
}

static void unknown_hold_is_not_found(void **state)
{
	(void)state;
	came_to(CODE_RESERVATION_NOT_FOUND, false);
	line(CODE_NOT_FOUND, false, 5)->variant_id = 0;
	decided(ACTION_CANCEL, 0);
	assert_problem(CODE_RESERVATION_NOT_FOUND);
	assert_number(body, "status", 404);
	assert_absent(body, "released");
	assert_absent(body, "quantity");
}

static void cancelled_list_is_told_line_by_line(void **state)
{
	(void)state;
	came_to(CODE_CANCELLED, true);
	command.list = true;
	line(CODE_NOT_FOUND, false, 9)->variant_id = 0;
	cancelled(5, 3, REASON_CUSTOMER);
	cancelled(6, 0, REASON_EXPIRED);
	cancelled(5, 0, REASON_CUSTOMER)->code = CODE_DUPLICATE;
	decided(ACTION_CANCEL, 0);
	assert_success("200 OK");
	assert_number(element("details", 0, 4), "reservationId", 9);
	assert_boolean(element("details", 0, 4), "success", false);
	assert_string(element("details", 0, 4), "outcome", "not_found");
	assert_absent(element("details", 0, 4), "status");
	assert_boolean(element("details", 1, 4), "success", true);
	assert_string(element("details", 1, 4), "outcome", "cancelled");
	assert_number(element("details", 1, 4), "released", 3);
	assert_string(element("details", 2, 4), "reason", "EXPIRED");
	assert_number(element("details", 2, 4), "released", 0);
	assert_string(element("details", 3, 4), "outcome", "duplicate");
	assert_absent(body, "reservationId");
	came_to(CODE_RESERVATION_NOT_FOUND, false);
	outcome.line_count = 1;
	decided(ACTION_CANCEL, 0);
	assert_problem(CODE_RESERVATION_NOT_FOUND);
	assert_string(element("details", 0, 1), "outcome", "not_found");
}

/* convert */

static void converted_lines_are_told(void **state)
{
	struct json_object *detail;

	(void)state;
	came_to(CODE_CONVERTED, true);
	snprintf(command.order_id, sizeof(command.order_id), "%s", "a\"b\\c");
	line(CODE_CONVERTED, true, 5);
	line(CODE_REVIVED, true, 6);
	decided(ACTION_CONVERT, 0);
	assert_success("200 OK");
	assert_boolean(body, "allConverted", true);
	assert_string(body, "orderId", "a\"b\\c");
	detail = element("details", 0, 2);
	assert_number(detail, "id", 5);
	assert_number(detail, "reservationId", 5);
	assert_boolean(detail, "success", true);
	assert_string(detail, "outcome", "converted");
	assert_number(detail, "variantId", 45);
	assert_number(detail, "quantity", 3);
	assert_string(detail, "message", code_message(CODE_CONVERTED, language));
	assert_string(element("details", 1, 2), "outcome", "revived");
	command.order_id[0] = '\0';
	decided(ACTION_CONVERT, 0);
	member(body, "orderId", json_type_null);
}

static void partly_converted_is_success_but_not_all(void **state)
{
	(void)state;
	came_to(CODE_CONVERTED, true);
	line(CODE_CONVERTED, true, 5);
	line(CODE_NOT_FOUND, false, 6)->variant_id = 0;
	decided(ACTION_CONVERT, 0);
	assert_success("200 OK");
	assert_boolean(body, "allConverted", false);
	assert_boolean(element("details", 1, 2), "success", false);
	assert_string(element("details", 1, 2), "outcome", "not_found");
	assert_number(element("details", 1, 2), "reservationId", 6);
	member(element("details", 1, 2), "variantId", json_type_null);
	member(element("details", 1, 2), "quantity", json_type_null);
}

static void refused_convert_names_every_line(void **state)
{
	(void)state;
	came_to(CODE_LATE_SHORT, false);
	line(CODE_WOULD_CONVERT, false, 5);
	line(CODE_LATE_SHORT, false, 6);
	decided(ACTION_CONVERT, 0);
	assert_problem(CODE_LATE_SHORT);
	assert_number(body, "status", 409);
	assert_boolean(body, "allConverted", false);
	assert_string(element("details", 0, 2), "outcome", "would_convert");
	assert_string(element("details", 1, 2), "outcome", "late_short");
	assert_absent(body, "stock");
	assert_absent(element("details", 1, 2), "stock");
}

static void lowered_stock_is_told(void **state)
{
	(void)state;
	came_to(CODE_INSUFFICIENT_STOCK, false);
	line(CODE_WOULD_CONVERT, false, 5);
	line(CODE_STOCK_SHORT, false, 6)->stock = 2;
	decided(ACTION_CONVERT, 0);
	assert_problem(CODE_INSUFFICIENT_STOCK);
	assert_number(body, "stock", 2);
	assert_string(element("details", 1, 2), "outcome", "stock_short");
	assert_number(element("details", 1, 2), "stock", 2);
	assert_absent(element("details", 0, 2), "stock");
}

/* what operators ask */

static void cleanup_is_counted(void **state)
{
	(void)state;
	came_to(CODE_CLEANED, true);
	outcome.swept = 4;
	outcome.remaining = 7;
	outcome.duration_ms = 19;
	decided(ACTION_CLEANUP, 11); /* in several passes */
	assert_success("200 OK");
	assert_number(body, "count", 11);
	assert_number(body, "remaining", 7);
	assert_number(body, "durationMs", 19);
	assert_boolean(body, "skipped", false);
	outcome.skipped = true;
	decided(ACTION_CLEANUP, 0);
	assert_number(body, "count", 0);
	assert_boolean(body, "skipped", true);
}

static void health_is_told(void **state)
{
	(void)state;
	came_to(CODE_READY, true);
	decided(ACTION_READY, 0);
	assert_success("200 OK");
	came_to(CODE_LIVE, true);
	decided(ACTION_LIVE, 0);
	assert_success("200 OK");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(hold_is_told_with_its_time, begin, finish),
		cmocka_unit_test_setup_teardown(time_left_is_rounded_down, begin, finish),
		cmocka_unit_test_setup_teardown(shortage_names_every_short_variant, begin, finish),
		cmocka_unit_test_setup_teardown(time_to_wait_is_rounded_up, begin, finish),
		cmocka_unit_test_setup_teardown(unknown_variants_are_all_named, begin, finish),
		cmocka_unit_test_setup_teardown(cancelled_hold_is_told, begin, finish),
		cmocka_unit_test_setup_teardown(
			converted_hold_is_cancelled_in_words_only, begin, finish),
		cmocka_unit_test_setup_teardown(unknown_hold_is_not_found, begin, finish),
		cmocka_unit_test_setup_teardown(cancelled_list_is_told_line_by_line, begin, finish),
		cmocka_unit_test_setup_teardown(converted_lines_are_told, begin, finish),
		cmocka_unit_test_setup_teardown(
			partly_converted_is_success_but_not_all, begin, finish),
		cmocka_unit_test_setup_teardown(refused_convert_names_every_line, begin, finish),
		cmocka_unit_test_setup_teardown(lowered_stock_is_told, begin, finish),
		cmocka_unit_test_setup_teardown(cleanup_is_counted, begin, finish),
		cmocka_unit_test_setup_teardown(health_is_told, begin, finish),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("response", tests, NULL, NULL);
}
