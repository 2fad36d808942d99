/*
 * A committer drains jobs from the queue into one transaction, decides them in the order of their
 * arrival, commits, and then answers them. It never waits for more: batches form only because
 * jobs arrive while the COMMIT before is in flight.
 */
#ifndef STOK_COMMITTER_H
#define STOK_COMMITTER_H

#include "config.h"
#include "metrics.h"
#include "queue.h"

struct committer;

/* Starts a thread of its own. All arguments are borrowed until committer_join. NULL: it failed. */
struct committer *committer_start(
	const struct config *config, struct queue *queue, struct metrics *metrics);

/* Waits until the queue, closed, is drained and all is answered; then frees the committer. */
void committer_join(struct committer *committer);

#endif
