/* The statements as text: what they lock and in which order, what they write, and how they quote.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "limits.h"
#include "sql.h"

#define NOW	  INT64_C(1763827200123) /* 2025-11-22 16:00:00.123 */
#define REQUEST	  "0123456789abcdef0123456789abcdef"
#define LOCKED_AT "TIMESTAMPDIFF(MICROSECOND,'1970-01-01',SYSDATE(3)) DIV 1000"
#define REQUEST2  "fedcba9876543210fedcba9876543210"

static char memory[STATEMENT_MAX];
static struct text text;
static struct stock stock;
static struct id_list list;

static int begin(void **state)
{
	(void)state;
	text_init(&text, memory, sizeof(memory));
	text_add(&text, "of the statement before");
	memset(&stock, 0x5a, sizeof(stock));
	stock_reset(&stock);
	list.count = 0;
	return 0;
}

static void given_ids(uint64_t first, uint64_t second, uint64_t third)
{
	list = (struct id_list){.count = 3, .ids = {first, second, third}};
}

static struct hold *given_hold(uint64_t id, uint64_t variant_id)
{
	struct hold *hold = stock_add_named(&stock, id);

	hold->variant_id = variant_id;
	hold->quantity = 3;
	hold->created_at_ms = NOW - 1000;
	hold->expires_at_ms = NOW + 1000;
	snprintf(hold->session_id, sizeof(hold->session_id), "%s", "session");
	snprintf(hold->created_request_id, sizeof(hold->created_request_id), "%s", REQUEST2);
	return hold;
}

static struct hold *given_new_hold(uint64_t variant_id, uint32_t quantity)
{
	struct hold *hold = stock_add_hold(&stock);

	hold->variant_id = variant_id;
	hold->quantity = quantity;
	hold->created_at_ms = NOW;
	hold->expires_at_ms = NOW + 30 * 60 * 1000;
	snprintf(hold->session_id, sizeof(hold->session_id), "%s", "session");
	snprintf(hold->created_request_id, sizeof(hold->created_request_id), "%s", REQUEST);
	hold->changed = true;
	return hold;
}

static void given_variant(uint64_t id, int64_t on_hand, int64_t reserved)
{
	stock_add_variant(&stock, id, 100, 50);
	stock_variant(&stock, id)->stock = on_hand;
	stock_variant(&stock, id)->reserved = reserved;
}

static void assert_has(const char *part)
{
	if (strstr(text.bytes, part) == NULL)
		fail_msg("no \"%s\" in: %s", part, text.bytes);
}

static void assert_has_not(const char *part)
{
	if (strstr(text.bytes, part) != NULL)
		fail_msg("\"%s\" in: %s", part, text.bytes);
}

static void assert_begins(const char *part)
{
	if (strncmp(text.bytes, part, strlen(part)) != 0)
		fail_msg("does not begin \"%s\": %s", part, text.bytes);
}

static void assert_ends(const char *part)
{
	if (text.length < strlen(part) ||
		strcmp(text.bytes + text.length - strlen(part), part) != 0)
		fail_msg("does not end \"%s\": %s", part, text.bytes);
}

static bool written(bool (*writer)(struct text *text, const struct stock *stock))
{
	text_clear(&text);
	return writer(&text, &stock);
}

/* How often a part stands in the statement. */
static int occurrences(const char *part)
{
	int count = 0;

	for (const char *at = strstr(text.bytes, part); at != NULL; at = strstr(at + 1, part))
		count++;
	return count;
}

/* reading */

static void variants_are_locked_in_ascending_order(void **state)
{
	(void)state;
	given_ids(2, 10, INT64_MAX);
	sql_lock_variants(&text, &list, true, false);
	assert_string_equal(text.bytes,
		"SELECT id,stock,reserved," LOCKED_AT " FROM ProductVariant FORCE INDEX (PRIMARY) "
		"WHERE id IN (2,10,9223372036854775807) ORDER BY id FOR UPDATE");
}

static void view_takes_no_index_hint(void **state)
{
	(void)state;
	given_ids(2, 10, 11);
	sql_lock_variants(&text, &list, false, false);
	assert_string_equal(text.bytes,
		"SELECT id,stock,reserved," LOCKED_AT " FROM ProductVariant "
		"WHERE id IN (2,10,11) ORDER BY id FOR UPDATE");
}

static void holds_are_locked_in_ascending_order(void **state)
{
	(void)state;
	given_ids(2, 10, INT64_MAX);
	sql_lock_holds(&text, &list, false);
	assert_begins("SELECT id,variantId,userId,quantity,status+0,cancelReason+0,");
	assert_ends(" FROM StockReservation FORCE INDEX (PRIMARY) "
		    "WHERE id IN (2,10,9223372036854775807) ORDER BY id FOR UPDATE");
}

/* Commas that stand between columns, not inside parentheses. */
static int columns(void)
{
	int count = 1, depth = 0;

	for (const char *at = text.bytes; strncmp(at, " FROM ", 6) != 0; at++) {
		depth += (*at == '(') - (*at == ')');
		count += *at == ',' && depth == 0;
	}
	return count;
}

static void as_many_columns_are_read_as_have_a_name(void **state)
{
	(void)state;
	given_ids(2, 10, 11);
	sql_lock_variants(&text, &list, true, false);
	assert_int_equal(columns(), VARIANT_COLUMNS);
	sql_lock_holds(&text, &list, false);
	assert_int_equal(columns(), HOLD_COLUMNS);
}

static void variants_of_holds_are_read_unlocked(void **state)
{
	(void)state;
	given_ids(2, 10, 11);
	sql_variants_of_holds(&text, &list);
	assert_string_equal(
		text.bytes, "SELECT id,variantId FROM StockReservation WHERE id IN (2,10,11)");
}

/* At its very instant a hold is expired. */
static void expired_holds_are_read_oldest_first(void **state)
{
	struct command cleanup = {.action = ACTION_CLEANUP};

	(void)state;
	list = (struct id_list){.count = 2, .ids = {2, 10}};
	sql_expired_of_variants(&text, &list, NOW, 17, false);
	assert_int_equal(occurrences(" UNION ALL "), 1);
	assert_has("WHERE variantId=2 AND status='ACTIVE' AND expiresAt<='2025-11-22 16:00:00.123' "
		   "ORDER BY expiresAt LIMIT 17 FOR UPDATE)");
	assert_has("WHERE variantId=10 AND status='ACTIVE' AND expiresAt<='2025-11-22 "
		   "16:00:00.123' ORDER BY expiresAt LIMIT 17 FOR UPDATE)");
	assert_begins("(SELECT ");
	sql_expired_of_variants(&text, &list, NOW, 17, true);
	assert_int_equal(occurrences(" FOR UPDATE SKIP LOCKED)"), 2);
	sql_expired(&text, &cleanup, 200);
	assert_begins("SELECT id,variantId,");
	assert_has("status='ACTIVE' AND expiresAt<=UTC_TIMESTAMP(3) ORDER BY");
	assert_ends("ORDER BY expiresAt,id LIMIT 200");
	cleanup.after_ms = NOW;
	cleanup.after_id = 7;
	sql_expired(&text, &cleanup, 200);
	assert_has(" AND expiresAt>='2025-11-22 16:00:00.123' AND "
		   "(expiresAt>'2025-11-22 16:00:00.123' OR id>7) ORDER BY");
	sql_count_expired(&text);
	assert_begins("SELECT COUNT(*) FROM StockReservation WHERE ");
	assert_ends("status='ACTIVE' AND expiresAt<=UTC_TIMESTAMP(3)");
}

static void next_releases_are_of_live_holds(void **state)
{
	struct id_list variants = {.count = 2, .ids = {2, 10}};

	(void)state;
	sql_next_releases(&text, &variants, NOW);
	assert_begins("SELECT h.variantId,h.sessionId,");
	assert_has("status='ACTIVE' AND r.expiresAt>'2025-11-22 16:00:00.123' "
		   "ORDER BY r.expiresAt LIMIT 1)");
	assert_has("v.id IN (2,10)");
}

static void next_release_of_others_leaves_one_session_out(void **state)
{
	(void)state;
	sql_next_release_of_others(&text, 2, "a'b", NOW);
	assert_begins("SELECT variantId,sessionId,");
	assert_has("variantId=2 AND status='ACTIVE' AND expiresAt>'2025-11-22 16:00:00.123' AND "
		   "sessionId<>'a''b' ");
	assert_ends("ORDER BY expiresAt LIMIT 1");
}

static void variants_with_expired_holds_are_found(void **state)
{
	struct id_list variants = {.count = 2, .ids = {2, 10}};

	(void)state;
	sql_variants_with_expired(&text, &variants, NOW);
	assert_begins("SELECT v.id FROM ProductVariant v WHERE v.id IN (2,10) AND EXISTS ");
	assert_has("r.variantId=v.id AND r.status='ACTIVE' AND "
		   "r.expiresAt<='2025-11-22 16:00:00.123'");
}

/* quoting */

static void quotes_and_backslashes_are_doubled(void **state)
{
	static const char *const strings[][2] = {{"", "''"}, {"a", "'a'"}, {"'", "''''"},
		{"\\", "'\\\\'"}, {"\\'", "'\\\\'''"}, {"'\\", "'''\\\\'"},
		{"');DROP TABLE x;--", "''');DROP TABLE x;--'"}, {"\"`%_~!", "'\"`%_~!'"},
		{"\\\\''", "'\\\\\\\\'''''"}};

	(void)state;
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		text_clear(&text);
		sql_quoted(&text, strings[i][0]);
		assert_string_equal(text.bytes, strings[i][1]);
	}
}

static void quoted_string_is_added_at_the_end(void **state)
{
	(void)state;
	text_clear(&text);
	text_add(&text, "x=");
	sql_quoted(&text, "a");
	assert_string_equal(text.bytes, "x='a'");
}

/* writing */

static void nothing_is_written_where_nothing_changed(void **state)
{
	(void)state;
	assert_false(written(sql_insert_holds));
	assert_false(written(sql_update_holds));
	assert_false(written(sql_update_variants));
	assert_string_equal(text.bytes, "");
	given_hold(5, 1);
	given_variant(1, 100, 50);
	text_add(&text, "of the statement before");
	assert_false(written(sql_insert_holds));
	assert_string_equal(text.bytes, "");
	text_add(&text, "of the statement before");
	assert_false(written(sql_update_holds));
	assert_string_equal(text.bytes, "");
	text_add(&text, "of the statement before");
	assert_false(written(sql_update_variants));
	assert_string_equal(text.bytes, "");
}

static void new_holds_are_inserted_in_their_order(void **state)
{
	const char *first, *second;

	(void)state;
	given_hold(5, 1)->changed = true;
	given_new_hold(9, 2);
	given_new_hold(7, 1000000)->user_id = INT64_MAX;
	snprintf(stock.holds[2].session_id, sizeof(stock.holds[2].session_id), "%s", "it's\\");
	assert_true(written(sql_insert_holds));
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
	(void)state;
	given_new_hold(9, 2);
	assert_false(written(sql_update_holds));
	assert_string_equal(text.bytes, "");
	stock_reset(&stock);
	given_new_hold(9, 2)->id = 6; /* read because it expired, not by its name */
	assert_false(written(sql_insert_holds));
	assert_true(written(sql_update_holds));
	assert_ends(" WHERE id IN (6)");
}

static void given_closed_holds(void)
{
	struct hold *hold = given_hold(5, 1);

	hold->status = HOLD_CANCELLED;
	hold->reason = REASON_CUSTOMER;
	hold->closed_at_ms = NOW;
	snprintf(hold->closed_request_id, sizeof(hold->closed_request_id), "%s", REQUEST);
	hold->changed = true;
	given_hold(6, 1); /* as it was */
	hold = given_hold(INT64_MAX, 2);
	hold->status = HOLD_COMPLETED;
	hold->closed_at_ms = NOW + 1;
	snprintf(hold->closed_request_id, sizeof(hold->closed_request_id), "%s", REQUEST2);
	snprintf(hold->order_id, sizeof(hold->order_id), "%s", "o'17\\");
	hold->changed = true;
}

static void changed_holds_are_updated_each_by_its_id(void **state)
{
	(void)state;
	given_closed_holds();
	assert_true(written(sql_update_holds));
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
		assert_true(written(sql_update_holds));
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
	assert_true(written(sql_update_holds));
	assert_has(",closedAt='2025-11-22 16:00:00.124',");
	assert_has(",orderId='o''17\\\\' WHERE ");
	assert_has("status=CASE id WHEN 5 THEN");
	given_variant(1, 97, 47);
	given_variant(2, 100, 50);
	given_variant(3, 97, 46);
	assert_true(written(sql_update_variants));
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
	assert_true(written(sql_update_variants));
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
	assert_true(written(sql_update_variants));
	assert_string_equal(
		text.bytes, "UPDATE ProductVariant SET reserved=reserved+-3 WHERE id IN (1)");
	stock_reset(&stock);
	given_variant(1, 97, 50); /* revived: it was not reserved any more */
	assert_true(written(sql_update_variants));
	assert_has("stock=stock+-3,");
	assert_has("reserved=reserved+0 ");
}

/* room */

static void fill_string(char *string, size_t length)
{
	memset(string, '\'', length);
	string[length] = '\0';
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
		hold->changed = true;
		if (i < BATCH_LINES_MAX)
			fill_string(hold->order_id, ORDER_ID_MAX);
	}
	assert_true(written(sql_update_holds));
	for (uint32_t i = 0; i < STOCK_VARIANTS_MAX; i++)
		given_variant(ID_MAX - 5000 + i, 100 - QUANTITY_MAX, INT32_MIN);
	assert_true(written(sql_update_variants));
}

static void longest_insert_fits(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < BATCH_LINES_MAX; i++) {
		struct hold *hold = given_new_hold(ID_MAX, QUANTITY_MAX);

		fill_string(hold->session_id, SESSION_ID_MAX);
		hold->user_id = ID_MAX;
	}
	assert_true(written(sql_insert_holds));
}

static void longest_selects_fit(void **state)
{
	static char session[SESSION_ID_MAX + 1];

	(void)state;
	fill_string(session, SESSION_ID_MAX);
	for (uint32_t i = 0; i < STOCK_VARIANTS_MAX; i++)
		list.ids[list.count++] = ID_MAX - 5000 + i;
	sql_lock_variants(&text, &list, true, false);
	sql_lock_holds(&text, &list, false);
	sql_expired_of_variants(&text, &list, NOW, SWEEP_MAX, false);
	assert_true(text.length < sizeof(memory));
	sql_variants_with_expired(&text, &list, NOW);
	sql_next_releases(&text, &list, NOW);
	sql_next_release_of_others(&text, ID_MAX, session, NOW);
	assert_true(text.length < sizeof(memory));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(variants_are_locked_in_ascending_order, begin),
		cmocka_unit_test_setup(view_takes_no_index_hint, begin),
		cmocka_unit_test_setup(holds_are_locked_in_ascending_order, begin),
		cmocka_unit_test_setup(as_many_columns_are_read_as_have_a_name, begin),
		cmocka_unit_test_setup(variants_of_holds_are_read_unlocked, begin),
		cmocka_unit_test_setup(expired_holds_are_read_oldest_first, begin),
		cmocka_unit_test_setup(next_releases_are_of_live_holds, begin),
		cmocka_unit_test_setup(next_release_of_others_leaves_one_session_out, begin),
		cmocka_unit_test_setup(variants_with_expired_holds_are_found, begin),
		cmocka_unit_test_setup(quotes_and_backslashes_are_doubled, begin),
		cmocka_unit_test_setup(quoted_string_is_added_at_the_end, begin),
		cmocka_unit_test_setup(nothing_is_written_where_nothing_changed, begin),
		cmocka_unit_test_setup(new_holds_are_inserted_in_their_order, begin),
		cmocka_unit_test_setup(new_and_known_holds_are_kept_apart, begin),
		cmocka_unit_test_setup(changed_holds_are_updated_each_by_its_id, begin),
		cmocka_unit_test_setup(every_reason_has_its_name, begin),
		cmocka_unit_test_setup(what_is_the_same_for_all_is_written_once, begin),
		cmocka_unit_test_setup(counters_are_changed_by_their_difference, begin),
		cmocka_unit_test_setup(stock_is_written_only_where_it_changed, begin),
		cmocka_unit_test_setup(longest_updates_fit, begin),
		cmocka_unit_test_setup(longest_insert_fits, begin),
		cmocka_unit_test_setup(longest_selects_fit, begin),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("sql", tests, NULL, NULL);
}
