#include "queue.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "claims.h"
#include "limits.h"
#include "monotonic.h"

/* Jobs that one look passes over: each may be a miss of the cache, and the gate waits meanwhile. */
#define PASSED_MAX 512

struct queue {
	/* set once */
	uint32_t waiting_max;

	/* shared, under the lock */
	pthread_mutex_t lock;
	pthread_cond_t arrived;
	struct job *first, *last;
	uint32_t waiting;
	uint32_t in_hand; /* jobs that were taken, and not released yet */
	int64_t taken_ms; /* when the last were, on the monotonic clock */
	int64_t took_ms;  /* how long those that were released last had been in hand */
	uint32_t timed;	  /* takers who sleep, and look again by themselves */
	bool closed;
	struct claims claims;
};

struct queue *queue_new(uint32_t waiting_max)
{
	struct queue *queue = calloc(1, sizeof(*queue));
	pthread_condattr_t monotonic;

	if (queue == NULL)
		return NULL;
	queue->waiting_max = waiting_max;
	pthread_mutex_init(&queue->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&queue->arrived, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return queue;
}

void queue_free(struct queue *queue)
{
	if (queue == NULL)
		return;
	pthread_cond_destroy(&queue->arrived);
	pthread_mutex_destroy(&queue->lock);
	free(queue);
}

static bool is_overdue(const struct queue *queue)
{
	return monotonic_ms() - queue->taken_ms >= BESIDE_MS_MAX;
}

/*
 * Where the disk is slow, flushes wait for each other: then two batches in turns do best as halves
 * of what there is, for a small one beside a large one pays a whole flush for little.
 */
static uint32_t worth_a_batch(const struct queue *queue)
{
	bool slow = queue->took_ms >= SLOW_BATCH_MS;
	bool full = queue->in_hand >= BATCH_MAX; /* it could not be larger */

	return slow && !full && queue->in_hand > BESIDE_MIN ? queue->in_hand : BESIDE_MIN;
}

static bool may_take(const struct queue *queue)
{
	return queue->in_hand == 0 || queue->waiting >= worth_a_batch(queue) || is_overdue(queue);
}

/* Of a job that just came. What is not to be taken yet needs somebody who knows until when. */
static bool is_wake_due(const struct queue *queue, const struct job *job)
{
	if (may_take(queue)) /* else a release wakes */
		return !claims_conflict(&queue->claims, &job->command);
	return queue->timed == 0;
}

bool queue_push(struct queue *queue, struct job *job)
{
	bool room;

	pthread_mutex_lock(&queue->lock);
	assert(!queue->closed);
	room = queue->waiting < queue->waiting_max;
	if (room) {
		job->next = NULL;
		if (queue->first == NULL)
			queue->first = job;
		else
			queue->last->next = job;
		queue->last = job;
		queue->waiting++;
		if (is_wake_due(queue, job))
			pthread_cond_signal(&queue->arrived);
	}
	pthread_mutex_unlock(&queue->lock);
	return room;
}

/* Takes the job behind `before` (NULL: the first one) out of the list. */
static struct job *unlink_job(struct queue *queue, struct job *before)
{
	struct job **link = before == NULL ? &queue->first : &before->next;
	struct job *job = *link;

	*link = job->next;
	if (queue->last == job)
		queue->last = before;
	queue->waiting--;
	return job;
}

/* One look at those who wait. *more: it ended at a bound, there may be others to take. */
static uint32_t pick(
	struct queue *queue, struct job **jobs, uint32_t jobs_max, uint32_t lines_max, bool *more)
{
	uint32_t count = 0, lines = 0, passed = 0;
	struct job *before = NULL, *job = queue->first;

	*more = false;
	if (!may_take(queue))
		return 0;
	claims_begin_round(&queue->claims);
	while (count < jobs_max && job != NULL && passed < PASSED_MAX) {
		struct job *next = job->next;

		if (claims_conflict(&queue->claims, &job->command)) {
			claims_pass_over(&queue->claims, &job->command);
			before = job;
			passed++;
		} else if (lines + command_weight(&job->command) > lines_max) {
			break;
		} else {
			lines += command_weight(&job->command);
			jobs[count++] = unlink_job(queue, before);
		}
		job = next;
	}
	if (count > 0)
		queue->taken_ms = monotonic_ms();
	for (uint32_t i = 0; i < count; i++) {
		claims_take(&queue->claims, &jobs[i]->command);
		jobs[i]->claimed = true;
		jobs[i]->taken_ms = queue->taken_ms;
		queue->in_hand++;
	}
	*more = job != NULL;
	return count;
}

static void wait_for_jobs(struct queue *queue)
{
	int64_t due_ms = queue->taken_ms + BESIDE_MS_MAX;
	struct timespec due = {.tv_sec = due_ms / 1000, .tv_nsec = (long)(due_ms % 1000) * 1000000};

	if (queue->first == NULL || may_take(queue)) {
		pthread_cond_wait(&queue->arrived, &queue->lock);
		return;
	}
	queue->timed++;
	pthread_cond_timedwait(&queue->arrived, &queue->lock, &due);
	queue->timed--;
}

uint32_t queue_take(
	struct queue *queue, struct job **jobs, uint32_t jobs_max, uint32_t lines_max, bool wait)
{
	uint32_t count;
	bool more;

	pthread_mutex_lock(&queue->lock);
	count = pick(queue, jobs, jobs_max, lines_max, &more);
	while (count == 0 && wait && !(queue->closed && queue->first == NULL)) {
		wait_for_jobs(queue);
		count = pick(queue, jobs, jobs_max, lines_max, &more);
	}
	/* What was left behind is another committer's: the signal that came for it is used up. */
	if (more)
		pthread_cond_signal(&queue->arrived);
	else if (queue->closed && queue->first == NULL)
		pthread_cond_broadcast(&queue->arrived);
	pthread_mutex_unlock(&queue->lock);
	return count;
}

void queue_release(struct queue *queue, struct job *const *jobs, uint32_t count)
{
	int64_t now_ms = monotonic_ms();

	pthread_mutex_lock(&queue->lock);
	for (uint32_t i = 0; i < count; i++) {
		if (!jobs[i]->claimed)
			continue;
		queue->took_ms = now_ms - jobs[i]->taken_ms;
		claims_release(&queue->claims, &jobs[i]->command);
		jobs[i]->claimed = false;
		queue->in_hand--;
	}
	if (queue->first != NULL)
		pthread_cond_signal(&queue->arrived);
	pthread_mutex_unlock(&queue->lock);
}

void queue_close(struct queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->closed = true;
	pthread_cond_broadcast(&queue->arrived);
	pthread_mutex_unlock(&queue->lock);
}
