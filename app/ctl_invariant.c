#include "ctl_invariant.h"

#include <string.h>

#include "ctl_line.h"
#include "limits.h"
#include "text.h"

struct judging {
	const struct hold *hold;
	finding_taker *report;
	void *context;
	uint32_t count;
};

static void say(struct judging *judging, enum finding_kind kind, const char *words)
{
	struct finding finding = {
		.kind = kind, .hold = judging->hold->id, .variant = judging->hold->variant_id};

	finding_say(&finding, "%s", words);
	judging->report(judging->context, &finding);
	judging->count++;
}

static void judge_values(struct judging *judging)
{
	const struct hold *hold = judging->hold;
	size_t session = strlen(hold->session_id);

	if (hold->quantity < 1 || hold->quantity > QUANTITY_MAX)
		say(judging, FINDING_QUANTITY_INVALID, "its quantity is not between 1 and 1000000");
	if (session < 1 || !text_is_visible(hold->session_id, session))
		say(judging, FINDING_SESSION_INVALID,
			"its sessionId is empty, or has other than visible ASCII characters");
	if (!text_is_visible(hold->order_id, strlen(hold->order_id)))
		say(judging, FINDING_SESSION_INVALID,
			"its orderId has other than visible ASCII characters");
}

static bool is_request_id(const char *text)
{
	struct slice slice = {text, strlen(text)};
	uint8_t request[REQUEST_BYTES];

	return slice_read_hex(&slice, request, REQUEST_BYTES);
}

static bool is_set(const uint8_t digest[DIGEST_LENGTH])
{
	static const uint8_t none[DIGEST_LENGTH];

	return memcmp(digest, none, DIGEST_LENGTH) != 0;
}

static void judge_keys(struct judging *judging)
{
	const struct hold *hold = judging->hold;
	bool has_key = is_set(hold->idempotency_key);

	if (has_key != (hold->created_request_id[0] != '\0') ||
		(!has_key && is_set(hold->idempotency_body)))
		say(judging, FINDING_KEYS_INCOMPLETE,
			"createdRequestId and idempotencyKey are written together, and are not");
	if (hold->created_request_id[0] != '\0' && !is_request_id(hold->created_request_id))
		say(judging, FINDING_KEYS_INCOMPLETE, "its createdRequestId is no request's id");
	if (hold->closed_request_id[0] != '\0' && !is_request_id(hold->closed_request_id))
		say(judging, FINDING_KEYS_INCOMPLETE, "its closedRequestId is no request's id");
}

static void judge_active(struct judging *judging, int64_t now_ms)
{
	const struct hold *hold = judging->hold;

	if (hold->closed_at_ms != 0 || hold->reason != REASON_NONE || hold->order_id[0] != '\0' ||
		hold->closed_request_id[0] != '\0')
		say(judging, FINDING_MARKS_OF_AN_END, "it is ACTIVE, and has marks of an end");
	if (hold->expires_at_ms > now_ms && hold->expires_at_ms - hold->created_at_ms > LIFE_MS_MAX)
		say(judging, FINDING_TOO_OLD, "it lives for more than 2 hours");
}

static void judge_end(struct judging *judging)
{
	const struct hold *hold = judging->hold;
	bool cancelled = hold->status == HOLD_CANCELLED;

	if (hold->closed_at_ms == 0)
		say(judging, FINDING_END_INCOMPLETE, "it has ended, and has no closedAt");
	else if (hold->closed_at_ms < hold->created_at_ms)
		say(judging, FINDING_TIME_WRONG, "it ended before it was made");
	else if (hold->reason == REASON_EXPIRED && hold->closed_at_ms < hold->expires_at_ms)
		say(judging, FINDING_TIME_WRONG, "it was swept before it expired");
	if (cancelled && hold->reason == REASON_NONE)
		say(judging, FINDING_END_INCOMPLETE, "it was cancelled, and has no cancelReason");
	if (!cancelled && hold->reason != REASON_NONE)
		say(judging, FINDING_END_INCOMPLETE, "it is COMPLETED, and has a cancelReason");
	if (cancelled && hold->order_id[0] != '\0')
		say(judging, FINDING_END_INCOMPLETE, "it was cancelled, and has an order");
	if (hold->closed_request_id[0] == '\0' && is_set(hold->idempotency_key) &&
		hold->reason != REASON_OPERATOR && (hold->reason != REASON_NONE || !cancelled))
		say(judging, FINDING_END_INCOMPLETE, "it has ended, and no request has ended it");
}

uint32_t invariant_judge(
	const struct hold *hold, int64_t now_ms, finding_taker *report, void *context)
{
	struct judging judging = {.hold = hold, .report = report, .context = context};

	judge_values(&judging);
	judge_keys(&judging);
	if (hold->created_at_ms == 0 || hold->expires_at_ms == 0)
		say(&judging, FINDING_TIME_WRONG, "it was made or expires before 1970");
	if (hold->status == HOLD_ACTIVE)
		judge_active(&judging, now_ms);
	else
		judge_end(&judging);
	return judging.count;
}

/* Where a request has ended it, the log knows the reason, and it was not an operator's. */
static struct fix fix_end(const struct hold *hold, int64_t now_ms)
{
	bool no_reason = hold->status == HOLD_CANCELLED && hold->reason == REASON_NONE &&
			 hold->closed_request_id[0] == '\0';
	int64_t closed_ms = hold->closed_at_ms;

	if (closed_ms == 0)
		closed_ms = hold->expires_at_ms < now_ms ? hold->expires_at_ms : now_ms;
	if (no_reason)
		return (struct fix){FIX_OPERATOR, closed_ms};
	return (struct fix){hold->closed_at_ms == 0 ? FIX_CLOSED_AT : FIX_NONE, closed_ms};
}

struct fix invariant_fix(const struct hold *hold, int64_t now_ms)
{
	if (hold->status != HOLD_ACTIVE)
		return fix_end(hold, now_ms);
	if (hold->expires_at_ms > now_ms && hold->expires_at_ms - hold->created_at_ms > LIFE_MS_MAX)
		return (struct fix){FIX_EXPIRY, hold->created_at_ms + LIFE_MS_MAX};
	return (struct fix){FIX_NONE, 0};
}

bool fix_is_same(const struct fix *a, const struct fix *b)
{
	return a->kind == b->kind && (a->kind != FIX_EXPIRY || a->time_ms == b->time_ms);
}
