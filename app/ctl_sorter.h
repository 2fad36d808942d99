/*
 * Sorts more records than memory holds: sorted runs go to one temporary file, and are merged while
 * they are read. All records have one size.
 */
#ifndef STOK_CTL_SORTER_H
#define STOK_CTL_SORTER_H

#include <stdbool.h>
#include <stddef.h>

#include "must_check.h"

struct sorter;

/* As qsort(3) wants it. */
typedef int sorter_compare(const void *a, const void *b);

/*
 * `memory`: bytes to work with, 16 records at least. The file is made in the folder $TMPDIR, or
 * /tmp, once it is needed, and has no name. NULL: out of memory.
 */
struct sorter *sorter_new(size_t size, size_t memory, sorter_compare *compare);
void sorter_free(struct sorter *sorter);

/* Copies the record. False: the temporary file failed, errno says how. */
bool sorter_add(struct sorter *sorter, const void *record) MUST_CHECK;

/* All records are there: from now on they are read, and no more are added. False: as above. */
bool sorter_end(struct sorter *sorter) MUST_CHECK;

/* The next record in order, to be read until the next call. NULL: no more, or it failed. */
const void *sorter_next(struct sorter *sorter);

/* Reading ended because the temporary file failed. */
bool sorter_has_failed(const struct sorter *sorter);

#endif
