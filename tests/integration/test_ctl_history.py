#!/usr/bin/env python3
"""stokctl on a history of every command: check and audit agree, also where nobody can know all."""

import contextlib

import ctl
from ctl import agrees, differs
from server import server
from stok import *
from tap import equal, main

COPY = os.path.join(VAR, "log", "audited.log")
LEGACY_PORT = PORT + 3
LEGACY_LOG = os.path.join(VAR, "legacy", "access.log")
way_in = contextlib.ExitStack()


def prepare():
    start()
    with contextlib.suppress(FileNotFoundError):
        os.unlink(LEGACY_LOG)
    way_in.enter_context(server("legacy", LEGACY_PORT, directives="set $stok_compat legacy;"))


def fresh():
    """Empty tables and an empty log."""
    time.sleep(0.3)  # the last line of what was before
    empty()
    with open(ctl.LOG, "r+", encoding="ascii") as file:
        file.truncate(0)
    for identity in (1, 2, 3):
        variant(identity, 1000)


def settle(count, path=ctl.LOG):
    """Waits for so many lines; nginx writes them after it answered."""
    until(lambda: len(log_lines(path)) == count, f"{count} lines in {path}")


def changed_log(change):
    """The log as parsed lines that `change` alters, or drops where it returns None."""
    with open(COPY, "w", encoding="ascii") as file:
        for text in log_lines():
            line = change(json.loads(text))
            if line is not None:
                file.write(json.dumps(line, separators=(",", ":")) + "\n")
    return COPY


def legacy(path, body):
    return request("POST", f"/api/stock/{path}", body, port=LEGACY_PORT)


def test_a_history_of_every_command_agrees():
    fresh()
    again = {"headers": {"Idempotency-Key": "cart"}}
    cart = held_all([(1, 2), (2, 3), (1, 4)], "guest", **again)
    more = held_all([(2, 5, cart[0]), (3, 1)], "guest")
    equal(reserve_items([(1, 2), (2, 3), (1, 4)], "guest", **again).body["replay"], True)
    equal(extend(cart[1:]).status, 200)
    equal(extend(sessionId="guest").status, 200)
    equal(reservations("guest").status, 200)
    equal(availability(1, 2, 3).status, 200)
    equal(merge("guest", "login", 7).body["merged"], 4)
    equal(merge("login", "login", 7).body["merged"], 0)
    equal(merge("nobody", "login", 7).body["merged"], 0)
    equal(convert([cart[1], cart[1], 999999], partial=True, orderId="A-1").status, 200)
    equal(convert([cart[1], more[0]], orderId="A-1").status, 200)
    equal(convert([cart[1]], orderId="A-2").status, 409)
    equal(cancel([cart[0], cart[1], cart[2], cart[2]], sessionId="login").status, 200)
    late, short, swept = held(3, 900, "late"), held(1, 7, "short"), held(2, 8, "swept")
    expire(late, short, swept)
    equal(reserve(3, 950, "big").status, 201)
    equal(convert([late], orderId="B-1").status, 409)
    equal(convert([short], orderId="B-2").body["details"][0]["outcome"], "revived")
    equal(cleanup().body["count"], 1)
    equal(reserve(3, 1, "big", replaces=late).status, 404)
    settle(22)
    agrees(ctl.check())
    result = agrees(ctl.audit())
    equal((result.sums["rows"], result.sums["made"], result.sums["swept"]), (9, 9, 2), result)
    equal(result.sums["doubtful"] + result.sums["lost"], 0)


def test_refusals_that_legacy_answers_with_200_are_none():
    fresh()
    hold = legacy("reserve", {"variantId": 1, "quantity": 2, "sessionId": "old", "userId": 5})
    equal(hold.status, 201)
    for path, body in (("reserve", {"variantId": 1, "quantity": 5000, "sessionId": "old"}),
                       ("convert-reservations", {"reservationIds": [424242]}),
                       ("convert-reservations", {"reservationIds":
                                                 [hold.body["reservationId"], 424242]}),
                       ("extend-reservations", {"reservationIds": [hold.body["reservationId"]]}),
                       ("cancel-reservation", {"reservationId": hold.body["reservationId"]})):
        equal(legacy(path, body).status, 200, (path, body))
    settle(6, LEGACY_LOG)
    agrees(ctl.check())
    equal(agrees(ctl.audit(LEGACY_LOG)).sums["ended"], 1)


def merged_without_its_line(alter):
    """A hold that a merge moved; of the merge the log has what `alter` makes of its line."""
    fresh()
    hold = held(1, 1, "guest")
    equal(merge("guest", "login", 7).body["merged"], 1)
    settle(2)
    log = changed_log(lambda line: alter(line) if line["action"] == "merge" else line)
    return hold, log


def test_a_merge_while_the_log_is_read_is_left_to_the_next_audit():
    hold, log = merged_without_its_line(lambda line: None)
    agrees(ctl.told("audit", log))
    differs(ctl.audit(log), "session_differs", "user_differs")
    # Nothing moves what has ended long ago.
    sql("UPDATE StockReservation SET createdAt=createdAt - INTERVAL 1 HOUR, "
        f"expiresAt=createdAt + INTERVAL 1 MINUTE WHERE id={hold}")
    differs(ctl.told("audit", log), "session_differs", "user_differs")


def test_a_merge_that_nginx_gave_up_on_or_lost_explains_another_session():
    def given_up(line):
        return {**line, "status": 504, "outcome": "unavailable", "reservationIds": "",
                "lines": "", "session": "", "fromSession": "", "userId": ""}

    hold, log = merged_without_its_line(given_up)
    equal(agrees(ctl.audit(log)).sums["moved"], 1)
    sql("UPDATE StockReservation SET createdAt=createdAt - INTERVAL 1 HOUR, "
        f"expiresAt=createdAt + INTERVAL 1 MINUTE WHERE id={hold}")
    differs(ctl.audit(log), "session_differs", "user_differs")
    _, log = merged_without_its_line(lambda line: None)
    equal(agrees(ctl.audit(log, more=["--outage", ctl.time_of(time.time())])).sums["moved"], 1)


if __name__ == "__main__":
    main(prepare)
