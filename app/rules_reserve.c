#include "rules.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

/* unknown variants, and holds that cannot be replaced */

static bool is_told(const struct outcome *outcome, uint64_t variant_id)
{
	for (uint32_t i = 0; i < outcome->line_count; i++) {
		if (outcome->lines[i].variant_id == variant_id)
			return true;
	}
	return false;
}

/* Names every one that is unknown, once. */
static bool variants_exist(
	struct stock *stock, const struct command *command, struct outcome *outcome)
{
	for (uint32_t i = 0; i < command->line_count; i++) {
		uint64_t id = command->lines[i].variant_id;
		struct outcome_line *line;

		if (stock_variant(stock, id) != NULL || is_told(outcome, id))
			continue;
		line = outcome_add_line(outcome);
		line->code = CODE_VARIANT_NOT_FOUND;
		line->variant_id = id;
	}
	if (outcome->line_count == 0)
		return true;
	outcome_refuse(outcome, CODE_VARIANT_NOT_FOUND);
	return false;
}

/* CODE_RESERVED: its place may be taken. An expired one is as good as none. */
static enum code replace_code(const struct hold *hold, int64_t now_ms)
{
	if (hold == NULL)
		return CODE_NOT_FOUND;
	if (hold->status == HOLD_COMPLETED)
		return CODE_ALREADY_CONVERTED;
	if (hold_is_live(hold, now_ms) || hold_is_expired(hold, now_ms))
		return CODE_RESERVED;
	return CODE_RESERVATION_CANCELLED;
}

/* The first unknown one decides; else the first that ended. All are named. */
static bool can_replace(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	enum code refusal = CODE_RESERVED;

	for (uint32_t i = 0; i < command->line_count; i++) {
		uint64_t id = command->lines[i].reservation_id;
		enum code code;
		struct outcome_line *line;

		if (id == 0)
			continue;
		code = replace_code(rules_owned_hold(stock, command, id), now_ms);
		if (code == CODE_RESERVED)
			continue;
		line = outcome_add_line(outcome);
		line->code = code;
		line->reservation_id = id;
		if (refusal == CODE_RESERVED || (code == CODE_NOT_FOUND && refusal != code))
			refusal = code;
	}
	if (refusal == CODE_RESERVED)
		return true;
	outcome_refuse(outcome, refusal);
	outcome_name_refusal(outcome);
	return false;
}

/* stock */

/* The live hold that a line replaces. NULL: none. */
static struct hold *replaced_hold(struct stock *stock, int64_t now_ms,
	const struct command *command, const struct command_line *line)
{
	struct hold *hold;

	if (line->reservation_id == 0)
		return NULL;
	hold = rules_owned_hold(stock, command, line->reservation_id);
	return hold != NULL && hold_is_live(hold, now_ms) ? hold : NULL;
}

/* Of a counter below its holds (somebody else wrote it) no more comes back than it has. */
static void cap_credit(struct variant *variant)
{
	if (variant->credit > variant->reserved)
		variant->credit = variant->reserved;
}

static void add_credit(struct variant *variant, const struct hold *replaced)
{
	variant->credit += replaced->quantity;
	cap_credit(variant);
}

/* A credit counts for the variant of the hold that gives it, whatever takes its place. */
static void sum_needs(struct stock *stock, int64_t now_ms, const struct command *command)
{
	for (uint32_t i = 0; i < command->line_count; i++) {
		struct variant *variant = stock_variant(stock, command->lines[i].variant_id);

		variant->need = variant->credit = 0;
		variant->weighed = false;
	}
	for (uint32_t i = 0; i < command->line_count; i++) {
		const struct command_line *line = &command->lines[i];
		struct hold *replaced = replaced_hold(stock, now_ms, command, line);

		stock_variant(stock, line->variant_id)->need += line->quantity;
		if (replaced != NULL)
			add_credit(rules_variant_of(stock, replaced), replaced);
	}
}

/* Who asks for no more than what he gives back has it, even if the stock was lowered under it. */
static bool is_short(const struct variant *variant)
{
	return variant->need > variant->credit &&
	       variant->need - variant->credit > variant_available(variant);
}

static void tell_shortage(const struct variant *variant, struct outcome *outcome)
{
	struct outcome_line *line = outcome_add_line(outcome);
	int64_t available = variant_available(variant);

	line->code = CODE_INSUFFICIENT_STOCK;
	line->variant_id = variant->id;
	line->requested = variant->need;
	line->available = variant->credit + (available > 0 ? available : 0);
}

/* Names every variant that is short, also after its expired holds were swept. */
static bool is_enough(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	for (uint32_t i = 0; i < command->line_count; i++) {
		struct variant *variant = stock_variant(stock, command->lines[i].variant_id);

		if (variant->weighed)
			continue; /* by an earlier line */
		variant->weighed = true;
		if (is_short(variant)) {
			outcome->swept += stock_sweep(stock, variant, now_ms, command->request_id);
			cap_credit(variant);
		}
		if (!is_short(variant))
			continue;
		outcome->again = outcome->again || variant->expired_left;
		tell_shortage(variant, outcome);
	}
	if (outcome->line_count == 0)
		return true;
	outcome_refuse(outcome, CODE_INSUFFICIENT_STOCK);
	return false;
}

/* limits */

static bool refuse_limit(struct outcome *outcome, enum limit limit, int64_t max)
{
	outcome->limit = limit;
	outcome->limit_max = max;
	outcome_refuse(outcome, CODE_LIMIT_REACHED);
	return false;
}

/* Past the limit, and further than before: a shopper may always ask for less. */
static bool exceeds(int64_t max, int64_t before, int64_t after)
{
	return max > 0 && after > max && after > before;
}

static bool is_within_limits(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	const struct limits *limits = &command->limits;
	const struct session *session;
	int64_t holds = command->line_count, units = 0;

	for (uint32_t i = 0; i < command->line_count; i++) {
		const struct command_line *line = &command->lines[i];
		struct hold *replaced = replaced_hold(stock, now_ms, command, line);
		int64_t before = replaced != NULL ? replaced->quantity : 0;

		if (exceeds(limits->quantity, before, line->quantity))
			return refuse_limit(outcome, LIMIT_QUANTITY, limits->quantity);
		holds -= replaced != NULL;
		units += (int64_t)line->quantity - before;
	}
	if (!command_is_limited(command))
		return true;
	session = stock_session(stock, command->session_id);
	assert(session != NULL);
	if (exceeds(limits->holds, session->holds, session->holds + holds))
		return refuse_limit(outcome, LIMIT_HOLDS, limits->holds);
	if (exceeds(limits->units, session->units, session->units + units))
		return refuse_limit(outcome, LIMIT_UNITS, limits->units);
	return true;
}

/* It stands. */

static struct hold *make_hold(
	struct stock *stock, int64_t now_ms, const struct command *command, uint32_t index)
{
	const struct command_line *asked = &command->lines[index];
	struct hold *hold = stock_add_hold(stock);

	hold->variant_id = asked->variant_id;
	hold->quantity = asked->quantity;
	hold->user_id = command->user_id;
	hold->created_at_ms = now_ms;
	hold->expires_at_ms = now_ms + command->ttl_ms;
	memcpy(hold->session_id, command->session_id, sizeof(hold->session_id));
	memcpy(hold->created_request_id, command->request_id, sizeof(hold->created_request_id));
	hold->idempotency_line = index;
	memcpy(hold->idempotency_key, command->idempotency_key, DIGEST_LENGTH);
	memcpy(hold->idempotency_body, command->idempotency_body, DIGEST_LENGTH);
	return hold;
}

static void place_hold(struct stock *stock, int64_t now_ms, const struct command *command,
	uint32_t index, struct outcome *outcome)
{
	struct outcome_line *line = outcome_add_line(outcome);
	struct hold *replaced = replaced_hold(stock, now_ms, command, &command->lines[index]);
	struct hold *hold = make_hold(stock, now_ms, command, index);

	if (replaced != NULL) {
		hold_cancel(replaced, rules_variant_of(stock, replaced), REASON_REPLACED, now_ms,
			command->request_id);
		line->replaced_id = replaced->id;
	}
	stock_place(stock, hold, stock_variant(stock, hold->variant_id));
	outcome_describe(line, stock, hold);
	line->code = CODE_RESERVED;
	line->success = true;
}

/* What was promised here was to be had. */
static void assert_not_oversold(struct stock *stock, const struct command *command)
{
	for (uint32_t i = 0; i < command->line_count; i++) {
		const struct variant *variant = stock_variant(stock, command->lines[i].variant_id);

		assert(variant->need <= variant->credit || variant_available(variant) >= 0);
	}
}

void rules_reserve(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	if (rules_replay(stock, now_ms, command, outcome) ||
		!variants_exist(stock, command, outcome) ||
		!can_replace(stock, now_ms, command, outcome))
		return;
	sum_needs(stock, now_ms, command);
	if (!is_enough(stock, now_ms, command, outcome) ||
		!is_within_limits(stock, now_ms, command, outcome))
		return;
	for (uint32_t i = 0; i < command->line_count; i++)
		place_hold(stock, now_ms, command, i, outcome);
	assert_not_oversold(stock, command);
	outcome_succeed(outcome, CODE_RESERVED);
}
