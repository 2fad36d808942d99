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
#define LIFE_COMMANDS 2500
/* So many may wait to be decided again. */
#define LOST_MAX (2 * BATCH_MAX)
/* The whole tables are compared after so many batches. */
#define CHECK_BATCHES 50

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
	uint64_t events[BATCH_MAX];
	uint32_t lost_count; /* their COMMIT was not answered: they wait to be decided again */
	struct command lost[LOST_MAX];
};

static uint32_t lines_of_batch(const struct life *life)
{
	uint32_t lines = 0;

	for (uint32_t i = 0; i < life->count; i++)
		lines += command_weight(&life->commands_of[i]);
	return lines;
}

static bool has_cleanup(const struct life *life)
{
	for (uint32_t i = 0; i < life->count; i++) {
		if (life->commands_of[i].action == ACTION_CLEANUP)
			return true;
	}
	return false;
}

/* Of cleanups, one at a time. */
static bool fits(const struct life *life, const struct command *command)
{
	if (command->action == ACTION_CLEANUP && has_cleanup(life))
		return false;
	return life->count < BATCH_MAX &&
	       lines_of_batch(life) + command_weight(command) <= BATCH_LINES_MAX;
}

/* Those whose COMMIT was lost come back together, or some of them, or later. */
static void recall_lost(struct life *life)
{
	uint32_t share = workload_recall(&life->workload), kept = 0;

	for (uint32_t i = 0; i < life->lost_count; i++) {
		struct command *command = &life->lost[i];

		if (prng_percent(&life->workload.prng, share) && fits(life, command))
			life->commands_of[life->count++] = *command;
		else if (kept++ < i)
			life->lost[kept - 1] = *command;
	}
	life->lost_count = kept;
}

/* Those that came back stand first, then new ones. */
static void fill_batch(struct life *life)
{
	uint32_t wanted = workload_batch(&life->workload), lines;

	recall_lost(life);
	if (wanted > life->commands - life->lost_count)
		wanted = (uint32_t)life->commands - life->lost_count;
	if (has_cleanup(life))
		life->workload.cleanup_wanted = false;
	lines = lines_of_batch(life);
	while (life->count < wanted && lines + LINES_MAX <= BATCH_LINES_MAX) {
		struct command *command = &life->commands_of[life->count++];

		workload_command(&life->workload, &life->world, command);
		auditor_watch_request(&life->auditor, command);
		lines += command_weight(command);
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

/* What a whole session holds is looked up before anything is locked. */
static void name_sessions(struct life *life)
{
	struct command before;
	bool any = false;

	for (uint32_t i = 0; i < life->count && !life->auditor.accused; i++) {
		struct command *command = &life->commands_of[i];

		if (!command->whole_session)
			continue;
		before = *command;
		world_name_session(&life->world, command);
		auditor_watch_naming(&life->auditor, &before, command, life->world.now_ms);
		any = true;
	}
	if (any)
		workload_slip_time(&life->workload, &life->world, &life->auditor);
}

/* Returns the command that brought an accusation, or `count`: none, or the batch as a whole. */
static uint32_t decide_batch(struct life *life)
{
	struct auditor *auditor = &life->auditor;

	world_load(&life->world, life->pointers, life->count, &life->stock);
	auditor_watch_batch(auditor, &life->stock, life->world.now_ms);
	for (uint32_t i = 0; i < life->count && !auditor->accused; i++) {
		const struct command *command = &life->commands_of[i];
		struct outcome *outcome = &life->outcomes[i];

		life->decider->decide(&life->stock, life->world.now_ms, command, outcome);
		auditor_watch_decision(auditor, command, &life->stock, outcome);
		life->events[i] = tally_events(command, &life->stock, outcome);
		if (auditor->accused)
			return i;
	}
	return life->count;
}

/* Returns as decide_batch. */
static uint32_t answer_batch(struct life *life)
{
	for (uint32_t i = 0; i < life->count; i++) {
		const struct command *command = &life->commands_of[i];
		struct outcome *outcome = &life->outcomes[i];

		outcome_take_ids(outcome, &life->stock);
		tally_answer(life->tally, command, outcome, life->events[i]);
		if (outcome->again)
			continue;
		auditor_watch_answer(&life->auditor, command, outcome);
		life->commands--;
		if (life->auditor.accused)
			return i;
	}
	return life->count;
}

/* Keeps what must come back, at the head of the next batch. */
static void keep_unfinished(struct life *life)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < life->count; i++) {
		if (life->outcomes[i].again && kept++ < i)
			life->commands_of[kept - 1] = life->commands_of[i];
	}
	life->count = kept;
}

/* Nobody is answered: what happened must be found out, by deciding anew. */
static void lose_batch(struct life *life)
{
	for (uint32_t i = 0; i < life->count; i++) {
		struct command *command = &life->lost[life->lost_count++];

		*command = life->commands_of[i];
		life->tally->events[EVENT_LOST_TWICE] += command->recheck;
		command->recheck = true;
	}
	life->count = 0;
}

/* Returns as decide_batch. */
static uint32_t run_batch(struct life *life)
{
	bool room = life->lost_count + life->count <= LOST_MAX;
	enum commit commit = room ? workload_commit(&life->workload) : COMMIT_ANSWERED;
	struct auditor *auditor = &life->auditor;
	uint32_t guilty;

	name_sessions(life);
	if (commit == COMMIT_UNDONE)
		auditor_keep_books(auditor);
	guilty = decide_batch(life);
	if (auditor->accused)
		return guilty;
	if (commit == COMMIT_UNDONE) {
		world_roll_back(&life->world, &life->stock);
		auditor_undo(auditor);
	} else {
		world_save(&life->world, &life->stock);
		auditor_watch_save(auditor, &life->stock, &life->world);
	}
	if (auditor->accused)
		return life->count;
	if (commit == COMMIT_ANSWERED) {
		guilty = answer_batch(life);
		if (!auditor->accused)
			keep_unfinished(life);
	} else {
		life->tally
			->events[commit == COMMIT_DONE ? EVENT_COMMIT_DONE : EVENT_COMMIT_UNDONE]++;
		lose_batch(life);
	}
	return guilty;
}

static bool live(struct life *life, bool loud)
{
	uint32_t guilty = 0;

	workload_open(&life->workload, life->seed, &life->world);
	auditor_open(&life->auditor, &life->world);
	while (life->commands > 0 && !life->auditor.accused) {
		workload_pass_time(&life->workload, &life->world, &life->auditor);
		if (life->lost_count == 0 && life->count == 0)
			workload_archive(&life->workload, &life->world, &life->auditor);
		fill_batch(life);
		guilty = run_batch(life);
		life->batches++;
		if (life->batches % CHECK_BATCHES == 0)
			auditor_check_all(&life->auditor, &life->world);
	}
	auditor_check_all(&life->auditor, &life->world);
	auditor_check_end(&life->auditor);
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
		life->lost_count = 0;
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
