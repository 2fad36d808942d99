/*
 * The rules. A decision takes the locked rows, the time and a command; it leaves the changed rows
 * in the stock and tells what happened. It does no I/O, reads no clock and allocates nothing.
 */
#ifndef STOK_DECIDE_H
#define STOK_DECIDE_H

#include "command.h"
#include "outcome.h"
#include "stock.h"

/*
 * Decides one command. `stock` holds all variants and holds that it names (see plan.h); what is
 * not there does not exist. `now_ms` is the database's time, since the epoch, read after the locks
 * were held. Handles reserve, cancel, convert,
 * extend, merge and cleanup.
 *
 * outcome->again: expired holds beyond those read stand in the way; save what was swept, load and
 * decide again. Nothing of the caller's has changed then.
 */
void decide(struct stock *stock, int64_t now_ms, const struct command *command,
	struct outcome *outcome);

#endif
