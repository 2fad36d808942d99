/*
 * What is asked without a decision: what is available, and what a session holds. Many questions for
 * availability are one SELECT.
 */
#ifndef STOK_INQUIRY_H
#define STOK_INQUIRY_H

#include <stdint.h>

#include "job.h"
#include "must_check.h"
#include "store.h"

/*
 * Fills the outcomes of jobs that ask for availability: BATCH_MAX at most, with BATCH_LINES_MAX
 * lines. STORE_OK: all are answered; else none.
 */
enum store_status inquiry_availability(
	struct store *store, struct job *const *jobs, uint32_t count) MUST_CHECK;

/* Fills the outcome of one that asks for a session's holds. */
enum store_status inquiry_list(struct store *store, struct job *job) MUST_CHECK;

#endif
