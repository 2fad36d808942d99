/* More records than memory come out in order; lines of files, plain and compressed, come out whole.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "ctl_log.h"
#include "ctl_sorter.h"

struct record {
	uint64_t key;
	uint64_t number;
};

static int compare(const void *a, const void *b)
{
	const struct record *left = a, *right = b;

	if (left->key != right->key)
		return left->key < right->key ? -1 : 1;
	return left->number < right->number ? -1 : left->number > right->number;
}

/* Sorts so many records in memory for so many, and looks at each that comes out. */
static void sort(uint64_t count, size_t in_memory)
{
	struct sorter *sorter =
		sorter_new(sizeof(struct record), in_memory * sizeof(struct record), compare);
	uint64_t seed = 1, sum = 0, seen = 0, before = 0;
	const struct record *record;

	assert_non_null(sorter);
	for (uint64_t i = 0; i < count; i++) {
		struct record next = {.number = i};

		seed = seed * 6364136223846793005U + 1442695040888963407U;
		next.key = seed >> 54; /* many are equal */
		sum += next.key ^ i;
		assert_true(sorter_add(sorter, &next));
	}
	assert_true(sorter_end(sorter));
	while ((record = sorter_next(sorter)) != NULL) {
		assert_true(record->key >= before);
		before = record->key;
		sum -= record->key ^ record->number;
		seen++;
	}
	assert_false(sorter_has_failed(sorter));
	assert_int_equal(seen, count);
	assert_int_equal(sum, 0);
	assert_null(sorter_next(sorter));
	sorter_free(sorter);
}

static void records_come_in_order(void **state)
{
	(void)state;
	sort(0, 16);
	sort(1, 16);
	sort(16, 16);
	sort(17, 16);
	sort(33, 16);
	sort(1000, 100);
	sort(100000, 1000);
	sort(100000, 200000);
}

/* Each run needs room for one record: 16 runs of 16 are the most that 16 records' memory merges. */
static void too_many_runs_are_told(void **state)
{
	struct sorter *sorter =
		sorter_new(sizeof(struct record), 16 * sizeof(struct record), compare);
	struct record record = {0};

	(void)state;
	for (int i = 0; i < 17 * 16; i++)
		assert_true(sorter_add(sorter, &record));
	assert_false(sorter_end(sorter));
	sorter_free(sorter);
	sort(16 * 16, 16);
}

static void folder_that_is_missing_is_told(void **state)
{
	struct sorter *sorter =
		sorter_new(sizeof(struct record), 16 * sizeof(struct record), compare);
	struct record record = {0};
	bool good = true;

	(void)state;
	setenv("TMPDIR", "/nowhere/at/all", 1);
	for (int i = 0; i < 17; i++)
		good = good && sorter_add(sorter, &record);
	unsetenv("TMPDIR");
	assert_false(good);
	sorter_free(sorter);
}

/* logs */

static char folder[] = "/tmp/stok-test-log-XXXXXX";
static char plain[sizeof(folder) + 16], packed[sizeof(folder) + 16];

static int make_folder(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(plain, sizeof(plain), "%s/plain", folder);
	snprintf(packed, sizeof(packed), "%s/packed.gz", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(plain);
	unlink(packed);
	return rmdir(folder);
}

static void write_plain(const char *text, size_t length)
{
	FILE *file = fopen(plain, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, length, file), length);
	fclose(file);
}

static void write_packed(const char *text)
{
	gzFile file = gzopen(packed, "w");

	assert_non_null(file);
	assert_int_equal(gzwrite(file, text, (unsigned int)strlen(text)), strlen(text));
	assert_int_equal(gzclose(file), Z_OK);
}

static void expect_line(
	struct log_reader *reader, const char *expected, uint32_t file, uint32_t number)
{
	size_t length;
	const char *line = log_reader_next(reader, &length);

	assert_non_null(line);
	assert_int_equal(length, strlen(expected));
	assert_memory_equal(line, expected, length);
	assert_int_equal(log_reader_place(reader).file, file);
	assert_int_equal(log_reader_place(reader).line, number);
}

static void files_follow_one_another(void **state)
{
	char *paths[] = {plain, packed, plain};
	struct log_reader *reader;
	size_t length;

	(void)state;
	write_plain("one\n\ntwo", 8);
	write_packed("three\nfour\n");
	reader = log_reader_new(paths, 3);
	expect_line(reader, "one", 0, 1);
	expect_line(reader, "", 0, 2);
	expect_line(reader, "two", 0, 3);
	expect_line(reader, "three", 1, 1);
	expect_line(reader, "four", 1, 2);
	expect_line(reader, "one", 2, 1);
	expect_line(reader, "", 2, 2);
	expect_line(reader, "two", 2, 3);
	assert_null(log_reader_next(reader, &length));
	assert_null(log_reader_failure(reader));
	assert_int_equal(log_reader_done(reader), log_reader_total(reader));
	log_reader_free(reader);
}

static void lines_cross_buffers(void **state)
{
	size_t size = 3 * 1024 * 1024, length, count = 0, begin = 0;
	char *text = malloc(size), *paths[] = {plain};
	struct log_reader *reader;
	const char *line;

	(void)state;
	memset(text, 'x', size);
	for (size_t at = 99; at < size; at += 997)
		text[at] = '\n';
	write_plain(text, size);
	reader = log_reader_new(paths, 1);
	while ((line = log_reader_next(reader, &length)) != NULL) {
		assert_int_equal(length, count == 0 ? 99 : begin + 996 < size ? 996 : size - begin);
		begin += length + 1;
		count++;
	}
	assert_int_equal(count, (size - 99 + 996) / 997 + 1);
	log_reader_free(reader);
	free(text);
}

static void line_that_is_too_long_is_cut(void **state)
{
	size_t size = 5 * 1024 * 1024, length;
	char *text = malloc(size), *paths[] = {plain};
	struct log_reader *reader;

	(void)state;
	memset(text, 'x', size);
	memcpy(text, "first\n", 6);
	memcpy(text + size - 6, "\nlast\n", 6);
	write_plain(text, size);
	reader = log_reader_new(paths, 1);
	expect_line(reader, "first", 0, 1);
	assert_non_null(log_reader_next(reader, &length));
	assert_int_equal(length, 256 * 1024);
	expect_line(reader, "last", 0, 3);
	assert_null(log_reader_next(reader, &length));
	log_reader_free(reader);
	free(text);
}

static void what_cannot_be_read_is_told(void **state)
{
	static char nowhere[] = "/nowhere/log";
	char *missing[] = {nowhere}, *half[] = {packed};
	struct log_reader *reader = log_reader_new(missing, 1);
	size_t length;

	(void)state;
	assert_null(log_reader_next(reader, &length));
	assert_non_null(strstr(log_reader_failure(reader), "/nowhere/log"));
	log_reader_free(reader);
	write_packed("some\nlines\nthat\nare\ncut\noff\n");
	assert_int_equal(truncate(packed, 25), 0);
	reader = log_reader_new(half, 1);
	while (log_reader_next(reader, &length) != NULL)
		;
	assert_non_null(log_reader_failure(reader));
	log_reader_free(reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_in_order),
		cmocka_unit_test(too_many_runs_are_told),
		cmocka_unit_test(folder_that_is_missing_is_told),
		cmocka_unit_test(files_follow_one_another),
		cmocka_unit_test(lines_cross_buffers),
		cmocka_unit_test(line_that_is_too_long_is_cut),
		cmocka_unit_test(what_cannot_be_read_is_told),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("ctl_sorter", tests, make_folder, remove_folder);
}
