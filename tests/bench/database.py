"""The instance's MariaDB: its tables made ready for a run, its state, other ways to start it."""

import contextlib
import os
import signal
import socket
import struct
import subprocess
import time

import place
import processes
import stok
from workloads import STOCK, VARIANTS

DELAY_FILE = "STOK_BENCH_FLUSH_FILE"


def make_variants(count=VARIANTS):
    """The variants 1 to count, and no others."""
    stok.sql("TRUNCATE StockReservation; DELETE FROM ProductVariant; "
             f"INSERT INTO ProductVariant (id, stock) SELECT seq, {STOCK} FROM seq_1_to_{count}")


def reset(stock=STOCK):
    """No holds, and as much on hand as that."""
    stok.sql(f"TRUNCATE StockReservation; UPDATE ProductVariant SET stock={stock}, reserved=0")


def rows(where="1"):
    """How many holds there are."""
    return stok.number(f"SELECT COUNT(*) FROM StockReservation WHERE {where}")


def sums():
    """[id, stock, reserved, sum of ACTIVE, sum of COMPLETED] of every variant."""
    found = stok.sql(
        "SELECT v.id, v.stock, v.reserved, COALESCE(r.held, 0), COALESCE(r.sold, 0) "
        "FROM ProductVariant v LEFT JOIN (SELECT variantId, "
        "SUM(IF(status='ACTIVE', quantity, 0)) held, "
        "SUM(IF(status='COMPLETED', quantity, 0)) sold "
        "FROM StockReservation GROUP BY variantId) r ON r.variantId=v.id"
    )
    return [[int(field) for field in row] for row in found]


def load_holds(count, variant, expires, chunk=50_000):
    """So many ACTIVE holds of one unit, as the service would have made them.

    `variant` and `expires` are SQL of the row's number `seq`; the counters are set to match.
    """
    for first in range(1, count + 1, chunk):
        last = min(first + chunk - 1, count)
        stok.sql(
            "INSERT INTO StockReservation (variantId, quantity, sessionId, expiresAt, "
            "idempotencyKey, idempotencyLine, idempotencyBody, createdRequestId) "
            f"SELECT {variant}, 1, CONCAT('loaded-', {variant}, '-', seq), {expires}, "
            f"UNHEX(SHA2(CONCAT({variant}, '-', seq), 256)), 0, UNHEX(SHA2(seq, 256)), MD5(seq) "
            f"FROM seq_{first}_to_{last}"
        )


def count_reserved():
    """After loading, the counters become what the holds sum to."""
    stok.sql("UPDATE ProductVariant v JOIN (SELECT variantId, SUM(quantity) held "
             "FROM StockReservation WHERE status='ACTIVE' GROUP BY variantId) r "
             "ON r.variantId=v.id SET v.reserved=r.held")


# ---- its state -----------------------------------------------------------------------------------


def status(name):
    """A number of SHOW GLOBAL STATUS."""
    return int(stok.sql(f"SHOW GLOBAL STATUS LIKE '{name}'")[0][1])


def variables(*names):
    """Settings, as text."""
    wanted = ",".join(f"'{name}'" for name in names)
    return dict(stok.sql(f"SHOW GLOBAL VARIABLES WHERE Variable_name IN ({wanted})"))


def wait_until_calm(seconds):
    """Until what earlier work left to purge is little and no page is written, but no longer than
    that. (Changed pages may stay in memory for long: the server leaves them until it needs to.)
    """
    end = time.monotonic() + seconds
    written = None
    while time.monotonic() < end:
        before, written = written, status("Innodb_buffer_pool_pages_flushed")
        if status("Innodb_history_list_length") < 1000 and written == before:
            return
        time.sleep(0.1)


# ---- an outsider, and a slow disk ----------------------------------------------------------------


@contextlib.contextmanager
def locked(variant):
    """Somebody else has the variant's lock as long as the block lasts."""
    process = subprocess.Popen(
        ["mariadb", f"--defaults-file={place.OPTION_FILE}", "--batch", "--skip-column-names",
         "--unbuffered", "stok"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )
    try:
        process.stdin.write("START TRANSACTION;\n"
                            f"SELECT id FROM ProductVariant WHERE id={variant} FOR UPDATE;\n")
        process.stdin.flush()
        assert process.stdout.readline().strip() == str(variant), "the outsider has no lock"
        yield
    finally:
        process.stdin.close()  # the end of its session, so the lock is free
        process.wait(10)


class Server:
    """The server's process, which can be ended and started with other surroundings."""

    def __init__(self):
        self._process = None
        self.delay_file = os.path.join(place.HOME, "flush-delay")

    def pid(self):
        return place.pid_of("mariadbd")

    def restart(self, preload=None):
        """As ./run started it, but that this library is loaded before all others."""
        pid = self.pid()
        command = processes.strings_of(f"/proc/{pid}/cmdline")
        os.kill(pid, signal.SIGTERM)
        stok.until(lambda: not processes.is_alive(pid), "the end of the database", 60)
        if self._process is not None:
            self._process.wait()
        self._launch(command, preload)
        stok.until(_greets, "the database", 60)

    def _launch(self, command, preload):
        environment = dict(os.environ)
        if preload:
            self.set_delay(0)
            environment |= {"LD_PRELOAD": preload, DELAY_FILE: self.delay_file}
        with open(os.path.join(stok.VAR, "log", "mariadbd.log"), "ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment,
                start_new_session=True,
            )
        with open(os.path.join(place.run_dir(), "mariadbd.pid"), "w", encoding="ascii") as file:
            file.write(f"{self._process.pid}\n")

    def set_delay(self, delay_us):
        """From now on, where the library was loaded."""
        # Written in place: the server has it mapped.
        mode = "r+b" if os.path.exists(self.delay_file) else "wb"
        with open(self.delay_file, mode) as file:
            file.write(struct.pack("=I", delay_us))


def _greets():
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(2)
        try:
            connection.connect(os.path.join(place.run_dir(), "mysql.sock"))
            return len(connection.recv(5)) > 0
        except OSError:
            return False


def commit_us(count=50):
    """Median of the times of a COMMIT, as this server measures them: a lone one after another."""
    text = "SET @began=SYSDATE(6); UPDATE ProductVariant SET stock=stock-1 WHERE id=1; " \
           "UPDATE ProductVariant SET stock=stock+1 WHERE id=1; " \
           "SELECT TIMESTAMPDIFF(MICROSECOND, @began, SYSDATE(6)) / 2;"
    lines = stok.sql(text * count)
    return sorted(float(line[0]) for line in lines)[len(lines) // 2]
