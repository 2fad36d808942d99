#include "config_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const settings[SETTINGS] = {STOREFRONT, CRON, AUDIT, DATABASE, "STOK_COMMITTERS",
	"STOK_LANGUAGE", "STOK_METRICS_FILE", "STOK_LIMIT_QUANTITY", "STOK_LIMIT_HOLDS",
	"STOK_LIMIT_UNITS", "STOK_LIMITS_BIND"};

char directory[] = "/tmp/stok-test-config-XXXXXX";
static char paths[SETTINGS][sizeof(directory) + 64];
struct config config;
static char memory[64 * 1024];
struct text problems;

int make_directory(void **state)
{
	(void)state;
	return mkdtemp(directory) != NULL ? 0 : -1;
}

int remove_directory(void **state)
{
	(void)state;
	return rmdir(directory);
}

void given_file(const char *setting, const char *content)
{
	size_t i = 0;
	FILE *file;

	while (strcmp(settings[i], setting) != 0)
		i++;
	snprintf(paths[i], sizeof(paths[i]), "%s/%s", directory, setting);
	file = fopen(paths[i], "w");
	assert_non_null(file);
	assert_true(fputs(content, file) >= 0);
	assert_int_equal(fclose(file), 0);
	setenv(setting, paths[i], 1);
}

int begin(void **state)
{
	(void)state;
	for (size_t i = 0; i < SETTINGS; i++)
		unsetenv(settings[i]);
	given_file(DATABASE, "[client]\nport=1\n[stok]\nuser=stok\n");
	given_file(AUDIT, AUDIT_LINE "\n");
	memset(&config, 0x5a, sizeof(config));
	text_init(&problems, memory, sizeof(memory));
	return 0;
}

int finish(void **state)
{
	(void)state;
	for (size_t i = 0; i < SETTINGS; i++) {
		if (paths[i][0] != '\0')
			unlink(paths[i]);
	}
	return 0;
}

void assert_loads(void)
{
	text_clear(&problems);
	if (!config_load(&config, &problems))
		fail_msg("%s", problems.bytes);
	assert_string_equal(problems.bytes, "");
}

void assert_problem(const char *setting, uint32_t lines_in_all)
{
	uint32_t lines = 0, of_setting = 0;

	text_clear(&problems);
	assert_false(config_load(&config, &problems));
	for (const char *at = problems.bytes; *at != '\0'; at = strchr(at, '\n') + 1) {
		lines++;
		of_setting += strncmp(at, setting, strlen(setting)) == 0;
	}
	if (lines != lines_in_all || of_setting != 1)
		fail_msg("%s: %u of %u problems:\n%s", setting, of_setting, lines, problems.bytes);
}
