#include "json_write.h"
#include "response_private.h"

static void write_hold(struct text *body, const struct outcome_line *line, int64_t now_ms)
{
	json_number(body, "reservationId", (int64_t)line->reservation_id);
	json_number(body, "variantId", (int64_t)line->variant_id);
	json_number(body, "quantity", line->quantity);
	json_string(body, "status", status_name(line->status));
	response_expiry(body, line, now_ms);
}

void response_holds(struct text *body, const struct outcome *outcome)
{
	json_open_list(body, "reservations");
	for (uint32_t i = 0; i < outcome->line_count; i++) {
		json_open_object(body, NULL);
		write_hold(body, &outcome->lines[i], outcome->now_ms);
		json_close_object(body);
	}
	json_close_list(body);
}

static void write_reserved(
	struct response *response, const struct addressee *to, const struct outcome *outcome)
{
	struct text *body = &response->body;

	response_begin_success(response, to, CODE_RESERVED, CODE_RESERVED);
	if (to->command->list)
		response_holds(body, outcome);
	else
		write_hold(body, &outcome->lines[0], outcome->now_ms);
	json_time(body, "serverTime", outcome->now_ms);
	if (outcome->replay)
		json_boolean(body, "replay", true);
}

static void write_unknown_variants(struct text *body, const struct outcome *outcome)
{
	json_open_list(body, "variantIds");
	for (uint32_t i = 0; i < outcome->line_count; i++)
		json_number(body, NULL, (int64_t)outcome->lines[i].variant_id);
	json_close_list(body);
}

static void write_shortage(struct text *body, const struct outcome_line *line, int64_t now_ms)
{
	json_number(body, "variantId", (int64_t)line->variant_id);
	json_number(body, "requested", line->requested);
	json_number(body, "available", line->available);
	response_wait(body, "retryAfterSeconds", line->retry_at_ms, now_ms);
}

/* The first short variant stands in the object itself, and all of them in its lines. */
static void write_shortages(struct text *body, const struct outcome *outcome)
{
	write_shortage(body, &outcome->lines[0], outcome->now_ms);
	json_open_list(body, "lines");
	for (uint32_t i = 0; i < outcome->line_count; i++) {
		json_open_object(body, NULL);
		write_shortage(body, &outcome->lines[i], outcome->now_ms);
		json_close_object(body);
	}
	json_close_list(body);
}

/* Those that decided: of unknown and ended ones, the unknown. */
static void write_unreplaced(struct text *body, const struct outcome *outcome)
{
	enum code code =
		outcome->code == CODE_RESERVATION_NOT_FOUND ? CODE_NOT_FOUND : outcome->code;

	json_open_list(body, "reservationIds");
	for (uint32_t i = 0; i < outcome->line_count; i++) {
		if (outcome->lines[i].code == code)
			json_number(body, NULL, (int64_t)outcome->lines[i].reservation_id);
	}
	json_close_list(body);
}

static void write_refusal(
	struct response *response, const struct addressee *to, const struct outcome *outcome)
{
	struct text *body = &response->body;

	response_begin_problem(
		response, to, outcome->code, code_message(outcome->code, to->language));
	if (outcome->code == CODE_VARIANT_NOT_FOUND) {
		write_unknown_variants(body, outcome);
	} else if (outcome->code == CODE_INSUFFICIENT_STOCK) {
		write_shortages(body, outcome);
	} else if (outcome->code == CODE_LIMIT_REACHED) {
		json_string(body, "limit", limit_name(outcome->limit));
		json_number(body, "max", outcome->limit_max);
	} else if (outcome->code != CODE_IDEMPOTENCY_KEY_REUSED) {
		write_unreplaced(body, outcome);
	}
}

void response_reserve(
	struct response *response, const struct addressee *to, const struct outcome *outcome)
{
	if (outcome->success)
		write_reserved(response, to, outcome);
	else
		write_refusal(response, to, outcome);
}
