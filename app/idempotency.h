/*
 * The hashes by which a request is known again: its key, and what it asked for. They stand on the
 * rows that it made; the row is the memory.
 */
#ifndef STOK_IDEMPOTENCY_H
#define STOK_IDEMPOTENCY_H

#include <stdint.h>

#include "command.h"
#include "limits.h"

/* A client's Idempotency-Key, in the namespace of its session. */
void idempotency_key(const char *session_id, const char *key, uint8_t digest[DIGEST_LENGTH]);

/*
 * The key of a request that brought none: eight zeros, when it came (milliseconds since the epoch)
 * and its id. No client's key hashes to that. The time makes keys ascend, so that their index grows
 * at one place, and not all over; it means nothing else.
 */
void idempotency_automatic_key(
	const char *request_id, int64_t arrived_ms, uint8_t key[DIGEST_LENGTH]);

/* What a reserve asked for, as typed values: how it was spelled does not count. */
void idempotency_body(const struct command *command, uint8_t digest[DIGEST_LENGTH]);

#endif
