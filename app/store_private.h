/* What the files of the store share; nobody else includes it. */
#ifndef STOK_STORE_PRIVATE_H
#define STOK_STORE_PRIVATE_H

#include "limits.h"
#include "plan.h"
#include "store.h"
#include "text.h"

struct store {
	struct connection *connection;
	struct text statement;
	struct id_list variants; /* named by the commands, themselves or through their holds */
	struct id_list holds;	 /* named by the commands, and existing */
	struct id_list keyed;	 /* of the holds, those that keys found */
	struct id_list locked;	 /* variants, later holds, that another transaction has locked */
	struct ownership {
		uint64_t hold, variant;
	} owners[STOCK_VARIANTS_MAX]; /* of each of the holds */
	uint32_t owner_count;
	char memory[STATEMENT_MAX];
};

/* The database's present time, milliseconds since the epoch. */
enum store_status store_read_clock(struct store *store, int64_t *now_ms) MUST_CHECK;

/* The one number that a question is answered with; 0 if it is NULL. */
enum store_status store_select_number(
	struct store *store, const char *question, int64_t *number) MUST_CHECK;

#endif
