/*
 * A committer drains jobs from its queue into one transaction, has them decided in the order of
 * their arrival, and then answers them. It never waits for more: batches form only because jobs
 * arrive while the COMMIT before is in flight.
 *
 * There are two lanes. Quick committers never wait for a lock: a job whose variant somebody else
 * has locked goes over to the patient committer, which waits; so one locked variant never delays
 * the others.
 */
#ifndef STOK_COMMITTER_H
#define STOK_COMMITTER_H

#include "lanes.h"

struct committer;

/* Starts a thread of its own on one of the lanes. NULL: it failed. */
struct committer *committer_start(const struct lanes *lanes, bool patient);

/* Waits until its queue, closed, is drained and all is answered; then frees the committer. */
void committer_join(struct committer *committer);

#endif
