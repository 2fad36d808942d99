#include "json_check.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "limits.h"

/* A member that was seen: of which object, and the hash of its decoded name. */
struct seen {
	uint32_t object;
	uint64_t name;
};

struct scan {
	const unsigned char *at, *end;
	struct faults *faults;
	bool failed;
	uint32_t depth;
	uint32_t objects; /* begun so far */
	uint32_t members;
	char pointer[FAULT_WHERE_MAX];
	size_t string_length;		       /* of the string read last, decoded; */
	unsigned char string[FAULT_WHERE_MAX]; /* as much of it as a pointer can show */
	uint64_t hash;			       /* of all of it */
	struct seen seen[JSON_MEMBERS_MAX];
};

static void scan_value(struct scan *scan);

static void fail(struct scan *scan, enum fault_kind kind)
{
	if (!scan->failed)
		faults_add(scan->faults, kind, "");
	scan->failed = true;
}

static int peek(const struct scan *scan)
{
	return scan->at < scan->end ? *scan->at : -1;
}

static bool accept(struct scan *scan, char byte)
{
	if (peek(scan) != byte)
		return false;
	scan->at++;
	return true;
}

static void expect(struct scan *scan, char byte)
{
	if (!accept(scan, byte))
		fail(scan, FAULT_SYNTAX);
}

static void skip_blanks(struct scan *scan)
{
	while (peek(scan) == ' ' || peek(scan) == '\t' || peek(scan) == '\n' || peek(scan) == '\r')
		scan->at++;
}

/* A byte of the decoded string, which is hashed by FNV-1a. */
static void take_byte(struct scan *scan, unsigned int byte)
{
	scan->hash = (scan->hash ^ byte) * 0x100000001b3u;
	if (scan->string_length < sizeof(scan->string))
		scan->string[scan->string_length++] = (unsigned char)byte;
}

static void take_code_point(struct scan *scan, uint32_t point)
{
	if (point < 0x80) {
		take_byte(scan, point);
	} else if (point < 0x800) {
		take_byte(scan, 0xc0 | point >> 6);
		take_byte(scan, 0x80 | (point & 0x3f));
	} else if (point < 0x10000) {
		take_byte(scan, 0xe0 | point >> 12);
		take_byte(scan, 0x80 | (point >> 6 & 0x3f));
		take_byte(scan, 0x80 | (point & 0x3f));
	} else {
		take_byte(scan, 0xf0 | point >> 18);
		take_byte(scan, 0x80 | (point >> 12 & 0x3f));
		take_byte(scan, 0x80 | (point >> 6 & 0x3f));
		take_byte(scan, 0x80 | (point & 0x3f));
	}
}

/*
 * One character outside ASCII. RFC 3629: no overlong form, no surrogate, nothing past U+10FFFF;
 * the second byte's range depends on the first.
 */
static void scan_utf8(struct scan *scan)
{
	unsigned int first = *scan->at;
	unsigned int low = 0x80, high = 0xbf;
	int more;

	if (first >= 0xc2 && first <= 0xdf)
		more = 1;
	else if (first >= 0xe0 && first <= 0xef)
		more = 2;
	else if (first >= 0xf0 && first <= 0xf4)
		more = 3;
	else
		more = 0;
	if (more == 0 || scan->end - scan->at <= more) {
		fail(scan, FAULT_ENCODING);
		return;
	}
	if (first == 0xe0)
		low = 0xa0;
	else if (first == 0xed)
		high = 0x9f;
	else if (first == 0xf0)
		low = 0x90;
	else if (first == 0xf4)
		high = 0x8f;
	take_byte(scan, first);
	scan->at++;
	for (; more > 0; more--) {
		if (*scan->at < low || *scan->at > high) {
			fail(scan, FAULT_ENCODING);
			return;
		}
		take_byte(scan, *scan->at++);
		low = 0x80;
		high = 0xbf;
	}
}

static uint32_t scan_hex4(struct scan *scan)
{
	uint32_t value = 0;

	for (int i = 0; i < 4; i++) {
		int byte = peek(scan);
		uint32_t digit = 0;

		if (byte >= '0' && byte <= '9')
			digit = (uint32_t)byte - '0';
		else if (byte >= 'a' && byte <= 'f')
			digit = (uint32_t)byte - 'a' + 10;
		else if (byte >= 'A' && byte <= 'F')
			digit = (uint32_t)byte - 'A' + 10;
		else {
			fail(scan, FAULT_SYNTAX);
			return 0;
		}
		value = value * 16 + digit;
		scan->at++;
	}
	return value;
}

/* \uXXXX: a pair of surrogates is one character, half a pair or a NUL is none. */
static void scan_unicode_escape(struct scan *scan)
{
	uint32_t point = scan_hex4(scan);

	if (scan->failed)
		return;
	if (point >= 0xd800 && point <= 0xdbff) {
		uint32_t low = 0;

		if (accept(scan, '\\') && accept(scan, 'u'))
			low = scan_hex4(scan);
		if (low < 0xdc00 || low > 0xdfff) {
			fail(scan, FAULT_ENCODING);
			return;
		}
		point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
	} else if ((point >= 0xdc00 && point <= 0xdfff) || point == 0) {
		fail(scan, FAULT_ENCODING);
		return;
	}
	take_code_point(scan, point);
}

static void scan_escape(struct scan *scan)
{
	static const char names[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
	int byte = peek(scan);
	const char *name = byte > 0 ? strchr(names, byte) : NULL;

	if (byte == 'u') {
		scan->at++;
		scan_unicode_escape(scan);
	} else if (name != NULL) {
		scan->at++;
		take_byte(scan, (unsigned char)meanings[name - names]);
	} else {
		fail(scan, FAULT_SYNTAX);
	}
}

static void scan_string(struct scan *scan)
{
	scan->hash = 0xcbf29ce484222325u;
	scan->string_length = 0;
	expect(scan, '"');
	while (!scan->failed && !accept(scan, '"')) {
		int byte = peek(scan);

		if (byte < 0x20) {
			fail(scan, FAULT_SYNTAX);
		} else if (byte == '\\') {
			scan->at++;
			scan_escape(scan);
		} else if (byte >= 0x80) {
			scan_utf8(scan);
		} else {
			take_byte(scan, (unsigned int)byte);
			scan->at++;
		}
	}
}

static void scan_digits(struct scan *scan)
{
	if (peek(scan) < '0' || peek(scan) > '9')
		fail(scan, FAULT_SYNTAX);
	while (peek(scan) >= '0' && peek(scan) <= '9')
		scan->at++;
}

static void scan_number(struct scan *scan)
{
	accept(scan, '-');
	if (!accept(scan, '0'))
		scan_digits(scan);
	if (accept(scan, '.'))
		scan_digits(scan);
	if (accept(scan, 'e') || accept(scan, 'E')) {
		if (!accept(scan, '+'))
			accept(scan, '-');
		scan_digits(scan);
	}
}

static void scan_word(struct scan *scan, const char *word)
{
	for (const char *at = word; *at != '\0'; at++)
		expect(scan, *at);
}

/* The length of a text without a character that was cut off at its end. */
static size_t whole_characters(const char *text, size_t length)
{
	size_t at = length;

	while (at > 0 && ((unsigned char)text[at - 1] & 0xc0) == 0x80)
		at--;
	if (at > 0 && (unsigned char)text[at - 1] >= 0xc0)
		at--;
	return length == 0 || (unsigned char)text[length - 1] < 0x80 ? length : at;
}

/*
 * Adds a step to the pointer (RFC 6901) and returns the length to cut it back to. A name that does
 * not fit is cut.
 */
static size_t enter(struct scan *scan, const unsigned char *name, size_t length)
{
	size_t before = strlen(scan->pointer), at = before;
	size_t room = sizeof(scan->pointer) - 3;
	size_t i = 0;

	if (at < room)
		scan->pointer[at++] = '/';
	for (; i < length && at < room; i++) {
		bool special = name[i] == '~' || name[i] == '/';

		scan->pointer[at++] = special ? '~' : (char)name[i];
		if (special)
			scan->pointer[at++] = name[i] == '~' ? '0' : '1';
	}
	if (i < length)
		at = whole_characters(scan->pointer, at);
	scan->pointer[at] = '\0';
	return before;
}

static void note_member(struct scan *scan, uint32_t object, uint64_t name)
{
	for (uint32_t i = 0; i < scan->members; i++) {
		if (scan->seen[i].object == object && scan->seen[i].name == name) {
			faults_add(scan->faults, FAULT_DUPLICATE_MEMBER, scan->pointer);
			break;
		}
	}
	if (scan->members == JSON_MEMBERS_MAX) {
		fail(scan, FAULT_MEMBERS);
		return;
	}
	scan->seen[scan->members++] = (struct seen){.object = object, .name = name};
}

static void scan_object(struct scan *scan)
{
	uint32_t object = scan->objects++;

	expect(scan, '{');
	skip_blanks(scan);
	if (accept(scan, '}'))
		return;
	do {
		size_t before;

		skip_blanks(scan);
		scan_string(scan);
		if (scan->failed)
			return;
		before = enter(scan, scan->string, scan->string_length);
		note_member(scan, object, scan->hash);
		skip_blanks(scan);
		expect(scan, ':');
		scan_value(scan);
		scan->pointer[before] = '\0';
		skip_blanks(scan);
	} while (!scan->failed && accept(scan, ','));
	expect(scan, '}');
}

static void scan_array(struct scan *scan)
{
	uint32_t index = 0;

	expect(scan, '[');
	skip_blanks(scan);
	if (accept(scan, ']'))
		return;
	do {
		char digits[12];
		int length = snprintf(digits, sizeof(digits), "%u", index++);
		size_t before = enter(scan, (const unsigned char *)digits, (size_t)length);

		scan_value(scan);
		scan->pointer[before] = '\0';
		skip_blanks(scan);
	} while (!scan->failed && accept(scan, ','));
	expect(scan, ']');
}

static void scan_value(struct scan *scan)
{
	bool nests;

	if (scan->failed)
		return;
	skip_blanks(scan);
	nests = peek(scan) == '{' || peek(scan) == '[';
	if (nests && scan->depth == JSON_DEPTH_MAX) {
		fail(scan, FAULT_DEPTH);
		return;
	}
	scan->depth += nests;
	switch (peek(scan)) {
	case '{':
		scan_object(scan);
		break;
	case '[':
		scan_array(scan);
		break;
	case '"':
		scan_string(scan);
		break;
	case 't':
		scan_word(scan, "true");
		break;
	case 'f':
		scan_word(scan, "false");
		break;
	case 'n':
		scan_word(scan, "null");
		break;
	default:
		scan_number(scan);
	}
	scan->depth -= nests;
}

bool json_check(const char *bytes, size_t length, struct faults *faults)
{
	struct scan scan;

	/* Not the whole of it: `seen` is filled as far as it is used. */
	memset(&scan, 0, offsetof(struct scan, seen));
	scan.at = (const unsigned char *)bytes;
	scan.end = scan.at + length;
	scan.faults = faults;
	scan_value(&scan);
	skip_blanks(&scan);
	if (!scan.failed && scan.at != scan.end)
		fail(&scan, FAULT_SYNTAX);
	return !scan.failed;
}
