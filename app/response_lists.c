/* What became of holds that were named one by one. */
#include "json_write.h"
#include "response_private.h"

/* cancel */

static void write_cancelled(struct text *body, const struct outcome_line *line)
{
	json_number(body, "reservationId", (int64_t)line->reservation_id);
	if (line->code == CODE_NOT_FOUND)
		return;
	json_string(body, "status", status_name(line->status));
	json_number(body, "released", line->released);
	if (line->reason != REASON_NONE)
		json_string(body, "reason", reason_name(line->reason));
}

static void write_cancel_details(
	struct text *body, const struct addressee *to, const struct outcome *outcome)
{
	json_open_list(body, "details");
	for (uint32_t i = 0; i < outcome->line_count; i++) {
		const struct outcome_line *line = &outcome->lines[i];

		json_open_object(body, NULL);
		json_boolean(body, "success", line->success);
		json_string(body, "outcome", code_name(line->code));
		write_cancelled(body, line);
		json_string(body, "message", code_message(line->code, to->language));
		json_close_object(body);
	}
	json_close_list(body);
}

void response_cancel(
	struct response *response, const struct addressee *to, const struct outcome *outcome)
{
	response_begin_decided(response, to, outcome, CODE_CANCELLED);
	if (to->command->list)
		write_cancel_details(&response->body, to, outcome);
	else
		write_cancelled(&response->body, &outcome->lines[0]);
}

/* convert */

static void write_convert_line(
	struct text *body, const struct addressee *to, const struct outcome_line *line)
{
	json_open_object(body, NULL);
	json_number(body, "id", (int64_t)line->reservation_id);
	json_number(body, "reservationId", (int64_t)line->reservation_id);
	json_boolean(body, "success", line->success);
	json_string(body, "outcome", code_name(line->code));
	if (line->variant_id != 0) {
		json_number(body, "variantId", (int64_t)line->variant_id);
		json_number(body, "quantity", line->quantity);
	} else {
		json_null(body, "variantId");
		json_null(body, "quantity");
	}
	if (line->code == CODE_STOCK_SHORT)
		json_number(body, "stock", line->stock);
	json_string(body, "message", code_message(line->code, to->language));
	json_close_object(body);
}

static const struct outcome_line *first_short(const struct outcome *outcome)
{
	const struct outcome_line *line = outcome->lines;

	while (line->code != CODE_STOCK_SHORT)
		line++;
	return line;
}

static bool all_converted(const struct outcome *outcome)
{
	for (uint32_t i = 0; i < outcome->line_count; i++) {
		if (!outcome->lines[i].success)
			return false;
	}
	return true;
}

void response_convert(
	struct response *response, const struct addressee *to, const struct outcome *outcome)
{
	struct text *body = &response->body;

	response_begin_decided(response, to, outcome, CODE_CONVERTED);
	json_boolean(body, "allConverted", all_converted(outcome));
	if (to->command->order_id[0] != '\0')
		json_string(body, "orderId", to->command->order_id);
	else
		json_null(body, "orderId");
	if (outcome->code == CODE_INSUFFICIENT_STOCK)
		json_number(body, "stock", first_short(outcome)->stock);
	json_open_list(body, "details");
	for (uint32_t i = 0; i < outcome->line_count; i++)
		write_convert_line(body, to, &outcome->lines[i]);
	json_close_list(body);
}

/* extend */

static void write_extend_line(struct text *body, const struct addressee *to,
	const struct outcome_line *line, int64_t now_ms)
{
	json_open_object(body, NULL);
	json_number(body, "reservationId", (int64_t)line->reservation_id);
	json_boolean(body, "success", line->success);
	json_string(body, "outcome", code_name(line->code));
	if (line->variant_id != 0) {
		json_string(body, "status", status_name(line->status));
		response_expiry(body, line, now_ms);
	}
	json_string(body, "message", code_message(line->code, to->language));
	json_close_object(body);
}

void response_extend(
	struct response *response, const struct addressee *to, const struct outcome *outcome)
{
	struct text *body = &response->body;

	response_begin_decided(response, to, outcome, CODE_EXTENDED);
	json_open_list(body, "details");
	for (uint32_t i = 0; i < outcome->line_count; i++)
		write_extend_line(body, to, &outcome->lines[i], outcome->now_ms);
	json_close_list(body);
	json_time(body, "serverTime", outcome->now_ms);
	if (outcome->more)
		json_boolean(body, "more", true);
}
