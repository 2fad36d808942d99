#include "request_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct policy policy;
struct http_request http;
struct command command;
struct refusal refusal;
enum caller caller;
static char *body;

int begin(void **state)
{
	(void)state;
	memset(&policy, 0, sizeof(policy));
	assert_true(keys_add(&policy.keyring.storefront, STOREFRONT, strlen(STOREFRONT)));
	assert_true(keys_add(&policy.keyring.cron, CRON, strlen(CRON)));
	memset(&command, 0x5a, sizeof(command));
	memset(&refusal, 0x5a, sizeof(refusal));
	http = (struct http_request){.method = "POST",
		.uri = RESERVE,
		.content_type = "application/json",
		.api_key = STOREFRONT,
		.api_key_count = 1,
		.accept_language = "",
		.idempotency_key = "",
		.session_id = "",
		.request_id = REQUEST,
		.body = ""};
	return 0;
}

int finish(void **state)
{
	(void)state;
	free(body);
	body = NULL;
	return 0;
}

void given_bytes(const char *bytes, size_t length)
{
	free(body);
	body = malloc(length > 0 ? length : 1);
	assert_non_null(body);
	memcpy(body, bytes, length);
	http.body = body;
	http.body_length = length;
}

void given_body(const char *format, ...)
{
	static char text[2 * BODY_MAX];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	assert_in_range(length, 0, sizeof(text) - 1);
	given_bytes(text, (size_t)length);
}

void given_get(const char *format, ...)
{
	static char uri[BODY_MAX];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(uri, sizeof(uri), format, arguments);
	va_end(arguments);
	assert_in_range(length, 1, sizeof(uri) - 1);
	http.method = "GET";
	http.uri = uri;
	http.content_type = "";
	http.session_id = "s";
	http.session_id_count = 1;
}

void by_key(const char *key)
{
	http.api_key = key;
	http.api_key_count = 1;
}

void by_public(void)
{
	http.api_key = "";
	http.api_key_count = 0;
	http.trusted = false;
}

void by_trusted_way(void)
{
	by_public();
	http.trusted = true;
}

int answer(void)
{
	return request_read(&http, &policy, &command, &caller, &refusal) ? GOOD : (int)refusal.code;
}

void assert_good(void)
{
	if (answer() != GOOD)
		fail_msg("refused: code %d, %u faults, first %s kind %d", (int)refusal.code,
			refusal.faults.count, refusal.faults.list[0].where,
			(int)refusal.faults.list[0].kind);
}

void assert_faults(uint32_t count)
{
	assert_int_equal(answer(), CODE_INVALID_REQUEST);
	assert_int_equal(refusal.faults.count, count);
	assert_int_equal(command.line_count, 0);
}

const struct fault *assert_fault(const char *where, enum fault_kind kind)
{
	const struct fault *found = NULL;

	for (uint32_t i = 0; i < refusal.faults.count; i++) {
		const struct fault *fault = &refusal.faults.list[i];

		if (strcmp(fault->where, where) == 0 && fault->kind == kind)
			found = fault;
	}
	if (found == NULL)
		fail_msg("no fault of kind %d at '%s'; the first is of kind %d at '%s'", (int)kind,
			where, (int)refusal.faults.list[0].kind, refusal.faults.list[0].where);
	return found;
}

void assert_bounds(const char *where, enum fault_kind kind, int64_t min, int64_t max)
{
	const struct fault *fault = assert_fault(where, kind);

	assert_int_equal(fault->min, min);
	assert_int_equal(fault->max, max);
}
