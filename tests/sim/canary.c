/*
 * Tests the simulation itself: faults are planted around `decide`, and each must be found by the
 * auditor. SIM_COMMANDS says after how many commands at the latest (100000): a fault after a lost
 * COMMIT shows in few of them. SIM_SEED repeats a run.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decide.h"
#include "run.h"

#define COMMANDS 100000

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

	if (command->action != ACTION_RESERVE)
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
			stock->holds[outcome->lines[i].hold].changed = false;
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

/* keys */

/* Who comes again is served again. */
static void forgets_the_key(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	struct command keyless = *command;

	keyless.keyed = false;
	decide(stock, now_ms, &keyless, outcome);
}

static void accepts_another_body(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	const struct hold *first = stock_keyed_hold(stock, command->idempotency_key, 0);
	struct command yielding = *command;

	if (command->action == ACTION_RESERVE && command->keyed && first != NULL)
		memcpy(yielding.idempotency_body, first->idempotency_body, DIGEST_LENGTH);
	decide(stock, now_ms, &yielding, outcome);
}

static void replay_revives_what_expired(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	decide(stock, now_ms, command, outcome);
	for (uint32_t i = 0; i < outcome->line_count && outcome->replay; i++) {
		struct outcome_line *line = &outcome->lines[i];
		struct hold *hold = &stock->holds[line->hold];

		if (line->reason != REASON_EXPIRED)
			continue;
		if (hold->status != HOLD_ACTIVE)
			stock_variant(stock, hold->variant_id)->reserved += hold->quantity;
		hold->status = line->status = HOLD_ACTIVE;
		hold->reason = line->reason = REASON_NONE;
		hold->expires_at_ms = line->expires_at_ms = now_ms + command->ttl_ms;
		hold->changed = true;
	}
}

/* A hold that has expired and is not swept is shown as it stands in its row. */
static void replay_shows_the_dead_as_living(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	decide(stock, now_ms, command, outcome);
	for (uint32_t i = 0; i < outcome->line_count && outcome->replay; i++) {
		outcome->lines[i].status = stock->holds[outcome->lines[i].hold].status;
		outcome->lines[i].reason = stock->holds[outcome->lines[i].hold].reason;
	}
}

static void replay_passes_for_new(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	decide(stock, now_ms, command, outcome);
	outcome->replay = false;
}

static void row_forgets_its_body(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	decide(stock, now_ms, command, outcome);
	for (uint32_t i = 0; i < stock->hold_count; i++) {
		if (stock->holds[i].id == 0)
			memset(stock->holds[i].idempotency_body, 0, DIGEST_LENGTH);
	}
}

/* lost COMMITs */

static void decide_as_if_new(enum action action, struct stock *stock, int64_t now_ms,
	const struct command *command, struct outcome *outcome)
{
	struct command fresh = *command;

	fresh.recheck = fresh.recheck && command->action != action;
	decide(stock, now_ms, &fresh, outcome);
}

static void lost_reserve_is_made_again(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	decide_as_if_new(ACTION_RESERVE, stock, now_ms, command, outcome);
}

static void lost_cancel_released_nothing(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	decide_as_if_new(ACTION_CANCEL, stock, now_ms, command, outcome);
}

static void lost_convert_was_anothers(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	decide_as_if_new(ACTION_CONVERT, stock, now_ms, command, outcome);
}

static void lost_convert_takes_twice(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	decide(stock, now_ms, command, outcome);
	for (uint32_t i = 0; i < outcome->line_count && command->action == ACTION_CONVERT; i++) {
		const struct outcome_line *line = &outcome->lines[i];

		if (line->done && line->code != CODE_DUPLICATE)
			stock_variant(stock, line->variant_id)->stock -= line->quantity;
	}
}

/* Its own holds are taken for those of an earlier request. */
static void lost_reserve_passes_for_replay(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	decide(stock, now_ms, command, outcome);
	if (command->recheck && outcome->success && outcome->code == CODE_RESERVED &&
		stock->holds[outcome->lines[0].hold].id != 0)
		outcome->replay = true;
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
	{"forgets_the_key", forgets_the_key},
	{"accepts_another_body", accepts_another_body},
	{"replay_revives_what_expired", replay_revives_what_expired},
	{"replay_shows_the_dead_as_living", replay_shows_the_dead_as_living},
	{"replay_passes_for_new", replay_passes_for_new},
	{"row_forgets_its_body", row_forgets_its_body},
	{"lost_reserve_is_made_again", lost_reserve_is_made_again},
	{"lost_cancel_released_nothing", lost_cancel_released_nothing},
	{"lost_convert_was_anothers", lost_convert_was_anothers},
	{"lost_convert_takes_twice", lost_convert_takes_twice},
	{"lost_reserve_passes_for_replay", lost_reserve_passes_for_replay},
};

#define FAULTS (sizeof(faults) / sizeof(faults[0]))

int main(void)
{
	static const struct decider sound = {"decide", decide};
	static struct tally tally;
	uint64_t seed = run_seed();
	uint64_t commands = run_number("SIM_COMMANDS", COMMANDS);
	char accusation[512];
	bool all = true;

	printf("1..%zu\n# SIM_SEED=0x%016" PRIx64 " SIM_COMMANDS=%" PRIu64 "\n", FAULTS + 1, seed,
		commands);
	fflush(stdout);
	/* What is accused without a fault would prove nothing. */
	all = run_simulation(&sound, seed, commands, true, &tally, accusation);
	printf("%s 1 - no fault, no accusation%s%s\n", all ? "ok" : "not ok", all ? "" : ": ",
		accusation);
	for (uint32_t i = 0; i < FAULTS; i++) {
		bool clean = run_simulation(&faults[i], seed, commands, false, &tally, accusation);

		all = all && !clean;
		printf("%s %u - %s is found\n", clean ? "not ok" : "ok", i + 2, faults[i].name);
		printf("# after %" PRIu64 " commands: %s\n", tally.commands, accusation);
		fflush(stdout);
	}
	return all ? EXIT_SUCCESS : EXIT_FAILURE;
}
