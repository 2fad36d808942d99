#!/usr/bin/env python3
"""The audit log where nginx itself has the say: its own answers, injections, rotation, a report."""

import glob
import pwd
import re
import shutil
import signal

import ctl
from stok import *
from tap import Skip, equal, main

RESERVE = b'{"variantId":1,"quantity":1,"sessionId":"nginx"}'


def new_lines(before, count):
    """The lines after so many, parsed, once there are as many as were asked for; and no more."""
    until(lambda: len(log_lines()) >= before + count, f"{count} more lines")
    time.sleep(0.1)
    lines = log_lines()[before:]
    equal(len(lines), count)
    return [json.loads(line) for line in lines]


def one_line(act):
    """What an act leaves in the log: one line."""
    before = len(log_lines())
    act()
    return new_lines(before, 1)[0]


def told(line):
    return line["status"], line["outcome"], line["action"]


def test_refusals_of_callers_and_paths_have_their_line():
    empty()
    variant(1, 5)
    wrong = {"X-Api-Key": "w" * 32}
    for act, expected in (
        (lambda: reserve(1, 1, headers=wrong), (401, "unauthorized", "reserve")),
        (lambda: request("GET", "/api/cron/cleanup-reservations"), (401, "unauthorized", "cleanup")),
        (lambda: request("GET", "/api/stock/nowhere"), (404, "no_such_endpoint", "")),
        (lambda: request("GET", "/"), (404, "no_such_endpoint", "")),
        (lambda: request("PUT", "/api/stock/reserve", RESERVE),
         (405, "method_not_allowed", "reserve")),
        (lambda: request("TRACE", "/api/stock/reserve"), (405, "method_not_allowed", "reserve")),
        (lambda: reserve(1, 6), (409, "insufficient_stock", "reserve")),
        (lambda: request("POST", "/api/stock/reserve", RESERVE, {"Content-Type": "text/plain"}),
         (415, "unsupported_media_type", "reserve")),
    ):
        equal(told(one_line(act)), expected)


def test_bodies_and_headers_that_are_too_large_have_their_line():
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    chunked = (b"POST /api/stock/reserve HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
               b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 2 + b"0\r\n\r\n")
    for act, expected in (
        (lambda: request("POST", "/api/stock/reserve", b"x" * 70000), (413, "body_too_large")),
        (lambda: exchange(chunked), (413, "body_too_large")),
        (lambda: exchange(b"GET /" + b"a" * 9000 + b" HTTP/1.0\r\n\r\n"), (414, "invalid_request")),
        (lambda: exchange(b"GET / HTTP/1.0\r\nX-Long: " + b"a" * 9000 + b"\r\n\r\n"),
         (400, "invalid_request")),
    ):
        line = one_line(act)
        equal((line["status"], line["outcome"]), expected)


def test_the_limit_of_requests_has_its_lines():
    empty()
    variant(1, 10**6)
    before = len(log_lines())
    answers = together(8, lambda index: [reserve(1, 1, f"s{index}", PUBLIC).status
                                         for _ in range(75)])
    statuses = sum(answers, [])
    assert 429 in statuses, "the limit was not reached"
    lines = new_lines(before, len(statuses))
    equal(sorted(line["status"] for line in lines), sorted(statuses))
    for line in lines:
        if line["status"] == 429:
            equal((line["outcome"], line["action"], line["caller"]),
                  ("too_many_requests", "reserve", "public"))


def test_without_the_database_the_line_says_so():
    os.kill(process(database()), signal.SIGKILL)
    try:
        line = one_line(lambda: reserve(1, 3))
    finally:
        run("--detach")
    equal(told(line), (503, "database_unavailable", "reserve"))
    equal(line["lines"], "1:3", "what was asked for")


def test_a_pool_that_does_not_answer_in_time_has_its_line():
    for worker in workers():
        os.kill(worker, signal.SIGSTOP)
    try:
        line = one_line(lambda: reserve(1, 1))
    finally:
        for worker in workers():
            os.kill(worker, signal.SIGCONT)
    equal(told(line), (504, "unavailable", "reserve"))
    until(lambda: request("GET", "/health/ready").status == 200, "the pool again")


def test_a_pool_that_is_gone_has_its_line():
    os.kill(process("pool"), signal.SIGKILL)
    until(lambda: workers() == [], "no workers")
    try:
        equal(told(one_line(lambda: reserve(1, 1))), (502, "unavailable", "reserve"))
    finally:
        run("--detach")


def leave(sent):
    """A client that sends so much, and goes."""
    with socket.create_connection(("127.0.0.1", PORT)) as connection:
        connection.sendall(sent)


def test_a_client_that_leaves_in_the_middle_has_its_line():
    head = b"POST /api/stock/reserve HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    half = head + b"Content-Length: 48\r\n\r\n" + RESERVE[:20]
    line = one_line(lambda: leave(half))
    assert told(line) in ((400, "invalid_request", "reserve"), (499, "client_gone", "reserve")), line


def test_a_client_that_leaves_after_it_sent_has_its_outcome():
    empty()
    variant(1, 5)
    whole = (b"POST /api/stock/reserve HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
             b"Content-Length: %d\r\n\r\n%s" % (len(RESERVE), RESERVE))
    line = one_line(lambda: leave(whole))
    equal(told(line), (201, "reserved", "reserve"))
    equal(sql("SELECT id, createdRequestId FROM StockReservation"),
          [[line["reservationIds"], line["requestId"]]])


def test_every_injection_leaves_one_line_of_its_own():
    forged = b'","status":201,"outcome":"reserved'
    for path in (b'/a"b', b"/a\\", b"/%22%0d%0a", b"/a%00b", b"/\xff\xfe\xc3", b"/a\tb", b"/" + forged,
                 b"/\x01\x02", b"/" + b"\xe2\x82" * 2000, b"/" + b'"' * 8000, b"/\\u0022"):
        for header in (b"X-Request-Id", b"Accept-Language", b"X-Api-Key", b"Referer"):
            before = len(log_lines())
            exchange(b"GET " + path + b" HTTP/1.0\r\n" + header + b": \x7f\xff" + forged + b"\r\n\r\n")
            line = new_lines(before, 1)[0]
            assert line["outcome"] in ("no_such_endpoint", "invalid_request", "unauthorized"), line
            assert line["status"] in (400, 401, 404, 414), line
            equal(line["clientRequestId"], "")


def test_what_comes_from_bodies_stands_as_it_was_sent():
    empty()
    variant(1, 5)
    order = '"}\\u0022\\,{"status":"'
    hold = held(1, 1, order)
    line = one_line(lambda: convert([hold], orderId=order))
    equal((line["orderId"], line["reservationIds"]), (order, str(hold)))


def test_no_line_that_nginx_wrote_is_unreadable_or_invalid():
    with open(ctl.LOG, "rb") as file:
        for text in file.read().splitlines():
            json.loads(text.decode("ascii"))
    result = ctl.told("audit", ctl.LOG, "--until", "2020-01-01")
    equal([one for one in result.findings if one["finding"] == "line_unreadable"], [])


def test_the_table_of_fields_is_complete():
    with open(os.path.join(ROOT, "nginx", "stok-http.conf"), encoding="utf-8") as file:
        text = file.read()
    fields = re.findall(r'"(\w+)":', "".join(re.findall(r"^\t'(.*)'", text, re.MULTILINE)))
    table = text[text.index("# One JSON object a line"):text.index("log_format")]
    described = [name for names in re.findall(r"^#   (\w+(?:, \w+)*) ", table, re.MULTILINE)
                 for name in names.split(", ")]
    equal(sorted(described), sorted(fields))


def logrotate(*arguments):
    program = shutil.which("logrotate", path=os.environ["PATH"] + ":/usr/sbin")
    if program is None:
        raise Skip("logrotate is not installed")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "error:" not in done.stderr, done.stderr
    return done.stderr


def test_the_log_is_rotated_and_loses_no_line():
    with open(os.path.join(ROOT, "nginx", "stok.logrotate"), encoding="ascii") as file:
        text = file.read()
    for setting in ("rotate 400", "maxage 400", "daily", "compress", "create 0640 www-data adm"):
        assert re.search(rf"^\t{setting}$", text, re.MULTILINE), setting
    run_dir = os.path.realpath(os.path.join(VAR, "run"))
    user = pwd.getpwuid(os.geteuid()).pw_name
    path = os.path.join(VAR, "rotate.conf")
    with open(path, "w", encoding="ascii") as file:
        file.write(text.replace("/var/log/stok/access.log", ctl.LOG)
                   .replace("/run/nginx.pid", f"{run_dir}/nginx.pid")
                   .replace("www-data adm", f"{user} {user}"))
    os.chmod(path, 0o600)
    logrotate("-d", path)
    for rotated in glob.glob(ctl.LOG + "-*"):
        os.unlink(rotated)
    empty()
    variant(1, 5)
    before, lines = held(1, 1), len(log_lines())
    until(lambda: len(log_lines()) >= lines, "the line")
    time.sleep(0.2)
    lines = len(log_lines())
    logrotate("-f", "-s", os.path.join(VAR, "rotate.state"), path)
    until(lambda: reserve(1, 1).status == 201 and log_lines() != [], "a line in the new file")
    rotated = glob.glob(ctl.LOG + "-*")
    equal(len(rotated), 1)
    with open(rotated[0], encoding="ascii") as file:
        old = file.read().splitlines()
    assert len(old) >= lines and str(before) in old[lines - 1], old[-1]
    equal(os.stat(ctl.LOG).st_mode & 0o777, 0o640)


def test_goaccess_makes_a_report():
    program = shutil.which("goaccess")
    if program is None:
        raise Skip("goaccess is not installed")
    empty()
    variant(1, 5)
    held(1, 1)
    reserve(1, 9)
    line = one_line(lambda: request("GET", "/nowhere"))
    path = os.path.join(VAR, "report.html")
    done = subprocess.run(
        [program, "-p", os.path.join(ROOT, "nginx", "stok-goaccess.conf"), "-o", path,
         "--no-progress", ctl.LOG],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
    )
    equal(done.returncode, 0, done.stdout + done.stderr)
    with open(path, encoding="utf-8") as file:
        report = file.read().replace("\\/", "/")
    for words in ("/api/stock/reserve", "/nowhere", "201 - Created", "409 - Conflict",
                  "404 - Not Found", "storefront", line["addr"]):
        assert words in report, words
    failed = re.search(r'"failed_requests":\s*(\d+)', report)
    valid = re.search(r'"valid_requests":\s*(\d+)', report)
    equal((failed.group(1), int(valid.group(1)) >= 3), ("0", True))


if __name__ == "__main__":
    main(start)
