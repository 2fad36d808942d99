/*
 * The auditor's books. A hold is kept as a promise over a span of time, [from, until), with what
 * became of it; stock is a journal of deliveries and sales, each entry with its balance. Whether a
 * hold is live is a question of time alone here: there is no counter of what is reserved. Requests
 * that were given promises are in a visitors' book, with the name that they are known by. Whose a
 * promise is can change: each change is a line of a journal, too.
 */
#ifndef STOK_SIM_LEDGER_H
#define STOK_SIM_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "limits.h"

#define LEDGER_ACCOUNTS_MAX 16

enum fate {
	FATE_RUNS,	 /* nobody ended it; it may have run out */
	FATE_SOLD,	 /* became part of an order */
	FATE_GIVEN_BACK, /* by its customer */
	FATE_REPLACED,	 /* by another promise to its customer */
	FATE_WITHDRAWN,	 /* by an operator */
};

struct promise {
	uint64_t id; /* 0: not known yet */
	uint32_t account;
	uint32_t visit; /* of the request that it was made to */
	uint32_t units;
	uint64_t user;
	int64_t from;
	int64_t until;
	enum fate fate;
	int64_t ended_at;
	bool archived; /* its row was taken away: nobody finds it */
	bool swept;    /* its row was closed because it had run out */
	int64_t swept_at;
	uint32_t told_made;  /* answers that said: I made it */
	uint32_t told_ended; /* answers that said: I ended it */
	char owner[SESSION_ID_MAX + 1];
	char order[ORDER_ID_MAX + 1];
	char made_by[REQUEST_ID_LENGTH + 1];
	char ended_by[REQUEST_ID_LENGTH + 1];
	char swept_by[REQUEST_ID_LENGTH + 1];

	/* what was wished, whatever became of it since */
	uint64_t wished_user;
	int64_t wished_ms;	 /* its time */
	uint64_t wished_replace; /* 0: it was to replace none */
	uint64_t replaced;	 /* the promise whose place it took; 0: none */
};

/* A promise was made over to another session or another user. */
struct transfer {
	uint32_t promise;
	uint32_t told; /* answers that said: I did it */
	char by[REQUEST_ID_LENGTH + 1];
};

/* A request that was given promises: they stand one after another. */
struct visit {
	uint8_t name[DIGEST_LENGTH];
	uint8_t wish[DIGEST_LENGTH]; /* kept for its rows; what was wished stands in the promises */
	uint32_t first, count;
};

/* One line of the journal of a variant. `promise` is the place of what was sold, or -1. */
struct entry {
	int64_t at;
	int64_t promise;
	int64_t units;
	int64_t balance;
};

/* One variant. */
struct account {
	uint64_t variant_id;
	uint32_t entry_count, entry_room;
	struct entry *entries;
	uint32_t open_count, open_room;
	uint32_t *open; /* places of promises whose row is not closed */
};

struct ledger {
	uint32_t account_count;
	struct account accounts[LEDGER_ACCOUNTS_MAX];
	uint32_t promise_count, promise_room;
	struct promise *promises; /* in the order in which they were made */
	uint32_t numbered;	  /* so many of them have ids, ascending */
	uint32_t visit_count, visit_room;
	struct visit *visits;
	uint32_t transfer_count, transfer_room;
	struct transfer *transfers;
};

void ledger_close(struct ledger *ledger);

/* Makes a copy of its own, to be closed. */
void ledger_copy(struct ledger *to, const struct ledger *from);

/* Opens an account with what is on hand. */
void ledger_add_account(struct ledger *ledger, uint64_t variant_id, int64_t on_hand, int64_t at);

/* Returns the account's place, or -1: unknown. */
int32_t ledger_account(const struct ledger *ledger, uint64_t variant_id);

/* NULL: unknown, or archived. */
struct promise *ledger_promise(const struct ledger *ledger, uint64_t id);

/* Makes a blank promise; the caller fills it, all but its account. The last one's place moves. */
struct promise *ledger_promise_units(struct ledger *ledger, uint32_t account);

/* Enters a visitor: the promises that are made until the next one are to him. */
void ledger_add_visit(struct ledger *ledger, const uint8_t name[DIGEST_LENGTH],
	const uint8_t wish[DIGEST_LENGTH]);

/*
 * NULL: no such visitor was given anything that is not archived. Who has few lines does not find
 * what the archive has left of the later lines of a longer request.
 */
const struct visit *ledger_visit(
	const struct ledger *ledger, const uint8_t name[DIGEST_LENGTH], uint32_t lines);

/* Gives the oldest promise without an id its id. */
void ledger_number(struct ledger *ledger, uint64_t id);

/* Units on hand, now promised to someone, and in rows that are not closed. */
int64_t ledger_on_hand(const struct ledger *ledger, uint32_t account);
int64_t ledger_promised(const struct ledger *ledger, uint32_t account, int64_t at);
int64_t ledger_in_open_rows(const struct ledger *ledger, uint32_t account);

/* What a session has been promised and may still count on, over all accounts. */
struct claim {
	int64_t promises, units;
};
struct claim ledger_claim(const struct ledger *ledger, const char *owner, int64_t at);

/* How many promises have run out although their rows are not closed, over all accounts. */
uint32_t ledger_unswept(const struct ledger *ledger, int64_t at);

/* What can happen. */
void ledger_correct(struct ledger *ledger, uint32_t account, int64_t units, int64_t at);
void ledger_sweep(struct ledger *ledger, struct promise *promise, int64_t at, const char *by);
void ledger_end(
	struct ledger *ledger, struct promise *promise, enum fate fate, int64_t at, const char *by);
void ledger_extend(struct promise *promise, int64_t until);
void ledger_transfer(struct ledger *ledger, struct promise *promise, const char *owner,
	uint64_t user, const char *by);
void ledger_sell(struct ledger *ledger, struct promise *promise, int64_t at, const char *by,
	const char *order);

/* The transfer of the promise by this request, and its last one by anybody. NULL: there is none. */
struct transfer *ledger_transfer_by(
	const struct ledger *ledger, const struct promise *promise, const char *by);
const struct transfer *ledger_last_transfer(
	const struct ledger *ledger, const struct promise *promise);

/* Adds the journal up from its beginning, and the sales from the promises. False: they differ. */
bool ledger_adds_up(const struct ledger *ledger);

#endif
