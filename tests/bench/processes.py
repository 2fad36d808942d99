"""Processes as /proc shows them: whose they are, their CPU time, their memory."""

import os

TICK_US = 1_000_000 / os.sysconf("SC_CLK_TCK")


def fields_of(pid):
    """A process's line of /proc behind its name, which may hold blanks; None if it has gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return None


def is_alive(pid):
    """A zombie is not."""
    fields = fields_of(pid)
    return fields is not None and fields[0] not in "ZX"


def members(session):
    """Living processes of a session, its leader first."""
    found = []
    for name in os.listdir("/proc"):
        fields = fields_of(name) if name.isdigit() else None
        if fields and int(fields[3]) == session and fields[0] not in "ZX":
            found.append(int(name))
    return sorted(found, key=lambda pid: (pid != session, pid))


def cpu_us(pids):
    """CPU time that each has used, in microseconds."""
    used = {}
    for pid in pids:
        fields = fields_of(pid)
        if fields:
            used[pid] = TICK_US * (int(fields[11]) + int(fields[12]))
    return used


def cpu_between(before, after):
    """What was used from one reading to the other, by those who are in both."""
    return sum(after[pid] - before[pid] for pid in before.keys() & after.keys())


def pss_kib(pid):
    """A process's memory, its part of what is shared included; 0 if it has gone."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            return sum(int(line.split()[1]) for line in file if line.startswith("Pss:"))
    except OSError:
        return 0


def strings_of(path):
    """The zero-ended strings of a file of /proc."""
    with open(path, "rb") as file:
        return [text.decode() for text in file.read().rstrip(b"\0").split(b"\0")]
