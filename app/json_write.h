/* JSON, written straight into a text: members of an object by name, elements of a list by NULL. */
#ifndef STOK_JSON_WRITE_H
#define STOK_JSON_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "text.h"

void json_open_object(struct text *text, const char *name);
void json_close_object(struct text *text);
void json_open_list(struct text *text, const char *name);
void json_close_list(struct text *text);

/* `value` is valid UTF-8. */
void json_string(struct text *text, const char *name, const char *value);
void json_number(struct text *text, const char *name, int64_t value);
void json_boolean(struct text *text, const char *name, bool value);
void json_null(struct text *text, const char *name);

/* "2026-11-22T16:00:00.123Z", of milliseconds since the epoch. */
void json_time(struct text *text, const char *name, int64_t ms);

#endif
