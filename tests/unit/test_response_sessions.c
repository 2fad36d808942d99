/* What is answered of sessions and variants: extend, merge, availability and the list of holds. */
#include "response_fixture.h"

#include <stdio.h>
#include <string.h>

/* extend */

static void extended_holds_are_told_line_by_line(void **state)
{
	struct json_object *detail;

	(void)state;
	came_to(CODE_EXTENDED, true);
	command.list = true;
	line(CODE_EXTENDED, true, 5)->expires_at_ms = NOW + 1800999;
	line(CODE_NOT_FOUND, false, 6)->variant_id = 0;
	line(CODE_EXTENDED, true, 5)->code = CODE_DUPLICATE;
	decided(ACTION_EXTEND, 0);
	assert_success("200 OK");
	detail = element("details", 0, 3);
	assert_number(detail, "reservationId", 5);
	assert_boolean(detail, "success", true);
	assert_string(detail, "outcome", "extended");
	assert_string(detail, "status", "ACTIVE");
	assert_string(detail, "expiresAt", "2025-11-22T16:30:01.122Z");
	assert_number(detail, "expiresInSeconds", 1800);
	assert_string(detail, "message", code_message(CODE_EXTENDED, language));
	detail = element("details", 1, 3);
	assert_number(detail, "reservationId", 6);
	assert_boolean(detail, "success", false);
	assert_string(detail, "outcome", "not_found");
	assert_absent(detail, "status");
	assert_absent(detail, "expiresAt");
	assert_string(element("details", 2, 3), "outcome", "duplicate");
	assert_string(body, "serverTime", "2025-11-22T16:00:00.123Z");
	assert_absent(body, "more");
}

/* Of a closed hold no time is left, whatever its row says. */
static void closed_hold_has_no_time_left(void **state)
{
	static const enum code codes[] = {
		CODE_ALREADY_CONVERTED, CODE_RESERVATION_CANCELLED, CODE_RESERVATION_EXPIRED};
	static const enum hold_status statuses[] = {HOLD_COMPLETED, HOLD_CANCELLED, HOLD_CANCELLED};

	(void)state;
	came_to(CODE_EXTENDED, true);
	for (size_t i = 0; i < 3; i++) {
		struct outcome_line *closed = line(codes[i], i == 0, i + 1);

		closed->status = statuses[i];
		closed->expires_at_ms = NOW + 60000;
	}
	decided(ACTION_EXTEND, 0);
	for (size_t i = 0; i < 3; i++) {
		assert_string(element("details", i, 3), "outcome", code_name(codes[i]));
		assert_string(element("details", i, 3), "status", status_name(statuses[i]));
		assert_number(element("details", i, 3), "expiresInSeconds", 0);
	}
}

static void refused_extend_names_every_line(void **state)
{
	(void)state;
	came_to(CODE_RESERVATION_EXPIRED, false);
	line(CODE_RESERVATION_EXPIRED, false, 5)->status = HOLD_CANCELLED;
	line(CODE_RESERVATION_CANCELLED, false, 6)->status = HOLD_CANCELLED;
	decided(ACTION_EXTEND, 0);
	assert_problem(CODE_RESERVATION_EXPIRED);
	assert_string(element("details", 0, 2), "outcome", "reservation_expired");
	assert_string(element("details", 1, 2), "outcome", "reservation_cancelled");
	legacy = true;
	decided(ACTION_EXTEND, 0);
	assert_softened(CODE_RESERVATION_EXPIRED);
}

static void session_without_holds_is_told_an_empty_list(void **state)
{
	(void)state;
	came_to(CODE_EXTENDED, true);
	decided(ACTION_EXTEND, 0);
	assert_success("200 OK");
	assert_int_equal(json_object_array_length(member(body, "details", json_type_array)), 0);
	outcome.more = true;
	decided(ACTION_EXTEND, 0);
	assert_boolean(body, "more", true);
}

/* merge */

static void merged_holds_are_counted_and_named(void **state)
{
	(void)state;
	came_to(CODE_MERGED, true);
	line(CODE_MERGED, true, 5);
	line(CODE_MERGED, true, INT64_MAX);
	decided(ACTION_MERGE, 0);
	assert_success("200 OK");
	assert_number(body, "merged", 2);
	assert_int_equal(json_object_get_int64(element("reservationIds", 0, 2)), 5);
	assert_int_equal(json_object_get_int64(element("reservationIds", 1, 2)), INT64_MAX);
	assert_absent(body, "more");
	outcome.more = true;
	decided(ACTION_MERGE, 0);
	assert_boolean(body, "more", true);
}

static void nothing_merged_is_none(void **state)
{
	(void)state;
	came_to(CODE_MERGED, true);
	decided(ACTION_MERGE, 0);
	assert_success("200 OK");
	assert_number(body, "merged", 0);
	assert_int_equal(
		json_object_array_length(member(body, "reservationIds", json_type_array)), 0);
}

/* availability */

static struct outcome_line *available(uint64_t variant, int64_t units, int64_t next_ms)
{
	struct outcome_line *added = line(CODE_AVAILABILITY, true, 0);

	added->variant_id = variant;
	added->available = units;
	added->retry_at_ms = next_ms;
	return added;
}

static void availability_is_told_of_each_variant(void **state)
{
	struct json_object *variant;

	(void)state;
	came_to(CODE_AVAILABILITY, true);
	available(1, 0, NOW + 1001);
	available(2, 10, 0)->more = true;
	available(INT64_MAX, INT64_MAX, NOW);
	decided(ACTION_AVAILABILITY, 0);
	assert_success("200 OK");
	variant = element("variants", 0, 3);
	assert_number(variant, "variantId", 1);
	assert_number(variant, "available", 0);
	assert_number(variant, "nextReleaseInSeconds", 2); /* rounded up */
	assert_absent(variant, "more");
	variant = element("variants", 1, 3);
	assert_number(variant, "available", 10);
	assert_boolean(variant, "more", true);
	assert_null_member(variant, "nextReleaseInSeconds");
	variant = element("variants", 2, 3);
	assert_number(variant, "variantId", INT64_MAX);
	assert_number(variant, "available", INT64_MAX);
	assert_null_member(variant, "nextReleaseInSeconds");
	assert_string(body, "serverTime", "2025-11-22T16:00:00.123Z");
}

static void unknown_variants_are_left_out(void **state)
{
	(void)state;
	came_to(CODE_AVAILABILITY, true);
	decided(ACTION_AVAILABILITY, 0);
	assert_success("200 OK");
	assert_int_equal(json_object_array_length(member(body, "variants", json_type_array)), 0);
}

/* list */

static void live_holds_are_listed(void **state)
{
	(void)state;
	came_to(CODE_LISTED, true);
	line(CODE_LISTED, true, 5)->expires_at_ms = NOW + 999;
	line(CODE_LISTED, true, 6)->expires_at_ms = NOW + 1000;
	decided(ACTION_LIST, 0);
	assert_success("200 OK");
	assert_number(element("reservations", 0, 2), "reservationId", 5);
	assert_number(element("reservations", 0, 2), "variantId", 45);
	assert_number(element("reservations", 0, 2), "quantity", 3);
	assert_string(element("reservations", 0, 2), "status", "ACTIVE");
	assert_number(element("reservations", 0, 2), "expiresInSeconds", 0);
	assert_number(element("reservations", 1, 2), "expiresInSeconds", 1);
	assert_string(element("reservations", 1, 2), "expiresAt", "2025-11-22T16:00:01.123Z");
	assert_string(body, "serverTime", "2025-11-22T16:00:00.123Z");
	assert_absent(body, "more");
	outcome.more = true;
	decided(ACTION_LIST, 0);
	assert_boolean(body, "more", true);
}

static void empty_list_is_no_fault(void **state)
{
	(void)state;
	came_to(CODE_LISTED, true);
	decided(ACTION_LIST, 0);
	assert_success("200 OK");
	assert_int_equal(
		json_object_array_length(member(body, "reservations", json_type_array)), 0);
}

/* One line has the whole answer's message: there is nothing else to tell. */
static void messages_are_in_the_shoppers_language(void **state)
{
	static const struct {
		enum action action;
		enum code code;
	} answers[] = {{ACTION_EXTEND, CODE_EXTENDED}, {ACTION_MERGE, CODE_MERGED},
		{ACTION_AVAILABILITY, CODE_AVAILABILITY}, {ACTION_LIST, CODE_LISTED}};

	(void)state;
	language = LANGUAGE_TURKISH;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		outcome.line_count = 0;
		came_to(answers[i].code, true);
		line(answers[i].code, true, 5);
		decided(answers[i].action, 0);
		assert_string(body, "message", code_message(answers[i].code, LANGUAGE_TURKISH));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			extended_holds_are_told_line_by_line, begin, finish),
		cmocka_unit_test_setup_teardown(closed_hold_has_no_time_left, begin, finish),
		cmocka_unit_test_setup_teardown(refused_extend_names_every_line, begin, finish),
		cmocka_unit_test_setup_teardown(
			session_without_holds_is_told_an_empty_list, begin, finish),
		cmocka_unit_test_setup_teardown(merged_holds_are_counted_and_named, begin, finish),
		cmocka_unit_test_setup_teardown(nothing_merged_is_none, begin, finish),
		cmocka_unit_test_setup_teardown(
			availability_is_told_of_each_variant, begin, finish),
		cmocka_unit_test_setup_teardown(unknown_variants_are_left_out, begin, finish),
		cmocka_unit_test_setup_teardown(live_holds_are_listed, begin, finish),
		cmocka_unit_test_setup_teardown(empty_list_is_no_fault, begin, finish),
		cmocka_unit_test_setup_teardown(
			messages_are_in_the_shoppers_language, begin, finish),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("response of sessions", tests, NULL, NULL);
}
