/*
 * Plays the database: tables of variants and holds in memory, from which a batch of commands is
 * loaded and to which it is saved in the way of the real store.
 */
#ifndef STOK_SIM_WORLD_H
#define STOK_SIM_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "command.h"
#include "stock.h"

#define WORLD_VARIANTS_MAX 16
#define WORLD_KEYS	   1024

struct world_variant {
	uint64_t id;
	int64_t stock;
	int64_t reserved;
};

struct world {
	int64_t now_ms;
	uint64_t next_id;
	uint64_t id_step;     /* clusters number in steps */
	uint32_t sweep_max;   /* expired holds of one variant that a load reads */
	uint32_t cleanup_max; /* expired holds that one step of cleanup reads */

	uint32_t variant_count;
	struct world_variant variants[WORLD_VARIANTS_MAX]; /* ascending ids */

	uint32_t row_count, row_room;
	struct hold *rows;	   /* ascending ids, never deleted */
	bool *archived;		   /* but some were taken away: nobody finds them */
	uint32_t *next_of_key;	   /* for each row the next one with a key of the same sort */
	uint32_t keys[WORLD_KEYS]; /* an index: the first row of each sort of keys */

	uint32_t active_count, active_room;
	uint32_t *active; /* an index: places of rows that are ACTIVE, ascending */
};

/* The fields above `variant_count` are the caller's to fill. */
void world_open(struct world *world);
void world_close(struct world *world);
void world_add_variant(struct world *world, uint64_t id, int64_t on_hand);

/*
 * Names the live holds of a whole session in the command's lines, by id: those that end first, if
 * there are more than it has lines. What an attempt before this one has named stays named.
 */
void world_name_session(const struct world *world, struct command *command);

/*
 * Reads what the commands need into the stock, which is overwritten. At most one cleanup. Rows that
 * a key finds are read also if their variant is not. A whole session was named before.
 */
void world_load(const struct world *world, const struct command *const *commands, uint32_t count,
	struct stock *stock);

/* Writes what the stock says has changed, no more, and gives new holds their ids. */
void world_save(struct world *world, struct stock *stock);

/* Writes nothing, but the ids of new holds are used up. */
void world_roll_back(struct world *world, const struct stock *stock);

/* Finds a row. NULL: unknown. */
struct world_variant *world_variant(struct world *world, uint64_t id);
struct hold *world_row(const struct world *world, uint64_t id);

/* Keys of the same sort share a place in the index. */
uint32_t world_sort_of_key(const uint8_t key[DIGEST_LENGTH]);

/* Does by hand what an operator's tool would: ends a live hold; takes away a closed one. */
void world_withdraw(struct world *world, struct hold *row);
void world_archive(struct world *world, uint64_t id);

#endif
