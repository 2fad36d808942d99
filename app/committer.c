#include "committer.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "limits.h"
#include "log.h"
#include "monotonic.h"
#include "response.h"
#include "transaction.h"

/* The migration that this program was written for. */
#define SCHEMA_VERSION 1

struct committer {
	/* set once */
	pthread_t thread;
	const struct lanes *lanes;
	bool patient;
	struct transaction *transaction;
	struct store *store; /* the transaction's */

	/* owned by the thread */
	struct job *cleaning; /* the cleanup that runs; NULL: none */
	uint32_t carried;     /* jobs[0..carried) come again, in the next batch */
	uint32_t stuck;	      /* of these, how many wait for a lock */
	struct job *jobs[BATCH_MAX];
	struct response response;
};

/* answers */

static void send_answer(struct committer *committer, struct job *job, enum code code)
{
	metrics_count_answer(committer->lanes->metrics, code);
	response_send(&committer->response, &job->fastcgi);
	if (committer->cleaning == job) {
		store_unlock_cleanup(committer->store);
		committer->cleaning = NULL;
	}
	pool_give_back(committer->lanes->pool, job);
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
	enum store_status status = STORE_OK;
	bool mine = false;

	if (committer->cleaning == job)
		return true;
	if (committer->cleaning == NULL)
		status = store_lock_cleanup(committer->store, &mine);
	if (status == STORE_LOST) /* it may have been idle for too long: connect once more */
		status = store_lock_cleanup(committer->store, &mine);
	if (status != STORE_OK)
		answer_failed(committer, job, CODE_DATABASE_UNAVAILABLE);
	else if (!mine)
		skip_cleanup(committer, job);
	else
		committer->cleaning = job;
	return committer->cleaning == job;
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

/* locks */

static void carry(struct committer *committer, struct job *job)
{
	committer->jobs[committer->carried++] = job;
}

/* Somebody else has the variant: the patient lane waits for it, for a while. */
static void wait_for_lock(struct committer *committer, struct job *job)
{
	if (!committer->patient) {
		if (!queue_push(committer->lanes->patient, job))
			answer_failed(committer, job, CODE_BUSY);
		return;
	}
	if (committer->stuck == STUCK_MAX || monotonic_ms() - job->started_ms >= PATIENCE_MS_MAX) {
		answer_failed(committer, job, CODE_BUSY);
		return;
	}
	committer->stuck++;
	carry(committer, job);
}

/* a batch */

static void answer_batch(
	struct committer *committer, struct job *const *jobs, uint32_t count, const bool *blocked)
{
	for (uint32_t i = 0; i < count; i++) {
		struct job *job = jobs[i];
		bool cleanup = job->command.action == ACTION_CLEANUP;

		if (blocked[i])
			wait_for_lock(committer, job);
		else if (cleanup ? cleanup_goes_on(job) : job->outcome.again)
			carry(committer, job);
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

static void settle(struct committer *committer, struct job *const *jobs, uint32_t count,
	enum store_locking locking)
{
	bool blocked[BATCH_MAX];

	switch (transaction_run(committer->transaction, jobs, count, locking, blocked)) {
	case STORE_OK:
		answer_batch(committer, jobs, count, blocked);
		break;
	case STORE_BUSY:
		/* The wait for one of them was too long: the others need not share it. */
		if (locking == STORE_WAIT) {
			settle(committer, jobs, count, STORE_SKIP);
			break;
		}
		fail_batch(committer, jobs, count, CODE_BUSY);
		break;
	case STORE_RETRY:
		fail_batch(committer, jobs, count, CODE_BUSY);
		break;
	case STORE_LOST:
	case STORE_UNKNOWN:
		fail_batch(committer, jobs, count, CODE_DATABASE_UNAVAILABLE);
		break;
	case STORE_FAILED:
		/* One command may be poison: its neighbours are decided without it. */
		if (count > 1) {
			settle(committer, jobs, count / 2, locking);
			settle(committer, jobs + count / 2, count - count / 2, locking);
		} else {
			fail_batch(committer, jobs, count, CODE_INTERNAL_ERROR);
		}
	}
}

/* Takes what is carried over and what waits. 0: the queue is closed, and all is done. */
static uint32_t gather(struct committer *committer)
{
	struct queue *queue =
		committer->patient ? committer->lanes->patient : committer->lanes->quick;
	uint32_t carried = committer->carried, lines = 0;

	for (uint32_t i = 0; i < carried; i++)
		lines += committer->jobs[i]->command.line_count;
	committer->carried = 0;
	return carried + queue_take(queue, committer->jobs + carried, BATCH_MAX - carried,
				 BATCH_LINES_MAX - lines, carried == 0);
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

/*
 * The patient lane waits in the database, where locks are handed on in the order of their asking.
 * Once a lock proved stuck, it looks now and then instead, so that those for other variants pass.
 */
static enum store_locking choose_locking(struct committer *committer, uint32_t gathered)
{
	static const struct timespec pause = {.tv_nsec = 2000000};
	uint32_t stuck = committer->stuck;

	committer->stuck = 0;
	if (!committer->patient)
		return STORE_SKIP;
	if (stuck == 0)
		return STORE_WAIT;
	if (stuck == gathered)
		nanosleep(&pause, NULL);
	return STORE_SKIP;
}

static void *run(void *context)
{
	struct committer *committer = context;
	struct job *batch[BATCH_MAX];
	uint32_t gathered;

	connection_thread_begin();
	while ((gathered = gather(committer)) > 0) {
		enum store_locking locking = choose_locking(committer, gathered);
		uint32_t count = sort_out(committer, gathered, batch);

		if (count > 0)
			settle(committer, batch, count, locking);
	}
	connection_thread_end();
	return NULL;
}

struct committer *committer_start(const struct lanes *lanes, bool patient)
{
	const struct config *config = lanes->config;
	struct committer *committer = calloc(1, sizeof(*committer));

	if (committer == NULL)
		return NULL;
	committer->lanes = lanes;
	committer->patient = patient;
	response_init(&committer->response, config->audit_key, config->audit_key_length);
	committer->transaction = transaction_new(config->database_options, lanes->metrics);
	if (committer->transaction == NULL)
		goto failed;
	committer->store = transaction_store(committer->transaction);
	if (pthread_create(&committer->thread, NULL, run, committer) != 0)
		goto failed;
	return committer;
failed:
	transaction_free(committer->transaction);
	free(committer);
	return NULL;
}

void committer_join(struct committer *committer)
{
	if (committer == NULL)
		return;
	pthread_join(committer->thread, NULL);
	transaction_free(committer->transaction);
	free(committer);
}
