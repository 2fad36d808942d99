#include "workload.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define EPOCH INT64_C(1800000000000)

void workload_open(struct workload *workload, uint64_t seed, struct world *world)
{
	struct prng *prng = &workload->prng;

	*workload = (struct workload){.prng = {seed}};
	workload->variants = (uint32_t)prng_between(prng, 1, 6);
	workload->sessions = (uint32_t)prng_between(prng, 2, SESSIONS_MAX);
	workload->stock_top = (uint32_t)prng_between(prng, 3, 60);
	workload->quantity_top = (uint32_t)prng_between(prng, 1, 8);
	workload->batch_top = prng_percent(prng, 30) ? 4 : BATCH_MAX;
	workload->calm = (uint32_t)prng_between(prng, 30, 95);

	workload->keyed = (uint32_t)prng_below(prng, 70);
	workload->keys = (uint32_t)prng_between(prng, 1, KEYS_MAX);
	workload->lossy = prng_percent(prng, 10) ? 0 : (uint32_t)prng_between(prng, 1, 25);

	*world = (struct world){
		.now_ms = EPOCH,
		.next_id = prng_between(prng, 1, 1000),
		.id_step = prng_percent(prng, 50) ? 1 : prng_between(prng, 2, 10),
		.sweep_max = (uint32_t)prng_between(prng, 1, 12),
		.cleanup_max = (uint32_t)prng_between(prng, 1, 12),
	};
	world_open(world);
	for (uint64_t i = 1; i <= workload->variants; i++)
		world_add_variant(
			world, 10 * i, (int64_t)prng_below(prng, workload->stock_top + 1));
}

/* between batches */

static const struct hold *any_active(struct workload *workload, const struct world *world)
{
	if (world->active_count == 0)
		return NULL;
	return &world->rows[world->active[prng_below(&workload->prng, world->active_count)]];
}

/* Often to the very instant at which a hold ends, or just beside it. */
static void move_time(struct workload *workload, struct world *world)
{
	struct prng *prng = &workload->prng;
	const struct hold *hold = any_active(workload, world);

	if (prng_percent(prng, workload->calm)) {
		world->now_ms += (int64_t)prng_below(prng, 2000);
	} else if (hold != NULL && prng_percent(prng, 80)) {
		int64_t instant = hold->expires_at_ms + (int64_t)prng_below(prng, 3) - 1;

		if (instant > world->now_ms)
			world->now_ms = instant;
	} else {
		world->now_ms += (int64_t)prng_below(prng, 2 * HOLD_MS);
	}
}

/* Sold stock is delivered anew; now and then some is broken or stolen, held or not. */
static void correct_stock(struct workload *workload, struct world *world, struct auditor *auditor)
{
	struct prng *prng = &workload->prng;
	struct world_variant *variant = &world->variants[prng_below(prng, world->variant_count)];
	int64_t before = variant->stock;

	if (prng_percent(prng, 75)) {
		if (variant->stock < workload->stock_top)
			variant->stock += (int64_t)prng_between(prng, 1, workload->stock_top);
	} else {
		variant->stock = (int64_t)prng_below(prng, (uint64_t)variant->stock + 1);
	}
	auditor_note_stock(auditor, variant->id, variant->stock - before, world->now_ms);
}

static void withdraw_hold(struct workload *workload, struct world *world, struct auditor *auditor)
{
	const struct hold *hold = any_active(workload, world);

	if (hold == NULL || hold->expires_at_ms <= world->now_ms)
		return;
	world_withdraw(world, world_row(world, hold->id));
	auditor_note_withdrawn(auditor, hold->id, world->now_ms);
}

void workload_pass_time(struct workload *workload, struct world *world, struct auditor *auditor)
{
	struct prng *prng = &workload->prng;

	move_time(workload, world);
	if (prng_percent(prng, 50))
		correct_stock(workload, world, auditor);
	if (prng_percent(prng, 10))
		withdraw_hold(workload, world, auditor);
	if (prng_percent(prng, 10))
		world->next_id += prng_below(prng, 50); /* a transaction was rolled back */
	workload->cleanup_wanted = prng_percent(prng, 20);
}

uint32_t workload_batch(struct workload *workload)
{
	return (uint32_t)prng_between(&workload->prng, 1, workload->batch_top);
}

enum commit workload_commit(struct workload *workload)
{
	if (!prng_percent(&workload->prng, workload->lossy))
		return COMMIT_ANSWERED;
	return prng_percent(&workload->prng, 50) ? COMMIT_DONE : COMMIT_UNDONE;
}

uint32_t workload_recall(struct workload *workload)
{
	uint64_t dice = prng_below(&workload->prng, 100);

	if (dice < 40)
		return 100;
	return dice < 60 ? 50 : 0;
}

/* commands */

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

/* Stands for the hash of what was asked: the same for the same members. */
static void sum_up(struct command *command)
{
	struct prng sum = {command->user_id};
	uint64_t word;

	sum.state = prng_next(&sum) + (uint64_t)command->ttl_ms;
	for (uint32_t i = 0; i < command->line_count; i++) {
		sum.state = prng_next(&sum) + command->lines[i].variant_id;
		sum.state = prng_next(&sum) + command->lines[i].quantity;
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

static void ask_reserve(struct workload *workload, struct command *command)
{
	struct prng *prng = &workload->prng;
	uint32_t session = (uint32_t)prng_below(prng, workload->sessions);

	command->action = ACTION_RESERVE;
	command->user_id = prng_percent(prng, 30) ? prng_between(prng, 1, 9) : 0;
	command->ttl_ms = (int64_t)prng_between(prng, 1, 10) * (HOLD_MS / 10);
	name_session(workload, session, command->session_id);
	for (uint32_t i = 0; i < command->line_count; i++) {
		struct command_line *line = &command->lines[i];

		line->variant_id = 10 * prng_between(prng, 1, workload->variants);
		line->quantity = (uint32_t)prng_between(prng, 1, workload->quantity_top);
		if (prng_percent(prng, 1))
			line->variant_id = prng_percent(prng, 50) ? 10 * workload->variants + 5 : 1;
		if (prng_below(prng, 1000) == 0)
			line->quantity = QUANTITY_MAX;
	}
	choose_key(workload, session, command);
}

/* Live or just ended, mostly; sometimes old, sometimes of nobody. */
static uint64_t choose_hold(struct workload *workload, const struct world *world)
{
	struct prng *prng = &workload->prng;
	const struct hold *active = any_active(workload, world);
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

static void ask_holds(struct workload *workload, const struct world *world, struct command *command,
	enum action action)
{
	struct prng *prng = &workload->prng;
	uint64_t dice = prng_below(prng, 100);

	command->action = action;
	if (dice >= 20)
		name_session(workload, prng_below(prng, workload->sessions), command->session_id);
	for (uint32_t i = 0; i < command->line_count; i++) {
		uint64_t id = choose_hold(workload, world);
		bool careful = prng_percent(prng, 85);

		/* Most callers name holds of their own. */
		for (int k = 0; k < 6 && careful && dice >= 20; k++) {
			const struct hold *row = world_row(world, id);

			if (row != NULL && strcmp(row->session_id, command->session_id) == 0)
				break;
			id = choose_hold(workload, world);
		}
		if (i > 0 && prng_percent(prng, 5))
			id = command->lines[prng_below(prng, i)].reservation_id;
		command->lines[i].reservation_id = id;
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

void workload_command(struct workload *workload, const struct world *world, struct command *command)
{
	struct prng *prng = &workload->prng;
	uint64_t dice = prng_below(prng, 100);

	memset(command, 0, sizeof(*command));
	snprintf(command->request_id, sizeof(command->request_id), "%032llx",
		(unsigned long long)++workload->requests);
	if (workload->cleanup_wanted && prng_percent(prng, 20)) {
		workload->cleanup_wanted = false;
		command->action = ACTION_CLEANUP;
		return;
	}
	command->line_count = choose_lines(workload);
	command->list = command->line_count > 1;
	if (dice < 55)
		ask_reserve(workload, command);
	else if (dice < 72)
		ask_holds(workload, world, command, ACTION_CANCEL);
	else
		ask_convert(workload, world, command);
}
