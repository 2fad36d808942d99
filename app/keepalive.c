#include "keepalive.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

struct keepalive {
	int epoll_fd;	   /* set once */
	atomic_uint count; /* shared */
};

struct keepalive *keepalive_new(void)
{
	struct keepalive *keepalive = calloc(1, sizeof(*keepalive));

	if (keepalive == NULL)
		return NULL;
	keepalive->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (keepalive->epoll_fd < 0) {
		free(keepalive);
		return NULL;
	}
	return keepalive;
}

void keepalive_free(struct keepalive *keepalive)
{
	if (keepalive == NULL)
		return;
	close(keepalive->epoll_fd);
	free(keepalive);
}

int keepalive_epoll(const struct keepalive *keepalive)
{
	return keepalive->epoll_fd;
}

static void watch(struct keepalive *keepalive, int operation, int fd)
{
	/* Once: it is somebody's from then on, until it comes back. */
	struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT, .data.fd = fd};

	if (epoll_ctl(keepalive->epoll_fd, operation, fd, &event) == 0)
		return;
	close(fd);
	atomic_fetch_sub(&keepalive->count, 1);
}

void keepalive_add(struct keepalive *keepalive, int fd)
{
	atomic_fetch_add(&keepalive->count, 1);
	watch(keepalive, EPOLL_CTL_ADD, fd);
}

void keepalive_return(struct keepalive *keepalive, int fd)
{
	if (fd >= 0)
		watch(keepalive, EPOLL_CTL_MOD, fd);
	else
		atomic_fetch_sub(&keepalive->count, 1);
}

uint32_t keepalive_count(const struct keepalive *keepalive)
{
	return atomic_load(&keepalive->count);
}
