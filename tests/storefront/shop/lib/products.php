<?php
/* The list of products, with what can be had of each. */
declare(strict_types=1);

use Stok\Availability;
use Stok\StockServiceUnavailable;

/** @return array<int, array{variantId: int, name: string, text: string, price: int, picture: string}> */
function products(): array
{
	static $products = null;
	$tag = language() === 'tr' ? 'Tr' : 'En';
	$products ??= query("SELECT variantId, name$tag AS name, text$tag AS text, price, picture "
		. 'FROM ShopProduct ORDER BY variantId')->fetchAll();
	return array_column($products, null, 'variantId');
}

/** One of them; null if there is no such product. */
function product(int $variantId): ?array
{
	return products()[$variantId] ?? null;
}

/** The product that a form names. */
function posted_product(): array
{
	return product(posted_number('variantId', 1, PHP_INT_MAX) ?? 0)
		?? throw new PageProblem(404, 'no_such_product');
}

function show_products(): void
{
	try {
		$available = stock()->availability(array_keys(products()));
	} catch (StockServiceUnavailable $away) {
		error_log($away->getMessage());
		$available = null; // the list is still worth seeing
	}
	page('products', ['title' => t('products'), 'products' => products(), 'available' => $available]);
}

/**
 * What the list says of a product, and whether it can be bought.
 *
 * @param int $mine how many are in the shopper's own cart
 * @return array{string, string, bool} a class of style.css, words, can it be bought
 */
function stock_words(?Availability $stock, int $mine): array
{
	return match (true) {
		$stock === null => ['none', t('not_for_sale'), false],
		$stock->available > 5 => ['plenty', t('in_stock'), true],
		$stock->available > 0 => ['few', t('only_left', n: $stock->available), true],
		$mine > 0 => ['none', t('no_more'), false],
		$stock->nextReleaseInSeconds !== null =>
			['none', t('free_again', time: minutes($stock->nextReleaseInSeconds)), true],
		default => ['none', t('sold_out'), false],
	};
}
