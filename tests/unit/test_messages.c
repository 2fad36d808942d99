/* The words: complete, unlike each other, and in the language that was asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "messages.h"

#define EN LANGUAGE_ENGLISH
#define TR LANGUAGE_TURKISH

static const enum language languages[] = {EN, TR};

/* Whatever the operator's default is. */
static void assert_prefers(const char *accept_language, enum language expected)
{
	for (int i = 0; i < 2; i++) {
		if (language_of(accept_language, languages[i]) != expected)
			fail_msg("'%s' by default %s", accept_language, language_tag(languages[i]));
	}
}

static void assert_prefers_neither(const char *accept_language)
{
	for (int i = 0; i < 2; i++) {
		if (language_of(accept_language, languages[i]) != languages[i])
			fail_msg("'%s' by default %s", accept_language, language_tag(languages[i]));
	}
}

static void named_language_is_taken(void **state)
{
	static const char *const turkish[] = {"tr", "TR", "tr-TR", "Tr-tr", "tr-Latn-TR", " tr ",
		"tr;q=1", "tr;q=0.1", "tr ; q=0.5", "\ttr", "de,tr", "de-DE,de;q=0.9,tr;q=0.1",
		"tr,", ",tr", ",,tr,,", "tr-TR,tr;q=0.9"};
	static const char *const english[] = {"en", "EN", "en-US", "en-gb-oed", "en;q=0.001",
		"fr, en-GB;q=0.2", "en-US,en;q=0.5"};

	(void)state;
	for (size_t i = 0; i < sizeof(turkish) / sizeof(turkish[0]); i++)
		assert_prefers(turkish[i], TR);
	for (size_t i = 0; i < sizeof(english) / sizeof(english[0]); i++)
		assert_prefers(english[i], EN);
}

static void weight_decides(void **state)
{
	(void)state;
	assert_prefers("tr-TR,tr;q=0.9,en-US;q=0.8,en;q=0.7", TR);
	assert_prefers("en-US,en;q=0.9,tr-TR;q=0.8,tr;q=0.7", EN);
	assert_prefers("tr;q=0.3,en;q=0.4", EN);
	assert_prefers("en;q=0.3,tr;q=0.4", TR);
	assert_prefers("en;q=0.9,tr", TR);
	assert_prefers("tr;q=0.9,en;q=1.0", EN);
	assert_prefers("tr;q=0.85,en;q=0.8", TR);
	assert_prefers("tr;q=0.8,en;q=0.85", EN);
	assert_prefers("tr;q=0.801,en;q=0.8", TR);
	assert_prefers("tr;q=0.08,en;q=0.7", EN);
	assert_prefers("tr;q=0.1,en;q=0.2,tr-TR;q=0.3", TR);
	assert_prefers("en;q=0,tr;q=0.1", TR);
	assert_prefers("tr;q=0.000,en;q=0.001", EN);
	assert_prefers("de;q=1.000, tr;q=0.2, en; q=0.3", EN);
}

static void nothing_named_is_the_default(void **state)
{
	static const char *const neither[] = {"", " ", ",", ";", ";q=1", "*", "*;q=0.5", "de",
		"de-DE,fr;q=0.5", "t", "e", "tru", "eng", "trk-TR", "en_US", "xtr", "x-tr", "de-tr",
		"de;en", "q=1", "=", "de;q", "de;q="};

	(void)state;
	for (size_t i = 0; i < sizeof(neither) / sizeof(neither[0]); i++)
		assert_prefers_neither(neither[i]);
	assert_int_equal(language_of("tr;q=0", EN), EN);
}

static void asterisk_hides_no_name(void **state)
{
	(void)state;
	assert_prefers("tr,*;q=0.1", TR);
	assert_prefers("*;q=0.1,en", EN);
	assert_prefers("en-US,*;q=0.5", EN);
}

/* RFC 9110, 12.5.4, and RFC 4647, 3.3.1: it is any language that no other range names. */
static void asterisk_stands_for_the_unnamed(void **state)
{
	(void)state;
	assert_prefers("en;q=0.5,*", TR);
	assert_prefers("*,tr;q=0", EN);
	assert_prefers("tr;q=0,*;q=0.1", EN);
	assert_prefers_neither("*,de;q=0.1");
}

static void broken_headers_do_no_harm(void **state)
{
	static const char *const broken[] = {"tr;", "tr;q", "tr;q=", "tr;q=x", "tr;q=1.", "tr;q=2",
		"tr;q=0.", "tr;q=0.12345678901234567890", "tr;q=-1", "tr;;q=1", "tr;q==1",
		"tr;level=1;q=0.5", "tr;q=0.5;x=1", "tr en", "\xff\xfe", "tr;q=0.5,,,;;,=,en;q"};

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
		assert_in_range(language_of(broken[i], TR), EN, TR);
}

static void languages_have_tags(void **state)
{
	(void)state;
	assert_string_equal(language_tag(EN), "en");
	assert_string_equal(language_tag(TR), "tr");
}

/* RFC 9110's phrases, and one for every status that is answered. */
static const char *phrase_of(int status)
{
	static const struct {
		int status;
		const char *phrase;
	} phrases[] = {{200, "OK"}, {201, "Created"}, {400, "Bad Request"}, {401, "Unauthorized"},
		{403, "Forbidden"}, {404, "Not Found"}, {405, "Method Not Allowed"},
		{409, "Conflict"}, {413, "Content Too Large"}, {415, "Unsupported Media Type"},
		{422, "Unprocessable Content"}, {429, "Too Many Requests"},
		{500, "Internal Server Error"}, {502, "Bad Gateway"}, {503, "Service Unavailable"},
		{504, "Gateway Timeout"}};

	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
		if (phrases[i].status == status)
			return phrases[i].phrase;
	}
	fail_msg("no answer has status %d", status);
	return "";
}

static void every_code_has_its_words(void **state)
{
	(void)state;
	for (enum code code = 0; code < CODE_COUNT; code++) {
		const char *name = code_name(code);
		const char *english = code_message(code, EN), *turkish = code_message(code, TR);

		if (name == NULL || name[0] == '\0')
			fail_msg("code %d has no name", (int)code);
		if (strspn(name, "abcdefghijklmnopqrstuvwxyz_") != strlen(name))
			fail_msg("no name of a code: %s", name);
		assert_string_equal(status_phrase(code_status(code)), phrase_of(code_status(code)));
		if (english == NULL || turkish == NULL)
			fail_msg("%s has no message", name);
		if (code == CODE_METRICS)
			continue; /* is no JSON */
		if (english[0] == '\0' || turkish[0] == '\0' || strcmp(english, turkish) == 0)
			fail_msg("%s has not two messages", name);
	}
}

static void names_of_codes_are_unique(void **state)
{
	(void)state;
	for (enum code code = 0; code < CODE_COUNT; code++) {
		for (enum code other = 0; other < code; other++)
			assert_string_not_equal(code_name(code), code_name(other));
	}
}

static void codes_are_those_that_clients_know(void **state)
{
	static const struct {
		enum code code;
		const char *name;
		int status;
	} known[] = {
		{CODE_RESERVED, "reserved", 201},
		{CODE_CANCELLED, "cancelled", 200},
		{CODE_CONVERTED, "converted", 200},
		{CODE_REVIVED, "revived", 200},
		{CODE_EXTENDED, "extended", 200},
		{CODE_MERGED, "merged", 200},
		{CODE_AVAILABILITY, "availability", 200},
		{CODE_LISTED, "listed", 200},
		{CODE_DUPLICATE, "duplicate", 200},
		{CODE_WOULD_CONVERT, "would_convert", 200},
		{CODE_NOT_FOUND, "not_found", 404},
		{CODE_VARIANT_NOT_FOUND, "variant_not_found", 404},
		{CODE_RESERVATION_NOT_FOUND, "reservation_not_found", 404},
		{CODE_INSUFFICIENT_STOCK, "insufficient_stock", 409},
		{CODE_RESERVATION_CANCELLED, "reservation_cancelled", 409},
		{CODE_RESERVATION_EXPIRED, "reservation_expired", 409},
		{CODE_ALREADY_CONVERTED, "already_converted", 409},
		{CODE_LIMIT_REACHED, "limit_reached", 409},
		{CODE_IDEMPOTENCY_KEY_REUSED, "idempotency_key_reused", 422},
		{CODE_CONVERTED_FOR_OTHER_ORDER, "converted_for_other_order", 409},
		{CODE_LATE_SHORT, "late_short", 409},
		{CODE_STOCK_SHORT, "stock_short", 409},
		{CODE_INVALID_REQUEST, "invalid_request", 400},
		{CODE_UNAUTHORIZED, "unauthorized", 401},
		{CODE_NOT_ALLOWED, "not_allowed", 403},
		{CODE_NO_SUCH_ENDPOINT, "no_such_endpoint", 404},
		{CODE_METHOD_NOT_ALLOWED, "method_not_allowed", 405},
		{CODE_BODY_TOO_LARGE, "body_too_large", 413},
		{CODE_UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", 415},
		{CODE_BUSY, "busy", 503},
		{CODE_DATABASE_UNAVAILABLE, "database_unavailable", 503},
		{CODE_INTERNAL_ERROR, "internal_error", 500},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		assert_string_equal(code_name(known[i].code), known[i].name);
		assert_int_equal(code_status(known[i].code), known[i].status);
	}
}

static void states_are_named_as_in_the_table(void **state)
{
	(void)state;
	assert_string_equal(status_name(HOLD_ACTIVE), "ACTIVE");
	assert_string_equal(status_name(HOLD_COMPLETED), "COMPLETED");
	assert_string_equal(status_name(HOLD_CANCELLED), "CANCELLED");
	assert_string_equal(reason_name(REASON_CUSTOMER), "CUSTOMER");
	assert_string_equal(reason_name(REASON_REPLACED), "REPLACED");
	assert_string_equal(reason_name(REASON_EXPIRED), "EXPIRED");
	assert_string_equal(reason_name(REASON_OPERATOR), "OPERATOR");
	assert_string_equal(limit_name(LIMIT_QUANTITY), "quantity");
	assert_string_equal(limit_name(LIMIT_HOLDS), "holds");
	assert_string_equal(limit_name(LIMIT_UNITS), "units");
}

static void callers_and_actions_have_names(void **state)
{
	(void)state;
	assert_string_equal(caller_name(CALLER_PUBLIC), "public");
	assert_string_equal(caller_name(CALLER_STOREFRONT), "storefront");
	assert_string_equal(caller_name(CALLER_CRON), "cron");
	assert_string_equal(action_name(ACTION_RESERVE), "reserve");
	assert_string_equal(action_name(ACTION_CANCEL), "cancel");
	assert_string_equal(action_name(ACTION_CONVERT), "convert");
	assert_string_equal(action_name(ACTION_EXTEND), "extend");
	assert_string_equal(action_name(ACTION_MERGE), "merge");
	assert_string_equal(action_name(ACTION_AVAILABILITY), "availability");
	assert_string_equal(action_name(ACTION_LIST), "list");
	assert_string_equal(action_name(ACTION_CLEANUP), "cleanup");
	assert_string_equal(action_name(ACTION_READY), "ready");
	assert_string_equal(action_name(ACTION_LIVE), "live");
	assert_string_equal(action_name(ACTION_METRICS), "metrics");
}

static const char *said(enum fault_kind kind, enum language language)
{
	static char memory[512];
	const struct fault fault = {.kind = kind, .min = 41, .max = INT64_MAX};
	struct text text;

	text_init(&text, memory, sizeof(memory));
	fault_message(&text, &fault, language);
	return text.bytes;
}

static void every_fault_says_something(void **state)
{
	(void)state;
	for (enum fault_kind kind = 0; kind < FAULT_KIND_COUNT; kind++) {
		char english[512];

		snprintf(english, sizeof(english), "%s", said(kind, EN));
		assert_true(strlen(english) > 0);
		assert_true(strlen(said(kind, TR)) > 0);
		assert_string_not_equal(english, said(kind, TR));
		assert_null(strpbrk(english, "{}"));
		assert_null(strpbrk(said(kind, TR), "{}"));
	}
}

static void faults_tell_their_bounds(void **state)
{
	static const enum fault_kind bounded[] = {FAULT_RANGE, FAULT_LENGTH, FAULT_LIST_LENGTH};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		for (int k = 0; k < 2; k++) {
			const char *text = said(bounded[i], languages[k]);
			const char *min = strstr(text, "41"),
				   *max = strstr(text, "9223372036854775807");

			assert_non_null(min);
			assert_non_null(max);
			assert_true(min < max);
		}
	}
	assert_string_equal(said(FAULT_RANGE, EN), "must be between 41 and 9223372036854775807");
	assert_null(strstr(said(FAULT_REQUIRED, EN), "41"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(named_language_is_taken),
		cmocka_unit_test(weight_decides),
		cmocka_unit_test(nothing_named_is_the_default),
		cmocka_unit_test(asterisk_hides_no_name),
		cmocka_unit_test(asterisk_stands_for_the_unnamed),
		cmocka_unit_test(broken_headers_do_no_harm),
		cmocka_unit_test(languages_have_tags),
		cmocka_unit_test(every_code_has_its_words),
		cmocka_unit_test(names_of_codes_are_unique),
		cmocka_unit_test(codes_are_those_that_clients_know),
		cmocka_unit_test(states_are_named_as_in_the_table),
		cmocka_unit_test(callers_and_actions_have_names),
		cmocka_unit_test(every_fault_says_something),
		cmocka_unit_test(faults_tell_their_bounds),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("messages", tests, NULL, NULL);
}
