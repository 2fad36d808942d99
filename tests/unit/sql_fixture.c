#include "sql_fixture.h"

#include <stdio.h>
#include <string.h>

#include "limits.h"

static char memory[STATEMENT_MAX];
struct text text;
struct stock stock;
struct id_list list;

int begin(void **state)
{
	(void)state;
	text_init(&text, memory, sizeof(memory));
	text_add(&text, "of the statement before");
	memset(&stock, 0x5a, sizeof(stock));
	stock_reset(&stock);
	list.count = 0;
	return 0;
}

void given_ids(uint64_t first, uint64_t second, uint64_t third)
{
	list = (struct id_list){.count = 3, .ids = {first, second, third}};
}

struct hold *given_hold(uint64_t id, uint64_t variant_id)
{
	struct hold *hold = stock_add_named(&stock, id);

	hold->variant_id = variant_id;
	hold->quantity = 3;
	hold->created_at_ms = NOW - 1000;
	hold->expires_at_ms = NOW + 1000;
	snprintf(hold->session_id, sizeof(hold->session_id), "%s", "session");
	snprintf(hold->created_request_id, sizeof(hold->created_request_id), "%s", REQUEST2);
	return hold;
}

struct hold *given_new_hold(uint64_t variant_id, uint32_t quantity)
{
	struct hold *hold = stock_add_hold(&stock);

	hold->variant_id = variant_id;
	hold->quantity = quantity;
	hold->created_at_ms = NOW;
	hold->expires_at_ms = NOW + 30 * 60 * 1000;
	snprintf(hold->session_id, sizeof(hold->session_id), "%s", "session");
	snprintf(hold->created_request_id, sizeof(hold->created_request_id), "%s", REQUEST);
	hold->changed = CHANGE_MADE;
	return hold;
}

void given_variant(uint64_t id, int64_t on_hand, int64_t reserved)
{
	stock_add_variant(&stock, id, 100, 50);
	stock_variant(&stock, id)->stock = on_hand;
	stock_variant(&stock, id)->reserved = reserved;
}

void assert_has(const char *part)
{
	if (strstr(text.bytes, part) == NULL)
		fail_msg("no \"%s\" in: %s", part, text.bytes);
}

void assert_has_not(const char *part)
{
	if (strstr(text.bytes, part) != NULL)
		fail_msg("\"%s\" in: %s", part, text.bytes);
}

void assert_begins(const char *part)
{
	if (strncmp(text.bytes, part, strlen(part)) != 0)
		fail_msg("does not begin \"%s\": %s", part, text.bytes);
}

void assert_ends(const char *part)
{
	if (text.length < strlen(part) ||
		strcmp(text.bytes + text.length - strlen(part), part) != 0)
		fail_msg("does not end \"%s\": %s", part, text.bytes);
}

int occurrences(const char *part)
{
	int count = 0;

	for (const char *at = strstr(text.bytes, part); at != NULL; at = strstr(at + 1, part))
		count++;
	return count;
}

void fill_string(char *string, size_t length)
{
	memset(string, '\'', length);
	string[length] = '\0';
}
