/*
 * What the tests of the gate's checks share: one request, good but for its empty body, that a test
 * spoils or mends; and what was made of it. State is kept between calls; every test begins with
 * `begin` and ends with `finish`.
 */
#ifndef STOK_TESTS_REQUEST_FIXTURE_H
#define STOK_TESTS_REQUEST_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "request.h"

#define RESERVE	     "/api/stock/reserve"
#define CANCEL	     "/api/stock/cancel-reservation"
#define CONVERT	     "/api/stock/convert-reservations"
#define CLEANUP	     "/api/cron/cleanup-reservations"
#define EXTEND	     "/api/stock/extend-reservations"
#define MERGE	     "/api/stock/merge-session"
#define AVAILABILITY "/api/stock/availability"
#define LIST	     "/api/stock/reservations"
#define READY	     "/health/ready"

#define REQUEST	   "0123456789abcdef0123456789abcdef"
#define STOREFRONT "the-storefronts-own-key"
#define CRON	   "the-key-of-the-cron-job"

/* The storefront posts to RESERVE. What is answered stands in memory that was used before. */
extern struct policy policy;
extern struct http_request http;
extern struct command command;
extern struct refusal refusal;
extern enum caller caller;
int begin(void **state);
int finish(void **state);

/* The body, copied to memory that ends where it ends, so that reading past it is seen. */
void given_bytes(const char *bytes, size_t length);
void given_body(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Who asks. */
void by_key(const char *key);
void by_public(void);
void by_trusted_way(void);

/* A GET of that address, by the header X-Session-Id "s". */
void given_get(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Reads the request: GOOD, or the code of the refusal. */
#define GOOD (-1)
int answer(void);

void assert_good(void);
/* Refused as invalid, with exactly so many faults. */
void assert_faults(uint32_t count);
/* Some fault of the answer is of that kind, in that place; and has those bounds. */
const struct fault *assert_fault(const char *where, enum fault_kind kind);
void assert_bounds(const char *where, enum fault_kind kind, int64_t min, int64_t max);

#endif
