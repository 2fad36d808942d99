"""Decides, from the history, the tables and the audit log, whether every promise was kept.

Each rule is a generator of violations over the books. They know the contract, and nothing of how
the service keeps it.
"""

from books import (
    Books, Violation, end_ms, lines_of, signature_of, start_ms,
)
from history import hashed_key

TTL_MS = 1800 * 1000


def check(history, tables, audit, stocks, earlier=()):
    """All violations, each with its evidence; [] if every promise was kept."""
    books = Books(history, tables, audit, stocks, earlier)
    return [violation for rule in RULES for violation in rule(books)]


# ---- reserve -------------------------------------------------------------------------------------


def every_hold_that_was_answered_is_there(books):
    """201 is durable, and says what stands in the table."""
    for attempt in books.history:
        if attempt.status != 201:
            continue
        row = books.rows.get(attempt.answer["reservationId"])
        if row is None:
            yield Violation("lost row", "answered with 201, and not in the table", [attempt])
            continue
        yield from answer_matches_row(books, attempt, row)


def answer_matches_row(books, attempt, row):
    body, answer = attempt.request, attempt.answer
    wanted = (body["variantId"], body["quantity"], body["sessionId"])
    if (row.variant, row.quantity, row.session) != wanted:
        yield Violation("wrong row", "the row is not what was asked for", [attempt, row])
    if (answer["variantId"], answer["quantity"]) != wanted[:2]:
        yield Violation("wrong answer", "the answer is not what was asked for", [attempt])
    creator = books.creator(row)
    if answer.get("replay"):
        if creator is not None and (creator.key, creator.request) != (attempt.key, body):
            yield Violation("wrong replay", "another wish made the hold", [attempt, creator, row])
        return
    if creator is not attempt:
        yield Violation("wrong row", "a hold that another attempt made", [attempt, creator, row])
    if not start_ms(attempt) <= row.created <= end_ms(attempt):
        yield Violation("wrong time", "created when it was not asked for", [attempt, row])


def every_row_was_asked_for(books):
    """No row without a request that may have made it, and one row for one request."""
    explained = set()
    for row in books.rows.values():
        creator = books.creator(row)
        if creator is None:
            creator = take_dark_creator(books, row, explained)
            if creator is None:
                yield Violation("invented row", "no request can have made it", [row])
                continue
        key = signature_of(creator)[3] if creator.action == "reserve" else None
        if creator.action != "reserve" or signature_of(creator)[:3] != (
            row.variant, row.quantity, row.session
        ):
            yield Violation("wrong row", "its request asked for something else", [row, creator])
        elif key is not None and row.key != key:
            yield Violation("wrong key", "the row has not its request's key", [row, creator])
        ttl = row.expires - row.created
        if ttl != creator.request.get("ttlSeconds", TTL_MS // 1000) * 1000:
            yield Violation("wrong time", f"it lives for {ttl} ms", [row, creator])
    for request_id, rows in books.created_by.items():
        if request_id is not None and len(rows) > 1:
            yield Violation("double row", "one request made several", rows)


def take_dark_creator(books, row, explained):
    """An attempt that no log knows and that fits, each for one row."""
    for key in {row.key, None}:
        signature = (row.variant, row.quantity, row.session, key)
        for attempt in books.dark_creators.get(signature, ()):
            if attempt.id not in explained and not attempt.is_final:
                explained.add(attempt.id)
                return attempt
    return None


def one_key_has_one_hold(books):
    """In all answers and in the table."""
    for (session, key), attempts in books.tries_of_key.items():
        ids = {a.answer["reservationId"] for a in attempts if a.status == 201}
        rows = books.rows_of_key.get(hashed_key(session, key), [])
        if len(ids) > 1:
            yield Violation("double key", f"one key was answered with {sorted(ids)}", attempts)
        if len(rows) > 1:
            yield Violation("double key", "one key has several rows", [*rows, *attempts])
        # A key that the column has in another form is told once, by every_row_was_asked_for.
        made = {row.id for attempt in attempts for row in books.made_by(attempt)}
        if len(made) > 1:
            yield Violation("double key", f"attempts with one key made {sorted(made)}", attempts)
        for row in rows:
            yield from key_is_remembered(attempts, row)


def key_is_remembered(attempts, row):
    """Once its row stands, a key is neither refused nor open to another wish."""
    for attempt in attempts:
        if not attempt.is_refused or start_ms(attempt) <= row.created:
            continue
        same = (row.variant, row.quantity) == (
            attempt.request["variantId"], attempt.request["quantity"]
        )
        if same or attempt.status != 422:
            yield Violation("forgotten key", "refused, though its hold stood", [attempt, row])


def a_key_is_refused_only_when_it_was_used(books):
    """422 needs a row of the same key for another wish."""
    for attempt in books.history:
        if attempt.status != 422:
            continue
        hashed = hashed_key(attempt.request["sessionId"], attempt.key or "")
        rows = books.rows_of_key.get(hashed, [])
        if not any(row.created <= end_ms(attempt) for row in rows):
            yield Violation("false 422", "no hold has this key", [attempt])


# ---- refusals ------------------------------------------------------------------------------------


def refusals_changed_nothing(books):
    """4xx: no row made, none ended. What it swept on its way stays swept."""
    for attempt in books.history:
        if attempt.is_refused:
            for row in books.made_by(attempt) + books.ended_by(attempt):
                yield Violation("4xx changed something", f"answered {attempt.status}",
                                [attempt, row])


def shortages_were_real(books):
    """Nobody was told "out of stock" while, all the time he waited, there was enough."""
    for attempt in books.history:
        if not attempt.is_refused or attempt.action != "reserve":
            continue
        variant, need = attempt.request["variantId"], attempt.request["quantity"]
        if attempt.status == 404 and variant in books.stocks:
            yield Violation("false 404", "the variant is there", [attempt])
        if attempt.answer["code"] != "insufficient_stock":
            continue
        most = books.usage(variant).most(start_ms(attempt), end_ms(attempt))
        if books.stocks[variant] - most >= need:
            yield Violation("false shortage", f"at most {most} of {books.stocks[variant]} were in "
                            "use", [attempt])


# ---- cancel --------------------------------------------------------------------------------------


def cancels_tell_the_truth(books):
    """`released` counts the units that this call gave back, and each hold's units once."""
    for attempt in books.history:
        if attempt.action != "cancel" or not attempt.is_final:
            continue
        closed, lines = {row.id for row in books.ended_by(attempt)}, lines_of(attempt)
        for identity in closed - lines.keys():
            yield Violation("untold end", "closed, and not in the answer",
                            [attempt, books.rows[identity]])
        for identity, line in lines.items():
            row = books.rows.get(identity)
            if row is None:
                if line.get("released"):
                    yield Violation("lost row", "cancelled, and not in the table", [attempt])
                continue
            wrong = wrong_cancel(attempt, line, row, identity in closed, books.tables.now)
            if wrong:
                yield Violation("wrong cancel", wrong, [attempt, row])


def wrong_cancel(attempt, line, row, is_closer, now):
    """What is wrong with one line of a cancel's answer; None if nothing."""
    released, status, reason = line.get("released", 0), line.get("status"), line.get("reason")
    if released != (row.quantity if is_closer else 0):
        return f"says it released {released}"
    if attempt.is_refused or status is None:
        owner = attempt.request.get("sessionId", row.session)
        return "unknown, though it is the session's own" if owner == row.session else None
    if status == "COMPLETED" and row.status != "COMPLETED":
        return "sold, it says"
    if status == "CANCELLED" and reason != "EXPIRED" and (row.status, row.reason) != (
        "CANCELLED", reason
    ):
        return "the row is not cancelled"
    if reason == "EXPIRED":
        if row.expires > end_ms(attempt):
            return "expired before its time"
        if row.reason == "CUSTOMER":
            return "expired, it says, and was cancelled after that"
    if status == "ACTIVE":
        return "still live, it says"
    return None


# ---- convert -------------------------------------------------------------------------------------


def converts_tell_the_truth(books):
    """Each hold is taken off the stock once, by the call that says so."""
    for attempt in books.history:
        if attempt.action != "convert" or not attempt.is_final:
            continue
        closed, lines = {row.id for row in books.ended_by(attempt)}, lines_of(attempt)
        for identity in closed - lines.keys():
            yield Violation("untold end", "closed, and not in the answer",
                            [attempt, books.rows[identity]])
        for identity, line in lines.items():
            row = books.rows.get(identity)
            if row is None:
                if line["success"] and line["outcome"] != "would_convert":
                    yield Violation("lost row", "converted, and not in the table", [attempt])
                continue
            wrong = wrong_convert(attempt, line, row, identity in closed)
            if wrong:
                yield Violation("wrong convert", wrong, [attempt, row, books.closer(row)])


def wrong_convert(attempt, line, row, is_closer):
    """What is wrong with one line of a convert's answer; None if nothing."""
    outcome, order = line["outcome"], attempt.request.get("orderId")
    is_sold = row.status == "COMPLETED"
    if is_closer and outcome not in ("converted", "revived"):
        return f"did it, and says {outcome}"
    if outcome in ("converted", "revived"):
        if not is_closer:
            return f"{outcome}, it says, but another call closed the row"
        if not is_sold or row.order != order:
            return f"{outcome}, it says"
        if row.is_revived != (outcome == "revived"):
            return f"{outcome}, it says, at a time when it is the other"
        if (line["variantId"], line["quantity"]) != (row.variant, row.quantity):
            return "says another variant or quantity"
    if outcome == "already_converted" and (not is_sold or order not in (None, row.order)):
        return "already converted, it says"
    if outcome == "converted_for_other_order" and (not is_sold or order in (None, row.order)):
        return "refused for an order that is its own"
    if outcome == "reservation_cancelled" and row.reason != "CUSTOMER":
        return "cancelled, it says"
    if outcome == "not_found" and attempt.request.get("sessionId", row.session) == row.session:
        return "unknown, though it is the session's own"
    if outcome in ("late_short", "would_convert") and is_sold and row.closed < start_ms(attempt):
        return f"{outcome}, though it was sold before"
    return None


# ---- rows ----------------------------------------------------------------------------------------


def every_end_was_asked_for(books):
    """A closed row was closed by a call that names it and may do that."""
    action_of = {"CUSTOMER": "cancel", None: "convert"}
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


# ---- states over time ----------------------------------------------------------------------------


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


# ---- cleanup and the log -------------------------------------------------------------------------


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
            if attempt.status is not None:
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


RULES = (
    every_hold_that_was_answered_is_there,
    every_row_was_asked_for,
    one_key_has_one_hold,
    a_key_is_refused_only_when_it_was_used,
    refusals_changed_nothing,
    cancels_tell_the_truth,
    converts_tell_the_truth,
    every_end_was_asked_for,
    counters_are_sums,
    nothing_is_sold_twice,
    shortages_were_real,
    final_states_are_final,
    cleanups_count_what_they_swept,
    the_log_agrees_with_the_answers,
    holds_stand_in_the_log,
)
