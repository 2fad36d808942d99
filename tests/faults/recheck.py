#!/usr/bin/env python3
"""The checker over the evidence that a failed round has kept: recheck.py FOLDER."""

import os
import sys

import history
from checker import check


def main(folder):
    def read(name, kind=dict):
        return history.load(os.path.join(folder, name), kind)

    variants = read("variants.jsonl")
    tables = history.Tables(
        {variant["id"]: (variant["stock"], variant["reserved"]) for variant in variants},
        {row.id: row for row in read("rows.jsonl", history.Row)},
    )
    stocks = {variant["id"]: variant["initial"] for variant in variants}
    found = check(read("history.jsonl", history.Attempt), tables, read("audit.jsonl"), stocks)
    for violation in found:
        print(violation)
    print(f"{len(found)} violations")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
