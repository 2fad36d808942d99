/* The statements that read, as text: what they lock and in which order, and how they quote. */
#include "sql_fixture.h"

#include <stdio.h>
#include <string.h>

#include "limits.h"

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
	sql_next_releases(&text, &variants, NULL, NOW);
	assert_begins("SELECT h.variantId,h.sessionId,");
	assert_has("FORCE INDEX (StockReservation_variant) WHERE r.variantId=v.id AND "
		   "r.status='ACTIVE' AND r.expiresAt>'2025-11-22 16:00:00.123' "
		   "ORDER BY r.variantId,r.status,r.expiresAt LIMIT 1)");
	assert_has("v.id IN (2,10)");
}

static void next_releases_of_others_leave_one_session_out(void **state)
{
	struct id_list variants = {.count = 2, .ids = {2, 10}};

	(void)state;
	sql_next_releases(&text, &variants, "a'b", NOW);
	assert_has("FORCE INDEX (StockReservation_variant) ");
	assert_has("r.status='ACTIVE' AND r.expiresAt>'2025-11-22 16:00:00.123' AND "
		   "r.sessionId<>'a''b' ORDER BY r.variantId,r.status,r.expiresAt LIMIT 1)");
	assert_has("v.id IN (2,10)");
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

/* keys and sessions */

static struct command commands[3];
static const struct command *const batch[] = {&commands[0], &commands[1], &commands[2]};

static void given_commands(void)
{
	memset(commands, 0, sizeof(commands));
	for (uint32_t i = 0; i < 3; i++) {
		commands[i].action = ACTION_RESERVE;
		commands[i].line_count = 1;
		memset(commands[i].idempotency_key, 0xa0 + (int)i, DIGEST_LENGTH);
		snprintf(commands[i].session_id, sizeof(commands[i].session_id), "%s",
			i == 0 ? "a'b" : "c");
	}
}

/* Where the key of a command stands: 32 bytes of its own. */
static const char *key_of(uint32_t i)
{
	static char part[128];
	int length = snprintf(part, sizeof(part), "idempotencyKey=x'");

	for (int k = 0; k < DIGEST_LENGTH; k++)
		length += snprintf(part + length, sizeof(part) - (size_t)length, "a%u", i);
	snprintf(part + length, sizeof(part) - (size_t)length, "'");
	return part;
}

/* A twin that was longer is another body: its first lines tell. */
static void keys_are_looked_up_for_the_lines_that_are_asked(void **state)
{
	(void)state;
	given_commands();
	assert_false(sql_holds_of_keys(&text, batch, 3));
	assert_string_equal(text.bytes, "");
	commands[0].keyed = true;
	commands[0].line_count = LINES_MAX;
	commands[2].recheck = true;
	assert_true(sql_holds_of_keys(&text, batch, 3));
	assert_begins("SELECT id FROM StockReservation WHERE idempotencyKey=");
	assert_has(key_of(0));
	assert_has("' AND idempotencyLine<100 OR idempotencyKey=");
	assert_has_not(key_of(1));
	assert_has(key_of(2));
	assert_ends("' AND idempotencyLine<1");
	commands[0].action = ACTION_CANCEL;
	commands[2].recheck = false;
	assert_false(sql_holds_of_keys(&text, batch, 3));
}

static void sessions_of_limited_commands_are_counted(void **state)
{
	(void)state;
	given_commands();
	commands[1].limits.quantity = 5; /* asks for no count */
	assert_false(sql_sessions(&text, batch, 3, NOW));
	assert_string_equal(text.bytes, "");
	commands[0].limits.holds = 5;
	commands[2].limits.units = 5;
	assert_true(sql_sessions(&text, batch, 3, NOW));
	assert_string_equal(text.bytes,
		"SELECT sessionId,COUNT(*),SUM(quantity) FROM StockReservation WHERE sessionId IN "
		"('a''b','c') AND status='ACTIVE' AND expiresAt>'2025-11-22 16:00:00.123' "
		"GROUP BY sessionId");
}

/* At its very instant a hold is expired; one row more tells that there are more. */
static void live_holds_of_a_session_are_found(void **state)
{
	(void)state;
	given_commands();
	commands[0].action = ACTION_EXTEND;
	commands[0].user_id = 77; /* of no meaning */
	sql_session_holds(&text, &commands[0]);
	assert_string_equal(text.bytes,
		"SELECT id FROM StockReservation WHERE sessionId='a''b' AND status='ACTIVE' AND "
		"expiresAt>UTC_TIMESTAMP(3) ORDER BY expiresAt>=createdAt+INTERVAL 7200 SECOND,"
		"expiresAt,id LIMIT 101");
}

/* NULL falls out of comparisons: it is asked for in words of its own. */
static void holds_to_merge_are_nobodys_or_the_users_own(void **state)
{
	struct command *merge = &commands[0];

	(void)state;
	given_commands();
	merge->action = ACTION_MERGE;
	merge->user_id = 77;
	snprintf(merge->from_session_id, sizeof(merge->from_session_id), "%s", "g'");
	sql_session_holds(&text, merge);
	assert_string_equal(text.bytes,
		"SELECT id FROM StockReservation WHERE sessionId='g''' AND status='ACTIVE' AND "
		"expiresAt>UTC_TIMESTAMP(3) AND (userId IS NULL OR userId=77) "
		"ORDER BY expiresAt,id LIMIT 101");
	memcpy(merge->from_session_id, merge->session_id, sizeof(merge->session_id));
	sql_session_holds(&text, merge); /* only the user is set */
	assert_has("sessionId='a''b' ");
	assert_has(" AND (userId IS NULL) ORDER BY");
}

/* reads */

/* A row comes in any case, because it tells the time. */
static void list_is_of_live_holds_behind_an_id(void **state)
{
	(void)state;
	given_commands();
	commands[0].after_id = 17;
	sql_list(&text, &commands[0]);
	assert_begins("SELECT r.id,r.variantId,r.quantity,");
	assert_int_equal(columns(), LIST_COLUMNS);
	assert_has(" LEFT JOIN StockReservation r ON r.sessionId='a''b' AND r.status='ACTIVE' AND "
		   "r.expiresAt>UTC_TIMESTAMP(3) AND r.id>17 ORDER BY r.id LIMIT 101");
	assert_has_not(" FOR UPDATE");
}

static void availability_reads_expired_holds_and_the_next_to_end(void **state)
{
	(void)state;
	given_ids(2, 10, INT64_MAX);
	sql_availability(&text, &list);
	assert_begins("SELECT v.id,v.stock,v.reserved,e.units,(SELECT ");
	assert_has("FORCE INDEX (StockReservation_variant) WHERE r.variantId=v.id AND "
		   "r.status='ACTIVE' AND r.expiresAt>UTC_TIMESTAMP(3) "
		   "ORDER BY r.variantId,r.status,r.expiresAt LIMIT 1)");
	assert_has("SUM(quantity) AS units FROM StockReservation "
		   "FORCE INDEX (StockReservation_variant) WHERE variantId IN "
		   "(2,10,9223372036854775807) AND status='ACTIVE' AND "
		   "expiresAt<=UTC_TIMESTAMP(3) GROUP BY variantId) e ON e.variantId=v.id ");
	assert_ends(" WHERE v.id IN (2,10,9223372036854775807)");
	assert_has_not(" FOR UPDATE");
}

static void closing_request_is_asked_for(void **state)
{
	(void)state;
	sql_was_closed_by(&text, 17, REQUEST);
	assert_string_equal(text.bytes,
		"SELECT COUNT(*) FROM StockReservation WHERE id=17 AND closedRequestId='" REQUEST
		"'");
	given_ids(2, 10, 11);
	sql_existing_variants(&text, &list);
	assert_string_equal(text.bytes, "SELECT id FROM ProductVariant WHERE id IN (2,10,11)");
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
	assert_true(text.length < STATEMENT_MAX);
	sql_variants_with_expired(&text, &list, NOW);
	sql_next_releases(&text, &list, session, NOW);
	sql_availability(&text, &list);
	assert_true(text.length < STATEMENT_MAX);
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
		cmocka_unit_test_setup(next_releases_of_others_leave_one_session_out, begin),
		cmocka_unit_test_setup(variants_with_expired_holds_are_found, begin),
		cmocka_unit_test_setup(keys_are_looked_up_for_the_lines_that_are_asked, begin),
		cmocka_unit_test_setup(sessions_of_limited_commands_are_counted, begin),
		cmocka_unit_test_setup(live_holds_of_a_session_are_found, begin),
		cmocka_unit_test_setup(holds_to_merge_are_nobodys_or_the_users_own, begin),
		cmocka_unit_test_setup(list_is_of_live_holds_behind_an_id, begin),
		cmocka_unit_test_setup(availability_reads_expired_holds_and_the_next_to_end, begin),
		cmocka_unit_test_setup(closing_request_is_asked_for, begin),
		cmocka_unit_test_setup(quotes_and_backslashes_are_doubled, begin),
		cmocka_unit_test_setup(quoted_string_is_added_at_the_end, begin),
		cmocka_unit_test_setup(longest_selects_fit, begin),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("sql", tests, NULL, NULL);
}
