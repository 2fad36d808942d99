/*
 * The gate accepts connections, reads requests, and turns them into jobs. What needs no database
 * it answers itself. One thread.
 */
#ifndef STOK_GATE_H
#define STOK_GATE_H

#include <stdbool.h>

#include "lanes.h"

/*
 * Serves the listening socket until `stop_fd` is readable; then accepts no more, serves those that
 * are connected until they leave, and returns true. False: the socket failed, errno says how.
 */
bool gate_run(int listen_fd, int stop_fd, const struct lanes *lanes);

#endif
