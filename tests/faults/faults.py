"""What goes wrong, one class for each kind: inject() lets it happen, heal() puts an end to it.

`unseen` says that the contract hides the fault: no client gets a 5xx of it.
"""

import contextlib
import os
import shutil
import signal
import threading
import time

import proxy
import stok
from instance import faketime_library, is_alive
from tap import Skip


class Fault:
    """The instance, the load and the chances are given to each."""

    span_s = 0.0  # from inject to heal
    unseen = False

    def __init__(self, instance, load, rng):
        self.instance = instance
        self.load = load
        self.rng = rng

    @property
    def name(self):
        return type(self).__name__

    def check_possible(self):
        """Raises Skip where this host cannot do it."""

    def inject(self):
        raise NotImplementedError

    def heal(self):
        """The instance is well again when this returns."""

    def strike(self):
        """The whole of it."""
        self.inject()
        time.sleep(self.span_s)
        self.heal()


class WorkerKill(Fault):
    """SIGKILL of one worker; the supervisor starts another."""

    def inject(self):
        os.kill(self.rng.choice(self.instance.workers()), signal.SIGKILL)

    def heal(self):
        self.instance.wait_until_well()


class WorkerFreeze(Fault):
    """SIGSTOP of one worker: what it has accepted waits, and what it has locked stays locked."""

    span_s = 3.0

    def inject(self):
        self.pid = self.rng.choice(self.instance.workers())
        os.kill(self.pid, signal.SIGSTOP)

    def heal(self):
        os.kill(self.pid, signal.SIGCONT)
        self.instance.wait_until_well()


class WorkersTerm(Fault):
    """A rolling restart: each worker is asked to end when the one before has a successor."""

    unseen = True

    def inject(self):
        for pid in self.instance.workers():
            os.kill(pid, signal.SIGTERM)
            stok.until(lambda pid=pid: not is_alive(pid), "the end of a worker", 20)
            self.instance.wait_until_well()


class DatabaseKill(Fault):
    """SIGKILL of the database: at any time, just when a COMMIT reaches it, or right after it."""

    def __init__(self, instance, load, rng):
        super().__init__(instance, load, rng)
        self.span_s = rng.choice((0, 0, 0.2, 1.0, 2.5))

    def inject(self):
        def kill():
            self.instance.signal(self.instance.database, signal.SIGKILL)

        if self.rng.random() < 0.5:
            mode = self.rng.choice((proxy.BLIND, proxy.AFTER))
            cut = self.instance.proxy.arm(proxy.Cut(mode, then=kill))
            if cut.done.wait(2) or not self.instance.proxy.disarm(cut):
                return
        kill()

    def heal(self):
        pid = self.instance.pid(self.instance.database)
        stok.until(lambda: not is_alive(pid), "the end of the database", 10)
        self.instance.start_database()
        self.instance.wait_until_well()


class DatabaseFreeze(Fault):
    """SIGSTOP of the database: connections stay, and nothing answers.

    8 s is longer than the service waits: it gives up on statements and COMMITs that then happen.
    """

    def __init__(self, instance, load, rng):
        super().__init__(instance, load, rng)
        self.span_s = rng.choice((5.0, 5.0, 8.0))

    def inject(self):
        self.instance.signal(self.instance.database, signal.SIGSTOP)

    def heal(self):
        self.instance.signal(self.instance.database, signal.SIGCONT)
        self.instance.wait_until_well()


class CutCommit(Fault):
    """The connection is cut during COMMIT: see proxy.py for the four ways.

    What a late COMMIT locks is locked until then: the service waits for a short while only.
    """

    def __init__(self, instance, load, rng, mode=None):
        super().__init__(instance, load, rng)
        self.mode = mode or rng.choice(proxy.MODES)
        self.cut = proxy.Cut(self.mode, rng.choice((0.05, 0.2, 0.6, 1.2, 3.5)))

    @property
    def unseen(self):
        return self.mode != proxy.LATE or self.cut.delay <= 1.2

    @property
    def name(self):
        return f"CutCommit {self.mode}"

    def inject(self):
        self.instance.proxy.arm(self.cut)

    def heal(self):
        if not self.cut.done.wait(15) and self.instance.proxy.disarm(self.cut):
            raise AssertionError("no COMMIT came to be cut")


class KillConnections(Fault):
    """KILL of all the service's connections, by the database's owner."""

    unseen = True

    def inject(self):
        with contextlib.suppress(AssertionError):  # one may have ended by itself meanwhile
            stok.kill_connections()


class ClientAbort(Fault):
    """Half of the clients leave right after they sent."""

    span_s = 0.6

    def inject(self):
        self.load.abort_share = 0.5

    def heal(self):
        self.load.abort_share = 0.0


class NginxReload(Fault):
    """HUP: new workers, while the old ones finish."""

    def inject(self):
        self.instance.signal("nginx", signal.SIGHUP)

    def heal(self):
        time.sleep(0.3)
        self.instance.wait_until_well()


class NginxRestart(Fault):
    """Ended at once (TERM) or after what it has accepted (QUIT), and started again."""

    def inject(self):
        number = self.rng.choice((signal.SIGTERM, signal.SIGQUIT))
        self.instance.end("nginx", number)
        if number == signal.SIGTERM:
            self.instance.outages.append(time.time())

    def heal(self):
        self.instance.start_nginx()
        self.instance.wait_until_well()


class DiskFull(Fault):
    """The data directory's disk gets full, and has room again."""

    SPARE_MIB = 24  # the server takes 12 when it starts
    BITE_S_MAX = 10.0
    span_s = 2.0

    def check_possible(self):
        if os.geteuid() != 0 or shutil.which("mount") is None:
            raise Skip("a small disk is mounted by root only")

    def inject(self):
        self.instance.end(self.instance.database, signal.SIGTERM, 60)
        self.instance.move_to_small_disk(self.SPARE_MIB)
        self.instance.start_database()
        self.instance.wait_until_well()
        self.fill()
        self.wait_until_it_bites()

    def fill(self):
        self.ballast = os.path.join(self.instance.data_dir, "ballast")
        with open(self.ballast, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * 65536)
            except OSError:
                pass

    def wait_until_it_bites(self):
        """The tables take what room they have left, first."""
        end = time.monotonic() + self.BITE_S_MAX
        known = len(self.load.history)
        while time.monotonic() < end:
            if any(attempt.status == 500 for attempt in self.load.history[known:]):
                return
            time.sleep(0.1)

    def heal(self):
        os.unlink(self.ballast)
        if not is_alive(self.instance.pid(self.instance.database)):
            self.instance.start_database()  # InnoDB ends where it has no room even to roll back
        self.instance.wait_until_well()
        time.sleep(0.5)
        self.instance.end(self.instance.database, signal.SIGTERM, 60)
        self.instance.move_back()
        self.instance.start_database()
        self.instance.wait_until_well()


class TwoCleanups(Fault):
    """Several cron jobs at the same moment."""

    unseen = True

    def inject(self):
        threads = [
            threading.Thread(target=self.load.cleanup) for _ in range(self.rng.choice((2, 2, 4)))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)


class ClockApart(Fault):
    """The pool's host has another time than the database's."""

    span_s = 2.0

    def check_possible(self):
        if faketime_library() is None:
            raise Skip("the Debian package libfaketime is not installed")

    def inject(self):
        self.restart_pool(self.rng.choice(("-2h", "+31m", "-40m", "+400d")))

    def heal(self):
        self.restart_pool(None)
        self.instance.wait_until_well()

    def restart_pool(self, clock):
        self.instance.clock = clock
        self.instance.end("pool", signal.SIGTERM)
        self.instance.start_pool()
