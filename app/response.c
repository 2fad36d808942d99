#include "response.h"

#include <assert.h>

#include "json_write.h"
#include "response_private.h"

#define RETRY_AFTER_S "1"

void response_init(struct response *response, const uint8_t *audit_key, size_t key_length)
{
	audit_init(&response->audit, audit_key, key_length);
	text_init(&response->head, response->head_memory, sizeof(response->head_memory));
	text_init(&response->body, response->body_memory, sizeof(response->body_memory));
}

static void begin_head(
	struct response *response, const struct addressee *to, int status, const char *content_type)
{
	struct text *head = &response->head;

	text_clear(head);
	text_clear(&response->body);
	text_add(head, "Status: ");
	text_add_i64(head, status);
	text_add(head, " ");
	text_add(head, status_phrase(status));
	text_add(head, "\r\nContent-Type: ");
	text_add(head, content_type);
	text_add(head, "\r\nContent-Language: ");
	text_add(head, language_tag(to->language));
	text_add(head, "\r\nCache-Control: no-store\r\n");
}

void response_begin_success(
	struct response *response, const struct addressee *to, enum code code, enum code message)
{
	begin_head(response, to, code_status(code), "application/json");
	json_open_object(&response->body, NULL);
	json_boolean(&response->body, "success", true);
	json_string(&response->body, "message", code_message(message, to->language));
}

/* What an old client is told with 200, for anything else is a crash to it: the rules' refusals. */
static bool is_softened(const struct addressee *to, enum code code)
{
	return to->legacy && (code_status(code) == 409 || (to->command->action == ACTION_CONVERT &&
								  code_status(code) == 404));
}

/* RFC 9457, with our two members for the shop. */
void response_begin_problem(
	struct response *response, const struct addressee *to, enum code code, const char *detail)
{
	struct text *body = &response->body;
	int status = code_status(code);

	if (is_softened(to, code))
		begin_head(response, to, 200, "application/json");
	else
		begin_head(response, to, status, "application/problem+json");
	if (status >= 500)
		text_add(&response->head, "Retry-After: " RETRY_AFTER_S "\r\n");
	json_open_object(body, NULL);
	json_boolean(body, "success", false);
	json_string(body, "message", detail);
	text_add(body, ",\"type\":\"urn:stok:");
	text_add(body, code_name(code));
	text_add(body, "\"");
	json_string(body, "title", code_message(code, to->language));
	json_number(body, "status", status);
	json_string(body, "detail", detail);
	json_string(body, "code", code_name(code));
	json_string(body, "requestId", to->command->request_id);
}

void response_begin_decided(struct response *response, const struct addressee *to,
	const struct outcome *outcome, enum code success)
{
	if (!outcome->success)
		response_begin_problem(
			response, to, outcome->code, code_message(outcome->code, to->language));
	else
		response_begin_success(response, to, success,
			outcome->line_count == 1 ? outcome->lines[0].code : success);
}

void response_expiry(struct text *body, const struct outcome_line *line, int64_t now_ms)
{
	bool left = line->status == HOLD_ACTIVE && line->expires_at_ms > now_ms;

	json_time(body, "expiresAt", line->expires_at_ms);
	json_number(body, "expiresInSeconds", left ? (line->expires_at_ms - now_ms) / 1000 : 0);
}

void response_wait(struct text *body, const char *name, int64_t until_ms, int64_t now_ms)
{
	if (until_ms > now_ms)
		json_number(body, name, (until_ms - now_ms + 999) / 1000);
	else
		json_null(body, name);
}

/* Ends the body, and the head with what the access log is told. */
static void end(struct response *response, const struct addressee *to, enum code code,
	const struct outcome *outcome, int32_t swept)
{
	json_close_object(&response->body);
	text_add(&response->body, "\n");
	audit_headers(
		&response->audit, &response->head, to->command, to->caller, code, outcome, swept);
}

/* The audit's word for a success of one line is what became of that line. */
static enum code audited_code(const struct outcome *outcome)
{
	if (outcome->success && outcome->line_count == 1)
		return outcome->lines[0].code;
	return outcome->code;
}

void response_decided(struct response *response, const struct addressee *to,
	const struct outcome *outcome, int32_t swept)
{
	switch (to->command->action) {
	case ACTION_RESERVE:
		response_reserve(response, to, outcome);
		break;
	case ACTION_CANCEL:
		response_cancel(response, to, outcome);
		break;
	case ACTION_CONVERT:
		response_convert(response, to, outcome);
		break;
	case ACTION_EXTEND:
		response_extend(response, to, outcome);
		break;
	case ACTION_MERGE:
		response_merge(response, to, outcome);
		break;
	case ACTION_CLEANUP:
		response_cleanup(response, to, outcome, swept);
		break;
	case ACTION_AVAILABILITY:
		response_availability(response, to, outcome);
		break;
	case ACTION_LIST:
		response_list(response, to, outcome);
		break;
	case ACTION_READY:
	case ACTION_LIVE:
		response_begin_success(response, to, outcome->code, outcome->code);
		break;
	case ACTION_METRICS:
	case ACTION_NONE:
		assert(!"something to decide");
	}
	end(response, to, audited_code(outcome), outcome, swept);
}

static void write_faults(
	struct response *response, const struct faults *faults, enum language language)
{
	struct text *body = &response->body;
	char memory[256];
	struct text message;

	text_init(&message, memory, sizeof(memory));
	json_open_list(body, "errors");
	for (uint32_t i = 0; i < faults->count; i++) {
		const struct fault *fault = &faults->list[i];

		text_clear(&message);
		fault_message(&message, fault, language);
		json_open_object(body, NULL);
		json_string(body, fault->in_header ? "header" : "pointer", fault->where);
		json_string(body, "detail", message.bytes);
		json_close_object(body);
	}
	json_close_list(body);
}

/* `"pointer":"..."` with each byte as \\u00xx, and the longest message. */
_Static_assert(FAULTS_MAX *(6 * FAULT_WHERE_MAX + 256) + 4096 < REPLY_MAX, "faults fit an answer");

/* A person reads one fault at a time: the first, with its place. */
static void describe_fault(struct text *text, const struct fault *fault, enum language language)
{
	static const char *const body[] = {"The body", "İsteğin gövdesi"};

	text_add(text, fault->where[0] != '\0' ? fault->where : body[language]);
	text_add(text, " ");
	fault_message(text, fault, language);
}

void response_refused(
	struct response *response, const struct addressee *to, const struct refusal *refusal)
{
	const char *detail = code_message(refusal->code, to->language);
	char memory[512];
	struct text text;

	text_init(&text, memory, sizeof(memory));
	if (refusal->faults.count > 0) {
		describe_fault(&text, &refusal->faults.list[0], to->language);
		detail = text.bytes;
	}
	response_begin_problem(response, to, refusal->code, detail);
	if (refusal->code == CODE_METHOD_NOT_ALLOWED) {
		text_add(&response->head, "Allow: ");
		text_add(&response->head, refusal->allow);
		text_add(&response->head, "\r\n");
	}
	if (refusal->code == CODE_UNAUTHORIZED)
		text_add(&response->head, "WWW-Authenticate: ApiKey realm=\"stok\"\r\n");
	if (refusal->faults.count > 0)
		write_faults(response, &refusal->faults, to->language);
	end(response, to, refusal->code, NULL, 0);
}

void response_failed(
	struct response *response, const struct addressee *to, enum code code, int32_t swept)
{
	response_begin_problem(response, to, code, code_message(code, to->language));
	end(response, to, code, NULL, swept);
}

void response_begin_text(struct response *response, const struct addressee *to)
{
	begin_head(response, to, 200, "text/plain; version=0.0.4; charset=utf-8");
	audit_headers(
		&response->audit, &response->head, to->command, to->caller, CODE_METRICS, NULL, 0);
}

void response_send(struct response *response, FCGX_Request *fastcgi)
{
	text_add(&response->head, "Content-Length: ");
	text_add_u64(&response->head, response->body.length);
	text_add(&response->head, "\r\n\r\n");
	FCGX_PutStr(response->head.bytes, (int)response->head.length, fastcgi->out);
	FCGX_PutStr(response->body.bytes, (int)response->body.length, fastcgi->out);
	/* Else closing would linger, up to 2 s, for a peer that has long stopped sending. */
	FCGX_Detach(fastcgi);
	FCGX_Finish_r(fastcgi);
}
