/* The operator's limits, and whom they bind. */
#include "config_fixture.h"

#include <stdlib.h>
#include <string.h>

static void assert_limits(int64_t quantity, int64_t holds, int64_t units, bool bind_all)
{
	assert_loads();
	assert_int_equal(config.policy.limits.quantity, quantity);
	assert_int_equal(config.policy.limits.holds, holds);
	assert_int_equal(config.policy.limits.units, units);
	assert_int_equal(config.policy.limits_bind_all, bind_all);
}

static void limits_have_defaults_and_values(void **state)
{
	(void)state;
	assert_limits(1000, 100, 1000, false);
	setenv("STOK_LIMIT_QUANTITY", "7", 1);
	assert_limits(7, 100, 1000, false);
	setenv("STOK_LIMIT_HOLDS", "8", 1);
	setenv("STOK_LIMIT_UNITS", "2147483647", 1);
	setenv("STOK_LIMITS_BIND", "all", 1);
	assert_limits(7, 8, INT32_MAX, true);
	setenv("STOK_LIMIT_QUANTITY", "0", 1); /* none */
	setenv("STOK_LIMIT_HOLDS", "0", 1);
	setenv("STOK_LIMIT_UNITS", "0", 1);
	setenv("STOK_LIMITS_BIND", "public", 1);
	assert_limits(0, 0, 0, false);
	for (size_t i = 0; i < SETTINGS; i++) {
		if (strncmp(settings[i], "STOK_LIMIT", strlen("STOK_LIMIT")) == 0)
			setenv(settings[i], "", 1);
	}
	assert_limits(1000, 100, 1000, false);
}

static void bad_limits_are_named(void **state)
{
	static const char *const names[] = {
		"STOK_LIMIT_QUANTITY", "STOK_LIMIT_HOLDS", "STOK_LIMIT_UNITS"};
	static const char *const bad[] = {
		"-1", "x", "1 ", " 1", "1.5", "2147483648", "18446744073709551617", "none"};
	static const char *const callers[] = {"All", "storefront", "none", "0", "public,all"};

	(void)state;
	for (size_t k = 0; k < 3; k++) {
		for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
			setenv(names[k], bad[i], 1);
			assert_problem(names[k], 1);
			assert_non_null(strstr(problems.bytes, bad[i]));
		}
		unsetenv(names[k]);
	}
	for (size_t i = 0; i < sizeof(callers) / sizeof(callers[0]); i++) {
		setenv("STOK_LIMITS_BIND", callers[i], 1);
		assert_problem("STOK_LIMITS_BIND", 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(limits_have_defaults_and_values, begin, finish),
		cmocka_unit_test_setup_teardown(bad_limits_are_named, begin, finish),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name(
		"config of limits", tests, make_directory, remove_directory);
}
