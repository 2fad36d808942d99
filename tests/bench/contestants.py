"""Who takes part: stok, its two ceilings, and the peers, all with the same few verbs."""

import os
import signal
import subprocess

import front
import peers
import place
import processes
import stok

HTTP_PEERS = ("plain", "php", "mysql2", "prisma")


class Contestant:
    """One that answers HTTP behind the bench's nginx."""

    keeps_rows = True

    def __init__(self, name):
        self.name = name
        self.port = place.PORTS[name]
        self.log = place.log_of(name)

    def forget_log(self):
        """nginx appends, so it may be emptied under its hands."""
        if os.path.exists(self.log):
            os.truncate(self.log, 0)

    def read_log(self):
        with open(self.log, "rb") as file:
            return file.read()

    def start(self):
        """Returns when it answers."""

    def stop(self):
        """Returns when it is gone."""

    def restart(self):
        """After the database was away."""
        self.stop()
        self.start()


class Stok(Contestant):
    """The pool that ./run has started. It stays the same processes from the begin to the end."""

    def __init__(self):
        super().__init__("stok")

    def nginx_part(self):
        front.lay("stok", "")
        return front.trusted_server("stok", self.port)

    def pids(self):
        return processes.members(place.pid_of("pool"))

    def workers(self):
        """Without the supervisor."""
        return self.pids()[1:]

    def restart(self):
        """It connects anew by itself, each of its connections at its next use."""
        stok.until(lambda: all(self._is_ready() for _ in range(20)), "stok is ready", 30)

    def _is_ready(self):
        return stok.request("GET", "/health/ready", port=self.port).status == 200


class Empty(Contestant):
    """The empty responder, in a pool like stok's."""

    keeps_rows = False

    def __init__(self, program):
        super().__init__("empty")
        self.program = program
        self._pool = None

    @property
    def socket(self):
        return os.path.join(place.run_dir(), "empty.sock")

    def nginx_part(self):
        block = front.lay("empty", self.socket)
        return block + front.trusted_server("empty", self.port)

    def pids(self):
        return [] if self._pool is None else processes.members(self._pool.pid)

    def start(self):
        """With the settings that stok's pool has."""
        settings = dict(text.split("=", 1) for text in
                        processes.strings_of(f"/proc/{place.pid_of('pool')}/environ")
                        if text.startswith("STOK_"))
        settings.pop("STOK_METRICS_FILE", None)
        if os.path.exists(self.socket):
            os.unlink(self.socket)
        with open(os.path.join(place.HOME, "empty.err"), "ab") as log:
            self._pool = subprocess.Popen(
                ["/usr/bin/spawn-fcgi", "-s", self.socket, "-M", "0660", "-b", "4096", "-n", "--",
                 "/usr/bin/multiwatch", "-f", "2", "-t", "0", "--", self.program],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env={**os.environ, **settings},
            )
        stok.until(lambda: len(self.pids()) == 3 and os.path.exists(self.socket),
                   "the empty responder runs")

    def stop(self):
        if self._pool is None:
            return
        self._pool.send_signal(signal.SIGTERM)
        self._pool.wait(20)
        self._pool = None

    def restart(self):
        """It has no database."""


class Peer(Contestant):
    """One of peers.py."""

    def __init__(self, peer, build):
        super().__init__(peer.name)
        self.peer = peer
        self.build = build

    def prepare(self):
        """Raises peers.Unavailable."""
        built = os.path.join(self.build, "tests", "bench", "plain")
        if self.name == "plain" and os.path.exists(built):
            self.peer.program = built
        else:
            self.peer.prepare()

    def nginx_part(self):
        return self.peer.nginx_server(self.port)

    def pids(self):
        return self.peer.pids()

    def start(self):
        self.peer.start()

    def stop(self):
        self.peer.stop()


class Direct:
    """stok's transactions without HTTP: no port, no log."""

    name = "direct"
    port = None
    keeps_rows = True

    def __init__(self, program):
        self.program = program

    def forget_log(self):
        """There is none."""

    def pids(self):
        return []

    def start(self):
        """It runs only while it is measured."""

    stop = restart = start


def make(names, build):
    """The contestants of these names, by name; and those that cannot be had, with the reason."""
    found, absent = {}, {}
    run_dir = place.run_dir()
    shop = peers.peers(place.HOME, run_dir, os.path.join(run_dir, "mysql.sock"), "stok",
                       place.password(), "stok")
    for name in names:
        if name in HTTP_PEERS:
            contestant = Peer(shop[name], build)
            try:
                contestant.prepare()
            except peers.Unavailable as why:
                absent[name] = str(why)
                continue
            found[name] = contestant
        elif name == "empty":
            found[name] = Empty(program("STOK_BENCH_EMPTY", build, "bench-empty"))
        elif name == "direct":
            found[name] = Direct(program("STOK_BENCH_DIRECT", build, "bench-direct"))
        else:
            found[name] = Stok()
    return found, absent


def program(variable, build, name):
    """Where one of the bench's own programs is."""
    path = os.environ.get(variable) or os.path.join(build, name)
    assert os.access(path, os.X_OK), f"{path} is missing: `make bench` builds it"
    return path
