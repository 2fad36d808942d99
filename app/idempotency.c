#include "idempotency.h"

#include <nettle/sha2.h>
#include <string.h>

/* The NUL between them keeps ("ab", "c") and ("a", "bc") apart; no part can contain one. */
void idempotency_key(const char *session_id, const char *key, uint8_t digest[DIGEST_LENGTH])
{
	struct sha256_ctx hash;

	sha256_init(&hash);
	sha256_update(&hash, strlen(session_id) + 1, (const uint8_t *)session_id);
	sha256_update(&hash, strlen(key), (const uint8_t *)key);
	sha256_digest(&hash, DIGEST_LENGTH, digest);
}

static uint8_t nibble(char digit)
{
	return (uint8_t)(digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
}

static void put_number(uint8_t bytes[8], uint64_t number)
{
	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(number >> (56 - 8 * i));
}

void idempotency_automatic_key(
	const char *request_id, int64_t arrived_ms, uint8_t key[DIGEST_LENGTH])
{
	memset(key, 0, 8);
	put_number(key + 8, (uint64_t)arrived_ms);
	for (int i = 0; i < REQUEST_ID_LENGTH / 2; i++)
		key[16 + i] =
			(uint8_t)(nibble(request_id[2 * i]) << 4 | nibble(request_id[2 * i + 1]));
}

static void add_number(struct sha256_ctx *hash, uint64_t number)
{
	uint8_t bytes[8];

	put_number(bytes, number);
	sha256_update(hash, sizeof(bytes), bytes);
}

void idempotency_body(const struct command *command, uint8_t digest[DIGEST_LENGTH])
{
	struct sha256_ctx hash;

	sha256_init(&hash);
	add_number(&hash, command->user_id);
	add_number(&hash, (uint64_t)command->ttl_ms);
	add_number(&hash, command->line_count);
	for (uint32_t i = 0; i < command->line_count; i++) {
		add_number(&hash, command->lines[i].variant_id);
		add_number(&hash, command->lines[i].quantity);
		add_number(&hash, command->lines[i].reservation_id);
	}
	sha256_digest(&hash, DIGEST_LENGTH, digest);
}
