"""One attempt at a wish over HTTP, and its record."""

import dataclasses
import http.client
import json
import select
import time

from history import Attempt

ANSWER_S_MAX = 25  # nginx gives up after 15 s (30 s for a cleanup)
PROSE = ("message", "type", "title", "detail")
PATHS = {
    "reserve": "/api/stock/reserve",
    "cancel": "/api/stock/cancel-reservation",
    "convert": "/api/stock/convert-reservations",
    "extend": "/api/stock/extend-reservations",
    "cleanup": "/api/cron/cleanup-reservations",
}


@dataclasses.dataclass(slots=True)
class Wish:
    """What a shopper wants; it may take several attempts."""

    name: str
    action: str
    body: dict
    key: str | None = None
    holds: tuple = ()  # those that it is about


class Connection:
    """A connection to nginx that stays open, and is made anew after any trouble."""

    def __init__(self, load):
        self.load = load
        self._http = None

    def close(self):
        if self._http is not None:
            self._http.close()
        self._http = None

    def ask(self, wish, abort=False):
        """One attempt at a wish. It stands in the history when this returns."""
        attempt = Attempt(self.load.name("try"), wish.name, wish.action, wish.body, wish.key,
                          time.time(), 0.0, None, None)
        try:
            self._send(attempt)
            if abort:
                self.close()
                attempt.error = "left without waiting"
            else:
                self._receive(attempt)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            attempt.status = attempt.answer = None
            attempt.error = repr(error)
        attempt.end = time.time()
        self.load.history.append(attempt)
        return attempt

    def _send(self, attempt):
        headers = {"X-Request-Id": attempt.id}
        if attempt.key is not None:
            headers["Idempotency-Key"] = attempt.key
        body, method = None, "GET"
        if attempt.action == "cleanup":
            headers |= self.load.cron_key
        else:
            headers["Content-Type"] = "application/json"
            body, method = json.dumps(attempt.request).encode(), "POST"
        if self._http is not None and self._is_ended():
            self.close()
        if self._http is None:
            self._http = http.client.HTTPConnection(
                "127.0.0.1", self.load.port, timeout=ANSWER_S_MAX
            )
        self._http.request(method, PATHS[attempt.action], body, headers)

    def _is_ended(self):
        """nginx has closed it meanwhile (a reload): every good client looks before it sends."""
        return bool(select.select([self._http.sock], [], [], 0)[0])

    def _receive(self, attempt):
        response = self._http.getresponse()
        text = response.read()
        attempt.answer = without_prose(json.loads(text))
        attempt.retry_after = response.getheader("Retry-After")
        attempt.status = response.status
        if self._http.sock is None:
            self._http = None


def without_prose(answer):
    """What is for people only would double the history."""
    short = {name: value for name, value in answer.items() if name not in PROSE}
    if "details" in short:
        short["details"] = [without_prose(line) for line in short["details"]]
    return short
