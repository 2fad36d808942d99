/* The rules of extend: the expiry of live holds moves forward, and nothing that ended is revived.
 */
#include "decide_fixture.h"

#include <string.h>

/* A live hold of that age and that time left, extended by that; in seconds. */
struct lease {
	const char *rule;
	int64_t age, left, ttl, then_left;
};

static const struct lease leases[] = {
	{"longer", 60, 60, 1800, 1800},
	{"never shorter", 60, 900, 600, 900},
	{"the same", 60, 600, 600, 600},
	{"to the cap and no further", 7000, 60, 1800, 200},
	{"to the cap exactly", 7000, 60, 200, 200},
	{"one second before the cap", 7000, 60, 199, 199},
	{"at the cap already", 7140, 60, 1800, 60},
	{"past the cap already", 7200, 60, 1800, 60},
	{"the cap is past", 9000, 60, 7200, 60},
	{"a new hold, for as long as can be", 0, 60, 7200, 7200},
	{"by the last second", 60, 1, 1, 1},
	{"by a second more", 60, 1, 2, 2},
};

static void check_lease(const struct lease *lease)
{
	const struct outcome *outcome;
	struct hold *hold;
	int64_t expires_at_ms = NOW + lease->then_left * 1000;

	given_variant(1, 10, 3);
	hold = given_hold(5, 1, 3, NOW + lease->left * 1000);
	hold->created_at_ms = NOW - lease->age * 1000;
	asked(ACTION_EXTEND)->ttl_ms = lease->ttl * 1000;
	asked_hold(5);
	outcome = decided();
	assert_stands(outcome, CODE_EXTENDED);
	if (hold->expires_at_ms != expires_at_ms)
		fail_msg("%s: %lld s left", lease->rule,
			(long long)(hold->expires_at_ms - NOW) / 1000);
	assert_line(&outcome->lines[0], 5, CODE_EXTENDED, true);
	assert_int_equal(outcome->lines[0].expires_at_ms, expires_at_ms);
	assert_int_equal(outcome->lines[0].status, HOLD_ACTIVE);
	assert_int_equal(outcome->lines[0].quantity, 3);
	/* What did not move is not written. */
	assert_int_equal(
		hold->changed, lease->then_left != lease->left ? (unsigned int)CHANGE_EXTENDED : 0);
	assert_int_equal(hold->created_at_ms, NOW - lease->age * 1000);
	assert_string_equal(hold->created_request_id, OLD);
	assert_variant(1, 10, 3);
}

static void expiry_moves_forward_to_the_cap(void **state)
{
	for (size_t i = 0; i < sizeof(leases) / sizeof(leases[0]); i++) {
		begin(state);
		check_lease(&leases[i]);
	}
}

/* Else an expired hold that is renewed without a check becomes an oversell. */
static void expired_hold_is_not_revived(void **state)
{
	static const int64_t instants[] = {NOW, NOW - 1, PAST};

	for (size_t i = 0; i < 3; i++) {
		const struct outcome *outcome;

		begin(state);
		given_variant(1, 10, 3);
		given_hold(5, 1, 3, instants[i]);
		asked(ACTION_EXTEND);
		asked_hold(5);
		outcome = decided();
		assert_refused(outcome, CODE_RESERVATION_EXPIRED);
		assert_line(&outcome->lines[0], 5, CODE_RESERVATION_EXPIRED, false);
		assert_int_equal(outcome->lines[0].status, HOLD_CANCELLED);
		assert_int_equal(outcome->lines[0].reason, REASON_EXPIRED);
		assert_int_equal(outcome->lines[0].expires_at_ms, instants[i]);
		assert_int_equal(outcome->swept, 0);
		assert_untouched(row(5));
		assert_int_equal(row(5)->expires_at_ms, instants[i]);
		assert_variant(1, 10, 3);
	}
}

static void one_millisecond_before_it_is_live(void **state)
{
	(void)state;
	given_variant(1, 10, 3);
	given_hold(5, 1, 3, NOW + 1);
	asked(ACTION_EXTEND);
	asked_hold(5);
	assert_stands(decided(), CODE_EXTENDED);
	assert_int_equal(row(5)->expires_at_ms, NOW + HOLD_MS);
}

static void given_holds_of_every_kind(void)
{
	given_variant(1, 100, 50);
	given_hold(1, 1, 1, LATER);
	given_hold(2, 1, 2, PAST);
	given_completed(3, 1, 3, "17");
	given_cancelled(4, 1, 4, REASON_CUSTOMER);
	given_cancelled(5, 1, 5, REASON_REPLACED);
	given_cancelled(6, 1, 6, REASON_EXPIRED);
	given_cancelled(7, 1, 7, REASON_OPERATOR);
	of_session(given_hold(8, 1, 8, LATER), ANOTHERS);
}

/* For every state its word; the list stands because one line does. */
static void every_line_has_its_outcome(void **state)
{
	static const enum code codes[] = {CODE_EXTENDED, CODE_RESERVATION_EXPIRED,
		CODE_ALREADY_CONVERTED, CODE_RESERVATION_CANCELLED, CODE_RESERVATION_CANCELLED,
		CODE_RESERVATION_EXPIRED, CODE_RESERVATION_CANCELLED, CODE_NOT_FOUND,
		CODE_NOT_FOUND};
	const struct outcome *outcome;

	(void)state;
	given_holds_of_every_kind();
	asked(ACTION_EXTEND);
	for (uint64_t id = 1; id <= 9; id++)
		asked_hold(id);
	outcome = decided();
	assert_stands(outcome, CODE_EXTENDED);
	assert_int_equal(outcome->line_count, 9);
	for (uint32_t i = 0; i < 9; i++)
		assert_line(&outcome->lines[i], i + 1, codes[i],
			codes[i] == CODE_EXTENDED || codes[i] == CODE_ALREADY_CONVERTED);
	assert_int_equal(outcome->lines[7].variant_id, 0); /* foreign is as unknown as missing */
	for (uint64_t id = 2; id <= 8; id++)
		assert_untouched(row(id));
	assert_variant(1, 100, 50);
}

static void list_is_refused_with_its_first_line(void **state)
{
	static const struct {
		uint64_t first, second;
		enum code code;
	} lists[] = {{2, 4, CODE_RESERVATION_EXPIRED}, {4, 2, CODE_RESERVATION_CANCELLED},
		{9, 2, CODE_RESERVATION_NOT_FOUND}, {8, 2, CODE_RESERVATION_NOT_FOUND},
		{2, 9, CODE_RESERVATION_EXPIRED}};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		const struct outcome *outcome;

		begin(state);
		given_holds_of_every_kind();
		asked(ACTION_EXTEND);
		asked_hold(lists[i].first);
		asked_hold(lists[i].second);
		outcome = decided();
		assert_refused(outcome, lists[i].code);
		assert_int_equal(outcome->line_count, 2);
	}
}

static void repeated_id_is_extended_once(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_holds_of_every_kind();
	asked(ACTION_EXTEND);
	asked_hold(1);
	asked_hold(2);
	asked_hold(1);
	asked_hold(2);
	outcome = decided();
	assert_stands(outcome, CODE_EXTENDED);
	assert_line(&outcome->lines[2], 1, CODE_DUPLICATE, true);
	assert_int_equal(outcome->lines[2].expires_at_ms, NOW + HOLD_MS);
	assert_line(&outcome->lines[3], 2, CODE_RESERVATION_EXPIRED, false);
}

static void storefront_without_session_extends_anybodys(void **state)
{
	(void)state;
	given_holds_of_every_kind();
	asked(ACTION_EXTEND)->session_id[0] = '\0';
	asked_hold(8);
	assert_stands(decided(), CODE_EXTENDED);
	assert_int_equal(row(8)->expires_at_ms, NOW + HOLD_MS);
	assert_string_equal(row(8)->session_id, ANOTHERS);
}

/* a whole session: its lines were found without a lock, and are looked at anew */

static void whole_session_is_what_is_live_by_now(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_holds_of_every_kind();
	asked(ACTION_EXTEND)->whole_session = true;
	for (uint64_t id = 1; id <= 9; id++)
		asked_hold(id);
	outcome = decided();
	assert_stands(outcome, CODE_EXTENDED);
	assert_int_equal(outcome->line_count, 1);
	assert_line(&outcome->lines[0], 1, CODE_EXTENDED, true);
	for (uint64_t id = 2; id <= 8; id++)
		assert_untouched(row(id));
}

static void session_without_holds_is_no_fault(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_holds_of_every_kind();
	asked(ACTION_EXTEND)->whole_session = true;
	outcome = decided();
	assert_stands(outcome, CODE_EXTENDED);
	assert_int_equal(outcome->line_count, 0);
	asked_hold(2); /* it was live when it was looked up */
	outcome = decided();
	assert_stands(outcome, CODE_EXTENDED);
	assert_int_equal(outcome->line_count, 0);
}

static void more_than_fit_is_told(void **state)
{
	struct command *command;

	(void)state;
	given_holds_of_every_kind();
	command = asked(ACTION_EXTEND);
	command->whole_session = true;
	asked_hold(1);
	assert_false(decided()->more);
	command->more = true;
	assert_true(decided()->more);
}

/* It is the same hold: neither its units nor its session's count are touched. */
static void extending_counts_for_nothing(void **state)
{
	(void)state;
	given_holds_of_every_kind();
	given_session(1, 1);
	asked(ACTION_EXTEND);
	asked_hold(1);
	for (int i = 0; i < 3; i++)
		assert_stands(decided(), CODE_EXTENDED);
	assert_session(MINE, 1, 1);
	assert_variant(1, 100, 50);
	asked(ACTION_CANCEL);
	asked_hold(1);
	assert_int_equal(decided()->lines[0].released, 1);
	assert_int_equal(row(1)->changed, CHANGE_EXTENDED | CHANGE_CLOSED);
	assert_session(MINE, 0, 0);
	assert_variant(1, 100, 49);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(expiry_moves_forward_to_the_cap, begin),
		cmocka_unit_test_setup(expired_hold_is_not_revived, begin),
		cmocka_unit_test_setup(one_millisecond_before_it_is_live, begin),
		cmocka_unit_test_setup(every_line_has_its_outcome, begin),
		cmocka_unit_test_setup(list_is_refused_with_its_first_line, begin),
		cmocka_unit_test_setup(repeated_id_is_extended_once, begin),
		cmocka_unit_test_setup(storefront_without_session_extends_anybodys, begin),
		cmocka_unit_test_setup(whole_session_is_what_is_live_by_now, begin),
		cmocka_unit_test_setup(session_without_holds_is_no_fault, begin),
		cmocka_unit_test_setup(more_than_fit_is_told, begin),
		cmocka_unit_test_setup(extending_counts_for_nothing, begin),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("decide extend", tests, NULL, NULL);
}
