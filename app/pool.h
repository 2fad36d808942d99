/* The jobs of a process: made once, borrowed and given back. All calls may be made by any thread.
 */
#ifndef STOK_POOL_H
#define STOK_POOL_H

#include <stdint.h>

#include "job.h"

struct pool;

/* Memory of jobs that were never borrowed is not touched. NULL: out of memory. */
struct pool *pool_new(uint32_t jobs_max);
void pool_free(struct pool *pool);

/* The job that was used last, for its memory is warm; NULL: all are in use. The caller owns it. */
struct job *pool_borrow(struct pool *pool);
void pool_give_back(struct pool *pool, struct job *job);

#endif
