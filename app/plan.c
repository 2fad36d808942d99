#include "plan.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

/* Where the id stands, or would. */
static uint32_t place_of(const struct id_list *list, uint64_t id)
{
	uint32_t low = 0, high = list->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (list->ids[middle] < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool id_list_has(const struct id_list *list, uint64_t id)
{
	uint32_t place = place_of(list, id);

	return place < list->count && list->ids[place] == id;
}

void id_list_add(struct id_list *list, uint64_t id)
{
	uint32_t low = place_of(list, id);

	if (low < list->count && list->ids[low] == id)
		return;
	assert(list->count < sizeof(list->ids) / sizeof(list->ids[0]));
	memmove(&list->ids[low + 1], &list->ids[low], (list->count - low) * sizeof(list->ids[0]));
	list->ids[low] = id;
	list->count++;
}

void plan_variants(const struct command *const *commands, uint32_t count, struct id_list *variants)
{
	for (uint32_t i = 0; i < count; i++) {
		for (uint32_t k = 0; k < commands[i]->line_count; k++) {
			if (commands[i]->lines[k].variant_id != 0)
				id_list_add(variants, commands[i]->lines[k].variant_id);
		}
	}
}

void plan_holds(const struct command *const *commands, uint32_t count, struct id_list *holds)
{
	for (uint32_t i = 0; i < count; i++) {
		for (uint32_t k = 0; k < commands[i]->line_count; k++) {
			if (commands[i]->lines[k].reservation_id != 0)
				id_list_add(holds, commands[i]->lines[k].reservation_id);
		}
	}
}

bool plan_looks_back(const struct command *command)
{
	return command->action == ACTION_RESERVE && (command->keyed || command->recheck);
}

/* The variant of which a line wants units that are not held yet, and how many. NULL: none. */
static struct variant *wanted(struct stock *stock, int64_t now_ms, const struct command *command,
	const struct command_line *line, int64_t *quantity)
{
	struct hold *hold;

	if (command->action == ACTION_RESERVE) {
		*quantity = line->quantity;
		return stock_variant(stock, line->variant_id);
	}
	if (command->action != ACTION_CONVERT)
		return NULL;
	hold = stock_hold(stock, line->reservation_id);
	if (hold == NULL || !hold_is_expired(hold, now_ms))
		return NULL;
	*quantity = hold->quantity;
	return stock_variant(stock, hold->variant_id);
}

void plan_expired(struct stock *stock, int64_t now_ms, const struct command *const *commands,
	uint32_t count, struct id_list *variants)
{
	for (uint32_t i = 0; i < stock->variant_count; i++)
		stock->variants[i].need = 0;
	for (uint32_t i = 0; i < count; i++) {
		for (uint32_t k = 0; k < commands[i]->line_count; k++) {
			int64_t quantity;
			struct variant *variant = wanted(
				stock, now_ms, commands[i], &commands[i]->lines[k], &quantity);

			if (variant == NULL)
				continue;
			variant->need += quantity;
			if (variant->need > variant_available(variant))
				id_list_add(variants, variant->id);
		}
	}
}
