/* Prints commands, answers and counts as comments of TAP. */
#ifndef STOK_SIM_REPORT_H
#define STOK_SIM_REPORT_H

#include "command.h"
#include "foretell.h"
#include "outcome.h"
#include "run.h"

const char *report_action(enum action action);
const char *report_code(enum code code);
const char *report_event(enum event event);

void report_command(const struct command *command);
void report_outcome(const struct outcome *outcome);
void report_verdict(const struct ledger *ledger, const struct verdict *verdict);
void report_tally(const struct tally *tally);

#endif
