#include "connection.h"

#include <assert.h>
#include <mysql.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "monotonic.h"
#include "number.h"

/*
 * The times nest: a lock wait ends before the client gives up reading, and that before nginx gives
 * up on us. Otherwise a mere wait would look like a lost connection.
 */
#define CONNECT_S_MAX	1
#define READ_S_MAX	6
#define LOCK_WAIT_S_MAX "1"
#define IDLE_S_MAX	"30" /* a client that vanished behind a partition frees its locks */

#define ASK_AFTER_IDLE_MS 10000
#define BACK_OFF_MS_MIN	  100
#define BACK_OFF_MS_MAX	  1000

struct connection {
	const char *option_file;
	MYSQL mysql;
	bool open;
	bool variants_are_table;
	bool has_true_sysdate;
	uint64_t id_step;
	uint64_t first_id;   /* of the last INSERT */
	int64_t used_at_ms;  /* on the monotonic clock */
	int64_t retry_at_ms; /* on the monotonic clock */
	int64_t back_off_ms;
};

struct connection *connection_new(const char *option_file)
{
	struct connection *connection = calloc(1, sizeof(*connection));

	if (connection != NULL)
		connection->option_file = option_file;
	return connection;
}

static void drop(struct connection *connection)
{
	if (connection->open)
		mysql_close(&connection->mysql);
	connection->open = false;
}

void connection_free(struct connection *connection)
{
	if (connection == NULL)
		return;
	drop(connection);
	free(connection);
}

/*
 * What an error number means, in one place. The same event has different numbers in the two client
 * libraries, so a broken connection is told by the library's whole range (2000 to 2999).
 */
static enum store_status classify(unsigned int error)
{
	switch (error) {
	case 1205: /* lock wait: it undid the statement only, so ROLLBACK follows */
		return STORE_BUSY;
	case 1062: /* a twin with the same key was faster: look again */
	case 1213: /* deadlock */
	case 1020: /* changed since it was read (MariaDB with snapshot isolation) */
	case 1180: /* group replication: certification failed */
	case 3101:
		return STORE_RETRY;
	case 1053: /* the server shuts down */
	case 1927: /* the connection was killed */
	case 1317: /* the statement was; COMMIT may have been done by then */
	case 4031: /* it was idle for too long */
	case 3032: /* offline: thrown out of its replication group, say */
	case 1290: /* read only: no longer the primary */
	case 1836:
	case 1047: /* not part of the cluster */
		return STORE_LOST;
	default:
		return error >= 2000 && error <= 2999 ? STORE_LOST : STORE_FAILED;
	}
}

/* Leaves the connection either clean or dropped. */
static enum store_status fail(struct connection *connection, const char *what)
{
	unsigned int error = mysql_errno(&connection->mysql);
	enum store_status status = classify(error);

	if (status == STORE_RETRY)
		log_info("database: %s: %u %s", what, error, mysql_error(&connection->mysql));
	else
		log_warning("database: %s: %u %s", what, error, mysql_error(&connection->mysql));
	if (status == STORE_LOST)
		drop(connection);
	else
		connection_rollback(connection);
	return status;
}

static bool run_text(struct connection *connection, const char *statement)
{
	return mysql_real_query(&connection->mysql, statement, strlen(statement)) == 0;
}

static void read_settings(struct connection *connection, char **columns)
{
	uint64_t flush = 0;

	connection->id_step = 1;
	number_read(columns[0], strlen(columns[0]), &connection->id_step);
	number_read(columns[1], strlen(columns[1]), &flush);
	connection->variants_are_table =
		columns[2] != NULL && strcmp(columns[2], "BASE TABLE") == 0;
	connection->has_true_sysdate = columns[4] != NULL && strcmp(columns[4], "1") == 0;
	if (flush != 1)
		log_warning("database: innodb_flush_log_at_trx_commit is not 1: a hold that was "
			    "answered may be lost when the server crashes");
}

static bool ask_settings(struct connection *connection)
{
	static const char question[] =
		"SELECT @@auto_increment_increment,@@innodb_flush_log_at_trx_commit,"
		"(SELECT TABLE_TYPE FROM information_schema.TABLES WHERE TABLE_SCHEMA=DATABASE() "
		"AND TABLE_NAME='ProductVariant'),SLEEP(0.001),SYSDATE(6)>NOW(6)";
	MYSQL_RES *result;
	MYSQL_ROW row;

	if (!run_text(connection, question))
		return false;
	result = mysql_store_result(&connection->mysql);
	if (result == NULL)
		return false;
	row = mysql_fetch_row(result);
	if (row != NULL)
		read_settings(connection, row);
	mysql_free_result(result);
	return row != NULL;
}

static bool prepare_session(struct connection *connection)
{
	return run_text(connection, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED") &&
	       run_text(connection,
		       "SET SESSION time_zone='+00:00',"
		       "sql_mode='STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ENGINE_SUBSTITUTION',"
		       "innodb_lock_wait_timeout=" LOCK_WAIT_S_MAX
		       ",lock_wait_timeout=" LOCK_WAIT_S_MAX ",wait_timeout=" IDLE_S_MAX) &&
	       ask_settings(connection) && run_text(connection, "SET SESSION autocommit=0");
}

/*
 * Over TCP without TLS the password goes encrypted with a key of the server's. MariaDB's library
 * asks for that key by itself; Oracle's only if it is told, and its option files cannot tell it.
 */
static void ask_for_key(struct connection *connection)
{
#if HAVE_DECL_MYSQL_OPT_GET_SERVER_PUBLIC_KEY
	bool yes = true;

	mysql_options(&connection->mysql, MYSQL_OPT_GET_SERVER_PUBLIC_KEY, &yes);
#else
	(void)connection;
#endif
}

static bool connect_once(struct connection *connection)
{
	unsigned int connect_s = CONNECT_S_MAX, read_s = READ_S_MAX;

	if (mysql_init(&connection->mysql) == NULL)
		return false;
	mysql_options(&connection->mysql, MYSQL_READ_DEFAULT_FILE, connection->option_file);
	mysql_options(&connection->mysql, MYSQL_READ_DEFAULT_GROUP, "stok");
	mysql_options(&connection->mysql, MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
	mysql_options(&connection->mysql, MYSQL_OPT_READ_TIMEOUT, &read_s);
	mysql_options(&connection->mysql, MYSQL_OPT_WRITE_TIMEOUT, &read_s);
	mysql_options(&connection->mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	ask_for_key(connection);
	connection->open = true; /* from here on it has something to close */
	return mysql_real_connect(&connection->mysql, NULL, NULL, NULL, NULL, 0, NULL,
		       CLIENT_FOUND_ROWS | CLIENT_MULTI_STATEMENTS) != NULL &&
	       prepare_session(connection);
}

/* The server ends what was idle for too long. To find that out by asking is no failure. */
static bool is_usable(struct connection *connection)
{
	int64_t now_ms = monotonic_ms();

	if (connection->open && now_ms - connection->used_at_ms > ASK_AFTER_IDLE_MS &&
		mysql_ping(&connection->mysql) != 0)
		drop(connection);
	connection->used_at_ms = now_ms;
	return connection->open;
}

enum store_status connection_open(struct connection *connection)
{
	bool again = connection->back_off_ms > 0;

	if (is_usable(connection))
		return STORE_OK;
	if (again && monotonic_ms() < connection->retry_at_ms)
		return STORE_LOST;
	if (connect_once(connection)) {
		if (again)
			log_info("database: connected again");
		connection->back_off_ms = 0;
		return STORE_OK;
	}
	if (!again)
		log_error("database: cannot connect: %u %s", mysql_errno(&connection->mysql),
			mysql_error(&connection->mysql));
	drop(connection);
	connection->back_off_ms = again ? connection->back_off_ms * 2 : BACK_OFF_MS_MIN;
	if (connection->back_off_ms > BACK_OFF_MS_MAX)
		connection->back_off_ms = BACK_OFF_MS_MAX;
	connection->retry_at_ms = monotonic_ms() + connection->back_off_ms;
	return STORE_LOST;
}

bool connection_is_open(const struct connection *connection)
{
	return connection->open;
}

enum store_status connection_select(
	struct connection *connection, const struct text *statement, row_reader *row, void *context)
{
	MYSQL_RES *result;
	MYSQL_ROW columns;

	assert(connection->open);
	if (mysql_real_query(&connection->mysql, statement->bytes, statement->length) != 0)
		return fail(connection, statement->length < 200 ? statement->bytes : "reading");
	result = mysql_store_result(&connection->mysql);
	if (result == NULL)
		return fail(connection, "reading an answer");
	while ((columns = mysql_fetch_row(result)) != NULL)
		row(context, columns);
	mysql_free_result(result);
	return STORE_OK;
}

/* Statements other than INSERT have none. */
static void note_first_id(struct connection *connection)
{
	uint64_t id = mysql_insert_id(&connection->mysql);

	if (id != 0)
		connection->first_id = id;
}

/* The server refused one of some statements: then it did none of those behind it. */
static bool was_refused(struct connection *connection)
{
	unsigned int error = mysql_errno(&connection->mysql);

	return error < 2000 || error > 2999;
}

enum store_status connection_run_all(
	struct connection *connection, const struct text *statements, uint32_t count, bool commits)
{
	MYSQL *mysql = &connection->mysql;
	enum store_status status;
	uint32_t done = 0;
	bool failed;
	int next;

	assert(connection->open && count > 0);
	failed = mysql_real_query(mysql, statements->bytes, statements->length) != 0;
	while (!failed && done < count) {
		note_first_id(connection);
		done++;
		next = mysql_next_result(mysql); /* -1: there was no other */
		failed = next > 0;
		/* An answer that is missing must not pass for COMMIT's. */
		assert(failed || (next == 0) == (done < count));
	}
	if (!failed)
		return STORE_OK;
	if (!commits || (done < count - 1 && was_refused(connection)))
		return fail(connection, "saving");
	/* Of a failed COMMIT only a conflict is known to have undone it. */
	status = fail(connection, "COMMIT");
	return status == STORE_RETRY ? STORE_RETRY : STORE_UNKNOWN;
}

void connection_rollback(struct connection *connection)
{
	if (connection->open && !run_text(connection, "ROLLBACK"))
		drop(connection);
}

uint64_t connection_first_id(const struct connection *connection)
{
	return connection->first_id;
}

uint64_t connection_id_step(const struct connection *connection)
{
	return connection->id_step;
}

bool connection_has_true_sysdate(const struct connection *connection)
{
	return connection->has_true_sysdate;
}

bool connection_variants_are_table(const struct connection *connection)
{
	return connection->variants_are_table;
}

bool connection_library_begin(void)
{
	return mysql_library_init(0, NULL, NULL) == 0;
}

void connection_library_end(void)
{
	mysql_library_end();
}

void connection_thread_begin(void)
{
	mysql_thread_init();
}

void connection_thread_end(void)
{
	mysql_thread_end();
}
