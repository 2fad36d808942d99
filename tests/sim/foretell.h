/* What the rules say a command must come to, told from the auditor's books alone. */
#ifndef STOK_SIM_FORETELL_H
#define STOK_SIM_FORETELL_H

#include <stdint.h>

#include "command.h"
#include "ledger.h"
#include "verdict.h"

/*
 * Whether a request was decided before, in a COMMIT whose answer was lost, is told by the books
 * too: they have its name where it made, ended or moved something. Of the command it is taken only
 * where a merge may tell of more than that.
 *
 * Tells the verdict, and enters what it changes in the books: new promises without ids, sales,
 * what was given back or replaced, what lasts longer or is another's now. Sweeping is not foretold:
 * it may happen at any time.
 */
void foretell(
	struct ledger *ledger, int64_t now, const struct command *command, struct verdict *verdict);

/* Of one kind of command each. */
void foretell_reserve(
	struct ledger *ledger, int64_t now, const struct command *command, struct verdict *verdict);
void foretell_convert(
	struct ledger *ledger, int64_t now, const struct command *command, struct verdict *verdict);
void foretell_extend(
	struct ledger *ledger, int64_t now, const struct command *command, struct verdict *verdict);
void foretell_merge(
	struct ledger *ledger, int64_t now, const struct command *command, struct verdict *verdict);

/* The promise, if its owner asks, or somebody who need not say who he is. NULL: unknown. */
struct promise *foretell_shown(
	const struct ledger *ledger, const struct command *command, uint64_t id);

/* The promise holds: nobody ended it, and its time has not come. */
bool foretell_holds(const struct promise *promise, int64_t now);

/* Whether a merge is to make this promise over. */
bool foretell_is_to_move(const struct promise *promise, int64_t now, const struct command *command);

/* It was ended by this very request, in a round before. */
bool foretell_ended_before(const struct promise *promise, const struct command *command);

#endif
