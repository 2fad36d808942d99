/*
 * What the tests of the statements share: one text that statements are written to, a stock that
 * they are written from, and looks at what was written. Every test begins with `begin`.
 */
#ifndef STOK_TESTS_SQL_FIXTURE_H
#define STOK_TESTS_SQL_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sql.h"

#define NOW	  INT64_C(1763827200123) /* 2025-11-22 16:00:00.123 */
#define REQUEST	  "0123456789abcdef0123456789abcdef"
#define REQUEST2  "fedcba9876543210fedcba9876543210"
#define LOCKED_AT "TIMESTAMPDIFF(MICROSECOND,'1970-01-01',SYSDATE(3)) DIV 1000"

/* The text has what the statement before left there; the stock is empty. */
extern struct text text;
extern struct stock stock;
extern struct id_list list;
int begin(void **state);
void given_ids(uint64_t first, uint64_t second, uint64_t third);
/* Three units of a session, made by REQUEST2, as read; and a hold that REQUEST makes. */
struct hold *given_hold(uint64_t id, uint64_t variant_id);
struct hold *given_new_hold(uint64_t variant_id, uint32_t quantity);
/* Read with 100 on hand and 50 reserved, and left with these. */
void given_variant(uint64_t id, int64_t on_hand, int64_t reserved);
/* The longest string to quote: so many quotes. */
void fill_string(char *string, size_t length);

void assert_has(const char *part);
void assert_has_not(const char *part);
void assert_begins(const char *part);
void assert_ends(const char *part);
/* How often a part stands in the statement. */
int occurrences(const char *part);

#endif
