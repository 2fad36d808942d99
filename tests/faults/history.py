"""What was asked, what was answered, and what the tables say: the data that the checker judges."""

import dataclasses
import hashlib
import json


@dataclasses.dataclass(slots=True)
class Attempt:
    """One HTTP request, and what came of it as its client saw it."""

    id: str  # the X-Request-Id it bore: unique, so that the audit log can be joined
    wish: str  # all attempts at one thing that a shopper wants have the same
    action: str  # reserve, cancel, convert, extend or cleanup
    request: dict  # the body
    key: str | None  # the Idempotency-Key
    start: float  # seconds since the epoch, by the client's clock
    end: float
    status: int | None  # None: no whole answer came
    answer: dict | None
    error: str = ""  # why there is no answer
    retry_after: str | None = None  # the header

    @property
    def is_final(self):
        """The service has told what became of it."""
        return self.status is not None and self.status < 500

    @property
    def is_refused(self):
        """It has changed nothing, says the service."""
        return self.status is not None and 400 <= self.status < 500

    @property
    def ids(self):
        """The holds that it names: to be cancelled, converted, extended or replaced."""
        one = self.request.get("reservationId", self.request.get("replaces"))
        return self.request.get("reservationIds", []) if one is None else [one]


@dataclasses.dataclass(slots=True)
class Row:
    """A row of StockReservation. Times are milliseconds since the epoch."""

    id: int
    variant: int
    quantity: int
    session: str
    status: str
    created: int
    expires: int
    closed: int | None = None
    reason: str | None = None
    order: str | None = None
    key: str | None = None  # idempotencyKey, in lower hexadecimal
    line: int | None = None
    created_by: str | None = None  # nginx's request id
    closed_by: str | None = None

    @property
    def is_revived(self):
        """Sold after it had expired."""
        return self.status == "COMPLETED" and self.closed >= self.expires

    @property
    def free_from(self):
        """From this millisecond on it holds nothing (and, if sold, is counted as sold)."""
        return self.expires if self.closed is None else min(self.expires, self.closed)


@dataclasses.dataclass(slots=True)
class Tables:
    """One consistent reading of both tables."""

    variants: dict  # id -> (stock, reserved)
    rows: dict  # id -> Row


def hashed_key(session, key):
    """idempotencyKey of a request, as the column has it."""
    return hashlib.sha256(session.encode() + b"\0" + key.encode()).hexdigest()


def save(path, items):
    """Writes dataclasses or dictionaries, a JSON line each."""
    with open(path, "w", encoding="utf-8") as file:
        for item in items:
            data = item if isinstance(item, dict) else dataclasses.asdict(item)
            file.write(json.dumps(data) + "\n")


def load(path, kind=dict):
    """Reads what `save` wrote."""
    with open(path, encoding="utf-8") as file:
        return [kind(**json.loads(line)) for line in file]
