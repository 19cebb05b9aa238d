"""Entries whose amount is not what their lines come to.

What it finds
    Periods that have ended, with one entry of an existing subject, whose amount differs from the sum of the lines of
    that subject and month by more than the tolerance.

Why it matters
    Too high, and somebody pays for what they did not get; too low, and it is given away.

Example
    A bill of 930 for ``2026-01`` where the orders of the subscription come to 900: ``difference`` is 30.

How to repair
    Compare the entry with its lines; correct the entry, or the line that is wrong (one with the wrong state, a price
    that was changed).

What it cannot see
    Amounts that are equally wrong on both sides; months that have not ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import ROUND_DOWN, Decimal

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
from intact.checks.ledger import Ledger, LedgerMember, Period
from intact.core.amounts import EXACT, tidy
from intact.core.values import JsonValue, shown
from intact.model.specs import Kind, Link, Model, Reconciliation, Rule, TargetType
from intact.project.columns import DECIMAL

KIND = Kind(
    "unreconciled-amount",
    TargetType.RECONCILIATION,
    fields=("period", "billed", "calculated", "difference", "lines"),
)


def columns(rule: Rule, model: Model) -> Iterable[Need]:
    """Yield the columns that the check reads."""
    yield from ledger.columns(model.reconciliations[target_name(rule)], model)


def parts(rule: Rule, model: Model) -> Sequence[Part]:
    """Return one query, which stands on all entries and all lines."""
    declared = model.reconciliations[target_name(rule)]
    both = frozenset({declared.entries.collection, declared.lines.collection})
    values = (*accounts.counted(declared), Link(declared.entries.collection, declared.entries.amount))
    return (Part(lambda context: _find(context, declared), both | {declared.of}, both, values),)


def rests(rule: Rule, model: Model) -> Iterable[Rest]:
    """Yield the places on which the check rests."""
    yield from accounts.rests(model.reconciliations[target_name(rule)], model)


def judges(rule: Rule, context: Context) -> Sequence[Judged]:
    """Return the periods that have ended, with one entry of an existing subject."""
    book = Ledger(context, context.model.reconciliations[target_name(rule)])
    return (book.judged(book.declared.entries.collection, f"count(*) FILTER ({_judged(book)})"),)


def lookups(rule: Rule, model: Model, draft: Draft) -> Neighbourhood:
    """Return all entries and lines of the subject, and the subject."""
    subject = None if draft.unreadable else draft.identity[1]
    return ledger.lookups(model.reconciliations[target_name(rule)], model, subject)


def mongosh(rule: Rule, model: Model) -> str:
    """Return a query for mongosh."""
    declared = model.reconciliations[target_name(rule)]
    difference = '{$abs: {$subtract: ["$billed", "$calculated"]}}'
    differs = f'{{$expr: {{$gt: [{difference}, NumberDecimal("{declared.tolerance}")]}}}}'
    return shell.periods(declared, model, "{entries: 1}", shell.ended(model), differs, existing=True)


def _find(context: Context, declared: Reconciliation) -> Iterator[Draft]:
    book = Ledger(context, declared)
    judged = _judged(book)
    # What the engine sees as reconciled is not looked at; what is too wide for it is settled below.
    differs = f"abs(e.narrow - p.calculated) > {_rounded_down(declared.tolerance)}"
    suspected = f"{judged} AND (e.wide IS NOT NULL OR p.wide IS NOT NULL OR {differs})"
    for period, (entry,) in book.entries(suspected):
        difference = EXACT.subtract(entry.amount, period.calculated)
        if difference.copy_abs() > declared.tolerance:
            fields = _fields(context, declared, period, entry)
            fields["difference"] = tidy(difference)
            fields[declared.lines.named] = period.lines
            if not (period.complete and entry.complete):
                fields["amount_complete"] = False
            fields["document_id"] = shown(entry.document_id)
            identity = (entry.document_id or entry.name, *period.identity)
            yield Draft(
                declared.entries.collection,
                (entry.row,),
                identity,
                fields,
                amount=tidy(difference),
                currency=period.money,
                cause=(context.collection(declared.of).named,),
                when=period.text,
            )
    yield from book.unreadable_amounts(judged)
    yield from book.unreadable_conditions(declared.entries)
    for side in (declared.entries, declared.lines):
        yield from book.unreadable_currencies(side)


def _judged(book: Ledger) -> str:
    """Condition on the periods (alias ``p``) that have one entry to compare."""
    return f"(p.entries = 1 AND p.known AND NOT {book.running})"


def _rounded_down(tolerance: Decimal) -> str:
    """Write a tolerance as the engine's amounts are, never larger than it is."""
    largest, smallest = Decimal(10) ** 15, Decimal(10) ** -DECIMAL.scale
    rounded = min(tolerance, largest).quantize(smallest, ROUND_DOWN, EXACT)
    return f"{rounded:f}::DECIMAL({DECIMAL.precision}, {DECIMAL.scale})"


def _fields(
    context: Context, declared: Reconciliation, period: Period, entry: LedgerMember
) -> dict[str, JsonValue]:
    return {
        context.collection(declared.entries.collection).named: shown(entry.name),
        context.collection(declared.of).named: shown(period.subject),
        **period.shown,
        "billed": entry.amount,
        "calculated": period.calculated,
    }
