/*
 * A slower disk for the bench, to be preloaded into a database server: every flush takes longer by
 * what stands in the file that STOK_BENCH_FLUSH_FILE names, 32 bits of microseconds. It is mapped,
 * so that the delay can be changed while the server runs. Without the file nothing is slower.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

typedef int flush_call(int fd);

static const volatile uint32_t *delay_us;
static flush_call *real_fsync, *real_fdatasync;

__attribute__((constructor)) static void begin(void)
{
	const char *name = getenv("STOK_BENCH_FLUSH_FILE");
	int fd = name == NULL ? -1 : open(name, O_RDONLY | O_CLOEXEC);
	void *map;

	real_fsync = (flush_call *)dlsym(RTLD_NEXT, "fsync");
	real_fdatasync = (flush_call *)dlsym(RTLD_NEXT, "fdatasync");
	if (fd < 0)
		return;
	map = mmap(NULL, sizeof(*delay_us), PROT_READ, MAP_SHARED, fd, 0);
	if (map != MAP_FAILED)
		delay_us = map;
	close(fd);
}

static void wait_longer(void)
{
	uint32_t us = delay_us == NULL ? 0 : *delay_us;
	struct timespec pause = {.tv_sec = us / 1000000, .tv_nsec = (long)(us % 1000000) * 1000};

	if (us == 0)
		return;
	/* A thread's timers may be 50 us late unless it asks for better. */
	prctl(PR_SET_TIMERSLACK, 1UL);
	while (nanosleep(&pause, &pause) != 0)
		continue;
}

int fsync(int fd)
{
	int result = real_fsync(fd);

	wait_longer();
	return result;
}

int fdatasync(int fd)
{
	int result = real_fdatasync(fd);

	wait_longer();
	return result;
}
