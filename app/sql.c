#include "sql.h"

#include <string.h>

#include "sql_private.h"

/* A quoted time. */
#define TIME_MAX 64

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

void sql_add_ids(struct text *text, const struct id_list *list)
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

void sql_add_time(struct text *text, int64_t ms)
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
	sql_add_ids(text, variants);
	text_add(text, ") ORDER BY id FOR UPDATE");
	text_add(text, skip_locked ? " SKIP LOCKED" : "");
}

void sql_existing_variants(struct text *text, const struct id_list *variants)
{
	text_clear(text);
	text_add(text, "SELECT id FROM ProductVariant WHERE id IN (");
	sql_add_ids(text, variants);
	text_add(text, ")");
}

void sql_variants_of_holds(struct text *text, const struct id_list *holds)
{
	text_clear(text);
	text_add(text, "SELECT id,variantId FROM StockReservation WHERE id IN (");
	sql_add_ids(text, holds);
	text_add(text, ")");
}

void sql_add_digest(struct text *text, const uint8_t digest[DIGEST_LENGTH])
{
	text_add(text, "x'");
	text_add_hex(text, digest, DIGEST_LENGTH);
	text_add(text, "'");
}

bool sql_holds_of_keys(struct text *text, const struct command *const *commands, uint32_t count)
{
	bool any = false;

	text_clear(text);
	for (uint32_t i = 0; i < count; i++) {
		if (!plan_looks_back(commands[i]))
			continue;
		text_add(text, any ? " OR " : "SELECT id FROM StockReservation WHERE ");
		text_add(text, "idempotencyKey=");
		sql_add_digest(text, commands[i]->idempotency_key);
		text_add(text, " AND idempotencyLine<");
		text_add_u64(text, commands[i]->line_count);
		any = true;
	}
	return any;
}

void sql_add_hold_select(struct text *text)
{
	text_add(text, hold_select);
}

void sql_lock_holds(struct text *text, const struct id_list *holds, bool skip_locked)
{
	text_clear(text);
	text_add(text, hold_select);
	text_add(text, "FORCE INDEX (PRIMARY) WHERE id IN (");
	sql_add_ids(text, holds);
	text_add(text, ") ORDER BY id FOR UPDATE");
	text_add(text, skip_locked ? " SKIP LOCKED" : "");
}

void sql_variants_with_expired(struct text *text, const struct id_list *variants, int64_t now_ms)
{
	text_clear(text);
	text_add(text, "SELECT v.id FROM ProductVariant v WHERE v.id IN (");
	sql_add_ids(text, variants);
	text_add(text, ") AND EXISTS (SELECT 1 FROM StockReservation r WHERE r.variantId=v.id AND "
		       "r.status='ACTIVE' AND r.expiresAt<=");
	sql_add_time(text, now_ms);
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
		sql_add_time(text, now_ms);
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
		sql_add_time(text, cleanup->after_ms);
		text_add(text, " AND (expiresAt>");
		sql_add_time(text, cleanup->after_ms);
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

bool sql_sessions(
	struct text *text, const struct command *const *commands, uint32_t count, int64_t now_ms)
{
	bool any = false;

	text_clear(text);
	for (uint32_t i = 0; i < count; i++) {
		if (!command_is_limited(commands[i]))
			continue;
		text_add(
			text, any ? ","
				  : "SELECT sessionId,COUNT(*),SUM(quantity) FROM StockReservation "
				    "WHERE sessionId IN (");
		sql_quoted(text, commands[i]->session_id);
		any = true;
	}
	if (!any)
		return false;
	text_add(text, ") AND status='ACTIVE' AND expiresAt>");
	sql_add_time(text, now_ms);
	text_add(text, " GROUP BY sessionId");
	return true;
}

static void add_limit(struct text *text)
{
	text_add(text, " LIMIT ");
	text_add_u64(text, LINES_MAX + 1);
}

/* Another user's holds are not merged; where only the user is set, nor are those that have one. */
static void add_user_condition(struct text *text, const struct command *merge)
{
	text_add(text, " AND (userId IS NULL");
	if (strcmp(merge->session_id, merge->from_session_id) != 0) {
		text_add(text, " OR userId=");
		text_add_u64(text, merge->user_id);
	}
	text_add(text, ")");
}

/* Those whose life is at its end already come last: else the others might never have their turn. */
void sql_session_holds(struct text *text, const struct command *command)
{
	bool merge = command->action == ACTION_MERGE;

	text_clear(text);
	text_add(text, "SELECT id FROM StockReservation WHERE sessionId=");
	sql_quoted(text, merge ? command->from_session_id : command->session_id);
	text_add(text, " AND status='ACTIVE' AND expiresAt>UTC_TIMESTAMP(3)");
	if (merge)
		add_user_condition(text, command);
	text_add(text, " ORDER BY ");
	if (!merge) {
		text_add(text, "expiresAt>=createdAt+INTERVAL ");
		text_add_u64(text, LIFE_MS_MAX / 1000);
		text_add(text, " SECOND,");
	}
	text_add(text, "expiresAt,id");
	add_limit(text);
}

void sql_list(struct text *text, const struct command *command)
{
	text_clear(text);
	text_add(text, "SELECT r.id,r.variantId,r.quantity," MS_OF("r.expiresAt") "," MS_OF(
			       "n.now") " FROM (SELECT UTC_TIMESTAMP(3) AS now) n LEFT JOIN "
					"StockReservation r ON r.sessionId=");
	sql_quoted(text, command->session_id);
	text_add(text, " AND r.status='ACTIVE' AND r.expiresAt>UTC_TIMESTAMP(3) AND r.id>");
	text_add_u64(text, command->after_id);
	text_add(text, " ORDER BY r.id");
	add_limit(text);
}

/* The servers would rather walk the index of all expiries, past other variants' live holds. */
#define BY_VARIANT "FORCE INDEX (StockReservation_variant) "

/*
 * A subquery: the column of the live hold of the variant v that ends first; `but_of`: of those that
 * are not this session's. It is a look into the index, however many holds there are; for MySQL the
 * order must name the index's columns.
 */
static void add_next_live(
	struct text *text, const char *column, const char *now, const char *but_of)
{
	text_add(text, "(SELECT ");
	text_add(text, column);
	text_add(text, " FROM StockReservation r " BY_VARIANT
		       "WHERE r.variantId=v.id AND r.status='ACTIVE' AND r.expiresAt>");
	text_add(text, now);
	if (but_of != NULL) {
		text_add(text, " AND r.sessionId<>");
		sql_quoted(text, but_of);
	}
	text_add(text, " ORDER BY r.variantId,r.status,r.expiresAt LIMIT 1)");
}

/*
 * One statement sees one moment: what a sweep moves is never counted twice, nor missed. The expired
 * holds are one range of the index for each variant.
 */
void sql_availability(struct text *text, const struct id_list *variants)
{
	static const char now[] = "UTC_TIMESTAMP(3)";

	text_clear(text);
	text_add(text, "SELECT v.id,v.stock,v.reserved,e.units,");
	add_next_live(text, MS_OF("r.expiresAt"), now, NULL);
	text_add(text, "," MS_OF("UTC_TIMESTAMP(3)"));
	text_add(text, " FROM ProductVariant v LEFT JOIN (SELECT variantId,SUM(quantity) AS units "
		       "FROM StockReservation " BY_VARIANT "WHERE variantId IN (");
	sql_add_ids(text, variants);
	text_add(text, ") AND status='ACTIVE' AND expiresAt<=");
	text_add(text, now);
	text_add(text, " GROUP BY variantId) e ON e.variantId=v.id WHERE v.id IN (");
	sql_add_ids(text, variants);
	text_add(text, ")");
}

void sql_was_closed_by(struct text *text, uint64_t hold, const char *request_id)
{
	text_clear(text);
	text_add(text, "SELECT COUNT(*) FROM StockReservation WHERE id=");
	text_add_u64(text, hold);
	text_add(text, " AND closedRequestId=");
	sql_quoted(text, request_id);
}

/*
 * A look for each variant. Some UNION of a SELECT for each would take ten times as long to parse.
 */
void sql_next_releases(
	struct text *text, const struct id_list *variants, const char *but_of, int64_t now_ms)
{
	char memory[TIME_MAX];
	struct text now;

	text_init(&now, memory, sizeof(memory));
	sql_add_time(&now, now_ms);
	text_clear(text);
	text_add(text, "SELECT h.variantId,h.sessionId," MS_OF("h.expiresAt") " FROM (SELECT ");
	add_next_live(text, "r.id", now.bytes, but_of);
	text_add(text, " AS id FROM ProductVariant v WHERE v.id IN (");
	sql_add_ids(text, variants);
	text_add(text, ")) AS next JOIN StockReservation h ON h.id=next.id");
}
