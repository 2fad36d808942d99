#!/usr/bin/env python3
"""What is away comes back by itself, and meanwhile nobody is told a lie."""

import signal

from stok import *
from tap import equal, main


def unavailable(answer, code):
    """A 5xx that says: come back."""
    equal((answer.status // 100, answer.body["code"]), (5, code), answer.text)
    equal(answer.body["success"], False)
    assert int(answer.headers["retry-after"]) >= 1, answer.headers


def test_without_the_database_requests_get_503_at_once():
    empty()
    variant(1, 100)
    pool = workers()
    os.kill(process(database()), signal.SIGKILL)
    try:
        for _ in range(5):
            before = time.monotonic()
            for answer in (reserve(1, 1), cancel(1), convert([1]), cleanup(),
                           request("GET", "/health/ready")):
                unavailable(answer, "database_unavailable")
            # The contract: within 2 seconds each.
            assert time.monotonic() - before < 10
        equal(request("GET", "/health/live").status, 200)
        equal(workers(), pool, "the processes stay up")
    finally:
        run("--detach")
    until(lambda: reserve(1, 1).status == 201, "holds after the database came back")
    equal(workers(), pool, "the processes stayed up")
    check_sums()


def test_a_killed_connection_is_made_anew_unseen():
    empty()
    variant(1, 100)
    for _ in range(5):
        kill_connections()
        equal(reserve(1, 1).status, 201)
    equal(number("SELECT reserved FROM ProductVariant"), 5)


def test_a_killed_worker_takes_nothing_with_it():
    empty()
    variant(1, 100000)
    stop = threading.Event()
    answers = []

    def shop(index):
        if index == 0:
            for _ in range(5):
                time.sleep(0.2)
                os.kill(workers()[0], signal.SIGKILL)
            stop.set()
            return
        while not stop.is_set():
            answers.append(reserve(1, 1, f"s{index}"))

    together(9, shop)
    held_ids = {a.body["reservationId"] for a in answers if a.status == 201}
    lost = [a for a in answers if a.status != 201]
    for answer in lost:
        unavailable(answer, "unavailable")
    rows = {int(row[0]) for row in sql("SELECT id FROM StockReservation")}
    assert held_ids <= rows, held_ids - rows
    # A request whose worker died may have committed; never more of them than died with it.
    assert len(rows) - len(held_ids) <= len(lost), (len(rows), len(held_ids), len(lost))
    check_sums()
    until(lambda: len(workers()) == 2, "two workers again")


def test_restarting_workers_one_by_one_loses_nothing():
    empty()
    variant(1, 100000)
    stop = threading.Event()
    answers = []

    def shop(index):
        if index == 0:
            for _ in range(6):
                time.sleep(0.2)
                os.kill(workers()[0], signal.SIGTERM)
            stop.set()
            return
        while not stop.is_set():
            answers.append(reserve(1, 1, f"s{index}").status)

    together(9, shop)
    equal(set(answers), {201})
    equal(number("SELECT COUNT(*) FROM StockReservation"), len(answers))
    check_sums()


def test_without_the_pool_nginx_says_so_in_json():
    os.kill(process("pool"), signal.SIGKILL)
    until(lambda: workers() == [], "no orphans")
    answer = reserve(1, 1)
    unavailable(answer, "unavailable")
    equal(answer.status, 502)
    line = audit(answer.body["requestId"])
    equal((line["outcome"], str(line["status"])), ("unavailable", "502"))
    turkish = reserve(1, 1, headers={"Accept-Language": "tr"})
    equal(turkish.headers["content-language"], "tr")
    run("--detach")
    equal(request("GET", "/health/ready").status, 200)


def test_a_client_that_left_does_not_hide_the_outcome():
    empty()
    variant(1, 10)
    mark = f"left-{os.getpid()}"
    body = b'{"variantId":1,"quantity":1,"sessionId":"left"}'
    with socket.create_connection(("127.0.0.1", PORT)) as connection:
        connection.sendall(
            b"POST /api/stock/reserve HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"X-Request-Id: %s\r\nContent-Length: %d\r\n\r\n%s" % (mark.encode(), len(body), body)
        )
    line = audit(mark)
    equal((line["outcome"], line["lines"]), ("reserved", "1:1"))
    equal(number("SELECT COUNT(*) FROM StockReservation"), 1)


def test_a_schema_that_is_too_old_is_not_ready():
    sql("UPDATE StokSchema SET version=-version")
    try:
        unavailable(request("GET", "/health/ready"), "database_unavailable")
    finally:
        sql("UPDATE StokSchema SET version=-version")
    equal(request("GET", "/health/ready").status, 200)


def test_one_poison_command_never_fails_its_neighbours():
    empty()
    variant(1, 1000)
    variant(2, 10)
    poison = held(2, 1)
    # The database refuses to write this row, whatever else stands in the statement.
    sql("CREATE TRIGGER poison BEFORE UPDATE ON StockReservation FOR EACH ROW "
        f"SET NEW.quantity=IF(OLD.id={poison}, -1, NEW.quantity)")
    try:
        def work(index):
            return cancel(poison).status if index % 8 == 0 else reserve(1, 1, f"n{index}").status

        statuses = together(64, work)
    finally:
        sql("DROP TRIGGER poison")
    equal({status for index, status in enumerate(statuses) if index % 8 == 0}, {500})
    equal({status for index, status in enumerate(statuses) if index % 8}, {201})
    equal(number("SELECT reserved FROM ProductVariant WHERE id=1"), 56)
    check_sums()


if __name__ == "__main__":
    main(start)
