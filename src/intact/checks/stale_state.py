"""Documents that are still in a state which they should have left.

What it finds
    Documents for which conditions hold, with the days since a date, and whether these are too many (``stale``).

Why it matters
    What waits for ever was forgotten: a pending order is a customer without a delivery.

Example
    ``{"id": "o-8", "status": "pending", "created_at": "2025-06-01"}`` at the end of the year.

How to repair
    Finish what was begun, or cancel it. Begin with the stale ones: nobody waits for those any more.

What it cannot see
    Documents whose state is written in a way that no condition names; allowed-values finds those.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from intact.checks import mongosh as shell
from intact.checks import sql
from intact.checks.base import (
    Draft,
    Need,
    Neighbourhood,
    Part,
    document_columns,
    target_name,
)
from intact.checks.context import Context
from intact.checks.evidence import Documents, judged, unreadable, unreadable_flags
from intact.model.types import Kind, Model, Option, OptionType, Rule, TargetType
from intact.paths import Path
from intact.project.columns import Column, Role
from intact.values import JsonValue

KIND = Kind(
    "stale-state",
    TargetType.COLLECTION,
    options={
        "where": Option(OptionType.CONDITIONS, "The state that documents should have left.", required=True),
        "unless": Option(OptionType.CONDITIONS, "Leaves out documents for which all of these hold."),
        "since": Option(OptionType.DATE, "The date from which days_pending counts."),
        "stale-after-days": Option(OptionType.INTEGER, "Marks a finding as stale beyond so many days."),
        "show": Option(OptionType.SHOW, "Values to show: name in the finding, and path."),
    },
    fields=("days_pending", "stale"),
)

_DAY = 86_400_000  # milliseconds


def columns(rule: Rule, model: Model) -> Iterable[Need]:
    """Give the columns that the check reads."""
    yield from document_columns(rule, model, target_name(rule))
    if since := _since(rule):
        yield target_name(rule), Column(since, Role.DATE)


def parts(rule: Rule, model: Model) -> Sequence[Part]:
    """Give one query."""
    del model
    return (Part(lambda context: _find(rule, context), frozenset({target_name(rule)})),)


def lookups(rule: Rule, model: Model, draft: Draft) -> Neighbourhood:
    """Give the document itself."""
    del rule, model, draft
    return Neighbourhood()


def mongosh(rule: Rule, model: Model) -> str:
    """Give a query for mongosh."""
    del model
    return shell.find(target_name(rule), shell.judged(rule))


def _since(rule: Rule) -> Path | None:
    value = rule.options.get("since")
    return value if isinstance(value, Path) else None


def _find(rule: Rule, context: Context) -> Iterator[Draft]:
    collection, since = target_name(rule), _since(rule)
    documents = Documents(context, collection, rule)
    date = sql.column(since, "date") if since else "NULL"
    query = f"SELECT {documents.select}, {date} FROM {documents.table} WHERE {judged(rule)} ORDER BY d._row"
    for row in context.query(query):
        yield documents.draft(row, fields=_age(rule, context.as_of, row[-1]) if since else {})
    yield from unreadable_flags(context, rule, collection, among="TRUE")
    if since:
        yield from unreadable(context, collection, since, Role.DATE, among=judged(rule))


def _age(rule: Rule, as_of: int, date: object) -> dict[str, JsonValue]:
    """Count whole days, rounded down; ``stale`` only where it is true."""
    if date is None:
        return {"days_pending": None}
    days = (as_of - int(str(date))) // _DAY
    limit = rule.options.get("stale-after-days")
    return (
        {"days_pending": days, "stale": True}
        if isinstance(limit, int) and days > limit
        else {"days_pending": days}
    )
