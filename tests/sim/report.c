#include "report.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const action_names[] = {
	[ACTION_NONE] = "none",
	[ACTION_RESERVE] = "reserve",
	[ACTION_CANCEL] = "cancel",
	[ACTION_CONVERT] = "convert",
	[ACTION_EXTEND] = "extend",
	[ACTION_MERGE] = "merge",
	[ACTION_CLEANUP] = "cleanup",
};

static const char *const code_names[CODE_COUNT] = {
	[CODE_RESERVED] = "reserved",
	[CODE_CANCELLED] = "cancelled",
	[CODE_CONVERTED] = "converted",
	[CODE_REVIVED] = "revived",
	[CODE_EXTENDED] = "extended",
	[CODE_MERGED] = "merged",
	[CODE_DUPLICATE] = "duplicate",
	[CODE_WOULD_CONVERT] = "would_convert",
	[CODE_CLEANED] = "cleaned",
	[CODE_NOT_FOUND] = "not_found",
	[CODE_VARIANT_NOT_FOUND] = "variant_not_found",
	[CODE_RESERVATION_NOT_FOUND] = "reservation_not_found",
	[CODE_INSUFFICIENT_STOCK] = "insufficient_stock",
	[CODE_RESERVATION_CANCELLED] = "reservation_cancelled",
	[CODE_RESERVATION_EXPIRED] = "reservation_expired",
	[CODE_ALREADY_CONVERTED] = "already_converted",
	[CODE_CONVERTED_FOR_OTHER_ORDER] = "converted_for_other_order",
	[CODE_LATE_SHORT] = "late_short",
	[CODE_STOCK_SHORT] = "stock_short",
	[CODE_LIMIT_REACHED] = "limit_reached",
	[CODE_IDEMPOTENCY_KEY_REUSED] = "idempotency_key_reused",
};

static const char *const event_names[EVENT_COUNT] = {
	[EVENT_REPLAY_LIVE] = "a replay of a live hold",
	[EVENT_REPLAY_SOLD] = "a replay of a sold hold",
	[EVENT_REPLAY_CANCELLED] = "a replay of a cancelled hold",
	[EVENT_REPLAY_EXPIRED] = "a replay of an expired hold",
	[EVENT_REPLAY_SWEPT] = "a replay of a swept hold",
	[EVENT_REPLAY_PART] = "a replay of what the archive has left",
	[EVENT_REPLAY_TWIN] = "twins in a batch",
	[EVENT_FOUND_RESERVE] = "a reserve that finds its holds",
	[EVENT_FOUND_RESERVE_ENDED] = "a reserve that finds its hold ended",
	[EVENT_FOUND_REPLACED] = "a reserve that finds what it replaced",
	[EVENT_FOUND_CANCEL] = "a cancel that finds what it released",
	[EVENT_FOUND_CONVERT] = "a convert that finds what it converted",
	[EVENT_FOUND_REVIVAL] = "a convert that finds what it revived",
	[EVENT_FOUND_MERGE] = "a merge that finds what it moved",
	[EVENT_FOUND_PART] = "a convert that finds a part done",
	[EVENT_ANEW_RESERVE] = "a lost reserve done anew",
	[EVENT_ANEW_CANCEL] = "a lost cancel done anew",
	[EVENT_ANEW_CONVERT] = "a lost convert done anew",
	[EVENT_ANEW_MERGE] = "a lost merge done anew",
	[EVENT_REPLACED] = "a hold replaced",
	[EVENT_REPLACED_OTHER] = "a hold replaced by one of another variant",
	[EVENT_REPLACED_NONE] = "an expired hold replaced",
	[EVENT_KEPT] = "a hold kept, for the new one was short",
	[EVENT_LIMIT_QUANTITY] = "the limit of a hold's units",
	[EVENT_LIMIT_HOLDS] = "the limit of a session's holds",
	[EVENT_LIMIT_UNITS] = "the limit of a session's units",
	[EVENT_EXTENDED_TO_CAP] = "a hold extended as far as can be",
	[EVENT_EXTENDED_NOT] = "a hold extended to no later",
	[EVENT_EXTENDED_ALL] = "a session extended",
	[EVENT_EXTENDED_NONE] = "an empty session extended",
	[EVENT_PASSED_OVER] = "a hold that was its session's no more",
	[EVENT_MERGED_NONE] = "a merge of nothing",
	[EVENT_MERGED_SELF] = "a merge that sets the user",
	[EVENT_MORE] = "a session with more holds than lines",
	[EVENT_COMMIT_DONE] = "a lost COMMIT that was done",
	[EVENT_COMMIT_UNDONE] = "a lost COMMIT that was not done",
	[EVENT_LOST_TWICE] = "a command lost twice",
};

static const char *const status_names[] = {"ACTIVE", "COMPLETED", "CANCELLED"};
static const char *const reason_names[] = {"", "CUSTOMER", "REPLACED", "EXPIRED", "OPERATOR"};

const char *report_action(enum action action)
{
	if (action >= sizeof(action_names) / sizeof(action_names[0]))
		return "?";
	return action_names[action] != NULL ? action_names[action] : "?";
}

const char *report_code(enum code code)
{
	return code < CODE_COUNT && code_names[code] != NULL ? code_names[code] : "?";
}

const char *report_event(enum event event)
{
	return event_names[event];
}

void report_command(const struct command *command)
{
	printf("# %s%s%s, request %s, session \"%s\", order \"%s\", ttl %" PRId64 " ms\n",
		report_action(command->action), command->partial ? " (partial)" : "",
		command->recheck ? ", decided anew" : "", command->request_id, command->session_id,
		command->order_id, command->ttl_ms);
	if (command->action == ACTION_RESERVE)
		printf("#   %s \"%s\", limits %" PRId64 " %" PRId64 " %" PRId64 "\n",
			command->keyed ? "key" : "no key,", (const char *)command->idempotency_key,
			command->limits.quantity, command->limits.holds, command->limits.units);
	if (command->whole_session)
		printf("#   the whole session, from \"%s\", user %" PRIu64 "%s\n",
			command->from_session_id, command->user_id, command->more ? ", more" : "");
	for (uint32_t i = 0; i < command->line_count; i++) {
		const struct command_line *line = &command->lines[i];

		if (command->action == ACTION_RESERVE)
			printf("#   line %u: %u of variant %" PRIu64 ", replaces %" PRIu64 "\n", i,
				line->quantity, line->variant_id, line->reservation_id);
		else
			printf("#   line %u: hold %" PRIu64 "\n", i, line->reservation_id);
	}
}

void report_outcome(const struct outcome *outcome)
{
	printf("# decided: %s %s%s%s, swept %d\n", outcome->success ? "success" : "refusal",
		report_code(outcome->code), outcome->again ? ", again" : "",
		outcome->replay ? ", replay" : "", outcome->swept);
	for (uint32_t i = 0; i < outcome->line_count; i++) {
		const struct outcome_line *line = &outcome->lines[i];

		printf("#   line %u: %s %s, hold %" PRIu64 " %s %s, %u of variant %" PRIu64
		       ", replaced %" PRIu64 ", released %u, requested %" PRId64
		       ", available %" PRId64 "\n",
			i, line->success ? "success" : "refusal", report_code(line->code),
			line->reservation_id, status_names[line->status],
			reason_names[line->reason], line->quantity, line->variant_id,
			line->replaced_id, line->released, line->requested, line->available);
	}
}

void report_verdict(const struct ledger *ledger, const struct verdict *verdict)
{
	printf("# the auditor: %s %s%s\n", verdict->success ? "success" : "refusal",
		report_code(verdict->code), verdict->replay ? ", replay" : "");
	for (uint32_t i = 0; i < verdict->line_count; i++) {
		const struct verdict_line *line = &verdict->lines[i];

		printf("#   line %u: %s %s", i, line->success ? "success" : "refusal",
			report_code(line->code));
		if (line->known)
			printf(", hold %" PRIu64 " %s %s, until %" PRId64, line->id,
				status_names[line->status], reason_names[line->reason],
				ledger->promises[line->promise].until);
		printf(", variant %" PRIu64 ", replaced %" PRIu64
		       ", released %u, requested %" PRId64 ", available %" PRId64 "\n",
			line->variant_id, line->replaced, line->released, line->requested,
			line->available);
	}
}

static void report_codes(const char *action, const char *what, const uint64_t counts[CODE_COUNT])
{
	bool any = false;

	for (uint32_t i = 0; i < CODE_COUNT; i++) {
		if (counts[i] == 0)
			continue;
		if (!any)
			printf("# %s, %s:", action, what);
		printf("%s %" PRIu64 " %s", any ? "," : "", counts[i], report_code((enum code)i));
		any = true;
	}
	if (any)
		printf("\n");
}

void report_tally(const struct tally *tally)
{
	for (int i = 0; i <= ACTION_METRICS; i++) {
		const char *action = report_action((enum action)i);

		report_codes(action, "requests", tally->requests[i]);
		report_codes(action, "lines", tally->lines[i]);
		if (tally->again[i] > 0)
			printf("# %s, another round: %" PRIu64 "\n", action, tally->again[i]);
	}
	printf("# swept: %" PRIu64 "\n", tally->swept);
	for (uint32_t i = 0; i < EVENT_COUNT; i++)
		printf("# %s: %" PRIu64 "\n", report_event((enum event)i), tally->events[i]);
}
