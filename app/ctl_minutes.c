#include "ctl_minutes.h"

#define MINUTE_MS 60000

/* How many minutes the time touches: never more than there are to look at. */
static uint32_t count_of(int64_t from_ms, int64_t to_ms)
{
	int64_t count = to_ms / MINUTE_MS - from_ms / MINUTE_MS + 1;

	if (count < 0)
		return 0;
	return count < MINUTES_KEPT ? (uint32_t)count : MINUTES_KEPT;
}

static uint32_t place_of(int64_t from_ms, uint32_t index)
{
	return ((uint32_t)(from_ms / MINUTE_MS) + index) % MINUTES_KEPT;
}

void minutes_add(struct minutes *minutes, int64_t from_ms, int64_t to_ms)
{
	uint32_t count = count_of(from_ms, to_ms);

	for (uint32_t i = 0; i < count; i++) {
		uint32_t place = place_of(from_ms, i);

		minutes->bits[place / 8] |= (uint8_t)(1 << place % 8);
	}
}

bool minutes_touch(const struct minutes *minutes, int64_t from_ms, int64_t to_ms)
{
	uint32_t count = count_of(from_ms, to_ms);

	for (uint32_t i = 0; i < count; i++) {
		uint32_t place = place_of(from_ms, i);

		if (minutes->bits[place / 8] >> place % 8 & 1)
			return true;
	}
	return false;
}
