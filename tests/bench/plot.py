"""The plot of the results: throughput.svg, by gnuplot."""

import os
import subprocess

import figures

SECTIONS = ("W1/64", "W1/256", "W2", "W3", "W4", "W5", "W6", "W1/64 +1 ms", "W1/64 +5 ms")
CONTESTANTS = ("stok", "plain", "php", "mysql2", "prisma")
COLOURS = ("#0b5c8a", "#7a9e3d", "#c77d1e", "#9a6fb0", "#b5402a")

SCRIPT = """set terminal svg size 1200,520 font 'sans-serif,13' background '#ffffff'
set output 'throughput.svg'
set title 'requests/s, medians (logarithmic)'
set style data histograms
set style histogram clustered gap 1
set style fill solid 0.9 noborder
set boxwidth 0.92
set logscale y
set yrange [{least}:*]
set format y '%.0f'
set grid ytics lt 1 lc rgb '#d8d8d8'
set key outside top right
set xtics nomirror
set datafile missing '-'
plot {plots}
"""


def data_of(runs):
    """gnuplot's table: a line for each section that was measured, a column for each contestant.

    Returns it with the names of the contestants of which there is anything.
    """
    names = [name for name in CONTESTANTS if any(run["contestant"] == name for run in runs)]
    lines = []
    for section in SECTIONS:
        medians = [figures.spread_of(runs, section, name, "rate") for name in names]
        if any(medians):
            cells = ("-" if spread is None else f"{spread.median:.1f}" for spread in medians)
            label = section.replace(" ", "\\n", 1)
            lines.append(f'"{label}" ' + " ".join(cells) + "\n")
    return "".join(lines), names


def script_of(names, least):
    """What gnuplot is to do."""
    plots = ", ".join(
        f"'throughput.data' using {column}:xtic(1) title '{name}' "
        f"lc rgb '{COLOURS[CONTESTANTS.index(name)]}'"
        for column, name in enumerate(names, 2)
    )
    return SCRIPT.format(plots=plots, least=least)


def least_of(runs):
    """A power of ten below all bars, which would otherwise begin nowhere."""
    rates = [run["rate"] for run in runs if run["contestant"] in CONTESTANTS and run["rate"] > 0]
    least = 1
    while least * 10 < min(rates):
        least *= 10
    return least


def draw(runs, folder):
    """Leaves throughput.svg, and the table from which it is drawn."""
    data, names = data_of(runs)
    if not data:
        return
    with open(os.path.join(folder, "throughput.data"), "w", encoding="utf-8") as file:
        file.write(data)
    subprocess.run(["gnuplot"], input=script_of(names, least_of(runs)), text=True, check=True,
                   cwd=folder, timeout=60)
