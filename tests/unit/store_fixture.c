#include "store_fixture.h"

#include <stdio.h>
#include <string.h>

#define REPLIES_MAX 8
#define ROWS_MAX    120
#define COLUMNS_MAX 17
#define COLUMN_MAX  72

struct store *store;
enum store_status opening, selecting;
uint32_t selects, rollbacks;

static struct reply {
	const char *part;
	uint32_t count;
	char rows[ROWS_MAX][COLUMNS_MAX][COLUMN_MAX];
} replies[REPLIES_MAX];
static uint32_t reply_count;
static struct reply *given;

/* the connection, as played */

struct connection *connection_new(const char *option_file)
{
	return (struct connection *)(uintptr_t)option_file;
}

void connection_free(struct connection *connection)
{
	(void)connection;
}

enum store_status connection_open(struct connection *connection)
{
	(void)connection;
	return opening;
}

bool connection_is_open(const struct connection *connection)
{
	return connection != NULL;
}

bool connection_has_true_sysdate(const struct connection *connection)
{
	(void)connection;
	return true;
}

bool connection_variants_are_table(const struct connection *connection)
{
	(void)connection;
	return true;
}

static void read_back(struct reply *reply, row_reader *reader, void *context)
{
	for (uint32_t i = 0; i < reply->count; i++) {
		char *columns[COLUMNS_MAX];

		for (uint32_t k = 0; k < COLUMNS_MAX; k++)
			columns[k] = reply->rows[i][k][0] != '\0' ? reply->rows[i][k] : NULL;
		reader(context, columns);
	}
}

enum store_status connection_select(struct connection *connection, const struct text *statement,
	row_reader *reader, void *context)
{
	char now[] = "123456";
	char *clock[] = {now};

	(void)connection;
	selects++;
	if (selecting != STORE_OK)
		return selecting;
	if (strstr(statement->bytes, " FROM ") == NULL) {
		reader(context, clock);
		return STORE_OK;
	}
	for (uint32_t i = 0; i < reply_count; i++) {
		if (strstr(statement->bytes, replies[i].part) == NULL)
			continue;
		read_back(&replies[i], reader, context);
		break;
	}
	return STORE_OK;
}

enum store_status connection_run_all(
	struct connection *connection, const struct text *statements, uint32_t count, bool commits)
{
	(void)connection;
	(void)statements;
	(void)count;
	(void)commits;
	fail_msg("a read writes");
	return STORE_FAILED;
}

void connection_rollback(struct connection *connection)
{
	(void)connection;
	rollbacks++;
}

uint64_t connection_first_id(const struct connection *connection)
{
	(void)connection;
	return 1;
}

uint64_t connection_id_step(const struct connection *connection)
{
	(void)connection;
	return 1;
}

/* the tests' own */

int begin(void **state)
{
	(void)state;
	reply_count = 0;
	opening = selecting = STORE_OK;
	selects = rollbacks = 0;
	store = store_open("a connection");
	assert_non_null(store);
	return 0;
}

int finish(void **state)
{
	(void)state;
	store_close(store);
	return 0;
}

void answers(const char *part)
{
	uint32_t i = 0;

	while (i < reply_count && strcmp(replies[i].part, part) != 0)
		i++;
	assert_in_range(i, 0, REPLIES_MAX - 1);
	if (i == reply_count)
		reply_count++;
	given = &replies[i];
	memset(given, 0, sizeof(*given));
	given->part = part;
}

void given_row(const char *first, ...)
{
	va_list columns;
	uint32_t i = 0;

	assert_in_range(given->count, 0, ROWS_MAX - 1);
	va_start(columns, first);
	for (const char *column = first; column != NULL; column = va_arg(columns, const char *)) {
		assert_in_range(i, 0, COLUMNS_MAX - 1);
		snprintf(given->rows[given->count][i++], COLUMN_MAX, "%s", column);
	}
	va_end(columns);
	given->count++;
}
