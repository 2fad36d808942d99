#!/usr/bin/env python3
"""Time is the database's, in UTC, to the millisecond."""

import datetime

from stok import *
from tap import equal, main


def database_ms():
    """The database's time, in milliseconds since the epoch."""
    return number("SELECT TIMESTAMPDIFF(MICROSECOND,'1970-01-01',UTC_TIMESTAMP(3)) DIV 1000")


def ms_of(text):
    """Milliseconds since the epoch, of a time in an answer."""
    moment = datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ")
    return round(moment.replace(tzinfo=datetime.timezone.utc).timestamp() * 1000)


def test_a_server_in_another_zone_changes_nothing():
    empty()
    variant(1, 10)
    sql("SET GLOBAL time_zone='+03:00'")
    try:
        kill_connections()  # new ones meet the server's setting
        before = database_ms()
        answer = reserve(1, 1)
        equal(answer.status, 201)
        after = database_ms()
        now = ms_of(answer.body["serverTime"])
        assert before <= now <= after, (before, now, after)
        equal(ms_of(answer.body["expiresAt"]) - now, 1800 * 1000)
        equal(
            sql("SELECT createdAt BETWEEN UTC_TIMESTAMP(3) - INTERVAL 1 MINUTE AND "
                "UTC_TIMESTAMP(3) FROM StockReservation"),
            [["1"]],
        )
    finally:
        sql("SET GLOBAL time_zone='SYSTEM'")
        kill_connections()
    # A connection with another zone sees the same hold, as live as before.
    equal(cancel(answer.body["reservationId"]).body["released"], 1)


def test_a_hold_ends_at_its_millisecond():
    empty()
    variant(1, 1)
    expires = ms_of(reserve(1, 1, "first", ttlSeconds=1).body["expiresAt"])
    decided = {"early": 0, "late": 0}
    while decided["late"] == 0:
        before = database_ms()
        answer = reserve(1, 1, "second")
        after = database_ms()
        if after < expires:
            equal(answer.status, 409, f"asked and answered before {expires}")
            decided["early"] += 1
        if before >= expires:
            equal(answer.status, 201, f"asked at {before}, after {expires}")
        if answer.status == 201:
            decided["late"] += 1
            assert ms_of(answer.body["serverTime"]) >= expires, answer
    assert decided["early"] > 0


def test_time_left_is_rounded_down_and_time_to_wait_up():
    empty()
    variant(1, 1)
    body = reserve(1, 1, "first", ttlSeconds=60).body
    equal(body["expiresInSeconds"], 60)
    answer = reserve(1, 1, "second")
    assert 55 <= answer.body["retryAfterSeconds"] <= 60, answer


def test_the_clock_of_a_waiting_statement_is_not_used():
    """A reserve that waited for a lock is decided at the time when it got it."""
    empty()
    variant(1, 5)
    first = held(1, 5, "first")

    def work(index):
        if index == 0:
            # Holds the variant's lock for a while, in which the first hold expires.
            sql("START TRANSACTION; SELECT id FROM ProductVariant WHERE id=1 FOR UPDATE; "
                f"UPDATE StockReservation SET expiresAt=UTC_TIMESTAMP(3) + INTERVAL 1 SECOND "
                f"WHERE id={first}; DO SLEEP(1.5); COMMIT")
            return None
        time.sleep(0.3)
        return reserve(1, 5, "second")

    answer = together(2, work)[1]
    equal(answer.status, 201, answer.text)


if __name__ == "__main__":
    main(start)
