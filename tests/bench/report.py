"""What the bench leaves in its folder: RESULTS.md, raw.json and throughput.svg."""

import json
import os

import tables
import workloads


def write(raw, folder):
    """All of it."""
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "raw.json"), "w", encoding="utf-8") as file:
        json.dump(raw, file, indent=1)
    with open(os.path.join(folder, "RESULTS.md"), "w", encoding="utf-8") as file:
        file.write(text_of(raw))


def text_of(raw):
    """RESULTS.md. Pure."""
    parts = ["# Results of make bench\n\n"]
    if raw.get("failure"):
        parts.append(f"**A run went wrong, so this is not whole:** {raw['failure']}\n\n")
    measured = [workload for workload in (*workloads.WORKLOADS, *workloads.SLOW)
                if any(run["section"] == workload.section for run in raw["runs"])]
    for workload in measured:
        parts.append(f"## {workload.section}: {workload.says}\n\n")
        parts.append(tables.section_table(raw["runs"], workload.section, workload.contestants,
                                          raw["absent"]) + "\n")
    return "".join(parts)
