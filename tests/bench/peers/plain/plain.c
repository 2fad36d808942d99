/*
 * A peer of the bench: the job of stok as a pool of plain FastCGI programs does it. A process takes
 * one request at a time and has one connection to the database; a hold costs it a transaction of
 * five round trips: START TRANSACTION, SELECT ... FOR UPDATE, INSERT, UPDATE, COMMIT.
 */
#include <fcgiapp.h>
#include <json.h>
#include <mysql.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#define BODY_MAX     65536
#define QUANTITY_MAX 1000000
#define HOLDS_MAX    100 /* in one convert */

enum statement {
	LOCK_VARIANT,
	MOVE_UNITS,
	INSERT_HOLD,
	FIND_HOLD,
	LOCK_HOLD,
	CLOSE_HOLD,
	STATEMENTS
};

/* SYSDATE is read once the lock is had; the other clocks stand still while a statement waits. */
static const char *const statements[STATEMENTS] = {
	[LOCK_VARIANT] = "SELECT stock - reserved, CAST(SYSDATE(3) + INTERVAL 30 MINUTE AS CHAR) "
			 "FROM ProductVariant WHERE id = ? FOR UPDATE",
	[MOVE_UNITS] = "UPDATE ProductVariant SET stock = stock - ?, reserved = reserved + ? "
		       "WHERE id = ?",
	[INSERT_HOLD] = "INSERT INTO StockReservation (variantId, quantity, sessionId, status, "
			"createdAt, expiresAt, createdRequestId) "
			"VALUES (?, ?, ?, 'ACTIVE', UTC_TIMESTAMP(3), ?, ?)",
	[FIND_HOLD] = "SELECT variantId FROM StockReservation WHERE id = ?",
	[LOCK_HOLD] = "SELECT quantity, status FROM StockReservation WHERE id = ? FOR UPDATE",
	[CLOSE_HOLD] = "UPDATE StockReservation SET status = ?, cancelReason = ?, orderId = ?, "
		       "closedAt = UTC_TIMESTAMP(3), closedRequestId = ? WHERE id = ?",
};

/* What becomes of a request. Its transaction is committed if it is good, else undone. */
enum verdict { GOOD, INVALID, NO_ENDPOINT, UNKNOWN, SHORT, CANCELLED, BROKEN };

#define REFUSAL(code, message)                                                                     \
	"{\"success\":false,\"code\":\"" code "\",\"message\":\"" message "\"}"

static const struct {
	int status;
	const char *answer;
} refusals[] = {
	[INVALID] = {400, REFUSAL("invalid_request", "The request is not valid.")},
	[NO_ENDPOINT] = {404, REFUSAL("no_such_endpoint", "There is no such endpoint.")},
	[UNKNOWN] = {404, REFUSAL("not_found", "There is no such variant or reservation.")},
	[SHORT] = {409, REFUSAL("insufficient_stock", "There is not enough in stock.")},
	[CANCELLED] = {409, REFUSAL("reservation_cancelled", "The reservation was cancelled.")},
	[BROKEN] = {503, REFUSAL("database_unavailable", "Please try again.")},
};

struct shop {
	FCGX_Request fastcgi;
	MYSQL *mysql; /* NULL: not connected */
	MYSQL_STMT *prepared[STATEMENTS];
	bool in_transaction;
	const char *request_id;
	char answer[512];
};

/* ---- the database ---- */

static enum verdict broken(struct shop *shop)
{
	unsigned int error = shop->mysql == NULL ? 0 : mysql_errno(shop->mysql);

	if (error == 4025 || error == 3819) /* MariaDB's and MySQL's: CHECK (stock >= 0) */
		return SHORT;
	fprintf(stderr, "plain: %s\n", shop->mysql ? mysql_error(shop->mysql) : "out of memory");
	return BROKEN;
}

static void disconnect(struct shop *shop)
{
	for (int i = 0; i < STATEMENTS; i++) {
		if (shop->prepared[i] != NULL)
			mysql_stmt_close(shop->prepared[i]);
		shop->prepared[i] = NULL;
	}
	if (shop->mysql != NULL)
		mysql_close(shop->mysql);
	shop->mysql = NULL;
}

static bool reconnect(struct shop *shop)
{
	bool good;

	disconnect(shop);
	shop->mysql = mysql_init(NULL);
	good = shop->mysql != NULL &&
	       mysql_real_connect(shop->mysql, NULL, getenv("PEER_DB_USER"),
		       getenv("PEER_DB_PASSWORD"), getenv("PEER_DB_NAME"), 0,
		       getenv("PEER_DB_SOCKET"), 0) != NULL &&
	       mysql_query(shop->mysql, "SET SESSION time_zone = '+00:00'") == 0 &&
	       mysql_query(shop->mysql, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED") ==
		       0;
	for (int i = 0; i < STATEMENTS && good; i++) {
		shop->prepared[i] = mysql_stmt_init(shop->mysql);
		good = shop->prepared[i] != NULL &&
		       mysql_stmt_prepare(
			       shop->prepared[i], statements[i], strlen(statements[i])) == 0;
	}
	return good;
}

/* The first statement may be repeated on a new connection, a later one may not. */
static enum verdict begin(struct shop *shop)
{
	static const char text[] = "START TRANSACTION";

	if ((shop->mysql == NULL || mysql_query(shop->mysql, text) != 0) &&
		(!reconnect(shop) || mysql_query(shop->mysql, text) != 0))
		return broken(shop);
	shop->in_transaction = true;
	return GOOD;
}

static enum verdict end(struct shop *shop, enum verdict verdict)
{
	if (!shop->in_transaction)
		return verdict;
	shop->in_transaction = false;
	if (verdict == GOOD && mysql_query(shop->mysql, "COMMIT") != 0)
		verdict = broken(shop);
	if (verdict != GOOD && mysql_query(shop->mysql, "ROLLBACK") != 0)
		disconnect(shop); /* which undoes it, too */
	return verdict;
}

static MYSQL_BIND number(int64_t *value)
{
	return (MYSQL_BIND){.buffer_type = MYSQL_TYPE_LONGLONG, .buffer = value};
}

static MYSQL_BIND room(char *value, size_t size)
{
	return (MYSQL_BIND){
		.buffer_type = MYSQL_TYPE_STRING, .buffer = value, .buffer_length = size};
}

static MYSQL_BIND text(const char *value)
{
	if (value == NULL)
		return (MYSQL_BIND){.buffer_type = MYSQL_TYPE_NULL};
	return room((char *)value, strlen(value));
}

/* Runs a statement; the one row of a SELECT goes into `row`. UNKNOWN: there is none. */
static enum verdict run(
	struct shop *shop, enum statement which, MYSQL_BIND *values, MYSQL_BIND *row)
{
	MYSQL_STMT *statement = shop->prepared[which];
	int fetched = 0;

	if (mysql_stmt_bind_param(statement, values) != 0 || mysql_stmt_execute(statement) != 0)
		return broken(shop);
	if (row == NULL)
		return GOOD;
	if (mysql_stmt_bind_result(statement, row) != 0 || mysql_stmt_store_result(statement) != 0)
		return broken(shop);
	fetched = mysql_stmt_fetch(statement);
	mysql_stmt_free_result(statement);
	if (fetched == MYSQL_NO_DATA)
		return UNKNOWN;
	return fetched == 0 ? GOOD : broken(shop);
}

/* ---- the jobs ---- */

static bool read_number(json_object *value, int64_t max, int64_t *number)
{
	*number = json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : 0;
	return *number >= 1 && *number <= max;
}

/* Is it 1 to `max` visible ASCII characters? */
static bool is_text(json_object *value, size_t max)
{
	size_t length = (size_t)json_object_get_string_len(value);
	const char *string = json_object_get_string(value);

	for (size_t i = 0; i < length; i++) {
		if (string[i] < '!' || string[i] > '~')
			return false;
	}
	return json_object_is_type(value, json_type_string) && length >= 1 && length <= max;
}

static enum verdict lock_variant(struct shop *shop, int64_t id, int64_t *available, char *expires)
{
	return run(shop, LOCK_VARIANT, (MYSQL_BIND[]){number(&id)},
		(MYSQL_BIND[]){number(available), room(expires, 24)});
}

static enum verdict move_units(struct shop *shop, int64_t variant, int64_t sold, int64_t reserved)
{
	return run(shop, MOVE_UNITS,
		(MYSQL_BIND[]){number(&sold), number(&reserved), number(&variant)}, NULL);
}

static enum verdict reserve(struct shop *shop, json_object *body)
{
	json_object *session = json_object_object_get(body, "sessionId");
	int64_t variant, quantity, available;
	char expires[24] = "";
	enum verdict verdict;

	if (!is_text(session, 128) ||
		!read_number(json_object_object_get(body, "variantId"), INT64_MAX, &variant) ||
		!read_number(json_object_object_get(body, "quantity"), QUANTITY_MAX, &quantity))
		return INVALID;
	verdict = begin(shop);
	if (verdict == GOOD)
		verdict = lock_variant(shop, variant, &available, expires);
	if (verdict == GOOD && available < quantity)
		verdict = SHORT;
	if (verdict == GOOD)
		verdict = run(shop, INSERT_HOLD,
			(MYSQL_BIND[]){number(&variant), number(&quantity),
				text(json_object_get_string(session)), text(expires),
				text(shop->request_id)},
			NULL);
	if (verdict == GOOD)
		verdict = move_units(shop, variant, 0, quantity);
	if (verdict == GOOD)
		snprintf(shop->answer, sizeof(shop->answer),
			"{\"success\":true,\"message\":\"The items are reserved for you.\","
			"\"reservationId\":%llu,\"variantId\":%lld,\"quantity\":%lld,"
			"\"status\":\"ACTIVE\",\"expiresAt\":\"%.10sT%sZ\"}",
			(unsigned long long)mysql_stmt_insert_id(shop->prepared[INSERT_HOLD]),
			(long long)variant, (long long)quantity, expires, expires + 11);
	return verdict;
}

struct hold {
	int64_t id, variant;
};

static int by_variant(const void *a, const void *b)
{
	const struct hold *one = a, *other = b;

	return (one->variant > other->variant) - (one->variant < other->variant);
}

/* The variants' locks guard their holds. In ascending order, so that nobody waits in a circle. */
static enum verdict lock_variants(struct shop *shop, struct hold *holds, size_t count)
{
	enum verdict verdict = begin(shop);
	int64_t available;
	char expires[24];

	for (size_t i = 0; i < count && verdict == GOOD; i++)
		verdict = run(shop, FIND_HOLD, (MYSQL_BIND[]){number(&holds[i].id)},
			(MYSQL_BIND[]){number(&holds[i].variant)});
	qsort(holds, count, sizeof(*holds), by_variant);
	for (size_t i = 0; i < count && verdict == GOOD; i++) {
		if (i == 0 || holds[i].variant != holds[i - 1].variant)
			verdict = lock_variant(shop, holds[i].variant, &available, expires);
	}
	return verdict;
}

/* Cancelled, or converted for an order. Closed before is fine, but for a convert of a cancelled. */
static enum verdict close_holds(
	struct shop *shop, struct hold *holds, size_t count, bool convert, const char *order)
{
	enum verdict verdict = lock_variants(shop, holds, count);
	const char *to = convert ? "COMPLETED" : "CANCELLED";
	int64_t quantity, units = 0;
	char status[16] = "";

	for (size_t i = 0; i < count && verdict == GOOD; i++) {
		verdict = run(shop, LOCK_HOLD, (MYSQL_BIND[]){number(&holds[i].id)},
			(MYSQL_BIND[]){number(&quantity), room(status, sizeof(status))});
		if (verdict == GOOD && convert && strcmp(status, "CANCELLED") == 0)
			verdict = CANCELLED;
		if (verdict != GOOD || strcmp(status, "ACTIVE") != 0)
			continue;
		verdict = run(shop, CLOSE_HOLD,
			(MYSQL_BIND[]){text(to), text(convert ? NULL : "CUSTOMER"), text(order),
				text(shop->request_id), number(&holds[i].id)},
			NULL);
		if (verdict == GOOD)
			verdict = move_units(
				shop, holds[i].variant, convert ? quantity : 0, -quantity);
		units += quantity;
	}
	snprintf(shop->answer, sizeof(shop->answer),
		"{\"success\":true,\"message\":\"Done.\",\"status\":\"%s\",\"%s\":%lld}",
		units > 0 ? to : status, convert ? "converted" : "released", (long long)units);
	return verdict;
}

static enum verdict cancel(struct shop *shop, json_object *body)
{
	struct hold hold;

	if (!read_number(json_object_object_get(body, "reservationId"), INT64_MAX, &hold.id))
		return INVALID;
	return close_holds(shop, &hold, 1, false, NULL);
}

static enum verdict convert(struct shop *shop, json_object *body)
{
	json_object *ids = json_object_object_get(body, "reservationIds");
	json_object *order = json_object_object_get(body, "orderId");
	struct hold holds[HOLDS_MAX];
	size_t count =
		json_object_is_type(ids, json_type_array) ? json_object_array_length(ids) : 0;

	if (count < 1 || count > HOLDS_MAX || (order != NULL && !is_text(order, 64)))
		return INVALID;
	for (size_t i = 0; i < count; i++) {
		if (!read_number(json_object_array_get_idx(ids, i), INT64_MAX, &holds[i].id))
			return INVALID;
	}
	return close_holds(shop, holds, count, true, json_object_get_string(order));
}

/* ---- requests ---- */

static const struct {
	const char *path;
	enum verdict (*work)(struct shop *shop, json_object *body);
	int status; /* of its good end */
} jobs[] = {
	{"/api/stock/reserve", reserve, 201},
	{"/api/stock/cancel-reservation", cancel, 200},
	{"/api/stock/convert-reservations", convert, 200},
};

static json_object *read_body(struct shop *shop)
{
	char text[BODY_MAX + 1];
	int length = FCGX_GetStr(text, BODY_MAX, shop->fastcgi.in);

	text[length > 0 ? length : 0] = '\0';
	return json_tokener_parse(text);
}

static void serve(struct shop *shop)
{
	const char *path = FCGX_GetParam("REQUEST_URI", shop->fastcgi.envp);
	json_object *body = read_body(shop);
	enum verdict verdict = NO_ENDPOINT;
	const char *answer = shop->answer;
	int status = 0;

	shop->request_id = FCGX_GetParam("STOK_REQUEST_ID", shop->fastcgi.envp);
	for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]) && path != NULL; i++) {
		if (strcmp(path, jobs[i].path) != 0)
			continue;
		status = jobs[i].status;
		verdict = json_object_is_type(body, json_type_object) ? jobs[i].work(shop, body)
								      : INVALID;
	}
	verdict = end(shop, verdict);
	if (verdict != GOOD) {
		status = refusals[verdict].status;
		answer = refusals[verdict].answer;
	}
	FCGX_FPrintF(shop->fastcgi.out,
		"Status: %d\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		status, (int)strlen(answer), answer);
	json_object_put(body);
}

int main(void)
{
	static struct shop shop;

	prctl(PR_SET_PDEATHSIG, SIGTERM); /* no orphans, should multiwatch be killed */
	if (mysql_library_init(0, NULL, NULL) != 0 || FCGX_Init() != 0 ||
		FCGX_InitRequest(&shop.fastcgi, 0, 0) != 0)
		return EXIT_FAILURE;
	reconnect(&shop);
	while (FCGX_Accept_r(&shop.fastcgi) == 0)
		serve(&shop);
	disconnect(&shop);
	return EXIT_SUCCESS;
}
