#include "decide_fixture.h"

#include <stdio.h>
#include <string.h>

struct stock given;
static struct command command;
static struct outcome outcome;

int begin(void **state)
{
	(void)state;
	/* What an earlier test left must not matter. */
	memset(&given, 0xa5, sizeof(given));
	memset(&outcome, 0xa5, sizeof(outcome));
	stock_reset(&given);
	return 0;
}

void given_variant(uint64_t id, int64_t on_hand, int64_t reserved)
{
	stock_add_variant(&given, id, on_hand, reserved);
}

static void fill(struct hold *hold, uint64_t variant_id, uint32_t quantity, int64_t expires_at_ms)
{
	hold->variant_id = variant_id;
	hold->quantity = quantity;
	hold->status = HOLD_ACTIVE;
	hold->created_at_ms = BEFORE;
	hold->expires_at_ms = expires_at_ms;
	snprintf(hold->session_id, sizeof(hold->session_id), "%s", MINE);
	snprintf(hold->created_request_id, sizeof(hold->created_request_id), "%s", OLD);
	if (expires_at_ms <= NOW)
		stock_note_expired(&given, hold);
}

struct hold *given_hold(uint64_t id, uint64_t variant_id, uint32_t quantity, int64_t expires_at_ms)
{
	struct hold *hold = stock_add_named(&given, id);

	fill(hold, variant_id, quantity, expires_at_ms);
	return hold;
}

static void close_row(struct hold *hold, enum hold_status status)
{
	hold->status = status;
	hold->closed_at_ms = PAST;
	snprintf(hold->closed_request_id, sizeof(hold->closed_request_id), "%s", OLDER);
}

struct hold *given_completed(
	uint64_t id, uint64_t variant_id, uint32_t quantity, const char *order_id)
{
	struct hold *hold = given_hold(id, variant_id, quantity, LATER);

	close_row(hold, HOLD_COMPLETED);
	snprintf(hold->order_id, sizeof(hold->order_id), "%s", order_id);
	return hold;
}

struct hold *given_cancelled(
	uint64_t id, uint64_t variant_id, uint32_t quantity, enum cancel_reason reason)
{
	struct hold *hold = given_hold(id, variant_id, quantity, LATER);

	close_row(hold, HOLD_CANCELLED);
	hold->reason = reason;
	if (reason == REASON_EXPIRED)
		hold->expires_at_ms = PAST;
	return hold;
}

struct hold *given_unnamed_expired(uint64_t id, uint64_t variant_id, uint32_t quantity)
{
	struct hold *hold = stock_add_hold(&given);

	hold->id = id;
	fill(hold, variant_id, quantity, PAST);
	snprintf(hold->session_id, sizeof(hold->session_id), "%s", ANOTHERS);
	return hold;
}

void given_expired_left(uint64_t variant_id)
{
	stock_variant(&given, variant_id)->expired_left = true;
}

void given_session(int64_t holds, int64_t units)
{
	stock_add_session(&given, MINE, holds, units);
}

struct hold *of_session(struct hold *hold, const char *session_id)
{
	snprintf(hold->session_id, sizeof(hold->session_id), "%s", session_id);
	return hold;
}

struct command *asked(enum action action)
{
	memset(&command, 0, sizeof(command));
	command.action = action;
	command.ttl_ms = HOLD_MS;
	snprintf(command.request_id, sizeof(command.request_id), "%s", REQUEST);
	snprintf(command.session_id, sizeof(command.session_id), "%s", MINE);
	return &command;
}

static struct command_line *ask_line(void)
{
	assert_true(command.line_count < LINES_MAX);
	command.list = command.line_count > 0;
	return &command.lines[command.line_count++];
}

void asked_units(uint64_t variant_id, uint32_t quantity)
{
	struct command_line *line = ask_line();

	line->variant_id = variant_id;
	line->quantity = quantity;
}

void asked_hold(uint64_t id)
{
	ask_line()->reservation_id = id;
}

void asked_instead(uint64_t variant_id, uint32_t quantity, uint64_t replaces)
{
	asked_units(variant_id, quantity);
	command.lines[command.line_count - 1].reservation_id = replaces;
}

const struct outcome *decided(void)
{
	decide(&given, NOW, &command, &outcome);
	assert_int_equal(outcome.now_ms, NOW);
	return &outcome;
}

struct hold *row(uint64_t id)
{
	for (uint32_t i = 0; i < given.hold_count; i++) {
		if (given.holds[i].id == id)
			return &given.holds[i];
	}
	fail_msg("no row has the id %llu", (unsigned long long)id);
	return NULL;
}

void assert_stands(const struct outcome *got, enum code code)
{
	assert_int_equal(got->code, code);
	assert_true(got->success);
	assert_false(got->again);
}

void assert_refused(const struct outcome *got, enum code code)
{
	assert_int_equal(got->code, code);
	assert_false(got->success);
}

void assert_line(const struct outcome_line *line, uint64_t id, enum code code, bool success)
{
	assert_int_equal(line->reservation_id, id);
	assert_int_equal(line->code, code);
	assert_int_equal(line->success, success);
}

void assert_variant(uint64_t id, int64_t on_hand, int64_t reserved)
{
	const struct variant *variant = stock_variant(&given, id);

	assert_non_null(variant);
	assert_int_equal(variant->stock, on_hand);
	assert_int_equal(variant->reserved, reserved);
}

void assert_session(const char *id, int64_t holds, int64_t units)
{
	const struct session *session = stock_session(&given, id);

	assert_non_null(session);
	assert_int_equal(session->holds, holds);
	assert_int_equal(session->units, units);
}

void assert_untouched(const struct hold *hold)
{
	bool closed = hold->status != HOLD_ACTIVE;

	assert_false(hold->changed);
	assert_int_equal(hold->created_at_ms, BEFORE);
	assert_int_equal(hold->closed_at_ms, closed ? PAST : 0);
	assert_string_equal(hold->closed_request_id, closed ? OLDER : "");
}

void assert_closed(const struct hold *hold, enum hold_status status, enum cancel_reason reason)
{
	assert_true(hold->changed & CHANGE_CLOSED);
	assert_int_equal(hold->status, status);
	assert_int_equal(hold->reason, reason);
	assert_int_equal(hold->closed_at_ms, NOW);
	assert_string_equal(hold->closed_request_id, REQUEST);
	assert_string_equal(hold->created_request_id, OLD);
	assert_int_equal(hold->created_at_ms, BEFORE);
}
