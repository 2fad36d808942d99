#include "metrics.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "messages.h"

#define SLOTS_MAX 64
/* Changes with the layout: a file of another one is left to whoever counts in it. */
#define MAGIC (0x73746f6b00000000u + METRIC_COUNT * 256 + CODE_COUNT)

struct slot {
	_Atomic uint64_t counters[METRIC_COUNT];
	_Atomic uint64_t answers[CODE_COUNT];
};

struct file {
	_Atomic uint64_t magic;
	struct slot slots[SLOTS_MAX];
};

struct metrics {
	int fd; /* -1: memory of this process alone */
	struct file *file;
	struct slot *slot;
};

/* The lock of byte n of the file is held by the process that counts in slot n. */
static bool lock_byte(int fd, off_t byte, bool wait)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};

	return fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &lock) == 0;
}

/* A file of another layout belongs to a program before this one, which may still count in it. */
static bool is_foreign(int fd)
{
	uint64_t magic = 0;

	return pread(fd, &magic, sizeof(magic), 0) == sizeof(magic) && magic != 0 && magic != MAGIC;
}

/* Opens the file, with the right to be the only one who prepares it. */
static bool open_file(struct metrics *metrics, const char *path)
{
	for (int attempt = 0; attempt < 2; attempt++) {
		metrics->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
		if (metrics->fd < 0 || !lock_byte(metrics->fd, SLOTS_MAX, true))
			return false;
		if (!is_foreign(metrics->fd))
			return ftruncate(metrics->fd, sizeof(struct file)) == 0;
		unlink(path);
		close(metrics->fd);
	}
	metrics->fd = -1;
	errno = EAGAIN;
	return false;
}

static bool claim_slot(struct metrics *metrics)
{
	metrics->file->magic = MAGIC;
	for (int i = 0; i < SLOTS_MAX; i++) {
		if (metrics->fd < 0 || lock_byte(metrics->fd, i, false)) {
			metrics->slot = &metrics->file->slots[i];
			return true;
		}
	}
	errno = EAGAIN;
	return false;
}

static void unlock_preparation(int fd)
{
	struct flock lock = {
		.l_type = F_UNLCK, .l_whence = SEEK_SET, .l_start = SLOTS_MAX, .l_len = 1};

	fcntl(fd, F_OFD_SETLK, &lock);
}

struct metrics *metrics_open(const char *path)
{
	struct metrics *metrics = calloc(1, sizeof(*metrics));
	int kind = path != NULL ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS;
	void *memory;

	if (metrics == NULL)
		return NULL;
	metrics->fd = -1;
	if (path != NULL && !open_file(metrics, path))
		goto failed;
	memory = mmap(NULL, sizeof(struct file), PROT_READ | PROT_WRITE, kind, metrics->fd, 0);
	if (memory == MAP_FAILED)
		goto failed;
	metrics->file = memory;
	if (!claim_slot(metrics))
		goto failed;
	if (path != NULL)
		unlock_preparation(metrics->fd);
	return metrics;
failed:
	metrics_close(metrics);
	return NULL;
}

void metrics_close(struct metrics *metrics)
{
	int kept = errno;

	if (metrics == NULL)
		return;
	if (metrics->file != NULL)
		munmap(metrics->file, sizeof(*metrics->file));
	if (metrics->fd >= 0)
		close(metrics->fd);
	free(metrics);
	errno = kept;
}

void metrics_add(struct metrics *metrics, enum metric metric, uint64_t number)
{
	atomic_fetch_add_explicit(&metrics->slot->counters[metric], number, memory_order_relaxed);
}

void metrics_count_answer(struct metrics *metrics, enum code code)
{
	atomic_fetch_add_explicit(&metrics->slot->answers[code], 1, memory_order_relaxed);
}

static void write_counter(struct text *text, const char *name, const char *help)
{
	text_add(text, "# HELP ");
	text_add(text, name);
	text_add(text, " ");
	text_add(text, help);
	text_add(text, "\n# TYPE ");
	text_add(text, name);
	text_add(text, " counter\n");
}

static void write_value(struct text *text, uint64_t value)
{
	text_add(text, " ");
	text_add_u64(text, value);
	text_add(text, "\n");
}

void metrics_write(const struct metrics *metrics, struct text *text)
{
	static const char *const words[METRIC_COUNT][2] = {
		[METRIC_BATCHES] = {"stok_batches_total", "Transactions that were committed."},
		[METRIC_COMMANDS] = {"stok_commands_total", "Commands decided in them."},
		[METRIC_SWEPT] = {"stok_swept_total", "Expired holds that were closed."},
		[METRIC_RETRIES] = {"stok_retries_total",
			"Transactions tried again after a deadlock."},
		[METRIC_LOST] = {"stok_connections_lost_total",
			"Transactions broken off because the database was away."},
		[METRIC_UNKNOWN] = {"stok_commits_looked_up_total",
			"Transactions whose COMMIT got no answer, so that it was looked up."},
	};

	for (int i = 0; i < METRIC_COUNT; i++) {
		uint64_t total = 0;

		for (int slot = 0; slot < SLOTS_MAX; slot++)
			total += metrics->file->slots[slot].counters[i];
		write_counter(text, words[i][0], words[i][1]);
		text_add(text, words[i][0]);
		write_value(text, total);
	}
	write_counter(text, "stok_answers_total", "Answers by outcome.");
	for (enum code code = 0; code < CODE_COUNT; code++) {
		uint64_t total = 0;

		for (int slot = 0; slot < SLOTS_MAX; slot++)
			total += metrics->file->slots[slot].answers[code];
		if (total == 0)
			continue;
		text_add(text, "stok_answers_total{outcome=\"");
		text_add(text, code_name(code));
		text_add(text, "\"}");
		write_value(text, total);
	}
}
