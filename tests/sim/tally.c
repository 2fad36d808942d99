#include "tally.h"

#define BIT(event) (UINT32_C(1) << (event))

_Static_assert(EVENT_COUNT <= 32, "events are bits");

static uint32_t replay_event(const struct outcome_line *line, const struct hold *hold)
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

static uint32_t reserve_events(const struct command *command, const struct outcome *outcome,
	const struct outcome_line *line, const struct hold *hold)
{
	if (outcome->replay)
		return replay_event(line, hold) | (hold->id == 0 ? BIT(EVENT_REPLAY_TWIN) : 0);
	if (!command->recheck)
		return 0;
	if (hold->id == 0)
		return BIT(EVENT_ANEW_RESERVE);
	return BIT(line->status == HOLD_ACTIVE ? EVENT_FOUND_RESERVE : EVENT_FOUND_RESERVE_ENDED);
}

static uint32_t cancel_events(const struct outcome_line *line, const struct hold *hold)
{
	if (line->released == 0)
		return 0;
	return BIT(hold->changed ? EVENT_ANEW_CANCEL : EVENT_FOUND_CANCEL);
}

static uint32_t convert_events(const struct outcome_line *line)
{
	if (line->code != CODE_CONVERTED && line->code != CODE_REVIVED)
		return 0;
	if (!line->done)
		return BIT(EVENT_ANEW_CONVERT);
	return BIT(line->code == CODE_CONVERTED ? EVENT_FOUND_CONVERT : EVENT_FOUND_REVIVAL);
}

static uint32_t line_events(const struct command *command, const struct outcome *outcome,
	const struct outcome_line *line, const struct hold *hold)
{
	if (command->action == ACTION_RESERVE)
		return reserve_events(command, outcome, line, hold);
	if (command->action == ACTION_CANCEL && command->recheck)
		return cancel_events(line, hold);
	if (command->action == ACTION_CONVERT && command->recheck)
		return convert_events(line);
	return 0;
}

uint32_t tally_events(
	const struct command *command, const struct stock *stock, const struct outcome *outcome)
{
	uint32_t found = BIT(EVENT_FOUND_CONVERT) | BIT(EVENT_FOUND_REVIVAL), events = 0;

	for (uint32_t i = 0; i < outcome->line_count; i++) {
		const struct outcome_line *line = &outcome->lines[i];

		if (line->hold != STOCK_NONE)
			events |= line_events(command, outcome, line, &stock->holds[line->hold]);
	}
	if ((events & found) != 0 && (events & BIT(EVENT_ANEW_CONVERT)) != 0)
		events |= BIT(EVENT_FOUND_PART);
	return events;
}

void tally_answer(struct tally *tally, const struct command *command, const struct outcome *outcome,
	uint32_t events)
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
	if (command->action == ACTION_RESERVE && !outcome->success)
		return;
	for (uint32_t i = 0; i < outcome->line_count; i++)
		tally->lines[command->action][outcome->lines[i].code]++;
}
