/* What the decisions share: which rows a command may see, and what it did itself. */
#ifndef STOK_RULES_H
#define STOK_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "command.h"
#include "outcome.h"
#include "stock.h"

/*
 * The hold with that id. NULL: there is none, or the command gives a session and it is another's:
 * a foreign hold is as unknown as a missing one.
 */
struct hold *rules_owned_hold(struct stock *stock, const struct command *command, uint64_t id);

/* The variant of a hold that was found. */
struct variant *rules_variant_of(struct stock *stock, const struct hold *hold);

/* This very request closed the hold; done_before: in a COMMIT that it lost sight of. */
bool rules_closed_by(const struct hold *hold, const struct command *command);
bool rules_done_before(const struct hold *hold, const struct command *command);

/* True: a reserve with this key was here before, and this one is answered like it. */
bool rules_replay(struct stock *stock, int64_t now_ms, const struct command *command,
	struct outcome *outcome);

/* The decisions of one kind of command each; see decide(). */
void rules_reserve(struct stock *stock, int64_t now_ms, const struct command *command,
	struct outcome *outcome);
void rules_convert(struct stock *stock, int64_t now_ms, const struct command *command,
	struct outcome *outcome);
void rules_extend(struct stock *stock, int64_t now_ms, const struct command *command,
	struct outcome *outcome);
void rules_merge(struct stock *stock, int64_t now_ms, const struct command *command,
	struct outcome *outcome);

#endif
