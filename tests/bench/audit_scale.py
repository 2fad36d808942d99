#!/usr/bin/env python3
"""How long stokctl audit takes for many lines and as many rows, and how much memory: make audit-scale.

Rows and lines are made, not served: they only have to agree. Ends with 1 if they do not, or if the
bounds that were promised are not kept: 256 MiB, and 60 s for 1,000,000 of each.
"""

import argparse
import hashlib
import hmac
import json
import os
import subprocess
import sys
import time

import stok

stok.VAR = os.path.join(stok.VAR, "scale")
stok.PORT += 40
CHUNK = 100000
VARIANTS, SESSIONS = 1000, 10000
SECONDS_MAX, MIB_MAX = 60, 256


def make_rows(count):
    """All that follows from a row's number."""
    stok.sql("TRUNCATE StockReservation; DELETE FROM ProductVariant; "
             f"INSERT INTO ProductVariant (id, stock) SELECT seq, 1000000000 FROM "
             f"{stok.sequence(VARIANTS)}")
    for begin in range(0, count, CHUNK):
        seq = f"(seq+{begin})"
        size = min(CHUNK, count - begin)
        # The client of the tests gives up after a minute; a chunk takes some seconds.
        stok.sql(
            "SET SESSION foreign_key_checks=0, unique_checks=0; INSERT INTO StockReservation (id, "
            "variantId, quantity, sessionId, status, createdAt, expiresAt, createdRequestId, "
            f"idempotencyKey, idempotencyLine) SELECT {seq}, 1+{seq}%{VARIANTS}, 1+{seq}%5, "
            f"CONCAT('session-', {seq}%{SESSIONS}), 'ACTIVE', '2026-11-22 10:00:00', "
            f"'2026-11-22 10:30:00', LEFT(SHA2({seq}, 256), 32), UNHEX(SHA2({seq}, 256)), 0 "
            f"FROM {stok.sequence(size)}")


def make_log(path, count, lines):
    """The lines that nginx would have written of them; beyond their number, repeated answers."""
    with open(os.path.join(stok.VAR, "audit.key"), "rb") as file:
        key = file.read().strip()
    hashes = [hmac.new(key, f"session-{number}".encode(), "sha256").hexdigest()[:32]
              for number in range(SESSIONS)]
    with open(path, "w", encoding="ascii") as file:
        for line in range(1, lines + 1):
            number = (line - 1) % count + 1
            replay = "true" if line > count else ""
            request = hashlib.sha256(str(line).encode()).hexdigest()[:32]
            file.write(
                f'{{"time":"2026-11-22T10:00:00.001+00:00","requestId":"{request}",'
                '"clientRequestId":"","addr":"203.0.113.7","caller":"public","method":"POST",'
                '"path":"/api/stock/reserve","status":201,"upstreamTime":"0.002",'
                f'"action":"reserve","outcome":"reserved","reservationIds":"{number}",'
                f'"lines":"{1 + number % VARIANTS}:{1 + number % 5}","orderId":"","userId":"",'
                f'"session":"{hashes[number % SESSIONS]}","replay":"{replay}","swept":""}}\n')


def measure(command, environment):
    """What it printed, how many seconds it took, and its peak memory in MiB."""
    begin = time.monotonic()
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, output, time.monotonic() - begin, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000000, help="rows (1,000,000)")
    parser.add_argument("--lines", type=int, help="as many as rows, without this")
    options = parser.parse_args()
    count, lines = options.count, options.lines or options.count
    import ctl  # it takes the instance's folder when it is read
    log = os.path.join(stok.VAR, "log", "scale.log")
    stok.run("--detach")
    try:
        make_rows(count)
        make_log(log, count, lines)
        size = os.path.getsize(log) / 2**20
        status, output, seconds, mib = measure(
            [ctl.PROGRAM, "--json", "audit", "--until", "now", log], ctl.settings("stok_auditor"))
    finally:
        stok.run("--stop")
        if os.path.exists(log):
            os.unlink(log)  # gigabytes
    sums = json.loads(output.splitlines()[-1]) if output else {}
    print(f"{lines} lines ({size:.0f} MiB) against {count} rows: {seconds:.1f} s, "
          f"{mib:.0f} MiB; {sums}")
    good = status == 0 and sums.get("made") == count
    kept = mib < MIB_MAX and (lines > 1000000 or seconds < SECONDS_MAX)
    sys.exit(0 if good and kept else 1)


if __name__ == "__main__":
    main()
