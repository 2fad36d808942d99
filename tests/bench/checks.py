"""Was a run right? What the tables, the audit log and the load generator say must agree. Pure."""

import collections
import dataclasses
import json
import re

KNOWN = (200, 201, 404, 409, 429, 499, 500, 502, 503, 504)


class Wrong(Exception):
    """A run that proves nothing; its text says whose and why."""


@dataclasses.dataclass
class Seen:
    """What is known after a run."""

    contestant: str
    connections: int
    rows: int  # that the run added
    statuses: dict  # of the audit log: status -> lines
    successes: int  # that the load generator got
    refusals: int  # that it got: 4xx and 5xx
    broken: int  # connections that failed
    timeouts: int
    variants: list  # [id, stock, reserved, sum of ACTIVE, sum of COMPLETED]
    strange_busy: tuple = ()  # 503s of variants that nobody had locked


@dataclasses.dataclass(frozen=True)
class Expected:
    """What a workload must lead to."""

    stock: int  # of each variant at the beginning
    answer: int = 201  # of a reserve
    others: tuple = ()  # other statuses that are in order
    keeps_rows: bool = True  # the empty responder has none
    besides: int = 0  # requests that succeeded and were not the load generator's


def problems(seen, expected):
    """What is wrong, in words; nothing if all is right."""
    found = [*wrong_variants(seen.variants, expected.stock), *wrong_rows(seen, expected),
             *wrong_answers(seen, expected), *wrong_counts(seen, expected)]
    if seen.strange_busy:
        found.append(f"503 for variants that nobody had locked: {list(seen.strange_busy)[:5]}")
    return found


def wrong_variants(variants, stock):
    """Counters that are not the sums of the rows, or more promised than there is."""
    found = []
    for identity, on_hand, reserved, held, sold in variants:
        if reserved != held:
            found.append(f"variant {identity}: reserved is {reserved}, its holds sum to {held}")
        if reserved > on_hand:
            found.append(f"variant {identity} is oversold: {reserved} of {on_hand}")
        if on_hand + sold != stock:
            found.append(f"variant {identity}: {on_hand} on hand and {sold} sold of {stock}")
    return found if len(found) <= 5 else [*found[:5], f"and {len(found) - 5} more"]


def wrong_rows(seen, expected):
    """A row for each 201 and a 201 for each row."""
    promised = seen.statuses.get(201, 0) if expected.keeps_rows else 0
    if seen.rows == promised:
        return []
    return [f"{seen.rows} rows, but {promised} lines with 201 in the audit log"]


def wrong_answers(seen, expected):
    """Nothing but what was to be expected."""
    good = {expected.answer, *expected.others}
    odd = {status: count for status, count in seen.statuses.items() if status not in good and count}
    found = [f"unexpected statuses in the audit log: {odd}"] if odd else []
    if seen.broken:
        found.append(f"{seen.broken} connections failed")
    if seen.timeouts:
        found.append(f"{seen.timeouts} requests timed out")
    return found


def wrong_counts(seen, expected):
    """The log has what the generator got, and what it no longer waited for: one a connection."""
    found = []
    for what, got, lines in (
        ("successes", seen.successes, count(seen.statuses, 200, 400) - expected.besides),
        ("refusals", seen.refusals, count(seen.statuses, 400, 600)),
    ):
        if not got <= lines <= got + seen.connections:
            found.append(f"{lines} {what} in the audit log, the load generator got {got}")
    return found


def count(statuses, first, end):
    """Lines with a status of this range."""
    return sum(number for status, number in statuses.items() if first <= status < end)


def statuses_of(log):
    """How often each status stands in an audit log (bytes); 0 is for those that are not known."""
    found = collections.Counter()
    for status in KNOWN:
        lines = log.count(b'"status":%d,' % status)
        if lines:
            found[status] = lines
    strange = log.count(b"\n") - sum(found.values())
    if strange:
        found[0] = strange
    return dict(found)


def strange_busy(log, locked):
    """What the 503s of an audit log were about, but for the variant that somebody had locked."""
    lines = (json.loads(line.decode("utf-8", "replace")) for line in log.splitlines()
             if b'"status":503,' in line)
    return tuple(line["lines"] for line in lines if line["lines"] != f"{locked}:1")


def p99_of_successes(log):
    """Of an audit log: how long the service took for 99 of 100 successes, in microseconds.

    nginx logs milliseconds. None if there are none.
    """
    taken = sorted(float(seconds) for seconds in
                   re.findall(rb'"status":20[01],"upstreamTime":"(\d+\.\d+)"', log))
    return 1e6 * taken[len(taken) * 99 // 100] if taken else None
