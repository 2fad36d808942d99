"""The history, the tables and the audit log, joined: what the checker's rules look things up in."""

import bisect
import collections
import dataclasses

from history import hashed_key

# The client's clock and the database's are one host's, but not read at the same instant.
SLACK_MS = 20

# How late a line may be after the answer (nginx's lingering_timeout is 5 s).
LINGER_S = 10

EVIDENCE_MAX = 12  # lines of one violation that are shown


@dataclasses.dataclass(slots=True)
class Violation:
    """A broken promise, with what shows it."""

    rule: str
    what: str
    evidence: list

    def __str__(self):
        shown = [f"    {item}" for item in self.evidence[:EVIDENCE_MAX]]
        return "\n".join([f"{self.rule}: {self.what}", *shown])


class Usage:
    """How many units of one variant are held or sold, over time."""

    def __init__(self, rows):
        takes, ends = collections.Counter(), collections.Counter()
        for row in rows:
            takes[row.created] += row.quantity
            if row.is_revived:
                ends[row.expires] += row.quantity
                takes[row.closed] += row.quantity
            elif row.status != "COMPLETED":
                ends[max(row.created, row.free_from)] += row.quantity
        self.times = sorted(takes.keys() | ends.keys())
        self.levels = []  # from that time on
        self.peaks = []  # at that time, if what begins then came before what ends
        level = 0
        for time in self.times:
            self.peaks.append(level + takes[time])
            level += takes[time] - ends[time]
            self.levels.append(level)

    def most(self, begin, end):
        """The most units in use at any instant of a time, ends included.

        One transaction has one time, in which its requests are decided one after another.
        """
        first = bisect.bisect_left(self.times, begin)
        last = bisect.bisect_right(self.times, end)
        before = self.levels[first - 1] if first else 0
        return max(self.peaks[first:last], default=before)


class Books:
    """All that is known after a run.

    history: Attempts. tables: Tables, read when nothing was under way any more. audit: the lines of
    the access log, parsed. stocks: variant -> what there was at the start. earlier: Tables that
    were read meanwhile. outages: when nginx was ended at once, in seconds since the epoch.
    """

    def __init__(self, history, tables, audit, stocks, earlier=(), outages=()):
        self.history = sorted(history, key=lambda attempt: attempt.start)
        self.tables = tables
        self.rows = tables.rows
        self.stocks = stocks
        self.earlier = earlier
        self.outages = outages
        self._usage = {}
        self.audit_of_try = {line["clientRequestId"]: line for line in audit}
        self.try_of_id = {attempt.id: attempt for attempt in history}
        self.try_of_request = {
            line["requestId"]: self.try_of_id[line["clientRequestId"]]
            for line in audit
            if line["clientRequestId"] in self.try_of_id
        }
        # nginx that is killed writes no line: of these, no request id is known.
        self.dark = [attempt for attempt in history if attempt.id not in self.audit_of_try]
        self.dark_creators = index(
            (a for a in self.dark if a.action == "reserve"), lambda a: [signature_of(a)]
        )
        self.dark_closers = index(self.dark, lambda a: a.ids)
        self.extenders = index((a for a in history if a.action == "extend"), lambda a: a.ids)
        self.created_by = index(self.rows.values(), lambda row: [row.created_by])
        self.closed_by = index(self.rows.values(), lambda row: [row.closed_by])
        self.rows_of_key = index(self.rows.values(), lambda row: [row.key])
        self.rows_of_variant = index(self.rows.values(), lambda row: [row.variant])
        self.tries_of_key = index(
            (a for a in self.history if a.key is not None and a.action == "reserve"),
            lambda a: [(a.request["sessionId"], a.key)],
        )

    def usage(self, variant):
        """The Usage of a variant."""
        if variant not in self._usage:
            self._usage[variant] = Usage(self.rows_of_variant.get(variant, ()))
        return self._usage[variant]

    def request_id(self, attempt):
        """nginx's id of an attempt; None if the log has no line of it."""
        line = self.audit_of_try.get(attempt.id)
        return None if line is None else line["requestId"]

    def may_lack_its_line(self, attempt):
        """nginx was ended before it logged what it had answered: of a connection that lingers, it
        does so only when the client has closed it."""
        return any(attempt.end <= outage <= attempt.end + LINGER_S for outage in self.outages)

    def creator(self, row):
        """The attempt that made a row; None if only nginx could tell, and it did not live to."""
        return self.try_of_request.get(row.created_by)

    def closer(self, row):
        """The attempt that closed a row; None as above."""
        return self.try_of_request.get(row.closed_by)

    def made_by(self, attempt):
        """The rows that an attempt has made, as the rows say."""
        request_id = self.request_id(attempt)
        return [] if request_id is None else self.created_by.get(request_id, [])

    def ended_by(self, attempt):
        """The rows that an attempt has closed, as the rows say. Sweeping is not among it."""
        request_id = self.request_id(attempt)
        rows = [] if request_id is None else self.closed_by.get(request_id, [])
        return [row for row in rows if row.reason != "EXPIRED"]

    def swept_by(self, attempt):
        """The rows that an attempt has swept, as the rows say."""
        request_id = self.request_id(attempt)
        rows = [] if request_id is None else self.closed_by.get(request_id, [])
        return [row for row in rows if row.reason == "EXPIRED"]


def index(items, keys_of):
    """Key -> items."""
    found = collections.defaultdict(list)
    for item in items:
        for key in keys_of(item):
            found[key].append(item)
    found.default_factory = None
    return found


def signature_of(attempt):
    """What a reserve's row must show: all that is known of a row whose request is in no log."""
    body = attempt.request
    session = body["sessionId"]
    key = None if attempt.key is None else hashed_key(session, attempt.key)
    return body["variantId"], body["quantity"], session, key


def lines_of(attempt):
    """What an answer says of each hold: id -> line. Single answers are a line, too."""
    answer = attempt.answer or {}
    details = answer.get("details", [answer] if "reservationId" in answer else [])
    return {line["reservationId"]: line for line in details}


def start_ms(attempt):
    return attempt.start * 1000 - SLACK_MS


def end_ms(attempt):
    return attempt.end * 1000 + SLACK_MS
