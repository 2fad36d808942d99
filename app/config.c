#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "limits.h"
#include "number.h"

#define LINE_MAX_LENGTH 512

static const char *setting(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && value[0] != '\0' ? value : NULL;
}

static void complain(struct text *problems, const char *name, const char *value, const char *why)
{
	char line[1024];

	snprintf(line, sizeof(line), "%s%s%s: %s\n", name, value != NULL ? "=" : "",
		value != NULL ? value : "", why);
	text_add(problems, line);
}

/* Calls `take` with every line that is neither blank nor a comment. */
static void read_lines(const char *name, struct text *problems,
	bool (*take)(void *context, char *line), void *context, const char *expected)
{
	const char *path = setting(name);
	char line[LINE_MAX_LENGTH];
	FILE *file = fopen(path, "re");

	if (file == NULL) {
		complain(problems, name, path, strerror(errno));
		return;
	}
	while (fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\r\n")] = '\0';
		if (line[0] == '\0' || line[0] == '#')
			continue;
		if (!take(context, line)) {
			complain(problems, name, path, expected);
			break;
		}
	}
	if (ferror(file))
		complain(problems, name, path, strerror(errno));
	fclose(file);
}

/* "x-api-key: KEY", so that the same file serves `curl -H @file`. */
static bool take_key(void *context, char *line)
{
	static const char header[] = "x-api-key:";
	char *key = line + sizeof(header) - 1;

	if (strncasecmp(line, header, sizeof(header) - 1) != 0)
		return false;
	key += strspn(key, " \t");
	return keys_add(context, key, strlen(key));
}

static void load_keys(struct keys *keys, const char *name, struct text *problems)
{
	size_t before = problems->length;

	if (setting(name) == NULL)
		return; /* not configured: what the key guards stays closed */
	read_lines(name, problems, take_key, keys,
		"wants one or two lines 'x-api-key: KEY', each key of 16 to 128 visible ASCII "
		"characters");
	if (keys->count == 0 && problems->length == before)
		complain(problems, name, setting(name), "has no key");
}

static bool take_audit_key(void *context, char *line)
{
	struct config *config = context;
	size_t length = strlen(line);

	if (config->audit_key_length > 0 || length < 32 || length > AUDIT_KEY_MAX)
		return false;
	memcpy(config->audit_key, line, length);
	config->audit_key_length = length;
	return true;
}

static void load_audit_key(struct config *config, struct text *problems)
{
	static const char name[] = "STOK_AUDIT_KEY_FILE";
	size_t before = problems->length;

	if (setting(name) == NULL) {
		complain(problems, name, NULL,
			"is not set; session ids are hashed with the key in that file");
		return;
	}
	read_lines(name, problems, take_audit_key, config,
		"wants one line of 32 to 128 characters, made at random");
	if (config->audit_key_length == 0 && problems->length == before)
		complain(problems, name, setting(name), "has no key");
}

static bool take_group(void *context, char *line)
{
	bool *found = context;

	*found = *found || strncmp(line, "[stok]", strlen("[stok]")) == 0;
	return true;
}

/* The client library ignores a missing option file in silence; this does not. */
static void load_database(struct config *config, struct text *problems)
{
	static const char name[] = "STOK_DB_OPTIONS";
	bool found = false;
	size_t before = problems->length;

	config->database_options = setting(name);
	if (config->database_options == NULL) {
		complain(problems, name, NULL,
			"is not set; it names the MySQL option file with the group [stok]");
		return;
	}
	read_lines(name, problems, take_group, &found, "");
	if (!found && problems->length == before)
		complain(problems, name, config->database_options, "has no group [stok]");
}

/* Made by the first process that counts: its folder is what must be there. */
static void load_metrics(struct config *config, struct text *problems)
{
	static const char name[] = "STOK_METRICS_FILE";
	const char *slash;
	char folder[1024];

	config->metrics_file = setting(name);
	if (config->metrics_file == NULL || access(config->metrics_file, R_OK | W_OK) == 0)
		return;
	slash = strrchr(config->metrics_file, '/');
	snprintf(folder, sizeof(folder), "%.*s",
		slash != NULL ? (int)(slash - config->metrics_file + 1) : 1,
		slash != NULL ? config->metrics_file : ".");
	if (errno != ENOENT || access(folder, W_OK | X_OK) != 0)
		complain(problems, name, config->metrics_file, strerror(errno));
}

static void load_committers(struct config *config, struct text *problems)
{
	static const char name[] = "STOK_COMMITTERS";
	const char *value = setting(name);
	uint64_t number = COMMITTERS_DEFAULT;

	if (value != NULL && (!number_read(value, strlen(value), &number) || number < 1 ||
				     number > COMMITTERS_MAX))
		complain(problems, name, value, "must be a number between 1 and 8");
	config->committers = (uint32_t)number;
}

/* 0: no limit. */
static void load_limit(int64_t *limit, const char *name, int64_t otherwise, struct text *problems)
{
	const char *value = setting(name);
	uint64_t number = (uint64_t)otherwise;

	if (value != NULL && (!number_read(value, strlen(value), &number) || number > INT32_MAX))
		complain(problems, name, value, "must be a number; 0 is no limit");
	*limit = (int64_t)number;
}

static void load_limits(struct config *config, struct text *problems)
{
	static const char name[] = "STOK_LIMITS_BIND";
	struct limits *limits = &config->policy.limits;
	const char *value = setting(name);

	load_limit(&limits->quantity, "STOK_LIMIT_QUANTITY", LIMIT_QUANTITY_DEFAULT, problems);
	load_limit(&limits->holds, "STOK_LIMIT_HOLDS", LIMIT_HOLDS_DEFAULT, problems);
	load_limit(&limits->units, "STOK_LIMIT_UNITS", LIMIT_UNITS_DEFAULT, problems);
	config->policy.limits_bind_all = value != NULL && strcmp(value, "all") == 0;
	if (value != NULL && strcmp(value, "all") != 0 && strcmp(value, "public") != 0)
		complain(problems, name, value, "must be public or all");
}

static void load_language(struct config *config, struct text *problems)
{
	static const char name[] = "STOK_LANGUAGE";
	const char *value = setting(name);

	config->language = LANGUAGE_ENGLISH;
	if (value == NULL || strcmp(value, "en") == 0)
		return;
	if (strcmp(value, "tr") == 0)
		config->language = LANGUAGE_TURKISH;
	else
		complain(problems, name, value, "must be tr or en");
}

bool config_load(struct config *config, struct text *problems)
{
	memset(config, 0, sizeof(*config));
	load_database(config, problems);
	load_keys(&config->policy.keyring.storefront, "STOK_STOREFRONT_KEY_FILE", problems);
	load_keys(&config->policy.keyring.cron, "STOK_CRON_KEY_FILE", problems);
	load_audit_key(config, problems);
	load_committers(config, problems);
	load_limits(config, problems);
	load_language(config, problems);
	load_metrics(config, problems);
	return problems->length == 0;
}

bool config_load_operator(struct config *config, bool with_audit_key, struct text *problems)
{
	memset(config, 0, sizeof(*config));
	load_database(config, problems);
	if (with_audit_key)
		load_audit_key(config, problems);
	return problems->length == 0;
}
