/* What a cart is answered: its holds in their order, or all that stood in its way. */
#include "response_fixture.h"

#include <stdio.h>
#include <string.h>

static int64_t id_of(const char *list, size_t i, size_t length)
{
	return json_object_get_int64(element(list, i, length));
}

static void given_cart(void)
{
	came_to(CODE_RESERVED, true);
	command.list = true;
	for (uint64_t id = 5; id <= 7; id++)
		line(CODE_RESERVED, true, id)->expires_at_ms = NOW + 1800999;
}

/* it stands */

static void cart_is_answered_with_all_its_holds(void **state)
{
	(void)state;
	given_cart();
	decided(ACTION_RESERVE, 0);
	assert_success("201 Created");
	for (size_t i = 0; i < 3; i++) {
		struct json_object *hold = element("reservations", i, 3);

		assert_number(hold, "reservationId", (int64_t)(5 + i));
		assert_number(hold, "variantId", (int64_t)(45 + i));
		assert_number(hold, "quantity", 3);
		assert_string(hold, "status", "ACTIVE");
		assert_string(hold, "expiresAt", "2025-11-22T16:30:01.122Z");
		assert_number(hold, "expiresInSeconds", 1800);
	}
	assert_string(body, "serverTime", "2025-11-22T16:00:00.123Z");
	assert_absent(body, "reservationId");
	assert_absent(body, "replay");
	assert_string(body, "message", code_message(CODE_RESERVED, language));
}

/* The form of the answer is that of the question. */
static void one_item_is_answered_with_a_list(void **state)
{
	(void)state;
	came_to(CODE_RESERVED, true);
	line(CODE_RESERVED, true, 5);
	command.list = true;
	decided(ACTION_RESERVE, 0);
	assert_number(element("reservations", 0, 1), "reservationId", 5);
	assert_absent(body, "reservationId");
	command.list = false;
	decided(ACTION_RESERVE, 0);
	assert_number(body, "reservationId", 5);
	assert_absent(body, "reservations");
}

static void replay_tells_the_rows_state_of_today(void **state)
{
	(void)state;
	given_cart();
	outcome.replay = true;
	outcome.lines[1].status = HOLD_COMPLETED;
	outcome.lines[2].status = HOLD_CANCELLED;
	outcome.lines[2].reason = REASON_EXPIRED;
	outcome.lines[2].expires_at_ms = NOW - 1;
	decided(ACTION_RESERVE, 0);
	assert_success("201 Created");
	assert_boolean(body, "replay", true);
	assert_string(element("reservations", 0, 3), "status", "ACTIVE");
	assert_string(element("reservations", 1, 3), "status", "COMPLETED");
	assert_string(element("reservations", 2, 3), "status", "CANCELLED");
	assert_number(element("reservations", 2, 3), "expiresInSeconds", 0);
	command.list = false;
	outcome.line_count = 1;
	decided(ACTION_RESERVE, 0);
	assert_boolean(body, "replay", true);
	assert_number(body, "reservationId", 5);
}

/* it is refused */

static void hold_that_cannot_be_replaced_is_named(void **state)
{
	static const enum code codes[] = {CODE_RESERVATION_CANCELLED, CODE_ALREADY_CONVERTED};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		outcome.line_count = 0;
		came_to(codes[i], false);
		line(codes[i], false, 5);
		decided(ACTION_RESERVE, 0);
		assert_problem(codes[i]);
		assert_number(body, "status", 409);
		assert_int_equal(id_of("reservationIds", 0, 1), 5);
		assert_absent(body, "variantIds");
		assert_absent(body, "lines");
	}
}

/* Those that decided: what is unknown is named, not what ended besides. */
static void unknown_holds_are_all_named(void **state)
{
	(void)state;
	came_to(CODE_RESERVATION_NOT_FOUND, false);
	line(CODE_ALREADY_CONVERTED, false, 5);
	line(CODE_NOT_FOUND, false, 6);
	line(CODE_NOT_FOUND, false, INT64_MAX);
	decided(ACTION_RESERVE, 0);
	assert_problem(CODE_RESERVATION_NOT_FOUND);
	assert_number(body, "status", 404);
	assert_int_equal(id_of("reservationIds", 0, 2), 6);
	assert_int_equal(id_of("reservationIds", 1, 2), INT64_MAX);
}

static void limit_is_told_with_its_value(void **state)
{
	static const struct {
		enum limit limit;
		const char *name;
	} limits[] = {{LIMIT_QUANTITY, "quantity"}, {LIMIT_HOLDS, "holds"}, {LIMIT_UNITS, "units"}};

	(void)state;
	came_to(CODE_LIMIT_REACHED, false);
	for (size_t i = 0; i < 3; i++) {
		outcome.limit = limits[i].limit;
		outcome.limit_max = 100 + (int64_t)i;
		decided(ACTION_RESERVE, 0);
		assert_problem(CODE_LIMIT_REACHED);
		assert_number(body, "status", 409);
		assert_string(body, "limit", limits[i].name);
		assert_number(body, "max", 100 + (int64_t)i);
		assert_absent(body, "reservationIds");
		assert_absent(body, "lines");
	}
}

static void key_that_was_used_for_another_body_is_told(void **state)
{
	(void)state;
	came_to(CODE_IDEMPOTENCY_KEY_REUSED, false);
	decided(ACTION_RESERVE, 0);
	assert_problem(CODE_IDEMPOTENCY_KEY_REUSED);
	assert_number(body, "status", 422);
	assert_absent(body, "reservationIds");
	assert_absent(body, "replay");
}

/* to an old client, to whom whatever is not 2xx is a crash */

static void rules_refusals_are_softened(void **state)
{
	static const enum code codes[] = {CODE_INSUFFICIENT_STOCK, CODE_RESERVATION_CANCELLED,
		CODE_ALREADY_CONVERTED, CODE_LIMIT_REACHED};

	(void)state;
	legacy = true;
	outcome.limit = LIMIT_UNITS;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		outcome.line_count = 0;
		came_to(codes[i], false);
		line(codes[i], false, 5);
		decided(ACTION_RESERVE, 0);
		assert_softened(codes[i]);
	}
}

static void softened_shortage_still_helps(void **state)
{
	(void)state;
	legacy = true;
	came_to(CODE_INSUFFICIENT_STOCK, false);
	line(CODE_INSUFFICIENT_STOCK, false, 1)->available = 2;
	decided(ACTION_RESERVE, 0);
	assert_softened(CODE_INSUFFICIENT_STOCK);
	assert_number(body, "status", 409);
	assert_number(body, "available", 2);
	assert_null_member(body, "retryAfterSeconds");
	assert_number(element("lines", 0, 1), "available", 2);
}

/* What is no refusal by the rules stays what it is. */
static void other_refusals_are_not_softened(void **state)
{
	static const enum code refusals[] = {CODE_UNAUTHORIZED, CODE_NOT_ALLOWED,
		CODE_NO_SUCH_ENDPOINT, CODE_BODY_TOO_LARGE, CODE_INVALID_REQUEST};
	static const enum code failures[] = {
		CODE_BUSY, CODE_DATABASE_UNAVAILABLE, CODE_INTERNAL_ERROR};

	(void)state;
	legacy = true;
	command.action = ACTION_CONVERT;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		if (refusals[i] == CODE_NO_SUCH_ENDPOINT)
			command.action = ACTION_NONE;
		refused(refusals[i]);
		assert_problem(refusals[i]);
		command.action = ACTION_CONVERT;
	}
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		failed(failures[i]);
		assert_problem(failures[i]);
	}
	came_to(CODE_VARIANT_NOT_FOUND, false);
	line(CODE_VARIANT_NOT_FOUND, false, 0);
	decided(ACTION_RESERVE, 0);
	assert_problem(CODE_VARIANT_NOT_FOUND);
	came_to(CODE_IDEMPOTENCY_KEY_REUSED, false);
	decided(ACTION_RESERVE, 0);
	assert_problem(CODE_IDEMPOTENCY_KEY_REUSED);
}

/* A convert is always 200 to it, also of ids that nobody knows; a cancel of them is not. */
static void convert_is_softened_whole(void **state)
{
	static const enum code codes[] = {CODE_RESERVATION_NOT_FOUND, CODE_RESERVATION_CANCELLED,
		CODE_CONVERTED_FOR_OTHER_ORDER, CODE_LATE_SHORT};

	(void)state;
	legacy = true;
	command.list = true;
	line(CODE_NOT_FOUND, false, 5)->variant_id = 0;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		came_to(codes[i], false);
		decided(ACTION_CONVERT, 0);
		assert_softened(codes[i]);
		assert_boolean(body, "allConverted", false);
		assert_boolean(element("details", 0, 1), "success", false);
	}
	came_to(CODE_RESERVATION_NOT_FOUND, false);
	decided(ACTION_CANCEL, 0);
	assert_problem(CODE_RESERVATION_NOT_FOUND);
	came_to(CODE_RESERVED, true);
	command.list = false;
	decided(ACTION_RESERVE, 0);
	assert_success("201 Created"); /* which is no crash */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(cart_is_answered_with_all_its_holds, begin, finish),
		cmocka_unit_test_setup_teardown(one_item_is_answered_with_a_list, begin, finish),
		cmocka_unit_test_setup_teardown(
			replay_tells_the_rows_state_of_today, begin, finish),
		cmocka_unit_test_setup_teardown(
			hold_that_cannot_be_replaced_is_named, begin, finish),
		cmocka_unit_test_setup_teardown(unknown_holds_are_all_named, begin, finish),
		cmocka_unit_test_setup_teardown(limit_is_told_with_its_value, begin, finish),
		cmocka_unit_test_setup_teardown(
			key_that_was_used_for_another_body_is_told, begin, finish),
		cmocka_unit_test_setup_teardown(rules_refusals_are_softened, begin, finish),
		cmocka_unit_test_setup_teardown(softened_shortage_still_helps, begin, finish),
		cmocka_unit_test_setup_teardown(other_refusals_are_not_softened, begin, finish),
		cmocka_unit_test_setup_teardown(convert_is_softened_whole, begin, finish),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("response to a reserve", tests, NULL, NULL);
}
