/* Lines of the audit log are read as nginx writes them; times, words and claims with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "ctl_claim.h"
#include "ctl_line.h"
#include "ctl_time.h"

#define REQUEST "00112233445566778899aabbccddeeff"
#define SESSION "ffeeddccbbaa99887766554433221100"

static struct audit_line line;

/* Members in nginx's order, those that a test is about filled in. */
struct members {
	const char *time;
	const char *request;
	const char *status;
	const char *action;
	const char *outcome;
	const char *holds;
	const char *lines;
	const char *replaced;
	const char *order;
	const char *user;
	const char *session;
	const char *replay;
	const char *swept;
};

static const struct members reserved = {
	.time = "2026-11-22T16:00:00.123+00:00",
	.request = REQUEST,
	.status = "201",
	.action = "reserve",
	.outcome = "reserved",
	.holds = "5 6",
	.lines = "1:2 3:4",
	.replaced = "",
	.order = "",
	.user = "7",
	.session = SESSION,
	.replay = "",
	.swept = "",
};

static const char *write_line(const struct members *m)
{
	static char text[4096];

	snprintf(text, sizeof(text),
		"{\"time\":\"%s\",\"requestId\":\"%s\",\"clientRequestId\":\"\",\"addr\":\"::1\","
		"\"caller\":\"public\",\"method\":\"POST\",\"path\":\"/a\\\"b\\\\\",\"status\":%s,"
		"\"upstreamTime\":\"0.001\",\"action\":\"%s\",\"outcome\":\"%s\","
		"\"reservationIds\":\"%s\",\"lines\":\"%s\",\"replaced\":\"%s\",\"orderId\":\"%s\","
		"\"userId\":\"%s\",\"session\":\"%s\",\"replay\":\"%s\",\"swept\":\"%s\"}",
		m->time, m->request, m->status, m->action, m->outcome, m->holds, m->lines,
		m->replaced, m->order, m->user, m->session, m->replay, m->swept);
	return text;
}

static const char *read_members(const struct members *members)
{
	const char *text = write_line(members);

	return line_read(text, strlen(text), &line);
}

static void whole_line_is_read(void **state)
{
	(void)state;
	assert_null(read_members(&reserved));
	assert_int_equal(line.time_ms, 1795363200123);
	assert_int_equal(line.status, 201);
	assert_int_equal(line.request[0], 0x00);
	assert_int_equal(line.request[15], 0xff);
	assert_int_equal(line.action, LOGGED_RESERVE);
	assert_false(line.replay);
	assert_int_equal(line.swept, 0);
	assert_int_equal(line_effect(&line), EFFECT_DONE);
}

/* Each beginning and each hole of a good line is told, none is read beyond its end. */
static void broken_lines_are_told(void **state)
{
	char copy[4096];
	size_t length;

	(void)state;
	snprintf(copy, sizeof(copy), "%s", write_line(&reserved));
	length = strlen(copy);
	for (size_t cut = 0; cut < length; cut++) {
		char *exact = test_malloc(cut + 1);

		memcpy(exact, copy, cut);
		assert_non_null(line_read(exact, cut, &line));
		test_free(exact);
	}
	copy[length] = '}';
	assert_non_null(line_read(copy, length + 1, &line));
}

static void wrong_values_are_told(void **state)
{
	struct members m;

	(void)state;
#define EXPECT_WRONG(member, value)                                                                \
	m = reserved;                                                                              \
	m.member = value;                                                                          \
	assert_non_null(read_members(&m))
	EXPECT_WRONG(time, "2026-11-22");
	EXPECT_WRONG(time, "");
	EXPECT_WRONG(request, "0011");
	EXPECT_WRONG(request, "00112233445566778899AABBCCDDEEFF");
	EXPECT_WRONG(status, "\"x\"");
	EXPECT_WRONG(status, "-1");
	EXPECT_WRONG(status, "20000000000");
	EXPECT_WRONG(swept, "many");
	EXPECT_WRONG(swept, "99999999999");
#undef EXPECT_WRONG
}

static void member_stands_once(void **state)
{
	static const char twice[] = "{\"time\":\"2026-11-22T16:00:00Z\",\"time\":\"\"}";

	(void)state;
	assert_string_equal(line_read(twice, strlen(twice), &line), "has a member twice");
	assert_string_equal(line_read("{\"a\":1}", 7, &line), "lacks a member");
}

static void bytes_beyond_ascii_do_no_harm(void **state)
{
	char copy[4096];
	char *path;

	(void)state;
	snprintf(copy, sizeof(copy), "%s", write_line(&reserved));
	path = strstr(copy, "/a");
	path[0] = '\xff';
	path[1] = '\xc3';
	assert_null(line_read(copy, strlen(copy), &line));
}

static void effects_follow_status_and_outcome(void **state)
{
	static const struct {
		const char *status, *action, *outcome, *holds, *lines;
		enum effect effect;
	} cases[] = {
		{"201", "reserve", "reserved", "5", "1:1", EFFECT_DONE},
		{"409", "reserve", "insufficient_stock", "", "1:1", EFFECT_NONE},
		{"200", "reserve", "insufficient_stock", "", "1:1", EFFECT_NONE}, /* legacy */
		{"200", "cancel", "cancelled", "5", "1:1", EFFECT_DONE},
		{"200", "cancel", "cancelled", "", "", EFFECT_NONE},
		{"404", "cancel", "reservation_not_found", "5", "", EFFECT_NONE},
		{"200", "convert", "late_short", "5", "", EFFECT_NONE}, /* legacy */
		{"200", "convert", "converted", "5", "1:1", EFFECT_DONE},
		{"200", "extend", "extended", "5", "1:1", EFFECT_DONE},
		{"200", "merge", "merged", "5", "1:1", EFFECT_DONE},
		{"200", "cleanup", "cleaned", "", "", EFFECT_NONE},
		{"200", "list", "listed", "5", "1:1", EFFECT_NONE},
		{"499", "reserve", "client_gone", "", "", EFFECT_DOUBTFUL},
		{"0", "reserve", "", "", "", EFFECT_DOUBTFUL},
		{"503", "reserve", "database_unavailable", "", "1:1", EFFECT_DOUBTFUL},
		{"504", "convert", "unavailable", "", "", EFFECT_DOUBTFUL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct members m = reserved;

		m.status = cases[i].status;
		m.action = cases[i].action;
		m.outcome = cases[i].outcome;
		m.holds = cases[i].holds;
		m.lines = cases[i].lines;
		assert_null(read_members(&m));
		assert_int_equal(line_effect(&line), cases[i].effect);
	}
}

/* claims */

static struct claim claims[16];
static uint32_t claim_count;

static bool keep(void *context, const struct claim *claim)
{
	(void)context;
	claims[claim_count++] = *claim;
	return true;
}

static const char *claim_members(const struct members *members)
{
	static const struct place place = {.line = 9, .file = 1};

	claim_count = 0;
	assert_null(read_members(members));
	return claims_of_line(&line, place, keep, NULL);
}

static void each_hold_is_a_claim(void **state)
{
	struct members m = reserved;

	(void)state;
	m.replaced = "4 3";
	assert_null(claim_members(&m));
	assert_int_equal(claim_count, 4);
	assert_int_equal(claims[0].hold, 5);
	assert_int_equal(claims[0].variant, 1);
	assert_int_equal(claims[0].quantity, 2);
	assert_int_equal(claims[0].kind, CLAIM_CREATE);
	assert_int_equal(claims[0].user, 7);
	assert_true(claims[0].has_session);
	assert_int_equal(claims[0].place.line, 9);
	assert_int_equal(claims[1].hold, 6);
	assert_int_equal(claims[1].quantity, 4);
	assert_int_equal(claims[2].hold, 4);
	assert_int_equal(claims[2].kind, CLAIM_REPLACE);
	assert_int_equal(claims[2].variant, 0);
	assert_int_equal(claims[3].hold, 3);
}

static void replay_made_nothing_and_replaced_nothing(void **state)
{
	struct members m = reserved;

	(void)state;
	m.replay = "true";
	m.replaced = "4";
	assert_null(claim_members(&m));
	assert_int_equal(claim_count, 2);
	assert_int_equal(claims[0].kind, CLAIM_REPLAY);
}

static void lists_must_fit_each_other(void **state)
{
	static const struct {
		const char *holds, *lines;
	} wrong[] = {{"", ""}, {"5", ""}, {"5 6", "1:1"}, {"5", "1:1 2:2"}, {"x", "1:1"},
		{"0", "1:1"}, {"5", "1"}, {"5", ":1"}, {"5", "1:"}, {"5", "1:99999999999"},
		{"9223372036854775808", "1:1"}, {"5,6", "1:1"}};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct members m = reserved;

		m.holds = wrong[i].holds;
		m.lines = wrong[i].lines;
		assert_non_null(claim_members(&m));
		assert_int_equal(claim_count, 0);
	}
}

static void what_did_nothing_claims_nothing(void **state)
{
	struct members m = reserved;

	(void)state;
	m.status = "409";
	m.holds = "garbage";
	assert_null(claim_members(&m));
	assert_int_equal(claim_count, 0);
}

static void orders_are_compared_as_they_were_sent(void **state)
{
	uint8_t plain[DIGEST_SHORT], none[DIGEST_SHORT] = {0};
	struct members m = reserved;

	(void)state;
	m.action = "convert";
	m.order = "A\\\"1\\\\";
	assert_null(claim_members(&m));
	claim_digest_order("A\"1\\", 4, plain);
	assert_memory_equal(claims[0].order, plain, DIGEST_SHORT);
	m.order = "";
	assert_null(claim_members(&m));
	assert_memory_equal(claims[0].order, none, DIGEST_SHORT);
	m.order = "0123456789012345678901234567890123456789012345678901234567890123x";
	assert_non_null(claim_members(&m));
}

static void claims_stand_by_hold_then_by_time(void **state)
{
	struct claim a = {.hold = 1, .time_ms = 5, .kind = CLAIM_CANCEL};
	struct claim b = {.hold = 1, .time_ms = 5, .kind = CLAIM_CREATE};
	struct claim c = {.hold = 2, .time_ms = 1};

	(void)state;
	assert_true(claim_compare(&b, &a) < 0);
	assert_true(claim_compare(&a, &b) > 0);
	assert_true(claim_compare(&a, &c) < 0);
	b.time_ms = 6;
	assert_true(claim_compare(&a, &b) < 0);
	assert_int_equal(claim_compare(&a, &a), 0);
}

/* words and times */

static void escapes_are_undone(void **state)
{
	static const struct {
		const char *raw, *expected;
	} cases[] = {{"plain", "plain"}, {"a\\\"b", "a\"b"}, {"\\\\", "\\"}, {"a\\nb", "a b"},
		{"\\u0041", "A"}, {"\\u0001", "?"}, {"\\u00", "?"}, {"\xc3\xa9", "??"},
		{"\\", "\\"}};
	char text[16];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct slice slice = {cases[i].raw, strlen(cases[i].raw)};

		slice_unescape(&slice, text, sizeof(text));
		assert_string_equal(text, cases[i].expected);
	}
	assert_int_equal(slice_unescape(&(struct slice){"abcdef", 6}, text, 4), 3);
}

static void times_are_read(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} good[] = {{"1970-01-01", 0}, {"1970-01-01T00:00:00.001Z", 1},
		{"2000-02-29T12:34:56.789Z", 951827696789}, {"2026-11-22T16:00:00", 1795363200000},
		{"2026-11-22 16:00:00.123", 1795363200123},
		{"2026-11-22T19:00:00.123+03:00", 1795363200123},
		{"2026-11-22T12:30:00-03:30", 1795363200000}, {"2100-03-01", 4107542400000}};
	static const char *const bad[] = {"", "2026", "2026-13-01", "2026-02-29", "2026-00-01",
		"1969-12-31", "2026-11-22T", "2026-11-22T24:00:00", "2026-11-22T16:00",
		"2026-11-22T16:00:00.1Z", "2026-11-22T16:00:00+3", "2026-11-22x", "now",
		"2026-11-22T16:00:00Z ", "1970-01-01T00:00:00+01:00"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		int64_t ms = -1;

		if (!time_read(good[i].text, strlen(good[i].text), &ms))
			fail_msg("not read: %s", good[i].text);
		assert_int_equal(ms, good[i].ms);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int64_t ms = -1;

		if (time_read(bad[i], strlen(bad[i]), &ms))
			fail_msg("read: %s", bad[i]);
		assert_int_equal(ms, -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_line_is_read),
		cmocka_unit_test(broken_lines_are_told),
		cmocka_unit_test(wrong_values_are_told),
		cmocka_unit_test(member_stands_once),
		cmocka_unit_test(bytes_beyond_ascii_do_no_harm),
		cmocka_unit_test(effects_follow_status_and_outcome),
		cmocka_unit_test(each_hold_is_a_claim),
		cmocka_unit_test(replay_made_nothing_and_replaced_nothing),
		cmocka_unit_test(lists_must_fit_each_other),
		cmocka_unit_test(what_did_nothing_claims_nothing),
		cmocka_unit_test(orders_are_compared_as_they_were_sent),
		cmocka_unit_test(claims_stand_by_hold_then_by_time),
		cmocka_unit_test(escapes_are_undone),
		cmocka_unit_test(times_are_read),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("ctl_line", tests, NULL, NULL);
}
