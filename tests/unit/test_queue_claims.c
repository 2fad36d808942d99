/* Who waits while others are in hand, who overtakes, and what wakes those who want to take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "limits.h"
#include "monotonic.h"
#include "pool.h"
#include "queue.h"

#define HANG_S	  60 /* a lost wake-up would last for ever: end it */
#define JOBS	  2048
#define WAITING	  1024
#define ALL_LINES 1000000
#define BESIDE_MS 10 /* after so long, fewer are */

static struct pool *pool;
static struct queue *queue;
static struct job *out[WAITING];

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

static void begin_again(void)
{
	finish(NULL);
	assert_int_equal(begin(NULL), 0);
}

static struct job *borrowed(void)
{
	struct job *job = pool_borrow(pool);

	assert_non_null(job);
	memset(&job->command, 0, sizeof(job->command));
	job->command.action = ACTION_RESERVE;
	return job;
}

static void add_line(struct job *job, uint64_t variant)
{
	job->command.lines[job->command.line_count++].variant_id = variant;
}

static struct job *pushed(uint64_t variant)
{
	struct job *job = borrowed();

	add_line(job, variant);
	assert_true(queue_push(queue, job));
	return job;
}

static struct job *pushed_cart(uint64_t first, uint64_t second)
{
	struct job *job = borrowed();

	add_line(job, first);
	add_line(job, second);
	assert_true(queue_push(queue, job));
	return job;
}

static uint32_t taken(uint32_t jobs_max)
{
	return queue_take(queue, out, jobs_max, ALL_LINES, false);
}

/* Also of a few: another batch is in flight for so long. */
static uint32_t taken_late(uint32_t jobs_max)
{
	usleep((BESIDE_MS + 1) * 1000);
	return taken(jobs_max);
}

static struct job *in_hand(uint64_t variant)
{
	struct job *job = pushed(variant);

	assert_int_equal(taken(1), 1);
	assert_ptr_equal(out[0], job);
	return job;
}

static void release(struct job *job)
{
	queue_release(queue, &job, 1);
}

/* who overtakes whom */

static void variant_in_hand_waits_and_others_overtake(void **state)
{
	struct job *mine = in_hand(7), *same = pushed(7), *other = pushed(8), *again = pushed(7);

	(void)state;
	assert_int_equal(taken_late(10), 1);
	assert_ptr_equal(out[0], other);
	assert_int_equal(taken_late(10), 0);
	release(mine);
	assert_int_equal(taken_late(10), 2);
	assert_ptr_equal(out[0], same);
	assert_ptr_equal(out[1], again);
}

/* One batch has all of them: nobody waits for its own neighbours. */
static void jobs_of_one_variant_are_taken_together(void **state)
{
	struct job *jobs[5];

	(void)state;
	for (int i = 0; i < 5; i++)
		jobs[i] = i % 2 == 0 ? pushed(7) : pushed_cart(7, 8);
	assert_int_equal(taken(10), 5);
	for (int i = 0; i < 5; i++)
		assert_ptr_equal(out[i], jobs[i]);
}

static void variant_is_free_when_all_its_jobs_are_released(void **state)
{
	struct job *batch[2];

	(void)state;
	batch[0] = pushed(7);
	batch[1] = pushed(7);
	assert_int_equal(taken(2), 2);
	pushed(7);
	release(batch[1]);
	assert_int_equal(taken_late(10), 0);
	release(batch[1]); /* once more is nothing */
	assert_int_equal(taken_late(10), 0);
	release(batch[0]);
	assert_int_equal(taken(10), 1);
}

static void cart_that_was_passed_over_is_not_starved(void **state)
{
	struct job *mine = in_hand(7), *cart = pushed_cart(7, 8), *behind = pushed(8);
	struct job *other = pushed(9);

	(void)state;
	assert_int_equal(taken_late(10), 1);
	assert_ptr_equal(out[0], other);
	release(mine);
	assert_int_equal(taken_late(1), 1);
	assert_ptr_equal(out[0], cart);
	assert_int_equal(taken_late(10), 0);
	release(cart);
	assert_int_equal(taken_late(10), 1);
	assert_ptr_equal(out[0], behind);
}

/* Though each of its variants is taken anew all the time by those who came before it. */
static void cart_comes_when_those_before_it_are_done(void **state)
{
	struct job *one = in_hand(7), *other;

	(void)state;
	other = pushed(8);
	pushed_cart(7, 8);
	for (int i = 0; i < 5; i++) {
		pushed(7);
		pushed(8);
	}
	assert_int_equal(taken_late(10), 1);
	assert_ptr_equal(out[0], other);
	release(one);
	assert_int_equal(taken_late(10), 0);
	release(other);
	assert_int_equal(taken_late(100), 11);
	assert_int_equal(out[0]->command.line_count, 2);
}

static void nobody_overtakes_one_that_does_not_fit(void **state)
{
	struct job *mine = in_hand(7);

	(void)state;
	pushed(7);
	pushed_cart(8, 9);
	pushed(10);
	usleep((BESIDE_MS + 1) * 1000);
	assert_int_equal(queue_take(queue, out, 10, 1, false), 0);
	assert_int_equal(queue_take(queue, out, 10, 2, false), 1);
	assert_int_equal(out[0]->command.line_count, 2);
	release(mine);
}

/* A look at those who wait has a bound; what it did not see is seen later. */
static void many_who_wait_are_all_taken_in_their_order(void **state)
{
	struct job *mine = in_hand(7), *jobs[WAITING];
	uint32_t count = 0;

	(void)state;
	for (uint32_t i = 0; i < WAITING; i++)
		jobs[i] = pushed(i == WAITING - 1 ? 8 : 7);
	(void)taken_late(1);
	count += out[0] == jobs[WAITING - 1];
	release(mine);
	while (count < WAITING) {
		uint32_t more = queue_take(queue, out, BATCH_MAX, ALL_LINES, false);

		assert_true(more > 0);
		for (uint32_t i = 0; i < more; i++)
			assert_ptr_equal(out[i], jobs[count + i]);
		count += more;
		queue_release(queue, out, more);
	}
}

static void who_wants_no_row_waits_for_nobody(void **state)
{
	struct job *mine = in_hand(0), *ready = borrowed();

	(void)state;
	ready->command.action = ACTION_READY;
	assert_true(queue_push(queue, ready));
	assert_int_equal(taken_late(10), 1);
	assert_ptr_equal(out[0], ready);
	release(mine);
	release(ready);
}

/* beside a batch in flight */

/* Looks again where the host was so slow that the time was over. */
static void few_jobs_wait_beside_a_batch(void **state)
{
	bool seen = false;

	(void)state;
	for (int i = 0; i < 1000 && !seen; i++) {
		uint32_t few, many;
		int64_t begun_ms;

		begin_again();
		begun_ms = monotonic_ms();
		in_hand(1);
		for (uint64_t k = 2; k <= BESIDE_MIN; k++)
			pushed(k);
		few = taken(BATCH_MAX);
		if (few == 0)
			pushed(1000);
		many = taken(BATCH_MAX);
		seen = monotonic_ms() - begun_ms < BESIDE_MS;
		if (seen) {
			assert_int_equal(few, 0);
			assert_int_equal(many, BESIDE_MIN);
		}
	}
	assert_true(seen);
}

static void few_jobs_are_taken_when_the_batch_is_over(void **state)
{
	struct job *batch[2];

	(void)state;
	batch[0] = pushed(1);
	batch[1] = pushed(2);
	assert_int_equal(taken(2), 2);
	pushed(3);
	queue_release(queue, batch, 2);
	assert_int_equal(taken(10), 1);
}

static void many_jobs_are_taken_beside(void **state)
{
	(void)state;
	in_hand(1);
	for (uint64_t i = 0; i < BESIDE_MIN; i++)
		pushed(2 + i);
	assert_int_equal(taken(BATCH_MAX), BESIDE_MIN);
}

/* Takes jobs of so many variants, from the first on. */
static void take_batch(struct job **batch, uint64_t first, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		batch[i] = pushed(first + i);
	assert_int_equal(taken_late(BATCH_MAX), count);
}

/* Looks again where the host was so slow that the time was over. */
static void where_batches_are_slow_another_is_as_large(void **state)
{
	enum { SIZE = BESIDE_MIN + 4 };
	struct job *batch[SIZE];
	bool seen = false;

	(void)state;
	for (int i = 0; i < 1000 && !seen; i++) {
		uint32_t fewer, as_many;
		int64_t begun_ms;

		begin_again();
		take_batch(batch, 1, SIZE);
		usleep((SLOW_BATCH_MS + 1) * 1000);
		queue_release(queue, batch, SIZE);
		take_batch(batch, 1, SIZE);
		begun_ms = monotonic_ms();
		for (uint64_t k = 1; k < SIZE; k++)
			pushed(100 + k);
		fewer = taken(BATCH_MAX);
		if (fewer == 0)
			pushed(200);
		as_many = taken(BATCH_MAX);
		seen = monotonic_ms() - begun_ms < BESIDE_MS;
		if (seen) {
			assert_int_equal(fewer, 0);
			assert_int_equal(as_many, SIZE);
		}
	}
	assert_true(seen);
}

/* threads */

struct taker {
	pthread_t thread;
	uint32_t jobs_max;
	uint32_t rounds; /* 0: till the end */
	bool keeps;	 /* releases nothing */
	uint32_t count;
};

static void *take(void *context)
{
	struct taker *taker = context;
	struct job *jobs[BATCH_MAX];
	uint32_t count, round = 0;

	do {
		count = queue_take(queue, jobs, taker->jobs_max, ALL_LINES, true);
		taker->count += count;
		if (!taker->keeps)
			queue_release(queue, jobs, count);
		round++;
	} while (count > 0 && round != taker->rounds);
	return NULL;
}

static void start(struct taker *taker)
{
	assert_int_equal(pthread_create(&taker->thread, NULL, take, taker), 0);
}

static uint32_t joined(struct taker *taker)
{
	assert_int_equal(pthread_join(taker->thread, NULL), 0);
	return taker->count;
}

/* Every other time, the taker most likely waits already when the others act. */
static void give_time(int turn)
{
	if (turn % 2 == 0)
		usleep(500);
}

static void release_wakes_who_waits_for_the_variant(void **state)
{
	(void)state;
	for (int i = 0; i < 50; i++) {
		struct taker taker = {.jobs_max = BATCH_MAX, .rounds = 1};
		struct job *mine;

		begin_again();
		mine = in_hand(7);
		pushed(7);
		pushed(7);
		if (i % 3 == 0)
			usleep((BESIDE_MS + 1) * 1000);
		start(&taker);
		give_time(i);
		release(mine);
		assert_int_equal(joined(&taker), 2);
	}
}

static void release_wakes_who_waits_beside(void **state)
{
	(void)state;
	for (int i = 0; i < 50; i++) {
		struct taker taker = {.jobs_max = BATCH_MAX, .rounds = 1};
		struct job *mine;

		begin_again();
		mine = in_hand(7);
		start(&taker);
		give_time(i);
		pushed(8);
		release(mine);
		assert_int_equal(joined(&taker), 1);
	}
}

/* Nobody releases anything: the time alone brings them. */
static void few_jobs_do_not_wait_for_a_long_batch(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		struct taker taker = {.jobs_max = BATCH_MAX, .rounds = 1};

		begin_again();
		in_hand(7);
		pushed(8);
		start(&taker);
		assert_int_equal(joined(&taker), 1);
	}
}

/* The taker found nothing at all when it began to wait. */
static void job_that_comes_soon_does_not_wait_for_a_long_batch(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		struct taker taker = {.jobs_max = BATCH_MAX, .rounds = 1};

		begin_again();
		in_hand(7);
		start(&taker);
		usleep(1000);
		pushed(8);
		assert_int_equal(joined(&taker), 1);
	}
}

/* The taker waits for a variant, and another batch has begun since. */
static void job_that_comes_behind_others_does_not_wait_for_a_long_batch(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		struct taker taker = {.jobs_max = BATCH_MAX, .rounds = 1};
		struct job *other;

		begin_again();
		in_hand(7);
		pushed(7);
		usleep((BESIDE_MS + 1) * 1000);
		start(&taker);
		usleep(1000);
		other = borrowed();
		add_line(other, 8);
		assert_true(queue_push(queue, other));
		(void)taken(1); /* or the taker was faster */
		pushed(9);
		assert_int_equal(joined(&taker), 1);
	}
}

static void many_jobs_wake_who_waits_beside(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		struct taker taker = {.jobs_max = BATCH_MAX};

		begin_again();
		in_hand(1);
		start(&taker);
		give_time(i);
		for (uint64_t k = 0; k < BESIDE_MIN; k++)
			pushed(2 + k);
		queue_close(queue);
		assert_int_equal(joined(&taker), BESIDE_MIN);
	}
}

/* Each keeps what it takes, as one that is in the middle of a long COMMIT. */
static void job_of_another_variant_wakes_another_taker(void **state)
{
	struct taker takers[3];

	(void)state;
	for (int i = 0; i < 3; i++) {
		takers[i] = (struct taker){.jobs_max = 1, .rounds = 1, .keeps = true};
		start(&takers[i]);
	}
	for (uint64_t i = 0; i < 3; i++)
		pushed(7 + i);
	for (int i = 0; i < 3; i++)
		assert_int_equal(joined(&takers[i]), 1);
}

/* the end */

static void closed_queue_waits_for_what_is_in_hand(void **state)
{
	(void)state;
	for (int i = 0; i < 30; i++) {
		struct taker takers[3];
		uint32_t count = 0;
		struct job *mine;

		begin_again();
		mine = in_hand(7);
		for (int k = 0; k < 5; k++)
			pushed(7);
		pushed_cart(7, 8);
		pushed(8);
		for (int k = 0; k < 3; k++) {
			takers[k] = (struct taker){.jobs_max = (uint32_t)k + 1};
			start(&takers[k]);
		}
		give_time(i);
		queue_close(queue);
		give_time(i / 2);
		release(mine);
		for (int k = 0; k < 3; k++)
			count += joined(&takers[k]);
		assert_int_equal(count, 7);
	}
}

/* Others have the last jobs in hand: there is nothing to come for those who wait. */
static void closed_and_empty_queue_lets_go_though_jobs_are_in_hand(void **state)
{
	struct taker takers[3];

	(void)state;
	in_hand(7);
	for (int i = 0; i < 3; i++) {
		takers[i] = (struct taker){.jobs_max = 1};
		start(&takers[i]);
	}
	give_time(0);
	queue_close(queue);
	for (int i = 0; i < 3; i++)
		assert_int_equal(joined(&takers[i]), 0);
}

/* One of them takes it; the others wait for nothing from then on. */
static void last_job_of_a_closed_queue_lets_all_go(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++) {
		struct taker takers[3];
		uint32_t count = 0;
		struct job *mine;

		begin_again();
		mine = in_hand(7);
		pushed(7);
		usleep((BESIDE_MS + 1) * 1000); /* they wait for the release only */
		for (int k = 0; k < 3; k++) {
			takers[k] = (struct taker){.jobs_max = 1};
			start(&takers[k]);
		}
		give_time(0);
		queue_close(queue);
		give_time(0);
		release(mine);
		for (int k = 0; k < 3; k++)
			count += joined(&takers[k]);
		assert_int_equal(count, 1);
	}
}

/* many of everything */

#define PUSHES	 4000
#define PUSHERS	 2
#define VARIANTS 12

/*
 * Of each variant, who has it, and what came last of each pusher. There is no lock: a variant is in
 * one taker's hands at a time, and the sanitizers see where it is not.
 */
static struct ledger {
	uint32_t owner;
	uint32_t last[PUSHERS];
	uint32_t faults;
} ledger[VARIANTS + 1];

static void *push(void *context)
{
	uint32_t pusher = *(uint32_t *)context;
	unsigned int seed = pusher + 1;

	for (uint32_t number = 1; number <= PUSHES;) {
		struct job *job = pool_borrow(pool);
		uint32_t lines = rand_r(&seed) % 4 == 0 ? 2 + rand_r(&seed) % 3 : 1;

		if (job == NULL) {
			sched_yield();
			continue;
		}
		memset(&job->command, 0, sizeof(job->command));
		job->command.action = ACTION_RESERVE;
		job->command.user_id = pusher;
		job->started_ms = number;
		for (uint32_t i = 0; i < lines; i++)
			add_line(job, 1 + (uint32_t)rand_r(&seed) % VARIANTS);
		/* It is given away: what is wrong from here on has no effect. */
		if (queue_push(queue, job)) {
			number++;
		} else {
			pool_give_back(pool, job);
			sched_yield();
		}
	}
	return NULL;
}

static void have(const struct job *job, uint32_t taker)
{
	for (uint32_t i = 0; i < job->command.line_count; i++) {
		struct ledger *entry = &ledger[job->command.lines[i].variant_id];
		uint32_t *last = &entry->last[job->command.user_id];

		entry->faults += entry->owner != 0 && entry->owner != taker;
		entry->faults += job->started_ms < *last; /* a cart may have one twice */
		entry->owner = taker;
		*last = (uint32_t)job->started_ms;
	}
}

static void let_go(const struct job *job)
{
	for (uint32_t i = 0; i < job->command.line_count; i++)
		ledger[job->command.lines[i].variant_id].owner = 0;
}

struct worker {
	pthread_t thread;
	uint32_t name;
	uint32_t jobs_max;
	uint32_t count;
	uint64_t sum;
};

static void *work(void *context)
{
	struct worker *worker = context;
	unsigned int seed = worker->name;
	struct job *jobs[BATCH_MAX];
	uint32_t count;

	while ((count = queue_take(queue, jobs, worker->jobs_max, 100, true)) > 0) {
		for (uint32_t i = 0; i < count; i++) {
			have(jobs[i], worker->name);
			worker->sum += (uint64_t)jobs[i]->started_ms;
		}
		worker->count += count;
		if (rand_r(&seed) % 8 == 0)
			usleep(rand_r(&seed) % 200);
		for (uint32_t i = 0; i < count; i++)
			let_go(jobs[i]);
		/* Some are given up before the rest. */
		if (rand_r(&seed) % 4 == 0)
			release(jobs[count - 1]);
		queue_release(queue, jobs, count);
		for (uint32_t i = 0; i < count; i++)
			pool_give_back(pool, jobs[i]);
	}
	return NULL;
}

static void no_variant_is_in_two_hands(void **state)
{
	struct worker workers[4] = {
		{.jobs_max = 1}, {.jobs_max = 7}, {.jobs_max = BATCH_MAX}, {.jobs_max = BATCH_MAX}};
	pthread_t pushers[PUSHERS];
	uint32_t names[PUSHERS] = {0, 1}, count = 0;
	uint64_t sum = 0;

	(void)state;
	memset(ledger, 0, sizeof(ledger));
	for (uint32_t i = 0; i < 4; i++) {
		workers[i].name = i + 1;
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (int i = 0; i < PUSHERS; i++)
		assert_int_equal(pthread_create(&pushers[i], NULL, push, &names[i]), 0);
	for (int i = 0; i < PUSHERS; i++)
		assert_int_equal(pthread_join(pushers[i], NULL), 0);
	queue_close(queue);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
		count += workers[i].count;
		sum += workers[i].sum;
	}
	for (int i = 1; i <= VARIANTS; i++)
		assert_int_equal(ledger[i].faults, 0);
	assert_int_equal(count, PUSHERS * PUSHES);
	assert_int_equal(sum, (uint64_t)PUSHERS * PUSHES * (PUSHES + 1) / 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)
	const struct CMUnitTest tests[] = {
		TEST(variant_in_hand_waits_and_others_overtake),
		TEST(jobs_of_one_variant_are_taken_together),
		TEST(variant_is_free_when_all_its_jobs_are_released),
		TEST(cart_that_was_passed_over_is_not_starved),
		TEST(cart_comes_when_those_before_it_are_done),
		TEST(nobody_overtakes_one_that_does_not_fit),
		TEST(many_who_wait_are_all_taken_in_their_order),
		TEST(who_wants_no_row_waits_for_nobody),
		TEST(few_jobs_wait_beside_a_batch),
		TEST(few_jobs_are_taken_when_the_batch_is_over),
		TEST(many_jobs_are_taken_beside),
		TEST(where_batches_are_slow_another_is_as_large),
		TEST(release_wakes_who_waits_for_the_variant),
		TEST(release_wakes_who_waits_beside),
		TEST(few_jobs_do_not_wait_for_a_long_batch),
		TEST(job_that_comes_soon_does_not_wait_for_a_long_batch),
		TEST(job_that_comes_behind_others_does_not_wait_for_a_long_batch),
		TEST(many_jobs_wake_who_waits_beside),
		TEST(job_of_another_variant_wakes_another_taker),
		TEST(closed_queue_waits_for_what_is_in_hand),
		TEST(closed_and_empty_queue_lets_go_though_jobs_are_in_hand),
		TEST(last_job_of_a_closed_queue_lets_all_go),
		TEST(no_variant_is_in_two_hands),
	};

	alarm(HANG_S);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("queue and claims", tests, NULL, NULL);
}
