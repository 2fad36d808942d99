<?php
/* Headers, forms and redirects. */
declare(strict_types=1);

/** A page cannot be shown; the message is a word of words.php. */
final class PageProblem extends Exception
{
	public function __construct(public readonly int $status, string $word)
	{
		parent::__construct($word);
	}
}

/** No page is kept: whoever goes back sees the cart as it is now. */
function send_headers(): void
{
	header("Content-Security-Policy: default-src 'none'; style-src 'self'; script-src 'self'; "
		. "img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
	header('Content-Type: text/html; charset=utf-8');
	header('Cache-Control: no-store');
	header('X-Content-Type-Options: nosniff');
	header('Referrer-Policy: same-origin');
}

function redirect(string $path): never
{
	header("Location: /shop$path", true, 303);
	exit;
}

/** A member of the form; '' if it is missing or no plain text. */
function posted(string $name): string
{
	$value = $_POST[$name] ?? '';
	return is_string($value) ? $value : '';
}

/** A whole number of the form, if it is in the range. */
function posted_number(string $name, int $min, int $max): ?int
{
	$number = filter_var(posted($name), FILTER_VALIDATE_INT,
		['options' => ['min_range' => $min, 'max_range' => $max]]);
	return $number === false ? null : $number;
}

/** A form of another site does not know the token. */
function check_form(): void
{
	if (!hash_equals($_SESSION['csrf'], posted('csrf'))) {
		throw new PageProblem(403, 'form_is_old');
	}
}

/** Each form has a key of its own; the second click on one form is none. */
function is_second_click(): bool
{
	$key = posted('key');
	if (in_array($key, $_SESSION['done'], true)) {
		return true;
	}
	$_SESSION['done'] = [...array_slice($_SESSION['done'], -50), $key];
	return false;
}

/** The key of the form as an Idempotency-Key: if the answer was lost, the hold is not. */
function form_key(): ?string
{
	return preg_match('/^[0-9a-f]{32}$/D', posted('key')) ? posted('key') : null;
}
