/*
 * The auditor watches every decision. He keeps his own books, foretells every answer from them,
 * and compares: answers, the rows in hand after every command, the tables after every batch. When
 * the answer of a COMMIT is lost he alone knows what it did; at the end everyone must have been
 * answered once, and all that happened must have been told once, by the one who did it.
 */
#ifndef STOK_SIM_AUDITOR_H
#define STOK_SIM_AUDITOR_H

#include <stdbool.h>
#include <stdint.h>

#include "command.h"
#include "foretell.h"
#include "ledger.h"
#include "outcome.h"
#include "stock.h"
#include "world.h"

#define AUDITOR_ASKED_MAX (4 * BATCH_MAX)

struct auditor {
	struct ledger ledger;
	struct ledger
		before; /* the books before a batch that may be undone; empty: there is none */
	int64_t now;
	uint64_t last_id;

	/* requests that were not answered yet */
	uint32_t asked_count;
	char asked[AUDITOR_ASKED_MAX][REQUEST_ID_LENGTH + 1];

	/* the batch at hand */
	uint32_t unswept; /* when it began */
	bool again;	  /* some command must come back */
	uint32_t hold_count;
	uint32_t places[STOCK_HOLDS_MAX];    /* hold of the stock -> promise */
	int64_t excess[LEDGER_ACCOUNTS_MAX]; /* units promised beyond those on hand */
	struct verdict verdict;		     /* of the last command */

	/* the first violation */
	bool accused;
	char accusation[512];
};

/* Takes stock of the tables as they are at the beginning. */
void auditor_open(struct auditor *auditor, const struct world *world);
void auditor_close(struct auditor *auditor);

/* An operator did something by hand. */
void auditor_note_stock(struct auditor *auditor, uint64_t variant_id, int64_t units, int64_t now);
void auditor_note_withdrawn(struct auditor *auditor, uint64_t id, int64_t now);
void auditor_note_archived(struct auditor *auditor, uint64_t id);

/* A request came in. */
void auditor_watch_request(struct auditor *auditor, const struct command *command);

/* The holds of a whole session were named in a command; `before` is how it was until then. */
void auditor_watch_naming(struct auditor *auditor, const struct command *before,
	const struct command *command, int64_t now);

/* What follows may be undone, or not. */
void auditor_keep_books(struct auditor *auditor);
void auditor_undo(struct auditor *auditor);

/*
 * A batch: its rows are loaded; a command was decided (stock and answer); all was saved; a command
 * was answered.
 */
void auditor_watch_batch(struct auditor *auditor, const struct stock *stock, int64_t now);
void auditor_watch_decision(struct auditor *auditor, const struct command *command,
	const struct stock *stock, const struct outcome *outcome);
void auditor_watch_save(
	struct auditor *auditor, const struct stock *stock, const struct world *world);
void auditor_watch_answer(
	struct auditor *auditor, const struct command *command, const struct outcome *outcome);

/* Compares the whole tables with the books. */
void auditor_check_all(struct auditor *auditor, const struct world *world);

/* Nothing is left to be done: everyone and everything was told. */
void auditor_check_end(struct auditor *auditor);

#endif
