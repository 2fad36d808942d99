/*
 * The stock of one transaction: the variants and holds that its commands touch, as they were read
 * under their locks, and as the decisions leave them. No row is written here; `store` saves what
 * differs. One thread owns it.
 */
#ifndef STOK_STOCK_H
#define STOK_STOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "limits.h"

#define STOCK_NONE UINT32_MAX

enum hold_status { HOLD_ACTIVE, HOLD_COMPLETED, HOLD_CANCELLED };

enum cancel_reason {
	REASON_NONE,
	REASON_CUSTOMER,
	REASON_REPLACED,
	REASON_EXPIRED,
	REASON_OPERATOR
};

struct variant {
	uint64_t id;
	int64_t stock;	  /* units on hand; may be below reserved, if an operator lowered it */
	int64_t reserved; /* units in ACTIVE holds, expired ones included until they are swept */

	/* as read from the database */
	int64_t stock_read;
	int64_t reserved_read;

	/* expired holds of it that were read: head of a list through hold.next_expired */
	uint32_t expired;
	bool expired_left; /* the database has more of them than were read */

	/* the command being decided keeps its sums here */
	int64_t need;	       /* reserve: units over the whole request; convert: in late lines */
	int64_t credit;	       /* reserve: units of live holds that the request replaces */
	bool weighed;	       /* reserve: the need was compared with what is available */
	int64_t plan_stock;    /* convert: units that good lines take off stock */
	int64_t plan_reserved; /* convert: units that good lines take off reserved */
};

/* What a session holds, for the limits: its live holds and the units in them. */
struct session {
	char id[SESSION_ID_MAX + 1];
	int64_t holds;
	int64_t units;
};

/* How a hold differs from its row. */
enum hold_change {
	CHANGE_CLOSED = 1,   /* status, and what goes with it */
	CHANGE_EXTENDED = 2, /* expiry */
	CHANGE_MOVED = 4,    /* session and user */
	CHANGE_MADE = 8,     /* all: there is no row yet */
};

/* A reservation row. Times are milliseconds since the epoch, 0 for NULL; ids 0 for NULL. */
struct hold {
	uint64_t id; /* 0: new, not saved yet */
	uint64_t variant_id;
	uint64_t user_id;
	uint32_t quantity;
	enum hold_status status;
	enum cancel_reason reason;
	int64_t created_at_ms;
	int64_t expires_at_ms;
	int64_t closed_at_ms;
	char session_id[SESSION_ID_MAX + 1];
	char order_id[ORDER_ID_MAX + 1];
	char created_request_id[REQUEST_ID_LENGTH + 1];
	char closed_request_id[REQUEST_ID_LENGTH + 1];
	uint32_t idempotency_line;		 /* its place in the request that made it */
	uint8_t idempotency_key[DIGEST_LENGTH];	 /* zeros: it was not made by the service */
	uint8_t idempotency_body[DIGEST_LENGTH]; /* zeros: it was made without a key */

	unsigned int changed;	 /* differs from the row: enum hold_change, or-ed */
	uint32_t next_expired;	 /* STOCK_NONE: the last one */
	struct session *session; /* that counts it while it is live; NULL: none does */
};

struct stock {
	uint32_t variant_count;
	uint32_t hold_count;
	uint32_t named_count; /* holds[0..named_count) were read by id and ascend */
	uint32_t session_count;
	bool cleanup_left; /* the database has more expired holds than were read for a cleanup */
	struct session sessions[BATCH_MAX];
	struct variant variants[STOCK_VARIANTS_MAX]; /* ascending ids */
	struct hold holds[STOCK_HOLDS_MAX];
};

/* Forgets all rows. */
void stock_reset(struct stock *stock);

/* Adds a row as read. Ids must ascend. */
void stock_add_variant(struct stock *stock, uint64_t id, int64_t on_hand, int64_t reserved);

/*
 * Adds a row as read, and returns its place to be filled. stock_add_named: the row was asked for
 * by its id; ids must ascend, and all named rows come before any other.
 */
struct hold *stock_add_named(struct stock *stock, uint64_t id);
struct hold *stock_add_hold(struct stock *stock);

/* Puts a hold that has expired on the list of its variant, which must be there. */
void stock_note_expired(struct stock *stock, struct hold *hold);

/*
 * From now on the live holds of this session are counted, beginning with these, which are as read:
 * all holds of the stock that the session has are among them. Each session once.
 */
void stock_add_session(struct stock *stock, const char *id, int64_t holds, int64_t units);

/* Finds a row, or what a session holds. NULL: unknown. */
struct variant *stock_variant(struct stock *stock, uint64_t id);
struct hold *stock_hold(struct stock *stock, uint64_t id);
struct session *stock_session(struct stock *stock, const char *id);

/* Finds the hold that a request with this key made for its line. NULL: there was none. */
struct hold *stock_keyed_hold(struct stock *stock, const uint8_t key[DIGEST_LENGTH], uint32_t line);

/* Units that can be held now; below 0 if an operator lowered the stock under what is held. */
int64_t variant_available(const struct variant *variant);

/* Live: ACTIVE and not expired. At its very instant a hold is expired. */
bool hold_is_live(const struct hold *hold, int64_t now_ms);

/* Expired: ended by its time, whether it has been swept or not. */
bool hold_is_expired(const struct hold *hold, int64_t now_ms);

/* The changes of state. Each asserts that the rules allow it. */
void hold_cancel(struct hold *hold, struct variant *variant, enum cancel_reason reason,
	int64_t now_ms, const char *request_id);
void hold_complete(struct hold *hold, struct variant *variant, const char *order_id, int64_t now_ms,
	const char *request_id);

void hold_extend(struct hold *hold, int64_t expires_at_ms);

/* A live hold becomes another session's, or another user's. */
void stock_move(struct stock *stock, struct hold *hold, const char *session_id, uint64_t user_id);

/* A new hold is live from now on: its units are reserved, and its session counts it. */
void stock_place(struct stock *stock, struct hold *hold, struct variant *variant);

/* Sweeps the expired holds of a variant that were read, and returns how many. */
uint32_t stock_sweep(
	struct stock *stock, struct variant *variant, int64_t now_ms, const char *request_id);

#endif
