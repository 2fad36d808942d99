/* What rows a batch of commands needs, before it is decided. */
#ifndef STOK_PLAN_H
#define STOK_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "command.h"
#include "limits.h"
#include "stock.h"

/* Ids in ascending order, each once: the order in which rows are locked everywhere. */
struct id_list {
	uint32_t count;
	uint64_t ids[STOCK_VARIANTS_MAX];
};

/* Inserts an id at its place, unless it is there. */
void id_list_add(struct id_list *list, uint64_t id);

bool id_list_has(const struct id_list *list, uint64_t id);

/* Adds the variants and the holds that the commands name. */
void plan_variants(const struct command *const *commands, uint32_t count, struct id_list *variants);
void plan_holds(const struct command *const *commands, uint32_t count, struct id_list *holds);

/* The command may have made holds before, which its key finds. */
bool plan_looks_back(const struct command *command);

/*
 * Adds the variants that may prove short in this batch, so that their expired holds must be read:
 * those of which the commands together want more than is available. `stock` has all that the
 * commands name.
 */
void plan_expired(struct stock *stock, int64_t now_ms, const struct command *const *commands,
	uint32_t count, struct id_list *variants);

#endif
