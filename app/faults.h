/* What is wrong with a request: all of it, each fault with its place. Data only. */
#ifndef STOK_FAULTS_H
#define STOK_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "limits.h"

#define FAULT_WHERE_MAX 96 /* a longer pointer is cut */

enum fault_kind {
	FAULT_SYNTAX,
	FAULT_ENCODING,
	FAULT_DEPTH,
	FAULT_MEMBERS,
	FAULT_DUPLICATE_MEMBER,
	FAULT_NOT_OBJECT,
	FAULT_REQUIRED,
	FAULT_EXCLUSIVE,       /* with reservationId */
	FAULT_EXCLUSIVE_ITEMS, /* with items */
	FAULT_REPEATED_ID,
	FAULT_NOT_INTEGER,
	FAULT_RANGE, /* min..max */
	FAULT_NOT_STRING,
	FAULT_LENGTH, /* min..max characters */
	FAULT_CHARACTERS,
	FAULT_NOT_BOOLEAN,
	FAULT_NOT_LIST,
	FAULT_LIST_LENGTH, /* min..max lines */
	FAULT_REPEATED_HEADER,
	FAULT_KIND_COUNT,
};

struct fault {
	enum fault_kind kind;
	bool in_header; /* `where` is a header's name, else a JSON pointer */
	int64_t min, max;
	char where[FAULT_WHERE_MAX];
};

struct faults {
	uint32_t count;
	struct fault list[FAULTS_MAX];
};

/* Adds a fault; what goes beyond FAULTS_MAX is left out. */
void faults_add(struct faults *faults, enum fault_kind kind, const char *pointer);
void faults_add_range(
	struct faults *faults, enum fault_kind kind, const char *pointer, int64_t min, int64_t max);
void faults_add_header(
	struct faults *faults, enum fault_kind kind, const char *header, int64_t length_max);

#endif
