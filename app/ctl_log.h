/* The lines of log files, plain or compressed by gzip, one after another. */
#ifndef STOK_CTL_LOG_H
#define STOK_CTL_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where a line stands. */
struct place {
	uint32_t line; /* counted from 1; 0: nowhere */
	uint32_t file; /* index into the paths */
};

struct log_reader;

/* `paths` are borrowed. NULL: out of memory. */
struct log_reader *log_reader_new(char *const *paths, uint32_t count);
void log_reader_free(struct log_reader *reader);

/*
 * The next line, without its end; it stays until the next call. Of a line that is longer than any
 * that nginx writes, the beginning. NULL: there are no more, or a file cannot be read.
 */
const char *log_reader_next(struct log_reader *reader, size_t *length);

/* Where the line stands that was read last. */
struct place log_reader_place(const struct log_reader *reader);

/* What made reading end early; NULL: nothing. */
const char *log_reader_failure(const struct log_reader *reader);

/* Bytes of the files on disk, in all, and those that were read by now. */
uint64_t log_reader_total(const struct log_reader *reader);
uint64_t log_reader_done(const struct log_reader *reader);

#endif
