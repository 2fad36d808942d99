#include "request.h"

#include <json.h>
#include <string.h>
#include <strings.h>

#include "body.h"
#include "idempotency.h"
#include "json_check.h"
#include "members.h"
#include "query.h"
#include "text.h"

#define MAY(caller) (1u << (caller))

/* What an endpoint is, and who may call it. */
struct route {
	const char *path;
	const char *allow; /* methods, as the Allow header lists them */
	enum action action;
	unsigned int callers;
	bool keyed;	/* needs a key, whatever the way it came by */
	bool operators; /* for operators' addresses only */
	/* what it reads: a JSON body, or the query and headers of its own */
	void (*body)(const struct members *body, struct command *command);
	void (*query)(
		const struct http_request *http, struct command *command, struct faults *faults);
};

#define ANYBODY	 (MAY(CALLER_PUBLIC) | MAY(CALLER_STOREFRONT) | MAY(CALLER_CRON))
#define SHOPPERS (MAY(CALLER_PUBLIC) | MAY(CALLER_STOREFRONT))

static const struct route routes[] = {
	{"/api/stock/reserve", "POST", ACTION_RESERVE, SHOPPERS, .body = body_reserve},
	{"/api/stock/cancel-reservation", "POST", ACTION_CANCEL, SHOPPERS, .body = body_cancel},
	{"/api/stock/convert-reservations", "POST", ACTION_CONVERT, MAY(CALLER_STOREFRONT),
		.body = body_convert},
	{"/api/stock/extend-reservations", "POST", ACTION_EXTEND, SHOPPERS, .body = body_extend},
	{"/api/stock/merge-session", "POST", ACTION_MERGE, MAY(CALLER_STOREFRONT),
		.body = body_merge},
	{"/api/stock/availability", "GET", ACTION_AVAILABILITY, SHOPPERS,
		.query = query_availability},
	{"/api/stock/reservations", "GET", ACTION_LIST, SHOPPERS, .query = query_list},
	{"/api/cron/cleanup-reservations", "GET", ACTION_CLEANUP, MAY(CALLER_CRON), .keyed = true},
	{"/health/live", "GET, HEAD", ACTION_LIVE, ANYBODY, .operators = true},
	{"/health/ready", "GET, HEAD", ACTION_READY, ANYBODY, .operators = true},
	{"/metrics", "GET, HEAD", ACTION_METRICS, ANYBODY, .operators = true},
};

static const struct route *find_route(const char *uri)
{
	size_t length = strcspn(uri, "?");

	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (strlen(routes[i].path) == length && memcmp(routes[i].path, uri, length) == 0)
			return &routes[i];
	}
	return NULL;
}

static bool allows(const struct route *route, const char *method)
{
	size_t length = strlen(method);
	const char *at = route->allow;

	while (*at != '\0') {
		size_t name = strcspn(at, ",");

		if (name == length && memcmp(at, method, length) == 0)
			return true;
		at += name;
		at += strspn(at, ", ");
	}
	return false;
}

static bool is_json(const char *content_type)
{
	static const char json[] = "application/json";
	size_t length = strcspn(content_type, "; \t");

	return length == sizeof(json) - 1 && strncasecmp(content_type, json, length) == 0;
}

/* A key that is sent must be somebody's. False: it is not. */
static bool identify(
	const struct http_request *http, const struct keyring *keyring, enum caller *caller)
{
	*caller = http->trusted ? CALLER_STOREFRONT : CALLER_PUBLIC;
	if (http->api_key_count == 0)
		return true;
	*caller = CALLER_PUBLIC;
	return http->api_key_count == 1 && keyring_identify(keyring, http->api_key, caller);
}

static struct json_object *parse(const char *bytes, size_t length)
{
	struct json_tokener *tokener = json_tokener_new_ex(JSON_DEPTH_MAX + 1);
	struct json_object *body;

	if (tokener == NULL)
		return NULL;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	body = json_tokener_parse_ex(tokener, bytes, (int)length);
	if (json_tokener_get_error(tokener) != json_tokener_success) {
		json_object_put(body);
		body = NULL;
	}
	json_tokener_free(tokener);
	return body;
}

/* Where it may be left out: the public proves by it what it owns, a whole session is named by it.
 */
static bool wants_session(enum caller caller, const struct command *command)
{
	if (command->action == ACTION_RESERVE || command->action == ACTION_MERGE)
		return false; /* it never may, and that is told already */
	return caller == CALLER_PUBLIC || command->whole_session;
}

static void read_body(const struct http_request *http, const struct route *route,
	enum caller caller, struct command *command, struct faults *faults)
{
	struct members body = {.pointer = "", .faults = faults};

	if (!json_check(http->body, http->body_length, faults))
		return;
	body.object = parse(http->body, http->body_length);
	if (!json_object_is_type(body.object, json_type_object)) {
		faults_add(faults, FAULT_NOT_OBJECT, "");
	} else {
		route->body(&body, command);
		if (wants_session(caller, command) && !members_have(&body, "sessionId"))
			members_fault(&body, "sessionId", FAULT_REQUIRED);
	}
	json_object_put(body.object);
}

/* Every reserve has a key, its own or an automatic one, so that a lost COMMIT can be looked up. */
static void read_key(
	const struct http_request *http, struct command *command, struct faults *faults)
{
	static const char header[] = "Idempotency-Key";
	size_t length = strlen(http->idempotency_key);

	if (command->action != ACTION_RESERVE)
		return;
	command->keyed = http->idempotency_key_count > 0;
	if (http->idempotency_key_count > 1)
		faults_add_header(faults, FAULT_REPEATED_HEADER, header, 0);
	else if (command->keyed && (length < 1 || length > KEY_MAX))
		faults_add_header(faults, FAULT_LENGTH, header, KEY_MAX);
	else if (command->keyed && !text_is_visible(http->idempotency_key, length))
		faults_add_header(faults, FAULT_CHARACTERS, header, 0);
	if (!command->keyed) {
		idempotency_automatic_key(
			command->request_id, http->arrived_ms, command->idempotency_key);
		return; /* nobody else sends this key: there is no other body to tell it from */
	}
	idempotency_key(command->session_id, http->idempotency_key, command->idempotency_key);
	idempotency_body(command, command->idempotency_body);
}

/*
 * The operator's choices. An old client treats whatever is not 2xx as a crash, and sends a userId
 * from the browser.
 */
static void apply_policy(const struct http_request *http, const struct policy *policy,
	enum caller caller, struct command *command)
{
	if (command->action == ACTION_RESERVE &&
		(caller == CALLER_PUBLIC || policy->limits_bind_all))
		command->limits = policy->limits;
	if (!http->legacy)
		return;
	if (command->action == ACTION_CONVERT)
		command->partial = true;
	if (caller == CALLER_PUBLIC)
		command->user_id = 0;
}

/* What only the storefront may ask for. */
static bool asks_too_much(const struct command *command)
{
	return command->user_id != 0 || command->ttl_ms > TTL_PUBLIC_S_MAX * 1000;
}

static bool refuse(struct refusal *refusal, enum code code)
{
	refusal->code = code;
	return false;
}

/* What the endpoint wants to be told. */
static void read_words(const struct http_request *http, const struct route *route,
	const struct policy *policy, enum caller caller, struct command *command,
	struct faults *faults)
{
	if (route->query != NULL)
		route->query(http, command, faults);
	if (route->body == NULL)
		return;
	read_body(http, route, caller, command, faults);
	apply_policy(http, policy, caller, command);
	read_key(http, command, faults);
}

/* Who may not come as far as to be read. CODE_COUNT: he may. */
static enum code refuse_at_the_door(const struct http_request *http, const struct route *route,
	bool identified, enum caller caller)
{
	if (!allows(route, http->method))
		return CODE_METHOD_NOT_ALLOWED;
	if (http->body_too_large)
		return CODE_BODY_TOO_LARGE;
	if (!identified || (route->keyed && http->api_key_count == 0))
		return CODE_UNAUTHORIZED;
	if ((route->callers & MAY(caller)) == 0 || (route->operators && !http->operator_address))
		return CODE_NOT_ALLOWED;
	if (route->body != NULL && !is_json(http->content_type))
		return CODE_UNSUPPORTED_MEDIA_TYPE;
	return CODE_COUNT;
}

bool request_read(const struct http_request *http, const struct policy *policy,
	struct command *command, enum caller *caller, struct refusal *refusal)
{
	const struct route *route = find_route(http->uri);
	bool identified = identify(http, &policy->keyring, caller);

	memset(command, 0, offsetof(struct command, lines));
	refusal->faults.count = 0;
	refusal->allow = NULL;
	if (strlen(http->request_id) != REQUEST_ID_LENGTH)
		return refuse(refusal, CODE_INTERNAL_ERROR); /* nginx is not set up for us */
	memcpy(command->request_id, http->request_id, REQUEST_ID_LENGTH + 1);
	if (route == NULL)
		return refuse(refusal, CODE_NO_SUCH_ENDPOINT);
	command->action = route->action;
	refusal->allow = route->allow;
	refusal->code = refuse_at_the_door(http, route, identified, *caller);
	if (refusal->code != CODE_COUNT)
		return false;
	read_words(http, route, policy, *caller, command, &refusal->faults);
	if (refusal->faults.count > 0) {
		command->line_count = 0; /* no line of it is known to be good */
		return refuse(refusal, CODE_INVALID_REQUEST);
	}
	if (*caller == CALLER_PUBLIC && asks_too_much(command))
		return refuse(refusal, CODE_NOT_ALLOWED);
	return true;
}
