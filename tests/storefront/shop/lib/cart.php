<?php
/*
 * The cart. Each line is backed by a hold of stok; $_SESSION['cart'] has for each variant
 *
 *     quantity       what the shopper wants
 *     reservationId  the last hold; null if there was none yet
 *     isHeld         does that hold cover the quantity? Not if stok was away.
 */
declare(strict_types=1);

use Stok\Reservation;
use Stok\ReservationResult;
use Stok\StockServiceUnavailable;

/** One more of a product. */
function add_to_cart(): void
{
	$variantId = posted_product()['variantId'];
	if (!is_second_click()) {
		put_in_cart($variantId, ($_SESSION['cart'][$variantId]['quantity'] ?? 0) + 1);
	}
	redirect('/cart');
}

/** Another quantity; the same one takes a hold anew that has ended. */
function change_quantity(): void
{
	$variantId = posted_product()['variantId'];
	$quantity = posted_number('quantity', 1, QUANTITY_MAX);
	if ($quantity === null) {
		tell('warning', t('bad_quantity', n: QUANTITY_MAX));
	} elseif (isset($_SESSION['cart'][$variantId]) && !is_second_click()) {
		put_in_cart($variantId, $quantity);
	}
	redirect('/cart');
}

/** Refused or not, the shopper loses nothing that was held before. */
function put_in_cart(int $variantId, int $quantity): void
{
	if ($quantity > QUANTITY_MAX) {
		tell('warning', t('bad_quantity', n: QUANTITY_MAX));
		return;
	}
	$old = $_SESSION['cart'][$variantId]['reservationId'] ?? null;
	try {
		$result = hold($variantId, $quantity, $old);
	} catch (StockServiceUnavailable $away) {
		put_in_cart_without_hold($variantId, $quantity, $old, $away);
		return;
	}
	if (!$result->ok) {
		tell_refusal($result);
		return;
	}
	$_SESSION['cart'][$variantId] = [
		'quantity' => $quantity, 'reservationId' => $result->reservation->id, 'isHeld' => true,
	];
	tell('good', t('held_for_you', name: product($variantId)['name']));
}

/** A hold in place of the old one, if there is one that can be replaced. */
function hold(int $variantId, int $quantity, ?int $old): ReservationResult
{
	$who = ['sessionId' => stock_session(), 'userId' => $_SESSION['user']['id'] ?? null];
	if ($old !== null) {
		$result = stock()->updateReservation($old, $variantId, $quantity, ...$who,
			idempotencyKey: form_key());
		if (!is_gone($result->code)) {
			return $result;
		}
	}
	return stock()->createReservation($variantId, $quantity, ...$who, idempotencyKey: form_key());
}

/** Was a hold closed by somebody else (an operator, another order)? An expired one can be replaced. */
function is_gone(string $code): bool
{
	return in_array($code, ['reservation_not_found', 'not_found', 'reservation_cancelled',
		'already_converted'], true);
}

function put_in_cart_without_hold(
	int $variantId,
	int $quantity,
	?int $old,
	StockServiceUnavailable $away,
): void {
	error_log($away->getMessage());
	if (!CART_IS_OPEN_WHEN_AWAY) {
		tell('warning', $away->messageForShopper);
		return;
	}
	$_SESSION['cart'][$variantId] = [
		'quantity' => $quantity, 'reservationId' => $old, 'isHeld' => false,
	];
	tell('warning', t('not_held_yet', name: product($variantId)['name']));
}

/** The words for what was refused; stok's own where we have none that say more. */
function tell_refusal(ReservationResult $result): void
{
	foreach ($result->shortages as $short) {
		tell('warning', shortage_text($short));
	}
	if ($result->shortages === []) {
		tell('warning', $result->message);
	}
}

/** If stok is away, the hold ends by itself. */
function remove_from_cart(): void
{
	$variantId = posted_product()['variantId'];
	$line = $_SESSION['cart'][$variantId] ?? null;
	unset($_SESSION['cart'][$variantId]);
	if ($line !== null) {
		give_back(array_filter([$line['reservationId']]));
		tell('note', t('removed', name: product($variantId)['name']));
	}
	redirect('/cart');
}

/** @param list<int> $reservationIds */
function give_back(array $reservationIds): void
{
	try {
		if ($reservationIds !== []) {
			stock()->cancelReservation(array_values($reservationIds), stock_session());
		}
	} catch (StockServiceUnavailable $away) {
		error_log($away->getMessage());
	}
}

// ---- showing it ----------------------------------------------------------------------------------

function show_cart(): void
{
	$holds = live_holds();
	page('cart', [
		'title' => t('cart'), 'lines' => cart_lines($holds), 'total' => cart_total(),
		'secondsLeft' => seconds_left($holds), 'isAway' => $holds === null,
	]);
}

/** @return ?array<int, Reservation> what stok holds for this shopper, by id; null if it is away */
function live_holds(): ?array
{
	if (cart_holds() === []) {
		return [];
	}
	try {
		return array_column(stock()->reservations(stock_session())->reservations, null, 'id');
	} catch (StockServiceUnavailable $away) {
		error_log($away->getMessage());
		return null;
	}
}

/** @return list<int> the ids of the cart's holds, ended ones too */
function cart_holds(): array
{
	return array_values(array_filter(array_column($_SESSION['cart'], 'reservationId')));
}

/**
 * The cart for a template: product, quantity, and the state of each line: held, ended, missing (not
 * held yet) or unknown.
 *
 * @param ?array<int, Reservation> $holds
 */
function cart_lines(?array $holds): array
{
	$lines = [];
	foreach ($_SESSION['cart'] as $variantId => $line) {
		$hold = $holds[$line['reservationId'] ?? 0] ?? null;
		$lines[] = product($variantId) + ['quantity' => $line['quantity'], 'state' => match (true) {
			!$line['isHeld'] => 'missing',
			$holds === null => 'unknown',
			$hold !== null => 'held',
			default => 'ended',
		}];
	}
	return $lines;
}

function cart_total(): int
{
	$total = 0;
	foreach ($_SESSION['cart'] as $variantId => $line) {
		$total += product($variantId)['price'] * $line['quantity'];
	}
	return $total;
}

/** Until the first hold of the cart ends; null if nothing is held. */
function seconds_left(?array $holds): ?int
{
	$mine = array_intersect_key($holds ?? [], array_flip(cart_holds()));
	$left = array_map(fn(Reservation $hold): int => $hold->expiresInSeconds, $mine);
	return $left === [] ? null : min($left);
}

// ---- before payment ------------------------------------------------------------------------------

/**
 * Every line gets a hold that lasts for the payment: live ones are extended, ended and missing ones
 * are taken anew, all or none. Throws StockServiceUnavailable: no payment then.
 *
 * @return bool false: something is no longer there, and the shopper has been told
 */
function secure_cart(): bool
{
	$outcomes = extend_holds();
	$missing = [];
	foreach ($_SESSION['cart'] as $variantId => $line) {
		$outcome = $outcomes[$line['reservationId'] ?? 0] ?? 'not_found';
		if (!$line['isHeld'] || $outcome !== 'extended') {
			$missing[] = ['variantId' => $variantId, 'quantity' => $line['quantity'],
				'replaces' => is_gone($outcome) ? null : $line['reservationId']];
		}
	}
	return $missing === [] || hold_all($missing);
}

/** @return array<int, string> what became of each hold, by its id */
function extend_holds(): array
{
	$holds = cart_holds();
	if ($holds === []) {
		return [];
	}
	$lines = stock()->extendReservations($holds, stock_session())->lines;
	return array_column($lines, 'outcome', 'reservationId');
}

/** @param list<array{variantId: int, quantity: int, replaces: ?int}> $items */
function hold_all(array $items): bool
{
	$result = stock()->reserveItems($items, stock_session(), $_SESSION['user']['id'] ?? null);
	if (!$result->ok) {
		tell_refusal($result);
		return false;
	}
	foreach ($result->reservations as $hold) {
		$_SESSION['cart'][$hold->variantId] = [
			'quantity' => $hold->quantity, 'reservationId' => $hold->id, 'isHeld' => true,
		];
	}
	return true;
}
