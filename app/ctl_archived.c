#include "ctl_archived.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl_csv.h"
#include "ctl_log.h"
#include "ctl_sorter.h"

#define SORT_BYTES (16 * 1024 * 1024)

struct archived {
	struct sorter *rows; /* NULL: there are no files */
	char *const *paths;
};

static int compare(const void *a, const void *b)
{
	const struct hold *left = a, *right = b;

	return left->id < right->id ? -1 : left->id > right->id;
}

static bool is_header(const char *line, size_t length)
{
	return length == strlen(csv_header) - 1 && memcmp(line, csv_header, length) == 0;
}

static bool take_line(
	struct archived *archived, const char *line, size_t length, struct place place)
{
	struct hold hold;

	if (place.line == 1 && is_header(line, length))
		return true;
	if (!csv_read(line, length, &hold)) {
		fprintf(stderr, "stokctl: %s:%u: is no line of an archive\n",
			archived->paths[place.file], (unsigned int)place.line);
		return false;
	}
	if (sorter_add(archived->rows, &hold))
		return true;
	fprintf(stderr, "stokctl: the temporary file (see TMPDIR): %s\n", strerror(errno));
	return false;
}

static bool read_files(struct archived *archived, struct log_reader *reader)
{
	const char *line;
	size_t length;

	while ((line = log_reader_next(reader, &length)) != NULL) {
		if (!take_line(archived, line, length, log_reader_place(reader)))
			return false;
	}
	if (log_reader_failure(reader) != NULL) {
		fprintf(stderr, "stokctl: %s\n", log_reader_failure(reader));
		return false;
	}
	if (sorter_end(archived->rows))
		return true;
	fprintf(stderr, "stokctl: the temporary file (see TMPDIR): %s\n", strerror(errno));
	return false;
}

bool archived_open(struct archived **archived, char *const *paths, uint32_t count)
{
	struct log_reader *reader;
	bool good;

	*archived = calloc(1, sizeof(**archived));
	if (*archived == NULL || count == 0)
		return *archived != NULL;
	(*archived)->paths = paths;
	(*archived)->rows = sorter_new(sizeof(struct hold), SORT_BYTES, compare);
	reader = log_reader_new(paths, count);
	good = (*archived)->rows != NULL && reader != NULL && read_files(*archived, reader);
	log_reader_free(reader);
	return good;
}

void archived_close(struct archived *archived)
{
	if (archived == NULL)
		return;
	sorter_free(archived->rows);
	free(archived);
}

const struct hold *archived_next(struct archived *archived)
{
	return archived->rows != NULL ? sorter_next(archived->rows) : NULL;
}

bool archived_has_failed(const struct archived *archived)
{
	return archived->rows != NULL && sorter_has_failed(archived->rows);
}
