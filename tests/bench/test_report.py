#!/usr/bin/env python3
"""The pure parts of the bench: its statistics, what it reads, what it checks, what it writes."""

import checks
import figures
import load
import tables
from tap import equal, main


def run(section, contestant, turn, **more):
    return {"section": section, "contestant": contestant, "round": turn, "rate": 100.0, "p50": 1000,
            "p99": 4000, "most": 9000, "refusals": 0, "broken": 0, "timeouts": 0,
            "cpu_us": {}, **more}


# ---- statistics ----------------------------------------------------------------------------------


def test_a_median_stands_with_its_extremes():
    equal(figures.spread([3, 1, 2]), figures.Spread(2, 1, 3, 3))
    equal(figures.spread([]), None)


def test_ratios_are_of_pairs_of_one_round():
    runs = [run("W1", "stok", 0, rate=100), run("W1", "php", 0, rate=10),
            run("W1", "stok", 1, rate=50), run("W1", "php", 1, rate=25),
            run("W1", "stok", 2, rate=60), run("W1", "php", 2, rate=20),
            run("W1", "stok", 3, rate=1)]  # its pair is missing
    equal(figures.ratios(runs, "rate", ("W1", "stok"), ("W1", "php")),
          figures.Spread(3, 2, 10, 3))
    equal(figures.ratios(runs, "rate", ("W1", "stok"), ("W1", "plain")), None)


def test_everyone_has_each_place_once():
    names = ("a", "b", "c")
    orders = [figures.rotated(names, turn) for turn in range(3)]
    equal([set(places) for places in zip(*orders)], [set(names)] * 3)


# ---- the load generator's words ------------------------------------------------------------------

WRK = """Running 1s test @ http://127.0.0.1:18501
  64 connections
{"requests":1000,"duration":2000000,"p50":900,"p99":5000,"max":7000,"refused":10,"broken":1,"timeouts":2}
"""


def test_the_line_of_wrk_is_read():
    outcome = load.parse_wrk(WRK)
    equal((outcome.requests, outcome.successes, outcome.refusals), (1000, 990, 10))
    equal((outcome.broken, outcome.timeouts, outcome.seconds), (1, 2, 2.0))
    equal((outcome.p50, outcome.p99, outcome.most), (900, 5000, 7000))
    equal(outcome.answers_a_second, 500.0)


def test_the_line_of_direct_is_read():
    outcome = load.parse_direct('{"seconds":2,"done":90,"refused":10,"failed":0}\n')
    equal((outcome.answers_a_second, outcome.successes, outcome.p50), (50.0, 90, None))


def test_no_result_is_an_error():
    try:
        load.parse_wrk("unable to connect to 127.0.0.1:18501\n")
    except ValueError as error:
        assert "unable to connect" in str(error), error
    else:
        raise AssertionError("accepted")


# ---- the books -----------------------------------------------------------------------------------

RESERVES = checks.Expected(stock=100)


def seen(**more):
    """A run without a fault: 10 holds, of which the generator no longer waited for 2."""
    return checks.Seen(**{
        "contestant": "stok", "connections": 4, "rows": 10, "statuses": {201: 10}, "successes": 8,
        "refusals": 0, "broken": 0, "timeouts": 0,
        "variants": [[1, 100, 7, 7, 0], [2, 100, 3, 3, 0]], **more,
    })


def found(expected=RESERVES, **more):
    return "; ".join(checks.problems(seen(**more), expected))


def test_books_that_agree():
    equal(found(), "")
    equal(found(checks.Expected(0, answer=409), rows=0, statuses={409: 10}, successes=0,
                refusals=9, variants=[[1, 0, 0, 0, 0]]), "")
    equal(found(checks.Expected(100, others=(200,)), statuses={201: 10, 200: 5}, successes=13,
                variants=[[1, 98, 7, 7, 2]]), "")


def test_a_planted_fault_is_found():
    for words, fault in (
        ("reserved is 8, its holds sum to 7", {"variants": [[1, 100, 8, 7, 0]]}),
        ("oversold: 101 of 100", {"variants": [[1, 100, 101, 101, 0]]}),
        ("100 on hand and 1 sold of 100", {"variants": [[1, 100, 7, 7, 1]]}),
        ("11 rows, but 10 lines", {"rows": 11}),
        ("9 rows, but 10 lines", {"rows": 9}),
        ("unexpected statuses in the audit log: {500: 1}", {"statuses": {201: 10, 500: 1}}),
        ("unexpected statuses in the audit log: {409: 1}", {"statuses": {201: 10, 409: 1}}),
        ("10 successes in the audit log, the load generator got 5", {"successes": 5}),
        ("10 successes in the audit log, the load generator got 11", {"successes": 11}),
        ("0 refusals in the audit log, the load generator got 1", {"refusals": 1}),
        ("1 connections failed", {"broken": 1}),
        ("2 requests timed out", {"timeouts": 2}),
        ("nobody had locked: ['7:1']", {"strange_busy": ("7:1",)}),
    ):
        assert words in found(**fault), f"{words!r} is not in {found(**fault)!r}"


def test_the_empty_responder_has_no_rows():
    empty = checks.Expected(100, keeps_rows=False)
    equal(found(empty, rows=0), "")
    assert "1 rows, but 0 lines" in found(empty, rows=1)


LOG = b"".join(
    b'{"time":"t","status":%d,"lines":"%s"}\n' % line
    for line in ((201, b"1:1"), (201, b"2:1"), (503, b"9:1"), (503, b"7:1"), (418, b"1:1"))
)


def test_the_audit_log_is_counted():
    equal(checks.statuses_of(LOG), {201: 2, 503: 2, 0: 1})
    equal(checks.statuses_of(b""), {})


def test_a_503_is_in_order_for_the_locked_variant_only():
    equal(checks.strange_busy(LOG, 9), ("7:1",))


# ---- tables --------------------------------------------------------------------------------------


def test_a_table_has_medians_ratios_and_who_was_absent():
    runs = [run("W1/64", "stok", 0, rate=25000.0), run("W1/64", "php", 0, rate=2500.0)]
    text = tables.section_table(runs, "W1/64", ("stok", "php", "prisma"), {"prisma": "too old"})
    assert "| stok | 25,000 [25,000 - 25,000] | - | 1.00 | 4.00 | 9.00 | 0 | 0 |" in text, text
    assert "| 10.0 [10.0 - 10.0] |" in text, text
    assert "**Node + Prisma: NOT MEASURED**, too old" in text, text


if __name__ == "__main__":
    main()
