/*
 * Who works on what: the variants, holds and sessions of jobs that are in some committer's hands.
 * Two committers that want the same row only wait for each other's COMMIT; so while one has a
 * variant, its next jobs gather for one batch, and the other committer takes jobs of other
 * variants. The database's locks decide; this only spares them. Whoever calls holds the queue's
 * lock.
 */
#ifndef STOK_CLAIMS_H
#define STOK_CLAIMS_H

#include <stdbool.h>
#include <stdint.h>

#include "command.h"

/* Ids share places, and two that do wait for each other in vain; of 64 in hand, that is one in 64.
 */
#define CLAIMS_MAX 4096

struct claims {
	uint64_t round;
	struct claim {
		uint32_t in_hand;      /* lines that committers have */
		uint64_t passed_round; /* a job that waits was passed over in this round */
	} places[CLAIMS_MAX];
};

/* A new look at the jobs that wait, from the first one on. */
void claims_begin_round(struct claims *claims);

/* True: some of what it wants is in hand, or is wanted by one before it that was passed over. */
bool claims_conflict(const struct claims *claims, const struct command *command);

/* Those behind it that want any of the same stay behind it. */
void claims_pass_over(struct claims *claims, const struct command *command);

void claims_take(struct claims *claims, const struct command *command);
void claims_release(struct claims *claims, const struct command *command);

#endif
