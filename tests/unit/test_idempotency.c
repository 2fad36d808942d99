/* The hashes by which a request is known again: what they tell apart, and what they do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "idempotency.h"

#define REQUEST "0123456789abcdef0123456789abcdef"

static uint8_t first[DIGEST_LENGTH], second[DIGEST_LENGTH];
static struct command command;

static int begin(void **state)
{
	(void)state;
	/* What is not hashed must not matter. */
	memset(&command, 0x5a, sizeof(command));
	command.list = command.keyed = false;
	command.user_id = 7;
	command.ttl_ms = 1800000;
	command.line_count = 2;
	command.lines[0] = (struct command_line){.variant_id = 3, .quantity = 2};
	command.lines[1] = (struct command_line){
		.variant_id = ID_MAX, .quantity = QUANTITY_MAX, .reservation_id = 9};
	return 0;
}

static bool are_equal(void)
{
	return memcmp(first, second, DIGEST_LENGTH) == 0;
}

static void assert_digest(const uint8_t digest[DIGEST_LENGTH], const char *hex)
{
	char text[2 * DIGEST_LENGTH + 1];

	for (int i = 0; i < DIGEST_LENGTH; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	assert_string_equal(text, hex);
}

/* They stand on rows: what is written today must be found by the program of tomorrow. */
static void hashes_are_the_ones_that_rows_have(void **state)
{
	(void)state;
	idempotency_key("session", "key", first);
	assert_digest(first, "0110f8b481f9c4025db228c97be7e8c697178dead81b6a7a092ce0e42b7e12cc");
	idempotency_automatic_key(REQUEST, INT64_C(0x0102030405060708), first);
	assert_digest(first, "0000000000000000010203040506070801234567"
			     "89abcdef0123456789abcdef");
	idempotency_body(&command, first);
	assert_digest(first, "4382d71a3f72c1dd606051df7e58ff550242d89cd8fbb65be419e9ec25db552a");
}

static void same_session_and_key_are_the_same(void **state)
{
	(void)state;
	idempotency_key("session", "key", first);
	idempotency_key("session", "key", second);
	assert_true(are_equal());
}

static void keys_and_sessions_are_told_apart(void **state)
{
	static const struct {
		const char *session, *key;
	} others[] = {
		{"session", "keY"},
		{"Session", "key"},
		{"session", "key2"},
		{"session2", "key"},
		{"key", "session"},
		{"sessionk", "ey"},
		{"sessio", "nkey"},
		{"session", "ke"},
	};

	(void)state;
	idempotency_key("session", "key", first);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		idempotency_key(others[i].session, others[i].key, second);
		assert_false(are_equal());
	}
}

static void longest_names_are_read_to_their_ends(void **state)
{
	char session[SESSION_ID_MAX + 1], key[KEY_MAX + 1];

	(void)state;
	memset(session, 's', sizeof(session));
	memset(key, 'k', sizeof(key));
	session[SESSION_ID_MAX] = key[KEY_MAX] = '\0';
	idempotency_key(session, key, first);
	key[KEY_MAX - 1] = 'K';
	idempotency_key(session, key, second);
	assert_false(are_equal());
	key[KEY_MAX - 1] = 'k';
	session[SESSION_ID_MAX - 1] = 'S';
	idempotency_key(session, key, second);
	assert_false(are_equal());
}

/* A client that knows a request id cannot come by its row. */
static void automatic_keys_are_out_of_every_clients_reach(void **state)
{
	static const char *const sessions[] = {"s", REQUEST, "session", "0"};

	(void)state;
	idempotency_automatic_key(REQUEST, 1, first);
	for (size_t i = 0; i < sizeof(sessions) / sizeof(sessions[0]); i++) {
		idempotency_key(sessions[i], REQUEST, second);
		assert_false(are_equal());
		idempotency_key(REQUEST, sessions[i], second);
		assert_false(are_equal());
	}
	idempotency_automatic_key("1123456789abcdef0123456789abcdef", 1, second);
	assert_false(are_equal());
}

static void automatic_keys_ascend_with_the_time(void **state)
{
	(void)state;
	idempotency_automatic_key("f123456789abcdef0123456789abcdef", 255, first);
	idempotency_automatic_key("0123456789abcdef0123456789abcdef", 256, second);
	assert_true(memcmp(first, second, DIGEST_LENGTH) < 0);
}

static void body_is_what_was_asked_for_not_who_asked(void **state)
{
	(void)state;
	idempotency_body(&command, first);
	command.list = !command.list;
	memset(command.request_id, 'r', sizeof(command.request_id));
	memset(command.session_id, 'x', sizeof(command.session_id));
	memset(command.idempotency_key, 1, DIGEST_LENGTH);
	command.keyed = !command.keyed;
	command.lines[2].quantity++;
	idempotency_body(&command, second);
	assert_true(are_equal());
}

static void swap_lines(void)
{
	struct command_line line = command.lines[0];

	command.lines[0] = command.lines[1];
	command.lines[1] = line;
}

/* Each spoils one member. */
static void spoil(uint32_t member)
{
	switch (member) {
	case 0:
		command.user_id++;
		break;
	case 1:
		command.user_id = 0;
		break;
	case 2:
		command.ttl_ms += 1000;
		break;
	case 3:
		command.line_count = 1;
		break;
	case 4:
		command.line_count = 3;
		break;
	case 5:
		command.lines[0].variant_id++;
		break;
	case 6:
		command.lines[1].variant_id ^= UINT64_C(1) << 62;
		break;
	case 7:
		command.lines[0].quantity++;
		break;
	case 8:
		command.lines[1].quantity--;
		break;
	case 9:
		command.lines[0].reservation_id = 9;
		break;
	case 10:
		command.lines[1].reservation_id = 0;
		break;
	default:
		swap_lines();
		break;
	}
}

static void every_member_of_the_body_counts(void **state)
{
	idempotency_body(&command, first);
	for (uint32_t i = 0; i < 12; i++) {
		begin(state);
		spoil(i);
		idempotency_body(&command, second);
		if (are_equal())
			fail_msg("member %u does not count", i);
	}
}

/* The same numbers in other places are another body. */
static void members_do_not_run_into_each_other(void **state)
{
	(void)state;
	command.user_id = 1;
	command.ttl_ms = 2;
	idempotency_body(&command, first);
	command.user_id = 2;
	command.ttl_ms = 1;
	idempotency_body(&command, second);
	assert_false(are_equal());
	command.lines[0] = (struct command_line){.variant_id = 1, .quantity = 2};
	idempotency_body(&command, first);
	command.lines[0] = (struct command_line){.variant_id = 2, .quantity = 1};
	idempotency_body(&command, second);
	assert_false(are_equal());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(hashes_are_the_ones_that_rows_have, begin),
		cmocka_unit_test_setup(same_session_and_key_are_the_same, begin),
		cmocka_unit_test_setup(keys_and_sessions_are_told_apart, begin),
		cmocka_unit_test_setup(longest_names_are_read_to_their_ends, begin),
		cmocka_unit_test_setup(automatic_keys_are_out_of_every_clients_reach, begin),
		cmocka_unit_test_setup(automatic_keys_ascend_with_the_time, begin),
		cmocka_unit_test_setup(body_is_what_was_asked_for_not_who_asked, begin),
		cmocka_unit_test_setup(every_member_of_the_body_counts, begin),
		cmocka_unit_test_setup(members_do_not_run_into_each_other, begin),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("idempotency", tests, NULL, NULL);
}
