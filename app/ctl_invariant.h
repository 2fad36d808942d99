/* What must be true of a hold's row by itself (DESIGN.md, 2), and what can be mended. Pure. */
#ifndef STOK_CTL_INVARIANT_H
#define STOK_CTL_INVARIANT_H

#include <stdbool.h>
#include <stdint.h>

#include "ctl_finding.h"
#include "stock.h"

/* Reports what is wrong with a row at this time of the database, and returns how much that is. */
uint32_t invariant_judge(
	const struct hold *hold, int64_t now_ms, finding_taker *report, void *context);

/* A change that follows from the row itself. Whatever wants a guess is left to people. */
enum fix_kind {
	FIX_NONE,
	FIX_EXPIRY,    /* it lives longer than any hold may: expiresAt becomes its cap */
	FIX_CLOSED_AT, /* it has no closedAt: it was free at expiresAt, or is now */
	FIX_OPERATOR,  /* cancelled without a reason: by whom but an operator? And closedAt as above
			*/
};

struct fix {
	enum fix_kind kind;
	int64_t time_ms; /* the new expiresAt or closedAt */
};

struct fix invariant_fix(const struct hold *hold, int64_t now_ms);

/* Two fixes are the same change, but for the time now. */
bool fix_is_same(const struct fix *a, const struct fix *b);

#endif
