/*
 * What the store loads for carts and sessions: what sessions hold, and which commands are left out
 * because somebody else has a lock.
 */
#include "store_fixture.h"

#include <stdio.h>
#include <string.h>

/* The statements, in the order of a load. */
#define OWNERS	     "SELECT id,variantId FROM StockReservation"
#define LOCK_VARIANT "FROM ProductVariant FORCE INDEX"
#define EXISTING     "SELECT id FROM ProductVariant"
#define KEYS	     "idempotencyKey="
#define LOCK_HOLD    "StockReservation FORCE INDEX"
#define SESSIONS     "GROUP BY sessionId"

#define NOW 1800000000000

static struct stock stock;
static struct loading loading;
static struct command commands[2];
static const struct command *const batch[] = {&commands[0], &commands[1]};

static struct command *reserve(uint32_t i, uint64_t variant, const char *session)
{
	struct command *command = &commands[i];

	memset(command, 0, sizeof(*command));
	command->action = ACTION_RESERVE;
	command->line_count = 1;
	command->lines[0] = (struct command_line){.variant_id = variant, .quantity = 1};
	snprintf(command->session_id, sizeof(command->session_id), "%s", session);
	return command;
}

static void given_variant(const char *id)
{
	given_row(id, "10", "4", "1800000000000", NULL);
}

/* An ACTIVE hold, of the session "s", that ends a second from now. */
static void given_hold(const char *id, const char *variant)
{
	given_row(id, variant, "", "3", "1", "", "1799999999000", "1800000001000", "", "s", "", "",
		"", "", "", "", "1800000000000", NULL);
}

static void load(uint32_t count, enum store_locking locking)
{
	memset(&stock, 0xa5, sizeof(stock));
	memset(&loading, 0xa5, sizeof(loading));
	assert_int_equal(store_load(store, batch, count, locking, &stock, &loading), STORE_OK);
	assert_int_equal(loading.now_ms, NOW);
}

static void assert_counts(const char *session, int64_t holds, int64_t units)
{
	const struct session *counted = stock_session(&stock, session);

	assert_non_null(counted);
	assert_int_equal(counted->holds, holds);
	assert_int_equal(counted->units, units);
}

/* sessions */

static void sessions_of_limited_commands_are_counted(void **state)
{
	(void)state;
	reserve(0, 1, "s")->limits.holds = 5;
	reserve(1, 1, "t")->limits.units = 5;
	answers(LOCK_VARIANT);
	given_variant("1");
	answers(SESSIONS);
	given_row("s", "3", "9", NULL);
	load(2, STORE_SKIP);
	assert_counts("s", 3, 9);
	assert_counts("t", 0, 0); /* the database tells of none that holds nothing */
	assert_int_equal(stock.session_count, 2);
}

static void session_of_two_commands_is_counted_once(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 2; i++)
		reserve(i, 1, "s")->limits.holds = 5;
	answers(LOCK_VARIANT);
	given_variant("1");
	load(2, STORE_SKIP);
	assert_int_equal(stock.session_count, 1);
	assert_counts("s", 0, 0);
}

static void unlimited_sessions_are_not_counted(void **state)
{
	(void)state;
	reserve(0, 1, "s")->limits.quantity = 5;
	answers(LOCK_VARIANT);
	given_variant("1");
	answers(SESSIONS);
	given_row("s", "3", "9", NULL);
	load(1, STORE_SKIP);
	assert_int_equal(stock.session_count, 0);
}

/* Whatever becomes of them is counted from then on. */
static void loaded_holds_are_among_those_counted(void **state)
{
	struct command *command = reserve(0, 1, "s");

	(void)state;
	command->limits.holds = 5;
	command->lines[0].reservation_id = 5;
	answers(OWNERS);
	given_row("5", "2", NULL);
	answers(LOCK_VARIANT);
	given_variant("1");
	given_variant("2");
	answers(LOCK_HOLD);
	given_hold("5", "2");
	answers(SESSIONS);
	given_row("s", "3", "9", NULL);
	load(1, STORE_SKIP);
	assert_int_equal(stock_hold(&stock, 5)->quantity, 3);
	assert_ptr_equal(stock_hold(&stock, 5)->session, stock_session(&stock, "s"));
	assert_non_null(stock_variant(&stock, 2)); /* what it gives back counts there */
	assert_false(loading.blocked[0]);
}

/* locks of others */

static void given_replacement(void)
{
	reserve(0, 1, "s")->lines[0].reservation_id = 5;
	reserve(1, 1, "t");
	answers(OWNERS);
	given_row("5", "2", NULL);
}

/* Its credit would be a guess: the hold is not even read. */
static void locked_variant_of_a_replaced_hold_blocks(void **state)
{
	(void)state;
	given_replacement();
	answers(LOCK_VARIANT);
	given_variant("1");
	answers(EXISTING);
	given_row("2", NULL);
	answers(LOCK_HOLD);
	given_hold("5", "2");
	load(2, STORE_SKIP);
	assert_true(loading.blocked[0]);
	assert_int_equal(loading.blocked_on[0], 2);
	assert_false(loading.blocked[1]);
	assert_null(stock_hold(&stock, 5));
}

static void locked_variant_that_is_wanted_blocks(void **state)
{
	(void)state;
	given_replacement();
	answers(LOCK_VARIANT);
	given_variant("2");
	answers(EXISTING);
	given_row("1", NULL);
	load(2, STORE_SKIP);
	for (int i = 0; i < 2; i++) {
		assert_true(loading.blocked[i]);
		assert_int_equal(loading.blocked_on[i], 1);
	}
}

/* Somebody outside may lock a hold without its variant. */
static void locked_hold_that_is_replaced_blocks(void **state)
{
	(void)state;
	given_replacement();
	answers(LOCK_VARIANT);
	given_variant("1");
	given_variant("2");
	load(2, STORE_SKIP);
	assert_true(loading.blocked[0]);
	assert_int_equal(loading.blocked_on[0], 0);
	assert_false(loading.blocked[1]);
}

/* What its key found before may be what it would make again. */
static void locked_hold_of_a_key_blocks(void **state)
{
	(void)state;
	reserve(0, 1, "s")->keyed = true;
	reserve(1, 1, "t");
	answers(LOCK_VARIANT);
	given_variant("1");
	answers(KEYS);
	given_row("7", NULL);
	load(2, STORE_SKIP);
	assert_true(loading.blocked[0]);
	assert_false(loading.blocked[1]);
}

static void unknown_rows_block_nobody(void **state)
{
	(void)state;
	reserve(0, 1, "s")->lines[0].reservation_id = 5; /* of which there is no owner */
	reserve(1, 99, "t");
	answers(LOCK_VARIANT);
	given_variant("1");
	load(2, STORE_SKIP);
	assert_false(loading.blocked[0]);
	assert_false(loading.blocked[1]);
	assert_null(stock_variant(&stock, 99));
	assert_null(stock_hold(&stock, 5));
}

static void every_failure_is_told(void **state)
{
	(void)state;
	reserve(0, 1, "s")->limits.holds = 5;
	opening = STORE_LOST;
	assert_int_equal(store_load(store, batch, 1, STORE_WAIT, &stock, &loading), STORE_LOST);
	opening = STORE_OK;
	selecting = STORE_BUSY;
	assert_int_equal(store_load(store, batch, 1, STORE_WAIT, &stock, &loading), STORE_BUSY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			sessions_of_limited_commands_are_counted, begin, finish),
		cmocka_unit_test_setup_teardown(
			session_of_two_commands_is_counted_once, begin, finish),
		cmocka_unit_test_setup_teardown(unlimited_sessions_are_not_counted, begin, finish),
		cmocka_unit_test_setup_teardown(
			loaded_holds_are_among_those_counted, begin, finish),
		cmocka_unit_test_setup_teardown(
			locked_variant_of_a_replaced_hold_blocks, begin, finish),
		cmocka_unit_test_setup_teardown(
			locked_variant_that_is_wanted_blocks, begin, finish),
		cmocka_unit_test_setup_teardown(locked_hold_that_is_replaced_blocks, begin, finish),
		cmocka_unit_test_setup_teardown(locked_hold_of_a_key_blocks, begin, finish),
		cmocka_unit_test_setup_teardown(unknown_rows_block_nobody, begin, finish),
		cmocka_unit_test_setup_teardown(every_failure_is_told, begin, finish),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("store load", tests, NULL, NULL);
}
