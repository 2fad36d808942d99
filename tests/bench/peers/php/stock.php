<?php
/*
 * A peer of the bench: the job of stok as a shop on PHP-FPM does it. Each request has a persistent
 * connection and one transaction.
 */
declare(strict_types=1);

mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);

final class Refusal extends Exception
{
	public function __construct(public int $status, public string $answer, string $message)
	{
		parent::__construct($message);
	}
}

function invalid(): Refusal
{
	return new Refusal(400, 'invalid_request', 'The request is not valid.');
}

function unknown(): Refusal
{
	return new Refusal(404, 'not_found', 'There is no such variant or reservation.');
}

function short(): Refusal
{
	return new Refusal(409, 'insufficient_stock', 'There is not enough in stock.');
}

function number(mixed $value, int $max = PHP_INT_MAX): int
{
	return is_int($value) && $value >= 1 && $value <= $max ? $value : throw invalid();
}

/* Visible ASCII characters. */
function text(mixed $value, int $max): string
{
	return is_string($value) && preg_match("/^[!-~]{1,$max}\$/D", $value) ? $value : throw invalid();
}

/*
 * A persistent connection is reset before it is handed out again: its settings are gone, and what
 * was prepared on it. So the settings are made in one packet, and all statements are texts.
 */
function begin(): mysqli
{
	$database = new mysqli('p:localhost', getenv('PEER_DB_USER'), getenv('PEER_DB_PASSWORD'),
		getenv('PEER_DB_NAME'), null, getenv('PEER_DB_SOCKET'));
	$database->multi_query("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED; "
		. "SET SESSION time_zone = '+00:00'; START TRANSACTION");
	while ($database->next_result()) {
		continue;
	}
	return $database;
}

/* Runs the work in a transaction of its own. Whatever it throws undoes it. */
function transact(callable $work): array
{
	$database = begin();
	try {
		$answer = $work($database);
		$database->commit();
		return $answer;
	} catch (Throwable $error) {
		try {
			$database->rollback();
		} catch (mysqli_sql_exception) {
			// the connection is lost, and the transaction with it
		}
		throw $error;
	}
}

function quoted(mysqli $database, ?string $value): string
{
	return $value === null ? 'NULL' : "'" . $database->real_escape_string($value) . "'";
}

function request_id(): ?string
{
	return $_SERVER['STOK_REQUEST_ID'] ?? null;
}

function reserve(array $ask): array
{
	$variant = number($ask['variantId'] ?? null);
	$quantity = number($ask['quantity'] ?? null, 1000000);
	$session = text($ask['sessionId'] ?? null, 128);
	return transact(function (mysqli $database) use ($variant, $quantity, $session): array {
		// SYSDATE is read once the lock is had; the other clocks stand still meanwhile.
		[$available, $expires] = $database->query(
			"SELECT stock - reserved, SYSDATE(3) + INTERVAL 30 MINUTE FROM ProductVariant "
			. "WHERE id = $variant FOR UPDATE"
		)->fetch_row() ?? throw unknown();
		if ((int)$available < $quantity) {
			throw short();
		}
		$database->query(
			"INSERT INTO StockReservation (variantId, quantity, sessionId, status, createdAt, "
			. "expiresAt, createdRequestId) VALUES ($variant, $quantity, "
			. quoted($database, $session) . ", 'ACTIVE', UTC_TIMESTAMP(3), '$expires', "
			. quoted($database, request_id()) . ")"
		);
		$reservation = $database->insert_id;
		$database->query(
			"UPDATE ProductVariant SET reserved = reserved + $quantity WHERE id = $variant"
		);
		return [
			'message' => 'The items are reserved for you.', 'reservationId' => $reservation,
			'variantId' => $variant, 'quantity' => $quantity, 'status' => 'ACTIVE',
			'expiresAt' => strtr($expires, ' ', 'T') . 'Z',
		];
	});
}

/* Variants first, ascending, so that nobody waits in a circle; then their holds. */
function lock_holds(mysqli $database, array $ids): array
{
	$list = implode(',', $ids);
	$variants = array_column($database->query(
		"SELECT variantId FROM StockReservation WHERE id IN ($list)"
	)->fetch_all(), 0);
	if (count($variants) < count($ids)) {
		throw unknown();
	}
	$database->query(
		"SELECT id FROM ProductVariant FORCE INDEX (PRIMARY) WHERE id IN ("
		. implode(',', $variants) . ") ORDER BY id FOR UPDATE"
	);
	return $database->query(
		"SELECT id, variantId, quantity, status FROM StockReservation WHERE id IN ($list) "
		. "ORDER BY id FOR UPDATE"
	)->fetch_all(MYSQLI_ASSOC);
}

/* Units for each variant. */
function units_of(array $holds): array
{
	$units = [];
	foreach ($holds as $hold) {
		$units[$hold['variantId']] = ($units[$hold['variantId']] ?? 0) + (int)$hold['quantity'];
	}
	return $units;
}

function active_of(array $holds): array
{
	return array_values(array_filter($holds, fn($hold) => $hold['status'] === 'ACTIVE'));
}

function close(mysqli $database, array $holds, string $change): void
{
	if ($holds === []) {
		return;
	}
	$database->query(
		"UPDATE StockReservation SET $change, closedAt = UTC_TIMESTAMP(3), closedRequestId = "
		. quoted($database, request_id()) . " WHERE id IN ("
		. implode(',', array_column($holds, 'id')) . ")"
	);
}

function cancel(array $ask): array
{
	$reservation = number($ask['reservationId'] ?? null);
	return transact(function (mysqli $database) use ($reservation): array {
		$holds = lock_holds($database, [$reservation]);
		$active = active_of($holds);
		close($database, $active, "status = 'CANCELLED', cancelReason = 'CUSTOMER'");
		foreach (units_of($active) as $variant => $units) {
			$database->query(
				"UPDATE ProductVariant SET reserved = reserved - $units WHERE id = $variant"
			);
		}
		return [
			'message' => 'The reservation is closed.', 'reservationId' => $reservation,
			'status' => $active ? 'CANCELLED' : $holds[0]['status'],
			'released' => array_sum(array_column($active, 'quantity')),
		];
	});
}

function convert(array $ask): array
{
	$ids = $ask['reservationIds'] ?? null;
	if (!is_array($ids) || count($ids) < 1 || count($ids) > 100) {
		throw invalid();
	}
	$ids = array_values(array_unique(array_map(fn($id) => number($id), $ids)));
	$order = isset($ask['orderId']) ? text($ask['orderId'], 64) : null;
	return transact(function (mysqli $database) use ($ids, $order): array {
		$holds = lock_holds($database, $ids);
		if (in_array('CANCELLED', array_column($holds, 'status'), true)) {
			throw new Refusal(409, 'reservation_cancelled', 'The reservation was cancelled.');
		}
		$active = active_of($holds);
		close($database, $active, "status = 'COMPLETED', orderId = " . quoted($database, $order));
		foreach (units_of($active) as $variant => $units) {
			$database->query(
				"UPDATE ProductVariant SET stock = stock - $units, reserved = reserved - $units "
				. "WHERE id = $variant AND stock >= $units"
			);
			if ($database->affected_rows === 0) {
				throw short();
			}
		}
		return [
			'message' => 'The order is complete.', 'status' => 'COMPLETED',
			'converted' => array_sum(array_column($active, 'quantity')),
		];
	});
}

function answer(int $status, array $body): void
{
	$text = json_encode($body);
	http_response_code($status);
	header('Content-Type: application/json');
	header('Content-Length: ' . strlen($text));
	echo $text;
}

function serve(): void
{
	$ask = json_decode(file_get_contents('php://input'), true, 8);
	[$work, $status] = match ($_SERVER['REQUEST_URI']) {
		'/api/stock/reserve' => [reserve(...), 201],
		'/api/stock/cancel-reservation' => [cancel(...), 200],
		'/api/stock/convert-reservations' => [convert(...), 200],
		default => throw new Refusal(404, 'no_such_endpoint', 'There is no such endpoint.'),
	};
	answer($status, ['success' => true] + $work(is_array($ask) ? $ask : throw invalid()));
}

try {
	serve();
} catch (Refusal $refusal) {
	answer($refusal->status, ['success' => false, 'code' => $refusal->answer,
		'message' => $refusal->getMessage()]);
} catch (Throwable $error) {
	error_log($error->getMessage());
	answer(503, ['success' => false, 'code' => 'unavailable', 'message' => 'Please try again.']);
}
