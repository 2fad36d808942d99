"""stokctl on the instance under test, with the accounts that sql/grants.sql gives it."""

import json
import math
import os
import re
import subprocess
import time

import stok

PROGRAM = os.environ.get("STOK_CTL_PROGRAM", os.path.join(stok.ROOT, "build", "stokctl"))
LOG = os.path.join(stok.VAR, "log", "access.log")

# What differs, and what is wrong.
AGREE, DIFFERENCES, USAGE, ENVIRONMENT = range(4)


def options_of(user):
    """An option file with that account; ./run gave it the service's password."""
    with open(os.path.join(stok.VAR, "my.cnf"), encoding="ascii") as file:
        text = file.read()
    path = os.path.join(stok.VAR, f"{user}.cnf")
    with open(path, "w", encoding="ascii") as file:
        file.write(re.sub(r"^user=.*$", f"user={user}", text, flags=re.MULTILINE))
    return path


def settings(user):
    """The environment of stokctl."""
    return {
        **os.environ,
        "STOK_DB_OPTIONS": options_of(user),
        "STOK_AUDIT_KEY_FILE": os.path.join(stok.VAR, "audit.key"),
    }


def run(*arguments, user="stok_auditor", environment=(), **more):
    """Runs stokctl; returns what came of it."""
    return subprocess.run(
        [PROGRAM, *map(str, arguments)], env={**settings(user), **dict(environment)},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, **more,
    )


class Result:
    """status; findings: those objects; notes; sums: the last object."""

    def __init__(self, done):
        self.status = done.returncode
        objects = [json.loads(line) for line in done.stdout.splitlines()]
        self.findings = [one for one in objects if "finding" in one]
        self.notes = [one["note"] for one in objects if "note" in one]
        self.sums = next((one for one in objects if "agree" in one), None)
        self.errors = done.stderr

    @property
    def kinds(self):
        return sorted(one["finding"] for one in self.findings)

    def __repr__(self):
        return f"<{self.status} {self.findings} {self.notes} {self.sums} {self.errors}>"


def told(*arguments, **more):
    """The same, of --json."""
    done = run("--json", *arguments, **more)
    result = Result(done)
    assert result.status == ENVIRONMENT or done.stderr == "", done.stderr
    return result


def check(*arguments, **more):
    return told("check", *arguments, **more)


def time_of(moment):
    """A time as an option has it, rounded up; of seconds since the epoch."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(math.ceil(moment)))


def audit(*logs, until="now", more=()):
    """Of the whole access log, or of these; all of it is judged."""
    return told("audit", *(logs or [LOG]), "--until", until, *more)


def agrees(result):
    """No difference, and an end that says so."""
    assert result.status == AGREE and result.sums and result.sums["agree"], result
    assert result.findings == [], result
    return result


def differs(result, *kinds):
    """Exactly these kinds of findings."""
    assert result.status == DIFFERENCES, result
    assert result.sums and not result.sums["agree"], result
    assert sorted(set(result.kinds)) == sorted(set(kinds)), result
    return result
