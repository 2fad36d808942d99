/* Decimal numbers, read strictly: digits only, no sign, no blank, no overflow. */
#ifndef STOK_NUMBER_H
#define STOK_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* False, and *number untouched: not 1 to 20 digits, or above 2^64-1. */
bool number_read(const char *digits, size_t length, uint64_t *number);

#endif
