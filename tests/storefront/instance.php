<?php
/* The instance under test, started by ./run: the same as of tests/lib/stok.py. */
declare(strict_types=1);

define('ROOT', dirname(__DIR__, 2));
define('HOME', getenv('STOK_VAR') ?: ROOT . '/var/check');
define('PORT', (int)(getenv('STOK_PORT') ?: 18088));

require_once ROOT . '/app/php/Stok.php';

/** ./run for this instance. */
function run(string ...$options): void
{
	execute([ROOT . '/run', '--port', (string)PORT, ...$options], '', ['STOK_VAR' => HOME]);
}

/** Starts whatever part of the instance does not run, and empties its tables. */
function start(): void
{
	run('--detach');
	sql('DELETE FROM StockReservation; DELETE FROM ProductVariant');
}

/**
 * Runs a program to its end; what it prints.
 *
 * @param list<string> $command
 */
function execute(array $command, string $input = '', array $environment = []): string
{
	$output = tempnam(sys_get_temp_dir(), 'stok'); // a pipe would be inherited by what goes on
	$process = proc_open($command, [['pipe', 'r'], ['file', $output, 'w'], ['file', $output, 'w']],
		$pipes, null, $environment + getenv());
	fwrite($pipes[0], $input);
	fclose($pipes[0]);
	$status = proc_close($process);
	$text = (string)file_get_contents($output);
	unlink($output);
	truth($status === 0, "$command[0] ends with $status: $text");
	return $text;
}

/**
 * Runs statements as the database's owner.
 *
 * @return list<list<string>> the rows of the last
 */
function sql(string $statements): array
{
	$text = execute(['mariadb', '--defaults-file=' . HOME . '/my.cnf', '--batch',
		'--skip-column-names', 'stok'], $statements);
	return array_map(fn(string $line): array => explode("\t", $line),
		array_values(array_filter(explode("\n", $text), fn(string $line): bool => $line !== '')));
}

function number(string $question): int
{
	return (int)sql($question)[0][0];
}

/** A product variant of its own for each test. */
function variant(int $stock): int
{
	static $last = 100;
	$last++;
	sql("INSERT INTO ProductVariant (id, stock) VALUES ($last, $stock)");
	return $last;
}

/** Lets a hold expire now. */
function expire(int $reservation): void
{
	sql("UPDATE StockReservation SET expiresAt = UTC_TIMESTAMP(3) WHERE id = $reservation");
}

/** What a header file of ./run holds: the key alone. */
function key_of(string $kind): string
{
	return trim(substr((string)file_get_contents(HOME . "/$kind.hdr"), strlen('x-api-key: ')));
}

/** The service as a shop has it. */
function service(mixed ...$settings): Stok\StockService
{
	return new Stok\StockService(...$settings + [
		'url' => 'http://127.0.0.1:' . PORT, 'apiKey' => key_of('storefront'), 'language' => 'en',
	]);
}

/** Waits for what must come. */
function until(callable $condition, string $what): void
{
	for ($tries = 0; $tries < 200; $tries++) {
		if ($condition()) {
			return;
		}
		usleep(50_000);
	}
	throw new AssertionError("not in 10 s: $what");
}

/** The line of the access log that has this word, parsed. nginx writes it after it answered. */
function audit(string $word): array
{
	$found = null;
	until(function () use ($word, &$found): bool {
		foreach (array_reverse(file(HOME . '/log/access.log')) as $line) {
			if (str_contains($line, $word)) {
				$found = json_decode($line, true, 4, JSON_THROW_ON_ERROR);
				return true;
			}
		}
		return false;
	}, "an audit line with $word");
	return $found;
}
