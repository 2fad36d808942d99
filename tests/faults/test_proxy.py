#!/usr/bin/env python3
"""The four ways to cut a COMMIT do what they say, also where it comes behind other statements.

The client is the database's own: with another delimiter it sends all of them in one packet.
"""

import subprocess
import time

import proxy
import stok
from instance import Instance
from tap import equal, main

SLOW_S = 0.7  # between the first statement's end and COMMIT
LATE_S = 1.5

instance = Instance()


def rows():
    return stok.number("SELECT COUNT(*) FROM StockReservation")


def save(slow_s=0.0):
    """A client that saves a row, and COMMITs, in one packet. It does not know how that ends."""
    client = subprocess.Popen(
        ["mariadb", f"--defaults-file={stok.VAR}/my.cnf", f"--socket={instance.proxy.path}",
         "--skip-reconnect", "stok"],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )
    client.stdin.write(
        "BEGIN;\nDELIMITER //\nINSERT INTO StockReservation (variantId, quantity, sessionId, "
        f"expiresAt) VALUES (1, 1, 'cut', '2100-01-01');DO SLEEP({slow_s});"
        "UPDATE ProductVariant SET reserved=reserved+1 WHERE id=1;COMMIT//\n"
    )
    client.stdin.close()
    return client


def end(client):
    """What the client was told: nothing (""), or that it lost its connection."""
    told = client.stderr.read()
    client.stderr.close()
    client.wait(20)
    return told


def given(mode, delay=0.0):
    """A shop without holds, and a cut that is armed."""
    stok.empty()
    stok.variant(1, 10)
    return instance.proxy.arm(proxy.Cut(mode, delay))


def assert_lost(told):
    assert "2013" in told or "2006" in told, f"the client was told {told!r}"


def test_nothing_is_cut_unless_armed():
    stok.empty()
    stok.variant(1, 10)
    before = instance.proxy.commits
    equal(end(save()), "")
    equal((rows(), instance.proxy.commits - before), (1, 1))


def test_cut_before_nothing_of_the_packet_happens():
    cut = given(proxy.BEFORE)
    assert_lost(end(save()))
    assert cut.done.wait(5)
    time.sleep(0.2)
    equal(rows(), 0)
    stok.check_sums()


def test_cut_after_the_commit_is_done():
    """Already when the cut says so: and not only the first of the statements before it."""
    for slow_s in (0.0, SLOW_S):
        cut = given(proxy.AFTER)
        client = save(slow_s)
        assert cut.done.wait(5)
        equal(rows(), 1, f"{slow_s} s between the statements")
        assert_lost(end(client))
        stok.check_sums()


def test_cut_after_also_where_the_commit_is_alone():
    cut = given(proxy.AFTER)
    client = subprocess.Popen(
        ["mariadb", f"--defaults-file={stok.VAR}/my.cnf", f"--socket={instance.proxy.path}",
         "--skip-reconnect", "stok", "--execute",
         "BEGIN; INSERT INTO StockReservation (variantId, quantity, sessionId, expiresAt) VALUES "
         "(1, 1, 'cut', '2100-01-01'); UPDATE ProductVariant SET reserved=1 WHERE id=1; COMMIT"],
        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )
    assert cut.done.wait(5)
    equal(rows(), 1)
    assert_lost(end(client))


def test_cut_after_ends_where_a_statement_fails():
    """The others are not tried then: nobody waits for their results."""
    cut = given(proxy.AFTER)
    stok.sql("CREATE TRIGGER refuse BEFORE UPDATE ON ProductVariant FOR EACH ROW "
             "SET NEW.reserved=IF(NEW.reserved=0, 0, -1)")
    try:
        client = save()
        assert cut.done.wait(5)
        end(client)
    finally:
        stok.sql("DROP TRIGGER refuse")
    time.sleep(0.2)
    equal(rows(), 0)


def test_cut_on_its_way_all_of_it_happens_or_nothing():
    for _ in range(5):
        cut = given(proxy.BLIND)
        assert_lost(end(save()))
        assert cut.done.wait(5)
        stok.until(lambda: instance.transactions() == 0, "the end of the transaction")
        stok.check_sums()


def test_a_late_commit_happens_when_the_client_has_long_left():
    cut = given(proxy.LATE, LATE_S)
    assert_lost(end(save(SLOW_S)))
    equal(rows(), 0)
    assert not cut.done.is_set()
    assert cut.done.wait(LATE_S + SLOW_S + 5)
    equal(rows(), 1)
    stok.check_sums()


if __name__ == "__main__":
    try:
        main(instance.start)
    finally:
        instance.stop()
