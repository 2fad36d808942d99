/* stokctl audit: the logs and the table of holds, joined both ways. */
#ifndef STOK_CTL_AUDIT_H
#define STOK_CTL_AUDIT_H

#include <stdbool.h>

#include "audit.h"
#include "ctl_options.h"
#include "ctl_report.h"
#include "ctl_table.h"
#include "must_check.h"

/* True: all was read; what differs is told by the report. Else standard error says why not. */
bool audit_run(const struct options *options, struct table *table, struct audit *audit,
	struct report *report) MUST_CHECK;

#endif
