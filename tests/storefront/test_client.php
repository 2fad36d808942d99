#!/usr/bin/env php
<?php
/* Stok.php with the running service: what it asks, and what it makes of the answers. */
declare(strict_types=1);

require __DIR__ . '/tap.php';
require __DIR__ . '/instance.php';

use Stok\Line;
use Stok\StockRequestRejected;

function test_a_hold_is_typed(): void
{
	$variant = variant(5);
	$result = service()->createReservation($variant, 2, 'typed', userId: 7, ttlSeconds: 60);
	truth($result->ok, $result->message);
	equal($result->code, '');
	$hold = $result->reservation;
	equal([$hold->variantId, $hold->quantity, $hold->status], [$variant, 2, 'ACTIVE']);
	truth($hold->expiresInSeconds >= 1 && $hold->expiresInSeconds <= 60, 'the time left is told');
	equal($hold->expiresAt->getOffset(), 0);
	equal($result->reservations, [$hold]);
	equal(sql("SELECT quantity, sessionId, userId, expiresAt FROM StockReservation "
		. "WHERE id = $hold->id"), [['2', 'typed', '7', $hold->expiresAt->format('Y-m-d H:i:s.v')]]);
}

function test_a_refusal_is_a_result_with_words_for_the_shopper(): void
{
	$variant = variant(1);
	service()->createReservation($variant, 1, 'first');
	foreach (['en' => 'There is not enough stock.', 'tr' => 'Yeterli stok yok.',
		'tr-TR,tr;q=0.9,en;q=0.5' => 'Yeterli stok yok.'] as $language => $message) {
		$result = service(language: $language)->createReservation($variant, 1, 'second');
		equal([$result->ok, $result->code, $result->message, $result->reservation],
			[false, 'insufficient_stock', $message, null]);
	}
	$short = $result->shortages[0];
	equal([$short->variantId, $short->requested, $short->available], [$variant, 1, 0]);
	truth($short->retryAfterSeconds > 0, 'it is told when the next hold ends');
	equal(strlen($result->requestId), 32, 'the request id');
}

function test_an_unknown_variant_is_a_refusal(): void
{
	$result = service()->createReservation(999999, 1, 's');
	equal([$result->ok, $result->code, $result->unknownVariantIds],
		[false, 'variant_not_found', [999999]]);
}

function test_an_update_that_is_refused_leaves_the_old_hold(): void
{
	$variant = variant(3);
	$old = service()->createReservation($variant, 2, 'updates')->reservation;
	$refused = service()->updateReservation($old->id, $variant, 4, 'updates');
	equal([$refused->code, $refused->shortages[0]->available], ['insufficient_stock', 3]);
	equal(sql("SELECT status FROM StockReservation WHERE id = $old->id"), [['ACTIVE']]);

	$new = service()->updateReservation($old->id, $variant, 3, 'updates')->reservation;
	equal($new->quantity, 3);
	equal(sql("SELECT status, cancelReason FROM StockReservation WHERE id = $old->id"),
		[['CANCELLED', 'REPLACED']]);
	equal(number("SELECT reserved FROM ProductVariant WHERE id = $variant"), 3);
}

function test_an_update_of_somebody_elses_hold_is_refused(): void
{
	$variant = variant(3);
	$hold = service()->createReservation($variant, 1, 'owner')->reservation;
	$refused = service()->updateReservation($hold->id, $variant, 1, 'thief');
	equal([$refused->code, $refused->lostReservationIds], ['reservation_not_found', [$hold->id]]);
}

function test_a_cart_is_held_at_once_or_not_at_all(): void
{
	[$many, $few, $none] = [variant(9), variant(1), variant(0)];
	$items = [
		['variantId' => $many, 'quantity' => 2],
		['variantId' => $few, 'quantity' => 2],
		['variantId' => $none, 'quantity' => 1, 'replaces' => null],
	];
	$refused = service()->reserveItems($items, 'cart');
	equal([$refused->code, $refused->reservations], ['insufficient_stock', []]);
	equal(array_map(fn($short) => [$short->variantId, $short->requested, $short->available],
		$refused->shortages), [[$few, 2, 1], [$none, 1, 0]]);
	equal(number("SELECT COUNT(*) FROM StockReservation WHERE sessionId = 'cart'"), 0);

	$items[1]['quantity'] = 1;
	$result = service()->reserveItems(array_slice($items, 0, 2), 'cart', ttlSeconds: 600);
	equal(array_map(fn($hold) => [$hold->variantId, $hold->quantity], $result->reservations),
		[[$many, 2], [$few, 1]]);
	equal($result->reservation, $result->reservations[0]);
}

function test_the_same_key_gives_the_same_hold(): void
{
	$variant = variant(5);
	$first = service()->createReservation($variant, 1, 'twice', idempotencyKey: 'form-1');
	$second = service()->createReservation($variant, 1, 'twice', idempotencyKey: 'form-1');
	equal([$first->isReplay, $second->isReplay], [false, true]);
	equal($second->reservation->id, $first->reservation->id);
	$other = thrown(StockRequestRejected::class, fn() => service()
		->createReservation($variant, 2, 'twice', idempotencyKey: 'form-1'));
	equal([$other->status, $other->errorCode], [422, 'idempotency_key_reused']);
}

function test_without_a_key_each_call_is_another_hold(): void
{
	$variant = variant(5);
	$stock = service();
	$ids = [$stock->createReservation($variant, 1, 'two')->reservation->id,
		$stock->createReservation($variant, 1, 'two')->reservation->id];
	truth($ids[0] !== $ids[1], 'two holds');
}

function test_cancel_gives_units_back_once(): void
{
	$variant = variant(5);
	$hold = service()->createReservation($variant, 3, 'cancels')->reservation;
	foreach ([3, 0] as $released) {
		$result = service()->cancelReservation($hold->id, 'cancels');
		truth($result->ok, $result->message);
		equal([$result->lines[0]->outcome, $result->lines[0]->released], ['cancelled', $released]);
	}
	equal(number("SELECT reserved FROM ProductVariant WHERE id = $variant"), 0);
}

function test_cancel_of_many_tells_each_line(): void
{
	$variant = variant(5);
	$mine = service()->createReservation($variant, 1, 'mine')->reservation;
	$foreign = service()->createReservation($variant, 1, 'foreign')->reservation;
	$result = service()->cancelReservation([$mine->id, $foreign->id], 'mine');
	truth($result->ok, 'one line was done');
	equal(array_map(fn(Line $line) => [$line->reservationId, $line->ok], $result->lines),
		[[$mine->id, true], [$foreign->id, false]]);
	equal(array_map(fn(Line $line) => $line->outcome, $result->failed()), ['not_found']);
	equal(service()->cancelReservation($foreign->id, 'mine')->code, 'reservation_not_found');
}

function test_convert_sells_once(): void
{
	$variant = variant(5);
	$hold = service()->createReservation($variant, 2, 'buys')->reservation;
	foreach (['converted', 'already_converted'] as $outcome) {
		$result = service()->convertReservation($hold->id, 'A-1', 'buys');
		equal([$result->ok, $result->allConverted, $result->lines[0]->outcome],
			[true, true, $outcome]);
		equal([$result->lines[0]->variantId, $result->lines[0]->quantity], [$variant, 2]);
	}
	equal(sql("SELECT stock, reserved FROM ProductVariant WHERE id = $variant"), [['3', '0']]);
	$other = service(language: 'tr')->convertReservation($hold->id, 'A-2');
	equal([$other->ok, $other->code, $other->message], [false, 'converted_for_other_order',
		'Rezervasyon başka bir sipariş için dönüştürülmüş.']);
}

function test_convert_is_all_or_nothing_unless_told(): void
{
	$variant = variant(5);
	$good = service()->createReservation($variant, 1, 'partly')->reservation->id;
	$gone = service()->createReservation($variant, 1, 'partly')->reservation->id;
	service()->cancelReservation($gone);
	$refused = service()->convertReservations([$good, $gone], 'P-1');
	equal([$refused->ok, $refused->code], [false, 'reservation_cancelled']);
	equal(array_map(fn(Line $line) => $line->outcome, $refused->lines),
		['would_convert', 'reservation_cancelled']);
	$partly = service()->convertReservations([$good, $gone], 'P-1', partial: true);
	equal([$partly->ok, $partly->allConverted], [true, false]);
}

function test_a_late_payment_is_honoured_while_there_is_stock(): void
{
	$variant = variant(1);
	$late = service()->createReservation($variant, 1, 'late')->reservation->id;
	expire($late);
	equal(service()->convertReservation($late, 'L-1')->lines[0]->outcome, 'revived');

	$variant = variant(1);
	$late = service()->createReservation($variant, 1, 'late')->reservation->id;
	expire($late);
	service()->createReservation($variant, 1, 'quicker');
	$result = service()->convertReservation($late, 'L-2');
	equal([$result->ok, $result->code], [false, 'late_short']);
}

function test_extend_moves_the_end_of_live_holds_only(): void
{
	$variant = variant(5);
	$live = service()->createReservation($variant, 1, 'extends', ttlSeconds: 60)->reservation->id;
	$ended = service()->createReservation($variant, 1, 'extends')->reservation->id;
	expire($ended);
	$result = service()->extendReservations([$live, $ended], 'extends', 1800);
	equal(array_map(fn(Line $line) => $line->outcome, $result->lines),
		['extended', 'reservation_expired']);
	truth($result->lines[0]->expiresInSeconds > 60, 'there is more time');
	equal(count(service()->extendReservations(null, 'extends')->lines), 1, 'all live holds');
	equal(service()->extendReservations([$ended])->code, 'reservation_expired');
}

function test_merge_moves_the_holds_to_the_new_session(): void
{
	$variant = variant(5);
	$hold = service()->createReservation($variant, 1, 'before')->reservation;
	equal(service()->mergeSession('before', 'after', 12)->reservationIds, [$hold->id]);
	equal(service()->reservations('before')->reservations, []);
	$moved = service()->reservations('after')->reservation;
	equal([$moved->id, $moved->quantity], [$hold->id, 1]);
	equal(sql("SELECT sessionId, userId FROM StockReservation WHERE id = $hold->id"),
		[['after', '12']]);
	$none = service()->mergeSession('before', 'after', 12);
	equal([$none->ok, $none->reservationIds], [true, []]);
}

function test_a_session_with_more_than_a_hundred_holds_takes_more_calls(): void
{
	$item = ['variantId' => variant(101), 'quantity' => 1];
	$stock = service();
	equal(count($stock->reserveItems(array_fill(0, 100, $item), 'big')->reservations), 100);
	$last = $stock->createReservation($item['variantId'], 1, 'big')->reservation->id;
	$first = $stock->reservations('big');
	equal([$first->more, count($first->reservations)], [true, 100]);
	$rest = $stock->reservations('big', after: $first->reservations[99]->id);
	equal([$rest->more, array_column($rest->reservations, 'id')], [false, [$last]]);
	equal([$stock->mergeSession('big', 'bigger', 1)->more,
		$stock->mergeSession('big', 'bigger', 1)->more], [true, false]);
}

function test_availability_is_by_variant(): void
{
	[$some, $none] = [variant(30), variant(1)];
	service()->createReservation($none, 1, 'has-it');
	$found = service()->availability([$none, $some, 999999]);
	equal(array_keys($found), [$some, $none]);
	equal([$found[$some]->available, $found[$some]->more], [30, false]);
	equal($found[$none]->available, 0);
	truth($found[$none]->nextReleaseInSeconds > 0, 'it is told when the next hold ends');
}

function test_without_the_key_a_shop_is_somebody_else(): void
{
	$wrong = thrown(StockRequestRejected::class,
		fn() => service(apiKey: str_repeat('0', 64))->createReservation(variant(1), 1, 's'));
	equal([$wrong->status, $wrong->errorCode], [401, 'unauthorized']);
	$bad = thrown(StockRequestRejected::class,
		fn() => service()->createReservation(variant(1), 0, 's'));
	equal([$bad->status, $bad->errorCode], [400, 'invalid_request']);
	truth(str_contains($bad->getMessage(), '/quantity'), $bad->getMessage());
}

function test_another_server_is_not_taken_for_stok(): void
{
	$html = service(url: 'http://127.0.0.1:' . PORT . '/shop');
	equal(thrown(StockRequestRejected::class, fn() => $html->availability([1]))->status, 404);
}

function test_no_header_is_smuggled_in(): void
{
	$evil = "s\r\nX-Forwarded-For: 1.2.3.4";
	foreach ([
		fn() => service()->reservations($evil),
		fn() => service()->createReservation(1, 1, 's', idempotencyKey: $evil),
		fn() => service(apiKey: $evil),
		fn() => service(language: $evil),
	] as $work) {
		thrown(InvalidArgumentException::class, $work);
	}
}

function test_the_shops_request_id_stands_in_the_log(): void
{
	$id = 'shop-' . bin2hex(random_bytes(8));
	service(requestId: $id)->createReservation(variant(1), 1, 'logged');
	$line = audit($id);
	equal([$line['clientRequestId'], $line['action'], $line['caller']],
		[$id, 'reserve', 'storefront']);
	service(requestId: "a shopper's \"own\" header")->createReservation(variant(1), 1, 'logged');
}

function test_a_proxy_of_the_environment_never_gets_the_key(): void
{
	foreach (['http_proxy', 'all_proxy'] as $name) {
		putenv("$name=http://127.0.0.1:9");
	}
	truth(service()->createReservation(variant(1), 1, 's')->ok, 'the way is direct');
	putenv('http_proxy');
	putenv('all_proxy');
}

/** nginx as it is shipped for production: the storefront's own listener, which needs no key. */
function test_the_way_over_a_unix_socket_needs_no_key(): void
{
	$home = HOME . '/storefront';
	$socket = realpath(HOME . '/run') . '/storefront.sock';
	[$nginx, $pid] = start_nginx($home, $socket);
	try {
		until(fn() => @stream_socket_client("unix://$socket") !== false, 'nginx listens');
		$stock = service(url: 'http://localhost', unixSocket: $socket, apiKey: null);
		$hold = $stock->createReservation(variant(1), 1, 'unix')->reservation;
		truth($stock->convertReservation($hold->id, 'U-1')->ok, 'it is the storefront');
	} finally {
		posix_kill($pid, SIGTERM);
		proc_close($nginx);
	}
}

/** @return array{resource, int} the process and its id */
function start_nginx(string $home, string $socket): array
{
	@mkdir("$home/stok", recursive: true);
	@unlink($socket);
	foreach (glob(HOME . '/nginx/stok/*.conf') as $file) {
		file_put_contents("$home/stok/" . basename($file), strtr(file_get_contents($file),
			[HOME . '/log/access.log' => "$home/access.log"]));
	}
	$servers = file_get_contents(ROOT . '/nginx/stok-production.conf');
	$own = preg_replace('/^# ?/m', '', substr($servers, strpos($servers, '# server {')));
	$own = strtr($own, ['/run/stok-storefront/http.sock' => $socket,
		'/var/log/stok/access.log' => "\"$home/access.log\""]);
	$temporary = '';
	foreach (['client_body', 'fastcgi', 'proxy', 'scgi', 'uwsgi'] as $kind) {
		$temporary .= "{$kind}_temp_path \"$home/$kind\";\n";
	}
	$user = posix_getuid() === 0 ? 'user root;' : '';
	file_put_contents("$home/nginx.conf", "$user daemon off; worker_processes 1;\n"
		. "pid \"$home/nginx.pid\";\nevents { worker_connections 256; }\n"
		. "http {\n{$temporary}include stok/stok-http.conf;\n$own\n}\n");
	$process = proc_open(['/usr/sbin/nginx', '-p', $home, '-e', "$home/error.log", '-c',
		"$home/nginx.conf"], [['file', '/dev/null', 'r']], $pipes);
	return [$process, proc_get_status($process)['pid']];
}

run_tests(start(...));
