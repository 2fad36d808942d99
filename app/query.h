/*
 * What GET requests ask for: parameters of the query, and headers. Faults name a parameter like a
 * member of a body: /variantIds/3.
 */
#ifndef STOK_QUERY_H
#define STOK_QUERY_H

#include "command.h"
#include "faults.h"
#include "request.h"

void query_availability(
	const struct http_request *http, struct command *command, struct faults *faults);
void query_list(const struct http_request *http, struct command *command, struct faults *faults);

#endif
