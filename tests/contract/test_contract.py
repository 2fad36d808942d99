#!/usr/bin/env python3
"""The running server against app/openapi.yaml.

Successes and refusals by the rules go through Prism, which judges both directions. Prism refuses bad
requests itself, so those go straight to the server, and validate.mjs judges what comes back.
"""

import contract
from stok import *
from tap import Skip, equal, main

TURKISH = {"Accept-Language": "tr"}
HEALTH = ("live", "ready", "metrics")

judge = prism = absent = None
seen = {}  # (operation, status) to the codes of its answers


def prepare():
    global judge, prism, absent
    start()
    try:
        contract.install()
    except Skip as why:
        absent = why
        return
    judge = contract.Judge()
    prism = contract.Prism()


def need_packages():
    if absent is not None:
        raise absent


def ask(operation, body=None, headers=(), query="", straight=False, method=None):
    """One request of an operation. Its answer must be as the document says."""
    need_packages()
    known = judge.operations[operation]
    send = request if straight else prism.request
    answer = send(method or known["method"], known["path"] + query, body, dict(headers))
    equal(judge.answer(operation, answer), [], f"{operation} {answer!r}")
    codes = seen.setdefault((operation, str(answer.status)), set())
    codes.add((answer.body or {}).get("code"))
    return answer


def good(operation, body=None, headers=(), query="", status=200):
    """A request that the document allows, in both languages. Returns the first answer."""
    if body is not None:
        equal(judge.request(operation, body), [], "the request")
    first = ask(operation, body, headers, query)
    equal((first.status, first.headers["content-language"]), (status, "en"), first.text)
    again = ask(operation, body, {**TURKISH, **dict(headers)}, query)
    equal(again.headers["content-language"], "tr")
    assert again.body["message"] != first.body["message"], first.text
    return first


def fresh():
    need_packages()
    empty()
    variant(1, 100)
    variant(2, 1)


def listed(count=1, session="shopper"):
    """So many fresh holds of one unit."""
    return [held(1, 1, session) for _ in range(count)]


def one(quantity=1, **more):
    return {"variantId": 1, "quantity": quantity, "sessionId": "shopper", **more}


# ---- the document --------------------------------------------------------------------------------


def test_the_document_is_without_lint():
    need_packages()
    status, words = contract.lint()
    equal(status, 0, words)


def test_a_wrong_answer_is_found():
    fresh()
    answer = ask("reserve", one(3))
    for name in answer.body:
        rest = {key: value for key, value in answer.body.items() if key != name}
        assert judge.answer("reserve", answer, rest), f"{name} may be missing"
    for name, value in (("status", "OPEN"), ("success", False), ("quantity", "3"), ("quantity", 0),
                        ("expiresAt", "2026-11-22 16:00:00"), ("reservationId", 1.5), ("more", 1)):
        assert judge.answer("reserve", answer, {**answer.body, name: value}), (name, value)
    answer.headers.pop("cache-control")
    assert judge.answer("reserve", answer), "a header may be missing"


# ---- through Prism -------------------------------------------------------------------------------


def test_reserve_of_one():
    fresh()
    good("reserve", one(2), status=201)
    good("reserve", {"variantId": "1", "quantity": "2", "sessionId": "s"}, status=201)
    good("reserve", one(userId=7, ttlSeconds=7200), status=201)
    key_ = {"Idempotency-Key": "contract-1"}
    equal(good("reserve", one(userId=None), key_, status=201).body.get("replay"), None)
    equal(ask("reserve", one(userId=None), key_).body["replay"], True)
    replaced, = listed()
    ask("reserve", one(5, replaces=replaced))


def test_reserve_of_a_cart():
    fresh()
    lines = [{"variantId": 1, "quantity": 2}, {"variantId": "2", "quantity": "1", "replaces": None}]
    body = {"sessionId": "shopper", "items": lines[:1]}
    good("reserve", body, status=201)
    key_ = {"Idempotency-Key": "contract-2"}
    equal(ask("reserve", {**body, "items": lines}, key_).status, 201)
    equal(ask("reserve", {**body, "items": lines}, key_).body["replay"], True)


def test_reserve_is_refused():
    fresh()
    equal(good("reserve", one(101), status=409).body["retryAfterSeconds"], None)
    held(2, 1, "other")
    cart = {"sessionId": "s", "items": [{"variantId": 2, "quantity": 1},
                                        {"variantId": 1, "quantity": 101}]}
    equal(len(good("reserve", cart, status=409).body["lines"]), 2)
    good("reserve", {**one(), "variantId": 99}, status=404)
    good("reserve", one(replaces=999999), status=404)
    cancelled, converted = listed(2)
    cancel(cancelled)
    convert([converted])
    good("reserve", one(replaces=cancelled), status=409)
    good("reserve", one(replaces=converted), status=409)
    key_ = {"Idempotency-Key": "contract-3"}
    ask("reserve", one(1), key_)
    good("reserve", one(2), key_, status=422)


def test_a_cap_is_refused():
    fresh()
    sql("UPDATE ProductVariant SET stock=100000 WHERE id=1")
    answer = ask("reserve", one(1001), PUBLIC, straight=True)
    equal((answer.status, answer.body["code"]), (409, "limit_reached"))


def test_cancel():
    fresh()
    first, second, converted, expired = listed(4)
    convert([converted])
    expire(expired)
    good("cancel", {"reservationId": first})
    for body in ({"reservationId": converted}, {"reservationId": str(expired)},
                 {"reservationIds": [second, converted, expired, second, 999999]}):
        good("cancel", body)
    good("cancel", {"reservationId": 999999}, status=404)
    good("cancel", {"reservationIds": [first, second], "sessionId": "thief"}, status=404)


def test_convert():
    fresh()
    first, second, late, cancelled = listed(4)
    expire(late)
    cancel(cancelled)
    good("convert", {"reservationIds": [first, first], "orderId": "A-1"})
    good("convert", {"reservationId": str(second), "orderId": 1001, "sessionId": "shopper"})
    good("convert", {"reservationIds": [late, cancelled, 999999], "partial": True})
    good("convert", {"reservationIds": [first, 999999]}, status=404)


def test_convert_is_refused():
    fresh()
    live, cancelled, done, late, short = listed(5)
    cancel(cancelled)
    convert([done], orderId="A-1")
    good("convert", {"reservationIds": [live, cancelled]}, status=409)
    good("convert", {"reservationIds": [live, done], "orderId": "A-2"}, status=409)
    expire(late)
    sql("UPDATE ProductVariant SET stock=0 WHERE id=1")
    good("convert", {"reservationIds": [late]}, status=409)
    good("convert", {"reservationIds": [short], "orderId": "A-3"}, status=409)


def test_extend():
    fresh()
    live, converted, expired, cancelled = listed(4)
    convert([converted])
    expire(expired)
    cancel(cancelled)
    good("extend", {"reservationIds": [live, converted, expired, cancelled, live, 999999]})
    good("extend", {"sessionId": "shopper", "ttlSeconds": 7200})
    good("extend", {"sessionId": "nobody"})
    good("extend", {"reservationIds": [expired]}, status=409)
    good("extend", {"reservationIds": [cancelled]}, status=409)
    good("extend", {"reservationIds": [live], "sessionId": "thief"}, status=404)


def test_merge():
    fresh()
    listed(2)
    good("merge", {"fromSessionId": "shopper", "sessionId": "login", "userId": 7})
    good("merge", {"fromSessionId": "login", "sessionId": "login", "userId": "8"})


def test_availability():
    fresh()
    listed(2)
    good("availability", query="?variantIds=1,2,99,1")
    good("availability", query="?variantIds=99")
    equal(ask("availability", query="?variantIds=1", headers=PUBLIC, straight=True)
          .body["variants"][0]["more"], True)


def test_reservations():
    fresh()
    first, _ = listed(2)
    session = {"X-Session-Id": "shopper"}
    equal(len(good("reservations", headers=session).body["reservations"]), 2)
    equal(len(good("reservations", headers=session, query=f"?after={first}")
              .body["reservations"]), 1)
    good("reservations", headers={"X-Session-Id": "nobody"})


def test_cleanup():
    fresh()
    expire(*listed(3))
    good("cleanup", headers=key("cron"))


def test_health_and_metrics():
    need_packages()
    for operation in HEALTH:
        ask(operation)


# ---- straight to the server ----------------------------------------------------------------------

# What the document refuses must be refused by the server, and as the document says.
BAD = {
    "reserve": (
        {}, one(0), one(1.5), one(True), one(1000001), one("01"), one(None), one(sessionId=""),
        one(sessionId="a b"), one(sessionId="x" * 129), one(ttlSeconds=0), one(ttlSeconds=7201),
        one(userId="x"), one(userId=0), one(replaces="x"), one(variantId=0), one(variantId="0"),
        {"sessionId": "s", "items": []}, {"sessionId": "s", "items": [{}]},
        {"sessionId": "s", "items": [{"variantId": 1, "quantity": 0}]},
        {"sessionId": "s", "items": [{"variantId": 1, "quantity": 1, "replaces": -1}]},
        {"sessionId": "s", "items": {"variantId": 1, "quantity": 1}},
        {"sessionId": "s", "items": [{"variantId": 1, "quantity": 1}] * 101},
        {"items": [{"variantId": 1, "quantity": 1}]}, one(items=[{"variantId": 1, "quantity": 1}]),
    ),
    "cancel": ({}, {"reservationId": 0}, {"reservationIds": []}, {"reservationIds": [1, "x"]},
               {"reservationIds": [1] * 101}, {"reservationId": 1, "reservationIds": [1]},
               {"reservationId": 1, "sessionId": 5}),
    "convert": ({}, {"reservationIds": [0]}, {"reservationIds": [1], "orderId": ""},
                {"reservationIds": [1], "orderId": "a b"}, {"reservationId": 1, "partial": "yes"},
                {"reservationIds": [1], "orderId": "x" * 65},
                {"reservationId": 1, "reservationIds": [1]}),
    "extend": ({}, {"reservationIds": []}, {"sessionId": ""}, {"sessionId": "s", "ttlSeconds": 0},
               {"reservationIds": [1, -1]}, {"sessionId": "s", "ttlSeconds": 7201}),
    "merge": ({}, {"fromSessionId": "a", "sessionId": "b"},
              {"fromSessionId": "a", "sessionId": "b", "userId": 0},
              {"fromSessionId": "a", "sessionId": "b", "userId": None},
              {"fromSessionId": "", "sessionId": "b", "userId": 1}, {"sessionId": "b", "userId": 1}),
}


def test_what_the_document_refuses_is_400():
    fresh()
    for operation, bodies in BAD.items():
        for body in bodies:
            assert judge.request(operation, body), f"{operation} may be {body}"
            answer = ask(operation, body, TURKISH, straight=True)
            equal((answer.status, answer.headers["content-language"]), (400, "tr"), body)
    for operation, query in (("availability", ""), ("availability", "?variantIds=1,x"),
                             ("reservations", "")):
        equal(ask(operation, query=query, straight=True).status, 400, query)
    answer = ask("reserve", one(), {"Idempotency-Key": "a b"}, straight=True)
    equal(answer.body["errors"][0]["header"], "Idempotency-Key")
    equal(ask("reserve", b"{'a':1}", straight=True).body["errors"][0]["pointer"], "")


def test_callers_are_those_of_the_document():
    fresh()
    bodies = {"convert": {"reservationIds": [1]}, "reserve": one(), "merge": {}, "extend": {},
              "cancel": {"reservationId": 1}}
    keys = {"public": PUBLIC, "storefront": key("storefront"), "cron": key("cron")}
    for operation, known in judge.operations.items():
        for caller, headers in keys.items():
            answer = ask(operation, bodies.get(operation), headers, straight=True)
            allowed = caller in known["callers"] or (
                "operator" in known["callers"] and caller != "public")
            equal(answer.status in (401, 403), not allowed, f"{operation} by {caller}")


def test_a_wrong_key_is_401_everywhere():
    need_packages()
    for operation, known in judge.operations.items():
        body = {} if known["method"] == "POST" else None
        wrong = {"X-Api-Key": "wrong-wrong-wrong-wrong"}
        equal(ask(operation, body, wrong, straight=True).status, 401, operation)


def test_other_methods_are_405():
    need_packages()
    for operation in judge.operations:
        equal(ask(operation, straight=True, method="DELETE").status, 405, operation)


def test_bodies_that_are_too_large_or_of_another_type():
    need_packages()
    for operation, known in judge.operations.items():
        if known["method"] == "POST":
            large = ask(operation, b'{"a":"' + b"x" * 70000 + b'"}', straight=True)
            equal(large.status, 413, operation)
            other = ask(operation, b"a=1", {"Content-Type": "text/plain"}, straight=True)
            equal(other.status, 415, operation)


def test_an_unknown_endpoint():
    need_packages()
    answer = request("GET", "/api/stock/nothing")
    equal((answer.status, judge.response("NoSuchEndpoint", answer)), (404, []))


def test_every_answer_of_the_document_was_seen():
    """But those of a service that is too busy, broken or away."""
    need_packages()
    missing = []
    for operation, known in judge.operations.items():
        for status, codes in known["responses"].items():
            if status != "429" and int(status) < 500:
                found = seen.get((operation, status), set())
                missing += [(operation, status, code) for code in codes or [None]
                            if code not in found]
    equal(missing, [])


if __name__ == "__main__":
    try:
        main(prepare)
    finally:
        for helper in (judge, prism):
            if helper is not None:
                helper.close()
