/* A finding: where the books differ, in one sentence and with what it is about. */
#ifndef STOK_CTL_FINDING_H
#define STOK_CTL_FINDING_H

#include <stdint.h>

#include "ctl_log.h"

enum finding_kind {
	/* the log and the rows */
	FINDING_LINE_UNREADABLE,
	FINDING_LINE_TWICE,
	FINDING_LINE_MISSING,
	FINDING_LINE_REMOVED,
	FINDING_LINE_CONTRADICTS,
	FINDING_ROW_MISSING,
	FINDING_ROW_TWICE,
	FINDING_ROW_UNCLEAR,
	FINDING_VARIANT_DIFFERS,
	FINDING_QUANTITY_DIFFERS,
	FINDING_SESSION_DIFFERS,
	FINDING_USER_DIFFERS,
	FINDING_ORDER_DIFFERS,
	FINDING_MAKER_DIFFERS,
	FINDING_END_DIFFERS,
	FINDING_SWEPT_DIFFERS,
	/* the tables by themselves */
	FINDING_RESERVED_WRONG,
	FINDING_RESERVED_ABOVE_STOCK,
	FINDING_NO_VARIANT,
	FINDING_STATUS_INVALID,
	FINDING_QUANTITY_INVALID,
	FINDING_SESSION_INVALID,
	FINDING_KEYS_INCOMPLETE,
	FINDING_MARKS_OF_AN_END,
	FINDING_END_INCOMPLETE,
	FINDING_TIME_WRONG,
	FINDING_TOO_OLD,
	FINDING_NOT_ARCHIVED,
	FINDING_KINDS
};

#define FINDING_WORDS 512

struct finding {
	enum finding_kind kind;
	uint64_t hold;	    /* 0: none */
	uint64_t variant;   /* 0: none */
	struct place place; /* line 0: none */
	char words[FINDING_WORDS];
};

typedef void finding_taker(void *context, const struct finding *finding);

/* Its name in JSON and in the manual page. */
const char *finding_name(enum finding_kind kind);

void finding_say(struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
