#include "queue.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

struct queue {
	/* set once */
	uint32_t waiting_max;

	/* shared, under the lock */
	pthread_mutex_t lock;
	pthread_cond_t arrived;
	struct job *first, *last;
	uint32_t waiting;
	bool closed;
};

struct queue *queue_new(uint32_t waiting_max)
{
	struct queue *queue = calloc(1, sizeof(*queue));

	if (queue == NULL)
		return NULL;
	queue->waiting_max = waiting_max;
	pthread_mutex_init(&queue->lock, NULL);
	pthread_cond_init(&queue->arrived, NULL);
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
		pthread_cond_signal(&queue->arrived);
	}
	pthread_mutex_unlock(&queue->lock);
	return room;
}

uint32_t queue_take(
	struct queue *queue, struct job **jobs, uint32_t jobs_max, uint32_t lines_max, bool wait)
{
	uint32_t count = 0, lines = 0;

	pthread_mutex_lock(&queue->lock);
	while (wait && queue->first == NULL && !queue->closed)
		pthread_cond_wait(&queue->arrived, &queue->lock);
	while (count < jobs_max && queue->first != NULL) {
		struct job *job = queue->first;

		if (lines + job->command.line_count > lines_max)
			break;
		lines += job->command.line_count;
		jobs[count++] = job;
		queue->first = job->next;
		queue->waiting--;
	}
	/* What was left behind is another committer's: the signal that came for it is used up. */
	if (queue->first != NULL)
		pthread_cond_signal(&queue->arrived);
	pthread_mutex_unlock(&queue->lock);
	return count;
}

void queue_close(struct queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->closed = true;
	pthread_cond_broadcast(&queue->arrived);
	pthread_mutex_unlock(&queue->lock);
}
