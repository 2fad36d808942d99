/*
 * The other ceiling of the bench: stok's own transactions, straight from threads, without HTTP. It
 * reserves one unit for one new session after another, in batches, and prints one line of JSON.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connection.h"
#include "limits.h"
#include "log.h"
#include "metrics.h"
#include "monotonic.h"
#include "number.h"
#include "transaction.h"

#define THREADS_MAX 64

struct settings {
	const char *option_file;
	uint64_t threads, batch, first, count, seconds;
};

struct client {
	pthread_t thread;
	uint32_t number;
	uint64_t done, refused, failed;
	const struct settings *settings;
	struct transaction *transaction;
	struct job jobs[BATCH_MAX];
};

static void make_command(struct client *client, struct command *command, uint64_t serial)
{
	const struct settings *settings = client->settings;
	uint64_t key[4] = {client->number, serial, (uint64_t)monotonic_ms(), 0};

	command->action = ACTION_RESERVE;
	command->ttl_ms = HOLD_MS;
	command->line_count = 1;
	command->lines[0].variant_id = settings->first + (uint64_t)random() % settings->count;
	command->lines[0].quantity = 1;
	snprintf(command->session_id, sizeof(command->session_id), "direct-%u-%llu", client->number,
		(unsigned long long)serial);
	snprintf(command->request_id, sizeof(command->request_id), "%016llx%016llx",
		(unsigned long long)key[2] << 8 | client->number, (unsigned long long)serial);
	/* As random as a hash: it stands in an index. */
	for (uint32_t i = 0; i < 8; i++)
		((uint32_t *)command->idempotency_key)[i] = (uint32_t)random();
}

static void count_outcomes(struct client *client, struct job *const *jobs, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		client->done += jobs[i]->outcome.success;
		client->refused += !jobs[i]->outcome.success;
	}
}

static void *run(void *context)
{
	struct client *client = context;
	uint32_t batch = (uint32_t)client->settings->batch;
	int64_t end_ms = monotonic_ms() + (int64_t)client->settings->seconds * 1000;
	struct job *jobs[BATCH_MAX];
	uint64_t serial = 0;

	connection_thread_begin();
	while (monotonic_ms() < end_ms) {
		for (uint32_t i = 0; i < batch; i++) {
			jobs[i] = &client->jobs[i];
			make_command(client, &jobs[i]->command, ++serial);
		}
		if (transaction_run(client->transaction, jobs, batch, STORE_WAIT) == STORE_OK)
			count_outcomes(client, jobs, batch);
		else
			client->failed += batch;
	}
	connection_thread_end();
	return NULL;
}

static bool read_settings(int count, char **words, struct settings *settings)
{
	uint64_t *const numbers[] = {&settings->threads, &settings->batch, &settings->first,
		&settings->count, &settings->seconds};

	if (count != 7)
		return false;
	settings->option_file = words[1];
	for (int i = 0; i < 5; i++) {
		if (!number_read(words[i + 2], strlen(words[i + 2]), numbers[i]))
			return false;
	}
	return settings->threads <= THREADS_MAX && settings->batch <= BATCH_MAX;
}

int main(int count, char **words)
{
	static struct client clients[THREADS_MAX];
	struct settings settings;
	uint64_t done = 0, refused = 0, failed = 0;
	struct metrics *metrics;

	if (!read_settings(count, words, &settings)) {
		fputs("Usage: direct OPTION-FILE THREADS BATCH FIRST COUNT SECONDS\n", stderr);
		return EXIT_FAILURE;
	}
	metrics = metrics_open(NULL);
	if (metrics == NULL || !connection_library_begin())
		return EXIT_FAILURE;
	for (uint32_t i = 0; i < settings.threads; i++) {
		clients[i].number = i;
		clients[i].settings = &settings;
		clients[i].transaction = transaction_new(settings.option_file, metrics);
		if (clients[i].transaction == NULL ||
			pthread_create(&clients[i].thread, NULL, run, &clients[i]) != 0)
			return EXIT_FAILURE;
	}
	for (uint32_t i = 0; i < settings.threads; i++) {
		pthread_join(clients[i].thread, NULL);
		done += clients[i].done;
		refused += clients[i].refused;
		failed += clients[i].failed;
	}
	printf("{\"seconds\":%llu,\"done\":%llu,\"refused\":%llu,\"failed\":%llu}\n",
		(unsigned long long)settings.seconds, (unsigned long long)done,
		(unsigned long long)refused, (unsigned long long)failed);
	return EXIT_SUCCESS;
}
