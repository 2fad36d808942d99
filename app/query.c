#include "query.h"

#include <stdio.h>
#include <string.h>

#include "number.h"
#include "text.h"

#define DIGITS_MAX 20 /* of a 64-bit number; what is longer is out of range */

/* parameters */

static int hexadecimal(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	digit |= 0x20;
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/*
 * The next character of a value, decoded; '\0' at its end. A "%" is itself without two digits, and
 * where it stands for a NUL, which is no end.
 */
static char next_character(const char **at)
{
	const char *here = *at;
	char decoded;

	if (*here == '\0' || *here == '&' || *here == '#')
		return '\0';
	(*at)++;
	if (*here != '%' || hexadecimal(here[1]) < 0 || hexadecimal(here[2]) < 0)
		return *here;
	decoded = (char)(hexadecimal(here[1]) << 4 | hexadecimal(here[2]));
	if (decoded == '\0')
		return '%';
	*at += 2;
	return decoded;
}

/* The value of a parameter, not decoded. NULL: there is none. *again: it stands more than once. */
static const char *find_parameter(const char *uri, const char *name, bool *again)
{
	const char *at = strchr(uri, '?'), *found = NULL;
	size_t length = strlen(name);

	*again = false;
	while (at != NULL) {
		at++;
		if (strncmp(at, name, length) == 0 && at[length] == '=') {
			*again = found != NULL;
			found = at + length + 1;
		}
		at = strchr(at, '&');
	}
	return found;
}

/* One number of a value, up to a comma or the end. False, with a fault: it is none, or too large.
 */
static bool read_number(
	const char **at, char *end, const char *where, uint64_t *number, struct faults *faults)
{
	char digits[DIGITS_MAX + 1];
	size_t length = 0;
	bool good = true;

	while ((*end = next_character(at)) != '\0' && *end != ',') {
		good = good && *end >= '0' && *end <= '9';
		if (length <= DIGITS_MAX)
			digits[length++] = *end;
	}
	if (!good || length == 0 || digits[0] == '0') {
		faults_add(faults, FAULT_NOT_INTEGER, where);
		return false;
	}
	if (!number_read(digits, length, number) || *number > ID_MAX) {
		faults_add_range(faults, FAULT_RANGE, where, 1, ID_MAX);
		return false;
	}
	return true;
}

/* GET /api/stock/availability */

static void read_variants(const char *value, struct command *command, struct faults *faults)
{
	char where[FAULT_WHERE_MAX], end = ',';
	uint64_t id;

	while (end == ',') {
		if (command->line_count == LINES_MAX) {
			faults_add_range(faults, FAULT_LIST_LENGTH, "/variantIds", 1, LINES_MAX);
			return;
		}
		snprintf(where, sizeof(where), "/variantIds/%u", (unsigned int)command->line_count);
		if (!read_number(&value, &end, where, &id, faults))
			id = 0;
		command->lines[command->line_count++] = (struct command_line){.variant_id = id};
	}
}

void query_availability(
	const struct http_request *http, struct command *command, struct faults *faults)
{
	bool again;
	const char *value = find_parameter(http->uri, "variantIds", &again);

	if (value == NULL)
		faults_add(faults, FAULT_REQUIRED, "/variantIds");
	else if (again)
		faults_add(faults, FAULT_DUPLICATE_MEMBER, "/variantIds");
	else
		read_variants(value, command, faults);
}

/* GET /api/stock/reservations */

/* In a header, because addresses stand in logs, and a session is a credential. */
static void read_session_header(
	const struct http_request *http, struct command *command, struct faults *faults)
{
	static const char header[] = "X-Session-Id";
	size_t length = strlen(http->session_id);

	if (http->session_id_count == 0)
		faults_add_header(faults, FAULT_REQUIRED, header, 0);
	else if (http->session_id_count > 1)
		faults_add_header(faults, FAULT_REPEATED_HEADER, header, 0);
	else if (length < 1 || length > SESSION_ID_MAX)
		faults_add_header(faults, FAULT_LENGTH, header, SESSION_ID_MAX);
	else if (!text_is_visible(http->session_id, length))
		faults_add_header(faults, FAULT_CHARACTERS, header, 0);
	else
		memcpy(command->session_id, http->session_id, length + 1);
}

void query_list(const struct http_request *http, struct command *command, struct faults *faults)
{
	bool again;
	const char *value = find_parameter(http->uri, "after", &again);
	char end = '\0';

	read_session_header(http, command, faults);
	if (value == NULL)
		return;
	if (again)
		faults_add(faults, FAULT_DUPLICATE_MEMBER, "/after");
	else if (read_number(&value, &end, "/after", &command->after_id, faults) && end != '\0')
		faults_add(faults, FAULT_NOT_INTEGER, "/after");
}
