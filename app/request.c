#include "request.h"

#include <json.h>
#include <string.h>
#include <strings.h>

#include "idempotency.h"
#include "json_check.h"
#include "members.h"
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
	void (*read)(const struct members *body, struct command *command);
};

static void read_reserve(const struct members *body, struct command *command);
static void read_cancel(const struct members *body, struct command *command);
static void read_convert(const struct members *body, struct command *command);

static const struct route routes[] = {
	{"/api/stock/reserve", "POST", ACTION_RESERVE, MAY(CALLER_PUBLIC) | MAY(CALLER_STOREFRONT),
		false, false, read_reserve},
	{"/api/stock/cancel-reservation", "POST", ACTION_CANCEL,
		MAY(CALLER_PUBLIC) | MAY(CALLER_STOREFRONT), false, false, read_cancel},
	{"/api/stock/convert-reservations", "POST", ACTION_CONVERT, MAY(CALLER_STOREFRONT), false,
		false, read_convert},
	{"/api/cron/cleanup-reservations", "GET", ACTION_CLEANUP, MAY(CALLER_CRON), true, false,
		NULL},
	{"/health/live", "GET, HEAD", ACTION_LIVE,
		MAY(CALLER_PUBLIC) | MAY(CALLER_STOREFRONT) | MAY(CALLER_CRON), false, true, NULL},
	{"/health/ready", "GET, HEAD", ACTION_READY,
		MAY(CALLER_PUBLIC) | MAY(CALLER_STOREFRONT) | MAY(CALLER_CRON), false, true, NULL},
	{"/metrics", "GET, HEAD", ACTION_METRICS,
		MAY(CALLER_PUBLIC) | MAY(CALLER_STOREFRONT) | MAY(CALLER_CRON), false, true, NULL},
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

/* The session is the public's proof of ownership; the storefront may leave it out. */
static void read_session(const struct members *body, bool required, struct command *command)
{
	if (required || members_have(body, "sessionId"))
		members_token(body, "sessionId", SESSION_ID_MAX, false, command->session_id);
}

static void read_reserve(const struct members *body, struct command *command)
{
	struct command_line *line = &command->lines[0];
	uint64_t number = 0;

	*line = (struct command_line){0};
	members_integer(body, "variantId", 1, ID_MAX, &line->variant_id);
	if (members_integer(body, "quantity", 1, QUANTITY_MAX, &number))
		line->quantity = (uint32_t)number;
	read_session(body, true, command);
	if (members_have_value(body, "userId"))
		members_integer(body, "userId", 1, ID_MAX, &command->user_id);
	command->ttl_ms = HOLD_MS;
	if (members_have(body, "ttlSeconds") &&
		members_integer(body, "ttlSeconds", 1, TTL_TRUSTED_S_MAX, &number))
		command->ttl_ms = (int64_t)number * 1000;
	command->line_count = 1;
}

/* One id, or a list of them; never both. */
static void read_reservation_ids(const struct members *body, struct command *command)
{
	uint64_t ids[LINES_MAX];
	bool one = members_have(body, "reservationId");

	command->list = members_have(body, "reservationIds");
	if (one && command->list)
		members_fault(body, "reservationIds", FAULT_EXCLUSIVE);
	if (command->list)
		command->line_count = members_ids(body, "reservationIds", LINES_MAX, ids);
	else
		command->line_count = members_integer(body, "reservationId", 1, ID_MAX, &ids[0]);
	for (uint32_t i = 0; i < command->line_count; i++)
		command->lines[i].reservation_id = ids[i];
}

static void read_cancel(const struct members *body, struct command *command)
{
	read_reservation_ids(body, command);
	read_session(body, false, command);
}

static void read_convert(const struct members *body, struct command *command)
{
	read_reservation_ids(body, command);
	read_session(body, false, command);
	if (members_have(body, "orderId"))
		members_token(body, "orderId", ORDER_ID_MAX, true, command->order_id);
	if (members_have(body, "partial"))
		members_boolean(body, "partial", &command->partial);
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
		route->read(&body, command);
		if (caller == CALLER_PUBLIC && !members_have(&body, "sessionId") &&
			command->action != ACTION_RESERVE)
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

bool request_read(const struct http_request *http, const struct keyring *keyring,
	struct command *command, enum caller *caller, struct refusal *refusal)
{
	const struct route *route = find_route(http->uri);
	bool identified = identify(http, keyring, caller);

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
	if (!allows(route, http->method))
		return refuse(refusal, CODE_METHOD_NOT_ALLOWED);
	if (http->body_too_large)
		return refuse(refusal, CODE_BODY_TOO_LARGE);
	if (!identified || (route->keyed && http->api_key_count == 0))
		return refuse(refusal, CODE_UNAUTHORIZED);
	if ((route->callers & MAY(*caller)) == 0 || (route->operators && !http->operator_address))
		return refuse(refusal, CODE_NOT_ALLOWED);
	if (route->read == NULL)
		return true;
	if (!is_json(http->content_type))
		return refuse(refusal, CODE_UNSUPPORTED_MEDIA_TYPE);
	read_body(http, route, *caller, command, &refusal->faults);
	read_key(http, command, &refusal->faults);
	if (refusal->faults.count > 0) {
		command->line_count = 0; /* no line of it is known to be good */
		return refuse(refusal, CODE_INVALID_REQUEST);
	}
	if (*caller == CALLER_PUBLIC && asks_too_much(command))
		return refuse(refusal, CODE_NOT_ALLOWED);
	return true;
}
