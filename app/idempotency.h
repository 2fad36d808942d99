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

/* The key of a request that brought none, in a namespace that no client's key reaches. */
void idempotency_automatic_key(const char *request_id, uint8_t digest[DIGEST_LENGTH]);

/* What a reserve asked for, as typed values: how it was spelled does not count. */
void idempotency_body(const struct command *command, uint8_t digest[DIGEST_LENGTH]);

#endif
