#!/usr/bin/env python3
"""One locked variant delays nobody but those who want it."""

from stok import *
from tap import equal, main


class Lock:
    """The lock of a row, held by a session from outside until it is released."""

    def __init__(self, identity, table="ProductVariant"):
        self.client = subprocess.Popen(
            ["mariadb", f"--defaults-file={VAR}/my.cnf", "--batch", "--skip-column-names",
             "--unbuffered", "stok"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
        )
        self.client.stdin.write(
            f"BEGIN; SELECT id FROM {table} WHERE id={identity} FOR UPDATE;\n"
        )
        self.client.stdin.flush()
        equal(self.client.stdout.readline().strip(), str(identity))

    def release(self):
        self.client.communicate("COMMIT;\n", timeout=10)


def fresh():
    empty()
    for identity in range(1, 21):
        variant(identity, 100000)


def test_the_others_go_on_and_those_who_want_it_are_told_busy():
    fresh()
    stuck_hold = held(1, 1)
    lock = Lock(1)
    released = threading.Event()
    answers = []

    def work(index):
        if index == 0:
            time.sleep(4)
            released.set()
            lock.release()
        elif index <= 8:
            wants = reserve(1, 1, f"stuck-{index}") if index % 2 else cancel(stuck_hold)
            equal((wants.status, wants.body["code"]), (503, "busy"))
            assert not released.is_set(), "waited for the lock's end"
        else:
            for turn in range(40):
                answers.append(reserve(2 + (index + turn) % 19, 1, f"free-{index}").status)
            assert not released.is_set(), "delayed by the locked variant"

    together(24, work)
    equal(answers, [201] * 600)
    equal(reserve(1, 1).status, 201)
    check_sums()


def test_who_waits_gets_the_lock_when_it_is_released():
    fresh()
    lock = Lock(1)

    def work(index):
        if index == 0:
            time.sleep(0.5)
            lock.release()
            return 201
        return reserve(1, 1, f"waits-{index}").status

    equal(together(9, work), [201] * 9)
    check_sums()


def test_a_statement_that_is_killed_while_it_waits_is_done_anew():
    for kind in ("CONNECTION", "QUERY"):
        fresh()
        lock = Lock(1)

        def work(index):
            if index == 0:
                time.sleep(0.4)
                kill_connections(kind)
                lock.release()
                return 201
            return reserve(1, 1, f"waits-{index}").status

        equal(together(2, work), [201, 201], kind)
        equal(number("SELECT SUM(reserved) FROM ProductVariant"), 1)
        check_sums()


def test_a_cart_over_a_locked_variant_waits_whole():
    fresh()
    holds = [held(identity, 1, "cart") for identity in (1, 2, 3)]
    lock = Lock(2)
    answer = convert(holds)
    equal((answer.status, answer.body["code"]), (503, "busy"))
    equal(number("SELECT COUNT(*) FROM StockReservation WHERE status='ACTIVE'"), 3)
    lock.release()
    equal(convert(holds).status, 200)
    check_sums()


def test_a_locked_hold_delays_only_those_who_name_it():
    fresh()
    stuck = held(1, 1)
    lock = Lock(stuck, "StockReservation")
    released = threading.Event()
    answers = []

    def work(index):
        if index == 0:
            time.sleep(3.5)
            released.set()
            lock.release()
        elif index <= 4:
            equal(cancel(stuck).status, 503)
        else:
            for turn in range(40):
                answers.append(reserve(1 + (index + turn) % 20, 1, f"free-{index}").status)
            assert not released.is_set(), "delayed by the locked hold"

    together(20, work)
    equal(answers, [201] * 600)
    check_sums()


def test_a_hot_variant_stays_hot_beside_a_locked_one():
    fresh()
    lock = Lock(9)
    released = threading.Event()

    def work(index):
        if index == 0:
            time.sleep(4)
            released.set()
            lock.release()
        elif index <= 3:
            while not released.is_set():
                reserve(9, 1, f"stuck-{index}")
        else:
            for _ in range(60):
                equal(reserve(1, 1, f"hot-{index}").status, 201)
            assert not released.is_set(), "delayed by the locked variant"

    together(20, work)
    check_sums()


def test_many_long_lists_for_a_locked_variant():
    """Lists of 100 holds that all wait: no batch grows past its bounds."""
    fresh()
    sql("INSERT INTO StockReservation (variantId, quantity, sessionId, expiresAt) "
        "SELECT 1, 1, 'list', UTC_TIMESTAMP(3) + INTERVAL 1 HOUR FROM "
        "(SELECT id FROM ProductVariant) a, (SELECT id FROM ProductVariant) b LIMIT 400; "
        "UPDATE ProductVariant SET reserved=400 WHERE id=1")
    ids = [int(row[0]) for row in sql("SELECT id FROM StockReservation ORDER BY id")]
    lock = Lock(1)

    def work(index):
        start_at = index * 7 % 300
        return cancel(ids[start_at:start_at + 100], sessionId="list").status

    equal(set(together(60, work)), {503})
    lock.release()
    equal(cancel(ids[:100], sessionId="list").status, 200)
    check_sums()


def test_cleanup_leaves_out_a_locked_variant():
    fresh()
    holds = [held(identity, 1, "old") for identity in range(1, 21)]
    expire(*holds)
    lock = Lock(5)
    body = cleanup().body
    equal((body["count"], body["remaining"]), (19, 1))
    lock.release()
    equal(cleanup().body["count"], 1)
    check_sums()


if __name__ == "__main__":
    main(start)
