/*
 * The tables, as the operator's program reads and changes them: by ranges of ids, in short reads
 * that are asked again when the connection is lost. What cannot be had is told on standard error.
 */
#ifndef STOK_CTL_TABLE_H
#define STOK_CTL_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "connection.h"
#include "must_check.h"
#include "stock.h"
#include "text.h"

#define TABLE_ROWS_MAX 2000 /* of one read: some 20 ms, and less than a megabyte */

struct table {
	struct connection *connection;
	struct text statement; /* to be written, then run */

	/* the walk through the holds */
	struct hold *rows;
	uint32_t row_count;
	uint32_t next;
	uint64_t after;
	bool at_end;
	bool failed;
};

/* `option_file` is borrowed. False: the database is not to be had; close it all the same. */
bool table_open(struct table *table, const char *option_file) MUST_CHECK;
void table_close(struct table *table);

/* Runs table->statement, which reads and locks nothing, and is asked again where that helps. */
bool table_read(struct table *table, row_reader *row, void *context) MUST_CHECK;

/* The same within a transaction: tried once. STORE_OK, or it was rolled back. */
enum store_status table_try(struct table *table, row_reader *row, void *context) MUST_CHECK;

/*
 * Runs table->statement, two statements of which the last is COMMIT. STORE_UNKNOWN: look what has
 * become of it.
 */
enum store_status table_commit(struct table *table) MUST_CHECK;

/* Between two tries. */
void table_pause(void);

bool table_now(struct table *table, int64_t *now_ms) MUST_CHECK;

/* 0: the table is empty. */
bool table_last_ids(struct table *table, uint64_t *hold, uint64_t *variant) MUST_CHECK;

/* One hold as it stands now. *found says whether it is there. */
bool table_hold(struct table *table, uint64_t id, struct hold *hold, bool *found) MUST_CHECK;

/*
 * The next hold by ascending ids; it stays until the next call. NULL: no more, or table->failed.
 * table_next_range: the same of many, *count of them.
 */
const struct hold *table_next(struct table *table);
const struct hold *table_next_range(struct table *table, uint32_t *count);

#endif
