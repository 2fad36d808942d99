<?php
/* What the shop must be told: by PHP-FPM's pool (env[...]) or by nginx (fastcgi_param). */
declare(strict_types=1);

/** A longest stay without a click. */
const SESSION_SECONDS = 4 * 3600;

/** What a shopper may take of one product. */
const QUANTITY_MAX = 20;

/** What to do with the cart while stok is away: true: go on without a hold; false: refuse. */
const CART_IS_OPEN_WHEN_AWAY = true;

function setting(string $name): string
{
	$value = $_SERVER[$name] ?? '';
	return $value !== '' ? $value : throw new RuntimeException("the setting $name is missing");
}

/** A secret of one line, from a file that only this user can read. */
function secret(string $name): string
{
	$line = trim((string)file_get_contents(setting($name)));
	return preg_replace('/^x-api-key: /', '', $line);
}
