#include "rules.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

struct hold *rules_owned_hold(struct stock *stock, const struct command *command, uint64_t id)
{
	struct hold *hold = stock_hold(stock, id);

	if (hold == NULL || stock_variant(stock, hold->variant_id) == NULL)
		return NULL;
	if (command->session_id[0] != '\0' && strcmp(command->session_id, hold->session_id) != 0)
		return NULL;
	return hold;
}

struct variant *rules_variant_of(struct stock *stock, const struct hold *hold)
{
	struct variant *variant = stock_variant(stock, hold->variant_id);

	assert(variant != NULL);
	return variant;
}

bool rules_closed_by(const struct hold *hold, const struct command *command)
{
	return strcmp(hold->closed_request_id, command->request_id) == 0;
}

bool rules_done_before(const struct hold *hold, const struct command *command)
{
	return command->recheck && rules_closed_by(hold, command);
}
