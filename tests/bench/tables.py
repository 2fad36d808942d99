"""The bench's figures as tables of Markdown. Pure."""

import figures

NAMES = {
    "stok": "stok", "empty": "empty responder", "direct": "transactions without HTTP",
    "php": "PHP-FPM + mysqli", "plain": "plain C pool", "mysql2": "Node + mysql2",
    "prisma": "Node + Prisma",
}


def table(heads, rows):
    """Heads and rows of text; the first column is words, the others are numbers."""
    lines = [heads, ["---"] + ["---:"] * (len(heads) - 1), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def words_table(heads, rows):
    """All columns are words."""
    return "".join("| " + " | ".join(line) + " |\n"
                   for line in (heads, ["---"] * len(heads), *rows))


def whole(value):
    return "-" if value is None else f"{value:,.0f}"


def times(value):
    """A ratio, with as many digits as mean anything."""
    if value is None:
        return "-"
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"


def ms(value_us):
    if value_us is None:
        return "-"
    value = value_us / 1000
    return f"{value:.2f}" if value < 10 else f"{value:,.0f}"


def with_extremes(spread, form):
    """median [least - most]."""
    if spread is None:
        return "-"
    return f"{form(spread.median)} [{form(spread.least)} - {form(spread.most)}]"


def section_table(runs, section, contestants, absent):
    """A row for each contestant, and one for each that could not be had."""
    rows = []
    for name in contestants:
        if name in absent:
            rows.append([f"**{NAMES[name]}: NOT MEASURED**, {absent[name]}", *["-"] * 7])
        elif figures.by_round(runs, section, name):
            rows.append(contestant_row(runs, section, name))
    return table(["", "requests/s", "stok is faster by", "p50 ms", "p99 ms", "longest ms",
                  "refused", "failed"], rows)


def contestant_row(runs, section, name):
    found = figures.by_round(runs, section, name).values()
    ratio = None if name == "stok" else \
        figures.ratios(runs, "rate", (section, "stok"), (section, name))
    longest = max((run["most"] for run in found if run["most"] is not None), default=None)

    def median(figure):
        spread = figures.spread_of(runs, section, name, figure)
        return None if spread is None else spread.median

    return [
        NAMES[name],
        with_extremes(figures.spread_of(runs, section, name, "rate"), whole),
        with_extremes(ratio, times), ms(median("p50")), ms(median("p99")), ms(longest),
        whole(sum(run["refusals"] for run in found)),
        whole(sum(run["broken"] + run["timeouts"] for run in found)),
    ]


def own_table(runs, sections):
    """stok alone, in several situations; the first of them is what the others are compared with."""
    rows = []
    for section in sections:
        found = figures.by_round(runs, section, "stok").values()
        ratio = None if section == sections[0] else \
            figures.ratios(runs, "rate", (section, "stok"), (sections[0], "stok"))
        rows.append([
            section,
            with_extremes(figures.spread_of(runs, section, "stok", "rate"), whole),
            with_extremes(ratio, times),
            with_extremes(figures.spread_of(runs, section, "stok", "p99"), ms),
            whole(sum(run["refusals"] for run in found)),
        ])
    return table(["", "requests/s", f"/ {sections[0]}", "p99 ms", "refused"], rows)


def cleanup_table(cleanup):
    """The same bounded load without and beside a cleanup."""
    rate = cleanup["swept"] / cleanup["seconds"]
    rows = [[words, whole(load["requests"] / load["seconds"]), ms(load["p50"]), ms(load["p99"]),
             ms(load["most"])]
            for words, load in (("the load alone", cleanup["alone"]),
                                ("beside the cleanup", cleanup["beside"]))]
    return (f"{cleanup['swept']:,} expired holds were swept in {cleanup['seconds']:.1f} s: "
            f"{rate:,.0f} a second.\n\n"
            + table(["", "reserves/s", "p50 ms", "p99 ms", "longest ms"], rows))


def memory_table(notes):
    """PSS of each process, at several times."""
    return table(["", "requests so far", "each process, MiB"], [
        [f"after {note['section']}", whole(note["requests"]),
         ", ".join(f"{kib / 1024:.1f}" for kib in note["pss_kib"])]
        for note in notes
    ])


def cost_table(runs, memory, sections, contestants):
    """CPU time of each group for one request, medians; and the contestant's memory."""
    rows = []
    for section in sections:
        for name in contestants:
            found = list(figures.by_round(runs, section, name).values())
            if found and name != "direct":
                pss = max(sum(note["pss_kib"]) for note in memory
                          if (note["section"], note["contestant"]) == (section, name))
                rows.append([f"{section} {NAMES[name]}",
                             *(cost(found, group) for group in ("mariadbd", "nginx", name)),
                             f"{pss / 1024:,.0f}"])
    return table(["CPU µs a request", "mariadbd", "nginx", "itself", "its memory, MiB"], rows)


def cost(found, group):
    spread = figures.spread(run["cpu_us"][group] for run in found
                            if run["cpu_us"].get(group) is not None)
    return "-" if spread is None else f"{spread.median:,.0f}"
