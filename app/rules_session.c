/* What happens to live holds without their ending: their expiry moves, or their session changes. */
#include "rules.h"

#include <string.h>

/* extend */

static int64_t extended_to(const struct hold *hold, int64_t now_ms, int64_t ttl_ms)
{
	int64_t wanted = now_ms + ttl_ms, longest = hold->created_at_ms + LIFE_MS_MAX;
	int64_t until = wanted < longest ? wanted : longest;

	return until > hold->expires_at_ms ? until : hold->expires_at_ms;
}

/* An expired hold is not revived, however recently: its units may be somebody's by now. */
static enum code extend_code(const struct hold *hold, int64_t now_ms)
{
	if (hold_is_live(hold, now_ms))
		return CODE_EXTENDED;
	if (hold_is_expired(hold, now_ms))
		return CODE_RESERVATION_EXPIRED;
	return hold->status == HOLD_COMPLETED ? CODE_ALREADY_CONVERTED : CODE_RESERVATION_CANCELLED;
}

static void extend_line(struct stock *stock, int64_t now_ms, const struct command *command,
	uint64_t id, struct outcome *outcome)
{
	struct outcome_line *line = outcome_add_line(outcome);
	struct hold *hold = rules_owned_hold(stock, command, id);

	line->reservation_id = id;
	if (hold == NULL) {
		line->code = CODE_NOT_FOUND;
		return;
	}
	line->code = extend_code(hold, now_ms);
	line->success = line->code == CODE_EXTENDED || line->code == CODE_ALREADY_CONVERTED;
	if (line->code == CODE_EXTENDED)
		hold_extend(hold, extended_to(hold, now_ms, command->ttl_ms));
	outcome_describe(line, stock, hold);
	if (line->code == CODE_RESERVATION_EXPIRED)
		outcome_describe_expired(line);
}

/* Of a whole session only what is still live counts: the rest was never asked for by name. */
static bool is_passed_over(
	struct stock *stock, int64_t now_ms, const struct command *command, uint64_t id)
{
	struct hold *hold = rules_owned_hold(stock, command, id);

	return command->whole_session && (hold == NULL || !hold_is_live(hold, now_ms));
}

void rules_extend(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	for (uint32_t i = 0; i < command->line_count; i++) {
		uint64_t id = command->lines[i].reservation_id;

		if (!is_passed_over(stock, now_ms, command, id) &&
			!outcome_is_repeat(outcome, command, i))
			extend_line(stock, now_ms, command, id, outcome);
	}
	outcome->more = command->more;
	outcome_answer_repeats(outcome);
	if (outcome->line_count == 0)
		outcome_succeed(outcome, CODE_EXTENDED);
	else
		outcome_conclude_list(outcome, CODE_EXTENDED);
	outcome_name_refusal(outcome);
}

/* merge */

/* Another user's holds stay, and so does what has nothing to change. */
static bool is_to_move(const struct hold *hold, int64_t now_ms, const struct command *command)
{
	if (!hold_is_live(hold, now_ms) || strcmp(hold->session_id, command->from_session_id) != 0)
		return false;
	if (hold->user_id == 0)
		return true;
	return hold->user_id == command->user_id &&
	       strcmp(command->session_id, command->from_session_id) != 0;
}

/* Found where it was to go: by this very request, before its COMMIT was lost sight of. */
static bool was_moved(const struct hold *hold, const struct command *command)
{
	return command->recheck && hold->user_id == command->user_id &&
	       strcmp(hold->session_id, command->session_id) == 0;
}

void rules_merge(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	for (uint32_t i = 0; i < command->line_count; i++) {
		struct hold *hold = stock_hold(stock, command->lines[i].reservation_id);
		struct outcome_line *line;

		if (hold == NULL)
			continue;
		if (is_to_move(hold, now_ms, command))
			stock_move(stock, hold, command->session_id, command->user_id);
		else if (!was_moved(hold, command))
			continue;
		line = outcome_add_line(outcome);
		line->code = CODE_MERGED;
		line->success = true;
		outcome_describe(line, stock, hold);
	}
	outcome->more = command->more;
	outcome_succeed(outcome, CODE_MERGED);
}
