#include "rules.h"

#include <assert.h>
#include <string.h>

#include "plan.h"

/* Tells what stands there today, and changes nothing: an expired hold is not revived. */
static void replay_lines(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	for (uint32_t i = 0; i < command->line_count; i++) {
		struct hold *hold = stock_keyed_hold(stock, command->idempotency_key, i);
		struct outcome_line *line;

		if (hold == NULL)
			continue; /* it was archived */
		line = outcome_add_line(outcome);
		outcome_describe(line, stock, hold);
		line->code = CODE_RESERVED;
		line->success = true;
		if (hold_is_expired(hold, now_ms)) {
			line->status = HOLD_CANCELLED;
			line->reason = REASON_EXPIRED;
		}
	}
	outcome_succeed(outcome, CODE_RESERVED);
}

/* True: a request with this key was here before, and this one is answered like it. */
static bool was_here_before(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	struct hold *first = NULL;

	/* The first that is left: others may have been archived. */
	for (uint32_t i = 0; i < command->line_count && first == NULL; i++)
		first = stock_keyed_hold(stock, command->idempotency_key, i);
	if (first == NULL)
		return false;
	if (memcmp(first->idempotency_body, command->idempotency_body, DIGEST_LENGTH) != 0) {
		outcome_refuse(outcome, CODE_IDEMPOTENCY_KEY_REUSED);
		return true;
	}
	outcome->replay = strcmp(first->created_request_id, command->request_id) != 0;
	replay_lines(stock, now_ms, command, outcome);
	return true;
}

static bool variants_exist(
	struct stock *stock, const struct command *command, struct outcome *outcome)
{
	for (uint32_t i = 0; i < command->line_count; i++) {
		uint64_t id = command->lines[i].variant_id;
		bool told = false;

		if (stock_variant(stock, id) != NULL)
			continue;
		for (uint32_t j = 0; j < outcome->line_count; j++)
			told = told || outcome->lines[j].variant_id == id;
		if (!told) {
			struct outcome_line *line = outcome_add_line(outcome);

			line->code = CODE_VARIANT_NOT_FOUND;
			line->variant_id = id;
		}
	}
	if (outcome->line_count == 0)
		return true;
	outcome_refuse(outcome, CODE_VARIANT_NOT_FOUND);
	return false;
}

static void sum_needs(struct stock *stock, const struct command *command)
{
	for (uint32_t i = 0; i < command->line_count; i++)
		stock_variant(stock, command->lines[i].variant_id)->need = 0;
	for (uint32_t i = 0; i < command->line_count; i++)
		stock_variant(stock, command->lines[i].variant_id)->need +=
			command->lines[i].quantity;
}

/* Names every variant that is short, also after its expired holds were swept. */
static void weigh_needs(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	for (uint32_t i = 0; i < command->line_count; i++) {
		struct variant *variant = stock_variant(stock, command->lines[i].variant_id);
		struct outcome_line *line;

		if (variant->need == 0)
			continue; /* asked already, by an earlier line of this variant */
		if (variant->need > variant_available(variant))
			outcome->swept += stock_sweep(stock, variant, now_ms, command->request_id);
		if (variant->need > variant_available(variant)) {
			int64_t available = variant_available(variant);

			if (variant->expired_left)
				outcome->again = true;
			line = outcome_add_line(outcome);
			line->code = CODE_INSUFFICIENT_STOCK;
			line->variant_id = variant->id;
			line->requested = variant->need;
			line->available = available > 0 ? available : 0;
		}
		variant->need = 0;
	}
}

static void place_hold(struct stock *stock, int64_t now_ms, const struct command *command,
	uint32_t index, struct outcome *outcome)
{
	const struct command_line *asked = &command->lines[index];
	struct variant *variant = stock_variant(stock, asked->variant_id);
	struct outcome_line *line = outcome_add_line(outcome);
	struct hold *hold = stock_add_hold(stock);

	hold->variant_id = asked->variant_id;
	hold->quantity = asked->quantity;
	hold->user_id = command->user_id;
	hold->status = HOLD_ACTIVE;
	hold->created_at_ms = now_ms;
	hold->expires_at_ms = now_ms + command->ttl_ms;
	memcpy(hold->session_id, command->session_id, sizeof(hold->session_id));
	memcpy(hold->created_request_id, command->request_id, sizeof(hold->created_request_id));
	hold->idempotency_line = index;
	memcpy(hold->idempotency_key, command->idempotency_key, DIGEST_LENGTH);
	memcpy(hold->idempotency_body, command->idempotency_body, DIGEST_LENGTH);
	hold->changed = true;
	variant->reserved += asked->quantity;
	assert(variant->reserved <= variant->stock);

	outcome_describe(line, stock, hold);
	line->code = CODE_RESERVED;
	line->success = true;
}

void rules_reserve(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	if (plan_looks_back(command) && was_here_before(stock, now_ms, command, outcome))
		return;
	if (!variants_exist(stock, command, outcome))
		return;
	sum_needs(stock, command);
	weigh_needs(stock, now_ms, command, outcome);
	if (outcome->line_count > 0) {
		outcome_refuse(outcome, CODE_INSUFFICIENT_STOCK);
		return;
	}
	for (uint32_t i = 0; i < command->line_count; i++)
		place_hold(stock, now_ms, command, i, outcome);
	outcome_succeed(outcome, CODE_RESERVED);
}
