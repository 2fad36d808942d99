/*
 * What shoppers, the cron job and operators do, at random. Every life of the simulation has its own
 * habits: how many variants and sessions, how scarce the stock, how impatient the time.
 */
#ifndef STOK_SIM_WORKLOAD_H
#define STOK_SIM_WORKLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "auditor.h"
#include "command.h"
#include "prng.h"
#include "world.h"

struct workload {
	struct prng prng;
	uint32_t variants;
	uint32_t sessions;
	uint32_t stock_top;    /* units of a variant */
	uint32_t quantity_top; /* units of a line */
	uint32_t batch_top;    /* commands of a batch */
	uint32_t calm;	       /* percent of batches before which little happens */
	uint64_t requests;     /* so far */
	bool cleanup_wanted;   /* the next command may be a cleanup */
};

/* Chooses the habits, and fills the world with variants. */
void workload_open(struct workload *workload, uint64_t seed, struct world *world);

/* Before a batch: time moves on, operators correct stock. Tells the auditor what they did. */
void workload_pass_time(struct workload *workload, struct world *world, struct auditor *auditor);

uint32_t workload_batch(struct workload *workload);
void workload_command(
	struct workload *workload, const struct world *world, struct command *command);

#endif
