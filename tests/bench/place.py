"""Where the bench's own instance is: its folders, ports and secrets."""

import os
import re

import stok

# Beside the instances of the tests, never on one of them.
stok.VAR = os.path.realpath(os.environ.get("STOK_VAR") or os.path.join(stok.ROOT, "var", "bench"))
stok.PORT = int(os.environ.get("STOK_PORT", "18500"))

HOME = os.path.join(stok.VAR, "bench")  # what the bench itself writes
OPTION_FILE = os.path.join(stok.VAR, "my.cnf")
PORTS = {
    name: stok.PORT + place
    for place, name in enumerate(("stok", "empty", "plain", "php", "mysql2", "prisma", "status"), 1)
}


def run_dir():
    """Sockets and process ids; ./run may have put it elsewhere."""
    return os.path.realpath(os.path.join(stok.VAR, "run"))


def password():
    """The service's own, as ./run made it."""
    with open(OPTION_FILE, encoding="ascii") as file:
        return re.search(r"^\[stok\].*?^password=(\S+)", file.read(), re.M | re.S).group(1)


def pid_of(part):
    """The process id of a part of the instance."""
    with open(os.path.join(run_dir(), f"{part}.pid"), encoding="ascii") as file:
        return int(file.read())


def log_of(contestant):
    """A contestant's audit log."""
    return os.path.join(HOME, f"{contestant}.log")
