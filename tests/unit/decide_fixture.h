/*
 * What the tests of the decisions share: a stock built from literals, a command built line by
 * line, and assertions in the words of the rules. State is kept between calls; every test begins
 * with `begin`.
 */
#ifndef STOK_TESTS_DECIDE_FIXTURE_H
#define STOK_TESTS_DECIDE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "decide.h"

/* The instant of every decision, and instants around it. */
#define NOW    INT64_C(1800000000000)
#define LATER  (NOW + 60000)
#define PAST   (NOW - 60000)
#define BEFORE (NOW - 1000000) /* rows were created then */

/* Sessions, orders and request ids. */
#define MINE	 "session-of-mine"
#define ANOTHERS "session-of-another"
#define REQUEST	 "0123456789abcdef0123456789abcdef"
#define OLD	 "ffffffffffffffffffffffffffffffff" /* made the rows */
#define OLDER	 "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee" /* closed them */

/* The stock: variants by ascending id, then named holds by ascending id, then others. */
extern struct stock given;
int begin(void **state);
void given_variant(uint64_t id, int64_t on_hand, int64_t reserved);
/* An ACTIVE hold of MINE; noted as expired if it is. */
struct hold *given_hold(uint64_t id, uint64_t variant_id, uint32_t quantity, int64_t expires_at_ms);
struct hold *given_completed(
	uint64_t id, uint64_t variant_id, uint32_t quantity, const char *order_id);
struct hold *given_cancelled(
	uint64_t id, uint64_t variant_id, uint32_t quantity, enum cancel_reason reason);
/* An expired hold of another session that was read only because its variant may prove short. */
struct hold *given_unnamed_expired(uint64_t id, uint64_t variant_id, uint32_t quantity);
/* The database has more expired holds of the variant than were read. */
void given_expired_left(uint64_t variant_id);
/* What MINE holds by the database's count; after all holds were given. */
void given_session(int64_t holds, int64_t units);
/* The hold belongs to this session instead. */
struct hold *of_session(struct hold *hold, const char *session_id);

/* The command: of MINE, with REQUEST as its id, and 30 minutes to live. */
struct command *asked(enum action action);
void asked_units(uint64_t variant_id, uint32_t quantity);
void asked_hold(uint64_t id);
/* A line that takes the place of a hold. */
void asked_instead(uint64_t variant_id, uint32_t quantity, uint64_t replaces);

/* Decides the command at NOW. The answer stands until the next decision. */
const struct outcome *decided(void);

/* Finds a row of the stock, named or not. */
struct hold *row(uint64_t id);

void assert_stands(const struct outcome *outcome, enum code code);
void assert_refused(const struct outcome *outcome, enum code code);
void assert_line(const struct outcome_line *line, uint64_t id, enum code code, bool success);
void assert_variant(uint64_t id, int64_t on_hand, int64_t reserved);
void assert_session(const char *id, int64_t holds, int64_t units);
/* Still as it was read. */
void assert_untouched(const struct hold *hold);
/* Closed at NOW by REQUEST, as that. */
void assert_closed(const struct hold *hold, enum hold_status status, enum cancel_reason reason);

#endif
