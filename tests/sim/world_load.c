/* What a batch of commands reads. */
#include "world.h"

#include <stddef.h>
#include <string.h>

#include "plan.h"

static bool is_expired(const struct world *world, const struct hold *row)
{
	return row->status == HOLD_ACTIVE && row->expires_at_ms <= world->now_ms;
}

static bool is_live(const struct world *world, const struct hold *row)
{
	return row->status == HOLD_ACTIVE && row->expires_at_ms > world->now_ms;
}

/* name */

/* The command is about this row: it is live, and its session's; a merge leaves some where they are.
 */
static bool is_about(
	const struct world *world, const struct command *command, const struct hold *row)
{
	bool merge = command->action == ACTION_MERGE;
	const char *session = merge ? command->from_session_id : command->session_id;

	if (!is_live(world, row) || strcmp(row->session_id, session) != 0)
		return false;
	if (!merge || row->user_id == 0)
		return true;
	return row->user_id == command->user_id &&
	       strcmp(command->session_id, command->from_session_id) != 0;
}

/* Of the rows that the command is about and that are not named yet, the one that ends first. */
static const struct hold *next_to_name(
	const struct world *world, const struct command *command, const struct id_list *named)
{
	const struct hold *next = NULL;

	for (uint32_t i = 0; i < world->active_count; i++) {
		const struct hold *row = &world->rows[world->active[i]];

		if (is_about(world, command, row) && !id_list_has(named, row->id) &&
			(next == NULL || row->expires_at_ms < next->expires_at_ms))
			next = row;
	}
	return next;
}

void world_name_session(const struct world *world, struct command *command)
{
	struct id_list named = {.count = 0};
	const struct hold *row;

	for (uint32_t i = 0; i < command->line_count && command->recheck; i++)
		id_list_add(&named, command->lines[i].reservation_id);
	row = next_to_name(world, command, &named);
	while (row != NULL && named.count < LINES_MAX) {
		id_list_add(&named, row->id);
		row = next_to_name(world, command, &named);
	}
	command->more = row != NULL;
	command->line_count = named.count;
	for (uint32_t i = 0; i < named.count; i++)
		command->lines[i] = (struct command_line){.reservation_id = named.ids[i]};
}

/* load */

static void copy_row(
	const struct world *world, const struct hold *row, struct stock *stock, struct hold *hold)
{
	*hold = *row;
	hold->changed = 0;
	hold->session = NULL;
	hold->next_expired = STOCK_NONE;
	/* Found by a key, and of a variant that was not asked for: it is only looked at. */
	if (is_expired(world, row) && stock_variant(stock, row->variant_id) != NULL)
		stock_note_expired(stock, hold);
}

/* All lines of the request that had this key. */
static void add_keyed(
	const struct world *world, const uint8_t key[DIGEST_LENGTH], struct id_list *holds)
{
	uint32_t place = world->keys[world_sort_of_key(key)];

	for (; place != STOCK_NONE; place = world->next_of_key[place]) {
		if (!world->archived[place] &&
			memcmp(world->rows[place].idempotency_key, key, DIGEST_LENGTH) == 0)
			id_list_add(holds, world->rows[place].id);
	}
}

/* As the real one, a cleanup that read as many as it may takes it that there are more. */
static bool add_cleanup(const struct world *world, struct id_list *holds, struct id_list *variants)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < world->active_count && count < world->cleanup_max; i++) {
		const struct hold *row = &world->rows[world->active[i]];

		if (!is_expired(world, row))
			continue;
		id_list_add(holds, row->id);
		id_list_add(variants, row->variant_id);
		count++;
	}
	return count == world->cleanup_max;
}

static void load_variants(const struct world *world, const struct id_list *ids, struct stock *stock)
{
	uint32_t k = 0;

	for (uint32_t i = 0; i < world->variant_count && k < ids->count; i++) {
		const struct world_variant *variant = &world->variants[i];

		while (k < ids->count && ids->ids[k] < variant->id)
			k++;
		if (k < ids->count && ids->ids[k] == variant->id)
			stock_add_variant(stock, variant->id, variant->stock, variant->reserved);
	}
}

static void load_named(const struct world *world, const struct id_list *ids, struct stock *stock)
{
	for (uint32_t i = 0; i < ids->count; i++) {
		const struct hold *row = world_row(world, ids->ids[i]);

		if (row != NULL)
			copy_row(world, row, stock, stock_add_named(stock, row->id));
	}
}

static void load_expired_of(const struct world *world, uint64_t variant_id, struct stock *stock)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < world->active_count && count < world->sweep_max; i++) {
		const struct hold *row = &world->rows[world->active[i]];

		if (row->variant_id != variant_id || !is_expired(world, row))
			continue;
		count++;
		if (stock_hold(stock, row->id) == NULL)
			copy_row(world, row, stock, stock_add_hold(stock));
	}
	if (count == world->sweep_max)
		stock_variant(stock, variant_id)->expired_left = true;
}

/* What the sessions of limited commands hold, each told once. */
static void load_session(const struct world *world, const char *session, struct stock *stock)
{
	int64_t holds = 0, units = 0;

	if (stock_session(stock, session) != NULL)
		return;
	for (uint32_t i = 0; i < world->active_count; i++) {
		const struct hold *row = &world->rows[world->active[i]];

		if (!is_live(world, row) || strcmp(row->session_id, session) != 0)
			continue;
		holds++;
		units += row->quantity;
	}
	stock_add_session(stock, session, holds, units);
}

void world_load(const struct world *world, const struct command *const *commands, uint32_t count,
	struct stock *stock)
{
	struct id_list holds = {0}, variants = {0}, scarce = {0};

	stock_reset(stock);
	plan_holds(commands, count, &holds);
	for (uint32_t i = 0; i < holds.count; i++) {
		const struct hold *row = world_row(world, holds.ids[i]);

		if (row != NULL)
			id_list_add(&variants, row->variant_id);
	}
	plan_variants(commands, count, &variants);
	for (uint32_t i = 0; i < count; i++) {
		if (commands[i]->action == ACTION_CLEANUP)
			stock->cleanup_left = add_cleanup(world, &holds, &variants);
	}
	load_variants(world, &variants, stock);
	for (uint32_t i = 0; i < count; i++) {
		if (plan_looks_back(commands[i]))
			add_keyed(world, commands[i]->idempotency_key, &holds);
	}
	load_named(world, &holds, stock);
	plan_expired(stock, world->now_ms, commands, count, &scarce);
	for (uint32_t i = 0; i < scarce.count; i++)
		load_expired_of(world, scarce.ids[i], stock);
	for (uint32_t i = 0; i < count; i++) {
		if (command_is_limited(commands[i]))
			load_session(world, commands[i]->session_id, stock);
	}
}
