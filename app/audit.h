/*
 * What the access log is told of a request: headers that nginx logs and hides from clients. An id
 * stands there on success only if this very request changed its hold, or extended it as far as it
 * may be; or, of a replay, if the request that it repeats made it.
 */
#ifndef STOK_AUDIT_H
#define STOK_AUDIT_H

#include <nettle/hmac.h>
#include <stddef.h>
#include <stdint.h>

#include "command.h"
#include "outcome.h"
#include "text.h"

#define SESSION_HASH_BYTES 16

/* Hashes session ids, so that the log can follow a session without being able to become it. */
struct audit {
	struct hmac_sha256_ctx hash;
};

void audit_init(struct audit *audit, const uint8_t *key, size_t key_length);

/* The hash by which the log knows a session. */
void audit_session(struct audit *audit, const char *session_id, uint8_t hash[SESSION_HASH_BYTES]);

/*
 * Adds the headers. `outcome` is NULL where there was no decision, and `code` says why; `swept`
 * counts over all passes.
 */
void audit_headers(struct audit *audit, struct text *head, const struct command *command,
	enum caller caller, enum code code, const struct outcome *outcome, int32_t swept);

#endif
