#include "text.h"

#include <assert.h>
#include <string.h>
#include <time.h>

void text_init(struct text *text, char *memory, size_t size)
{
	assert(size > 0);
	text->bytes = memory;
	text->size = size;
	text_clear(text);
}

void text_clear(struct text *text)
{
	text->length = 0;
	text->bytes[0] = '\0';
}

void text_add_bytes(struct text *text, const char *bytes, size_t length)
{
	assert(length < text->size - text->length);
	memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
	text->bytes[text->length] = '\0';
}

void text_add(struct text *text, const char *string)
{
	text_add_bytes(text, string, strlen(string));
}

void text_add_u64(struct text *text, uint64_t number)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	text_add_bytes(text, digits + at, sizeof(digits) - at);
}

void text_add_i64(struct text *text, int64_t number)
{
	if (number < 0)
		text_add_bytes(text, "-", 1);
	text_add_u64(text, number < 0 ? -(uint64_t)number : (uint64_t)number);
}

bool text_is_visible(const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (bytes[i] <= 0x20 || bytes[i] >= 0x7f)
			return false;
	}
	return true;
}

void text_add_hex(struct text *text, const uint8_t *bytes, size_t count)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < count; i++) {
		char pair[2] = {digits[bytes[i] >> 4], digits[bytes[i] & 15]};

		text_add_bytes(text, pair, sizeof(pair));
	}
}

static void add_padded(struct text *text, int number, int width)
{
	char digits[8];

	assert(width <= (int)sizeof(digits));
	for (int i = width - 1; i >= 0; i--) {
		digits[i] = (char)('0' + number % 10);
		number /= 10;
	}
	text_add_bytes(text, digits, (size_t)width);
}

static void add_time(struct text *text, int64_t ms, const char *between)
{
	time_t seconds = ms / 1000;
	struct tm parts;

	assert(ms >= 0);
	gmtime_r(&seconds, &parts);
	add_padded(text, parts.tm_year + 1900, 4);
	text_add(text, "-");
	add_padded(text, parts.tm_mon + 1, 2);
	text_add(text, "-");
	add_padded(text, parts.tm_mday, 2);
	text_add(text, between);
	add_padded(text, parts.tm_hour, 2);
	text_add(text, ":");
	add_padded(text, parts.tm_min, 2);
	text_add(text, ":");
	add_padded(text, parts.tm_sec, 2);
	text_add(text, ".");
	add_padded(text, (int)(ms % 1000), 3);
}

void text_add_time(struct text *text, int64_t ms)
{
	add_time(text, ms, "T");
	text_add(text, "Z");
}

void text_add_sql_time(struct text *text, int64_t ms)
{
	add_time(text, ms, " ");
}
