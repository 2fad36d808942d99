#include "ctl_show.h"

#include <stdio.h>
#include <string.h>

#include "ctl_claim.h"
#include "ctl_line.h"
#include "ctl_log.h"
#include "messages.h"
#include "number.h"
#include "text.h"

#define WORDS_MAX 512

struct showing {
	const struct options *options;
	struct report *report;
	bool has_row;
	bool has_line;
	struct hold row;
	uint8_t maker[REQUEST_BYTES];
	uint8_t ender[REQUEST_BYTES];
};

struct moment {
	char words[32];
};

static struct moment moment_of(int64_t ms)
{
	struct moment moment;
	struct text text;

	text_init(&text, moment.words, sizeof(moment.words));
	text_add_time(&text, ms);
	return moment;
}

/* the row */

static void tell_who(struct showing *showing, struct audit *audit)
{
	const struct hold *row = &showing->row;
	uint8_t hash[SESSION_HASH_BYTES];
	char memory[WORDS_MAX];
	struct text text;

	audit_session(audit, row->session_id, hash);
	text_init(&text, memory, sizeof(memory));
	text_add_hex(&text, hash, sizeof(hash));
	if (row->user_id != 0) {
		text_add(&text, ", user ");
		text_add_u64(&text, row->user_id);
	}
	report_note(showing->report,
		"Hold %llu: %u of variant %llu, for the session that the log "
		"knows as %s.",
		(unsigned long long)row->id, (unsigned int)row->quantity,
		(unsigned long long)row->variant_id, text.bytes);
}

static void tell_making(struct showing *showing)
{
	const struct hold *row = &showing->row;

	report_note(showing->report, "It was made at %s, to end at %s; %s%s.",
		moment_of(row->created_at_ms).words, moment_of(row->expires_at_ms).words,
		row->created_request_id[0] != '\0' ? "by request "
						   : "by an INSERT of the shop's own",
		row->created_request_id);
}

static const char *end_of(const struct hold *row)
{
	if (row->status == HOLD_COMPLETED)
		return row->closed_at_ms < row->expires_at_ms
			       ? "It was converted into an order"
			       : "It was converted after its time, for the units were still there";
	switch (row->reason) {
	case REASON_CUSTOMER:
		return "The shopper cancelled it";
	case REASON_REPLACED:
		return "Another hold of the shopper took its place";
	case REASON_EXPIRED:
		return "Its time ran out, and it was swept";
	case REASON_OPERATOR:
		return "An operator ended it";
	case REASON_NONE:
		break;
	}
	return "It was cancelled, and nobody said why";
}

static void tell_end(struct showing *showing)
{
	const struct hold *row = &showing->row;
	char order[ORDER_ID_MAX + 16] = "", request[REQUEST_ID_LENGTH + 16] = "";

	if (row->order_id[0] != '\0')
		snprintf(order, sizeof(order), ", order %s", row->order_id);
	if (row->closed_request_id[0] != '\0')
		snprintf(request, sizeof(request), ", by request %s", row->closed_request_id);
	report_note(showing->report, "%s%s, at %s%s.", end_of(row), order,
		row->closed_at_ms != 0 ? moment_of(row->closed_at_ms).words : "an unknown time",
		request);
}

static void tell_row(struct showing *showing, struct audit *audit, int64_t now_ms)
{
	if (!showing->has_row) {
		report_note(showing->report, "There is no hold %llu in the table.",
			(unsigned long long)showing->options->hold);
		return;
	}
	tell_who(showing, audit);
	tell_making(showing);
	if (showing->row.status != HOLD_ACTIVE)
		tell_end(showing);
	else if (hold_is_live(&showing->row, now_ms))
		report_note(showing->report, "It is live, for another %lld s.",
			(long long)((showing->row.expires_at_ms - now_ms) / 1000));
	else
		report_note(showing->report, "Its time has run out; nobody has swept it yet.");
}

/* the logs */

static bool names(const struct slice *list, uint64_t hold)
{
	struct slice rest = *list, word;
	uint64_t id;

	while (slice_next_word(&rest, &word)) {
		if (number_read(word.bytes, word.length, &id) && id == hold)
			return true;
	}
	return false;
}

static bool is_request_of(const struct showing *showing, const struct audit_line *line,
	const char *column, const uint8_t *request)
{
	return showing->has_row && column[0] != '\0' &&
	       memcmp(line->request, request, REQUEST_BYTES) == 0;
}

/* What the line has to do with the hold; NULL: nothing. */
static const char *part_of(const struct showing *showing, const struct audit_line *line)
{
	bool done = line_effect(line) == EFFECT_DONE;

	if (names(&line->replaced, showing->options->hold))
		return "replaced it";
	if (names(&line->holds, showing->options->hold)) {
		if (!done)
			return "asked for it in vain";
		if (line->action == LOGGED_RESERVE)
			return line->replay ? "was told of it again" : "made it";
		return "changed it";
	}
	if (is_request_of(showing, line, showing->row.created_request_id, showing->maker))
		return "made it, says the row";
	if (is_request_of(showing, line, showing->row.closed_request_id, showing->ender))
		return "ended it, says the row";
	return NULL;
}

static void tell_line(struct showing *showing, const struct audit_line *line, const char *part,
	struct place place)
{
	char action[32], outcome[64], caller[32], address[64];

	slice_unescape(&line->action_name, action, sizeof(action));
	slice_unescape(&line->outcome, outcome, sizeof(outcome));
	slice_unescape(&line->caller, caller, sizeof(caller));
	slice_unescape(&line->address, address, sizeof(address));
	report_note(showing->report, "%s  %s (%s, %s) %s: %u %s; request %.*s, %s:%u",
		moment_of(line->time_ms).words, action, caller, address, part,
		(unsigned int)line->status, outcome, (int)line->request_id.length,
		line->request_id.bytes, showing->options->logs[place.file],
		(unsigned int)place.line);
	showing->has_line = true;
}

static bool tell_lines(struct showing *showing, struct log_reader *reader)
{
	struct audit_line line;
	const char *text, *part;
	size_t length;

	while ((text = log_reader_next(reader, &length)) != NULL) {
		if (line_read(text, length, &line) != NULL)
			continue; /* an audit tells of these */
		part = part_of(showing, &line);
		if (part != NULL)
			tell_line(showing, &line, part, log_reader_place(reader));
	}
	if (log_reader_failure(reader) == NULL)
		return true;
	fprintf(stderr, "stokctl: %s\n", log_reader_failure(reader));
	return false;
}

static void read_requests(struct showing *showing)
{
	struct slice maker = {
		showing->row.created_request_id, strlen(showing->row.created_request_id)};
	struct slice ender = {
		showing->row.closed_request_id, strlen(showing->row.closed_request_id)};

	/* What is no request id matches no line. */
	slice_read_hex(&maker, showing->maker, REQUEST_BYTES);
	slice_read_hex(&ender, showing->ender, REQUEST_BYTES);
}

bool show_run(const struct options *options, struct table *table, struct audit *audit,
	struct report *report, bool *known)
{
	struct showing showing = {.options = options, .report = report};
	struct log_reader *reader;
	int64_t now_ms;
	bool good;

	if (!table_now(table, &now_ms) ||
		!table_hold(table, options->hold, &showing.row, &showing.has_row))
		return false;
	read_requests(&showing);
	tell_row(&showing, audit, now_ms);
	reader = log_reader_new(options->logs, options->log_count);
	good = reader != NULL && tell_lines(&showing, reader);
	log_reader_free(reader);
	*known = showing.has_row || showing.has_line;
	return good;
}
