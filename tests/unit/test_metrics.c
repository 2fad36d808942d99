/* Counters of the pool: several processes add up, and totals outlive the process that counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "messages.h"
#include "metrics.h"
#include "number.h"

#define HANG_S	  120 /* a lock that nobody lets go would last for ever: end it */
#define SLOTS_MAX 64

static char directory[] = "/tmp/stok-test-metrics-XXXXXX";
static char path[sizeof(directory) + 16];
static struct text text;
static char memory[64 * 1024];

static int make_directory(void **state)
{
	(void)state;
	if (mkdtemp(directory) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/metrics", directory);
	text_init(&text, memory, sizeof(memory));
	return 0;
}

static int remove_directory(void **state)
{
	(void)state;
	return rmdir(directory);
}

static int remove_file(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

static struct metrics *opened(void)
{
	struct metrics *metrics = metrics_open(path);

	assert_non_null(metrics);
	return metrics;
}

static int64_t number_at(const char *digits)
{
	uint64_t number = 0;

	assert_true(number_read(digits, strcspn(digits, "\n"), &number));
	return (int64_t)number;
}

/* The value in the line of that name, labels included; -1: there is none. */
static int64_t total(const struct metrics *metrics, const char *name)
{
	size_t length = strlen(name);
	int64_t value = -1;

	text_clear(&text);
	metrics_write(metrics, &text);
	for (const char *at = text.bytes; *at != '\0'; at = strchr(at, '\n') + 1) {
		if (strncmp(at, name, length) == 0 && at[length] == ' ') {
			assert_int_equal(value, -1); /* once */
			value = number_at(at + length + 1);
		}
	}
	return value;
}

/* Runs the act in another process; true if it ended well. */
static bool elsewhere(bool (*act)(struct metrics *metrics))
{
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		struct metrics *metrics = metrics_open(path);
		bool good = metrics != NULL && act(metrics);

		metrics_close(metrics);
		_exit(good ? 0 : 1);
	}
	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 0;
}

static bool add_seven(struct metrics *metrics)
{
	metrics_add(metrics, METRIC_BATCHES, 7);
	metrics_count_answer(metrics, CODE_BUSY);
	return true;
}

static void process_alone_counts_without_a_file(void **state)
{
	struct metrics *metrics = metrics_open(NULL), *other = metrics_open(NULL);

	(void)state;
	assert_non_null(metrics);
	assert_non_null(other);
	assert_int_equal(total(metrics, "stok_batches_total"), 0);
	metrics_add(metrics, METRIC_BATCHES, 3);
	metrics_add(metrics, METRIC_BATCHES, 4);
	assert_int_equal(total(metrics, "stok_batches_total"), 7);
	assert_int_equal(total(other, "stok_batches_total"), 0);
	metrics_close(metrics);
	metrics_close(other);
	metrics_close(NULL);
}

static void every_counter_has_its_line(void **state)
{
	static const char *const names[METRIC_COUNT] = {
		[METRIC_BATCHES] = "stok_batches_total",
		[METRIC_COMMANDS] = "stok_commands_total",
		[METRIC_SWEPT] = "stok_swept_total",
		[METRIC_RETRIES] = "stok_retries_total",
		[METRIC_LOST] = "stok_connections_lost_total",
		[METRIC_UNKNOWN] = "stok_commits_looked_up_total",
	};
	struct metrics *metrics = opened();

	(void)state;
	for (int i = 0; i < METRIC_COUNT; i++) {
		assert_non_null(names[i]);
		metrics_add(metrics, (enum metric)i, (uint64_t)i + 5);
	}
	for (int i = 0; i < METRIC_COUNT; i++)
		assert_int_equal(total(metrics, names[i]), i + 5);
	metrics_close(metrics);
}

static void every_code_has_its_line(void **state)
{
	struct metrics *metrics = opened();
	char name[128];

	(void)state;
	for (enum code code = 0; code < CODE_COUNT; code++) {
		for (int i = 0; i <= (int)code; i++)
			metrics_count_answer(metrics, code);
	}
	for (enum code code = 0; code < CODE_COUNT; code++) {
		snprintf(name, sizeof(name), "stok_answers_total{outcome=\"%s\"}", code_name(code));
		assert_int_equal(total(metrics, name), (int)code + 1);
	}
	metrics_close(metrics);
}

/* Every line is a comment about a name, or a name (with labels) and a number. */
static void text_is_of_prometheus_format(void **state)
{
	struct metrics *metrics = opened();
	size_t lines = 0;

	(void)state;
	add_seven(metrics);
	text_clear(&text);
	metrics_write(metrics, &text);
	assert_int_equal(text.bytes[text.length - 1], '\n');
	for (char *line = text.bytes, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		const char *value;

		*end = '\0';
		value = strrchr(line, ' ');
		lines++;
		assert_non_null(value);
		if (strncmp(line, "# HELP stok_", 12) == 0)
			continue;
		if (strncmp(line, "# TYPE stok_", 12) == 0) {
			assert_string_equal(value, " counter");
			continue;
		}
		assert_memory_equal(line, "stok_", 5);
		assert_int_equal(strspn(value + 1, "0123456789"), strlen(value + 1));
	}
	assert_true(lines > 3 * METRIC_COUNT);
	metrics_close(metrics);
}

static void two_in_one_file_add_up(void **state)
{
	struct metrics *first = opened(), *second = opened();

	(void)state;
	metrics_add(first, METRIC_SWEPT, 3);
	metrics_add(second, METRIC_SWEPT, 4);
	assert_int_equal(total(first, "stok_swept_total"), 7);
	assert_int_equal(total(second, "stok_swept_total"), 7);
	metrics_close(first);
	assert_int_equal(total(second, "stok_swept_total"), 7);
	metrics_close(second);
}

static void counts_of_another_process_add_up(void **state)
{
	struct metrics *metrics = opened();

	(void)state;
	metrics_add(metrics, METRIC_BATCHES, 3);
	assert_true(elsewhere(add_seven));
	assert_int_equal(total(metrics, "stok_batches_total"), 10);
	assert_int_equal(total(metrics, "stok_answers_total{outcome=\"busy\"}"), 1);
	assert_true(elsewhere(add_seven));
	assert_int_equal(total(metrics, "stok_batches_total"), 17);
	metrics_close(metrics);
}

static bool sees_ten_and_adds_seven(struct metrics *metrics)
{
	return total(metrics, "stok_batches_total") == 10 && add_seven(metrics);
}

static void totals_outlive_all_processes(void **state)
{
	struct metrics *metrics = opened();

	(void)state;
	metrics_add(metrics, METRIC_BATCHES, 10);
	metrics_close(metrics);
	assert_true(elsewhere(sees_ten_and_adds_seven));
	metrics = opened();
	assert_int_equal(total(metrics, "stok_batches_total"), 17);
	metrics_close(metrics);
}

static bool add_seven_and_be_killed(struct metrics *metrics)
{
	add_seven(metrics);
	kill(getpid(), SIGKILL);
	return false;
}

/* More deaths than there are slots: a dead process' slot is free, and its counts remain. */
static void counts_of_killed_processes_remain(void **state)
{
	struct metrics *metrics = opened();

	(void)state;
	for (int i = 0; i < SLOTS_MAX + 6; i++)
		assert_false(elsewhere(add_seven_and_be_killed));
	assert_int_equal(total(metrics, "stok_batches_total"), 7 * (SLOTS_MAX + 6));
	assert_true(elsewhere(add_seven));
	assert_int_equal(total(metrics, "stok_batches_total"), 7 * (SLOTS_MAX + 7));
	metrics_close(metrics);
}

static void crowd_beyond_the_slots_is_refused(void **state)
{
	struct metrics *crowd[SLOTS_MAX];

	(void)state;
	for (int i = 0; i < SLOTS_MAX; i++) {
		crowd[i] = opened();
		metrics_add(crowd[i], METRIC_BATCHES, 1);
	}
	errno = 0;
	assert_null(metrics_open(path));
	assert_int_not_equal(errno, 0);
	assert_int_equal(total(crowd[0], "stok_batches_total"), SLOTS_MAX);
	metrics_close(crowd[5]);
	crowd[5] = opened(); /* nor did the refused one keep a lock */
	metrics_add(crowd[5], METRIC_BATCHES, 1);
	assert_int_equal(total(crowd[0], "stok_batches_total"), SLOTS_MAX + 1);
	for (int i = 0; i < SLOTS_MAX; i++)
		metrics_close(crowd[i]);
}

static void file_of_another_version_is_begun_anew(void **state)
{
	FILE *file = fopen(path, "w");
	struct metrics *metrics;

	(void)state;
	assert_non_null(file);
	for (int i = 0; i < 100000; i++)
		fputc('7', file);
	assert_int_equal(fclose(file), 0);
	metrics = opened();
	assert_int_equal(total(metrics, "stok_batches_total"), 0);
	add_seven(metrics);
	assert_int_equal(total(metrics, "stok_batches_total"), 7);
	metrics_close(metrics);
}

static void missing_directory_is_an_error(void **state)
{
	(void)state;
	errno = 0;
	assert_null(metrics_open("/tmp/stok-test-no-such-directory/metrics"));
	assert_int_equal(errno, ENOENT);
	assert_null(metrics_open(directory));
	assert_int_equal(errno, EISDIR);
}

#define ADDS 20000

static void *add_many(void *context)
{
	for (int i = 0; i < ADDS; i++) {
		metrics_add(context, METRIC_COMMANDS, 2);
		metrics_count_answer(context, CODE_RESERVED);
	}
	return NULL;
}

static void threads_lose_no_count(void **state)
{
	struct metrics *metrics = opened();
	pthread_t threads[3];

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, add_many, metrics), 0);
	assert_in_range(total(metrics, "stok_commands_total"), 0, 6 * ADDS); /* while they count */
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(total(metrics, "stok_commands_total"), 6 * ADDS);
	assert_int_equal(total(metrics, "stok_answers_total{outcome=\"reserved\"}"), 3 * ADDS);
	metrics_close(metrics);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(process_alone_counts_without_a_file, remove_file),
		cmocka_unit_test_teardown(every_counter_has_its_line, remove_file),
		cmocka_unit_test_teardown(every_code_has_its_line, remove_file),
		cmocka_unit_test_teardown(text_is_of_prometheus_format, remove_file),
		cmocka_unit_test_teardown(two_in_one_file_add_up, remove_file),
		cmocka_unit_test_teardown(counts_of_another_process_add_up, remove_file),
		cmocka_unit_test_teardown(totals_outlive_all_processes, remove_file),
		cmocka_unit_test_teardown(counts_of_killed_processes_remain, remove_file),
		cmocka_unit_test_teardown(crowd_beyond_the_slots_is_refused, remove_file),
		cmocka_unit_test_teardown(file_of_another_version_is_begun_anew, remove_file),
		cmocka_unit_test_teardown(missing_directory_is_an_error, remove_file),
		cmocka_unit_test_teardown(threads_lose_no_count, remove_file),
	};

	alarm(HANG_S);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("metrics", tests, make_directory, remove_directory);
}
