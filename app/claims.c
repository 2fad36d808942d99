#include "claims.h"

#include <assert.h>

/* Fibonacci hashing: neighbours are spread. */
static uint32_t place_of(uint64_t id)
{
	return (uint32_t)((id * UINT64_C(0x9E3779B97F4A7C15)) >> 32) % CLAIMS_MAX;
}

/* FNV-1a. */
static uint32_t place_of_session(const char *session_id)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (const char *at = session_id; *at != '\0'; at++)
		hash = (hash ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
	return place_of(hash);
}

/* What a command wants, as far as its own words tell: which variant a hold belongs to, they don't.
 */
struct wants {
	uint32_t count;
	uint32_t places[2 * LINES_MAX + 2];
};

/*
 * Who only reads wants nothing for himself. Lines of a whole session came after it was taken: they
 * are no part of what was claimed.
 */
static void find_wants(struct wants *wants, const struct command *command)
{
	bool named = !command->whole_session && command->action != ACTION_AVAILABILITY;
	uint32_t lines = named ? command->line_count : 0;

	wants->count = 0;
	for (uint32_t i = 0; i < lines; i++) {
		const struct command_line *line = &command->lines[i];

		if (line->variant_id != 0)
			wants->places[wants->count++] = place_of(line->variant_id);
		if (line->reservation_id != 0)
			wants->places[wants->count++] = place_of(~line->reservation_id);
	}
	/* Two at once could both be within a limit that they exceed together. */
	if (command->whole_session || command_is_limited(command))
		wants->places[wants->count++] = place_of_session(command->session_id);
	if (command->from_session_id[0] != '\0')
		wants->places[wants->count++] = place_of_session(command->from_session_id);
}

void claims_begin_round(struct claims *claims)
{
	claims->round++;
}

bool claims_conflict(const struct claims *claims, const struct command *command)
{
	struct wants wants;

	find_wants(&wants, command);
	for (uint32_t i = 0; i < wants.count; i++) {
		const struct claim *claim = &claims->places[wants.places[i]];

		if (claim->in_hand > 0 || claim->passed_round == claims->round)
			return true;
	}
	return false;
}

void claims_pass_over(struct claims *claims, const struct command *command)
{
	struct wants wants;

	find_wants(&wants, command);
	for (uint32_t i = 0; i < wants.count; i++)
		claims->places[wants.places[i]].passed_round = claims->round;
}

void claims_take(struct claims *claims, const struct command *command)
{
	struct wants wants;

	find_wants(&wants, command);
	for (uint32_t i = 0; i < wants.count; i++)
		claims->places[wants.places[i]].in_hand++;
}

void claims_release(struct claims *claims, const struct command *command)
{
	struct wants wants;

	find_wants(&wants, command);
	for (uint32_t i = 0; i < wants.count; i++) {
		struct claim *claim = &claims->places[wants.places[i]];

		assert(claim->in_hand > 0);
		claim->in_hand--;
	}
}
