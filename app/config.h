/* The operator's settings: environment variables, and the files they name. */
#ifndef STOK_CONFIG_H
#define STOK_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "messages.h"
#include "request.h"
#include "text.h"

#define AUDIT_KEY_MAX 128

struct config {
	const char *database_options; /* STOK_DB_OPTIONS: a MySQL option file */
	const char *metrics_file;     /* STOK_METRICS_FILE; NULL: none */
	uint32_t committers;	      /* STOK_COMMITTERS */
	enum language language;	      /* STOK_LANGUAGE: where a client names none */
	struct policy policy; /* STOK_STOREFRONT_KEY_FILE, STOK_CRON_KEY_FILE, STOK_LIMIT_... */
	size_t audit_key_length;
	uint8_t audit_key[AUDIT_KEY_MAX]; /* STOK_AUDIT_KEY_FILE */
};

/*
 * Reads the environment and opens every file it names. False: `problems` has one line for each
 * thing that is wrong.
 */
bool config_load(struct config *config, struct text *problems);

/* The same of what stokctl needs: the database, and if it is asked for, the audit key. */
bool config_load_operator(struct config *config, bool with_audit_key, struct text *problems);

#endif
