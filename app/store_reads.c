/* What is read without a lock: a session's holds, and what is available. */
#include "store.h"

#include <assert.h>

#include "limits.h"
#include "row.h"
#include "sql.h"
#include "store_private.h"

/* Holds in the order of their ends. */
struct found {
	uint32_t count;
	uint64_t ids[LINES_MAX + 1];
};

static void read_id(void *context, char **columns)
{
	struct found *found = context;

	assert(found->count <= LINES_MAX);
	found->ids[found->count++] = row_unsigned(columns[0]);
}

/* Those that an attempt before this one may have moved stay named: they tell what became of it. */
static void name_holds(struct command *command, const struct found *found)
{
	struct id_list named = {.count = 0};

	if (command->recheck) {
		for (uint32_t i = 0; i < command->line_count; i++)
			id_list_add(&named, command->lines[i].reservation_id);
	}
	command->more = false;
	for (uint32_t i = 0; i < found->count; i++) {
		if (named.count < LINES_MAX)
			id_list_add(&named, found->ids[i]);
		else if (!id_list_has(&named, found->ids[i]))
			command->more = true;
	}
	command->line_count = named.count;
	for (uint32_t i = 0; i < named.count; i++)
		command->lines[i] = (struct command_line){.reservation_id = named.ids[i]};
}

enum store_status store_find_session_holds(struct store *store, struct command *command)
{
	struct found found = {.count = 0};
	enum store_status status = connection_open(store->connection);

	assert(command->whole_session);
	if (status != STORE_OK)
		return status;
	sql_session_holds(&store->statement, command);
	status = connection_select(store->connection, &store->statement, read_id, &found);
	if (status == STORE_OK)
		name_holds(command, &found);
	return status;
}

/* Reads end their transaction, so that the next one sees what is there then. */
static enum store_status end_reading(struct store *store, enum store_status status)
{
	if (status == STORE_OK)
		connection_rollback(store->connection);
	return status;
}

struct listed_reading {
	struct listed *listed;
	int64_t *now_ms;
	uint32_t count;
};

static void read_listed(void *context, char **columns)
{
	struct listed_reading *reading = context;
	struct listed *listed = &reading->listed[reading->count];

	*reading->now_ms = row_signed(columns[LIST_NOW]);
	if (columns[LIST_ID] == NULL)
		return; /* there is none, but it is told when */
	assert(reading->count <= LINES_MAX);
	listed->id = row_unsigned(columns[LIST_ID]);
	listed->variant_id = row_unsigned(columns[LIST_VARIANT_ID]);
	listed->quantity = (uint32_t)row_unsigned(columns[LIST_QUANTITY]);
	listed->expires_at_ms = row_signed(columns[LIST_EXPIRES_AT]);
	reading->count++;
}

enum store_status store_list(struct store *store, const struct command *command,
	struct listed *listed, uint32_t *count, int64_t *now_ms)
{
	struct listed_reading reading = {.listed = listed, .now_ms = now_ms};
	enum store_status status = connection_open(store->connection);

	if (status == STORE_OK) {
		sql_list(&store->statement, command);
		status = connection_select(
			store->connection, &store->statement, read_listed, &reading);
	}
	*count = reading.count;
	return end_reading(store, status);
}

struct availability_reading {
	struct availability *found;
	int64_t *now_ms;
	uint32_t count;
};

static void read_availability(void *context, char **columns)
{
	struct availability_reading *reading = context;
	struct availability *found = &reading->found[reading->count++];
	int64_t available = row_signed(columns[AVAILABILITY_STOCK]) -
			    row_signed(columns[AVAILABILITY_RESERVED]) +
			    row_signed(columns[AVAILABILITY_EXPIRED]);

	assert(reading->count <= BATCH_LINES_MAX);
	found->variant_id = row_unsigned(columns[AVAILABILITY_ID]);
	found->available = available > 0 ? available : 0;
	found->next_release_ms = row_signed(columns[AVAILABILITY_NEXT]);
	*reading->now_ms = row_signed(columns[AVAILABILITY_NOW]);
}

enum store_status store_availability(struct store *store, const struct id_list *variants,
	struct availability *found, uint32_t *count, int64_t *now_ms)
{
	struct availability_reading reading = {.found = found, .now_ms = now_ms};
	enum store_status status = connection_open(store->connection);

	*now_ms = 0;
	if (status == STORE_OK) {
		sql_availability(&store->statement, variants);
		status = connection_select(
			store->connection, &store->statement, read_availability, &reading);
	}
	if (status == STORE_OK && *now_ms == 0) /* no row, so nothing told it */
		status = store_read_clock(store, now_ms);
	*count = reading.count;
	return end_reading(store, status);
}
