#include "pool.h"

#include <pthread.h>
#include <stdlib.h>

struct pool {
	/* set once */
	struct job *jobs;
	uint32_t jobs_max;

	/* shared, under the lock */
	pthread_mutex_t lock;
	struct job *unused;
	uint32_t touched; /* jobs[0..touched) were borrowed at some time */
};

struct pool *pool_new(uint32_t jobs_max)
{
	struct pool *pool = calloc(1, sizeof(*pool));

	if (pool == NULL)
		return NULL;
	pool->jobs = calloc(jobs_max, sizeof(*pool->jobs));
	if (pool->jobs == NULL) {
		free(pool);
		return NULL;
	}
	pool->jobs_max = jobs_max;
	pthread_mutex_init(&pool->lock, NULL);
	return pool;
}

void pool_free(struct pool *pool)
{
	if (pool == NULL)
		return;
	pthread_mutex_destroy(&pool->lock);
	free(pool->jobs);
	free(pool);
}

struct job *pool_borrow(struct pool *pool)
{
	struct job *job = NULL;

	pthread_mutex_lock(&pool->lock);
	if (pool->unused != NULL) {
		job = pool->unused;
		pool->unused = job->next;
	} else if (pool->touched < pool->jobs_max) {
		job = &pool->jobs[pool->touched++];
	}
	pthread_mutex_unlock(&pool->lock);
	return job;
}

void pool_give_back(struct pool *pool, struct job *job)
{
	pthread_mutex_lock(&pool->lock);
	job->next = pool->unused;
	pool->unused = job;
	pthread_mutex_unlock(&pool->lock);
}
