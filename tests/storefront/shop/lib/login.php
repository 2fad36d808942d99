<?php
/* Login, which changes the session's id and keeps the cart. */
declare(strict_types=1);

use Stok\StockServiceUnavailable;

function show_login(): void
{
	page('login', ['title' => t('log_in')]);
}

function log_in(): void
{
	$user = query('SELECT id, name, passwordHash FROM ShopUser WHERE email = ?', [posted('email')])
		->fetch();
	// A hash is computed for unknown users too, so that the time does not tell who is known.
	$hash = $user['passwordHash'] ?? '$2y$10$qXcRGr5IMBjGp8PN.23gi.NnavG/do8Y0E9I6bpUhf8m//q9LgLGy';
	if (!password_verify(posted('password'), $hash) || $user === false) {
		tell('warning', t('wrong_password'));
		redirect('/login');
	}
	// A session id from before the login may be known to others.
	session_regenerate_id(true);
	$_SESSION['user'] = ['id' => (int)$user['id'], 'name' => $user['name']];
	move_holds($_SESSION['user']['id']);
	tell('good', t('welcome', name: $user['name']));
	redirect('/cart');
}

/** The holds follow to the new id. If stok is away they stay under the old name, and go on. */
function move_holds(int $userId): void
{
	$new = hash('sha256', session_id());
	try {
		stock()->mergeSession(stock_session(), $new, $userId);
		$_SESSION['stockSession'] = $new;
	} catch (StockServiceUnavailable $away) {
		error_log($away->getMessage());
	}
}

/** What the cart held is for others now. */
function log_out(): void
{
	give_back(cart_holds());
	$_SESSION = [];
	session_regenerate_id(true);
	redirect('/');
}
