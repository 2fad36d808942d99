"""What the tables and the audit log must show by themselves, and over time."""

from books import Violation, end_ms, start_ms


def every_end_was_asked_for(books):
    """A closed row was closed by a call that names it and may do that."""
    action_of = {"CUSTOMER": "cancel", "REPLACED": "reserve", None: "convert"}
    for row in books.rows.values():
        if row.status == "ACTIVE":
            if (row.closed, row.reason, row.order, row.closed_by) != (None,) * 4:
                yield Violation("half closed", "live, with the marks of an end", [row])
            continue
        if row.closed is None or row.closed < row.created:
            yield Violation("wrong time", "closed before it was made", [row])
            continue
        if row.reason == "EXPIRED":
            if row.closed < row.expires:
                yield Violation("wrong time", "swept before it expired", [row])
            continue
        closer = books.closer(row)
        if closer is None:
            if not any(not a.is_final for a in books.dark_closers.get(row.id, ())):
                yield Violation("invented end", "no request can have closed it", [row])
        elif closer.action != action_of.get(row.reason) or row.id not in closer.ids:
            yield Violation("invented end", "its closing request did not ask for it",
                            [row, closer])
        elif closer.request.get("sessionId", row.session) != row.session:
            yield Violation("invented end", "closed by a stranger", [row, closer])
        elif not start_ms(closer) <= row.closed:
            yield Violation("wrong time", "closed before it was asked for", [row, closer])
        elif row.status == "COMPLETED" and row.order != closer.request.get("orderId"):
            yield Violation("wrong order", "not the order of its closing request", [row, closer])


def counters_are_sums(books):
    """reserved = what is ACTIVE; stock and what was sold = what there was."""
    for variant, (stock, reserved) in books.tables.variants.items():
        rows = books.rows_of_variant.get(variant, [])
        active = sum(row.quantity for row in rows if row.status == "ACTIVE")
        sold = sum(row.quantity for row in rows if row.status == "COMPLETED")
        counted = f"variant {variant}: stock {stock}, reserved {reserved}; "
        if reserved != active:
            yield Violation("wrong sum", f"{counted}the ACTIVE holds are {active}", [])
        if stock + sold != books.stocks.get(variant):
            yield Violation("wrong sum", f"{counted}{sold} were sold of "
                            f"{books.stocks.get(variant)}", [])
        if stock < 0 or reserved < 0:
            yield Violation("wrong sum", counted, [])
    for variant in books.stocks.keys() - books.tables.variants.keys():
        yield Violation("lost row", f"variant {variant} is gone", [])


def nothing_is_sold_twice(books):
    """At no instant are more units held and sold than there were."""
    for variant, stock in books.stocks.items():
        usage = books.usage(variant)
        for time, level in zip(usage.times, usage.levels):
            if level > stock:
                rows = [row for row in books.rows_of_variant[variant]
                        if row.created <= time and (row.free_from > time or
                                                    row.status == "COMPLETED")]
                yield Violation("oversold", f"variant {variant} at {time}: {level} units held and "
                                f"sold of {stock}", rows)
                break


def final_states_are_final(books):
    """Whoever was told of an end may rely on it; and nobody is told of a life after it."""
    for attempt in books.history:
        if attempt.status != 201:
            continue
        row = books.rows.get(attempt.answer["reservationId"])
        if row is None:
            continue
        status, has_expired = attempt.answer["status"], row.expires <= end_ms(attempt)
        if status == "ACTIVE" and row.free_from < start_ms(attempt):
            yield Violation("resurrected", "live, it says, after its end", [attempt, row])
        if status == "COMPLETED" and (
            row.status != "COMPLETED" or row.closed > end_ms(attempt)
        ):
            yield Violation("resurrected", "sold, it says", [attempt, row])
        if status == "CANCELLED" and not has_expired and (
            row.status != "CANCELLED" or row.closed > end_ms(attempt)
        ):
            yield Violation("resurrected", "ended, it says", [attempt, row])
    for tables in books.earlier:
        yield from what_was_closed_stays_closed(tables, books.tables)


def what_was_closed_stays_closed(before, after):
    """But for an expired hold that is paid late."""
    for old in before.rows.values():
        row = after.rows.get(old.id)
        if row is None:
            yield Violation("lost row", "it was in the table", [old])
        elif (old.variant, old.quantity, old.created, old.key) != (
            row.variant, row.quantity, row.created, row.key
        ):
            yield Violation("rewritten row", "what never changes has changed", [old, row])
        elif old.status != "ACTIVE" and row != old:
            if old.reason != "EXPIRED" or not row.is_revived:
                yield Violation("resurrected", "a final state has changed", [old, row])


def cleanups_count_what_they_swept(books):
    """Those of its rows that were sold late since do not bear its name any more."""
    revived = sum(row.is_revived for row in books.rows.values())
    for attempt in books.history:
        if attempt.action != "cleanup" or attempt.status != 200:
            continue
        count, swept = attempt.answer["count"], len(books.swept_by(attempt))
        if not swept <= count <= swept + revived:
            yield Violation("wrong count", f"{swept} rows bear its name", [attempt])
        if attempt.answer["skipped"] and count:
            yield Violation("wrong count", "skipped, and counted", [attempt])


def the_log_agrees_with_the_answers(books):
    """Status, holds and replay stand in the audit log as the client was told."""
    for attempt in books.history:
        line = books.audit_of_try.get(attempt.id)
        if line is None:
            if attempt.status is not None and not books.may_lack_its_line(attempt):
                yield Violation("no audit", "answered, and not in the audit log", [attempt])
            continue
        if attempt.status is None:
            continue
        if line["status"] != attempt.status:
            yield Violation("wrong audit", "another status", [attempt, line])
        if attempt.status == 201:
            told = (str(attempt.answer["reservationId"]), bool(attempt.answer.get("replay")))
            if (line["reservationIds"], line["replay"] not in ("", "0", "false")) != told:
                yield Violation("wrong audit", "another hold", [attempt, line])
        if attempt.status >= 500 and "requestId" in (attempt.answer or {}):
            if attempt.answer["requestId"] != line["requestId"]:
                yield Violation("wrong audit", "another request id", [attempt, line])


def holds_stand_in_the_log(books):
    """A log line that tells of a new hold is about the row that has its request id."""
    for line in books.audit_of_try.values():
        if line["action"] != "reserve" or line["status"] != 201:
            continue
        row = books.rows.get(int(line["reservationIds"]))
        if row is None:
            yield Violation("lost row", "logged as held, and not in the table", [line])
        elif line["replay"] in ("", "0", "false") and row.created_by != line["requestId"]:
            yield Violation("wrong audit", "the row has another request id", [line, row])
