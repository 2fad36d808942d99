<?php
/*
 * A bad way between a shop and the service: listens on a port of its own, which it prints, and writes
 * each request down, a line of JSON a connection. Ends after a minute if nobody ends it.
 *
 *     php bad_way.php KIND PORT-OF-THE-SERVICE LOG
 *
 *     relays              is a good way
 *     silent              takes the request and never answers
 *     loses-first-answer  the first request reaches the service, its answer does not come back
 *     busy-at-first       the first request is answered with 503
 */
declare(strict_types=1);

[, $kind, $port, $log] = $argv;

/** One request with its body. */
function read_request(mixed $client): string
{
	$text = '';
	do {
		$text .= fread($client, 65536);
		$head = strstr($text, "\r\n\r\n", true);
		preg_match('/^Content-Length: (\d+)/mi', $text, $length);
	} while (!feof($client)
		&& ($head === false || strlen($text) < strlen($head) + 4 + (int)($length[1] ?? 0)));
	return $text;
}

/** The service's whole answer; it is asked to close the connection after it. */
function ask(string $port, string $request): string
{
	$service = stream_socket_client("tcp://127.0.0.1:$port");
	fwrite($service, preg_replace('/\r\n/', "\r\nConnection: close\r\n", $request, 1));
	return (string)stream_get_contents($service);
}

$server = stream_socket_server('tcp://127.0.0.1:0');
echo substr(strrchr(stream_socket_get_name($server, false), ':'), 1), "\n";
$silenced = []; // kept open
for ($number = 1, $end = time() + 60; time() < $end; $number++) {
	$client = @stream_socket_accept($server, 60);
	if ($client === false) {
		break;
	}
	$request = read_request($client);
	file_put_contents($log, json_encode($request) . "\n", FILE_APPEND);
	if ($kind === 'silent') {
		$silenced[] = $client;
		continue;
	}
	$answer = $kind === 'busy-at-first' && $number === 1
		? "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n\r\n"
		: ask($port, $request);
	if ($kind !== 'loses-first-answer' || $number > 1) {
		fwrite($client, $answer);
	}
	fclose($client);
}
