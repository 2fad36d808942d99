/*
 * What the tests of transactions share: a store that is played. Each attempt goes as the test says,
 * and what the commands looked like in it is kept. Every test begins with `begin` and ends with
 * `finish`.
 */
#ifndef STOK_TESTS_TRANSACTION_FIXTURE_H
#define STOK_TESTS_TRANSACTION_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "transaction.h"

#define NOW	     INT64_C(1800000000000)
#define ATTEMPTS     16
#define JOBS	     2
#define THE_VARIANT  7
#define THE_QUANTITY 3

/* One attempt, as the test wants it, and as it was seen. */
struct attempt {
	enum store_status find, load, commit;
	bool blocked[JOBS];
	/* seen */
	bool recheck[JOBS];
};

extern struct attempt attempts[ATTEMPTS];
extern uint32_t attempted;	  /* attempts that came to be loaded */
extern uint32_t searched;	  /* looks for a session's holds */
extern int64_t clock_ms, step_ms; /* each look at the clock takes a step */
extern struct transaction *transaction;
extern struct job jobs[JOBS]; /* each a reserve of THE_QUANTITY of THE_VARIANT */

/* What is in the database; else one variant, and no hold. */
extern void (*fill)(struct stock *stock);
/* The id of the one hold that a search finds; 0: none. */
extern uint64_t session_hold;
/* As COMMIT went in truth: its answer may be lost all the same. */
extern bool closed_in_truth;

int begin(void **state);
int finish(void **state);
enum store_status run(void);
void assert_total(const char *line);

#endif
