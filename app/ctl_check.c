#include "ctl_check.h"

#include <stdlib.h>
#include <string.h>

#include "ctl_invariant.h"
#include "ctl_sql.h"
#include "row.h"

#define BOOKS_MAX     500 /* of one read */
#define STRANGERS_MAX TABLE_ROWS_MAX

struct books {
	uint32_t count;
	struct book list[BOOKS_MAX];
};

struct stranger {
	uint64_t id;
	bool no_status; /* else it has no variant */
};

struct strangers {
	uint32_t count;
	struct stranger list[STRANGERS_MAX];
};

struct check {
	struct repair *repair;
	uint64_t variants;
	uint64_t holds;
	uint64_t last_variant;
	uint64_t last_hold;
	struct books books;
	struct strangers strangers;
};

/* variants */

static void read_book(void *context, char **columns)
{
	struct books *books = context;
	struct book *book = &books->list[books->count++];

	book->id = row_unsigned(columns[BOOK_ID]);
	book->stock = row_signed(columns[BOOK_STOCK]);
	book->reserved = row_signed(columns[BOOK_RESERVED]);
	book->sum = row_signed(columns[BOOK_SUM]);
}

static void report_book(struct check *check, const struct book *book)
{
	struct finding finding = {.variant = book->id};

	if (book->reserved != book->sum) {
		finding.kind = FINDING_RESERVED_WRONG;
		finding_say(&finding, "reserved is %lld, its ACTIVE holds are %lld",
			(long long)book->reserved, (long long)book->sum);
		report_finding(check->repair->report, &finding);
	}
	if (book->sum > book->stock) {
		finding.kind = FINDING_RESERVED_ABOVE_STOCK;
		finding_say(&finding, "%lld units are held, %lld are in stock",
			(long long)book->sum, (long long)book->stock);
		report_finding(check->repair->report, &finding);
	}
}

static bool is_suspicious(const struct book *book)
{
	return book->reserved != book->sum || book->sum > book->stock;
}

/* What looks wrong is looked at once more, while nobody can change it. */
static bool check_book(struct check *check, const struct book *seen)
{
	struct book book;

	check->variants++;
	if (!is_suspicious(seen))
		return true;
	if (!repair_look_at_book(check->repair->table, seen->id, false, &book))
		return false;
	if (!book.found || !is_suspicious(&book))
		return true;
	report_book(check, &book);
	return repair_book(check->repair, &book);
}

static bool check_books(struct check *check)
{
	struct table *table = check->repair->table;
	struct progress *progress = check->repair->report->progress;
	uint64_t after = 0;

	progress_begin(progress, "checking variants", "variants");
	do {
		check->books.count = 0;
		ctl_sql_books_after(&table->statement, after, BOOKS_MAX);
		if (!table_read(table, read_book, &check->books))
			return false;
		for (uint32_t i = 0; i < check->books.count; i++) {
			after = check->books.list[i].id;
			if (!check_book(check, &check->books.list[i]))
				return false;
		}
		progress_show(progress, after, check->last_variant, check->variants);
	} while (check->books.count == BOOKS_MAX);
	return true;
}

/* holds */

static void ignore_finding(void *context, const struct finding *finding)
{
	(void)context;
	(void)finding;
}

/* Of such a row nothing else can be said. */
static bool has_no_status(const struct check *check, uint64_t id)
{
	for (uint32_t i = 0; i < check->strangers.count; i++) {
		if (check->strangers.list[i].id == id)
			return check->strangers.list[i].no_status;
	}
	return false;
}

static bool check_hold(struct check *check, const struct hold *seen, int64_t now_ms)
{
	struct repair *repair = check->repair;
	struct hold hold;
	bool found;

	check->holds++;
	if (invariant_judge(seen, now_ms, ignore_finding, NULL) == 0 ||
		has_no_status(check, seen->id))
		return true;
	if (!repair_look_at_hold(
		    repair->table, seen->variant_id, seen->id, false, &hold, &found, &now_ms))
		return false;
	if (!found || invariant_judge(&hold, now_ms, report_finding, repair->report) == 0)
		return true;
	return repair_hold(repair, &hold, now_ms);
}

static void read_stranger(void *context, char **columns)
{
	struct strangers *strangers = context;

	if (strangers->count == STRANGERS_MAX)
		return;
	strangers->list[strangers->count++] =
		(struct stranger){row_unsigned(columns[0]), row_unsigned(columns[1]) == 0};
}

/* Neither comes to be, or goes, while requests are served: no second look is needed. */
static bool check_strangers(struct check *check, uint64_t after, uint64_t last)
{
	struct table *table = check->repair->table;

	check->strangers.count = 0;
	ctl_sql_strangers(&table->statement, after, last);
	if (!table_read(table, read_stranger, &check->strangers))
		return false;
	for (uint32_t i = 0; i < check->strangers.count; i++) {
		const struct stranger *stranger = &check->strangers.list[i];
		struct finding finding = {.hold = stranger->id};

		finding.kind = stranger->no_status ? FINDING_STATUS_INVALID : FINDING_NO_VARIANT;
		finding_say(&finding, "%s",
			stranger->no_status ? "its status is none of the three"
					    : "its variant does not exist");
		report_finding(check->repair->report, &finding);
	}
	return true;
}

static bool check_range(struct check *check, const struct hold *holds, uint32_t count)
{
	uint64_t before = holds[0].id - 1, last = holds[count - 1].id;
	int64_t now_ms;

	if (!table_now(check->repair->table, &now_ms) || !check_strangers(check, before, last))
		return false;
	for (uint32_t i = 0; i < count; i++) {
		if (!check_hold(check, &holds[i], now_ms))
			return false;
	}
	return true;
}

static bool check_holds(struct check *check)
{
	struct table *table = check->repair->table;
	struct progress *progress = check->repair->report->progress;
	const struct hold *holds;
	uint32_t count;

	progress_begin(progress, "checking holds", "holds");
	while ((holds = table_next_range(table, &count)) != NULL) {
		if (!check_range(check, holds, count))
			return false;
		progress_show(progress, table->after, check->last_hold, check->holds);
	}
	return !table->failed;
}

static void tell_sums(const struct check *check)
{
	const struct sum sums[] = {{"variants", "variants", check->variants},
		{"holds", "holds", check->holds},
		{"repaired", "changes made", check->repair->made}};

	report_sums(check->repair->report, sums, sizeof(sums) / sizeof(sums[0]));
}

bool check_run(struct repair *repair)
{
	struct check *check = calloc(1, sizeof(*check));
	bool good;

	if (check == NULL)
		return false;
	check->repair = repair;
	good = table_last_ids(repair->table, &check->last_hold, &check->last_variant) &&
	       check_books(check) && check_holds(check);
	if (good)
		tell_sums(check);
	free(check);
	return good;
}
