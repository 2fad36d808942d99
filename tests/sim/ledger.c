#include "ledger.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Grows an array that is full. Out of memory ends the test. */
static void *make_room(void *items, uint32_t count, uint32_t *room, size_t size)
{
	if (count < *room)
		return items;
	*room = *room > 0 ? 2 * *room : 64;
	items = realloc(items, *room * size);
	assert(items != NULL);
	return items;
}

void ledger_close(struct ledger *ledger)
{
	for (uint32_t i = 0; i < ledger->account_count; i++) {
		free(ledger->accounts[i].entries);
		free(ledger->accounts[i].open);
	}
	free(ledger->promises);
	free(ledger->visits);
	free(ledger->transfers);
}

static void *copy_items(const void *items, uint32_t room, size_t size)
{
	void *copy = NULL;

	if (room == 0)
		return NULL;
	copy = malloc(room * size);
	assert(copy != NULL);
	return memcpy(copy, items, room * size);
}

void ledger_copy(struct ledger *to, const struct ledger *from)
{
	*to = *from;
	to->promises = copy_items(from->promises, from->promise_room, sizeof(*from->promises));
	to->visits = copy_items(from->visits, from->visit_room, sizeof(*from->visits));
	to->transfers = copy_items(from->transfers, from->transfer_room, sizeof(*from->transfers));
	for (uint32_t i = 0; i < from->account_count; i++) {
		const struct account *account = &from->accounts[i];

		to->accounts[i].entries = copy_items(
			account->entries, account->entry_room, sizeof(*account->entries));
		to->accounts[i].open =
			copy_items(account->open, account->open_room, sizeof(*account->open));
	}
}

static void write_entry(struct account *account, int64_t units, int64_t promise, int64_t at)
{
	uint32_t last = account->entry_count;
	int64_t before = last > 0 ? account->entries[last - 1].balance : 0;

	account->entries = make_room(
		account->entries, last, &account->entry_room, sizeof(account->entries[0]));
	account->entries[account->entry_count++] = (struct entry){
		.at = at,
		.promise = promise,
		.units = units,
		.balance = before + units,
	};
}

void ledger_add_account(struct ledger *ledger, uint64_t variant_id, int64_t on_hand, int64_t at)
{
	struct account *account;

	assert(ledger->account_count < LEDGER_ACCOUNTS_MAX);
	account = &ledger->accounts[ledger->account_count++];
	*account = (struct account){.variant_id = variant_id};
	write_entry(account, on_hand, -1, at);
}

int32_t ledger_account(const struct ledger *ledger, uint64_t variant_id)
{
	for (uint32_t i = 0; i < ledger->account_count; i++) {
		if (ledger->accounts[i].variant_id == variant_id)
			return (int32_t)i;
	}
	return -1;
}

static int by_id(const void *key, const void *item)
{
	uint64_t wanted = *(const uint64_t *)key;
	uint64_t id = ((const struct promise *)item)->id;

	return wanted < id ? -1 : wanted > id;
}

struct promise *ledger_promise(const struct ledger *ledger, uint64_t id)
{
	struct promise *promise = NULL;

	if (ledger->numbered > 0)
		promise = bsearch(&id, ledger->promises, ledger->numbered,
			sizeof(ledger->promises[0]), by_id);
	return promise != NULL && !promise->archived ? promise : NULL;
}

struct promise *ledger_promise_units(struct ledger *ledger, uint32_t place)
{
	struct account *account = &ledger->accounts[place];
	struct promise *promise;

	ledger->promises = make_room(ledger->promises, ledger->promise_count, &ledger->promise_room,
		sizeof(ledger->promises[0]));
	account->open = make_room(
		account->open, account->open_count, &account->open_room, sizeof(account->open[0]));
	account->open[account->open_count++] = ledger->promise_count;
	promise = &ledger->promises[ledger->promise_count++];
	memset(promise, 0, sizeof(*promise));
	promise->account = place;
	assert(ledger->visit_count > 0);
	promise->visit = ledger->visit_count - 1;
	ledger->visits[promise->visit].count++;
	return promise;
}

void ledger_add_visit(
	struct ledger *ledger, const uint8_t name[DIGEST_LENGTH], const uint8_t wish[DIGEST_LENGTH])
{
	struct visit *visit;

	ledger->visits = make_room(ledger->visits, ledger->visit_count, &ledger->visit_room,
		sizeof(ledger->visits[0]));
	visit = &ledger->visits[ledger->visit_count++];
	*visit = (struct visit){.first = ledger->promise_count};
	memcpy(visit->name, name, DIGEST_LENGTH);
	memcpy(visit->wish, wish, DIGEST_LENGTH);
}

static bool is_remembered(const struct ledger *ledger, const struct visit *visit, uint32_t lines)
{
	for (uint32_t i = 0; i < visit->count && i < lines; i++) {
		if (!ledger->promises[visit->first + i].archived)
			return true;
	}
	return false;
}

/* Most ask for what was made a short while ago. */
const struct visit *ledger_visit(
	const struct ledger *ledger, const uint8_t name[DIGEST_LENGTH], uint32_t lines)
{
	for (uint32_t i = ledger->visit_count; i-- > 0;) {
		const struct visit *visit = &ledger->visits[i];

		if (memcmp(visit->name, name, DIGEST_LENGTH) == 0 &&
			is_remembered(ledger, visit, lines))
			return visit;
	}
	return NULL;
}

void ledger_number(struct ledger *ledger, uint64_t id)
{
	assert(ledger->numbered < ledger->promise_count);
	ledger->promises[ledger->numbered++].id = id;
}

int64_t ledger_on_hand(const struct ledger *ledger, uint32_t place)
{
	const struct account *account = &ledger->accounts[place];

	return account->entries[account->entry_count - 1].balance;
}

int64_t ledger_promised(const struct ledger *ledger, uint32_t place, int64_t at)
{
	const struct account *account = &ledger->accounts[place];
	int64_t units = 0;

	for (uint32_t i = 0; i < account->open_count; i++) {
		const struct promise *promise = &ledger->promises[account->open[i]];

		if (at >= promise->from && at < promise->until)
			units += promise->units;
	}
	return units;
}

int64_t ledger_in_open_rows(const struct ledger *ledger, uint32_t place)
{
	const struct account *account = &ledger->accounts[place];
	int64_t units = 0;

	for (uint32_t i = 0; i < account->open_count; i++)
		units += ledger->promises[account->open[i]].units;
	return units;
}

struct claim ledger_claim(const struct ledger *ledger, const char *owner, int64_t at)
{
	struct claim claim = {0, 0};

	for (uint32_t i = 0; i < ledger->account_count; i++) {
		const struct account *account = &ledger->accounts[i];

		for (uint32_t k = 0; k < account->open_count; k++) {
			const struct promise *promise = &ledger->promises[account->open[k]];

			if (at >= promise->until || strcmp(promise->owner, owner) != 0)
				continue;
			claim.promises++;
			claim.units += promise->units;
		}
	}
	return claim;
}

uint32_t ledger_unswept(const struct ledger *ledger, int64_t at)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < ledger->account_count; i++) {
		const struct account *account = &ledger->accounts[i];

		for (uint32_t k = 0; k < account->open_count; k++)
			count += ledger->promises[account->open[k]].until <= at;
	}
	return count;
}

void ledger_correct(struct ledger *ledger, uint32_t account, int64_t units, int64_t at)
{
	write_entry(&ledger->accounts[account], units, -1, at);
}

static void close_row(struct ledger *ledger, const struct promise *promise)
{
	struct account *account = &ledger->accounts[promise->account];
	uint32_t place = (uint32_t)(promise - ledger->promises);

	for (uint32_t i = 0; i < account->open_count; i++) {
		if (account->open[i] == place) {
			account->open[i] = account->open[--account->open_count];
			return;
		}
	}
}

void ledger_sweep(struct ledger *ledger, struct promise *promise, int64_t at, const char *by)
{
	assert(promise->fate == FATE_RUNS && promise->until <= at);
	promise->swept = true;
	promise->swept_at = at;
	snprintf(promise->swept_by, sizeof(promise->swept_by), "%s", by);
	close_row(ledger, promise);
}

void ledger_end(
	struct ledger *ledger, struct promise *promise, enum fate fate, int64_t at, const char *by)
{
	assert(promise->fate == FATE_RUNS);
	promise->fate = fate;
	promise->ended_at = at;
	snprintf(promise->ended_by, sizeof(promise->ended_by), "%s", by);
	close_row(ledger, promise);
}

void ledger_extend(struct promise *promise, int64_t until)
{
	assert(promise->fate == FATE_RUNS && !promise->swept);
	promise->until = until;
}

void ledger_transfer(struct ledger *ledger, struct promise *promise, const char *owner,
	uint64_t user, const char *by)
{
	struct transfer *transfer;

	assert(promise->fate == FATE_RUNS && !promise->swept);
	ledger->transfers = make_room(ledger->transfers, ledger->transfer_count,
		&ledger->transfer_room, sizeof(ledger->transfers[0]));
	transfer = &ledger->transfers[ledger->transfer_count++];
	*transfer = (struct transfer){.promise = (uint32_t)(promise - ledger->promises)};
	snprintf(transfer->by, sizeof(transfer->by), "%s", by);
	snprintf(promise->owner, sizeof(promise->owner), "%s", owner);
	promise->user = user;
}

struct transfer *ledger_transfer_by(
	const struct ledger *ledger, const struct promise *promise, const char *by)
{
	uint32_t place = (uint32_t)(promise - ledger->promises);

	for (uint32_t i = ledger->transfer_count; i-- > 0;) {
		struct transfer *transfer = &ledger->transfers[i];

		if (transfer->promise == place && strcmp(transfer->by, by) == 0)
			return transfer;
	}
	return NULL;
}

const struct transfer *ledger_last_transfer(
	const struct ledger *ledger, const struct promise *promise)
{
	uint32_t place = (uint32_t)(promise - ledger->promises);

	for (uint32_t i = ledger->transfer_count; i-- > 0;) {
		if (ledger->transfers[i].promise == place)
			return &ledger->transfers[i];
	}
	return NULL;
}

void ledger_sell(struct ledger *ledger, struct promise *promise, int64_t at, const char *by,
	const char *order)
{
	ledger_end(ledger, promise, FATE_SOLD, at, by);
	snprintf(promise->order, sizeof(promise->order), "%s", order);
	write_entry(&ledger->accounts[promise->account], -(int64_t)promise->units,
		promise - ledger->promises, at);
}

static bool account_adds_up(const struct ledger *ledger, uint32_t place)
{
	const struct account *account = &ledger->accounts[place];
	int64_t balance = 0, brought = 0, sold = 0;

	for (uint32_t i = 0; i < account->entry_count; i++) {
		const struct entry *entry = &account->entries[i];

		balance += entry->units;
		if (entry->promise < 0)
			brought += entry->units;
		if (balance < 0 || balance != entry->balance)
			return false;
	}
	for (uint32_t i = 0; i < ledger->promise_count; i++) {
		const struct promise *promise = &ledger->promises[i];

		if (promise->account == place && promise->fate == FATE_SOLD)
			sold += promise->units;
	}
	return balance == brought - sold;
}

bool ledger_adds_up(const struct ledger *ledger)
{
	for (uint32_t i = 0; i < ledger->account_count; i++) {
		if (!account_adds_up(ledger, i))
			return false;
	}
	return true;
}
