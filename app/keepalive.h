/*
 * The connections of nginx. It keeps them open between its requests: whoever has answered one gives
 * the connection back here, and the gate is told when the next request comes. A connection is
 * watched only while nobody works for it, so nobody reads or closes it under another's hands.
 */
#ifndef STOK_KEEPALIVE_H
#define STOK_KEEPALIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "must_check.h"

struct keepalive;

/* NULL and errno: it failed. */
struct keepalive *keepalive_new(void);
void keepalive_free(struct keepalive *keepalive);

/* The epoll instance in which they are watched: an event's data.fd is the connection. */
int keepalive_epoll(const struct keepalive *keepalive);

/* A connection that was just accepted. It belongs to the keepalive, and is closed if that fails. */
void keepalive_add(struct keepalive *keepalive, int fd);

/*
 * Any thread: the request of this connection is answered, and its next one is waited for. -1: the
 * connection was closed instead.
 */
void keepalive_return(struct keepalive *keepalive, int fd);

/* Connections that are open, watched or worked for. */
uint32_t keepalive_count(const struct keepalive *keepalive);

#endif
