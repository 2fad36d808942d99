#!/usr/bin/env python3
"""A shopper needs longer: extend moves the expiry of live holds, and never revives one."""

from stok import *
from tap import equal, main

CAP_S = 7200


def fresh(stock=1000):
    empty()
    return variant(1, stock)


def outcomes(answer):
    return [line["outcome"] for line in answer.body["details"]]


def refused(answer, status, code):
    equal((answer.status, answer.body["code"]), (status, code), answer.text)
    return answer.body


def left(reservation):
    """Seconds until a row expires."""
    return number("SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(3), expiresAt) "
                  f"FROM StockReservation WHERE id={reservation}")


def created_ago(reservation, seconds):
    sql(f"UPDATE StockReservation SET createdAt=UTC_TIMESTAMP(3) - INTERVAL {seconds} SECOND "
        f"WHERE id={reservation}")


def near(found, expected):
    """Some seconds may have gone by since."""
    assert expected - 20 <= found <= expected, (found, expected)


def test_an_extended_hold_lives_for_ttl_from_now():
    fresh()
    hold = held(1, 1, ttlSeconds=60)
    answer = extend([hold])
    equal(answer.status, 200, answer.text)
    line, = answer.body["details"]
    equal((line["reservationId"], line["success"], line["outcome"], line["status"]),
          (hold, True, "extended", "ACTIVE"))
    near(line["expiresInSeconds"], 1800)
    near(left(hold), 1800)
    equal(counters(1), (1000, 1))
    extend([hold], ttlSeconds="3600")
    near(left(hold), 3600)


def test_it_never_shortens():
    fresh()
    hold = held(1, 1, ttlSeconds=3600)
    before = snapshot()
    answer = extend([hold], ttlSeconds=60)
    equal(outcomes(answer), ["extended"])
    near(answer.body["details"][0]["expiresInSeconds"], 3600)
    equal(snapshot(), before)


def test_it_never_goes_beyond_the_cap_after_creation():
    fresh()
    hold = held(1, 1)
    created_ago(hold, CAP_S - 1900)
    extend([hold], ttlSeconds=7200)
    near(left(hold), 1900)
    equal(number(f"SELECT TIMESTAMPDIFF(SECOND, createdAt, expiresAt) FROM StockReservation"), CAP_S)
    created_ago(hold, CAP_S + 600)
    before = snapshot()
    equal(outcomes(extend([hold])), ["extended"])
    equal(snapshot(), before)


def test_an_expired_hold_is_reservation_expired_and_stays_so():
    for sweep in (False, True):
        fresh()
        hold = held(1, 4)
        expire(hold)
        if sweep:
            cleanup()
        answer = extend([hold])
        refused(answer, 409, "reservation_expired")
        line, = answer.body["details"]
        equal((line["outcome"], line["success"], line["status"], line["expiresInSeconds"]),
              ("reservation_expired", False, "CANCELLED", 0), f"swept {sweep}")
        equal(reserve(1, 1000, "other").status, 201)
        check_sums()


def test_instead_a_new_one_is_taken_with_replaces():
    fresh(5)
    hold = held(1, 4)
    expire(hold)
    refused(extend([hold]), 409, "reservation_expired")
    equal(reserve(1, 4, replaces=hold).status, 201)
    equal(counters(1), (5, 4))


def test_a_completed_hold_is_already_converted_a_success():
    fresh()
    hold = held(1, 1)
    convert([hold], orderId="A-1")
    before = snapshot()
    answer = extend([hold])
    line, = answer.body["details"]
    equal((answer.status, line["success"], line["outcome"], line["status"]),
          (200, True, "already_converted", "COMPLETED"))
    equal(snapshot(), before)


def test_a_cancelled_hold_is_reservation_cancelled():
    fresh()
    hold, replaced = held(1, 1), held(1, 1)
    cancel(hold)
    reserve(1, 1, replaces=replaced)
    before = snapshot()
    for identity in (hold, replaced):
        refused(extend([identity]), 409, "reservation_cancelled")
    equal(snapshot(), before)


def test_a_list_goes_line_by_line_in_its_order():
    fresh()
    live, expired, done, foreign = held(1, 1), held(1, 1), held(1, 1), held(1, 1, "other")
    expire(expired)
    convert([done])
    answer = extend([expired, live, foreign, 999999, done, live, expired], sessionId="shopper")
    equal(answer.status, 200, answer.text)
    equal([line["reservationId"] for line in answer.body["details"]],
          [expired, live, foreign, 999999, done, live, expired])
    equal(outcomes(answer), [
        "reservation_expired", "extended", "not_found", "not_found", "already_converted",
        "duplicate", "reservation_expired",
    ])
    equal([line["success"] for line in answer.body["details"]],
          [False, True, False, False, True, True, False])


def test_without_one_good_line_it_has_the_first_ones_code():
    fresh()
    cancelled, expired = held(1, 1), held(1, 1)
    cancel(cancelled)
    expire(expired)
    refused(extend([expired, cancelled]), 409, "reservation_expired")
    refused(extend([cancelled, expired]), 409, "reservation_cancelled")
    refused(extend([999999, expired]), 404, "reservation_not_found")


def test_by_session_alone_all_its_live_holds():
    fresh()
    ids = [held(1, 1, ttlSeconds=60) for _ in range(3)]
    expired, done, foreign = held(1, 1), held(1, 1), held(1, 1, "other", ttlSeconds=60)
    expire(expired)
    convert([done])
    answer = extend(sessionId="shopper")
    equal(answer.status, 200, answer.text)
    equal([line["reservationId"] for line in answer.body["details"]], ids)
    equal(outcomes(answer), ["extended"] * 3)
    assert "more" not in answer.body, answer
    for identity in ids:
        near(left(identity), 1800)
    near(left(foreign), 60)


def test_a_session_without_a_live_hold_is_200_and_empty():
    fresh()
    expire(held(1, 1))
    for session in ("shopper", "nobody"):
        answer = extend(sessionId=session)
        equal((answer.status, answer.body["success"], answer.body["details"]), (200, True, []))
    equal(extend(sessionId="nobody", headers=PUBLIC).status, 200)


def test_a_session_of_more_than_100_holds_is_told_more():
    fresh()
    ids = held_all([(1, 1)] * 100, ttlSeconds=60) + held_all([(1, 1)] * 5, ttlSeconds=60)
    answer = extend(sessionId="shopper")
    equal((answer.status, len(answer.body["details"]), answer.body["more"]), (200, 100, True))
    found = {line["reservationId"] for line in answer.body["details"]}
    equal((len(found), found <= set(ids)), (100, True))
    equal(len([identity for identity in ids if left(identity) > 100]), 100)


def test_holds_at_their_cap_never_keep_the_others_waiting():
    fresh()
    held_all([(1, 1)] * 100, ttlSeconds=60)
    sql("UPDATE StockReservation SET createdAt = expiresAt - INTERVAL 7200 SECOND")
    last, = held_all([(1, 1)], ttlSeconds=90)
    equal(extend(sessionId="shopper").body["more"], True)
    near(left(last), 1800)


def test_ids_or_a_session_must_be_given():
    fresh()
    for headers in ((), PUBLIC):
        answer = request("POST", "/api/stock/extend-reservations", {"ttlSeconds": 60}, headers)
        refused(answer, 400, "invalid_request")
    equal(extend([]).body["errors"][0]["pointer"], "/reservationIds")
    equal(extend([1] * 101).body["errors"][0]["pointer"], "/reservationIds")
    equal(extend([1, 0]).body["errors"][0]["pointer"], "/reservationIds/1")


def test_ttl_seconds_is_1_to_1800_for_the_public_and_7200_for_the_storefront():
    fresh()
    hold = held(1, 1, "browser")
    for bad in (0, 7201, 1.5, "x", None):
        answer = extend([hold], ttlSeconds=bad)
        equal(answer.status, 400, bad)
        equal(answer.body["errors"][0]["pointer"], "/ttlSeconds")
    refused(extend([hold], PUBLIC, sessionId="browser", ttlSeconds=1801), 403, "not_allowed")
    equal(extend([hold], PUBLIC, sessionId="browser", ttlSeconds=1800).status, 200)
    equal(extend([hold], ttlSeconds=7200).status, 200)


def test_the_session_is_the_publics_proof():
    fresh()
    hold = held(1, 1, "browser", ttlSeconds=60)
    refused(extend([hold], PUBLIC), 400, "invalid_request")
    refused(extend([hold], PUBLIC, sessionId="thief"), 404, "reservation_not_found")
    near(left(hold), 60)
    equal(extend([hold], PUBLIC, sessionId="browser").status, 200)
    near(left(hold), 1800)


def test_a_session_that_is_given_is_enforced_from_the_storefront_too():
    fresh()
    hold = held(1, 1, ttlSeconds=60)
    refused(extend([hold], sessionId="other"), 404, "reservation_not_found")
    near(left(hold), 60)
    equal(extend([hold]).status, 200)


def test_one_id_is_never_taken_for_a_whole_session():
    fresh()
    hold, other = held(1, 1, ttlSeconds=60), held(1, 1, ttlSeconds=60)
    body = {"reservationId": hold, "sessionId": "shopper"}
    answer = request("POST", "/api/stock/extend-reservations", body)
    equal(answer.status, 200, answer.text)
    equal([line["reservationId"] for line in answer.body["details"]], [hold])
    near(left(other), 60)


def test_it_stands_in_the_log():
    fresh()
    ids = [held(1, 2), held(1, 3)]
    line = audit(extend(ids, sessionId="shopper").headers["x-request-id"])
    equal((line["action"], line["outcome"]), ("extend", "extended"))
    equal(line["reservationIds"].split(), [str(identity) for identity in ids])
    equal(len(line["session"]), 32)


def test_extends_and_cancels_at_once_leave_true_sums():
    fresh()
    for _ in range(5):
        hold = held(1, 2)
        answers = together(12, lambda index: cancel(hold) if index == 0 else extend([hold]))
        equal({answer.body.get("code") for answer in answers if answer.status != 200}
              - {"reservation_cancelled"}, set())
        equal(state(hold), ["CANCELLED", "CUSTOMER"])
    equal(counters(1), (1000, 0))


if __name__ == "__main__":
    main(start)
