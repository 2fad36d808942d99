#include "ctl_sql.h"

#include "sql.h"

void ctl_sql_now(struct text *text)
{
	text_clear(text);
	text_add(text, "SELECT TIMESTAMPDIFF(MICROSECOND,'1970-01-01',SYSDATE(3)) DIV 1000");
}

void ctl_sql_last_ids(struct text *text)
{
	text_clear(text);
	text_add(text, "SELECT (SELECT MAX(id) FROM StockReservation),"
		       "(SELECT MAX(id) FROM ProductVariant)");
}

static void add_limit(struct text *text, const char *order, uint32_t limit)
{
	text_add(text, order);
	text_add(text, " LIMIT ");
	text_add_u64(text, limit);
}

void ctl_sql_holds_after(struct text *text, uint64_t after, uint32_t limit)
{
	text_clear(text);
	sql_add_hold_select(text);
	text_add(text, "WHERE id>");
	text_add_u64(text, after);
	add_limit(text, " ORDER BY id", limit);
}

void ctl_sql_hold(struct text *text, uint64_t id)
{
	text_clear(text);
	sql_add_hold_select(text);
	text_add(text, "WHERE id=");
	text_add_u64(text, id);
}

/* One statement sees one state of both tables: no lock is needed for its sums to agree. */
static void begin_books(struct text *text)
{
	text_clear(text);
	text_add(text, "SELECT v.id,v.stock,v.reserved,(SELECT COALESCE(SUM(r.quantity),0) FROM "
		       "StockReservation r WHERE r.variantId=v.id AND r.status='ACTIVE') FROM "
		       "ProductVariant v WHERE v.id");
}

void ctl_sql_books_after(struct text *text, uint64_t after, uint32_t limit)
{
	begin_books(text);
	text_add(text, ">");
	text_add_u64(text, after);
	add_limit(text, " ORDER BY v.id", limit);
}

void ctl_sql_book(struct text *text, uint64_t variant)
{
	begin_books(text);
	text_add(text, "=");
	text_add_u64(text, variant);
}

void ctl_sql_strangers(struct text *text, uint64_t after, uint64_t last)
{
	text_clear(text);
	text_add(text, "SELECT r.id,r.status+0 FROM StockReservation r WHERE r.id>");
	text_add_u64(text, after);
	text_add(text, " AND r.id<=");
	text_add_u64(text, last);
	text_add(text, " AND (r.status+0=0 OR NOT EXISTS (SELECT 1 FROM ProductVariant v WHERE "
		       "v.id=r.variantId)) ORDER BY r.id");
}

/* FOR UPDATE wants the right to write, the share lock of old spelling only that to read. */
static void lock(struct text *text, const char *table, uint64_t id, bool to_write)
{
	text_clear(text);
	text_add(text, "SELECT id FROM ");
	text_add(text, table);
	text_add(text, " WHERE id=");
	text_add_u64(text, id);
	text_add(text, to_write ? " FOR UPDATE" : " LOCK IN SHARE MODE");
}

void ctl_sql_lock_variant(struct text *text, uint64_t variant, bool to_write)
{
	lock(text, "ProductVariant", variant, to_write);
}

void ctl_sql_lock_hold(struct text *text, uint64_t hold, bool to_write)
{
	lock(text, "StockReservation", hold, to_write);
}

static void add_time(struct text *text, int64_t ms)
{
	text_add(text, "'");
	text_add_sql_time(text, ms);
	text_add(text, "'");
}

static void end_change(struct text *text, uint64_t id)
{
	text_add(text, " WHERE id=");
	text_add_u64(text, id);
	text_add(text, ";COMMIT");
}

/* Relative, as all changes of the counter are. */
void ctl_sql_move_reserved(struct text *text, uint64_t variant, int64_t delta)
{
	text_clear(text);
	text_add(text, "UPDATE ProductVariant SET reserved=reserved+");
	text_add_i64(text, delta);
	end_change(text, variant);
}

void ctl_sql_end_by(struct text *text, const struct hold *hold, int64_t expires_at_ms)
{
	text_clear(text);
	text_add(text, "UPDATE StockReservation SET expiresAt=");
	add_time(text, expires_at_ms);
	end_change(text, hold->id);
}

void ctl_sql_complete_end(
	struct text *text, const struct hold *hold, int64_t closed_at_ms, bool by_operator)
{
	text_clear(text);
	text_add(text, "UPDATE StockReservation SET closedAt=");
	add_time(text, closed_at_ms);
	if (by_operator)
		text_add(text, ",cancelReason='OPERATOR'");
	end_change(text, hold->id);
}

void ctl_sql_closed_after(struct text *text, uint64_t after, int64_t before_ms, uint32_t limit)
{
	text_clear(text);
	text_add(text, "SELECT id FROM StockReservation WHERE id>");
	text_add_u64(text, after);
	text_add(text, " AND status IN ('COMPLETED','CANCELLED') AND closedAt<");
	add_time(text, before_ms);
	add_limit(text, " ORDER BY id", limit);
}

static void add_ids(struct text *text, const uint64_t *ids, uint32_t count)
{
	text_add(text, "WHERE id IN (");
	for (uint32_t i = 0; i < count; i++) {
		text_add(text, i == 0 ? "" : ",");
		text_add_u64(text, ids[i]);
	}
	text_add(text, ")");
}

void ctl_sql_lock_closed(struct text *text, const uint64_t *ids, uint32_t count)
{
	text_clear(text);
	sql_add_hold_select(text);
	text_add(text, "FORCE INDEX (PRIMARY) ");
	add_ids(text, ids, count);
	text_add(text, " ORDER BY id FOR UPDATE");
}

void ctl_sql_delete(struct text *text, const uint64_t *ids, uint32_t count)
{
	text_clear(text);
	text_add(text, "DELETE FROM StockReservation ");
	add_ids(text, ids, count);
	text_add(text, ";COMMIT");
}
