"""Concurrent shoppers, and a record of all they ask and are told.

Each shopper is a thread with a connection that stays open, a generator of its own and a memory of
its holds. Whatever gets no answer or a 5xx is asked again with the same key: soon, later, or at the
end, when all is well again (`resolve`).
"""

import dataclasses
import http.client
import itertools
import json
import random
import select
import threading
import time

from history import Attempt

ANSWER_S_MAX = 25  # nginx gives up after 15 s (30 s for a cleanup)
RESOLVE_S_MAX = 30
PROSE = ("message", "type", "title", "detail")
PATHS = {
    "reserve": "/api/stock/reserve",
    "cancel": "/api/stock/cancel-reservation",
    "convert": "/api/stock/convert-reservations",
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


@dataclasses.dataclass(slots=True)
class Hold:
    """A hold as its shopper remembers it."""

    id: int
    variant: int
    quantity: int
    session: str
    gone: bool = False
    order: str | None = None


class Shelf:
    """The variants that are on sale now. What is gone makes room for what was never sold.

    So no stock is ever changed but by the service, and the checker's sums stay simple.
    """

    HOT = 3
    PATIENCE = 25

    def __init__(self, stocks, size=12):
        self._stocks = stocks
        self._next = iter(sorted(stocks))
        self._lock = threading.Lock()
        self._sold = dict.fromkeys(stocks, 0)
        self._refused = dict.fromkeys(stocks, 0)  # in a row
        self._on_sale = list(itertools.islice(self._next, size))

    def pick(self, rng):
        """Two of three want the same few."""
        with self._lock:
            few = self._on_sale[: self.HOT]
            return rng.choice(few if rng.random() < 0.66 else self._on_sale)

    def sold(self, variant, quantity):
        """Told after a convert."""
        with self._lock:
            self._sold[variant] += quantity
            if self._sold[variant] >= 0.9 * self._stocks[variant]:
                self._replace(variant)

    def refused(self, variant, is_short):
        """Told after a reserve. What is held by shoppers who forgot it is as good as gone."""
        with self._lock:
            self._refused[variant] = self._refused[variant] + 1 if is_short else 0
            if self._refused[variant] >= self.PATIENCE:
                self._replace(variant)

    def _replace(self, variant):
        fresh = next(self._next, None)
        if fresh is not None and variant in self._on_sale:
            self._on_sale[self._on_sale.index(variant)] = fresh


class Load:
    """All shoppers, and the history that they write together."""

    def __init__(self, seed, port, stocks, cron_key, shoppers=12, pause_s=0.02):
        self.port = port
        self.cron_key = cron_key
        self.mark = f"{random.randrange(16**8):08x}"  # ids of two runs must not meet
        self.shelf = Shelf(stocks)
        self.pause_s = pause_s
        self.abort_share = 0.0
        self.history = []
        self.unresolved = []  # wishes that never got their truth
        self._stop = threading.Event()
        self._numbers = itertools.count()
        self.shoppers = [Shopper(self, index, f"{seed}:{index}") for index in range(shoppers)]

    @property
    def is_stopping(self):
        return self._stop.is_set()

    def start(self):
        for shopper in self.shoppers:
            shopper.thread.start()

    def stop(self):
        """Bounded: no shopper waits for an answer for longer than that."""
        self._stop.set()
        for shopper in self.shoppers:
            shopper.thread.join(ANSWER_S_MAX * 2)
            assert not shopper.thread.is_alive(), "a shopper hangs"

    def resolve(self):
        """Every wish that is still open is asked until it is answered, for all is well now."""
        threads = [threading.Thread(target=shopper.resolve) for shopper in self.shoppers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(RESOLVE_S_MAX + 2 * ANSWER_S_MAX)
        for shopper in self.shoppers:
            self.unresolved += shopper.open_wishes
            shopper.connection.close()

    def name(self, kind):
        """Never used before."""
        return f"{kind}-{self.mark}-{next(self._numbers)}"

    def wait(self, seconds):
        self._stop.wait(seconds)

    def cleanup(self):
        """One cleanup, on a connection of its own, in the history as everything."""
        connection = Connection(self)
        attempt = connection.ask(Wish(self.name("wish"), "cleanup", {}))
        connection.close()
        return attempt


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
        attempt.status = response.status
        if self._http.sock is None:
            self._http = None


def without_prose(answer):
    """What is for people only would double the history."""
    short = {name: value for name, value in answer.items() if name not in PROSE}
    if "details" in short:
        short["details"] = [without_prose(line) for line in short["details"]]
    return short


class Shopper:
    """One thread of the load."""

    HOLDS_MAX = 24

    def __init__(self, load, index, seed):
        self.load = load
        self.rng = random.Random(seed)
        self.connection = Connection(load)
        self.thread = threading.Thread(target=self.run, name=f"shopper-{index}", daemon=True)
        self.session = load.name("session")
        self.holds = []
        self.open_wishes = []  # asked, and not told
        self.answered = []  # reserves that succeeded: to be asked again
        self.steps = (
            (40, self.reserve), (14, self.change), (12, self.cancel), (14, self.convert),
            (3, self.cancel_again), (4, self.convert_again), (3, self.replay), (2, self.reuse_key),
            (3, self.twins), (2, self.strangers), (2, self.nonsense), (6, self.ask_again),
            (1, self.new_session),
        )

    def run(self):
        weights = [weight for weight, _ in self.steps]
        while not self.load.is_stopping:
            step = self.rng.choices(self.steps, weights)[0][1]
            step()
            self.load.wait(self.rng.uniform(0, 2 * self.load.pause_s))

    # ---- one attempt, and what follows ----

    def ask(self, wish):
        """One attempt, and a few more if it stays in the dark; then it is left open."""
        for turn in range(3):
            abort = self.rng.random() < self.load.abort_share
            attempt = self.connection.ask(wish, abort)
            if attempt.is_final:
                self.learn(wish, attempt)
                return attempt
            if wish.action == "reserve" and wish.key is None:
                return attempt  # without a key another attempt would be another hold
            if self.rng.random() < 0.4 or self.load.is_stopping:
                break
            self.load.wait(self.rng.uniform(0, 0.3) * (turn + 1))
        self.open_wishes.append(wish)
        return attempt

    def learn(self, wish, attempt):
        """What a final answer means for the shopper's memory."""
        if attempt.status in (201, 409) and wish.action == "reserve":
            self.load.shelf.refused(wish.body["variantId"], attempt.status == 409)
        if attempt.status == 201:
            self.take(wish, attempt.answer)
        if wish.action == "cancel" and attempt.status == 200:
            for hold in wish.holds:
                hold.gone = True
        if wish.action == "convert" and attempt.status == 200:
            self.learn_sold(wish, attempt.answer)

    def take(self, wish, answer):
        identity = answer["reservationId"]
        if all(hold.id != identity for hold in self.holds):
            body = wish.body
            self.holds.append(
                Hold(identity, body["variantId"], body["quantity"], body["sessionId"])
            )
        if wish.key is not None:
            self.answered.append(wish)
        del self.holds[: -self.HOLDS_MAX], self.answered[: -self.HOLDS_MAX]

    def learn_sold(self, wish, answer):
        outcomes = {line["reservationId"]: line["outcome"] for line in answer["details"]}
        for hold in wish.holds:
            outcome = outcomes.get(hold.id)
            if outcome in ("converted", "revived"):
                self.load.shelf.sold(hold.variant, hold.quantity)
            hold.gone = True
            hold.order = answer["orderId"]

    def wish(self, action, body, key=None, holds=()):
        return Wish(self.load.name("wish"), action, body, key, tuple(holds))

    # ---- steps ----

    def new_reserve(self):
        """A wish for a hold, of any kind."""
        body = {
            "variantId": self.load.shelf.pick(self.rng),
            "quantity": self.rng.choice((1, 1, 1, 2, 2, 3, 5)),
            "sessionId": self.session,
        }
        if self.rng.random() < 0.35:
            body["ttlSeconds"] = self.rng.choice((1, 1, 2, 3))
        key = self.load.name("key") if self.rng.random() < 0.85 else None
        return self.wish("reserve", body, key)

    def reserve(self):
        self.ask(self.new_reserve())

    def some(self, count, condition):
        """Up to so many of one session's holds that fulfil a condition."""
        fitting = [hold for hold in self.holds if condition(hold)]
        if not fitting:
            return []
        session = self.rng.choice(fitting).session
        fitting = [hold for hold in fitting if hold.session == session]
        return self.rng.sample(fitting, min(count, len(fitting)))

    def change(self):
        """Another quantity: a cancel and a reserve."""
        for hold in self.some(1, lambda hold: not hold.gone):
            self.ask_cancel([hold])
            body = {"variantId": hold.variant, "quantity": self.rng.randint(1, 4),
                    "sessionId": hold.session}
            self.ask(self.wish("reserve", body, self.load.name("key")))

    def ask_cancel(self, holds):
        body = {"sessionId": holds[0].session}
        if len(holds) == 1:
            body["reservationId"] = holds[0].id
        else:
            body["reservationIds"] = [hold.id for hold in holds]
        if self.rng.random() < 0.2:
            del body["sessionId"]  # the storefront need not say it
        self.ask(self.wish("cancel", body, None, holds))

    def cancel(self):
        holds = self.some(self.rng.choice((1, 1, 2, 3)), lambda hold: not hold.gone)
        if holds:
            self.ask_cancel(holds)

    def cancel_again(self):
        """Also what was sold, or has long expired."""
        holds = self.some(self.rng.choice((1, 2)), lambda hold: True)
        if holds:
            self.ask_cancel(holds)

    def ask_convert(self, holds, order):
        body = {"reservationIds": [hold.id for hold in holds]}
        if order is not None:
            body["orderId"] = order
        if self.rng.random() < 0.5:
            body["sessionId"] = holds[0].session
        if self.rng.random() < 0.25:
            body["partial"] = True
        self.ask(self.wish("convert", body, None, holds))

    def convert(self):
        """Some of these holds have expired meanwhile: a late payment."""
        holds = self.some(self.rng.choice((1, 1, 2, 3, 4)), lambda hold: not hold.gone)
        if holds:
            self.ask_convert(holds, self.load.name("order") if self.rng.random() < 0.9 else None)

    def convert_again(self):
        """For the same order, for none, or for another one."""
        holds = self.some(1, lambda hold: hold.gone)
        if holds:
            order = self.rng.choice((holds[0].order, holds[0].order, None, self.load.name("order")))
            self.ask_convert(holds, order)

    def replay(self):
        """A shopper who presses the button once more, much later."""
        if self.answered:
            self.ask(self.rng.choice(self.answered))

    def reuse_key(self):
        """The same key for something else: refused, as long as its hold stands in the table."""
        if self.answered:
            old = self.rng.choice(self.answered)
            body = {**old.body, "quantity": old.body["quantity"] + 1}
            self.connection.ask(self.wish("reserve", body, old.key))

    def twins(self):
        """One wish at the same time on two connections."""
        wish = self.new_reserve()
        wish.key = self.load.name("key")
        other = Connection(self.load)
        thread = threading.Thread(target=other.ask, args=(wish,), daemon=True)
        thread.start()
        self.ask(wish)
        thread.join(2 * ANSWER_S_MAX)
        other.close()

    def strangers(self):
        """Somebody else's holds are as unknown as missing ones."""
        holds = self.some(1, lambda hold: True)
        if holds:
            body = {"sessionId": "somebody-else", "reservationIds": [holds[0].id]}
            action = self.rng.choice(("cancel", "convert"))
            self.connection.ask(self.wish(action, body))

    def nonsense(self):
        body = self.new_reserve().body
        fault = self.rng.choice(({"quantity": 0}, {"variantId": 10**15}, {"quantity": 900000}))
        self.connection.ask(self.wish("reserve", body | fault))

    def ask_again(self):
        """One of the open wishes, at last."""
        if self.open_wishes:
            self.ask(self.open_wishes.pop(self.rng.randrange(len(self.open_wishes))))

    def new_session(self):
        self.session = self.load.name("session")

    # ---- at the end ----

    def resolve(self):
        end = time.monotonic() + RESOLVE_S_MAX
        while self.open_wishes and time.monotonic() < end:
            wishes, self.open_wishes = self.open_wishes, []
            for wish in wishes:
                self.ask(wish)
            if self.open_wishes:
                time.sleep(0.2)
