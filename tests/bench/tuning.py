#!/usr/bin/env python3
"""What a setting is worth: make bench-tuning. Each is measured in turns with the shipped settings.

Prints a table of ratios for TUNING.md: with the setting / without, medians of the rounds. No setting
here lowers durability.
"""

import argparse
import contextlib
import os
import signal
import sys

import place
import stok
import database
import figures
import front
import processes
from shop import Shop
from workloads import UNIFORM, Workload

LOADS = (
    Workload("uniform/64", "", "", ("stok",)),
    Workload("uniform/256", "", "", ("stok",), connections=256, arguments=UNIFORM),
)


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=os.path.join(stok.ROOT, "build"))
    parser.add_argument("--seconds", type=int, default=4, help="of a run (4)")
    parser.add_argument("--rounds", type=int, default=3, help="3")
    return parser.parse_args()


# ---- ways to change a setting --------------------------------------------------------------------


@contextlib.contextmanager
def nginx(*changes):
    """The bench's nginx, its files' texts changed: pairs of what stands there and what shall."""
    kept = {}
    for folder, _, names in os.walk(front.FOLDER):
        for name in names:
            if name.endswith(".conf"):
                path = os.path.join(folder, name)
                with open(path, encoding="utf-8") as file:
                    kept[path] = file.read()
    for old, _ in changes:
        assert any(old in text for text in kept.values()), f"nowhere in nginx: {old}"
    _write_nginx({path: _changed(text, changes) for path, text in kept.items()})
    try:
        yield
    finally:
        _write_nginx(kept)


def _changed(text, changes):
    for old, new in changes:
        text = text.replace(old, new)
    return text


def _write_nginx(texts):
    for path, text in texts.items():
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    with open(os.path.join(front.FOLDER, "nginx.pid"), encoding="ascii") as file:
        master = int(file.read())
    before = processes.members(master)
    os.kill(master, signal.SIGHUP)
    stok.until(lambda: set(processes.members(master)) & set(before) == {master},
               "nginx has new workers", 30)


@contextlib.contextmanager
def pool(**settings):
    """The pool with these settings in its environment."""
    kept = dict(os.environ)
    _restart_pool(settings)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(kept)
        _restart_pool({})


def _restart_pool(settings):
    os.environ.update(settings)
    pid = place.pid_of("pool")
    os.kill(pid, signal.SIGTERM)
    stok.until(lambda: not processes.is_alive(pid), "the end of the pool", 30)
    stok.run("--detach")


@contextlib.contextmanager
def server(**settings):
    """The database's settings, as it runs."""
    names = list(settings)
    kept = database.variables(*names)
    stok.sql("; ".join(f"SET GLOBAL {name}={value}" for name, value in settings.items()))
    try:
        yield
    finally:
        stok.sql("; ".join(f"SET GLOBAL {name}={_literal(kept[name])}" for name in names))


def _literal(value):
    return value if value.isdigit() else f"'{value}'"


SETTINGS = (
    ("STOK_COMMITTERS=1", lambda: pool(STOK_COMMITTERS="1")),
    ("STOK_COMMITTERS=3", lambda: pool(STOK_COMMITTERS="3")),
    ("nginx: no keepalive to the service", lambda: nginx(
        ("keepalive         512;", ""), ("keepalive_time    1s;", ""),
        ("keepalive_timeout 1s;", ""), ("fastcgi_keep_conn on;", ""))),
    ("nginx: worker_processes 2", lambda: nginx(("worker_processes 1;", "worker_processes 2;"))),
    ("nginx: pcre_jit off", lambda: nginx(("pcre_jit on;", ""))),
    ("MariaDB: innodb_log_file_size=1G", lambda: server(innodb_log_file_size=1 << 30)),
    ("MariaDB: innodb_log_file_buffering=ON", lambda: server(innodb_log_file_buffering=1)),
    ("MariaDB: innodb_buffer_pool_size=1G", lambda: server(innodb_buffer_pool_size=1 << 30)),
)


def measure(shop, options):
    """{(setting, section): [the Spread of the ratios of rates, that of p99]}."""
    found = {}
    for name, change in SETTINGS:
        runs = []
        for turn in range(options.rounds):
            for kind in figures.rotated(["with", "without"], turn):
                with change() if kind == "with" else contextlib.nullcontext():
                    shop.raw["runs"] = []
                    for load in LOADS:
                        shop.run(load, "stok", turn)
                    runs += [{**run, "contestant": kind} for run in shop.raw["runs"]]
        for load in LOADS:
            pair = (load.section, "with"), (load.section, "without")
            found[name, load.section] = [
                figures.ratios(runs, figure, *pair) for figure in ("rate", "p99")]
    return found


def table(found):
    """As Markdown."""
    lines = ["| setting | load | requests/s | p99 |", "| --- | --- | ---: | ---: |"]
    for (name, section), spreads in found.items():
        cells = [f"{spread.median:.2f} [{spread.least:.2f} - {spread.most:.2f}]"
                 for spread in spreads]
        lines.append(f"| {name} | {section} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that close() is not left out
    options = read_options()
    os.environ.setdefault("STOK_PROGRAM", os.path.join(os.path.realpath(options.build), "stokd"))
    shop = Shop(options)
    try:
        shop.open(("stok",))
        found = measure(shop, options)
    finally:
        shop.close()
    print(table(found))


if __name__ == "__main__":
    main()
