#include "planted.h"

#include <stddef.h>
#include <string.h>

#include "decide.h"

/* Takes a hold off the list of those that a sweep would close. */
static void unlist(struct stock *stock, struct variant *variant, uint32_t place)
{
	uint32_t *link = &variant->expired;

	while (*link != STOCK_NONE && *link != place)
		link = &stock->holds[*link].next_expired;
	if (*link == place)
		*link = stock->holds[place].next_expired;
}

/* A hold that ends at this very instant is taken for live. */
static void live_at_its_instant(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	for (uint32_t i = 0; i < stock->hold_count; i++) {
		struct hold *hold = &stock->holds[i];

		if (hold->status != HOLD_ACTIVE || hold->expires_at_ms != now_ms)
			continue;
		unlist(stock, stock_variant(stock, hold->variant_id), i);
		hold->expires_at_ms++;
	}
	decide(stock, now_ms, command, outcome);
	for (uint32_t i = 0; i < stock->hold_count; i++) {
		if (stock->holds[i].expires_at_ms == now_ms + 1)
			stock->holds[i].expires_at_ms--;
	}
	for (uint32_t i = 0; i < outcome->line_count; i++) {
		if (outcome->lines[i].expires_at_ms == now_ms + 1)
			outcome->lines[i].expires_at_ms--;
	}
}

/* Does something to the variant or the hold of every line with that code. */
static void after_lines(struct stock *stock, const struct outcome *outcome, enum code code,
	void (*harm)(struct hold *hold, struct variant *variant))
{
	for (uint32_t i = 0; i < outcome->line_count; i++) {
		struct hold *hold;

		if (outcome->lines[i].code != code || outcome->lines[i].hold == STOCK_NONE)
			continue;
		hold = &stock->holds[outcome->lines[i].hold];
		harm(hold, stock_variant(stock, hold->variant_id));
	}
}

static bool is_given_back(const struct hold *hold)
{
	return hold->changed && hold->reason == REASON_CUSTOMER;
}

static void add_reserved(struct hold *hold, struct variant *variant)
{
	if (is_given_back(hold))
		variant->reserved += hold->quantity;
}

/* The units of a cancelled hold stay reserved. */
static void cancel_keeps_units(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	decide(stock, now_ms, command, outcome);
	if (command->action == ACTION_CANCEL)
		after_lines(stock, outcome, CODE_CANCELLED, add_reserved);
}

static void take_stock(struct hold *hold, struct variant *variant)
{
	variant->stock -= hold->quantity;
}

static void convert_takes_twice(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	decide(stock, now_ms, command, outcome);
	if (command->action == ACTION_CONVERT)
		after_lines(stock, outcome, CODE_CONVERTED, take_stock);
}

/* One unit of each variant is sold that is not there; what a refusal tells is right. */
static void oversells_by_one(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	for (uint32_t i = 0; i < stock->variant_count; i++)
		stock->variants[i].stock++;
	decide(stock, now_ms, command, outcome);
	for (uint32_t i = 0; i < stock->variant_count; i++)
		stock->variants[i].stock--;
	for (uint32_t i = 0; i < outcome->line_count; i++) {
		outcome->lines[i].stock--;
		if (outcome->lines[i].available > 0)
			outcome->lines[i].available--;
	}
}

static void make_active(struct hold *hold, struct variant *variant)
{
	if (!is_given_back(hold))
		return;
	hold->status = HOLD_ACTIVE;
	hold->reason = REASON_NONE;
	hold->closed_at_ms = 0;
	variant->reserved += hold->quantity;
}

static void cancelled_hold_rises(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	decide(stock, now_ms, command, outcome);
	if (command->action == ACTION_CANCEL)
		after_lines(stock, outcome, CODE_CANCELLED, make_active);
}

static void give_stock(struct hold *hold, struct variant *variant)
{
	variant->stock += hold->quantity;
}

static void cancel_restocks_what_is_sold(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	decide(stock, now_ms, command, outcome);
	if (command->action == ACTION_CANCEL)
		after_lines(stock, outcome, CODE_ALREADY_CONVERTED, give_stock);
}

/* Nothing is swept when it is short, so that the answer depends on the cron job. */
static void forgets_to_sweep(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	for (uint32_t i = 0; i < stock->variant_count && command->action != ACTION_CLEANUP; i++) {
		stock->variants[i].expired = STOCK_NONE;
		stock->variants[i].expired_left = false;
	}
	decide(stock, now_ms, command, outcome);
}

static void shows_anyone_anything(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	struct command open = *command;

	if (command->action != ACTION_RESERVE && command->action != ACTION_MERGE)
		open.session_id[0] = '\0';
	decide(stock, now_ms, &open, outcome);
}

/* A cancelled hold is answered but not written. */
static void forgets_to_write(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	decide(stock, now_ms, command, outcome);
	for (uint32_t i = 0; i < outcome->line_count && command->action == ACTION_CANCEL; i++) {
		if (outcome->lines[i].released > 0)
			stock->holds[outcome->lines[i].hold].changed = 0;
	}
}

/* A closed row does not tell which request closed it. */
static void forgets_who_did_it(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	decide(stock, now_ms, command, outcome);
	for (uint32_t i = 0; i < stock->hold_count; i++) {
		if (stock->holds[i].changed && stock->holds[i].reason == REASON_EXPIRED)
			memset(stock->holds[i].closed_request_id, '0', REQUEST_ID_LENGTH);
	}
}

/* The last failing line gives a refused list its code, not the first. */
static void answers_with_the_last_line(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	decide(stock, now_ms, command, outcome);
	for (uint32_t i = 0; i < outcome->line_count; i++) {
		enum code code = outcome->lines[i].code;

		if (command->action == ACTION_CONVERT && !outcome->success && !outcome->again &&
			(code == CODE_LATE_SHORT || code == CODE_RESERVATION_CANCELLED))
			outcome->code = code;
	}
}

/* What changed no row is taken for what failed. */
static void cancel_of_nothing_fails(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	decide(stock, now_ms, command, outcome);
	for (uint32_t i = 0; i < outcome->line_count && command->action == ACTION_CANCEL; i++) {
		struct outcome_line *line = &outcome->lines[i];

		if (line->code != CODE_CANCELLED || line->released > 0)
			continue;
		line->code = CODE_NOT_FOUND;
		line->success = false;
	}
}

/* The cleanup saw a hold expired, and closes it although a late payment was faster. */
static void cleanup_flips_what_is_sold(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	decide(stock, now_ms, command, outcome);
	for (uint32_t i = 0; i < stock->hold_count && command->action == ACTION_CLEANUP; i++) {
		struct hold *hold = &stock->holds[i];

		if (hold->status != HOLD_COMPLETED || hold->expires_at_ms > now_ms)
			continue;
		hold->status = HOLD_CANCELLED;
		hold->reason = REASON_EXPIRED;
		hold->changed |= CHANGE_CLOSED;
	}
}

static const struct decider faults[] = {
	{"live_at_its_instant", live_at_its_instant},
	{"cancel_keeps_units", cancel_keeps_units},
	{"convert_takes_twice", convert_takes_twice},
	{"oversells_by_one", oversells_by_one},
	{"cancelled_hold_rises", cancelled_hold_rises},
	{"cancel_restocks_what_is_sold", cancel_restocks_what_is_sold},
	{"forgets_to_sweep", forgets_to_sweep},
	{"shows_anyone_anything", shows_anyone_anything},
	{"forgets_to_write", forgets_to_write},
	{"forgets_who_did_it", forgets_who_did_it},
	{"answers_with_the_last_line", answers_with_the_last_line},
	{"cancel_of_nothing_fails", cancel_of_nothing_fails},
	{"cleanup_flips_what_is_sold", cleanup_flips_what_is_sold},
};

const struct planted planted_ends = {faults, sizeof(faults) / sizeof(faults[0])};
