#!/usr/bin/env python3
"""Faults in random order for a long time, under load; then the checker, and a table of it all."""

import argparse
import collections
import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

import faults
from instance import Instance
from rounds import Round
from tap import Skip

# How many of each kind in 600 s. What takes long comes seldom.
DECK = {
    faults.DatabaseKill: 60, faults.CutCommit: 120, faults.WorkerKill: 30,
    faults.WorkersTerm: 16, faults.KillConnections: 24, faults.ClientAbort: 20,
    faults.NginxReload: 16, faults.NginxRestart: 14, faults.TwoCleanups: 24,
    faults.WorkerFreeze: 8, faults.DatabaseFreeze: 4, faults.DiskFull: 3, faults.ClockApart: 4,
}
# Those that can befall the time of another one.
QUICK = (faults.CutCommit, faults.WorkerKill, faults.KillConnections, faults.ClientAbort,
         faults.NginxReload)
DECK_S = 600
PROGRESS_S = 10
LOOK_S = 60
VARIANTS_PER_S = 12  # how fast shoppers may empty the shelves
AT_ONCE_SHARE = 0.3  # of these


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--seed", type=int, default=None)
    arguments = parser.parse_args()
    if arguments.seed is None:
        arguments.seed = int(os.environ.get("STOK_SEED") or random.randrange(10**6))
    return arguments


def possible_kinds(instance, load, rng):
    """The kinds that this host can do; says which it cannot, and why."""
    kinds = []
    for kind in DECK:
        try:
            kind(instance, load, rng).check_possible()
            kinds.append(kind)
        except Skip as reason:
            print(f"{kind.__name__} is left out: {reason}", flush=True)
    return kinds


def shuffled_deck(kinds, seconds, rng):
    """The faults of so many seconds, in random order."""
    share = seconds / DECK_S
    deck = [kind for kind in kinds for _ in range(max(1, round(DECK[kind] * share)))]
    rng.shuffle(deck)
    return deck


class Soak:
    """One run."""

    def __init__(self, instance, seconds, seed):
        self.seconds = seconds
        self.instance = instance
        self.round = Round(instance, seed, f"soak-{seed}", variants=VARIANTS_PER_S * seconds,
                           pause_s=0.03)
        self.struck = collections.Counter()
        self.memory = []
        self.begin = time.monotonic()
        self._over = threading.Event()

    @property
    def elapsed(self):
        return time.monotonic() - self.begin

    def run(self):
        with self.round:
            threading.Thread(target=self.report_progress, daemon=True).start()
            time.sleep(2)
            self.memory.append(self.instance.memory_kib())
            try:
                self.strike_all()
                self.memory.append(self.instance.memory_kib())
            finally:
                self._over.set()
        self.round.settle()

    def strike_all(self):
        """The deck, spread over the time; what takes longer than its share is made up for."""
        load, rng = self.round.load, self.round.rng
        deck = shuffled_deck(possible_kinds(self.instance, load, rng), self.seconds, rng)
        pending, looked = None, 0
        for number, kind in enumerate(deck):
            time.sleep(max(0.0, number * self.seconds / len(deck) - self.elapsed))
            fault = kind(self.instance, load, rng)
            if kind in QUICK and pending is None and rng.random() < AT_ONCE_SHARE:
                pending = fault  # it befalls whatever comes next
                continue
            self.strike(fault, pending)
            pending = None
            if self.elapsed - looked > LOOK_S:
                looked = self.elapsed
                self.round.look()
        if pending is not None:
            self.strike(pending)

    def strike(self, fault, besides=None):
        if besides is not None:
            besides.inject()
        fault.strike()
        self.struck[fault.name] += 1
        if besides is not None:
            besides.heal()
            self.struck[besides.name] += 1

    def report_progress(self):
        while not self._over.wait(PROGRESS_S):
            answers = self.round.answers()
            told = ", ".join(f"{status or 'none'}: {answers[status]}"
                             for status in sorted(answers, key=str))
            print(f"{self.elapsed:5.0f} s  {self.struck.total()} faults  {told}", flush=True)

    # ---- the table ----

    def table(self, command):
        """Markdown, for tests/faults/RESULTS.md."""
        answers, resolved = self.round.answers(), self.round.resolved()
        lines = ["| what | how many |", "|---|---|"]
        lines.append(f"| faults injected | {self.struck.total()} |")
        lines += [f"| · {name} | {count} |" for name, count in sorted(self.struck.items())]
        lines.append(f"| requests | {len(self.round.load.history)} |")
        lines += [f"| · answered {status} | {answers[status]} |"
                  for status in sorted(answers, key=str) if status is not None]
        lines.append(f"| · no answer (connection cut, client left) | {answers.get(None, 0)} |")
        lines.append(f"| 5xx or no answer, later resolved by its key | {resolved['by key']} |")
        lines.append("| the same of cancels, converts (idempotent by themselves) | "
                     f"{resolved['without a key']} |")
        lines.append(f"| never resolved | {len(self.round.load.unresolved)} |")
        lines.append(f"| holds in the table | {len(self.round.tables.rows)} |")
        lines.append(f"| violations | {len(self.round.violations)} |")
        lines.append(f"| memory of the workers (PSS) at start, at end | "
                     f"{self.memory[0]} KiB, {self.memory[-1]} KiB |")
        lines.append(f"| slowest answer | {self.round.slowest_s():.1f} s |")
        lines.append(f"| time | {self.elapsed:.0f} s |")
        lines.append(f"| command | `{command}` |")
        return "\n".join(lines)


def main():
    arguments = read_arguments()
    command = f"python3 tests/faults/soak.py --seconds {arguments.seconds} --seed {arguments.seed}"
    print(command, flush=True)
    instance = Instance()
    try:
        instance.start()
        soak = Soak(instance, arguments.seconds, arguments.seed)
        try:
            soak.run()
        except BaseException:
            print(f"broken off; what there is stands in {soak.round.keep_evidence()}", flush=True)
            raise
        print(f"\n{soak.table(command)}\n")
        if soak.round.trouble:
            print(soak.round.trouble)
            print(f"all is kept in {soak.round.keep_evidence()}")
            return 1
        return 0
    finally:
        instance.stop()


if __name__ == "__main__":
    sys.exit(main())
