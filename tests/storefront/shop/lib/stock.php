<?php
/* The way to stok. */
declare(strict_types=1);

use Stok\Shortage;
use Stok\StockService;

function stock(): StockService
{
	static $stock = null;
	return $stock ??= new StockService(
		setting('SHOP_STOK_URL'),
		apiKey: secret('SHOP_STOK_KEY_FILE'),
		language: language(),
		requestId: $_SERVER['SHOP_REQUEST_ID'] ?? null,
	);
}

/**
 * Under which name stok knows this shopper: a hash of the session id, so that the table of holds gives
 * no session away.
 */
function stock_session(): string
{
	return $_SESSION['stockSession'] ??= hash('sha256', session_id());
}

/** What a shopper is told of a product that is short: how many there are, or when to come again. */
function shortage_text(Shortage $short): string
{
	$name = product($short->variantId)['name'] ?? '';
	return match (true) {
		$short->available > 0 => t('only_some', name: $name, n: $short->available),
		$short->retryAfterSeconds !== null =>
			t('all_held', name: $name, time: minutes($short->retryAfterSeconds)),
		default => t('sold_out_now', name: $name),
	};
}
