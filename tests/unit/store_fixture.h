/*
 * What the tests of the store share: a database that is played. It answers a statement with the
 * rows that the test gives for it, and may fail. Every test begins with `begin` and ends with
 * `finish`.
 */
#ifndef STOK_TESTS_STORE_FIXTURE_H
#define STOK_TESTS_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store.h"

#define CLOCK INT64_C(123456) /* what it answers who only asks for the time */

extern struct store *store;
extern enum store_status opening, selecting; /* how connecting, and each SELECT, goes */
extern uint32_t selects, rollbacks;

int begin(void **state);
int finish(void **state);

/* The rows that are given next answer statements with that part, instead of those given before. */
void answers(const char *part);
/* One more row of these columns, up to NULL; "": NULL in the database. */
void given_row(const char *first, ...);

#endif
