/* stokd: one process of the pool. Its listening socket is fd 0, and belongs to the supervisor. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "committer.h"
#include "config.h"
#include "connection.h"
#include "gate.h"
#include "limits.h"
#include "log.h"
#include "metrics.h"
#include "pool.h"
#include "queue.h"

#define LISTEN_FD     0
#define OWN_FILES_MAX 64  /* the database, the log, the metrics */
#define KEPT_MAX      512 /* connections that nginx keeps and does not use: stok-http.conf */

static const char usage[] =
	"Usage: stokd [--check-config | --version | --help]\n"
	"\n"
	"Holds stock for shoppers: a FastCGI service behind nginx, on MySQL InnoDB.\n"
	"Its listening unix socket is file descriptor 0, as systemd, spawn-fcgi and multiwatch\n"
	"pass it. It stops on SIGTERM, after all that it accepted is answered.\n"
	"\n"
	"  --check-config  open every file that the settings name, say what is wrong, and end\n"
	"  --version       print the version, and end\n"
	"  --help          print this, and end\n"
	"\n"
	"Settings are environment variables:\n"
	"  STOK_DB_OPTIONS           MySQL option file; the login stands in its group [stok]\n"
	"  STOK_AUDIT_KEY_FILE       one line of 32 to 128 random characters, the key with which\n"
	"                            session ids are hashed in the access log\n"
	"  STOK_STOREFRONT_KEY_FILE  one or two lines 'x-api-key: KEY', the storefront's\n"
	"  STOK_CRON_KEY_FILE        the same, the cron job's\n"
	"  STOK_METRICS_FILE         counters shared by the pool; without it, of one process\n"
	"  STOK_COMMITTERS           batches of one process at a time, 1 to 8 (2)\n"
	"  STOK_LIMIT_QUANTITY       units of one hold (1000), live holds of a session (100), and\n"
	"  STOK_LIMIT_HOLDS          units in them (1000); 0 is no limit\n"
	"  STOK_LIMIT_UNITS\n"
	"  STOK_LIMITS_BIND          whom they bind: public, or all, the storefront too (public)\n"
	"  STOK_LANGUAGE             tr or en, where a client asks for neither (en)\n";

/* A supervisor that gives up after some quick deaths is not to be provoked. */
static void die(const char *what)
{
	log_error("%s", what);
	sleep(1);
	exit(EXIT_FAILURE);
}

static int load_config(struct config *config)
{
	static char memory[64 * 1024];
	struct text problems;

	text_init(&problems, memory, sizeof(memory));
	if (config_load(config, &problems))
		return EXIT_SUCCESS;
	fputs(problems.bytes, stderr);
	return EXIT_FAILURE;
}

/* Prints, and returns the exit status; or -1: there is a service to be run. */
static int obey_options(int count, char **options)
{
	static struct config config;
	const char *option = count > 1 ? options[1] : NULL;

	if (option == NULL)
		return -1;
	if (count == 2 && strcmp(option, "--version") == 0) {
		puts(PACKAGE_STRING);
	} else if (count == 2 && strcmp(option, "--help") == 0) {
		fputs(usage, stdout);
	} else if (count == 2 && strcmp(option, "--check-config") == 0) {
		if (load_config(&config) != EXIT_SUCCESS)
			return EXIT_FAILURE;
		puts("stokd: the configuration is good");
	} else {
		fprintf(stderr, "stokd: unknown option %s\n%s", option, usage);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

static void require_listening_socket(void)
{
	int listening = 0;
	socklen_t size = sizeof(listening);

	if (getsockopt(LISTEN_FD, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 || !listening)
		die("file descriptor 0 is not a listening socket: start stokd through systemd, "
		    "spawn-fcgi or multiwatch");
}

/* Jobs that do not wait in the quick lane: the patient ones, those in hand, and the gate's. */
static uint32_t jobs_elsewhere(const struct config *config)
{
	return PATIENT_MAX + (config->committers + 1) * BATCH_MAX + 1;
}

/*
 * Every job has a connection, which is a file; the default soft limit (1,024) is far below. Where
 * the hard one is too, fewer may wait: who comes beyond is told busy, not left in the backlog.
 */
static uint32_t waiting_max(const struct config *config)
{
	uint32_t others = jobs_elsewhere(config) + OWN_FILES_MAX + KEPT_MAX;
	struct rlimit limit = {0};

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
		(void)getrlimit(RLIMIT_NOFILE, &limit);
	}
	if (limit.rlim_cur >= QUEUE_MAX + others)
		return QUEUE_MAX;
	if (limit.rlim_cur < BATCH_MAX + others)
		die("too few open files are allowed: see ulimit -n, or LimitNOFILE of systemd");
	log_warning("at most %llu open files: %llu requests can wait, not %d",
		(unsigned long long)limit.rlim_cur, (unsigned long long)limit.rlim_cur - others,
		QUEUE_MAX);
	return (uint32_t)limit.rlim_cur - others;
}

/* Before any thread is made, so that no thread is interrupted: signals come through the fd. */
static int take_signals(void)
{
	sigset_t stop;
	int fd;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	sigaddset(&stop, SIGQUIT);
	sigaddset(&stop, SIGUSR1);
	sigaddset(&stop, SIGHUP);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	fd = signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		die("cannot make a signalfd");
	return fd;
}

/* All threads but the gate's: the quick committers, and the patient one at the end. */
struct crew {
	uint32_t count;
	struct committer *committers[COMMITTERS_MAX + 1];
};

static void start_crew(struct crew *crew, const struct lanes *lanes)
{
	crew->count = lanes->config->committers + 1;
	for (uint32_t i = 0; i < crew->count; i++) {
		crew->committers[i] = committer_start(lanes, i == crew->count - 1);
		if (crew->committers[i] == NULL)
			die("cannot start a committer: out of memory or threads");
	}
}

/* The patient committer is closed last: until then the quick ones may hand over to it. */
static void join_crew(struct crew *crew, const struct lanes *lanes)
{
	queue_close(lanes->quick);
	for (uint32_t i = 0; i < crew->count - 1; i++)
		committer_join(crew->committers[i]);
	queue_close(lanes->patient);
	committer_join(crew->committers[crew->count - 1]);
}

static struct metrics *open_metrics(const struct config *config)
{
	struct metrics *metrics = metrics_open(config->metrics_file);

	if (metrics == NULL) {
		log_error("STOK_METRICS_FILE=%s: %s", config->metrics_file, strerror(errno));
		die("cannot count");
	}
	return metrics;
}

static int serve(const struct config *config, int stop_fd)
{
	uint32_t waiting = waiting_max(config);
	struct lanes lanes = {.config = config,
		.metrics = open_metrics(config),
		.keepalive = keepalive_new(),
		.pool = pool_new(waiting + jobs_elsewhere(config)),
		.quick = queue_new(waiting),
		.patient = queue_new(PATIENT_MAX)};
	struct crew crew;
	bool good;

	if (lanes.keepalive == NULL || lanes.pool == NULL || lanes.quick == NULL ||
		lanes.patient == NULL)
		die("out of memory");
	start_crew(&crew, &lanes);
	log_info("started, %s", PACKAGE_STRING);
	good = gate_run(LISTEN_FD, stop_fd, &lanes);
	if (!good)
		log_error("the listening socket failed: %s", strerror(errno));
	join_crew(&crew, &lanes);
	log_info("stopped");
	metrics_close(lanes.metrics);
	queue_free(lanes.patient);
	queue_free(lanes.quick);
	pool_free(lanes.pool);
	keepalive_free(lanes.keepalive);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int count, char **options)
{
	static struct config config;
	int status = obey_options(count, options);
	int stop_fd;

	if (status >= 0)
		return status;
	if (load_config(&config) != EXIT_SUCCESS)
		die("the configuration is not good");
	require_listening_socket();
	prctl(PR_SET_PDEATHSIG, SIGTERM); /* no orphans, should the supervisor be killed */
	stop_fd = take_signals();
	srandom((unsigned int)getpid());
	if (!connection_library_begin())
		die("the database's client library cannot be initialised");
	status = serve(&config, stop_fd);
	connection_library_end();
	return status;
}
