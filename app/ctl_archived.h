/* The holds of archive files, by ascending ids: rows that were moved out of the table. */
#ifndef STOK_CTL_ARCHIVED_H
#define STOK_CTL_ARCHIVED_H

#include <stdbool.h>
#include <stdint.h>

#include "must_check.h"
#include "stock.h"

struct archived;

/*
 * Reads and sorts all of the files. False: one cannot be read, standard error says why; *archived
 * is to be closed all the same.
 */
bool archived_open(struct archived **archived, char *const *paths, uint32_t count) MUST_CHECK;
void archived_close(struct archived *archived);

/* Until the next call. NULL: no more, or it failed. */
const struct hold *archived_next(struct archived *archived);
bool archived_has_failed(const struct archived *archived);

#endif
