#include "ctl_judge.h"

#include <string.h>

#include "messages.h"

static bool is_judged(const struct judge *judge, int64_t time_ms)
{
	return time_ms >= judge->since_ms && time_ms < judge->until_ms;
}

static void say(const struct judge *judge, enum finding_kind kind, struct place place,
	const char *words, const char *detail)
{
	struct finding finding = {.kind = kind, .hold = judge->id, .place = place};

	if (judge->row != NULL)
		finding.variant = judge->row->variant_id;
	finding_say(&finding, "%s%s", words, detail);
	judge->report(judge->report_context, &finding);
}

/* "" is no request; else 32 hexadecimal digits. */
static bool read_request(const char *text, uint8_t request[REQUEST_BYTES])
{
	struct slice slice = {text, strlen(text)};

	memset(request, 0, REQUEST_BYTES);
	return slice.length == 0 || slice_read_hex(&slice, request, REQUEST_BYTES);
}

void judge_begin(struct judge *judge, uint64_t id, const struct hold *row)
{
	judge->id = id;
	judge->row = row;
	judge->has_maker = judge->has_ender = false;
	judge->merged = judge->any_merge = false;
	judge->told_missing = judge->told_again = false;
	judge->used = (struct place){0};
	judge->made.place.line = 0;
	if (row == NULL)
		return;
	judge->counts.rows++;
	audit_session(judge->audit, row->session_id, judge->session);
	if (!read_request(row->created_request_id, judge->maker) ||
		!read_request(row->closed_request_id, judge->ender))
		say(judge, FINDING_ROW_UNCLEAR, (struct place){0},
			"the row has a request id that no request has", "");
	if (row->status == HOLD_COMPLETED && row->closed_at_ms >= row->expires_at_ms)
		judge->counts.revived++;
}

static bool is_request(const uint8_t *a, const char *column, const uint8_t *read)
{
	return column[0] != '\0' && memcmp(a, read, REQUEST_BYTES) == 0;
}

static void compare_numbers(const struct judge *judge, const struct claim *claim)
{
	struct finding finding = {.hold = judge->id, .place = claim->place};
	const struct hold *row = judge->row;

	if (claim->variant == 0)
		return;
	if (claim->variant != row->variant_id) {
		finding.kind = FINDING_VARIANT_DIFFERS;
		finding_say(&finding, "variant %llu in the log, %llu in the row",
			(unsigned long long)claim->variant, (unsigned long long)row->variant_id);
		judge->report(judge->report_context, &finding);
	}
	if (claim->quantity != row->quantity) {
		finding.kind = FINDING_QUANTITY_DIFFERS;
		finding.variant = row->variant_id;
		finding_say(&finding, "quantity %u in the log, %u in the row",
			(unsigned int)claim->quantity, (unsigned int)row->quantity);
		judge->report(judge->report_context, &finding);
	}
}

static bool is_of_row_session(const struct judge *judge, const struct claim *claim)
{
	return memcmp(claim->session, judge->session, SESSION_HASH_BYTES) == 0;
}

static void claim_made(struct judge *judge, const struct claim *claim)
{
	if (!is_request(claim->request, judge->row->created_request_id, judge->maker)) {
		say(judge, FINDING_MAKER_DIFFERS, claim->place,
			"the log says that this request made it; the row names ",
			judge->row->created_request_id[0] != '\0' ? judge->row->created_request_id
								  : "none");
		return;
	}
	judge->has_maker = true;
	judge->made = *claim;
	judge->counts.made++;
}

static const char *state_of(const struct hold *row)
{
	if (row->status == HOLD_CANCELLED && row->reason != REASON_NONE)
		return reason_name(row->reason);
	return status_name(row->status);
}

/* The log says that this request ended it in that way. */
static void claim_end(struct judge *judge, const struct claim *claim, enum hold_status status,
	enum cancel_reason reason)
{
	const struct hold *row = judge->row;

	if (row->status != status || row->reason != reason) {
		say(judge, FINDING_END_DIFFERS, claim->place,
			"the log says that this request ended it; the row is ", state_of(row));
		return;
	}
	if (!is_request(claim->request, row->closed_request_id, judge->ender)) {
		say(judge, FINDING_END_DIFFERS, claim->place,
			"the log says that this request ended it; the row names ",
			row->closed_request_id[0] != '\0' ? row->closed_request_id : "none");
		return;
	}
	judge->has_ender = true;
	judge->counts.ended++;
	/* A hold that is closed stays where it is: its session then is its session for good. */
	if (claim->has_session && !is_of_row_session(judge, claim))
		say(judge, FINDING_SESSION_DIFFERS, claim->place,
			"it was ended for another session than the row's", "");
}

static void compare_order(const struct judge *judge, const struct claim *claim)
{
	const char *order = judge->row->order_id;
	uint8_t digest[DIGEST_SHORT];

	if (judge->row->status != HOLD_COMPLETED)
		return; /* told already */
	claim_digest_order(order, strlen(order), digest);
	if (memcmp(digest, claim->order, DIGEST_SHORT) != 0)
		say(judge, FINDING_ORDER_DIFFERS, claim->place,
			"converted for another order, the log says, than the row's: ",
			order[0] != '\0' ? order : "none");
}

static void claim_merge(struct judge *judge, const struct claim *claim)
{
	judge->any_merge = true;
	if (!is_of_row_session(judge, claim))
		return;
	judge->merged = true;
	if (claim->user != judge->row->user_id)
		say(judge, FINDING_USER_DIFFERS, claim->place,
			"a merge gave it to another user than the row's", "");
}

static void take_claim(struct judge *judge, const struct claim *claim)
{
	switch (claim->kind) {
	case CLAIM_CREATE:
		claim_made(judge, claim);
		break;
	case CLAIM_REPLAY:
	case CLAIM_EXTEND:
		judge->told_again = true;
		break;
	case CLAIM_MERGE:
		judge->told_again = true;
		claim_merge(judge, claim);
		break;
	case CLAIM_REPLACE:
		claim_end(judge, claim, HOLD_CANCELLED, REASON_REPLACED);
		judge->used = claim->place;
		break;
	case CLAIM_CANCEL:
		claim_end(judge, claim, HOLD_CANCELLED, REASON_CUSTOMER);
		judge->used = claim->place;
		break;
	case CLAIM_CONVERT:
		claim_end(judge, claim, HOLD_COMPLETED, REASON_NONE);
		compare_order(judge, claim);
		judge->used = claim->place;
		break;
	}
}

void judge_claim(struct judge *judge, const struct claim *claim)
{
	judge->counts.claims++;
	if (judge->row == NULL) {
		if (!judge->told_missing && is_judged(judge, claim->time_ms)) {
			judge->told_missing = true;
			say(judge, FINDING_ROW_MISSING, claim->place,
				"the log names it; there is no such row", "");
		}
		return;
	}
	compare_numbers(judge, claim);
	take_claim(judge, claim);
}

/* Only a live hold is merged. */
static int64_t last_live_ms(const struct hold *row)
{
	if (row->status == HOLD_ACTIVE || row->expires_at_ms < row->closed_at_ms)
		return row->expires_at_ms;
	return row->closed_at_ms;
}

/*
 * Moved by a merge of which the log cannot know: while it is audited, which is left to the next
 * audit; or one that was given up on, or whose line was lost.
 */
static bool is_explained_by_a_merge(struct judge *judge)
{
	const struct hold *row = judge->row;
	int64_t end_ms = last_live_ms(row);

	if (end_ms >= judge->settled_ms)
		return true;
	if (!minutes_touch(judge->unsure, row->created_at_ms, end_ms))
		return false;
	judge->counts.moved++;
	return true;
}

/* Who holds: as the line says that made it, unless a merge moved it since. */
static void compare_owner(struct judge *judge)
{
	const struct claim *made = &judge->made;
	bool other_session, other_user;

	if (!judge->has_maker)
		return;
	other_session = judge->any_merge ? !judge->merged : !is_of_row_session(judge, made);
	other_user = !judge->any_merge && made->user != judge->row->user_id;
	if ((!other_session && !other_user) || is_explained_by_a_merge(judge))
		return;
	if (other_session)
		say(judge, FINDING_SESSION_DIFFERS, made->place,
			"the log gives it to another session than the row does", "");
	if (other_user)
		say(judge, FINDING_USER_DIFFERS, made->place,
			"the log gives it to another user than the row does", "");
}

static void add_entry(const struct judge *judge, enum entry_kind kind, const uint8_t *request,
	int64_t time_ms, bool had_answer)
{
	struct entry entry;

	memset(&entry, 0, sizeof(entry)); /* its gaps, too: it is written to a file */
	entry.kind = kind;
	entry.hold = judge->id;
	entry.time_ms = time_ms;
	entry.judged = is_judged(judge, time_ms);
	if (had_answer)
		entry.place = judge->used;
	memcpy(entry.request, request, REQUEST_BYTES);
	judge->take(judge->take_context, &entry);
}

static bool is_foreign(const struct hold *row)
{
	static const uint8_t none[DIGEST_LENGTH];

	return row->created_request_id[0] == '\0' &&
	       memcmp(row->idempotency_key, none, DIGEST_LENGTH) == 0;
}

static void judge_maker(struct judge *judge)
{
	const struct hold *row = judge->row;

	if (judge->has_maker)
		return;
	if (is_foreign(row))
		judge->counts.foreign++;
	else if (row->created_request_id[0] == '\0')
		say(judge, FINDING_ROW_UNCLEAR, (struct place){0},
			"the row has a request's key, and not the request that made it", "");
	else
		add_entry(judge, ENTRY_CREATED, judge->maker, row->created_at_ms,
			judge->used.line != 0 && !judge->told_again &&
				!sessions_may_have(judge->listed, judge->session));
}

static enum entry_kind kind_of_end(const struct hold *row)
{
	if (row->status == HOLD_COMPLETED)
		return ENTRY_COMPLETED;
	switch (row->reason) {
	case REASON_CUSTOMER:
		return ENTRY_CANCELLED;
	case REASON_REPLACED:
		return ENTRY_REPLACED;
	case REASON_EXPIRED:
		return ENTRY_SWEPT;
	case REASON_NONE:
	case REASON_OPERATOR:
		break;
	}
	return ENTRY_OTHER;
}

static void judge_ender(struct judge *judge)
{
	const struct hold *row = judge->row;

	if (row->status == HOLD_ACTIVE || judge->has_ender)
		return;
	if (row->closed_request_id[0] != '\0')
		add_entry(judge, kind_of_end(row), judge->ender, row->closed_at_ms, false);
	else if (is_foreign(row) ||
		 (row->status == HOLD_CANCELLED && row->reason == REASON_OPERATOR))
		judge->counts.by_hand++;
	else if (is_judged(judge, row->closed_at_ms) || row->closed_at_ms == 0)
		say(judge, FINDING_ROW_UNCLEAR, (struct place){0},
			"no request has ended it, and no operator: the row is ", state_of(row));
}

void judge_end(struct judge *judge)
{
	if (judge->row == NULL)
		return;
	compare_owner(judge);
	judge_maker(judge);
	judge_ender(judge);
}
