/*
 * Tests the simulation itself: faults are planted around `decide`, and each must be found by the
 * auditor. SIM_COMMANDS says after how many commands at the latest (100000): a fault after a lost
 * COMMIT shows in few of them. SIM_SEED repeats a run.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "decide.h"
#include "planted.h"
#include "run.h"

#define COMMANDS 100000

static const struct planted *const all_planted[] = {
	&planted_ends, &planted_keys, &planted_reserves, &planted_sessions};

#define GROUPS (sizeof(all_planted) / sizeof(all_planted[0]))

static uint32_t count_faults(void)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < GROUPS; i++)
		count += all_planted[i]->count;
	return count;
}

static bool is_found(const struct decider *fault, uint64_t seed, uint64_t commands, uint32_t number)
{
	static struct tally tally;
	char accusation[512];
	bool clean = run_simulation(fault, seed, commands, false, &tally, accusation);

	printf("%s %u - %s is found\n", clean ? "not ok" : "ok", number, fault->name);
	printf("# after %" PRIu64 " commands: %s\n", tally.commands, accusation);
	fflush(stdout);
	return !clean;
}

int main(void)
{
	static const struct decider sound = {"decide", decide};
	static struct tally tally;
	uint64_t seed = run_seed();
	uint64_t commands = run_number("SIM_COMMANDS", COMMANDS);
	uint32_t number = 1;
	char accusation[512];
	bool all;

	printf("1..%u\n# SIM_SEED=0x%016" PRIx64 " SIM_COMMANDS=%" PRIu64 "\n", count_faults() + 1,
		seed, commands);
	fflush(stdout);
	/* What is accused without a fault would prove nothing. */
	all = run_simulation(&sound, seed, commands, true, &tally, accusation);
	printf("%s 1 - no fault, no accusation%s%s\n", all ? "ok" : "not ok", all ? "" : ": ",
		accusation);
	for (uint32_t i = 0; i < GROUPS; i++) {
		for (uint32_t k = 0; k < all_planted[i]->count; k++)
			all = is_found(&all_planted[i]->faults[k], seed, commands, ++number) && all;
	}
	return all ? EXIT_SUCCESS : EXIT_FAILURE;
}
