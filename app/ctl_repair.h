/*
 * Repairs, each shown before it is made, and made in a transaction of its own that has the
 * variant's lock and looks once more: what is right meanwhile is left alone.
 */
#ifndef STOK_CTL_REPAIR_H
#define STOK_CTL_REPAIR_H

#include <stdbool.h>
#include <stdint.h>

#include "ctl_report.h"
#include "ctl_table.h"
#include "must_check.h"
#include "stock.h"

struct repair {
	struct table *table;
	struct report *report;
	bool on;
	bool yes;      /* without asking */
	bool quit;     /* the operator has had enough */
	uint64_t made; /* changes */
};

/* A variant as a statement sees it. */
struct book {
	uint64_t id;
	int64_t stock;
	int64_t reserved;
	int64_t sum; /* of its ACTIVE holds */
	bool found;
};

/*
 * Reads it while nobody can change it. `to_write`: with the lock to change it, and the transaction
 * stays open; else it is over. False: the database is not to be had.
 */
bool repair_look_at_book(
	struct table *table, uint64_t variant, bool to_write, struct book *book) MUST_CHECK;

/* The same of a hold; *now_ms is the database's time. */
bool repair_look_at_hold(struct table *table, uint64_t variant, uint64_t id, bool to_write,
	struct hold *hold, bool *found, int64_t *now_ms) MUST_CHECK;

/* Mends the counter, or the row, if it can and the operator agrees. False: as above. */
bool repair_book(struct repair *repair, const struct book *book) MUST_CHECK;
bool repair_hold(struct repair *repair, const struct hold *hold, int64_t now_ms) MUST_CHECK;

#endif
