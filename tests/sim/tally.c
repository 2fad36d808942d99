#include "tally.h"

#include <stddef.h>
#include <string.h>

#define BIT(event) (UINT64_C(1) << (event))

_Static_assert(EVENT_COUNT <= 64, "events are bits");

/* reserve */

static uint64_t replay_event(const struct outcome_line *line, const struct hold *hold)
{
	switch (line->status) {
	case HOLD_ACTIVE:
		return BIT(EVENT_REPLAY_LIVE);
	case HOLD_COMPLETED:
		return BIT(EVENT_REPLAY_SOLD);
	case HOLD_CANCELLED:
		break;
	}
	if (line->reason != REASON_EXPIRED)
		return BIT(EVENT_REPLAY_CANCELLED);
	return BIT(hold->status == HOLD_ACTIVE ? EVENT_REPLAY_EXPIRED : EVENT_REPLAY_SWEPT);
}

static uint64_t replace_events(
	const struct command_line *asked, const struct outcome_line *line, struct stock *stock)
{
	const struct hold *replaced = stock_hold(stock, line->replaced_id);

	if (asked->reservation_id == 0)
		return 0;
	if (replaced == NULL)
		return BIT(EVENT_REPLACED_NONE);
	return BIT(
		replaced->variant_id == line->variant_id ? EVENT_REPLACED : EVENT_REPLACED_OTHER);
}

static uint64_t reserve_events(const struct command *command, uint32_t index, struct stock *stock,
	const struct outcome *outcome)
{
	const struct outcome_line *line = &outcome->lines[index];
	const struct hold *hold = &stock->holds[line->hold];
	uint64_t events = 0;

	if (outcome->replay)
		return replay_event(line, hold) | (hold->id == 0 ? BIT(EVENT_REPLAY_TWIN) : 0);
	if (hold->id == 0)
		return replace_events(&command->lines[index], line, stock) |
		       (command->recheck ? BIT(EVENT_ANEW_RESERVE) : 0);
	events = BIT(line->status == HOLD_ACTIVE ? EVENT_FOUND_RESERVE : EVENT_FOUND_RESERVE_ENDED);
	return events | (line->replaced_id != 0 ? BIT(EVENT_FOUND_REPLACED) : 0);
}

static bool names_live_hold(
	const struct command *command, struct stock *stock, const struct outcome *outcome)
{
	for (uint32_t i = 0; i < command->line_count; i++) {
		const struct hold *hold = stock_hold(stock, command->lines[i].reservation_id);

		if (hold != NULL && hold_is_live(hold, outcome->now_ms))
			return true;
	}
	return false;
}

static uint64_t refusal_events(
	const struct command *command, struct stock *stock, const struct outcome *outcome)
{
	switch (outcome->limit) {
	case LIMIT_QUANTITY:
		return BIT(EVENT_LIMIT_QUANTITY);
	case LIMIT_HOLDS:
		return BIT(EVENT_LIMIT_HOLDS);
	case LIMIT_UNITS:
		return BIT(EVENT_LIMIT_UNITS);
	case LIMIT_NONE:
		break;
	}
	if (outcome->code == CODE_INSUFFICIENT_STOCK && names_live_hold(command, stock, outcome))
		return BIT(EVENT_KEPT);
	return 0;
}

/* the others */

static uint64_t cancel_events(
	const struct command *command, const struct outcome_line *line, const struct hold *hold)
{
	if (!command->recheck || line->released == 0)
		return 0;
	return BIT(hold->changed ? EVENT_ANEW_CANCEL : EVENT_FOUND_CANCEL);
}

static uint64_t convert_events(const struct command *command, const struct outcome_line *line)
{
	if (!command->recheck || (line->code != CODE_CONVERTED && line->code != CODE_REVIVED))
		return 0;
	if (!line->done)
		return BIT(EVENT_ANEW_CONVERT);
	return BIT(line->code == CODE_CONVERTED ? EVENT_FOUND_CONVERT : EVENT_FOUND_REVIVAL);
}

static uint64_t extend_events(const struct outcome_line *line, const struct hold *hold)
{
	if (line->code != CODE_EXTENDED)
		return 0;
	if ((hold->changed & CHANGE_EXTENDED) == 0)
		return BIT(EVENT_EXTENDED_NOT);
	return hold->expires_at_ms == hold->created_at_ms + LIFE_MS_MAX ? BIT(EVENT_EXTENDED_TO_CAP)
									: 0;
}

static uint64_t merge_events(const struct command *command, const struct hold *hold)
{
	bool self = strcmp(command->session_id, command->from_session_id) == 0;
	uint64_t events = self ? BIT(EVENT_MERGED_SELF) : 0;

	if (!command->recheck)
		return events;
	return events | BIT(hold->changed & CHANGE_MOVED ? EVENT_ANEW_MERGE : EVENT_FOUND_MERGE);
}

static uint64_t session_events(const struct command *command, const struct outcome *outcome)
{
	uint64_t events = outcome->more ? BIT(EVENT_MORE) : 0;

	if (outcome->line_count < command->line_count)
		events |= BIT(EVENT_PASSED_OVER);
	if (command->action == ACTION_MERGE)
		return events | (outcome->line_count == 0 ? BIT(EVENT_MERGED_NONE) : 0);
	return events | BIT(outcome->line_count == 0 ? EVENT_EXTENDED_NONE : EVENT_EXTENDED_ALL);
}

static uint64_t line_events(const struct command *command, uint32_t index, struct stock *stock,
	const struct outcome *outcome)
{
	const struct outcome_line *line = &outcome->lines[index];
	const struct hold *hold = &stock->holds[line->hold];

	if (command->action == ACTION_RESERVE)
		return reserve_events(command, index, stock, outcome);
	if (command->action == ACTION_CANCEL)
		return cancel_events(command, line, hold);
	if (command->action == ACTION_CONVERT)
		return convert_events(command, line);
	if (command->action == ACTION_EXTEND)
		return extend_events(line, hold);
	return merge_events(command, hold);
}

uint64_t tally_events(
	const struct command *command, struct stock *stock, const struct outcome *outcome)
{
	uint64_t found = BIT(EVENT_FOUND_CONVERT) | BIT(EVENT_FOUND_REVIVAL), events = 0;

	for (uint32_t i = 0; i < outcome->line_count; i++) {
		if (outcome->lines[i].hold != STOCK_NONE)
			events |= line_events(command, i, stock, outcome);
	}
	if ((events & found) != 0 && (events & BIT(EVENT_ANEW_CONVERT)) != 0)
		events |= BIT(EVENT_FOUND_PART);
	if (outcome->replay && outcome->line_count < command->line_count)
		events |= BIT(EVENT_REPLAY_PART);
	if (command->action == ACTION_RESERVE && !outcome->success)
		events |= refusal_events(command, stock, outcome);
	if (command->whole_session)
		events |= session_events(command, outcome);
	return events;
}

void tally_answer(struct tally *tally, const struct command *command, const struct outcome *outcome,
	uint64_t events)
{
	tally->swept += (uint64_t)(int64_t)outcome->swept;
	if (outcome->again) {
		tally->again[command->action]++;
		return;
	}
	tally->commands++;
	tally->requests[command->action][outcome->code]++;
	for (uint32_t i = 0; i < EVENT_COUNT; i++)
		tally->events[i] += events >> i & 1;
	for (uint32_t i = 0; i < outcome->line_count; i++)
		tally->lines[command->action][outcome->lines[i].code]++;
}
