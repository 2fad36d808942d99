#include "ctl_sorter.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* 100 million records make some hundred runs; each then has a few kilobytes of the memory. */
#define RUNS_MAX 4096

/* A sorted piece of the file, while it is merged. */
struct run {
	off_t offset;	  /* of what was not read yet */
	uint64_t left;	  /* records of it in the file, not read yet */
	char *memory;	  /* its part of the sorter's */
	uint64_t at;	  /* of the records in memory, the next one */
	uint64_t in_hand; /* so many are in memory */
};

struct sorter {
	size_t size; /* of a record */
	sorter_compare *compare;
	char *memory;
	uint64_t capacity; /* in records */
	uint64_t count;	   /* records in memory */
	uint64_t at;	   /* without runs: the next one to be read */
	int fd;		   /* the temporary file, or -1 */
	off_t length;
	struct run *runs;
	uint32_t run_count;
	uint32_t *heap; /* runs that are not at their end; the one with the least record first */
	uint32_t heap_count;
	bool started; /* the heap's first record was handed out */
	bool failed;
};

struct sorter *sorter_new(size_t size, size_t memory, sorter_compare *compare)
{
	struct sorter *sorter = calloc(1, sizeof(*sorter));

	assert(memory / size >= 16);
	if (sorter == NULL)
		return NULL;
	sorter->size = size;
	sorter->compare = compare;
	sorter->capacity = memory / size;
	sorter->memory = malloc(sorter->capacity * size);
	sorter->fd = -1;
	if (sorter->memory != NULL)
		return sorter;
	free(sorter);
	return NULL;
}

void sorter_free(struct sorter *sorter)
{
	if (sorter == NULL)
		return;
	if (sorter->fd >= 0)
		close(sorter->fd);
	free(sorter->heap);
	free(sorter->runs);
	free(sorter->memory);
	free(sorter);
}

/* Not every file system can make a file without a name. */
static int open_temporary(void)
{
	const char *folder = getenv("TMPDIR");
	char path[4096];
	int fd;

	if (folder == NULL || folder[0] == '\0')
		folder = "/tmp";
	fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
		return fd;
	if (snprintf(path, sizeof(path), "%s/stokctl.XXXXXX", folder) >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

static bool write_all(struct sorter *sorter, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t written = pwrite(sorter->fd, bytes, length, sorter->length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return false;
		bytes += written;
		length -= (size_t)written;
		sorter->length += written;
	}
	return true;
}

static bool add_run(struct sorter *sorter)
{
	struct run *runs;

	if (sorter->run_count == RUNS_MAX) {
		errno = EFBIG;
		return false;
	}
	runs = realloc(sorter->runs, (sorter->run_count + 1) * sizeof(*runs));
	if (runs == NULL)
		return false;
	sorter->runs = runs;
	runs[sorter->run_count++] = (struct run){.offset = sorter->length, .left = sorter->count};
	return true;
}

static bool write_run(struct sorter *sorter)
{
	if (sorter->fd < 0)
		sorter->fd = open_temporary();
	if (sorter->fd < 0 || !add_run(sorter))
		return false;
	qsort(sorter->memory, sorter->count, sorter->size, sorter->compare);
	if (!write_all(sorter, sorter->memory, sorter->count * sorter->size))
		return false;
	sorter->count = 0;
	return true;
}

bool sorter_add(struct sorter *sorter, const void *record)
{
	assert(sorter->heap == NULL);
	if (sorter->count == sorter->capacity && !write_run(sorter))
		return false;
	memcpy(sorter->memory + sorter->count * sorter->size, record, sorter->size);
	sorter->count++;
	return true;
}

/* merging */

static const char *first_of(const struct sorter *sorter, uint32_t run)
{
	return sorter->runs[run].memory + sorter->runs[run].at * sorter->size;
}

static bool is_less(const struct sorter *sorter, uint32_t a, uint32_t b)
{
	int order = sorter->compare(first_of(sorter, a), first_of(sorter, b));

	return order != 0 ? order < 0 : a < b;
}

static void sink(struct sorter *sorter, uint32_t place)
{
	uint32_t *heap = sorter->heap;

	for (;;) {
		uint32_t least = place, moved = heap[place];

		for (uint32_t child = 2 * place + 1; child <= 2 * place + 2; child++) {
			if (child < sorter->heap_count && is_less(sorter, heap[child], heap[least]))
				least = child;
		}
		if (least == place)
			return;
		heap[place] = heap[least];
		heap[least] = moved;
		place = least;
	}
}

/* Reads the next piece of a run. False: it failed; a run at its end is left with none in hand. */
static bool refill(struct sorter *sorter, struct run *run, uint64_t records_max)
{
	uint64_t records = run->left < records_max ? run->left : records_max;
	size_t wanted = records * sorter->size, got = 0;

	while (got < wanted) {
		ssize_t length = pread(
			sorter->fd, run->memory + got, wanted - got, run->offset + (off_t)got);

		if (length < 0 && errno == EINTR)
			continue;
		if (length <= 0)
			return false;
		got += (size_t)length;
	}
	run->offset += (off_t)wanted;
	run->left -= records;
	run->at = 0;
	run->in_hand = records;
	return true;
}

static uint64_t share_of(const struct sorter *sorter)
{
	return sorter->capacity / sorter->run_count;
}

static bool begin_merge(struct sorter *sorter)
{
	uint64_t share = share_of(sorter);

	if (share == 0) {
		errno = EFBIG;
		return false;
	}
	sorter->heap = malloc(sorter->run_count * sizeof(*sorter->heap));
	if (sorter->heap == NULL)
		return false;
	for (uint32_t i = 0; i < sorter->run_count; i++) {
		struct run *run = &sorter->runs[i];

		run->memory = sorter->memory + i * share * sorter->size;
		if (!refill(sorter, run, share))
			return false;
		sorter->heap[sorter->heap_count++] = i;
	}
	for (uint32_t i = sorter->heap_count / 2; i-- > 0;)
		sink(sorter, i);
	return true;
}

bool sorter_end(struct sorter *sorter)
{
	if (sorter->run_count == 0) {
		qsort(sorter->memory, sorter->count, sorter->size, sorter->compare);
		return true;
	}
	if (sorter->count > 0 && !write_run(sorter))
		return false;
	return begin_merge(sorter);
}

/* The record handed out last is done with: its run goes on, or leaves the heap. */
static bool advance(struct sorter *sorter)
{
	struct run *run = &sorter->runs[sorter->heap[0]];

	run->at++;
	if (run->at == run->in_hand && !refill(sorter, run, share_of(sorter)))
		return false;
	if (run->in_hand == 0)
		sorter->heap[0] = sorter->heap[--sorter->heap_count];
	if (sorter->heap_count > 0)
		sink(sorter, 0);
	return true;
}

const void *sorter_next(struct sorter *sorter)
{
	if (sorter->run_count == 0) {
		if (sorter->at == sorter->count)
			return NULL;
		return sorter->memory + sorter->at++ * sorter->size;
	}
	if (sorter->failed || sorter->heap_count == 0)
		return NULL;
	if (sorter->started && !advance(sorter)) {
		sorter->failed = true;
		return NULL;
	}
	sorter->started = true;
	return sorter->heap_count > 0 ? first_of(sorter, sorter->heap[0]) : NULL;
}

bool sorter_has_failed(const struct sorter *sorter)
{
	return sorter->failed;
}
