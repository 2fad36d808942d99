#include "audit.h"

#include <string.h>

#include "messages.h"

void audit_init(struct audit *audit, const uint8_t *key, size_t key_length)
{
	hmac_sha256_set_key(&audit->hash, key_length, key);
}

void audit_session(struct audit *audit, const char *session_id, uint8_t hash[SESSION_HASH_BYTES])
{
	hmac_sha256_update(&audit->hash, strlen(session_id), (const uint8_t *)session_id);
	hmac_sha256_digest(&audit->hash, SESSION_HASH_BYTES, hash);
}

static void add_session(
	struct audit *audit, struct text *head, const char *header, const char *session_id)
{
	uint8_t digest[SESSION_HASH_BYTES];

	audit_session(audit, session_id, digest);
	text_add(head, header);
	text_add_hex(head, digest, sizeof(digest));
	text_add(head, "\r\n");
}

static void add_name(struct text *head, const char *header, const char *value)
{
	text_add(head, header);
	text_add(head, value);
	text_add(head, "\r\n");
}

static void add_number(struct text *head, const char *header, int64_t value)
{
	text_add(head, header);
	text_add_i64(head, value);
	text_add(head, "\r\n");
}

static bool changed(const struct outcome_line *line)
{
	return line->code == CODE_RESERVED || line->code == CODE_CONVERTED ||
	       line->code == CODE_REVIVED || line->code == CODE_EXTENDED ||
	       line->code == CODE_MERGED || (line->code == CODE_CANCELLED && line->released > 0);
}

static void add_changed(struct text *head, const struct outcome *outcome)
{
	bool any = false;

	for (uint32_t i = 0; i < outcome->line_count; i++) {
		if (!changed(&outcome->lines[i]))
			continue;
		text_add(head, any ? " " : "X-Stok-Reservation-Ids: ");
		text_add_u64(head, outcome->lines[i].reservation_id);
		any = true;
	}
	if (!any)
		return;
	text_add(head, "\r\nX-Stok-Lines:");
	for (uint32_t i = 0; i < outcome->line_count; i++) {
		if (!changed(&outcome->lines[i]))
			continue;
		text_add(head, " ");
		text_add_u64(head, outcome->lines[i].variant_id);
		text_add(head, ":");
		text_add_u64(head, outcome->lines[i].quantity);
	}
	text_add(head, "\r\n");
}

static void add_replaced(struct text *head, const struct outcome *outcome)
{
	bool any = false;

	for (uint32_t i = 0; i < outcome->line_count; i++) {
		if (outcome->lines[i].replaced_id == 0)
			continue;
		text_add(head, any ? " " : "X-Stok-Replaced: ");
		text_add_u64(head, outcome->lines[i].replaced_id);
		any = true;
	}
	text_add(head, any ? "\r\n" : "");
}

/* A refused request changed nothing: what it asked for is told instead. */
static void add_asked_variants(struct text *head, const struct command *command)
{
	text_add(head, "X-Stok-Lines:");
	for (uint32_t i = 0; i < command->line_count; i++) {
		text_add(head, " ");
		text_add_u64(head, command->lines[i].variant_id);
		text_add(head, ":");
		text_add_u64(head, command->lines[i].quantity);
	}
	text_add(head, "\r\n");
}

static void add_asked_holds(struct text *head, const struct command *command)
{
	text_add(head, "X-Stok-Reservation-Ids:");
	for (uint32_t i = 0; i < command->line_count; i++) {
		text_add(head, " ");
		text_add_u64(head, command->lines[i].reservation_id);
	}
	text_add(head, "\r\n");
}

static void add_asked(struct text *head, const struct command *command)
{
	if (command->line_count == 0 || command->action == ACTION_AVAILABILITY)
		return;
	if (command->action == ACTION_RESERVE)
		add_asked_variants(head, command);
	else
		add_asked_holds(head, command);
}

static void add_sessions(struct audit *audit, struct text *head, const struct command *command)
{
	if (command->session_id[0] != '\0')
		add_session(audit, head, "X-Stok-Session: ", command->session_id);
	if (command->from_session_id[0] != '\0')
		add_session(audit, head, "X-Stok-From-Session: ", command->from_session_id);
}

void audit_headers(struct audit *audit, struct text *head, const struct command *command,
	enum caller caller, enum code code, const struct outcome *outcome, int32_t swept)
{
	add_name(head, "X-Stok-Caller: ", caller_name(caller));
	add_name(head, "X-Stok-Action: ", action_name(command->action));
	add_name(head, "X-Stok-Outcome: ", code_name(code));
	if (outcome != NULL && outcome->success) {
		add_changed(head, outcome);
		add_replaced(head, outcome);
	} else {
		add_asked(head, command);
	}
	if (command->order_id[0] != '\0')
		add_name(head, "X-Stok-Order-Id: ", command->order_id);
	if (command->user_id != 0)
		add_number(head, "X-Stok-User-Id: ", (int64_t)command->user_id);
	add_sessions(audit, head, command);
	if (outcome != NULL && outcome->replay)
		add_name(head, "X-Stok-Replay: ", "true");
	if (swept > 0)
		add_number(head, "X-Stok-Swept: ", swept);
}
