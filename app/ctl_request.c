#include "ctl_request.h"

#include <string.h>

#include "text.h"

int entry_compare(const void *a, const void *b)
{
	const struct entry *left = a, *right = b;
	int order = memcmp(left->request, right->request, REQUEST_BYTES);

	if (order != 0)
		return order;
	if (left->kind != right->kind)
		return left->kind < right->kind ? -1 : 1;
	if (left->place.file != right->place.file)
		return left->place.file < right->place.file ? -1 : 1;
	if (left->place.line != right->place.line)
		return left->place.line < right->place.line ? -1 : 1;
	return left->hold < right->hold ? -1 : left->hold > right->hold;
}

static void report(const struct request_join *join, struct finding *finding)
{
	join->report(join->context, finding);
}

struct request_name {
	char hex[2 * REQUEST_BYTES + 1];
};

static struct request_name name_of(const struct entry *entry)
{
	struct request_name name;
	struct text text;

	text_init(&text, name.hex, sizeof(name.hex));
	text_add_hex(&text, entry->request, REQUEST_BYTES);
	return name;
}

static const char *deed_of(enum entry_kind kind)
{
	switch (kind) {
	case ENTRY_CREATED:
		return "made it";
	case ENTRY_CANCELLED:
		return "cancelled it";
	case ENTRY_REPLACED:
		return "replaced it";
	case ENTRY_COMPLETED:
		return "converted it";
	case ENTRY_OTHER:
		return "ended it";
	case ENTRY_SWEPT:
		return "swept it";
	case ENTRY_LINE:
		break;
	}
	return "";
}

/* Whether a request of that action can have done it. */
static bool can_do(enum logged_action action, enum entry_kind kind)
{
	switch (kind) {
	case ENTRY_CREATED:
	case ENTRY_REPLACED:
		return action == LOGGED_RESERVE;
	case ENTRY_CANCELLED:
		return action == LOGGED_CANCEL;
	case ENTRY_COMPLETED:
		return action == LOGGED_CONVERT;
	case ENTRY_SWEPT:
		return action != LOGGED_OTHER && action != LOGGED_LIST;
	case ENTRY_OTHER:
	case ENTRY_LINE:
		break;
	}
	return false;
}

/* Whether its line may have been lost, if it came so long before the outage. */
static bool in_outage(const struct request_join *join, int64_t time_ms, int64_t before_ms)
{
	for (uint32_t i = 0; i < join->outage_count; i++) {
		if (time_ms >= join->outages[i].from_ms - before_ms &&
			time_ms <= join->outages[i].to_ms)
			return true;
	}
	return false;
}

/*
 * No line has this request id. Whoever used the hold's id later had the answer, so the line was
 * written soon after that.
 */
static void judge_without_line(struct request_join *join, const struct entry *entry)
{
	struct finding finding = {.hold = entry->hold, .place = entry->place};
	struct request_name name = name_of(entry);
	bool answered = entry->place.line != 0;

	if (in_outage(join, entry->time_ms, answered ? ANSWERED_MS_MAX : REQUEST_MS_MAX)) {
		join->lost++;
		return;
	}
	finding.kind = answered ? FINDING_LINE_REMOVED : FINDING_LINE_MISSING;
	finding_say(&finding,
		"the row says that request %s %s; no line of the log has that request%s", name.hex,
		deed_of(entry->kind),
		answered ? ", though the client had its answer and used it" : "");
	report(join, &finding);
}

static void judge_with_line(struct request_join *join, const struct entry *entry)
{
	struct finding finding = {.kind = FINDING_LINE_CONTRADICTS, .hold = entry->hold};
	struct request_name name = name_of(entry);

	if (join->line.effect == EFFECT_DOUBTFUL && can_do(join->line.action, entry->kind) &&
		entry->place.line == 0) {
		join->doubtful++;
		return;
	}
	finding.place = join->line.place;
	finding_say(&finding, "the row says that request %s %s; the request's line does not say so",
		name.hex, deed_of(entry->kind));
	report(join, &finding);
}

static void report_swept_without_line(struct request_join *join)
{
	struct finding finding = {.kind = FINDING_LINE_MISSING, .hold = join->first_swept.hold};
	struct request_name name = name_of(&join->first_swept);

	if (!join->swept_judged)
		return;
	if (in_outage(join, join->first_swept.time_ms, REQUEST_MS_MAX)) {
		join->lost++;
		return;
	}
	finding_say(&finding,
		"request %s has swept %llu holds, their rows say; no line of the log has that "
		"request",
		name.hex, (unsigned long long)join->swept_count);
	report(join, &finding);
}

/* What was swept and is sold late later, no longer bears the sweeper's name. */
static bool is_explained_by_revivals(struct request_join *join, uint64_t fewer)
{
	if (fewer > join->revived)
		return false;
	join->revived -= fewer;
	return true;
}

static void judge_swept(struct request_join *join)
{
	struct finding finding = {.kind = FINDING_SWEPT_DIFFERS, .place = join->line.place};
	uint64_t rows = join->swept_count, logged = join->line.swept;

	join->swept += rows < logged ? rows : logged;
	if (!join->line.judged)
		return;
	if (rows >= logged && join->line.effect == EFFECT_DOUBTFUL) {
		join->doubtful += rows - logged;
		return;
	}
	if (rows <= logged && is_explained_by_revivals(join, logged - rows))
		return;
	finding.hold = join->first_swept.hold;
	finding_say(&finding, "request %s has swept %llu holds, its line says; the rows say %llu",
		name_of(&join->line).hex, (unsigned long long)logged, (unsigned long long)rows);
	report(join, &finding);
}

/* The request at hand is complete. */
static void end_request(struct request_join *join)
{
	if (join->line_count == 0 && join->swept_count > 0)
		report_swept_without_line(join);
	else if (join->line_count > 0)
		judge_swept(join);
	join->line_count = 0;
	join->swept_count = 0;
	join->swept_judged = false;
	join->first_swept = (struct entry){0};
}

static void take_line(struct request_join *join, const struct entry *entry)
{
	struct finding finding = {.kind = FINDING_LINE_TWICE, .place = entry->place};

	if (join->line_count++ == 0) {
		join->line = *entry;
		return;
	}
	if (!entry->judged)
		return;
	finding_say(&finding, "request %s stands in the log a second time", name_of(entry).hex);
	report(join, &finding);
}

static bool is_same_request(const struct request_join *join, const struct entry *entry)
{
	const struct entry *known = join->line_count > 0 ? &join->line : &join->first_swept;

	return memcmp(known->request, entry->request, REQUEST_BYTES) == 0;
}

static bool is_at_hand(const struct request_join *join)
{
	return join->line_count > 0 || join->swept_count > 0;
}

void request_take(struct request_join *join, const struct entry *entry)
{
	if (is_at_hand(join) && !is_same_request(join, entry))
		end_request(join);
	if (entry->kind == ENTRY_LINE) {
		take_line(join, entry);
		return;
	}
	if (entry->kind == ENTRY_SWEPT) {
		if (join->swept_count++ == 0)
			join->first_swept = *entry;
		join->swept_judged = join->swept_judged || entry->judged;
		return;
	}
	if (!entry->judged)
		return;
	if (join->line_count > 0)
		judge_with_line(join, entry);
	else
		judge_without_line(join, entry);
}

void request_end(struct request_join *join)
{
	if (is_at_hand(join))
		end_request(join);
}
