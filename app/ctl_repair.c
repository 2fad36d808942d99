#include "ctl_repair.h"

#include <stdio.h>
#include <string.h>

#include "ctl_invariant.h"
#include "ctl_sql.h"
#include "row.h"
#include "sql.h"

/* A lock is waited for a second at a time. */
#define TRIES_MAX 20

static void ignore_row(void *context, char **columns)
{
	(void)context;
	(void)columns;
}

static void read_book(void *context, char **columns)
{
	struct book *book = context;

	book->id = row_unsigned(columns[BOOK_ID]);
	book->stock = row_signed(columns[BOOK_STOCK]);
	book->reserved = row_signed(columns[BOOK_RESERVED]);
	book->sum = row_signed(columns[BOOK_SUM]);
	book->found = true;
}

struct hold_reading {
	struct hold *hold;
	bool found;
	int64_t now_ms;
};

static void read_hold(void *context, char **columns)
{
	struct hold_reading *reading = context;

	row_hold(reading->hold, columns);
	reading->now_ms = row_signed(columns[HOLD_NOW]);
	reading->found = true;
}

/* One try is worth another. False: it is not. */
static bool is_worth_waiting(enum store_status status, int tries)
{
	if (status != STORE_FAILED && tries < TRIES_MAX) {
		table_pause();
		return true;
	}
	fputs("stokctl: a row stays locked, or the database cannot be read\n", stderr);
	return false;
}

static enum store_status lock_variant(struct table *table, uint64_t variant, bool to_write)
{
	enum store_status status = connection_open(table->connection);

	if (status != STORE_OK)
		return status;
	ctl_sql_lock_variant(&table->statement, variant, to_write);
	return table_try(table, ignore_row, NULL);
}

static enum store_status try_book(
	struct table *table, uint64_t variant, bool to_write, struct book *book)
{
	enum store_status status = lock_variant(table, variant, to_write);

	if (status != STORE_OK)
		return status;
	ctl_sql_book(&table->statement, variant);
	status = table_try(table, read_book, book);
	if (status == STORE_OK && !to_write)
		connection_rollback(table->connection);
	return status;
}

bool repair_look_at_book(struct table *table, uint64_t variant, bool to_write, struct book *book)
{
	for (int tries = 1;; tries++) {
		enum store_status status;

		*book = (struct book){.id = variant};
		status = try_book(table, variant, to_write, book);
		if (status == STORE_OK)
			return true;
		if (!is_worth_waiting(status, tries))
			return false;
	}
}

/* Variant first, then the hold: the order of everybody. */
static enum store_status try_hold(struct table *table, uint64_t variant, uint64_t id, bool to_write,
	struct hold_reading *reading)
{
	enum store_status status = lock_variant(table, variant, to_write);

	if (status != STORE_OK)
		return status;
	ctl_sql_lock_hold(&table->statement, id, to_write);
	status = table_try(table, ignore_row, NULL);
	if (status != STORE_OK)
		return status;
	ctl_sql_hold(&table->statement, id);
	status = table_try(table, read_hold, reading);
	if (status == STORE_OK && !to_write)
		connection_rollback(table->connection);
	return status;
}

bool repair_look_at_hold(struct table *table, uint64_t variant, uint64_t id, bool to_write,
	struct hold *hold, bool *found, int64_t *now_ms)
{
	for (int tries = 1;; tries++) {
		struct hold_reading reading = {.hold = hold};
		enum store_status status;

		memset(hold, 0, sizeof(*hold));
		status = try_hold(table, variant, id, to_write, &reading);
		if (status == STORE_OK) {
			*found = reading.found;
			*now_ms = reading.now_ms;
			return true;
		}
		if (!is_worth_waiting(status, tries))
			return false;
	}
}

/* No lock is held while a person thinks. */
static bool agrees(struct repair *repair)
{
	char answer[16];

	if (repair->yes)
		return true;
	fputs("Make this change? [y]es, [n]o, [a]ll, [q]uit: ", stderr);
	if (fgets(answer, sizeof(answer), stdin) == NULL)
		answer[0] = 'q';
	repair->yes = answer[0] == 'a';
	repair->quit = answer[0] == 'q';
	return answer[0] == 'y' || repair->yes;
}

/*
 * The statement is written. After STORE_UNKNOWN the next look tells what has become of it, for a
 * change that is made is no longer wanted.
 */
static bool commit(struct repair *repair, bool *done)
{
	enum store_status status = table_commit(repair->table);

	*done = status == STORE_OK;
	if (*done) {
		repair->made++;
		return true;
	}
	if (status != STORE_FAILED)
		return true;
	fputs("stokctl: the change was refused by the database\n", stderr);
	return false;
}

static bool is_same_book(const struct book *a, const struct book *b)
{
	return a->found == b->found && a->reserved - a->sum == b->reserved - b->sum;
}

bool repair_book(struct repair *repair, const struct book *book)
{
	struct book now;
	bool done = false;

	if (!repair->on || repair->quit || book->reserved == book->sum)
		return true;
	report_note(repair->report, "variant %llu: reserved %lld becomes %lld",
		(unsigned long long)book->id, (long long)book->reserved, (long long)book->sum);
	if (!agrees(repair))
		return true;
	for (int tries = 0; !done && tries < TRIES_MAX; tries++) {
		if (!repair_look_at_book(repair->table, book->id, true, &now))
			return false;
		if (!is_same_book(&now, book)) {
			connection_rollback(repair->table->connection);
			return true;
		}
		ctl_sql_move_reserved(&repair->table->statement, book->id, now.sum - now.reserved);
		if (!commit(repair, &done))
			return false;
	}
	return done;
}

static void show_fix(struct repair *repair, const struct hold *hold, const struct fix *fix)
{
	static const char *const words[] = {
		[FIX_NONE] = "",
		[FIX_EXPIRY] = "expiresAt becomes",
		[FIX_CLOSED_AT] = "closedAt becomes",
		[FIX_OPERATOR] = "cancelReason becomes OPERATOR, closedAt",
	};
	char memory[32];
	struct text time;

	text_init(&time, memory, sizeof(memory));
	text_add_time(&time, fix->time_ms);
	report_note(repair->report, "hold %llu: %s %s", (unsigned long long)hold->id,
		words[fix->kind], time.bytes);
}

static void write_fix(struct text *statement, const struct hold *hold, const struct fix *fix)
{
	if (fix->kind == FIX_EXPIRY)
		ctl_sql_end_by(statement, hold, fix->time_ms);
	else
		ctl_sql_complete_end(statement, hold, fix->time_ms, fix->kind == FIX_OPERATOR);
}

static bool make_fix(struct repair *repair, const struct hold *hold, const struct fix *fix)
{
	bool done = false, found;
	struct hold now;
	int64_t now_ms;

	for (int tries = 0; !done && tries < TRIES_MAX; tries++) {
		struct fix again;

		if (!repair_look_at_hold(
			    repair->table, hold->variant_id, hold->id, true, &now, &found, &now_ms))
			return false;
		again = invariant_fix(&now, now_ms);
		if (!found || !fix_is_same(&again, fix)) {
			connection_rollback(repair->table->connection);
			return true;
		}
		write_fix(&repair->table->statement, &now, fix);
		if (!commit(repair, &done))
			return false;
	}
	return done;
}

bool repair_hold(struct repair *repair, const struct hold *hold, int64_t now_ms)
{
	struct fix fix = invariant_fix(hold, now_ms);

	if (!repair->on || repair->quit || fix.kind == FIX_NONE)
		return true;
	show_fix(repair, hold, &fix);
	return !agrees(repair) || make_fix(repair, hold, &fix);
}
