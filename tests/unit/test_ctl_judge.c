/* A row and the claims about it; then the requests that only the join by request id can judge. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "ctl_judge.h"

#define MAKER "00112233445566778899aabbccddeeff"
#define ENDER "11112222333344445555666677778888"

static const uint8_t key[32] = "an audit key for these tests";
static struct audit audit;
static struct sessions listed;
static struct minutes unsure;
static struct judge judge;
static struct request_join join;
static struct hold row;
static struct claim made, ended;

static struct finding found[16];
static uint32_t found_count;
static struct entry entries[16];
static uint32_t entry_count;

static void keep_finding(void *context, const struct finding *finding)
{
	(void)context;
	found[found_count++] = *finding;
}

static void keep_entry(void *context, const struct entry *entry)
{
	(void)context;
	entries[entry_count++] = *entry;
}

static void read_hex(const char *hex, uint8_t request[REQUEST_BYTES])
{
	struct slice slice = {hex, strlen(hex)};

	assert_true(slice_read_hex(&slice, request, REQUEST_BYTES));
}

/* A row that a request made and another cancelled, and the two claims that say so. */
static int begin(void **state)
{
	(void)state;
	audit_init(&audit, key, sizeof(key));
	memset(&listed, 0, sizeof(listed));
	memset(&unsure, 0, sizeof(unsure));
	judge = (struct judge){.audit = &audit,
		.listed = &listed,
		.unsure = &unsure,
		.settled_ms = INT64_MAX,
		.until_ms = INT64_MAX,
		.report = keep_finding,
		.take = keep_entry};
	join = (struct request_join){.report = keep_finding};
	row = (struct hold){.id = 5,
		.variant_id = 1,
		.quantity = 2,
		.user_id = 7,
		.status = HOLD_CANCELLED,
		.reason = REASON_CUSTOMER,
		.created_at_ms = 1000,
		.expires_at_ms = 9000,
		.closed_at_ms = 2000,
		.session_id = "session",
		.created_request_id = MAKER,
		.closed_request_id = ENDER,
		.idempotency_key = {1}};
	made = (struct claim){.hold = 5,
		.time_ms = 1001,
		.variant = 1,
		.quantity = 2,
		.user = 7,
		.kind = CLAIM_CREATE,
		.has_session = true,
		.place = {.line = 1}};
	audit_session(&audit, row.session_id, made.session);
	ended = made;
	ended.time_ms = 2001;
	ended.kind = CLAIM_CANCEL;
	ended.place.line = 2;
	read_hex(MAKER, made.request);
	read_hex(ENDER, ended.request);
	found_count = entry_count = 0;
	return 0;
}

static void judge_all(
	const struct hold *hold, const struct claim *first, const struct claim *second)
{
	judge_begin(&judge, 5, hold);
	if (first != NULL)
		judge_claim(&judge, first);
	if (second != NULL)
		judge_claim(&judge, second);
	judge_end(&judge);
}

static void expect(enum finding_kind kind)
{
	assert_int_equal(found_count, 1);
	assert_int_equal(found[0].kind, kind);
	assert_int_equal(found[0].hold, 5);
}

static void row_with_both_lines_agrees(void **state)
{
	(void)state;
	judge_all(&row, &made, &ended);
	assert_int_equal(found_count, 0);
	assert_int_equal(entry_count, 0);
	assert_int_equal(judge.counts.made, 1);
	assert_int_equal(judge.counts.ended, 1);
}

static void row_without_lines_waits_for_the_join(void **state)
{
	(void)state;
	judge_all(&row, NULL, NULL);
	assert_int_equal(found_count, 0);
	assert_int_equal(entry_count, 2);
	assert_int_equal(entries[0].kind, ENTRY_CREATED);
	assert_int_equal(entries[0].place.line, 0);
	assert_true(entries[0].judged);
	assert_int_equal(entries[1].kind, ENTRY_CANCELLED);
}

/* Its lifetime, 1000 to 2000, meets a minute in which a merge may have gone untold, or it does not.
 */
static void merge_untold_explains_another_session(void **state)
{
	(void)state;
	made.session[0] ^= 1;
	minutes_add(&unsure, 60000, 200000);
	judge_all(&row, &made, &ended);
	expect(FINDING_SESSION_DIFFERS);
	found_count = 0;
	minutes_add(&unsure, 0, 0);
	judge_all(&row, &made, &ended);
	assert_int_equal(found_count, 0);
	assert_int_equal(judge.counts.moved, 1);
}

/* It may be merged between the log's end and the row's reading; but not once it has ended. */
static void merge_to_come_is_left_to_the_next_audit(void **state)
{
	(void)state;
	made.session[0] ^= 1;
	judge.settled_ms = 2001;
	judge_all(&row, &made, &ended);
	expect(FINDING_SESSION_DIFFERS);
	found_count = 0;
	judge.settled_ms = 2000;
	judge_all(&row, &made, &ended);
	assert_int_equal(found_count, 0);
	assert_int_equal(judge.counts.moved, 0);
}

/* Whoever cancels by id had the id; unless a replay, too, could have told it. */
static void later_use_proves_the_answer(void **state)
{
	struct claim replay = made;

	(void)state;
	judge_all(&row, &ended, NULL);
	assert_int_equal(entry_count, 1);
	assert_int_equal(entries[0].kind, ENTRY_CREATED);
	assert_int_equal(entries[0].place.line, 2);
	entry_count = 0;
	for (int kind = CLAIM_REPLAY; kind <= CLAIM_EXTEND; kind++) {
		entry_count = 0;
		replay.kind = (enum claim_kind)kind;
		judge_all(&row, &replay, &ended);
		assert_int_equal(entry_count, 1);
		assert_int_equal(entries[0].place.line, 0);
	}
	entry_count = 0;
	sessions_add(&listed, judge.session);
	judge_all(&row, &ended, NULL);
	assert_int_equal(entries[0].place.line, 0);
}

static void claims_without_a_row_are_one_finding(void **state)
{
	(void)state;
	judge_all(NULL, &made, &ended);
	expect(FINDING_ROW_MISSING);
	found_count = 0;
	judge.since_ms = 5000;
	judge_all(NULL, &made, &ended);
	assert_int_equal(found_count, 0);
}

static void each_difference_has_its_name(void **state)
{
	(void)state;
#define EXPECT(kind, change)                                                                       \
	begin(NULL);                                                                               \
	change;                                                                                    \
	judge_all(&row, &made, &ended);                                                            \
	expect(kind)
	EXPECT(FINDING_VARIANT_DIFFERS, made.variant = 9);
	EXPECT(FINDING_QUANTITY_DIFFERS, made.quantity = 9);
	EXPECT(FINDING_USER_DIFFERS, made.user = 0);
	EXPECT(FINDING_SESSION_DIFFERS, made.session[0] ^= 1);
	EXPECT(FINDING_SESSION_DIFFERS, ended.session[0] ^= 1);
	EXPECT(FINDING_MAKER_DIFFERS, made.request[0] ^= 1);
	EXPECT(FINDING_END_DIFFERS, ended.request[0] ^= 1);
	EXPECT(FINDING_END_DIFFERS, row.reason = REASON_EXPIRED);
	EXPECT(FINDING_END_DIFFERS, ended.kind = CLAIM_CONVERT);
	EXPECT(FINDING_END_DIFFERS, ended.kind = CLAIM_REPLACE);
#undef EXPECT
}

static void orders_must_agree(void **state)
{
	(void)state;
	row.status = HOLD_COMPLETED;
	row.reason = REASON_NONE;
	ended.kind = CLAIM_CONVERT;
	judge_all(&row, &made, &ended);
	assert_int_equal(found_count, 0);
	memcpy(row.order_id, "A-1", 4);
	judge_all(&row, &made, &ended);
	expect(FINDING_ORDER_DIFFERS);
	found_count = 0;
	claim_digest_order("A-1", 3, ended.order);
	judge_all(&row, &made, &ended);
	assert_int_equal(found_count, 0);
	memcpy(row.order_id, "A-2", 4);
	judge_all(&row, &made, &ended);
	expect(FINDING_ORDER_DIFFERS);
}

static void merge_explains_another_session_and_user(void **state)
{
	struct claim merge = made;

	(void)state;
	row = (struct hold){.id = 5,
		.variant_id = 1,
		.quantity = 2,
		.user_id = 8,
		.session_id = "after",
		.created_request_id = MAKER,
		.idempotency_key = {1}};
	merge.kind = CLAIM_MERGE;
	merge.user = 8;
	audit_session(&audit, "after", merge.session);
	judge_all(&row, &made, NULL);
	assert_int_equal(found_count, 2);
	found_count = 0;
	judge_all(&row, &made, &merge);
	assert_int_equal(found_count, 0);
	merge.user = 9;
	judge_all(&row, &made, &merge);
	expect(FINDING_USER_DIFFERS);
	found_count = 0;
	merge.session[0] ^= 1;
	judge_all(&row, &made, &merge);
	expect(FINDING_SESSION_DIFFERS);
}

static void rows_of_the_shops_own_need_no_lines(void **state)
{
	(void)state;
	row.created_request_id[0] = row.closed_request_id[0] = '\0';
	judge_all(&row, NULL, NULL);
	assert_int_equal(found_count, 2); /* it has a key, so a request made it */
	assert_int_equal(found[0].kind, FINDING_ROW_UNCLEAR);
	assert_int_equal(entry_count, 0);
	begin(NULL);
	row.created_request_id[0] = row.closed_request_id[0] = '\0';
	row.idempotency_key[0] = 0;
	judge_all(&row, NULL, NULL);
	assert_int_equal(found_count + entry_count, 0);
	assert_int_equal(judge.counts.foreign, 1);
	assert_int_equal(judge.counts.by_hand, 1);
}

static void operators_end_needs_no_line(void **state)
{
	(void)state;
	row.closed_request_id[0] = '\0';
	judge_all(&row, &made, NULL);
	expect(FINDING_ROW_UNCLEAR);
	found_count = 0;
	row.reason = REASON_OPERATOR;
	judge_all(&row, &made, NULL);
	assert_int_equal(found_count, 0);
	assert_int_equal(judge.counts.by_hand, 1);
}

static void what_is_no_request_is_told(void **state)
{
	(void)state;
	memcpy(row.closed_request_id, "guess", 6);
	judge_all(&row, &made, NULL);
	assert_int_equal(found[0].kind, FINDING_ROW_UNCLEAR);
}

/* requests */

static struct entry line_entry(enum effect effect, enum logged_action action, uint32_t swept)
{
	struct entry entry = {.kind = ENTRY_LINE,
		.effect = effect,
		.action = action,
		.swept = swept,
		.judged = true,
		.place = {.line = 3}};

	read_hex(MAKER, entry.request);
	return entry;
}

static struct entry row_entry(enum entry_kind kind)
{
	struct entry entry = {.kind = kind, .hold = 5, .time_ms = 1000, .judged = true};

	read_hex(MAKER, entry.request);
	return entry;
}

static void join_both(const struct entry *first, const struct entry *second)
{
	request_take(&join, first);
	if (second != NULL)
		request_take(&join, second);
	request_end(&join);
}

static void request_without_a_line_is_missing(void **state)
{
	struct entry entry = row_entry(ENTRY_CREATED);

	(void)state;
	join_both(&entry, NULL);
	expect(FINDING_LINE_MISSING);
	found_count = 0;
	entry.judged = false;
	join_both(&entry, NULL);
	assert_int_equal(found_count, 0);
}

static void outage_explains_unless_the_answer_was_used(void **state)
{
	static const struct outage outages[] = {{.from_ms = 20000, .to_ms = 20000}};
	struct entry entry = row_entry(ENTRY_CREATED);

	(void)state;
	join.outages = outages;
	join.outage_count = 1;
	join_both(&entry, NULL);
	assert_int_equal(found_count, 0);
	assert_int_equal(join.lost, 1);
	entry.place.line = 2;
	join_both(&entry, NULL);
	expect(FINDING_LINE_REMOVED);
	found_count = 0;
	entry.time_ms = 10000; /* the line may not have been written yet */
	join_both(&entry, NULL);
	assert_int_equal(found_count, 0);
	entry.place.line = 0;
	entry.time_ms = 20001;
	join_both(&entry, NULL);
	expect(FINDING_LINE_MISSING);
}

static void doubtful_line_explains_what_it_may_have_done(void **state)
{
	struct entry line = line_entry(EFFECT_DOUBTFUL, LOGGED_RESERVE, 0);
	struct entry entry = row_entry(ENTRY_CREATED), other = row_entry(ENTRY_CANCELLED);

	(void)state;
	join_both(&line, &entry);
	assert_int_equal(found_count, 0);
	assert_int_equal(join.doubtful, 1);
	join_both(&line, &other);
	expect(FINDING_LINE_CONTRADICTS);
	found_count = 0;
	line.effect = EFFECT_NONE;
	join_both(&line, &entry);
	expect(FINDING_LINE_CONTRADICTS);
}

static void sweeps_are_counted(void **state)
{
	struct entry swept = row_entry(ENTRY_SWEPT);
	struct entry line = line_entry(EFFECT_NONE, LOGGED_CLEANUP, 1);

	(void)state;
	join_both(&line, &swept);
	assert_int_equal(found_count, 0);
	assert_int_equal(join.swept, 1);
	join_both(&swept, NULL);
	expect(FINDING_LINE_MISSING);
	found_count = 0;
	line.swept = 0;
	join_both(&line, &swept);
	expect(FINDING_SWEPT_DIFFERS);
	found_count = 0;
	line.effect = EFFECT_DOUBTFUL;
	join_both(&line, &swept);
	assert_int_equal(found_count, 0);
}

static void as_many_as_were_revived_may_lack(void **state)
{
	struct entry line = line_entry(EFFECT_NONE, LOGGED_CLEANUP, 2);

	(void)state;
	join.revived = 3;
	join_both(&line, NULL);
	assert_int_equal(found_count, 0);
	assert_int_equal(join.revived, 1);
	join_both(&line, NULL);
	assert_int_equal(found_count, 1);
	assert_int_equal(found[0].kind, FINDING_SWEPT_DIFFERS);
}

static void line_stands_once(void **state)
{
	struct entry line = line_entry(EFFECT_NONE, LOGGED_OTHER, 0), other = line;

	(void)state;
	other.request[0] ^= 1;
	join_both(&line, &other);
	assert_int_equal(found_count, 0);
	join_both(&line, &line);
	assert_int_equal(found_count, 1);
	assert_int_equal(found[0].kind, FINDING_LINE_TWICE);
}

static void entries_stand_by_request_lines_first(void **state)
{
	struct entry line = line_entry(EFFECT_NONE, LOGGED_OTHER, 0);
	struct entry entry = row_entry(ENTRY_CREATED), other = line;

	(void)state;
	other.request[0] ^= 1;
	assert_true(entry_compare(&line, &entry) < 0);
	assert_true(entry_compare(&entry, &line) > 0);
	assert_true(entry_compare(&entry, &other) < 0);
	assert_int_equal(entry_compare(&line, &line), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(row_with_both_lines_agrees, begin),
		cmocka_unit_test_setup(row_without_lines_waits_for_the_join, begin),
		cmocka_unit_test_setup(merge_untold_explains_another_session, begin),
		cmocka_unit_test_setup(merge_to_come_is_left_to_the_next_audit, begin),
		cmocka_unit_test_setup(later_use_proves_the_answer, begin),
		cmocka_unit_test_setup(claims_without_a_row_are_one_finding, begin),
		cmocka_unit_test_setup(each_difference_has_its_name, begin),
		cmocka_unit_test_setup(orders_must_agree, begin),
		cmocka_unit_test_setup(merge_explains_another_session_and_user, begin),
		cmocka_unit_test_setup(rows_of_the_shops_own_need_no_lines, begin),
		cmocka_unit_test_setup(operators_end_needs_no_line, begin),
		cmocka_unit_test_setup(what_is_no_request_is_told, begin),
		cmocka_unit_test_setup(request_without_a_line_is_missing, begin),
		cmocka_unit_test_setup(outage_explains_unless_the_answer_was_used, begin),
		cmocka_unit_test_setup(doubtful_line_explains_what_it_may_have_done, begin),
		cmocka_unit_test_setup(sweeps_are_counted, begin),
		cmocka_unit_test_setup(as_many_as_were_revived_may_lack, begin),
		cmocka_unit_test_setup(line_stands_once, begin),
		cmocka_unit_test_setup(entries_stand_by_request_lines_first, begin),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("ctl_judge", tests, NULL, NULL);
}
