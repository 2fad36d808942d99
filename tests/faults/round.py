"""One round: a shop with its shoppers, faults meanwhile, then the truth, and the checker over it."""

import os
import random
import shutil
import time

import history
import stok
from checker import check
from load import Load

QUIET_S_MAX = 20


class Round:
    """A fresh shop on an instance. `mark` names the folder of its evidence."""

    def __init__(self, instance, seed, mark, variants=60, **more):
        self.instance = instance
        self.mark = mark
        rng = random.Random(f"{seed}:stocks")
        self.stocks = {number: rng.choice((5, 8, 12, 20, 40)) for number in range(1, variants + 1)}
        stok.empty()
        stok.sql("INSERT INTO ProductVariant (id, stock) VALUES "
                 + ",".join(f"({number},{stock})" for number, stock in self.stocks.items()))
        self.audit_from = instance.audit_size()
        self.load = Load(seed, instance.port, self.stocks, stok.key("cron"), **more)
        self.earlier = []
        self.tables = None
        self.audit = []
        self.violations = []

    def __enter__(self):
        self.load.start()
        return self

    def __exit__(self, *_):
        self.load.stop()

    def look(self):
        """Reads the tables meanwhile; what is closed then must stay so."""
        self.earlier.append(self.instance.read_tables())

    def settle(self):
        """After the load and the faults: all wishes get their truth, and the books are closed."""
        self.instance.wait_until_well()
        self.wait_until_quiet()
        self.load.resolve()
        self.wait_until_quiet()
        self.tables = self.instance.read_tables()
        self.audit = self.instance.read_audit(self.audit_from)
        self.violations = check(self.load.history, self.tables, self.audit, self.stocks,
                                self.earlier)

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
        return "\n".join(told)

    def answers(self):
        """Status -> how many answers; None: no answer."""
        counts = {}
        for attempt in self.load.history:
            counts[attempt.status] = counts.get(attempt.status, 0) + 1
        return counts

    def keep_evidence(self):
        """All that is needed to check once more, and the logs. Returns the folder."""
        folder = os.path.join(self.instance.var, "evidence", self.mark)
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        history.save(os.path.join(folder, "history.jsonl"), self.load.history)
        history.save(os.path.join(folder, "audit.jsonl"), self.audit)
        if self.tables is not None:
            history.save(os.path.join(folder, "rows.jsonl"), self.tables.rows.values())
            history.save(os.path.join(folder, "variants.jsonl"), [
                {"id": number, "initial": self.stocks.get(number), "stock": stock,
                 "reserved": reserved, "now": self.tables.now}
                for number, (stock, reserved) in self.tables.variants.items()
            ])
        with open(os.path.join(folder, "violations.txt"), "w", encoding="utf-8") as file:
            file.write(self.trouble + "\n")
        for name in ("stokd.log", "error.log", "mariadbd.log"):
            shutil.copy(os.path.join(self.instance.var, "log", name), folder)
        return folder
