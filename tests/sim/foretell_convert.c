#include "foretell.h"

#include <stddef.h>
#include <string.h>

/* What is left of the accounts while lines are sold one after another. */
struct shelf {
	int64_t on_hand;
	int64_t promised;
};

static enum code sell_line(struct shelf *shelf, int64_t now, const struct command *command,
	const struct promise *promise)
{
	switch (promise->fate) {
	case FATE_GIVEN_BACK:
	case FATE_REPLACED:
	case FATE_WITHDRAWN:
		return CODE_RESERVATION_CANCELLED;
	case FATE_SOLD:
		if (foretell_ended_before(promise, command))
			return promise->ended_at < promise->until ? CODE_CONVERTED : CODE_REVIVED;
		if (command->order_id[0] == '\0' || strcmp(command->order_id, promise->order) == 0)
			return CODE_ALREADY_CONVERTED;
		return CODE_CONVERTED_FOR_OTHER_ORDER;
	case FATE_RUNS:
		break;
	}
	if (now < promise->until) {
		if (promise->units > shelf->on_hand)
			return CODE_STOCK_SHORT;
		shelf->promised -= promise->units;
		shelf->on_hand -= promise->units;
		return CODE_CONVERTED;
	}
	if (promise->units > shelf->on_hand - shelf->promised)
		return CODE_LATE_SHORT;
	shelf->on_hand -= promise->units;
	return CODE_REVIVED;
}

static bool is_sale(enum code code)
{
	return code == CODE_CONVERTED || code == CODE_REVIVED;
}

static void sell_lines(const struct ledger *ledger, int64_t now, const struct command *command,
	struct verdict *verdict)
{
	struct shelf shelves[LEDGER_ACCOUNTS_MAX];

	for (uint32_t i = 0; i < ledger->account_count; i++) {
		shelves[i].on_hand = ledger_on_hand(ledger, i);
		shelves[i].promised = ledger_promised(ledger, i, now);
	}
	for (uint32_t i = 0; i < command->line_count; i++) {
		uint64_t id = command->lines[i].reservation_id;
		const struct promise *promise = foretell_shown(ledger, command, id);
		struct verdict_line *line;
		enum code code;

		if (verdict_earlier_hold(command, i) >= 0) {
			verdict_say(verdict, CODE_DUPLICATE, true);
		} else if (promise == NULL) {
			verdict_say(verdict, CODE_NOT_FOUND, false)->id = id;
		} else {
			code = sell_line(&shelves[promise->account], now, command, promise);
			line = verdict_say_of(verdict, ledger, promise, code,
				is_sale(code) || code == CODE_ALREADY_CONVERTED);
			line->on_hand = ledger_on_hand(ledger, promise->account);
			line->done = is_sale(code) && promise->fate == FATE_SOLD;
		}
	}
}

/* The line that refuses a whole list: the first unknown one, else the first bad one; or -1. */
static int32_t refusing_line(const struct verdict *verdict)
{
	int32_t bad = -1;

	for (uint32_t i = verdict->line_count; i-- > 0;) {
		if (!verdict->lines[i].success)
			bad = (int32_t)i;
	}
	for (uint32_t i = 0; i < verdict->line_count; i++) {
		if (verdict->lines[i].code == CODE_NOT_FOUND)
			return (int32_t)i;
	}
	return bad;
}

void foretell_convert(
	struct ledger *ledger, int64_t now, const struct command *command, struct verdict *verdict)
{
	int32_t refusing;
	bool refused;

	sell_lines(ledger, now, command, verdict);
	refusing = refusing_line(verdict);
	refused = !command->partial && refusing >= 0;
	for (uint32_t i = 0; i < verdict->line_count; i++) {
		struct verdict_line *line = &verdict->lines[i];

		if (!is_sale(line->code) || line->done)
			continue;
		if (refused) {
			line->code = CODE_WOULD_CONVERT;
			line->success = false;
		} else {
			ledger_sell(ledger, &ledger->promises[line->promise], now,
				command->request_id, command->order_id);
		}
	}
	verdict_repeat_lines(command, verdict);
	if (refused)
		verdict_conclude(
			verdict, verdict_request_code(verdict->lines[refusing].code), false);
	else
		verdict_conclude_lines(verdict, CODE_CONVERTED);
	verdict_show_rows(ledger, verdict);
}
