"""Concurrent shoppers, and a record of all they ask and are told.

Each shopper is a thread with a connection that stays open, a generator of its own and a memory of
its holds. Whatever gets no answer or a 5xx is asked again with the same key: soon, later, or at the
end, when all is well again (`resolve`).
"""

import itertools
import random
import threading

from client import ANSWER_S_MAX, Connection, Wish
from shopper import RESOLVE_S_MAX, Shopper


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
        fresh = next(self._next, None) if variant in self._on_sale else None
        if fresh is not None:
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
