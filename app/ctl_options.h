/* The command line of stokctl. */
#ifndef STOK_CTL_OPTIONS_H
#define STOK_CTL_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "ctl_request.h"
#include "must_check.h"

#define ARCHIVES_MAX 64

enum verb { VERB_HELP, VERB_VERSION, VERB_CHECK, VERB_AUDIT, VERB_SHOW, VERB_ARCHIVE };

/* Without --until. */
#define UNTIL_A_MINUTE_AGO INT64_MIN

struct options {
	enum verb verb;
	bool json;
	bool repair;
	bool yes;
	int64_t since_ms; /* 0: from the beginning */
	int64_t until_ms; /* INT64_MAX: all there is */
	int64_t before_ms;
	bool has_before;
	const char *to;
	uint64_t hold; /* show */
	uint32_t outage_count;
	struct outage outages[OUTAGES_MAX];
	uint32_t archive_count;
	char *archives[ARCHIVES_MAX];
	char *const *logs;
	uint32_t log_count;
};

extern const char options_usage[];

/*
 * Reads the command line; the arguments' order is changed. False: standard error says what is wrong
 * with it.
 */
bool options_read(struct options *options, int count, char **arguments) MUST_CHECK;

#endif
