/*
 * Compares one row with what the log claims of it. Pure: rows and claims go in, findings come out,
 * and entries for what only the join by request id can tell.
 */
#ifndef STOK_CTL_JUDGE_H
#define STOK_CTL_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "audit.h"
#include "ctl_claim.h"
#include "ctl_finding.h"
#include "ctl_minutes.h"
#include "ctl_request.h"
#include "ctl_sessions.h"
#include "stock.h"

typedef void entry_taker(void *context, const struct entry *entry);

/* What was joined, and what needs no line. */
struct judge_counts {
	uint64_t rows;
	uint64_t foreign; /* rows that a plain INSERT of the shop's has made */
	uint64_t by_hand; /* ends that no request brought about: an operator's, the shop's own */
	uint64_t revived; /* sold after their time: they may have been swept before */
	uint64_t claims;  /* of lines, each about one hold */
	uint64_t made;	  /* creations with their line */
	uint64_t ended;	  /* ends with their line; sweeps are counted elsewhere */
	uint64_t moved;	  /* to another session, maybe by a merge whose line says nothing */
};

struct judge {
	/* set by the caller */
	struct audit *audit; /* hashes sessions */
	const struct sessions *listed;
	const struct minutes *unsure; /* in these, merges may have happened unknown to the log */
	int64_t settled_ms;	      /* what happened before is in the log by now */
	int64_t since_ms;	      /* judged is what happened from then on, */
	int64_t until_ms;	      /* and before this */
	finding_taker *report;
	void *report_context;
	entry_taker *take;
	void *take_context;

	struct judge_counts counts;

	/* the hold at hand */
	uint64_t id;
	const struct hold *row; /* NULL: there is none */
	bool has_maker;		/* requests that the row names, of which a line vouches */
	bool has_ender;
	bool merged; /* a merge has moved it to the session that it has now */
	bool any_merge;
	bool told_missing;
	struct claim made; /* place.line 0: no line claims to have made it */
	struct place used; /* a line that names it, as only the client can who had its answer */
	bool told_again;   /* or it may have been told the id by another answer */
	uint8_t session[SESSION_HASH_BYTES]; /* of the row */
	uint8_t maker[REQUEST_BYTES];	     /* of the row */
	uint8_t ender[REQUEST_BYTES];
};

/* One hold: its row, or NULL, then each claim about it in order of time, then the end. */
void judge_begin(struct judge *judge, uint64_t id, const struct hold *row);
void judge_claim(struct judge *judge, const struct claim *claim);
void judge_end(struct judge *judge);

#endif
