/* For tests of assertions: an act that breaks a promise must stop the process. */
#ifndef STOK_TESTS_ABORTS_H
#define STOK_TESTS_ABORTS_H

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs the act in a child process, and tells whether an assertion stopped it. */
static inline bool aborts(void (*act)(void))
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		struct rlimit no_core = {0, 0};
		int null = open("/dev/null", O_WRONLY);

		setrlimit(RLIMIT_CORE, &no_core);
		signal(SIGABRT, SIG_DFL);
		if (null >= 0)
			dup2(null, STDERR_FILENO);
		act();
		_exit(0);
	}
	return child > 0 && waitpid(child, &status, 0) == child && WIFSIGNALED(status) &&
	       WTERMSIG(status) == SIGABRT;
}

#endif
