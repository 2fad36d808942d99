#include "ctl_sessions.h"

static uint32_t place_of(const uint8_t hash[SESSION_HASH_BYTES])
{
	return (uint32_t)hash[0] << 16 | (uint32_t)hash[1] << 8 | hash[2];
}

void sessions_add(struct sessions *sessions, const uint8_t hash[SESSION_HASH_BYTES])
{
	uint32_t place = place_of(hash);

	sessions->bits[place / 8] |= (uint8_t)(1 << place % 8);
}

bool sessions_may_have(const struct sessions *sessions, const uint8_t hash[SESSION_HASH_BYTES])
{
	uint32_t place = place_of(hash);

	return sessions->bits[place / 8] >> place % 8 & 1;
}
