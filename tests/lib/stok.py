"""The instance under test: real nginx, real stokd, real database, started by ./run."""

import http.client
import json
import os
import socket
import subprocess
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VAR = os.environ.get("STOK_VAR", os.path.join(ROOT, "var", "check"))
PORT = int(os.environ.get("STOK_PORT", "18088"))

# A public caller as the development server sees one: another proxy forwarded it.
PUBLIC = {"X-Forwarded-For": "203.0.113.7"}


def run(*options, check=True):
    """./run for this instance. Returns what it printed."""
    done = subprocess.run(
        [os.path.join(ROOT, "run"), "--port", str(PORT), *options],
        env={**os.environ, "STOK_VAR": VAR},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    assert not check or done.returncode == 0, done.stdout
    return done.stdout


def start():
    """Starts whatever part of the instance does not run, and empties its tables."""
    run("--detach")
    sql("SET GLOBAL time_zone='SYSTEM'")
    empty()


def empty():
    """No holds, no variants."""
    sql("DELETE FROM StockReservation; DELETE FROM ProductVariant")


def database():
    """The part of the instance that is its database."""
    return "mysqld" if os.path.isdir(os.path.join(VAR, "mysql-data")) else "mariadbd"


def process(part):
    """The process id of a part of the instance."""
    with open(os.path.join(VAR, "run", f"{part}.pid"), encoding="ascii") as file:
        return int(file.read())


def workers():
    """The process ids of the pool of stokd."""
    found = []
    for identity in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{identity}/environ", "rb") as file:
                mine = f"STOK_DB_OPTIONS={VAR}/my.cnf".encode() in file.read().split(b"\0")
            mine = mine and os.readlink(f"/proc/{identity}/exe").endswith("/stokd")
        except OSError:
            continue
        if mine:
            found.append(int(identity))
    return sorted(found)


class Answer:
    """status, headers (names in lower case), body (parsed where it is JSON), text."""

    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.text = response.read().decode("utf-8", "replace")
        self.body = None
        if self.text and "json" in self.headers.get("content-type", ""):
            self.body = json.loads(self.text)

    def __repr__(self):
        return f"<{self.status} {self.text!r}>"


def request(method, path, body=None, headers=(), port=PORT, timeout=30):
    """One request on a connection of its own. `body`: bytes, or what is to be sent as JSON."""
    headers = list(headers.items() if isinstance(headers, dict) else headers)
    names = {name.lower() for name, _ in headers}
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.putrequest(method, path)
        for name, value in headers:
            connection.putheader(name, value)
        if body is not None and "content-type" not in names:
            connection.putheader("Content-Type", "application/json")
        if body is not None and "content-length" not in names:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        return Answer(connection.getresponse())
    finally:
        connection.close()


def reserve(variant, quantity, session="shopper", headers=(), **more):
    """POST reserve."""
    body = {"variantId": variant, "quantity": quantity, "sessionId": session, **more}
    return request("POST", "/api/stock/reserve", body, headers)


def cancel(reservation, headers=(), **more):
    """POST cancel: one id, or a list."""
    name = "reservationIds" if isinstance(reservation, list) else "reservationId"
    return request("POST", "/api/stock/cancel-reservation", {name: reservation, **more}, headers)


def convert(reservations, headers=(), **more):
    """POST convert: one id, or a list."""
    name = "reservationIds" if isinstance(reservations, list) else "reservationId"
    return request("POST", "/api/stock/convert-reservations", {name: reservations, **more}, headers)


def reserve_items(items, session="shopper", headers=(), **more):
    """POST reserve of a cart: (variantId, quantity) or (variantId, quantity, replaces) a line."""
    names = ("variantId", "quantity", "replaces")
    body = {"items": [dict(zip(names, item)) for item in items], "sessionId": session, **more}
    return request("POST", "/api/stock/reserve", body, headers)


def extend(reservations=None, headers=(), **more):
    """POST extend: a list of ids, or those of a session."""
    body = more if reservations is None else {"reservationIds": reservations, **more}
    return request("POST", "/api/stock/extend-reservations", body, headers)


def merge(source, target, user, headers=(), **more):
    """POST merge-session: what `source` holds goes to `target` and its user."""
    body = {"fromSessionId": source, "sessionId": target, "userId": user, **more}
    return request("POST", "/api/stock/merge-session", body, headers)


def availability(*variants, headers=()):
    """GET availability of variants."""
    ids = ",".join(str(identity) for identity in variants)
    return request("GET", f"/api/stock/availability?variantIds={ids}", headers=headers)


def reservations(session, headers=(), after=None):
    """GET reservations: what a session holds, behind the id `after`."""
    path = "/api/stock/reservations" + ("" if after is None else f"?after={after}")
    return request("GET", path, headers={"X-Session-Id": session, **dict(headers)})


def key(kind):
    """The header with the key of `kind` (cron, storefront), as a dictionary."""
    with open(os.path.join(VAR, f"{kind}.hdr"), encoding="ascii") as file:
        name, value = file.readline().strip().split(": ", 1)
    return {name: value}


def cleanup():
    """GET cleanup, with the cron key."""
    return request("GET", "/api/cron/cleanup-reservations", headers=key("cron"))


def held(variant, quantity, session="shopper", **more):
    """A hold that must succeed. Returns its id."""
    answer = reserve(variant, quantity, session, **more)
    assert answer.status == 201, answer
    return answer.body["reservationId"]


def held_all(items, session="shopper", **more):
    """A cart that must succeed. Returns its ids, in its order."""
    answer = reserve_items(items, session, **more)
    assert answer.status == 201, answer
    return [hold["reservationId"] for hold in answer.body["reservations"]]


def sql(statements):
    """Runs statements as the database's owner. Returns the rows of the last, as lists of text."""
    done = subprocess.run(
        ["mariadb", f"--defaults-file={VAR}/my.cnf", "--batch", "--skip-column-names", "stok"],
        input=statements,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return [line.split("\t") for line in done.stdout.splitlines()]


def number(question):
    """The one number that a SELECT gives."""
    return int(sql(question)[0][0])


def sequence(count):
    """A table for FROM, whose column seq has 1 to count (100,000 at most)."""
    digit = "(SELECT 0 n" + "".join(f" UNION ALL SELECT {n}" for n in range(1, 10)) + ")"
    return (
        f"(SELECT 1 + a.n + 10 * b.n + 100 * c.n + 1000 * d.n + 10000 * e.n AS seq FROM {digit} a, "
        f"{digit} b, {digit} c, {digit} d, {digit} e HAVING seq <= {count}) AS numbers"
    )


def kill_connections(kind="CONNECTION"):
    """Ends the service's connections to the database, or only their statements (QUERY)."""
    for identity, user, *_ in sql("SHOW PROCESSLIST"):
        if user == "stok":
            sql(f"KILL {kind} {identity}")


def variant(identity, stock):
    """Adds a product variant."""
    sql(f"INSERT INTO ProductVariant (id, stock) VALUES ({identity}, {stock})")
    return identity


def expire(*reservations):
    """Lets holds expire now."""
    ids = ",".join(str(reservation) for reservation in reservations)
    sql(f"UPDATE StockReservation SET expiresAt=UTC_TIMESTAMP(3) WHERE id IN ({ids})")


def counters(variant_id):
    """stock and reserved of a variant."""
    rows = sql(f"SELECT stock, reserved FROM ProductVariant WHERE id={variant_id}")
    return tuple(int(column) for column in rows[0])


def state(reservation):
    """status and cancelReason of a row."""
    return sql(f"SELECT status, cancelReason FROM StockReservation WHERE id={reservation}")[0]


def snapshot():
    """Both tables, to be compared: what was refused has changed nothing."""
    holds = sql("SELECT id, variantId, quantity, sessionId, userId, status, cancelReason, "
                "expiresAt, closedAt, orderId, closedRequestId FROM StockReservation ORDER BY id")
    return holds, sql("SELECT id, stock, reserved FROM ProductVariant ORDER BY id")


def crowd():
    """Variants 1 to 100 of 1,000 units, with 50,000 live holds of one unit and 500 expired ones."""
    empty()
    sql(f"INSERT INTO ProductVariant (id, stock) SELECT seq, 1000 FROM {sequence(100)}; "
        "INSERT INTO StockReservation (variantId, quantity, sessionId, expiresAt) "
        "SELECT 1 + seq % 100, 1, 'crowd', UTC_TIMESTAMP(3) + INTERVAL 1 HOUR "
        f"FROM {sequence(50000)}; "
        "INSERT INTO StockReservation (variantId, quantity, sessionId, expiresAt) "
        f"SELECT 1 + seq % 100, 1, 'crowd', UTC_TIMESTAMP(3) FROM {sequence(500)}; "
        "UPDATE ProductVariant SET reserved=505")


def rows_read():
    """How many rows the database's engines have read since it started."""
    return sum(int(line[1]) for line in sql("SHOW GLOBAL STATUS LIKE 'Handler_read%'"))


def check_sums():
    """The counters are the sums of the rows, for every variant."""
    wrong = sql(
        "SELECT v.id, v.stock, v.reserved, COALESCE(SUM(r.quantity), 0) FROM ProductVariant v "
        "LEFT JOIN StockReservation r ON r.variantId=v.id AND r.status='ACTIVE' "
        "GROUP BY v.id, v.stock, v.reserved HAVING v.reserved<>COALESCE(SUM(r.quantity), 0)"
    )
    assert wrong == [], f"counters differ from sums: {wrong}"


def log_lines(name="access.log"):
    """All lines of a log."""
    with open(os.path.join(VAR, "log", name), encoding="utf-8", errors="replace") as file:
        return file.read().splitlines()


def audit(request_id, seconds=5, log="access.log"):
    """The audit line of a request, parsed. nginx writes it after it answered: waits for it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for line in reversed(log_lines(log)):
            if request_id in line:
                return json.loads(line)
        time.sleep(0.02)
    raise AssertionError(f"no audit line of request {request_id}")


def metric(name):
    """A counter of /metrics."""
    for line in request("GET", "/metrics").text.splitlines():
        if line.startswith(name + " "):
            return int(line.split()[1])
    raise AssertionError(f"no metric {name}")


def together(count, work):
    """Calls work(0) .. work(count - 1) at the same time. Returns their results in order."""
    results = [None] * count
    errors = []
    gate = threading.Barrier(count)

    def one(index):
        try:
            gate.wait()
            results[index] = work(index)
        except Exception as error:  # told below, in the test's own thread
            errors.append(error)

    threads = [threading.Thread(target=one, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results


def exchange(raw, port=PORT):
    """Sends bytes as they are, and returns all that comes back."""
    with socket.create_connection(("127.0.0.1", port), timeout=15) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        chunks = []
        while chunk := connection.recv(65536):
            chunks.append(chunk)
    return b"".join(chunks)


def until(condition, what, seconds=10):
    """Waits for a state that must come."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(f"not in {seconds} s: {what}")
