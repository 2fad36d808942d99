/* What a session holds: counted from what was read, and kept through every change of its holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "aborts.h"
#include "stock.h"

#define NOW	INT64_C(1800000000000)
#define REQUEST "0123456789abcdef0123456789abcdef"

static const char order_17[ORDER_ID_MAX + 1] = "17";
static struct stock stock;
static struct variant *variant;

static int begin(void **state)
{
	(void)state;
	memset(&stock, 0xa5, sizeof(stock));
	stock_reset(&stock);
	stock_add_variant(&stock, 1, 100, 50);
	variant = stock_variant(&stock, 1);
	return 0;
}

static struct hold *own(struct hold *hold, const char *session_id, uint32_t quantity)
{
	hold->variant_id = 1;
	hold->quantity = quantity;
	hold->expires_at_ms = NOW + 1;
	snprintf(hold->session_id, sizeof(hold->session_id), "%s", session_id);
	return hold;
}

static struct hold *read_hold(uint64_t id, const char *session_id, uint32_t quantity)
{
	return own(stock_add_named(&stock, id), session_id, quantity);
}

static void assert_counts(const char *id, int64_t holds, int64_t units)
{
	const struct session *session = stock_session(&stock, id);

	assert_non_null(session);
	assert_int_equal(session->holds, holds);
	assert_int_equal(session->units, units);
}

static void sessions_are_found_by_their_whole_id(void **state)
{
	char longest[SESSION_ID_MAX + 1];

	(void)state;
	memset(longest, 's', SESSION_ID_MAX);
	longest[SESSION_ID_MAX] = '\0';
	assert_null(stock_session(&stock, longest));
	stock_add_session(&stock, longest, 3, 9);
	stock_add_session(&stock, "ss", 1, 2);
	stock_add_session(&stock, "S", 4, 5);
	assert_counts(longest, 3, 9);
	assert_counts("ss", 1, 2);
	assert_counts("S", 4, 5);
	assert_null(stock_session(&stock, "s"));
	assert_null(stock_session(&stock, ""));
	longest[SESSION_ID_MAX - 1] = 't';
	assert_null(stock_session(&stock, longest));
	stock_reset(&stock);
	assert_null(stock_session(&stock, "ss"));
}

/* As read: the holds of the stock are among them. */
static void count_begins_with_what_was_read(void **state)
{
	(void)state;
	read_hold(1, "a", 3);
	read_hold(2, "b", 4);
	read_hold(3, "a", 5);
	stock_add_session(&stock, "a", 7, 70);
	assert_counts("a", 7, 70);
	assert_ptr_equal(stock_hold(&stock, 1)->session, stock_session(&stock, "a"));
	assert_ptr_equal(stock_hold(&stock, 3)->session, stock_session(&stock, "a"));
	assert_null(stock_hold(&stock, 2)->session);
}

static void new_hold_is_counted(void **state)
{
	(void)state;
	stock_add_session(&stock, "a", 0, 0);
	stock_place(&stock, own(stock_add_hold(&stock), "a", 3), variant);
	stock_place(&stock, own(stock_add_hold(&stock), "a", 4), variant);
	stock_place(&stock, own(stock_add_hold(&stock), "b", 5), variant);
	assert_counts("a", 2, 7);
	assert_int_equal(variant->reserved, 62);
	assert_int_equal(stock.holds[0].changed, CHANGE_MADE);
	assert_int_equal(stock.holds[0].status, HOLD_ACTIVE);
}

static void ended_hold_is_counted_no_more(void **state)
{
	(void)state;
	read_hold(1, "a", 3);
	read_hold(2, "a", 4);
	read_hold(3, "a", 5);
	read_hold(4, "b", 6);
	stock_add_session(&stock, "a", 3, 12);
	hold_cancel(stock_hold(&stock, 1), variant, REASON_CUSTOMER, NOW, REQUEST);
	assert_counts("a", 2, 9);
	hold_cancel(stock_hold(&stock, 2), variant, REASON_REPLACED, NOW, REQUEST);
	assert_counts("a", 1, 5);
	hold_cancel(stock_hold(&stock, 4), variant, REASON_OPERATOR, NOW, REQUEST);
	assert_counts("a", 1, 5);
	hold_complete(stock_hold(&stock, 3), variant, order_17, NOW, REQUEST);
	assert_counts("a", 0, 0);
}

/* Only live holds were counted: what expired before is nothing to take off, swept or revived. */
static void expired_hold_was_never_counted(void **state)
{
	(void)state;
	read_hold(1, "a", 3)->expires_at_ms = NOW;
	read_hold(2, "a", 4)->expires_at_ms = NOW - 1;
	read_hold(3, "a", 5);
	stock_add_session(&stock, "a", 1, 5);
	stock_note_expired(&stock, stock_hold(&stock, 1));
	assert_int_equal(stock_sweep(&stock, variant, NOW, REQUEST), 1);
	assert_counts("a", 1, 5);
	hold_complete(stock_hold(&stock, 2), variant, order_17, NOW, REQUEST); /* unswept */
	assert_counts("a", 1, 5);
	hold_complete(stock_hold(&stock, 1), variant, order_17, NOW, REQUEST); /* swept */
	assert_counts("a", 1, 5);
}

static void extended_hold_is_the_same(void **state)
{
	(void)state;
	read_hold(1, "a", 3);
	stock_add_session(&stock, "a", 1, 3);
	hold_extend(stock_hold(&stock, 1), NOW + 1);
	assert_int_equal(stock_hold(&stock, 1)->changed, 0);
	hold_extend(stock_hold(&stock, 1), NOW + 2);
	assert_int_equal(stock_hold(&stock, 1)->changed, CHANGE_EXTENDED);
	assert_int_equal(stock_hold(&stock, 1)->expires_at_ms, NOW + 2);
	assert_counts("a", 1, 3);
}

/* From one that is counted or not to one that is counted or not. */
static void moved_hold_is_counted_where_it_is(void **state)
{
	static const char *const names[] = {"a", "b", "c", "d"};

	(void)state;
	for (uint32_t i = 0; i < 4; i++)
		read_hold(i + 1, names[i], 3);
	stock_add_session(&stock, "a", 5, 50);
	stock_add_session(&stock, "b", 6, 60);
	stock_move(&stock, stock_hold(&stock, 1), "b", 77);
	assert_counts("a", 4, 47);
	assert_counts("b", 7, 63);
	assert_int_equal(stock_hold(&stock, 1)->user_id, 77);
	assert_string_equal(stock_hold(&stock, 1)->session_id, "b");
	assert_int_equal(stock_hold(&stock, 1)->changed, CHANGE_MOVED);
	stock_move(&stock, stock_hold(&stock, 1), "b", 78);
	assert_counts("b", 7, 63);
	stock_move(&stock, stock_hold(&stock, 2), "c", 0);
	assert_counts("b", 6, 60);
	assert_null(stock_hold(&stock, 2)->session);
	stock_move(&stock, stock_hold(&stock, 3), "a", 0);
	assert_counts("a", 5, 50);
	stock_move(&stock, stock_hold(&stock, 4), "c", 0);
	hold_cancel(stock_hold(&stock, 3), variant, REASON_CUSTOMER, NOW, REQUEST);
	assert_counts("a", 4, 47);
	assert_int_equal(variant->reserved, 47);
}

static void full_batch_of_sessions_has_room(void **state)
{
	char name[32];

	(void)state;
	for (int i = 0; i < BATCH_MAX; i++) {
		snprintf(name, sizeof(name), "session-%d", i);
		stock_add_session(&stock, name, i, 2 * i);
	}
	for (int i = 0; i < BATCH_MAX; i++) {
		snprintf(name, sizeof(name), "session-%d", i);
		assert_counts(name, i, 2 * i);
	}
}

/* Broken promises stop the process. */

static void count_twice(void)
{
	stock_add_session(&stock, "a", 1, 3);
	stock_add_session(&stock, "a", 1, 3);
}

static void extend_backwards(void)
{
	hold_extend(stock_hold(&stock, 1), NOW);
}

static void extend_closed(void)
{
	stock_hold(&stock, 1)->status = HOLD_CANCELLED;
	hold_extend(stock_hold(&stock, 1), NOW + 9);
}

static void move_closed(void)
{
	stock_hold(&stock, 1)->status = HOLD_COMPLETED;
	stock_move(&stock, stock_hold(&stock, 1), "b", 0);
}

static void place_saved(void)
{
	stock_place(&stock, stock_hold(&stock, 1), variant);
}

static void broken_promises_stop_the_process(void **state)
{
	(void)state;
	read_hold(1, "a", 3);
	assert_true(aborts(count_twice));
	assert_true(aborts(extend_backwards));
	assert_true(aborts(extend_closed));
	assert_true(aborts(move_closed));
	assert_true(aborts(place_saved));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(sessions_are_found_by_their_whole_id, begin),
		cmocka_unit_test_setup(count_begins_with_what_was_read, begin),
		cmocka_unit_test_setup(new_hold_is_counted, begin),
		cmocka_unit_test_setup(ended_hold_is_counted_no_more, begin),
		cmocka_unit_test_setup(expired_hold_was_never_counted, begin),
		cmocka_unit_test_setup(extended_hold_is_the_same, begin),
		cmocka_unit_test_setup(moved_hold_is_counted_where_it_is, begin),
		cmocka_unit_test_setup(full_batch_of_sessions_has_room, begin),
		cmocka_unit_test_setup(broken_promises_stop_the_process, begin),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("stock sessions", tests, NULL, NULL);
}
