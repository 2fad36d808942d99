/* Times as people and logs write them, read into milliseconds since the epoch. */
#ifndef STOK_CTL_TIME_H
#define STOK_CTL_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * ISO 8601: "2026-11-22", or with a time of day, "2026-11-22T16:00:00", which may have milliseconds
 * and ends in "Z", an offset like "+03:00", or nothing, which is UTC. A blank may stand for the T.
 * False, and *ms untouched: it is not such a time, or before 1970.
 */
bool time_read(const char *text, size_t length, int64_t *ms);

#endif
