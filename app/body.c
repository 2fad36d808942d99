#include "body.h"

/* The session is the public's proof of ownership; the storefront may leave it out. */
static void read_session(const struct members *body, struct command *command)
{
	if (members_have(body, "sessionId"))
		members_token(body, "sessionId", SESSION_ID_MAX, false, command->session_id);
}

static void read_ttl(const struct members *body, struct command *command)
{
	uint64_t seconds;

	command->ttl_ms = HOLD_MS;
	if (members_have(body, "ttlSeconds") &&
		members_integer(body, "ttlSeconds", 1, TTL_TRUSTED_S_MAX, &seconds))
		command->ttl_ms = (int64_t)seconds * 1000;
}

/* reserve */

static void read_line(const struct members *item, struct command_line *line)
{
	uint64_t quantity;

	*line = (struct command_line){0};
	members_integer(item, "variantId", 1, ID_MAX, &line->variant_id);
	if (members_integer(item, "quantity", 1, QUANTITY_MAX, &quantity))
		line->quantity = (uint32_t)quantity;
	if (members_have_value(item, "replaces"))
		members_integer(item, "replaces", 1, ID_MAX, &line->reservation_id);
}

/* A hold has one place, which one line can take. */
static bool is_replaced_before(const struct command *command, uint32_t index)
{
	for (uint32_t i = 0; i < index; i++) {
		if (command->lines[i].reservation_id == command->lines[index].reservation_id)
			return true;
	}
	return false;
}

static void read_items(const struct members *body, struct command *command)
{
	static const char *const others[] = {"variantId", "quantity"};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (members_have(body, others[i]))
			members_fault(body, others[i], FAULT_EXCLUSIVE_ITEMS);
	}
	if (members_have_value(body, "replaces"))
		members_fault(body, "replaces", FAULT_EXCLUSIVE_ITEMS);
	command->line_count = members_list(body, "items", LINES_MAX);
	for (uint32_t i = 0; i < command->line_count; i++) {
		struct member_item item;
		struct command_line *line = &command->lines[i];

		*line = (struct command_line){0};
		if (!members_item(body, "items", i, &item))
			continue;
		read_line(&item.members, line);
		if (line->reservation_id != 0 && is_replaced_before(command, i))
			members_fault(&item.members, "replaces", FAULT_REPEATED_ID);
	}
}

void body_reserve(const struct members *body, struct command *command)
{
	command->list = members_have(body, "items");
	if (command->list) {
		read_items(body, command);
	} else {
		read_line(body, &command->lines[0]);
		command->line_count = 1;
	}
	members_token(body, "sessionId", SESSION_ID_MAX, false, command->session_id);
	if (members_have_value(body, "userId"))
		members_integer(body, "userId", 1, ID_MAX, &command->user_id);
	read_ttl(body, command);
}

/* lists of holds */

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
		command->lines[i] = (struct command_line){.reservation_id = ids[i]};
}

void body_cancel(const struct members *body, struct command *command)
{
	read_reservation_ids(body, command);
	read_session(body, command);
}

void body_convert(const struct members *body, struct command *command)
{
	read_reservation_ids(body, command);
	read_session(body, command);
	if (members_have(body, "orderId"))
		members_token(body, "orderId", ORDER_ID_MAX, true, command->order_id);
	if (members_have(body, "partial"))
		members_boolean(body, "partial", &command->partial);
}

void body_extend(const struct members *body, struct command *command)
{
	command->whole_session =
		!members_have(body, "reservationIds") && !members_have(body, "reservationId");
	if (!command->whole_session)
		read_reservation_ids(body, command);
	read_session(body, command);
	read_ttl(body, command);
}

void body_merge(const struct members *body, struct command *command)
{
	command->whole_session = true;
	members_token(body, "fromSessionId", SESSION_ID_MAX, false, command->from_session_id);
	members_token(body, "sessionId", SESSION_ID_MAX, false, command->session_id);
	members_integer(body, "userId", 1, ID_MAX, &command->user_id);
}
