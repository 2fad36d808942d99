"""The whole set-up, and one measured run in it."""

import os
import subprocess
import time

import checks
import contestants
import database
import figures
import front
import load
import machine
import place
import processes
import stok

CALM_S = 3


class Shop:
    """The instance, nginx, the contestants, and what was measured so far."""

    def __init__(self, options):
        self.options = options
        self.began = time.monotonic()
        self.front = front.Front()
        self.server = database.Server()
        self.all = {}
        self.raw = {"runs": [], "absent": {}, "memory": []}
        self._seed = 0

    # ---- begin and end ----

    def open(self, names):
        """All that is named runs, and the variants are there."""
        self.say("packages")
        self._install_packages()
        self.say("the instance")
        stok.run("--stop")
        stok.run("--detach")
        os.makedirs(place.HOME, exist_ok=True)
        database.make_variants()
        self.say("the contestants: " + ", ".join(names))
        self.all, self.raw["absent"] = contestants.make(names, self.options.build)
        for name, why in self.raw["absent"].items():
            self.say(f"NOT HERE: {name}: {why}")
        for contestant in self.all.values():
            contestant.start()
        self.front.start("".join(
            contestant.nginx_part() for contestant in self.all.values() if contestant.port
        ))
        self.raw["machine"] = machine.describe(self.all["stok"].pids(), place.HOME)

    def _install_packages(self):
        script = ('. tests/instance/packages.sh && '
                  'install_packages "${RUN_PACKAGES[@]}" "${BENCH_PACKAGES[@]}"')
        subprocess.run(["bash", "-euc", script], cwd=stok.ROOT, check=True,
                       stdin=subprocess.DEVNULL)

    def close(self):
        """Whatever was started ends."""
        self.front.stop()
        for contestant in self.all.values():
            contestant.stop()
        if os.path.isdir(stok.VAR):
            stok.run("--stop", check=False)

    def say(self, text):
        """A line of progress, with the time since the begin."""
        seconds = int(time.monotonic() - self.began)
        print(f"[{seconds // 60:2}:{seconds % 60:02}] {text}", flush=True)

    def seed(self):
        """Another for each run, and the same numbers in every bench."""
        self._seed += 1
        return self._seed

    def restart_database(self, preload=None):
        """With everyone connected to it again."""
        self.server.restart(preload)
        for contestant in self.all.values():
            contestant.restart()

    # ---- a run ----

    def seconds(self, share=1.0):
        """How long a run takes."""
        return max(1, round(self.options.seconds * share))

    def run(self, workload, name, turn, keep_rows=False, judged=True):
        """Measures one contestant once, checks the books, and records the run.

        Returns what the load generator saw, and how many rows there were before.
        """
        contestant = self.all[name]
        earlier = self._prepare(workload, contestant, keep_rows)
        before = self._cpu(contestant)
        outcome = self._load(workload, contestant)
        after = self._cpu(contestant)
        if judged:
            self._check(workload, contestant, outcome, earlier)
        record = self._record(workload, name, turn, outcome)
        record["cpu_us"] = figures.per_request_us(
            {group: processes.cpu_between(before[group], after[group]) for group in before},
            outcome.requests,
        )
        self.raw["runs"].append(record)
        self._note_memory(workload, contestant)
        self.say_run(record)
        return outcome, earlier

    def _prepare(self, workload, contestant, keep_rows):
        """Returns how many rows there are already."""
        if not keep_rows:
            database.reset(workload.stock)
        contestant.forget_log()
        database.wait_until_calm(CALM_S)
        return database.rows() if keep_rows else 0

    def _load(self, workload, contestant):
        """With a slower disk where that is wanted."""
        self.server.set_delay(workload.delay_us)
        try:
            return self._generate(workload, contestant)
        except (ValueError, OSError, subprocess.TimeoutExpired) as error:
            raise checks.Wrong(f"{contestant.name}: {error}") from error
        finally:
            self.server.set_delay(0)

    def _generate(self, workload, contestant):
        seconds = self.seconds(workload.share)
        if contestant.port is None:
            return load.run_direct(contestant.program, place.OPTION_FILE, *workload.arguments[1:],
                                   seconds)
        return load.run_wrk(contestant.port, workload.connections, seconds, workload.script,
                            [*workload.arguments, self.seed()])

    def _cpu(self, contestant):
        """CPU time of each group so far."""
        groups = {"mariadbd": [self.server.pid()], "nginx": self.front.pids(),
                  contestant.name: contestant.pids()}
        return {group: processes.cpu_us(pids) for group, pids in groups.items()}

    def _check(self, workload, contestant, outcome, earlier):
        self.judge(contestant, workload.connections, outcome, checks.Expected(
            workload.stock, workload.answer, workload.others,
            contestant.keeps_rows,
        ), earlier)

    def judge(self, contestant, connections, outcome, expected, earlier=0, strange_busy=()):
        """Waits until all is done, and raises Wrong if the books do not agree."""
        try:
            self.front.settle()
        except AssertionError as error:
            raise checks.Wrong(f"{contestant.name}: {error}") from error
        statuses = {201: outcome.successes} if contestant.port is None else \
            checks.statuses_of(contestant.read_log())
        found = checks.problems(checks.Seen(
            contestant=contestant.name, connections=connections,
            rows=database.rows() - earlier, statuses=statuses,
            successes=outcome.successes, refusals=outcome.refusals, broken=outcome.broken,
            timeouts=outcome.timeouts, variants=database.sums(), strange_busy=strange_busy,
        ), expected)
        if found:
            raise checks.Wrong(f"{contestant.name}: " + "; ".join(found))

    def _record(self, workload, name, turn, outcome):
        return {
            "section": workload.section, "contestant": name, "round": turn,
            "connections": workload.connections, "rate": outcome.answers_a_second,
            **vars(outcome),
        }

    def say_run(self, record):
        p99 = "" if record["p99"] is None else f", p99 {record['p99'] / 1000:.1f} ms"
        self.say(f"{record['section']} round {record['round'] + 1} {record['contestant']}: "
                 f"{record['rate']:,.0f}/s{p99}")

    def _note_memory(self, workload, contestant):
        """Of each process of a contestant, as it is behind the run."""
        pids = contestant.workers() if contestant.name == "stok" else contestant.pids()
        self.raw["memory"].append({
            "section": workload.section, "contestant": contestant.name,
            "connections": workload.connections,
            "requests": self.requests_of(contestant.name),
            "pss_kib": [processes.pss_kib(pid) for pid in pids],
            "mariadbd_kib": processes.pss_kib(self.server.pid()),
            "nginx_kib": sum(processes.pss_kib(pid) for pid in self.front.pids()),
        })

    def requests_of(self, name):
        """How many a contestant has answered so far."""
        return sum(run["requests"] for run in self.raw["runs"] if run["contestant"] == name)

    def rounds(self, workload, **more):
        """Everyone in turns, so that the machine's moods befall all alike."""
        names = [name for name in workload.contestants if name in self.all]
        for turn in range(self.options.rounds):
            for name in figures.rotated(names, turn):
                self.run(workload, name, turn, **more)
