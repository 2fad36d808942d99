<?php
/* Runs the test functions of a program and prints their results in the Test Anything Protocol. */
declare(strict_types=1);

/** Every function test_*, in the order in which they stand. The preparation's failure fails all. */
function run_tests(callable $prepare): never
{
	$tests = array_values(array_filter(get_defined_functions()['user'],
		fn(string $name): bool => str_starts_with($name, 'test_')));
	echo '1..', count($tests), "\n";
	try {
		$prepare();
	} catch (Throwable $error) {
		echo "Bail out! the preparation failed\n";
		diagnose((string)$error);
		exit(1);
	}
	$failed = 0;
	foreach ($tests as $number => $test) {
		$title = ($number + 1) . ' - ' . strtr(substr($test, strlen('test_')), '_', ' ');
		try {
			$test();
			echo "ok $title\n";
		} catch (Throwable $error) {
			$failed++;
			echo "not ok $title\n";
			diagnose((string)$error);
		}
	}
	exit($failed === 0 ? 0 : 1);
}

/** Lines that a TAP reader shows and does not count. */
function diagnose(string $text): void
{
	foreach (explode("\n", rtrim($text)) as $line) {
		echo "# $line\n";
	}
}

/** Asserts equality, and says both sides. */
function equal(mixed $found, mixed $expected, string $what = ''): void
{
	if ($found !== $expected) {
		throw new AssertionError("$what: found " . json_encode($found, JSON_UNESCAPED_UNICODE)
			. ', expected ' . json_encode($expected, JSON_UNESCAPED_UNICODE));
	}
}

function truth(bool $condition, string $what): void
{
	if (!$condition) {
		throw new AssertionError("not so: $what");
	}
}

/** The work must throw this; it is returned. */
function thrown(string $class, callable $work): Throwable
{
	try {
		$work();
	} catch (Throwable $error) {
		truth($error instanceof $class, "$class is thrown, not $error");
		return $error;
	}
	throw new AssertionError("nothing was thrown instead of $class");
}
