/*
 * Counters of the whole pool: every process has a slot in one shared file, and whoever is asked
 * adds all slots up. A process that starts anew goes on counting in the slot of a dead one, so
 * that totals never fall.
 */
#ifndef STOK_METRICS_H
#define STOK_METRICS_H

#include <stdint.h>

#include "outcome.h"
#include "text.h"

enum metric {
	METRIC_BATCHES,	 /* transactions that were committed */
	METRIC_COMMANDS, /* commands that were decided in them */
	METRIC_SWEPT,	 /* expired holds that were closed */
	METRIC_RETRIES,	 /* transactions tried again after a deadlock */
	METRIC_LOST,	 /* connections to the database lost */
	METRIC_UNKNOWN,	 /* connections lost in the middle of COMMIT */
	METRIC_COUNT,
};

struct metrics;

/* `path`: the shared file, made if missing; NULL: this process alone. NULL and errno: it failed. */
struct metrics *metrics_open(const char *path);
void metrics_close(struct metrics *metrics);

/* Any thread may call these. */
void metrics_add(struct metrics *metrics, enum metric metric, uint64_t number);
void metrics_count_answer(struct metrics *metrics, enum code code);

/* Writes all totals in Prometheus' text format. */
void metrics_write(const struct metrics *metrics, struct text *text);

#endif
