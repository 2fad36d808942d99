/* A set of minutes, in little memory: minutes two years apart are taken for one another. */
#ifndef STOK_CTL_MINUTES_H
#define STOK_CTL_MINUTES_H

#include <stdbool.h>
#include <stdint.h>

#define MINUTES_KEPT (1U << 20)

struct minutes {
	uint8_t bits[MINUTES_KEPT / 8];
};

/* All that touch this time, whose ends belong to it. */
void minutes_add(struct minutes *minutes, int64_t from_ms, int64_t to_ms);

/* One of them touches this time. */
bool minutes_touch(const struct minutes *minutes, int64_t from_ms, int64_t to_ms);

#endif
