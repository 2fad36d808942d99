#include "planted.h"

#include <stddef.h>
#include <string.h>

#include "decide.h"

/* The hold that a line is to replace, if the line's session has it. NULL: none. */
static struct hold *own_hold(
	struct stock *stock, const struct command *command, const struct command_line *line)
{
	struct hold *hold = stock_hold(stock, line->reservation_id);

	if (command->action != ACTION_RESERVE || hold == NULL ||
		strcmp(hold->session_id, command->session_id) != 0)
		return NULL;
	return hold;
}

/* Lends the variant of each line some units while it is decided: below 0 it takes them away. */
typedef int64_t loan_teller(
	const struct hold *hold, const struct command_line *line, int64_t now_ms);

static void lend(
	struct stock *stock, int64_t now_ms, const struct command *command, loan_teller *loan_of)
{
	for (uint32_t i = 0; i < command->line_count; i++) {
		const struct command_line *line = &command->lines[i];
		const struct hold *hold = own_hold(stock, command, line);
		struct variant *variant = stock_variant(stock, line->variant_id);

		if (hold != NULL && variant != NULL)
			variant->stock += loan_of(hold, line, now_ms);
	}
}

/* A reserve itself never changes what is on hand. */
static void decide_with_loans(loan_teller *loan_of, struct stock *stock, int64_t now_ms,
	const struct command *command, struct outcome *outcome)
{
	int64_t stock_before[STOCK_VARIANTS_MAX];

	for (uint32_t i = 0; i < stock->variant_count; i++)
		stock_before[i] = stock->variants[i].stock;
	lend(stock, now_ms, command, loan_of);
	decide(stock, now_ms, command, outcome);
	for (uint32_t i = 0; i < stock->variant_count && command->action == ACTION_RESERVE; i++)
		stock->variants[i].stock = stock_before[i];
}

/* A credit counts for whatever takes the hold's place. */
static int64_t loan_of_other(
	const struct hold *hold, const struct command_line *line, int64_t now_ms)
{
	return hold_is_live(hold, now_ms) && hold->variant_id != line->variant_id ? hold->quantity
										  : 0;
}

static void credit_counts_for_the_wrong_variant(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	decide_with_loans(loan_of_other, stock, now_ms, command, outcome);
}

static int64_t loan_of_expired(
	const struct hold *hold, const struct command_line *line, int64_t now_ms)
{
	return hold_is_expired(hold, now_ms) && hold->variant_id == line->variant_id
		       ? hold->quantity
		       : 0;
}

static void credit_of_what_expired(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	decide_with_loans(loan_of_expired, stock, now_ms, command, outcome);
}

static int64_t loan_taken_away(
	const struct hold *hold, const struct command_line *line, int64_t now_ms)
{
	return hold_is_live(hold, now_ms) && hold->variant_id == line->variant_id
		       ? -(int64_t)hold->quantity
		       : 0;
}

/* A shopper is in his own way. */
static void credit_of_none(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	decide_with_loans(loan_taken_away, stock, now_ms, command, outcome);
}

/* Each line that a refusal names fits, if it is looked at alone. */
static bool fits_line_by_line(const struct command *command, const struct outcome *outcome)
{
	for (uint32_t i = 0; i < outcome->line_count; i++) {
		for (uint32_t k = 0; k < command->line_count; k++) {
			if (command->lines[k].variant_id == outcome->lines[i].variant_id &&
				command->lines[k].quantity > outcome->lines[i].available)
				return false;
		}
	}
	return true;
}

static void lines_are_not_summed(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	struct outcome refusal;

	decide(stock, now_ms, command, outcome);
	if (command->action != ACTION_RESERVE || outcome->code != CODE_INSUFFICIENT_STOCK ||
		outcome->again || !fits_line_by_line(command, outcome))
		return;
	refusal = *outcome;
	for (uint32_t i = 0; i < refusal.line_count; i++)
		stock_variant(stock, refusal.lines[i].variant_id)->stock +=
			refusal.lines[i].requested;
	decide(stock, now_ms, command, outcome);
	for (uint32_t i = 0; i < refusal.line_count; i++)
		stock_variant(stock, refusal.lines[i].variant_id)->stock -=
			refusal.lines[i].requested;
	outcome->swept += refusal.swept;
}

static void refusal_names_one_variant(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	decide(stock, now_ms, command, outcome);
	if (outcome->code == CODE_INSUFFICIENT_STOCK && command->action == ACTION_RESERVE)
		outcome->line_count = 1;
}

/* replaces */

static void refused_change_loses_the_hold(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	decide(stock, now_ms, command, outcome);
	for (uint32_t i = 0; i < command->line_count && !outcome->success; i++) {
		struct hold *hold = own_hold(stock, command, &command->lines[i]);

		if (hold != NULL && hold_is_live(hold, now_ms))
			hold_cancel(hold, stock_variant(stock, hold->variant_id), REASON_REPLACED,
				now_ms, command->request_id);
	}
}

static void replaced_hold_lives_on(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	decide(stock, now_ms, command, outcome);
	for (uint32_t i = 0; i < outcome->line_count && command->action == ACTION_RESERVE; i++) {
		struct hold *hold = stock_hold(stock, outcome->lines[i].replaced_id);

		if (hold == NULL)
			continue;
		hold->status = HOLD_ACTIVE;
		hold->reason = REASON_NONE;
		hold->closed_at_ms = 0;
		stock_variant(stock, hold->variant_id)->reserved += hold->quantity;
	}
}

static void replaced_by_its_customer(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	decide(stock, now_ms, command, outcome);
	for (uint32_t i = 0; i < outcome->line_count && command->action == ACTION_RESERVE; i++) {
		struct hold *hold = stock_hold(stock, outcome->lines[i].replaced_id);

		if (hold != NULL)
			hold->reason = REASON_CUSTOMER;
	}
}

/* Sessions change their names for as long as it is decided. */
static void replaces_what_is_anothers(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	char names[LINES_MAX][SESSION_ID_MAX + 1];

	for (uint32_t i = 0; i < command->line_count; i++) {
		struct hold *hold = stock_hold(stock, command->lines[i].reservation_id);

		if (command->action != ACTION_RESERVE || hold == NULL)
			continue;
		memcpy(names[i], hold->session_id, sizeof(names[i]));
		memcpy(hold->session_id, command->session_id, sizeof(names[i]));
	}
	decide(stock, now_ms, command, outcome);
	for (uint32_t i = 0; i < command->line_count; i++) {
		struct hold *hold = stock_hold(stock, command->lines[i].reservation_id);

		if (command->action == ACTION_RESERVE && hold != NULL)
			memcpy(hold->session_id, names[i], sizeof(names[i]));
	}
}

/* Everyone is told the first id of the batch. */
static void answers_with_the_first_id(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	uint32_t first = stock->hold_count;

	while (first > 0 && stock->holds[first - 1].id == 0)
		first--;
	decide(stock, now_ms, command, outcome);
	if (command->action == ACTION_RESERVE && outcome->success && !command->list)
		outcome->lines[0].hold = first;
}

/* limits */

static void limit_is_one_too_high(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	struct command lax = *command;

	lax.limits.quantity += lax.limits.quantity > 0;
	lax.limits.holds += lax.limits.holds > 0;
	lax.limits.units += lax.limits.units > 0;
	decide(stock, now_ms, &lax, outcome);
	if (outcome->limit != LIMIT_NONE)
		outcome->limit_max--;
}

static bool names_live_hold(struct stock *stock, int64_t now_ms, const struct command *command)
{
	for (uint32_t i = 0; i < command->line_count; i++) {
		const struct hold *hold = own_hold(stock, command, &command->lines[i]);

		if (hold != NULL && hold_is_live(hold, now_ms))
			return true;
	}
	return false;
}

/* Who has as much as he may have cannot change it. */
static void limit_forgets_what_is_replaced(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	const struct session *session = stock_session(stock, command->session_id);

	if (command->limits.holds == 0 || !names_live_hold(stock, now_ms, command) ||
		session->holds + command->line_count <= command->limits.holds) {
		decide(stock, now_ms, command, outcome);
		return;
	}
	memset(outcome, 0, offsetof(struct outcome, lines));
	outcome->now_ms = now_ms;
	outcome->limit = LIMIT_HOLDS;
	outcome->limit_max = command->limits.holds;
	outcome_refuse(outcome, CODE_LIMIT_REACHED);
}

/* What a session got in the same batch is not counted. */
static void limit_forgets_the_batch(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	struct session before[BATCH_MAX];

	memcpy(before, stock->sessions, sizeof(before));
	decide(stock, now_ms, command, outcome);
	memcpy(stock->sessions, before, sizeof(before));
}

static const struct decider faults[] = {
	{"credit_counts_for_the_wrong_variant", credit_counts_for_the_wrong_variant},
	{"credit_of_what_expired", credit_of_what_expired},
	{"credit_of_none", credit_of_none},
	{"lines_are_not_summed", lines_are_not_summed},
	{"refusal_names_one_variant", refusal_names_one_variant},
	{"refused_change_loses_the_hold", refused_change_loses_the_hold},
	{"replaced_hold_lives_on", replaced_hold_lives_on},
	{"replaced_by_its_customer", replaced_by_its_customer},
	{"replaces_what_is_anothers", replaces_what_is_anothers},
	{"answers_with_the_first_id", answers_with_the_first_id},
	{"limit_is_one_too_high", limit_is_one_too_high},
	{"limit_forgets_what_is_replaced", limit_forgets_what_is_replaced},
	{"limit_forgets_the_batch", limit_forgets_the_batch},
};

const struct planted planted_reserves = {faults, sizeof(faults) / sizeof(faults[0])};
