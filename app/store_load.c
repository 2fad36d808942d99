/* Loading: what a batch of commands names is found, locked and read. */
#include "store.h"

#include <assert.h>

#include "limits.h"
#include "plan.h"
#include "row.h"
#include "sql.h"
#include "store_private.h"

static void add_owner(struct store *store, char **columns)
{
	struct ownership *owner = &store->owners[store->owner_count++];

	assert(store->owner_count <= STOCK_VARIANTS_MAX);
	owner->hold = row_unsigned(columns[0]);
	owner->variant = row_unsigned(columns[1]);
	id_list_add(&store->holds, owner->hold);
	id_list_add(&store->variants, owner->variant);
}

static void read_owner(void *context, char **columns)
{
	add_owner(context, columns);
}

struct cleanup_reading {
	struct store *store;
	struct loading *loading;
	uint32_t count;
};

static void read_cleanup(void *context, char **columns)
{
	struct cleanup_reading *reading = context;

	add_owner(reading->store, columns);
	reading->loading->cleanup_id = row_unsigned(columns[0]);
	reading->loading->cleanup_ms = row_signed(columns[2]);
	reading->count++;
}

static void read_variant_id(void *context, char **columns)
{
	id_list_add(context, row_unsigned(columns[0]));
}

struct locked_reading {
	struct stock *stock;
	int64_t now_ms; /* when the last row was locked */
};

static void read_now(struct locked_reading *reading, const char *column)
{
	int64_t now_ms = row_signed(column);

	if (now_ms > reading->now_ms)
		reading->now_ms = now_ms;
}

static void read_variant(void *context, char **columns)
{
	struct locked_reading *reading = context;

	read_now(reading, columns[VARIANT_NOW]);
	stock_add_variant(reading->stock, row_unsigned(columns[VARIANT_ID]),
		row_signed(columns[VARIANT_STOCK]), row_signed(columns[VARIANT_RESERVED]));
}

static void read_named_hold(void *context, char **columns)
{
	struct locked_reading *reading = context;

	read_now(reading, columns[HOLD_NOW]);
	row_hold(stock_add_named(reading->stock, row_unsigned(columns[HOLD_ID])), columns);
}

/* A full step may have more after it. What it cannot lock it leaves to the next cleanup. */
static enum store_status find_cleanup(struct store *store, const struct command *cleanup,
	struct stock *stock, struct loading *loading)
{
	struct cleanup_reading reading = {.store = store, .loading = loading};
	enum store_status status;

	sql_expired(&store->statement, cleanup, CLEANUP_MAX);
	status = connection_select(store->connection, &store->statement, read_cleanup, &reading);
	stock->cleanup_left = reading.count == CLEANUP_MAX;
	return status;
}

static enum store_status find_variants(struct store *store, const struct command *const *commands,
	uint32_t count, struct stock *stock, struct loading *loading)
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
			status = find_cleanup(store, commands[i], stock, loading);
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
		store->connection, &store->statement, read_variant_id, &store->locked);
}

static enum store_status lock_variants(
	struct store *store, enum store_locking locking, struct locked_reading *reading)
{
	bool skip = locking == STORE_SKIP;
	enum store_status status;

	store->locked.count = 0;
	if (store->variants.count == 0)
		return STORE_OK;
	sql_lock_variants(&store->statement, &store->variants,
		connection_variants_are_table(store->connection), skip);
	status = connection_select(store->connection, &store->statement, read_variant, reading);
	if (status == STORE_OK && skip)
		status = find_locked(store, reading->stock);
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

/* The first locked variant that a command names, itself or by a hold. 0: none. */
static uint64_t locked_variant(const struct store *store, const struct command *command)
{
	for (uint32_t i = 0; i < command->line_count && store->locked.count > 0; i++) {
		const struct command_line *line = &command->lines[i];
		uint64_t of_hold = owner_of(store, line->reservation_id);

		if (id_list_has(&store->locked, line->variant_id))
			return line->variant_id;
		if (id_list_has(&store->locked, of_hold))
			return of_hold;
	}
	return 0;
}

/* Without the lock of its variant, a hold is nobody's to be read. */
static void leave_out_variants(struct store *store, const struct command *const *commands,
	uint32_t count, struct loading *loading)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < count; i++) {
		loading->blocked_on[i] = locked_variant(store, commands[i]);
		loading->blocked[i] = loading->blocked_on[i] != 0;
	}
	for (uint32_t i = 0; i < store->holds.count && store->locked.count > 0; i++) {
		uint64_t hold = store->holds.ids[i];

		if (!id_list_has(&store->locked, owner_of(store, hold)))
			store->holds.ids[kept++] = hold;
	}
	if (store->locked.count > 0)
		store->holds.count = kept;
}

static void read_keyed(void *context, char **columns)
{
	struct store *store = context;
	uint64_t hold = row_unsigned(columns[0]);

	id_list_add(&store->keyed, hold);
	id_list_add(&store->holds, hold);
}

/*
 * Under the locks of the variants: a twin that was faster has committed, and what a lost COMMIT
 * did is decided. The UNIQUE key stands behind, for twins that want other variants.
 */
static enum store_status find_keys(struct store *store, const struct command *const *commands,
	uint32_t count, const struct loading *loading)
{
	const struct command *open[BATCH_MAX] = {NULL};
	uint32_t open_count = 0;

	store->keyed.count = 0;
	for (uint32_t i = 0; i < count; i++) {
		if (!loading->blocked[i])
			open[open_count++] = commands[i];
	}
	if (!sql_holds_of_keys(&store->statement, open, open_count))
		return STORE_OK;
	return connection_select(store->connection, &store->statement, read_keyed, store);
}

static enum store_status lock_holds(
	struct store *store, enum store_locking locking, struct locked_reading *reading)
{
	if (store->holds.count == 0)
		return STORE_OK;
	sql_lock_holds(&store->statement, &store->holds, locking == STORE_SKIP);
	return connection_select(store->connection, &store->statement, read_named_hold, reading);
}

/* A locked hold that a command names, or that its key may have found. */
static bool names_locked_hold(
	const struct store *store, const struct command *command, bool keyed_locked)
{
	if (keyed_locked && plan_looks_back(command))
		return true;
	for (uint32_t i = 0; i < command->line_count; i++) {
		if (id_list_has(&store->locked, command->lines[i].reservation_id))
			return true;
	}
	return false;
}

/* Somebody outside may lock a hold without its variant: it is there, and did not come back. */
static void leave_out_holds(struct store *store, const struct command *const *commands,
	uint32_t count, struct stock *stock, struct loading *loading)
{
	bool keyed_locked = false;

	store->locked.count = 0;
	if (stock->named_count == store->holds.count)
		return;
	for (uint32_t i = 0; i < store->holds.count; i++) {
		uint64_t hold = store->holds.ids[i];

		if (stock_hold(stock, hold) != NULL)
			continue;
		id_list_add(&store->locked, hold);
		keyed_locked = keyed_locked || id_list_has(&store->keyed, hold);
	}
	for (uint32_t i = 0; i < count; i++) {
		if (!loading->blocked[i])
			loading->blocked[i] = names_locked_hold(store, commands[i], keyed_locked);
	}
}

static void note_expired(struct stock *stock, int64_t now_ms)
{
	for (uint32_t i = 0; i < stock->named_count; i++) {
		struct hold *hold = &stock->holds[i];

		/* Of another variant: found by a key, and made for another body. */
		if (hold->status == HOLD_ACTIVE && hold->expires_at_ms <= now_ms &&
			stock_variant(stock, hold->variant_id) != NULL)
			stock_note_expired(stock, hold);
	}
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
	uint64_t variant = row_unsigned(columns[HOLD_VARIANT_ID]);

	if (variant != reading->variant) {
		reading->variant = variant;
		reading->count = 0;
	}
	if (++reading->count == reading->limit)
		stock_variant(reading->stock, variant)->expired_left = true;
	if (stock_hold(reading->stock, row_unsigned(columns[HOLD_ID])) == NULL) {
		struct hold *hold = stock_add_hold(reading->stock);

		row_hold(hold, columns);
		stock_note_expired(reading->stock, hold);
	}
}

/* Of the store's variants, those with expired holds: to lock these of many takes long to parse. */
static enum store_status narrow_to_expired(struct store *store, int64_t now_ms)
{
	struct id_list found = {.count = 0};
	enum store_status status;

	if (store->variants.count <= 1)
		return STORE_OK;
	sql_variants_with_expired(&store->statement, &store->variants, now_ms);
	status = connection_select(store->connection, &store->statement, read_variant_id, &found);
	store->variants = found;
	return status;
}

/* What the sessions of limited commands hold, by the same clock as everything is decided. */
static void read_session(void *context, char **columns)
{
	stock_add_session(context, columns[0], row_signed(columns[1]), row_signed(columns[2]));
}

/* The database tells of those that hold something. */
static void add_empty_sessions(
	struct stock *stock, const struct command *const *commands, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const char *id = commands[i]->session_id;

		if (command_is_limited(commands[i]) && stock_session(stock, id) == NULL)
			stock_add_session(stock, id, 0, 0);
	}
}

static enum store_status load_sessions(struct store *store, const struct command *const *commands,
	uint32_t count, struct stock *stock, int64_t now_ms)
{
	enum store_status status = STORE_OK;

	if (sql_sessions(&store->statement, commands, count, now_ms))
		status = connection_select(
			store->connection, &store->statement, read_session, stock);
	add_empty_sessions(stock, commands, count);
	return status;
}

static enum store_status load_expired(struct store *store, const struct command *const *commands,
	uint32_t count, enum store_locking locking, struct stock *stock, int64_t now_ms)
{
	struct expired_reading reading = {.stock = stock};
	enum store_status status;

	store->variants.count = 0;
	plan_expired(stock, now_ms, commands, count, &store->variants);
	status = narrow_to_expired(store, now_ms);
	if (status != STORE_OK || store->variants.count == 0)
		return status;
	reading.limit = SWEEP_MAX / store->variants.count;
	if (reading.limit == 0)
		reading.limit = 1;
	sql_expired_of_variants(
		&store->statement, &store->variants, now_ms, reading.limit, locking == STORE_SKIP);
	return connection_select(store->connection, &store->statement, read_expired, &reading);
}

/*
 * What locks a row tells the time, too. But not where its clock may be older than its lock: in a
 * statement that waited, if SYSDATE() is the time of its beginning; nor if there was no row.
 */
static enum store_status tell_time(
	struct store *store, enum store_locking locking, struct locked_reading *reading)
{
	if (reading->now_ms > 0 &&
		(locking == STORE_SKIP || connection_has_true_sysdate(store->connection)))
		return STORE_OK;
	return store_read_clock(store, &reading->now_ms);
}

enum store_status store_load(struct store *store, const struct command *const *commands,
	uint32_t count, enum store_locking locking, struct stock *stock, struct loading *loading)
{
	struct locked_reading reading = {.stock = stock};
	enum store_status status;

	stock_reset(stock);
	status = connection_open(store->connection);
	if (status == STORE_OK)
		status = find_variants(store, commands, count, stock, loading);
	if (status == STORE_OK)
		status = lock_variants(store, locking, &reading);
	if (status == STORE_OK) {
		leave_out_variants(store, commands, count, loading);
		status = find_keys(store, commands, count, loading);
	}
	if (status == STORE_OK)
		status = lock_holds(store, locking, &reading);
	if (status == STORE_OK) {
		leave_out_holds(store, commands, count, stock, loading);
		status = tell_time(store, locking, &reading);
	}
	if (status != STORE_OK)
		return status;
	loading->now_ms = reading.now_ms;
	note_expired(stock, loading->now_ms);
	status = load_expired(store, commands, count, locking, stock, loading->now_ms);
	if (status == STORE_OK)
		status = load_sessions(store, commands, count, stock, loading->now_ms);
	return status;
}
