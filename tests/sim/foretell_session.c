#include "foretell.h"

#include <stddef.h>
#include <string.h>

/* extend */

/* The later of what it was and what is asked for, but no longer than a promise may last. */
static int64_t longer(const struct promise *promise, int64_t now, int64_t ttl)
{
	int64_t until = now + ttl;

	if (until - promise->from > LIFE_MS_MAX)
		until = promise->from + LIFE_MS_MAX;
	return until < promise->until ? promise->until : until;
}

static enum code extend_promise(struct promise *promise, int64_t now, const struct command *command)
{
	switch (promise->fate) {
	case FATE_RUNS:
		break;
	case FATE_SOLD:
		return CODE_ALREADY_CONVERTED;
	case FATE_GIVEN_BACK:
	case FATE_REPLACED:
	case FATE_WITHDRAWN:
		return CODE_RESERVATION_CANCELLED;
	}
	if (now >= promise->until)
		return CODE_RESERVATION_EXPIRED;
	ledger_extend(promise, longer(promise, now, command->ttl_ms));
	return CODE_EXTENDED;
}

/* Of a whole session, what is no longer its own or no longer holds was never asked for. */
static bool is_passed_over(
	const struct promise *promise, int64_t now, const struct command *command)
{
	return command->whole_session && (promise == NULL || !foretell_holds(promise, now));
}

void foretell_extend(
	struct ledger *ledger, int64_t now, const struct command *command, struct verdict *verdict)
{
	for (uint32_t i = 0; i < command->line_count; i++) {
		uint64_t id = command->lines[i].reservation_id;
		struct promise *promise = foretell_shown(ledger, command, id);
		enum code code;

		if (is_passed_over(promise, now, command))
			continue;
		if (promise == NULL) {
			verdict_say(verdict, CODE_NOT_FOUND, false)->id = id;
			continue;
		}
		code = extend_promise(promise, now, command);
		verdict_say_of(verdict, ledger, promise, code,
			code == CODE_EXTENDED || code == CODE_ALREADY_CONVERTED);
	}
	if (verdict->line_count == 0) {
		verdict_conclude(verdict, CODE_EXTENDED, true);
		return;
	}
	if (!command->whole_session)
		verdict_repeat_lines(command, verdict);
	verdict_conclude_lines(verdict, CODE_EXTENDED);
	verdict_show_rows(ledger, verdict);
}

/* merge */

bool foretell_is_to_move(const struct promise *promise, int64_t now, const struct command *command)
{
	bool stays = strcmp(command->from_session_id, command->session_id) == 0;

	if (!foretell_holds(promise, now) || strcmp(promise->owner, command->from_session_id) != 0)
		return false;
	return promise->user == 0 || (promise->user == command->user_id && !stays);
}

/*
 * It stands where it should. When the answer of a COMMIT was lost, what another request has moved
 * there looks like its own: no row says who did it.
 */
static bool may_have_moved(const struct promise *promise, const struct command *command)
{
	return command->recheck && promise->user == command->user_id &&
	       strcmp(promise->owner, command->session_id) == 0;
}

void foretell_merge(
	struct ledger *ledger, int64_t now, const struct command *command, struct verdict *verdict)
{
	for (uint32_t i = 0; i < command->line_count; i++) {
		struct promise *promise = ledger_promise(ledger, command->lines[i].reservation_id);

		if (promise == NULL)
			continue;
		if (foretell_is_to_move(promise, now, command))
			ledger_transfer(ledger, promise, command->session_id, command->user_id,
				command->request_id);
		else if (!may_have_moved(promise, command))
			continue;
		verdict_say_of(verdict, ledger, promise, CODE_MERGED, true);
	}
	verdict_conclude(verdict, CODE_MERGED, true);
	verdict_show_rows(ledger, verdict);
}
