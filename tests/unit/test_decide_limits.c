/*
 * The operator's limits against hoarding: of a hold, and of what a session holds. They come last,
 * and who is past one may always ask for less.
 */
#include "decide_fixture.h"

#include <string.h>

#include "aborts.h"

/* MINE holds so much; the request has so many lines of so many units. */
struct hoard {
	const char *rule;
	struct limits limits;
	int64_t holds, units;
	uint32_t lines, quantity;
	enum limit reached;
};

static const struct hoard hoards[] = {
	{"no limit", {0, 0, 0}, 1000, 100000, 5, 1000, LIMIT_NONE},
	{"a hold of as much as is allowed", {10, 0, 0}, 1000, 100000, 2, 10, LIMIT_NONE},
	{"a hold of one more", {10, 0, 0}, 0, 0, 1, 11, LIMIT_QUANTITY},
	{"lines are holds of their own", {10, 0, 0}, 0, 0, 5, 10, LIMIT_NONE},
	{"the last hold", {0, 5, 0}, 4, 4, 1, 100, LIMIT_NONE},
	{"one hold more", {0, 5, 0}, 5, 5, 1, 1, LIMIT_HOLDS},
	{"a cart of as many as are left", {0, 5, 0}, 2, 2, 3, 100, LIMIT_NONE},
	{"a cart of one too many", {0, 5, 0}, 2, 2, 4, 1, LIMIT_HOLDS},
	{"a first cart of too many", {0, 5, 0}, 0, 0, 6, 1, LIMIT_HOLDS},
	{"past the limit already", {0, 5, 0}, 9, 9, 1, 1, LIMIT_HOLDS},
	{"the last unit", {0, 0, 50}, 30, 49, 1, 1, LIMIT_NONE},
	{"one unit more", {0, 0, 50}, 1, 49, 1, 2, LIMIT_UNITS},
	{"units are summed over the cart", {0, 0, 50}, 1, 40, 5, 2, LIMIT_NONE},
	{"one unit too many over the cart", {0, 0, 50}, 1, 41, 5, 2, LIMIT_UNITS},
	{"the quantity is told before the holds", {10, 5, 50}, 5, 50, 1, 11, LIMIT_QUANTITY},
	{"the holds are told before the units", {10, 5, 50}, 5, 50, 1, 10, LIMIT_HOLDS},
	{"all are kept", {10, 5, 50}, 4, 40, 1, 10, LIMIT_NONE},
};

static int64_t max_of(const struct limits *limits, enum limit limit)
{
	if (limit == LIMIT_QUANTITY)
		return limits->quantity;
	return limit == LIMIT_HOLDS ? limits->holds : limits->units;
}

static void assert_reached(const struct outcome *outcome, enum limit limit, int64_t max)
{
	assert_refused(outcome, CODE_LIMIT_REACHED);
	assert_int_equal(outcome->limit, limit);
	assert_int_equal(outcome->limit_max, max);
	assert_int_equal(outcome->line_count, 0);
	assert_false(outcome->again);
}

static void check_hoard(const struct hoard *hoard)
{
	const struct outcome *outcome;
	int64_t units = (int64_t)hoard->lines * hoard->quantity;

	given_variant(1, 1000000, 0);
	given_session(hoard->holds, hoard->units);
	asked(ACTION_RESERVE)->limits = hoard->limits;
	for (uint32_t i = 0; i < hoard->lines; i++)
		asked_units(1, hoard->quantity);
	outcome = decided();
	if (outcome->success != (hoard->reached == LIMIT_NONE))
		fail_msg("%s", hoard->rule);
	if (outcome->success) {
		assert_session(MINE, hoard->holds + hoard->lines, hoard->units + units);
		return;
	}
	assert_reached(outcome, hoard->reached, max_of(&hoard->limits, hoard->reached));
	assert_session(MINE, hoard->holds, hoard->units);
	assert_variant(1, 1000000, 0);
	assert_int_equal(given.hold_count, 0);
}

static void every_limit_is_kept_to_its_edge(void **state)
{
	for (size_t i = 0; i < sizeof(hoards) / sizeof(hoards[0]); i++) {
		begin(state);
		check_hoard(&hoards[i]);
	}
}

/* Hold 5 is live, MINE, and counted; a line takes its place. */
struct exchange {
	const char *rule;
	struct limits limits;
	int64_t holds, units; /* that MINE has, hold 5 included */
	uint32_t before, after;
	enum limit reached;
};

static const struct exchange exchanges[] = {
	{"a hold for a hold, at the limit", {0, 5, 0}, 5, 20, 4, 100, LIMIT_NONE},
	{"a hold for a hold, past the limit", {0, 5, 0}, 9, 20, 4, 4, LIMIT_NONE},
	{"the same units, past the limit", {0, 0, 10}, 2, 20, 4, 4, LIMIT_NONE},
	{"less units, past the limit", {0, 0, 10}, 2, 20, 4, 1, LIMIT_NONE},
	{"more units, past the limit", {0, 0, 10}, 2, 20, 4, 5, LIMIT_UNITS},
	{"more units, to the limit", {0, 0, 10}, 2, 8, 4, 6, LIMIT_NONE},
	{"one more than the limit", {0, 0, 10}, 2, 8, 4, 7, LIMIT_UNITS},
	{"less than before, more than a hold may have", {3, 0, 0}, 1, 9, 9, 8, LIMIT_NONE},
	{"as before, more than a hold may have", {3, 0, 0}, 1, 9, 9, 9, LIMIT_NONE},
	{"more than before, and than a hold may have", {3, 0, 0}, 1, 9, 9, 10, LIMIT_QUANTITY},
	{"more than before, as much as a hold may have", {3, 0, 0}, 1, 2, 2, 3, LIMIT_NONE},
};

static void check_exchange(const struct exchange *exchange)
{
	const struct outcome *outcome;

	given_variant(1, 1000, exchange->before);
	given_hold(5, 1, exchange->before, LATER);
	given_session(exchange->holds, exchange->units);
	asked(ACTION_RESERVE)->limits = exchange->limits;
	asked_instead(1, exchange->after, 5);
	outcome = decided();
	if (outcome->success != (exchange->reached == LIMIT_NONE))
		fail_msg("%s", exchange->rule);
	if (outcome->success) {
		assert_session(MINE, exchange->holds,
			exchange->units + exchange->after - exchange->before);
		assert_closed(row(5), HOLD_CANCELLED, REASON_REPLACED);
		return;
	}
	assert_reached(outcome, exchange->reached, max_of(&exchange->limits, exchange->reached));
	assert_session(MINE, exchange->holds, exchange->units);
	assert_untouched(row(5));
}

static void what_is_replaced_counts_no_more(void **state)
{
	for (size_t i = 0; i < sizeof(exchanges) / sizeof(exchanges[0]); i++) {
		begin(state);
		check_exchange(&exchanges[i]);
	}
}

/* The database did not count it, and what it gives back is nothing. */
static void expired_hold_is_no_exchange(void **state)
{
	(void)state;
	given_variant(1, 1000, 4);
	given_hold(5, 1, 4, PAST);
	given_session(5, 20);
	asked(ACTION_RESERVE)->limits = (struct limits){.holds = 5};
	asked_instead(1, 4, 5);
	assert_reached(decided(), LIMIT_HOLDS, 5);
	asked(ACTION_RESERVE)->limits = (struct limits){.units = 20};
	asked_instead(1, 4, 5);
	assert_reached(decided(), LIMIT_UNITS, 20);
}

static void caps_come_last(void **state)
{
	const struct limits tight = {1, 1, 1};

	(void)state;
	given_variant(1, 10, 10);
	given_unnamed_expired(9, 1, 3);
	given_session(1, 1);
	asked(ACTION_RESERVE)->limits = tight;
	asked_units(2, 5);
	assert_refused(decided(), CODE_VARIANT_NOT_FOUND);
	asked(ACTION_RESERVE)->limits = tight;
	asked_instead(1, 5, 99);
	assert_refused(decided(), CODE_RESERVATION_NOT_FOUND);
	asked(ACTION_RESERVE)->limits = tight;
	asked_units(1, 5);
	assert_refused(decided(), CODE_INSUFFICIENT_STOCK);
	asked(ACTION_RESERVE)->limits = tight;
	asked_units(1, 3);
	assert_reached(decided(), LIMIT_QUANTITY, 1);
}

/* Housekeeping stays, and is counted. */
static void sweep_stays_though_a_limit_is_reached(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 10);
	given_unnamed_expired(9, 1, 3);
	given_session(0, 0);
	asked(ACTION_RESERVE)->limits = (struct limits){.units = 2};
	asked_units(1, 3);
	outcome = decided();
	assert_reached(outcome, LIMIT_UNITS, 2);
	assert_int_equal(outcome->swept, 1);
	assert_closed(row(9), HOLD_CANCELLED, REASON_EXPIRED);
	assert_variant(1, 10, 7);
}

/* Nor is what another session holds the shopper's. */
static void commands_of_a_batch_count_for_each_other(void **state)
{
	(void)state;
	given_variant(1, 100, 8);
	given_hold(5, 1, 4, LATER);
	of_session(given_hold(6, 1, 4, LATER), ANOTHERS);
	given_session(1, 4);
	asked(ACTION_RESERVE)->limits = (struct limits){.holds = 2};
	asked_units(1, 1);
	assert_stands(decided(), CODE_RESERVED);
	assert_reached(decided(), LIMIT_HOLDS, 2);
	asked(ACTION_CANCEL)->session_id[0] = '\0';
	asked_hold(6);
	assert_stands(decided(), CODE_CANCELLED);
	asked(ACTION_RESERVE)->limits = (struct limits){.holds = 2};
	asked_units(1, 1);
	assert_reached(decided(), LIMIT_HOLDS, 2);
	asked(ACTION_CONVERT)->session_id[0] = '\0';
	asked_hold(5);
	assert_stands(decided(), CODE_CONVERTED);
	assert_session(MINE, 1, 1);
	asked(ACTION_RESERVE)->limits = (struct limits){.holds = 2};
	asked_units(1, 1);
	assert_stands(decided(), CODE_RESERVED);
	assert_session(MINE, 2, 2);
}

/* Who was here before has it, whatever the limits are by now. */
static void replay_is_not_limited(void **state)
{
	static const uint8_t key[DIGEST_LENGTH] = "key of the request";
	struct command *command;

	(void)state;
	given_variant(1, 100, 8);
	memcpy(given_hold(5, 1, 8, LATER)->idempotency_key, key, DIGEST_LENGTH);
	given_session(9, 99);
	command = asked(ACTION_RESERVE);
	command->keyed = true;
	command->limits = (struct limits){1, 1, 1};
	memcpy(command->idempotency_key, key, DIGEST_LENGTH);
	asked_units(1, 8);
	assert_stands(decided(), CODE_RESERVED);
	assert_session(MINE, 9, 99);
}

/* Nothing was counted for it, and nothing needs to be. */
static void unlimited_caller_needs_no_count(void **state)
{
	static const struct limits unlimited[] = {{0, 0, 0}, {QUANTITY_MAX, 0, 0}};

	for (size_t i = 0; i < 2; i++) {
		begin(state);
		given_variant(1, QUANTITY_MAX, 0);
		asked(ACTION_RESERVE)->limits = unlimited[i];
		asked_units(1, QUANTITY_MAX);
		assert_stands(decided(), CODE_RESERVED);
	}
}

static void decide_uncounted(void)
{
	asked(ACTION_RESERVE)->limits = (struct limits){.holds = 5};
	asked_units(1, 1);
	decided();
}

/* To be limited without having been counted would be a limit that is none. */
static void limited_caller_who_was_not_counted_stops_the_process(void **state)
{
	(void)state;
	given_variant(1, 100, 0);
	assert_true(aborts(decide_uncounted));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(every_limit_is_kept_to_its_edge, begin),
		cmocka_unit_test_setup(what_is_replaced_counts_no_more, begin),
		cmocka_unit_test_setup(expired_hold_is_no_exchange, begin),
		cmocka_unit_test_setup(caps_come_last, begin),
		cmocka_unit_test_setup(sweep_stays_though_a_limit_is_reached, begin),
		cmocka_unit_test_setup(commands_of_a_batch_count_for_each_other, begin),
		cmocka_unit_test_setup(replay_is_not_limited, begin),
		cmocka_unit_test_setup(unlimited_caller_needs_no_count, begin),
		cmocka_unit_test_setup(limited_caller_who_was_not_counted_stops_the_process, begin),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("decide limits", tests, NULL, NULL);
}
