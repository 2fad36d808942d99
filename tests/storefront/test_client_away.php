#!/usr/bin/env php
<?php
/* Stok.php when the service is away, slow, or answers too late: what the shopper and the shop hear. */
declare(strict_types=1);

require __DIR__ . '/tap.php';
require __DIR__ . '/instance.php';

use Stok\StockServiceUnavailable;

/** A bad way to the service (bad_way.php) while the work runs; what came by, an entry a connection. */
function on_a_bad_way(string $kind, callable $work): array
{
	$log = tempnam(sys_get_temp_dir(), 'stok');
	$process = proc_open([PHP_BINARY, __DIR__ . '/bad_way.php', $kind, (string)PORT, $log],
		[['file', '/dev/null', 'r'], ['pipe', 'w']], $pipes);
	$port = (int)fgets($pipes[1]);
	try {
		truth($port > 0, 'the bad way listens');
		$work($port);
	} finally {
		proc_terminate($process);
		proc_close($process);
	}
	$seen = array_map(json_decode(...), file($log, FILE_IGNORE_NEW_LINES));
	unlink($log);
	return $seen;
}

/** A port on which nobody listens. */
function closed_port(): int
{
	$server = stream_socket_server('tcp://127.0.0.1:0');
	$port = (int)substr(strrchr(stream_socket_get_name($server, false), ':'), 1);
	fclose($server);
	return $port;
}

/** The Idempotency-Key of each request that was seen. */
function keys(array $requests): array
{
	return array_map(fn(string $request): string =>
		preg_match('/^Idempotency-Key: (\S+)\r$/m', $request, $match) ? $match[1] : '', $requests);
}

function reserve_over(int $port, int $variant, string $session, string $language = 'en'): mixed
{
	return service(url: "http://127.0.0.1:$port", language: $language)
		->createReservation($variant, 1, $session);
}

function test_nobody_listens(): void
{
	$words = ['tr' => 'Stok bilgisine şu anda ulaşamıyoruz. Lütfen bir dakika sonra yeniden deneyin.',
		'en' => 'We cannot reach our stock at the moment. Please try again in a minute.'];
	foreach ($words as $language => $message) {
		$away = thrown(StockServiceUnavailable::class,
			fn() => reserve_over(closed_port(), 1, 's', $language));
		equal([$away->status, $away->messageForShopper], [0, $message]);
		truth(str_contains($away->getMessage(), 'POST reserve'), $away->getMessage());
	}
}

function test_a_service_that_never_answers_is_asked_twice_with_one_key(): void
{
	$seen = on_a_bad_way('silent', function (int $port): void {
		equal(thrown(StockServiceUnavailable::class, fn() => reserve_over($port, 1, 's'))->status, 0);
	});
	equal(count($seen), 2);
	[$first, $second] = keys($seen);
	truth($first !== '' && $first === $second, "one key: $first and $second");
}

function test_a_lost_answer_leaves_one_hold(): void
{
	$variant = variant(5);
	$seen = on_a_bad_way('loses-first-answer', function (int $port) use ($variant): void {
		$result = reserve_over($port, $variant, 'lost');
		truth($result->ok && $result->isReplay, 'the second try finds the first one\'s hold');
	});
	equal(count($seen), 2);
	equal(number("SELECT COUNT(*) FROM StockReservation WHERE sessionId = 'lost'"), 1);
	equal(number("SELECT reserved FROM ProductVariant WHERE id = $variant"), 1);
}

function test_a_moment_of_5xx_is_not_noticed(): void
{
	$variant = variant(5);
	$seen = on_a_bad_way('busy-at-first', function (int $port) use ($variant): void {
		truth(reserve_over($port, $variant, 'busy')->ok, 'the second try is served');
	});
	equal(count($seen), 2);
}

function test_a_refusal_is_not_asked_again(): void
{
	$variant = variant(0);
	$seen = on_a_bad_way('relays', function (int $port) use ($variant): void {
		equal(reserve_over($port, $variant, 's')->code, 'insufficient_stock');
	});
	equal(count($seen), 1);
}

/** nginx is there, the service is not. */
function test_the_pool_is_down(): void
{
	$pool = (int)file_get_contents(HOME . '/run/pool.pid');
	posix_kill($pool, SIGTERM);
	try {
		until(fn() => !is_running($pool), 'the pool has ended');
		$away = thrown(StockServiceUnavailable::class,
			fn() => service(language: 'tr')->availability([1]));
		equal([$away->status, $away->errorCode, $away->retryAfterSeconds], [502, 'unavailable', 1]);
		equal(strlen($away->requestId), 32);
		truth(str_starts_with($away->messageForShopper, 'Stok bilgisine'), $away->messageForShopper);
	} finally {
		run('--detach');
	}
	truth(service()->createReservation(variant(1), 1, 'again')->ok, 'it is back');
}

function is_running(int $pid): bool
{
	$stat = (string)@file_get_contents("/proc/$pid/stat");
	return $stat !== '' && !in_array(substr($stat, strrpos($stat, ')') + 2, 1), ['Z', 'X'], true);
}

run_tests(start(...));
