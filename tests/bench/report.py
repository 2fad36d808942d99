#!/usr/bin/env python3
"""What the bench leaves in its folder: RESULTS.md, raw.json and throughput.svg.

`report.py FOLDER` writes the first and the last anew from raw.json.
"""

import json
import os
import sys

import plot
import tables
import targets
import workloads

HOW = (
    "Figures are medians of the rounds, with the least and the greatest in brackets. All take "
    "turns in each round; a ratio is of two runs of one round. After each run the counters, the "
    "rows, the audit log and the load generator's count had to agree. Percentiles are wrk's, "
    "which counts an answer that came late as all those for which the connection would have asked "
    "meanwhile.\n\n"
)


def write(raw, folder):
    """All of it."""
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "raw.json"), "w", encoding="utf-8") as file:
        json.dump(raw, file, indent=1)
        file.write("\n")
    with open(os.path.join(folder, "RESULTS.md"), "w", encoding="utf-8") as file:
        file.write(text_of(raw))
    plot.draw(raw["runs"], folder)


def text_of(raw):
    """RESULTS.md. Pure."""
    return "".join((
        "# Results of make bench\n\n", warnings(raw), machine(raw), HOW, sections(raw),
        special_sections(raw), costs(raw), must_show(raw),
    ))


def warnings(raw):
    """What makes the results less than whole, first of all."""
    lines = []
    if raw.get("failure"):
        lines.append(f"**A run went wrong, so this is not whole:** {raw['failure']}")
    if raw.get("short"):
        lines.append(f"**Only a try:** {raw['short']}")
    lines += [f"**{tables.NAMES[name]} was not measured:** {why}"
              for name, why in raw["absent"].items()]
    return "".join(line + "\n\n" for line in lines)


def machine(raw):
    rows = [[what, words] for what, words in raw.get("machine", ())]
    return tables.words_table(["", ""], rows) + "\n" if rows else ""


def is_measured(raw, section):
    return any(run["section"] == section for run in raw["runs"])


def sections(raw):
    """The loads that several contestants had."""
    parts = []
    for workload in (*workloads.WORKLOADS, *workloads.SLOW):
        if is_measured(raw, workload.section):
            parts.append(f"## {workload.section}: {workload.says}\n\n")
            parts.append(tables.section_table(raw["runs"], workload.section, workload.contestants,
                                              raw["absent"]) + "\n")
    return "".join(parts) + ("![throughput](throughput.svg)\n\n" if parts else "")


def special_sections(raw):
    """Those of stok alone."""
    parts = []
    if is_measured(raw, "locked"):
        parts += ["## One of 10,000 variants is locked by an outsider\n\n",
                  "p99 is that of the successes, from the audit log.\n\n",
                  tables.own_table(raw["runs"], ("free", "locked")), "\n"]
    if raw.get("growth"):
        parts += ["## Growth: reserves of one variant, 64 connections\n\n",
                  tables.own_table(raw["runs"], raw["growth"]), "\n"]
    if raw.get("cleanup"):
        parts += ["## Cleanup beside reserves of the same variants\n\n",
                  tables.cleanup_table(raw["cleanup"]), "\n"]
    first, last = targets.memory_of(raw)
    if first and last:
        parts += ["## Memory of stok's processes\n\n", tables.memory_table((first, last)), "\n"]
    return "".join(parts)


def costs(raw):
    """CPU time and memory of everyone."""
    loads = [workload.section for workload in (*workloads.WORKLOADS, *workloads.SLOW)
             if is_measured(raw, workload.section)]
    if not loads:
        return ""
    return ("## What a request costs\n\n"
            + tables.cost_table(raw["runs"], raw["memory"], loads, tables.NAMES) + "\n")


def must_show(raw):
    rows = [[target.name, ("at most " if target.at_most else "at least ") + f"{target.bound:g}",
             tables.with_extremes(target.measured, tables.times), target.words()]
            for target in targets.targets(raw)]
    return ("## What it must show\n\n"
            + tables.table(["", "wanted", "measured", ""], rows))


if __name__ == "__main__":
    with open(os.path.join(sys.argv[1], "raw.json"), encoding="utf-8") as stored:
        write(json.load(stored), sys.argv[1])
