#include "store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "limits.h"
#include "number.h"
#include "plan.h"

struct store {
	struct connection *connection;
	struct text statement;
	struct id_list variants; /* named by the commands, themselves or through their holds */
	struct id_list holds;	 /* named by the commands, and existing */
	struct id_list locked;	 /* variants that another transaction has locked */
	struct ownership {
		uint64_t hold, variant;
	} owners[STOCK_VARIANTS_MAX]; /* of each of the holds */
	uint32_t owner_count;
	char memory[STATEMENT_MAX];
};

struct store *store_open(const char *option_file)
{
	struct store *store = calloc(1, sizeof(*store));

	if (store == NULL)
		return NULL;
	text_init(&store->statement, store->memory, sizeof(store->memory));
	store->connection = connection_new(option_file);
	if (store->connection == NULL) {
		store_close(store);
		return NULL;
	}
	return store;
}

void store_close(struct store *store)
{
	if (store == NULL)
		return;
	connection_free(store->connection);
	free(store);
}

static uint64_t unsigned_of(const char *column)
{
	uint64_t number = 0;

	if (column != NULL)
		number_read(column, strlen(column), &number);
	return number;
}

static int64_t signed_of(const char *column)
{
	if (column != NULL && column[0] == '-')
		return -(int64_t)unsigned_of(column + 1);
	return (int64_t)unsigned_of(column);
}

static void copy(char *to, size_t size, const char *column)
{
	size_t length = column != NULL ? strlen(column) : 0;

	if (length >= size)
		length = size - 1;
	memcpy(to, column != NULL ? column : "", length);
	to[length] = '\0';
}

static void read_number(void *context, char **columns)
{
	int64_t *number = context;

	*number = signed_of(columns[0]);
}

static enum store_status select_number(struct store *store, const char *question, int64_t *number)
{
	text_clear(&store->statement);
	text_add(&store->statement, question);
	*number = 0;
	return connection_select(store->connection, &store->statement, read_number, number);
}

/* load */

static void read_owner(void *context, char **columns)
{
	struct store *store = context;
	struct ownership *owner = &store->owners[store->owner_count++];

	owner->hold = unsigned_of(columns[0]);
	owner->variant = unsigned_of(columns[1]);
	id_list_add(&store->holds, owner->hold);
	id_list_add(&store->variants, owner->variant);
}

static void read_locked_variant(void *context, char **columns)
{
	id_list_add(context, unsigned_of(columns[0]));
}

static void read_variant(void *context, char **columns)
{
	stock_add_variant(context, unsigned_of(columns[VARIANT_ID]),
		signed_of(columns[VARIANT_STOCK]), signed_of(columns[VARIANT_RESERVED]));
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

static void fill_hold(struct hold *hold, char **columns)
{
	hold->id = unsigned_of(columns[HOLD_ID]);
	hold->variant_id = unsigned_of(columns[HOLD_VARIANT_ID]);
	hold->user_id = unsigned_of(columns[HOLD_USER_ID]);
	hold->quantity = (uint32_t)unsigned_of(columns[HOLD_QUANTITY]);
	hold->status = (enum hold_status)(unsigned_of(columns[HOLD_STATUS]) - 1);
	hold->reason = (enum cancel_reason)unsigned_of(columns[HOLD_REASON]);
	hold->created_at_ms = signed_of(columns[HOLD_CREATED_AT]);
	hold->expires_at_ms = signed_of(columns[HOLD_EXPIRES_AT]);
	hold->closed_at_ms = signed_of(columns[HOLD_CLOSED_AT]);
	copy(hold->session_id, sizeof(hold->session_id), columns[HOLD_SESSION_ID]);
	copy(hold->order_id, sizeof(hold->order_id), columns[HOLD_ORDER_ID]);
	copy(hold->created_request_id, sizeof(hold->created_request_id),
		columns[HOLD_CREATED_REQUEST_ID]);
	copy(hold->closed_request_id, sizeof(hold->closed_request_id),
		columns[HOLD_CLOSED_REQUEST_ID]);
	copy_digest(hold->idempotency_key, columns[HOLD_IDEMPOTENCY_KEY]);
	hold->idempotency_line = (uint32_t)unsigned_of(columns[HOLD_IDEMPOTENCY_LINE]);
	copy_digest(hold->idempotency_body, columns[HOLD_IDEMPOTENCY_BODY]);
}

static void read_named_hold(void *context, char **columns)
{
	fill_hold(stock_add_named(context, unsigned_of(columns[HOLD_ID])), columns);
}

/* Holds that cleanup and the commands may both name are read once. */
static enum store_status find_cleanup(struct store *store, struct stock *stock)
{
	uint32_t before = store->owner_count;
	enum store_status status;

	sql_expired(&store->statement, CLEANUP_MAX);
	status = connection_select(store->connection, &store->statement, read_owner, store);
	stock->cleanup_left = store->owner_count - before == CLEANUP_MAX;
	return status;
}

static enum store_status find_variants(struct store *store, const struct command *const *commands,
	uint32_t count, struct stock *stock)
{
	enum store_status status = STORE_OK;
	struct id_list named = {.count = 0};

	store->variants.count = 0;
	store->holds.count = 0;
	store->owner_count = 0;
	plan_variants(commands, count, &store->variants);
	plan_holds(commands, count, &named);
	if (named.count > 0) {
		sql_variants_of_holds(&store->statement, &named);
		status = connection_select(store->connection, &store->statement, read_owner, store);
	}
	for (uint32_t i = 0; i < count && status == STORE_OK; i++) {
		if (commands[i]->action == ACTION_CLEANUP)
			status = find_cleanup(store, stock);
	}
	return status;
}

/* What did not come back is either unknown or locked by another transaction. */
static enum store_status find_locked(struct store *store, struct stock *stock)
{
	struct id_list missing = {.count = 0};

	for (uint32_t i = 0; i < store->variants.count; i++) {
		if (stock_variant(stock, store->variants.ids[i]) == NULL)
			missing.ids[missing.count++] = store->variants.ids[i];
	}
	if (missing.count == 0)
		return STORE_OK;
	sql_existing_variants(&store->statement, &missing);
	return connection_select(
		store->connection, &store->statement, read_locked_variant, &store->locked);
}

static enum store_status lock_variants(
	struct store *store, enum store_locking locking, struct stock *stock)
{
	bool skip = locking == STORE_SKIP;
	enum store_status status;

	store->locked.count = 0;
	if (store->variants.count == 0)
		return STORE_OK;
	sql_lock_variants(&store->statement, &store->variants,
		connection_variants_are_table(store->connection), skip);
	status = connection_select(store->connection, &store->statement, read_variant, stock);
	if (status == STORE_OK && skip)
		status = find_locked(store, stock);
	return status;
}

static uint64_t owner_of(const struct store *store, uint64_t hold)
{
	for (uint32_t i = 0; i < store->owner_count; i++) {
		if (store->owners[i].hold == hold)
			return store->owners[i].variant;
	}
	return 0;
}

static bool is_blocked(const struct store *store, const struct command *command)
{
	bool by_variant = command->action == ACTION_RESERVE;

	for (uint32_t i = 0; i < command->line_count; i++) {
		const struct command_line *line = &command->lines[i];
		uint64_t variant =
			by_variant ? line->variant_id : owner_of(store, line->reservation_id);

		if (id_list_has(&store->locked, variant))
			return true;
	}
	return false;
}

/* Without the lock of its variant, a hold is nobody's to be read. */
static void leave_out_blocked(struct store *store, const struct command *const *commands,
	uint32_t count, struct stock *stock, struct loading *loading)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < count; i++)
		loading->blocked[i] = store->locked.count > 0 && is_blocked(store, commands[i]);
	if (store->locked.count == 0)
		return;
	for (uint32_t i = 0; i < store->holds.count; i++) {
		uint64_t hold = store->holds.ids[i];

		if (!id_list_has(&store->locked, owner_of(store, hold)))
			store->holds.ids[kept++] = hold;
	}
	store->holds.count = kept;
	/* A cleanup that met locked variants only would meet them again. */
	stock->cleanup_left = stock->cleanup_left && kept > 0;
}

static void read_hold_id(void *context, char **columns)
{
	id_list_add(context, unsigned_of(columns[0]));
}

/*
 * Under the locks of the variants: a twin that was faster has committed, and what a lost COMMIT
 * did is decided. The UNIQUE key stands behind, for twins that want other variants.
 */
static enum store_status find_keys(
	struct store *store, const struct command *const *commands, uint32_t count)
{
	if (!sql_holds_of_keys(&store->statement, commands, count))
		return STORE_OK;
	return connection_select(store->connection, &store->statement, read_hold_id, &store->holds);
}

static enum store_status lock_holds(struct store *store, struct stock *stock, int64_t now_ms)
{
	enum store_status status;

	if (store->holds.count == 0)
		return STORE_OK;
	sql_lock_holds(&store->statement, &store->holds);
	status = connection_select(store->connection, &store->statement, read_named_hold, stock);
	for (uint32_t i = 0; i < stock->named_count && status == STORE_OK; i++) {
		struct hold *hold = &stock->holds[i];

		/* Of another variant: found by a key, and made for another body. */
		if (hold->status == HOLD_ACTIVE && hold->expires_at_ms <= now_ms &&
			stock_variant(stock, hold->variant_id) != NULL)
			stock_note_expired(stock, hold);
	}
	return status;
}

struct expired_reading {
	struct stock *stock;
	uint32_t limit;	  /* rows of one variant that were asked for */
	uint32_t count;	  /* rows of this variant so far */
	uint64_t variant; /* whose rows come now: each variant's come together */
};

static void read_expired(void *context, char **columns)
{
	struct expired_reading *reading = context;
	uint64_t variant = unsigned_of(columns[HOLD_VARIANT_ID]);

	if (variant != reading->variant) {
		reading->variant = variant;
		reading->count = 0;
	}
	if (++reading->count == reading->limit)
		stock_variant(reading->stock, variant)->expired_left = true;
	if (stock_hold(reading->stock, unsigned_of(columns[HOLD_ID])) == NULL) {
		struct hold *hold = stock_add_hold(reading->stock);

		fill_hold(hold, columns);
		stock_note_expired(reading->stock, hold);
	}
}

static enum store_status load_expired(struct store *store, const struct command *const *commands,
	uint32_t count, struct stock *stock, int64_t now_ms)
{
	struct expired_reading reading = {.stock = stock};

	store->variants.count = 0;
	plan_expired(stock, now_ms, commands, count, &store->variants);
	if (store->variants.count == 0)
		return STORE_OK;
	reading.limit = SWEEP_MAX / store->variants.count;
	if (reading.limit == 0)
		reading.limit = 1;
	sql_expired_of_variants(&store->statement, &store->variants, now_ms, reading.limit);
	return connection_select(store->connection, &store->statement, read_expired, &reading);
}

enum store_status store_load(struct store *store, const struct command *const *commands,
	uint32_t count, enum store_locking locking, struct stock *stock, struct loading *loading)
{
	/* In a statement of its own: the time of one that waits for a lock is old by the wait. */
	static const char clock[] =
		"SELECT TIMESTAMPDIFF(MICROSECOND,'1970-01-01',UTC_TIMESTAMP(3)) DIV 1000";
	enum store_status status;

	stock_reset(stock);
	status = connection_open(store->connection);
	if (status == STORE_OK)
		status = find_variants(store, commands, count, stock);
	if (status == STORE_OK)
		status = lock_variants(store, locking, stock);
	if (status == STORE_OK) {
		leave_out_blocked(store, commands, count, stock, loading);
		status = find_keys(store, commands, count);
	}
	if (status == STORE_OK)
		status = select_number(store, clock, &loading->now_ms);
	if (status == STORE_OK)
		status = lock_holds(store, stock, loading->now_ms);
	if (status == STORE_OK)
		status = load_expired(store, commands, count, stock, loading->now_ms);
	return status;
}

/* save */

/* One INSERT of many rows gets ids in its order, but clusters step by more than one. */
static void number_new_holds(struct store *store, struct stock *stock)
{
	uint64_t id = connection_first_id(store->connection);

	for (uint32_t i = stock->named_count; i < stock->hold_count; i++) {
		if (stock->holds[i].id != 0)
			continue;
		stock->holds[i].id = id;
		stock->holds[i].changed = false;
		id += connection_id_step(store->connection);
	}
}

enum store_status store_save(struct store *store, struct stock *stock)
{
	enum store_status status = STORE_OK;

	if (sql_update_holds(&store->statement, stock))
		status = connection_run(store->connection, &store->statement);
	if (status == STORE_OK && sql_insert_holds(&store->statement, stock)) {
		status = connection_run(store->connection, &store->statement);
		if (status == STORE_OK)
			number_new_holds(store, stock);
	}
	if (status == STORE_OK && sql_update_variants(&store->statement, stock))
		status = connection_run(store->connection, &store->statement);
	return status;
}

/* next release */

struct release_reading {
	struct release *asks;
	uint32_t count;
};

static void read_release(void *context, char **columns)
{
	struct release_reading *reading = context;
	uint64_t variant = unsigned_of(columns[0]);

	for (uint32_t i = 0; i < reading->count; i++) {
		struct release *ask = &reading->asks[i];

		if (ask->variant_id != variant)
			continue;
		ask->own_is_first = strcmp(ask->session_id, columns[1]) == 0;
		if (!ask->own_is_first)
			ask->expires_at_ms = signed_of(columns[2]);
	}
}

/* The first hold of the variant answers all sessions but its own: those ask once more. */
enum store_status store_next_release(
	struct store *store, int64_t now_ms, struct release *asks, uint32_t count)
{
	struct release_reading reading = {.asks = asks, .count = count};
	struct release distinct[BATCH_LINES_MAX];
	uint32_t distinct_count = 0;
	enum store_status status;

	assert(count <= BATCH_LINES_MAX);
	store->variants.count = 0;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t before = store->variants.count;

		asks[i].expires_at_ms = 0;
		asks[i].own_is_first = false;
		id_list_add(&store->variants, asks[i].variant_id);
		if (store->variants.count > before)
			distinct[distinct_count++] = asks[i];
	}
	if (distinct_count == 0)
		return STORE_OK;
	sql_next_release(&store->statement, distinct, distinct_count, now_ms, false);
	status = connection_select(store->connection, &store->statement, read_release, &reading);
	for (uint32_t i = 0; i < count && status == STORE_OK; i++) {
		struct release_reading own = {.asks = &asks[i], .count = 1};

		if (!asks[i].own_is_first)
			continue;
		sql_next_release(&store->statement, &asks[i], 1, now_ms, true);
		status =
			connection_select(store->connection, &store->statement, read_release, &own);
	}
	return status;
}

enum store_status store_commit(struct store *store)
{
	return connection_commit(store->connection);
}

void store_rollback(struct store *store)
{
	connection_rollback(store->connection);
}

/* cleanup and readiness */

enum store_status store_lock_cleanup(struct store *store, bool *mine)
{
	enum store_status status = connection_open(store->connection);
	int64_t got = 0;

	if (status == STORE_OK)
		status = select_number(
			store, "SELECT GET_LOCK(CONCAT('stok.cleanup.',DATABASE()),0)", &got);
	*mine = got == 1;
	return status;
}

void store_unlock_cleanup(struct store *store)
{
	int64_t ignored;

	if (connection_is_open(store->connection) &&
		select_number(store, "SELECT RELEASE_LOCK(CONCAT('stok.cleanup.',DATABASE()))",
			&ignored) == STORE_OK)
		store_rollback(store);
}

enum store_status store_count_expired(struct store *store, uint64_t *count)
{
	enum store_status status = connection_open(store->connection);
	int64_t number = 0;

	if (status == STORE_OK) {
		sql_count_expired(&store->statement);
		status = connection_select(
			store->connection, &store->statement, read_number, &number);
	}
	if (status == STORE_OK)
		store_rollback(store);
	*count = (uint64_t)number;
	return status;
}

enum store_status store_schema_version(struct store *store, uint64_t *version)
{
	enum store_status status = connection_open(store->connection);
	int64_t number = 0;

	if (status == STORE_OK)
		status = select_number(store, "SELECT MAX(version) FROM StokSchema", &number);
	if (status == STORE_OK)
		store_rollback(store);
	*version = number > 0 ? (uint64_t)number : 0;
	return status;
}
