/* Every bound of the program, each with its reason. */
#ifndef STOK_LIMITS_H
#define STOK_LIMITS_H

#include <stdint.h>

/* What the HTTP contract allows. */
#define BODY_MAX	  65536 /* bytes; 100 lines of the longest members fit six times */
#define JSON_DEPTH_MAX	  8	/* the deepest valid body has depth 3 */
#define JSON_MEMBERS_MAX  2048	/* bounds the search for duplicate members */
#define LINES_MAX	  100	/* lines of one request: a cart, or a convert */
#define QUANTITY_MAX	  1000000
#define ID_MAX		  INT64_MAX
#define SESSION_ID_MAX	  128
#define ORDER_ID_MAX	  64
#define KEY_MAX		  64 /* an Idempotency-Key */
#define DIGEST_LENGTH	  32 /* SHA-256 */
#define REQUEST_ID_LENGTH 32 /* nginx's $request_id: 16 bytes in hexadecimal */

/* How long a hold lives. */
#define HOLD_MS		  (30 * 60 * 1000)
#define TTL_PUBLIC_S_MAX  1800
#define TTL_TRUSTED_S_MAX 7200
#define LIFE_MS_MAX	  (7200 * 1000) /* since its creation, however often it is extended */

/* The operator's limits against hoarding, where he sets none: of a hold, and of a session. */
#define LIMIT_QUANTITY_DEFAULT 1000
#define LIMIT_HOLDS_DEFAULT    100
#define LIMIT_UNITS_DEFAULT    1000

/* What the public may know of a variant's stock: whether it is nearly gone. */
#define AVAILABLE_PUBLIC_MAX 10

/*
 * One transaction. Measured: a batch costs 0.5 ms and 20 to 25 us a row; past 64 commands only
 * the waiting grows. Lines are bounded too, because 64 carts of 100 lines would be one long lock.
 */
#define BATCH_MAX	64
#define BATCH_LINES_MAX 512

/*
 * While a batch is in flight, so many jobs are worth another one beside it: fewer do better to wait
 * for its end, because a batch costs as much as some 20 jobs. But not for one that takes long.
 */
#define BESIDE_MIN    (BATCH_MAX / 4)
#define BESIDE_MS_MAX 10

/*
 * A batch that takes so long waits for a slow disk. Measured with flushes of 5 ms, 64 connections:
 * a second batch as large as the one in flight, instead of BESIDE_MIN, does 1.1 to 1.2 times as
 * many requests.
 */
#define SLOW_BATCH_MS 4

/*
 * Expired holds that one transaction sweeps: for requests that are short, as many as it has lines,
 * so that one of each variant fits; for one step of cleanup less, because it is in no hurry. 200
 * rows delay a shopper by some 30 ms at worst, 1,000 by 200 ms.
 */
#define SWEEP_MAX   512
#define CLEANUP_MAX 200

/*
 * Rows that one transaction can see. Each line may name a variant and, to replace it, a hold of
 * another one; and its key may find a hold that stands for the new one.
 */
#define STOCK_VARIANTS_MAX (2 * BATCH_LINES_MAX + CLEANUP_MAX)
#define STOCK_HOLDS_MAX	   (3 * BATCH_LINES_MAX + CLEANUP_MAX + SWEEP_MAX)

/* The cron job's time for one cleanup, and how often a lost race is tried again. */
#define CLEANUP_MS_MAX 20000
#define ATTEMPTS_MAX   5

/*
 * How old a request may be when it is decided. It is below nginx's fastcgi_read_timeout: who was
 * given up is not worked for, and holds nothing that nobody knows of.
 */
#define AGE_MS_MAX 8000

/*
 * Requests of one process that wait for a committer: at 20,000 a second 4,096 are 0.2 s of work.
 * What comes beyond is told to come back.
 */
#define QUEUE_MAX 4096

/* Requests of one process that wait for a variant that somebody else has locked. */
#define PATIENT_MAX 1024

/*
 * How long one of them may wait, its second of waiting for the database's lock included; how many
 * may stand in line for locks that are stuck, so that half a batch is left for the others; how many
 * variants are known to be stuck, and for how long after they were seen to be.
 */
#define PATIENCE_MS_MAX 2500
#define STUCK_JOBS_MAX	(BATCH_MAX / 2)
#define STUCK_MAX	8
#define STUCK_MS_MAX	5000

/* How long the outcome of a COMMIT is looked for, when the connection died in it. */
#define RECHECK_MS_MAX 2000

/* Measured: a second one fills the gaps of the first; a third only makes batches smaller. */
#define COMMITTERS_DEFAULT 2
#define COMMITTERS_MAX	   8

/* Faults told of one request: every line of a cart may have a few. */
#define FAULTS_MAX 512

/* The longest answer: FAULTS_MAX faults, every byte of their pointers escaped. */
#define REPLY_MAX (512 * 1024)

/*
 * The longest statements: all holds of a stock closed, with the longest order ids (750 KB), and as
 * many made as a batch has lines (300 KB).
 */
#define STATEMENT_MAX (2 * 1024 * 1024)

#endif
