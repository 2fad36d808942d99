/*
 * A command is what a caller asks for, after every member was checked: typed, in range, free of
 * HTTP and JSON. Data only.
 */
#ifndef STOK_COMMAND_H
#define STOK_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "limits.h"

enum action {
	ACTION_NONE, /* no endpoint has that path */
	ACTION_RESERVE,
	ACTION_CANCEL,
	ACTION_CONVERT,
	ACTION_CLEANUP,
	ACTION_READY,
	ACTION_LIVE,
	ACTION_METRICS,
};

/* Who asks. */
enum caller {
	CALLER_PUBLIC,	   /* a browser: owns what its sessionId owns */
	CALLER_STOREFRONT, /* the shop: by its key, or by a way that nginx trusts */
	CALLER_CRON,	   /* may clean up, nothing else */
};

/* A line of a cart (reserve) or an id of a list (cancel, convert). */
struct command_line {
	uint64_t variant_id;	 /* reserve: of which product variant */
	uint64_t reservation_id; /* cancel, convert: which hold */
	uint32_t quantity;	 /* reserve: units, 1..QUANTITY_MAX */
};

struct command {
	enum action action;
	bool list;	     /* the caller wrote a list, and is answered with one */
	bool partial;	     /* convert: line by line instead of all or nothing */
	uint64_t user_id;    /* 0: none */
	int64_t ttl_ms;	     /* reserve: life of the hold */
	int64_t after_ms;    /* cleanup: the step before ended at a hold with this expiry */
	uint64_t after_id;   /* and this id; 0: there was none */
	uint32_t line_count; /* 1..LINES_MAX; cleanup and ready have none */
	char request_id[REQUEST_ID_LENGTH + 1]; /* nginx's own: identity in rows and audit */
	char session_id[SESSION_ID_MAX + 1];	/* "": not given */
	char order_id[ORDER_ID_MAX + 1];	/* "": not given */

	/* reserve: by which the rows it made are found again */
	bool keyed;   /* the caller sent a key: it may have been here before */
	bool recheck; /* COMMIT was sent, and no answer came: it may have been here before */
	uint8_t idempotency_key[DIGEST_LENGTH];
	uint8_t idempotency_body[DIGEST_LENGTH]; /* zeros: no key was sent */

	struct command_line lines[LINES_MAX];
};

#endif
