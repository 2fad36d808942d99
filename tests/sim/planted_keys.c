#include "planted.h"

#include <stddef.h>
#include <string.h>

#include "decide.h"

/* Who comes again is served again. */
static void forgets_the_key(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	struct command keyless = *command;

	keyless.keyed = false;
	decide(stock, now_ms, &keyless, outcome);
}

/* The archive has taken its first hold, and left others. */
static void key_dies_with_its_first_line(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	const struct hold *first = stock_keyed_hold(stock, command->idempotency_key, 0);
	struct command keyless = *command;

	keyless.keyed = first != NULL;
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
		hold->changed |= CHANGE_CLOSED | CHANGE_EXTENDED;
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

static void lost_reserve_forgets_what_it_replaced(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	decide(stock, now_ms, command, outcome);
	for (uint32_t i = 0; i < outcome->line_count && outcome->code == CODE_RESERVED; i++) {
		if (command->recheck && stock->holds[outcome->lines[i].hold].id != 0)
			outcome->lines[i].replaced_id = 0;
	}
}

static void lost_merge_moved_nothing(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	decide_as_if_new(ACTION_MERGE, stock, now_ms, command, outcome);
}

static const struct decider faults[] = {
	{"forgets_the_key", forgets_the_key},
	{"key_dies_with_its_first_line", key_dies_with_its_first_line},
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
	{"lost_reserve_forgets_what_it_replaced", lost_reserve_forgets_what_it_replaced},
	{"lost_merge_moved_nothing", lost_merge_moved_nothing},
};

const struct planted planted_keys = {faults, sizeof(faults) / sizeof(faults[0])};
