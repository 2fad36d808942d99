/*
 * The ceiling of the bench: stok's own gate, request and response, without a database. Every
 * reserve is answered as if it stood. Started like stokd.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "config.h"
#include "gate.h"
#include "lanes.h"
#include "limits.h"

struct answerer {
	struct lanes lanes;
	struct response response;
	uint64_t last_id;
};

static void answer(struct answerer *answerer, struct job *job)
{
	const struct command *command = &job->command;
	struct addressee to = job_addressee(job);
	struct outcome_line *line;

	job->outcome.line_count = 0;
	outcome_succeed(&job->outcome, CODE_RESERVED);
	line = outcome_add_line(&job->outcome);
	line->reservation_id = ++answerer->last_id;
	line->variant_id = command->lines[0].variant_id;
	line->quantity = command->lines[0].quantity;
	line->expires_at_ms = HOLD_MS;
	response_decided(&answerer->response, &to, &job->outcome, 0);
	lanes_answer(&answerer->lanes, job, &answerer->response, CODE_RESERVED);
}

static void *run(void *context)
{
	struct answerer *answerer = context;
	struct job *jobs[BATCH_MAX];
	uint32_t count;

	while ((count = queue_take(answerer->lanes.quick, jobs, BATCH_MAX, BATCH_LINES_MAX, true)) >
		0) {
		queue_release(answerer->lanes.quick, jobs, count);
		for (uint32_t i = 0; i < count; i++)
			answer(answerer, jobs[i]);
	}
	return NULL;
}

static int stop_signals(void)
{
	sigset_t stop;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGUSR1);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	return signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
}

int main(void)
{
	static struct config config;
	static struct answerer answerer;
	static char memory[4096];
	struct text problems;
	pthread_t thread;
	int stop_fd = stop_signals();
	bool good;

	text_init(&problems, memory, sizeof(memory));
	if (!config_load(&config, &problems)) {
		fputs(problems.bytes, stderr);
		return EXIT_FAILURE;
	}
	answerer.lanes = (struct lanes){.config = &config,
		.metrics = metrics_open(NULL),
		.keepalive = keepalive_new(),
		.pool = pool_new(QUEUE_MAX + 2 * BATCH_MAX),
		.quick = queue_new(QUEUE_MAX)};
	if (stop_fd < 0 || answerer.lanes.pool == NULL || answerer.lanes.quick == NULL)
		return EXIT_FAILURE;
	response_init(&answerer.response, config.audit_key, config.audit_key_length);
	if (pthread_create(&thread, NULL, run, &answerer) != 0)
		return EXIT_FAILURE;
	good = gate_run(0, stop_fd, &answerer.lanes);
	queue_close(answerer.lanes.quick);
	pthread_join(thread, NULL);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
