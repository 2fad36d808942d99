"""What cancels, converts and extends say, and what has become of their holds."""

import datetime

from books import Violation, end_ms, lines_of, start_ms


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
            wrong = wrong_cancel(attempt, line, row, identity in closed)
            if wrong:
                yield Violation("wrong cancel", wrong, [attempt, row])


def wrong_cancel(attempt, line, row, is_closer):
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
        if row.reason in ("CUSTOMER", "REPLACED"):
            return "expired, it says, and was cancelled after that"
    if status == "ACTIVE":
        return "still live, it says"
    return None


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
    if outcome == "reservation_cancelled" and row.reason not in ("CUSTOMER", "REPLACED"):
        return "cancelled, it says"
    if outcome == "stock_short":
        return "short, though nobody lowered the stock"
    if outcome == "not_found" and attempt.request.get("sessionId", row.session) == row.session:
        return "unknown, though it is the session's own"
    if outcome in ("late_short", "would_convert") and is_sold and row.closed < start_ms(attempt):
        return f"{outcome}, though it was sold before"
    return None


def extends_tell_the_truth(books):
    """Who is told of a later end has it, and nothing that has ended comes back."""
    for attempt in books.history:
        if attempt.action != "extend" or not attempt.is_final:
            continue
        for identity, line in lines_of(attempt).items():
            row = books.rows.get(identity)
            wrong = "not in the table" if row is None else wrong_extend(attempt, line, row)
            if wrong:
                yield Violation("wrong extend", f"{line['outcome']}, it says: {wrong}",
                                [attempt, row])


def wrong_extend(attempt, line, row):
    """What is wrong with one line of an extend's answer; None if nothing."""
    outcome = line["outcome"]
    if outcome == "extended":
        told = datetime.datetime.fromisoformat(line["expiresAt"].replace("Z", "+00:00"))
        if round(told.timestamp() * 1000) > row.expires:
            return "it ends sooner"
        if row.free_from < start_ms(attempt):
            return "it had ended before"
    if outcome == "reservation_expired" and row.expires > end_ms(attempt):
        return "it had time left"
    if outcome == "already_converted" and row.status != "COMPLETED":
        return "it is not"
    if outcome == "reservation_cancelled" and row.reason not in ("CUSTOMER", "REPLACED"):
        return "it is not"
    if outcome == "not_found" and attempt.request.get("sessionId", row.session) == row.session:
        return "it is the session's own"
    return None
