/* Who was answered, and what was told: everything once, by the one who did it. */
#include "auditor.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "auditor_private.h"

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
		auditor_accuse(auditor, "request %s was answered already", command->request_id);
	else
		memcpy(auditor->asked[place], auditor->asked[--auditor->asked_count],
			sizeof(auditor->asked[0]));
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

/* The one that a new promise took the place of was ended by the same request. */
static void note_replaced(struct auditor *auditor, const struct command *command, uint64_t id)
{
	struct promise *promise = ledger_promise(&auditor->ledger, id);

	if (promise == NULL || promise->fate != FATE_REPLACED ||
		strcmp(promise->ended_by, command->request_id) != 0)
		auditor_accuse(auditor, "hold %llu was not replaced, or by another request",
			(unsigned long long)id);
	else
		promise->told_ended++;
}

static void note_moved(
	struct auditor *auditor, const struct command *command, const struct promise *promise)
{
	struct transfer *transfer =
		ledger_transfer_by(&auditor->ledger, promise, command->request_id);

	if (transfer != NULL)
		transfer->told++;
}

/* What a line tells is compared with who it was, by the books; a duplicate tells nothing. */
static void note_told(struct auditor *auditor, const struct command *command,
	const struct outcome *outcome, uint32_t number)
{
	const struct outcome_line *line = &outcome->lines[number];
	struct promise *promise = &auditor->ledger.promises[auditor->places[line->hold]];
	bool made = says_made(command, outcome, line), ended = says_ended(command, line);

	auditor_match(
		auditor, "id", "line", number, (int64_t)line->reservation_id, (int64_t)promise->id);
	if (line->code == CODE_DUPLICATE)
		return;
	auditor_match(auditor, "\"I made it\"", "line", number, made,
		strcmp(promise->made_by, command->request_id) == 0);
	auditor_match(auditor, "\"I ended it\"", "line", number, ended,
		strcmp(promise->ended_by, command->request_id) == 0);
	promise->told_made += made;
	promise->told_ended += ended;
	if (line->replaced_id != 0)
		note_replaced(auditor, command, line->replaced_id);
	if (command->action == ACTION_MERGE)
		note_moved(auditor, command, promise);
}

/* Who is refused must have got nothing, in an earlier round either. */
static void check_refused(struct auditor *auditor, const struct command *command)
{
	const struct visit *visit =
		ledger_visit(&auditor->ledger, command->idempotency_key, command->line_count);

	if (visit != NULL &&
		strcmp(auditor->ledger.promises[visit->first].made_by, command->request_id) == 0)
		auditor_accuse(auditor, "a reserve is refused although it made holds");
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

/*
 * Of a transfer whose COMMIT was lost nothing is left to be told, once the promise was made over
 * again: no row tells who did it.
 */
static void check_transfers(struct auditor *auditor)
{
	const struct ledger *ledger = &auditor->ledger;

	for (uint32_t i = 0; i < ledger->transfer_count && !auditor->accused; i++) {
		const struct transfer *transfer = &ledger->transfers[i];
		const struct promise *promise = &ledger->promises[transfer->promise];
		const struct transfer *last = ledger_last_transfer(ledger, promise);

		if (transfer->told > 1 || (transfer->told == 0 && transfer == last))
			auditor_match(auditor, "answers that moved it", "hold", promise->id,
				transfer->told, 1);
	}
}

void auditor_check_end(struct auditor *auditor)
{
	const struct ledger *ledger = &auditor->ledger;

	auditor_match(auditor, "requests without an answer", NULL, 0, auditor->asked_count, 0);
	for (uint32_t i = 0; i < ledger->promise_count && !auditor->accused; i++) {
		const struct promise *promise = &ledger->promises[i];
		bool ended = promise->fate != FATE_RUNS && promise->fate != FATE_WITHDRAWN;

		auditor_match(auditor, "answers that made it", "hold", promise->id,
			promise->told_made, 1);
		auditor_match(auditor, "answers that ended it", "hold", promise->id,
			promise->told_ended, ended);
	}
	check_transfers(auditor);
}
