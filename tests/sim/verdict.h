/* An answer as it should be, line by line, and the words to put it together. */
#ifndef STOK_SIM_VERDICT_H
#define STOK_SIM_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "command.h"
#include "ledger.h"
#include "outcome.h"

/* One line of the answer. */
struct verdict_line {
	enum code code;
	bool success;
	bool known; /* it is of a promise: the members from there on hold */
	bool done;  /* convert: by this very request, when it was decided before */
	uint64_t id;
	uint32_t released;
	uint64_t replaced; /* reserve: the promise whose place it took; 0: none */
	uint32_t promise;  /* its place in the books */
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
	bool replay; /* reserve: the promises were made to an earlier request */
	enum limit limit;
	int64_t limit_max;
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

/* A new line; of a promise. */
struct verdict_line *verdict_say(struct verdict *verdict, enum code code, bool success);
struct verdict_line *verdict_say_of(struct verdict *verdict, const struct ledger *ledger,
	const struct promise *promise, enum code code, bool success);

void verdict_conclude(struct verdict *verdict, enum code code, bool success);

/* A list succeeds if one of its lines does; else its first line's code is its own. */
void verdict_conclude_lines(struct verdict *verdict, enum code success);

/* The word for a whole request whose decisive line has this code. */
enum code verdict_request_code(enum code line_code);

/* Where an earlier line of the command names the same hold; -1: none does. */
int32_t verdict_earlier_hold(const struct command *command, uint32_t index);

/* Those that name a hold again are answered as its first line. */
void verdict_repeat_lines(const struct command *command, struct verdict *verdict);

/* Lines show their rows as these stand now; but what is told to have run out, as swept. */
void verdict_show_rows(const struct ledger *ledger, struct verdict *verdict);

#endif
