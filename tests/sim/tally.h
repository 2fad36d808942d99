/* Counts what happened in the simulation, so that it can be seen that all of it did. */
#ifndef STOK_SIM_TALLY_H
#define STOK_SIM_TALLY_H

#include <stdint.h>

#include "command.h"
#include "outcome.h"
#include "stock.h"

/* What an answer's code does not tell. */
enum event {
	/* a line of a reserve whose key was here before shows a hold that... */
	EVENT_REPLAY_LIVE,
	EVENT_REPLAY_SOLD,
	EVENT_REPLAY_CANCELLED, /* by its customer or an operator */
	EVENT_REPLAY_EXPIRED,	/* and is not swept */
	EVENT_REPLAY_SWEPT,
	EVENT_REPLAY_PART, /* was archived, not all of it */
	EVENT_REPLAY_TWIN, /* was made in the same batch */
	/* a request found what it did in a lost COMMIT */
	EVENT_FOUND_RESERVE,
	EVENT_FOUND_RESERVE_ENDED, /* and the hold was ended since */
	EVENT_FOUND_REPLACED,	   /* with what it replaced */
	EVENT_FOUND_CANCEL,
	EVENT_FOUND_CONVERT,
	EVENT_FOUND_REVIVAL,
	EVENT_FOUND_MERGE,
	EVENT_FOUND_PART, /* a line of it was done, another one is done now: it happens seldom */
	/* it found nothing, and did it now */
	EVENT_ANEW_RESERVE,
	EVENT_ANEW_CANCEL,
	EVENT_ANEW_CONVERT,
	EVENT_ANEW_MERGE,
	/* a new hold took the place of one... */
	EVENT_REPLACED,
	EVENT_REPLACED_OTHER, /* of another variant */
	EVENT_REPLACED_NONE,  /* that had expired */
	EVENT_KEPT,	      /* or was short, and left a live one where it was */
	/* the operator's limit that was reached */
	EVENT_LIMIT_QUANTITY,
	EVENT_LIMIT_HOLDS,
	EVENT_LIMIT_UNITS,
	/* a hold was extended... */
	EVENT_EXTENDED_TO_CAP,
	EVENT_EXTENDED_NOT, /* to no later than before */
	/* whole sessions */
	EVENT_EXTENDED_ALL,
	EVENT_EXTENDED_NONE,
	EVENT_PASSED_OVER, /* a hold that was named had ended, or was another's, meanwhile */
	EVENT_MERGED_NONE,
	EVENT_MERGED_SELF, /* into itself: the user only */
	EVENT_MORE,	   /* holds than lines: it happens seldom */
	/* batches */
	EVENT_COMMIT_DONE,
	EVENT_COMMIT_UNDONE,
	EVENT_LOST_TWICE, /* a command in two lost COMMITs */
	EVENT_COUNT,
};

/* How often what was answered. Actions are counted by `enum action`. */
struct tally {
	uint64_t commands;
	uint64_t requests[ACTION_METRICS + 1][CODE_COUNT];
	uint64_t lines[ACTION_METRICS + 1][CODE_COUNT];
	uint64_t again[ACTION_METRICS + 1];
	uint64_t events[EVENT_COUNT];
	uint64_t swept;
};

/* A command was just decided, and nothing is saved yet. Returns a set of bits, one for an event. */
uint64_t tally_events(
	const struct command *command, struct stock *stock, const struct outcome *outcome);

/* It is answered, or must come back. The events are those of its decision. */
void tally_answer(struct tally *tally, const struct command *command, const struct outcome *outcome,
	uint64_t events);

#endif
