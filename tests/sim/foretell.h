/* What the rules say a command must come to, told from the auditor's books alone. */
#ifndef STOK_SIM_FORETELL_H
#define STOK_SIM_FORETELL_H

#include <stdbool.h>
#include <stdint.h>

#include "command.h"
#include "ledger.h"
#include "outcome.h"

/* One line of the answer. */
struct verdict_line {
	enum code code; /* not told of a line of a refused reserve: its request's says it */
	bool success;
	bool known; /* the members below `released` hold */
	bool done;  /* convert: by this very request, when it was decided before */
	uint64_t id;
	uint32_t released;
	uint32_t promise; /* its place in the books */
	uint64_t variant_id;
	enum hold_status status;
	enum cancel_reason reason;
	int64_t requested;
	int64_t available;
	int64_t on_hand;
};

struct verdict {
	enum code code;
	bool success;
	bool replay;   /* reserve: the promises were made to an earlier request */
	uint32_t made; /* new promises: the last ones of the books */
	uint32_t line_count;
	struct verdict_line lines[LINES_MAX];
};

/* What the row of a promise looks like. */
struct row_view {
	enum hold_status status;
	enum cancel_reason reason;
	int64_t closed_at;
	const char *closed_by;
};

struct row_view view_row(const struct promise *promise);

/*
 * Whether a request was decided before, in a COMMIT whose answer was lost, is told by the books
 * too: they have its name where it made or ended something. Of the command nothing is taken for it.
 *
 * Tells the verdict, and enters what it changes in the books: new promises without ids, sales,
 * and what was given back. Sweeping is not foretold: it may happen at any time.
 */
void foretell(
	struct ledger *ledger, int64_t now, const struct command *command, struct verdict *verdict);

#endif
