/* The stock of one transaction: finding its rows, and the changes of state that it allows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "aborts.h"
#include "stock.h"

#define NOW	INT64_C(1800000000000)
#define REQUEST "0123456789abcdef0123456789abcdef"

static const char order_17[ORDER_ID_MAX + 1] = "17";
static struct stock stock;

static int begin(void **state)
{
	(void)state;
	memset(&stock, 0xa5, sizeof(stock));
	stock_reset(&stock);
	return 0;
}

static struct hold *add_active(uint64_t id, uint64_t variant_id, uint32_t quantity, int64_t expiry)
{
	struct hold *hold = stock_add_named(&stock, id);

	hold->variant_id = variant_id;
	hold->quantity = quantity;
	hold->expires_at_ms = expiry;
	return hold;
}

static void reset_forgets_all_rows(void **state)
{
	(void)state;
	stock_add_variant(&stock, 1, 10, 0);
	add_active(1, 1, 1, NOW + 1);
	stock.cleanup_left = true;
	stock_reset(&stock);
	assert_null(stock_variant(&stock, 1));
	assert_null(stock_hold(&stock, 1));
	assert_int_equal(stock.variant_count, 0);
	assert_int_equal(stock.hold_count, 0);
	assert_false(stock.cleanup_left);
	stock_add_variant(&stock, 1, 10, 0);
	add_active(1, 1, 1, NOW + 1);
}

static void added_variant_keeps_what_was_read(void **state)
{
	const struct variant *variant;

	(void)state;
	stock_add_variant(&stock, 7, 10, 4);
	variant = stock_variant(&stock, 7);
	assert_int_equal(variant->stock, 10);
	assert_int_equal(variant->reserved, 4);
	assert_int_equal(variant->stock_read, 10);
	assert_int_equal(variant->reserved_read, 4);
	assert_int_equal(variant->expired, STOCK_NONE);
	assert_false(variant->expired_left);
}

static void variants_are_found_by_id(void **state)
{
	(void)state;
	assert_null(stock_variant(&stock, 1));
	for (uint64_t id = 3; id <= 300; id += 3)
		stock_add_variant(&stock, id, (int64_t)id, 0);
	for (uint64_t id = 3; id <= 300; id += 3) {
		assert_int_equal(stock_variant(&stock, id)->id, id);
		assert_null(stock_variant(&stock, id - 1));
		assert_null(stock_variant(&stock, id + 1));
	}
	assert_null(stock_variant(&stock, 0));
	assert_null(stock_variant(&stock, ID_MAX));
}

static void named_holds_are_found_by_id(void **state)
{
	(void)state;
	assert_null(stock_hold(&stock, 1));
	for (uint64_t id = 3; id <= 300; id += 3)
		stock_add_named(&stock, id);
	for (uint64_t id = 3; id <= 300; id += 3) {
		assert_int_equal(stock_hold(&stock, id)->id, id);
		assert_null(stock_hold(&stock, id - 1));
		assert_null(stock_hold(&stock, id + 1));
	}
	assert_null(stock_hold(&stock, 0));
	assert_null(stock_hold(&stock, ID_MAX));
}

static void unnamed_hold_is_not_found(void **state)
{
	(void)state;
	stock_add_named(&stock, 5);
	stock_add_hold(&stock)->id = 6;
	assert_non_null(stock_hold(&stock, 5));
	assert_null(stock_hold(&stock, 6));
}

static struct hold *made(struct hold *hold, char key, uint32_t line)
{
	memset(hold->idempotency_key, key, DIGEST_LENGTH);
	hold->idempotency_line = line;
	return hold;
}

/* Named or new, wherever it stands. */
static void keyed_holds_are_found_by_key_and_line(void **state)
{
	uint8_t key[DIGEST_LENGTH];
	const struct hold *holds[4];

	(void)state;
	memset(key, 'k', sizeof(key));
	assert_null(stock_keyed_hold(&stock, key, 0));
	stock_add_named(&stock, 1);
	holds[0] = made(stock_add_named(&stock, 5), 'j', 0);
	holds[1] = made(stock_add_named(&stock, 6), 'k', 1);
	holds[2] = made(stock_add_hold(&stock), 'k', 99);
	holds[3] = made(stock_add_hold(&stock), 'k', 0);
	assert_ptr_equal(stock_keyed_hold(&stock, key, 0), holds[3]);
	assert_ptr_equal(stock_keyed_hold(&stock, key, 1), holds[1]);
	assert_ptr_equal(stock_keyed_hold(&stock, key, 99), holds[2]);
	assert_null(stock_keyed_hold(&stock, key, 2));
	key[DIGEST_LENGTH - 1]++;
	assert_null(stock_keyed_hold(&stock, key, 0));
	memset(key, 'j', sizeof(key));
	assert_ptr_equal(stock_keyed_hold(&stock, key, 0), holds[0]);
	assert_null(stock_keyed_hold(&stock, key, 1));
	stock_reset(&stock);
	assert_null(stock_keyed_hold(&stock, key, 0));
}

static void new_hold_is_blank(void **state)
{
	static const uint8_t zeros[DIGEST_LENGTH];
	const struct hold *hold;

	(void)state;
	hold = stock_add_hold(&stock);
	assert_int_equal(hold->id, 0);
	assert_int_equal(hold->closed_at_ms, 0);
	assert_string_equal(hold->session_id, "");
	assert_string_equal(hold->order_id, "");
	assert_int_equal(hold->idempotency_line, 0);
	assert_memory_equal(hold->idempotency_key, zeros, DIGEST_LENGTH);
	assert_memory_equal(hold->idempotency_body, zeros, DIGEST_LENGTH);
	assert_false(hold->changed);
	assert_int_equal(hold->next_expired, STOCK_NONE);
}

static void a_full_stock_holds_what_limits_say(void **state)
{
	(void)state;
	for (uint64_t id = 1; id <= STOCK_VARIANTS_MAX; id++)
		stock_add_variant(&stock, id, 0, 0);
	for (uint64_t id = 1; id <= STOCK_HOLDS_MAX; id++)
		stock_add_named(&stock, id);
	assert_non_null(stock_variant(&stock, STOCK_VARIANTS_MAX));
	assert_non_null(stock_hold(&stock, STOCK_HOLDS_MAX));
}

static void available_is_what_is_not_reserved(void **state)
{
	(void)state;
	stock_add_variant(&stock, 1, 10, 4);
	stock_add_variant(&stock, 2, 4, 4);
	stock_add_variant(&stock, 3, 1, 4);
	assert_int_equal(variant_available(stock_variant(&stock, 1)), 6);
	assert_int_equal(variant_available(stock_variant(&stock, 2)), 0);
	assert_int_equal(variant_available(stock_variant(&stock, 3)), -3);
}

static void hold_is_expired_at_its_very_instant(void **state)
{
	struct hold hold = {.status = HOLD_ACTIVE, .expires_at_ms = NOW};

	(void)state;
	assert_true(hold_is_live(&hold, NOW - 1));
	assert_false(hold_is_expired(&hold, NOW - 1));
	assert_false(hold_is_live(&hold, NOW));
	assert_true(hold_is_expired(&hold, NOW));
	assert_true(hold_is_expired(&hold, NOW + 1));
}

static void closed_hold_is_never_live(void **state)
{
	struct hold hold = {.expires_at_ms = NOW + 1000};

	(void)state;
	hold.status = HOLD_COMPLETED;
	assert_false(hold_is_live(&hold, NOW));
	assert_false(hold_is_expired(&hold, NOW));
	assert_false(hold_is_expired(&hold, NOW + 2000));
	hold.status = HOLD_CANCELLED;
	hold.reason = REASON_CUSTOMER;
	assert_false(hold_is_live(&hold, NOW));
	assert_false(hold_is_expired(&hold, NOW + 2000));
	hold.reason = REASON_EXPIRED;
	assert_false(hold_is_live(&hold, NOW));
	assert_true(hold_is_expired(&hold, NOW));
}

static void cancel_gives_the_units_back(void **state)
{
	struct hold *hold;

	(void)state;
	stock_add_variant(&stock, 1, 10, 4);
	hold = add_active(1, 1, 3, NOW + 1);
	hold_cancel(hold, stock_variant(&stock, 1), REASON_CUSTOMER, NOW, REQUEST);
	assert_int_equal(hold->status, HOLD_CANCELLED);
	assert_int_equal(hold->reason, REASON_CUSTOMER);
	assert_int_equal(hold->closed_at_ms, NOW);
	assert_string_equal(hold->closed_request_id, REQUEST);
	assert_true(hold->changed);
	assert_int_equal(stock_variant(&stock, 1)->reserved, 1);
	assert_int_equal(stock_variant(&stock, 1)->stock, 10);
}

static void complete_takes_the_units_off_both(void **state)
{
	struct hold *hold;

	(void)state;
	stock_add_variant(&stock, 1, 10, 4);
	hold = add_active(1, 1, 3, NOW + 1);
	hold_complete(hold, stock_variant(&stock, 1), order_17, NOW, REQUEST);
	assert_int_equal(hold->status, HOLD_COMPLETED);
	assert_int_equal(hold->reason, REASON_NONE);
	assert_string_equal(hold->order_id, "17");
	assert_int_equal(hold->closed_at_ms, NOW);
	assert_string_equal(hold->closed_request_id, REQUEST);
	assert_true(hold->changed);
	assert_int_equal(stock_variant(&stock, 1)->reserved, 1);
	assert_int_equal(stock_variant(&stock, 1)->stock, 7);
}

static void complete_of_a_swept_hold_takes_off_stock_only(void **state)
{
	struct hold *hold;

	(void)state;
	stock_add_variant(&stock, 1, 10, 4);
	hold = add_active(1, 1, 3, NOW - 1);
	hold->status = HOLD_CANCELLED;
	hold->reason = REASON_EXPIRED;
	hold_complete(hold, stock_variant(&stock, 1), order_17, NOW, REQUEST);
	assert_int_equal(hold->status, HOLD_COMPLETED);
	assert_int_equal(hold->reason, REASON_NONE);
	assert_int_equal(stock_variant(&stock, 1)->reserved, 4);
	assert_int_equal(stock_variant(&stock, 1)->stock, 7);
}

static void counter_below_its_holds_stops_at_zero(void **state)
{
	(void)state;
	stock_add_variant(&stock, 1, 10, 2);
	hold_cancel(add_active(1, 1, 3, NOW + 1), stock_variant(&stock, 1), REASON_CUSTOMER, NOW,
		REQUEST);
	assert_int_equal(stock_variant(&stock, 1)->reserved, 0);
	hold_complete(
		add_active(2, 1, 3, NOW + 1), stock_variant(&stock, 1), order_17, NOW, REQUEST);
	assert_int_equal(stock_variant(&stock, 1)->reserved, 0);
	assert_int_equal(stock_variant(&stock, 1)->stock, 7);
}

static void sweep_closes_every_noted_hold_of_the_variant(void **state)
{
	(void)state;
	stock_add_variant(&stock, 1, 10, 6);
	stock_add_variant(&stock, 2, 10, 3);
	stock_note_expired(&stock, add_active(1, 1, 2, NOW));
	stock_note_expired(&stock, add_active(2, 2, 3, NOW));
	stock_note_expired(&stock, add_active(3, 1, 4, NOW - 5));
	assert_int_equal(stock_sweep(&stock, stock_variant(&stock, 1), NOW, REQUEST), 2);
	assert_int_equal(stock_hold(&stock, 1)->reason, REASON_EXPIRED);
	assert_int_equal(stock_hold(&stock, 3)->reason, REASON_EXPIRED);
	assert_int_equal(stock_hold(&stock, 2)->status, HOLD_ACTIVE);
	assert_int_equal(stock_variant(&stock, 1)->reserved, 0);
	assert_int_equal(stock_variant(&stock, 2)->reserved, 3);
	assert_int_equal(stock_sweep(&stock, stock_variant(&stock, 1), NOW, REQUEST), 0);
}

static void sweep_passes_over_what_was_closed_since(void **state)
{
	(void)state;
	stock_add_variant(&stock, 1, 10, 9);
	for (uint64_t id = 1; id <= 3; id++)
		stock_note_expired(&stock, add_active(id, 1, 3, NOW));
	hold_complete(stock_hold(&stock, 2), stock_variant(&stock, 1), order_17, NOW, REQUEST);
	assert_int_equal(stock_sweep(&stock, stock_variant(&stock, 1), NOW, REQUEST), 2);
	assert_int_equal(stock_hold(&stock, 2)->status, HOLD_COMPLETED);
	assert_int_equal(stock_variant(&stock, 1)->reserved, 0);
	assert_int_equal(stock_variant(&stock, 1)->stock, 7);
}

/* Broken promises stop the process. */

static void add_variant_again(void)
{
	stock_add_variant(&stock, 1, 10, 0);
}

static void add_hold_again(void)
{
	stock_add_named(&stock, 1);
}

static void add_named_after_unnamed(void)
{
	stock_add_hold(&stock);
	stock_add_named(&stock, 9);
}

static void note_closed(void)
{
	stock_hold(&stock, 1)->status = HOLD_CANCELLED;
	stock_note_expired(&stock, stock_hold(&stock, 1));
}

static void note_of_unknown_variant(void)
{
	stock_hold(&stock, 1)->variant_id = 5;
	stock_note_expired(&stock, stock_hold(&stock, 1));
}

static void cancel_twice(void)
{
	for (int i = 0; i < 2; i++)
		hold_cancel(stock_hold(&stock, 1), stock_variant(&stock, 1), REASON_CUSTOMER, NOW,
			REQUEST);
}

static void sweep_live(void)
{
	hold_cancel(stock_hold(&stock, 1), stock_variant(&stock, 1), REASON_EXPIRED, NOW, REQUEST);
}

static void cancel_expired_as_customer(void)
{
	hold_cancel(
		stock_hold(&stock, 1), stock_variant(&stock, 1), REASON_CUSTOMER, NOW + 1, REQUEST);
}

static void complete_twice(void)
{
	for (int i = 0; i < 2; i++)
		hold_complete(
			stock_hold(&stock, 1), stock_variant(&stock, 1), order_17, NOW, REQUEST);
}

static void complete_cancelled(void)
{
	stock_hold(&stock, 1)->status = HOLD_CANCELLED;
	stock_hold(&stock, 1)->reason = REASON_OPERATOR;
	hold_complete(stock_hold(&stock, 1), stock_variant(&stock, 1), order_17, NOW, REQUEST);
}

static void complete_more_than_there_is(void)
{
	stock_variant(&stock, 1)->stock = 2;
	hold_complete(stock_hold(&stock, 1), stock_variant(&stock, 1), order_17, NOW, REQUEST);
}

static void complete_of_another_variant(void)
{
	hold_complete(stock_hold(&stock, 1), stock_variant(&stock, 2), order_17, NOW, REQUEST);
}

static void broken_promises_stop_the_process(void **state)
{
	(void)state;
	stock_add_variant(&stock, 1, 10, 3);
	stock_add_variant(&stock, 2, 10, 0);
	add_active(1, 1, 3, NOW + 1);
	assert_true(aborts(add_variant_again));
	assert_true(aborts(add_hold_again));
	assert_true(aborts(add_named_after_unnamed));
	assert_true(aborts(note_closed));
	assert_true(aborts(note_of_unknown_variant));
	assert_true(aborts(cancel_twice));
	assert_true(aborts(sweep_live));
	assert_true(aborts(cancel_expired_as_customer));
	assert_true(aborts(complete_twice));
	assert_true(aborts(complete_cancelled));
	assert_true(aborts(complete_more_than_there_is));
	assert_true(aborts(complete_of_another_variant));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(reset_forgets_all_rows, begin),
		cmocka_unit_test_setup(added_variant_keeps_what_was_read, begin),
		cmocka_unit_test_setup(variants_are_found_by_id, begin),
		cmocka_unit_test_setup(named_holds_are_found_by_id, begin),
		cmocka_unit_test_setup(unnamed_hold_is_not_found, begin),
		cmocka_unit_test_setup(keyed_holds_are_found_by_key_and_line, begin),
		cmocka_unit_test_setup(new_hold_is_blank, begin),
		cmocka_unit_test_setup(a_full_stock_holds_what_limits_say, begin),
		cmocka_unit_test_setup(available_is_what_is_not_reserved, begin),
		cmocka_unit_test_setup(hold_is_expired_at_its_very_instant, begin),
		cmocka_unit_test_setup(closed_hold_is_never_live, begin),
		cmocka_unit_test_setup(cancel_gives_the_units_back, begin),
		cmocka_unit_test_setup(complete_takes_the_units_off_both, begin),
		cmocka_unit_test_setup(complete_of_a_swept_hold_takes_off_stock_only, begin),
		cmocka_unit_test_setup(counter_below_its_holds_stops_at_zero, begin),
		cmocka_unit_test_setup(sweep_closes_every_noted_hold_of_the_variant, begin),
		cmocka_unit_test_setup(sweep_passes_over_what_was_closed_since, begin),
		cmocka_unit_test_setup(broken_promises_stop_the_process, begin),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("stock", tests, NULL, NULL);
}
