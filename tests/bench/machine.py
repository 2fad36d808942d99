"""On what was measured: the machine, its disk, the versions and the settings that matter."""

import contextlib
import datetime
import json
import os
import platform
import re
import subprocess
import time

import database
import front
import place
import processes

SETTINGS = (
    "innodb_flush_log_at_trx_commit", "innodb_doublewrite", "sync_binlog", "log_bin",
    "innodb_buffer_pool_size", "innodb_log_file_size",
)


def describe(stok_pool, peers_home):
    """All of it: (what, words)."""
    pool_settings = dict(text.split("=", 1) for text in
                         processes.strings_of(f"/proc/{stok_pool[0]}/environ") if "=" in text)
    return [
        ("date", datetime.datetime.now().astimezone().isoformat(" ", "minutes")),
        ("processor", f"{processor()}, {os.cpu_count()} cores"),
        ("memory", f"{memory_mib():,} MiB"),
        ("kernel", f"{platform.system()} {platform.release()} {platform.machine()}"),
        ("fdatasync of 4 KiB", f"{fdatasync_us(place.HOME):,.0f} µs (median)"),
        ("COMMIT of a lone change", f"{database.commit_us():,.0f} µs (median)"),
        *versions(peers_home),
        *database.variables(*SETTINGS).items(),
        ("stok's pool", f"{len(stok_pool) - 1} processes, "
                        f"{pool_settings.get('STOK_COMMITTERS') or 'the default'} committers each"),
        ("load", "wrk with one thread, over loopback; one nginx worker"),
    ]


def processor():
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        found = re.search(r"^model name\s*:\s*(.*)$", file.read(), re.M)
    return found.group(1) if found else platform.machine()


def memory_mib():
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20


def fdatasync_us(folder, count=200):
    """Median of the time that a write of a page and its flush take on this folder's disk."""
    path = os.path.join(folder, "fdatasync")
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    taken = []
    try:
        os.write(file, bytes(4096))
        for _ in range(count):
            began = time.perf_counter()
            os.pwrite(file, os.urandom(4096), 0)
            os.fdatasync(file)
            taken.append(time.perf_counter() - began)
    finally:
        os.close(file)
        os.unlink(path)
    return 1e6 * sorted(taken)[count // 2]


def versions(peers_home):
    """Of the programs, as they call themselves; of those that are there."""
    for name, command in (
        ("nginx", [front.nginx_program(), "-v"]), ("MariaDB", ["mariadbd", "--version"]),
        ("PHP", ["php-fpm8.2", "-v"]), ("Node", ["node", "--version"]),
        ("gcc", ["gcc", "--version"]), ("wrk", ["wrk", "-v"]),
    ):
        words = first_line(command)
        if words:
            yield name, words
    for package in ("mysql2", "prisma"):
        path = os.path.join(peers_home, "node", "node_modules", package, "package.json")
        with contextlib.suppress(OSError), open(path, encoding="utf-8") as file:
            yield package, json.load(file)["version"]


def first_line(command):
    """What a program says first; nothing if it is not there. (wrk -v is an error to wrk.)"""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    with contextlib.suppress(OSError):
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False,
                              env={**os.environ, "PATH": path})
        lines = (done.stdout + done.stderr).strip().splitlines()
        return lines[0].removeprefix("nginx version: ") if lines else ""
    return ""
