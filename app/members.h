/*
 * The members of a JSON body, read by type and range. A member that is missing or wrong is named
 * among the faults; reading goes on, so that all faults are told at once.
 */
#ifndef STOK_MEMBERS_H
#define STOK_MEMBERS_H

#include <json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "faults.h"

/* An object of the body and its JSON pointer ("" for the body itself). Borrowed. */
struct members {
	struct json_object *object;
	const char *pointer;
	struct faults *faults;
};

/* The member is there; with a value: it is there and not null. */
bool members_have(const struct members *members, const char *name);
bool members_have_value(const struct members *members, const char *name);

/*
 * Integers come as JSON numbers or as strings of digits: known clients send both. Each returns
 * false, with a fault, if the member is missing or wrong.
 */
bool members_integer(
	const struct members *members, const char *name, int64_t min, int64_t max, uint64_t *value);
bool members_boolean(const struct members *members, const char *name, bool *value);

/*
 * 1..max visible ASCII characters, copied with a NUL into `value` (max + 1 bytes). `digits_too`: a
 * JSON integer is taken too, as its digits.
 */
bool members_token(
	const struct members *members, const char *name, size_t max, bool digits_too, char *value);

/* A list of 1..max ids. Returns how many; 0, with faults, if it is wrong. */
uint32_t members_ids(
	const struct members *members, const char *name, uint32_t max, uint64_t *values);

/*
 * A list of 1..max objects: how many; 0, with a fault, if it is wrong. members_item: one of them,
 * to be read like a body; false, with a fault, if it is no object.
 */
struct member_item {
	struct members members;
	char pointer[FAULT_WHERE_MAX];
};
uint32_t members_list(const struct members *members, const char *name, uint32_t max);
bool members_item(
	const struct members *members, const char *name, uint32_t index, struct member_item *item);

/* Adds a fault about a member. */
void members_fault(const struct members *members, const char *name, enum fault_kind kind);

#endif
