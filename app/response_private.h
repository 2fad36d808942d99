/*
 * What the files of the response share; nobody else includes it. Each response_ACTION begins the
 * answer and writes its body but for the end.
 */
#ifndef STOK_RESPONSE_PRIVATE_H
#define STOK_RESPONSE_PRIVATE_H

#include "response.h"

/* Head, and the members that every body has. `message`: whose words the shopper is told. */
void response_begin_success(
	struct response *response, const struct addressee *to, enum code code, enum code message);

/* `detail`: what this occurrence is about. */
void response_begin_problem(
	struct response *response, const struct addressee *to, enum code code, const char *detail);

/* Success or problem, by the outcome; a success of one line has that line's message. */
void response_begin_decided(struct response *response, const struct addressee *to,
	const struct outcome *outcome, enum code success);

void response_reserve(
	struct response *response, const struct addressee *to, const struct outcome *outcome);
void response_cancel(
	struct response *response, const struct addressee *to, const struct outcome *outcome);
void response_convert(
	struct response *response, const struct addressee *to, const struct outcome *outcome);
void response_extend(
	struct response *response, const struct addressee *to, const struct outcome *outcome);
void response_merge(
	struct response *response, const struct addressee *to, const struct outcome *outcome);
void response_cleanup(struct response *response, const struct addressee *to,
	const struct outcome *outcome, int32_t swept);
void response_availability(
	struct response *response, const struct addressee *to, const struct outcome *outcome);
void response_list(
	struct response *response, const struct addressee *to, const struct outcome *outcome);

/* The list `reservations`: holds that were made, or are listed. */
void response_holds(struct text *body, const struct outcome *outcome);

/* The members of a hold's end: the time that is left is rounded down, and 0 if it is over. */
void response_expiry(struct text *body, const struct outcome_line *line, int64_t now_ms);

/* Time to wait is rounded up, and null where there is nothing to wait for. */
void response_wait(struct text *body, const char *name, int64_t until_ms, int64_t now_ms);

#endif
