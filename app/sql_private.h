/* What the files of the statements share; nobody else includes it. */
#ifndef STOK_SQL_PRIVATE_H
#define STOK_SQL_PRIVATE_H

#include "sql.h"

/* Ids with commas between them. */
void sql_add_ids(struct text *text, const struct id_list *list);

/* Constants: a DATETIME(3) in UTC, and a BINARY(32). */
void sql_add_time(struct text *text, int64_t ms);
void sql_add_digest(struct text *text, const uint8_t digest[DIGEST_LENGTH]);

#endif
