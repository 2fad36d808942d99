/* What is told of a session, of variants, and of the whole house. */
#include "json_write.h"
#include "response_private.h"

/* merge */

void response_merge(
	struct response *response, const struct addressee *to, const struct outcome *outcome)
{
	struct text *body = &response->body;

	response_begin_success(response, to, CODE_MERGED, CODE_MERGED);
	json_number(body, "merged", outcome->line_count);
	json_open_list(body, "reservationIds");
	for (uint32_t i = 0; i < outcome->line_count; i++)
		json_number(body, NULL, (int64_t)outcome->lines[i].reservation_id);
	json_close_list(body);
	if (outcome->more)
		json_boolean(body, "more", true);
}

/* availability */

void response_availability(
	struct response *response, const struct addressee *to, const struct outcome *outcome)
{
	struct text *body = &response->body;

	response_begin_success(response, to, CODE_AVAILABILITY, CODE_AVAILABILITY);
	json_open_list(body, "variants");
	for (uint32_t i = 0; i < outcome->line_count; i++) {
		const struct outcome_line *line = &outcome->lines[i];

		json_open_object(body, NULL);
		json_number(body, "variantId", (int64_t)line->variant_id);
		json_number(body, "available", line->available);
		if (line->more)
			json_boolean(body, "more", true);
		response_wait(body, "nextReleaseInSeconds", line->retry_at_ms, outcome->now_ms);
		json_close_object(body);
	}
	json_close_list(body);
	json_time(body, "serverTime", outcome->now_ms);
}

/* list */

void response_list(
	struct response *response, const struct addressee *to, const struct outcome *outcome)
{
	struct text *body = &response->body;

	response_begin_success(response, to, CODE_LISTED, CODE_LISTED);
	response_holds(body, outcome);
	json_time(body, "serverTime", outcome->now_ms);
	if (outcome->more)
		json_boolean(body, "more", true);
}

/* cleanup */

void response_cleanup(struct response *response, const struct addressee *to,
	const struct outcome *outcome, int32_t swept)
{
	response_begin_success(response, to, CODE_CLEANED, CODE_CLEANED);
	json_number(&response->body, "count", swept);
	if (outcome->remaining >= 0)
		json_number(&response->body, "remaining", outcome->remaining);
	else
		json_null(&response->body, "remaining");
	json_number(&response->body, "durationMs", outcome->duration_ms);
	json_boolean(&response->body, "skipped", outcome->skipped);
}
