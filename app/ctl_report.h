/* What stokctl prints: findings as they come, and sums at the end; for people, or as JSON lines. */
#ifndef STOK_CTL_REPORT_H
#define STOK_CTL_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "ctl_finding.h"
#include "ctl_progress.h"

struct report {
	FILE *out;
	bool json;
	char *const *paths; /* of the logs, for places */
	struct progress *progress;
	uint64_t findings;
	uint64_t kinds[FINDING_KINDS];
};

/* A finding_taker; its context is the report. */
void report_finding(void *context, const struct finding *finding);

/* A line that is no finding: what was done, or is to be done. As JSON {"note":...}. */
void report_note(struct report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* One of the sums at the end. `name` is its member in JSON, `words` follow the number in text. */
struct sum {
	const char *name;
	const char *words;
	uint64_t number;
};

/* The end: the sums, how many findings of which kind there were, and the verdict. */
void report_sums(struct report *report, const struct sum *sums, uint32_t count);

#endif
