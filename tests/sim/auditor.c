#include "auditor.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "auditor_private.h"

void auditor_accuse(struct auditor *auditor, const char *format, ...)
{
	va_list arguments;

	if (auditor->accused)
		return;
	auditor->accused = true;
	va_start(arguments, format);
	vsnprintf(auditor->accusation, sizeof(auditor->accusation), format, arguments);
	va_end(arguments);
}

void auditor_match(struct auditor *auditor, const char *what, const char *whose, uint64_t which,
	int64_t got, int64_t due)
{
	if (got == due)
		return;
	if (whose == NULL)
		auditor_accuse(
			auditor, "%s: %lld, should be %lld", what, (long long)got, (long long)due);
	else
		auditor_accuse(auditor, "%s of %s %llu: %lld, should be %lld", what, whose,
			(unsigned long long)which, (long long)got, (long long)due);
}

void auditor_match_text(
	struct auditor *auditor, const char *what, uint64_t id, const char *got, const char *due)
{
	if (strcmp(got, due) != 0)
		auditor_accuse(auditor, "%s of hold %llu: \"%s\", should be \"%s\"", what,
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

void auditor_note_archived(struct auditor *auditor, uint64_t id)
{
	ledger_promise(&auditor->ledger, id)->archived = true;
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

/* whole sessions */

static bool is_named(const struct command *command, uint64_t id)
{
	for (uint32_t i = 0; i < command->line_count; i++) {
		if (command->lines[i].reservation_id == id)
			return true;
	}
	return false;
}

static bool is_to_name(const struct promise *promise, int64_t now, const struct command *command)
{
	if (command->action == ACTION_MERGE)
		return foretell_is_to_move(promise, now, command);
	return foretell_holds(promise, now) && strcmp(promise->owner, command->session_id) == 0;
}

/* All that must be named is, or as much as there are lines. */
static void check_unnamed(struct auditor *auditor, const struct command *command, int64_t now)
{
	const struct ledger *ledger = &auditor->ledger;
	bool unnamed = false;

	for (uint32_t i = 0; i < ledger->promise_count; i++) {
		const struct promise *promise = &ledger->promises[i];

		if (is_to_name(promise, now, command) && !is_named(command, promise->id))
			unnamed = true;
	}
	auditor_match(auditor, "more", NULL, 0, command->more, unnamed);
	if (unnamed)
		auditor_match(auditor, "lines", NULL, 0, command->line_count, LINES_MAX);
}

void auditor_watch_naming(struct auditor *auditor, const struct command *before,
	const struct command *command, int64_t now)
{
	uint64_t last = 0;

	check_unnamed(auditor, command, now);
	for (uint32_t i = 0; i < command->line_count && !auditor->accused; i++) {
		uint64_t id = command->lines[i].reservation_id;
		const struct promise *promise = ledger_promise(&auditor->ledger, id);
		bool again = command->recheck && is_named(before, id);

		if (promise == NULL || id <= last || !(again || is_to_name(promise, now, command)))
			auditor_accuse(auditor, "hold %llu is not to be named, or not here",
				(unsigned long long)id);
		last = id;
	}
}

/* a batch */

/* Units promised beyond those on hand: an operator may have taken some away. */
static int64_t excess_of(const struct auditor *auditor, uint32_t account)
{
	return ledger_promised(&auditor->ledger, account, auditor->now) -
	       ledger_on_hand(&auditor->ledger, account);
}

/* Whatever was foretold: nobody was promised what was not there. */
static void check_oversold(struct auditor *auditor)
{
	for (uint32_t i = 0; i < auditor->ledger.account_count; i++) {
		int64_t excess = excess_of(auditor, i);

		if (excess > 0 && excess > auditor->excess[i])
			auditor_accuse(auditor, "variant %llu is oversold by %lld",
				(unsigned long long)auditor->ledger.accounts[i].variant_id,
				(long long)excess);
		auditor->excess[i] = excess;
	}
}

void auditor_watch_batch(struct auditor *auditor, const struct stock *stock, int64_t now)
{
	auditor->now = now;
	auditor->again = false;
	auditor->unswept = ledger_unswept(&auditor->ledger, now);
	auditor->hold_count = stock->hold_count;
	for (uint32_t i = 0; i < auditor->ledger.account_count; i++)
		auditor->excess[i] = excess_of(auditor, i);
	for (uint32_t i = 0; i < stock->hold_count; i++) {
		const struct promise *promise =
			ledger_promise(&auditor->ledger, stock->holds[i].id);

		if (promise == NULL) {
			auditor_accuse(auditor, "hold %llu is not in the books",
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

	auditor_match(auditor, "variant", "line", number, (int64_t)got->variant_id,
		(int64_t)account->variant_id);
	auditor_match(auditor, "quantity", "line", number, got->quantity, promise->units);
	auditor_match(auditor, "status", "line", number, got->status, due->status);
	auditor_match(auditor, "reason", "line", number, got->reason, due->reason);
	auditor_match(auditor, "expiresAt", "line", number, got->expires_at_ms, promise->until);
	if (got->hold >= auditor->hold_count || auditor->places[got->hold] != due->promise)
		auditor_accuse(auditor, "line %u is of another hold", number);
}

static void check_line(struct auditor *auditor, uint32_t number, const struct outcome_line *got)
{
	const struct verdict_line *due = &auditor->verdict.lines[number];

	auditor_match(auditor, "success", "line", number, got->success, due->success);
	auditor_match(
		auditor, "id", "line", number, (int64_t)got->reservation_id, (int64_t)due->id);
	auditor_match(auditor, "released", "line", number, got->released, due->released);
	auditor_match(auditor, "done", "line", number, got->done, due->done);
	auditor_match(auditor, "code", "line", number, got->code, due->code);
	auditor_match(auditor, "replaced", "line", number, (int64_t)got->replaced_id,
		(int64_t)due->replaced);
	if (due->known) {
		check_hold_of_line(auditor, number, due, got);
	} else {
		auditor_match(auditor, "variant", "line", number, (int64_t)got->variant_id,
			(int64_t)due->variant_id);
		auditor_match(auditor, "hold", "line", number, got->hold, STOCK_NONE);
	}
	auditor_match(auditor, "requested", "line", number, got->requested, due->requested);
	auditor_match(auditor, "available", "line", number, got->available, due->available);
	if (due->code == CODE_STOCK_SHORT)
		auditor_match(auditor, "stock", "line", number, got->stock, due->on_hand);
}

static void check_answer(
	struct auditor *auditor, const struct command *command, const struct outcome *outcome)
{
	const struct verdict *verdict = &auditor->verdict;

	auditor_match(auditor, "success", NULL, 0, outcome->success, verdict->success);
	auditor_match(auditor, "code", NULL, 0, outcome->code, verdict->code);
	auditor_match(auditor, "replay", NULL, 0, outcome->replay, verdict->replay);
	auditor_match(auditor, "limit", NULL, 0, outcome->limit, verdict->limit);
	auditor_match(auditor, "limit's value", NULL, 0, outcome->limit_max, verdict->limit_max);
	auditor_match(auditor, "more", NULL, 0, outcome->more, command->more);
	auditor_match(auditor, "lines", NULL, 0, outcome->line_count, verdict->line_count);
	for (uint32_t i = 0; i < verdict->line_count && !auditor->accused; i++)
		check_line(auditor, i, &outcome->lines[i]);
}

/* Must come back: then nothing of the caller's may have changed. */
static void note_again(
	struct auditor *auditor, const struct command *command, const struct outcome *outcome)
{
	auditor->again = true;
	auditor->verdict.line_count = 0;
	auditor->verdict.made = 0;
	if (command->action != ACTION_RESERVE && command->action != ACTION_CONVERT &&
		command->action != ACTION_CLEANUP)
		auditor_accuse(auditor, "a second round is not needed for it");
	if (outcome->success && command->action != ACTION_CLEANUP)
		auditor_accuse(auditor, "a success needs no second round");
}

/* New holds stand at the end of the stock, in the order of their lines. */
static void note_new_holds(struct auditor *auditor, const struct stock *stock)
{
	uint32_t count = auditor->verdict.made;

	auditor_match(auditor, "new holds", NULL, 0,
		(int64_t)stock->hold_count - auditor->hold_count, count);
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
	check_oversold(auditor);
	note_new_holds(auditor, stock);
	if (!outcome->again)
		check_answer(auditor, command, outcome);
	auditor_match(auditor, "time", NULL, 0, outcome->now_ms, auditor->now);
	auditor_match(auditor, "swept", NULL, 0, outcome->swept, swept);
	if (command->action == ACTION_CLEANUP && !outcome->again)
		auditor_match(auditor, "holds left after cleanup", NULL, 0,
			ledger_unswept(&auditor->ledger, auditor->now), 0);
	for (uint32_t i = 0; i < auditor->hold_count && !auditor->accused; i++)
		auditor_check_state(
			auditor, &stock->holds[i], &auditor->ledger.promises[auditor->places[i]]);
	for (uint32_t i = 0; i < stock->variant_count && !auditor->accused; i++) {
		const struct variant *variant = &stock->variants[i];

		auditor_check_variant(auditor, variant->id, variant->stock, variant->reserved);
	}
}
