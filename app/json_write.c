#include "json_write.h"

static void add_string(struct text *text, const char *string)
{
	text_add(text, "\"");
	for (const char *at = string; *at != '\0'; at++) {
		unsigned char byte = (unsigned char)*at;

		if (byte == '"' || byte == '\\') {
			text_add(text, "\\");
			text_add_bytes(text, at, 1);
		} else if (byte < 0x20) {
			text_add(text, "\\u00");
			text_add_hex(text, &byte, 1);
		} else {
			text_add_bytes(text, at, 1);
		}
	}
	text_add(text, "\"");
}

/* Whatever follows a value is set off by a comma; no value ends in an opening bracket. */
static void begin(struct text *text, const char *name)
{
	char last = text->length > 0 ? text->bytes[text->length - 1] : '[';

	if (last != '{' && last != '[')
		text_add(text, ",");
	if (name == NULL)
		return;
	add_string(text, name);
	text_add(text, ":");
}

void json_open_object(struct text *text, const char *name)
{
	begin(text, name);
	text_add(text, "{");
}

void json_close_object(struct text *text)
{
	text_add(text, "}");
}

void json_open_list(struct text *text, const char *name)
{
	begin(text, name);
	text_add(text, "[");
}

void json_close_list(struct text *text)
{
	text_add(text, "]");
}

void json_string(struct text *text, const char *name, const char *value)
{
	begin(text, name);
	add_string(text, value);
}

void json_number(struct text *text, const char *name, int64_t value)
{
	begin(text, name);
	text_add_i64(text, value);
}

void json_boolean(struct text *text, const char *name, bool value)
{
	begin(text, name);
	text_add(text, value ? "true" : "false");
}

void json_null(struct text *text, const char *name)
{
	begin(text, name);
	text_add(text, "null");
}

void json_time(struct text *text, const char *name, int64_t ms)
{
	begin(text, name);
	text_add(text, "\"");
	text_add_time(text, ms);
	text_add(text, "\"");
}
