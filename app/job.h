/*
 * A job is one request on its way from the gate to a committer: the FastCGI request, what it asks
 * for and what came of it. Whoever holds the pointer owns all of it; there is no lock.
 */
#ifndef STOK_JOB_H
#define STOK_JOB_H

#include <fcgiapp.h>
#include <stdbool.h>
#include <stdint.h>

#include "command.h"
#include "messages.h"
#include "outcome.h"
#include "response.h"

struct job {
	/* the queue's */
	struct job *next; /* in whatever list it stands */
	bool claimed;	  /* taken, and not released yet */
	int64_t taken_ms; /* when it was, on the monotonic clock */

	/* written by the gate */
	FCGX_Request fastcgi;
	enum caller caller;
	enum language language;
	bool legacy;	    /* an old client: see struct addressee */
	int64_t started_ms; /* on the monotonic clock */
	struct command command;

	/* written by the committers */
	bool blocked;	     /* somebody else has a lock that it wants */
	uint64_t blocked_on; /* of this variant; 0: of a hold's row */
	int32_t lost_swept;  /* in a COMMIT that was lost sight of; then */
	uint64_t witness;    /* one of these holds tells whether it happened; 0: none */
	int32_t swept;	     /* over all passes of a command that was decided more than once */
	struct outcome outcome;
};

static inline struct addressee job_addressee(const struct job *job)
{
	return (struct addressee){.command = &job->command,
		.caller = job->caller,
		.language = job->language,
		.legacy = job->legacy};
}

#endif
