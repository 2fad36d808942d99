/* stokctl show: one hold's life, from its row and the logs, as a person would tell it. */
#ifndef STOK_CTL_SHOW_H
#define STOK_CTL_SHOW_H

#include <stdbool.h>

#include "audit.h"
#include "ctl_options.h"
#include "ctl_report.h"
#include "ctl_table.h"
#include "must_check.h"

/* *known: the table or a log knows the hold. False: something cannot be read. */
bool show_run(const struct options *options, struct table *table, struct audit *audit,
	struct report *report, bool *known) MUST_CHECK;

#endif
