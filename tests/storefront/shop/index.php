<?php
/*
 * A small shop that sells with stok, to try it out and to copy from. What matters stands in
 * lib/cart.php (holds), lib/orders.php (payment) and lib/login.php (a cart that survives login).
 *
 * Every page comes through here. A form is answered by a redirect, so that going back or loading
 * anew never sends it twice.
 */
declare(strict_types=1);

require __DIR__ . '/../../../app/php/Stok.php';
foreach (['settings', 'database', 'session', 'http', 'words', 'view', 'stock', 'products', 'cart',
	'orders', 'login'] as $part) {
	require __DIR__ . "/lib/$part.php";
}

const ROUTES = [
	'GET /' => 'show_products',
	'GET /cart' => 'show_cart',
	'POST /add' => 'add_to_cart',
	'POST /change' => 'change_quantity',
	'POST /remove' => 'remove_from_cart',
	'GET /login' => 'show_login',
	'POST /login' => 'log_in',
	'POST /logout' => 'log_out',
	'POST /checkout' => 'start_payment',
	'GET /payment' => 'show_payment',
	'POST /pay' => 'pay',
	'GET /order' => 'show_order',
	'POST /bank' => 'hear_from_bank',
];

function serve(): void
{
	send_headers();
	choose_language();
	start_session();
	$method = $_SERVER['REQUEST_METHOD'] === 'HEAD' ? 'GET' : $_SERVER['REQUEST_METHOD'];
	$path = substr((string)parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH), strlen('/shop'));
	$work = ROUTES["$method $path"] ?? throw new PageProblem(404, 'no_such_page');
	if ($method === 'POST') {
		check_form();
	}
	$work();
}

try {
	serve();
} catch (PageProblem $problem) {
	page('problem', ['text' => t($problem->getMessage())], $problem->status);
} catch (Stok\StockServiceUnavailable $away) {
	error_log($away->getMessage());
	page('problem', ['text' => $away->messageForShopper], 503);
} catch (Throwable $error) {
	error_log((string)$error);
	page('problem', ['text' => t('went_wrong')], 500);
}
