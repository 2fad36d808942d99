/*
 * What the log claims: of each hold that a line names, what was done to it; and of each line, what
 * the request was. Records of one size, to be sorted and compared with the rows.
 */
#ifndef STOK_CTL_CLAIM_H
#define STOK_CTL_CLAIM_H

#include <stdbool.h>
#include <stdint.h>

#include "ctl_line.h"
#include "ctl_log.h"
#include "must_check.h"

#define DIGEST_SHORT 16 /* of an order id: enough to tell two apart */

/* In the order in which they can follow one another within a millisecond. */
enum claim_kind {
	CLAIM_CREATE,
	CLAIM_REPLAY, /* an earlier request made it */
	CLAIM_EXTEND,
	CLAIM_MERGE,
	CLAIM_REPLACE,
	CLAIM_CANCEL,
	CLAIM_CONVERT,
};

/* That a request did something to a hold. */
struct claim {
	uint64_t hold;
	int64_t time_ms;
	uint64_t variant; /* 0: the line does not say */
	uint64_t user;	  /* 0: none */
	struct place place;
	uint32_t quantity;
	enum claim_kind kind;
	bool has_session;
	uint8_t request[REQUEST_BYTES];
	uint8_t session[REQUEST_BYTES]; /* the hash */
	uint8_t order[DIGEST_SHORT];	/* zeros: none */
};

/* By hold, then by time. */
int claim_compare(const void *a, const void *b);

/* The digest by which order ids are compared; "" has zeros. */
void claim_digest_order(const char *order, size_t length, uint8_t digest[DIGEST_SHORT]);

/*
 * Calls `take` for each claim of a line with an effect. NULL; or why the line cannot be what the
 * service has said, and then nothing was taken. False from `take` ends it.
 */
typedef bool claim_taker(void *context, const struct claim *claim);
const char *claims_of_line(const struct audit_line *line, struct place place, claim_taker *take,
	void *context) MUST_CHECK;

#endif
