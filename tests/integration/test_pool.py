#!/usr/bin/env python3
"""The processes of the pool: one leads, nginx keeps its connections to it, another is ready."""

import contextlib
import random
import signal

from stok import *
from tap import diagnose, equal, main

KEPT_S = 2.5  # nginx closes a connection that nobody used for a second, after its timers' pauses


# ---- what the kernel knows of the pool ----

def is_alive(pid):
    """A zombie is not."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def socket_of(pid, name):
    """The inode of an open file that is a socket; None if it is none."""
    try:
        target = os.readlink(f"/proc/{pid}/fd/{name}")
    except OSError:
        return None
    return target[8:-1] if target.startswith("socket:[") else None


def pool_sockets():
    """The inodes of all sockets with the pool's name: what it listens on, and what it accepted."""
    name = os.path.join(os.path.realpath(os.path.join(VAR, "run")), "stok.sock")
    with open("/proc/net/unix", encoding="utf-8", errors="replace") as file:
        lines = [line.split() for line in file]
    return {fields[6] for fields in lines if fields[-1] == name}


def connections(pid):
    """The inodes of the connections from nginx that a process has."""
    try:
        names = [name for name in os.listdir(f"/proc/{pid}/fd") if name != "0"]
    except OSError:
        return set()
    return {socket_of(pid, name) for name in names} & pool_sockets()


def leaders():
    """The processes that have the lock on the listening socket."""
    pool = workers()
    listening = {socket_of(pid, "0") for pid in pool}
    with open("/proc/locks", encoding="ascii") as file:
        locks = [line.split() for line in file]
    return [pid for pid in pool for lock in locks
            if lock[1] == "POSIX" and lock[-4] == str(pid) and lock[-3].split(":")[2] in listening]


def leader():
    """The one that leads, as soon as one does."""
    until(leaders, "a leader")
    found = leaders()
    equal(len(found), 1, "processes that lead")
    return found[0]


def whole_pool():
    """Waits for both processes. Returns the leader and the other one."""
    until(lambda: len(workers()) == 2 and len(leaders()) == 1, "two processes, and a leader", 20)
    first = leader()
    return first, next(pid for pid in workers() if pid != first)


class Watch:
    """Looks all the time which process has which connections."""

    def __enter__(self):
        self.seen = {}  # process -> all connections that it ever had
        self.looks = {}  # process -> the sum of how many it had at each look
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def _look(self):
        while not self._stop.is_set():
            for pid in workers():
                found = connections(pid)
                self.seen.setdefault(pid, set()).update(found)
                self.looks[pid] = self.looks.get(pid, 0) + len(found)

    def share(self, pid):
        """Which part of all that it saw was this process's."""
        return self.looks.get(pid, 0) / max(1, sum(self.looks.values()))


@contextlib.contextmanager
def no_successors():
    """The supervisor sleeps: whoever ends is not replaced."""
    os.kill(process("pool"), signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process("pool"), signal.SIGCONT)
        whole_pool()


# ---- load ----

VARIANTS = 20


def fresh():
    empty()
    for identity in range(1, VARIANTS + 1):
        variant(identity, 2000000000)
    return whole_pool()


def quiet():
    """Nor does nginx keep a connection to any of them."""
    first, other = fresh()
    until(lambda: not connections(first) and not connections(other), "no connection is kept")
    return first, other


class Shop:
    """Shoppers in threads, until it is left. Nobody asks twice for the same."""

    def __init__(self, count, tolerates=()):
        self.tolerates = tolerates  # errors that only mean that nothing was answered
        self.asked = 0
        self.answers = []  # what was asked (variant, quantity, session), and the answer
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._shop, args=(n,)) for n in range(count)]
        self._errors = []

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()
        if self._errors:
            raise self._errors[0]

    def _shop(self, number):
        rng = random.Random(number)
        turn = 0
        while not self._stop.is_set():
            turn += 1
            wish = (rng.randint(1, VARIANTS), number * 10000 + turn, f"s{number}-{turn}")
            self.asked += 1
            try:
                self.answers.append((wish, reserve(*wish)))
            except self.tolerates:
                time.sleep(0.02)
            except Exception as error:  # raised again by the test's own thread
                self._errors.append(error)
                return

    def check_answers(self):
        """Everybody got an answer to what he asked, and it is what the tables say."""
        rows = {row[0]: tuple(row[1:])
                for row in sql("SELECT id, variantId, quantity, sessionId FROM StockReservation")}
        good = [(wish, answer) for wish, answer in self.answers if answer.status == 201]
        for (identity, quantity, session), answer in good:
            found = answer.body
            equal((found["variantId"], found["quantity"]), (identity, quantity), "another's answer")
            equal(rows.get(str(found["reservationId"])), (str(identity), str(quantity), session))
        equal(len({answer.body["reservationId"] for _, answer in good}), len(good), "holds")
        check_sums()
        return len(rows)

    def check_nobody_noticed(self):
        """All was answered, and with a hold."""
        equal({answer.status for _, answer in self.answers}, {201})
        equal((len(self.answers), self.check_answers()), (self.asked, self.asked))


# ---- the tests ----

def test_many_requests_use_few_connections():
    quiet()
    with Watch() as watch, Shop(8) as shop:
        time.sleep(3)
    shop.check_nobody_noticed()
    used = sum(map(len, watch.seen.values()))
    diagnose(f"{len(shop.answers)} requests, {used} connections")
    # A connection lasts for a second, and 8 shoppers need 8 at a time.
    assert used >= 1
    assert len(shop.answers) > 10 * used, f"{len(shop.answers)} requests, {used} connections"


def test_nginx_closes_what_it_does_not_use():
    first, _ = quiet()
    held(1, 1)
    assert connections(first), "one is kept"
    until(lambda: not connections(first), "none is kept")


def test_one_process_of_the_pool_answers():
    first, other = quiet()
    with Watch() as watch, Shop(16) as shop:
        time.sleep(3)
    shop.check_nobody_noticed()
    equal(leaders(), [first])
    diagnose(f"the leader's share: {watch.share(first):.2f}")
    # The other steps in where the leader is late, on a host that is busy.
    assert watch.share(first) > 0.95, (watch.share(first), watch.share(other))


def test_another_leads_when_the_leader_is_killed():
    first, other = fresh()
    with no_successors():
        os.kill(first, signal.SIGKILL)
        # Its threads end one by one, and its files with the last: so long, nginx takes it for well.
        until(lambda: not is_alive(first) and len(pool_sockets()) == 1, "the end of the leader")
        held(1, 1)
        assert connections(other), "somebody else has answered"
        until(lambda: leaders() == [other], "the other one leads")
    check_sums()


def test_another_leads_when_the_leader_is_stopped():
    first, other = fresh()
    with no_successors(), Shop(8) as shop:
        time.sleep(0.3)
        os.kill(first, signal.SIGTERM)
        until(lambda: leaders() == [other], "the other one leads")
        until(lambda: not is_alive(first), "the end of the one that was stopped")
        time.sleep(0.3)
        assert connections(other), "somebody else answers"
    shop.check_nobody_noticed()


def test_the_lead_is_handed_on_before_the_last_connection_is_closed():
    """Ours is never closed: it holds up the end of the process for a while, and nothing else."""
    first, other = quiet()
    with no_successors(), socket.socket(socket.AF_UNIX) as ours:
        ours.connect(f"{VAR}/run/stok.sock")
        until(lambda: connections(first), "our connection is accepted")
        os.kill(first, signal.SIGTERM)
        until(lambda: leaders() == [other], "the other one leads")
        assert connections(first), "the process is still there"
        held(1, 1)
        assert connections(other), "somebody else has answered"
        until(lambda: not is_alive(first), "the end of the one that was stopped")
    check_sums()


def test_a_process_that_stands_by_ends_at_once_and_unnoticed():
    first, other = fresh()
    with no_successors(), Shop(8) as shop:
        os.kill(other, signal.SIGTERM)
        until(lambda: not is_alive(other), "the end of the other one")
        equal(leaders(), [first])
    shop.check_nobody_noticed()


def test_leaders_are_stopped_one_after_another_under_load():
    fresh()
    stopped = set()
    with Shop(16) as shop:
        for _ in range(10):
            time.sleep(0.2)
            pid = leader()
            os.kill(pid, signal.SIGTERM)
            stopped.add(pid)
            until(lambda pid=pid: pid not in leaders(), "it leads no more")
    diagnose(f"{len(shop.answers)} requests, {len(stopped)} processes stopped")
    equal(len(stopped), 10)
    until(lambda: not any(map(is_alive, stopped)), "the end of all that were stopped")
    shop.check_nobody_noticed()


def test_a_frozen_leader_is_stood_in_for():
    # What nginx keeps to the frozen one would hang: those requests wait for it.
    first, other = quiet()
    os.kill(first, signal.SIGSTOP)
    try:
        with Shop(8) as shop:
            until(lambda: len(shop.answers) >= 100, "answers")
            equal(connections(first), set(), "of the frozen one")
            assert connections(other), "somebody else answers"
            equal(leaders(), [first], "it has the lock")
        shop.check_nobody_noticed()
    finally:
        os.kill(first, signal.SIGCONT)


def test_a_leader_that_thaws_leads_alone_again():
    first, other = quiet()
    os.kill(first, signal.SIGSTOP)  # before the load: it has neither requests nor locks in hand
    try:
        with Shop(8) as shop:
            until(lambda: len(shop.answers) >= 100, "answers of the other one")
            os.kill(first, signal.SIGCONT)
            time.sleep(KEPT_S)
            with Watch() as watch:
                time.sleep(2)
    finally:
        os.kill(first, signal.SIGCONT)
    shop.check_nobody_noticed()
    diagnose(f"the leader's share: {watch.share(first):.2f}")
    assert watch.share(first) > 0.8, (watch.share(first), watch.share(other))


def test_a_killed_nginx_leaves_nothing_for_its_successor():
    """Answers that were on their way have nobody to go to, and go to nobody else."""
    fresh()
    with Shop(16, tolerates=(OSError, http.client.HTTPException)) as shop:
        for _ in range(3):
            known = len(shop.answers)
            until(lambda known=known: len(shop.answers) > known + 200, "answers")
            master = process("nginx")
            os.killpg(master, signal.SIGKILL)  # its worker, too
            until(lambda master=master: not is_alive(master), "the end of nginx")
            run("--detach")
        known = len(shop.answers)
        until(lambda: len(shop.answers) > known + 200, "answers")
    equal({answer.status for _, answer in shop.answers}, {201})
    rows = shop.check_answers()
    diagnose(f"{shop.asked} requests, {len(shop.answers)} answers, {rows} holds")
    assert len(shop.answers) <= rows <= shop.asked, (len(shop.answers), rows, shop.asked)


if __name__ == "__main__":
    main(start)
