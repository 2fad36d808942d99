/*
 * The rows in the database: loads what a batch of commands needs into a stock, saves what the
 * decisions changed. One transaction at a time, on a connection of its own; owned by one thread.
 *
 * Every call but store_open may fail with the environment (enum store_status). Then the transaction
 * is rolled back, and nothing of it happened; but STORE_UNKNOWN, after COMMIT was sent, leaves that
 * open.
 */
#ifndef STOK_STORE_H
#define STOK_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "command.h"
#include "connection.h"
#include "limits.h"
#include "plan.h"
#include "stock.h"
#include "must_check.h"

struct store;

/* `option_file` is borrowed. Does not connect; NULL: out of memory. */
struct store *store_open(const char *option_file);
void store_close(struct store *store);

/* What is done about a variant that another transaction has locked. */
enum store_locking {
	STORE_WAIT, /* wait for it, 1 s at most: then STORE_BUSY */
	STORE_SKIP, /* leave out the commands that name it, or a locked hold */
};

/* What store_load read. */
struct loading {
	int64_t now_ms; /* the database's time after the locks were held, since the epoch */
	bool blocked[BATCH_MAX]; /* STORE_SKIP: this command was left out, and must not be decided
				  */
	uint64_t blocked_on[BATCH_MAX]; /* because of this variant; 0: because of a hold's row */
	int64_t cleanup_ms;		/* cleanup: the last hold that its step looked at */
	uint64_t cleanup_id;
};

/*
 * Names the live holds of a whole session in the command's lines (see command.h), before it is
 * loaded. Without a lock: what came since is left out, and what left is looked at anew.
 */
enum store_status store_find_session_holds(struct store *store, struct command *command) MUST_CHECK;

/*
 * Locks and reads the rows that the commands name, variants in ascending id, then holds, and the
 * expired holds of variants that may prove short. Connects if it must. Stock and loading are
 * overwritten.
 */
enum store_status store_load(struct store *store, const struct command *const *commands,
	uint32_t count, enum store_locking locking, struct stock *stock,
	struct loading *loading) MUST_CHECK;

/*
 * Writes what changed, and gives new holds their ids. `commit`: ends the transaction with it; after
 * STORE_OK it is durable.
 */
enum store_status store_save(struct store *store, struct stock *stock, bool commit) MUST_CHECK;

/* The earliest end of a live hold of a variant, but of this session. */
struct release {
	uint64_t variant_id;
	const char *session_id;
	int64_t expires_at_ms; /* 0: there is none */
	bool own_is_first;     /* the hold that ends first is the session's own */
};

/*
 * When the next hold of another session ends, for each ask, as the transaction sees it now: one
 * SELECT, and one more for each run of asks of a session whose own holds end first.
 */
enum store_status store_next_release(
	struct store *store, int64_t now_ms, struct release *asks, uint32_t count) MUST_CHECK;

/* Whether this request has closed that hold, as it stands committed. Between transactions. */
enum store_status store_was_closed_by(
	struct store *store, uint64_t hold, const char *request_id, bool *yes) MUST_CHECK;

/* A live hold of a list, and what stands of a variant. Times are since the epoch. */
struct listed {
	uint64_t id;
	uint64_t variant_id;
	uint32_t quantity;
	int64_t expires_at_ms;
};
struct availability {
	uint64_t variant_id;
	int64_t available;	 /* units; those of expired holds count, swept or not */
	int64_t next_release_ms; /* when the next live hold ends; 0: there is none */
};

/*
 * The session's live holds behind an id (command->after_id), by id: LINES_MAX + 1 at most, which
 * `listed` has room for. Between transactions, as store_availability.
 */
enum store_status store_list(struct store *store, const struct command *command,
	struct listed *listed, uint32_t *count, int64_t *now_ms) MUST_CHECK;

/* What is available of those of the variants that exist, BATCH_LINES_MAX at most, in any order. */
enum store_status store_availability(struct store *store, const struct id_list *variants,
	struct availability *found, uint32_t *count, int64_t *now_ms) MUST_CHECK;

/* Ends a transaction that was saved before. After STORE_OK it is durable. */
enum store_status store_commit(struct store *store) MUST_CHECK;

/*
 * One cleanup at a time, over all processes and hosts of this database: *mine says whether this
 * connection may. The lock ends with the connection.
 */
enum store_status store_lock_cleanup(struct store *store, bool *mine) MUST_CHECK;
void store_unlock_cleanup(struct store *store);

/* Expired holds that are not swept yet. */
enum store_status store_count_expired(struct store *store, int64_t *count) MUST_CHECK;

/* The number of the newest migration that was applied. */
enum store_status store_schema_version(struct store *store, uint64_t *version) MUST_CHECK;

#endif
