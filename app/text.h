/* A text of bounded length, built piece by piece in memory that the caller owns. */
#ifndef STOK_TEXT_H
#define STOK_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All bytes are visible ASCII characters: what ids, keys and tokens are made of. */
bool text_is_visible(const char *bytes, size_t length);

struct text {
	char *bytes; /* always ends in NUL */
	size_t length;
	size_t size; /* of the memory, the NUL included */
};

/* Starts an empty text in `memory`. */
void text_init(struct text *text, char *memory, size_t size);

/* Forgets what was written. */
void text_clear(struct text *text);

/*
 * Each adds at the end. Sizes are chosen for the longest text, so running out of memory is a bug
 * and asserts.
 */
void text_add(struct text *text, const char *string);
void text_add_bytes(struct text *text, const char *bytes, size_t length);
void text_add_u64(struct text *text, uint64_t number);
void text_add_i64(struct text *text, int64_t number);

/* Lower case, two digits a byte. */
void text_add_hex(struct text *text, const uint8_t *bytes, size_t count);

/* UTC, "2026-11-22T16:00:00.123Z" for people and JSON; the same without T and Z for SQL. */
void text_add_time(struct text *text, int64_t ms);
void text_add_sql_time(struct text *text, int64_t ms);

#endif
