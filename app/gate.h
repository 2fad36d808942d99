/*
 * The gate accepts connections, reads requests, and turns them into jobs. What needs no database
 * it answers itself. One thread.
 */
#ifndef STOK_GATE_H
#define STOK_GATE_H

#include "config.h"
#include "metrics.h"
#include "pool.h"
#include "queue.h"

/*
 * Serves the listening socket until `stop_fd` is readable; then reads what was accepted already,
 * and returns true. False: the socket failed, errno says how. All arguments are borrowed.
 */
bool gate_run(int listen_fd, int stop_fd, const struct config *config, struct pool *pool,
	struct queue *queue, struct metrics *metrics);

#endif
