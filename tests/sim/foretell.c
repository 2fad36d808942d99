#include "foretell.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
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
	case FATE_WITHDRAWN:
		view.status = HOLD_CANCELLED;
		view.reason = REASON_OPERATOR;
		break;
	}
	return view;
}

static struct verdict_line *say(struct verdict *verdict, enum code code, bool success)
{
	struct verdict_line *line = &verdict->lines[verdict->line_count++];

	assert(verdict->line_count <= LINES_MAX);
	memset(line, 0, sizeof(*line));
	line->code = code;
	line->success = success;
	return line;
}

static struct verdict_line *say_of(struct verdict *verdict, const struct ledger *ledger,
	const struct promise *promise, enum code code, bool success)
{
	struct verdict_line *line = say(verdict, code, success);

	line->known = true;
	line->id = promise->id;
	line->promise = (uint32_t)(promise - ledger->promises);
	return line;
}

static void conclude(struct verdict *verdict, enum code code, bool success)
{
	verdict->code = code;
	verdict->success = success;
}

/* Whether a line before this one names the same thing; where, or -1. */
static int32_t earlier_variant(const struct command *command, uint32_t index)
{
	for (uint32_t i = 0; i < index; i++) {
		if (command->lines[i].variant_id == command->lines[index].variant_id)
			return (int32_t)i;
	}
	return -1;
}

static int32_t earlier_hold(const struct command *command, uint32_t index)
{
	for (uint32_t i = 0; i < index; i++) {
		if (command->lines[i].reservation_id == command->lines[index].reservation_id)
			return (int32_t)i;
	}
	return -1;
}

/* reserve */

static void name_unknown_variants(
	const struct ledger *ledger, const struct command *command, struct verdict *verdict)
{
	for (uint32_t i = 0; i < command->line_count; i++) {
		uint64_t id = command->lines[i].variant_id;

		if (ledger_account(ledger, id) < 0 && earlier_variant(command, i) < 0)
			say(verdict, CODE_VARIANT_NOT_FOUND, false)->variant_id = id;
	}
}

static void name_short_variants(const struct ledger *ledger, int64_t now,
	const struct command *command, struct verdict *verdict)
{
	for (uint32_t i = 0; i < command->line_count; i++) {
		uint64_t id = command->lines[i].variant_id;
		uint32_t account = (uint32_t)ledger_account(ledger, id);
		int64_t wanted = 0, available;
		struct verdict_line *line;

		if (earlier_variant(command, i) >= 0)
			continue;
		for (uint32_t k = i; k < command->line_count; k++) {
			if (command->lines[k].variant_id == id)
				wanted += command->lines[k].quantity;
		}
		available = ledger_on_hand(ledger, account) - ledger_promised(ledger, account, now);
		if (wanted <= available)
			continue;
		line = say(verdict, CODE_INSUFFICIENT_STOCK, false);
		line->variant_id = id;
		line->requested = wanted;
		line->available = available < 0 ? 0 : available;
	}
}

static void promise_line(struct ledger *ledger, int64_t now, const struct command *command,
	uint32_t index, struct verdict *verdict)
{
	const struct command_line *asked = &command->lines[index];
	struct verdict_line *line = say(verdict, CODE_RESERVED, true);
	struct promise *promise =
		ledger_promise_units(ledger, (uint32_t)ledger_account(ledger, asked->variant_id));

	verdict->made++;
	promise->units = asked->quantity;
	promise->user = command->user_id;
	promise->from = now;
	promise->until = now + command->ttl_ms;
	snprintf(promise->owner, sizeof(promise->owner), "%s", command->session_id);
	snprintf(promise->made_by, sizeof(promise->made_by), "%s", command->request_id);
	line->known = true;
	line->promise = (uint32_t)(promise - ledger->promises);
}

static bool is_same_wish(
	const struct ledger *ledger, const struct visit *visit, const struct command *command)
{
	if (visit->count != command->line_count)
		return false;
	for (uint32_t i = 0; i < visit->count; i++) {
		const struct promise *promise = &ledger->promises[visit->first + i];
		const struct command_line *asked = &command->lines[i];

		if (ledger->accounts[promise->account].variant_id != asked->variant_id ||
			promise->units != asked->quantity || promise->user != command->user_id ||
			promise->until - promise->from != command->ttl_ms)
			return false;
	}
	return true;
}

/* The visitor came back: he is shown what he was given, as it stands today. */
static void show_again(const struct ledger *ledger, int64_t now, const struct visit *visit,
	const struct command *command, struct verdict *verdict)
{
	for (uint32_t i = visit->first; i < visit->first + visit->count; i++) {
		const struct promise *promise = &ledger->promises[i];
		struct row_view view = view_row(promise);
		struct verdict_line *line = say_of(verdict, ledger, promise, CODE_RESERVED, true);

		line->status = view.status;
		line->reason = view.reason;
		if (promise->fate == FATE_RUNS && now >= promise->until) {
			line->status = HOLD_CANCELLED;
			line->reason = REASON_EXPIRED;
		}
		verdict->replay = strcmp(promise->made_by, command->request_id) != 0;
	}
	conclude(verdict, CODE_RESERVED, true);
}

static void foretell_reserve(
	struct ledger *ledger, int64_t now, const struct command *command, struct verdict *verdict)
{
	const struct visit *visit = ledger_visit(ledger, command->idempotency_key);

	if (visit != NULL && !is_same_wish(ledger, visit, command)) {
		conclude(verdict, CODE_IDEMPOTENCY_KEY_REUSED, false);
		return;
	}
	if (visit != NULL) {
		show_again(ledger, now, visit, command, verdict);
		return;
	}
	name_unknown_variants(ledger, command, verdict);
	if (verdict->line_count > 0) {
		conclude(verdict, CODE_VARIANT_NOT_FOUND, false);
		return;
	}
	name_short_variants(ledger, now, command, verdict);
	if (verdict->line_count > 0) {
		conclude(verdict, CODE_INSUFFICIENT_STOCK, false);
		return;
	}
	ledger_add_visit(ledger, command->idempotency_key, command->idempotency_body);
	for (uint32_t i = 0; i < command->line_count; i++)
		promise_line(ledger, now, command, i, verdict);
	conclude(verdict, CODE_RESERVED, true);
}

/* lists of holds */

static struct promise *shown_promise(
	const struct ledger *ledger, const struct command *command, uint64_t id)
{
	struct promise *promise = ledger_promise(ledger, id);
	bool anyone = command->session_id[0] == '\0';

	if (promise != NULL && !anyone && strcmp(promise->owner, command->session_id) != 0)
		return NULL;
	return promise;
}

static void repeat_lines(const struct command *command, struct verdict *verdict)
{
	for (uint32_t i = 0; i < verdict->line_count; i++) {
		int32_t first = earlier_hold(command, i);

		if (first < 0)
			continue;
		verdict->lines[i] = verdict->lines[first];
		verdict->lines[i].released = 0;
		if (verdict->lines[i].success)
			verdict->lines[i].code = CODE_DUPLICATE;
	}
}

/* Rows as they stand at the end. */
static void show_rows(const struct ledger *ledger, struct verdict *verdict)
{
	for (uint32_t i = 0; i < verdict->line_count; i++) {
		struct verdict_line *line = &verdict->lines[i];

		if (line->known) {
			struct row_view view = view_row(&ledger->promises[line->promise]);

			line->status = view.status;
			line->reason = view.reason;
		}
	}
}

static enum code request_code(enum code line_code)
{
	if (line_code == CODE_NOT_FOUND)
		return CODE_RESERVATION_NOT_FOUND;
	return line_code == CODE_STOCK_SHORT ? CODE_INSUFFICIENT_STOCK : line_code;
}

static void conclude_lines(struct verdict *verdict, enum code success)
{
	bool any = false;

	for (uint32_t i = 0; i < verdict->line_count; i++)
		any = any || verdict->lines[i].success;
	conclude(verdict, any ? success : request_code(verdict->lines[0].code), any);
}

static bool ended_before(const struct promise *promise, const struct command *command)
{
	return strcmp(promise->ended_by, command->request_id) == 0;
}

/* cancel */

static void foretell_cancel(
	struct ledger *ledger, int64_t now, const struct command *command, struct verdict *verdict)
{
	for (uint32_t i = 0; i < command->line_count; i++) {
		uint64_t id = command->lines[i].reservation_id;
		struct promise *promise = shown_promise(ledger, command, id);
		struct verdict_line *line;

		if (promise == NULL) {
			say(verdict, CODE_NOT_FOUND, false)->id = id;
			continue;
		}
		line = say_of(verdict, ledger, promise, CODE_CANCELLED, true);
		if (promise->fate == FATE_SOLD)
			line->code = CODE_ALREADY_CONVERTED;
		if (promise->fate == FATE_RUNS && now < promise->until) {
			ledger_end(ledger, promise, FATE_GIVEN_BACK, now, command->request_id);
			line->released = promise->units;
		} else if (promise->fate == FATE_GIVEN_BACK && ended_before(promise, command)) {
			line->released = promise->units;
		}
	}
	repeat_lines(command, verdict);
	conclude_lines(verdict, CODE_CANCELLED);
	show_rows(ledger, verdict);
}

/* convert */

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
	case FATE_WITHDRAWN:
		return CODE_RESERVATION_CANCELLED;
	case FATE_SOLD:
		if (ended_before(promise, command))
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
		const struct promise *promise = shown_promise(ledger, command, id);
		struct verdict_line *line;
		enum code code;

		if (earlier_hold(command, i) >= 0) {
			say(verdict, CODE_DUPLICATE, true);
		} else if (promise == NULL) {
			say(verdict, CODE_NOT_FOUND, false)->id = id;
		} else {
			code = sell_line(&shelves[promise->account], now, command, promise);
			line = say_of(verdict, ledger, promise, code,
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

static void foretell_convert(
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
	repeat_lines(command, verdict);
	if (refused)
		conclude(verdict, request_code(verdict->lines[refusing].code), false);
	else
		conclude_lines(verdict, CODE_CONVERTED);
	show_rows(ledger, verdict);
}

void foretell(
	struct ledger *ledger, int64_t now, const struct command *command, struct verdict *verdict)
{
	verdict->line_count = 0;
	verdict->replay = false;
	verdict->made = 0;
	switch (command->action) {
	case ACTION_RESERVE:
		foretell_reserve(ledger, now, command, verdict);
		break;
	case ACTION_CANCEL:
		foretell_cancel(ledger, now, command, verdict);
		break;
	case ACTION_CONVERT:
		foretell_convert(ledger, now, command, verdict);
		break;
	case ACTION_CLEANUP:
		conclude(verdict, CODE_CLEANED, true);
		break;
	case ACTION_NONE:
	case ACTION_READY:
	case ACTION_LIVE:
	case ACTION_METRICS:
		assert(!"not of the workload");
	}
}
