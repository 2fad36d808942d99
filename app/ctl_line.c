#include "ctl_line.h"

#include <string.h>

#include "ctl_time.h"
#include "number.h"

/* The members that are looked at, in the order in which nginx writes them. */
static const struct member {
	const char *name;
	size_t length;
	size_t offset;
	bool required;
} members[] = {
#define MEMBER(name, field, required)                                                              \
	{                                                                                          \
		name, sizeof(name) - 1, offsetof(struct audit_line, field), required               \
	}
	MEMBER("time", time, true),
	MEMBER("requestId", request_id, true),
	MEMBER("addr", address, false),
	MEMBER("caller", caller, false),
	MEMBER("status", status_digits, true),
	MEMBER("action", action_name, true),
	MEMBER("outcome", outcome, true),
	MEMBER("reservationIds", holds, true),
	MEMBER("lines", lines, true),
	MEMBER("replaced", replaced, false),
	MEMBER("orderId", order, true),
	MEMBER("userId", user, true),
	MEMBER("session", session, true),
	MEMBER("fromSession", from_session, false),
	MEMBER("replay", replay_word, true),
	MEMBER("swept", swept_digits, true),
#undef MEMBER
};
#define MEMBERS (sizeof(members) / sizeof(members[0]))

struct reader {
	const char *at;
	const char *end;
	uint32_t expected; /* the member that comes next, if all are in their usual order */
	uint32_t seen;	   /* a bit for each of them */
};

static bool take(struct reader *reader, char expected)
{
	if (reader->at == reader->end || *reader->at != expected)
		return false;
	reader->at++;
	return true;
}

static bool take_string(struct reader *reader, struct slice *string)
{
	const char *begin = reader->at + 1;

	if (!take(reader, '"'))
		return false;
	while (reader->at < reader->end && *reader->at != '"') {
		if (*reader->at == '\\')
			reader->at++;
		reader->at++;
	}
	if (reader->at >= reader->end)
		return false;
	*string = (struct slice){begin, (size_t)(reader->at - begin)};
	reader->at++;
	return true;
}

/* Strings and numbers; nginx writes no other values. */
static bool take_value(struct reader *reader, struct slice *value)
{
	const char *begin = reader->at;

	if (begin < reader->end && *begin == '"')
		return take_string(reader, value);
	while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9')
		reader->at++;
	*value = (struct slice){begin, (size_t)(reader->at - begin)};
	return value->length > 0;
}

static bool is_member(uint32_t index, const struct slice *name)
{
	return members[index].length == name->length &&
	       memcmp(members[index].name, name->bytes, name->length) == 0;
}

/* MEMBERS: nobody asks for it. */
static uint32_t find_member(const struct reader *reader, const struct slice *name)
{
	if (reader->expected < MEMBERS && is_member(reader->expected, name))
		return reader->expected;
	for (uint32_t i = 0; i < MEMBERS; i++) {
		if (is_member(i, name))
			return i;
	}
	return MEMBERS;
}

static const char *take_member(struct reader *reader, struct audit_line *line)
{
	struct slice name, value;
	uint32_t member;

	if (!take_string(reader, &name) || !take(reader, ':') || !take_value(reader, &value))
		return "is no JSON object of strings and numbers";
	member = find_member(reader, &name);
	if (member == MEMBERS)
		return NULL;
	if (reader->seen & 1U << member)
		return "has a member twice";
	reader->seen |= 1U << member;
	reader->expected = member + 1;
	*(struct slice *)((char *)line + members[member].offset) = value;
	return NULL;
}

static const char *take_object(struct reader *reader, struct audit_line *line)
{
	const char *problem;

	if (!take(reader, '{'))
		return "does not begin as a JSON object";
	do {
		problem = take_member(reader, line);
		if (problem != NULL)
			return problem;
	} while (take(reader, ','));
	if (!take(reader, '}') || reader->at != reader->end)
		return "does not end as a JSON object";
	for (uint32_t i = 0; i < MEMBERS; i++) {
		if (members[i].required && !(reader->seen & 1U << i))
			return "lacks a member";
	}
	return NULL;
}

bool slice_is(const struct slice *slice, const char *string)
{
	return strlen(string) == slice->length && memcmp(string, slice->bytes, slice->length) == 0;
}

static int nibble(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

bool slice_read_hex(const struct slice *slice, uint8_t *bytes, size_t count)
{
	if (slice->length != 2 * count)
		return false;
	for (size_t i = 0; i < count; i++) {
		int high = nibble(slice->bytes[2 * i]), low = nibble(slice->bytes[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

bool slice_next_word(struct slice *rest, struct slice *word)
{
	while (rest->length > 0 && rest->bytes[0] == ' ') {
		rest->bytes++;
		rest->length--;
	}
	*word = (struct slice){rest->bytes, 0};
	while (word->length < rest->length && rest->bytes[word->length] != ' ')
		word->length++;
	rest->bytes += word->length;
	rest->length -= word->length;
	return word->length > 0;
}

/* \u00XX: what nginx makes of control characters. *at is behind the backslash, and moves on. */
static char unescape_one(const char **at, const char *end)
{
	char letter = *(*at)++;
	int high, low;

	if (letter != 'u')
		return letter == 'n' || letter == 'r' || letter == 't' ? ' ' : letter;
	if (end - *at < 4) {
		*at = end;
		return '?';
	}
	high = nibble((*at)[2]);
	low = nibble((*at)[3]);
	*at += 4;
	return high >= 2 && high < 8 && low >= 0 ? (char)(high << 4 | low) : '?';
}

size_t slice_unescape(const struct slice *slice, char *to, size_t size)
{
	const char *at = slice->bytes, *end = slice->bytes + slice->length;
	size_t length = 0;

	while (at < end && length < size - 1) {
		char byte = *at++;

		if (byte == '\\' && at < end)
			byte = unescape_one(&at, end);
		to[length++] = byte >= 0x20 && byte < 0x7f ? byte : '?';
	}
	to[length] = '\0';
	return length;
}

static enum logged_action read_action(const struct slice *name)
{
	static const struct {
		const char *name;
		enum logged_action action;
	} actions[] = {{"reserve", LOGGED_RESERVE}, {"cancel", LOGGED_CANCEL},
		{"convert", LOGGED_CONVERT}, {"cleanup", LOGGED_CLEANUP}, {"extend", LOGGED_EXTEND},
		{"merge", LOGGED_MERGE}, {"list", LOGGED_LIST}};

	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (slice_is(name, actions[i].name))
			return actions[i].action;
	}
	return LOGGED_OTHER;
}

/* Absent is 0. */
static bool read_count(const struct slice *digits, uint64_t max, uint32_t *count)
{
	uint64_t number = 0;

	if (digits->length > 0 && !number_read(digits->bytes, digits->length, &number))
		return false;
	*count = (uint32_t)number;
	return number <= max;
}

const char *line_read(const char *text, size_t length, struct audit_line *line)
{
	struct reader reader = {.at = text, .end = text + length};
	const char *problem;

	memset(line, 0, sizeof(*line));
	problem = take_object(&reader, line);
	if (problem != NULL)
		return problem;
	if (line->time.length <= sizeof("2026-11-22") ||
		!time_read(line->time.bytes, line->time.length, &line->time_ms))
		return "has no time";
	if (!slice_read_hex(&line->request_id, line->request, REQUEST_BYTES))
		return "has no request id";
	if (!read_count(&line->status_digits, 999, &line->status))
		return "has no status";
	if (!read_count(&line->swept_digits, LOGGED_SWEPT_MAX, &line->swept))
		return "has no number of swept holds";
	line->action = read_action(&line->action_name);
	line->replay = slice_is(&line->replay_word, "true");
	return NULL;
}

/*
 * The words that the log has for a success. With STOK_COMPAT legacy a refusal's status is 200 too;
 * of the others, the holds that a request changed stand there with their variants and quantities,
 * those that it merely asked for without.
 */
static bool has_changed_holds(const struct audit_line *line)
{
	if (line->status < 200 || line->status > 299)
		return false;
	switch (line->action) {
	case LOGGED_RESERVE:
		return slice_is(&line->outcome, "reserved");
	case LOGGED_CANCEL:
	case LOGGED_CONVERT:
	case LOGGED_EXTEND:
	case LOGGED_MERGE:
		return line->holds.length > 0 && line->lines.length > 0;
	case LOGGED_CLEANUP:
	case LOGGED_LIST:
	case LOGGED_OTHER:
		return false;
	}
	return false;
}

enum effect line_effect(const struct audit_line *line)
{
	if (line->status == 0 || line->status == 499 || line->status >= 500)
		return EFFECT_DOUBTFUL;
	return has_changed_holds(line) ? EFFECT_DONE : EFFECT_NONE;
}
