"""Runs the test functions of a program and prints their results in the Test Anything Protocol."""

import inspect
import sys
import traceback


class Skip(Exception):
    """Raised by a test that cannot run here; its text says why."""


def main(prepare=None):
    """Runs every function test_* of the calling program, in the order in which they stand.

    `prepare` runs first; its failure fails the whole program.
    """
    module = sys.modules["__main__"]
    tests = [
        (name, function)
        for name, function in vars(module).items()
        if name.startswith("test_") and inspect.isfunction(function)
    ]
    failed = 0
    print(f"1..{len(tests)}", flush=True)
    try:
        if prepare is not None:
            prepare()
    except Exception:
        print("Bail out! the preparation failed")
        diagnose(traceback.format_exc())
        sys.exit(1)
    for number, (name, function) in enumerate(tests, 1):
        title = name.removeprefix("test_").replace("_", " ")
        try:
            function()
            print(f"ok {number} - {title}", flush=True)
        except Skip as reason:
            print(f"ok {number} - {title} # SKIP {reason}", flush=True)
        except Exception:
            failed += 1
            print(f"not ok {number} - {title}", flush=True)
            diagnose(traceback.format_exc())
    sys.exit(1 if failed else 0)


def diagnose(text):
    """Prints lines that a TAP reader shows and does not count."""
    for line in text.rstrip().splitlines():
        print(f"# {line}", flush=True)


def equal(found, expected, what=""):
    """Asserts equality, and says both sides."""
    assert found == expected, f"{what}: found {found!r}, expected {expected!r}"
