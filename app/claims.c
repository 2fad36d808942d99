#include "claims.h"

#include <assert.h>

/* A variant of a reserve; of the others, which variant a hold belongs to is not known yet. */
static uint32_t place_of(const struct command *command, uint32_t line)
{
	const struct command_line *wanted = &command->lines[line];
	uint64_t id =
		command->action == ACTION_RESERVE ? wanted->variant_id : ~wanted->reservation_id;

	/* Fibonacci hashing: neighbours are spread. */
	return (uint32_t)((id * UINT64_C(0x9E3779B97F4A7C15)) >> 32) % CLAIMS_MAX;
}

void claims_begin_round(struct claims *claims)
{
	claims->round++;
}

bool claims_conflict(const struct claims *claims, const struct command *command)
{
	for (uint32_t i = 0; i < command->line_count; i++) {
		const struct claim *claim = &claims->places[place_of(command, i)];

		if (claim->in_hand > 0 || claim->passed_round == claims->round)
			return true;
	}
	return false;
}

void claims_pass_over(struct claims *claims, const struct command *command)
{
	for (uint32_t i = 0; i < command->line_count; i++)
		claims->places[place_of(command, i)].passed_round = claims->round;
}

void claims_take(struct claims *claims, const struct command *command)
{
	for (uint32_t i = 0; i < command->line_count; i++)
		claims->places[place_of(command, i)].in_hand++;
}

void claims_release(struct claims *claims, const struct command *command)
{
	for (uint32_t i = 0; i < command->line_count; i++) {
		struct claim *claim = &claims->places[place_of(command, i)];

		assert(claim->in_hand > 0);
		claim->in_hand--;
	}
}
