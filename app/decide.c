#include "decide.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "rules.h"

/* cancel */

static void cancel_line(struct stock *stock, int64_t now_ms, const struct command *command,
	uint64_t id, struct outcome *outcome)
{
	struct outcome_line *line = outcome_add_line(outcome);
	struct hold *hold = rules_owned_hold(stock, command, id);

	line->reservation_id = id;
	if (hold == NULL) {
		line->code = CODE_NOT_FOUND;
		return;
	}
	line->success = true;
	line->code = CODE_CANCELLED;
	if (hold_is_live(hold, now_ms)) {
		hold_cancel(hold, rules_variant_of(stock, hold), REASON_CUSTOMER, now_ms,
			command->request_id);
		line->released = hold->quantity;
	} else if (hold->status == HOLD_ACTIVE) {
		hold_cancel(hold, rules_variant_of(stock, hold), REASON_EXPIRED, now_ms,
			command->request_id);
		outcome->swept++;
	} else if (hold->status == HOLD_COMPLETED) {
		line->code = CODE_ALREADY_CONVERTED; /* never restocked */
	} else if (hold->reason == REASON_CUSTOMER && rules_done_before(hold, command)) {
		line->released = hold->quantity;
	}
	outcome_describe(line, stock, hold);
}

static void decide_cancel(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	for (uint32_t i = 0; i < command->line_count; i++) {
		if (!outcome_is_repeat(outcome, command, i))
			cancel_line(
				stock, now_ms, command, command->lines[i].reservation_id, outcome);
	}
	outcome_answer_repeats(outcome);
	outcome_conclude_list(outcome, CODE_CANCELLED);
	outcome_name_refusal(outcome);
}

/* cleanup: one step of it; the rows that it may close were read before */

static void decide_cleanup(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	for (uint32_t i = 0; i < stock->variant_count; i++) {
		struct variant *variant = &stock->variants[i];

		outcome->swept += stock_sweep(stock, variant, now_ms, command->request_id);
	}
	outcome->again = stock->cleanup_left;
	outcome_succeed(outcome, CODE_CLEANED);
}

void decide(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	memset(outcome, 0, offsetof(struct outcome, lines));
	outcome->now_ms = now_ms;
	switch (command->action) {
	case ACTION_RESERVE:
		rules_reserve(stock, now_ms, command, outcome);
		break;
	case ACTION_CANCEL:
		decide_cancel(stock, now_ms, command, outcome);
		break;
	case ACTION_CONVERT:
		rules_convert(stock, now_ms, command, outcome);
		break;
	case ACTION_EXTEND:
		rules_extend(stock, now_ms, command, outcome);
		break;
	case ACTION_MERGE:
		rules_merge(stock, now_ms, command, outcome);
		break;
	case ACTION_CLEANUP:
		decide_cleanup(stock, now_ms, command, outcome);
		break;
	case ACTION_AVAILABILITY:
	case ACTION_LIST:
	case ACTION_NONE:
	case ACTION_READY:
	case ACTION_LIVE:
	case ACTION_METRICS:
		assert(!"no decision to take");
	}
}
