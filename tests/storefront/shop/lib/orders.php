<?php
/*
 * Payment and orders. An order is made of the cart's holds at the instant of payment, and owns them
 * from then on, so that nothing that happens to the cart can take them away while the bank thinks.
 *
 *     PENDING ──► DECLINED                       the cart is given back
 *        └──────► PAID ──► DONE                  stok took the units off the stock
 *                   └────► SHORT                 too late, they are sold: the money goes back
 *
 * Each step is repeatable. The order's id is made before the payment page is shown, is the key of the
 * table, and is stok's orderId: whatever is clicked, sent or heard twice, there is one order.
 */
declare(strict_types=1);

use Stok\Line;
use Stok\StockServiceUnavailable;

/** From the cart to the payment page: the holds must last while the shopper types a card number. */
function start_payment(): void
{
	if ($_SESSION['cart'] === [] || !is_payment_open()) {
		redirect('/cart');
	}
	$_SESSION['orderId'] ??= 'C' . strtoupper(bin2hex(random_bytes(6)));
	redirect('/payment');
}

/** Closed while stok is away: no money is taken for what may be gone. */
function is_payment_open(): bool
{
	try {
		return secure_cart();
	} catch (StockServiceUnavailable $away) {
		error_log($away->getMessage());
		tell('warning', t('payment_is_closed'));
		return false;
	}
}

function show_payment(): void
{
	if ($_SESSION['cart'] === [] || !isset($_SESSION['orderId'])) {
		redirect('/cart');
	}
	$holds = live_holds();
	if ($holds === null) {
		tell('warning', t('payment_is_closed'));
		redirect('/cart');
	}
	page('payment', [
		'title' => t('payment'), 'lines' => cart_lines($holds), 'total' => cart_total(),
		'secondsLeft' => seconds_left($holds), 'orderId' => $_SESSION['orderId'],
	]);
}

/** The shopper pays. Whoever clicks twice, or goes back and pays again, ends at the same order. */
function pay(): void
{
	$id = posted('orderId');
	if (isset($_SESSION['orders'][$id])) {
		redirect("/order?id=$id");
	}
	if ($id === '' || $id !== ($_SESSION['orderId'] ?? '') || $_SESSION['cart'] === []) {
		redirect('/cart');
	}
	if (posted_number('total', 0, PHP_INT_MAX) !== cart_total()) {
		tell('warning', t('cart_has_changed'));
		redirect('/payment');
	}
	if (!is_payment_open()) {
		redirect('/cart');
	}
	place_order($id);
	bank_answers($id, posted('answer'));
	redirect("/order?id=$id");
}

/** The cart becomes an order. */
function place_order(string $id): void
{
	database()->beginTransaction();
	query('INSERT INTO ShopOrder (id, userId, total) VALUES (?, ?, ?)',
		[$id, $_SESSION['user']['id'] ?? null, cart_total()]);
	foreach ($_SESSION['cart'] as $variantId => $line) {
		query('INSERT INTO ShopOrderLine (orderId, variantId, quantity, price, reservationId) '
			. 'VALUES (?, ?, ?, ?, ?)', [$id, $variantId, $line['quantity'],
			product($variantId)['price'], $line['reservationId']]);
	}
	database()->commit();
	$_SESSION['orders'][$id] = true;
	$_SESSION['cart'] = [];
	unset($_SESSION['orderId']);
}

// ---- the bank, simulated -------------------------------------------------------------------------

/** approved, declined, or late: then hear_from_bank() is called some time. */
function bank_answers(string $id, string $answer): void
{
	if ($answer === 'approved') {
		order_is_paid($id);
	} elseif ($answer === 'declined') {
		order_is_declined($id);
	}
}

/**
 * The bank's late answer. A real bank calls a page of its own that checks the bank's signature; it may
 * call twice, and long after the holds have ended.
 */
function hear_from_bank(): void
{
	$id = my_order(posted('id'))['id'];
	order_is_paid($id);
	redirect("/order?id=$id");
}

function order_is_paid(string $id): void
{
	query("UPDATE ShopOrder SET status = 'PAID' WHERE id = ? AND status = 'PENDING'", [$id]);
	finish_order($id);
}

function order_is_declined(string $id): void
{
	query("UPDATE ShopOrder SET status = 'DECLINED' WHERE id = ? AND status = 'PENDING'", [$id]);
	foreach (order_lines($id) as $line) {
		$_SESSION['cart'][$line['variantId']] = [
			'quantity' => $line['quantity'], 'reservationId' => $line['reservationId'],
			'isHeld' => true,
		];
	}
	tell('warning', t('declined'));
}

/**
 * What is paid is taken off the stock, all of it or nothing. If stok is away the order stays PAID, and
 * this is done again: when the shopper looks, and in a real shop by a job every minute.
 */
function finish_order(string $id): void
{
	if (order($id)['status'] !== 'PAID') {
		return;
	}
	try {
		$result = stock()->convertReservations(array_column(order_lines($id), 'reservationId'), $id);
	} catch (StockServiceUnavailable $away) {
		error_log($away->getMessage());
		return;
	}
	query("UPDATE ShopOrder SET status = ? WHERE id = ? AND status = 'PAID'",
		[$result->ok ? 'DONE' : 'SHORT', $id]);
	if (!$result->ok) {
		$outcomes = array_map(fn(Line $line): string => "$line->reservationId $line->outcome",
			$result->lines);
		error_log("order $id is paid and cannot be delivered: " . implode(', ', $outcomes));
	}
}

// ---- orders --------------------------------------------------------------------------------------

function show_order(): void
{
	$order = my_order(is_string($_GET['id'] ?? null) ? $_GET['id'] : '');
	finish_order($order['id']);
	page('order', [
		'title' => t('order', id: $order['id']), 'order' => order($order['id']),
		'lines' => order_lines($order['id']),
	]);
}

/** Only who has made an order sees it. */
function my_order(string $id): array
{
	$order = order($id);
	$isMine = $order !== null && (isset($_SESSION['orders'][$id])
		|| ($order['userId'] !== null && $order['userId'] === ($_SESSION['user']['id'] ?? null)));
	return $isMine ? $order : throw new PageProblem(404, 'no_such_order');
}

function order(string $id): ?array
{
	return query('SELECT id, userId, total, status FROM ShopOrder WHERE id = ?', [$id])->fetch()
		?: null;
}

/** @return list<array{variantId: int, quantity: int, price: int, reservationId: int}> */
function order_lines(string $id): array
{
	return query('SELECT variantId, quantity, price, reservationId FROM ShopOrderLine '
		. 'WHERE orderId = ? ORDER BY variantId', [$id])->fetchAll();
}
