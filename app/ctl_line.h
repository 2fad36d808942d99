/*
 * One line of the audit log, read. The reader knows the flat objects that nginx writes, and is
 * strict about their form, but not about bytes: what is not valid UTF-8 stands in no member that is
 * looked at.
 */
#ifndef STOK_CTL_LINE_H
#define STOK_CTL_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REQUEST_BYTES	 16
#define LOGGED_SWEPT_MAX 2000000000
#define LOGGED_HOLDS_MAX 1000 /* of one request; more than LINES_MAX, so that it may grow */

/* What a line says was asked for. */
enum logged_action {
	LOGGED_OTHER, /* what changes nothing */
	LOGGED_RESERVE,
	LOGGED_CANCEL,
	LOGGED_CONVERT,
	LOGGED_CLEANUP,
	LOGGED_EXTEND,
	LOGGED_MERGE,
	LOGGED_LIST, /* it tells a session the ids of its holds */
};

/* Bytes of the line as they stand there, their escapes included. */
struct slice {
	const char *bytes;
	size_t length;
};

struct audit_line {
	int64_t time_ms; /* since the epoch */
	uint8_t request[REQUEST_BYTES];
	uint32_t status;
	uint32_t swept;
	enum logged_action action;
	bool replay;
	struct slice time, request_id, status_digits, action_name, outcome, caller, address;
	struct slice holds, lines, replaced, order, user, session, from_session;
	struct slice replay_word, swept_digits;
};

/* NULL, and *line refers to the text; or what is wrong with it. */
const char *line_read(const char *text, size_t length, struct audit_line *line);

/* What a request did to rows, as far as its line says. */
enum effect {
	EFFECT_NONE,	 /* nothing but what it swept */
	EFFECT_DONE,	 /* what it names */
	EFFECT_DOUBTFUL, /* nginx or the service gave up: it may have happened or not */
};
enum effect line_effect(const struct audit_line *line);

bool slice_is(const struct slice *slice, const char *string);

/* 2 * count hexadecimal digits, in lower case. */
bool slice_read_hex(const struct slice *slice, uint8_t *bytes, size_t count);

/* The next of some words separated by blanks. False: there is none left. */
bool slice_next_word(struct slice *rest, struct slice *word);

/* Undoes JSON's escapes of ASCII characters; others become "?". What does not fit is cut off. */
size_t slice_unescape(const struct slice *slice, char *to, size_t size);

#endif
