/*
 * Which process of the pool accepts connections. Shoppers who meet in one process share a batch;
 * in two, their batches would be half as large, and wait for each other's locks. So one leads, and
 * the others stand by: the kernel frees the lead as soon as the leader's process ends.
 */
#ifndef STOK_LEADER_H
#define STOK_LEADER_H

#include <stdbool.h>

/* True: this process leads from now on; also where the system knows no locks on sockets. */
bool leader_try(int listen_fd);

/* Another may lead. */
void leader_resign(int listen_fd);

#endif
