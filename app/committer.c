#include "committer.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "inquiry.h"
#include "limits.h"
#include "log.h"
#include "monotonic.h"
#include "response.h"
#include "transaction.h"

/* The migration that this program was written for. */
#define SCHEMA_VERSION 1

struct stuck {
	uint64_t variant; /* 0: none */
	int64_t seen_ms;  /* when it was seen locked last, on the monotonic clock */
};

struct committer {
	/* set once */
	pthread_t thread;
	const struct lanes *lanes;
	bool patient;
	struct transaction *transaction;
	struct store *store; /* the transaction's */
	struct queue *queue; /* the one of its lane */

	/* owned by the thread */
	struct job *cleaning;	       /* the cleanup that runs; NULL: none */
	uint32_t carried;	       /* jobs[0..carried) come again, in the next batch */
	uint32_t stuck_count;	       /* of these, how many wait for locks that are stuck */
	struct stuck stuck[STUCK_MAX]; /* patient: variants whose locks were waited for in vain */
	struct job *jobs[BATCH_MAX];
	struct response response;
};

/* answers */

static void send_answer(struct committer *committer, struct job *job, enum code code)
{
	/* First: who has the answer may ask for the next cleanup. */
	if (committer->cleaning == job) {
		store_unlock_cleanup(committer->store);
		committer->cleaning = NULL;
	}
	if (job->claimed)
		queue_release(committer->queue, &job, 1);
	lanes_answer(committer->lanes, job, &committer->response, code);
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

	response_failed(&committer->response, &to, code, job->swept);
	send_answer(committer, job, code);
}

static int64_t age_ms(const struct job *job)
{
	return monotonic_ms() - job->started_ms;
}

/* nginx gives up on a request at some time: then nobody would know of what it got. */
static bool is_too_old(const struct job *job)
{
	return job->command.action != ACTION_CLEANUP && age_ms(job) >= AGE_MS_MAX;
}

/* cleanup */

static bool cleanup_goes_on(const struct job *job)
{
	return job->outcome.again && age_ms(job) < CLEANUP_MS_MAX;
}

static void finish_cleanup(struct committer *committer, struct job *job)
{
	struct outcome *outcome = &job->outcome;

	if (store_count_expired(committer->store, &outcome->remaining) != STORE_OK)
		outcome->remaining = -1;
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

/* This job becomes the one cleanup that runs, or is answered. */
static void begin_cleanup(struct committer *committer, struct job *job)
{
	enum store_status status = STORE_OK;
	bool mine = false;

	if (committer->cleaning == job)
		return;
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

static struct stuck *find_stuck(struct committer *committer, uint64_t variant)
{
	for (int i = 0; i < STUCK_MAX; i++) {
		if (committer->stuck[i].variant == variant)
			return &committer->stuck[i];
	}
	return NULL;
}

/* A wait for it was in vain: it takes the place of the one that was seen longest ago. */
static void remember_stuck(struct committer *committer, uint64_t variant)
{
	struct stuck *oldest = &committer->stuck[0];

	for (int i = 1; i < STUCK_MAX; i++) {
		if (committer->stuck[i].seen_ms < oldest->seen_ms)
			oldest = &committer->stuck[i];
	}
	*oldest = (struct stuck){.variant = variant, .seen_ms = monotonic_ms()};
}

/* One line that names one row. */
static bool wants_one_variant(const struct command *command)
{
	const struct command_line *line = &command->lines[0];

	return command->line_count == 1 && !command->whole_session &&
	       (line->variant_id == 0 || line->reservation_id == 0);
}

/*
 * Whether waiting for it in the database would hold up others: for a lock that proved stuck, and is
 * so as long as it is seen to be; and for one of several, while it keeps the other variants.
 */
static bool is_stuck(struct committer *committer, const struct job *job)
{
	struct stuck *stuck = find_stuck(committer, job->blocked_on);
	int64_t now_ms = monotonic_ms();

	if (job->blocked_on == 0 || !wants_one_variant(&job->command))
		return true;
	if (stuck == NULL || now_ms - stuck->seen_ms > STUCK_MS_MAX)
		return false;
	stuck->seen_ms = now_ms;
	return true;
}

/* To the lane that has time. */
static void hand_over(struct committer *committer, struct job *job)
{
	queue_release(committer->queue, &job, 1);
	if (!queue_push(committer->lanes->patient, job))
		answer_failed(committer, job, CODE_BUSY);
}

/* Somebody else has the lock: the patient lane waits for it, for a while. */
static void wait_for_lock(struct committer *committer, struct job *job)
{
	bool stuck;

	if (!committer->patient) {
		hand_over(committer, job);
		return;
	}
	stuck = is_stuck(committer, job);
	if (age_ms(job) >= PATIENCE_MS_MAX || (stuck && committer->stuck_count == STUCK_JOBS_MAX)) {
		answer_failed(committer, job, CODE_BUSY);
		return;
	}
	committer->stuck_count += stuck;
	carry(committer, job);
}

/* a batch */

static void answer_batch(struct committer *committer, struct job *const *jobs, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct job *job = jobs[i];
		bool cleanup = job->command.action == ACTION_CLEANUP;

		if (job->blocked)
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
	enum store_locking locking);

/* One command may be to blame: its neighbours are decided without it. */
static void settle_apart(struct committer *committer, struct job *const *jobs, uint32_t count,
	enum store_locking locking, enum code code)
{
	if (count > 1) {
		settle(committer, jobs, count / 2, locking);
		settle(committer, jobs + count / 2, count - count / 2, locking);
	} else {
		fail_batch(committer, jobs, count, code);
	}
}

static void settle(struct committer *committer, struct job *const *jobs, uint32_t count,
	enum store_locking locking)
{
	enum store_status status = transaction_run(committer->transaction, jobs, count, locking);

	/* Before the answers are written: another committer may go on with the same variants. */
	queue_release(committer->queue, jobs, count);
	switch (status) {
	case STORE_OK:
		answer_batch(committer, jobs, count);
		break;
	case STORE_BUSY:
	case STORE_RETRY:
		settle_apart(committer, jobs, count, locking, CODE_BUSY);
		break;
	case STORE_LOST:
	case STORE_UNKNOWN:
		fail_batch(committer, jobs, count, CODE_DATABASE_UNAVAILABLE);
		break;
	case STORE_FAILED:
		settle_apart(committer, jobs, count, locking, CODE_INTERNAL_ERROR);
	}
}

/* Takes what is carried over and what waits. 0: the queue is closed, and all is done. */
static uint32_t gather(struct committer *committer)
{
	uint32_t carried = committer->carried, lines = 0;

	for (uint32_t i = 0; i < carried; i++)
		lines += command_weight(&committer->jobs[i]->command);
	assert(lines <= BATCH_LINES_MAX);
	committer->carried = 0;
	return carried + queue_take(committer->queue, committer->jobs + carried,
				 BATCH_MAX - carried, BATCH_LINES_MAX - lines, carried == 0);
}

/* reads */

static void answer_read(struct committer *committer, struct job *job, enum store_status status)
{
	if (status == STORE_OK)
		answer(committer, job);
	else if (status == STORE_FAILED)
		answer_failed(committer, job, CODE_INTERNAL_ERROR);
	else
		answer_failed(committer, job, CODE_DATABASE_UNAVAILABLE);
}

static void answer_availability(
	struct committer *committer, struct job *const *jobs, uint32_t count)
{
	enum store_status status;

	if (count == 0)
		return;
	status = inquiry_availability(committer->store, jobs, count);
	for (uint32_t i = 0; i < count; i++)
		answer_read(committer, jobs[i], status);
}

/* Answers at once what needs no transaction, and leaves the rest for one. */
static uint32_t sort_out(struct committer *committer, uint32_t gathered, struct job **batch)
{
	struct job *questions[BATCH_MAX];
	uint32_t count = 0, question_count = 0;

	for (uint32_t i = 0; i < gathered; i++) {
		struct job *job = committer->jobs[i];

		if (is_too_old(job))
			answer_failed(committer, job, CODE_BUSY);
		else if (job->command.action == ACTION_READY)
			answer_ready(committer, job);
		else if (job->command.action == ACTION_AVAILABILITY)
			questions[question_count++] = job;
		else if (job->command.action == ACTION_LIST)
			answer_read(committer, job, inquiry_list(committer->store, job));
		else if (job->command.action != ACTION_CLEANUP)
			batch[count++] = job;
		else if (!committer->patient)
			hand_over(committer, job);
		else
			begin_cleanup(committer, job);
	}
	answer_availability(committer, questions, question_count);
	return count;
}

/* A step of it in a transaction of its own: no shopper waits for 200 rows. */
static void clean_up(struct committer *committer)
{
	struct job *job = committer->cleaning;

	if (job != NULL)
		settle(committer, &job, 1, STORE_SKIP);
}

/* patience */

/* Takes those that want nothing but this variant out of what is carried. */
static uint32_t take_waiting(struct committer *committer, uint64_t variant, struct job **batch)
{
	uint32_t count = 0, kept = 0;

	for (uint32_t i = 0; i < committer->carried; i++) {
		struct job *job = committer->jobs[i];

		if (job->blocked && job->blocked_on == variant && wants_one_variant(&job->command))
			batch[count++] = job;
		else
			committer->jobs[kept++] = job;
	}
	committer->carried = kept;
	return count;
}

/*
 * Waits in the database, where locks are handed on in the order of their asking; for one variant
 * alone, so that nothing else is kept meanwhile. False: none of those carried is worth it.
 */
static bool wait_for_one(struct committer *committer)
{
	struct job *batch[BATCH_MAX];

	for (uint32_t i = 0; i < committer->carried; i++) {
		struct job *job = committer->jobs[i];
		uint64_t variant = job->blocked_on;
		uint32_t count;

		if (!job->blocked || is_stuck(committer, job))
			continue;
		count = take_waiting(committer, variant, batch);
		switch (transaction_run(committer->transaction, batch, count, STORE_WAIT)) {
		case STORE_OK:
			answer_batch(committer, batch, count);
			break;
		case STORE_BUSY:
			remember_stuck(committer, variant);
			settle(committer, batch, count, STORE_SKIP);
			break;
		case STORE_RETRY:
		case STORE_LOST:
		case STORE_UNKNOWN:
		case STORE_FAILED:
			settle(committer, batch, count, STORE_SKIP);
		}
		return true;
	}
	return false;
}

/* After a round of the patient lane. At stuck locks it only looks now and then. */
static void be_patient(struct committer *committer)
{
	static const struct timespec pause = {.tv_nsec = 2000000};

	if (!wait_for_one(committer) && committer->stuck_count > 0)
		nanosleep(&pause, NULL);
}

static void *run(void *context)
{
	struct committer *committer = context;
	struct job *batch[BATCH_MAX];
	uint32_t gathered, count;

	connection_thread_begin();
	while ((gathered = gather(committer)) > 0) {
		committer->stuck_count = 0;
		count = sort_out(committer, gathered, batch);
		if (count > 0)
			settle(committer, batch, count, STORE_SKIP);
		clean_up(committer);
		if (committer->patient)
			be_patient(committer);
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
	committer->queue = patient ? lanes->patient : lanes->quick;
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
