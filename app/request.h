/*
 * From what HTTP said to a command. Every check that needs no database is made here, in the order
 * that the contract gives; behind it there are only typed, checked values.
 */
#ifndef STOK_REQUEST_H
#define STOK_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "command.h"
#include "faults.h"
#include "keyring.h"
#include "outcome.h"

/* What the gate read. Strings are borrowed, "" where there was none; ends with the request. */
struct http_request {
	const char *method;
	const char *uri; /* path and query, as the client sent it */
	const char *content_type;
	const char *api_key;
	const char *accept_language;
	const char *request_id; /* nginx's */
	const char *idempotency_key;
	const char *session_id; /* the header X-Session-Id */
	uint32_t api_key_count; /* headers of that name that came */
	uint32_t idempotency_key_count;
	uint32_t session_id_count;
	int64_t arrived_ms;    /* by the host's clock, since the epoch: see idempotency.h */
	bool trusted;	       /* nginx trusts the way it came by */
	bool operator_address; /* nginx says that operators' endpoints may be read from there */
	bool legacy;	       /* nginx says that an old client comes this way */
	const char *body;
	size_t body_length;
	bool body_too_large;
};

/* What the operator has decided about callers. */
struct policy {
	struct keyring keyring;
	struct limits limits;
	bool limits_bind_all; /* the storefront too */
};

/* Why there is no command. */
struct refusal {
	enum code code;
	const char *allow; /* method_not_allowed: the methods that are; static */
	struct faults faults;
};

/*
 * Fills the command and the caller, as far as they are known, also when the request is refused:
 * then returns false, and the refusal says why.
 */
bool request_read(const struct http_request *http, const struct policy *policy,
	struct command *command, enum caller *caller, struct refusal *refusal);

#endif
