"""The load: wrk with a script, or stok's own transactions without HTTP. Each gives an Outcome."""

import contextlib
import dataclasses
import json
import os
import resource
import signal
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
TIMEOUT_S = 10


@dataclasses.dataclass
class Outcome:
    """What the load generator saw. Times in microseconds; None where there are none."""

    seconds: float
    requests: int
    successes: int
    refusals: int
    broken: int
    timeouts: int
    p50: int = None
    p99: int = None
    most: int = None
    generator_us: float = None  # CPU time of the generator itself

    @property
    def answers_a_second(self):
        return self.requests / self.seconds


def parse_wrk(text):
    """The Outcome of the line of JSON that our scripts print at the end."""
    line = json.loads(last_line(text))
    return Outcome(
        seconds=line["duration"] / 1e6, requests=line["requests"],
        successes=line["requests"] - line["refused"], refusals=line["refused"],
        broken=line["broken"], timeouts=line["timeouts"],
        p50=line["p50"], p99=line["p99"], most=line["max"],
    )


def parse_direct(text):
    """The Outcome of bench-direct."""
    line = json.loads(last_line(text))
    return Outcome(
        seconds=float(line["seconds"]), requests=line["done"] + line["refused"] + line["failed"],
        successes=line["done"], refusals=line["refused"], broken=line["failed"], timeouts=0,
    )


def last_line(text):
    """The last line that is an object."""
    lines = [line for line in text.splitlines() if line.startswith("{")]
    if not lines:
        raise ValueError(f"the load generator gave no result: {text[-500:]!r}")
    return lines[-1]


def wrk_command(port, connections, seconds, script, arguments):
    """One thread: it is the load of one core, and the scripts keep their numbers in it."""
    return ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", f"{TIMEOUT_S}s",
            "-s", os.path.join(HERE, script), f"http://127.0.0.1:{port}", "--",
            *map(str, arguments)]


def run_wrk(port, connections, seconds, script, arguments):
    """One run, to its end."""
    return _run(wrk_command(port, connections, seconds, script, arguments), seconds, parse_wrk)


def run_direct(program, option_file, first, count, seconds):
    """Two threads with batches of 32: as many requests at a time as 64 connections have."""
    return _run([program, option_file, "2", "32", str(first), str(count), str(seconds)], seconds,
                parse_direct)


def _run(command, seconds, parse):
    before = _children_us()
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=seconds + 60, check=False)
    if done.returncode != 0:
        raise ValueError(f"{command[0]} ended with {done.returncode}: {done.stderr[-500:]}")
    outcome = parse(done.stdout)
    outcome.generator_us = _children_us() - before
    return outcome


def _children_us():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1e6 * (usage.ru_utime + usage.ru_stime)


@contextlib.contextmanager
def wrk_beside(port, connections, seconds_max, script, arguments):
    """A run beside what the caller does: at the end of the block it is told to come to its end.

    Yields a list, which has the Outcome after the block.
    """
    outcomes = []
    process = subprocess.Popen(
        wrk_command(port, connections, seconds_max, script, arguments),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
    )
    try:
        yield outcomes
        process.send_signal(signal.SIGINT)
        outcomes.append(parse_wrk(process.communicate(timeout=30)[0]))
    finally:
        process.kill()
        process.wait()
