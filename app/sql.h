/* The statements, as text. Nothing here talks to a database. */
#ifndef STOK_SQL_H
#define STOK_SQL_H

#include <stdbool.h>
#include <stdint.h>

#include "command.h"
#include "plan.h"
#include "stock.h"
#include "text.h"

/* The order of columns in what the SELECTs of the same name answer. */
enum variant_column {
	VARIANT_ID,
	VARIANT_STOCK,
	VARIANT_RESERVED,
	VARIANT_NOW, /* the time when it was locked */
	VARIANT_COLUMNS
};
enum hold_column {
	HOLD_ID,
	HOLD_VARIANT_ID,
	HOLD_USER_ID,
	HOLD_QUANTITY,
	HOLD_STATUS,
	HOLD_REASON,
	HOLD_CREATED_AT,
	HOLD_EXPIRES_AT,
	HOLD_CLOSED_AT,
	HOLD_SESSION_ID,
	HOLD_ORDER_ID,
	HOLD_CREATED_REQUEST_ID,
	HOLD_CLOSED_REQUEST_ID,
	HOLD_IDEMPOTENCY_KEY, /* in hexadecimal, as the body */
	HOLD_IDEMPOTENCY_LINE,
	HOLD_IDEMPOTENCY_BODY,
	HOLD_NOW, /* the time when it was locked */
	HOLD_COLUMNS
};

/*
 * Locks the variants in ascending order. `table_is_base`: ProductVariant is a table; a view takes
 * no index hint of ours, it carries its own. `skip_locked`: those that another transaction has
 * locked are left out, instead of being waited for.
 */
void sql_lock_variants(
	struct text *text, const struct id_list *variants, bool table_is_base, bool skip_locked);

/* Which of the variants exist, locked or not. */
void sql_existing_variants(struct text *text, const struct id_list *variants);

/* id, variantId of holds, unlocked: a hold never changes its variant. */
void sql_variants_of_holds(struct text *text, const struct id_list *holds);

/*
 * Ids of the holds made under the keys of commands that look back, for as many lines as each
 * command has; false: no command does.
 */
bool sql_holds_of_keys(struct text *text, const struct command *const *commands, uint32_t count);

/* Adds a SELECT of all columns of holds, up to its FROM; what follows is the caller's. */
void sql_add_hold_select(struct text *text);

/* Locks the holds in ascending order; `skip_locked` as above. */
void sql_lock_holds(struct text *text, const struct id_list *holds, bool skip_locked);

/*
 * sessionId, how many live holds and units, of the sessions of limited commands that hold
 * something; false: no command is limited.
 */
bool sql_sessions(
	struct text *text, const struct command *const *commands, uint32_t count, int64_t now_ms);

/*
 * Ids of the session's holds that are live by the database's present time and that the command
 * (extend, merge) is about, one more than LINES_MAX at most, those that end first first, but to be
 * extended those that can be before those that cannot; unlocked.
 */
void sql_session_holds(struct text *text, const struct command *command);

/* In the order of enum list_column: live holds of the session behind the id, one more than
 * LINES_MAX at most, by id; one row with NULLs where there is none. */
enum list_column {
	LIST_ID,
	LIST_VARIANT_ID,
	LIST_QUANTITY,
	LIST_EXPIRES_AT,
	LIST_NOW, /* the time of the statement */
	LIST_COLUMNS
};
void sql_list(struct text *text, const struct command *command);

/*
 * In the order of enum availability_column: what stands of each variant that exists, at one moment.
 * Of holds only the expired ones are read, and the next one to end.
 */
enum availability_column {
	AVAILABILITY_ID,
	AVAILABILITY_STOCK,
	AVAILABILITY_RESERVED,
	AVAILABILITY_EXPIRED, /* units in expired holds that are not swept; NULL: none */
	AVAILABILITY_NEXT,    /* when the next live hold ends; NULL: there is none */
	AVAILABILITY_NOW,     /* the time of the statement */
	AVAILABILITY_COLUMNS
};
void sql_availability(struct text *text, const struct id_list *variants);

/* Which of the variants have expired holds that are not swept; unlocked. */
void sql_variants_with_expired(struct text *text, const struct id_list *variants, int64_t now_ms);

/* Locks the expired holds of each variant, at most `limit` of each, oldest first. */
void sql_expired_of_variants(struct text *text, const struct id_list *variants, int64_t now_ms,
	uint32_t limit, bool skip_locked);

/*
 * Expired holds of all variants by the database's present time, oldest first, after the one that
 * ended a cleanup's step before: id, variantId, expiresAt.
 */
void sql_expired(struct text *text, const struct command *cleanup, uint32_t limit);
void sql_count_expired(struct text *text);

/* 1 if that request has closed the hold, 0 if not. */
void sql_was_closed_by(struct text *text, uint64_t hold, const char *request_id);

/*
 * Each adds statements that write what changed, behind a ";" if there is one already, and tells how
 * many; none where there is nothing to write.
 */
bool sql_insert_holds(struct text *text, const struct stock *stock);
uint32_t sql_update_holds(struct text *text, const struct stock *stock);
bool sql_update_variants(struct text *text, const struct stock *stock);
void sql_add_commit(struct text *text);

/*
 * variantId, sessionId, expiresAt of the live hold that ends first, for each variant that has one;
 * `but_of`: of those that are not this session's; NULL: of all.
 */
void sql_next_releases(
	struct text *text, const struct id_list *variants, const char *but_of, int64_t now_ms);

/* A string constant; `string` is ASCII. */
void sql_quoted(struct text *text, const char *string);

#endif
