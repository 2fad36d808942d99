#include "ctl_log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

/* The longest line: 8 KiB of path, each byte as \u00XX, and the headers of 100 holds. */
#define LINE_BYTES_MAX (256 * 1024)
#define BUFFER_BYTES   (4 * LINE_BYTES_MAX)

struct log_reader {
	char *const *paths;
	uint32_t path_count;
	uint32_t next_path;
	gzFile file;   /* NULL: none is open */
	bool at_end;   /* of the open file */
	bool skipping; /* the rest of a line that is too long */
	bool torn;     /* it stops short of the end of its compressed data */
	struct place place;
	uint64_t total;
	uint64_t before; /* bytes on disk of the files that are done with */
	size_t begin;	 /* what was read and not handed out: buffer[begin..end) */
	size_t end;
	char failure[512];
	char buffer[BUFFER_BYTES];
};

static uint64_t size_of(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && status.st_size > 0 ? (uint64_t)status.st_size : 0;
}

struct log_reader *log_reader_new(char *const *paths, uint32_t count)
{
	struct log_reader *reader = malloc(sizeof(*reader));

	if (reader == NULL)
		return NULL;
	memset(reader, 0, offsetof(struct log_reader, buffer));
	reader->paths = paths;
	reader->path_count = count;
	for (uint32_t i = 0; i < count; i++)
		reader->total += size_of(paths[i]);
	return reader;
}

void log_reader_free(struct log_reader *reader)
{
	if (reader == NULL)
		return;
	if (reader->file != NULL)
		gzclose_r(reader->file);
	free(reader);
}

static bool fail(struct log_reader *reader, const char *why)
{
	snprintf(reader->failure, sizeof(reader->failure), "%s: %s",
		reader->paths[reader->place.file], why);
	return false;
}

static bool open_next(struct log_reader *reader)
{
	const char *path = reader->paths[reader->next_path];

	reader->place = (struct place){.file = reader->next_path++};
	reader->at_end = reader->skipping = reader->torn = false;
	reader->begin = reader->end = 0;
	reader->file = gzopen(path, "re");
	if (reader->file == NULL)
		return fail(reader, errno != 0 ? strerror(errno) : "out of memory");
	gzbuffer(reader->file, LINE_BYTES_MAX);
	return true;
}

static bool close_this(struct log_reader *reader)
{
	gzclose_r(reader->file);
	reader->file = NULL;
	reader->before += size_of(reader->paths[reader->place.file]);
	/* What the rest held is not known. */
	return !reader->torn || fail(reader, "ends in the middle of compressed data");
}

/* Moves what is left to the beginning, and reads more behind it. */
static bool fill(struct log_reader *reader)
{
	size_t left = reader->end - reader->begin;
	const char *why;
	int got, code;

	memmove(reader->buffer, reader->buffer + reader->begin, left);
	reader->begin = 0;
	reader->end = left;
	got = gzread(reader->file, reader->buffer + left, (unsigned int)(BUFFER_BYTES - left));
	why = gzerror(reader->file, &code);
	if (got < 0)
		return fail(reader, code == Z_ERRNO ? strerror(errno) : why);
	/* Told once, by some versions: with the last bytes that can be had. */
	reader->torn = reader->torn || code == Z_BUF_ERROR;
	reader->at_end = got == 0;
	reader->end += (size_t)got;
	return true;
}

/* What is left of the open file has no end of line. */
static const char *take_rest(struct log_reader *reader, size_t *length)
{
	const char *line = reader->buffer + reader->begin;

	*length = reader->end - reader->begin;
	reader->begin = reader->end;
	reader->place.line++;
	return line;
}

/* The rest of a line that does not fit is thrown away; what came first is judged. */
static const char *take_beginning(struct log_reader *reader, size_t *length)
{
	*length = LINE_BYTES_MAX;
	reader->begin = reader->end;
	reader->skipping = true;
	reader->place.line++;
	return reader->buffer;
}

static const char *find_newline(const struct log_reader *reader)
{
	return memchr(reader->buffer + reader->begin, '\n', reader->end - reader->begin);
}

static const char *take_line(struct log_reader *reader, size_t *length)
{
	const char *newline = find_newline(reader), *line;

	if (reader->skipping) {
		reader->skipping = newline == NULL;
		reader->begin =
			newline == NULL ? reader->end : (size_t)(newline + 1 - reader->buffer);
		newline = find_newline(reader);
	}
	if (newline == NULL)
		return NULL;
	line = reader->buffer + reader->begin;
	*length = (size_t)(newline - line);
	reader->begin += *length + 1;
	reader->place.line++;
	return line;
}

const char *log_reader_next(struct log_reader *reader, size_t *length)
{
	while (reader->failure[0] == '\0') {
		const char *line;

		if (reader->file == NULL) {
			if (reader->next_path == reader->path_count || !open_next(reader))
				return NULL;
		}
		line = take_line(reader, length);
		if (line != NULL)
			return line;
		if (reader->end - reader->begin == BUFFER_BYTES)
			return take_beginning(reader, length);
		if (!reader->at_end && !fill(reader))
			return NULL;
		if (!reader->at_end)
			continue;
		if (reader->end > reader->begin)
			return take_rest(reader, length);
		if (!close_this(reader))
			return NULL;
	}
	return NULL;
}

struct place log_reader_place(const struct log_reader *reader)
{
	return reader->place;
}

const char *log_reader_failure(const struct log_reader *reader)
{
	return reader->failure[0] != '\0' ? reader->failure : NULL;
}

uint64_t log_reader_total(const struct log_reader *reader)
{
	return reader->total;
}

uint64_t log_reader_done(const struct log_reader *reader)
{
	z_off_t offset = reader->file != NULL ? gzoffset(reader->file) : 0;

	return reader->before + (offset > 0 ? (uint64_t)offset : 0);
}
