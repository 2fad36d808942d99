#include "sql.h"

#include <string.h>

/* A quoted order id, every character doubled. */
#define VALUE_MAX (2 * ORDER_ID_MAX + 3)

/* Milliseconds since the epoch, of a DATETIME(3) that holds UTC. */
#define MS_OF(column) "TIMESTAMPDIFF(MICROSECOND,'1970-01-01'," column ") DIV 1000"

/* The time when the row was read, in UTC as the session is; NOW() would be the statement's. */
#define NOW_MS MS_OF("SYSDATE(3)")

/* In the order of enum hold_column. */
static const char hold_select[] =
	"SELECT id,variantId,userId,quantity,status+0,cancelReason+0," /* enums as numbers */
	MS_OF("createdAt") "," MS_OF("expiresAt") "," MS_OF(
		"closedAt") ","
			    "sessionId,orderId,createdRequestId,closedRequestId,"
			    "HEX(idempotencyKey),idempotencyLine,HEX(idempotencyBody)," NOW_MS
			    " FROM StockReservation ";

static void add_ids(struct text *text, const struct id_list *list)
{
	for (uint32_t i = 0; i < list->count; i++) {
		text_add(text, i == 0 ? "" : ",");
		text_add_u64(text, list->ids[i]);
	}
}

/*
 * Session ids may hold quotes and backslashes. Connections never run with NO_BACKSLASH_ESCAPES, so
 * doubling both is enough for ASCII.
 */
void sql_quoted(struct text *text, const char *string)
{
	text_add(text, "'");
	for (const char *at = string; *at != '\0'; at++) {
		if (*at == '\'' || *at == '\\')
			text_add_bytes(text, at, 1);
		text_add_bytes(text, at, 1);
	}
	text_add(text, "'");
}

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

static void add_time(struct text *text, int64_t ms)
{
	text_add(text, "'");
	text_add_sql_time(text, ms);
	text_add(text, "'");
}

/* Walking the primary key locks in its order, and locks nothing else: crossed carts never wait in
 * a circle. */
void sql_lock_variants(
	struct text *text, const struct id_list *variants, bool table_is_base, bool skip_locked)
{
	text_clear(text);
	text_add(text, "SELECT id,stock,reserved," NOW_MS " FROM ProductVariant ");
	text_add(text, table_is_base ? "FORCE INDEX (PRIMARY) " : "");
	text_add(text, "WHERE id IN (");
	add_ids(text, variants);
	text_add(text, ") ORDER BY id FOR UPDATE");
	text_add(text, skip_locked ? " SKIP LOCKED" : "");
}

void sql_existing_variants(struct text *text, const struct id_list *variants)
{
	text_clear(text);
	text_add(text, "SELECT id FROM ProductVariant WHERE id IN (");
	add_ids(text, variants);
	text_add(text, ")");
}

void sql_variants_of_holds(struct text *text, const struct id_list *holds)
{
	text_clear(text);
	text_add(text, "SELECT id,variantId FROM StockReservation WHERE id IN (");
	add_ids(text, holds);
	text_add(text, ")");
}

static void add_digest(struct text *text, const uint8_t digest[DIGEST_LENGTH])
{
	text_add(text, "x'");
	text_add_hex(text, digest, DIGEST_LENGTH);
	text_add(text, "'");
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
		add_digest(text, digest);
}

bool sql_holds_of_keys(struct text *text, const struct command *const *commands, uint32_t count)
{
	bool any = false;

	text_clear(text);
	for (uint32_t i = 0; i < count; i++) {
		if (!plan_looks_back(commands[i]))
			continue;
		text_add(text,
			any ? "," : "SELECT id FROM StockReservation WHERE idempotencyKey IN (");
		add_digest(text, commands[i]->idempotency_key);
		any = true;
	}
	if (any)
		text_add(text, ")");
	return any;
}

void sql_lock_holds(struct text *text, const struct id_list *holds, bool skip_locked)
{
	text_clear(text);
	text_add(text, hold_select);
	text_add(text, "FORCE INDEX (PRIMARY) WHERE id IN (");
	add_ids(text, holds);
	text_add(text, ") ORDER BY id FOR UPDATE");
	text_add(text, skip_locked ? " SKIP LOCKED" : "");
}

void sql_variants_with_expired(struct text *text, const struct id_list *variants, int64_t now_ms)
{
	text_clear(text);
	text_add(text, "SELECT v.id FROM ProductVariant v WHERE v.id IN (");
	add_ids(text, variants);
	text_add(text, ") AND EXISTS (SELECT 1 FROM StockReservation r WHERE r.variantId=v.id AND "
		       "r.status='ACTIVE' AND r.expiresAt<=");
	add_time(text, now_ms);
	text_add(text, ")");
}

void sql_expired_of_variants(struct text *text, const struct id_list *variants, int64_t now_ms,
	uint32_t limit, bool skip_locked)
{
	text_clear(text);
	for (uint32_t i = 0; i < variants->count; i++) {
		text_add(text, i == 0 ? "(" : " UNION ALL (");
		text_add(text, hold_select);
		text_add(text, "WHERE variantId=");
		text_add_u64(text, variants->ids[i]);
		text_add(text, " AND status='ACTIVE' AND expiresAt<=");
		add_time(text, now_ms);
		text_add(text, " ORDER BY expiresAt LIMIT ");
		text_add_u64(text, limit);
		text_add(text, skip_locked ? " FOR UPDATE SKIP LOCKED)" : " FOR UPDATE)");
	}
}

void sql_expired(struct text *text, const struct command *cleanup, uint32_t limit)
{
	text_clear(text);
	text_add(text, "SELECT id,variantId," MS_OF("expiresAt") " FROM StockReservation WHERE "
								 "status='ACTIVE' AND "
								 "expiresAt<=UTC_TIMESTAMP(3)");
	if (cleanup->after_id != 0) {
		text_add(text, " AND expiresAt>=");
		add_time(text, cleanup->after_ms);
		text_add(text, " AND (expiresAt>");
		add_time(text, cleanup->after_ms);
		text_add(text, " OR id>");
		text_add_u64(text, cleanup->after_id);
		text_add(text, ")");
	}
	text_add(text, " ORDER BY expiresAt,id LIMIT ");
	text_add_u64(text, limit);
}

void sql_count_expired(struct text *text)
{
	text_clear(text);
	text_add(text, "SELECT COUNT(*) FROM StockReservation WHERE status='ACTIVE' AND "
		       "expiresAt<=UTC_TIMESTAMP(3)");
}

void sql_was_closed_by(struct text *text, uint64_t hold, const char *request_id)
{
	text_clear(text);
	text_add(text, "SELECT COUNT(*) FROM StockReservation WHERE id=");
	text_add_u64(text, hold);
	text_add(text, " AND closedRequestId=");
	sql_quoted(text, request_id);
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
	add_time(text, hold->created_at_ms);
	text_add(text, ",");
	add_time(text, hold->expires_at_ms);
	text_add(text, ",");
	sql_quoted(text, hold->created_request_id);
	text_add(text, ",");
	add_digest(text, hold->idempotency_key);
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

static bool is_saved(const struct hold *hold)
{
	return hold->changed && hold->id != 0;
}

/* Whether all changed holds get the same value; `first` then is one of them. */
static bool is_same_for_all(const struct stock *stock, value_writer *add_value, struct text *first)
{
	char memory[VALUE_MAX];
	struct text other;

	text_init(&other, memory, sizeof(memory));
	for (uint32_t i = 0; i < stock->hold_count; i++) {
		if (!is_saved(&stock->holds[i]))
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

/*
 * One column of an UPDATE: the value of each changed hold, by its id. A CASE is searched from its
 * beginning for every row, so what is the same for all (a cleanup, an order) goes without.
 */
static void add_case(
	struct text *text, const struct stock *stock, const char *column, value_writer *add_value)
{
	char memory[VALUE_MAX];
	struct text first;

	text_init(&first, memory, sizeof(memory));
	text_add(text, column);
	if (is_same_for_all(stock, add_value, &first)) {
		text_add(text, "=");
		text_add(text, first.bytes);
		return;
	}
	text_add(text, "=CASE id");
	for (uint32_t i = 0; i < stock->hold_count; i++) {
		const struct hold *hold = &stock->holds[i];

		if (!is_saved(hold))
			continue;
		text_add(text, " WHEN ");
		text_add_u64(text, hold->id);
		text_add(text, " THEN ");
		add_value(text, hold);
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
	add_time(text, hold->closed_at_ms);
}

static void add_closed_request(struct text *text, const struct hold *hold)
{
	sql_quoted(text, hold->closed_request_id);
}

static void add_order(struct text *text, const struct hold *hold)
{
	add_quoted_or_null(text, hold->order_id);
}

bool sql_update_holds(struct text *text, const struct stock *stock)
{
	bool any = false;

	for (uint32_t i = 0; i < stock->hold_count && !any; i++)
		any = is_saved(&stock->holds[i]);
	if (!any)
		return false;
	begin_statement(text);
	text_add(text, "UPDATE StockReservation SET ");
	add_case(text, stock, "status", add_status);
	add_case(text, stock, ",cancelReason", add_reason);
	add_case(text, stock, ",closedAt", add_closed_at);
	add_case(text, stock, ",closedRequestId", add_closed_request);
	add_case(text, stock, ",orderId", add_order);
	text_add(text, " WHERE id IN (");
	any = false;
	for (uint32_t i = 0; i < stock->hold_count; i++) {
		if (!is_saved(&stock->holds[i]))
			continue;
		text_add(text, any ? "," : "");
		text_add_u64(text, stock->holds[i].id);
		any = true;
	}
	text_add(text, ")");
	return true;
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

/*
 * A look into the index for each variant: one row is read, however many holds it has. Some UNION of
 * a SELECT for each would take ten times as long to parse.
 */
void sql_next_releases(struct text *text, const struct id_list *variants, int64_t now_ms)
{
	text_clear(text);
	text_add(text, "SELECT h.variantId,h.sessionId," MS_OF(
			       "h.expiresAt") " FROM (SELECT "
					      "(SELECT r.id FROM StockReservation r WHERE "
					      "r.variantId=v.id AND r.status='ACTIVE' "
					      "AND r.expiresAt>");
	add_time(text, now_ms);
	text_add(
		text, " ORDER BY r.expiresAt LIMIT 1) AS id FROM ProductVariant v WHERE v.id IN (");
	add_ids(text, variants);
	text_add(text, ")) AS next JOIN StockReservation h ON h.id=next.id");
}

void sql_next_release_of_others(
	struct text *text, uint64_t variant, const char *session_id, int64_t now_ms)
{
	text_clear(text);
	text_add(text, "SELECT variantId,sessionId," MS_OF("expiresAt") " FROM StockReservation "
									"WHERE variantId=");
	text_add_u64(text, variant);
	text_add(text, " AND status='ACTIVE' AND expiresAt>");
	add_time(text, now_ms);
	text_add(text, " AND sessionId<>");
	sql_quoted(text, session_id);
	text_add(text, " ORDER BY expiresAt LIMIT 1");
}
