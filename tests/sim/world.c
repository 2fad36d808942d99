#include "world.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "plan.h"

/* Grows an array that is full. Out of memory ends the test. */
static void *make_room(void *items, uint32_t count, uint32_t *room, size_t size)
{
	if (count < *room)
		return items;
	*room = *room > 0 ? 2 * *room : 1024;
	items = realloc(items, *room * size);
	assert(items != NULL);
	return items;
}

void world_open(struct world *world)
{
	world->variant_count = 0;
	world->row_count = world->row_room = 0;
	world->rows = NULL;
	world->next_of_key = NULL;
	memset(world->keys, 0xff, sizeof(world->keys));
	world->active_count = world->active_room = 0;
	world->active = NULL;
}

void world_close(struct world *world)
{
	free(world->rows);
	free(world->next_of_key);
	free(world->active);
}

void world_add_variant(struct world *world, uint64_t id, int64_t on_hand)
{
	assert(world->variant_count < WORLD_VARIANTS_MAX);
	world->variants[world->variant_count++] =
		(struct world_variant){.id = id, .stock = on_hand};
}

struct world_variant *world_variant(struct world *world, uint64_t id)
{
	for (uint32_t i = 0; i < world->variant_count; i++) {
		if (world->variants[i].id == id)
			return &world->variants[i];
	}
	return NULL;
}

struct hold *world_row(const struct world *world, uint64_t id)
{
	uint32_t low = 0, high = world->row_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (world->rows[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < world->row_count && world->rows[low].id == id ? &world->rows[low] : NULL;
}

static uint32_t sort_of_key(const uint8_t key[DIGEST_LENGTH])
{
	uint32_t sort = 0;

	for (int i = 0; i < DIGEST_LENGTH; i++)
		sort = 31 * sort + key[i];
	return sort % WORLD_KEYS;
}

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
	uint32_t place = world->keys[sort_of_key(key)];

	for (; place != STOCK_NONE; place = world->next_of_key[place]) {
		if (memcmp(world->rows[place].idempotency_key, key, DIGEST_LENGTH) == 0)
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

/* save */

/* As the database, it refuses a second row for a line of a request. */
static void index_key(struct world *world, uint32_t place)
{
	const struct hold *row = &world->rows[place];
	uint32_t *first = &world->keys[sort_of_key(row->idempotency_key)];

	for (uint32_t i = *first; i != STOCK_NONE; i = world->next_of_key[i])
		assert(world->rows[i].idempotency_line != row->idempotency_line ||
			memcmp(world->rows[i].idempotency_key, row->idempotency_key,
				DIGEST_LENGTH) != 0);
	world->next_of_key[place] = *first;
	*first = place;
}

static void insert_row(struct world *world, struct hold *hold)
{
	uint32_t room = world->row_room;

	assert(world->row_count == 0 || world->rows[world->row_count - 1].id < world->next_id);
	hold->id = world->next_id;
	world->next_id += world->id_step;
	world->rows =
		make_room(world->rows, world->row_count, &world->row_room, sizeof(world->rows[0]));
	world->next_of_key = make_room(
		world->next_of_key, world->row_count, &room, sizeof(world->next_of_key[0]));
	world->active = make_room(
		world->active, world->active_count, &world->active_room, sizeof(world->active[0]));
	world->active[world->active_count++] = world->row_count;
	world->rows[world->row_count] = *hold;
	index_key(world, world->row_count++);
}

static void forget_closed(struct world *world)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < world->active_count; i++) {
		if (world->rows[world->active[i]].status == HOLD_ACTIVE)
			world->active[kept++] = world->active[i];
	}
	world->active_count = kept;
}

/* The columns that this change is about, and no other. */
static void update_row(struct hold *row, const struct hold *hold)
{
	if (hold->changed & CHANGE_CLOSED) {
		row->status = hold->status;
		row->reason = hold->reason;
		row->closed_at_ms = hold->closed_at_ms;
		memcpy(row->closed_request_id, hold->closed_request_id,
			sizeof(row->closed_request_id));
		memcpy(row->order_id, hold->order_id, sizeof(row->order_id));
	}
	if (hold->changed & CHANGE_EXTENDED)
		row->expires_at_ms = hold->expires_at_ms;
	if (hold->changed & CHANGE_MOVED) {
		memcpy(row->session_id, hold->session_id, sizeof(row->session_id));
		row->user_id = hold->user_id;
	}
}

void world_save(struct world *world, struct stock *stock)
{
	for (uint32_t i = 0; i < stock->hold_count; i++) {
		struct hold *hold = &stock->holds[i];

		if (hold->id == 0)
			insert_row(world, hold);
		else if (hold->changed)
			update_row(world_row(world, hold->id), hold);
		hold->changed = 0;
	}
	for (uint32_t i = 0; i < stock->variant_count; i++) {
		const struct variant *variant = &stock->variants[i];
		struct world_variant *row = world_variant(world, variant->id);

		if (variant->stock != variant->stock_read)
			row->stock = variant->stock;
		if (variant->reserved != variant->reserved_read)
			row->reserved = variant->reserved;
	}
	forget_closed(world);
}

void world_roll_back(struct world *world, const struct stock *stock)
{
	for (uint32_t i = 0; i < stock->hold_count; i++) {
		if (stock->holds[i].id == 0)
			world->next_id += world->id_step;
	}
}

void world_withdraw(struct world *world, struct hold *row)
{
	assert(row->status == HOLD_ACTIVE && row->expires_at_ms > world->now_ms);
	row->status = HOLD_CANCELLED;
	row->reason = REASON_OPERATOR;
	row->closed_at_ms = world->now_ms;
	world_variant(world, row->variant_id)->reserved -= row->quantity;
	forget_closed(world);
}
