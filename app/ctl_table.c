#include "ctl_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ctl_sql.h"
#include "limits.h"
#include "row.h"
#include "sql.h"

#define TRIES_MAX	10
#define STATEMENT_BYTES (64 * 1024) /* the longest names some hundred ids */

bool table_open(struct table *table, const char *option_file)
{
	char *memory = malloc(STATEMENT_BYTES);

	memset(table, 0, sizeof(*table));
	if (memory != NULL)
		text_init(&table->statement, memory, STATEMENT_BYTES);
	table->rows = malloc(TABLE_ROWS_MAX * sizeof(*table->rows));
	table->connection = connection_new(option_file);
	if (memory == NULL || table->rows == NULL || table->connection == NULL) {
		fputs("stokctl: out of memory\n", stderr);
		return false;
	}
	/* The connection has said why. */
	return connection_open(table->connection) == STORE_OK;
}

void table_close(struct table *table)
{
	connection_free(table->connection);
	free(table->rows);
	free(table->statement.bytes);
}

void table_pause(void)
{
	static const struct timespec pause = {.tv_nsec = 300000000};

	nanosleep(&pause, NULL);
}

static enum store_status read_once(struct table *table, row_reader *row, void *context)
{
	enum store_status status = connection_open(table->connection);

	if (status != STORE_OK)
		return status;
	return connection_select(table->connection, &table->statement, row, context);
}

bool table_read(struct table *table, row_reader *row, void *context)
{
	for (int tries = 0; tries < TRIES_MAX; tries++) {
		enum store_status status = read_once(table, row, context);

		if (status == STORE_OK)
			return true;
		if (status == STORE_FAILED)
			break;
		table_pause();
	}
	fputs("stokctl: the database cannot be read\n", stderr);
	return false;
}

enum store_status table_try(struct table *table, row_reader *row, void *context)
{
	if (!connection_is_open(table->connection))
		return STORE_LOST;
	return connection_select(table->connection, &table->statement, row, context);
}

enum store_status table_commit(struct table *table)
{
	return connection_run_all(table->connection, &table->statement, 2, true);
}

static void read_number(void *context, char **columns)
{
	*(int64_t *)context = row_signed(columns[0]);
}

bool table_now(struct table *table, int64_t *now_ms)
{
	ctl_sql_now(&table->statement);
	return table_read(table, read_number, now_ms);
}

struct last_ids {
	uint64_t hold;
	uint64_t variant;
};

static void read_last_ids(void *context, char **columns)
{
	struct last_ids *last = context;

	last->hold = row_unsigned(columns[0]);
	last->variant = row_unsigned(columns[1]);
}

bool table_last_ids(struct table *table, uint64_t *hold, uint64_t *variant)
{
	struct last_ids last = {0};

	ctl_sql_last_ids(&table->statement);
	if (!table_read(table, read_last_ids, &last))
		return false;
	*hold = last.hold;
	*variant = last.variant;
	return true;
}

struct one_hold {
	struct hold *hold;
	bool found;
};

static void read_one(void *context, char **columns)
{
	struct one_hold *one = context;

	row_hold(one->hold, columns);
	one->found = true;
}

bool table_hold(struct table *table, uint64_t id, struct hold *hold, bool *found)
{
	struct one_hold one = {.hold = hold};

	memset(hold, 0, sizeof(*hold));
	ctl_sql_hold(&table->statement, id);
	if (!table_read(table, read_one, &one))
		return false;
	*found = one.found;
	return true;
}

static void read_row(void *context, char **columns)
{
	struct table *table = context;
	struct hold *hold = &table->rows[table->row_count++];

	memset(hold, 0, sizeof(*hold));
	row_hold(hold, columns);
}

const struct hold *table_next_range(struct table *table, uint32_t *count)
{
	table->row_count = 0;
	*count = 0;
	if (table->at_end || table->failed)
		return NULL;
	ctl_sql_holds_after(&table->statement, table->after, TABLE_ROWS_MAX);
	if (!table_read(table, read_row, table)) {
		table->failed = true;
		return NULL;
	}
	table->at_end = table->row_count < TABLE_ROWS_MAX;
	if (table->row_count == 0)
		return NULL;
	table->after = table->rows[table->row_count - 1].id;
	*count = table->row_count;
	return table->rows;
}

const struct hold *table_next(struct table *table)
{
	uint32_t count;

	if (table->next == table->row_count) {
		table->next = 0;
		if (table_next_range(table, &count) == NULL)
			return NULL;
	}
	return &table->rows[table->next++];
}
