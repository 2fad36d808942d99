/* Which rows a batch of commands needs: each once, in ascending order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "aborts.h"
#include "plan.h"

#define NOW INT64_C(1800000000000)

static struct stock stock;
static struct id_list list;
static struct command commands[3];
static const struct command *const batch[] = {&commands[0], &commands[1], &commands[2]};

static int begin(void **state)
{
	(void)state;
	stock_reset(&stock);
	memset(&list, 0, sizeof(list));
	memset(commands, 0, sizeof(commands));
	return 0;
}

static void ask_units(struct command *command, uint64_t variant_id, uint32_t quantity)
{
	struct command_line *line = &command->lines[command->line_count++];

	command->action = ACTION_RESERVE;
	line->variant_id = variant_id;
	line->quantity = quantity;
}

static void ask_hold(struct command *command, enum action action, uint64_t id)
{
	command->action = action;
	command->lines[command->line_count++].reservation_id = id;
}

static struct hold *add_hold(uint64_t id, uint32_t quantity, int64_t expires_at_ms)
{
	struct hold *hold = stock_add_named(&stock, id);

	hold->variant_id = 1;
	hold->quantity = quantity;
	hold->expires_at_ms = expires_at_ms;
	return hold;
}

static void ids_ascend_and_stand_once(void **state)
{
	static const uint64_t added[] = {5, 9, 1, 5, 7, 1, 9, ID_MAX, 7};
	static const uint64_t expected[] = {1, 5, 7, 9, ID_MAX};

	(void)state;
	for (uint32_t i = 0; i < sizeof(added) / sizeof(added[0]); i++)
		id_list_add(&list, added[i]);
	assert_int_equal(list.count, 5);
	assert_memory_equal(list.ids, expected, sizeof(expected));
}

static void list_has_what_was_added(void **state)
{
	(void)state;
	assert_false(id_list_has(&list, 0));
	assert_false(id_list_has(&list, 3));
	for (uint64_t id = 300; id > 0; id -= 3)
		id_list_add(&list, id);
	for (uint64_t id = 3; id <= 300; id += 3) {
		assert_true(id_list_has(&list, id));
		assert_false(id_list_has(&list, id - 1));
		assert_false(id_list_has(&list, id + 1));
	}
	assert_false(id_list_has(&list, 0));
	assert_false(id_list_has(&list, ID_MAX));
	list.count = 1;
	assert_true(id_list_has(&list, 3));
	assert_false(id_list_has(&list, 6)); /* no longer */
}

/* Only a reserve makes holds; only with its client's key, or once its COMMIT was lost sight of. */
static void reserves_look_back_with_a_key_or_after_a_lost_commit(void **state)
{
	static const enum action others[] = {
		ACTION_CANCEL, ACTION_CONVERT, ACTION_EXTEND, ACTION_MERGE, ACTION_CLEANUP};
	struct command *command = &commands[0];

	(void)state;
	command->action = ACTION_RESERVE;
	memset(command->idempotency_key, 'k', DIGEST_LENGTH);
	assert_false(plan_looks_back(command));
	command->keyed = true;
	assert_true(plan_looks_back(command));
	command->recheck = true;
	assert_true(plan_looks_back(command));
	command->keyed = false;
	assert_true(plan_looks_back(command));
	command->keyed = true;
	for (uint32_t i = 0; i < 5; i++) {
		command->action = others[i];
		assert_false(plan_looks_back(command));
	}
}

static void add_one_too_many(void)
{
	id_list_add(&list, STOCK_VARIANTS_MAX + 1);
}

static void full_list_takes_known_ids_only(void **state)
{
	(void)state;
	for (uint64_t id = STOCK_VARIANTS_MAX; id > 0; id--)
		id_list_add(&list, id);
	id_list_add(&list, 1);
	id_list_add(&list, STOCK_VARIANTS_MAX);
	assert_int_equal(list.count, STOCK_VARIANTS_MAX);
	assert_true(aborts(add_one_too_many));
}

static void variants_are_those_of_reserves(void **state)
{
	static const uint64_t expected[] = {2, 4, 6};

	(void)state;
	ask_units(&commands[0], 6, 1);
	ask_units(&commands[0], 2, 1);
	ask_hold(&commands[1], ACTION_CANCEL, 100);
	ask_units(&commands[2], 4, 1);
	ask_units(&commands[2], 6, 1);
	plan_variants(batch, 3, &list);
	assert_int_equal(list.count, 3);
	assert_memory_equal(list.ids, expected, sizeof(expected));
}

static void holds_are_those_of_cancels_and_converts(void **state)
{
	static const uint64_t expected[] = {2, 4, 6};

	(void)state;
	ask_hold(&commands[0], ACTION_CONVERT, 6);
	ask_hold(&commands[0], ACTION_CONVERT, 4);
	ask_units(&commands[1], 100, 1);
	ask_hold(&commands[2], ACTION_CANCEL, 2);
	ask_hold(&commands[2], ACTION_CANCEL, 6);
	plan_holds(batch, 3, &list);
	assert_int_equal(list.count, 3);
	assert_memory_equal(list.ids, expected, sizeof(expected));
}

/* A reserve names the variant that it wants and the hold whose place it takes. */
static void reserves_name_what_they_replace(void **state)
{
	static const uint64_t expected_variants[] = {4, 6};
	static const uint64_t expected_holds[] = {2, 9};

	(void)state;
	ask_units(&commands[0], 6, 1);
	commands[0].lines[0].reservation_id = 9;
	ask_units(&commands[0], 4, 1);
	ask_hold(&commands[1], ACTION_EXTEND, 2);
	ask_hold(&commands[2], ACTION_MERGE, 9);
	plan_variants(batch, 3, &list);
	assert_int_equal(list.count, 2);
	assert_memory_equal(list.ids, expected_variants, sizeof(expected_variants));
	list.count = 0;
	plan_holds(batch, 3, &list);
	assert_int_equal(list.count, 2);
	assert_memory_equal(list.ids, expected_holds, sizeof(expected_holds));
}

/* A batch of the longest carts, each line replacing a hold of its own, has room. */
static void largest_batch_fits_the_list(void **state)
{
	static struct command carts[BATCH_LINES_MAX / LINES_MAX + 1];
	const struct command *largest[BATCH_LINES_MAX / LINES_MAX + 1];
	uint32_t count = 0, lines = 0;

	(void)state;
	for (; lines < BATCH_LINES_MAX; count++) {
		struct command *cart = &carts[count];

		largest[count] = cart;
		for (; cart->line_count < LINES_MAX && lines < BATCH_LINES_MAX; lines++) {
			ask_units(cart, 1 + lines, 1);
			cart->lines[cart->line_count - 1].reservation_id = 10000 + lines;
		}
	}
	plan_variants(largest, count, &list);
	plan_holds(largest, count, &list); /* a hold may be of a variant of its own */
	assert_int_equal(list.count, 2 * BATCH_LINES_MAX);
}

/* For the bounds of a batch: how many holds a whole session names is not known before. */
static void whole_session_weighs_as_much_as_it_may_name(void **state)
{
	(void)state;
	ask_hold(&commands[0], ACTION_EXTEND, 2);
	assert_int_equal(command_weight(&commands[0]), 1);
	commands[0].whole_session = true;
	assert_int_equal(command_weight(&commands[0]), LINES_MAX);
	commands[0].line_count = 0;
	assert_int_equal(command_weight(&commands[0]), LINES_MAX);
	assert_int_equal(command_weight(&commands[1]), 0);
}

static void cleanup_names_nothing(void **state)
{
	(void)state;
	commands[0].action = ACTION_CLEANUP;
	plan_variants(batch, 1, &list);
	plan_holds(batch, 1, &list);
	plan_expired(&stock, NOW, batch, 1, &list);
	assert_int_equal(list.count, 0);
}

static void plans_add_to_what_is_listed(void **state)
{
	static const uint64_t expected[] = {3, 8};

	(void)state;
	id_list_add(&list, 8);
	ask_units(&commands[0], 3, 1);
	plan_variants(batch, 1, &list);
	assert_int_equal(list.count, 2);
	assert_memory_equal(list.ids, expected, sizeof(expected));
}

static void what_suffices_needs_no_expired_holds(void **state)
{
	(void)state;
	stock_add_variant(&stock, 1, 10, 4);
	ask_units(&commands[0], 1, 4);
	ask_units(&commands[1], 1, 2);
	plan_expired(&stock, NOW, batch, 2, &list);
	assert_int_equal(list.count, 0);
}

static void short_variant_needs_its_expired_holds(void **state)
{
	(void)state;
	stock_add_variant(&stock, 1, 10, 4);
	stock_add_variant(&stock, 2, 10, 0);
	ask_units(&commands[0], 1, 7);
	ask_units(&commands[1], 2, 7);
	plan_expired(&stock, NOW, batch, 2, &list);
	assert_int_equal(list.count, 1);
	assert_int_equal(list.ids[0], 1);
}

static void commands_count_together(void **state)
{
	(void)state;
	stock_add_variant(&stock, 1, 10, 4);
	stock.variants[0].need = 1000; /* of an earlier use */
	ask_units(&commands[0], 1, 3);
	ask_units(&commands[1], 1, 2);
	ask_units(&commands[1], 1, 1);
	plan_expired(&stock, NOW, batch, 2, &list);
	assert_int_equal(list.count, 0);
	ask_units(&commands[2], 1, 1);
	plan_expired(&stock, NOW, batch, 3, &list);
	assert_int_equal(list.count, 1);
}

static void late_converts_count_too(void **state)
{
	struct hold *swept;

	(void)state;
	stock_add_variant(&stock, 1, 10, 6);
	swept = add_hold(1, 3, NOW - 5);
	swept->status = HOLD_CANCELLED;
	swept->reason = REASON_EXPIRED;
	add_hold(2, 2, NOW);
	ask_hold(&commands[0], ACTION_CONVERT, 1);
	plan_expired(&stock, NOW, batch, 1, &list);
	assert_int_equal(list.count, 0);
	ask_hold(&commands[0], ACTION_CONVERT, 2);
	plan_expired(&stock, NOW, batch, 1, &list);
	assert_int_equal(list.count, 1);
	assert_int_equal(list.ids[0], 1);
}

static void what_wants_no_units_counts_for_nothing(void **state)
{
	struct hold *cancelled;

	(void)state;
	stock_add_variant(&stock, 1, 5, 5);
	add_hold(1, 3, NOW + 1);
	cancelled = add_hold(2, 2, NOW - 1);
	cancelled->status = HOLD_CANCELLED;
	cancelled->reason = REASON_CUSTOMER;
	add_hold(3, 2, NOW - 1);
	ask_hold(&commands[0], ACTION_CONVERT, 1);
	ask_hold(&commands[0], ACTION_CONVERT, 2);
	ask_hold(&commands[0], ACTION_CONVERT, 99);
	ask_hold(&commands[1], ACTION_EXTEND, 3);
	ask_units(&commands[2], 99, 1000);
	plan_expired(&stock, NOW, batch, 3, &list);
	assert_int_equal(list.count, 0);
	commands[1].action = ACTION_MERGE;
	plan_expired(&stock, NOW, batch, 3, &list);
	assert_int_equal(list.count, 0);
	commands[1].action = ACTION_CANCEL;
	plan_expired(&stock, NOW, batch, 3, &list);
	assert_int_equal(list.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(ids_ascend_and_stand_once, begin),
		cmocka_unit_test_setup(list_has_what_was_added, begin),
		cmocka_unit_test_setup(reserves_look_back_with_a_key_or_after_a_lost_commit, begin),
		cmocka_unit_test_setup(full_list_takes_known_ids_only, begin),
		cmocka_unit_test_setup(variants_are_those_of_reserves, begin),
		cmocka_unit_test_setup(holds_are_those_of_cancels_and_converts, begin),
		cmocka_unit_test_setup(reserves_name_what_they_replace, begin),
		cmocka_unit_test_setup(largest_batch_fits_the_list, begin),
		cmocka_unit_test_setup(whole_session_weighs_as_much_as_it_may_name, begin),
		cmocka_unit_test_setup(cleanup_names_nothing, begin),
		cmocka_unit_test_setup(plans_add_to_what_is_listed, begin),
		cmocka_unit_test_setup(what_suffices_needs_no_expired_holds, begin),
		cmocka_unit_test_setup(short_variant_needs_its_expired_holds, begin),
		cmocka_unit_test_setup(commands_count_together, begin),
		cmocka_unit_test_setup(late_converts_count_too, begin),
		cmocka_unit_test_setup(what_wants_no_units_counts_for_nothing, begin),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
