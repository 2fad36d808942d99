/*
 * An outcome is what a command came to: a success, or a refusal by the rules; complete enough to
 * answer the caller and to write the audit line.
 */
#ifndef STOK_OUTCOME_H
#define STOK_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include "command.h"
#include "limits.h"
#include "stock.h"

/* What is said of a request or of one of its lines. Each has a name, a status and a message. */
enum code {
	/* successes */
	CODE_RESERVED,
	CODE_CANCELLED,
	CODE_CONVERTED,
	CODE_REVIVED,
	CODE_EXTENDED,
	CODE_MERGED,
	CODE_AVAILABILITY,
	CODE_LISTED,
	CODE_DUPLICATE,
	CODE_WOULD_CONVERT, /* good, but its neighbours were not: nothing was done */
	CODE_CLEANED,
	CODE_READY,
	CODE_LIVE,
	CODE_METRICS,
	/* refused by the rules; already_converted is a success but where a hold was to be replaced
	 */
	CODE_NOT_FOUND, /* of a line; of the request it is one of the next two */
	CODE_VARIANT_NOT_FOUND,
	CODE_RESERVATION_NOT_FOUND,
	CODE_INSUFFICIENT_STOCK,
	CODE_RESERVATION_CANCELLED,
	CODE_RESERVATION_EXPIRED,
	CODE_ALREADY_CONVERTED,
	CODE_CONVERTED_FOR_OTHER_ORDER,
	CODE_LATE_SHORT,
	CODE_STOCK_SHORT,
	CODE_LIMIT_REACHED,
	CODE_IDEMPOTENCY_KEY_REUSED,
	/* refused at the gate */
	CODE_INVALID_REQUEST,
	CODE_UNAUTHORIZED,
	CODE_NOT_ALLOWED,
	CODE_NO_SUCH_ENDPOINT,
	CODE_METHOD_NOT_ALLOWED,
	CODE_BODY_TOO_LARGE,
	CODE_UNSUPPORTED_MEDIA_TYPE,
	/* the environment failed */
	CODE_BUSY,
	CODE_DATABASE_UNAVAILABLE,
	CODE_INTERNAL_ERROR,
	CODE_COUNT,
};

/* Which of the operator's limits was reached. */
enum limit { LIMIT_NONE, LIMIT_QUANTITY, LIMIT_HOLDS, LIMIT_UNITS };

/*
 * One line of the answer, in the order of the request. Of a reserve that is refused: one variant
 * that is short or unknown, or one hold that cannot be replaced. Of reads: one variant, or one
 * hold.
 */
struct outcome_line {
	enum code code;
	bool success;
	bool more; /* availability: there is more than is told */
	bool done; /* convert: by this very request, before its COMMIT was lost sight of */
	enum hold_status status;
	enum cancel_reason reason;
	uint64_t reservation_id; /* a new hold has it once it is saved */
	uint64_t variant_id;	 /* 0: unknown */
	uint64_t replaced_id;	 /* reserve: the hold that this one took the place of; 0: none */
	uint32_t quantity;
	uint32_t released;     /* cancel: units given back by this call */
	uint32_t hold;	       /* index of the hold in the stock, or STOCK_NONE */
	int64_t expires_at_ms; /* since the epoch */
	int64_t requested;     /* short: units asked for */
	int64_t available;     /* short, availability: units to be had */
	int64_t stock;	       /* stock_short: units on hand */
	int64_t retry_at_ms;   /* short: when the next hold of another ends; availability: of
				  anybody; 0: never */
};

struct outcome {
	enum code code;
	bool success;
	bool again;	   /* more expired holds wait to be swept: decide once more, after saving */
	bool replay;	   /* reserve: a request before this one, with its key, made these holds */
	bool skipped;	   /* cleanup: another one runs */
	bool more;	   /* extend, merge, list: there are more holds than lines */
	enum limit limit;  /* limit_reached: which one, */
	int64_t limit_max; /* and its value */
	int32_t swept; /* expired holds that it closed, less those it closed before and now revived
			*/
	int64_t remaining;   /* cleanup: expired holds left; -1: not counted */
	int64_t duration_ms; /* cleanup */
	int64_t now_ms;	     /* the database's time of the decision, since the epoch */
	uint32_t line_count;
	struct outcome_line lines[LINES_MAX];
};

void outcome_refuse(struct outcome *outcome, enum code code);
void outcome_succeed(struct outcome *outcome, enum code code);

/* A new line at the end, empty. */
struct outcome_line *outcome_add_line(struct outcome *outcome);

/* What a line says of its hold, as the hold stands now. */
void outcome_describe(
	struct outcome_line *line, const struct stock *stock, const struct hold *hold);

/* Of an expired hold: it says so whether it was swept or not. */
void outcome_describe_expired(struct outcome_line *line);

/*
 * An id that stands twice in a list is decided once. is_repeat: the line names an id again, and was
 * added; answer_repeats: fills these lines in, once the first of each is decided. Nothing of them
 * is counted twice.
 */
bool outcome_is_repeat(struct outcome *outcome, const struct command *command, uint32_t index);
void outcome_answer_repeats(struct outcome *outcome);

/* A list stands, as `success`, if one line does; else it is refused with its first line's code. */
void outcome_conclude_list(struct outcome *outcome, enum code success);

/* Turns the code of the line that was decisive into the word for a whole request. */
void outcome_name_refusal(struct outcome *outcome);

/* Copies the ids that saving gave to new holds into the outcome. */
void outcome_take_ids(struct outcome *outcome, const struct stock *stock);

#endif
