#include "leader.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* A record lock belongs to the process, and the socket is the same file in the whole pool. */
static int set_lock(int listen_fd, short type)
{
	struct flock lock = {.l_type = type, .l_whence = SEEK_SET};

	return fcntl(listen_fd, F_SETLK, &lock);
}

bool leader_try(int listen_fd)
{
	return set_lock(listen_fd, F_WRLCK) == 0 || (errno != EACCES && errno != EAGAIN);
}

void leader_resign(int listen_fd)
{
	(void)set_lock(listen_fd, F_UNLCK);
}
