/* The statements that write, as text: what they write, to which rows, and that it fits. */
#include "sql_fixture.h"

#include <stdio.h>
#include <string.h>

#include "limits.h"

static bool inserted(void)
{
	text_clear(&text);
	return sql_insert_holds(&text, &stock);
}

/* How many UPDATEs. */
static uint32_t updated(void)
{
	text_clear(&text);
	return sql_update_holds(&text, &stock);
}

static bool counted(void)
{
	text_clear(&text);
	return sql_update_variants(&text, &stock);
}

static void nothing_is_written_where_nothing_changed(void **state)
{
	(void)state;
	assert_false(inserted());
	assert_int_equal(updated(), 0);
	assert_false(counted());
	assert_string_equal(text.bytes, "");
	given_hold(5, 1);
	given_variant(1, 100, 50);
	text_add(&text, "of the statement before");
	assert_false(inserted());
	assert_string_equal(text.bytes, "");
	text_add(&text, "of the statement before");
	assert_int_equal(updated(), 0);
	assert_string_equal(text.bytes, "");
	text_add(&text, "of the statement before");
	assert_false(counted());
	assert_string_equal(text.bytes, "");
}

static void new_holds_are_inserted_in_their_order(void **state)
{
	const char *first, *second;

	(void)state;
	given_hold(5, 1)->changed = CHANGE_CLOSED;
	given_new_hold(9, 2);
	given_new_hold(7, 1000000)->user_id = INT64_MAX;
	snprintf(stock.holds[2].session_id, sizeof(stock.holds[2].session_id), "%s", "it's\\");
	assert_true(inserted());
	assert_begins("INSERT INTO StockReservation (");
	assert_has(
		"(9,2,'session','2025-11-22 16:00:00.123','2025-11-22 16:30:00.123','" REQUEST "'");
	assert_has("(7,1000000,'it''s\\\\',");
	assert_has(",NULL),(7,");
	assert_ends(",9223372036854775807)");
	assert_has_not(REQUEST2);
	first = strstr(text.bytes, "(9,2,");
	second = strstr(text.bytes, "(7,1000000,");
	assert_true(first < second);
}

/* A new hold has no row that an UPDATE could reach; one that was read gets none by INSERT. */
static void new_and_known_holds_are_kept_apart(void **state)
{
	struct hold *hold;

	(void)state;
	given_new_hold(9, 2);
	assert_int_equal(updated(), 0);
	assert_string_equal(text.bytes, "");
	stock_reset(&stock);
	hold = given_new_hold(9, 2); /* read because it expired, not by its name */
	hold->id = 6;
	hold->changed = CHANGE_CLOSED;
	assert_false(inserted());
	assert_int_equal(updated(), 1);
	assert_ends(" WHERE id IN (6)");
}

static void given_closed_holds(void)
{
	struct hold *hold = given_hold(5, 1);

	hold->status = HOLD_CANCELLED;
	hold->reason = REASON_CUSTOMER;
	hold->closed_at_ms = NOW;
	snprintf(hold->closed_request_id, sizeof(hold->closed_request_id), "%s", REQUEST);
	hold->changed = CHANGE_CLOSED;
	given_hold(6, 1); /* as it was */
	hold = given_hold(INT64_MAX, 2);
	hold->status = HOLD_COMPLETED;
	hold->closed_at_ms = NOW + 1;
	snprintf(hold->closed_request_id, sizeof(hold->closed_request_id), "%s", REQUEST2);
	snprintf(hold->order_id, sizeof(hold->order_id), "%s", "o'17\\");
	hold->changed = CHANGE_CLOSED;
}

static void changed_holds_are_updated_each_by_its_id(void **state)
{
	(void)state;
	given_closed_holds();
	assert_int_equal(updated(), 1);
	assert_begins("UPDATE StockReservation SET ");
	assert_has("status=CASE id WHEN 5 THEN 'CANCELLED' "
		   "WHEN 9223372036854775807 THEN 'COMPLETED' END");
	assert_has("cancelReason=CASE id WHEN 5 THEN 'CUSTOMER' "
		   "WHEN 9223372036854775807 THEN NULL END");
	assert_has("closedAt=CASE id WHEN 5 THEN '2025-11-22 16:00:00.123' "
		   "WHEN 9223372036854775807 THEN '2025-11-22 16:00:00.124' END");
	assert_has("closedRequestId=CASE id WHEN 5 THEN '" REQUEST "' "
		   "WHEN 9223372036854775807 THEN '" REQUEST2 "' END");
	assert_has("orderId=CASE id WHEN 5 THEN NULL "
		   "WHEN 9223372036854775807 THEN 'o''17\\\\' END");
	assert_ends(" WHERE id IN (5,9223372036854775807)");
	assert_has_not("WHEN 6 ");
}

static void every_reason_has_its_name(void **state)
{
	static const char *const names[] = {
		"NULL", "'CUSTOMER'", "'REPLACED'", "'EXPIRED'", "'OPERATOR'"};
	char part[64];

	(void)state;
	given_closed_holds();
	for (int reason = REASON_NONE; reason <= REASON_OPERATOR; reason++) {
		stock.holds[0].reason = (enum cancel_reason)reason;
		assert_int_equal(updated(), 1);
		snprintf(part, sizeof(part),
			reason == REASON_NONE ? "cancelReason=%s,"
					      : "cancelReason=CASE id WHEN 5 THEN %s WHEN",
			names[reason]);
		assert_has(part);
	}
}

/* A CASE is searched for every row. */
static void what_is_the_same_for_all_is_written_once(void **state)
{
	(void)state;
	given_closed_holds();
	snprintf(stock.holds[0].order_id, sizeof(stock.holds[0].order_id), "%s", "o'17\\");
	stock.holds[0].closed_at_ms = NOW + 1;
	assert_int_equal(updated(), 1);
	assert_has(",closedAt='2025-11-22 16:00:00.124',");
	assert_has(",orderId='o''17\\\\' WHERE ");
	assert_has("status=CASE id WHEN 5 THEN");
	given_variant(1, 97, 47);
	given_variant(2, 100, 50);
	given_variant(3, 97, 46);
	assert_true(counted());
	assert_string_equal(text.bytes,
		"UPDATE ProductVariant SET stock=stock+-3,"
		"reserved=reserved+CASE id WHEN 1 THEN -3 WHEN 3 THEN -4 ELSE 0 END "
		"WHERE id IN (1,3)");
}

/* Relative, so that two who write never undo each other. */
static void counters_are_changed_by_their_difference(void **state)
{
	(void)state;
	given_variant(1, 97, 47);
	given_variant(2, 100, 50);
	given_variant(3, 100, 1000050);
	assert_true(counted());
	assert_string_equal(text.bytes,
		"UPDATE ProductVariant SET "
		"stock=stock+CASE id WHEN 1 THEN -3 WHEN 3 THEN 0 ELSE 0 END,"
		"reserved=reserved+CASE id WHEN 1 THEN -3 WHEN 3 THEN 1000000 ELSE 0 END "
		"WHERE id IN (1,3)");
}

static void stock_is_written_only_where_it_changed(void **state)
{
	(void)state;
	given_variant(1, 100, 47);
	assert_true(counted());
	assert_string_equal(
		text.bytes, "UPDATE ProductVariant SET reserved=reserved+-3 WHERE id IN (1)");
	stock_reset(&stock);
	given_variant(1, 97, 50); /* revived: it was not reserved any more */
	assert_true(counted());
	assert_has("stock=stock+-3,");
	assert_has("reserved=reserved+0 ");
}

/* keys */

/* Columns that no row fills are left out; in others a row without is NULL. */
static void keys_are_inserted_with_their_lines(void **state)
{
	struct hold *hold = given_new_hold(9, 2);

	(void)state;
	memcpy(hold->idempotency_key, "key of the request", 18);
	hold->idempotency_line = 99;
	given_new_hold(8, 1);
	assert_true(inserted());
	assert_has(",createdRequestId,idempotencyKey,idempotencyLine) VALUES (9,");
	assert_has(",'" REQUEST "',x'6b6579206f66207468652072657175657374"
		   "0000000000000000000000000000',99),(8,");
	assert_has_not("idempotencyBody");
	assert_has_not("userId");
	memset(stock.holds[1].idempotency_body, 0xab, DIGEST_LENGTH);
	assert_true(inserted());
	assert_has(",idempotencyLine,idempotencyBody) VALUES (9,");
	assert_has(",99,NULL),(8,");
	assert_ends(",0,x'abababababababababababababababababababababababababababababababab')");
}

/* ways to differ */

/* One is closed, one extended, one moved; the last is all that, and a new hold is none of it. */
static void given_every_change(void)
{
	static const unsigned int changes[] = {CHANGE_CLOSED, CHANGE_EXTENDED, CHANGE_MOVED,
		CHANGE_CLOSED | CHANGE_EXTENDED | CHANGE_MOVED};

	for (uint32_t i = 0; i < 4; i++) {
		struct hold *hold = given_hold(5 + i, 1);

		hold->changed = changes[i];
		hold->closed_at_ms = NOW;
		hold->status = HOLD_CANCELLED;
		hold->reason = REASON_CUSTOMER;
	}
	given_new_hold(9, 2)->changed = CHANGE_MADE | CHANGE_EXTENDED | CHANGE_MOVED;
}

static void each_way_to_differ_is_an_update_of_its_own(void **state)
{
	(void)state;
	given_every_change();
	assert_int_equal(updated(), 3);
	assert_int_equal(occurrences("UPDATE StockReservation SET "), 3);
	assert_int_equal(occurrences(";"), 2);
	assert_begins("UPDATE StockReservation SET status='CANCELLED',cancelReason='CUSTOMER',"
		      "closedAt='2025-11-22 16:00:00.123',");
	assert_has(" WHERE id IN (5,8);UPDATE StockReservation SET "
		   "expiresAt='2025-11-22 16:00:01.123' WHERE id IN (6,8);"
		   "UPDATE StockReservation SET sessionId='session',userId=NULL ");
	assert_ends(" WHERE id IN (7,8)");
}

static void only_what_differs_is_written(void **state)
{
	(void)state;
	given_hold(5, 1)->changed = CHANGE_EXTENDED;
	given_hold(6, 1);
	assert_int_equal(updated(), 1);
	assert_string_equal(text.bytes,
		"UPDATE StockReservation SET expiresAt='2025-11-22 16:00:01.123' "
		"WHERE id IN (5)");
	stock.holds[0].changed = CHANGE_MOVED;
	assert_int_equal(updated(), 1);
	assert_string_equal(text.bytes,
		"UPDATE StockReservation SET sessionId='session',userId=NULL WHERE id IN (5)");
	stock.holds[0].changed = 0;
	assert_int_equal(updated(), 0);
	assert_string_equal(text.bytes, "");
}

static void every_moved_hold_gets_its_own_session_and_user(void **state)
{
	(void)state;
	given_hold(5, 1)->changed = CHANGE_MOVED;
	given_hold(6, 1)->changed = CHANGE_MOVED;
	given_hold(7, 1)->changed = CHANGE_EXTENDED;
	stock.holds[0].user_id = ID_MAX;
	snprintf(stock.holds[1].session_id, sizeof(stock.holds[1].session_id), "%s", "it's\\");
	stock.holds[2].expires_at_ms = NOW;
	assert_int_equal(updated(), 2);
	assert_has("sessionId=CASE id WHEN 5 THEN 'session' WHEN 6 THEN 'it''s\\\\' END,");
	assert_has("userId=CASE id WHEN 5 THEN 9223372036854775807 WHEN 6 THEN NULL END");
	assert_has("expiresAt='2025-11-22 16:00:00.123' WHERE id IN (7);");
}

/* One packet: the first that fails is the last one tried. */
static void statements_stand_behind_each_other(void **state)
{
	(void)state;
	given_every_change();
	given_variant(1, 97, 47);
	text_clear(&text);
	assert_int_equal(sql_update_holds(&text, &stock), 3);
	assert_true(sql_insert_holds(&text, &stock));
	assert_true(sql_update_variants(&text, &stock));
	sql_add_commit(&text);
	assert_int_equal(occurrences(";"), 5);
	assert_has(";INSERT INTO StockReservation (");
	assert_has(";UPDATE ProductVariant SET ");
	assert_ends(" WHERE id IN (1);COMMIT");
	text_clear(&text);
	sql_add_commit(&text);
	assert_string_equal(text.bytes, "COMMIT");
}

/* All holds of a stock moved, from and to the longest sessions. */
static void longest_moves_fit(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < BATCH_LINES_MAX; i++) {
		struct hold *hold = given_hold(ID_MAX - 5000 + i, 1);

		hold->changed = CHANGE_MOVED | CHANGE_EXTENDED;
		hold->user_id = ID_MAX - i % 2;
		hold->expires_at_ms = NOW + i;
		fill_string(hold->session_id, SESSION_ID_MAX - i % 2);
	}
	assert_int_equal(updated(), 2);
	assert_int_equal(occurrences(" WHEN "), 3 * BATCH_LINES_MAX);
}

/* A whole batch of the longest lines, and all that it may sweep besides. */
static void longest_updates_fit(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < BATCH_LINES_MAX + SWEEP_MAX + CLEANUP_MAX; i++) {
		struct hold *hold = i < BATCH_LINES_MAX ? given_hold(ID_MAX - 5000 + i, 1)
							: stock_add_hold(&stock);

		hold->id = ID_MAX - 5000 + i;
		hold->status = HOLD_CANCELLED;
		hold->reason = REASON_CUSTOMER;
		hold->closed_at_ms = NOW;
		snprintf(hold->closed_request_id, sizeof(hold->closed_request_id), "%s", REQUEST);
		hold->changed = CHANGE_CLOSED;
		if (i < BATCH_LINES_MAX)
			fill_string(hold->order_id, ORDER_ID_MAX);
	}
	assert_int_equal(updated(), 1);
	for (uint32_t i = 0; i < STOCK_VARIANTS_MAX; i++)
		given_variant(ID_MAX - 5000 + i, 100 - QUANTITY_MAX, INT32_MIN);
	assert_true(counted());
}

static void longest_insert_fits(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < BATCH_LINES_MAX; i++) {
		struct hold *hold = given_new_hold(ID_MAX, QUANTITY_MAX);

		fill_string(hold->session_id, SESSION_ID_MAX);
		hold->user_id = ID_MAX;
	}
	assert_true(inserted());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nothing_is_written_where_nothing_changed, begin),
		cmocka_unit_test_setup(new_holds_are_inserted_in_their_order, begin),
		cmocka_unit_test_setup(new_and_known_holds_are_kept_apart, begin),
		cmocka_unit_test_setup(changed_holds_are_updated_each_by_its_id, begin),
		cmocka_unit_test_setup(every_reason_has_its_name, begin),
		cmocka_unit_test_setup(what_is_the_same_for_all_is_written_once, begin),
		cmocka_unit_test_setup(counters_are_changed_by_their_difference, begin),
		cmocka_unit_test_setup(stock_is_written_only_where_it_changed, begin),
		cmocka_unit_test_setup(keys_are_inserted_with_their_lines, begin),
		cmocka_unit_test_setup(each_way_to_differ_is_an_update_of_its_own, begin),
		cmocka_unit_test_setup(only_what_differs_is_written, begin),
		cmocka_unit_test_setup(every_moved_hold_gets_its_own_session_and_user, begin),
		cmocka_unit_test_setup(statements_stand_behind_each_other, begin),
		cmocka_unit_test_setup(longest_moves_fit, begin),
		cmocka_unit_test_setup(longest_updates_fit, begin),
		cmocka_unit_test_setup(longest_insert_fits, begin),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("sql that writes", tests, NULL, NULL);
}
