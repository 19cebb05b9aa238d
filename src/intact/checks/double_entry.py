"""A subject booked twice for one period.

What it finds
    Subjects of a reconciliation with more than one entry in a calendar month: a subscription with two bills for
    January. It says what was booked, what is owed (what the lines come to; without lines the largest entry; in a month
    that has not ended the greater of the two), and what is over that.

Why it matters
    Somebody pays twice.

Example
    Two bills of 900 for ``s-12`` in ``2026-01`` whose orders come to 900: ``total_overcharge`` is 900.

How to repair
    Compare the entries with the lines, cancel what is over, and give a credit if it has been paid. An overcharge of 0
    means that the entries are parts of one: merge them, or leave them.

What it cannot see
    Entries without a subject or a period, and those that the model's conditions leave out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

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
from intact.core.order import order_key
from intact.core.values import JsonValue, shown
from intact.model.specs import Kind, Model, Option, OptionType, Reconciliation, Rule, TargetType

KIND = Kind(
    "double-entry",
    TargetType.RECONCILIATION,
    options={
        "ids": Option(OptionType.NAME, "What the finding calls the list of ids.", required=True),
    },
    fields=(
        "period",
        "count",
        "total_billed",
        "total_overcharge",
        "calculated",
        "difference",
        "lines",
    ),
)

_TWICE = "p.entries > 1"


def columns(rule: Rule, model: Model) -> Iterable[Need]:
    """Yield the columns that the check reads."""
    yield from ledger.columns(model.reconciliations[target_name(rule)], model)


def parts(rule: Rule, model: Model) -> Sequence[Part]:
    """Return a query for the entries, and one for lines, without which nothing is said to be owed."""
    declared = model.reconciliations[target_name(rule)]
    return (
        Part(
            lambda context: _find(rule, context, declared),
            frozenset({declared.entries.collection}),
            values=accounts.booked(declared),
        ),
        Part(
            lambda context: Ledger(context, declared).unreadable_lines(_TWICE),
            frozenset({declared.lines.collection}),
            frozenset({declared.lines.collection}),
        ),
    )


def rests(rule: Rule, model: Model) -> Iterable[Rest]:
    """Yield the places on which the check rests."""
    yield from accounts.rests(model.reconciliations[target_name(rule)], model)


def judges(rule: Rule, context: Context) -> Sequence[Judged]:
    """Return the entries that have a subject and a period."""
    book = Ledger(context, context.model.reconciliations[target_name(rule)])
    return (book.judged(book.declared.entries.collection, "sum(p.entries)"),)


def lookups(rule: Rule, model: Model, draft: Draft) -> Neighbourhood:
    """Return all entries and lines of the subject, and the subject."""
    subject = None if draft.unreadable else draft.identity[0]
    return ledger.lookups(model.reconciliations[target_name(rule)], model, subject)


def mongosh(rule: Rule, model: Model) -> str:
    """Return a query for mongosh."""
    return shell.periods(model.reconciliations[target_name(rule)], model, "{entries: {$gt: 1}}")


def _find(rule: Rule, context: Context, declared: Reconciliation) -> Iterator[Draft]:
    book = Ledger(context, declared)
    trusted = context.is_whole(declared.lines.collection) and not context.dead(*accounts.counted(declared))
    for ended in (True, False):
        where = f"{_TWICE} AND {'NOT ' if ended else ''}{book.running}"
        for period, entries in book.entries(where):
            yield _draft(rule, context, declared, period, entries, ended=ended, trusted=trusted)
    yield from book.unreadable_entries(_TWICE)
    yield from book.unreadable_periods()
    yield from book.unreadable_conditions(declared.entries)
    yield from book.unreadable_currencies(declared.entries)


def _draft(
    rule: Rule,
    context: Context,
    declared: Reconciliation,
    period: Period,
    entries: list[LedgerMember],
    *,
    ended: bool,
    trusted: bool,
) -> Draft:
    calculated = period.calculated if trusted and period.lines else None
    booked = Decimal(0)
    for entry in entries:
        booked = EXACT.add(booked, entry.amount)
    over = max(Decimal(0), EXACT.subtract(booked, _owed(calculated, entries, ended=ended)))
    members = sorted(entries, key=lambda entry: order_key(entry.document_id))
    fields: dict[str, JsonValue] = {
        context.collection(declared.of).named: shown(period.subject),
        **period.shown,
        "count": len(entries),
        str(rule.options["ids"]): [shown(entry.name) for entry in members],
        "total_billed": tidy(booked),
        "total_overcharge": tidy(over),
        "calculated": calculated,
        "difference": None if calculated is None else tidy(EXACT.subtract(booked, calculated)),
        declared.lines.named: period.lines if trusted else None,
    }
    ids = [entry.document_id for entry in entries if entry.document_id is not None]
    certain = trusted and period.complete and len(set(ids)) == len(ids)
    if not (certain and all(entry.complete for entry in entries)):
        fields["amount_complete"] = False
    fields["document_ids"] = [shown(entry.document_id) for entry in members]
    rows = [entry.row for entry in entries]
    return Draft(
        declared.entries.collection,
        rows,
        period.identity,
        fields,
        amount=tidy(over),
        currency=period.money,
        cause=(context.collection(declared.of).named,),
        when=period.text,
    )


def _owed(calculated: Decimal | None, entries: list[LedgerMember], *, ended: bool) -> Decimal:
    largest = max(entry.amount for entry in entries)
    if calculated is None:
        return largest
    return calculated if ended else max(calculated, largest)
