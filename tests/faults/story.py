"""A small shop's day, told by hand: a history, tables and a log in which every promise was kept."""

import dataclasses
import datetime

from history import Attempt, Row, Tables, hashed_key

T0 = 1_795_000_000_000  # some day of 2026, in milliseconds
TTL_MS = 1800 * 1000


class Story:
    """Each method is a request and what an honest service makes of it."""

    def __init__(self):
        self.now = T0
        self.stocks = {1: 10, 2: 5, 4: 3}
        self.history = []
        self.audit = []
        self.rows = {}
        self.counters = None  # variant -> (stock, reserved), if they are not to be the sums

    # ---- what is common to all requests ----

    def pass_time(self, ms):
        self.now += ms

    def ask(self, action, request, status, answer, key=None, logged=True):
        """An attempt of 10 ms, decided in its middle. Returns it and its request id."""
        number = len(self.history) + 1
        self.now += 100
        attempt = Attempt(f"try-{number}", f"wish-{number}", action, request, key,
                          (self.now - 5) / 1000, (self.now + 5) / 1000, status, answer,
                          retry_after="1" if status == 503 else None)
        request_id = f"{number:032x}"
        self.history.append(attempt)
        if logged:
            ids = str((answer or {}).get("reservationId", "")) if action == "reserve" else ""
            replay = "true" if (answer or {}).get("replay") else ""
            self.audit.append({
                "requestId": request_id, "clientRequestId": attempt.id, "status": status or 502,
                "action": action, "reservationIds": ids, "replay": replay,
            })
        return attempt, request_id

    def told(self, row):
        return {"reservationId": row.id, "variantId": row.variant, "quantity": row.quantity,
                "status": row.status}

    def close(self, row, request_id, status, reason=None, order=None):
        row.status, row.reason, row.order = status, reason, order
        row.closed, row.closed_by = self.now, request_id

    # ---- requests ----

    def reserve(self, variant, quantity, session="anna", key=None, status=201, made=True,
                logged=True, ttl=None, replaces=None):
        """A hold. With status None or 503 its client is not told, whether it was `made` or not."""
        body = {"variantId": variant, "quantity": quantity, "sessionId": session}
        if replaces is not None:
            body["replaces"] = replaces.id
        if ttl is not None:
            body["ttlSeconds"] = ttl
        identity = 100 + len(self.rows)
        answer = {"reservationId": identity, "variantId": variant, "quantity": quantity,
                  "status": "ACTIVE"}
        _, request_id = self.ask("reserve", body, status, answer if status == 201 else None, key,
                                 logged)
        if not made:
            return None
        if replaces is not None:
            self.close(replaces, request_id, "CANCELLED", "REPLACED")
        row = Row(identity, variant, quantity, session, "ACTIVE", self.now,
                  self.now + (TTL_MS if ttl is None else ttl * 1000), created_by=request_id,
                  key=hashed_key(session, key) if key else f"{identity:064x}", line=0)
        self.rows[identity] = row
        return row

    def again(self, row, key):
        """The same key and body once more."""
        body = {"variantId": row.variant, "quantity": row.quantity, "sessionId": row.session}
        return self.ask("reserve", body, 201, {**self.told(row), "replay": True}, key)[0]

    def refuse(self, variant, quantity, status, code, key=None, session="anna", replaces=None):
        body = {"variantId": variant, "quantity": quantity, "sessionId": session}
        if replaces is not None:
            body["replaces"] = replaces.id
        return self.ask("reserve", body, status, {"code": code}, key)[0]

    def cancel(self, row, status=200):
        body = {"reservationId": row.id, "sessionId": row.session}
        released = row.quantity if row.status == "ACTIVE" else 0
        answer = {"reservationId": row.id, "released": released, "status": "CANCELLED",
                  "reason": row.reason or "CUSTOMER"}
        if row.status == "COMPLETED":
            answer |= {"status": "COMPLETED", "reason": None}
        attempt, request_id = self.ask("cancel", body, status, answer if status == 200 else None)
        if released:
            self.close(row, request_id, "CANCELLED", "CUSTOMER")
        return attempt

    def convert(self, rows, order, outcome="converted", status=200):
        answer = {"orderId": order, "details": [
            {"reservationId": row.id, "success": status == 200, "outcome": outcome,
             "variantId": row.variant, "quantity": row.quantity} for row in rows
        ]}
        body = {"reservationIds": [row.id for row in rows], "orderId": order}
        attempt, request_id = self.ask("convert", body, status, answer if status else None)
        if outcome in ("converted", "revived"):
            for row in rows:
                self.close(row, request_id, "COMPLETED", None, order)
        return attempt

    def extend(self, row, ttl, outcome="extended", status=200):
        line = {"reservationId": row.id, "success": status == 200, "outcome": outcome}
        body = {"reservationIds": [row.id], "sessionId": row.session, "ttlSeconds": ttl}
        attempt, _ = self.ask("extend", body, status, {"details": [line]})
        if outcome == "extended":
            row.expires = max(row.expires, self.now + ttl * 1000)
        told = datetime.datetime.fromtimestamp(row.expires / 1000, datetime.timezone.utc)
        line["expiresAt"] = told.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return attempt

    def cleanup(self):
        swept = [r for r in self.rows.values() if r.status == "ACTIVE" and r.expires <= self.now]
        answer = {"count": len(swept), "skipped": False}
        attempt, request_id = self.ask("cleanup", {}, 200, answer)
        for row in swept:
            self.close(row, request_id, "CANCELLED", "EXPIRED")
        return attempt

    # ---- what the checker gets ----

    def sums(self, variant):
        """Stock and reserved, as they follow from the rows."""
        rows = [row for row in self.rows.values() if row.variant == variant]
        sold = sum(row.quantity for row in rows if row.status == "COMPLETED")
        return (self.stocks[variant] - sold,
                sum(row.quantity for row in rows if row.status == "ACTIVE"))

    def tables(self):
        counters = self.counters or {variant: self.sums(variant) for variant in self.stocks}
        rows = {identity: dataclasses.replace(row) for identity, row in self.rows.items()}
        return Tables(counters, rows)


def honest():
    """One of everything. Holds by name, and the story."""
    story = Story()
    holds = {}
    holds["kept"] = story.reserve(1, 2, key="k-kept")
    story.again(holds["kept"], "k-kept")
    holds["lost answer"] = story.reserve(1, 1, key="k-lost", status=503)
    story.again(holds["lost answer"], "k-lost")
    story.reserve(1, 1, key="k-fresh", status=None, made=False)
    holds["fresh"] = story.reserve(1, 1, key="k-fresh")
    holds["dark"] = story.reserve(1, 1, "bert", status=None, logged=False)
    holds["cancelled"] = story.reserve(2, 3)
    story.cancel(holds["cancelled"])
    story.cancel(holds["cancelled"])
    holds["sold"] = story.reserve(2, 4)
    story.refuse(2, 2, 409, "insufficient_stock")
    story.refuse(3, 1, 404, "variant_not_found")
    story.refuse(1, 9, 422, "idempotency_key_reused", key="k-kept")
    story.convert([holds["sold"]], "order-1")
    story.convert([holds["sold"]], "order-1", "already_converted")
    story.convert([holds["sold"]], "order-2", "converted_for_other_order", 409)
    story.cancel(holds["sold"])
    holds["old"] = story.reserve(4, 2)
    holds["changed"] = story.reserve(4, 3, key="k-changed", replaces=holds["old"])
    story.refuse(4, 4, 409, "insufficient_stock", replaces=holds["changed"])
    story.refuse(4, 1, 409, "reservation_cancelled", replaces=holds["old"])
    story.extend(holds["changed"], 1900)
    story.extend(holds["old"], 1900, "reservation_cancelled", 409)
    holds["swept"] = story.reserve(1, 1, ttl=1)
    holds["late"] = story.reserve(1, 2, ttl=1)
    story.pass_time(1500)
    story.cleanup()
    story.convert([holds["late"]], "order-3", "revived")
    return story, holds
