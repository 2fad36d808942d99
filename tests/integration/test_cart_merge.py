#!/usr/bin/env python3
"""Login: what a session holds goes to the customer's session."""

from stok import *
from tap import equal, main


def fresh(stock=1000):
    empty()
    return variant(1, stock)


def refused(answer, status, code):
    equal((answer.status, answer.body["code"]), (status, code), answer.text)
    return answer.body


def owner(reservation):
    """sessionId and userId of a row."""
    return sql(f"SELECT sessionId, userId FROM StockReservation WHERE id={reservation}")[0]


def without_owner(reservation):
    """All of a row that a merge must leave alone."""
    return sql("SELECT id, variantId, quantity, status, createdAt, expiresAt, closedAt, orderId, "
               "cancelReason, HEX(idempotencyKey), idempotencyLine, HEX(idempotencyBody), "
               f"createdRequestId, closedRequestId FROM StockReservation WHERE id={reservation}")


def test_live_holds_go_to_the_session_and_the_user():
    fresh()
    ids = held_all([(1, 2), (1, 3)], "guest")
    before = [without_owner(identity) for identity in ids]
    answer = merge("guest", "login", 7)
    equal(answer.status, 200, answer.text)
    equal((answer.body["success"], answer.body["merged"], answer.body["reservationIds"]),
          (True, 2, ids))
    equal([owner(identity) for identity in ids], [["login", "7"]] * 2)
    equal([without_owner(identity) for identity in ids], before)
    equal(counters(1), (1000, 5))
    equal(cancel(ids[0], sessionId="guest").status, 404)
    equal(cancel(ids[0], sessionId="login").body["released"], 2)


def test_those_whose_user_is_null_or_the_same():
    """NULL user ids fall out of <> comparisons: each kind is there, and none is lost."""
    fresh()
    none, same, other = held(1, 1, "s"), held(1, 1, "s", userId=7), held(1, 1, "s", userId=8)
    equal(merge("s", "login", 7).body["reservationIds"], [none, same])
    equal([owner(identity) for identity in (none, same, other)],
          [["login", "7"], ["login", "7"], ["s", "8"]])


def test_closed_holds_stay():
    fresh()
    cancelled, done, expired, swept, live = (held(1, 1, "guest") for _ in range(5))
    cancel(cancelled)
    convert([done])
    expire(swept)
    cleanup()
    expire(expired)
    equal(merge("guest", "login", 7).body["reservationIds"], [live])
    equal([owner(identity) for identity in (cancelled, done, expired, swept)],
          [["guest", "NULL"]] * 4)


def test_what_the_session_had_before_stays_its_own():
    fresh()
    mine = held(1, 1, "login", userId=7)
    moved = held(1, 2, "guest")
    merge("guest", "login", 7)
    equal([row["reservationId"] for row in reservations("login").body["reservations"]],
          [mine, moved])
    equal(reservations("guest").body["reservations"], [])


def test_from_the_same_session_only_sets_the_user():
    fresh()
    none, same, other = held(1, 1, "s"), held(1, 1, "s", userId=7), held(1, 1, "s", userId=8)
    equal(merge("s", "s", 7).status, 200)
    equal([owner(identity) for identity in (none, same, other)],
          [["s", "7"], ["s", "7"], ["s", "8"]])
    equal(counters(1), (1000, 3))


def test_nothing_to_move_is_merged_0():
    fresh()
    held(1, 1, "s", userId=8)
    for source in ("nobody", "s"):
        body = merge(source, "login", 7).body
        equal((body["success"], body["merged"], body["reservationIds"]), (True, 0, []))


def test_again_is_a_success_that_moves_nothing():
    fresh()
    held(1, 1, "guest")
    equal(merge("guest", "login", 7).body["merged"], 1)
    before = snapshot()
    equal(merge("guest", "login", 7).body["merged"], 0)
    equal(snapshot(), before)


def test_more_than_100_holds_are_told_more():
    fresh()
    ids = held_all([(1, 1)] * 100, "guest") + held_all([(1, 1)] * 30, "guest")
    first = merge("guest", "login", 7).body
    equal((first["merged"], len(first["reservationIds"]), first["more"]), (100, 100, True))
    second = merge("guest", "login", 7).body
    equal((second["merged"], second.get("more")), (30, None))
    equal(sorted(first["reservationIds"] + second["reservationIds"]), ids)


def test_other_users_holds_do_not_count_among_the_100():
    """Else a session full of another user's holds would never be merged."""
    fresh()
    held_all([(1, 1)] * 100, "s", userId=8)
    mine = held(1, 1, "s")
    body = merge("s", "login", 7).body
    equal((body["merged"], body["reservationIds"], body.get("more")), (1, [mine], None))


def test_caps_do_not_apply():
    fresh(100000)
    for session in ("guest", "login"):
        equal(reserve_items([(1, 10)] * 100, session, PUBLIC).status, 201)
    equal(merge("guest", "login", 7).body["merged"], 100)
    equal(counters(1), (100000, 2000))


def test_the_storefront_only():
    fresh()
    held(1, 1, "guest")
    refused(merge("guest", "login", 7, PUBLIC), 403, "not_allowed")
    refused(merge("guest", "login", 7, key("cron")), 403, "not_allowed")
    equal(merge("guest", "login", 7, {**PUBLIC, **key("storefront")}).body["merged"], 1)


def test_all_faults_are_told_at_once():
    fresh()
    answer = request("POST", "/api/stock/merge-session", {"sessionId": "a b"})
    found = {fault["pointer"] for fault in refused(answer, 400, "invalid_request")["errors"]}
    equal(found, {"/fromSessionId", "/sessionId", "/userId"})
    for bad in (None, 0, "x", 1.5, True):
        answer = merge("guest", "login", bad)
        equal(refused(answer, 400, "invalid_request")["errors"][0]["pointer"], "/userId", bad)
    equal(merge("guest", "login", "7").status, 200)


def test_it_stands_in_the_log():
    fresh()
    ids = held_all([(1, 2), (1, 3)], "guest")
    made = audit(reserve(1, 1, "guest").headers["x-request-id"])
    own = audit(reserve(1, 1, "login").headers["x-request-id"])
    line = audit(merge("guest", "login", 7).headers["x-request-id"])
    equal(line["action"], "merge")
    equal(line["reservationIds"].split()[:2], [str(identity) for identity in ids])
    equal(line["userId"], "7")
    equal((line["fromSession"], line["session"]), (made["session"], own["session"]))
    for name in ("access.log", "error.log", "stokd.log"):
        assert not any("fromSessionId" in text for text in log_lines(name)), name


def test_a_key_finds_its_hold_after_a_merge():
    fresh()
    headers = {"Idempotency-Key": "before-login"}
    first = reserve(1, 2, "guest", headers)
    merge("guest", "login", 7)
    again = reserve(1, 2, "guest", headers)
    equal((again.status, again.body["replay"], again.body["reservationId"]),
          (201, True, first.body["reservationId"]))
    equal(reserve(1, 3, "guest", headers).status, 422)
    other = reserve(1, 2, "login", headers)
    equal((other.status, other.body.get("replay")), (201, None))
    equal(counters(1), (1000, 4))


def test_a_merged_hold_is_replaced_extended_and_converted_by_its_new_session():
    fresh()
    first, second, third = held_all([(1, 1)] * 3, "guest")
    merge("guest", "login", 7)
    equal(reserve(1, 2, "login", replaces=first).status, 201)
    equal(reserve(1, 2, "guest", replaces=second).status, 404)
    equal(extend([second], sessionId="login").status, 200)
    equal(convert([third], sessionId="login").status, 200)
    check_sums()


def test_a_merge_racing_reserves_loses_no_hold():
    """Each hold belongs to one session in the end, and a last merge takes the rest."""
    fresh(100000)
    for turn in range(3):
        source, target = f"guest-{turn}", f"login-{turn}"
        answers = together(24, lambda index: merge(source, target, 7) if index % 3 == 0
                           else reserve(1, 1, source))
        equal({answer.status for answer in answers}, {200, 201})
        made = sorted(answer.body["reservationId"] for answer in answers if answer.status == 201)
        moved = [identity for answer in answers if answer.status == 200
                 for identity in answer.body["reservationIds"]]
        moved += merge(source, target, 7).body["reservationIds"]
        equal(sorted(moved), made)
        equal({tuple(owner(identity)) for identity in made}, {(target, "7")})
    check_sums()


def test_merges_into_two_sessions_at_once_give_each_hold_once():
    fresh(100000)
    for turn in range(5):
        ids = held_all([(1, 1)] * 20, f"guest-{turn}")
        answers = together(8, lambda index: (f"login-{index}",
                                             merge(f"guest-{turn}", f"login-{index}", index + 1)))
        moved = {identity: session for session, answer in answers
                 for identity in answer.body["reservationIds"]}
        equal(sum(answer.body["merged"] for _, answer in answers), 20)
        equal(sorted(moved), ids)
        equal({identity: owner(identity)[0] for identity in ids}, moved)


def test_crossed_merges_never_deadlock():
    fresh(100000)
    for identity in range(2, 11):
        variant(identity, 1000)
    for session in ("left", "right"):
        held_all([(identity, 1) for identity in range(1, 11)], session)
    retries = metric("stok_retries_total")
    answers = together(16, lambda index: merge("left", "right", 7) if index % 2
                       else merge("right", "left", 7))
    equal({answer.status for answer in answers}, {200})
    equal(metric("stok_retries_total") - retries, 0)
    equal(number("SELECT COUNT(*) FROM StockReservation WHERE userId=7 AND status='ACTIVE'"), 20)
    check_sums()


if __name__ == "__main__":
    main(start)
