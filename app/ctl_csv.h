/*
 * Closed holds as lines of CSV (RFC 4180): text in quotes, NULL as nothing, times as SQL writes
 * them, in UTC. No field holds an end of line, so a line is a hold.
 */
#ifndef STOK_CTL_CSV_H
#define STOK_CTL_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "stock.h"
#include "text.h"

#define CSV_LINE_MAX 1024 /* a hold with the longest ids, every character a quote */

/* The first line of a file: the names of the columns. With its newline, as all lines. */
extern const char csv_header[];

void csv_write(struct text *text, const struct hold *hold);

/* Reads a line without its newline. False: it is none of ours. */
bool csv_read(const char *line, size_t length, struct hold *hold);

/* Two holds are the same in all that a line tells. */
bool csv_is_same(const struct hold *a, const struct hold *b);

#endif
