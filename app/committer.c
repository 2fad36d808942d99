#include "committer.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "decide.h"
#include "limits.h"
#include "log.h"
#include "monotonic.h"
#include "response.h"
#include "store.h"

/* The migration that this program was written for. */
#define SCHEMA_VERSION 1

struct committer {
	/* set once */
	pthread_t thread;
	struct queue *queue;
	struct metrics *metrics;
	struct store *store;

	/* owned by the thread */
	struct job *cleaning; /* the cleanup that runs; NULL: none */
	uint32_t carried;     /* jobs[0..carried) were decided, and must be once more */
	struct job *jobs[BATCH_MAX];
	struct stock stock;
	struct response response;
};

/* answers */

static void send_answer(struct committer *committer, struct job *job, enum code code)
{
	metrics_count_answer(committer->metrics, code);
	response_send(&committer->response, &job->fastcgi);
	if (committer->cleaning == job) {
		store_unlock_cleanup(committer->store);
		committer->cleaning = NULL;
	}
	queue_give_back(committer->queue, job);
}

static void answer(struct committer *committer, struct job *job)
{
	struct addressee to = job_addressee(job);

	response_decided(&committer->response, &to, &job->outcome, job->swept);
	send_answer(committer, job, job->outcome.code);
}

static void answer_failed(struct committer *committer, struct job *job, enum code code)
{
	struct addressee to = job_addressee(job);

	response_failed(&committer->response, &to, code);
	send_answer(committer, job, code);
}

/* one transaction */

/* Refused shoppers are told when the next hold of another ends, as this transaction leaves it. */
static enum store_status ask_releases(
	struct committer *committer, struct job *const *jobs, uint32_t count, int64_t now_ms)
{
	struct release asks[BATCH_LINES_MAX];
	struct outcome_line *lines[BATCH_LINES_MAX];
	enum store_status status;
	uint32_t asked = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct job *job = jobs[i];

		if (job->command.action != ACTION_RESERVE || job->outcome.again ||
			job->outcome.code != CODE_INSUFFICIENT_STOCK)
			continue;
		for (uint32_t k = 0; k < job->outcome.line_count; k++) {
			lines[asked] = &job->outcome.lines[k];
			asks[asked].variant_id = lines[asked]->variant_id;
			asks[asked].session_id = job->command.session_id;
			asked++;
		}
	}
	status = store_next_release(committer->store, now_ms, asks, asked);
	for (uint32_t i = 0; i < asked; i++)
		lines[i]->retry_at_ms = asks[i].expires_at_ms;
	return status;
}

static enum store_status transact(
	struct committer *committer, struct job *const *jobs, uint32_t count)
{
	const struct command *commands[BATCH_MAX] = {NULL};
	enum store_status status;
	int64_t now_ms;

	for (uint32_t i = 0; i < count; i++)
		commands[i] = &jobs[i]->command;
	status = store_load(committer->store, commands, count, &committer->stock, &now_ms);
	if (status != STORE_OK)
		return status;
	for (uint32_t i = 0; i < count; i++)
		decide(&committer->stock, now_ms, commands[i], &jobs[i]->outcome);
	status = store_save(committer->store, &committer->stock);
	if (status == STORE_OK)
		status = ask_releases(committer, jobs, count, now_ms);
	if (status == STORE_OK)
		status = store_commit(committer->store);
	return status;
}

/* cleanup */

static bool cleanup_goes_on(const struct job *job)
{
	return job->outcome.again && monotonic_ms() - job->started_ms < CLEANUP_MS_MAX;
}

static void finish_cleanup(struct committer *committer, struct job *job)
{
	struct outcome *outcome = &job->outcome;

	if (store_count_expired(committer->store, &outcome->remaining) != STORE_OK)
		log_warning("cleanup: what is left could not be counted");
	outcome->duration_ms = monotonic_ms() - job->started_ms;
	answer(committer, job);
}

static void skip_cleanup(struct committer *committer, struct job *job)
{
	job->outcome = (struct outcome){.code = CODE_CLEANED, .success = true, .skipped = true};
	if (store_count_expired(committer->store, &job->outcome.remaining) != STORE_OK)
		answer_failed(committer, job, CODE_DATABASE_UNAVAILABLE);
	else
		answer(committer, job);
}

/* True: this job is the one cleanup that runs. False: it was answered. */
static bool begin_cleanup(struct committer *committer, struct job *job)
{
	bool mine = false;

	if (committer->cleaning == job)
		return true;
	if (committer->cleaning == NULL &&
		store_lock_cleanup(committer->store, &mine) != STORE_OK) {
		answer_failed(committer, job, CODE_DATABASE_UNAVAILABLE);
		return false;
	}
	if (!mine) {
		skip_cleanup(committer, job);
		return false;
	}
	committer->cleaning = job;
	return true;
}

/* readiness */

static void answer_ready(struct committer *committer, struct job *job)
{
	uint64_t version = 0;
	enum store_status status = store_schema_version(committer->store, &version);

	if (status == STORE_LOST) /* it may have been idle for too long: connect once more */
		status = store_schema_version(committer->store, &version);
	if (status == STORE_OK && version < SCHEMA_VERSION)
		log_error("database: the schema has version %d, version %d is needed", (int)version,
			SCHEMA_VERSION);
	if (status != STORE_OK || version < SCHEMA_VERSION) {
		answer_failed(committer, job, CODE_DATABASE_UNAVAILABLE);
		return;
	}
	job->outcome = (struct outcome){.code = CODE_READY, .success = true};
	answer(committer, job);
}

/* a batch */

static void answer_batch(struct committer *committer, struct job *const *jobs, uint32_t count)
{
	metrics_add(committer->metrics, METRIC_BATCHES, 1);
	metrics_add(committer->metrics, METRIC_COMMANDS, count);
	for (uint32_t i = 0; i < count; i++) {
		struct job *job = jobs[i];
		bool cleanup = job->command.action == ACTION_CLEANUP;

		job->swept += job->outcome.swept;
		metrics_add(committer->metrics, METRIC_SWEPT, (uint64_t)job->outcome.swept);
		outcome_take_ids(&job->outcome, &committer->stock);
		if (cleanup ? cleanup_goes_on(job) : job->outcome.again)
			committer->jobs[committer->carried++] = job;
		else if (cleanup)
			finish_cleanup(committer, job);
		else
			answer(committer, job);
	}
}

static void fail_batch(
	struct committer *committer, struct job *const *jobs, uint32_t count, enum code code)
{
	for (uint32_t i = 0; i < count; i++)
		answer_failed(committer, jobs[i], code);
}

/* Those who collided come back at different times. */
static void pause_a_little(uint32_t attempt)
{
	struct timespec pause = {.tv_nsec = 500000L * (1L << attempt) + random() % 1000000L};

	nanosleep(&pause, NULL);
}

static enum store_status transact_stubbornly(
	struct committer *committer, struct job *const *jobs, uint32_t count)
{
	enum store_status status = STORE_RETRY;
	bool lost = false;

	for (uint32_t attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
		status = transact(committer, jobs, count);
		if (status == STORE_LOST && !lost) {
			/* Nothing happened; it may have been idle for too long. */
			lost = true;
			metrics_add(committer->metrics, METRIC_LOST, 1);
		} else if (status == STORE_RETRY) {
			metrics_add(committer->metrics, METRIC_RETRIES, 1);
			pause_a_little(attempt);
		} else {
			break;
		}
	}
	return status;
}

static void settle(struct committer *committer, struct job *const *jobs, uint32_t count)
{
	switch (transact_stubbornly(committer, jobs, count)) {
	case STORE_OK:
		answer_batch(committer, jobs, count);
		break;
	case STORE_RETRY:
	case STORE_BUSY:
		fail_batch(committer, jobs, count, CODE_BUSY);
		break;
	case STORE_LOST:
	case STORE_UNKNOWN:
		fail_batch(committer, jobs, count, CODE_DATABASE_UNAVAILABLE);
		break;
	case STORE_FAILED:
		/* One command may be poison: its neighbours are decided without it. */
		if (count > 1) {
			settle(committer, jobs, count / 2);
			settle(committer, jobs + count / 2, count - count / 2);
		} else {
			fail_batch(committer, jobs, count, CODE_INTERNAL_ERROR);
		}
	}
}

/* Takes what is carried over and what waits. 0: the queue is closed, and all is done. */
static uint32_t gather(struct committer *committer)
{
	uint32_t carried = committer->carried, lines = 0;

	for (uint32_t i = 0; i < carried; i++)
		lines += committer->jobs[i]->command.line_count;
	committer->carried = 0;
	return carried + queue_take(committer->queue, committer->jobs + carried,
				 BATCH_MAX - carried, BATCH_LINES_MAX - lines, carried == 0);
}

/* Answers at once what needs no transaction, and leaves the rest for one. */
static uint32_t sort_out(struct committer *committer, uint32_t gathered, struct job **batch)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < gathered; i++) {
		struct job *job = committer->jobs[i];

		if (job->command.action == ACTION_READY)
			answer_ready(committer, job);
		else if (job->command.action != ACTION_CLEANUP || begin_cleanup(committer, job))
			batch[count++] = job;
	}
	return count;
}

static void *run(void *context)
{
	struct committer *committer = context;
	struct job *batch[BATCH_MAX];
	uint32_t gathered, count;

	connection_thread_begin();
	while ((gathered = gather(committer)) > 0) {
		count = sort_out(committer, gathered, batch);
		if (count > 0)
			settle(committer, batch, count);
	}
	connection_thread_end();
	return NULL;
}

struct committer *committer_start(
	const struct config *config, struct queue *queue, struct metrics *metrics)
{
	struct committer *committer = calloc(1, sizeof(*committer));

	if (committer == NULL)
		return NULL;
	committer->queue = queue;
	committer->metrics = metrics;
	response_init(&committer->response, config->audit_key, config->audit_key_length);
	committer->store = store_open(config->database_options);
	if (committer->store == NULL ||
		pthread_create(&committer->thread, NULL, run, committer) != 0) {
		store_close(committer->store);
		free(committer);
		return NULL;
	}
	return committer;
}

void committer_join(struct committer *committer)
{
	if (committer == NULL)
		return;
	pthread_join(committer->thread, NULL);
	store_close(committer->store);
	free(committer);
}
