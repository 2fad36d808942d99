#!/usr/bin/env python3
"""What is refused before any rule is asked: endpoints, callers, bodies; in both languages."""

from stok import *
from tap import equal, main

GOOD = {"variantId": 1, "quantity": 1, "sessionId": "shopper"}


def prepare():
    start()
    variant(1, 10)


def problem(answer, status, code):
    """An error as RFC 9457 and the shop want it."""
    equal((answer.status, answer.body["code"]), (status, code), answer.text)
    equal(answer.headers["content-type"], "application/problem+json")
    equal(answer.body["success"], False)
    equal((answer.body["type"], answer.body["status"]), (f"urn:stok:{code}", status))
    equal(len(answer.body["requestId"]), 32)
    for member in ("message", "title", "detail"):
        assert answer.body[member], answer.text
    equal(answer.headers["cache-control"], "no-store")
    return answer.body


def pointers(answer):
    """The places of all faults."""
    body = problem(answer, 400, "invalid_request")
    return sorted(fault["pointer"] for fault in body["errors"])


def post(body, headers=()):
    return request("POST", "/api/stock/reserve", body, headers)


def test_unknown_endpoints_are_404():
    for path in ("/", "/api/stock/", "/api/stock/reserve/", "/api/cron/x", "/health/x"):
        problem(request("GET", path), 404, "no_such_endpoint")


def test_wrong_methods_are_405_and_name_the_right_one():
    answer = request("GET", "/api/stock/reserve")
    problem(answer, 405, "method_not_allowed")
    equal(answer.headers["allow"], "POST")
    answer = request("POST", "/api/cron/cleanup-reservations", {})
    equal((answer.status, answer.headers["allow"]), (405, "GET"))


def test_too_large_bodies_are_413():
    body = b'{"variantId":1,"quantity":1,"sessionId":"' + b"x" * 70000 + b'"}'
    problem(post(body), 413, "body_too_large")


def test_other_media_types_are_415():
    answer = post(b"variantId=1", {"Content-Type": "application/x-www-form-urlencoded"})
    problem(answer, 415, "unsupported_media_type")
    equal(post(GOOD, {"Content-Type": "application/json; charset=utf-8"}).status, 201)


def test_all_faults_are_told_at_once():
    body = {"variantId": 0, "quantity": 1.5, "userId": "x", "ttlSeconds": 7201}
    found = pointers(post(body))
    equal(found, ["/quantity", "/sessionId", "/ttlSeconds", "/userId", "/variantId"])


def test_malformed_json_is_one_fault_of_syntax():
    for body in (b"", b"{", b"{'a':1}", b'{"a":NaN}', b"[1] x", b'"\xff"', b"[" * 9 + b"]" * 9):
        equal(pointers(post(body)), [""], body)
    equal(pointers(post(b'{"variantId":1,"variantId":2,"quantity":1,"sessionId":"s"}')),
          ["/variantId"])
    equal(pointers(post(b"[]")), [""])


def test_many_faults_with_the_worst_names_are_answered():
    name = "\\n" * 92
    members = ",".join(['"a":1'] * 520)
    answer = post(('{"%s":{%s}}' % (name, members)).encode())
    body = problem(answer, 400, "invalid_request")
    assert len(body["errors"]) >= 512, len(body["errors"])
    equal(request("GET", "/health/live").status, 200)


def test_numbers_are_read_by_type_and_range():
    for bad in ("true", "1.0", "1e0", '"01"', '"1 "', "[1]", "null", "-1", "0", "2.5",
                "9223372036854775808", "18446744073709551617", '""'):
        body = '{"variantId":%s,"quantity":1,"sessionId":"s"}' % bad
        equal(pointers(post(body.encode())), ["/variantId"], bad)
    answer = post({**GOOD, "variantId": 2**63 - 1})
    problem(answer, 404, "variant_not_found")
    equal(pointers(post({**GOOD, "quantity": 1000001})), ["/quantity"])


def test_session_ids_are_1_to_128_visible_ascii_characters():
    for bad in ("", "x" * 129, "a b", "ş", "a\n"):
        equal(pointers(post({**GOOD, "sessionId": bad}))[0], "/sessionId", bad)
    for good in ("x" * 128, "quote'back\\slash\"%`"):
        equal(post({**GOOD, "sessionId": good}).status, 201, good)
    equal(number("SELECT COUNT(*) FROM StockReservation WHERE "
                 "sessionId='quote\\'back\\\\slash\"%`'"), 1)


def test_bad_input_touches_nothing():
    before = sql("SELECT COUNT(*), SUM(quantity) FROM StockReservation")
    post({**GOOD, "quantity": -1})
    cancel([])
    convert([1, "x"])
    equal(sql("SELECT COUNT(*), SUM(quantity) FROM StockReservation"), before)


def test_lists_have_1_to_100_lines():
    equal(pointers(cancel([])), ["/reservationIds"])
    equal(pointers(cancel(list(range(1, 102)))), ["/reservationIds"])
    equal(pointers(convert([1, 0, 2])), ["/reservationIds/1"])
    equal(pointers(cancel([1], reservationId=1)), ["/reservationIds"])
    equal(cancel(list(range(10**9, 10**9 + 100))).status, 404)


def test_the_public_may_reserve_and_cancel_its_own():
    hold = reserve(1, 1, "browser", PUBLIC)
    equal(hold.status, 201)
    number_ = hold.body["reservationId"]
    equal(pointers(cancel(number_, PUBLIC)), ["/sessionId"])
    problem(cancel(number_, PUBLIC, sessionId="x"), 404, "reservation_not_found")
    equal(cancel(number_, PUBLIC, sessionId="browser").body["released"], 1)


def test_the_public_may_not_convert_nor_name_a_user_nor_hold_for_long():
    problem(convert([1], PUBLIC), 403, "not_allowed")
    problem(reserve(1, 1, "s", PUBLIC, userId=7), 403, "not_allowed")
    problem(reserve(1, 1, "s", PUBLIC, ttlSeconds=1801), 403, "not_allowed")
    equal(reserve(1, 1, "s", PUBLIC, ttlSeconds=1800).status, 201)
    equal(reserve(1, 1, "s", userId=7, ttlSeconds=7200).status, 201)


def test_any_sign_of_another_proxy_makes_a_caller_public():
    for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via"):
        problem(convert([1], {name: "x"}), 403, "not_allowed")


def test_a_header_cannot_claim_trust():
    lies = {**PUBLIC, "Stok-Trusted": "1", "STOK_TRUSTED": "1", "X-Stok-Caller": "storefront"}
    problem(convert([1], lies), 403, "not_allowed")


def test_the_storefront_key_opens_from_anywhere():
    problem(convert([10**9], {**PUBLIC, **key("storefront")}), 404, "reservation_not_found")


def test_a_key_that_matches_none_is_401_everywhere():
    wrong = {"X-Api-Key": "wrong-wrong-wrong-wrong"}
    for answer in (reserve(1, 1, "s", wrong), cancel(1, wrong), convert([1], wrong),
                   request("GET", "/api/cron/cleanup-reservations", headers=wrong),
                   request("GET", "/health/live", headers=wrong)):
        problem(answer, 401, "unauthorized")
        assert "www-authenticate" in answer.headers, answer.headers


def test_two_keys_are_refused():
    headers = [*key("storefront").items(), *key("cron").items()]
    problem(request("POST", "/api/stock/convert-reservations", {"reservationIds": [1]}, headers),
            401, "unauthorized")


def test_cleanup_needs_the_cron_key():
    path = "/api/cron/cleanup-reservations"
    problem(request("GET", path), 401, "unauthorized")
    problem(request("GET", path, headers=key("storefront")), 403, "not_allowed")
    equal(request("GET", path, headers={**key("cron"), **PUBLIC}).status, 200)
    problem(reserve(1, 1, "s", key("cron")), 403, "not_allowed")


def test_health_and_metrics_are_the_operators():
    for path in ("/health/live", "/health/ready", "/metrics"):
        equal(request("GET", path).status, 200, path)
        equal(request("HEAD", path).status, 200, path)
        problem(request("GET", path, headers=PUBLIC), 403, "not_allowed")


def test_messages_are_turkish_or_english():
    tr = post({**GOOD, "variantId": 99}, {"Accept-Language": "tr-TR,tr;q=0.9,en;q=0.8"})
    equal((tr.body["message"], tr.headers["content-language"]), ("Böyle bir ürün yok.", "tr"))
    en = post({**GOOD, "variantId": 99}, {"Accept-Language": "en"})
    equal((en.body["message"], en.headers["content-language"]), ("There is no such product.", "en"))
    tr = post({**GOOD, "quantity": 0}, {"Accept-Language": "tr"})
    equal(tr.body["errors"][0]["detail"], "1 ile 1000000 arasında olmalı")


def test_a_valid_request_id_of_the_client_is_echoed():
    answer = post(GOOD, {"X-Request-Id": "shop-42"})
    equal(answer.headers["x-request-id"], "shop-42")
    answer = post(GOOD, {"X-Request-Id": "no spaces allowed"})
    equal(len(answer.headers["x-request-id"]), 32)


def test_what_is_for_the_log_is_hidden_from_clients():
    answer = post(GOOD)
    equal([name for name in answer.headers if name.startswith("x-stok")], [])


if __name__ == "__main__":
    main(prepare)
