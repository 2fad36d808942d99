"""Statistics of the bench: medians with their extremes, and ratios of pairs. Pure."""

import dataclasses
import statistics


@dataclasses.dataclass(frozen=True)
class Spread:
    """A median, and the least and the greatest of what it is the median of."""

    median: float
    least: float
    most: float
    count: int


def spread(values):
    """The Spread of some numbers; None if there are none."""
    values = list(values)
    if not values:
        return None
    return Spread(statistics.median(values), min(values), max(values), len(values))


def by_round(runs, section, contestant):
    """The runs of one contestant in one section, by round."""
    return {run["round"]: run for run in runs
            if run["section"] == section and run["contestant"] == contestant}


def spread_of(runs, section, contestant, figure):
    """The Spread of one figure of a contestant; None if it was not measured."""
    found = by_round(runs, section, contestant).values()
    return spread(run[figure] for run in found if run[figure] is not None)


def ratios(runs, figure, above, below):
    """The Spread of the ratios of two contestants, each pair from the same round.

    `above` and `below` are (section, contestant). The machine's mood of the moment is in both.
    """
    upper, lower = by_round(runs, *above), by_round(runs, *below)
    return spread(
        upper[turn][figure] / lower[turn][figure]
        for turn in sorted(upper.keys() & lower.keys())
        if upper[turn][figure] is not None and lower[turn][figure]
    )


def rotated(names, turn):
    """The order of the contestants in a round: each is first once, and has every place once."""
    place = turn % len(names)
    return names[place:] + names[:place]


def per_request_us(cpu_us, requests):
    """CPU time of each group of processes for one request."""
    return {group: used / requests if requests else None for group, used in cpu_us.items()}
