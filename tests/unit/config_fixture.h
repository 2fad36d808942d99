/*
 * What the tests of the settings share: an environment, files that it names, and what was made of
 * them. The group is set up by `make_directory` and torn down by `remove_directory`; every test
 * begins with `begin` and ends with `finish`.
 */
#ifndef STOK_TESTS_CONFIG_FIXTURE_H
#define STOK_TESTS_CONFIG_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config.h"

#define STOREFRONT "STOK_STOREFRONT_KEY_FILE"
#define CRON	   "STOK_CRON_KEY_FILE"
#define AUDIT	   "STOK_AUDIT_KEY_FILE"
#define DATABASE   "STOK_DB_OPTIONS"

#define KEY	   "a-key-of-some-length"
#define OTHER_KEY  "another-key-of-a-length"
#define AUDIT_LINE "0123456789abcdef0123456789abcdef"

/* All that there are; the first six may be wrong all at once. */
#define SETTINGS 11
extern const char *const settings[SETTINGS];

extern char directory[];
extern struct config config;
extern struct text problems;
int make_directory(void **state);
int remove_directory(void **state);
/* All that is needed, and nothing else. */
int begin(void **state);
int finish(void **state);
/* A setting names a file of its own, with that content. */
void given_file(const char *setting, const char *content);
void assert_loads(void);
/* Lines that begin with the name of the setting: one, of so many in all. */
void assert_problem(const char *setting, uint32_t lines_in_all);

#endif
