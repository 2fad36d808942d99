/*
 * Faults that are planted around `decide`, each a mistake that such systems are known to make, or
 * that its rules invite. The auditor must find every one of them.
 */
#ifndef STOK_SIM_PLANTED_H
#define STOK_SIM_PLANTED_H

#include <stdint.h>

#include "run.h"

struct planted {
	const struct decider *faults;
	uint32_t count;
};

extern const struct planted planted_ends;     /* cancel, convert, cleanup */
extern const struct planted planted_keys;     /* keys, and COMMITs that were lost sight of */
extern const struct planted planted_reserves; /* carts, and what they replace; limits */
extern const struct planted planted_sessions; /* extend and merge */

#endif
