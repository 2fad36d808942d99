/* What is in hand, what is passed over, and how far two ids are taken for the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "aborts.h"
#include "claims.h"

static struct claims claims;
static struct command one, other, cart;

static int begin(void **state)
{
	(void)state;
	memset(&claims, 0, sizeof(claims));
	claims_begin_round(&claims);
	return 0;
}

static struct command *reserve(struct command *command, uint64_t variant)
{
	memset(command, 0, sizeof(*command));
	command->action = ACTION_RESERVE;
	command->line_count = 1;
	command->lines[0].variant_id = variant;
	return command;
}

static struct command *close_hold(struct command *command, enum action action, uint64_t hold)
{
	memset(command, 0, sizeof(*command));
	command->action = action;
	command->line_count = 1;
	command->lines[0].reservation_id = hold;
	return command;
}

static struct command *set_session(struct command *command, const char *session)
{
	memcpy(command->session_id, session, strlen(session) + 1);
	return command;
}

static struct command *whole_session(struct command *command, const char *session)
{
	memset(command, 0, sizeof(*command));
	command->action = ACTION_EXTEND;
	command->whole_session = true;
	return set_session(command, session);
}

static struct command *fill_cart(uint64_t first, uint64_t second, uint64_t third)
{
	reserve(&cart, first);
	cart.line_count = 3;
	cart.lines[1].variant_id = second;
	cart.lines[2].variant_id = third;
	return &cart;
}

static bool is_free(uint64_t variant)
{
	struct command asked;

	return !claims_conflict(&claims, reserve(&asked, variant));
}

static void nothing_is_in_hand_at_first(void **state)
{
	(void)state;
	for (uint64_t variant = 1; variant < 1000; variant++)
		assert_true(is_free(variant));
	assert_true(is_free(ID_MAX));
}

static void variant_is_in_hand_until_it_is_released(void **state)
{
	(void)state;
	claims_take(&claims, reserve(&one, 7));
	assert_false(is_free(7));
	assert_true(is_free(8));
	claims_begin_round(&claims);
	assert_false(is_free(7));
	claims_release(&claims, &one);
	assert_true(is_free(7));
}

/* One batch may have many jobs of one variant, and one cart many lines of it. */
static void every_line_in_hand_counts(void **state)
{
	(void)state;
	claims_take(&claims, reserve(&one, 7));
	claims_take(&claims, reserve(&other, 7));
	claims_take(&claims, fill_cart(7, 8, 7));
	claims_release(&claims, &one);
	assert_false(is_free(7));
	claims_release(&claims, &cart);
	assert_false(is_free(7));
	assert_true(is_free(8));
	claims_release(&claims, &other);
	assert_true(is_free(7));
}

static void cart_wants_all_its_lines(void **state)
{
	(void)state;
	for (uint64_t variant = 7; variant <= 9; variant++) {
		claims_take(&claims, reserve(&one, variant));
		assert_true(claims_conflict(&claims, fill_cart(7, 8, 9)));
		claims_release(&claims, &one);
		assert_false(claims_conflict(&claims, &cart));
	}
	claims_take(&claims, &cart);
	for (uint64_t variant = 7; variant <= 9; variant++)
		assert_false(is_free(variant));
	assert_true(is_free(10));
}

/* Else it would wait for ever: one of its variants is always in somebody's hands. */
static void who_was_passed_over_is_not_overtaken(void **state)
{
	(void)state;
	claims_take(&claims, reserve(&one, 7));
	assert_true(claims_conflict(&claims, fill_cart(7, 8, 9)));
	claims_pass_over(&claims, &cart);
	assert_false(is_free(8));
	assert_false(is_free(9));
	assert_true(is_free(10));
	/* Nor by those behind one who waits for it. */
	fill_cart(9, 10, 11);
	assert_true(claims_conflict(&claims, &cart));
	claims_pass_over(&claims, &cart);
	assert_false(is_free(11));
}

static void each_round_begins_with_nobody_passed_over(void **state)
{
	(void)state;
	claims_pass_over(&claims, fill_cart(7, 8, 9));
	assert_false(is_free(8));
	claims_begin_round(&claims);
	assert_true(is_free(8));
	assert_false(claims_conflict(&claims, &cart));
	/* To be passed over is not to be in hand. */
	claims_pass_over(&claims, &cart);
	claims_take(&claims, &cart);
	claims_release(&claims, &cart);
	claims_begin_round(&claims);
	assert_true(is_free(8));
}

static void hold_is_its_own_and_no_variant(void **state)
{
	(void)state;
	for (uint64_t id = 1; id <= 1000; id++) {
		claims_take(&claims, close_hold(&one, ACTION_CANCEL, id));
		assert_true(is_free(id));
		assert_true(claims_conflict(&claims, close_hold(&other, ACTION_CONVERT, id)));
		assert_false(claims_conflict(&claims, close_hold(&other, ACTION_CANCEL, id + 1)));
		claims_release(&claims, &one);
		claims_take(&claims, reserve(&one, id));
		assert_false(claims_conflict(&claims, close_hold(&other, ACTION_CANCEL, id)));
		claims_release(&claims, &one);
	}
}

/* A reserve that replaces a hold works on that, too. */
static void replaced_hold_is_wanted_beside_its_variant(void **state)
{
	(void)state;
	reserve(&one, 7)->lines[0].reservation_id = 1000;
	claims_take(&claims, &one);
	assert_false(is_free(7));
	assert_true(claims_conflict(&claims, close_hold(&other, ACTION_CANCEL, 1000)));
	assert_false(claims_conflict(&claims, close_hold(&other, ACTION_CANCEL, 1001)));
	claims_release(&claims, &one);
	assert_true(is_free(7));
	claims_take(&claims, close_hold(&other, ACTION_CONVERT, 1000));
	assert_true(claims_conflict(&claims, &one));
	claims_release(&claims, &other);
	assert_false(claims_conflict(&claims, &one));
}

/* What they see is whatever stands committed, so they need nobody's leave. */
static void who_reads_wants_nothing(void **state)
{
	struct command question, list;

	(void)state;
	reserve(&question, 7)->action = ACTION_AVAILABILITY;
	memset(&list, 0, sizeof(list));
	list.action = ACTION_LIST;
	set_session(&list, "s");
	claims_take(&claims, reserve(&one, 7));
	claims_take(&claims, whole_session(&other, "s"));
	assert_false(claims_conflict(&claims, &question));
	assert_false(claims_conflict(&claims, &list));
	claims_release(&claims, &one);
	claims_release(&claims, &other);
	claims_take(&claims, &question);
	claims_take(&claims, &list);
	claims_pass_over(&claims, &question);
	assert_true(is_free(7));
	assert_false(claims_conflict(&claims, &other));
	claims_release(&claims, &question);
	claims_release(&claims, &list);
}

/* sessions */

/* Like ids they share places, but seldom, however alike they are. */
static void few_sessions_wait_in_vain(void **state)
{
	uint32_t in_vain = 0;
	char name[32];

	(void)state;
	claims_take(&claims, whole_session(&one, "session-0"));
	for (int i = 1; i <= 1000; i++) {
		snprintf(name, sizeof(name), "session-%d", i);
		in_vain += claims_conflict(&claims, whole_session(&other, name));
	}
	assert_in_range(in_vain, 0, 5);
}

/* Two at once could both be within a limit that they exceed together. */
static void limited_reserves_of_a_session_wait_for_each_other(void **state)
{
	static const struct limits limits[] = {{.holds = 5}, {.units = 5}};

	for (size_t i = 0; i < 2; i++) {
		begin(state);
		set_session(reserve(&one, 7), "s")->limits = limits[i];
		set_session(reserve(&other, 8), "s")->limits = limits[i];
		claims_take(&claims, &one);
		assert_true(claims_conflict(&claims, &other));
		set_session(&other, "t");
		assert_false(claims_conflict(&claims, &other));
		claims_release(&claims, &one);
		set_session(&other, "s");
		assert_false(claims_conflict(&claims, &other));
	}
}

/* The shop's own orders of one session are many, and need not. */
static void unlimited_reserves_of_a_session_do_not_meet(void **state)
{
	static const struct limits limits[] = {{0}, {.quantity = 5}};

	for (size_t i = 0; i < 2; i++) {
		begin(state);
		set_session(reserve(&one, 7), "s")->limits = limits[i];
		set_session(reserve(&other, 8), "s")->limits = limits[i];
		claims_take(&claims, &one);
		assert_false(claims_conflict(&claims, &other));
		claims_release(&claims, &one);
	}
}

static void whole_session_is_in_hand_until_it_is_released(void **state)
{
	(void)state;
	claims_take(&claims, whole_session(&one, "s"));
	assert_true(claims_conflict(&claims, whole_session(&other, "s")));
	assert_false(claims_conflict(&claims, whole_session(&other, "t")));
	assert_false(claims_conflict(&claims, whole_session(&other, "S")));
	set_session(reserve(&other, 7), "s")->limits.holds = 5;
	assert_true(claims_conflict(&claims, &other));
	claims_release(&claims, &one);
	assert_false(claims_conflict(&claims, &other));
}

static void merge_wants_both_its_sessions(void **state)
{
	struct command merge;

	(void)state;
	whole_session(&merge, "to")->action = ACTION_MERGE;
	memcpy(merge.from_session_id, "from", 5);
	claims_take(&claims, &merge);
	assert_true(claims_conflict(&claims, whole_session(&other, "to")));
	assert_true(claims_conflict(&claims, whole_session(&other, "from")));
	claims_release(&claims, &merge);
	claims_take(&claims, whole_session(&other, "from"));
	assert_true(claims_conflict(&claims, &merge));
	claims_release(&claims, &other);
	memcpy(merge.from_session_id, "to", 3); /* twice the same */
	claims_take(&claims, &merge);
	claims_release(&claims, &merge);
	assert_false(claims_conflict(&claims, &merge));
}

/* The store fills in its lines while it is in hand: they were never taken. */
static void whole_session_releases_what_it_took(void **state)
{
	(void)state;
	claims_take(&claims, close_hold(&other, ACTION_CANCEL, 1000));
	claims_take(&claims, whole_session(&one, "s"));
	one.line_count = 2;
	one.lines[0].reservation_id = 1000;
	one.lines[1].reservation_id = 1001; /* of which nothing is in hand to be released */
	claims_release(&claims, &one);
	assert_false(claims_conflict(&claims, whole_session(&one, "s")));
	assert_true(claims_conflict(&claims, &other));
	claims_release(&claims, &other);
	assert_false(claims_conflict(&claims, &other));
	/* And come back with them, to be taken again. */
	one.line_count = 1;
	one.lines[0].reservation_id = 1000;
	claims_take(&claims, close_hold(&other, ACTION_CANCEL, 1000));
	assert_false(claims_conflict(&claims, &one));
	claims_pass_over(&claims, &one);
	assert_true(claims_conflict(&claims, whole_session(&cart, "s")));
}

static void who_wants_no_row_meets_nobody(void **state)
{
	struct command cleanup = {.action = ACTION_CLEANUP}, ready = {.action = ACTION_READY};

	(void)state;
	for (uint64_t variant = 0; variant < 3; variant++) {
		cleanup.lines[0].variant_id = variant;
		claims_take(&claims, reserve(&one, variant));
		claims_take(&claims, &cleanup);
		assert_false(claims_conflict(&claims, &cleanup));
		assert_false(claims_conflict(&claims, &ready));
		claims_pass_over(&claims, &ready);
		claims_release(&claims, &cleanup);
	}
	assert_true(is_free(3));
}

/* Ids share places: neighbours hardly ever do, and of a full batch about one in 64 waits in vain.
 */
static void few_wait_in_vain(void **state)
{
	static struct command batch[BATCH_MAX];
	uint32_t in_vain = 0;

	(void)state;
	for (uint32_t i = 0; i < BATCH_MAX; i++) {
		assert_true(is_free(5000 + i));
		claims_take(&claims, reserve(&batch[i], 5000 + i));
	}
	for (uint64_t variant = 10000; variant < 10000 + CLAIMS_MAX; variant++)
		in_vain += !is_free(variant);
	assert_in_range(in_vain, 0, 2 * CLAIMS_MAX / BATCH_MAX);
}

static void release_what_nobody_has(void)
{
	claims_take(&claims, reserve(&one, 7));
	claims_release(&claims, &one);
	claims_release(&claims, &one);
}

static void releasing_what_nobody_has_stops_the_process(void **state)
{
	(void)state;
	assert_true(aborts(release_what_nobody_has));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nothing_is_in_hand_at_first, begin),
		cmocka_unit_test_setup(variant_is_in_hand_until_it_is_released, begin),
		cmocka_unit_test_setup(every_line_in_hand_counts, begin),
		cmocka_unit_test_setup(cart_wants_all_its_lines, begin),
		cmocka_unit_test_setup(who_was_passed_over_is_not_overtaken, begin),
		cmocka_unit_test_setup(each_round_begins_with_nobody_passed_over, begin),
		cmocka_unit_test_setup(hold_is_its_own_and_no_variant, begin),
		cmocka_unit_test_setup(replaced_hold_is_wanted_beside_its_variant, begin),
		cmocka_unit_test_setup(who_reads_wants_nothing, begin),
		cmocka_unit_test_setup(few_sessions_wait_in_vain, begin),
		cmocka_unit_test_setup(limited_reserves_of_a_session_wait_for_each_other, begin),
		cmocka_unit_test_setup(unlimited_reserves_of_a_session_do_not_meet, begin),
		cmocka_unit_test_setup(whole_session_is_in_hand_until_it_is_released, begin),
		cmocka_unit_test_setup(merge_wants_both_its_sessions, begin),
		cmocka_unit_test_setup(whole_session_releases_what_it_took, begin),
		cmocka_unit_test_setup(who_wants_no_row_meets_nobody, begin),
		cmocka_unit_test_setup(few_wait_in_vain, begin),
		cmocka_unit_test_setup(releasing_what_nobody_has_stops_the_process, begin),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("claims", tests, NULL, NULL);
}
