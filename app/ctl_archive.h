/*
 * stokctl archive: closed holds out of the table, into a file. A portion is written and synced,
 * read back and compared, and only then deleted, while its rows are locked. Whenever it is killed,
 * the next run with the same file goes on: what stands at the end of the file and in the table,
 * too, is taken off the file first.
 */
#ifndef STOK_CTL_ARCHIVE_H
#define STOK_CTL_ARCHIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "ctl_report.h"
#include "ctl_table.h"
#include "must_check.h"

/* True: all that was closed before that time is in the file, but for what the report names. */
bool archive_run(
	struct table *table, struct report *report, const char *path, int64_t before_ms) MUST_CHECK;

#endif
