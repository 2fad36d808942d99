/* Connections that are kept: watched once, given back, counted, and closed where that fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "keepalive.h"

static struct keepalive *keepalive;
static int ours, nginx; /* the two ends of a connection */

static int begin(void **state)
{
	int ends[2];

	(void)state;
	keepalive = keepalive_new();
	if (keepalive == NULL || socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		return -1;
	ours = ends[0];
	nginx = ends[1];
	return 0;
}

static int finish(void **state)
{
	(void)state;
	close(ours);
	close(nginx);
	keepalive_free(keepalive);
	keepalive = NULL;
	return 0;
}

static void sent(const char *byte)
{
	assert_int_equal(write(nginx, byte, 1), 1);
}

static void received(char byte)
{
	char found;

	assert_int_equal(read(ours, &found, 1), 1);
	assert_int_equal(found, byte);
}

/* The connection that the gate would be told of; -1: none. */
static int told(void)
{
	struct epoll_event event;

	if (epoll_wait(keepalive_epoll(keepalive), &event, 1, 0) != 1)
		return -1;
	assert_true(event.events & EPOLLIN);
	return event.data.fd;
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void none_is_kept_at_first(void **state)
{
	(void)state;
	assert_int_equal(keepalive_count(keepalive), 0);
	assert_int_equal(told(), -1);
	assert_true(fcntl(keepalive_epoll(keepalive), F_GETFD) & FD_CLOEXEC);
}

static void request_is_told_once_until_it_is_answered(void **state)
{
	(void)state;
	keepalive_add(keepalive, ours);
	assert_int_equal(keepalive_count(keepalive), 1);
	assert_int_equal(told(), -1);
	sent("a");
	assert_int_equal(told(), ours);
	/* Somebody works for it: neither what is unread nor what comes is the gate's. */
	assert_int_equal(told(), -1);
	sent("b");
	assert_int_equal(told(), -1);
	assert_int_equal(keepalive_count(keepalive), 1);
}

static void next_request_is_told_after_the_return(void **state)
{
	(void)state;
	keepalive_add(keepalive, ours);
	for (int i = 0; i < 3; i++) {
		sent("a");
		assert_int_equal(told(), ours);
		received('a');
		keepalive_return(keepalive, ours);
		assert_int_equal(keepalive_count(keepalive), 1);
		assert_int_equal(told(), -1);
	}
}

static void request_that_came_before_the_return_is_told(void **state)
{
	(void)state;
	keepalive_add(keepalive, ours);
	sent("a");
	assert_int_equal(told(), ours);
	received('a');
	sent("b");
	assert_int_equal(told(), -1);
	keepalive_return(keepalive, ours);
	assert_int_equal(told(), ours);
	received('b');
}

static void end_of_the_connection_is_told(void **state)
{
	(void)state;
	keepalive_add(keepalive, ours);
	shutdown(nginx, SHUT_RDWR);
	assert_int_equal(told(), ours);
	assert_int_equal(keepalive_count(keepalive), 1);
	keepalive_return(keepalive, ours); /* not known yet to who had it */
	assert_int_equal(told(), ours);
	close(ours);
	keepalive_return(keepalive, -1);
	assert_int_equal(keepalive_count(keepalive), 0);
	assert_int_equal(told(), -1);
}

static void each_connection_counts(void **state)
{
	int others[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, others), 0);
	keepalive_add(keepalive, ours);
	keepalive_add(keepalive, others[0]);
	assert_int_equal(keepalive_count(keepalive), 2);
	assert_int_equal(write(others[1], "a", 1), 1);
	assert_int_equal(told(), others[0]);
	close(others[0]);
	keepalive_return(keepalive, -1);
	assert_int_equal(keepalive_count(keepalive), 1);
	sent("a");
	assert_int_equal(told(), ours);
	close(others[1]);
}

/* A regular file cannot be watched. */
static void what_cannot_be_watched_is_closed(void **state)
{
	int file = open("/proc/self/exe", O_RDONLY);

	(void)state;
	assert_true(file >= 0);
	keepalive_add(keepalive, file);
	assert_int_equal(keepalive_count(keepalive), 0);
	assert_false(is_open(file));
	keepalive_add(keepalive, ours);
	assert_int_equal(keepalive_count(keepalive), 1);
	assert_true(is_open(ours));
}

static void what_cannot_be_watched_again_is_closed(void **state)
{
	(void)state;
	keepalive_add(keepalive, ours);
	assert_int_equal(epoll_ctl(keepalive_epoll(keepalive), EPOLL_CTL_DEL, ours, NULL), 0);
	keepalive_return(keepalive, ours);
	assert_int_equal(keepalive_count(keepalive), 0);
	assert_false(is_open(ours));
}

static void nothing_is_freed_gladly(void **state)
{
	(void)state;
	keepalive_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(none_is_kept_at_first, begin, finish),
		cmocka_unit_test_setup_teardown(
			request_is_told_once_until_it_is_answered, begin, finish),
		cmocka_unit_test_setup_teardown(
			next_request_is_told_after_the_return, begin, finish),
		cmocka_unit_test_setup_teardown(
			request_that_came_before_the_return_is_told, begin, finish),
		cmocka_unit_test_setup_teardown(end_of_the_connection_is_told, begin, finish),
		cmocka_unit_test_setup_teardown(each_connection_counts, begin, finish),
		cmocka_unit_test_setup_teardown(what_cannot_be_watched_is_closed, begin, finish),
		cmocka_unit_test_setup_teardown(
			what_cannot_be_watched_again_is_closed, begin, finish),
		cmocka_unit_test(nothing_is_freed_gladly),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("keepalive", tests, NULL, NULL);
}
