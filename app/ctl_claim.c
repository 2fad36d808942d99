#include "ctl_claim.h"

#include <nettle/sha2.h>
#include <string.h>

#include "limits.h"
#include "number.h"

int claim_compare(const void *a, const void *b)
{
	const struct claim *left = a, *right = b;

	if (left->hold != right->hold)
		return left->hold < right->hold ? -1 : 1;
	if (left->time_ms != right->time_ms)
		return left->time_ms < right->time_ms ? -1 : 1;
	if (left->kind != right->kind)
		return left->kind < right->kind ? -1 : 1;
	if (left->place.file != right->place.file)
		return left->place.file < right->place.file ? -1 : 1;
	return left->place.line < right->place.line ? -1 : left->place.line > right->place.line;
}

void claim_digest_order(const char *order, size_t length, uint8_t digest[DIGEST_SHORT])
{
	struct sha256_ctx hash;

	memset(digest, 0, DIGEST_SHORT);
	if (length == 0)
		return;
	sha256_init(&hash);
	sha256_update(&hash, length, (const uint8_t *)order);
	sha256_digest(&hash, DIGEST_SHORT, digest);
}

static bool read_id(const struct slice *word, uint64_t *id)
{
	return number_read(word->bytes, word->length, id) && *id >= 1 && *id <= ID_MAX;
}

/* "variant:quantity" */
static bool read_line(const struct slice *word, struct claim *claim)
{
	const char *colon = word->length > 0 ? memchr(word->bytes, ':', word->length) : NULL;
	struct slice left, right;
	uint64_t quantity;

	if (colon == NULL)
		return false;
	left = (struct slice){word->bytes, (size_t)(colon - word->bytes)};
	right = (struct slice){colon + 1, word->length - left.length - 1};
	if (!read_id(&left, &claim->variant) ||
		!number_read(right.bytes, right.length, &quantity) || quantity > UINT32_MAX)
		return false;
	claim->quantity = (uint32_t)quantity;
	return true;
}

static enum claim_kind kind_of(const struct audit_line *line)
{
	switch (line->action) {
	case LOGGED_CANCEL:
		return CLAIM_CANCEL;
	case LOGGED_CONVERT:
		return CLAIM_CONVERT;
	case LOGGED_EXTEND:
		return CLAIM_EXTEND;
	case LOGGED_MERGE:
		return CLAIM_MERGE;
	case LOGGED_RESERVE:
	case LOGGED_CLEANUP:
	case LOGGED_LIST:
	case LOGGED_OTHER:
		break;
	}
	return line->replay ? CLAIM_REPLAY : CLAIM_CREATE;
}

/* What all claims of a line share. */
static const char *begin_claim(
	const struct audit_line *line, struct place place, struct claim *claim)
{
	char order[ORDER_ID_MAX + 2];
	size_t length = slice_unescape(&line->order, order, sizeof(order));

	memset(claim, 0, sizeof(*claim)); /* its gaps, too: records are compared and written */
	claim->time_ms = line->time_ms;
	claim->place = place;
	claim->kind = kind_of(line);
	memcpy(claim->request, line->request, REQUEST_BYTES);
	if (length > ORDER_ID_MAX)
		return "has an order id that is too long";
	claim_digest_order(order, length, claim->order);
	if (line->user.length > 0 && !read_id(&line->user, &claim->user))
		return "has a user id that is none";
	claim->has_session = line->session.length > 0;
	if (claim->has_session && !slice_read_hex(&line->session, claim->session, REQUEST_BYTES))
		return "has a session's hash that is none";
	return NULL;
}

/* Reads both lists, which must be of one length; hands out their claims if `take` is given. */
static const char *walk_holds(
	const struct audit_line *line, struct claim *claim, claim_taker *take, void *context)
{
	struct slice holds = line->holds, lines = line->lines, hold, variant;
	uint32_t count = 0;

	while (slice_next_word(&holds, &hold)) {
		if (!read_id(&hold, &claim->hold) || ++count > LOGGED_HOLDS_MAX)
			return "has reservationIds that are no list of ids";
		if (!slice_next_word(&lines, &variant) || !read_line(&variant, claim))
			return "has lines that do not go with its reservationIds";
		if (take != NULL && !take(context, claim))
			return NULL;
	}
	if (slice_next_word(&lines, &variant))
		return "has more lines than reservationIds";
	return count > 0 ? NULL : "is a success that names no hold";
}

static const char *walk_replaced(
	const struct audit_line *line, struct claim *claim, claim_taker *take, void *context)
{
	struct slice holds = line->replaced, hold;
	uint32_t count = 0;

	claim->kind = CLAIM_REPLACE;
	claim->variant = claim->quantity = 0;
	while (slice_next_word(&holds, &hold)) {
		if (!read_id(&hold, &claim->hold) || ++count > LOGGED_HOLDS_MAX)
			return "has replaced holds that are no list of ids";
		if (take != NULL && !take(context, claim))
			return NULL;
	}
	return NULL;
}

const char *claims_of_line(
	const struct audit_line *line, struct place place, claim_taker *take, void *context)
{
	struct claim claim, other;
	const char *problem;

	if (line_effect(line) != EFFECT_DONE)
		return NULL;
	problem = begin_claim(line, place, &claim);
	if (problem != NULL)
		return problem;
	other = claim;
	problem = walk_holds(line, &claim, NULL, NULL);
	if (problem == NULL)
		problem = walk_replaced(line, &other, NULL, NULL);
	if (problem != NULL)
		return problem;
	walk_holds(line, &claim, take, context);
	/* A replay says what its forerunner replaced: that was no deed of its own. */
	if (line->action == LOGGED_RESERVE && !line->replay)
		walk_replaced(line, &other, take, context);
	return NULL;
}
