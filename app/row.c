#include "row.h"

#include <string.h>

#include "number.h"
#include "sql.h"

uint64_t row_unsigned(const char *column)
{
	uint64_t number = 0;

	if (column != NULL)
		number_read(column, strlen(column), &number);
	return number;
}

int64_t row_signed(const char *column)
{
	if (column != NULL && column[0] == '-')
		return -(int64_t)row_unsigned(column + 1);
	return (int64_t)row_unsigned(column);
}

static void copy(char *to, size_t size, const char *column)
{
	size_t length = column != NULL ? strlen(column) : 0;

	if (length >= size)
		length = size - 1;
	memcpy(to, column != NULL ? column : "", length);
	to[length] = '\0';
}

static uint8_t nibble(char digit)
{
	return (uint8_t)(digit <= '9' ? digit - '0' : digit - 'A' + 10);
}

/* HEX() of the database: upper case; NULL leaves zeros. */
static void copy_digest(uint8_t digest[DIGEST_LENGTH], const char *column)
{
	if (column == NULL || strlen(column) != 2 * DIGEST_LENGTH)
		return;
	for (int i = 0; i < DIGEST_LENGTH; i++)
		digest[i] = (uint8_t)(nibble(column[2 * i]) << 4 | nibble(column[2 * i + 1]));
}

/* An ENUM's place, counted from 1; 0 is what a careless session may write. */
static enum hold_status status_of(const char *column)
{
	uint64_t place = row_unsigned(column);

	return place >= 1 && place <= 3 ? (enum hold_status)(place - 1) : HOLD_CANCELLED;
}

static enum cancel_reason reason_of(const char *column)
{
	uint64_t place = row_unsigned(column);

	return place <= REASON_OPERATOR ? (enum cancel_reason)place : REASON_NONE;
}

/* A time before 1970 is somebody's way to say "long ago". */
static int64_t time_of(const char *column)
{
	int64_t ms = row_signed(column);

	return ms > 0 ? ms : 0;
}

void row_hold(struct hold *hold, char **columns)
{
	hold->id = row_unsigned(columns[HOLD_ID]);
	hold->variant_id = row_unsigned(columns[HOLD_VARIANT_ID]);
	hold->user_id = row_unsigned(columns[HOLD_USER_ID]);
	hold->quantity = (uint32_t)row_unsigned(columns[HOLD_QUANTITY]);
	hold->status = status_of(columns[HOLD_STATUS]);
	hold->reason = reason_of(columns[HOLD_REASON]);
	hold->created_at_ms = time_of(columns[HOLD_CREATED_AT]);
	hold->expires_at_ms = time_of(columns[HOLD_EXPIRES_AT]);
	hold->closed_at_ms = time_of(columns[HOLD_CLOSED_AT]);
	copy(hold->session_id, sizeof(hold->session_id), columns[HOLD_SESSION_ID]);
	copy(hold->order_id, sizeof(hold->order_id), columns[HOLD_ORDER_ID]);
	copy(hold->created_request_id, sizeof(hold->created_request_id),
		columns[HOLD_CREATED_REQUEST_ID]);
	copy(hold->closed_request_id, sizeof(hold->closed_request_id),
		columns[HOLD_CLOSED_REQUEST_ID]);
	copy_digest(hold->idempotency_key, columns[HOLD_IDEMPOTENCY_KEY]);
	hold->idempotency_line = (uint32_t)row_unsigned(columns[HOLD_IDEMPOTENCY_LINE]);
	copy_digest(hold->idempotency_body, columns[HOLD_IDEMPOTENCY_BODY]);
}
