#include "keyring.h"

#include <nettle/memops.h>
#include <string.h>

#include "text.h"

bool keys_add(struct keys *keys, const char *bytes, size_t length)
{
	struct key *key;

	if (keys->count == KEYS_MAX || length < KEY_LENGTH_MIN || length > KEY_LENGTH_MAX)
		return false;
	if (!text_is_visible(bytes, length))
		return false;
	key = &keys->list[keys->count++];
	key->length = length;
	memcpy(key->bytes, bytes, length);
	return true;
}

/* Looks at all of them, whichever fits. */
static bool keys_have(const struct keys *keys, const char *bytes, size_t length)
{
	int found = 0;

	for (uint32_t i = 0; i < keys->count; i++) {
		if (keys->list[i].length == length)
			found |= nettle_memeql_sec(keys->list[i].bytes, bytes, length);
	}
	return found != 0;
}

bool keyring_identify(const struct keyring *keyring, const char *key, enum caller *caller)
{
	size_t length = strlen(key);
	bool storefront = keys_have(&keyring->storefront, key, length);
	bool cron = keys_have(&keyring->cron, key, length);

	if (storefront)
		*caller = CALLER_STOREFRONT;
	else if (cron)
		*caller = CALLER_CRON;
	return storefront || cron;
}
