#include "workload.h"

#include <stddef.h>

#define EPOCH INT64_C(1800000000000)

/* Some operators set no limit, or not each. */
static void choose_limits(struct workload *workload)
{
	struct prng *prng = &workload->prng;
	struct limits *limits = &workload->limits;

	workload->limited = prng_percent(prng, 40) ? 0 : (uint32_t)prng_between(prng, 20, 100);
	if (prng_percent(prng, 60))
		limits->quantity = (int64_t)prng_between(prng, 1, workload->quantity_top);
	if (prng_percent(prng, 60))
		limits->holds = (int64_t)prng_between(prng, 1, 12);
	if (prng_percent(prng, 60))
		limits->units = (int64_t)prng_between(prng, 1, 24);
}

/* A life of plenty: sessions have more holds than a request has lines. */
static void abound(struct workload *workload)
{
	workload->sessions = 2;
	workload->stock_top = 400;
	workload->quantity_top = 1;
}

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
	if (prng_percent(prng, 15))
		abound(workload);
	workload->changing = (uint32_t)prng_below(prng, 70);
	choose_limits(workload);
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

const struct hold *workload_any_active(struct workload *workload, const struct world *world)
{
	if (world->active_count == 0)
		return NULL;
	return &world->rows[world->active[prng_below(&workload->prng, world->active_count)]];
}

/* Often to the very instant at which a hold ends, or just beside it. */
static void move_time(struct workload *workload, struct world *world)
{
	struct prng *prng = &workload->prng;
	const struct hold *hold = workload_any_active(workload, world);

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
	const struct hold *hold = workload_any_active(workload, world);

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

void workload_archive(struct workload *workload, struct world *world, struct auditor *auditor)
{
	struct prng *prng = &workload->prng;

	for (uint32_t i = 0; i < 6 && world->row_count > 0 && prng_percent(prng, 50); i++) {
		uint64_t id = world->rows[prng_below(prng, world->row_count)].id;
		const struct hold *row = world_row(world, id);

		if (row == NULL || row->status == HOLD_ACTIVE)
			continue;
		world_archive(world, id);
		auditor_note_archived(auditor, id);
	}
}

void workload_slip_time(struct workload *workload, struct world *world, struct auditor *auditor)
{
	struct prng *prng = &workload->prng;

	if (prng_percent(prng, 50))
		move_time(workload, world);
	if (prng_percent(prng, 20))
		withdraw_hold(workload, world, auditor);
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
