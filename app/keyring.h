/* The keys that tell the storefront and the cron job from the public. */
#ifndef STOK_KEYRING_H
#define STOK_KEYRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "command.h"

#define KEY_LENGTH_MIN 16
#define KEY_LENGTH_MAX 128
#define KEYS_MAX       2 /* of one kind: the new one and the old one, while a key is changed */

struct key {
	size_t length;
	char bytes[KEY_LENGTH_MAX];
};

struct keys {
	uint32_t count; /* 0: not configured, which closes what it guards */
	struct key list[KEYS_MAX];
};

struct keyring {
	struct keys storefront;
	struct keys cron;
};

/* False: no room, or not KEY_LENGTH_MIN..KEY_LENGTH_MAX visible ASCII characters. */
bool keys_add(struct keys *keys, const char *bytes, size_t length);

/* Whose key it is, in a time that tells nothing of how much of it is right. False: nobody's. */
bool keyring_identify(const struct keyring *keyring, const char *key, enum caller *caller);

#endif
