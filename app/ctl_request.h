/*
 * The join by request id: every line of the log, and what rows say of requests that no claim of
 * the log has vouched for. Records of one size, to be sorted.
 */
#ifndef STOK_CTL_REQUEST_H
#define STOK_CTL_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "ctl_finding.h"
#include "ctl_line.h"
#include "ctl_log.h"

enum entry_kind {
	ENTRY_LINE,	 /* a line has this request id */
	ENTRY_CREATED,	 /* a row says that this request made it, and no line's list does */
	ENTRY_CANCELLED, /* the same of its end */
	ENTRY_REPLACED,
	ENTRY_COMPLETED,
	ENTRY_OTHER, /* an end that no request brings about */
	ENTRY_SWEPT, /* a row says that this request swept it; lines only count these */
};

struct entry {
	uint8_t request[REQUEST_BYTES];
	uint64_t hold;	    /* of rows */
	int64_t time_ms;    /* the line's; or the row's, of the deed */
	struct place place; /* the line's; or of one that proves that the client had an answer */
	uint32_t swept;	    /* of lines */
	uint8_t kind;	    /* enum entry_kind */
	uint8_t effect;	    /* of lines: enum effect */
	uint8_t action;	    /* of lines: enum logged_action */
	bool judged;	    /* it is within the time that is looked at */
};

/* By request, then by kind. */
int entry_compare(const void *a, const void *b);

/* A time in which lines may have been lost, as the operator knows. */
struct outage {
	int64_t from_ms;
	int64_t to_ms;
};

#define OUTAGES_MAX    64
#define REQUEST_MS_MAX 30000 /* a request is under way for so long at most */

/*
 * Once a request is answered, its line is written within this time: at once, or when the client
 * closes its connection, which nginx waits for 5 s (lingering_timeout).
 */
#define ANSWERED_MS_MAX 10000

/* What the join has come to. */
struct request_join {
	/* set by the caller */
	const struct outage *outages;
	uint32_t outage_count;
	uint64_t revived; /* rows that may have been swept before they were sold late */
	finding_taker *report;
	void *context;

	/* what is explained */
	uint64_t doubtful; /* rows whose line says that nginx or the service had given up */
	uint64_t lost;	   /* deeds without a line, in an outage */
	uint64_t swept;	   /* rows that their lines have counted */

	/* of the request at hand */
	struct entry line; /* the first; place.line 0: there is none */
	struct entry first_swept;
	uint32_t line_count;
	uint64_t swept_count;
	bool swept_judged;
};

/* All entries, in their order; then the end. */
void request_take(struct request_join *join, const struct entry *entry);
void request_end(struct request_join *join);

#endif
