#!/usr/bin/env python3
"""The audit line: one JSON object a request, joined both ways with the rows, safe to read."""

from stok import *
from tap import equal, main

FIELDS = {
    "time", "requestId", "clientRequestId", "addr", "caller", "method", "path", "status",
    "upstreamTime", "action", "outcome", "reservationIds", "lines", "orderId", "userId",
    "session", "replay", "swept",
}


def line_of(answer):
    """The audit line of an answer."""
    return audit((answer.body or {}).get("requestId") or answer.headers["x-request-id"])


def test_a_reserve_stands_in_log_and_table():
    empty()
    variant(1, 10)
    answer = reserve(1, 3, "secret-session", userId=7)
    line = line_of(answer)
    equal(FIELDS - set(line), set())
    equal((line["action"], line["outcome"], str(line["status"])), ("reserve", "reserved", "201"))
    equal((line["caller"], line["method"]), ("storefront", "POST"))
    equal((line["path"], line["lines"]), ("/api/stock/reserve", "1:3"))
    equal(line["reservationIds"], str(answer.body["reservationId"]))
    equal(line["userId"], "7")
    equal(len(line["session"]), 32)
    rows = sql("SELECT createdRequestId FROM StockReservation")
    equal(rows, [[line["requestId"]]])


def test_a_session_id_never_stands_in_a_log():
    for name in ("access.log", "error.log", "stokd.log"):
        assert not any("secret-session" in line for line in log_lines(name)), name


def test_one_session_has_one_hash():
    empty()
    variant(1, 10)
    first = line_of(reserve(1, 1, "a"))["session"]
    equal(line_of(reserve(1, 1, "a"))["session"], first)
    assert line_of(reserve(1, 1, "b"))["session"] != first


def test_closing_requests_stand_on_the_rows_they_closed():
    empty()
    variant(1, 10)
    cancelled, converted, untouched = held(1, 1), held(1, 2), held(1, 3)
    by_cancel = line_of(cancel([cancelled, 424242]))
    by_convert = line_of(convert([converted], orderId="A-1"))
    equal((by_cancel["reservationIds"], by_cancel["lines"]), (str(cancelled), "1:1"))
    equal((by_convert["reservationIds"], by_convert["orderId"]), (str(converted), "A-1"))
    equal(
        sql("SELECT id, closedRequestId FROM StockReservation ORDER BY id"),
        [[str(cancelled), by_cancel["requestId"]], [str(converted), by_convert["requestId"]],
         [str(untouched), "NULL"]],
    )
    equal(line_of(convert([converted]))["outcome"], "already_converted")


def test_refusals_and_faults_are_logged():
    empty()
    variant(1, 1)
    line = line_of(reserve(1, 2))
    equal((line["outcome"], line["lines"], line["reservationIds"]),
          ("insufficient_stock", "1:2", ""))
    equal(line_of(reserve(1, -1))["outcome"], "invalid_request")
    line = line_of(request("GET", "/nowhere?sessionId=in-the-query"))
    equal((line["outcome"], line["path"]), ("no_such_endpoint", "/nowhere"))


def test_100_lines_of_the_longest_ids_fit():
    empty()
    variant(1, 10**9)
    sql(f"ALTER TABLE StockReservation AUTO_INCREMENT={2**62}")
    try:
        ids = [held(1, 1000000) for _ in range(100)]
        assert min(ids) >= 2**62, ids[0]
        order = "o" * 64
        answer = convert(ids, orderId=order, sessionId="shopper")
        equal(answer.status, 200)
        line = line_of(answer)
        equal(line["reservationIds"].split(), [str(reservation) for reservation in ids])
        equal(line["lines"].split(), ["1:1000000"] * 100)
        equal(line["orderId"], order)
    finally:
        empty()
        sql("ALTER TABLE StockReservation AUTO_INCREMENT=1")


def test_nothing_that_is_sent_breaks_the_log():
    marks = []
    for index, path in enumerate((
        b'/a"b', b"/a%0d%0aforged", b"/a%00b", b"/\xff\xfe", b"/a\tb", b"/" + b"x" * 3000,
        b"/%ff%fe?sessionId=query-secret",
    )):
        mark = f"inject-{index}"
        marks.append(mark)
        exchange(b"GET " + path + b" HTTP/1.0\r\nX-Request-Id: " + mark.encode() + b"\r\n"
                 b'Referer: "}\r\nAccept-Language: \xff"\r\n\r\n')
    reserve(1, 1, 'quote"\\', orderId='"}')
    time.sleep(0.3)
    for text in log_lines():
        line = json.loads(text)
        assert FIELDS <= set(line), line
        assert "query-secret" not in text
    seen = {json.loads(text)["clientRequestId"] for text in log_lines()}
    missing = [mark for mark in marks if mark not in seen]
    # nginx itself refuses what is no request line at all, before it reads any header.
    assert len(missing) <= 2, missing


def test_what_nginx_answers_itself_is_told_apart():
    answer = request("POST", "/api/stock/reserve", b"x" * 200000)
    equal((answer.status, answer.body["code"]), (413, "body_too_large"))
    line = line_of(answer)
    equal((line["outcome"], line["path"]), ("body_too_large", "/api/stock/reserve"))


if __name__ == "__main__":
    main(start)
