#include "rules.h"

#include <stddef.h>
#include <string.h>

/*
 * Late lines are decided against what is available after all expired holds of their variant were
 * swept. Where they fit as it is, nothing needs to be swept.
 */
static void make_room_for_late(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	for (uint32_t i = 0; i < stock->variant_count; i++) {
		stock->variants[i].need = 0;
		stock->variants[i].plan_stock = 0;
		stock->variants[i].plan_reserved = 0;
	}
	for (uint32_t i = 0; i < command->line_count; i++) {
		struct hold *hold =
			rules_owned_hold(stock, command, command->lines[i].reservation_id);
		struct variant *variant;

		if (hold == NULL || !hold_is_expired(hold, now_ms))
			continue;
		variant = rules_variant_of(stock, hold);
		variant->need += hold->quantity;
		if (variant->need <= variant_available(variant))
			continue;
		outcome->swept += stock_sweep(stock, variant, now_ms, command->request_id);
		if (variant->need > variant_available(variant) && variant->expired_left)
			outcome->again = true;
	}
}

static enum code completed_code(const struct hold *hold, const struct command *command)
{
	if (rules_done_before(hold, command))
		return hold->closed_at_ms < hold->expires_at_ms ? CODE_CONVERTED : CODE_REVIVED;
	if (command->order_id[0] != '\0' && strcmp(command->order_id, hold->order_id) != 0)
		return CODE_CONVERTED_FOR_OTHER_ORDER;
	return CODE_ALREADY_CONVERTED;
}

/* Late payment: what expired converts if its quantity is still to be had. */
static enum code plan_late(const struct hold *hold, struct variant *variant)
{
	int64_t own = hold->status == HOLD_ACTIVE ? hold->quantity : 0;
	int64_t on_hand = variant->stock - variant->plan_stock;
	int64_t reserved = variant->reserved - variant->plan_reserved;

	/* The first can fail alone only where the counter is wrong, and then it must. */
	if (hold->quantity > on_hand || hold->quantity > on_hand - (reserved - own))
		return CODE_LATE_SHORT;
	variant->plan_stock += hold->quantity;
	variant->plan_reserved += own;
	return CODE_REVIVED;
}

static enum code plan_live(const struct hold *hold, struct variant *variant)
{
	/* An operator may have lowered the stock under a live hold. */
	if (hold->quantity > variant->stock - variant->plan_stock)
		return CODE_STOCK_SHORT;
	variant->plan_stock += hold->quantity;
	variant->plan_reserved += hold->quantity;
	return CODE_CONVERTED;
}

static bool is_good(const struct outcome_line *line)
{
	return line->code == CODE_CONVERTED || line->code == CODE_REVIVED;
}

/* Says what the line would come to, after the lines before it. Changes no row. */
static void plan_line(struct stock *stock, int64_t now_ms, const struct command *command,
	uint64_t id, struct outcome *outcome)
{
	struct outcome_line *line = outcome_add_line(outcome);
	struct hold *hold = rules_owned_hold(stock, command, id);
	struct variant *variant;

	line->reservation_id = id;
	if (hold == NULL) {
		line->code = CODE_NOT_FOUND;
		return;
	}
	variant = rules_variant_of(stock, hold);
	if (hold->status == HOLD_COMPLETED)
		line->code = completed_code(hold, command);
	else if (hold_is_live(hold, now_ms))
		line->code = plan_live(hold, variant);
	else if (hold_is_expired(hold, now_ms))
		line->code = plan_late(hold, variant);
	else
		line->code = CODE_RESERVATION_CANCELLED;
	line->done = is_good(line) && hold->status == HOLD_COMPLETED;
	line->success = is_good(line) || line->code == CODE_ALREADY_CONVERTED;
	line->stock = variant->stock;
	outcome_describe(line, stock, hold);
}

/* The first unknown line decides; else the first that fails. */
static enum code first_refusal(const struct outcome *outcome)
{
	for (uint32_t i = 0; i < outcome->line_count; i++) {
		if (outcome->lines[i].code == CODE_NOT_FOUND)
			return CODE_NOT_FOUND;
	}
	for (uint32_t i = 0; i < outcome->line_count; i++) {
		if (!outcome->lines[i].success)
			return outcome->lines[i].code;
	}
	return CODE_CONVERTED;
}

static void withhold_lines(struct outcome *outcome)
{
	for (uint32_t i = 0; i < outcome->line_count; i++) {
		if (!is_good(&outcome->lines[i]))
			continue;
		outcome->lines[i].code = CODE_WOULD_CONVERT;
		outcome->lines[i].success = false;
	}
}

static void convert_lines(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	for (uint32_t i = 0; i < outcome->line_count; i++) {
		struct outcome_line *line = &outcome->lines[i];
		struct hold *hold;

		if (!is_good(line) || line->done)
			continue;
		hold = &stock->holds[line->hold];
		/* Swept by this very request, and now revived: it was not swept after all. */
		if (hold->status == HOLD_CANCELLED && rules_closed_by(hold, command))
			outcome->swept--;
		hold_complete(hold, rules_variant_of(stock, hold), command->order_id, now_ms,
			command->request_id);
		outcome_describe(line, stock, hold);
	}
}

void rules_convert(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	enum code refusal;

	make_room_for_late(stock, now_ms, command, outcome);
	if (outcome->again) {
		outcome_refuse(outcome, CODE_LATE_SHORT);
		return;
	}
	for (uint32_t i = 0; i < command->line_count; i++) {
		if (!outcome_is_repeat(outcome, command, i))
			plan_line(
				stock, now_ms, command, command->lines[i].reservation_id, outcome);
	}
	refusal = first_refusal(outcome);
	if (!command->partial && refusal != CODE_CONVERTED) {
		withhold_lines(outcome);
		outcome_answer_repeats(outcome);
		outcome_refuse(outcome, refusal);
	} else {
		convert_lines(stock, now_ms, command, outcome);
		outcome_answer_repeats(outcome);
		outcome_conclude_list(outcome, CODE_CONVERTED);
	}
	outcome_name_refusal(outcome);
}
