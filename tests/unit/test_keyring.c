/* Keys: which are taken, and whose they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "keyring.h"

#define OLD_KEY	 "storefront-key-0"
#define NEW_KEY	 "storefront-key-1"
#define CRON_KEY "the-cron-jobs-key"

static struct keyring keyring;

static int begin(void **state)
{
	(void)state;
	memset(&keyring, 0, sizeof(keyring));
	return 0;
}

static bool added(struct keys *keys, const char *key)
{
	return keys_add(keys, key, strlen(key));
}

static void assert_is_of(const char *key, enum caller expected)
{
	enum caller caller = CALLER_PUBLIC;

	assert_true(keyring_identify(&keyring, key, &caller));
	assert_int_equal(caller, expected);
}

static void assert_is_of_nobody(const char *key)
{
	enum caller caller = CALLER_PUBLIC;

	if (keyring_identify(&keyring, key, &caller))
		fail_msg("somebody's: '%s'", key);
	assert_int_equal(caller, CALLER_PUBLIC);
}

static void keys_tell_callers_apart(void **state)
{
	(void)state;
	assert_true(added(&keyring.storefront, NEW_KEY));
	assert_true(added(&keyring.cron, CRON_KEY));
	assert_is_of(NEW_KEY, CALLER_STOREFRONT);
	assert_is_of(CRON_KEY, CALLER_CRON);
	assert_is_of_nobody(OLD_KEY);
}

static void two_keys_are_valid_at_once(void **state)
{
	(void)state;
	assert_true(added(&keyring.storefront, NEW_KEY));
	assert_true(added(&keyring.storefront, OLD_KEY));
	assert_false(added(&keyring.storefront, CRON_KEY));
	assert_is_of(NEW_KEY, CALLER_STOREFRONT);
	assert_is_of(OLD_KEY, CALLER_STOREFRONT);
	assert_is_of_nobody(CRON_KEY);
	assert_int_equal(keyring.storefront.count, 2);
}

static void missing_key_opens_nothing(void **state)
{
	(void)state;
	assert_is_of_nobody("");
	assert_is_of_nobody(NEW_KEY);
	assert_true(added(&keyring.cron, CRON_KEY));
	assert_is_of_nobody("");
	assert_is_of_nobody(NEW_KEY);
}

static void every_byte_counts(void **state)
{
	char key[sizeof(NEW_KEY) + 1] = NEW_KEY;

	(void)state;
	assert_true(added(&keyring.storefront, NEW_KEY));
	for (size_t i = 0; i < strlen(NEW_KEY); i++) {
		snprintf(key, sizeof(key), "%s", NEW_KEY);
		key[i] ^= 1;
		assert_is_of_nobody(key);
		key[i] = '\0';
		assert_is_of_nobody(key);
	}
	snprintf(key, sizeof(key), "%s", NEW_KEY "x");
	assert_is_of_nobody(key);
	assert_is_of_nobody("x" NEW_KEY);
	assert_is_of_nobody(NEW_KEY NEW_KEY);
}

static void length_has_bounds(void **state)
{
	char key[KEY_LENGTH_MAX + 2];

	(void)state;
	memset(key, 'k', sizeof(key));
	assert_false(keys_add(&keyring.cron, key, 0));
	assert_false(keys_add(&keyring.cron, key, 15));
	assert_false(keys_add(&keyring.cron, key, 129));
	assert_int_equal(keyring.cron.count, 0);
	assert_true(keys_add(&keyring.cron, key, 16));
	assert_true(keys_add(&keyring.cron, key, 128));
	key[128] = '\0';
	assert_is_of(key, CALLER_CRON);
	key[127] = '\0';
	assert_is_of_nobody(key);
	key[16] = '\0';
	assert_is_of(key, CALLER_CRON);
}

static void keys_are_visible_ascii(void **state)
{
	static const char bad[] = {'\0', '\t', '\n', ' ', '\x1f', '\x7f', '\x80', '\xff'};
	char key[] = "0123456789!~\"\\'x";

	(void)state;
	assert_true(added(&keyring.cron, key));
	for (size_t i = 0; i < sizeof(bad); i++) {
		key[15] = bad[i];
		assert_false(keys_add(&keyring.cron, key, 16));
		key[15] = 'x';
		key[0] = bad[i];
		assert_false(keys_add(&keyring.cron, key, 16));
		key[0] = '0';
	}
	assert_int_equal(keyring.cron.count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(keys_tell_callers_apart, begin),
		cmocka_unit_test_setup(two_keys_are_valid_at_once, begin),
		cmocka_unit_test_setup(missing_key_opens_nothing, begin),
		cmocka_unit_test_setup(every_byte_counts, begin),
		cmocka_unit_test_setup(length_has_bounds, begin),
		cmocka_unit_test_setup(keys_are_visible_ascii, begin),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("keyring", tests, NULL, NULL);
}
