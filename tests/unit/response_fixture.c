#include "response_fixture.h"

#include <stdio.h>
#include <string.h>

#include "json_check.h"

struct response response;
struct command command;
struct outcome outcome;
struct refusal refusal;
enum language language;
bool legacy;
struct json_object *body;

int begin(void **state)
{
	static const uint8_t key[] = "an-audit-key-of-the-right-length";

	(void)state;
	memset(&response, 0x5a, sizeof(response));
	response_init(&response, key, sizeof(key) - 1);
	memset(&command, 0, sizeof(command));
	memset(&outcome, 0, sizeof(outcome));
	memset(&refusal, 0, sizeof(refusal));
	snprintf(command.request_id, sizeof(command.request_id), "%s", REQUEST);
	snprintf(command.session_id, sizeof(command.session_id), "%s", SESSION);
	outcome.now_ms = NOW;
	language = LANGUAGE_ENGLISH;
	legacy = false;
	return 0;
}

int finish(void **state)
{
	(void)state;
	json_object_put(body);
	body = NULL;
	return 0;
}

static struct addressee addressee(void)
{
	return (struct addressee){.command = &command,
		.caller = CALLER_STOREFRONT,
		.language = language,
		.legacy = legacy};
}

const char *header(const char *name)
{
	static char value[16 * 1024];
	size_t length = strlen(name);
	bool found = false;

	for (const char *at = response.head.bytes; *at != '\0'; at = strchr(at, '\n') + 1) {
		if (strncmp(at, name, length) != 0 || at[length] != ':')
			continue;
		assert_false(found);
		assert_int_equal(at[length + 1], ' ');
		snprintf(value, sizeof(value), "%.*s", (int)strcspn(at + length + 2, "\r\n"),
			at + length + 2);
		found = true;
	}
	return found ? value : NULL;
}

void assert_header(const char *name, const char *value)
{
	const char *found = header(name);

	if (found == NULL)
		fail_msg("no header %s", name);
	assert_string_equal(found, value);
}

/* Lines of visible characters that each end in CR LF; nobody can become the session by them. */
static void check_head(void)
{
	const struct text *head = &response.head;

	assert_int_equal(strlen(head->bytes), head->length);
	for (size_t i = 0; i < head->length; i++) {
		unsigned char byte = (unsigned char)head->bytes[i];

		if (byte == '\n')
			assert_int_equal(head->bytes[i - 1], '\r');
		else if (byte == '\r')
			assert_int_equal(head->bytes[i + 1], '\n');
		else
			assert_in_range(byte, 0x20, 0x7e);
	}
	assert_memory_equal(head->bytes + head->length - 2, "\r\n", 2);
	assert_null(strstr(head->bytes, "\r\n\r\n"));
	assert_null(strstr(head->bytes, SESSION));
	assert_header("Cache-Control", "no-store");
	assert_header("Content-Language", language == LANGUAGE_TURKISH ? "tr" : "en");
}

static void read_back(void)
{
	static struct faults faults;

	check_head();
	faults.count = 0;
	assert_true(json_check(response.body.bytes, response.body.length, &faults));
	assert_int_equal(faults.count, 0); /* no member twice */
	json_object_put(body);
	body = json_tokener_parse(response.body.bytes);
	assert_true(json_object_is_type(body, json_type_object));
}

void decided(enum action action, int32_t swept)
{
	struct addressee to = addressee();

	command.action = action;
	response_decided(&response, &to, &outcome, swept);
	read_back();
}

void refused(enum code code)
{
	struct addressee to = addressee();

	refusal.code = code;
	response_refused(&response, &to, &refusal);
	read_back();
}

void failed(enum code code)
{
	struct addressee to = addressee();

	response_failed(&response, &to, code, 0);
	read_back();
}

struct json_object *member(struct json_object *object, const char *name, json_type type)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(object, name, &value))
		fail_msg("no member %s", name);
	if (!json_object_is_type(value, type))
		fail_msg("%s is no %s", name, json_type_to_name(type));
	return value;
}

void assert_number(struct json_object *object, const char *name, int64_t value)
{
	assert_int_equal(json_object_get_int64(member(object, name, json_type_int)), value);
}

void assert_string(struct json_object *object, const char *name, const char *value)
{
	assert_string_equal(json_object_get_string(member(object, name, json_type_string)), value);
}

void assert_boolean(struct json_object *object, const char *name, bool value)
{
	assert_int_equal(json_object_get_boolean(member(object, name, json_type_boolean)), value);
}

void assert_null_member(struct json_object *object, const char *name)
{
	assert_null(member(object, name, json_type_null));
}

void assert_absent(struct json_object *object, const char *name)
{
	assert_false(json_object_object_get_ex(object, name, NULL));
}

struct json_object *element(const char *list, size_t i, size_t length)
{
	struct json_object *array = member(body, list, json_type_array);

	assert_int_equal(json_object_array_length(array), length);
	return json_object_array_get_idx(array, i);
}

void assert_success(const char *status)
{
	assert_header("Status", status);
	assert_header("Content-Type", "application/json");
	assert_boolean(body, "success", true);
	assert_true(json_object_get_string_len(member(body, "message", json_type_string)) > 0);
	assert_null(header("Retry-After"));
	assert_absent(body, "code");
}

static void check_problem(enum code code)
{
	char type[64];
	int status = code_status(code);

	assert_boolean(body, "success", false);
	snprintf(type, sizeof(type), "urn:stok:%s", code_name(code));
	assert_string(body, "type", type);
	assert_string(body, "title", code_message(code, language));
	assert_number(body, "status", status);
	assert_string(body, "code", code_name(code));
	assert_string(body, "requestId", REQUEST);
	assert_string(
		body, "message", json_object_get_string(member(body, "detail", json_type_string)));
	assert_true(json_object_get_string_len(member(body, "detail", json_type_string)) > 0);
}

void assert_problem(enum code code)
{
	char status[64];

	snprintf(status, sizeof(status), "%d %s", code_status(code),
		status_phrase(code_status(code)));
	assert_header("Status", status);
	assert_header("Content-Type", "application/problem+json");
	check_problem(code);
}

void assert_softened(enum code code)
{
	assert_header("Status", "200 OK");
	assert_header("Content-Type", "application/json");
	check_problem(code);
}

struct outcome_line *line(enum code code, bool success, uint64_t id)
{
	struct outcome_line *added = &outcome.lines[outcome.line_count++];

	*added = (struct outcome_line){.code = code,
		.success = success,
		.reservation_id = id,
		.variant_id = 40 + id,
		.quantity = 3};
	return added;
}

void came_to(enum code code, bool success)
{
	outcome.code = code;
	outcome.success = success;
}
