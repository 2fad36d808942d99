/*
 * What the threads of a process share: the way of a job from the gate to a committer, and back.
 * Borrowed by all of them until the last one is joined.
 */
#ifndef STOK_LANES_H
#define STOK_LANES_H

#include "config.h"
#include "keepalive.h"
#include "metrics.h"
#include "pool.h"
#include "queue.h"
#include "response.h"

struct lanes {
	const struct config *config;
	struct metrics *metrics;
	struct keepalive *keepalive;
	struct pool *pool;
	struct queue *quick;   /* from the gate */
	struct queue *patient; /* from the quick committers */
};

/* Any thread: sends what was written, `code`, and parts with the job and its connection. */
void lanes_answer(
	const struct lanes *lanes, struct job *job, struct response *response, enum code code);

#endif
