/*
 * A bounded queue of jobs, first in, first out: the hand-over from the gate to the committers. All
 * calls may be made by any thread.
 */
#ifndef STOK_QUEUE_H
#define STOK_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "job.h"
#include "must_check.h"

struct queue;

/* NULL: out of memory. */
struct queue *queue_new(uint32_t waiting_max);
void queue_free(struct queue *queue);

/* Puts a job at the end, and gives it away. False: the queue is full, the caller keeps it. */
bool queue_push(struct queue *queue, struct job *job) MUST_CHECK;

/*
 * Takes jobs from the front: at most jobs_max, whose commands have at most lines_max lines in all;
 * nobody overtakes one that does not fit. Jobs that want what is in hand stay, and others overtake
 * them; a few jobs stay altogether, while others are in hand (for 10 ms at most). `wait`, with room
 * for any job: sleeps while there is nothing to take and the queue is open. 0: nothing; with
 * `wait`, closed and drained.
 */
uint32_t queue_take(
	struct queue *queue, struct job **jobs, uint32_t jobs_max, uint32_t lines_max, bool wait);

/* They are in hand no more: committed, or given up. Those that were released before stay so. */
void queue_release(struct queue *queue, struct job *const *jobs, uint32_t count);

/* No job will come any more: wakes all who wait. */
void queue_close(struct queue *queue);

#endif
