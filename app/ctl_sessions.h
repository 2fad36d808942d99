/*
 * Sessions that were told of all their holds (GET /api/stock/reservations): whoever names a hold
 * later may have its id from there. A set that may say yes too often, and never no; of one size.
 */
#ifndef STOK_CTL_SESSIONS_H
#define STOK_CTL_SESSIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "audit.h"

#define SESSIONS_BITS 24 /* 2 MiB; of 100,000 sessions one answer in 170 is too much of a yes */

struct sessions {
	uint8_t bits[(1U << SESSIONS_BITS) / 8];
};

/* Hashes of the log: they are random already. */
void sessions_add(struct sessions *sessions, const uint8_t hash[SESSION_HASH_BYTES]);
bool sessions_may_have(const struct sessions *sessions, const uint8_t hash[SESSION_HASH_BYTES]);

#endif
