/* The operator's settings: what is wrong is told, each in a line that names the setting. */
#include "config_fixture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "limits.h"

static void assert_caller(const char *key, enum caller expected)
{
	enum caller caller = CALLER_PUBLIC;

	assert_true(keyring_identify(&config.policy.keyring, key, &caller));
	assert_int_equal(caller, expected);
}

static void least_settings_have_defaults(void **state)
{
	enum caller caller;

	(void)state;
	assert_loads();
	assert_string_equal(config.database_options, getenv(DATABASE));
	assert_int_equal(config.audit_key_length, 32);
	assert_memory_equal(config.audit_key, AUDIT_LINE, 32);
	assert_int_equal(config.committers, COMMITTERS_DEFAULT);
	assert_int_equal(config.language, LANGUAGE_ENGLISH);
	assert_null(config.metrics_file);
	assert_int_equal(config.policy.keyring.storefront.count, 0);
	assert_int_equal(config.policy.keyring.cron.count, 0);
	assert_false(keyring_identify(&config.policy.keyring, "", &caller));
}

static void empty_setting_is_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < SETTINGS; i++) {
		if (strcmp(settings[i], DATABASE) != 0 && strcmp(settings[i], AUDIT) != 0)
			setenv(settings[i], "", 1);
	}
	assert_loads();
	assert_int_equal(config.committers, COMMITTERS_DEFAULT);
	assert_null(config.metrics_file);
	assert_int_equal(config.policy.keyring.storefront.count, 0);
	setenv(AUDIT, "", 1);
	assert_problem(AUDIT, 1);
}

static void all_settings_are_read(void **state)
{
	(void)state;
	given_file(STOREFRONT, "x-api-key: " KEY "\n");
	given_file(CRON, "x-api-key: " OTHER_KEY "\n");
	setenv("STOK_COMMITTERS", "8", 1);
	setenv("STOK_LANGUAGE", "tr", 1);
	setenv("STOK_METRICS_FILE", "/tmp/some-file", 1);
	assert_loads();
	assert_caller(KEY, CALLER_STOREFRONT);
	assert_caller(OTHER_KEY, CALLER_CRON);
	assert_int_equal(config.committers, 8);
	assert_int_equal(config.language, LANGUAGE_TURKISH);
	assert_string_equal(config.metrics_file, "/tmp/some-file");
	setenv("STOK_LANGUAGE", "en", 1);
	assert_loads();
	assert_int_equal(config.language, LANGUAGE_ENGLISH);
}

static void bad_values_are_named(void **state)
{
	static const char *const committers[] = {
		"0", "9", "-1", "two", "1 ", " 1", "1.0", "4294967297", "18446744073709551617"};
	static const char *const languages[] = {"de", "TR", "tr-TR", "tr ", "turkish"};

	(void)state;
	for (size_t i = 0; i < sizeof(committers) / sizeof(committers[0]); i++) {
		setenv("STOK_COMMITTERS", committers[i], 1);
		assert_problem("STOK_COMMITTERS", 1);
		assert_non_null(strstr(problems.bytes, committers[i]));
	}
	unsetenv("STOK_COMMITTERS");
	for (size_t i = 0; i < sizeof(languages) / sizeof(languages[0]); i++) {
		setenv("STOK_LANGUAGE", languages[i], 1);
		assert_problem("STOK_LANGUAGE", 1);
		assert_non_null(strstr(problems.bytes, languages[i]));
	}
}

/* database */

static void database_options_are_needed(void **state)
{
	(void)state;
	unsetenv(DATABASE);
	assert_problem(DATABASE, 1);
	setenv(DATABASE, "/tmp/stok-test-no-such-file", 1);
	assert_problem(DATABASE, 1);
	assert_non_null(strstr(problems.bytes, "/tmp/stok-test-no-such-file"));
	setenv(DATABASE, directory, 1);
	assert_problem(DATABASE, 1);
	assert_non_null(strstr(problems.bytes, strerror(EISDIR)));
}

static void options_without_our_group_are_named(void **state)
{
	static const char *const bad[] = {"", "[client]\n", "#[stok]\n", "[stokd]\n", "stok\n",
		"user=[stok]\n", "[mysqld]\nstok=1\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		given_file(DATABASE, bad[i]);
		assert_problem(DATABASE, 1);
	}
	given_file(DATABASE, "[stok]\r\nuser=x\r\n");
	assert_loads();
	given_file(DATABASE, "[stok]");
	assert_loads();
}

/* keys */

static void key_files_may_have_comments_and_two_keys(void **state)
{
	(void)state;
	given_file(
		STOREFRONT, "# the new one\n\nX-API-Key:" KEY "\r\n#old\nx-api-key: \t" OTHER_KEY);
	assert_loads();
	assert_int_equal(config.policy.keyring.storefront.count, 2);
	assert_caller(KEY, CALLER_STOREFRONT);
	assert_caller(OTHER_KEY, CALLER_STOREFRONT);
	assert_int_equal(config.policy.keyring.cron.count, 0);
}

static void bad_key_files_are_named(void **state)
{
	static const char *const bad[] = {
		"",
		"\n\n",
		"# a comment\n",
		KEY "\n",
		"x-api-key: \n",
		"x-api-key: 15-characters-x\n",
		"x-api-key: " KEY " \n",
		"x-api-key: a key with blanks in it\n",
		"x-api-key: a-key-outside-ASCII-\xc3\xbc\n",
		"x-api-kez: " KEY "\n",
		"x-api-key " KEY "\n",
		" x-api-key: " KEY "\n",
		"x-api-key: " KEY "\nx-api-key: short\n",
		"x-api-key: " KEY "1\nx-api-key: " KEY "2\nx-api-key: " KEY "3\n",
	};
	static const char *const names[] = {STOREFRONT, CRON};

	(void)state;
	for (int k = 0; k < 2; k++) {
		for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
			given_file(names[k], bad[i]);
			assert_problem(names[k], 1);
		}
		setenv(names[k], "/tmp/stok-test-no-such-file", 1);
		assert_problem(names[k], 1);
		unsetenv(names[k]);
	}
}

static void overlong_key_is_refused_whole(void **state)
{
	char content[1200] = "x-api-key: ";

	(void)state;
	for (size_t length = 129; length < 1100; length += 97) {
		memset(content + 11, 'k', length);
		content[11 + length] = '\0';
		given_file(CRON, content);
		assert_problem(CRON, 1);
	}
	content[11 + 128] = '\0';
	given_file(CRON, content);
	assert_loads();
	assert_caller(content + 11, CALLER_CRON);
}

/* A problem is printed, and what is printed is kept. */
static void no_key_stands_in_a_problem(void **state)
{
	(void)state;
	given_file(CRON, "x-api-key: " KEY " \n");
	assert_problem(CRON, 1);
	assert_null(strstr(problems.bytes, KEY));
	given_file(CRON, KEY "\n");
	assert_problem(CRON, 1);
	assert_null(strstr(problems.bytes, KEY));
	given_file(AUDIT, AUDIT_LINE "\n" AUDIT_LINE "\n");
	unsetenv(CRON);
	assert_problem(AUDIT, 1);
	assert_null(strstr(problems.bytes, AUDIT_LINE));
}

static void audit_key_is_needed(void **state)
{
	static const char *const bad[] = {
		"", "#\n\n", "31-characters-are-one-too-few-x\n", AUDIT_LINE "\n" AUDIT_LINE "\n"};

	(void)state;
	unsetenv(AUDIT);
	assert_problem(AUDIT, 1);
	setenv(AUDIT, "/tmp/stok-test-no-such-file", 1);
	assert_problem(AUDIT, 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		given_file(AUDIT, bad[i]);
		assert_problem(AUDIT, 1);
	}
	given_file(AUDIT, AUDIT_LINE AUDIT_LINE AUDIT_LINE AUDIT_LINE);
	assert_loads();
	assert_int_equal(config.audit_key_length, 128);
	given_file(AUDIT, AUDIT_LINE AUDIT_LINE AUDIT_LINE AUDIT_LINE "x");
	assert_problem(AUDIT, 1);
}

/* all at once */

static void all_problems_are_told(void **state)
{
	(void)state;
	unsetenv(DATABASE);
	given_file(STOREFRONT, "x-api-key: short\n");
	setenv(CRON, "/tmp/stok-test-no-such-file", 1);
	unsetenv(AUDIT);
	setenv("STOK_COMMITTERS", "9", 1);
	setenv("STOK_LANGUAGE", "de", 1);
	for (size_t i = 0; i < 6; i++)
		assert_problem(settings[i], 6);
}

static void empty_files_are_told_beside_other_problems(void **state)
{
	(void)state;
	unsetenv(DATABASE);
	given_file(STOREFRONT, "# no key yet\n");
	given_file(CRON, "");
	given_file(AUDIT, "");
	for (size_t i = 0; i < 4; i++)
		assert_problem(settings[i], 4);
}

/* stokctl: whoever only checks the tables needs no key. */
static void operator_needs_the_database_and_perhaps_the_audit_key(void **state)
{
	(void)state;
	unsetenv(AUDIT);
	assert_true(config_load_operator(&config, false, &problems));
	assert_non_null(config.database_options);
	assert_false(config_load_operator(&config, true, &problems));
	assert_non_null(strstr(problems.bytes, AUDIT));
	text_clear(&problems);
	given_file(AUDIT, AUDIT_LINE "\n");
	assert_true(config_load_operator(&config, true, &problems));
	assert_int_equal(config.audit_key_length, strlen(AUDIT_LINE));
	unsetenv(DATABASE);
	assert_false(config_load_operator(&config, false, &problems));
	assert_non_null(strstr(problems.bytes, DATABASE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(least_settings_have_defaults, begin, finish),
		cmocka_unit_test_setup_teardown(empty_setting_is_none, begin, finish),
		cmocka_unit_test_setup_teardown(all_settings_are_read, begin, finish),
		cmocka_unit_test_setup_teardown(bad_values_are_named, begin, finish),
		cmocka_unit_test_setup_teardown(database_options_are_needed, begin, finish),
		cmocka_unit_test_setup_teardown(options_without_our_group_are_named, begin, finish),
		cmocka_unit_test_setup_teardown(
			key_files_may_have_comments_and_two_keys, begin, finish),
		cmocka_unit_test_setup_teardown(bad_key_files_are_named, begin, finish),
		cmocka_unit_test_setup_teardown(overlong_key_is_refused_whole, begin, finish),
		cmocka_unit_test_setup_teardown(no_key_stands_in_a_problem, begin, finish),
		cmocka_unit_test_setup_teardown(audit_key_is_needed, begin, finish),
		cmocka_unit_test_setup_teardown(
			operator_needs_the_database_and_perhaps_the_audit_key, begin, finish),
		cmocka_unit_test_setup_teardown(all_problems_are_told, begin, finish),
		cmocka_unit_test_setup_teardown(
			empty_files_are_told_beside_other_problems, begin, finish),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("config", tests, make_directory, remove_directory);
}
