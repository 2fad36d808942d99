/* The grammar of JSON, strictly: what is let through, what is not, and where the fault is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_check.h"

static struct faults faults;

static int begin(void **state)
{
	(void)state;
	memset(&faults, 0x5a, sizeof(faults));
	faults.count = 0;
	return 0;
}

/* Checks a copy that ends where the bytes end, so that reading past it is seen. */
static bool checked_bytes(const char *bytes, size_t length)
{
	char *copy = malloc(length > 0 ? length : 1);
	bool good;

	assert_non_null(copy);
	memcpy(copy, bytes, length);
	faults.count = 0;
	good = json_check(copy, length, &faults);
	free(copy);
	return good;
}

static bool checked(const char *json)
{
	return checked_bytes(json, strlen(json));
}

static void assert_good(const char *json)
{
	if (!checked(json) || faults.count != 0)
		fail_msg("refused: %s", json);
}

/* Exactly one fault, of the whole. */
static void assert_fault(const char *json, enum fault_kind kind)
{
	if (checked(json))
		fail_msg("let through: %s", json);
	if (faults.count != 1 || faults.list[0].kind != kind || faults.list[0].where[0] != '\0')
		fail_msg("%s: %u faults, kind %d at '%s'", json, faults.count,
			(int)faults.list[0].kind, faults.list[0].where);
}

static void assert_all_good(const char *const *samples, size_t size)
{
	for (size_t i = 0; i < size / sizeof(samples[0]); i++)
		assert_good(samples[i]);
}

static void assert_all_faults(const char *const *samples, size_t size, enum fault_kind kind)
{
	for (size_t i = 0; i < size / sizeof(samples[0]); i++)
		assert_fault(samples[i], kind);
}

static void values_of_every_kind_are_good(void **state)
{
	static const char *const good[] = {"{}", "[]", "null", "true", "false", "0", "\"\"",
		" \t\r\n{ \t\r\n} \t\r\n", "{\"a\":1}", "{ \"a\" : 1 , \"b\" : [ ] }",
		"[ 1 , \"a\" , null , { } , [ ] ]", "{\"\":0}", "\"'\"", "\"/\"", "\"\x7f\"",
		"[true,false,null]", "{\"a\":{\"a\":{\"a\":[{\"a\":1},{\"a\":1}]}}}"};

	(void)state;
	assert_all_good(good, sizeof(good));
}

static void anything_else_is_no_json(void **state)
{
	static const char *const bad[] = {"", " ", "\n", "{", "}", "[", "]", "{]", "[}", "{}}",
		"[]]", "{} {}", "[][]", "{}x", "{},", "1 2", "\"\"\"\"", "{\"a\":1}0", "a",
		"{\"a\"}", "{\"a\":}", "{\"a\" 1}", "{:1}", "{\"a\":1,}", "{,}", "{,\"a\":1}",
		"{\"a\":1 \"b\":2}", "{\"a\":1,,\"b\":2}", "{\"a\"::1}", "{a:1}", "{1:1}",
		"{null:1}", "[,]", "[1,]", "[,1]", "[1,,2]", "[1 2]", "[1;2]", "{'a':1}",
		"{\"a\":'b'}", "'a'", "`a`", "\"a", "\"a'", "\"", "\"\\\"", "{\"a", "{\"a\"",
		"{\"a\":", "{\"a\":1", "{\"a\":1,", "[1", "[1,", "tru", "True", "TRUE", "truex",
		"nul", "nulL", "None", "undefined", "fals", "falsee", "t", "NaN", "nan", "[NaN]",
		"Infinity", "-Infinity", "[-Infinity]", "-NaN", "/**/{}", "{}//", "{/**/}", "#{}",
		"\xef\xbb\xbf{}", "{}\xef\xbb\xbf", "\xc2\xa0{}", "\f{}", "\v{}", "{}\f", "(1)",
		"=1", "<a>"};

	(void)state;
	assert_all_faults(bad, sizeof(bad), FAULT_SYNTAX);
	assert_false(checked_bytes("{}\0", 3));
	assert_false(checked_bytes("\0{}", 3));
	assert_false(checked_bytes("{\0}", 3));
	assert_false(checked_bytes("1\0", 2));
}

/* What stands behind the length is not looked at. */
static void length_is_kept(void **state)
{
	(void)state;
	faults.count = 0;
	assert_true(json_check("{}garbage", 2, &faults));
	assert_false(json_check("{}garbage", 1, &faults));
	assert_false(json_check("true", 3, &faults));
	assert_false(json_check("\"\xc3\xbc\"", 2, &faults));
	assert_false(json_check("\"\\u00e9\"", 5, &faults));
	assert_false(json_check("{}", 0, &faults));
	assert_true(json_check("123", 2, &faults));
	assert_false(json_check("1.5", 2, &faults));
}

static void numbers_have_one_grammar(void **state)
{
	static const char *const good[] = {"0", "-0", "1", "10", "-1", "0.0", "0.50", "-1.5", "1e1",
		"1E1", "1e+1", "1e-1", "1e00", "0e0", "-0.0e-0", "1.5E+10", "1e999", "[0,1]",
		"18446744073709551616", "{\"a\":-1.5e1}"};
	static const char *const bad[] = {"-", "+1", "+", "01", "00", "-01", "-00", "0x1", "1.",
		".5", "-.5", "1.e1", "1e", "1e+", "1e-", "1E", "1ee1", "1e1.5", "1.5.5", "--1",
		"-+1", "1_000", "1,5", "0b1", "0o7", "1f", "1L", "- 1", "1 .5", "1e 1", "1e+-1",
		"\xd9\xa1"};

	(void)state;
	assert_all_good(good, sizeof(good));
	assert_all_faults(bad, sizeof(bad), FAULT_SYNTAX);
}

static void depth_has_a_bound(void **state)
{
	(void)state;
	assert_good("[[[[[[[[]]]]]]]]");
	assert_fault("[[[[[[[[[]]]]]]]]]", FAULT_DEPTH);
	assert_good("{\"a\":[{\"a\":[{\"a\":[{\"a\":[1,\"x\"]}]}]}]}");
	assert_fault("{\"a\":[{\"a\":[{\"a\":[{\"a\":[{}]}]}]}]}", FAULT_DEPTH);
	assert_good("[[[[[[[[],[]]],[[[]]]]]]],[[[[[[[]]]]]]]]"); /* it goes down again */
	assert_fault("[[[[[[[[],[]]],[[[]]]]]]],[[[[[[[[]]]]]]]]]", FAULT_DEPTH);
	assert_good("\"[[[[[[[[[[[[\"");
	assert_fault("[[[[[[[[[", FAULT_DEPTH);
}

static void deepest_nesting_is_refused_at_once(void **state)
{
	static char deep[65536];

	(void)state;
	memset(deep, '[', sizeof(deep));
	assert_false(checked_bytes(deep, sizeof(deep)));
	assert_int_equal(faults.list[0].kind, FAULT_DEPTH);
}

static void control_characters_are_escaped(void **state)
{
	char json[] = "\"a?b\"", name[] = "{\"a?b\":1}";

	(void)state;
	for (char byte = 0; byte < 0x20; byte++) {
		json[2] = byte;
		assert_false(checked_bytes(json, sizeof(json) - 1));
		assert_int_equal(faults.list[0].kind, FAULT_SYNTAX);
		name[3] = byte;
		assert_false(checked_bytes(name, sizeof(name) - 1));
	}
	assert_good("\"\\b\\f\\n\\r\\t\\\"\\\\\\/\"");
	assert_good("\"\\u0001\\u001f\\u007F\\uabCD\"");
}

static void unknown_escapes_are_no_json(void **state)
{
	static const char *const bad[] = {"\"\\a\"", "\"\\x41\"", "\"\\'\"", "\"\\0\"",
		"\"\\U0041\"", "\"\\\n\"", "\"\\", "\"\\u\"", "\"\\u1\"", "\"\\u12\"", "\"\\u123\"",
		"\"\\u123g\"", "\"\\uG123\"", "\"\\u 123\"", "\"\\u-123\"", "\"\\u12", "\"\\v\"",
		"\"\\B\"", "\"\\\xc3\xbc\""};

	(void)state;
	assert_all_faults(bad, sizeof(bad), FAULT_SYNTAX);
	assert_false(checked_bytes("\"\\\0\"", 4));
}

static void utf8_is_well_formed(void **state)
{
	static const char *const good[] = {"\"\xc2\x80\"", "\"\xdf\xbf\"", "\"\xe0\xa0\x80\"",
		"\"\xe1\x80\x80\"", "\"\xec\xbf\xbf\"", "\"\xed\x80\x80\"", "\"\xed\x9f\xbf\"",
		"\"\xee\x80\x80\"", "\"\xef\xbf\xbf\"", "\"\xef\xbb\xbf\"", "\"\xf0\x90\x80\x80\"",
		"\"\xf1\x80\x80\x80\"", "\"\xf3\xbf\xbf\xbf\"", "\"\xf4\x80\x80\x80\"",
		"\"\xf4\x8f\xbf\xbf\"", "{\"\xc4\xb1\":1}"};
	static const char *const bad[] = {/* no character begins so */
		"\"\x80\"", "\"\xbf\"", "\"\xc0\"", "\"\xc1\"", "\"\xf5\x80\x80\x80\"",
		"\"\xf8\x88\x80\x80\x80\"", "\"\xfe\"", "\"\xff\"",
		/* overlong */
		"\"\xc0\x80\"", "\"\xc0\xaf\"", "\"\xc1\xbf\"", "\"\xe0\x80\x80\"",
		"\"\xe0\x9f\xbf\"", "\"\xf0\x80\x80\x80\"", "\"\xf0\x8f\xbf\xbf\"",
		/* surrogates, and beyond the last */
		"\"\xed\xa0\x80\"", "\"\xed\xaf\xbf\"", "\"\xed\xb0\x80\"", "\"\xed\xbf\xbf\"",
		"\"\xed\xa0\xbd\xed\xb8\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xf4\xbf\xbf\xbf\"",
		/* broken off */
		"\"\xc2\"", "\"\xc2\x41\"", "\"\xe1\x80\"", "\"\xe1\x80\x41\"", "\"\xe1\x41\x80\"",
		"\"\xf1\x80\x80\"", "\"\xf1\x80\x80\x41\"", "\"\xf1\x80\x41\x80\"",
		"\"\xc2\xc2\x80\"", "\"\xe1\x80\xc0\"", "\"\xc2", "\"\xe1\x80", "\"\xf1\x80\x80",
		/* in a name */
		"{\"\xff\":1}", "{\"\xc2\":1}"};

	(void)state;
	assert_all_good(good, sizeof(good));
	assert_all_faults(bad, sizeof(bad), FAULT_ENCODING);
}

static void surrogates_come_in_pairs(void **state)
{
	static const char *const good[] = {"\"\\ud800\\udc00\"", "\"\\udbff\\udfff\"",
		"\"\\uD83D\\uDE00x\"", "\"\\ud7ff\"", "\"\\ue000\"", "\"\\uffff\""};
	static const char *const bad[] = {"\"\\ud800\"", "\"\\udbff\"", "\"\\udc00\"",
		"\"\\udfff\"", "\"\\ud800x\"", "\"\\ud800\\n\"", "\"\\ud800\\u0041\"",
		"\"\\ud800\\ud800\"", "\"\\ud800\\udbff\"", "\"\\ud800\\ue000\"",
		"\"\\udc00\\ud800\"", "\"\\ud83d\\ude00\\ude00\"", "{\"\\ud800\":1}"};

	(void)state;
	assert_all_good(good, sizeof(good));
	assert_all_faults(bad, sizeof(bad), FAULT_ENCODING);
}

static void nul_is_no_character(void **state)
{
	(void)state;
	assert_fault("\"\\u0000\"", FAULT_ENCODING);
	assert_fault("\"a\\u0000b\"", FAULT_ENCODING);
	assert_fault("{\"a\\u0000\":1}", FAULT_ENCODING);
	assert_good("\"\\\\u0000\"");
}

/* Only members that stand twice: the value can still be parsed. */
static void assert_duplicates(const char *json, uint32_t count, const char *last)
{
	if (!checked(json))
		fail_msg("refused: %s", json);
	assert_int_equal(faults.count, count);
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(faults.list[i].kind, FAULT_DUPLICATE_MEMBER);
	assert_string_equal(faults.list[count - 1].where, last);
}

static void duplicate_members_are_found_at_any_depth(void **state)
{
	(void)state;
	assert_duplicates("{\"a\":1,\"a\":1}", 1, "/a");
	assert_duplicates("{\"a\":1,\"b\":2,\"a\":3,\"a\":4}", 2, "/a");
	assert_duplicates("{\"\":1,\"\":1}", 1, "/");
	assert_duplicates("[{},{\"a\":1,\"a\":1}]", 1, "/1/a");
	assert_duplicates("{\"x\":{\"y\":[0,0,{\"z\":{},\"z\":[]}]}}", 1, "/x/y/2/z");
	assert_duplicates("{\"a\":{\"b\":1},\"c\":{\"b\":1},\"a\":{\"b\":1}}", 1, "/a");
	assert_duplicates("{\"a\":{\"b\":1,\"b\":1},\"a\":1}", 2, "/a");
	assert_duplicates("{\"o\":{\"i\":1},\"p\":1,\"o\":2}", 1, "/o"); /* after one inside */
	assert_duplicates("[[[[[[[{\"a\":1,\"a\":1}]]]]]]]", 1, "/0/0/0/0/0/0/0/a");
}

static void alike_is_not_the_same(void **state)
{
	static const char *const good[] = {"{\"a\":1,\"A\":1}",
		"{\"a\":1,\"a \":1,\" a\":1,\"\":1}", "[{\"a\":1},{\"a\":1}]", "{\"a\":{\"a\":1}}",
		"{\"a\":[{\"b\":1},{\"b\":1}],\"b\":1}", "{\"\xc3\xbc\":1,\"u\xcc\x88\":1}",
		"{\"ab\":1,\"ba\":1}", "{\"\\\\u0061\":1,\"a\":1}", "[\"a\",\"a\"]",
		"{\"a\":\"b\",\"b\":\"a\"}", "{\"\\n\":1,\"n\":1}"};

	(void)state;
	assert_all_good(good, sizeof(good));
}

static void duplicate_members_are_found_in_any_spelling(void **state)
{
	(void)state;
	assert_duplicates("{\"\\u0061\":1,\"a\":1}", 1, "/a");
	assert_duplicates("{\"\\u0061b\":1,\"a\\u0062\":1,\"ab\":1}", 2, "/ab");
	assert_duplicates("{\"\\n\":1,\"\\u000a\":1,\"c\":{\"\\/\":1,\"/\":1}}", 2, "/c/~1");
	assert_true(checked("{\"\\u00fC\":1,\"\xc3\xbc\":1}"));
	assert_int_equal(faults.count, 1);
	assert_true(checked("{\"\\u20ac\":1,\"\xe2\x82\xac\":1}"));
	assert_int_equal(faults.count, 1);
	assert_true(checked("{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":1}"));
	assert_int_equal(faults.count, 1);
	assert_true(checked("{\"\\t\":1,\"\\u0009\":1,\"\\\"\":1,\"\\u0022\":1,"
			    "\"\\\\\":1,\"\\u005c\":1}"));
	assert_int_equal(faults.count, 3);
}

static void pointers_are_escaped(void **state)
{
	(void)state;
	assert_duplicates("{\"a/b\":1,\"a/b\":1}", 1, "/a~1b");
	assert_duplicates("{\"a~b\":1,\"a~b\":1}", 1, "/a~0b");
	assert_duplicates("{\"~1\":1,\"~1\":1}", 1, "/~01");
	assert_duplicates("{\"/~\":{\"x\":1,\"x\":1}}", 1, "/~1~0/x");
	assert_duplicates("{\"a\":{\"/\":[]},\"b\":1,\"b\":1}", 1, "/b"); /* and cut back again */
}

/* A place that is too long to be told is told as far as it goes, and cut back rightly. */
static void long_names_are_cut(void **state)
{
	static const char kinds[] = "a/~";
	char json[1024], expected[512];

	(void)state;
	for (size_t kind = 0; kind < 3; kind++) {
		for (int length = 80; length < 110; length++) {
			char name[128] = "";

			memset(name, kinds[kind], (size_t)length);
			snprintf(json, sizeof(json),
				"{\"%s\":{\"%s\":[1,2],\"%s\":0},\"b\":1,\"b\":1}", name, name,
				name);
			assert_true(checked(json));
			assert_int_equal(faults.count, 2);
			assert_true(strlen(faults.list[0].where) < FAULT_WHERE_MAX);
			assert_true(strlen(faults.list[0].where) > FAULT_WHERE_MAX - 8);
			assert_string_equal(faults.list[1].where, "/b");
			snprintf(expected, sizeof(expected), "/%s/%s", name, name);
			if (kind == 0)
				assert_memory_equal(faults.list[0].where, expected,
					strlen(faults.list[0].where));
		}
	}
}

/* {"0":0,"1":0,...} with so many members, all different. */
static const char *members(uint32_t count)
{
	static char json[65536];
	size_t length = 0;

	json[length++] = '{';
	for (uint32_t i = 0; i < count; i++)
		length += (size_t)snprintf(
			json + length, sizeof(json) - length, "%s\"%u\":0", i > 0 ? "," : "", i);
	snprintf(json + length, sizeof(json) - length, "}");
	return json;
}

static void members_have_a_bound(void **state)
{
	static char halves[65536 * 2];
	int length;

	(void)state;
	assert_good(members(2048));
	assert_fault(members(2049), FAULT_MEMBERS);
	length = snprintf(halves, sizeof(halves), "[%s,", members(1024));
	length += snprintf(halves + length, sizeof(halves) - (size_t)length, "%s", members(1024));
	halves[length] = ']';
	assert_good(halves); /* counted together, and not the same */
	snprintf(halves + length, sizeof(halves) - (size_t)length, ",{\"one\":\"more\"}]");
	assert_fault(halves, FAULT_MEMBERS);
}

/* Then parsing would be of no use: a fault of the whole stands after those found before it. */
static void broken_end_is_one_more_fault(void **state)
{
	(void)state;
	assert_false(checked("{\"a\":1,\"a\":2"));
	assert_int_equal(faults.count, 2);
	assert_int_equal(faults.list[0].kind, FAULT_DUPLICATE_MEMBER);
	assert_int_equal(faults.list[1].kind, FAULT_SYNTAX);
}

static void faults_beyond_the_bound_are_left_out(void **state)
{
	static char json[65536];
	size_t length = 0;

	(void)state;
	json[length++] = '{';
	for (int i = 0; i < 2 * FAULTS_MAX; i++)
		length += (size_t)snprintf(
			json + length, sizeof(json) - length, "%s\"a\":0", i > 0 ? "," : "");
	json[length++] = '}';
	assert_true(checked_bytes(json, length));
	assert_int_equal(faults.count, FAULTS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(values_of_every_kind_are_good, begin),
		cmocka_unit_test_setup(anything_else_is_no_json, begin),
		cmocka_unit_test_setup(length_is_kept, begin),
		cmocka_unit_test_setup(numbers_have_one_grammar, begin),
		cmocka_unit_test_setup(depth_has_a_bound, begin),
		cmocka_unit_test_setup(deepest_nesting_is_refused_at_once, begin),
		cmocka_unit_test_setup(control_characters_are_escaped, begin),
		cmocka_unit_test_setup(unknown_escapes_are_no_json, begin),
		cmocka_unit_test_setup(utf8_is_well_formed, begin),
		cmocka_unit_test_setup(surrogates_come_in_pairs, begin),
		cmocka_unit_test_setup(nul_is_no_character, begin),
		cmocka_unit_test_setup(duplicate_members_are_found_at_any_depth, begin),
		cmocka_unit_test_setup(alike_is_not_the_same, begin),
		cmocka_unit_test_setup(duplicate_members_are_found_in_any_spelling, begin),
		cmocka_unit_test_setup(pointers_are_escaped, begin),
		cmocka_unit_test_setup(long_names_are_cut, begin),
		cmocka_unit_test_setup(members_have_a_bound, begin),
		cmocka_unit_test_setup(broken_end_is_one_more_fault, begin),
		cmocka_unit_test_setup(faults_beyond_the_bound_are_left_out, begin),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("json check", tests, NULL, NULL);
}
