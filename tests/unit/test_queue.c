/* Jobs, lent and handed over: bounds, order, and threads that wait, are woken, and end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "aborts.h"
#include "pool.h"
#include "queue.h"

#define HANG_S	  120 /* a lost wake-up would last for ever: end it */
#define JOBS	  256
#define WAITING	  64
#define ALL_LINES 1000000

static struct pool *pool;
static struct queue *queue;

static int begin(void **state)
{
	(void)state;
	pool = pool_new(JOBS);
	queue = queue_new(WAITING);
	return pool != NULL && queue != NULL ? 0 : -1;
}

static int finish(void **state)
{
	(void)state;
	queue_free(queue);
	pool_free(pool);
	queue = NULL;
	pool = NULL;
	return 0;
}

static struct job *borrowed(uint32_t lines)
{
	struct job *job = pool_borrow(pool);

	assert_non_null(job);
	job->command.line_count = lines;
	return job;
}

static struct job *pushed(uint32_t lines)
{
	struct job *job = borrowed(lines);

	assert_true(queue_push(queue, job));
	return job;
}

/* In nobody's hands by then: what waits while some are is test_queue_claims.c's. */
static uint32_t taken(struct job **jobs, uint32_t jobs_max, uint32_t lines_max)
{
	uint32_t count = queue_take(queue, jobs, jobs_max, lines_max, false);

	queue_release(queue, jobs, count);
	return count;
}

static uint32_t taken_at_last(struct job **jobs, uint32_t jobs_max)
{
	uint32_t count = queue_take(queue, jobs, jobs_max, ALL_LINES, true);

	queue_release(queue, jobs, count);
	return count;
}

/* free jobs */

static void every_job_is_lent_once(void **state)
{
	struct job *jobs[JOBS];

	(void)state;
	for (int i = 0; i < JOBS; i++) {
		jobs[i] = pool_borrow(pool);
		assert_non_null(jobs[i]);
		for (int k = 0; k < i; k++)
			assert_ptr_not_equal(jobs[i], jobs[k]);
	}
	assert_null(pool_borrow(pool));
	pool_give_back(pool, jobs[7]);
	assert_ptr_equal(pool_borrow(pool), jobs[7]);
	assert_null(pool_borrow(pool));
}

/* The memory that was used last is the warmest; what was never used is not touched. */
static void job_used_last_is_lent_first(void **state)
{
	struct job *first = pool_borrow(pool), *second = pool_borrow(pool);

	(void)state;
	pool_give_back(pool, first);
	pool_give_back(pool, second);
	assert_ptr_equal(pool_borrow(pool), second);
	assert_ptr_equal(pool_borrow(pool), first);
	for (int i = 0; i < 10 * JOBS; i++) {
		assert_true(queue_push(queue, first));
		assert_int_equal(taken(&first, 1, ALL_LINES), 1);
		pool_give_back(pool, first);
		assert_ptr_equal(pool_borrow(pool), first);
	}
}

/* order and bounds */

static void first_in_is_first_out(void **state)
{
	struct job *in[5], *out[5];

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 5; i++)
			in[i] = pushed(1);
		assert_int_equal(taken(out, 2, ALL_LINES), 2);
		assert_int_equal(taken(out + 2, 5, ALL_LINES), 3);
		for (int i = 0; i < 5; i++) {
			assert_ptr_equal(in[i], out[i]);
			pool_give_back(pool, in[i]);
		}
		assert_int_equal(taken(out, 5, ALL_LINES), 0);
	}
}

static void full_queue_takes_no_more(void **state)
{
	struct job *out[JOBS], *refused = borrowed(1);

	(void)state;
	for (int i = 0; i < WAITING; i++)
		pushed(1);
	assert_false(queue_push(queue, refused));
	assert_int_equal(taken(out, 1, ALL_LINES), 1);
	assert_true(queue_push(queue, refused));
	assert_int_equal(taken(out, JOBS, ALL_LINES), WAITING);
	assert_ptr_equal(out[WAITING - 1], refused);
}

static void jobs_taken_have_a_bound(void **state)
{
	struct job *out[WAITING];

	(void)state;
	for (int i = 0; i < WAITING; i++)
		pushed(1);
	assert_int_equal(taken(out, 3, ALL_LINES), 3);
	assert_int_equal(taken(out, 0, ALL_LINES), 0);
	assert_int_equal(taken(out, 100, ALL_LINES), WAITING - 3);
}

static void lines_taken_have_a_bound(void **state)
{
	struct job *out[WAITING];

	(void)state;
	pushed(4);
	pushed(6);
	pushed(1);
	pushed(0);
	assert_int_equal(taken(out, WAITING, 10), 2); /* exactly as many */
	pushed(10);
	assert_int_equal(taken(out, WAITING, 10), 2); /* nobody overtakes the long one */
	assert_int_equal(out[0]->command.line_count, 1);
	assert_int_equal(taken(out, WAITING, 10), 1);
	assert_int_equal(out[0]->command.line_count, 10);
}

/* How many holds it names is not known before it is in a batch. */
static void whole_session_weighs_as_much_as_it_may_name(void **state)
{
	struct job *out[WAITING];

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct job *job = borrowed(0);

		job->command.whole_session = true;
		assert_true(queue_push(queue, job));
	}
	pushed(1);
	assert_int_equal(taken(out, WAITING, 2 * LINES_MAX), 2);
	assert_int_equal(taken(out, WAITING, LINES_MAX), 1);
	assert_true(out[0]->command.whole_session);
	assert_int_equal(taken(out, WAITING, LINES_MAX), 1);
}

/* Not even alone: a batch that is begun already has room for the rest of it only. */
static void job_that_does_not_fit_stays(void **state)
{
	struct job *out[WAITING];

	(void)state;
	pushed(11);
	pushed(1);
	assert_int_equal(taken(out, WAITING, 10), 0);
	assert_int_equal(taken(out, WAITING, 11), 1);
	assert_int_equal(out[0]->command.line_count, 11);
	assert_int_equal(taken(out, WAITING, 0), 0);
	assert_int_equal(taken(out, WAITING, 1), 1);
}

/* the end */

static void closed_queue_is_drained_first(void **state)
{
	struct job *out[WAITING];

	(void)state;
	pushed(1);
	pushed(1);
	pushed(1);
	queue_close(queue);
	queue_close(queue);
	assert_int_equal(taken_at_last(out, 2), 2);
	assert_int_equal(taken_at_last(out, 2), 1);
	assert_int_equal(taken_at_last(out, 2), 0);
	assert_int_equal(taken_at_last(out, 2), 0);
}

static void push_when_closed(void)
{
	struct job *job = pool_borrow(pool);

	queue_close(queue);
	if (!queue_push(queue, job))
		_exit(1);
}

static void job_for_nobody_stops_the_process(void **state)
{
	(void)state;
	assert_true(aborts(push_when_closed));
}

static void nothing_is_freed_gladly(void **state)
{
	(void)state;
	queue_free(NULL);
	pool_free(NULL);
}

/* threads */

#define PUSHERS	 2
#define VARIANTS 5

struct taker {
	pthread_t thread;
	uint32_t jobs_max;
	uint32_t rounds; /* 0: till the end */
	uint32_t count;
	uint64_t sum; /* of the numbers taken */
};

/* Of each variant, what came last of each pusher. No lock: it is in one taker's hands only. */
static uint32_t last[VARIANTS + 1][PUSHERS];
static uint32_t out_of_order[VARIANTS + 1];

/* What is taken is read outside any lock: the hand-over alone makes that safe. */
static void note(struct taker *taker, const struct job *job)
{
	const struct command_line *line = &job->command.lines[0];
	uint32_t *before = &last[line->variant_id][job->command.user_id];

	if (line->quantity <= *before)
		out_of_order[line->variant_id]++;
	*before = line->quantity;
	taker->sum += line->quantity;
	taker->count++;
}

static void *take(void *context)
{
	struct taker *taker = context;
	struct job *jobs[WAITING];
	uint32_t count, round = 0;

	do {
		count = queue_take(queue, jobs, taker->jobs_max, ALL_LINES, true);
		for (uint32_t i = 0; i < count; i++)
			note(taker, jobs[i]);
		queue_release(queue, jobs, count);
		for (uint32_t i = 0; i < count; i++)
			pool_give_back(pool, jobs[i]);
		round++;
	} while (count > 0 && round != taker->rounds);
	return NULL;
}

static void name_it(struct job *job, uint64_t pusher, uint32_t number)
{
	job->command.action = ACTION_RESERVE;
	job->command.line_count = 1;
	job->command.user_id = pusher;
	job->command.lines[0].variant_id = 1 + number % VARIANTS;
	job->command.lines[0].quantity = number;
}

static void pushed_as(uint64_t pusher, uint32_t number)
{
	struct job *job = borrowed(1);

	name_it(job, pusher, number);
	assert_true(queue_push(queue, job));
}

static void start(struct taker *taker)
{
	assert_int_equal(pthread_create(&taker->thread, NULL, take, taker), 0);
}

static void join(struct taker *taker)
{
	assert_int_equal(pthread_join(taker->thread, NULL), 0);
}

static void close_wakes_all_who_wait(void **state)
{
	struct taker takers[4] = {0};

	(void)state;
	for (int i = 0; i < 4; i++) {
		takers[i].jobs_max = 1;
		start(&takers[i]);
	}
	usleep(1000); /* most likely, they wait by now */
	queue_close(queue);
	for (int i = 0; i < 4; i++) {
		join(&takers[i]);
		assert_int_equal(takers[i].count, 0);
	}
}

static void waiting_thread_is_woken_by_a_job(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++) {
		struct taker taker = {.jobs_max = 1, .rounds = 1};

		start(&taker);
		if (i % 2 == 0)
			usleep(100);
		pushed_as(0, 9);
		join(&taker);
		assert_int_equal(taker.count, 1);
		assert_int_equal(taker.sum, 9);
	}
}

/* Each takes one job and goes: what one leaves behind must wake the other. */
static void job_left_behind_wakes_another(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++) {
		struct taker takers[3] = {0};

		for (int k = 0; k < 3; k++) {
			takers[k].jobs_max = 1;
			takers[k].rounds = 1;
			start(&takers[k]);
		}
		if (i % 2 == 0)
			usleep(100);
		for (uint32_t k = 1; k <= 3; k++)
			pushed_as(0, k);
		for (int k = 0; k < 3; k++) {
			join(&takers[k]);
			assert_int_equal(takers[k].count, 1);
		}
		assert_int_equal(takers[0].sum + takers[1].sum + takers[2].sum, 6);
	}
}

#define PUSHES 3000

struct pusher {
	pthread_t thread;
	uint64_t name;
};

static void *push(void *context)
{
	const struct pusher *pusher = context;

	for (uint32_t number = 1; number <= PUSHES;) {
		struct job *job = pool_borrow(pool);

		if (job == NULL) {
			sched_yield();
			continue;
		}
		name_it(job, pusher->name, number);
		if (queue_push(queue, job)) {
			number++;
		} else {
			pool_give_back(pool, job);
			sched_yield();
		}
	}
	return NULL;
}

/* Many push and many take: every job arrives once, those for one variant in their order. */
static void every_job_arrives_once(void **state)
{
	struct pusher pushers[PUSHERS] = {{.name = 0}, {.name = 1}};
	struct taker takers[3] = {{.jobs_max = 1}, {.jobs_max = 3}, {.jobs_max = WAITING}};
	uint64_t sum = 0, count = 0;

	(void)state;
	memset(last, 0, sizeof(last));
	memset(out_of_order, 0, sizeof(out_of_order));
	for (int i = 0; i < 3; i++)
		start(&takers[i]);
	for (int i = 0; i < PUSHERS; i++)
		assert_int_equal(pthread_create(&pushers[i].thread, NULL, push, &pushers[i]), 0);
	for (int i = 0; i < PUSHERS; i++)
		assert_int_equal(pthread_join(pushers[i].thread, NULL), 0);
	queue_close(queue);
	for (int i = 0; i < 3; i++) {
		join(&takers[i]);
		sum += takers[i].sum;
		count += takers[i].count;
	}
	for (int i = 1; i <= VARIANTS; i++)
		assert_int_equal(out_of_order[i], 0);
	assert_int_equal(count, PUSHERS * PUSHES);
	assert_int_equal(sum, (uint64_t)PUSHES * (PUSHES + 1));
	for (int i = 0; i < JOBS; i++)
		assert_non_null(pool_borrow(pool));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_job_is_lent_once, begin, finish),
		cmocka_unit_test_setup_teardown(job_used_last_is_lent_first, begin, finish),
		cmocka_unit_test_setup_teardown(first_in_is_first_out, begin, finish),
		cmocka_unit_test_setup_teardown(full_queue_takes_no_more, begin, finish),
		cmocka_unit_test_setup_teardown(jobs_taken_have_a_bound, begin, finish),
		cmocka_unit_test_setup_teardown(lines_taken_have_a_bound, begin, finish),
		cmocka_unit_test_setup_teardown(
			whole_session_weighs_as_much_as_it_may_name, begin, finish),
		cmocka_unit_test_setup_teardown(job_that_does_not_fit_stays, begin, finish),
		cmocka_unit_test_setup_teardown(closed_queue_is_drained_first, begin, finish),
		cmocka_unit_test_setup_teardown(job_for_nobody_stops_the_process, begin, finish),
		cmocka_unit_test_setup_teardown(nothing_is_freed_gladly, begin, finish),
		cmocka_unit_test_setup_teardown(close_wakes_all_who_wait, begin, finish),
		cmocka_unit_test_setup_teardown(waiting_thread_is_woken_by_a_job, begin, finish),
		cmocka_unit_test_setup_teardown(job_left_behind_wakes_another, begin, finish),
		cmocka_unit_test_setup_teardown(every_job_arrives_once, begin, finish),
	};

	alarm(HANG_S);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("pool and queue", tests, NULL, NULL);
}
