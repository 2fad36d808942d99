#include "faults.h"

#include <string.h>

static void add(struct faults *faults, const struct fault *fault, const char *where)
{
	struct fault *added;
	size_t length = strlen(where);

	if (faults->count == FAULTS_MAX)
		return;
	added = &faults->list[faults->count++];
	*added = *fault;
	memcpy(added->where, where, length < FAULT_WHERE_MAX ? length : FAULT_WHERE_MAX - 1);
}

void faults_add(struct faults *faults, enum fault_kind kind, const char *pointer)
{
	add(faults, &(struct fault){.kind = kind}, pointer);
}

void faults_add_range(
	struct faults *faults, enum fault_kind kind, const char *pointer, int64_t min, int64_t max)
{
	add(faults, &(struct fault){.kind = kind, .min = min, .max = max}, pointer);
}

void faults_add_header(
	struct faults *faults, enum fault_kind kind, const char *header, int64_t length_max)
{
	add(faults, &(struct fault){.kind = kind, .in_header = true, .min = 1, .max = length_max},
		header);
}
