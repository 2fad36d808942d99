#include "transaction_fixture.h"

#include <string.h>

#include "monotonic.h"

struct attempt attempts[ATTEMPTS];
uint32_t attempted, searched;
int64_t clock_ms, step_ms;
struct transaction *transaction;
struct job jobs[JOBS];
void (*fill)(struct stock *stock);
uint64_t session_hold;
bool closed_in_truth;

static struct metrics *metrics;
static struct job *const batch[JOBS] = {&jobs[0], &jobs[1]};

/* the store, as played */

int64_t monotonic_ms(void)
{
	return clock_ms += step_ms;
}

struct store *store_open(const char *option_file)
{
	return (struct store *)(uintptr_t)option_file;
}

void store_close(struct store *store)
{
	(void)store;
}

/* As the real one: what an attempt before may have moved stays named. */
enum store_status store_find_session_holds(struct store *store, struct command *command)
{
	(void)store;
	assert_true(command->whole_session);
	searched++;
	if (attempts[attempted].find != STORE_OK)
		return attempts[attempted].find;
	if (!command->recheck)
		command->line_count = 0;
	if (session_hold != 0 && command->line_count == 0)
		command->lines[command->line_count++] =
			(struct command_line){.reservation_id = session_hold};
	return STORE_OK;
}

enum store_status store_load(struct store *store, const struct command *const *commands,
	uint32_t count, enum store_locking locking, struct stock *stock, struct loading *loading)
{
	struct attempt *attempt = &attempts[attempted];

	(void)store;
	(void)locking;
	assert_in_range(attempted, 0, ATTEMPTS - 1);
	attempted++;
	stock_reset(stock);
	if (fill != NULL)
		fill(stock);
	else
		stock_add_variant(stock, THE_VARIANT, 100, 0);
	if (attempt->load != STORE_OK)
		return attempt->load;
	loading->now_ms = NOW;
	for (uint32_t i = 0; i < count; i++) {
		attempt->recheck[i] = commands[i]->recheck;
		loading->blocked[i] = attempt->blocked[i];
	}
	return STORE_OK;
}

enum store_status store_save(struct store *store, struct stock *stock, bool commit)
{
	for (uint32_t i = 0; i < stock->hold_count; i++) {
		if (stock->holds[i].id == 0)
			stock->holds[i].id = 40 + i;
	}
	return commit ? store_commit(store) : STORE_OK;
}

enum store_status store_next_release(
	struct store *store, int64_t now_ms, struct release *asks, uint32_t count)
{
	(void)store;
	(void)now_ms;
	(void)asks;
	(void)count;
	return STORE_OK;
}

enum store_status store_was_closed_by(
	struct store *store, uint64_t hold, const char *request_id, bool *yes)
{
	(void)store;
	(void)hold;
	(void)request_id;
	*yes = closed_in_truth;
	return STORE_OK;
}

enum store_status store_commit(struct store *store)
{
	(void)store;
	return attempts[attempted - 1].commit;
}

/* the tests' own */

int begin(void **state)
{
	(void)state;
	memset(attempts, 0, sizeof(attempts)); /* all goes well */
	memset(jobs, 0, sizeof(jobs));
	fill = NULL;
	closed_in_truth = false;
	session_hold = 0;
	attempted = searched = 0;
	clock_ms = 0;
	step_ms = 1;
	for (uint32_t i = 0; i < JOBS; i++) {
		struct command *command = &jobs[i].command;

		command->action = ACTION_RESERVE;
		command->ttl_ms = HOLD_MS;
		command->line_count = 1;
		command->lines[0] =
			(struct command_line){.variant_id = THE_VARIANT, .quantity = THE_QUANTITY};
		memset(command->request_id, 'a' + (int)i, REQUEST_ID_LENGTH);
		memset(command->idempotency_key, 'a' + (int)i, DIGEST_LENGTH);
	}
	metrics = metrics_open(NULL);
	assert_non_null(metrics);
	transaction = transaction_new("a store", metrics);
	assert_non_null(transaction);
	return 0;
}

int finish(void **state)
{
	(void)state;
	transaction_free(transaction);
	metrics_close(metrics);
	return 0;
}

enum store_status run(void)
{
	return transaction_run(transaction, batch, JOBS, STORE_SKIP);
}

void assert_total(const char *line)
{
	static char memory[16384];
	struct text text;

	text_init(&text, memory, sizeof(memory));
	metrics_write(metrics, &text);
	if (strstr(memory, line) == NULL)
		fail_msg("no total '%s'", line);
}
