/* The words: the name and HTTP status of every code, and what it says in Turkish and English. */
#ifndef STOK_MESSAGES_H
#define STOK_MESSAGES_H

#include "command.h"
#include "faults.h"
#include "outcome.h"
#include "text.h"

enum language { LANGUAGE_ENGLISH, LANGUAGE_TURKISH };

/* Which of the two an Accept-Language header (RFC 9110, 12.5.4) prefers; `otherwise` if neither. */
enum language language_of(const char *accept_language, enum language otherwise);
const char *language_tag(enum language language);

/* All are static strings. */
const char *action_name(enum action action);
const char *caller_name(enum caller caller);
const char *status_name(enum hold_status status);
const char *reason_name(enum cancel_reason reason); /* not of REASON_NONE */
const char *limit_name(enum limit limit);	    /* not of LIMIT_NONE */
const char *code_name(enum code code);
int code_status(enum code code); /* as the status of a whole answer */
const char *status_phrase(int status);
const char *code_message(enum code code, enum language language);

/* What a fault says, its bounds filled in. */
void fault_message(struct text *text, const struct fault *fault, enum language language);

#endif
