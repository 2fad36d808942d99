#include "store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "row.h"
#include "sql.h"
#include "store_private.h"

/* Locks are the server's, so their names have the database's, and 64 characters at most. */
#define CLEANUP_LOCK "CONCAT('stok.cleanup.',LEFT(SHA2(DATABASE(),256),32))"

struct store *store_open(const char *option_file)
{
	struct store *store = calloc(1, sizeof(*store));

	if (store == NULL)
		return NULL;
	text_init(&store->statement, store->memory, sizeof(store->memory));
	store->connection = connection_new(option_file);
	if (store->connection == NULL) {
		store_close(store);
		return NULL;
	}
	return store;
}

void store_close(struct store *store)
{
	if (store == NULL)
		return;
	connection_free(store->connection);
	free(store);
}

static void read_number(void *context, char **columns)
{
	int64_t *number = context;

	*number = row_signed(columns[0]);
}

enum store_status store_select_number(struct store *store, const char *question, int64_t *number)
{
	text_clear(&store->statement);
	text_add(&store->statement, question);
	*number = 0;
	return connection_select(store->connection, &store->statement, read_number, number);
}

enum store_status store_read_clock(struct store *store, int64_t *now_ms)
{
	return store_select_number(store,
		"SELECT TIMESTAMPDIFF(MICROSECOND,'1970-01-01',UTC_TIMESTAMP(3)) DIV 1000", now_ms);
}

/* save */

/* One INSERT of many rows gets ids in its order, but clusters step by more than one. */
static void number_new_holds(struct store *store, struct stock *stock)
{
	uint64_t id = connection_first_id(store->connection);

	for (uint32_t i = stock->named_count; i < stock->hold_count; i++) {
		if (stock->holds[i].id != 0)
			continue;
		stock->holds[i].id = id;
		stock->holds[i].changed = 0;
		id += connection_id_step(store->connection);
	}
}

enum store_status store_save(struct store *store, struct stock *stock, bool commit)
{
	struct text *statement = &store->statement;
	enum store_status status = STORE_OK;
	uint32_t count;

	text_clear(statement);
	count = sql_update_holds(statement, stock);
	count += sql_insert_holds(statement, stock);
	count += sql_update_variants(statement, stock);
	if (commit) {
		sql_add_commit(statement);
		count++;
	}
	if (count > 0)
		status = connection_run_all(store->connection, statement, count, commit);
	if (status == STORE_OK)
		number_new_holds(store, stock);
	return status;
}

/* next release */

struct release_reading {
	struct release *asks;
	uint32_t count;
};

static void read_release(void *context, char **columns)
{
	struct release_reading *reading = context;
	uint64_t variant = row_unsigned(columns[0]);

	for (uint32_t i = 0; i < reading->count; i++) {
		struct release *ask = &reading->asks[i];

		if (ask->variant_id != variant)
			continue;
		ask->own_is_first = strcmp(ask->session_id, columns[1]) == 0;
		if (!ask->own_is_first)
			ask->expires_at_ms = row_signed(columns[2]);
	}
}

static enum store_status read_releases(
	struct store *store, struct release_reading *reading, const char *but_of, int64_t now_ms)
{
	sql_next_releases(&store->statement, &store->variants, but_of, now_ms);
	return connection_select(store->connection, &store->statement, read_release, reading);
}

/* Asks once more for a session, for all variants at once of which its own hold ends first. */
static enum store_status read_releases_of_others(
	struct store *store, int64_t now_ms, struct release *asks, uint32_t count)
{
	struct release_reading reading = {.asks = asks, .count = count};

	store->variants.count = 0;
	for (uint32_t i = 0; i < count; i++) {
		if (asks[i].own_is_first)
			id_list_add(&store->variants, asks[i].variant_id);
	}
	if (store->variants.count == 0)
		return STORE_OK;
	return read_releases(store, &reading, asks[0].session_id, now_ms);
}

/* The first hold of the variant answers all sessions but its own. A session's asks stand together.
 */
enum store_status store_next_release(
	struct store *store, int64_t now_ms, struct release *asks, uint32_t count)
{
	struct release_reading reading = {.asks = asks, .count = count};
	enum store_status status;
	uint32_t end;

	store->variants.count = 0;
	for (uint32_t i = 0; i < count; i++) {
		asks[i].expires_at_ms = 0;
		asks[i].own_is_first = false;
		id_list_add(&store->variants, asks[i].variant_id);
	}
	if (count == 0)
		return STORE_OK;
	status = read_releases(store, &reading, NULL, now_ms);
	for (uint32_t i = 0; i < count && status == STORE_OK; i = end) {
		for (end = i + 1; end < count; end++) {
			if (strcmp(asks[end].session_id, asks[i].session_id) != 0)
				break;
		}
		status = read_releases_of_others(store, now_ms, &asks[i], end - i);
	}
	return status;
}

enum store_status store_was_closed_by(
	struct store *store, uint64_t hold, const char *request_id, bool *yes)
{
	enum store_status status = connection_open(store->connection);
	int64_t number = 0;

	if (status == STORE_OK) {
		sql_was_closed_by(&store->statement, hold, request_id);
		status = connection_select(
			store->connection, &store->statement, read_number, &number);
	}
	if (status == STORE_OK)
		connection_rollback(store->connection);
	*yes = number == 1;
	return status;
}

enum store_status store_commit(struct store *store)
{
	text_clear(&store->statement);
	sql_add_commit(&store->statement);
	return connection_run_all(store->connection, &store->statement, 1, true);
}

/* cleanup and readiness */

enum store_status store_lock_cleanup(struct store *store, bool *mine)
{
	enum store_status status = connection_open(store->connection);
	int64_t got = 0;

	if (status == STORE_OK)
		status = store_select_number(store, "SELECT GET_LOCK(" CLEANUP_LOCK ",0)", &got);
	*mine = got == 1;
	return status;
}

void store_unlock_cleanup(struct store *store)
{
	int64_t ignored;

	if (connection_is_open(store->connection) &&
		store_select_number(store, "SELECT RELEASE_LOCK(" CLEANUP_LOCK ")", &ignored) ==
			STORE_OK)
		connection_rollback(store->connection);
}

enum store_status store_count_expired(struct store *store, int64_t *count)
{
	enum store_status status = connection_open(store->connection);
	int64_t number = 0;

	if (status == STORE_OK) {
		sql_count_expired(&store->statement);
		status = connection_select(
			store->connection, &store->statement, read_number, &number);
	}
	if (status == STORE_OK)
		connection_rollback(store->connection);
	*count = number;
	return status;
}

enum store_status store_schema_version(struct store *store, uint64_t *version)
{
	enum store_status status = connection_open(store->connection);
	int64_t number = 0;

	if (status == STORE_OK)
		status = store_select_number(store, "SELECT MAX(version) FROM StokSchema", &number);
	if (status == STORE_OK)
		connection_rollback(store->connection);
	*version = number > 0 ? (uint64_t)number : 0;
	return status;
}
