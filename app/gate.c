#include "gate.h"

#include <assert.h>
#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "leader.h"
#include "limits.h"
#include "log.h"
#include "monotonic.h"
#include "number.h"
#include "request.h"
#include "response.h"

#define EVENTS_MAX   64
#define ACCEPTS_MAX  64	  /* in a row, before anything else is looked at */
#define READ_S_MAX   1	  /* nginx sends a request whole: who does not, does not hold us up */
#define STANDBY_MS   50	  /* between two looks of a process that does not lead */
#define DRAIN_MS_MAX 5000 /* when stopping, for nginx to close the connections that it keeps */

struct gate {
	/* set once */
	const struct lanes *lanes;
	int listen_fd;
	int stop_fd;
	int epoll_fd; /* the keepalive's */

	/* owned by the thread */
	bool leads;    /* accepts connections; else it stands by */
	bool unserved; /* when it looked last, a connection was waiting to be accepted */
	struct refusal refusal;
	struct response response;
	char body[BODY_MAX + 2]; /* one byte to see that it is too long, and the NUL */
};

/* what nginx sent */

/* "NAME=value" of the FastCGI environment: the value, if it is that name. */
static const char *value_of(const char *pair, const char *name)
{
	size_t length = strlen(name);

	return strncmp(pair, name, length) == 0 && pair[length] == '=' ? pair + length + 1 : NULL;
}

struct wanted {
	const char *name;
	size_t value; /* offset of a const char * in struct http_request */
	size_t count; /* offset of a uint32_t: how often it came; 0, where `method` is: not counted
		       */
};

static const struct wanted wanted[] = {
	{"REQUEST_METHOD", offsetof(struct http_request, method), 0},
	{"REQUEST_URI", offsetof(struct http_request, uri), 0},
	{"CONTENT_TYPE", offsetof(struct http_request, content_type), 0},
	{"HTTP_X_API_KEY", offsetof(struct http_request, api_key),
		offsetof(struct http_request, api_key_count)},
	{"HTTP_IDEMPOTENCY_KEY", offsetof(struct http_request, idempotency_key),
		offsetof(struct http_request, idempotency_key_count)},
	{"HTTP_X_SESSION_ID", offsetof(struct http_request, session_id),
		offsetof(struct http_request, session_id_count)},
	{"HTTP_ACCEPT_LANGUAGE", offsetof(struct http_request, accept_language), 0},
	{"STOK_REQUEST_ID", offsetof(struct http_request, request_id), 0},
};

static void read_param(struct http_request *http, const char *pair)
{
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		const char *value = value_of(pair, wanted[i].name);

		if (value == NULL)
			continue;
		*(const char **)((char *)http + wanted[i].value) = value;
		/* A header that came twice is passed twice. */
		if (wanted[i].count != 0)
			(*(uint32_t *)((char *)http + wanted[i].count))++;
		return;
	}
	if (strcmp(pair, "STOK_TRUSTED=1") == 0)
		http->trusted = true;
	else if (strcmp(pair, "STOK_OPERATOR=1") == 0)
		http->operator_address = true;
	else if (strcmp(pair, "STOK_COMPAT=legacy") == 0)
		http->legacy = true;
}

/* False: the connection broke in the middle of the body. */
static bool read_body(struct gate *gate, FCGX_Request *fastcgi, struct http_request *http)
{
	const char *announced = FCGX_GetParam("CONTENT_LENGTH", fastcgi->envp);
	uint64_t expected;
	int length = FCGX_GetStr(gate->body, BODY_MAX + 1, fastcgi->in);

	if (length < 0 || FCGX_GetError(fastcgi->in) != 0)
		return false;
	gate->body[length] = '\0';
	http->body = gate->body;
	http->body_length = (size_t)length;
	http->body_too_large = length > BODY_MAX;
	if (http->body_too_large) /* its rest would be taken for the next request */
		fastcgi->keepConnection = 0;
	if (announced != NULL && number_read(announced, strlen(announced), &expected))
		return http->body_too_large || expected == (uint64_t)length;
	return true;
}

static bool read_request(struct gate *gate, FCGX_Request *fastcgi, struct http_request *http)
{
	struct timespec now;

	*http = (struct http_request){.method = "",
		.uri = "",
		.content_type = "",
		.api_key = "",
		.accept_language = "",
		.idempotency_key = "",
		.session_id = "",
		.request_id = ""};
	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	http->arrived_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	for (char **pair = fastcgi->envp; *pair != NULL; pair++)
		read_param(http, *pair);
	return read_body(gate, fastcgi, http);
}

/* answers without a database */

static void send_answer(struct gate *gate, struct job *job, enum code code)
{
	lanes_answer(gate->lanes, job, &gate->response, code);
}

static void refuse(struct gate *gate, struct job *job)
{
	struct addressee to = job_addressee(job);

	response_refused(&gate->response, &to, &gate->refusal);
	send_answer(gate, job, gate->refusal.code);
}

static void answer_live(struct gate *gate, struct job *job)
{
	struct addressee to = job_addressee(job);

	job->outcome = (struct outcome){.code = CODE_LIVE, .success = true};
	response_decided(&gate->response, &to, &job->outcome, 0);
	send_answer(gate, job, CODE_LIVE);
}

static void answer_metrics(struct gate *gate, struct job *job)
{
	struct addressee to = job_addressee(job);

	response_begin_text(&gate->response, &to);
	metrics_write(gate->lanes->metrics, &gate->response.body);
	send_answer(gate, job, CODE_METRICS);
}

static void answer_busy(struct gate *gate, struct job *job)
{
	struct addressee to = job_addressee(job);

	response_failed(&gate->response, &to, CODE_BUSY, 0);
	send_answer(gate, job, CODE_BUSY);
}

/* one request */

static void dispatch(struct gate *gate, struct job *job, const struct http_request *http)
{
	job->language = language_of(http->accept_language, gate->lanes->config->language);
	job->legacy = http->legacy;
	job->started_ms = monotonic_ms();
	job->swept = 0;
	job->witness = 0;
	if (!request_read(http, &gate->lanes->config->policy, &job->command, &job->caller,
		    &gate->refusal)) {
		if (gate->refusal.code == CODE_INTERNAL_ERROR)
			log_error("nginx passes no STOK_REQUEST_ID: include stok's configuration");
		refuse(gate, job);
	} else if (job->command.action == ACTION_LIVE) {
		answer_live(gate, job);
	} else if (job->command.action == ACTION_METRICS) {
		answer_metrics(gate, job);
	} else if (!queue_push(gate->lanes->quick, job)) {
		answer_busy(gate, job);
	}
}

/*
 * libfcgi accepts connections itself, and blocks on it. Given a request that has its connection
 * already, it skips that and reads. These fields are public in its header, though marked as its
 * own; configure checks that they are there, and the tests that they still mean this.
 */
static void adopt_connection(FCGX_Request *fastcgi, int fd)
{
	FCGX_InitRequest(fastcgi, -1, 0);
	fastcgi->ipcFd = fd;
	fastcgi->keepConnection = 1;
	FCGX_Detach(fastcgi);
}

static void forget(struct gate *gate, struct job *job)
{
	keepalive_return(gate->lanes->keepalive, -1);
	pool_give_back(gate->lanes->pool, job);
}

static void hang_up(struct gate *gate, struct job *job)
{
	job->fastcgi.keepConnection = 0;
	FCGX_Detach(&job->fastcgi);
	FCGX_Finish_r(&job->fastcgi);
	forget(gate, job);
}

static void serve(struct gate *gate, int fd)
{
	struct job *job = pool_borrow(gate->lanes->pool);
	struct http_request http;

	assert(job != NULL); /* there are more jobs than can wait and be in hand */
	adopt_connection(&job->fastcgi, fd);
	if (FCGX_Accept_r(&job->fastcgi) != 0) /* nginx has left: libfcgi closed it */
		forget(gate, job);
	else if (!read_request(gate, &job->fastcgi, &http))
		hang_up(gate, job);
	else
		dispatch(gate, job, &http);
}

/* connections */

/* Without files left, the socket stays readable: not to be asked again at once. False: it is
 * broken. */
static bool survive_accept(int error)
{
	static const struct timespec pause = {.tv_nsec = 5000000};

	if (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM)
		nanosleep(&pause, NULL);
	return error != EBADF && error != EINVAL && error != ENOTSOCK;
}

/* False: the listening socket is no good. */
static bool accept_some(struct gate *gate)
{
	struct timeval limit = {.tv_sec = READ_S_MAX};

	for (int i = 0; i < ACCEPTS_MAX; i++) {
		int fd = accept4(gate->listen_fd, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			return survive_accept(errno);
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
		keepalive_add(gate->lanes->keepalive, fd);
	}
	return true;
}

/* One round of the loop. False: it is time to stop. */
static bool turn(struct gate *gate, int timeout_ms, bool *failed)
{
	struct epoll_event events[EVENTS_MAX];
	int count = epoll_wait(gate->epoll_fd, events, EVENTS_MAX, timeout_ms);
	bool stop = false;

	for (int i = 0; i < count; i++) {
		int fd = events[i].data.fd;

		if (fd == gate->stop_fd)
			stop = true;
		else if (fd == gate->listen_fd)
			*failed = !accept_some(gate);
		else
			serve(gate, fd);
	}
	return !stop && !*failed;
}

static bool watch(struct gate *gate, int fd, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.fd = fd};

	return epoll_ctl(gate->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

/* Should the leader be stuck, a connection is still waiting at the next look: this one steps in. */
static void stand_by(struct gate *gate, bool *failed)
{
	struct pollfd waiting = {.fd = gate->listen_fd, .events = POLLIN};

	gate->leads = leader_try(gate->listen_fd);
	if (gate->leads) {
		*failed = !watch(gate, gate->listen_fd, EPOLLIN | EPOLLEXCLUSIVE);
	} else if (poll(&waiting, 1, 0) <= 0) {
		gate->unserved = false;
	} else {
		if (gate->unserved)
			*failed = !accept_some(gate);
		gate->unserved = true;
	}
}

/* Until nginx has left: it closes what it keeps soon (stok-http.conf), and loses nothing then. */
static void drain(struct gate *gate)
{
	int64_t end_ms = monotonic_ms() + DRAIN_MS_MAX;
	bool failed = false;

	leader_resign(gate->listen_fd);
	epoll_ctl(gate->epoll_fd, EPOLL_CTL_DEL, gate->listen_fd, NULL);
	epoll_ctl(gate->epoll_fd, EPOLL_CTL_DEL, gate->stop_fd, NULL);
	while (keepalive_count(gate->lanes->keepalive) > 0 && monotonic_ms() < end_ms)
		turn(gate, 10, &failed);
}

static bool set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

bool gate_run(int listen_fd, int stop_fd, const struct lanes *lanes)
{
	struct gate *gate = calloc(1, sizeof(*gate));
	bool failed;
	int kept;

	if (gate == NULL || FCGX_Init() != 0) {
		free(gate);
		return false;
	}
	signal(SIGPIPE, SIG_IGN); /* a client that left is an error of its write, no more */
	gate->lanes = lanes;
	gate->listen_fd = listen_fd;
	gate->stop_fd = stop_fd;
	gate->epoll_fd = keepalive_epoll(lanes->keepalive);
	response_init(&gate->response, lanes->config->audit_key, lanes->config->audit_key_length);
	/* Non-blocking: another process may take what woke this one. */
	failed = !set_nonblocking(listen_fd) || !watch(gate, stop_fd, EPOLLIN);
	while (!failed && turn(gate, gate->leads ? -1 : STANDBY_MS, &failed)) {
		if (!gate->leads)
			stand_by(gate, &failed);
	}
	kept = errno;
	if (!failed)
		drain(gate);
	free(gate);
	errno = kept;
	return !failed;
}
