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
	world->archived = NULL;
	world->next_of_key = NULL;
	memset(world->keys, 0xff, sizeof(world->keys));
	world->active_count = world->active_room = 0;
	world->active = NULL;
}

void world_close(struct world *world)
{
	free(world->rows);
	free(world->archived);
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
	if (low == world->row_count || world->rows[low].id != id || world->archived[low])
		return NULL;
	return &world->rows[low];
}

uint32_t world_sort_of_key(const uint8_t key[DIGEST_LENGTH])
{
	uint32_t sort = 0;

	for (int i = 0; i < DIGEST_LENGTH; i++)
		sort = 31 * sort + key[i];
	return sort % WORLD_KEYS;
}

/* save */

/* As the database, it refuses a second row for a line of a request. */
static void index_key(struct world *world, uint32_t place)
{
	const struct hold *row = &world->rows[place];
	uint32_t *first = &world->keys[world_sort_of_key(row->idempotency_key)];

	for (uint32_t i = *first; i != STOCK_NONE; i = world->next_of_key[i])
		assert(world->archived[i] ||
			world->rows[i].idempotency_line != row->idempotency_line ||
			memcmp(world->rows[i].idempotency_key, row->idempotency_key,
				DIGEST_LENGTH) != 0);
	world->next_of_key[place] = *first;
	*first = place;
}

static void insert_row(struct world *world, struct hold *hold)
{
	uint32_t room = world->row_room, room_again = room;

	assert(world->row_count == 0 || world->rows[world->row_count - 1].id < world->next_id);
	hold->id = world->next_id;
	world->next_id += world->id_step;
	world->rows =
		make_room(world->rows, world->row_count, &world->row_room, sizeof(world->rows[0]));
	world->next_of_key = make_room(
		world->next_of_key, world->row_count, &room, sizeof(world->next_of_key[0]));
	world->archived = make_room(
		world->archived, world->row_count, &room_again, sizeof(world->archived[0]));
	world->archived[world->row_count] = false;
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

void world_archive(struct world *world, uint64_t id)
{
	struct hold *row = world_row(world, id);

	assert(row != NULL && row->status != HOLD_ACTIVE);
	world->archived[row - world->rows] = true;
}
