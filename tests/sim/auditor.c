#include "auditor.h"

#include <assert.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Keeps the first accusation: the next ones come of it. */
__attribute__((format(printf, 2, 3))) static void accuse(
	struct auditor *auditor, const char *format, ...)
{
	va_list arguments;

	if (auditor->accused)
		return;
	auditor->accused = true;
	va_start(arguments, format);
	vsnprintf(auditor->accusation, sizeof(auditor->accusation), format, arguments);
	va_end(arguments);
}

/* Compares two numbers. `whose` may be NULL: the answer's own. */
static void match(struct auditor *auditor, const char *what, const char *whose, uint64_t which,
	int64_t got, int64_t due)
{
	if (got == due)
		return;
	if (whose == NULL)
		accuse(auditor, "%s: %lld, should be %lld", what, (long long)got, (long long)due);
	else
		accuse(auditor, "%s of %s %llu: %lld, should be %lld", what, whose,
			(unsigned long long)which, (long long)got, (long long)due);
}

static void match_text(
	struct auditor *auditor, const char *what, uint64_t id, const char *got, const char *due)
{
	if (strcmp(got, due) != 0)
		accuse(auditor, "%s of hold %llu: \"%s\", should be \"%s\"", what,
			(unsigned long long)id, got, due);
}

void auditor_open(struct auditor *auditor, const struct world *world)
{
	memset(auditor, 0, sizeof(*auditor));
	for (uint32_t i = 0; i < world->variant_count; i++)
		ledger_add_account(&auditor->ledger, world->variants[i].id,
			world->variants[i].stock, world->now_ms);
}

void auditor_close(struct auditor *auditor)
{
	ledger_close(&auditor->ledger);
	ledger_close(&auditor->before);
}

void auditor_note_stock(struct auditor *auditor, uint64_t variant_id, int64_t units, int64_t now)
{
	struct ledger *ledger = &auditor->ledger;

	ledger_correct(ledger, (uint32_t)ledger_account(ledger, variant_id), units, now);
}

void auditor_note_withdrawn(struct auditor *auditor, uint64_t id, int64_t now)
{
	struct ledger *ledger = &auditor->ledger;

	ledger_end(ledger, ledger_promise(ledger, id), FATE_WITHDRAWN, now, "");
}

/* The copy grows with the books, and most batches need none: so it is made where it may be. */
void auditor_keep_books(struct auditor *auditor)
{
	ledger_copy(&auditor->before, &auditor->ledger);
}

void auditor_undo(struct auditor *auditor)
{
	ledger_close(&auditor->ledger);
	auditor->ledger = auditor->before;
	memset(&auditor->before, 0, sizeof(auditor->before));
}

/* requests */

/* Its place, or the number of them: there is none. */
static uint32_t asked_place(const struct auditor *auditor, const struct command *command)
{
	uint32_t i = 0;

	while (i < auditor->asked_count && strcmp(auditor->asked[i], command->request_id) != 0)
		i++;
	return i;
}

void auditor_watch_request(struct auditor *auditor, const struct command *command)
{
	assert(auditor->asked_count < AUDITOR_ASKED_MAX);
	assert(asked_place(auditor, command) == auditor->asked_count);
	memcpy(auditor->asked[auditor->asked_count++], command->request_id,
		sizeof(command->request_id));
}

static void note_answered(struct auditor *auditor, const struct command *command)
{
	uint32_t place = asked_place(auditor, command);

	if (place == auditor->asked_count)
		accuse(auditor, "request %s was answered already", command->request_id);
	else
		memcpy(auditor->asked[place], auditor->asked[--auditor->asked_count],
			sizeof(auditor->asked[0]));
}

/* rows */

/* What may change of a row while it is in hand; the rest is compared when it is saved. */
static void check_state(
	struct auditor *auditor, const struct hold *hold, const struct promise *promise)
{
	struct row_view due = view_row(promise);

	match(auditor, "status", "hold", hold->id, hold->status, due.status);
	match(auditor, "reason", "hold", hold->id, hold->reason, due.reason);
	match(auditor, "closedAt", "hold", hold->id, hold->closed_at_ms, due.closed_at);
	match(auditor, "expiresAt", "hold", hold->id, hold->expires_at_ms, promise->until);
	match(auditor, "quantity", "hold", hold->id, hold->quantity, promise->units);
}

static void check_key(
	struct auditor *auditor, const struct hold *hold, const struct promise *promise)
{
	const struct visit *visit = &auditor->ledger.visits[promise->visit];

	match(auditor, "idempotencyLine", "hold", hold->id, hold->idempotency_line,
		promise - auditor->ledger.promises - visit->first);
	if (memcmp(hold->idempotency_key, visit->name, DIGEST_LENGTH) != 0 ||
		memcmp(hold->idempotency_body, visit->wish, DIGEST_LENGTH) != 0)
		accuse(auditor, "hold %llu has not the key or not the body of its request",
			(unsigned long long)hold->id);
}

static void check_row(
	struct auditor *auditor, const struct hold *hold, const struct promise *promise)
{
	check_state(auditor, hold, promise);
	match(auditor, "id", "promise", promise->id, (int64_t)hold->id, (int64_t)promise->id);
	match(auditor, "variantId", "hold", hold->id, (int64_t)hold->variant_id,
		(int64_t)auditor->ledger.accounts[promise->account].variant_id);
	match(auditor, "userId", "hold", hold->id, (int64_t)hold->user_id, (int64_t)promise->user);
	match(auditor, "createdAt", "hold", hold->id, hold->created_at_ms, promise->from);
	match_text(auditor, "sessionId", hold->id, hold->session_id, promise->owner);
	match_text(auditor, "orderId", hold->id, hold->order_id, promise->order);
	match_text(
		auditor, "createdRequestId", hold->id, hold->created_request_id, promise->made_by);
	match_text(auditor, "closedRequestId", hold->id, hold->closed_request_id,
		view_row(promise).closed_by);
	check_key(auditor, hold, promise);
}

static void check_variant(struct auditor *auditor, uint64_t id, int64_t on_hand, int64_t reserved)
{
	int32_t account = ledger_account(&auditor->ledger, id);

	if (account < 0) {
		accuse(auditor, "variant %llu is not in the books", (unsigned long long)id);
		return;
	}
	match(auditor, "stock", "variant", id, on_hand,
		ledger_on_hand(&auditor->ledger, (uint32_t)account));
	match(auditor, "reserved", "variant", id, reserved,
		ledger_in_open_rows(&auditor->ledger, (uint32_t)account));
	if (on_hand < 0 || reserved < 0)
		accuse(auditor, "variant %llu is below zero", (unsigned long long)id);
}

/* a batch */

void auditor_watch_batch(struct auditor *auditor, const struct stock *stock, int64_t now)
{
	auditor->now = now;
	auditor->again = false;
	auditor->unswept = ledger_unswept(&auditor->ledger, now);
	auditor->hold_count = stock->hold_count;
	for (uint32_t i = 0; i < stock->hold_count; i++) {
		const struct promise *promise =
			ledger_promise(&auditor->ledger, stock->holds[i].id);

		if (promise == NULL) {
			accuse(auditor, "hold %llu is not in the books",
				(unsigned long long)stock->holds[i].id);
			return;
		}
		auditor->places[i] = (uint32_t)(promise - auditor->ledger.promises);
	}
}

/* Takes down what the command swept, and returns how many. Only what has run out may be. */
static int32_t note_sweeps(
	struct auditor *auditor, const struct command *command, const struct stock *stock)
{
	int32_t count = 0;

	for (uint32_t i = 0; i < auditor->hold_count; i++) {
		struct promise *promise = &auditor->ledger.promises[auditor->places[i]];
		const struct hold *hold = &stock->holds[i];

		if (promise->fate != FATE_RUNS || promise->swept ||
			hold->status != HOLD_CANCELLED || promise->until > auditor->now)
			continue;
		ledger_sweep(&auditor->ledger, promise, auditor->now, command->request_id);
		count++;
	}
	return count;
}

/* A sweep that the same request undoes by selling the hold was none, in an earlier round either. */
static int32_t undone_sweeps(const struct auditor *auditor, const struct command *command)
{
	int32_t count = 0;

	for (uint32_t i = 0; i < auditor->verdict.line_count; i++) {
		const struct verdict_line *line = &auditor->verdict.lines[i];
		const struct promise *promise = &auditor->ledger.promises[line->promise];

		if (line->code == CODE_REVIVED && !line->done && promise->swept &&
			strcmp(promise->swept_by, command->request_id) == 0)
			count++;
	}
	return count;
}

static void check_hold_of_line(struct auditor *auditor, uint32_t number,
	const struct verdict_line *due, const struct outcome_line *got)
{
	const struct promise *promise = &auditor->ledger.promises[due->promise];
	const struct account *account = &auditor->ledger.accounts[promise->account];

	match(auditor, "variant", "line", number, (int64_t)got->variant_id,
		(int64_t)account->variant_id);
	match(auditor, "quantity", "line", number, got->quantity, promise->units);
	match(auditor, "status", "line", number, got->status, due->status);
	match(auditor, "reason", "line", number, got->reason, due->reason);
	match(auditor, "expiresAt", "line", number, got->expires_at_ms, promise->until);
	if (got->hold >= auditor->hold_count || auditor->places[got->hold] != due->promise)
		accuse(auditor, "line %u is of another hold", number);
}

static void check_line(struct auditor *auditor, const struct command *command, uint32_t number,
	const struct outcome_line *got)
{
	const struct verdict_line *due = &auditor->verdict.lines[number];

	match(auditor, "success", "line", number, got->success, due->success);
	match(auditor, "id", "line", number, (int64_t)got->reservation_id, (int64_t)due->id);
	match(auditor, "released", "line", number, got->released, due->released);
	match(auditor, "done", "line", number, got->done, due->done);
	if (auditor->verdict.success || command->action != ACTION_RESERVE)
		match(auditor, "code", "line", number, got->code, due->code);
	if (due->known) {
		check_hold_of_line(auditor, number, due, got);
	} else {
		match(auditor, "variant", "line", number, (int64_t)got->variant_id,
			(int64_t)due->variant_id);
		match(auditor, "requested", "line", number, got->requested, due->requested);
		match(auditor, "available", "line", number, got->available, due->available);
		match(auditor, "hold", "line", number, got->hold, STOCK_NONE);
	}
	if (due->code == CODE_STOCK_SHORT)
		match(auditor, "stock", "line", number, got->stock, due->on_hand);
}

static void check_answer(
	struct auditor *auditor, const struct command *command, const struct outcome *outcome)
{
	const struct verdict *verdict = &auditor->verdict;

	match(auditor, "success", NULL, 0, outcome->success, verdict->success);
	match(auditor, "code", NULL, 0, outcome->code, verdict->code);
	match(auditor, "replay", NULL, 0, outcome->replay, verdict->replay);
	match(auditor, "lines", NULL, 0, outcome->line_count, verdict->line_count);
	for (uint32_t i = 0; i < verdict->line_count && !auditor->accused; i++)
		check_line(auditor, command, i, &outcome->lines[i]);
}

/* Must come back: then nothing of the caller's may have changed. */
static void note_again(
	struct auditor *auditor, const struct command *command, const struct outcome *outcome)
{
	auditor->again = true;
	auditor->verdict.line_count = 0;
	auditor->verdict.made = 0;
	if (command->action == ACTION_CANCEL)
		accuse(auditor, "a cancel needs no second round");
	if (outcome->success && command->action != ACTION_CLEANUP)
		accuse(auditor, "a success needs no second round");
}

/* New holds stand at the end of the stock, in the order of their lines. */
static void note_new_holds(struct auditor *auditor, const struct stock *stock)
{
	uint32_t count = auditor->verdict.made;

	match(auditor, "new holds", NULL, 0, (int64_t)stock->hold_count - auditor->hold_count,
		count);
	for (uint32_t i = 0; i < count && !auditor->accused; i++)
		auditor->places[auditor->hold_count++] = auditor->ledger.promise_count - count + i;
}

void auditor_watch_decision(struct auditor *auditor, const struct command *command,
	const struct stock *stock, const struct outcome *outcome)
{
	int32_t swept = note_sweeps(auditor, command, stock);

	auditor->verdict.success = false;
	if (outcome->again) {
		note_again(auditor, command, outcome);
	} else {
		foretell(&auditor->ledger, auditor->now, command, &auditor->verdict);
		swept -= undone_sweeps(auditor, command);
	}
	note_new_holds(auditor, stock);
	if (!outcome->again)
		check_answer(auditor, command, outcome);
	match(auditor, "time", NULL, 0, outcome->now_ms, auditor->now);
	match(auditor, "swept", NULL, 0, outcome->swept, swept);
	if (command->action == ACTION_CLEANUP && !outcome->again)
		match(auditor, "holds left after cleanup", NULL, 0,
			ledger_unswept(&auditor->ledger, auditor->now), 0);
	for (uint32_t i = 0; i < auditor->hold_count && !auditor->accused; i++)
		check_state(
			auditor, &stock->holds[i], &auditor->ledger.promises[auditor->places[i]]);
	for (uint32_t i = 0; i < stock->variant_count && !auditor->accused; i++) {
		const struct variant *variant = &stock->variants[i];

		check_variant(auditor, variant->id, variant->stock, variant->reserved);
	}
}

/* the tables */

static void number_promises(struct auditor *auditor, const struct stock *stock)
{
	struct ledger *ledger = &auditor->ledger;

	for (uint32_t i = 0; i < auditor->hold_count; i++) {
		uint64_t id = stock->holds[i].id;

		if (ledger->promises[auditor->places[i]].id != 0)
			continue;
		if (id <= auditor->last_id)
			accuse(auditor, "a new hold got the old id %llu", (unsigned long long)id);
		auditor->last_id = id;
		ledger_number(ledger, id);
	}
}

void auditor_watch_save(
	struct auditor *auditor, const struct stock *stock, const struct world *world)
{
	number_promises(auditor, stock);
	for (uint32_t i = 0; i < auditor->hold_count && !auditor->accused; i++) {
		const struct hold *row = world_row(world, stock->holds[i].id);

		if (row == NULL)
			accuse(auditor, "hold %llu was not saved",
				(unsigned long long)stock->holds[i].id);
		else
			check_row(auditor, row, &auditor->ledger.promises[auditor->places[i]]);
	}
	for (uint32_t i = 0; i < world->variant_count && !auditor->accused; i++) {
		const struct world_variant *variant = &world->variants[i];

		check_variant(auditor, variant->id, variant->stock, variant->reserved);
	}
	if (auditor->again && ledger_unswept(&auditor->ledger, auditor->now) >= auditor->unswept)
		accuse(auditor, "a command must come back although nothing was swept for it");
}

/* answers */

static bool says_made(const struct command *command, const struct outcome *outcome,
	const struct outcome_line *line)
{
	return command->action == ACTION_RESERVE && line->success && !outcome->replay;
}

static bool says_ended(const struct command *command, const struct outcome_line *line)
{
	if (command->action == ACTION_CANCEL)
		return line->released > 0;
	return command->action == ACTION_CONVERT &&
	       (line->code == CODE_CONVERTED || line->code == CODE_REVIVED);
}

/* What a line tells is compared with who it was, by the books; a duplicate tells nothing. */
static void note_told(struct auditor *auditor, const struct command *command,
	const struct outcome *outcome, uint32_t number)
{
	const struct outcome_line *line = &outcome->lines[number];
	struct promise *promise = &auditor->ledger.promises[auditor->places[line->hold]];
	bool made = says_made(command, outcome, line), ended = says_ended(command, line);

	match(auditor, "id", "line", number, (int64_t)line->reservation_id, (int64_t)promise->id);
	if (line->code == CODE_DUPLICATE)
		return;
	match(auditor, "\"I made it\"", "line", number, made,
		strcmp(promise->made_by, command->request_id) == 0);
	match(auditor, "\"I ended it\"", "line", number, ended,
		strcmp(promise->ended_by, command->request_id) == 0);
	promise->told_made += made;
	promise->told_ended += ended;
}

/* Who is refused must have got nothing, in an earlier round either. */
static void check_refused(struct auditor *auditor, const struct command *command)
{
	const struct visit *visit = ledger_visit(&auditor->ledger, command->idempotency_key);

	if (visit != NULL &&
		strcmp(auditor->ledger.promises[visit->first].made_by, command->request_id) == 0)
		accuse(auditor, "a reserve is refused although it made holds");
}

void auditor_watch_answer(
	struct auditor *auditor, const struct command *command, const struct outcome *outcome)
{
	note_answered(auditor, command);
	for (uint32_t i = 0; i < outcome->line_count && !auditor->accused; i++) {
		if (outcome->lines[i].hold != STOCK_NONE)
			note_told(auditor, command, outcome, i);
	}
	if (command->action == ACTION_RESERVE && !outcome->success)
		check_refused(auditor, command);
}

void auditor_check_all(struct auditor *auditor, const struct world *world)
{
	const struct ledger *ledger = &auditor->ledger;

	if (!ledger_adds_up(ledger))
		accuse(auditor, "the journal does not add up");
	match(auditor, "rows", NULL, 0, world->row_count, ledger->promise_count);
	for (uint32_t i = 0; i < world->row_count && !auditor->accused; i++)
		check_row(auditor, &world->rows[i], &ledger->promises[i]);
	for (uint32_t i = 0; i < world->variant_count && !auditor->accused; i++) {
		const struct world_variant *variant = &world->variants[i];
		int64_t active = 0;

		for (uint32_t k = 0; k < world->row_count; k++) {
			const struct hold *row = &world->rows[k];

			if (row->variant_id == variant->id && row->status == HOLD_ACTIVE)
				active += row->quantity;
		}
		match(auditor, "reserved", "variant", variant->id, variant->reserved, active);
	}
}

void auditor_check_end(struct auditor *auditor)
{
	const struct ledger *ledger = &auditor->ledger;

	match(auditor, "requests without an answer", NULL, 0, auditor->asked_count, 0);
	for (uint32_t i = 0; i < ledger->promise_count && !auditor->accused; i++) {
		const struct promise *promise = &ledger->promises[i];
		bool ended = promise->fate == FATE_SOLD || promise->fate == FATE_GIVEN_BACK;

		match(auditor, "answers that made it", "hold", promise->id, promise->told_made, 1);
		match(auditor, "answers that ended it", "hold", promise->id, promise->told_ended,
			ended);
	}
}
