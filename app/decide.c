#include "decide.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "plan.h"

static struct outcome_line *add_line(struct outcome *outcome)
{
	struct outcome_line *line;

	assert(outcome->line_count < LINES_MAX);
	line = &outcome->lines[outcome->line_count++];
	memset(line, 0, sizeof(*line));
	line->hold = STOCK_NONE;
	return line;
}

static void refuse(struct outcome *outcome, enum code code)
{
	outcome->code = code;
	outcome->success = false;
}

static void succeed(struct outcome *outcome, enum code code)
{
	outcome->code = code;
	outcome->success = true;
}

/* What a line says of its hold, as the hold stands now. */
static void describe(struct outcome_line *line, const struct stock *stock, const struct hold *hold)
{
	line->hold = (uint32_t)(hold - stock->holds);
	line->reservation_id = hold->id;
	line->variant_id = hold->variant_id;
	line->quantity = hold->quantity;
	line->status = hold->status;
	line->reason = hold->reason;
	line->expires_at_ms = hold->expires_at_ms;
}

/* A session that is given is enforced: a foreign hold is as unknown as a missing one. */
static struct hold *owned_hold(struct stock *stock, const struct command *command, uint64_t id)
{
	struct hold *hold = stock_hold(stock, id);

	if (hold == NULL || stock_variant(stock, hold->variant_id) == NULL)
		return NULL;
	if (command->session_id[0] != '\0' && strcmp(command->session_id, hold->session_id) != 0)
		return NULL;
	return hold;
}

static struct variant *variant_of(struct stock *stock, const struct hold *hold)
{
	struct variant *variant = stock_variant(stock, hold->variant_id);

	assert(variant != NULL);
	return variant;
}

/* An id that stands twice is decided once; answer_repeats fills in its later lines. */
static bool is_repeat(struct outcome *outcome, const struct command *command, uint32_t index)
{
	uint64_t id = command->lines[index].reservation_id;

	for (uint32_t i = 0; i < index; i++) {
		struct outcome_line *line;

		if (command->lines[i].reservation_id != id)
			continue;
		line = add_line(outcome);
		line->reservation_id = id;
		line->code = CODE_DUPLICATE;
		line->success = true;
		return true;
	}
	return false;
}

static const struct outcome_line *first_line(const struct outcome *outcome, uint64_t id)
{
	const struct outcome_line *line = outcome->lines;

	while (line->reservation_id != id)
		line++;
	return line;
}

/* A repeated id is answered like its first, and nothing of it is counted twice. */
static void answer_repeats(struct outcome *outcome)
{
	for (uint32_t i = 0; i < outcome->line_count; i++) {
		struct outcome_line *line = &outcome->lines[i];

		if (line->code != CODE_DUPLICATE)
			continue;
		*line = *first_line(outcome, line->reservation_id);
		line->released = 0;
		if (line->success)
			line->code = CODE_DUPLICATE;
	}
}

/* A list stands if one line does; else it is refused with the code of its first line. */
static void conclude_list(struct outcome *outcome, enum code success)
{
	for (uint32_t i = 0; i < outcome->line_count; i++) {
		if (outcome->lines[i].success) {
			succeed(outcome, success);
			return;
		}
	}
	refuse(outcome, outcome->lines[0].code);
}

/* The request's own word for what its deciding line came to. */
static void name_refusal(struct outcome *outcome)
{
	if (outcome->success)
		return;
	if (outcome->code == CODE_NOT_FOUND)
		outcome->code = CODE_RESERVATION_NOT_FOUND;
	else if (outcome->code == CODE_STOCK_SHORT)
		outcome->code = CODE_INSUFFICIENT_STOCK;
}

static bool closed_by(const struct hold *hold, const struct command *command)
{
	return strcmp(hold->closed_request_id, command->request_id) == 0;
}

/* A request whose COMMIT was lost sight of finds its own work. */
static bool done_before(const struct hold *hold, const struct command *command)
{
	return command->recheck && closed_by(hold, command);
}

/* reserve */

/* Tells what stands there today, and changes nothing: an expired hold is not revived. */
static void replay_lines(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	for (uint32_t i = 0; i < command->line_count; i++) {
		struct hold *hold = stock_keyed_hold(stock, command->idempotency_key, i);
		struct outcome_line *line;

		if (hold == NULL)
			continue; /* it was archived */
		line = add_line(outcome);
		describe(line, stock, hold);
		line->code = CODE_RESERVED;
		line->success = true;
		if (hold_is_expired(hold, now_ms)) {
			line->status = HOLD_CANCELLED;
			line->reason = REASON_EXPIRED;
		}
	}
	succeed(outcome, CODE_RESERVED);
}

/* True: a request with this key was here before, and this one is answered like it. */
static bool was_here_before(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	struct hold *first = stock_keyed_hold(stock, command->idempotency_key, 0);

	if (first == NULL)
		return false;
	if (memcmp(first->idempotency_body, command->idempotency_body, DIGEST_LENGTH) != 0) {
		refuse(outcome, CODE_IDEMPOTENCY_KEY_REUSED);
		return true;
	}
	outcome->replay = strcmp(first->created_request_id, command->request_id) != 0;
	replay_lines(stock, now_ms, command, outcome);
	return true;
}

static bool variants_exist(
	struct stock *stock, const struct command *command, struct outcome *outcome)
{
	for (uint32_t i = 0; i < command->line_count; i++) {
		uint64_t id = command->lines[i].variant_id;
		bool told = false;

		if (stock_variant(stock, id) != NULL)
			continue;
		for (uint32_t j = 0; j < outcome->line_count; j++)
			told = told || outcome->lines[j].variant_id == id;
		if (!told) {
			struct outcome_line *line = add_line(outcome);

			line->code = CODE_VARIANT_NOT_FOUND;
			line->variant_id = id;
		}
	}
	if (outcome->line_count == 0)
		return true;
	refuse(outcome, CODE_VARIANT_NOT_FOUND);
	return false;
}

static void sum_needs(struct stock *stock, const struct command *command)
{
	for (uint32_t i = 0; i < command->line_count; i++)
		stock_variant(stock, command->lines[i].variant_id)->need = 0;
	for (uint32_t i = 0; i < command->line_count; i++)
		stock_variant(stock, command->lines[i].variant_id)->need +=
			command->lines[i].quantity;
}

/* Names every variant that is short, also after its expired holds were swept. */
static void weigh_needs(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	for (uint32_t i = 0; i < command->line_count; i++) {
		struct variant *variant = stock_variant(stock, command->lines[i].variant_id);
		struct outcome_line *line;

		if (variant->need == 0)
			continue; /* asked already, by an earlier line of this variant */
		if (variant->need > variant_available(variant))
			outcome->swept += stock_sweep(stock, variant, now_ms, command->request_id);
		if (variant->need > variant_available(variant)) {
			int64_t available = variant_available(variant);

			if (variant->expired_left)
				outcome->again = true;
			line = add_line(outcome);
			line->code = CODE_INSUFFICIENT_STOCK;
			line->variant_id = variant->id;
			line->requested = variant->need;
			line->available = available > 0 ? available : 0;
		}
		variant->need = 0;
	}
}

static void place_hold(struct stock *stock, int64_t now_ms, const struct command *command,
	uint32_t index, struct outcome *outcome)
{
	const struct command_line *asked = &command->lines[index];
	struct variant *variant = stock_variant(stock, asked->variant_id);
	struct outcome_line *line = add_line(outcome);
	struct hold *hold = stock_add_hold(stock);

	hold->variant_id = asked->variant_id;
	hold->quantity = asked->quantity;
	hold->user_id = command->user_id;
	hold->status = HOLD_ACTIVE;
	hold->created_at_ms = now_ms;
	hold->expires_at_ms = now_ms + command->ttl_ms;
	memcpy(hold->session_id, command->session_id, sizeof(hold->session_id));
	memcpy(hold->created_request_id, command->request_id, sizeof(hold->created_request_id));
	hold->idempotency_line = index;
	memcpy(hold->idempotency_key, command->idempotency_key, DIGEST_LENGTH);
	memcpy(hold->idempotency_body, command->idempotency_body, DIGEST_LENGTH);
	hold->changed = true;
	variant->reserved += asked->quantity;
	assert(variant->reserved <= variant->stock);

	describe(line, stock, hold);
	line->code = CODE_RESERVED;
	line->success = true;
}

static void decide_reserve(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	if (plan_looks_back(command) && was_here_before(stock, now_ms, command, outcome))
		return;
	if (!variants_exist(stock, command, outcome))
		return;
	sum_needs(stock, command);
	weigh_needs(stock, now_ms, command, outcome);
	if (outcome->line_count > 0) {
		refuse(outcome, CODE_INSUFFICIENT_STOCK);
		return;
	}
	for (uint32_t i = 0; i < command->line_count; i++)
		place_hold(stock, now_ms, command, i, outcome);
	succeed(outcome, CODE_RESERVED);
}

/* cancel */

static void cancel_line(struct stock *stock, int64_t now_ms, const struct command *command,
	uint64_t id, struct outcome *outcome)
{
	struct outcome_line *line = add_line(outcome);
	struct hold *hold = owned_hold(stock, command, id);

	line->reservation_id = id;
	if (hold == NULL) {
		line->code = CODE_NOT_FOUND;
		return;
	}
	line->success = true;
	line->code = CODE_CANCELLED;
	if (hold_is_live(hold, now_ms)) {
		hold_cancel(hold, variant_of(stock, hold), REASON_CUSTOMER, now_ms,
			command->request_id);
		line->released = hold->quantity;
	} else if (hold->status == HOLD_ACTIVE) {
		hold_cancel(
			hold, variant_of(stock, hold), REASON_EXPIRED, now_ms, command->request_id);
		outcome->swept++;
	} else if (hold->status == HOLD_COMPLETED) {
		line->code = CODE_ALREADY_CONVERTED; /* never restocked */
	} else if (hold->reason == REASON_CUSTOMER && done_before(hold, command)) {
		line->released = hold->quantity;
	}
	describe(line, stock, hold);
}

static void decide_cancel(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	for (uint32_t i = 0; i < command->line_count; i++) {
		if (!is_repeat(outcome, command, i))
			cancel_line(
				stock, now_ms, command, command->lines[i].reservation_id, outcome);
	}
	answer_repeats(outcome);
	conclude_list(outcome, CODE_CANCELLED);
	name_refusal(outcome);
}

/* convert */

/*
 * Late lines are decided against what is available after all expired holds of their variant were
 * swept. Where they fit as it is, nothing needs to be swept.
 */
static void make_room_for_late(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	for (uint32_t i = 0; i < stock->variant_count; i++) {
		stock->variants[i].need = 0;
		stock->variants[i].plan_stock = 0;
		stock->variants[i].plan_reserved = 0;
	}
	for (uint32_t i = 0; i < command->line_count; i++) {
		struct hold *hold = owned_hold(stock, command, command->lines[i].reservation_id);
		struct variant *variant;

		if (hold == NULL || !hold_is_expired(hold, now_ms))
			continue;
		variant = variant_of(stock, hold);
		variant->need += hold->quantity;
		if (variant->need <= variant_available(variant))
			continue;
		outcome->swept += stock_sweep(stock, variant, now_ms, command->request_id);
		if (variant->need > variant_available(variant) && variant->expired_left)
			outcome->again = true;
	}
}

static enum code completed_code(const struct hold *hold, const struct command *command)
{
	if (done_before(hold, command))
		return hold->closed_at_ms < hold->expires_at_ms ? CODE_CONVERTED : CODE_REVIVED;
	if (command->order_id[0] != '\0' && strcmp(command->order_id, hold->order_id) != 0)
		return CODE_CONVERTED_FOR_OTHER_ORDER;
	return CODE_ALREADY_CONVERTED;
}

/* Late payment: what expired converts if its quantity is still to be had. */
static enum code plan_late(const struct hold *hold, struct variant *variant)
{
	int64_t own = hold->status == HOLD_ACTIVE ? hold->quantity : 0;
	int64_t on_hand = variant->stock - variant->plan_stock;
	int64_t reserved = variant->reserved - variant->plan_reserved;

	/* The first can fail alone only where the counter is wrong, and then it must. */
	if (hold->quantity > on_hand || hold->quantity > on_hand - (reserved - own))
		return CODE_LATE_SHORT;
	variant->plan_stock += hold->quantity;
	variant->plan_reserved += own;
	return CODE_REVIVED;
}

static enum code plan_live(const struct hold *hold, struct variant *variant)
{
	/* An operator may have lowered the stock under a live hold. */
	if (hold->quantity > variant->stock - variant->plan_stock)
		return CODE_STOCK_SHORT;
	variant->plan_stock += hold->quantity;
	variant->plan_reserved += hold->quantity;
	return CODE_CONVERTED;
}

static bool is_good(const struct outcome_line *line)
{
	return line->code == CODE_CONVERTED || line->code == CODE_REVIVED;
}

/* Says what the line would come to, after the lines before it. Changes no row. */
static void plan_line(struct stock *stock, int64_t now_ms, const struct command *command,
	uint64_t id, struct outcome *outcome)
{
	struct outcome_line *line = add_line(outcome);
	struct hold *hold = owned_hold(stock, command, id);
	struct variant *variant;

	line->reservation_id = id;
	if (hold == NULL) {
		line->code = CODE_NOT_FOUND;
		return;
	}
	variant = variant_of(stock, hold);
	if (hold->status == HOLD_COMPLETED)
		line->code = completed_code(hold, command);
	else if (hold_is_live(hold, now_ms))
		line->code = plan_live(hold, variant);
	else if (hold_is_expired(hold, now_ms))
		line->code = plan_late(hold, variant);
	else
		line->code = CODE_RESERVATION_CANCELLED;
	line->done = is_good(line) && hold->status == HOLD_COMPLETED;
	line->success = is_good(line) || line->code == CODE_ALREADY_CONVERTED;
	line->stock = variant->stock;
	describe(line, stock, hold);
}

/* The first unknown line decides; else the first that fails. */
static enum code first_refusal(const struct outcome *outcome)
{
	for (uint32_t i = 0; i < outcome->line_count; i++) {
		if (outcome->lines[i].code == CODE_NOT_FOUND)
			return CODE_NOT_FOUND;
	}
	for (uint32_t i = 0; i < outcome->line_count; i++) {
		if (!outcome->lines[i].success)
			return outcome->lines[i].code;
	}
	return CODE_CONVERTED;
}

static void withhold_lines(struct outcome *outcome)
{
	for (uint32_t i = 0; i < outcome->line_count; i++) {
		if (!is_good(&outcome->lines[i]))
			continue;
		outcome->lines[i].code = CODE_WOULD_CONVERT;
		outcome->lines[i].success = false;
	}
}

static void convert_lines(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	for (uint32_t i = 0; i < outcome->line_count; i++) {
		struct outcome_line *line = &outcome->lines[i];
		struct hold *hold;

		if (!is_good(line) || line->done)
			continue;
		hold = &stock->holds[line->hold];
		/* Swept by this very request, and now revived: it was not swept after all. */
		if (hold->status == HOLD_CANCELLED && closed_by(hold, command))
			outcome->swept--;
		hold_complete(hold, variant_of(stock, hold), command->order_id, now_ms,
			command->request_id);
		describe(line, stock, hold);
	}
}

static void decide_convert(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	enum code refusal;

	make_room_for_late(stock, now_ms, command, outcome);
	if (outcome->again) {
		refuse(outcome, CODE_LATE_SHORT);
		return;
	}
	for (uint32_t i = 0; i < command->line_count; i++) {
		if (!is_repeat(outcome, command, i))
			plan_line(
				stock, now_ms, command, command->lines[i].reservation_id, outcome);
	}
	refusal = first_refusal(outcome);
	if (!command->partial && refusal != CODE_CONVERTED) {
		withhold_lines(outcome);
		answer_repeats(outcome);
		refuse(outcome, refusal);
	} else {
		convert_lines(stock, now_ms, command, outcome);
		answer_repeats(outcome);
		conclude_list(outcome, CODE_CONVERTED);
	}
	name_refusal(outcome);
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
	succeed(outcome, CODE_CLEANED);
}

void decide(
	struct stock *stock, int64_t now_ms, const struct command *command, struct outcome *outcome)
{
	memset(outcome, 0, offsetof(struct outcome, lines));
	outcome->now_ms = now_ms;
	switch (command->action) {
	case ACTION_RESERVE:
		decide_reserve(stock, now_ms, command, outcome);
		break;
	case ACTION_CANCEL:
		decide_cancel(stock, now_ms, command, outcome);
		break;
	case ACTION_CONVERT:
		decide_convert(stock, now_ms, command, outcome);
		break;
	case ACTION_CLEANUP:
		decide_cleanup(stock, now_ms, command, outcome);
		break;
	case ACTION_NONE:
	case ACTION_READY:
	case ACTION_LIVE:
	case ACTION_METRICS:
		assert(!"no decision to take");
	}
}

void outcome_take_ids(struct outcome *outcome, const struct stock *stock)
{
	for (uint32_t i = 0; i < outcome->line_count; i++) {
		struct outcome_line *line = &outcome->lines[i];

		if (line->hold != STOCK_NONE)
			line->reservation_id = stock->holds[line->hold].id;
	}
}
