#!/usr/bin/env python3
"""Includes point down. The floors are the ones that ARCHITECTURE.md draws."""

import pathlib
import re

from tap import equal, main

APP = pathlib.Path(__file__).resolve().parents[2] / "app"

# From the ground up: a file may include its own floor and those below.
FLOORS = [
    ["limits", "must_check", "number", "text", "monotonic", "log"],
    ["stock", "command", "outcome", "plan", "rules", "rules_convert", "rules_replay",
     "rules_reserve", "rules_session", "decide"],
    ["faults", "idempotency", "json_check", "json_write", "keyring", "messages", "members", "body", "query",
     "request", "audit", "response", "response_lists", "response_private", "response_reads",
     "response_reserve"],
    ["config", "metrics", "sql", "sql_private", "sql_write", "row", "connection", "store",
     "store_load", "store_private", "store_reads",
     "job", "pool", "queue",
     "claims", "keepalive", "lanes", "leader"],
    ["gate", "committer", "transaction", "inquiry"],
    # stokctl: above the service's floors, and beside its threads, of which it uses none.
    ["ctl_time", "ctl_minutes", "ctl_log", "ctl_sorter", "ctl_line", "ctl_finding", "ctl_csv", "ctl_sql"],
    ["ctl_claim", "ctl_request", "ctl_sessions", "ctl_invariant", "ctl_progress", "ctl_archived",
     "ctl_archive_file", "ctl_table"],
    ["ctl_judge", "ctl_report", "ctl_options"],
    ["ctl_repair"],
    ["ctl_audit", "ctl_check", "ctl_show", "ctl_archive"],
    ["main", "stokctl"],
]
THREADS = {"gate", "committer", "transaction", "inquiry"}
CORE = FLOORS[1]

# What the core may have from the system: nothing that does I/O, tells the time or allocates.
CORE_SYSTEM = {"assert.h", "stdbool.h", "stddef.h", "stdint.h", "string.h"}

# Who may know a library.
LIBRARIES = {
    "mysql.h": {"connection.c"},
    "fcgiapp.h": {"gate.c", "job.h", "response.c", "response.h"},
    "json.h": {"members.c", "members.h", "request.c"},
    "zlib.h": {"ctl_log.c"},
    "pthread.h": {"committer.c", "pool.c", "queue.c"},
}


def sources():
    return sorted(APP.glob("*.[ch]"))


def includes(path, pattern):
    return re.findall(rf"^#include {pattern}", path.read_text(), re.MULTILINE)


def floor_of(name):
    found = [number for number, floor in enumerate(FLOORS) if name in floor]
    assert found, f"app/{name} stands on no floor: name it in {__file__}"
    return found[0]


def test_every_file_has_its_floor():
    equal(sorted({path.stem for path in sources()}), sorted(sum(FLOORS, [])))


def test_includes_point_down():
    for path in sources():
        for included in includes(path, r'"(\w+)\.h"'):
            assert floor_of(included) <= floor_of(path.stem), f"{path.name} includes {included}.h"


def test_stokctl_has_no_threads():
    for path in sources():
        if not path.stem.startswith(("ctl_", "stokctl")):
            continue
        for included in includes(path, r'"(\w+)\.h"'):
            assert included not in THREADS, f"{path.name} includes {included}.h"


def test_the_core_knows_only_itself_and_the_limits():
    for path in sources():
        if path.stem not in CORE:
            continue
        for included in includes(path, r'"(\w+)\.h"'):
            assert included in [*CORE, "limits"], f"{path.name} includes {included}.h"
        for included in includes(path, r"<([\w/.]+)>"):
            assert included in CORE_SYSTEM, f"{path.name} includes <{included}>"


def test_libraries_are_known_where_they_belong():
    for path in sources():
        for included in includes(path, r"<([\w/.]+)>"):
            allowed = LIBRARIES.get(included)
            assert allowed is None or path.name in allowed, f"{path.name} includes <{included}>"


if __name__ == "__main__":
    main()
