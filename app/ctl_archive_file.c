#include "ctl_archive_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl_csv.h"

#define PORTION_BYTES (PORTION_MAX * CSV_LINE_MAX)

static bool fail(const struct archive_file *file, const char *why)
{
	fprintf(stderr, "stokctl: %s: %s\n", file->path, why);
	return false;
}

static bool write_at(struct archive_file *file, const char *bytes, size_t length, int64_t offset)
{
	while (length > 0) {
		ssize_t written = pwrite(file->fd, bytes, length, offset);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return fail(file, strerror(errno));
		bytes += written;
		offset += written;
		length -= (size_t)written;
	}
	return true;
}

static bool read_at(struct archive_file *file, char *bytes, size_t length, int64_t offset)
{
	while (length > 0) {
		ssize_t got = pread(file->fd, bytes, length, offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return fail(file, got < 0 ? strerror(errno) : "is shorter than it was");
		bytes += got;
		offset += got;
		length -= (size_t)got;
	}
	return true;
}

static bool sync_file(struct archive_file *file)
{
	return fsync(file->fd) == 0 || fail(file, strerror(errno));
}

/* A new file's name is on the disk once its folder is. */
static bool sync_folder(struct archive_file *file)
{
	const char *slash = strrchr(file->path, '/');
	char folder[4096];
	bool good;
	int fd;

	snprintf(folder, sizeof(folder), "%.*s", slash != NULL ? (int)(slash - file->path + 1) : 1,
		slash != NULL ? file->path : ".");
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fail(file, strerror(errno));
	good = fsync(fd) == 0;
	close(fd);
	return good || fail(file, strerror(errno));
}

static bool begin_file(struct archive_file *file)
{
	size_t length = strlen(csv_header);

	/* Also where an earlier run came no further than a part of it. */
	if (ftruncate(file->fd, 0) != 0)
		return fail(file, strerror(errno));
	if (!write_at(file, csv_header, length, 0) || !sync_file(file))
		return false;
	file->length = (int64_t)length;
	return sync_folder(file);
}

static bool check_header(struct archive_file *file)
{
	size_t length = strlen(csv_header);
	size_t there = file->length < (int64_t)length ? (size_t)file->length : length;
	char header[512];

	if (!read_at(file, header, there, 0))
		return false;
	if (memcmp(header, csv_header, there) != 0)
		return fail(file, "is there, and is no archive of holds; choose another name");
	return there == length || begin_file(file);
}

/* Where the last portion can begin, at the latest; the header's end, if there is little else. */
static int64_t tail_begin(const struct archive_file *file)
{
	int64_t first = (int64_t)strlen(csv_header), begin = file->length - PORTION_BYTES;

	return begin > first ? begin : first;
}

/* A line without its end was never synced as a whole, so its hold was not deleted. */
static bool cut_torn_line(struct archive_file *file)
{
	int64_t begin = tail_begin(file);
	size_t length = (size_t)(file->length - begin);
	const char *newline;

	if (length == 0)
		return true;
	if (!read_at(file, file->memory, length, begin))
		return false;
	newline = memrchr(file->memory, '\n', length);
	if (newline == NULL)
		return archive_file_truncate(file, begin);
	return archive_file_truncate(file, begin + (newline + 1 - file->memory));
}

bool archive_file_open(struct archive_file *file, const char *path)
{
	struct stat status;

	*file = (struct archive_file){.path = path, .fd = -1};
	file->memory = malloc(PORTION_BYTES);
	file->again = malloc(PORTION_BYTES);
	if (file->memory == NULL || file->again == NULL)
		return fail(file, "out of memory");
	file->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (file->fd < 0 || fstat(file->fd, &status) != 0)
		return fail(file, strerror(errno));
	if (!S_ISREG(status.st_mode))
		return fail(file, "is no file");
	if (flock(file->fd, LOCK_EX | LOCK_NB) != 0)
		return fail(file, "another stokctl writes it");
	file->length = status.st_size;
	return check_header(file) && cut_torn_line(file);
}

void archive_file_close(struct archive_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	free(file->memory);
	free(file->again);
}

bool archive_file_truncate(struct archive_file *file, int64_t offset)
{
	if (offset == file->length)
		return true;
	if (ftruncate(file->fd, offset) != 0)
		return fail(file, strerror(errno));
	file->length = offset;
	return sync_file(file);
}

/* Drops the oldest, so that the last PORTION_MAX stay. */
static uint32_t make_room(struct archive_tail *tail)
{
	if (tail->count < PORTION_MAX)
		return tail->count++;
	memmove(tail->holds, tail->holds + 1, (PORTION_MAX - 1) * sizeof(tail->holds[0]));
	memmove(tail->offsets, tail->offsets + 1, (PORTION_MAX - 1) * sizeof(tail->offsets[0]));
	return PORTION_MAX - 1;
}

bool archive_file_read_tail(struct archive_file *file, struct archive_tail *tail)
{
	int64_t begin = tail_begin(file);
	size_t length = (size_t)(file->length - begin);
	const char *at = file->memory, *end = file->memory + length;
	const char *newline;

	tail->count = 0;
	if (!read_at(file, file->memory, length, begin))
		return false;
	if (begin > (int64_t)strlen(csv_header)) { /* in the middle of a line, most likely */
		newline = memchr(at, '\n', length);
		at = newline != NULL ? newline + 1 : end;
	}
	while (at < end && (newline = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		uint32_t i = make_room(tail);

		tail->offsets[i] = begin + (at - file->memory);
		if (!csv_read(at, (size_t)(newline - at), &tail->holds[i]))
			return fail(file, "has a line that is no hold's");
		at = newline + 1;
	}
	return true;
}

/* Not from the cache, if the system can be talked into that. */
static bool verify(
	struct archive_file *file, const struct hold *holds, uint32_t count, size_t length)
{
	const char *at = file->again, *end = file->again + length;

	posix_fadvise(file->fd, 0, 0, POSIX_FADV_DONTNEED);
	if (!read_at(file, file->again, length, file->length))
		return false;
	for (uint32_t i = 0; i < count; i++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		struct hold hold;

		if (newline == NULL || !csv_read(at, (size_t)(newline - at), &hold) ||
			!csv_is_same(&hold, &holds[i]))
			return fail(file, "does not hold what was written to it");
		at = newline + 1;
	}
	return at == end || fail(file, "has more than what was written to it");
}

bool archive_file_add(struct archive_file *file, const struct hold *holds, uint32_t count)
{
	struct text text;

	text_init(&text, file->memory, PORTION_BYTES);
	for (uint32_t i = 0; i < count; i++)
		csv_write(&text, &holds[i]);
	if (!write_at(file, text.bytes, text.length, file->length) || !sync_file(file) ||
		!verify(file, holds, count, text.length))
		return false;
	file->length += (int64_t)text.length;
	return true;
}
