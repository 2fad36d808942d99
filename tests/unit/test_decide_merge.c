/*
 * The rules of merge-session: after login the live holds of the browser's session become the
 * user's, as they are; what is closed or another user's stays.
 */
#include "decide_fixture.h"

#include <stdio.h>
#include <string.h>

#define GUEST "session-before-login"
#define USER  77

/* From GUEST to MINE, for USER; the holds that the store found are the test's to ask. */
static struct command *asked_merge(const char *from)
{
	struct command *command = asked(ACTION_MERGE);

	command->whole_session = true;
	command->user_id = USER;
	snprintf(command->from_session_id, sizeof(command->from_session_id), "%s", from);
	return command;
}

static struct hold *of_guest(struct hold *hold, uint64_t user_id)
{
	hold->user_id = user_id;
	return of_session(hold, GUEST);
}

static void assert_moved(const struct hold *hold)
{
	assert_int_equal(hold->changed, CHANGE_MOVED);
	assert_string_equal(hold->session_id, MINE);
	assert_int_equal(hold->user_id, USER);
}

static void assert_stayed(const struct hold *hold, const char *session_id, uint64_t user_id)
{
	assert_untouched(hold);
	assert_string_equal(hold->session_id, session_id);
	assert_int_equal(hold->user_id, user_id);
}

/* Nothing of a hold changes but whose it is. */
static void live_holds_become_the_users(void **state)
{
	const struct outcome *outcome;
	struct hold before;

	(void)state;
	given_variant(1, 10, 7);
	of_guest(given_hold(5, 1, 3, LATER), 0);
	memset(row(5)->idempotency_key, 'k', DIGEST_LENGTH);
	memset(row(5)->idempotency_body, 'b', DIGEST_LENGTH);
	row(5)->idempotency_line = 4;
	of_guest(given_hold(6, 1, 4, NOW + 1), USER);
	before = *row(5);
	asked_merge(GUEST);
	asked_hold(5);
	asked_hold(6);
	outcome = decided();
	assert_stands(outcome, CODE_MERGED);
	assert_int_equal(outcome->line_count, 2);
	assert_line(&outcome->lines[0], 5, CODE_MERGED, true);
	assert_line(&outcome->lines[1], 6, CODE_MERGED, true);
	assert_int_equal(outcome->lines[0].quantity, 3);
	assert_int_equal(outcome->lines[0].variant_id, 1);
	assert_int_equal(outcome->lines[0].expires_at_ms, LATER);
	assert_moved(row(5));
	assert_moved(row(6));
	assert_memory_equal(row(5)->idempotency_key, before.idempotency_key, DIGEST_LENGTH);
	assert_memory_equal(row(5)->idempotency_body, before.idempotency_body, DIGEST_LENGTH);
	assert_int_equal(row(5)->idempotency_line, 4);
	assert_int_equal(row(5)->quantity, before.quantity);
	assert_int_equal(row(5)->expires_at_ms, before.expires_at_ms);
	assert_int_equal(row(5)->created_at_ms, before.created_at_ms);
	assert_string_equal(row(5)->created_request_id, before.created_request_id);
	assert_int_equal(row(5)->status, HOLD_ACTIVE);
	assert_variant(1, 10, 7);
}

static void holds_of_another_user_stay(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 7);
	of_guest(given_hold(5, 1, 3, LATER), USER + 1);
	of_guest(given_hold(6, 1, 4, LATER), 0);
	asked_merge(GUEST);
	asked_hold(5);
	asked_hold(6);
	outcome = decided();
	assert_stands(outcome, CODE_MERGED);
	assert_int_equal(outcome->line_count, 1);
	assert_line(&outcome->lines[0], 6, CODE_MERGED, true);
	assert_stayed(row(5), GUEST, USER + 1);
}

/* An expired one too: it would be nobody's gain, and its row would belie its log line. */
static void closed_and_expired_holds_stay(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 7);
	of_guest(given_hold(1, 1, 3, NOW), 0);
	of_guest(given_hold(2, 1, 3, PAST), 0);
	of_guest(given_completed(3, 1, 3, "17"), 0);
	of_guest(given_cancelled(4, 1, 3, REASON_CUSTOMER), 0);
	of_guest(given_cancelled(5, 1, 3, REASON_EXPIRED), 0);
	asked_merge(GUEST);
	for (uint64_t id = 1; id <= 5; id++)
		asked_hold(id);
	outcome = decided();
	assert_stands(outcome, CODE_MERGED);
	assert_int_equal(outcome->line_count, 0);
	assert_int_equal(outcome->swept, 0);
	for (uint64_t id = 1; id <= 5; id++)
		assert_stayed(row(id), GUEST, 0);
	assert_variant(1, 10, 7);
}

/* Found without a lock: what is gone, or another's by now, is passed over. */
static void what_left_the_session_since_stays(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 7);
	of_session(given_hold(5, 1, 3, LATER), ANOTHERS);
	given_hold(6, 1, 4, LATER)->user_id = USER; /* there already */
	asked_merge(GUEST);
	asked_hold(5);
	asked_hold(6);
	asked_hold(99);
	outcome = decided();
	assert_stands(outcome, CODE_MERGED);
	assert_int_equal(outcome->line_count, 0);
	assert_stayed(row(5), ANOTHERS, 0);
	assert_stayed(row(6), MINE, USER);
}

static void nothing_to_move_is_no_fault(void **state)
{
	const struct outcome *outcome;

	(void)state;
	asked_merge(GUEST);
	outcome = decided();
	assert_stands(outcome, CODE_MERGED);
	assert_int_equal(outcome->line_count, 0);
	assert_false(outcome->more);
}

/* The same session as before: holds of nobody become the user's; his own have nothing to change. */
static void same_session_only_sets_the_user(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 9);
	given_hold(5, 1, 3, LATER);
	given_hold(6, 1, 3, LATER)->user_id = USER;
	given_hold(7, 1, 3, LATER)->user_id = USER + 1;
	given_session(3, 9);
	asked_merge(MINE);
	for (uint64_t id = 5; id <= 7; id++)
		asked_hold(id);
	outcome = decided();
	assert_stands(outcome, CODE_MERGED);
	assert_int_equal(outcome->line_count, 1);
	assert_line(&outcome->lines[0], 5, CODE_MERGED, true);
	assert_moved(row(5));
	assert_stayed(row(6), MINE, USER);
	assert_stayed(row(7), MINE, USER + 1);
	assert_session(MINE, 3, 9);
}

static void second_merge_finds_nothing(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 3);
	of_guest(given_hold(5, 1, 3, LATER), 0);
	asked_merge(GUEST);
	asked_hold(5);
	assert_int_equal(decided()->line_count, 1);
	outcome = decided();
	assert_stands(outcome, CODE_MERGED);
	assert_int_equal(outcome->line_count, 0);
}

/* Caps do not apply to it, but what it brings counts from then on. */
static void moved_holds_count_for_their_new_session(void **state)
{
	const struct limits limits = {.holds = 2};

	(void)state;
	given_variant(1, 100, 7);
	of_guest(given_hold(5, 1, 3, LATER), 0);
	of_guest(given_hold(6, 1, 4, LATER), USER + 1);
	given_session(2, 20);
	stock_add_session(&given, GUEST, 2, 7);
	asked_merge(GUEST)->limits = limits;
	asked_hold(5);
	asked_hold(6);
	assert_stands(decided(), CODE_MERGED);
	assert_session(MINE, 3, 23);
	assert_session(GUEST, 1, 4);
	asked(ACTION_RESERVE)->limits = limits;
	asked_units(1, 1);
	assert_refused(decided(), CODE_LIMIT_REACHED);
}

/* In the same batch already: who logged in owns them, and the browser before does not. */
static void ownership_goes_with_the_session(void **state)
{
	struct command *command;

	(void)state;
	given_variant(1, 10, 3);
	of_guest(given_hold(5, 1, 3, LATER), 0);
	asked_merge(GUEST);
	asked_hold(5);
	assert_stands(decided(), CODE_MERGED);
	command = asked(ACTION_CANCEL);
	snprintf(command->session_id, sizeof(command->session_id), "%s", GUEST);
	asked_hold(5);
	assert_refused(decided(), CODE_RESERVATION_NOT_FOUND);
	asked(ACTION_RESERVE);
	asked_instead(1, 10, 5);
	assert_stands(decided(), CODE_RESERVED);
	assert_int_equal(row(5)->changed, CHANGE_MOVED | CHANGE_CLOSED);
	assert_variant(1, 10, 10);
}

static void more_than_fit_is_told(void **state)
{
	(void)state;
	given_variant(1, 10, 3);
	of_guest(given_hold(5, 1, 3, LATER), 0);
	asked_merge(GUEST)->more = true;
	asked_hold(5);
	assert_true(decided()->more);
}

/* Its COMMIT was lost sight of: what stands where it was to go is told as moved by it. */
static void lost_merge_tells_what_it_moved(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 9);
	given_hold(5, 1, 3, LATER)->user_id = USER;
	given_hold(6, 1, 3, PAST)->user_id = USER; /* it ended since */
	of_guest(given_hold(7, 1, 3, LATER), 0);   /* came since */
	asked_merge(GUEST)->recheck = true;
	for (uint64_t id = 5; id <= 7; id++)
		asked_hold(id);
	outcome = decided();
	assert_stands(outcome, CODE_MERGED);
	assert_int_equal(outcome->line_count, 3);
	for (uint32_t i = 0; i < 3; i++)
		assert_line(&outcome->lines[i], i + 5, CODE_MERGED, true);
	assert_stayed(row(5), MINE, USER);
	assert_stayed(row(6), MINE, USER);
	assert_moved(row(7));
}

static void lost_merge_tells_nothing_of_other_users_and_sessions(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 9);
	given_hold(5, 1, 3, LATER)->user_id = USER + 1;
	given_hold(6, 1, 3, LATER);
	of_session(given_hold(7, 1, 3, LATER), ANOTHERS)->user_id = USER;
	asked_merge(GUEST)->recheck = true;
	for (uint64_t id = 5; id <= 7; id++)
		asked_hold(id);
	outcome = decided();
	assert_stands(outcome, CODE_MERGED);
	assert_int_equal(outcome->line_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(live_holds_become_the_users, begin),
		cmocka_unit_test_setup(holds_of_another_user_stay, begin),
		cmocka_unit_test_setup(closed_and_expired_holds_stay, begin),
		cmocka_unit_test_setup(what_left_the_session_since_stays, begin),
		cmocka_unit_test_setup(nothing_to_move_is_no_fault, begin),
		cmocka_unit_test_setup(same_session_only_sets_the_user, begin),
		cmocka_unit_test_setup(second_merge_finds_nothing, begin),
		cmocka_unit_test_setup(moved_holds_count_for_their_new_session, begin),
		cmocka_unit_test_setup(ownership_goes_with_the_session, begin),
		cmocka_unit_test_setup(more_than_fit_is_told, begin),
		cmocka_unit_test_setup(lost_merge_tells_what_it_moved, begin),
		cmocka_unit_test_setup(lost_merge_tells_nothing_of_other_users_and_sessions, begin),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("decide merge", tests, NULL, NULL);
}
