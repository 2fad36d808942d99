#include "verdict.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

struct row_view view_row(const struct promise *promise)
{
	struct row_view view = {HOLD_ACTIVE, REASON_NONE, promise->ended_at, promise->ended_by};

	switch (promise->fate) {
	case FATE_RUNS:
		if (promise->swept)
			view = (struct row_view){HOLD_CANCELLED, REASON_EXPIRED, promise->swept_at,
				promise->swept_by};
		break;
	case FATE_SOLD:
		view.status = HOLD_COMPLETED;
		break;
	case FATE_GIVEN_BACK:
		view.status = HOLD_CANCELLED;
		view.reason = REASON_CUSTOMER;
		break;
	case FATE_REPLACED:
		view.status = HOLD_CANCELLED;
		view.reason = REASON_REPLACED;
		break;
	case FATE_WITHDRAWN:
		view.status = HOLD_CANCELLED;
		view.reason = REASON_OPERATOR;
		break;
	}
	return view;
}

struct verdict_line *verdict_say(struct verdict *verdict, enum code code, bool success)
{
	struct verdict_line *line;

	assert(verdict->line_count < LINES_MAX);
	line = &verdict->lines[verdict->line_count++];
	memset(line, 0, sizeof(*line));
	line->code = code;
	line->success = success;
	return line;
}

struct verdict_line *verdict_say_of(struct verdict *verdict, const struct ledger *ledger,
	const struct promise *promise, enum code code, bool success)
{
	struct verdict_line *line = verdict_say(verdict, code, success);

	line->known = true;
	line->id = promise->id;
	line->promise = (uint32_t)(promise - ledger->promises);
	return line;
}

void verdict_conclude(struct verdict *verdict, enum code code, bool success)
{
	verdict->code = code;
	verdict->success = success;
}

enum code verdict_request_code(enum code line_code)
{
	if (line_code == CODE_NOT_FOUND)
		return CODE_RESERVATION_NOT_FOUND;
	return line_code == CODE_STOCK_SHORT ? CODE_INSUFFICIENT_STOCK : line_code;
}

void verdict_conclude_lines(struct verdict *verdict, enum code success)
{
	bool any = false;

	for (uint32_t i = 0; i < verdict->line_count; i++)
		any = any || verdict->lines[i].success;
	verdict_conclude(
		verdict, any ? success : verdict_request_code(verdict->lines[0].code), any);
}

int32_t verdict_earlier_hold(const struct command *command, uint32_t index)
{
	for (uint32_t i = 0; i < index; i++) {
		if (command->lines[i].reservation_id == command->lines[index].reservation_id)
			return (int32_t)i;
	}
	return -1;
}

void verdict_repeat_lines(const struct command *command, struct verdict *verdict)
{
	for (uint32_t i = 0; i < verdict->line_count; i++) {
		int32_t first = verdict_earlier_hold(command, i);

		if (first < 0)
			continue;
		verdict->lines[i] = verdict->lines[first];
		verdict->lines[i].released = 0;
		if (verdict->lines[i].success)
			verdict->lines[i].code = CODE_DUPLICATE;
	}
}

void verdict_show_rows(const struct ledger *ledger, struct verdict *verdict)
{
	for (uint32_t i = 0; i < verdict->line_count; i++) {
		struct verdict_line *line = &verdict->lines[i];
		struct row_view view;

		if (!line->known)
			continue;
		view = view_row(&ledger->promises[line->promise]);
		line->status = view.status;
		line->reason = view.reason;
		if (line->code == CODE_RESERVATION_EXPIRED) {
			line->status = HOLD_CANCELLED;
			line->reason = REASON_EXPIRED;
		}
	}
}
