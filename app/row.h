/* The columns of an answer as typed values. NULL is 0, or "". */
#ifndef STOK_ROW_H
#define STOK_ROW_H

#include <stdint.h>

#include "stock.h"

uint64_t row_unsigned(const char *column);
int64_t row_signed(const char *column);

/* Fills a hold from columns in the order of enum hold_column; what no row of ours has is tamed. */
void row_hold(struct hold *hold, char **columns);

#endif
