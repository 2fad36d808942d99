#include "stock.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

void stock_reset(struct stock *stock)
{
	stock->variant_count = 0;
	stock->hold_count = 0;
	stock->named_count = 0;
	stock->session_count = 0;
	stock->cleanup_left = false;
}

void stock_add_variant(struct stock *stock, uint64_t id, int64_t on_hand, int64_t reserved)
{
	struct variant *variant;

	assert(stock->variant_count < STOCK_VARIANTS_MAX);
	assert(stock->variant_count == 0 || stock->variants[stock->variant_count - 1].id < id);
	variant = &stock->variants[stock->variant_count++];
	*variant = (struct variant){
		.id = id,
		.stock = on_hand,
		.reserved = reserved,
		.stock_read = on_hand,
		.reserved_read = reserved,
		.expired = STOCK_NONE,
	};
}

struct hold *stock_add_hold(struct stock *stock)
{
	struct hold *hold;

	assert(stock->hold_count < STOCK_HOLDS_MAX);
	hold = &stock->holds[stock->hold_count++];
	memset(hold, 0, sizeof(*hold));
	hold->next_expired = STOCK_NONE;
	return hold;
}

struct hold *stock_add_named(struct stock *stock, uint64_t id)
{
	struct hold *hold;

	assert(stock->named_count == stock->hold_count);
	assert(stock->hold_count == 0 || stock->holds[stock->hold_count - 1].id < id);
	hold = stock_add_hold(stock);
	hold->id = id;
	stock->named_count = stock->hold_count;
	return hold;
}

void stock_note_expired(struct stock *stock, struct hold *hold)
{
	struct variant *variant = stock_variant(stock, hold->variant_id);

	assert(variant != NULL);
	assert(hold->status == HOLD_ACTIVE);
	hold->next_expired = variant->expired;
	variant->expired = (uint32_t)(hold - stock->holds);
}

struct variant *stock_variant(struct stock *stock, uint64_t id)
{
	uint32_t low = 0, high = stock->variant_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (stock->variants[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == stock->variant_count || stock->variants[low].id != id)
		return NULL;
	return &stock->variants[low];
}

struct hold *stock_hold(struct stock *stock, uint64_t id)
{
	uint32_t low = 0, high = stock->named_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (stock->holds[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == stock->named_count || stock->holds[low].id != id)
		return NULL;
	return &stock->holds[low];
}

struct hold *stock_keyed_hold(struct stock *stock, const uint8_t key[DIGEST_LENGTH], uint32_t line)
{
	for (uint32_t i = 0; i < stock->hold_count; i++) {
		struct hold *hold = &stock->holds[i];

		if (hold->idempotency_line == line &&
			memcmp(hold->idempotency_key, key, DIGEST_LENGTH) == 0)
			return hold;
	}
	return NULL;
}

struct session *stock_session(struct stock *stock, const char *id)
{
	for (uint32_t i = 0; i < stock->session_count; i++) {
		if (strcmp(stock->sessions[i].id, id) == 0)
			return &stock->sessions[i];
	}
	return NULL;
}

void stock_add_session(struct stock *stock, const char *id, int64_t holds, int64_t units)
{
	struct session *session;

	assert(stock->session_count < BATCH_MAX && stock_session(stock, id) == NULL);
	session = &stock->sessions[stock->session_count++];
	memcpy(session->id, id, strlen(id) + 1);
	session->holds = holds;
	session->units = units;
	for (uint32_t i = 0; i < stock->hold_count; i++) {
		if (strcmp(stock->holds[i].session_id, id) == 0)
			stock->holds[i].session = session;
	}
}

/* A live hold becomes the session's to count, or nobody's; NULL: nobody's. */
static void count_for(struct hold *hold, struct session *session)
{
	if (hold->session != NULL) {
		hold->session->holds--;
		hold->session->units -= hold->quantity;
	}
	hold->session = session;
	if (session != NULL) {
		session->holds++;
		session->units += hold->quantity;
	}
}

int64_t variant_available(const struct variant *variant)
{
	return variant->stock - variant->reserved;
}

bool hold_is_live(const struct hold *hold, int64_t now_ms)
{
	return hold->status == HOLD_ACTIVE && hold->expires_at_ms > now_ms;
}

bool hold_is_expired(const struct hold *hold, int64_t now_ms)
{
	if (hold->status == HOLD_ACTIVE)
		return hold->expires_at_ms <= now_ms;
	return hold->status == HOLD_CANCELLED && hold->reason == REASON_EXPIRED;
}

/*
 * Takes a hold off the counter. A counter below its holds was written by someone else (`stokctl
 * check` finds it): stopping at 0 only makes its error smaller, and shoppers go on.
 */
static void release(struct variant *variant, uint32_t quantity)
{
	variant->reserved = variant->reserved > quantity ? variant->reserved - quantity : 0;
}

static void close_hold(struct hold *hold, int64_t now_ms, const char *request_id)
{
	hold->closed_at_ms = now_ms;
	memcpy(hold->closed_request_id, request_id, sizeof(hold->closed_request_id));
	hold->changed |= CHANGE_CLOSED;
}

void hold_cancel(struct hold *hold, struct variant *variant, enum cancel_reason reason,
	int64_t now_ms, const char *request_id)
{
	assert(hold->status == HOLD_ACTIVE);
	assert(hold->variant_id == variant->id);
	assert((reason == REASON_EXPIRED) == (hold->expires_at_ms <= now_ms));
	if (reason != REASON_EXPIRED)
		count_for(hold, NULL);
	hold->status = HOLD_CANCELLED;
	hold->reason = reason;
	close_hold(hold, now_ms, request_id);
	release(variant, hold->quantity);
}

void hold_complete(struct hold *hold, struct variant *variant, const char *order_id, int64_t now_ms,
	const char *request_id)
{
	assert(hold_is_live(hold, now_ms) || hold_is_expired(hold, now_ms));
	assert(hold->variant_id == variant->id);
	if (hold_is_live(hold, now_ms))
		count_for(hold, NULL);
	if (hold->status == HOLD_ACTIVE)
		release(variant, hold->quantity);
	variant->stock -= hold->quantity;
	assert(variant->stock >= 0);
	hold->status = HOLD_COMPLETED;
	hold->reason = REASON_NONE;
	memcpy(hold->order_id, order_id, sizeof(hold->order_id));
	close_hold(hold, now_ms, request_id);
}

void hold_extend(struct hold *hold, int64_t expires_at_ms)
{
	assert(hold->status == HOLD_ACTIVE && expires_at_ms >= hold->expires_at_ms);
	if (expires_at_ms == hold->expires_at_ms)
		return;
	hold->expires_at_ms = expires_at_ms;
	hold->changed |= CHANGE_EXTENDED;
}

void stock_move(struct stock *stock, struct hold *hold, const char *session_id, uint64_t user_id)
{
	assert(hold->status == HOLD_ACTIVE);
	count_for(hold, stock_session(stock, session_id));
	memcpy(hold->session_id, session_id, strlen(session_id) + 1);
	hold->user_id = user_id;
	hold->changed |= CHANGE_MOVED;
}

void stock_place(struct stock *stock, struct hold *hold, struct variant *variant)
{
	assert(hold->id == 0 && hold->variant_id == variant->id);
	hold->status = HOLD_ACTIVE;
	hold->changed |= CHANGE_MADE;
	variant->reserved += hold->quantity;
	count_for(hold, stock_session(stock, hold->session_id));
}

uint32_t stock_sweep(
	struct stock *stock, struct variant *variant, int64_t now_ms, const char *request_id)
{
	uint32_t swept = 0;

	for (uint32_t i = variant->expired; i != STOCK_NONE; i = stock->holds[i].next_expired) {
		struct hold *hold = &stock->holds[i];

		/* A command of the same batch may have closed it since it was read. */
		if (hold->status != HOLD_ACTIVE)
			continue;
		hold_cancel(hold, variant, REASON_EXPIRED, now_ms, request_id);
		swept++;
	}
	variant->expired = STOCK_NONE;
	return swept;
}
