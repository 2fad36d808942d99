/*
 * The strict grammar of JSON (RFC 8259), which json-c does not insist on: it takes single quotes,
 * NaN and duplicate members even when told to be strict.
 */
#ifndef STOK_JSON_CHECK_H
#define STOK_JSON_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "faults.h"

/*
 * False, and one fault, unless `bytes` is one JSON value in valid UTF-8, nested at most
 * JSON_DEPTH_MAX deep, no string of it with a NUL. Members that an object has twice are faults too,
 * each with its pointer, but the value can still be parsed.
 */
bool json_check(const char *bytes, size_t length, struct faults *faults);

#endif
