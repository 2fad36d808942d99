#!/usr/bin/env python3
"""The pure parts of the bench: its statistics, what it reads, what it checks, what it writes."""

import checks
import figures
import load
import plot
import report
import tables
import targets
import workloads
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
{"requests":1000,"duration":2000000,"p50":900,"p99":5000,"max":7000,"refused":10,"broken":1,\
"timeouts":2}
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


TIMES = b"".join(
    b'{"status":%d,"upstreamTime":"%s"}\n' % line
    for line in [(201, b"0.004")] * 98 + [(201, b"0.007"), (200, b"0.009"), (503, b"2.500")]
)


def test_who_waited_for_the_lock_is_not_in_the_p99_of_the_others():
    equal(checks.p99_of_successes(TIMES), 9000)
    equal(checks.p99_of_successes(LOG), None)


# ---- tables --------------------------------------------------------------------------------------


def test_a_table_has_medians_ratios_and_who_was_absent():
    runs = [run("W1/64", "stok", 0, rate=25000.0), run("W1/64", "php", 0, rate=2500.0)]
    text = tables.section_table(runs, "W1/64", ("stok", "php", "prisma"), {"prisma": "too old"})
    assert "| stok | 25,000 [25,000 - 25,000] | - | 1.00 | 4.00 | 9.00 | 0 | 0 |" in text, text
    assert "| 10.0 [10.0 - 10.0] |" in text, text
    assert "**Node + Prisma: NOT MEASURED**, too old" in text, text


def judged(runs, **more):
    """What becomes of each target, by name."""
    return {target.name: target.words() for target in
            targets.targets({"runs": runs, "memory": [], "absent": {}, **more})}


def note(section, connections, *pss_kib):
    return {"section": section, "contestant": "stok", "connections": connections,
            "requests": 1_000_000, "pss_kib": list(pss_kib)}


def test_a_target_holds_is_missed_or_was_not_measured():
    words = judged([
        run("W1/64", "stok", 0, rate=6000), run("W1/64", "php", 0, rate=1000),
        run("W1/64", "plain", 0, rate=1400), run("W6", "stok", 0, p50=600),
        run("W6", "plain", 0, p50=500), run("W1/256", "stok", 0, p50=1000, p99=3000),
    ])
    equal(words["W1/64: stok / php, requests/s"], "holds")
    equal(words["W1/64: stok / plain, requests/s"], "**MISSES**")
    equal(words["W1/64: stok / prisma, requests/s"], "not measured")
    equal(words["W6: stok / plain, p50 of a lone request"], "**MISSES**")
    equal(words["W1/256: stok's p99 / its p50"], "holds")


def test_memory_is_to_be_small_and_flat():
    first, last = note("W1/256", 256, 9000, 2000), note("memory", 256, 9500, 2000)
    words = judged([], memory=[first, note("W2", 64, 1, 1), last])
    equal([word for name, word in words.items() if name.startswith("memory")], ["holds"] * 2)
    words = judged([], memory=[last])  # with nothing before it, it shows nothing
    equal([word for name, word in words.items() if name.startswith("memory")],
          ["not measured"] * 2)
    words = judged([], memory=[first, note("memory", 256, 25000, 2000)])
    equal([word for name, word in words.items() if name.startswith("memory")], ["**MISSES**"] * 2)


WHOLE = {
    "runs": [run("W1/64", "stok", 0, rate=20000.0), run("W1/64", "php", 0, rate=3000.0),
             run("free", "stok", 0), run("locked", "stok", 0, refusals=3),
             run("0 holds", "stok", 0, rate=100.0), run("9 holds", "stok", 0, rate=95.0)],
    "memory": [note("W1/64", 64, 3000), {**note("W1/64", 64, 20000), "contestant": "php"}],
    "absent": {"prisma": "too old"}, "growth": ["0 holds", "9 holds"], "short": "--rounds 1",
    "failure": "php: 2 rows", "machine": [["kernel", "Linux 6"]],
    "cleanup": {"swept": 500, "seconds": 2.0, "alone": {"requests": 10, "seconds": 1.0, "p50": 1,
                                                        "p99": 2, "most": 3},
                "beside": {"requests": 10, "seconds": 1.0, "p50": 1, "p99": 2, "most": 120_000}},
}


def test_the_report_has_every_part_and_hides_nothing():
    text = report.text_of(WHOLE)
    for words in (
        "**A run went wrong, so this is not whole:** php: 2 rows", "**Only a try:** --rounds 1",
        "**Node + Prisma was not measured:** too old", "| kernel | Linux 6 |", "## W1/64: reserves",
        "500 expired holds were swept in 2.0 s: 250 a second.", "| locked | 100 ",
        "| 9 holds | 95 [95 - 95] | 0.95 [0.95 - 0.95] |",
        "| cleanup: longest reserve beside it, ms | at most 100 | 120.0 [120.0 - 120.0] | "
        "**MISSES** |",
        "| W1/64: stok / php, requests/s | at least 6 | 6.67 [6.67 - 6.67] | holds |",
    ):
        assert words in text, f"{words!r} is not in:\n{text}"


def test_the_plot_has_a_bar_for_each_median():
    data, names = plot.data_of(WHOLE["runs"])
    equal((data, names), ('"W1/64" 20000.0 3000.0\n', ["stok", "php"]))
    assert "2:xtic(1) title 'stok'" in plot.script_of(names, 10), plot.script_of(names, 10)
    equal(plot.least_of(WHOLE["runs"]), 10)


def test_parts_are_chosen_by_their_names():
    equal(workloads.chosen("W2,W1"), ("W1", "W2"))
    equal(workloads.chosen(None), workloads.PARTS)
    equal(workloads.contestants_of(("W6",)), ("stok", "plain"))
    try:
        workloads.chosen("W9")
    except ValueError as error:
        assert "no such part: W9" in str(error), error
    else:
        raise AssertionError("accepted")


if __name__ == "__main__":
    main()
