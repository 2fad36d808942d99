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

/* A session id is never empty. */
void idempotency_automatic_key(const char *request_id, uint8_t digest[DIGEST_LENGTH])
{
	idempotency_key("", request_id, digest);
}

static void add_number(struct sha256_ctx *hash, uint64_t number)
{
	uint8_t bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(number >> (56 - 8 * i));
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
