"""What a reserve's answer and its row must agree on; keys; refusals of all kinds."""

from books import Violation, end_ms, lines_of, signature_of, start_ms
from history import hashed_key

TTL_MS = 1800 * 1000


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
        elif row.key is None:
            yield Violation("wrong key", "no key, so its own request could not find it",
                            [row, creator])
        ttl = row.expires - row.created
        if ttl != ttl_ms(creator) and not was_extended(books, row):
            yield Violation("wrong time", f"it lives for {ttl} ms", [row, creator])
    for request_id, rows in books.created_by.items():
        if request_id is not None and len(rows) > 1:
            yield Violation("double row", "one request made several", rows)


def ttl_ms(attempt):
    """The time that a reserve or an extend asks for."""
    return attempt.request.get("ttlSeconds", TTL_MS // 1000) * 1000


def was_extended(books, row):
    """An extend can have given it the end that it has; what was not answered may come late."""
    for attempt in books.extenders.get(row.id, ()):
        at = row.expires - ttl_ms(attempt)
        if start_ms(attempt) <= at and (at <= end_ms(attempt) or not attempt.is_final):
            return True
    return False


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


def refusals_changed_nothing(books):
    """4xx: no row made, none ended. What it swept on its way stays swept."""
    for attempt in books.history:
        if attempt.is_refused:
            for row in books.made_by(attempt) + books.ended_by(attempt):
                yield Violation("4xx changed something", f"answered {attempt.status}",
                                [attempt, row])


def faults_invite_to_try_again(books):
    """5xx says when."""
    for attempt in books.history:
        if attempt.status is not None and attempt.status >= 500 and not attempt.retry_after:
            yield Violation("no Retry-After", f"answered {attempt.status}", [attempt])


def shortages_were_real(books):
    """Nobody was told "out of stock" while, all the time he waited, there was enough."""
    for attempt in books.history:
        if attempt.action == "reserve" and attempt.is_refused:
            variant, need = attempt.request["variantId"], attempt.request["quantity"]
            if attempt.answer["code"] == "variant_not_found" and variant in books.stocks:
                yield Violation("false 404", "the variant is there", [attempt])
            if attempt.answer["code"] == "insufficient_stock":
                need -= credit_of(books, attempt, variant)
                yield from shortage_was_real(books, attempt, variant, need)
        if attempt.action == "convert" and attempt.is_final:
            for variant, need in late_short_of(books, attempt).items():
                yield from shortage_was_real(books, attempt, variant, need)


def credit_of(books, attempt, variant):
    """Units of a hold that was to be replaced, and lived all the time he waited."""
    row = books.rows.get(attempt.request.get("replaces"))
    if row is None or row.variant != variant or row.free_from <= end_ms(attempt):
        return 0
    return row.quantity


def shortage_was_real(books, attempt, variant, need):
    most = books.usage(variant).most(start_ms(attempt), end_ms(attempt))
    stock = books.stocks.get(variant, 0)
    if stock - most >= need:
        yield Violation("false shortage", f"at most {most} of {stock} were in use", [attempt])


def late_short_of(books, attempt):
    """Variant -> all that a convert wanted of it, where a line of it was told `late_short`."""
    rows = [books.rows[identity] for identity in attempt.ids if identity in books.rows]
    lines = lines_of(attempt)
    short = {row.variant for row in rows if lines[row.id]["outcome"] == "late_short"}
    return {variant: sum(row.quantity for row in rows if row.variant == variant)
            for variant in short}


def changes_leave_one_hold(books):
    """Who has the new hold has the old one no longer; and who lost the old one has the new one."""
    for attempt in books.history:
        old = books.rows.get(attempt.request.get("replaces"))
        if old is None:
            continue
        if attempt.status == 201:
            new = books.rows.get(attempt.answer["reservationId"])
            if new is not None and old.free_from > new.created:
                yield Violation("double hold", "it was replaced, and lived on", [attempt, old, new])
        if attempt.is_refused and is_wrong_refusal(attempt, old):
            yield Violation("wrong refusal", f"{attempt.answer['code']}, it says", [attempt, old])
    for row in books.rows.values():
        if row.reason == "REPLACED" and not any(
            new.created == row.closed for new in books.created_by.get(row.closed_by, ())
        ):
            yield Violation("lost hold", "replaced by none", [row])


def is_wrong_refusal(attempt, old):
    """The hold that it names was not in the way."""
    code = attempt.answer["code"]
    if code == "reservation_not_found":
        return old.session == attempt.request["sessionId"]
    if code == "already_converted":
        return old.status != "COMPLETED"
    return code == "reservation_cancelled" and old.reason not in ("CUSTOMER", "REPLACED")
