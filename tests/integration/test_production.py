#!/usr/bin/env python3
"""nginx as it is shipped for production: no address is trusted; a way of its own may be."""

import re
import shutil

from server import lay_snippets, start_nginx, write_configuration
from stok import *
from tap import equal, main

PUBLIC_PORT = PORT + 1
STOREFRONT_PORT = PORT + 2
HOME = os.path.join(VAR, "production")
nginx = None


def servers():
    """The shipped example, its second server enabled, on two loopback ports, with our log."""
    with open(os.path.join(ROOT, "nginx", "stok-production.conf"), encoding="utf-8") as file:
        text = file.read()
    begin = text.index("# server {")
    text = text[:begin] + re.sub(r"^# ?", "", text[begin:], flags=re.MULTILINE)
    text = text.replace("listen 80;", f"listen 127.0.0.1:{PUBLIC_PORT};")
    text = text.replace("listen unix:/run/stok-storefront/http.sock;",
                        f"listen 127.0.0.1:{STOREFRONT_PORT};")
    return text.replace("/var/log/stok/access.log", f'"{HOME}/access.log"')


def prepare():
    global nginx
    start()
    variant(1, 100000)
    shutil.rmtree(HOME, ignore_errors=True)  # its log is compared with the tables
    lay_snippets(HOME)
    write_configuration(HOME, servers())
    nginx = start_nginx(HOME, PUBLIC_PORT, STOREFRONT_PORT)


def ask(port, path, body, headers=()):
    return request("POST", f"/api/stock/{path}", body, headers, port=port)


CONVERT = ("convert-reservations", {"reservationIds": [10**9]})
RESERVE = ("reserve", {"variantId": 1, "quantity": 1, "sessionId": "browser"})


def test_loopback_is_public():
    answer = ask(PUBLIC_PORT, *CONVERT)
    equal((answer.status, answer.body["code"]), (403, "not_allowed"))
    equal(ask(PUBLIC_PORT, *RESERVE).status, 201)


def test_the_storefront_is_known_by_its_key():
    answer = ask(PUBLIC_PORT, *CONVERT, key("storefront"))
    equal((answer.status, answer.body["code"]), (404, "reservation_not_found"))


def test_the_storefronts_own_way_needs_no_key():
    answer = ask(STOREFRONT_PORT, *CONVERT)
    equal((answer.status, answer.body["code"]), (404, "reservation_not_found"))


def test_whoever_was_forwarded_there_is_public():
    answer = ask(STOREFRONT_PORT, *CONVERT, PUBLIC)
    equal((answer.status, answer.body["code"]), (403, "not_allowed"))


def test_cleanup_works_with_the_cron_key_only():
    path = "/api/cron/cleanup-reservations"
    equal(request("GET", path, port=PUBLIC_PORT).status, 401)
    equal(request("GET", path, port=STOREFRONT_PORT).status, 401)
    equal(request("GET", path, headers=key("cron"), port=PUBLIC_PORT).status, 200)


def test_health_is_for_operators_addresses():
    equal(request("GET", "/health/ready", port=PUBLIC_PORT).status, 200)
    equal(request("GET", "/health/ready", headers=PUBLIC, port=PUBLIC_PORT).status, 403)


def test_malformed_requests_are_answered_in_json():
    raw = exchange(b"GET / HTTP/1.1\r\nHost: a b\r\nHost: c\r\n\r\n", PUBLIC_PORT)
    assert b" 400 " in raw.split(b"\r\n")[0] and b'"code":"invalid_request"' in raw, raw
    long = exchange(b"GET /api/stock/" + b"x" * 40000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
                    PUBLIC_PORT)
    assert b'"code":"invalid_request"' in long, long


def test_too_many_requests_are_429_in_json():
    statuses = []

    def shop(index):
        path, body = RESERVE
        for _ in range(60):
            # Forwarded: operators' and trusted ways are not limited. One session has 100 holds.
            answer = ask(PUBLIC_PORT, path, {**body, "sessionId": f"browser-{index}"}, PUBLIC)
            statuses.append(answer.status)
            if answer.status == 429:
                equal(answer.body["code"], "too_many_requests")
                assert int(answer.headers["retry-after"]) >= 1
                equal(answer.headers["content-type"], "application/problem+json")

    together(12, shop)
    equal(set(statuses), {201, 429})
    check_sums()


def test_its_log_is_complete():
    with open(f"{HOME}/access.log", encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    outcomes = {line["outcome"] for line in lines}
    assert {"reserved", "not_allowed", "too_many_requests", "cleaned"} <= outcomes, outcomes
    reserved = sum(1 for line in lines if line["outcome"] == "reserved")
    equal(number("SELECT COUNT(*) FROM StockReservation WHERE sessionId LIKE 'browser%'"),
          reserved)


if __name__ == "__main__":
    try:
        main(prepare)
    finally:
        if nginx is not None:
            nginx.terminate()
            nginx.wait(10)
