"""One shopper: what he wants, and what he remembers."""

import dataclasses
import itertools
import random
import threading
import time

from client import ANSWER_S_MAX, Connection, Wish

RESOLVE_S_MAX = 30


@dataclasses.dataclass(slots=True)
class Hold:
    """A hold as its shopper remembers it."""

    id: int
    variant: int
    quantity: int
    session: str
    asleep_until: float = 0.0  # its shopper comes back to it only then
    gone: bool = False
    order: str | None = None

    @property
    def is_at_hand(self):
        return not self.gone and time.time() >= self.asleep_until


class Shopper:
    """One thread of the load."""

    HOLDS_MAX = 24

    def __init__(self, load, index, seed):
        self.load = load
        self.rng = random.Random(seed)
        self.connection = Connection(load)
        self.thread = threading.Thread(target=self.run, name=f"shopper-{index}", daemon=True)
        self.session = load.name("session")
        self.keys = itertools.count()
        self.holds = []
        self.open_wishes = []  # asked, and not told
        self.answered = []  # reserves that succeeded: to be asked again
        self.steps = (
            (40, self.reserve), (14, self.change), (12, self.cancel), (14, self.convert),
            (8, self.extend), (3, self.cancel_again), (4, self.convert_again), (3, self.replay), (2, self.reuse_key),
            (3, self.twins), (2, self.strangers), (2, self.nonsense), (6, self.ask_again),
            (1, self.new_session), (1, self.load.cleanup),
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
        if attempt.status == 201 or (wish.action == "cancel" and attempt.status == 200):
            for hold in wish.holds:
                hold.gone = True
        if wish.action == "convert" and attempt.status == 200:
            self.learn_sold(wish, attempt.answer)

    def take(self, wish, answer):
        identity = answer["reservationId"]
        if all(hold.id != identity for hold in self.holds):
            body = wish.body
            self.holds.append(Hold(identity, body["variantId"], body["quantity"],
                                   body["sessionId"], self.sleep_until(body)))
        if wish.key is not None:
            self.answered.append(wish)
        del self.holds[: -self.HOLDS_MAX], self.answered[: -self.HOLDS_MAX]

    def sleep_until(self, body):
        """Half of those who have little time come back too late."""
        too_late = "ttlSeconds" in body and self.rng.random() < 0.5
        return time.time() + body["ttlSeconds"] + 0.05 if too_late else 0.0

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

    def new_key(self):
        """Of this shopper only: others use the same words for other things."""
        return f"key-{next(self.keys)}"

    def new_reserve(self):
        """A wish for a hold, of any kind."""
        body = {
            "variantId": self.load.shelf.pick(self.rng),
            "quantity": self.rng.choice((1, 1, 1, 2, 2, 3, 5)),
            "sessionId": self.session,
        }
        if self.rng.random() < 0.35:
            body["ttlSeconds"] = self.rng.choice((1, 1, 2, 3))
        key = self.new_key() if self.rng.random() < 0.85 else None
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
        """Another quantity: in one step, or as old clients do, a cancel and a reserve."""
        for hold in self.some(1, lambda hold: hold.is_at_hand):
            body = {"variantId": hold.variant, "quantity": self.rng.randint(1, 4),
                    "sessionId": hold.session}
            if self.rng.random() < 0.7:
                body["replaces"] = hold.id
            else:
                self.ask_cancel([hold])
            self.ask(self.wish("reserve", body, self.new_key(), [hold]))

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
        holds = self.some(self.rng.choice((1, 1, 2, 3)), lambda hold: hold.is_at_hand)
        if holds:
            self.ask_cancel(holds)

    def cancel_again(self):
        """Also what was sold, or has long expired."""
        holds = self.some(self.rng.choice((1, 2)), lambda hold: True)
        if holds:
            self.ask_cancel(holds)

    def extend(self):
        """Some have expired meanwhile, and stay so."""
        holds = self.some(self.rng.choice((1, 2, 3)), lambda hold: not hold.gone)
        if holds:
            body = {"reservationIds": [hold.id for hold in holds], "sessionId": holds[0].session,
                    "ttlSeconds": self.rng.choice((1, 2, 1900))}
            self.ask(self.wish("extend", body, None, holds))

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
        holds = self.some(self.rng.choice((1, 1, 2, 3, 4)), lambda hold: hold.is_at_hand)
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
        wish.key = self.new_key()
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
