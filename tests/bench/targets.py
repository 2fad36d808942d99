"""What the bench must show: each target, what was measured, and whether it holds. Pure."""

import dataclasses

import figures

MIB = 1024.0  # KiB
FLAT = 1.1  # the memory of later, at most so many times that of before


@dataclasses.dataclass(frozen=True)
class Target:
    """A bound, and the Spread that is to keep it; None if it was not measured."""

    name: str
    bound: float
    at_most: bool
    measured: figures.Spread

    def words(self):
        """holds, MISSES or not measured: by the median."""
        if self.measured is None:
            return "not measured"
        good = self.measured.median <= self.bound if self.at_most else \
            self.measured.median >= self.bound
        return "holds" if good else "**MISSES**"


# stok against another, requests/s: (section, other, at least).
FASTER = (
    ("W1/64", "php", 6), ("W1/64", "plain", 4.5), ("W1/64", "prisma", 45),
    ("W1/64", "empty", 0.33),
    ("W1/256", "php", 8.5), ("W1/256", "plain", 6.2),
    ("W2", "php", 15), ("W2", "plain", 9), ("W2", "prisma", 80),
    ("W3", "php", 7), ("W5", "plain", 6),
    ("W1/64 +1 ms", "php", 4.5), ("W1/64 +5 ms", "php", 2.7),
)


def targets(raw):
    """All of them, in the order of the report."""
    runs = raw["runs"]
    return [
        *(Target(f"{section}: stok / {other}, requests/s", bound, False,
                 figures.ratios(runs, "rate", (section, "stok"), (section, other)))
          for section, other, bound in FASTER),
        Target("W6: stok / plain, p50 of a lone request", 1.1, True,
               figures.ratios(runs, "p50", ("W6", "stok"), ("W6", "plain"))),
        Target("W1/256: stok's p99 / its p50", 3, True, p99_by_p50(runs, "W1/256", "stok")),
        *growth_targets(raw),
        Target("cleanup: longest reserve beside it, ms", 100, True, longest_beside(raw)),
        Target("locked variant: requests/s with / without", 0.8, False,
               figures.ratios(runs, "rate", ("locked", "stok"), ("free", "stok"))),
        Target("locked variant: p99 with / without", 2, True,
               figures.ratios(runs, "p99", ("locked", "stok"), ("free", "stok"))),
        *memory_targets(raw),
    ]


def p99_by_p50(runs, section, contestant):
    return figures.spread(run["p99"] / run["p50"] for run in
                          figures.by_round(runs, section, contestant).values())


def growth_targets(raw):
    sections = raw.get("growth")
    if not sections:
        return [Target("growth: requests/s with many live holds / with none", 0.9, False, None)]
    return [Target(f"growth: requests/s with {sections[-1]} / with none", 0.9, False,
                   figures.ratios(raw["runs"], "rate", (sections[-1], "stok"),
                                  (sections[0], "stok")))]


def longest_beside(raw):
    found = raw.get("cleanup")
    return figures.spread([found["beside"]["most"] / 1000]) if found else None


def memory_of(raw):
    """Of stok: behind the first run at 256 connections, and behind the last of all."""
    notes = [note for note in raw["memory"] if note["contestant"] == "stok"]
    first = next((note for note in notes if note["connections"] == 256), None)
    last = next((note for note in reversed(notes) if note["section"] == "memory"), None)
    return (None, None) if first is last else (first, last)


def memory_targets(raw):
    """The greatest process of the pool; and the pool then, against the pool at first."""
    first, last = memory_of(raw)
    whole = first and last
    requests = f"{last['requests']:,}" if whole else "1,000,000"
    return [
        Target(f"memory: greatest process of stok after {requests} requests, MiB", 24, True,
               figures.spread([max(last["pss_kib"]) / MIB]) if whole else None),
        Target("memory: the pool then / after its first run at 256 connections", FLAT, True,
               figures.spread([sum(last["pss_kib"]) / sum(first["pss_kib"])]) if whole else None),
    ]
