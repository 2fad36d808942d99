#!/usr/bin/env python3
"""The peers of the bench do the same job: a fast answer that is wrong would be no comparison."""

import os
import re
import shutil
import signal
import subprocess
import sys

import peers
import stok
from stok import check_sums, empty, number, sql, together, until, variant
from tap import Skip, equal, main

# An instance of its own: its database is what the peers work on, its nginx stays as it is.
stok.VAR = os.path.realpath(os.environ.get("STOK_VAR") or os.path.join(stok.ROOT, "var", "peers"))
stok.PORT = int(os.environ.get("STOK_PORT", "18400"))
HOME = os.path.join(stok.VAR, "bench")
VARIANT = 10

shop = {}
ports = {}
absent = {}  # peers that cannot be had here, and why
nginx = None


# ---- begin and end -------------------------------------------------------------------------------


def prepare():
    global shop
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that finish() is not left out
    stok.start()
    os.makedirs(HOME, exist_ok=True)
    run_dir = os.path.join(stok.VAR, "run")
    shop = peers.peers(HOME, run_dir, os.path.join(run_dir, "mysql.sock"), "stok",
                       password(), "stok")
    for place, (name, peer) in enumerate(shop.items(), 1):
        ports[name] = stok.PORT + place
        try:
            peer.prepare()
        except peers.Unavailable as why:
            absent[name] = str(why)
        else:
            peer.start()
    start_nginx()


def password():
    """The service's, as ./run made it."""
    with open(os.path.join(stok.VAR, "my.cnf"), encoding="ascii") as file:
        return re.search(r"^\[stok\].*?^password=(\S+)", file.read(), re.M | re.S).group(1)


def start_nginx():
    """One nginx for all peers, with the snippets that ./run laid."""
    global nginx
    home = os.path.join(HOME, "nginx")
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(os.path.join(stok.VAR, "nginx", "stok"), os.path.join(home, "stok"))
    temporary = "".join(
        f'{kind}_temp_path "{home}/{kind}";\n'
        for kind in ("client_body", "fastcgi", "proxy", "scgi", "uwsgi")
    )
    user = "user root;" if os.getuid() == 0 else ""
    servers = "\n".join(peer.nginx_server(ports[name]) for name, peer in shop.items())
    with open(f"{home}/nginx.conf", "w", encoding="utf-8") as file:
        file.write(
            f'{user}\ndaemon off;\nworker_processes 1;\npid "{home}/nginx.pid";\n'
            f"events {{ worker_connections 1024; }}\nhttp {{\n{temporary}"
            f"include stok/stok-http.conf;\n{servers}\n}}\n"
        )
    nginx = subprocess.Popen(
        ["/usr/sbin/nginx", "-p", home, "-e", f"{home}/error.log", "-c", f"{home}/nginx.conf"]
    )
    until(lambda: all(is_open(port) for port in ports.values()), "nginx listens")


def is_open(port):
    try:
        stok.socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


def finish():
    if nginx is not None:
        nginx.terminate()
        nginx.wait(10)
    for peer in shop.values():
        peer.stop()
    stok.run("--stop")


# ---- what is asked -------------------------------------------------------------------------------


class Client:
    """Asks one peer."""

    def __init__(self, name):
        if name in absent:
            raise Skip(absent[name])
        self.name = name
        self.port = ports[name]

    def ask(self, path, body):
        return stok.request("POST", f"/api/stock/{path}", body, port=self.port)

    def reserve(self, variant_id, quantity, session="shopper"):
        return self.ask("reserve", {
            "variantId": variant_id, "quantity": quantity, "sessionId": session,
        })

    def cancel(self, reservation):
        return self.ask("cancel-reservation", {"reservationId": reservation})

    def convert(self, reservations, **more):
        return self.ask("convert-reservations", {"reservationIds": reservations, **more})

    def held(self, variant_id, quantity):
        """The id of a hold that must succeed."""
        answer = self.reserve(variant_id, quantity)
        equal(answer.status, 201, answer)
        return answer.body["reservationId"]


def fresh(name, stock=10):
    """A client of the peer, one variant with so much stock, and nothing else."""
    client = Client(name)
    empty()
    variant(VARIANT, stock)
    return client


def counters(variant_id=VARIANT):
    """stock and reserved of the variant."""
    rows = sql(f"SELECT stock, reserved FROM ProductVariant WHERE id={variant_id}")
    return tuple(int(column) for column in rows[0])


def columns(names, reservation):
    return sql(f"SELECT {names} FROM StockReservation WHERE id={reservation}")[0]


# ---- the job -------------------------------------------------------------------------------------


def reserves(name):
    client = fresh(name)
    answer = client.reserve(VARIANT, 3)
    equal(answer.status, 201, answer)
    equal(answer.headers["content-type"], "application/json")
    body = answer.body
    equal(body["success"], True)
    assert body["message"], body
    equal((body["variantId"], body["quantity"], body["status"]), (VARIANT, 3, "ACTIVE"))
    equal(counters(), (10, 3))
    row = columns("variantId, quantity, sessionId, status, createdRequestId, "
                  "REPLACE(expiresAt, ' ', 'T')", body["reservationId"])
    equal(row[:4], [str(VARIANT), "3", "shopper", "ACTIVE"])
    equal(row[4], answer.headers["x-request-id"], "the row joins the log")
    equal(body["expiresAt"], row[5] + "Z")
    apart = number(
        "SELECT ABS(TIMESTAMPDIFF(MICROSECOND, createdAt + INTERVAL 30 MINUTE, expiresAt)) + "
        "ABS(TIMESTAMPDIFF(MICROSECOND, createdAt, UTC_TIMESTAMP(3))) FROM StockReservation"
    )
    assert apart < 20_000_000, f"{apart} us"
    check_sums()


def refuses(name):
    client = fresh(name)
    client.held(VARIANT, 8)
    answer = client.reserve(VARIANT, 3)
    equal((answer.status, answer.body["success"]), (409, False))
    equal(answer.body["code"], "insufficient_stock")
    equal(client.reserve(99, 1).status, 404)
    good = {"variantId": VARIANT, "quantity": 1, "sessionId": "s"}
    for fault in (
        {"variantId": 0}, {"variantId": -1}, {"variantId": "1"}, {"variantId": 1.5},
        {"variantId": None}, {"quantity": 0}, {"quantity": 1_000_001}, {"quantity": True},
        {"sessionId": ""}, {"sessionId": "x" * 129}, {"sessionId": "a b"}, {"sessionId": "\u00fc"},
        {"sessionId": "a\n"}, {"sessionId": 1},
    ):
        equal(client.ask("reserve", {**good, **fault}).status, 400, fault)
    for body in (b"", b"{", b"[]", b"1", b"null", b'"a"'):
        equal(client.ask("reserve", body).status, 400, body)
    equal(client.cancel(0).status, 400)
    equal(client.cancel(10**9).status, 404)
    equal(client.convert([]).status, 400)
    equal(client.convert(["a"]).status, 400)
    equal(client.convert([10**9]).status, 404)
    equal(client.ask("nothing", {}).status, 404)
    equal(client.ask("reserve", {**good, "sessionId": "'\\\"" + "x" * 125}).status, 201)
    equal(counters(), (10, 9))
    equal(number("SELECT COUNT(*) FROM StockReservation"), 2)
    check_sums()


def cancels(name):
    client = fresh(name)
    hold = client.held(VARIANT, 4)
    answer = client.cancel(hold)
    equal((answer.status, answer.body["released"], answer.body["status"]), (200, 4, "CANCELLED"))
    row = columns("status, cancelReason, closedAt IS NOT NULL, closedRequestId", hold)
    equal(row, ["CANCELLED", "CUSTOMER", "1", answer.headers["x-request-id"]])
    answer = client.cancel(hold)
    equal((answer.status, answer.body["released"], answer.body["status"]), (200, 0, "CANCELLED"))
    equal(counters(), (10, 0))
    equal(columns("closedRequestId", hold), [row[3]])
    check_sums()


def converts(name):
    client = fresh(name)
    variant(VARIANT - 1, 5)
    holds = [client.held(VARIANT, 2), client.held(VARIANT - 1, 1), client.held(VARIANT, 3)]
    cancelled = client.held(VARIANT, 1)
    client.cancel(cancelled)
    equal(client.convert([*holds, cancelled]).status, 409)
    equal(client.convert([*holds, 10**9]).status, 404)
    equal((counters(), counters(VARIANT - 1)), ((10, 5), (5, 1)))
    answer = client.convert([*holds, holds[0]], orderId="A-'1")
    equal(answer.status, 200, answer)
    equal((counters(), counters(VARIANT - 1)), ((5, 0), (4, 0)))
    for hold in holds:
        row = columns("status, cancelReason, orderId, closedAt IS NOT NULL, closedRequestId", hold)
        equal(row, ["COMPLETED", "NULL", "A-'1", "1", answer.headers["x-request-id"]])
    more = client.held(VARIANT, 1)
    equal(client.convert([holds[0], more]).status, 200)
    equal(client.cancel(holds[0]).body["released"], 0)
    equal((counters(), counters(VARIANT - 1)), ((4, 0), (4, 0)))
    check_sums()


def never_takes_more_than_there_is(name):
    client = fresh(name)
    hold = client.held(VARIANT, 4)
    sql("UPDATE ProductVariant SET stock=3")
    equal(client.reserve(VARIANT, 1).status, 409)
    equal(client.convert([hold]).status, 409)
    equal(counters(), (3, 4))
    equal(columns("status", hold), ["ACTIVE"])
    check_sums()


def does_not_oversell(name):
    client = fresh(name, 100)
    statuses = [answer.status for answer in together(
        200, lambda index: client.reserve(VARIANT, 1, f"shopper-{index}")
    )]
    equal((statuses.count(201), statuses.count(409)), (100, 100))
    equal(counters(), (100, 100))
    equal(number("SELECT COUNT(*) FROM StockReservation WHERE status='ACTIVE'"), 100)
    check_sums()


def keeps_the_sums_when_carts_cross(name):
    client = fresh(name, 1000)
    for identity in (1, 2, 3):
        variant(identity, 1000)
    carts = [[client.held(1 + (turn + step) % 3, 1) for step in range(3)] for turn in range(24)]
    answers = together(48, lambda index: client.convert(carts[index // 2]) if index % 2
                       else client.cancel(carts[index // 2][index % 3]))
    equal({answer.status for answer in answers} - {200, 409}, set())
    sold = number("SELECT COALESCE(SUM(quantity), 0) FROM StockReservation "
                  "WHERE status='COMPLETED'")
    equal(number("SELECT SUM(stock) FROM ProductVariant"), 4000 - sold)
    check_sums()


def survives_the_loss_of_its_connections(name):
    client = fresh(name, 10000)
    stok.kill_connections()
    # One that had begun may be told to try again; all are good at the end.
    until(lambda: all(client.reserve(VARIANT, 1).status == 201 for _ in range(40)),
          "forty holds in a row")
    check_sums()


def logs_as_stok_does(name):
    client = fresh(name)
    answer = client.reserve(VARIANT, 1)
    path = os.path.join(HOME, f"{name}.log")
    request_id = answer.headers["x-request-id"]
    until(lambda: request_id in open(path, encoding="utf-8").read(), "the line of the log")
    with open(path, encoding="utf-8") as file:
        line = next(stok.json.loads(text) for text in file if request_id in text)
    equal((line["requestId"], line["status"], line["action"], line["path"]),
          (request_id, 201, "reserve", "/api/stock/reserve"))


def ends_what_it_began(name):
    """And only that; and can be started again, with several processes where one is usual."""
    client = fresh(name)
    peer = shop[name]
    before = peer.pids()
    assert len(before) == (peer.processes + 1 if peer.processes > 1 else 1), before
    peer.stop()
    equal(peer.pids(), [])
    equal([pid for pid in before if os.path.exists(f"/proc/{pid}")], [])
    peer.processes = peer.processes if peer.processes > 1 else 2
    peer.start()
    equal(len(peer.pids()), peer.processes + 1)
    client.held(VARIANT, 1)


JOBS = (reserves, refuses, cancels, converts, never_takes_more_than_there_is, does_not_oversell,
        keeps_the_sums_when_carts_cross, survives_the_loss_of_its_connections, logs_as_stok_does,
        ends_what_it_began)


def make_tests():
    """One for each peer and each part of the job."""
    for name in ("plain", "php", "mysql2", "prisma"):
        for job in JOBS:
            def test(job=job, name=name):
                job(name)
            globals()[f"test_{name}_{job.__name__}"] = test


make_tests()

if __name__ == "__main__":
    try:
        main(prepare)
    finally:
        finish()
