#!/usr/bin/env python3
"""Questions that change nothing: availability of variants, and a session's live holds."""

from stok import *
from tap import equal, main


def fresh(*stocks):
    """Variants 1, 2, ... with so much stock, and nothing else."""
    empty()
    for identity, stock in enumerate(stocks, 1):
        variant(identity, stock)


def refused(answer, status, code):
    equal((answer.status, answer.body["code"]), (status, code), answer.text)
    return answer.body


def seen(answer):
    """variantId to available."""
    equal(answer.status, 200, answer.text)
    return {line["variantId"]: line["available"] for line in answer.body["variants"]}


def rows(answer):
    equal(answer.status, 200, answer.text)
    return [row["reservationId"] for row in answer.body["reservations"]]


# ---- availability --------------------------------------------------------------------------------


def test_available_is_stock_less_live_holds():
    fresh(10, 5, 3)
    held(1, 4)
    done = held(2, 2)
    convert([done])
    cancel(held(3, 3))
    equal(seen(availability(1, 2, 3)), {1: 6, 2: 3, 3: 3})


def test_its_members_are_exactly_these():
    fresh(5)
    body = availability(1).body
    equal(set(body), {"success", "message", "variants", "serverTime"})
    equal(body["variants"], [{"variantId": 1, "available": 5, "nextReleaseInSeconds": None}])
    assert body["serverTime"].endswith("Z"), body


def test_expired_holds_count_as_free_swept_or_not():
    fresh(10)
    hold = held(1, 4)
    held(1, 1)
    expire(hold)
    before = snapshot()
    first = availability(1).body["variants"]
    equal(snapshot(), before)
    cleanup()
    second = availability(1).body["variants"]
    equal((first[0]["available"], second[0]["available"]), (9, 9))


def test_unknown_ones_are_left_out_repeats_once_ascending():
    fresh(1, 2, 3)
    answer = request("GET", "/api/stock/availability?variantIds=3,99,1,3,2,1")
    equal([line["variantId"] for line in answer.body["variants"]], [1, 2, 3])
    equal(availability(98, 99).body["variants"], [])


def test_a_comma_may_be_encoded():
    fresh(1, 2)
    for path in ("?variantIds=1%2C2", "?variantIds=1%2c2", "?color=red&variantIds=1,2&x=%2C"):
        equal(seen(request("GET", "/api/stock/availability" + path)), {1: 1, 2: 2})


def test_next_release_is_the_first_live_holds_end():
    fresh(10, 10)
    held(1, 1, "a", ttlSeconds=900)
    held(1, 1, "b", ttlSeconds=60)
    expired = held(1, 1, "c", ttlSeconds=30)
    expire(expired)
    first, second = availability(1, 2).body["variants"]
    assert 50 <= first["nextReleaseInSeconds"] <= 60, first
    equal(second["nextReleaseInSeconds"], None)


def test_the_public_sees_at_most_10_and_more():
    fresh(9, 10, 11, 1000000)
    public = availability(1, 2, 3, 4, headers=PUBLIC).body["variants"]
    equal([(line["available"], line.get("more")) for line in public],
          [(9, None), (10, None), (10, True), (10, True)])
    storefront = availability(1, 2, 3, 4).body["variants"]
    equal([(line["available"], line.get("more")) for line in storefront],
          [(9, None), (10, None), (11, None), (1000000, None)])
    keyed = availability(3, headers={**PUBLIC, **key("storefront")})
    equal(seen(keyed), {3: 11})


def test_available_is_never_below_zero():
    fresh(10)
    held(1, 8)
    sql("UPDATE ProductVariant SET stock=5")
    equal(seen(availability(1)), {1: 0})


def test_1_to_100_variants():
    empty()
    sql(f"INSERT INTO ProductVariant (id, stock) SELECT seq, seq FROM {sequence(100)}")
    equal(seen(availability(*range(1, 101))), {identity: identity for identity in range(1, 101)})
    for ids in (range(1, 102), [1] * 101):
        body = refused(availability(*ids), 400, "invalid_request")
        equal(body["errors"][0]["pointer"], "/variantIds")


def test_a_fault_is_named_with_its_place():
    fresh(1)
    for query, expected in (
        ("?variantIds=1,2,3,x", ["/variantIds/3"]), ("?variantIds=0,1,-1,01", [
            "/variantIds/0", "/variantIds/2", "/variantIds/3"]),
        ("?variantIds=1,,2", ["/variantIds/1"]), ("?variantIds=1.5", ["/variantIds/0"]),
        ("?variantIds=9223372036854775808", ["/variantIds/0"]), ("", ["/variantIds"]),
        ("?variantids=1", ["/variantIds"]), ("?variantIds=1&variantIds=2", ["/variantIds"]),
        ("?variantIds=1,", ["/variantIds/1"]), ("?variantIds=%31,%", ["/variantIds/1"]),
        ("?variantIds=1%00,2", ["/variantIds/0"]), ("?variantIds=1,2%00", ["/variantIds/1"]),
    ):
        answer = request("GET", "/api/stock/availability" + query)
        body = refused(answer, 400, "invalid_request")
        equal([fault["pointer"] for fault in body["errors"]], expected, query)
    equal(refused(request("GET", "/api/stock/availability?variantIds="), 400, "invalid_request")
          ["errors"][0]["pointer"][:11], "/variantIds")
    equal(availability(2**63 - 1).body["variants"], [])


def test_the_cron_job_has_no_business_there():
    fresh(1)
    refused(availability(1, headers=key("cron")), 403, "not_allowed")


def test_availability_stands_in_the_log():
    fresh(1)
    line = audit(availability(1).headers["x-request-id"])
    equal((line["action"], line["path"], line["method"]),
          ("availability", "/api/stock/availability", "GET"))
    equal(line["outcome"] != "", True)


def test_it_waits_for_no_lock():
    """A question reads what is committed; a locked variant delays it not."""
    fresh(10, 10)
    client = subprocess.Popen(
        ["mariadb", f"--defaults-file={VAR}/my.cnf", "--batch", "--skip-column-names",
         "--unbuffered", "stok"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        client.stdin.write("BEGIN; SELECT id FROM ProductVariant WHERE id=1 FOR UPDATE;\n")
        client.stdin.flush()
        equal(client.stdout.readline().strip(), "1")
        equal(seen(availability(1, 2)), {1: 10, 2: 10})
        equal(rows(reservations("shopper")), [])
    finally:
        client.communicate("COMMIT;\n", timeout=10)


def test_no_live_hold_is_read_for_it():
    """Some rows for each variant, and the expired holds: whatever plan the database has."""
    crowd()
    availability(1)
    before = rows_read()
    answer = availability(*range(1, 101))
    read = rows_read() - before
    equal(set(seen(answer).values()), {500})
    assert read < 5000, f"{read} rows"


# ---- a session's holds ---------------------------------------------------------------------------


def test_live_holds_in_ascending_id_as_reserve_told_them():
    fresh(10, 10)
    told = [reserve(2, 1).body, reserve(1, 3, ttlSeconds=60).body, reserve(2, 2).body]
    answer = reservations("shopper")
    equal(answer.status, 200, answer.text)
    equal(set(answer.body), {"success", "message", "reservations", "serverTime"})
    names = {"reservationId", "variantId", "quantity", "status", "expiresAt", "expiresInSeconds"}
    for row, hold in zip(answer.body["reservations"], told, strict=True):
        equal(set(row), names)
        for name in names - {"expiresInSeconds"}:
            equal(row[name], hold[name], name)
        assert hold["expiresInSeconds"] - 20 <= row["expiresInSeconds"], row
        assert row["expiresInSeconds"] <= hold["expiresInSeconds"], row


def test_live_ones_only():
    fresh(10)
    live, cancelled, done, expired, foreign = (
        held(1, 1, "other" if index == 4 else "shopper") for index in range(5))
    cancel(cancelled)
    convert([done])
    expire(expired)
    before = snapshot()
    equal(rows(reservations("shopper")), [live])
    equal(rows(reservations("shopper", PUBLIC)), [live])
    equal(rows(reservations("other")), [foreign])
    equal(rows(reservations("nobody")), [])
    equal(rows(reservations("SHOPPER")), [])
    equal(snapshot(), before)


def test_more_than_100_go_on_behind_the_last_id():
    fresh(1000)
    ids = held_all([(1, 1)] * 100) + held_all([(1, 1)] * 100) + held_all([(1, 1)] * 7)
    pages, after = [], None
    while True:
        answer = reservations("shopper", after=after)
        pages.append(rows(answer))
        if not answer.body.get("more"):
            break
        after = pages[-1][-1]
        assert len(pages) < 5, pages
    equal([len(page) for page in pages], [100, 100, 7])
    equal([identity for page in pages for identity in page], ids)
    equal(rows(reservations("shopper", after=ids[-1])), [])


def test_exactly_100_are_not_more():
    fresh(1000)
    held_all([(1, 1)] * 100)
    body = reservations("shopper").body
    equal((len(body["reservations"]), body.get("more")), (100, None))


def test_a_session_never_stands_in_the_url():
    fresh(10)
    held(1, 1)
    answer = request("GET", "/api/stock/reservations?sessionId=shopper")
    body = refused(answer, 400, "invalid_request")
    equal(body["errors"][0]["header"], "X-Session-Id")


def test_x_session_id_is_1_to_128_visible_characters_and_stands_once():
    fresh(10)
    path = "/api/stock/reservations"
    for headers in ([("X-Session-Id", "")], [("X-Session-Id", "x" * 129)],
                    [("X-Session-Id", "a b")], [("X-Session-Id", "a"), ("X-Session-Id", "b")]):
        body = refused(request("GET", path, headers=headers), 400, "invalid_request")
        equal(body["errors"][0]["header"], "X-Session-Id", headers)
    equal(rows(reservations("x" * 128)), [])
    for bad in ("x", "-1", "1.5", "9223372036854775808", ""):
        body = refused(reservations("s", after=bad), 400, "invalid_request")
        equal(body["errors"][0]["pointer"], "/after", bad)


def test_a_list_stands_in_the_log_without_the_session():
    fresh(10)
    made = audit(reserve(1, 1, "listed-secret").headers["x-request-id"])
    line = audit(reservations("listed-secret").headers["x-request-id"])
    equal((line["action"], line["session"]), ("list", made["session"]))
    assert "listed-secret" not in "".join(log_lines()), "a session in the log"


if __name__ == "__main__":
    main(start)
