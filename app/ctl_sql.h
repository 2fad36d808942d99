/* The operator's statements, as text. Nothing here talks to a database. */
#ifndef STOK_CTL_SQL_H
#define STOK_CTL_SQL_H

#include <stdbool.h>
#include <stdint.h>

#include "stock.h"
#include "text.h"

/* Milliseconds since the epoch, by the database's clock. */
void ctl_sql_now(struct text *text);

/* The greatest ids: of holds, of variants. */
void ctl_sql_last_ids(struct text *text);

/* Columns in the order of enum hold_column. The next holds after an id; all of some ids. */
void ctl_sql_holds_after(struct text *text, uint64_t after, uint32_t limit);
void ctl_sql_hold(struct text *text, uint64_t id);

/* Columns in the order of enum book_column, of the next variants after an id. */
enum book_column { BOOK_ID, BOOK_STOCK, BOOK_RESERVED, BOOK_SUM };
void ctl_sql_books_after(struct text *text, uint64_t after, uint32_t limit);
void ctl_sql_book(struct text *text, uint64_t variant);

/*
 * Of the holds after `after`, up to `last`: id and status (a number) of those whose variant does
 * not exist, or whose status is none. A healthy table has no such rows.
 */
void ctl_sql_strangers(struct text *text, uint64_t after, uint64_t last);

/*
 * Locks a variant, or a hold, until the transaction ends. `to_write`: nobody else may lock it
 * meanwhile; else nobody may write it, which needs no right but to read.
 */
void ctl_sql_lock_variant(struct text *text, uint64_t variant, bool to_write);
void ctl_sql_lock_hold(struct text *text, uint64_t hold, bool to_write);

/* Repairs. Each ends in COMMIT, and is to be run as two statements. */
void ctl_sql_move_reserved(struct text *text, uint64_t variant, int64_t delta);
void ctl_sql_end_by(struct text *text, const struct hold *hold, int64_t expires_at_ms);
void ctl_sql_complete_end(
	struct text *text, const struct hold *hold, int64_t closed_at_ms, bool by_operator);

/* Closed holds to be archived: ids after `after`, closed before a time. */
void ctl_sql_closed_after(struct text *text, uint64_t after, int64_t before_ms, uint32_t limit);

/* Locks these holds, in ascending order, and reads them. */
void ctl_sql_lock_closed(struct text *text, const uint64_t *ids, uint32_t count);

/* Deletes these; ends in COMMIT, as above. */
void ctl_sql_delete(struct text *text, const uint64_t *ids, uint32_t count);

#endif
