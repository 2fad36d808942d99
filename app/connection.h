/*
 * One connection to the database. The only file that knows the client library, and the only one
 * that knows what the server's error numbers mean. Owned by one thread.
 */
#ifndef STOK_CONNECTION_H
#define STOK_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "text.h"
#include "must_check.h"

/* How an exchange with the database ended. */
enum store_status {
	STORE_OK,
	STORE_RETRY,   /* deadlock, or a twin's key: rolled back, worth another try */
	STORE_BUSY,    /* a lock was not to be had in time: rolled back */
	STORE_LOST,    /* the connection is gone, and nothing happened */
	STORE_UNKNOWN, /* COMMIT may have happened */
	STORE_FAILED,  /* the statement itself cannot be done */
};

struct connection;

/* `option_file`: a MySQL option file with a group [stok]; borrowed. Does not connect. */
struct connection *connection_new(const char *option_file);
void connection_free(struct connection *connection);

/*
 * Connects unless connected. STORE_LOST at once while it backs off after a failure; else after at
 * most one attempt (about 1 s).
 */
enum store_status connection_open(struct connection *connection) MUST_CHECK;

bool connection_is_open(const struct connection *connection);

/* Any failure of a statement has rolled the transaction back. */

/* A statement with an answer: `row` gets every row's columns, NULL for NULL. */
typedef void row_reader(void *context, char **columns);
enum store_status connection_select(struct connection *connection, const struct text *statement,
	row_reader *row, void *context) MUST_CHECK;

/*
 * So many statements without answers, separated by ";": sent together, for one wait instead of
 * many. The first that fails is the last one tried. `commits`: the last one is COMMIT;
 * STORE_UNKNOWN, if it failed in a way that leaves open whether it happened.
 */
enum store_status connection_run_all(struct connection *connection, const struct text *statements,
	uint32_t count, bool commits) MUST_CHECK;

/* Gives all locks back; drops the connection if that fails. */
void connection_rollback(struct connection *connection);

/* Of the last INSERT, of many rows: the first id, and the step to the next. */
uint64_t connection_first_id(const struct connection *connection);
uint64_t connection_id_step(const struct connection *connection);

/* SYSDATE() tells the time when it is asked; on some servers, that of its statement's beginning. */
bool connection_has_true_sysdate(const struct connection *connection);

/* ProductVariant is a table, not a view over the shop's own. */
bool connection_variants_are_table(const struct connection *connection);

/* The client library's own state: of the process, before its first thread; of each thread. */
bool connection_library_begin(void) MUST_CHECK;
void connection_library_end(void);
void connection_thread_begin(void);
void connection_thread_end(void);

#endif
