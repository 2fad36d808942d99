/* The rows in hand, and the tables, against the books. */
#include "auditor.h"

#include <stddef.h>
#include <string.h>

#include "auditor_private.h"

/* rows */

void auditor_check_state(
	struct auditor *auditor, const struct hold *hold, const struct promise *promise)
{
	struct row_view due = view_row(promise);

	auditor_match(auditor, "status", "hold", hold->id, hold->status, due.status);
	auditor_match(auditor, "reason", "hold", hold->id, hold->reason, due.reason);
	auditor_match(auditor, "closedAt", "hold", hold->id, hold->closed_at_ms, due.closed_at);
	auditor_match(auditor, "expiresAt", "hold", hold->id, hold->expires_at_ms, promise->until);
	auditor_match(auditor, "quantity", "hold", hold->id, hold->quantity, promise->units);
	auditor_match(auditor, "userId", "hold", hold->id, (int64_t)hold->user_id,
		(int64_t)promise->user);
	auditor_match_text(auditor, "sessionId", hold->id, hold->session_id, promise->owner);
}

static void check_key(
	struct auditor *auditor, const struct hold *hold, const struct promise *promise)
{
	const struct visit *visit = &auditor->ledger.visits[promise->visit];

	auditor_match(auditor, "idempotencyLine", "hold", hold->id, hold->idempotency_line,
		promise - auditor->ledger.promises - visit->first);
	if (memcmp(hold->idempotency_key, visit->name, DIGEST_LENGTH) != 0 ||
		memcmp(hold->idempotency_body, visit->wish, DIGEST_LENGTH) != 0)
		auditor_accuse(auditor, "hold %llu has not the key or not the body of its request",
			(unsigned long long)hold->id);
}

static void check_row(
	struct auditor *auditor, const struct hold *hold, const struct promise *promise)
{
	auditor_check_state(auditor, hold, promise);
	auditor_match(
		auditor, "id", "promise", promise->id, (int64_t)hold->id, (int64_t)promise->id);
	auditor_match(auditor, "variantId", "hold", hold->id, (int64_t)hold->variant_id,
		(int64_t)auditor->ledger.accounts[promise->account].variant_id);
	auditor_match(auditor, "createdAt", "hold", hold->id, hold->created_at_ms, promise->from);
	auditor_match_text(auditor, "orderId", hold->id, hold->order_id, promise->order);
	auditor_match_text(
		auditor, "createdRequestId", hold->id, hold->created_request_id, promise->made_by);
	auditor_match_text(auditor, "closedRequestId", hold->id, hold->closed_request_id,
		view_row(promise).closed_by);
	check_key(auditor, hold, promise);
}

void auditor_check_variant(struct auditor *auditor, uint64_t id, int64_t on_hand, int64_t reserved)
{
	int32_t account = ledger_account(&auditor->ledger, id);

	if (account < 0) {
		auditor_accuse(auditor, "variant %llu is not in the books", (unsigned long long)id);
		return;
	}
	auditor_match(auditor, "stock", "variant", id, on_hand,
		ledger_on_hand(&auditor->ledger, (uint32_t)account));
	auditor_match(auditor, "reserved", "variant", id, reserved,
		ledger_in_open_rows(&auditor->ledger, (uint32_t)account));
	if (on_hand < 0 || reserved < 0)
		auditor_accuse(auditor, "variant %llu is below zero", (unsigned long long)id);
}

/* the tables */

static void number_promises(struct auditor *auditor, const struct stock *stock)
{
	struct ledger *ledger = &auditor->ledger;

	for (uint32_t i = 0; i < auditor->hold_count; i++) {
		uint64_t id = stock->holds[i].id;

		if (ledger->promises[auditor->places[i]].id != 0)
			continue;
		if (id <= auditor->last_id)
			auditor_accuse(
				auditor, "a new hold got the old id %llu", (unsigned long long)id);
		auditor->last_id = id;
		ledger_number(ledger, id);
	}
}

void auditor_watch_save(
	struct auditor *auditor, const struct stock *stock, const struct world *world)
{
	number_promises(auditor, stock);
	for (uint32_t i = 0; i < auditor->hold_count && !auditor->accused; i++) {
		const struct hold *row = world_row(world, stock->holds[i].id);

		if (row == NULL)
			auditor_accuse(auditor, "hold %llu was not saved",
				(unsigned long long)stock->holds[i].id);
		else
			check_row(auditor, row, &auditor->ledger.promises[auditor->places[i]]);
	}
	for (uint32_t i = 0; i < world->variant_count && !auditor->accused; i++) {
		const struct world_variant *variant = &world->variants[i];

		auditor_check_variant(auditor, variant->id, variant->stock, variant->reserved);
	}
	if (auditor->again && ledger_unswept(&auditor->ledger, auditor->now) >= auditor->unswept)
		auditor_accuse(
			auditor, "a command must come back although nothing was swept for it");
}

void auditor_check_all(struct auditor *auditor, const struct world *world)
{
	const struct ledger *ledger = &auditor->ledger;

	if (!ledger_adds_up(ledger))
		auditor_accuse(auditor, "the journal does not add up");
	auditor_match(auditor, "rows", NULL, 0, world->row_count, ledger->promise_count);
	for (uint32_t i = 0; i < world->row_count && !auditor->accused; i++)
		check_row(auditor, &world->rows[i], &ledger->promises[i]);
	for (uint32_t i = 0; i < world->variant_count && !auditor->accused; i++) {
		const struct world_variant *variant = &world->variants[i];
		int64_t active = 0;

		for (uint32_t k = 0; k < world->row_count; k++) {
			const struct hold *row = &world->rows[k];

			if (row->variant_id == variant->id && row->status == HOLD_ACTIVE)
				active += row->quantity;
		}
		auditor_match(
			auditor, "reserved", "variant", variant->id, variant->reserved, active);
	}
}
