"""Decides, from the history, the tables and the audit log, whether every promise was kept.

Each rule is a generator of violations over the books. They know the contract, and nothing of how
the service keeps it.
"""

import rules_end
import rules_reserve
import rules_tables
from books import Books

RULES = (
    rules_reserve.every_hold_that_was_answered_is_there,
    rules_reserve.every_row_was_asked_for,
    rules_reserve.one_key_has_one_hold,
    rules_reserve.a_key_is_refused_only_when_it_was_used,
    rules_reserve.refusals_changed_nothing,
    rules_reserve.faults_invite_to_try_again,
    rules_reserve.shortages_were_real,
    rules_reserve.changes_leave_one_hold,
    rules_end.cancels_tell_the_truth,
    rules_end.converts_tell_the_truth,
    rules_end.extends_tell_the_truth,
    rules_tables.every_end_was_asked_for,
    rules_tables.counters_are_sums,
    rules_tables.nothing_is_sold_twice,
    rules_tables.final_states_are_final,
    rules_tables.cleanups_count_what_they_swept,
    rules_tables.the_log_agrees_with_the_answers,
    rules_tables.holds_stand_in_the_log,
)


def check(history, tables, audit, stocks, earlier=(), outages=()):
    """All violations, each with its evidence; [] if every promise was kept."""
    books = Books(history, tables, audit, stocks, earlier, outages)
    return [violation for rule in RULES for violation in rule(books)]
