#include "ctl_csv.h"

#include <string.h>

#include "ctl_line.h"
#include "ctl_time.h"
#include "messages.h"
#include "number.h"

const char csv_header[] =
	"id,variantId,quantity,sessionId,userId,status,createdAt,expiresAt,closedAt,"
	"cancelReason,orderId,idempotencyKey,idempotencyLine,idempotencyBody,"
	"createdRequestId,closedRequestId\n";

/* writing */

static void add_text(struct text *text, const char *string)
{
	text_add(text, ",");
	if (string[0] == '\0')
		return;
	text_add(text, "\"");
	for (const char *at = string; *at != '\0'; at++) {
		if (*at == '"')
			text_add(text, "\"");
		text_add_bytes(text, at, 1);
	}
	text_add(text, "\"");
}

static void add_number(struct text *text, uint64_t number)
{
	text_add(text, ",");
	text_add_u64(text, number);
}

static void add_time(struct text *text, int64_t ms)
{
	text_add(text, ",");
	if (ms != 0)
		text_add_sql_time(text, ms);
}

static bool is_set(const uint8_t digest[DIGEST_LENGTH])
{
	static const uint8_t none[DIGEST_LENGTH];

	return memcmp(digest, none, DIGEST_LENGTH) != 0;
}

static void add_digest(struct text *text, const uint8_t digest[DIGEST_LENGTH])
{
	text_add(text, ",");
	if (is_set(digest))
		text_add_hex(text, digest, DIGEST_LENGTH);
}

void csv_write(struct text *text, const struct hold *hold)
{
	text_add_u64(text, hold->id);
	add_number(text, hold->variant_id);
	add_number(text, hold->quantity);
	add_text(text, hold->session_id);
	text_add(text, ",");
	if (hold->user_id != 0)
		text_add_u64(text, hold->user_id);
	add_text(text, status_name(hold->status));
	add_time(text, hold->created_at_ms);
	add_time(text, hold->expires_at_ms);
	add_time(text, hold->closed_at_ms);
	add_text(text, hold->reason != REASON_NONE ? reason_name(hold->reason) : "");
	add_text(text, hold->order_id);
	add_digest(text, hold->idempotency_key);
	text_add(text, ",");
	if (is_set(hold->idempotency_key))
		text_add_u64(text, hold->idempotency_line);
	add_digest(text, hold->idempotency_body);
	add_text(text, hold->created_request_id);
	add_text(text, hold->closed_request_id);
	text_add(text, "\n");
}

/* reading */

struct reader {
	const char *at;
	const char *end;
	bool at_last; /* no comma follows the field that was taken */
	bool good;
};

/* The next field, unquoted, into `to`; a comma or the end follows it. */
static void take_field(struct reader *reader, char *to, size_t size)
{
	bool quoted = reader->at < reader->end && *reader->at == '"', open = quoted;
	size_t length = 0;

	reader->good = reader->good && !reader->at_last;
	reader->at += quoted;
	while (reader->at < reader->end) {
		char byte = *reader->at;

		if (quoted && byte == '"') {
			reader->at++;
			open = reader->at < reader->end && *reader->at == '"';
			if (!open)
				break;
		} else if (!quoted && byte == ',') {
			break;
		}
		if (length < size - 1)
			to[length] = byte;
		length++;
		reader->at++;
	}
	if (length > size - 1 || open)
		reader->good = false;
	to[length < size ? length : size - 1] = '\0';
	reader->at_last = reader->at == reader->end;
	if (!reader->at_last && *reader->at++ != ',')
		reader->good = false;
}

static uint64_t take_number(struct reader *reader, bool may_be_null)
{
	char digits[24];
	uint64_t number = 0;

	take_field(reader, digits, sizeof(digits));
	if (!number_read(digits, strlen(digits), &number) && !(may_be_null && digits[0] == '\0'))
		reader->good = false;
	return number;
}

static int64_t take_time(struct reader *reader, bool may_be_null)
{
	char time[32];
	int64_t ms = 0;

	take_field(reader, time, sizeof(time));
	if (!time_read(time, strlen(time), &ms) && !(may_be_null && time[0] == '\0'))
		reader->good = false;
	return ms;
}

static void take_digest(struct reader *reader, uint8_t digest[DIGEST_LENGTH])
{
	char hex[2 * DIGEST_LENGTH + 1];
	struct slice slice = {hex, 0};

	take_field(reader, hex, sizeof(hex));
	slice.length = strlen(hex);
	memset(digest, 0, DIGEST_LENGTH);
	if (slice.length > 0 && !slice_read_hex(&slice, digest, DIGEST_LENGTH))
		reader->good = false;
}

static enum hold_status take_status(struct reader *reader)
{
	char name[16];

	take_field(reader, name, sizeof(name));
	for (int status = HOLD_ACTIVE; status <= HOLD_CANCELLED; status++) {
		if (strcmp(name, status_name((enum hold_status)status)) == 0)
			return (enum hold_status)status;
	}
	reader->good = false;
	return HOLD_CANCELLED;
}

static enum cancel_reason take_reason(struct reader *reader)
{
	char name[16];

	take_field(reader, name, sizeof(name));
	for (int reason = REASON_CUSTOMER; reason <= REASON_OPERATOR; reason++) {
		if (strcmp(name, reason_name((enum cancel_reason)reason)) == 0)
			return (enum cancel_reason)reason;
	}
	reader->good = reader->good && name[0] == '\0';
	return REASON_NONE;
}

bool csv_read(const char *line, size_t length, struct hold *hold)
{
	struct reader reader = {.at = line, .end = line + length, .good = length > 0};

	memset(hold, 0, sizeof(*hold));
	hold->id = take_number(&reader, false);
	hold->variant_id = take_number(&reader, false);
	hold->quantity = (uint32_t)take_number(&reader, false);
	take_field(&reader, hold->session_id, sizeof(hold->session_id));
	hold->user_id = take_number(&reader, true);
	hold->status = take_status(&reader);
	hold->created_at_ms = take_time(&reader, false);
	hold->expires_at_ms = take_time(&reader, false);
	hold->closed_at_ms = take_time(&reader, true);
	hold->reason = take_reason(&reader);
	take_field(&reader, hold->order_id, sizeof(hold->order_id));
	take_digest(&reader, hold->idempotency_key);
	hold->idempotency_line = (uint32_t)take_number(&reader, true);
	take_digest(&reader, hold->idempotency_body);
	take_field(&reader, hold->created_request_id, sizeof(hold->created_request_id));
	take_field(&reader, hold->closed_request_id, sizeof(hold->closed_request_id));
	return reader.good && reader.at_last && hold->id != 0;
}

bool csv_is_same(const struct hold *a, const struct hold *b)
{
	char left[CSV_LINE_MAX], right[CSV_LINE_MAX];
	struct text first, second;

	text_init(&first, left, sizeof(left));
	text_init(&second, right, sizeof(right));
	csv_write(&first, a);
	csv_write(&second, b);
	return strcmp(left, right) == 0;
}
