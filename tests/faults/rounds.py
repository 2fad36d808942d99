"""One round: a shop and its shoppers, faults meanwhile, then the truth, and the checker."""

import os
import random
import shutil
import time

import ctl
import history
import stok
from books import Violation
from checker import check
from load import Load

QUIET_S_MAX = 20
TOLD_MAX = 30

OLD_VARIANT = 1000000
OLD_ROWS = 12000  # 3 MiB


class Round:
    """A fresh shop on an instance. Its choices follow from seed and name."""

    def __init__(self, instance, seed, name, variants=200, **more):
        self.instance = instance
        self.name = name
        self.rng = random.Random(f"{seed}:{name}:faults")
        rng = random.Random(f"{seed}:{name}:stocks")
        self.stocks = {number: rng.choice((5, 8, 12, 20, 40)) for number in range(1, variants + 1)}
        self.open_shop()
        self.audit_from = instance.audit_size()
        on_sale = {number: stock for number, stock in self.stocks.items() if stock}
        self.load = Load(f"{seed}:{name}", instance.port, on_sale, stok.key("cron"), **more)
        self.earlier = []
        self.tables = None
        self.audit = []
        self.violations = []
        self.proof = []

    def open_shop(self):
        """Empty tables, but for the closed holds of former years.

        They matter when the disk gets full: in a table of less than 1 MiB InnoDB itself can lose a
        row then (MariaDB 10.11.19: an UPDATE that fails with 1114), or ends with "Out of disk
        space in rollback".
        """
        stok.sql(
            f"TRUNCATE StockReservation; DELETE FROM ProductVariant; "
            f"INSERT INTO ProductVariant (id, stock) VALUES ({OLD_VARIANT}, 0)"
            + "".join(f",({number},{stock})" for number, stock in self.stocks.items())
            + "; INSERT INTO StockReservation (variantId, quantity, sessionId, status, createdAt, "
            f"expiresAt, closedAt, cancelReason) SELECT {OLD_VARIANT}, 1, "
            "CONCAT('former-years-', seq), 'CANCELLED', '2020-01-01', '2020-01-02', "
            f"'2020-01-01', 'CUSTOMER' FROM {stok.sequence(OLD_ROWS)}"
        )
        self.stocks[OLD_VARIANT] = 0
        self.old_rows = self.read_old_rows()

    def read_old_rows(self):
        """A fingerprint of them: nobody has a reason to change one."""
        return stok.sql(
            "SELECT COUNT(*), SUM(CRC32(CONCAT_WS('|', id, quantity, sessionId, status, createdAt, "
            "closedAt, cancelReason, IFNULL(closedRequestId, '-')))) FROM StockReservation "
            f"WHERE variantId={OLD_VARIANT}"
        )

    def __enter__(self):
        self.load.start()
        return self

    def __exit__(self, *_):
        self.load.stop()

    def look(self):
        """Reads the tables meanwhile; what is closed then must stay so."""
        self.earlier.append(self.instance.read_tables(OLD_VARIANT))

    def settle(self):
        """After the load and the faults: all wishes get their truth, and the books are closed."""
        self.instance.wait_until_well()
        self.wait_until_quiet()
        self.load.resolve()
        self.wait_until_quiet()
        self.tables = self.instance.read_tables(OLD_VARIANT)
        self.audit = self.instance.read_audit(self.audit_from)
        self.violations = check(self.load.history, self.tables, self.audit, self.stocks,
                                self.earlier, self.instance.outages)
        if self.read_old_rows() != self.old_rows:
            self.violations.append(Violation("rewritten row", "a hold of former years", []))
        self.proof = self.prove()

    def prove(self):
        """What stokctl finds wrong in the tables, and between them and the log of this round."""
        log = os.path.join(self.instance.var, "round.log")
        with open(os.path.join(self.instance.var, "log", "access.log"), "rb") as source:
            source.seek(self.audit_from)
            with open(log, "wb") as file:
                shutil.copyfileobj(source, file)
        outages = [f"--outage={ctl.time_of(moment)}" for moment in self.instance.outages]
        results = [ctl.check(), ctl.audit(log, more=outages)]
        told = [f"stokctl: {finding}" for result in results for finding in result.findings]
        for result in results:
            if result.sums is None:
                told.append(f"stokctl did not come to its end: {result}")
        return told

    def wait_until_quiet(self):
        """Requests whose clients have left may still be under way: their log lines tell."""
        end = time.monotonic() + QUIET_S_MAX
        size = -1
        while time.monotonic() < end:
            before, size = size, self.instance.audit_size()
            if size == before and self.instance.transactions() == 0:
                return
            time.sleep(1.0)

    @property
    def trouble(self):
        """What fails the round, as text; empty if nothing."""
        told = [str(violation) for violation in self.violations]
        told += [f"never answered: {wish}" for wish in self.load.unresolved]
        told += self.proof
        if len(told) > TOLD_MAX:
            told[TOLD_MAX:] = [f"and {len(told) - TOLD_MAX} more"]
        return "\n".join(told)

    def slowest_s(self):
        """How long the longest attempt took."""
        return max(attempt.end - attempt.start for attempt in self.load.history)

    def answers(self):
        """Status -> how many answers; None: no answer."""
        counts = {}
        for attempt in self.load.history:
            counts[attempt.status] = counts.get(attempt.status, 0) + 1
        return counts

    def resolved(self):
        """Wishes that were left in the dark by a 5xx, and got their truth later; by their key if
        they had one."""
        dark, resolved = set(), {"by key": set(), "without a key": set()}
        for attempt in self.load.history:
            if not attempt.is_final:
                dark.add(attempt.wish)
            elif attempt.wish in dark:
                resolved["by key" if attempt.key else "without a key"].add(attempt.wish)
        return {how: len(wishes) for how, wishes in resolved.items()}

    def keep_evidence(self):
        """All that is needed to check once more, and the logs. Returns the folder."""
        folder = os.path.join(self.instance.var, "evidence", self.name)
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        history.save(os.path.join(folder, "history.jsonl"), self.load.history)
        history.save(os.path.join(folder, "audit.jsonl"), self.audit)
        if self.tables is not None:
            history.save(os.path.join(folder, "rows.jsonl"), self.tables.rows.values())
            history.save(os.path.join(folder, "variants.jsonl"), [
                {"id": number, "initial": self.stocks.get(number), "stock": stock,
                 "reserved": reserved}
                for number, (stock, reserved) in self.tables.variants.items()
            ])
        shutil.copy(os.path.join(self.instance.var, "round.log"), folder)
        with open(os.path.join(folder, "violations.txt"), "w", encoding="utf-8") as file:
            file.write(self.trouble + "\n")
        for name in ("stokd.log", "error.log", f"{self.instance.database}.log"):
            shutil.copy(os.path.join(self.instance.var, "log", name), folder)
        return folder
