/* stokctl: the operator's program. It checks, audits, tells and archives what stokd has written. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "audit.h"
#include "config.h"
#include "connection.h"
#include "ctl_archive.h"
#include "ctl_audit.h"
#include "ctl_check.h"
#include "ctl_options.h"
#include "ctl_progress.h"
#include "ctl_report.h"
#include "ctl_show.h"
#include "ctl_table.h"

enum { EXIT_AGREE, EXIT_DIFFERENCES, EXIT_USAGE, EXIT_ENVIRONMENT };

/* Holds that are younger are still asked for, and their keys remembered. */
#define ARCHIVE_AGE_MS (24 * 60 * 60 * INT64_C(1000))

static bool load_config(const struct options *options, struct config *config)
{
	static char memory[64 * 1024];
	bool with_key = options->verb == VERB_AUDIT || options->verb == VERB_SHOW;
	struct text problems;

	text_init(&problems, memory, sizeof(memory));
	if (config_load_operator(config, with_key, &problems))
		return true;
	fputs(problems.bytes, stderr);
	return false;
}

static int verdict(const struct report *report, bool good)
{
	if (!good)
		return EXIT_ENVIRONMENT;
	return report->findings == 0 ? EXIT_AGREE : EXIT_DIFFERENCES;
}

static int check(const struct options *options, struct table *table, struct report *report)
{
	struct repair repair = {.table = table, .report = report};

	repair.on = options->repair;
	repair.yes = options->yes;
	return verdict(report, check_run(&repair));
}

static int show(const struct options *options, struct table *table, struct audit *audit,
	struct report *report)
{
	bool known = false;

	if (!show_run(options, table, audit, report, &known))
		return EXIT_ENVIRONMENT;
	return known ? EXIT_AGREE : EXIT_DIFFERENCES;
}

static int archive(const struct options *options, struct table *table, struct report *report)
{
	int64_t now_ms;

	if (!table_now(table, &now_ms))
		return EXIT_ENVIRONMENT;
	if (options->before_ms > now_ms - ARCHIVE_AGE_MS) {
		fputs("stokctl: --before: want a time that was at least a day ago\n", stderr);
		return EXIT_USAGE;
	}
	return verdict(report, archive_run(table, report, options->to, options->before_ms));
}

static int run(const struct options *options, const struct config *config, struct table *table,
	struct report *report)
{
	struct audit audit;

	if (!table_open(table, config->database_options))
		return EXIT_ENVIRONMENT;
	audit_init(&audit, config->audit_key, config->audit_key_length);
	switch (options->verb) {
	case VERB_CHECK:
		return check(options, table, report);
	case VERB_AUDIT:
		return verdict(report, audit_run(options, table, &audit, report));
	case VERB_SHOW:
		return show(options, table, &audit, report);
	case VERB_ARCHIVE:
		return archive(options, table, report);
	case VERB_HELP:
	case VERB_VERSION:
		break;
	}
	return EXIT_USAGE;
}

/* What was printed may have gone to a full disk. */
static int end_output(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	perror("stokctl: standard output");
	return EXIT_ENVIRONMENT;
}

static bool is_usable(const struct options *options)
{
	if (!options->repair || options->yes || isatty(STDIN_FILENO) == 1)
		return true;
	fputs("stokctl: --repair asks on the terminal, and there is none; --yes does not ask\n",
		stderr);
	return false;
}

static int obey(const struct options *options)
{
	static struct config config;
	struct progress progress;
	struct report report = {.out = stdout, .json = options->json, .paths = options->logs};
	struct table table = {0};
	int status;

	if (!is_usable(options))
		return EXIT_USAGE;
	if (!load_config(options, &config) || !connection_library_begin())
		return EXIT_ENVIRONMENT;
	progress_init(&progress);
	report.progress = &progress;
	status = run(options, &config, &table, &report);
	progress_hide(&progress);
	table_close(&table);
	connection_library_end();
	return end_output(status);
}

int main(int count, char **arguments)
{
	static struct options options;

	if (!options_read(&options, count, arguments))
		return EXIT_USAGE;
	if (options.verb == VERB_HELP) {
		fputs(options_usage, stdout);
		return end_output(EXIT_AGREE);
	}
	if (options.verb == VERB_VERSION) {
		puts(PACKAGE_STRING);
		return end_output(EXIT_AGREE);
	}
	return obey(&options);
}
