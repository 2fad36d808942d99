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

#define SESSIONS_MAX 5
#define KEYS_MAX     4 /* that a session uses at a time */

/* What becomes of a COMMIT. */
enum commit {
	COMMIT_ANSWERED,
	COMMIT_DONE,   /* it happened, but the answer was lost */
	COMMIT_UNDONE, /* it did not happen, and no answer said so */
};

/* A key that a session uses, and what it was first used for. */
struct use {
	uint64_t number; /* 0: none yet */
	struct command command;
};

struct workload {
	struct prng prng;
	uint32_t variants;
	uint32_t sessions;
	uint32_t stock_top;    /* units of a variant */
	uint32_t quantity_top; /* units of a line */
	uint32_t batch_top;    /* commands of a batch */
	uint32_t calm;	       /* percent of batches before which little happens */
	uint32_t changing;     /* percent of reserves that replace holds */
	uint32_t limited;      /* percent of reserves that the operator's limits bind */
	struct limits limits;  /* his */
	uint32_t keyed;	       /* percent of reserves that bring a key */
	uint32_t keys;	       /* of a session at a time */
	uint32_t lossy;	       /* percent of COMMITs whose answer is lost */
	uint64_t key_numbers;  /* so far */
	uint64_t requests;     /* so far */
	bool cleanup_wanted;   /* the next command may be a cleanup */
	struct use uses[SESSIONS_MAX][KEYS_MAX];
};

/* Chooses the habits, and fills the world with variants. */
void workload_open(struct workload *workload, uint64_t seed, struct world *world);

/* Before a batch: time moves on, operators correct stock. Tells the auditor what they did. */
void workload_pass_time(struct workload *workload, struct world *world, struct auditor *auditor);

/* Some old rows are taken away. Of these, nobody may be waiting for an answer. */
void workload_archive(struct workload *workload, struct world *world, struct auditor *auditor);

/* Between the naming of a whole session's holds and their loading: a little, or nothing. */
void workload_slip_time(struct workload *workload, struct world *world, struct auditor *auditor);

uint32_t workload_batch(struct workload *workload);
enum commit workload_commit(struct workload *workload);

/* How many percent of the lost commands are decided again now: mostly all or none. */
uint32_t workload_recall(struct workload *workload);
/* A row that is ACTIVE. NULL: there is none. */
const struct hold *workload_any_active(struct workload *workload, const struct world *world);

void workload_command(
	struct workload *workload, const struct world *world, struct command *command);

#endif
