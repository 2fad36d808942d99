#include "foretell.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

struct promise *foretell_shown(
	const struct ledger *ledger, const struct command *command, uint64_t id)
{
	struct promise *promise = ledger_promise(ledger, id);
	bool anyone = command->session_id[0] == '\0';

	if (promise != NULL && !anyone && strcmp(promise->owner, command->session_id) != 0)
		return NULL;
	return promise;
}

bool foretell_holds(const struct promise *promise, int64_t now)
{
	return promise->fate == FATE_RUNS && now < promise->until;
}

bool foretell_ended_before(const struct promise *promise, const struct command *command)
{
	return strcmp(promise->ended_by, command->request_id) == 0;
}

/* cancel */

static void foretell_cancel(
	struct ledger *ledger, int64_t now, const struct command *command, struct verdict *verdict)
{
	for (uint32_t i = 0; i < command->line_count; i++) {
		uint64_t id = command->lines[i].reservation_id;
		struct promise *promise = foretell_shown(ledger, command, id);
		struct verdict_line *line;

		if (promise == NULL) {
			verdict_say(verdict, CODE_NOT_FOUND, false)->id = id;
			continue;
		}
		line = verdict_say_of(verdict, ledger, promise, CODE_CANCELLED, true);
		if (promise->fate == FATE_SOLD)
			line->code = CODE_ALREADY_CONVERTED;
		if (foretell_holds(promise, now)) {
			ledger_end(ledger, promise, FATE_GIVEN_BACK, now, command->request_id);
			line->released = promise->units;
		} else if (promise->fate == FATE_GIVEN_BACK &&
			   foretell_ended_before(promise, command)) {
			line->released = promise->units;
		}
	}
	verdict_repeat_lines(command, verdict);
	verdict_conclude_lines(verdict, CODE_CANCELLED);
	verdict_show_rows(ledger, verdict);
}

void foretell(
	struct ledger *ledger, int64_t now, const struct command *command, struct verdict *verdict)
{
	memset(verdict, 0, offsetof(struct verdict, lines));
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
	case ACTION_EXTEND:
		foretell_extend(ledger, now, command, verdict);
		break;
	case ACTION_MERGE:
		foretell_merge(ledger, now, command, verdict);
		break;
	case ACTION_CLEANUP:
		verdict_conclude(verdict, CODE_CLEANED, true);
		break;
	case ACTION_AVAILABILITY:
	case ACTION_LIST:
	case ACTION_NONE:
	case ACTION_READY:
	case ACTION_LIVE:
	case ACTION_METRICS:
		assert(!"not of the workload");
	}
}
