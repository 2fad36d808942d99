#include "inquiry.h"

#include <stddef.h>
#include <string.h>

#include "limits.h"
#include "plan.h"

static void begin(struct outcome *outcome, enum code code, int64_t now_ms)
{
	memset(outcome, 0, offsetof(struct outcome, lines));
	outcome->now_ms = now_ms;
	outcome_succeed(outcome, code);
}

/* availability */

static const struct availability *find(
	const struct availability *found, uint32_t count, uint64_t variant_id)
{
	for (uint32_t i = 0; i < count; i++) {
		if (found[i].variant_id == variant_id)
			return &found[i];
	}
	return NULL;
}

/* The public is told whether there is plenty, not how much. */
static void tell(struct outcome *outcome, const struct availability *variant, enum caller caller)
{
	struct outcome_line *line = outcome_add_line(outcome);
	bool hide = caller == CALLER_PUBLIC && variant->available > AVAILABLE_PUBLIC_MAX;

	line->code = CODE_AVAILABILITY;
	line->success = true;
	line->variant_id = variant->variant_id;
	line->available = hide ? AVAILABLE_PUBLIC_MAX : variant->available;
	line->more = hide;
	line->retry_at_ms = variant->next_release_ms;
}

/* Each variant once, in ascending order; what is unknown is left out. */
static void answer(
	struct job *job, const struct availability *found, uint32_t count, int64_t now_ms)
{
	const struct command *const commands[] = {&job->command};
	struct id_list wanted = {.count = 0};

	begin(&job->outcome, CODE_AVAILABILITY, now_ms);
	plan_variants(commands, 1, &wanted);
	for (uint32_t i = 0; i < wanted.count; i++) {
		const struct availability *variant = find(found, count, wanted.ids[i]);

		if (variant != NULL)
			tell(&job->outcome, variant, job->caller);
	}
}

enum store_status inquiry_availability(struct store *store, struct job *const *jobs, uint32_t count)
{
	struct availability found[BATCH_LINES_MAX];
	const struct command *commands[BATCH_MAX] = {NULL};
	struct id_list variants = {.count = 0};
	uint32_t found_count = 0;
	int64_t now_ms = 0;
	enum store_status status;

	for (uint32_t i = 0; i < count; i++)
		commands[i] = &jobs[i]->command;
	plan_variants(commands, count, &variants);
	status = store_availability(store, &variants, found, &found_count, &now_ms);
	if (status == STORE_LOST) /* it may have been idle for too long: connect once more */
		status = store_availability(store, &variants, found, &found_count, &now_ms);
	for (uint32_t i = 0; i < count && status == STORE_OK; i++)
		answer(jobs[i], found, found_count, now_ms);
	return status;
}

/* list */

static void list_hold(struct outcome *outcome, const struct listed *listed)
{
	struct outcome_line *line = outcome_add_line(outcome);

	line->code = CODE_LISTED;
	line->success = true;
	line->status = HOLD_ACTIVE;
	line->reservation_id = listed->id;
	line->variant_id = listed->variant_id;
	line->quantity = listed->quantity;
	line->expires_at_ms = listed->expires_at_ms;
}

enum store_status inquiry_list(struct store *store, struct job *job)
{
	struct listed listed[LINES_MAX + 1];
	struct outcome *outcome = &job->outcome;
	uint32_t count = 0;
	int64_t now_ms = 0;
	enum store_status status = store_list(store, &job->command, listed, &count, &now_ms);

	if (status == STORE_LOST) /* it may have been idle for too long: connect once more */
		status = store_list(store, &job->command, listed, &count, &now_ms);
	if (status != STORE_OK)
		return status;
	begin(outcome, CODE_LISTED, now_ms);
	outcome->more = count > LINES_MAX;
	for (uint32_t i = 0; i < count && i < LINES_MAX; i++)
		list_hold(outcome, &listed[i]);
	return status;
}
