#include "run.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "auditor.h"
#include "decide.h"
#include "report.h"
#include "workload.h"
#include "world.h"

/* A life ends after so many commands: its tables stay small, and habits change. */
#define LIFE_COMMANDS 10000
/* The whole tables are compared after so many batches. */
#define CHECK_BATCHES 100

/* One life. */
struct life {
	const struct decider *decider;
	struct tally *tally;
	uint64_t seed;
	uint64_t commands; /* still to be decided */
	uint64_t batches;  /* so far */

	struct world world;
	struct workload workload;
	struct auditor auditor;
	struct stock stock;
	uint32_t count; /* of the batch; those that came back stand first */
	struct command commands_of[BATCH_MAX];
	const struct command *pointers[BATCH_MAX];
	struct outcome outcomes[BATCH_MAX];
};

static uint32_t lines_of_batch(const struct life *life)
{
	uint32_t lines = 0;

	for (uint32_t i = 0; i < life->count; i++)
		lines += life->commands_of[i].line_count;
	return lines;
}

/* Those that came back stand first. Of cleanups, one at a time. */
static void fill_batch(struct life *life)
{
	uint32_t wanted = workload_batch(&life->workload);
	uint32_t lines = lines_of_batch(life);

	if (wanted > life->commands)
		wanted = (uint32_t)life->commands;
	for (uint32_t i = 0; i < life->count; i++) {
		if (life->commands_of[i].action == ACTION_CLEANUP)
			life->workload.cleanup_wanted = false;
	}
	while (life->count < wanted && lines + LINES_MAX <= BATCH_LINES_MAX) {
		struct command *command = &life->commands_of[life->count++];

		workload_command(&life->workload, &life->world, command);
		lines += command->line_count;
	}
	for (uint32_t i = 0; i < life->count; i++)
		life->pointers[i] = &life->commands_of[i];
}

static void tell(const struct life *life, uint32_t index)
{
	printf("# life 0x%016" PRIx64 ", batch %" PRIu64 ", command %u of %u, time %" PRId64 "\n",
		life->seed, life->batches, index + 1, life->count, life->world.now_ms);
	if (index == life->count)
		return;
	report_command(&life->commands_of[index]);
	report_outcome(&life->outcomes[index]);
	report_verdict(&life->auditor.ledger, &life->auditor.verdict);
}

/* Returns the command that brought an accusation, or `count`: none, or the batch as a whole. */
static uint32_t decide_batch(struct life *life)
{
	struct auditor *auditor = &life->auditor;

	world_load(&life->world, life->pointers, life->count, &life->stock);
	auditor_watch_batch(auditor, &life->stock, life->world.now_ms);
	for (uint32_t i = 0; i < life->count && !auditor->accused; i++) {
		life->decider->decide(&life->stock, life->world.now_ms, &life->commands_of[i],
			&life->outcomes[i]);
		auditor_watch_decision(
			auditor, &life->commands_of[i], &life->stock, &life->outcomes[i]);
		if (auditor->accused)
			return i;
	}
	if (auditor->accused)
		return life->count;
	world_save(&life->world, &life->stock);
	auditor_watch_save(auditor, &life->stock, &life->world);
	for (uint32_t i = 0; i < life->count && !auditor->accused; i++) {
		outcome_take_ids(&life->outcomes[i], &life->stock);
		auditor_watch_answer(auditor, &life->outcomes[i]);
	}
	return life->count;
}

static void count_answer(
	struct tally *tally, const struct command *command, const struct outcome *outcome)
{
	tally->swept += (uint64_t)(int64_t)outcome->swept;
	if (outcome->again) {
		tally->again[command->action]++;
		return;
	}
	tally->commands++;
	tally->requests[command->action][outcome->code]++;
	if (command->action == ACTION_RESERVE && !outcome->success)
		return;
	for (uint32_t i = 0; i < outcome->line_count; i++)
		tally->lines[command->action][outcome->lines[i].code]++;
}

/* Keeps what must come back, at the head of the next batch. */
static void end_batch(struct life *life)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < life->count; i++) {
		count_answer(life->tally, &life->commands_of[i], &life->outcomes[i]);
		if (!life->outcomes[i].again)
			life->commands--;
		else if (kept++ < i)
			life->commands_of[kept - 1] = life->commands_of[i];
	}
	life->count = kept;
}

static bool live(struct life *life, bool loud)
{
	uint32_t guilty = 0;

	workload_open(&life->workload, life->seed, &life->world);
	auditor_open(&life->auditor, &life->world);
	while (life->commands > 0 && !life->auditor.accused) {
		workload_pass_time(&life->workload, &life->world, &life->auditor);
		fill_batch(life);
		guilty = decide_batch(life);
		life->batches++;
		if (!life->auditor.accused &&
			(life->batches % CHECK_BATCHES == 0 || life->commands <= life->count))
			auditor_check_all(&life->auditor, &life->world);
		if (!life->auditor.accused)
			end_batch(life);
	}
	if (life->auditor.accused && loud)
		tell(life, guilty);
	auditor_close(&life->auditor);
	world_close(&life->world);
	return !life->auditor.accused;
}

bool run_simulation(const struct decider *decider, uint64_t seed, uint64_t commands, bool loud,
	struct tally *tally, char accusation[512])
{
	struct life *life = calloc(1, sizeof(*life));
	struct prng seeds = {seed};
	bool clean = true;

	assert(life != NULL);
	memset(tally, 0, sizeof(*tally));
	while (clean && tally->commands < commands) {
		uint64_t left = commands - tally->commands;

		life->decider = decider;
		life->tally = tally;
		life->seed = prng_next(&seeds);
		life->commands = left < LIFE_COMMANDS ? left : LIFE_COMMANDS;
		life->batches = 0;
		life->count = 0;
		clean = live(life, loud);
	}
	memcpy(accusation, life->auditor.accusation, 512);
	free(life);
	return clean;
}

uint64_t run_number(const char *variable, uint64_t otherwise)
{
	const char *text = getenv(variable);
	char *end = NULL;
	uint64_t number;

	if (text == NULL || *text == '\0')
		return otherwise;
	number = strtoull(text, &end, 0);
	if (*end != '\0') {
		printf("Bail out! %s is no number: %s\n", variable, text);
		fflush(stdout);
		abort();
	}
	return number;
}

uint64_t run_seed(void)
{
	uint64_t seed = 0;

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		seed = UINT64_C(0x5eed);
	return run_number("SIM_SEED", seed);
}
