/* The file of an archive: its lines are holds, portions of them are added or taken off its end. */
#ifndef STOK_CTL_ARCHIVE_FILE_H
#define STOK_CTL_ARCHIVE_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "must_check.h"
#include "stock.h"

#define PORTION_MAX 500 /* rows of one transaction: some 20 ms */

struct archive_file {
	const char *path; /* borrowed */
	int fd;
	int64_t length;
	char *memory; /* for a portion as text, and for the same read back */
	char *again;
};

/*
 * Opens or makes the file; nobody else may write it meanwhile. A line that was cut off is taken
 * off. False: it is not to be had, or no archive; standard error says why. Close it all the same.
 */
bool archive_file_open(struct archive_file *file, const char *path) MUST_CHECK;
void archive_file_close(struct archive_file *file);

/* The last holds of it, PORTION_MAX at most, and where each begins. */
struct archive_tail {
	uint32_t count;
	struct hold holds[PORTION_MAX];
	int64_t offsets[PORTION_MAX];
};
bool archive_file_read_tail(struct archive_file *file, struct archive_tail *tail) MUST_CHECK;

/* Takes off the end, from an offset on. */
bool archive_file_truncate(struct archive_file *file, int64_t offset) MUST_CHECK;

/*
 * Adds holds, PORTION_MAX at most. True: they are on the disk, and were read back and found to be
 * the same.
 */
bool archive_file_add(
	struct archive_file *file, const struct hold *holds, uint32_t count) MUST_CHECK;

#endif
