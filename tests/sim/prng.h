/* Random numbers that come again from the same seed: splitmix64. */
#ifndef STOK_SIM_PRNG_H
#define STOK_SIM_PRNG_H

#include <stdbool.h>
#include <stdint.h>

struct prng {
	uint64_t state;
};

static inline uint64_t prng_next(struct prng *prng)
{
	uint64_t mixed = prng->state += UINT64_C(0x9e3779b97f4a7c15);

	mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
	return mixed ^ (mixed >> 31);
}

/* 0 to bound - 1. The bounds here are small, so that the bias is nothing. */
static inline uint64_t prng_below(struct prng *prng, uint64_t bound)
{
	return prng_next(prng) % bound;
}

static inline uint64_t prng_between(struct prng *prng, uint64_t low, uint64_t high)
{
	return low + prng_below(prng, high - low + 1);
}

static inline bool prng_percent(struct prng *prng, uint32_t percent)
{
	return prng_below(prng, 100) < percent;
}

#endif
