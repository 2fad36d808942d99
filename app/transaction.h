/*
 * One batch of jobs in one transaction: load, decide, save, COMMIT; tried again where that is safe,
 * and looked up again where the outcome of COMMIT was lost. Owned by one thread.
 */
#ifndef STOK_TRANSACTION_H
#define STOK_TRANSACTION_H

#include <stdbool.h>
#include <stdint.h>

#include "job.h"
#include "metrics.h"
#include "must_check.h"
#include "store.h"

struct transaction;

/* Arguments are borrowed. Does not connect; NULL: out of memory. */
struct transaction *transaction_new(const char *option_file, struct metrics *metrics);
void transaction_free(struct transaction *transaction);

/*
 * STORE_OK: all outcomes are durable, but those of jobs that are blocked (STORE_SKIP): they were
 * not decided, and job->blocked says so. Else nothing of the batch happened, as far as anyone can
 * know: STORE_UNKNOWN says that it is not known. At most BATCH_MAX jobs with BATCH_LINES_MAX lines.
 */
enum store_status transaction_run(struct transaction *transaction, struct job *const *jobs,
	uint32_t count, enum store_locking locking) MUST_CHECK;

/* Its connection, between batches. */
struct store *transaction_store(struct transaction *transaction);

#endif
