<?php
/* What the templates of pages/ are made with. */
declare(strict_types=1);

/** Whatever is not a template's own text goes through here. */
function e(string|int $text): string
{
	return htmlspecialchars((string)$text, ENT_QUOTES | ENT_SUBSTITUTE, 'UTF-8');
}

function money(int $kurus): string
{
	return language() === 'tr'
		? number_format($kurus / 100, 2, ',', '.') . ' TL'
		: 'TRY ' . number_format($kurus / 100, 2, '.', ',');
}

/** A number of seconds as a shopper says it, rounded up to minutes. */
function minutes(int $seconds): string
{
	return t('minutes', n: max(1, intdiv($seconds + 59, 60)));
}

/** What every form has. */
function form_members(): string
{
	return '<input type="hidden" name="csrf" value="' . e($_SESSION['csrf']) . '">'
		. '<input type="hidden" name="key" value="' . bin2hex(random_bytes(16)) . '">';
}

/** To be shown on the next page, once. `$kind`: good, note or warning. */
function tell(string $kind, string $text): void
{
	$_SESSION['told'][] = [$kind, $text];
}

/** @return list<array{string, string}> */
function take_told(): array
{
	$told = $_SESSION['told'] ?? [];
	unset($_SESSION['told']);
	return $told;
}

/** How many things are in the cart. */
function cart_count(): int
{
	return array_sum(array_column($_SESSION['cart'] ?? [], 'quantity'));
}

/** @param array<string, mixed> $values the template's variables */
function page(string $name, array $values = [], int $status = 200): void
{
	while (ob_get_level() > 0) { // half a page, if a template failed
		ob_end_clean();
	}
	http_response_code($status);
	extract($values, EXTR_SKIP);
	ob_start();
	require __DIR__ . "/../pages/$name.php";
	$content = ob_get_clean();
	require __DIR__ . '/../pages/layout.php';
}
