"""The instance that the faults befall: begun by ./run, then in our own hands, part by part.

./run makes the folder, the database and the configuration. From then on the parts are ended and
started here: it is faster, stokd reaches the database through our proxy, and the pool can be given
another clock.
"""

import contextlib
import datetime
import glob
import json
import os
import signal
import socket
import subprocess
import sys

import stok
from history import Row, Tables
from proxy import Proxy

# Beside the instance of the integration tests, never on it.
stok.VAR = os.path.realpath(os.path.join(stok.VAR, "faults"))
stok.PORT += 20

WORKERS = 2
EPOCH = datetime.datetime(1970, 1, 1)


def strings_of(path):
    """The zero-ended strings of a file of /proc."""
    with open(path, "rb") as file:
        return [text.decode() for text in file.read().rstrip(b"\0").split(b"\0")]


def stat_of(pid):
    """State and parent of a process; None if there is none."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return None
    return fields[0], int(fields[1])


def is_alive(pid):
    """A zombie is not: nobody may be there to collect it."""
    stat = stat_of(pid)
    return stat is not None and stat[0] not in "ZX"


def children(parent):
    """Living child processes."""
    pids = (int(name) for name in os.listdir("/proc") if name.isdigit())
    stats = ((pid, stat_of(pid)) for pid in pids)
    return sorted(pid for pid, stat in stats if stat and stat[1] == parent and stat[0] not in "ZX")


def ms_of(text):
    """Milliseconds since the epoch, of a DATETIME(3) in UTC."""
    if text == "NULL":
        return None
    moment = datetime.datetime.fromisoformat(text)
    return round((moment - EPOCH) / datetime.timedelta(milliseconds=1))


def text_of(field):
    """A nullable column of text."""
    return None if field == "NULL" else field


class Instance:
    """nginx, the pool and the database, each of which can be ended and started again."""

    def __init__(self):
        self.var = stok.VAR
        self.port = stok.PORT
        self.run_dir = None
        self.database = "mariadbd"  # or mysqld
        self.proxy = None
        self.outages = []  # when nginx was ended at once: its lines of that instant are lost
        self.clock = None  # the pool's, apart from the host's: as libfaketime takes it
        self._commands = {}  # part -> what it is started with
        self._settings = {}  # the pool's environment
        self._processes = {}

    # ---- start and stop ----

    def start(self):
        """A running instance whose parts are ours."""
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that stop() is not left out
        stok.run("--stop")
        self._undo_small_disk()
        stok.run("--detach")
        self.database = stok.database()
        self.run_dir = os.path.realpath(os.path.join(self.var, "run"))
        self._learn_commands()
        self.proxy = Proxy(f"{self.run_dir}/proxy.sock", self.database_socket)
        self._lead_through_proxy()
        self.end("pool", signal.SIGTERM)
        self.start_pool()

    def _learn_commands(self):
        """What ./run has started is started again in the same way.

        Of the pool, spawn-fcgi became multiwatch; nginx has written its title over its command.
        """
        pool = self.pid("pool")
        variables = (text.split("=", 1) for text in strings_of(f"/proc/{pool}/environ"))
        self._settings = {name: value for name, value in variables if name.startswith("STOK_")}
        self._commands = {
            self.database: strings_of(f"/proc/{self.pid(self.database)}/cmdline"),
            "nginx": ["/usr/sbin/nginx", "-p", f"{self.var}/nginx", "-e",
                      f"{self.var}/log/error.log", "-c", f"{self.var}/nginx/nginx.conf"],
            "pool": ["/usr/bin/spawn-fcgi", "-s", self.pool_socket, "-M", "0660", "-b", "4096",
                     "-n", "--", *strings_of(f"/proc/{pool}/cmdline")],
        }

    def stop(self):
        """Ends all parts. What ./run made is as it left it."""
        try:
            self.thaw()
            stok.run("--stop")
        finally:
            if self.proxy is not None:
                self.proxy.close()
            self._reap()
            self._undo_small_disk()

    def revive(self):
        """Whatever a test left behind: all parts run, with the host's own clock."""
        self.thaw()
        if not is_alive(self.pid(self.database)):
            self.start_database()
        if self.clock is not None:
            self.clock = None
            self.end("pool", signal.SIGTERM)
        if not is_alive(self.pid("pool")):
            self.start_pool()
        if not is_alive(self.pid("nginx")):
            self.start_nginx()
        self.wait_until_well()

    def thaw(self):
        """What a fault has frozen would not hear that it is to end."""
        for part in (self.database, "pool"):
            with contextlib.suppress(OSError):
                for pid in (self.pid(part), *children(self.pid(part))):
                    os.kill(pid, signal.SIGCONT)

    def _lead_through_proxy(self):
        """Only stokd's own group of the option file; ./run writes the file anew when it starts."""
        path = os.path.join(self.var, "my.cnf")
        with open(path, encoding="ascii") as file:
            before, _, group = file.read().partition("[stok]")
        group = group.replace(self.database_socket, self.proxy.path)
        with open(path, "w", encoding="ascii") as file:
            file.write(before + "[stok]" + group)

    # ---- parts ----

    @property
    def database_socket(self):
        return f"{self.run_dir}/mysql.sock"

    @property
    def pool_socket(self):
        return f"{self.run_dir}/stok.sock"

    def pid(self, part):
        """The process id of a part."""
        with open(os.path.join(self.var, "run", f"{part}.pid"), encoding="ascii") as file:
            return int(file.read())

    def signal(self, part, number):
        os.kill(self.pid(part), number)

    def workers(self):
        """The process ids of the pool's workers."""
        return children(self.pid("pool"))

    def end(self, part, number, seconds=20):
        """Sends the signal, and waits until the part is gone."""
        pid = self.pid(part)
        os.kill(pid, number)
        self._wait(lambda: not is_alive(pid), f"the end of {part}", seconds)
        self._reap()

    def launch(self, part, environment=()):
        """Starts a part as ./run does: leader of a session, its number where ./run looks for it."""
        log = {"nginx": "error.log", "pool": "stokd.log"}.get(part, f"{part}.log")
        with open(os.path.join(self.var, "log", log), "ab") as output:
            process = subprocess.Popen(
                self._commands[part], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True, env={**os.environ, **dict(environment)},
            )
        self._processes[process.pid] = process
        with open(os.path.join(self.var, "run", f"{part}.pid"), "w", encoding="ascii") as file:
            file.write(f"{process.pid}\n")

    def start_database(self):
        # MySQL would take the lock of a server that was killed for a living one's.
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{self.database_socket}.lock")
        self.launch(self.database)
        self._wait(self.is_database_up, "the database", 60)

    def start_nginx(self):
        self.launch("nginx")
        self._wait(self.is_nginx_up, "nginx", 10)

    def start_pool(self):
        """With its own clock, if one is set."""
        settings = dict(self._settings)
        if self.clock is not None:
            settings |= {
                "LD_PRELOAD": faketime_library(), "FAKETIME": self.clock,
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            }
        if os.path.exists(self.pool_socket):
            os.unlink(self.pool_socket)
        self.launch("pool", settings)
        self._wait(self.is_pool_up, "the pool", 20)

    def is_database_up(self):
        """It greets whoever connects."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(2)
            try:
                connection.connect(self.database_socket)
                return len(connection.recv(5)) > 0
            except OSError:
                return False

    def is_nginx_up(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def is_pool_up(self):
        return len(self.workers()) == WORKERS and self.is_ready()

    def is_ready(self):
        try:
            return stok.request("GET", "/health/ready", port=self.port, timeout=5).status == 200
        except OSError:
            return False

    def wait_until_well(self):
        """All faults are over, and the service says so."""
        self._wait(lambda: len(self.workers()) == WORKERS, f"{WORKERS} workers", 20)
        self._wait(self.is_ready, "readiness", 20)

    def memory_kib(self):
        """PSS of the workers, in KiB."""
        total = 0
        for pid in self.workers():
            with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
                total += sum(int(line.split()[1]) for line in file if line.startswith("Pss:"))
        return total

    def _wait(self, condition, what, seconds):
        stok.until(condition, what, seconds)

    def _reap(self):
        for pid, process in list(self._processes.items()):
            if process.poll() is not None:
                del self._processes[pid]

    # ---- a small disk for the data ----

    @property
    def data_dir(self):
        return os.path.join(self.var, "mysql-data" if self.database == "mysqld" else "mysql")

    def move_to_small_disk(self, spare_mib):
        """The data directory on a tmpfs with a little room. The database must be down."""
        aside = self.data_dir + ".aside"
        used = subprocess.run(["du", "-sm", "--apparent-size", self.data_dir], check=True,
                              capture_output=True, text=True).stdout.split()[0]
        os.rename(self.data_dir, aside)
        os.mkdir(self.data_dir)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={int(used) + spare_mib}m,mode=700",
                        "stok-faults", self.data_dir], check=True)
        # Holes would make the redo log itself a victim; on a real disk its room is taken.
        subprocess.run(["cp", "-a", "--sparse=never", f"{aside}/.", self.data_dir], check=True)

    def move_back(self):
        """The database must be down."""
        aside = self.data_dir + ".aside"
        subprocess.run(["rm", "-rf", aside], check=True)
        subprocess.run(["cp", "-a", f"{self.data_dir}/.", aside], check=True)
        self._undo_small_disk()

    def _undo_small_disk(self):
        """Also what a harness that was killed has left."""
        aside = self.data_dir + ".aside"
        if os.path.ismount(self.data_dir):
            subprocess.run(["umount", "--lazy", self.data_dir], check=True)
        if os.path.isdir(aside):
            subprocess.run(["rm", "-rf", self.data_dir], check=True)
            os.rename(aside, self.data_dir)

    # ---- what the tables and the audit log say ----

    def read_tables(self, old_variant):
        """Both tables at one instant, but for the holds of one variant."""
        lines = stok.sql(
            "START TRANSACTION WITH CONSISTENT SNAPSHOT; "
            "SELECT 'variant', id, stock, reserved FROM ProductVariant; "
            "SELECT 'row', id, variantId, quantity, sessionId, status, createdAt, expiresAt, "
            "closedAt, cancelReason, orderId, LOWER(HEX(idempotencyKey)), idempotencyLine, "
            "createdRequestId, closedRequestId FROM StockReservation "
            f"WHERE variantId<>{old_variant}; COMMIT"
        )
        tables = Tables({}, {})
        for kind, *fields in lines:
            if kind == "variant":
                tables.variants[int(fields[0])] = (int(fields[1]), int(fields[2]))
            else:
                row = row_of(fields)
                tables.rows[row.id] = row
        return tables

    def audit_size(self):
        """Where the audit log ends now."""
        return os.path.getsize(os.path.join(self.var, "log", "access.log"))

    def read_audit(self, offset):
        """The audit lines from there on."""
        with open(os.path.join(self.var, "log", "access.log"), "rb") as file:
            file.seek(offset)
            text = file.read().decode("utf-8", "replace")
        return [json.loads(line) for line in text.splitlines()]

    def transactions(self):
        """How many transactions are open in the database."""
        return stok.number("SELECT COUNT(*) FROM information_schema.INNODB_TRX")


def row_of(fields):
    """A Row, of the columns in the order of read_tables."""
    (identity, variant, quantity, session, status, created, expires, closed, reason, order, key,
     line, created_by, closed_by) = fields
    return Row(
        int(identity), int(variant), int(quantity), session, status, ms_of(created),
        ms_of(expires), ms_of(closed), text_of(reason), text_of(order), text_of(key),
        None if line == "NULL" else int(line), text_of(created_by), text_of(closed_by),
    )


def faketime_library():
    """libfaketime, for a program with threads; None where it is not installed."""
    found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    return found[0] if found else None
