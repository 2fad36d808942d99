#include "planted.h"

#include <stddef.h>
#include <string.h>

#include "decide.h"

/* extend */

/* It is renewed without a look at what it is: its units may be somebody's by now. */
static void extend_revives_what_expired(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	decide(stock, now_ms, command, outcome);
	for (uint32_t i = 0; i < outcome->line_count && command->action == ACTION_EXTEND; i++) {
		struct outcome_line *line = &outcome->lines[i];
		struct hold *hold = &stock->holds[line->hold];

		if (line->code != CODE_RESERVATION_EXPIRED)
			continue;
		if (hold->status != HOLD_ACTIVE)
			stock_variant(stock, hold->variant_id)->reserved += hold->quantity;
		hold->status = line->status = HOLD_ACTIVE;
		hold->reason = line->reason = REASON_NONE;
		hold->expires_at_ms = line->expires_at_ms = now_ms + command->ttl_ms;
		hold->changed |= CHANGE_CLOSED | CHANGE_EXTENDED;
		line->code = CODE_EXTENDED;
		line->success = true;
	}
}

/* What changed no row is taken for what failed. */
static void extend_to_no_later_fails(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	decide(stock, now_ms, command, outcome);
	for (uint32_t i = 0; i < outcome->line_count && command->action == ACTION_EXTEND; i++) {
		struct outcome_line *line = &outcome->lines[i];

		if (line->code != CODE_EXTENDED || stock->holds[line->hold].changed)
			continue;
		line->code = CODE_RESERVATION_EXPIRED;
		line->success = false;
	}
}

/* To what was asked for, whatever it was before, and however long it has lasted. */
static void extend_to(struct stock *stock, const struct command *command, struct outcome *outcome,
	bool (*wanted)(const struct hold *hold, int64_t until_ms))
{
	int64_t until_ms = outcome->now_ms + command->ttl_ms;

	for (uint32_t i = 0; i < outcome->line_count && command->action == ACTION_EXTEND; i++) {
		struct outcome_line *line = &outcome->lines[i];
		struct hold *hold = &stock->holds[line->hold];

		if (line->code != CODE_EXTENDED || !wanted(hold, until_ms))
			continue;
		hold->expires_at_ms = line->expires_at_ms = until_ms;
		hold->changed |= CHANGE_EXTENDED;
	}
}

static bool is_later(const struct hold *hold, int64_t until_ms)
{
	return until_ms > hold->expires_at_ms;
}

static bool is_sooner(const struct hold *hold, int64_t until_ms)
{
	return until_ms < hold->expires_at_ms;
}

static void extend_knows_no_cap(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	decide(stock, now_ms, command, outcome);
	extend_to(stock, command, outcome, is_later);
}

static void extend_shortens(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	decide(stock, now_ms, command, outcome);
	extend_to(stock, command, outcome, is_sooner);
}

/* A hold that was given to another session since it was named. */
static void extend_takes_what_has_left(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	struct command open = *command;

	if (command->action == ACTION_EXTEND && command->whole_session)
		open.session_id[0] = '\0';
	decide(stock, now_ms, &open, outcome);
}

static void extend_is_not_written(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	decide(stock, now_ms, command, outcome);
	for (uint32_t i = 0; i < stock->hold_count && command->action == ACTION_EXTEND; i++)
		stock->holds[i].changed &= ~(unsigned int)CHANGE_EXTENDED;
}

/* merge */

/* Of NULL nothing is equal, and nothing different. */
static void merge_misses_who_was_nobody(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	struct command known = *command;

	for (uint32_t i = 0; i < command->line_count && command->action == ACTION_MERGE; i++) {
		const struct hold *hold = stock_hold(stock, command->lines[i].reservation_id);

		if (hold != NULL && hold->user_id == 0)
			known.lines[i].reservation_id = ID_MAX;
	}
	decide(stock, now_ms, &known, outcome);
}

/* Each hold that a merge names is changed for as long as it is decided. */
static void decide_with_guise(
	void (*disguise)(struct hold *hold, const struct command *command, int64_t now_ms),
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	struct hold before[LINES_MAX];

	for (uint32_t i = 0; i < command->line_count && command->action == ACTION_MERGE; i++) {
		struct hold *hold = stock_hold(stock, command->lines[i].reservation_id);

		if (hold == NULL)
			continue;
		before[i] = *hold;
		disguise(hold, command, now_ms);
	}
	decide(stock, now_ms, command, outcome);
	for (uint32_t i = 0; i < command->line_count && command->action == ACTION_MERGE; i++) {
		struct hold *hold = stock_hold(stock, command->lines[i].reservation_id);

		if (hold != NULL && (hold->changed & CHANGE_MOVED) == 0)
			*hold = before[i];
		else if (hold != NULL)
			hold->expires_at_ms = before[i].expires_at_ms;
	}
}

static void hide_user(struct hold *hold, const struct command *command, int64_t now_ms)
{
	(void)now_ms;
	if (strcmp(hold->session_id, command->from_session_id) == 0)
		hold->user_id = 0;
}

static void merge_takes_other_users_holds(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	decide_with_guise(hide_user, stock, now_ms, command, outcome);
}

static void hide_expiry(struct hold *hold, const struct command *command, int64_t now_ms)
{
	(void)command;
	if (hold->status == HOLD_ACTIVE && hold->expires_at_ms <= now_ms)
		hold->expires_at_ms = now_ms + 1;
}

static void merge_moves_what_expired(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	decide_with_guise(hide_expiry, stock, now_ms, command, outcome);
}

static void merge_forgets_the_user(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	decide(stock, now_ms, command, outcome);
	for (uint32_t i = 0; i < outcome->line_count && command->action == ACTION_MERGE; i++)
		stock->holds[outcome->lines[i].hold].user_id = 0;
}

/* The new expiry of a hold that moves, as if it were made anew. */
static void merge_renews_what_it_moves(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	decide(stock, now_ms, command, outcome);
	for (uint32_t i = 0; i < outcome->line_count && command->action == ACTION_MERGE; i++) {
		struct hold *hold = &stock->holds[outcome->lines[i].hold];

		hold->expires_at_ms = outcome->lines[i].expires_at_ms = now_ms + HOLD_MS;
		hold->changed |= CHANGE_EXTENDED;
	}
}

static void merge_that_moves_nothing_fails(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	decide(stock, now_ms, command, outcome);
	if (command->action == ACTION_MERGE && outcome->line_count == 0)
		outcome_refuse(outcome, CODE_RESERVATION_NOT_FOUND);
}

static const struct decider faults[] = {
	{"extend_revives_what_expired", extend_revives_what_expired},
	{"extend_to_no_later_fails", extend_to_no_later_fails},
	{"extend_knows_no_cap", extend_knows_no_cap},
	{"extend_shortens", extend_shortens},
	{"extend_takes_what_has_left", extend_takes_what_has_left},
	{"extend_is_not_written", extend_is_not_written},
	{"merge_misses_who_was_nobody", merge_misses_who_was_nobody},
	{"merge_takes_other_users_holds", merge_takes_other_users_holds},
	{"merge_moves_what_expired", merge_moves_what_expired},
	{"merge_forgets_the_user", merge_forgets_the_user},
	{"merge_renews_what_it_moves", merge_renews_what_it_moves},
	{"merge_that_moves_nothing_fails", merge_that_moves_nothing_fails},
};

const struct planted planted_sessions = {faults, sizeof(faults) / sizeof(faults[0])};
