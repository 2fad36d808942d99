/* A reserve that was here before: by its key, or because its COMMIT was lost sight of. */
#include "rules.h"

#include <stddef.h>
#include <string.h>

#include "plan.h"

/* The hold whose place this very request took, before its COMMIT was lost sight of. 0: none. */
static uint64_t replaced_before(struct stock *stock, const struct command *command, uint32_t index)
{
	const struct hold *hold = stock_hold(stock, command->lines[index].reservation_id);

	if (hold == NULL || hold->reason != REASON_REPLACED || !rules_done_before(hold, command))
		return 0;
	return hold->id;
}

/* Tells what stands there today, and changes nothing: an expired hold is not revived. */
static void replay_lines(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	for (uint32_t i = 0; i < command->line_count; i++) {
		struct hold *hold = stock_keyed_hold(stock, command->idempotency_key, i);
		struct outcome_line *line;

		if (hold == NULL)
			continue; /* it was archived */
		line = outcome_add_line(outcome);
		outcome_describe(line, stock, hold);
		line->code = CODE_RESERVED;
		line->success = true;
		line->replaced_id = replaced_before(stock, command, i);
		if (hold_is_expired(hold, now_ms))
			outcome_describe_expired(line);
	}
	outcome_succeed(outcome, CODE_RESERVED);
}

bool rules_replay(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	struct hold *first = NULL;

	if (!plan_looks_back(command))
		return false;
	/* The first that is left: others may have been archived. */
	for (uint32_t i = 0; i < command->line_count && first == NULL; i++)
		first = stock_keyed_hold(stock, command->idempotency_key, i);
	if (first == NULL)
		return false;
	if (memcmp(first->idempotency_body, command->idempotency_body, DIGEST_LENGTH) != 0) {
		outcome_refuse(outcome, CODE_IDEMPOTENCY_KEY_REUSED);
		return true;
	}
	outcome->replay = strcmp(first->created_request_id, command->request_id) != 0;
	replay_lines(stock, now_ms, command, outcome);
	return true;
}
