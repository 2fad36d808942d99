/* Runs the simulation: lives of random work, each from its own seed, under the auditor's eyes. */
#ifndef STOK_SIM_RUN_H
#define STOK_SIM_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "command.h"
#include "outcome.h"
#include "stock.h"
#include "tally.h"

/* What is tested: `decide`, or it with a planted fault. */
struct decider {
	const char *name;
	void (*decide)(struct stock *stock, int64_t now_ms, const struct command *command,
		struct outcome *outcome);
};

/*
 * Decides so many commands. Returns true if the auditor found nothing; else his accusation is in
 * `accusation`, and if `loud` the step, the command and both views are printed.
 */
bool run_simulation(const struct decider *decider, uint64_t seed, uint64_t commands, bool loud,
	struct tally *tally, char accusation[512]);

/* The seed of this run: the environment's SIM_SEED, or a new one. */
uint64_t run_seed(void);

/* A number of the environment, or what else it is. */
uint64_t run_number(const char *variable, uint64_t otherwise);

#endif
