/* The rules of a cart: many lines are one reserve, which stands as a whole or not at all. */
#include "decide_fixture.h"

#include <string.h>

/* Lines of variant 1, of which there is so much; 0 ends them. */
struct cart {
	const char *rule;
	int64_t on_hand, reserved;
	uint32_t quantities[4];
	bool stands;
	int64_t requested, available; /* where it does not */
};

static const struct cart carts[] = {
	{"one line takes the last unit", 10, 9, {1}, true, 0, 0},
	{"one line asks for one too many", 10, 9, {2}, false, 2, 1},
	{"lines take the last unit together", 10, 4, {1, 2, 3}, true, 0, 0},
	{"lines ask for one too many together", 10, 4, {1, 2, 4}, false, 7, 6},
	{"each fits alone, not together", 10, 4, {6, 1}, false, 7, 6},
	{"first is short, the rest would fit", 10, 4, {7, 1, 1, 1}, false, 10, 6},
	{"last is short, the rest would fit", 10, 4, {1, 1, 1, 7}, false, 10, 6},
	{"nothing is left", 10, 10, {1, 1}, false, 2, 0},
	{"nothing is there", 0, 0, {1}, false, 1, 0},
	{"stock was lowered under what is held", 3, 8, {1, 1}, false, 2, 0},
	{"the largest quantities are no overflow", INT64_C(4000000), 0,
		{QUANTITY_MAX, QUANTITY_MAX, QUANTITY_MAX, QUANTITY_MAX}, true, 0, 0},
	{"the largest quantities are summed", INT64_C(3999999), 0,
		{QUANTITY_MAX, QUANTITY_MAX, QUANTITY_MAX, QUANTITY_MAX}, false, 4000000, 3999999},
};

/* Asks for the lines, and tells how many units they are. */
static int64_t ask_cart(const struct cart *cart)
{
	int64_t units = 0;

	asked(ACTION_RESERVE);
	for (uint32_t i = 0; i < 4 && cart->quantities[i] != 0; i++) {
		asked_units(1, cart->quantities[i]);
		units += cart->quantities[i];
	}
	return units;
}

static void check_cart(const struct cart *cart)
{
	const struct outcome *outcome;
	int64_t units;

	given_variant(1, cart->on_hand, cart->reserved);
	units = ask_cart(cart);
	outcome = decided();
	if (outcome->success != cart->stands)
		fail_msg("%s", cart->rule);
	assert_variant(1, cart->on_hand, cart->reserved + (cart->stands ? units : 0));
	if (cart->stands)
		return;
	assert_refused(outcome, CODE_INSUFFICIENT_STOCK);
	assert_int_equal(outcome->line_count, 1);
	assert_int_equal(outcome->lines[0].variant_id, 1);
	assert_int_equal(outcome->lines[0].requested, cart->requested);
	assert_int_equal(outcome->lines[0].available, cart->available);
	assert_int_equal(given.hold_count, 0);
}

static void lines_of_a_variant_are_weighed_together(void **state)
{
	for (size_t i = 0; i < sizeof(carts) / sizeof(carts[0]); i++) {
		begin(state);
		check_cart(&carts[i]);
	}
}

/* Ids come in the order of the request, so the client knows which is which. */
static void holds_stand_in_the_order_of_the_request(void **state)
{
	static const uint64_t variants[] = {3, 1, 2, 3, 1};
	const struct outcome *outcome;

	(void)state;
	for (uint64_t id = 1; id <= 3; id++)
		given_variant(id, 100, 0);
	asked(ACTION_RESERVE)->user_id = 77;
	for (uint32_t i = 0; i < 5; i++)
		asked_units(variants[i], i + 1);
	outcome = decided();
	assert_stands(outcome, CODE_RESERVED);
	assert_int_equal(outcome->line_count, 5);
	assert_int_equal(given.hold_count, 5);
	for (uint32_t i = 0; i < 5; i++) {
		const struct hold *hold = &given.holds[outcome->lines[i].hold];

		assert_int_equal(outcome->lines[i].variant_id, variants[i]);
		assert_int_equal(outcome->lines[i].quantity, i + 1);
		assert_int_equal(outcome->lines[i].replaced_id, 0);
		assert_int_equal(hold->idempotency_line, i);
		assert_int_equal(hold->user_id, 77);
		assert_int_equal(hold->changed, CHANGE_MADE);
	}
	assert_variant(1, 100, 7);
	assert_variant(2, 100, 3);
	assert_variant(3, 100, 5);
}

static void hundred_lines_of_a_hundred_variants_stand(void **state)
{
	(void)state;
	for (uint64_t id = 1; id <= LINES_MAX; id++)
		given_variant(id, 1, 0);
	asked(ACTION_RESERVE);
	for (uint64_t id = LINES_MAX; id > 0; id--)
		asked_units(id, 1);
	assert_stands(decided(), CODE_RESERVED);
	for (uint64_t id = 1; id <= LINES_MAX; id++)
		assert_variant(id, 1, 1);
}

static void one_short_variant_leaves_all_others_unreserved(void **state)
{
	(void)state;
	for (uint64_t id = 1; id <= LINES_MAX; id++)
		given_variant(id, id == 57 ? 0 : 1, 0);
	asked(ACTION_RESERVE);
	for (uint64_t id = 1; id <= LINES_MAX; id++)
		asked_units(id, 1);
	assert_refused(decided(), CODE_INSUFFICIENT_STOCK);
	assert_int_equal(decided()->line_count, 1);
	assert_int_equal(decided()->lines[0].variant_id, 57);
	assert_int_equal(given.hold_count, 0);
	for (uint64_t id = 1; id <= LINES_MAX; id++)
		assert_variant(id, id == 57 ? 0 : 1, 0);
}

/* Each with its own need, once, where it first stands in the request. */
static void every_short_variant_is_named_at_once(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 5, 5);
	given_variant(2, 9, 0);
	given_variant(3, 5, 3);
	asked(ACTION_RESERVE);
	asked_units(3, 2);
	asked_units(2, 4);
	asked_units(1, 1);
	asked_units(3, 1);
	asked_units(1, 6);
	outcome = decided();
	assert_refused(outcome, CODE_INSUFFICIENT_STOCK);
	assert_int_equal(outcome->line_count, 2);
	assert_int_equal(outcome->lines[0].variant_id, 3);
	assert_int_equal(outcome->lines[0].requested, 3);
	assert_int_equal(outcome->lines[0].available, 2);
	assert_int_equal(outcome->lines[1].variant_id, 1);
	assert_int_equal(outcome->lines[1].requested, 7);
	assert_int_equal(outcome->lines[1].available, 0);
}

static void every_unknown_variant_is_named_at_once(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(2, 0, 0);
	given_unnamed_expired(9, 2, 1);
	asked(ACTION_RESERVE);
	asked_units(3, 1);
	asked_units(2, 1);
	asked_units(1, 1);
	asked_units(3, 5);
	outcome = decided();
	assert_refused(outcome, CODE_VARIANT_NOT_FOUND);
	assert_int_equal(outcome->line_count, 2);
	assert_int_equal(outcome->lines[0].variant_id, 3);
	assert_int_equal(outcome->lines[1].variant_id, 1);
	assert_int_equal(outcome->swept, 0);
	assert_untouched(row(9));
}

/* Lines of one variant ask for its expired holds once; what suffices is not swept. */
static void only_short_variants_are_swept(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 5, 5);
	given_variant(2, 9, 2);
	given_unnamed_expired(5, 1, 3);
	given_unnamed_expired(6, 2, 2);
	asked(ACTION_RESERVE);
	asked_units(1, 1);
	asked_units(2, 7);
	asked_units(1, 2);
	outcome = decided();
	assert_stands(outcome, CODE_RESERVED);
	assert_int_equal(outcome->swept, 1);
	assert_closed(row(5), HOLD_CANCELLED, REASON_EXPIRED);
	assert_untouched(row(6));
	assert_variant(1, 5, 5);
	assert_variant(2, 9, 9);
}

/* Sweeping is housekeeping, whatever becomes of the caller. */
static void sweep_of_one_variant_stays_though_another_is_short(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 5, 5);
	given_variant(2, 1, 1);
	given_unnamed_expired(5, 1, 3);
	asked(ACTION_RESERVE);
	asked_units(1, 3);
	asked_units(2, 1);
	outcome = decided();
	assert_refused(outcome, CODE_INSUFFICIENT_STOCK);
	assert_int_equal(outcome->line_count, 1);
	assert_int_equal(outcome->lines[0].variant_id, 2);
	assert_int_equal(outcome->swept, 1);
	assert_false(outcome->again);
	assert_closed(row(5), HOLD_CANCELLED, REASON_EXPIRED);
	assert_variant(1, 5, 2);
	assert_variant(2, 1, 1);
}

/* One short variant of which more can be swept is enough to come back for, wherever it stands. */
static void expired_holds_left_of_any_short_line_ask_for_another_round(void **state)
{
	static const uint64_t orders[][2] = {{1, 2}, {2, 1}};

	for (size_t i = 0; i < 2; i++) {
		const struct outcome *outcome;

		begin(state);
		given_variant(1, 1, 1);
		given_variant(2, 9, 9);
		given_unnamed_expired(5, 2, 1);
		given_expired_left(2);
		asked(ACTION_RESERVE);
		asked_units(orders[i][0], 2);
		asked_units(orders[i][1], 2);
		outcome = decided();
		assert_refused(outcome, CODE_INSUFFICIENT_STOCK);
		assert_true(outcome->again);
		assert_int_equal(outcome->swept, 1);
		assert_int_equal(given.hold_count, 1);
	}
}

/* What the batch did before is what there is. */
static void carts_of_a_batch_see_each_other(void **state)
{
	const struct outcome *outcome;

	(void)state;
	given_variant(1, 10, 0);
	given_variant(2, 10, 0);
	asked(ACTION_RESERVE);
	asked_units(1, 6);
	asked_units(2, 6);
	assert_stands(decided(), CODE_RESERVED);
	asked(ACTION_RESERVE);
	asked_units(2, 4);
	asked_units(1, 5);
	outcome = decided();
	assert_refused(outcome, CODE_INSUFFICIENT_STOCK);
	assert_int_equal(outcome->lines[0].variant_id, 1);
	assert_int_equal(outcome->lines[0].available, 4);
	asked(ACTION_RESERVE);
	asked_units(2, 4);
	asked_units(1, 4);
	assert_stands(decided(), CODE_RESERVED);
	assert_variant(1, 10, 10);
	assert_variant(2, 10, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(lines_of_a_variant_are_weighed_together, begin),
		cmocka_unit_test_setup(holds_stand_in_the_order_of_the_request, begin),
		cmocka_unit_test_setup(hundred_lines_of_a_hundred_variants_stand, begin),
		cmocka_unit_test_setup(one_short_variant_leaves_all_others_unreserved, begin),
		cmocka_unit_test_setup(every_short_variant_is_named_at_once, begin),
		cmocka_unit_test_setup(every_unknown_variant_is_named_at_once, begin),
		cmocka_unit_test_setup(only_short_variants_are_swept, begin),
		cmocka_unit_test_setup(sweep_of_one_variant_stays_though_another_is_short, begin),
		cmocka_unit_test_setup(
			expired_holds_left_of_any_short_line_ask_for_another_round, begin),
		cmocka_unit_test_setup(carts_of_a_batch_see_each_other, begin),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("decide items", tests, NULL, NULL);
}
