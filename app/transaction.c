#include "transaction.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "decide.h"
#include "limits.h"
#include "log.h"
#include "monotonic.h"

struct transaction {
	struct store *store;
	struct metrics *metrics;
	struct loading loading;
	struct stock stock;
};

struct transaction *transaction_new(const char *option_file, struct metrics *metrics)
{
	struct transaction *transaction = calloc(1, sizeof(*transaction));

	if (transaction == NULL)
		return NULL;
	transaction->metrics = metrics;
	transaction->store = store_open(option_file);
	if (transaction->store == NULL) {
		free(transaction);
		return NULL;
	}
	return transaction;
}

void transaction_free(struct transaction *transaction)
{
	if (transaction == NULL)
		return;
	store_close(transaction->store);
	free(transaction);
}

struct store *transaction_store(struct transaction *transaction)
{
	return transaction->store;
}

static bool was_short(const struct job *job)
{
	return job->command.action == ACTION_RESERVE && !job->outcome.again &&
	       job->outcome.code == CODE_INSUFFICIENT_STOCK;
}

/* Refused shoppers are told when the next hold of another ends, as this transaction leaves it. */
static enum store_status ask_releases(
	struct transaction *transaction, struct job *const *jobs, uint32_t count)
{
	struct release asks[BATCH_LINES_MAX];
	struct outcome_line *lines[BATCH_LINES_MAX];
	enum store_status status;
	uint32_t asked = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct job *job = jobs[i];

		if (transaction->loading.blocked[i] || !was_short(job))
			continue;
		for (uint32_t k = 0; k < job->outcome.line_count; k++) {
			lines[asked] = &job->outcome.lines[k];
			asks[asked].variant_id = lines[asked]->variant_id;
			asks[asked].session_id = job->command.session_id;
			asked++;
		}
	}
	status = store_next_release(transaction->store, transaction->loading.now_ms, asks, asked);
	for (uint32_t i = 0; i < asked; i++)
		lines[i]->retry_at_ms = asks[i].expires_at_ms;
	return status;
}

static bool is_any_short(
	const struct transaction *transaction, struct job *const *jobs, uint32_t count)
{
	bool any = false;

	for (uint32_t i = 0; i < count; i++)
		any = any || (!transaction->loading.blocked[i] && was_short(jobs[i]));
	return any;
}

/* Where nobody asks for what stands after saving, COMMIT goes along with it. */
static enum store_status save(
	struct transaction *transaction, struct job *const *jobs, uint32_t count)
{
	bool ask = is_any_short(transaction, jobs, count);
	enum store_status status = store_save(transaction->store, &transaction->stock, !ask);

	if (status == STORE_OK && ask)
		status = ask_releases(transaction, jobs, count);
	if (status == STORE_OK && ask)
		status = store_commit(transaction->store);
	return status;
}

/* A command about a whole session is made one about holds that have names. */
static enum store_status name_session_holds(
	struct transaction *transaction, struct job *const *jobs, uint32_t count)
{
	enum store_status status = STORE_OK;

	for (uint32_t i = 0; i < count && status == STORE_OK; i++) {
		if (jobs[i]->command.whole_session)
			status = store_find_session_holds(transaction->store, &jobs[i]->command);
	}
	return status;
}

static enum store_status try_once(struct transaction *transaction, struct job *const *jobs,
	uint32_t count, enum store_locking locking)
{
	const struct command *commands[BATCH_MAX] = {NULL};
	struct loading *loading = &transaction->loading;
	enum store_status status;

	for (uint32_t i = 0; i < count; i++)
		commands[i] = &jobs[i]->command;
	status = name_session_holds(transaction, jobs, count);
	if (status == STORE_OK)
		status = store_load(
			transaction->store, commands, count, locking, &transaction->stock, loading);
	if (status != STORE_OK)
		return status;
	for (uint32_t i = 0; i < count; i++) {
		if (!loading->blocked[i])
			decide(&transaction->stock, loading->now_ms, commands[i],
				&jobs[i]->outcome);
	}
	return save(transaction, jobs, count);
}

/* Those who collided come back at different times. */
static void pause_a_little(uint32_t attempt)
{
	struct timespec pause = {.tv_nsec = 500000L * (1L << attempt) + random() % 1000000L};

	nanosleep(&pause, NULL);
}

/*
 * Nothing happened: it is done anew. A lost connection may only have been idle for too long, so
 * one more is made; if that fails too, the database is away.
 */
static enum store_status try_stubbornly(struct transaction *transaction, struct job *const *jobs,
	uint32_t count, enum store_locking locking)
{
	enum store_status status = STORE_RETRY;
	bool lost = false;

	for (uint32_t attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
		status = try_once(transaction, jobs, count, locking);
		if (status == STORE_LOST && !lost) {
			lost = true;
			metrics_add(transaction->metrics, METRIC_LOST, 1);
		} else if (status == STORE_RETRY) {
			metrics_add(transaction->metrics, METRIC_RETRIES, 1);
			pause_a_little(attempt);
		} else {
			break;
		}
	}
	return status;
}

/* In the attempt just made, by that request. */
static bool is_swept(const struct hold *hold, const char *request_id)
{
	return hold->changed && hold->reason == REASON_EXPIRED &&
	       strcmp(hold->closed_request_id, request_id) == 0;
}

/* A hold that the command swept in the attempt just made. 0: none. */
static uint64_t find_witness(const struct stock *stock, const char *request_id)
{
	for (uint32_t i = 0; i < stock->hold_count; i++) {
		if (is_swept(&stock->holds[i], request_id))
			return stock->holds[i].id;
	}
	return 0;
}

/* The witness was swept once more: so the COMMIT before did not happen, and this one counts. */
static bool is_swept_anew(const struct stock *stock, const struct job *job)
{
	for (uint32_t i = 0; i < stock->hold_count; i++) {
		if (stock->holds[i].id == job->witness)
			return is_swept(&stock->holds[i], job->command.request_id);
	}
	return false;
}

/* From now on they may have been here before. */
static void mark_recheck(
	const struct transaction *transaction, struct job *const *jobs, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct job *job = jobs[i];

		if (transaction->loading.blocked[i])
			continue;
		job->command.recheck = true;
		if (job->outcome.swept <= 0)
			continue;
		job->lost_swept = job->outcome.swept;
		job->witness = find_witness(&transaction->stock, job->command.request_id);
	}
}

/* What a lost COMMIT swept after all is counted as the request's, like everything it swept. */
static void count_lost_sweeps(struct transaction *transaction, struct job *job)
{
	bool happened = false;

	if (job->witness == 0)
		return;
	if (is_swept_anew(&transaction->stock, job)) {
		job->witness = 0;
		return;
	}
	if (store_was_closed_by(transaction->store, job->witness, job->command.request_id,
		    &happened) != STORE_OK)
		log_warning("what request %s swept could not be counted", job->command.request_id);
	if (happened) {
		metrics_add(transaction->metrics, METRIC_SWEPT, (uint64_t)job->lost_swept);
		job->swept += job->lost_swept;
	}
	job->witness = 0;
}

/*
 * COMMIT was sent, and no answer came: it happened, or it did not, or it will. Deciding anew under
 * the variants' locks tells: whoever has them knows that the transaction before is over. A reserve
 * then finds its own holds by its key; the others find their own request id on what they closed.
 */
static enum store_status find_out(struct transaction *transaction, struct job *const *jobs,
	uint32_t count, enum store_locking locking)
{
	static const struct timespec pause = {.tv_nsec = 20000000};
	int64_t end_ms = monotonic_ms() + RECHECK_MS_MAX;
	enum store_status status = STORE_UNKNOWN;

	while ((status == STORE_LOST || status == STORE_UNKNOWN) && monotonic_ms() < end_ms) {
		if (status == STORE_UNKNOWN) {
			metrics_add(transaction->metrics, METRIC_UNKNOWN, 1);
			mark_recheck(transaction, jobs, count);
		}
		nanosleep(&pause, NULL);
		status = try_stubbornly(transaction, jobs, count, locking);
	}
	return status;
}

/* A cleanup goes on behind the last hold that it looked at. */
static void move_on(const struct loading *loading, struct command *command)
{
	if (command->action != ACTION_CLEANUP)
		return;
	command->after_ms = loading->cleanup_ms;
	command->after_id = loading->cleanup_id;
}

/*
 * A pass may revive what the one before swept, and then counts it back; a total never falls. What a
 * lost COMMIT swept was not counted, so there may be nothing to count back.
 */
static void count_swept(struct transaction *transaction, struct job *job)
{
	int32_t swept = job->outcome.swept;

	if (swept > 0)
		metrics_add(transaction->metrics, METRIC_SWEPT, (uint64_t)swept);
	job->swept += swept;
	if (job->swept < 0)
		job->swept = 0;
}

static void take_outcome(struct transaction *transaction, struct job *job)
{
	metrics_add(transaction->metrics, METRIC_COMMANDS, 1);
	count_lost_sweeps(transaction, job);
	count_swept(transaction, job);
	outcome_take_ids(&job->outcome, &transaction->stock);
	move_on(&transaction->loading, &job->command);
}

static uint32_t lines_of(struct job *const *jobs, uint32_t count)
{
	uint32_t lines = 0;

	for (uint32_t i = 0; i < count; i++)
		lines += command_weight(&jobs[i]->command);
	return lines;
}

enum store_status transaction_run(struct transaction *transaction, struct job *const *jobs,
	uint32_t count, enum store_locking locking)
{
	const struct loading *loading = &transaction->loading;
	enum store_status status;

	assert(count <= BATCH_MAX && lines_of(jobs, count) <= BATCH_LINES_MAX);
	status = try_stubbornly(transaction, jobs, count, locking);
	if (status == STORE_UNKNOWN)
		status = find_out(transaction, jobs, count, locking);
	if (status != STORE_OK)
		return status;
	metrics_add(transaction->metrics, METRIC_BATCHES, 1);
	for (uint32_t i = 0; i < count; i++) {
		jobs[i]->blocked = loading->blocked[i];
		jobs[i]->blocked_on = loading->blocked_on[i];
		if (!jobs[i]->blocked)
			take_outcome(transaction, jobs[i]);
	}
	return status;
}
