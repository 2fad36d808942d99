/* The commands of the workload. */
#include "workload.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* The last session and the last order have the longest names. */
static void name_session(const struct workload *workload, uint64_t number, char *name)
{
	memset(name, 0, SESSION_ID_MAX + 1);
	if (number + 1 == workload->sessions)
		memset(name, 's', SESSION_ID_MAX);
	else
		snprintf(name, SESSION_ID_MAX, "s%u", (unsigned)number);
}

static void name_order(struct workload *workload, char *name)
{
	uint64_t number = prng_below(&workload->prng, 6);

	memset(name, 0, ORDER_ID_MAX + 1);
	if (number == 1)
		memset(name, '7', ORDER_ID_MAX);
	else if (number > 1 && number < 5)
		snprintf(name, ORDER_ID_MAX, "%u", (unsigned)number);
}

/* Mostly a few lines, seldom as many as can be. */
static uint32_t choose_lines(struct workload *workload)
{
	struct prng *prng = &workload->prng;
	uint64_t dice = prng_below(prng, 1000);

	if (dice < 500)
		return 1;
	return (uint32_t)(dice < 990 ? prng_between(prng, 2, 6) : prng_between(prng, 7, LINES_MAX));
}

/* Live or just ended, mostly; sometimes old, sometimes of nobody. */
static uint64_t choose_hold(struct workload *workload, const struct world *world)
{
	struct prng *prng = &workload->prng;
	const struct hold *active = workload_any_active(workload, world);
	uint64_t dice = prng_below(prng, 100);

	if (dice < 50 && active != NULL)
		return active->id;
	if (dice < 90 && world->row_count > 0) {
		uint64_t recent = world->row_count < 40 ? world->row_count : 40;

		return world->rows[world->row_count - 1 - prng_below(prng, recent)].id;
	}
	if (dice < 97 && world->row_count > 0)
		return world->rows[prng_below(prng, world->row_count)].id;
	return dice == 99 ? ID_MAX : prng_between(prng, 1, world->next_id + 5);
}

/* Most callers name holds of their own. */
static uint64_t choose_own_hold(
	struct workload *workload, const struct world *world, const char *session)
{
	uint64_t id = choose_hold(workload, world);
	uint32_t tries = prng_percent(&workload->prng, 92) ? 8 : 0;

	for (; tries > 0; tries--) {
		const struct hold *row = world_row(world, id);

		if (row != NULL && strcmp(row->session_id, session) == 0)
			break;
		id = choose_hold(workload, world);
	}
	return id;
}

/* reserve */

/* Stands for the hash of what was asked: the same for the same members. */
static void sum_up(struct command *command)
{
	struct prng sum = {command->user_id};
	uint64_t word;

	sum.state = prng_next(&sum) + (uint64_t)command->ttl_ms;
	for (uint32_t i = 0; i < command->line_count; i++) {
		sum.state = prng_next(&sum) + command->lines[i].variant_id;
		sum.state = prng_next(&sum) + command->lines[i].quantity;
		sum.state = prng_next(&sum) + command->lines[i].reservation_id;
	}
	for (size_t i = 0; i < DIGEST_LENGTH; i += sizeof(word)) {
		word = prng_next(&sum);
		memcpy(&command->idempotency_body[i], &word, sizeof(word));
	}
}

/* The same as before, under a new request id. */
static void ask_the_same(struct command *command, const struct command *before)
{
	char request_id[sizeof(command->request_id)];

	memcpy(request_id, command->request_id, sizeof(request_id));
	*command = *before;
	memcpy(command->request_id, request_id, sizeof(request_id));
}

/* Mostly a key that was used before, mostly for the same. */
static void use_key(struct workload *workload, uint32_t session, struct command *command)
{
	struct prng *prng = &workload->prng;
	struct use *use = &workload->uses[session][prng_below(prng, workload->keys)];
	uint64_t dice = prng_below(prng, 100);

	if (use->number == 0 || dice < 20) {
		use->number = ++workload->key_numbers;
		use->command = *command;
	} else if (dice < 90) {
		ask_the_same(command, &use->command);
	}
	command->keyed = true;
	snprintf((char *)command->idempotency_key, DIGEST_LENGTH, "key %llu of s%u",
		(unsigned long long)use->number, session);
}

/* Every reserve has a key: a client's, or one of its own that no other request has. */
static void choose_key(struct workload *workload, uint32_t session, struct command *command)
{
	if (prng_percent(&workload->prng, workload->keyed))
		use_key(workload, session, command);
	else
		snprintf((char *)command->idempotency_key, DIGEST_LENGTH, "request %llu",
			(unsigned long long)workload->requests);
	sum_up(command);
}

/* A shop knows few users, so that many holds have the same. */
static uint64_t choose_user(struct workload *workload)
{
	return prng_between(&workload->prng, 1, 4);
}

static void ask_line(struct workload *workload, struct command_line *line)
{
	struct prng *prng = &workload->prng;

	*line = (struct command_line){0};
	line->variant_id = 10 * prng_between(prng, 1, workload->variants);
	line->quantity = (uint32_t)prng_between(prng, 1, workload->quantity_top);
	if (prng_below(prng, 1000) < 5)
		line->variant_id = prng_percent(prng, 50) ? 10 * workload->variants + 5 : 1;
	if (prng_below(prng, 1000) == 0)
		line->quantity = QUANTITY_MAX;
}

/* A hold that stands in an earlier line is none to be replaced again: the gate sees to that. */
static bool is_replaced_before(const struct command *command, uint32_t index, uint64_t id)
{
	for (uint32_t i = 0; i < index; i++) {
		if (command->lines[i].reservation_id == id)
			return true;
	}
	return false;
}

/* The next live hold of the session, from any one on. 0: it has none. */
static uint64_t choose_live_hold(
	struct workload *workload, const struct world *world, const char *session)
{
	uint32_t count = world->active_count;
	uint64_t from = count > 0 ? prng_below(&workload->prng, count) : 0;

	for (uint32_t i = 0; i < count; i++) {
		const struct hold *row = &world->rows[world->active[(from + i) % count]];

		if (row->expires_at_ms > world->now_ms && strcmp(row->session_id, session) == 0)
			return row->id;
	}
	return 0;
}

/* Mostly a little more or less of the same, sometimes another variant. */
static void replace(struct workload *workload, const struct world *world, struct command *command,
	uint32_t index)
{
	struct prng *prng = &workload->prng;
	struct command_line *line = &command->lines[index];
	bool sure = prng_percent(prng, 70);
	uint64_t id = sure ? choose_live_hold(workload, world, command->session_id)
			   : choose_own_hold(workload, world, command->session_id);
	const struct hold *row = world_row(world, id);

	if (id == 0 || is_replaced_before(command, index, id))
		return;
	line->reservation_id = id;
	if (row == NULL || prng_percent(prng, 30))
		return;
	line->variant_id = row->variant_id;
	line->quantity = row->quantity + (uint32_t)prng_below(prng, 4);
	if (prng_percent(prng, 40) && row->quantity > 1)
		line->quantity = (uint32_t)prng_between(prng, 1, row->quantity);
}

static void ask_reserve(
	struct workload *workload, const struct world *world, struct command *command)
{
	struct prng *prng = &workload->prng;
	uint32_t session = (uint32_t)prng_below(prng, workload->sessions);
	bool changes = prng_percent(prng, workload->changing);

	command->action = ACTION_RESERVE;
	command->user_id = prng_percent(prng, 30) ? choose_user(workload) : 0;
	command->ttl_ms = (int64_t)prng_between(prng, 1, 10) * (HOLD_MS / 10);
	if (prng_percent(prng, workload->limited))
		command->limits = workload->limits;
	name_session(workload, session, command->session_id);
	for (uint32_t i = 0; i < command->line_count; i++) {
		ask_line(workload, &command->lines[i]);
		/* Not all of many, or one of them would always be bad. */
		if (changes && (i < 3 || prng_percent(prng, 2)))
			replace(workload, world, command, i);
	}
	choose_key(workload, session, command);
}

/* lists of holds */

/* Some callers need not say whose the holds are. */
static void ask_holds(struct workload *workload, const struct world *world, struct command *command,
	enum action action)
{
	struct prng *prng = &workload->prng;
	bool owner = prng_percent(prng, 80);

	command->action = action;
	if (owner)
		name_session(workload, prng_below(prng, workload->sessions), command->session_id);
	for (uint32_t i = 0; i < command->line_count; i++) {
		uint64_t id = owner ? choose_own_hold(workload, world, command->session_id)
				    : choose_hold(workload, world);

		if (i > 0 && prng_percent(prng, 5))
			id = command->lines[prng_below(prng, i)].reservation_id;
		command->lines[i] = (struct command_line){.reservation_id = id};
	}
}

static void ask_convert(
	struct workload *workload, const struct world *world, struct command *command)
{
	struct prng *prng = &workload->prng;

	ask_holds(workload, world, command, ACTION_CONVERT);
	command->partial = prng_percent(prng, 40);
	name_order(workload, command->order_id);
}

static void ask_extend(
	struct workload *workload, const struct world *world, struct command *command)
{
	struct prng *prng = &workload->prng;

	command->whole_session = prng_percent(prng, 30);
	if (!command->whole_session) {
		ask_holds(workload, world, command, ACTION_EXTEND);
	} else {
		command->action = ACTION_EXTEND;
		command->line_count = 0;
		name_session(workload, prng_below(prng, workload->sessions), command->session_id);
	}
	command->ttl_ms = (int64_t)prng_between(prng, 1, 24) * (LIFE_MS_MAX / 24);
}

/* Somebody logs in; who was logged in already only tells who he is. */
static void ask_merge(struct workload *workload, struct command *command)
{
	struct prng *prng = &workload->prng;
	uint64_t from = prng_below(prng, workload->sessions), to = from;

	if (prng_percent(prng, 80))
		to = prng_below(prng, workload->sessions);
	command->action = ACTION_MERGE;
	command->whole_session = true;
	command->line_count = 0;
	command->user_id = choose_user(workload);
	name_session(workload, from, command->from_session_id);
	name_session(workload, to, command->session_id);
}

void workload_command(struct workload *workload, const struct world *world, struct command *command)
{
	struct prng *prng = &workload->prng;
	uint64_t dice = prng_below(prng, 100);

	/* As the gate leaves it: lines beyond those that are asked for are whatever they were. */
	memset(command, 0, offsetof(struct command, lines));
	memset(command->lines, 0xa5, sizeof(command->lines));
	snprintf(command->request_id, sizeof(command->request_id), "%032llx",
		(unsigned long long)++workload->requests);
	if (workload->cleanup_wanted && prng_percent(prng, 20)) {
		workload->cleanup_wanted = false;
		command->action = ACTION_CLEANUP;
		return;
	}
	command->line_count = choose_lines(workload);
	command->list = command->line_count > 1;
	if (dice < 50)
		ask_reserve(workload, world, command);
	else if (dice < 63)
		ask_holds(workload, world, command, ACTION_CANCEL);
	else if (dice < 85)
		ask_convert(workload, world, command);
	else if (dice < 97)
		ask_extend(workload, world, command);
	else
		ask_merge(workload, command);
}
