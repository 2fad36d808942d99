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
	ACTION_EXTEND,
	ACTION_MERGE,
	ACTION_CLEANUP,
	ACTION_AVAILABILITY,
	ACTION_LIST,
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

/* A line of a cart (reserve) or an id of a list (cancel, convert, ...). 0: not given. */
struct command_line {
	uint64_t variant_id;	 /* reserve, availability: of which product variant */
	uint64_t reservation_id; /* which hold; reserve: the one that the new one replaces */
	uint32_t quantity;	 /* reserve: units, 1..QUANTITY_MAX */
};

/* The operator's limits, as far as they bind the caller. 0: none. */
struct limits {
	int64_t quantity; /* units of a hold */
	int64_t holds;	  /* live holds of a session */
	int64_t units;	  /* units in them */
};

struct command {
	enum action action;
	bool list;	      /* the caller wrote a list, and is answered with one */
	bool partial;	      /* convert: line by line instead of all or nothing */
	bool whole_session;   /* extend, merge: the store fills in the session's live holds */
	bool more;	      /* of these there are more than LINES_MAX */
	uint64_t user_id;     /* 0: none */
	int64_t ttl_ms;	      /* reserve, extend: life of the hold, from now on */
	int64_t after_ms;     /* cleanup: the step before ended at a hold with this expiry */
	uint64_t after_id;    /* and this id; list: begin behind this id; 0: there was none */
	uint32_t line_count;  /* 1..LINES_MAX; cleanup, ready and list have none */
	struct limits limits; /* reserve */
	char request_id[REQUEST_ID_LENGTH + 1];	  /* nginx's own: identity in rows and audit */
	char session_id[SESSION_ID_MAX + 1];	  /* "": not given */
	char from_session_id[SESSION_ID_MAX + 1]; /* merge: whose holds are given to session_id */
	char order_id[ORDER_ID_MAX + 1];	  /* "": not given */

	/* reserve: by which the rows it made are found again */
	bool keyed;   /* the caller sent a key: it may have been here before */
	bool recheck; /* COMMIT was sent, and no answer came: it may have been here before */
	uint8_t idempotency_key[DIGEST_LENGTH];
	uint8_t idempotency_body[DIGEST_LENGTH]; /* zeros: no key was sent */

	struct command_line lines[LINES_MAX];
};

/* How many rows of each kind it may name, for the bounds of a batch. */
static inline uint32_t command_weight(const struct command *command)
{
	return command->whole_session ? LINES_MAX : command->line_count;
}

/* Limits bind its caller: what the session holds must be known to decide it. */
static inline bool command_is_limited(const struct command *command)
{
	return command->limits.holds > 0 || command->limits.units > 0;
}

#endif
