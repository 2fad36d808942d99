#include "outcome.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

struct outcome_line *outcome_add_line(struct outcome *outcome)
{
	struct outcome_line *line;

	assert(outcome->line_count < LINES_MAX);
	line = &outcome->lines[outcome->line_count++];
	memset(line, 0, sizeof(*line));
	line->hold = STOCK_NONE;
	return line;
}

void outcome_refuse(struct outcome *outcome, enum code code)
{
	outcome->code = code;
	outcome->success = false;
}

void outcome_succeed(struct outcome *outcome, enum code code)
{
	outcome->code = code;
	outcome->success = true;
}

void outcome_describe(struct outcome_line *line, const struct stock *stock, const struct hold *hold)
{
	line->hold = (uint32_t)(hold - stock->holds);
	line->reservation_id = hold->id;
	line->variant_id = hold->variant_id;
	line->quantity = hold->quantity;
	line->status = hold->status;
	line->reason = hold->reason;
	line->expires_at_ms = hold->expires_at_ms;
}

void outcome_describe_expired(struct outcome_line *line)
{
	line->status = HOLD_CANCELLED;
	line->reason = REASON_EXPIRED;
}

bool outcome_is_repeat(struct outcome *outcome, const struct command *command, uint32_t index)
{
	uint64_t id = command->lines[index].reservation_id;

	for (uint32_t i = 0; i < index; i++) {
		struct outcome_line *line;

		if (command->lines[i].reservation_id != id)
			continue;
		line = outcome_add_line(outcome);
		line->reservation_id = id;
		line->code = CODE_DUPLICATE;
		line->success = true;
		return true;
	}
	return false;
}

static const struct outcome_line *first_line(const struct outcome *outcome, uint64_t id)
{
	const struct outcome_line *line = outcome->lines;

	while (line->reservation_id != id)
		line++;
	return line;
}

void outcome_answer_repeats(struct outcome *outcome)
{
	for (uint32_t i = 0; i < outcome->line_count; i++) {
		struct outcome_line *line = &outcome->lines[i];

		if (line->code != CODE_DUPLICATE)
			continue;
		*line = *first_line(outcome, line->reservation_id);
		line->released = 0;
		if (line->success)
			line->code = CODE_DUPLICATE;
	}
}

void outcome_conclude_list(struct outcome *outcome, enum code success)
{
	for (uint32_t i = 0; i < outcome->line_count; i++) {
		if (outcome->lines[i].success) {
			outcome_succeed(outcome, success);
			return;
		}
	}
	outcome_refuse(outcome, outcome->lines[0].code);
}

void outcome_name_refusal(struct outcome *outcome)
{
	if (outcome->success)
		return;
	if (outcome->code == CODE_NOT_FOUND)
		outcome->code = CODE_RESERVATION_NOT_FOUND;
	else if (outcome->code == CODE_STOCK_SHORT)
		outcome->code = CODE_INSUFFICIENT_STOCK;
}

void outcome_take_ids(struct outcome *outcome, const struct stock *stock)
{
	for (uint32_t i = 0; i < outcome->line_count; i++) {
		struct outcome_line *line = &outcome->lines[i];

		if (line->hold != STOCK_NONE)
			line->reservation_id = stock->holds[line->hold].id;
	}
}
