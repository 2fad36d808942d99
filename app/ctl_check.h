/* stokctl check: the invariants of both tables, and their repair. */
#ifndef STOK_CTL_CHECK_H
#define STOK_CTL_CHECK_H

#include <stdbool.h>

#include "ctl_repair.h"

/* True: both tables were read to their ends; what is wrong is told by the report. */
bool check_run(struct repair *repair) MUST_CHECK;

#endif
