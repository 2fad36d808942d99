/*
 * From what happened to what HTTP says: the body, the headers, and the one write that ends the
 * FastCGI request. One `struct response` for each thread that answers, used again and again.
 */
#ifndef STOK_RESPONSE_H
#define STOK_RESPONSE_H

#include <fcgiapp.h>

#include "audit.h"
#include "command.h"
#include "messages.h"
#include "outcome.h"
#include "request.h"
#include "text.h"

struct response {
	struct audit audit;
	struct text head;
	struct text body;
	char head_memory[16 * 1024];
	char body_memory[REPLY_MAX];
};

/* To whom it is said. Borrowed while the answer is written. */
struct addressee {
	const struct command *command; /* as far as it is known */
	enum caller caller;
	enum language language;
	bool legacy; /* an old client, to whom every answer that is not 2xx is a crash */
};

void response_init(struct response *response, const uint8_t *audit_key, size_t key_length);

/* Each writes one whole answer; response_send sends it. */
void response_decided(struct response *response, const struct addressee *to,
	const struct outcome *outcome, int32_t swept);
void response_refused(
	struct response *response, const struct addressee *to, const struct refusal *refusal);
void response_failed(
	struct response *response, const struct addressee *to, enum code code, int32_t swept);

/* Starts an answer that is plain text (metrics); its body is then added by the caller. */
void response_begin_text(struct response *response, const struct addressee *to);

/*
 * Sends it, and ends the FastCGI request: its memory is freed, and its connection closed unless
 * nginx wants to keep it (then fastcgi->ipcFd is not negative).
 */
void response_send(struct response *response, FCGX_Request *fastcgi);

#endif
