/* The statements that write. */
#include "sql.h"

#include <string.h>

#include "sql_private.h"

/* A quoted session id, every character doubled. */
#define VALUE_MAX (2 * SESSION_ID_MAX + 3)

static void add_quoted_or_null(struct text *text, const char *string)
{
	if (string[0] == '\0')
		text_add(text, "NULL");
	else
		sql_quoted(text, string);
}

static void add_id_or_null(struct text *text, uint64_t id)
{
	if (id == 0)
		text_add(text, "NULL");
	else
		text_add_u64(text, id);
}

/* Zeros: there is none. */
static bool is_zero(const uint8_t digest[DIGEST_LENGTH])
{
	static const uint8_t none[DIGEST_LENGTH];

	return memcmp(digest, none, DIGEST_LENGTH) == 0;
}

static void add_digest_or_null(struct text *text, const uint8_t digest[DIGEST_LENGTH])
{
	if (is_zero(digest))
		text_add(text, "NULL");
	else
		sql_add_digest(text, digest);
}

/* Behind those that are there already. */
static void begin_statement(struct text *text)
{
	if (text->length > 0)
		text_add(text, ";");
}

void sql_add_commit(struct text *text)
{
	begin_statement(text);
	text_add(text, "COMMIT");
}

static bool is_new(const struct stock *stock, uint32_t place)
{
	return place >= stock->named_count && stock->holds[place].id == 0;
}

/* Columns that are NULL in all new rows are left out: most requests bring no user and no key. */
struct new_columns {
	bool any, user, body;
};

static struct new_columns find_new_columns(const struct stock *stock)
{
	struct new_columns found = {false, false, false};

	for (uint32_t i = stock->named_count; i < stock->hold_count; i++) {
		const struct hold *hold = &stock->holds[i];

		if (!is_new(stock, i))
			continue;
		found.any = true;
		found.user = found.user || hold->user_id != 0;
		found.body = found.body || !is_zero(hold->idempotency_body);
	}
	return found;
}

static void add_new_hold(
	struct text *text, const struct hold *hold, const struct new_columns *columns)
{
	text_add(text, "(");
	text_add_u64(text, hold->variant_id);
	text_add(text, ",");
	text_add_u64(text, hold->quantity);
	text_add(text, ",");
	sql_quoted(text, hold->session_id);
	text_add(text, ",");
	sql_add_time(text, hold->created_at_ms);
	text_add(text, ",");
	sql_add_time(text, hold->expires_at_ms);
	text_add(text, ",");
	sql_quoted(text, hold->created_request_id);
	text_add(text, ",");
	sql_add_digest(text, hold->idempotency_key);
	text_add(text, ",");
	text_add_u64(text, hold->idempotency_line);
	if (columns->user) {
		text_add(text, ",");
		add_id_or_null(text, hold->user_id);
	}
	if (columns->body) {
		text_add(text, ",");
		add_digest_or_null(text, hold->idempotency_body);
	}
	text_add(text, ")");
}

/* New rows are ACTIVE by the column's default. */
bool sql_insert_holds(struct text *text, const struct stock *stock)
{
	const struct new_columns columns = find_new_columns(stock);
	bool first = true;

	if (!columns.any)
		return false;
	begin_statement(text);
	text_add(text, "INSERT INTO StockReservation (variantId,quantity,sessionId,createdAt,"
		       "expiresAt,createdRequestId,idempotencyKey,idempotencyLine");
	text_add(text, columns.user ? ",userId" : "");
	text_add(text, columns.body ? ",idempotencyBody" : "");
	text_add(text, ") VALUES ");
	for (uint32_t i = stock->named_count; i < stock->hold_count; i++) {
		if (!is_new(stock, i))
			continue;
		text_add(text, first ? "" : ",");
		add_new_hold(text, &stock->holds[i], &columns);
		first = false;
	}
	return true;
}

typedef void value_writer(struct text *text, const struct hold *hold);

/* A hold with a row, which differs from it in that way. */
static bool is_changed(const struct hold *hold, enum hold_change change)
{
	return (hold->changed & change) != 0 && hold->id != 0;
}

/* Whether all holds with this change get the same value; `first` then is one of them. */
static bool is_same_for_all(const struct stock *stock, enum hold_change change,
	value_writer *add_value, struct text *first)
{
	char memory[VALUE_MAX];
	struct text other;

	text_init(&other, memory, sizeof(memory));
	for (uint32_t i = 0; i < stock->hold_count; i++) {
		if (!is_changed(&stock->holds[i], change))
			continue;
		text_clear(&other);
		add_value(&other, &stock->holds[i]);
		if (first->length == 0)
			text_add_bytes(first, other.bytes, other.length);
		else if (strcmp(first->bytes, other.bytes) != 0)
			return false;
	}
	return true;
}

struct column {
	const char *name;
	value_writer *add_value;
};

/*
 * One column of an UPDATE: the value of each changed hold, by its id. A CASE is searched from its
 * beginning for every row, so what is the same for all (a cleanup, an order) goes without.
 */
static void add_column(struct text *text, const struct stock *stock, enum hold_change change,
	const struct column *column)
{
	char memory[VALUE_MAX];
	struct text first;

	text_init(&first, memory, sizeof(memory));
	text_add(text, column->name);
	if (is_same_for_all(stock, change, column->add_value, &first)) {
		text_add(text, "=");
		text_add(text, first.bytes);
		return;
	}
	text_add(text, "=CASE id");
	for (uint32_t i = 0; i < stock->hold_count; i++) {
		const struct hold *hold = &stock->holds[i];

		if (!is_changed(hold, change))
			continue;
		text_add(text, " WHEN ");
		text_add_u64(text, hold->id);
		text_add(text, " THEN ");
		column->add_value(text, hold);
	}
	text_add(text, " END");
}

static void add_status(struct text *text, const struct hold *hold)
{
	static const char *const names[] = {"'ACTIVE'", "'COMPLETED'", "'CANCELLED'"};

	text_add(text, names[hold->status]);
}

static void add_reason(struct text *text, const struct hold *hold)
{
	static const char *const names[] = {
		"NULL", "'CUSTOMER'", "'REPLACED'", "'EXPIRED'", "'OPERATOR'"};

	text_add(text, names[hold->reason]);
}

static void add_closed_at(struct text *text, const struct hold *hold)
{
	sql_add_time(text, hold->closed_at_ms);
}

static void add_closed_request(struct text *text, const struct hold *hold)
{
	sql_quoted(text, hold->closed_request_id);
}

static void add_order(struct text *text, const struct hold *hold)
{
	add_quoted_or_null(text, hold->order_id);
}

static void add_expires_at(struct text *text, const struct hold *hold)
{
	sql_add_time(text, hold->expires_at_ms);
}

static void add_session(struct text *text, const struct hold *hold)
{
	sql_quoted(text, hold->session_id);
}

static void add_user(struct text *text, const struct hold *hold)
{
	add_id_or_null(text, hold->user_id);
}

/* Adds "WHERE id IN (...)". */
static void add_changed_ids(struct text *text, const struct stock *stock, enum hold_change change)
{
	bool first = true;

	text_add(text, " WHERE id IN (");
	for (uint32_t i = 0; i < stock->hold_count; i++) {
		if (!is_changed(&stock->holds[i], change))
			continue;
		text_add(text, first ? "" : ",");
		text_add_u64(text, stock->holds[i].id);
		first = false;
	}
	text_add(text, ")");
}

/* One UPDATE for each way to differ. */
static bool update_holds(struct text *text, const struct stock *stock, enum hold_change change,
	const struct column *columns, size_t column_count)
{
	bool any = false;

	for (uint32_t i = 0; i < stock->hold_count && !any; i++)
		any = is_changed(&stock->holds[i], change);
	if (!any)
		return false;
	begin_statement(text);
	text_add(text, "UPDATE StockReservation SET ");
	for (size_t i = 0; i < column_count; i++) {
		text_add(text, i == 0 ? "" : ",");
		add_column(text, stock, change, &columns[i]);
	}
	add_changed_ids(text, stock, change);
	return true;
}

#define UPDATE_HOLDS(text, stock, change, columns)                                                 \
	update_holds(text, stock, change, columns, sizeof(columns) / sizeof((columns)[0]))

uint32_t sql_update_holds(struct text *text, const struct stock *stock)
{
	static const struct column closed[] = {{"status", add_status}, {"cancelReason", add_reason},
		{"closedAt", add_closed_at}, {"closedRequestId", add_closed_request},
		{"orderId", add_order}};
	static const struct column extended[] = {{"expiresAt", add_expires_at}};
	static const struct column moved[] = {{"sessionId", add_session}, {"userId", add_user}};
	uint32_t count = UPDATE_HOLDS(text, stock, CHANGE_CLOSED, closed);

	count += UPDATE_HOLDS(text, stock, CHANGE_EXTENDED, extended);
	count += UPDATE_HOLDS(text, stock, CHANGE_MOVED, moved);
	return count;
}

static bool differs(const struct variant *variant)
{
	return variant->stock != variant->stock_read || variant->reserved != variant->reserved_read;
}

typedef int64_t delta_reader(const struct variant *variant);

/* Whether all changed variants change by the same, which is *delta then. */
static bool has_one_delta(const struct stock *stock, delta_reader *delta_of, int64_t *delta)
{
	bool any = false;

	for (uint32_t i = 0; i < stock->variant_count; i++) {
		const struct variant *variant = &stock->variants[i];

		if (!differs(variant))
			continue;
		if (any && delta_of(variant) != *delta)
			return false;
		*delta = delta_of(variant);
		any = true;
	}
	return any;
}

/* Relative, never absolute: if a lock ever failed to hold, sums stay true and the CHECKs stand. */
static void add_delta(
	struct text *text, const struct stock *stock, const char *column, delta_reader *delta_of)
{
	int64_t delta;

	text_add(text, column);
	text_add(text, "+");
	if (has_one_delta(stock, delta_of, &delta)) {
		text_add_i64(text, delta);
		return;
	}
	text_add(text, "CASE id");
	for (uint32_t i = 0; i < stock->variant_count; i++) {
		const struct variant *variant = &stock->variants[i];

		if (!differs(variant))
			continue;
		text_add(text, " WHEN ");
		text_add_u64(text, variant->id);
		text_add(text, " THEN ");
		text_add_i64(text, delta_of(variant));
	}
	text_add(text, " ELSE 0 END");
}

static int64_t stock_delta(const struct variant *variant)
{
	return variant->stock - variant->stock_read;
}

static int64_t reserved_delta(const struct variant *variant)
{
	return variant->reserved - variant->reserved_read;
}

bool sql_update_variants(struct text *text, const struct stock *stock)
{
	bool stock_differs = false, any = false;

	for (uint32_t i = 0; i < stock->variant_count; i++) {
		any = any || differs(&stock->variants[i]);
		stock_differs = stock_differs || stock_delta(&stock->variants[i]) != 0;
	}
	if (!any)
		return false;
	begin_statement(text);
	text_add(text, "UPDATE ProductVariant SET ");
	if (stock_differs) {
		add_delta(text, stock, "stock=stock", stock_delta);
		text_add(text, ",");
	}
	add_delta(text, stock, "reserved=reserved", reserved_delta);
	text_add(text, " WHERE id IN (");
	any = false;
	for (uint32_t i = 0; i < stock->variant_count; i++) {
		if (!differs(&stock->variants[i]))
			continue;
		text_add(text, any ? "," : "");
		text_add_u64(text, stock->variants[i].id);
		any = true;
	}
	text_add(text, ")");
	return true;
}
