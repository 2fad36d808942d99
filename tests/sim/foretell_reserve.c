#include "foretell.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static bool is_named_before(const struct command *command, uint32_t index)
{
	for (uint32_t i = 0; i < index; i++) {
		if (command->lines[i].variant_id == command->lines[index].variant_id)
			return true;
	}
	return false;
}

/* Whoever came before with the same name */

static bool is_same_wish(
	const struct ledger *ledger, const struct visit *visit, const struct command *command)
{
	if (visit->count != command->line_count)
		return false;
	for (uint32_t i = 0; i < visit->count; i++) {
		const struct promise *promise = &ledger->promises[visit->first + i];
		const struct command_line *asked = &command->lines[i];

		if (ledger->accounts[promise->account].variant_id != asked->variant_id ||
			promise->units != asked->quantity ||
			promise->wished_replace != asked->reservation_id ||
			promise->wished_user != command->user_id ||
			promise->wished_ms != command->ttl_ms)
			return false;
	}
	return true;
}

/* He is shown what he was given, as it stands today, but for what was archived. */
static void show_again(const struct ledger *ledger, int64_t now, const struct visit *visit,
	const struct command *command, struct verdict *verdict)
{
	for (uint32_t i = visit->first; i < visit->first + visit->count; i++) {
		const struct promise *promise = &ledger->promises[i];
		struct row_view view = view_row(promise);
		struct verdict_line *line;

		if (promise->archived)
			continue;
		line = verdict_say_of(verdict, ledger, promise, CODE_RESERVED, true);
		line->status = view.status;
		line->reason = view.reason;
		if (promise->fate == FATE_RUNS && now >= promise->until) {
			line->status = HOLD_CANCELLED;
			line->reason = REASON_EXPIRED;
		}
		verdict->replay = strcmp(promise->made_by, command->request_id) != 0;
		if (!verdict->replay)
			line->replaced = promise->replaced;
	}
	verdict_conclude(verdict, CODE_RESERVED, true);
}

static bool came_before(const struct ledger *ledger, int64_t now, const struct command *command,
	struct verdict *verdict)
{
	const struct visit *visit =
		ledger_visit(ledger, command->idempotency_key, command->line_count);

	if (visit == NULL)
		return false;
	if (is_same_wish(ledger, visit, command))
		show_again(ledger, now, visit, command, verdict);
	else
		verdict_conclude(verdict, CODE_IDEMPOTENCY_KEY_REUSED, false);
	return true;
}

/* Reasons to refuse; each returns whether it does. */

static bool is_any_variant_unknown(
	const struct ledger *ledger, const struct command *command, struct verdict *verdict)
{
	for (uint32_t i = 0; i < command->line_count; i++) {
		uint64_t id = command->lines[i].variant_id;

		if (ledger_account(ledger, id) < 0 && !is_named_before(command, i))
			verdict_say(verdict, CODE_VARIANT_NOT_FOUND, false)->variant_id = id;
	}
	verdict_conclude(verdict, CODE_VARIANT_NOT_FOUND, false);
	return verdict->line_count > 0;
}

/* What has run out gives nothing, and stands in nobody's way. CODE_RESERVED: it may be replaced. */
static enum code replace_code(const struct promise *promise)
{
	if (promise == NULL)
		return CODE_NOT_FOUND;
	switch (promise->fate) {
	case FATE_RUNS:
		return CODE_RESERVED;
	case FATE_SOLD:
		return CODE_ALREADY_CONVERTED;
	case FATE_GIVEN_BACK:
	case FATE_REPLACED:
	case FATE_WITHDRAWN:
		break;
	}
	return CODE_RESERVATION_CANCELLED;
}

static bool is_any_not_to_be_replaced(
	const struct ledger *ledger, const struct command *command, struct verdict *verdict)
{
	enum code first = CODE_RESERVED;

	for (uint32_t i = 0; i < command->line_count; i++) {
		uint64_t id = command->lines[i].reservation_id;
		enum code code = CODE_RESERVED;

		if (id != 0)
			code = replace_code(foretell_shown(ledger, command, id));
		if (code == CODE_RESERVED)
			continue;
		verdict_say(verdict, code, false)->id = id;
		if (first == CODE_RESERVED || code == CODE_NOT_FOUND)
			first = code;
	}
	verdict_conclude(verdict, verdict_request_code(first), false);
	return verdict->line_count > 0;
}

/* The promise that a line gives up for the new one. NULL: none. */
static struct promise *given_up(
	const struct ledger *ledger, int64_t now, const struct command *command, uint32_t index)
{
	uint64_t id = command->lines[index].reservation_id;
	struct promise *promise = id != 0 ? foretell_shown(ledger, command, id) : NULL;

	return promise != NULL && foretell_holds(promise, now) ? promise : NULL;
}

static int64_t credit_of(
	const struct ledger *ledger, int64_t now, const struct command *command, uint32_t account)
{
	int64_t units = 0;

	for (uint32_t i = 0; i < command->line_count; i++) {
		const struct promise *promise = given_up(ledger, now, command, i);

		if (promise != NULL && promise->account == account)
			units += promise->units;
	}
	return units;
}

static bool is_any_variant_short(const struct ledger *ledger, int64_t now,
	const struct command *command, struct verdict *verdict)
{
	for (uint32_t i = 0; i < command->line_count; i++) {
		uint64_t id = command->lines[i].variant_id;
		uint32_t account = (uint32_t)ledger_account(ledger, id);
		int64_t need = 0, credit, free_units;
		struct verdict_line *line;

		if (is_named_before(command, i))
			continue;
		for (uint32_t k = i; k < command->line_count; k++)
			need += command->lines[k].variant_id == id ? command->lines[k].quantity : 0;
		credit = credit_of(ledger, now, command, account);
		free_units =
			ledger_on_hand(ledger, account) - ledger_promised(ledger, account, now);
		if (need <= credit || need - credit <= free_units)
			continue;
		line = verdict_say(verdict, CODE_INSUFFICIENT_STOCK, false);
		line->variant_id = id;
		line->requested = need;
		line->available = credit + (free_units > 0 ? free_units : 0);
	}
	verdict_conclude(verdict, CODE_INSUFFICIENT_STOCK, false);
	return verdict->line_count > 0;
}

/* Over the limit, and by more than before. */
static bool is_over(
	struct verdict *verdict, enum limit limit, int64_t max, struct claim change, int64_t after)
{
	bool is_units = limit != LIMIT_HOLDS;

	if (max == 0 || after <= max || (is_units ? change.units : change.promises) <= 0)
		return false;
	verdict->limit = limit;
	verdict->limit_max = max;
	verdict_conclude(verdict, CODE_LIMIT_REACHED, false);
	return true;
}

/* First what one promise may be, then what the customer may have in all. */
static bool is_any_limit_reached(const struct ledger *ledger, int64_t now,
	const struct command *command, struct verdict *verdict)
{
	const struct limits *limits = &command->limits;
	struct claim has, more = {0, 0};

	for (uint32_t i = 0; i < command->line_count; i++) {
		const struct promise *promise = given_up(ledger, now, command, i);
		int64_t units = command->lines[i].quantity;
		struct claim change = {1, units};

		if (promise != NULL)
			change = (struct claim){0, units - promise->units};
		if (is_over(verdict, LIMIT_QUANTITY, limits->quantity, change, units))
			return true;
		more.promises += change.promises;
		more.units += change.units;
	}
	if (limits->holds == 0 && limits->units == 0)
		return false;
	has = ledger_claim(ledger, command->session_id, now);
	return is_over(verdict, LIMIT_HOLDS, limits->holds, more, has.promises + more.promises) ||
	       is_over(verdict, LIMIT_UNITS, limits->units, more, has.units + more.units);
}

/* It stands. */

static void promise_line(struct ledger *ledger, int64_t now, const struct command *command,
	uint32_t index, struct verdict *verdict)
{
	const struct command_line *asked = &command->lines[index];
	struct verdict_line *line = verdict_say(verdict, CODE_RESERVED, true);
	struct promise *old = given_up(ledger, now, command, index);
	struct promise *promise;

	if (old != NULL) {
		line->replaced = old->id;
		ledger_end(ledger, old, FATE_REPLACED, now, command->request_id);
	}
	promise = ledger_promise_units(ledger, (uint32_t)ledger_account(ledger, asked->variant_id));
	verdict->made++;
	promise->units = asked->quantity;
	promise->user = promise->wished_user = command->user_id;
	promise->wished_ms = command->ttl_ms;
	promise->wished_replace = asked->reservation_id;
	promise->replaced = line->replaced;
	promise->from = now;
	promise->until = now + command->ttl_ms;
	snprintf(promise->owner, sizeof(promise->owner), "%s", command->session_id);
	snprintf(promise->made_by, sizeof(promise->made_by), "%s", command->request_id);
	line->known = true;
	line->promise = (uint32_t)(promise - ledger->promises);
}

void foretell_reserve(
	struct ledger *ledger, int64_t now, const struct command *command, struct verdict *verdict)
{
	if (came_before(ledger, now, command, verdict) ||
		is_any_variant_unknown(ledger, command, verdict) ||
		is_any_not_to_be_replaced(ledger, command, verdict) ||
		is_any_variant_short(ledger, now, command, verdict) ||
		is_any_limit_reached(ledger, now, command, verdict))
		return;
	ledger_add_visit(ledger, command->idempotency_key, command->idempotency_body);
	for (uint32_t i = 0; i < command->line_count; i++)
		promise_line(ledger, now, command, i, verdict);
	verdict_conclude(verdict, CODE_RESERVED, true);
}
