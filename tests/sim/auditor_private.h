/* How the auditor accuses, and what his files share; nobody else includes it. */
#ifndef STOK_SIM_AUDITOR_PRIVATE_H
#define STOK_SIM_AUDITOR_PRIVATE_H

#include "auditor.h"

/* Keeps the first accusation: the next ones come of it. */
__attribute__((format(printf, 2, 3))) void auditor_accuse(
	struct auditor *auditor, const char *format, ...);

/* Compares two numbers. `whose` may be NULL: the answer's own. */
void auditor_match(struct auditor *auditor, const char *what, const char *whose, uint64_t which,
	int64_t got, int64_t due);

void auditor_match_text(
	struct auditor *auditor, const char *what, uint64_t id, const char *got, const char *due);

/* What may change of a row while it is in hand; the rest is compared when it is saved. */
void auditor_check_state(
	struct auditor *auditor, const struct hold *hold, const struct promise *promise);

void auditor_check_variant(struct auditor *auditor, uint64_t id, int64_t on_hand, int64_t reserved);

#endif
