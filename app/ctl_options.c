#include "ctl_options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "ctl_time.h"
#include "limits.h"
#include "number.h"

const char options_usage[] =
	"Usage: stokctl check [--repair [--yes]]\n"
	"       stokctl audit LOG... [--since T] [--until T] [--outage T[/T]]... "
	"[--archive FILE]...\n"
	"       stokctl show ID [LOG...]\n"
	"       stokctl archive --before T --to FILE\n"
	"\n"
	"The operator's and auditor's program of stok.\n"
	"\n"
	"  check    look for what must not be in the tables; --repair mends what follows from "
	"them,\n"
	"           each change shown and asked for first; --yes does not ask\n"
	"  audit    compare nginx's audit logs, plain or .gz, with the table of holds\n"
	"  show     tell the life of one hold\n"
	"  archive  move holds that were closed before T into a CSV file\n"
	"\n"
	"  --json       JSON, one object a line\n"
	"  --since T    judge only what happened from T on\n"
	"  --until T    judge only what happened before T; without it, up to a minute ago; `now`\n"
	"               judges all: right where no request is under way\n"
	"  --outage T   nginx or its host stopped at T without being asked to: requests of the 30 "
	"s\n"
	"               before it may lack their lines. T/T: so may all in this time\n"
	"  --archive F  rows that stokctl archive has moved into this file are known, too\n"
	"  --help, --version\n"
	"\n"
	"T is a time as 2026-11-22 or 2026-11-22T16:00:00Z; without an offset it is UTC.\n"
	"Settings: STOK_DB_OPTIONS, and for audit and show STOK_AUDIT_KEY_FILE; see stokctl(8).\n"
	"Ends with 0: all agrees; 1: there are differences; 2: it was called wrongly; 3: the "
	"database\n"
	"or a file cannot be read or written.\n";

enum option_index {
	OPTION_HELP,
	OPTION_VERSION,
	OPTION_JSON,
	OPTION_REPAIR,
	OPTION_YES,
	OPTION_SINCE,
	OPTION_UNTIL,
	OPTION_OUTAGE,
	OPTION_ARCHIVE,
	OPTION_BEFORE,
	OPTION_TO,
	OPTIONS
};

static const struct option long_options[] = {
	[OPTION_HELP] = {"help", no_argument, NULL, OPTION_HELP},
	[OPTION_VERSION] = {"version", no_argument, NULL, OPTION_VERSION},
	[OPTION_JSON] = {"json", no_argument, NULL, OPTION_JSON},
	[OPTION_REPAIR] = {"repair", no_argument, NULL, OPTION_REPAIR},
	[OPTION_YES] = {"yes", no_argument, NULL, OPTION_YES},
	[OPTION_SINCE] = {"since", required_argument, NULL, OPTION_SINCE},
	[OPTION_UNTIL] = {"until", required_argument, NULL, OPTION_UNTIL},
	[OPTION_OUTAGE] = {"outage", required_argument, NULL, OPTION_OUTAGE},
	[OPTION_ARCHIVE] = {"archive", required_argument, NULL, OPTION_ARCHIVE},
	[OPTION_BEFORE] = {"before", required_argument, NULL, OPTION_BEFORE},
	[OPTION_TO] = {"to", required_argument, NULL, OPTION_TO},
	[OPTIONS] = {NULL, 0, NULL, 0},
};

#define BIT(option) (1U << (option))
#define ALWAYS	    (BIT(OPTION_HELP) | BIT(OPTION_VERSION) | BIT(OPTION_JSON))

/* Which options a verb takes. */
static const struct {
	const char *name;
	enum verb verb;
	uint32_t options;
} verbs[] = {
	{"check", VERB_CHECK, ALWAYS | BIT(OPTION_REPAIR) | BIT(OPTION_YES)},
	{"audit", VERB_AUDIT,
		ALWAYS | BIT(OPTION_SINCE) | BIT(OPTION_UNTIL) | BIT(OPTION_OUTAGE) |
			BIT(OPTION_ARCHIVE)},
	{"show", VERB_SHOW, ALWAYS},
	{"archive", VERB_ARCHIVE, ALWAYS | BIT(OPTION_BEFORE) | BIT(OPTION_TO)},
};
#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

static bool complain(const char *what, const char *which)
{
	fprintf(stderr, "stokctl: %s%s; --help lists what there is\n", what, which);
	return false;
}

static bool read_time(const char *option, const char *text, size_t length, int64_t *ms)
{
	if (time_read(text, length, ms))
		return true;
	fprintf(stderr, "stokctl: --%s %s: want a time as 2026-11-22T16:00:00Z\n", option, text);
	return false;
}

static bool read_until(struct options *options, const char *text)
{
	if (strcmp(text, "now") == 0) {
		options->until_ms = INT64_MAX;
		return true;
	}
	return read_time("until", text, strlen(text), &options->until_ms);
}

/* T, or T/T. */
static bool add_outage(struct options *options, const char *text)
{
	size_t first = strcspn(text, "/");
	struct outage outage;

	if (options->outage_count == OUTAGES_MAX)
		return complain("too many outages: ", text);
	if (!read_time("outage", text, first, &outage.from_ms))
		return false;
	outage.to_ms = outage.from_ms;
	if (text[first] == '/' &&
		!read_time("outage", text + first + 1, strlen(text + first + 1), &outage.to_ms))
		return false;
	if (outage.to_ms < outage.from_ms)
		return complain("an outage ends before it begins: ", text);
	options->outages[options->outage_count++] = outage;
	return true;
}

static bool add_archive(struct options *options, char *path)
{
	if (options->archive_count == ARCHIVES_MAX)
		return complain("too many archives: ", path);
	options->archives[options->archive_count++] = path;
	return true;
}

static bool take_option(struct options *options, enum option_index option, char *value)
{
	switch (option) {
	case OPTION_HELP:
		options->verb = VERB_HELP;
		return true;
	case OPTION_VERSION:
		options->verb = VERB_VERSION;
		return true;
	case OPTION_JSON:
		options->json = true;
		return true;
	case OPTION_REPAIR:
		options->repair = true;
		return true;
	case OPTION_YES:
		options->yes = true;
		return true;
	case OPTION_SINCE:
		return read_time("since", value, strlen(value), &options->since_ms);
	case OPTION_UNTIL:
		return read_until(options, value);
	case OPTION_OUTAGE:
		return add_outage(options, value);
	case OPTION_ARCHIVE:
		return add_archive(options, value);
	case OPTION_BEFORE:
		options->has_before = true;
		return read_time("before", value, strlen(value), &options->before_ms);
	case OPTION_TO:
		options->to = value;
		return true;
	case OPTIONS:
		break;
	}
	return false;
}

static bool find_verb(struct options *options, const char *name, uint32_t given)
{
	for (size_t i = 0; i < VERBS; i++) {
		if (strcmp(name, verbs[i].name) != 0)
			continue;
		options->verb = verbs[i].verb;
		for (int option = 0; option < OPTIONS; option++) {
			if (given & ~verbs[i].options & BIT(option)) {
				fprintf(stderr, "stokctl: %s takes no --%s\n", name,
					long_options[option].name);
				return false;
			}
		}
		return true;
	}
	return complain("there is no verb ", name);
}

/* Nothing would be judged, and all would agree. */
static bool has_window(const struct options *options)
{
	return options->until_ms == UNTIL_A_MINUTE_AGO || options->since_ms < options->until_ms ||
	       complain("--since is not before --until", "");
}

static bool take_arguments(struct options *options, int count, char **arguments)
{
	options->logs = arguments;
	options->log_count = (uint32_t)count;
	switch (options->verb) {
	case VERB_CHECK:
		if (options->yes && !options->repair)
			return complain("--yes is nothing without --repair", "");
		return count == 0 || complain("check takes no ", arguments[0]);
	case VERB_AUDIT:
		return has_window(options) &&
		       (count > 0 || complain("audit wants the names of log files", ""));
	case VERB_SHOW:
		if (count == 0 ||
			!number_read(arguments[0], strlen(arguments[0]), &options->hold) ||
			options->hold < 1 || options->hold > ID_MAX)
			return complain("show wants a reservationId", "");
		options->logs++;
		options->log_count--;
		return true;
	case VERB_ARCHIVE:
		if (!options->has_before || options->to == NULL)
			return complain("archive wants --before and --to", "");
		return count == 0 || complain("archive takes no ", arguments[0]);
	case VERB_HELP:
	case VERB_VERSION:
		break;
	}
	return true;
}

bool options_read(struct options *options, int count, char **arguments)
{
	uint32_t given = 0;
	int option;

	memset(options, 0, sizeof(*options));
	options->until_ms = UNTIL_A_MINUTE_AGO;
	options->verb = VERB_CHECK; /* until one is named */
	while ((option = getopt_long(count, arguments, "", long_options, NULL)) != -1) {
		/* getopt has said which it does not know. */
		if (option < 0 || option >= OPTIONS)
			return false;
		given |= BIT(option);
		if (!take_option(options, (enum option_index)option, optarg))
			return false;
	}
	if (options->verb != VERB_CHECK)
		return true;
	if (optind == count)
		return complain("want a verb: check, audit, show or archive", "");
	return find_verb(options, arguments[optind], given) &&
	       take_arguments(options, count - optind - 1, arguments + optind + 1);
}
