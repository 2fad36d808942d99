/* Time that only goes forward, for waiting and measuring; never for the rules. */
#ifndef STOK_MONOTONIC_H
#define STOK_MONOTONIC_H

#include <stdint.h>

/* Milliseconds since some start. */
int64_t monotonic_ms(void);

#endif
