#!/usr/bin/env python3
"""How fast stok is, beside other ways to do its job: make bench. The order of events.

Runs unattended for less than half an hour, and leaves tables, a plot and all figures in a folder.
"""

import argparse
import os
import signal
import sys

import place
import stok
import checks
import report
import specials
import workloads
from shop import Shop


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=os.path.join(stok.ROOT, "build"),
                        help="the folder with stokd and the bench's programs")
    parser.add_argument("--out", default=os.path.join(stok.VAR, "results"))
    parser.add_argument("--only", help="parts: " + ",".join(workloads.PARTS))
    parser.add_argument("--seconds", type=int, default=10, help="of a run (10)")
    parser.add_argument("--rounds", type=int, default=5, help="5")
    parser.add_argument("--holds", type=int, default=1_000_000,
                        help="how many are loaded for growth and cleanup (1000000)")
    parser.add_argument("--requests", type=int, default=1_000_000,
                        help="how many stok answers before its memory is looked at (1000000)")
    options = parser.parse_args()
    options.build = os.path.realpath(options.build)
    options.parts = workloads.chosen(options.only)
    return options


def shortened(options):
    """In which way this is no whole bench; empty if it is one."""
    return ", ".join(f"{name} {value}" for name, value, usual in (
        ("--seconds", options.seconds, 10), ("--rounds", options.rounds, 5),
        ("--holds", options.holds, 1_000_000), ("--requests", options.requests, 1_000_000),
        ("--only", options.only, None),
    ) if value != usual)


def planned_minutes(options):
    """About how long it will take."""
    loads = [load for load in (*workloads.WORKLOADS, *workloads.SLOW, *specials.OWN)
             if load.part in options.parts]
    runs = options.rounds * sum(len(load.contestants) for load in loads)
    seconds = options.rounds * options.seconds * sum(
        load.share * len(load.contestants) for load in loads)
    # Between two runs the books are checked; holds are loaded twice, and half of them swept.
    held = {"growth": options.holds / 30_000, "cleanup": options.holds / 15_000}
    more = sum(extra for part, extra in held.items() if part in options.parts)
    return (seconds + 1.2 * runs + more + 10) / 60


def measure(shop, parts):
    """All parts, in their order."""
    for workload in workloads.WORKLOADS:
        if workload.part in parts:
            shop.say(f"{workload.section}: {workload.says}")
            shop.rounds(workload)
    for part, work in (("locked", specials.locked), ("growth", specials.growth),
                       ("cleanup", specials.cleanup), ("memory", specials.memory),
                       ("flush", specials.slow_flushes)):
        if part in parts:
            shop.say(part)
            work(shop)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that close() is not left out
    options = read_options()
    os.environ.setdefault("STOK_PROGRAM", os.path.join(options.build, "stokd"))
    shop = Shop(options)
    shop.raw["short"] = shortened(options)
    shop.say(f"this takes about {planned_minutes(options):.0f} minutes")
    failure = None
    try:
        shop.open(workloads.contestants_of(options.parts))
        measure(shop, options.parts)
    except checks.Wrong as wrong:
        failure = str(wrong)
        shop.raw["failure"] = failure
    finally:
        shop.close()
    report.write(shop.raw, options.out)
    shop.say(f"results in {options.out}")
    if failure:
        sys.exit(f"bench: a run went wrong: {failure}")


if __name__ == "__main__":
    main()
