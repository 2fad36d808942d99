#include "ctl_audit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl_archived.h"
#include "ctl_claim.h"
#include "ctl_judge.h"
#include "ctl_line.h"
#include "ctl_log.h"
#include "ctl_request.h"
#include "ctl_sorter.h"

/* Each of the two sorters; what does not fit goes to a temporary file. */
#define SORT_BYTES (32 * 1024 * 1024)

/* Requests last for half a minute at most, and the clocks are apart by less than a minute. */
#define EVIDENCE_MS 120000
#define RECENT_MS   60000

#define SHOW_EVERY 4096 /* lines, rows */

struct auditing {
	const struct options *options;
	struct table *table;
	struct report *report;
	struct sorter *claims;
	struct sorter *entries;
	struct archived *archived;
	struct sessions listed;
	struct minutes unsure;
	struct judge judge;
	struct request_join join;
	uint64_t lines;
	struct place dated; /* the last line that has a time, */
	int64_t dated_ms;   /* and its time */
	bool failed;	    /* a sorter's file */
};

static bool fail_sorting(struct auditing *auditing)
{
	if (!auditing->failed)
		fprintf(stderr, "stokctl: the temporary file (see TMPDIR): %s\n", strerror(errno));
	auditing->failed = true;
	return false;
}

static bool is_judged(const struct auditing *auditing, int64_t time_ms)
{
	return time_ms >= auditing->judge.since_ms && time_ms < auditing->judge.until_ms;
}

/* the logs */

static bool take_claim(void *context, const struct claim *claim)
{
	struct auditing *auditing = context;

	return sorter_add(auditing->claims, claim) || fail_sorting(auditing);
}

static bool add_line_entry(
	struct auditing *auditing, const struct audit_line *line, struct place place)
{
	struct entry entry;

	memset(&entry, 0, sizeof(entry)); /* its gaps, too */
	entry.kind = ENTRY_LINE;
	entry.time_ms = line->time_ms;
	entry.place = place;
	entry.swept = line->swept;
	entry.effect = line_effect(line);
	entry.action = line->action;
	entry.judged = is_judged(auditing, line->time_ms);
	memcpy(entry.request, line->request, REQUEST_BYTES);
	return sorter_add(auditing->entries, &entry) || fail_sorting(auditing);
}

static void report_unreadable(struct auditing *auditing, const char *problem, struct place place)
{
	struct finding finding = {.kind = FINDING_LINE_UNREADABLE, .place = place};

	finding_say(&finding, "the line %s", problem);
	report_finding(auditing->report, &finding);
}

/* Beyond the time that is looked at, too: it only weakens a proof. */
static void note_listed(struct auditing *auditing, const struct audit_line *line)
{
	uint8_t hash[SESSION_HASH_BYTES];

	if (line->action == LOGGED_LIST && slice_read_hex(&line->session, hash, SESSION_HASH_BYTES))
		sessions_add(&auditing->listed, hash);
}

/* Its line names no hold; but it may have moved some, until a little after nginx gave up on it. */
static void note_unsure_merge(struct auditing *auditing, const struct audit_line *line)
{
	if (line->action == LOGGED_MERGE && line_effect(line) == EFFECT_DOUBTFUL)
		minutes_add(&auditing->unsure, line->time_ms - EVIDENCE_MS / 2,
			line->time_ms + EVIDENCE_MS / 2);
}

static void note_outages(struct auditing *auditing)
{
	const struct options *options = auditing->options;

	for (uint32_t i = 0; i < options->outage_count; i++)
		minutes_add(&auditing->unsure, options->outages[i].from_ms - REQUEST_MS_MAX,
			options->outages[i].to_ms);
}

/* A line that cannot be read is as old as the one before it in its file. */
static bool is_too_old(struct auditing *auditing, const struct audit_line *line,
	const char *problem, struct place place)
{
	if (problem == NULL) {
		auditing->dated = place;
		auditing->dated_ms = line->time_ms;
	}
	return auditing->dated.line > 0 && auditing->dated.file == place.file &&
	       auditing->dated_ms < auditing->judge.since_ms - EVIDENCE_MS;
}

static bool take_line(
	struct auditing *auditing, const char *text, size_t length, struct place place)
{
	struct audit_line line;
	const char *problem = line_read(text, length, &line);

	auditing->lines++;
	if (is_too_old(auditing, &line, problem, place))
		return true;
	if (problem == NULL)
		problem = claims_of_line(&line, place, take_claim, auditing);
	if (problem != NULL) {
		report_unreadable(auditing, problem, place);
		return true;
	}
	note_listed(auditing, &line);
	note_unsure_merge(auditing, &line);
	return !auditing->failed && add_line_entry(auditing, &line, place);
}

static bool read_lines(struct auditing *auditing, struct log_reader *reader)
{
	struct progress *progress = auditing->report->progress;
	const char *line;
	size_t length;

	progress_begin(progress, "reading logs", "lines");
	while ((line = log_reader_next(reader, &length)) != NULL) {
		if (!take_line(auditing, line, length, log_reader_place(reader)))
			return false;
		if (auditing->lines % SHOW_EVERY == 0)
			progress_show(progress, log_reader_done(reader), log_reader_total(reader),
				auditing->lines);
	}
	if (log_reader_failure(reader) == NULL)
		return true;
	fprintf(stderr, "stokctl: %s\n", log_reader_failure(reader));
	return false;
}

static bool read_logs(struct auditing *auditing)
{
	struct log_reader *reader =
		log_reader_new(auditing->options->logs, auditing->options->log_count);
	bool good;

	if (reader == NULL)
		return fail_sorting(auditing);
	good = read_lines(auditing, reader);
	log_reader_free(reader);
	return good && (sorter_end(auditing->claims) || fail_sorting(auditing));
}

/* the rows */

static void take_entry(void *context, const struct entry *entry)
{
	struct auditing *auditing = context;

	if (!auditing->failed && !sorter_add(auditing->entries, entry))
		fail_sorting(auditing);
}

static void judge_row(struct auditing *auditing, const struct hold *row, const struct claim **claim)
{
	judge_begin(&auditing->judge, row->id, row);
	for (; *claim != NULL && (*claim)->hold == row->id; *claim = sorter_next(auditing->claims))
		judge_claim(&auditing->judge, *claim);
	judge_end(&auditing->judge);
}

/* Claims of holds that are in no table, up to an id. */
static void judge_missing(struct auditing *auditing, uint64_t before, const struct claim **claim)
{
	while (*claim != NULL && (*claim)->hold < before) {
		uint64_t id = (*claim)->hold;

		judge_begin(&auditing->judge, id, NULL);
		for (; *claim != NULL && (*claim)->hold == id;
			*claim = sorter_next(auditing->claims))
			judge_claim(&auditing->judge, *claim);
		judge_end(&auditing->judge);
	}
}

static void report_twice(struct auditing *auditing, const struct hold *row)
{
	struct finding finding = {
		.kind = FINDING_ROW_TWICE, .hold = row->id, .variant = row->variant_id};

	finding_say(&finding, "it stands more than once in the table and the archives");
	report_finding(auditing->report, &finding);
}

/* The lesser of the two, each of which is taken again when it was used. */
static const struct hold *next_row(
	struct auditing *auditing, const struct hold **live, const struct hold **archived)
{
	const struct hold *row;

	if (*live == NULL)
		*live = table_next(auditing->table);
	if (*archived == NULL)
		*archived = archived_next(auditing->archived);
	if (*live != NULL && (*archived == NULL || (*live)->id <= (*archived)->id)) {
		row = *live;
		*live = NULL;
		return row;
	}
	row = *archived;
	*archived = NULL;
	return row;
}

/* Claims, rows and archived rows, all by ascending ids of holds. */
static bool join_holds(struct auditing *auditing)
{
	struct progress *progress = auditing->report->progress;
	const struct hold *live = NULL, *archived = NULL, *row;
	const struct claim *claim = sorter_next(auditing->claims);
	uint64_t last, variant, before = 0, count = 0;

	if (!table_last_ids(auditing->table, &last, &variant))
		return false;
	progress_begin(progress, "comparing holds", "holds");
	while ((row = next_row(auditing, &live, &archived)) != NULL && !auditing->failed) {
		if (row->id == before) {
			report_twice(auditing, row);
			continue;
		}
		before = row->id;
		judge_missing(auditing, row->id, &claim);
		judge_row(auditing, row, &claim);
		if (++count % SHOW_EVERY == 0)
			progress_show(progress, row->id, last, count);
	}
	if (!auditing->table->failed)
		judge_missing(auditing, UINT64_MAX, &claim);
	if (sorter_has_failed(auditing->claims) || archived_has_failed(auditing->archived))
		return fail_sorting(auditing);
	return !auditing->table->failed && !auditing->failed &&
	       (sorter_end(auditing->entries) || fail_sorting(auditing));
}

/* the requests */

static bool join_requests(struct auditing *auditing)
{
	struct progress *progress = auditing->report->progress;
	const struct entry *entry;
	uint64_t count = 0;

	auditing->join.revived = auditing->judge.counts.revived;
	progress_begin(progress, "comparing requests", "requests");
	while ((entry = sorter_next(auditing->entries)) != NULL) {
		request_take(&auditing->join, entry);
		if (++count % SHOW_EVERY == 0)
			progress_show(progress, count, auditing->lines, count);
	}
	request_end(&auditing->join);
	return !sorter_has_failed(auditing->entries) || fail_sorting(auditing);
}

static void tell_sums(const struct auditing *auditing)
{
	const struct judge_counts *counts = &auditing->judge.counts;
	const struct request_join *join = &auditing->join;
	const struct sum sums[] = {
		{"lines", "lines", auditing->lines},
		{"rows", "holds", counts->rows},
		{"made", "holds made by a request of the log", counts->made},
		{"ended", "holds ended by a request of the log", counts->ended},
		{"swept", "holds swept by a request of the log", join->swept},
		{"doubtful", "explained: nginx or the service had given up on the request",
			join->doubtful},
		{"lost", "explained: in an outage, line lost", join->lost},
		{"foreign", "explained: made by an INSERT of the shop's own", counts->foreign},
		{"byHand", "explained: ended by an operator, or by the shop itself",
			counts->by_hand},
		{"moved",
			"explained: a merge that was given up on, or lost in an outage, may have "
			"moved it",
			counts->moved},
	};

	report_sums(auditing->report, sums, sizeof(sums) / sizeof(sums[0]));
}

static bool begin(struct auditing *auditing, struct audit *audit)
{
	const struct options *options = auditing->options;
	int64_t now_ms;

	if (!table_now(auditing->table, &now_ms))
		return false;
	auditing->judge.audit = audit;
	auditing->judge.listed = &auditing->listed;
	auditing->judge.unsure = &auditing->unsure;
	auditing->judge.since_ms = options->since_ms;
	auditing->judge.until_ms =
		options->until_ms == UNTIL_A_MINUTE_AGO ? now_ms - RECENT_MS : options->until_ms;
	auditing->judge.settled_ms =
		options->until_ms == INT64_MAX ? INT64_MAX : now_ms - RECENT_MS;
	note_outages(auditing);
	auditing->judge.report = report_finding;
	auditing->judge.report_context = auditing->report;
	auditing->judge.take = take_entry;
	auditing->judge.take_context = auditing;
	auditing->join.outages = options->outages;
	auditing->join.outage_count = options->outage_count;
	auditing->join.report = report_finding;
	auditing->join.context = auditing->report;
	auditing->claims = sorter_new(sizeof(struct claim), SORT_BYTES, claim_compare);
	auditing->entries = sorter_new(sizeof(struct entry), SORT_BYTES, entry_compare);
	if (auditing->claims != NULL && auditing->entries != NULL)
		return archived_open(
			&auditing->archived, options->archives, options->archive_count);
	fputs("stokctl: out of memory\n", stderr);
	return false;
}

bool audit_run(const struct options *options, struct table *table, struct audit *audit,
	struct report *report)
{
	struct auditing *auditing = calloc(1, sizeof(*auditing));
	bool good;

	if (auditing == NULL)
		return false;
	auditing->options = options;
	auditing->table = table;
	auditing->report = report;
	good = begin(auditing, audit) && read_logs(auditing) && join_holds(auditing) &&
	       join_requests(auditing);
	if (good)
		tell_sums(auditing);
	archived_close(auditing->archived);
	sorter_free(auditing->claims);
	sorter_free(auditing->entries);
	free(auditing);
	return good;
}
