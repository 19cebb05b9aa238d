"""Periods with lines and no entry at all.

What it finds
    Subjects with lines in a calendar month that has ended and without any entry for it, unless the lines come to 0;
    whether the subject exists or not.

Why it matters
    What was counted and never booked is money that shows nowhere else.

Example
    The subscription ``s-4`` has 31 orders in ``2026-01`` that come to 930, and no bill for January.

How to repair
    Look first for an entry under another subject or month, above all where the finding says that lines are marked as
    booked (``lines_marked``, unless the model names it). If there is none, make it.

What it cannot see
    Lines without a date, or with a date in the wrong month; months that have not ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from intact.checks import accounts, ledger
from intact.checks import mongosh as shell
from intact.checks.base import (
    Draft,
    Judged,
    Need,
    Neighbourhood,
    Part,
    Rest,
    target_name,
)
from intact.checks.context import Context
from intact.checks.ledger import Ledger
from intact.core.order import order_key
from intact.core.values import JsonValue, shown
from intact.model.specs import Kind, Model, Option, OptionType, Reconciliation, Rule, TargetType

KIND = Kind(
    "missing-entry",
    TargetType.RECONCILIATION,
    options={
        "ids": Option(OptionType.NAME, "What the finding calls the list of ids.", required=True),
    },
    fields=("period", "calculated", "lines", "lines_marked"),
)


def columns(rule: Rule, model: Model) -> Iterable[Need]:
    """Yield the columns that the check reads."""
    yield from ledger.columns(model.reconciliations[target_name(rule)], model)


def parts(rule: Rule, model: Model) -> Sequence[Part]:
    """Return a query that stands on all entries, and one for lines whose date cannot be read."""
    declared = model.reconciliations[target_name(rule)]
    entries, lines = frozenset({declared.entries.collection}), frozenset({declared.lines.collection})
    values = (*accounts.booked(declared), *accounts.counted(declared))
    return (
        Part(lambda context: _find(rule, context, declared), entries | lines, entries, values),
        Part(lambda context: Ledger(context, declared).unreadable_dates(), lines),
        Part(lambda context: Ledger(context, declared).unreadable_currencies(declared.lines), lines),
    )


def rests(rule: Rule, model: Model) -> Iterable[Rest]:
    """Yield the places on which the check rests."""
    yield from accounts.rests(model.reconciliations[target_name(rule)], model)


def judges(rule: Rule, context: Context) -> Sequence[Judged]:
    """Return the lines that have a subject, and a date in a month that has ended."""
    book = Ledger(context, context.model.reconciliations[target_name(rule)])
    ended = f"NOT {book.running}"
    return (book.judged(book.declared.lines.collection, f"sum(p.lines) FILTER ({ended})"),)


def lookups(rule: Rule, model: Model, draft: Draft) -> Neighbourhood:
    """Return all entries and lines of the subject, and the subject."""
    subject = None if draft.unreadable else draft.identity[0]
    return ledger.lookups(model.reconciliations[target_name(rule)], model, subject)


def mongosh(rule: Rule, model: Model) -> str:
    """Return a query for mongosh."""
    unbilled = "{entries: 0, lines: {$gt: 0}, calculated: {$ne: 0}}"
    declared = model.reconciliations[target_name(rule)]
    return shell.periods(declared, model, unbilled, shell.ended(model), documents="line")


def _find(rule: Rule, context: Context, declared: Reconciliation) -> Iterator[Draft]:
    book = Ledger(context, declared)
    judged = f"p.entries = 0 AND NOT {book.running}"
    # The sum of wide amounts is not known to the engine; it is settled below.
    reported = f"{judged} AND (p.calculated <> 0 OR p.wide IS NOT NULL)"
    settled = ""
    for period, lines in book.lines(reported):
        if not period.calculated:
            settled += f" AND NOT {period.condition}"
            continue
        members = sorted(lines, key=lambda line: order_key(line.document_id))
        fields: dict[str, JsonValue] = {
            context.collection(declared.of).named: shown(period.subject),
            **period.shown,
            "calculated": period.calculated,
            declared.lines.named: period.lines,
            declared.lines.marked_named: period.marked,
            str(rule.options["ids"]): [shown(line.name) for line in members],
        }
        if not period.complete:
            fields["amount_complete"] = False
        fields["document_ids"] = [shown(line.document_id) for line in members]
        rows = [line.row for line in lines]
        yield Draft(
            declared.lines.collection,
            rows,
            period.identity,
            fields,
            amount=period.calculated,
            currency=period.money,
            cause=(context.collection(declared.of).named,),
            when=period.text,
        )
    yield from book.unreadable_amounts(judged)
    yield from book.unreadable_marks(f"{reported}{settled}")
    yield from book.unreadable_conditions(declared.entries)
    yield from book.unreadable_currencies(declared.entries)
