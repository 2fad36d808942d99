<?php
/*
 * The shop's side of stok, the service that holds stock while shoppers shop. One file, for PHP 8.2
 * with its curl extension: copy it, or have Composer install it. HOOKS.md says which call belongs
 * at which moment of a shop.
 *
 *     $stock = new Stok\StockService('http://127.0.0.1', apiKey: $key, language: 'tr');
 *     $result = $stock->createReservation(variantId: 4, quantity: 1, sessionId: $session);
 *     if ($result->ok) {
 *         remember($result->reservation->id);
 *     } else {
 *         tell($result->message); // in the shopper's language: "Yeterli stok yok."
 *     }
 *
 * What may happen to a call, and what a shop does then:
 *
 *   done        a result whose ok is true.
 *   refused     a result whose ok is false (the service's 409 and 404). Nothing has changed. Its
 *               code says why, its message is for the shopper.
 *   away        StockServiceUnavailable: no answer, or 5xx, twice within the time that a shopper is
 *               made to wait. At payment a shop is closed then: take no money for what may be gone.
 *               At the cart it may choose: go on without a hold, and take the holds at the start of
 *               payment, or refuse. Never call it "out of stock".
 *   our fault   StockRequestRejected: a wrong key or address, or a bug in the shop. For the log.
 *
 * Time: connecting may take 300 ms, a call 2 s in all, both tries together. The second try has the
 * first one's Idempotency-Key, so one call never leaves two holds; cancel, convert, extend and merge
 * are idempotent by themselves.
 */
declare(strict_types=1);

namespace Stok;

// ---- what comes back -----------------------------------------------------------------------------

/** Units of a variant that are held for a session. */
final readonly class Reservation
{
	/**
	 * @param int $id the reservationId
	 * @param int $quantity units
	 * @param string $status ACTIVE, COMPLETED (sold) or CANCELLED
	 * @param \DateTimeImmutable $expiresAt by the database's clock, UTC
	 * @param int $expiresInSeconds what was left when the answer was made, rounded down. Count down
	 *     from this: the clock of a browser may be wrong, and so may the web server's.
	 */
	public function __construct(
		public int $id,
		public int $variantId,
		public int $quantity,
		public string $status,
		public \DateTimeImmutable $expiresAt,
		public int $expiresInSeconds,
	) {}

	/** @internal */
	public static function from(Members $row): self
	{
		return new self($row->int('reservationId'), $row->int('variantId'), $row->int('quantity'),
			$row->text('status'), $row->time('expiresAt'), $row->int('expiresInSeconds'));
	}
}

/** A variant of which there is not enough. */
final readonly class Shortage
{
	/**
	 * @param int $requested units that the whole request wanted of it
	 * @param int $available units that the shopper could have, what is to be replaced included
	 * @param ?int $retryAfterSeconds when the next hold of somebody else ends, rounded up; null if
	 *     there is none
	 */
	public function __construct(
		public int $variantId,
		public int $requested,
		public int $available,
		public ?int $retryAfterSeconds,
	) {}

	/** @internal */
	public static function from(Members $row): self
	{
		return new self($row->int('variantId'), $row->int('requested'), $row->int('available'),
			$row->intOrNull('retryAfterSeconds'));
	}
}

/** What became of one reservation in a list. */
final readonly class Line
{
	/**
	 * @param string $outcome done: converted, revived (the payment came late, the units were still
	 *     there), already_converted, extended, cancelled, duplicate. Failed: not_found,
	 *     reservation_cancelled, reservation_expired, converted_for_other_order, late_short (too
	 *     late, the units are sold), stock_short. would_convert: good, but another line was not.
	 * @param string $message for the shopper
	 * @param ?int $variantId of a convert
	 * @param ?int $quantity units, of a convert
	 * @param ?int $released units that this cancel gave back
	 * @param ?int $expiresInSeconds of an extend: what is left, rounded down
	 */
	public function __construct(
		public int $reservationId,
		public bool $ok,
		public string $outcome,
		public string $message,
		public ?int $variantId,
		public ?int $quantity,
		public ?int $released,
		public ?int $expiresInSeconds,
	) {}

	/** @internal */
	public static function from(Members $row): self
	{
		return new self($row->int('reservationId'), $row->bool('success'), $row->text('outcome'),
			$row->textOrNull('message') ?? '', $row->intOrNull('variantId'),
			$row->intOrNull('quantity'), $row->intOrNull('released'),
			$row->intOrNull('expiresInSeconds'));
	}
}

/** What can be had of a variant. */
final readonly class Availability
{
	/**
	 * @param int $available units, expired holds included
	 * @param bool $more there are more than that; only somebody without a key is told so little
	 * @param ?int $nextReleaseInSeconds when the next hold ends, rounded up; null if there is none
	 */
	public function __construct(
		public int $variantId,
		public int $available,
		public bool $more,
		public ?int $nextReleaseInSeconds,
	) {}

	/** @internal */
	public static function from(Members $row): self
	{
		return new self($row->int('variantId'), $row->int('available'),
			$row->boolOrNull('more') ?? false, $row->intOrNull('nextReleaseInSeconds'));
	}
}

/** What every answer has. */
abstract readonly class Result
{
	/** Was it done? If not, nothing was changed, but for the lines of a list that say so. */
	public bool $ok;

	/** Why not: insufficient_stock, reservation_expired, ...; '' if it was done. */
	public string $code;

	/** For the shopper, in the shopper's language. */
	public string $message;

	/** By which the service's log knows the request; '' if it was not told. */
	public string $requestId;

	/** A call takes 100 holds of a session: there are others, for the next call. */
	public bool $more;

	/** @internal */
	public function __construct(Answer $answer)
	{
		$this->more = $answer->body->boolOrNull('more') ?? false;
		$this->ok = $answer->body->bool('success');
		$this->code = $this->ok ? '' : $answer->body->text('code');
		$this->message = $answer->body->text('message');
		$this->requestId = $answer->requestId;
	}
}

/** Of createReservation, updateReservation, reserveItems and reservations. */
final readonly class ReservationResult extends Result
{
	/** The first of them, which is the only one unless a cart was asked for; null if refused. */
	public ?Reservation $reservation;

	/** @var list<Reservation> in the order of the request */
	public array $reservations;

	/** @var list<Shortage> of insufficient_stock: every variant that is short */
	public array $shortages;

	/** @var list<int> of variant_not_found: the variants that there are not */
	public array $unknownVariantIds;

	/**
	 * @var list<int> of reservation_not_found, reservation_cancelled and already_converted: the holds
	 *     that were to be replaced and cannot be
	 */
	public array $lostReservationIds;

	/** of limit_reached: what the operator allows at most; null otherwise */
	public ?int $max;

	/** The same key had been used before: this is what was reserved then, as it stands today. */
	public bool $isReplay;

	/** @internal */
	public function __construct(Answer $answer)
	{
		parent::__construct($answer);
		$body = $answer->body;
		$rows = match (true) {
			!$this->ok => [],
			$body->has('reservations') => $body->list('reservations'),
			default => [$body],
		};
		$this->reservations = array_map(Reservation::from(...), $rows);
		$this->reservation = $this->reservations[0] ?? null;
		$this->shortages = $this->code === 'insufficient_stock'
			? array_map(Shortage::from(...), $body->list('lines')) : [];
		$this->unknownVariantIds = $body->ints('variantIds');
		$this->lostReservationIds = $body->ints('reservationIds');
		$this->max = $body->intOrNull('max');
		$this->isReplay = $body->boolOrNull('replay') ?? false;
	}
}

/** Of cancelReservation and extendReservations: ok if at least one line was done. */
readonly class LinesResult extends Result
{
	/** @var list<Line> in the order of the request */
	public array $lines;

	/** @internal */
	public function __construct(Answer $answer)
	{
		parent::__construct($answer);
		$this->lines = $answer->body->has('details')
			? array_map(Line::from(...), $answer->body->list('details')) : [];
	}

	/** @return list<Line> those that were not done */
	public function failed(): array
	{
		return array_values(array_filter($this->lines, fn(Line $line): bool => !$line->ok));
	}
}

/** Of convertReservations. */
final readonly class ConversionResult extends LinesResult
{
	/** Is every line sold? Without $partial the same as ok. */
	public bool $allConverted;

	/** @internal */
	public function __construct(Answer $answer)
	{
		parent::__construct($answer);
		$this->allConverted = $answer->body->boolOrNull('allConverted') ?? false;
	}
}

/** Of mergeSession. */
final readonly class MergeResult extends Result
{
	/** @var list<int> the holds that were moved */
	public array $reservationIds;

	/** @internal */
	public function __construct(Answer $answer)
	{
		parent::__construct($answer);
		$this->reservationIds = $answer->body->ints('reservationIds');
	}
}

// ---- what a shop cannot go on from ---------------------------------------------------------------

/** The message is for the shop's log; it has no key and no session in it. */
abstract class StockException extends \RuntimeException
{
	/**
	 * @param int $status of HTTP; 0 if there was no answer
	 * @param string $errorCode the service's code; '' if it gave none
	 * @param string $requestId by which the service's log knows the request; '' if unknown
	 */
	public function __construct(
		string $message,
		public readonly int $status,
		public readonly string $errorCode,
		public readonly string $requestId,
	) {
		parent::__construct($message);
	}
}

/**
 * The service is away, or too busy: nobody knows whether the call was carried out. To repeat it later
 * is safe: a reservation with the same Idempotency-Key, anything else as it is.
 */
final class StockServiceUnavailable extends StockException
{
	/**
	 * @param string $messageForShopper in the shopper's language
	 * @param int $retryAfterSeconds when a job in the background may try again
	 */
	public function __construct(
		string $message,
		int $status,
		string $errorCode,
		string $requestId,
		public readonly string $messageForShopper,
		public readonly int $retryAfterSeconds,
	) {
		parent::__construct($message, $status, $errorCode, $requestId);
	}
}

/** Wrong key, wrong address, or a request that no shop should send: to be mended, not repeated. */
final class StockRequestRejected extends StockException {}

// ---- the service ---------------------------------------------------------------------------------

/**
 * The calls. One object serves one request of one shopper, whose language it speaks; it keeps its
 * connection between calls. Every method may throw StockServiceUnavailable and StockRequestRejected.
 *
 * A $sessionId is 1 to 128 visible ASCII characters and a credential: whoever knows it may give the
 * holds back. It is best a hash of the shop's session id, so that no session can be taken over from
 * the table of holds. Wherever it is given it is enforced: another session's hold is "not found".
 */
final class StockService
{
	/** Of the total time, so that the second try has what is left. */
	private const FIRST_TRY_PERCENT = 60;

	/** Not the answer's Retry-After: a shopper waits, and one try more is no storm. */
	private const PAUSE_MS = 100;

	private readonly string $requestId;
	private ?\CurlHandle $curl = null;

	/**
	 * @param string $url of the service, without a path: http://127.0.0.1:8081
	 * @param ?string $apiKey the storefront's key, sent as x-api-key; null where nginx trusts the way
	 * @param ?string $unixSocket the path of the listener that is the storefront's own (see
	 *     nginx/stok-production.conf). $url is http://localhost then, and no key is needed.
	 * @param string $language of the shopper: tr, en, or a whole Accept-Language
	 * @param ?string $requestId of the shop's own request, so that its log and the service's can be
	 *     joined: 1 to 64 of A-Z a-z 0-9 . _ -; anything else is replaced by a random one
	 * @param int $connectTimeoutMs of each try
	 * @param int $totalTimeoutMs of a call, both tries together
	 */
	public function __construct(
		private readonly string $url,
		#[\SensitiveParameter] private readonly ?string $apiKey = null,
		private readonly ?string $unixSocket = null,
		private readonly string $language = 'tr',
		?string $requestId = null,
		private readonly int $connectTimeoutMs = 300,
		private readonly int $totalTimeoutMs = 2000,
	) {
		foreach ([$apiKey ?? '', $language] as $header) {
			if (preg_match('/[^ -~]/', $header)) {
				throw new \InvalidArgumentException('a key or language must be visible ASCII');
			}
		}
		$this->requestId = preg_match('/^[A-Za-z0-9._-]{1,64}$/D', $requestId ?? '')
			? $requestId : bin2hex(random_bytes(16));
	}

	/**
	 * Holds units of a variant for a session: when a product goes into the cart.
	 *
	 * @param int $quantity units, 1 to 1,000,000
	 * @param ?int $userId the customer, if logged in
	 * @param ?int $ttlSeconds how long, 1 to 7200; null: 1800
	 * @param ?string $idempotencyKey 1 to 64 visible ASCII characters. The same key gives the same
	 *     hold: take one from the form, and a double click reserves once. null: a random one.
	 * @return ReservationResult refused as insufficient_stock, variant_not_found or limit_reached
	 */
	public function createReservation(
		int $variantId,
		int $quantity,
		string $sessionId,
		?int $userId = null,
		?int $ttlSeconds = null,
		?string $idempotencyKey = null,
	): ReservationResult {
		return $this->reserve(['variantId' => $variantId, 'quantity' => $quantity], $sessionId,
			$userId, $ttlSeconds, $idempotencyKey);
	}

	/**
	 * Another quantity in place of a hold, in one step: if it is refused, the shopper keeps the old
	 * hold; if it stands, the old one is cancelled and there is a new one with a new id and a new
	 * time. Also takes a hold anew that has expired.
	 *
	 * @param int $reservationId the hold to be replaced
	 * @param int $quantity units, 1 to 1,000,000, in all and not in addition
	 * @return ReservationResult refused as createReservation, and as reservation_not_found,
	 *     reservation_cancelled or already_converted
	 */
	public function updateReservation(
		int $reservationId,
		int $variantId,
		int $quantity,
		string $sessionId,
		?int $userId = null,
		?int $ttlSeconds = null,
		?string $idempotencyKey = null,
	): ReservationResult {
		return $this->reserve(
			['variantId' => $variantId, 'quantity' => $quantity, 'replaces' => $reservationId],
			$sessionId, $userId, $ttlSeconds, $idempotencyKey,
		);
	}

	/**
	 * Holds a cart at once, all of it or nothing.
	 *
	 * @param list<array{variantId: int, quantity: int, replaces?: ?int}> $items 1 to 100
	 * @return ReservationResult one reservation an item, in their order; refused as the two above,
	 *     with every variant that is short in $shortages
	 */
	public function reserveItems(
		array $items,
		string $sessionId,
		?int $userId = null,
		?int $ttlSeconds = null,
		?string $idempotencyKey = null,
	): ReservationResult {
		return $this->reserve(['items' => $items], $sessionId, $userId, $ttlSeconds,
			$idempotencyKey);
	}

	/**
	 * Gives holds back: when a product leaves the cart. What was cancelled, has expired or is sold
	 * stays as it is, and counts as done.
	 *
	 * @param int|list<int> $reservationIds 1 to 100
	 * @return LinesResult refused as reservation_not_found
	 */
	public function cancelReservation(
		int|array $reservationIds,
		?string $sessionId = null,
	): LinesResult {
		return new LinesResult($this->call('POST', 'cancel-reservation', [
			'reservationIds' => (array)$reservationIds, 'sessionId' => $sessionId,
		]));
	}

	/** convertReservations() of one. */
	public function convertReservation(
		int $reservationId,
		string $orderId,
		?string $sessionId = null,
	): ConversionResult {
		return $this->convertReservations([$reservationId], $orderId, $sessionId);
	}

	/**
	 * Sells what was held: once the order is paid. All of it or nothing, unless $partial. The same
	 * call for the same order again is a success and takes nothing off a second time. A hold that
	 * has expired meanwhile is sold too if the units are still there.
	 *
	 * @param list<int> $reservationIds 1 to 100
	 * @param string $orderId 1 to 64 visible ASCII characters
	 * @param bool $partial line by line: what can be sold is sold
	 * @return ConversionResult refused with the code of the first line that failed: late_short,
	 *     insufficient_stock, reservation_cancelled, converted_for_other_order, reservation_not_found
	 */
	public function convertReservations(
		array $reservationIds,
		string $orderId,
		?string $sessionId = null,
		bool $partial = false,
	): ConversionResult {
		return new ConversionResult($this->call('POST', 'convert-reservations', [
			'reservationIds' => $reservationIds, 'orderId' => $orderId, 'sessionId' => $sessionId,
			'partial' => $partial,
		]));
	}

	/**
	 * Moves the end of live holds: at the start of payment. It is never moved back, and not beyond
	 * two hours after the hold began.
	 *
	 * @param ?list<int> $reservationIds 1 to 100; null: all live holds of the session
	 * @param ?int $ttlSeconds from now on, 1 to 7200; null: 1800
	 * @return LinesResult a line that failed is reservation_expired (take it anew by
	 *     updateReservation), reservation_cancelled, already_converted or not_found
	 */
	public function extendReservations(
		?array $reservationIds,
		?string $sessionId = null,
		?int $ttlSeconds = null,
	): LinesResult {
		return new LinesResult($this->call('POST', 'extend-reservations', [
			'reservationIds' => $reservationIds, 'sessionId' => $sessionId,
			'ttlSeconds' => $ttlSeconds,
		]));
	}

	/**
	 * Gives the live holds of a session to another session and a user: after login, when the session
	 * id has changed. Ids, quantities and times stay; holds of other users stay where they are.
	 */
	public function mergeSession(string $fromSessionId, string $sessionId, int $userId): MergeResult
	{
		return new MergeResult($this->call('POST', 'merge-session', [
			'fromSessionId' => $fromSessionId, 'sessionId' => $sessionId, 'userId' => $userId,
		]));
	}

	/**
	 * What can be had. It is news, not a promise: only a hold is one.
	 *
	 * @param list<int> $variantIds 1 to 100
	 * @return array<int, Availability> by variantId; unknown variants are left out
	 */
	public function availability(array $variantIds): array
	{
		$answer = $this->call('GET', 'availability?variantIds=' . implode(',', $variantIds));
		$found = array_map(Availability::from(...), $answer->body->list('variants'));
		return array_column($found, null, 'variantId');
	}

	/**
	 * The live holds of a session, in the order of their ids: for the cart and its countdown.
	 *
	 * @param ?int $after the last id of the answer before, if that said $more
	 */
	public function reservations(string $sessionId, ?int $after = null): ReservationResult
	{
		return new ReservationResult($this->call('GET',
			'reservations' . ($after === null ? '' : "?after=$after"),
			headers: ["X-Session-Id: $sessionId"]));
	}

	/** @param array<string, mixed> $what one line, or items */
	private function reserve(
		array $what,
		string $sessionId,
		?int $userId,
		?int $ttlSeconds,
		?string $idempotencyKey,
	): ReservationResult {
		$key = $idempotencyKey ?? bin2hex(random_bytes(16));
		$body = $what + [
			'sessionId' => $sessionId, 'userId' => $userId, 'ttlSeconds' => $ttlSeconds,
		];
		return new ReservationResult(
			$this->call('POST', 'reserve', $body, ["Idempotency-Key: $key"])
		);
	}

	/**
	 * One call, tried twice at most.
	 *
	 * @param ?array<string, mixed> $body members that are null are left out
	 * @param list<string> $headers besides those that every call has
	 */
	private function call(
		string $method,
		string $endpoint,
		?array $body = null,
		array $headers = [],
	): Answer {
		$curl = $this->prepare($method, $endpoint, $body, $headers);
		$end = hrtime(true) + $this->totalTimeoutMs * 1_000_000;
		$first = intdiv($this->totalTimeoutMs * self::FIRST_TRY_PERCENT, 100);
		$answer = $this->attempt($curl, $first);
		if ($answer->status === 0 || $answer->status >= 500) {
			usleep(self::PAUSE_MS * 1000);
			$left = intdiv($end - hrtime(true), 1_000_000);
			$answer = $left > 0 ? $this->attempt($curl, $left) : $answer;
		}
		return $this->judge($answer, "$method $endpoint");
	}

	/** A connection is kept for the next call, and made anew by curl if nginx has closed it. */
	private function prepare(
		string $method,
		string $endpoint,
		?array $body,
		array $headers,
	): \CurlHandle {
		$this->curl ??= curl_init();
		curl_reset($this->curl);
		curl_setopt_array($this->curl, [
			CURLOPT_URL => rtrim($this->url, '/') . "/api/stock/$endpoint",
			CURLOPT_CUSTOMREQUEST => $method,
			CURLOPT_HTTPHEADER => [...$this->headers($body !== null), ...$this->checked($headers)],
			CURLOPT_RETURNTRANSFER => true,
			CURLOPT_PROTOCOLS => CURLPROTO_HTTP | CURLPROTO_HTTPS,
			CURLOPT_PROXY => '', // a key is for the service, not for the environment's proxy
			CURLOPT_NOSIGNAL => true, // else times below a second end at once on some systems
		]);
		if ($body !== null) {
			curl_setopt($this->curl, CURLOPT_POSTFIELDS, json_encode(
				array_filter($body, fn(mixed $value): bool => $value !== null), JSON_THROW_ON_ERROR
			));
		}
		if ($this->unixSocket !== null) {
			curl_setopt($this->curl, CURLOPT_UNIX_SOCKET_PATH, $this->unixSocket);
		}
		return $this->curl;
	}

	/** @return list<string> */
	private function headers(bool $hasBody): array
	{
		$headers = [
			'Accept: application/json, application/problem+json',
			"Accept-Language: $this->language",
			"X-Request-Id: $this->requestId",
			'Expect:', // curl would wait for a "100 Continue"
		];
		if ($hasBody) {
			$headers[] = 'Content-Type: application/json';
		}
		if ($this->apiKey !== null) {
			$headers[] = "x-api-key: $this->apiKey";
		}
		return $headers;
	}

	/** A line break in a session id or key would begin a header of its own. */
	private function checked(array $headers): array
	{
		foreach ($headers as $header) {
			if (preg_match('/[^ -~]/', $header)) {
				throw new \InvalidArgumentException('a session id or key must be visible ASCII');
			}
		}
		return $headers;
	}

	private function attempt(\CurlHandle $curl, int $timeoutMs): Answer
	{
		$head = [];
		curl_setopt_array($curl, [
			CURLOPT_CONNECTTIMEOUT_MS => min($this->connectTimeoutMs, $timeoutMs),
			CURLOPT_TIMEOUT_MS => $timeoutMs,
			CURLOPT_HEADERFUNCTION => function (\CurlHandle $curl, string $line) use (&$head): int {
				[$name, $value] = explode(':', $line, 2) + [1 => ''];
				$head[strtolower($name)] = trim($value);
				return strlen($line);
			},
		]);
		$text = curl_exec($curl);
		if ($text === false) {
			return new Answer(0, new Members([]), '', 1, curl_error($curl));
		}
		$body = json_decode($text, true, 16);
		return new Answer(
			curl_getinfo($curl, CURLINFO_RESPONSE_CODE),
			new Members(is_array($body) ? $body : []),
			is_array($body) && is_string($body['requestId'] ?? null)
				? $body['requestId'] : $head['x-request-id'] ?? '',
			max(1, (int)($head['retry-after'] ?? 1)),
			'',
		);
	}

	/** Refusals by the rules are results; all other errors end here. */
	private function judge(Answer $answer, string $what): Answer
	{
		$status = $answer->status;
		$code = $answer->body->textOrNull('code') ?? '';
		$what = preg_replace('/\?.*/', '', $what);
		if ($status === 0 || $status === 429 || $status >= 500) {
			$why = $status === 0 ? $answer->trouble : "it answered $status $code";
			throw new StockServiceUnavailable("stok is away for $what: $why", $status, $code,
				$answer->requestId, $this->apology(), $answer->retryAfterSeconds);
		}
		$isRefusal = $status === 409 || ($status === 404 && str_ends_with($code, '_not_found'));
		$isSuccess = $status >= 200 && $status < 300 && $answer->body->has('success');
		if (!$isRefusal && !$isSuccess) {
			throw new StockRequestRejected(
				"stok rejected $what: $status $code " . ($answer->body->textOrNull('detail') ?? ''),
				$status, $code, $answer->requestId,
			);
		}
		return $answer;
	}

	/** There may be no answer that has words for the shopper. */
	private function apology(): string
	{
		return preg_match('/^\s*en/i', $this->language)
			? 'We cannot reach our stock at the moment. Please try again in a minute.'
			: 'Stok bilgisine şu anda ulaşamıyoruz. Lütfen bir dakika sonra yeniden deneyin.';
	}
}

// ---- reading answers -----------------------------------------------------------------------------

/** @internal An answer of HTTP, or none (status 0, and what the trouble was). */
final readonly class Answer
{
	public function __construct(
		public int $status,
		public Members $body,
		public string $requestId,
		public int $retryAfterSeconds,
		public string $trouble,
	) {}
}

/** @internal The members of a JSON object. One that must be there and is not: it is not stok's. */
final readonly class Members
{
	/** @param array<string, mixed> $values */
	public function __construct(private array $values) {}

	public function has(string $name): bool
	{
		return isset($this->values[$name]);
	}

	public function int(string $name): int
	{
		return $this->intOrNull($name) ?? throw self::missing($name);
	}

	public function intOrNull(string $name): ?int
	{
		$value = $this->values[$name] ?? null;
		return is_int($value) ? $value : null;
	}

	public function bool(string $name): bool
	{
		return $this->boolOrNull($name) ?? throw self::missing($name);
	}

	public function boolOrNull(string $name): ?bool
	{
		$value = $this->values[$name] ?? null;
		return is_bool($value) ? $value : null;
	}

	public function text(string $name): string
	{
		return $this->textOrNull($name) ?? throw self::missing($name);
	}

	public function textOrNull(string $name): ?string
	{
		$value = $this->values[$name] ?? null;
		return is_string($value) ? $value : null;
	}

	public function time(string $name): \DateTimeImmutable
	{
		$time = date_create_immutable($this->text($name), new \DateTimeZone('UTC'));
		return $time ?: throw self::missing($name);
	}

	/** @return list<int> empty if there is no such list */
	public function ints(string $name): array
	{
		return array_values(array_filter((array)($this->values[$name] ?? []), is_int(...)));
	}

	/** @return list<self> the objects of a list */
	public function list(string $name): array
	{
		$value = $this->values[$name] ?? null;
		if (!is_array($value)) {
			throw self::missing($name);
		}
		return array_map(fn(mixed $row): self => new self((array)$row), array_values($value));
	}

	private static function missing(string $name): StockRequestRejected
	{
		return new StockRequestRejected("no answer of stok's: it has no $name", 200, '', '');
	}
}
