#include "ctl_archive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl_archive_file.h"
#include "ctl_invariant.h"
#include "ctl_sql.h"
#include "row.h"
#include "sql.h"

#define TRIES_MAX 20

struct archive {
	struct table *table;
	struct report *report;
	int64_t before_ms;
	uint64_t last_hold;
	uint64_t after; /* ids up to this one are done with */
	uint64_t moved;
	struct archive_file file;
	struct archive_tail tail;
	uint32_t id_count;
	uint64_t ids[PORTION_MAX];
	uint32_t row_count;
	struct hold rows[PORTION_MAX]; /* locked */
};

static void read_id(void *context, char **columns)
{
	struct archive *archive = context;

	archive->ids[archive->id_count++] = row_unsigned(columns[0]);
}

static void read_locked(void *context, char **columns)
{
	struct archive *archive = context;
	struct hold *hold = &archive->rows[archive->row_count++];

	memset(hold, 0, sizeof(*hold));
	row_hold(hold, columns);
}

/* Locks and reads the rows of archive->ids that are there. False: not to be had. */
static bool lock_rows(struct archive *archive)
{
	for (int tries = 0; tries < TRIES_MAX; tries++) {
		enum store_status status = connection_open(archive->table->connection);

		archive->row_count = 0;
		ctl_sql_lock_closed(&archive->table->statement, archive->ids, archive->id_count);
		if (status == STORE_OK)
			status = table_try(archive->table, read_locked, archive);
		if (status == STORE_OK)
			return true;
		if (status == STORE_FAILED)
			break;
		table_pause();
	}
	fputs("stokctl: the rows to be archived cannot be locked\n", stderr);
	return false;
}

/* resuming */

static const struct hold *find_row(const struct archive *archive, uint64_t id)
{
	for (uint32_t i = 0; i < archive->row_count; i++) {
		if (archive->rows[i].id == id)
			return &archive->rows[i];
	}
	return NULL;
}

/* What never changes of a hold. */
static bool is_same_hold(const struct hold *a, const struct hold *b)
{
	return a->variant_id == b->variant_id && a->quantity == b->quantity &&
	       a->created_at_ms == b->created_at_ms &&
	       strcmp(a->created_request_id, b->created_request_id) == 0;
}

/* The first of the file's last holds that is in the table, too; count: none is. */
static bool find_first_left(const struct archive *archive, uint32_t *first)
{
	const struct archive_tail *tail = &archive->tail;
	bool left = false;

	*first = tail->count;
	for (uint32_t i = 0; i < tail->count; i++) {
		const struct hold *row = find_row(archive, tail->holds[i].id);

		if ((row == NULL && left) || (row != NULL && !is_same_hold(row, &tail->holds[i]))) {
			fprintf(stderr,
				"stokctl: %s is not an archive of this table: see hold %llu\n",
				archive->file.path, (unsigned long long)tail->holds[i].id);
			return false;
		}
		if (row != NULL && !left)
			*first = i;
		left = row != NULL;
	}
	return true;
}

/*
 * A portion is deleted as a whole, after it was written. Killed in between, it stands in both
 * places: then it is taken off the file. Whoever has the locks knows that no earlier COMMIT is
 * still on its way.
 */
static bool resume(struct archive *archive)
{
	struct archive_tail *tail = &archive->tail;
	uint32_t first;
	bool good;

	if (!archive_file_read_tail(&archive->file, tail))
		return false;
	if (tail->count == 0)
		return true;
	archive->id_count = tail->count;
	for (uint32_t i = 0; i < tail->count; i++)
		archive->ids[i] = tail->holds[i].id;
	if (!lock_rows(archive))
		return false;
	good = find_first_left(archive, &first) &&
	       (first == tail->count ||
		       archive_file_truncate(&archive->file, tail->offsets[first]));
	connection_rollback(archive->table->connection);
	return good;
}

/* moving */

static void ignore_finding(void *context, const struct finding *finding)
{
	(void)context;
	(void)finding;
}

/* Only what a line of the file can tell without loss is moved. */
static bool is_movable(struct archive *archive, const struct hold *hold)
{
	struct finding finding = {
		.kind = FINDING_NOT_ARCHIVED, .hold = hold->id, .variant = hold->variant_id};

	if (hold->status == HOLD_ACTIVE || hold->closed_at_ms >= archive->before_ms)
		return false; /* sold late, since it was looked for */
	if (invariant_judge(hold, 0, ignore_finding, NULL) == 0)
		return true;
	finding_say(&finding, "its row is not sound, and stays: see stokctl check");
	report_finding(archive->report, &finding);
	return false;
}

static void choose_rows(struct archive *archive)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < archive->row_count; i++) {
		if (is_movable(archive, &archive->rows[i]))
			archive->rows[kept++] = archive->rows[i];
	}
	archive->row_count = kept;
	archive->id_count = kept;
	for (uint32_t i = 0; i < kept; i++)
		archive->ids[i] = archive->rows[i].id;
}

/* After this a portion is either in the file or in the table; `last` is its last id. */
static bool delete_rows(struct archive *archive, uint64_t last)
{
	uint32_t count = archive->id_count;
	int64_t length = archive->file.length;
	enum store_status status;

	ctl_sql_delete(&archive->table->statement, archive->ids, count);
	status = table_commit(archive->table);
	if (status == STORE_OK) {
		archive->moved += count;
		archive->after = last;
		return true;
	}
	if (status == STORE_FAILED) {
		fputs("stokctl: the rows cannot be deleted; the next run takes them off the file\n",
			stderr);
		return false;
	}
	/* Done or not: what is still in the table goes off the file, and is tried again. */
	if (!resume(archive))
		return false;
	archive->moved += archive->file.length == length ? count : 0;
	return true;
}

static bool move_portion(struct archive *archive)
{
	uint64_t last = archive->ids[archive->id_count - 1];

	if (!lock_rows(archive))
		return false;
	choose_rows(archive);
	if (archive->row_count == 0) {
		connection_rollback(archive->table->connection);
		archive->after = last;
		return true;
	}
	if (!archive_file_add(&archive->file, archive->rows, archive->row_count)) {
		connection_rollback(archive->table->connection);
		return false;
	}
	return delete_rows(archive, last);
}

static bool find_portion(struct archive *archive)
{
	archive->id_count = 0;
	ctl_sql_closed_after(
		&archive->table->statement, archive->after, archive->before_ms, PORTION_MAX);
	return table_read(archive->table, read_id, archive);
}

static bool move_all(struct archive *archive)
{
	struct progress *progress = archive->report->progress;
	uint64_t variant;

	if (!table_last_ids(archive->table, &archive->last_hold, &variant))
		return false;
	progress_begin(progress, "archiving", "holds");
	for (;;) {
		if (!find_portion(archive))
			return false;
		if (archive->id_count == 0)
			return true;
		if (!move_portion(archive))
			return false;
		progress_show(progress, archive->after, archive->last_hold, archive->moved);
	}
}

bool archive_run(struct table *table, struct report *report, const char *path, int64_t before_ms)
{
	struct archive *archive = calloc(1, sizeof(*archive));
	bool good;

	if (archive == NULL)
		return false;
	archive->table = table;
	archive->report = report;
	archive->before_ms = before_ms;
	good = archive_file_open(&archive->file, path) && resume(archive) && move_all(archive);
	if (good) {
		const struct sum sum = {"moved", "holds moved", archive->moved};

		report_sums(report, &sum, 1);
	}
	archive_file_close(&archive->file);
	free(archive);
	return good;
}
