"""Documents that are still in a state which they should have left.

What it finds
    Documents for which conditions hold, with the days since a date, and whether these are too many (``stale``). A date
    after the moment of the audit has no days, and the finding says so (``after_as_of``).

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
from zoneinfo import ZoneInfo

from intact.checks import mongosh as shell
from intact.checks import sql
from intact.checks.base import (
    Draft,
    Judged,
    Need,
    Neighbourhood,
    Part,
    PathUse,
    Rest,
    conditions,
    document_columns,
    document_rests,
    target_name,
)
from intact.checks.context import Context
from intact.checks.evidence import Documents, judged, unreadable, unreadable_flags
from intact.checks.periods import DAY, start_of_day
from intact.core.paths import Path
from intact.core.values import JsonValue
from intact.model.specs import Kind, Link, Model, Option, OptionType, Rule, TargetType
from intact.project.columns import Column, Role

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
    fields=("days_pending", "stale", "after_as_of"),
)


def columns(rule: Rule, model: Model) -> Iterable[Need]:
    """Yield the columns that the check reads."""
    yield from document_columns(rule, model, target_name(rule))
    if since := _since(rule):
        yield target_name(rule), Column(since, Role.DATE)


def parts(rule: Rule, model: Model) -> Sequence[Part]:
    """Return one query."""
    del model
    return (Part(lambda context: _find(rule, context), frozenset({target_name(rule)})),)


def rests(rule: Rule, model: Model) -> Iterable[Rest]:
    """Yield the places on which the check rests."""
    collection = target_name(rule)
    yield from document_rests(rule, model, collection)
    if since := _since(rule):
        yield Rest(collection, (since,), PathUse.DATE)


def judges(rule: Rule, context: Context) -> Sequence[Judged]:
    """Return the documents that are not left out: of each it is asked whether it is in the state."""
    name, left_out = target_name(rule), conditions(rule, "unless")
    asked = [Link(name, each.path) for each in conditions(rule, "where") if None not in each.allowed]
    if context.dead(*asked):
        return (Judged(name, where="FALSE"),)
    return (Judged(name, where=f"{sql.holds((), unless=left_out)} IS TRUE" if left_out else ""),)


def lookups(rule: Rule, model: Model, draft: Draft) -> Neighbourhood:
    """Return the document itself."""
    del rule, model, draft
    return Neighbourhood()


def mongosh(rule: Rule, model: Model) -> str:
    """Return a query for mongosh."""
    del model
    return shell.find(target_name(rule), shell.judged(rule))


def _since(rule: Rule) -> Path | None:
    value = rule.options.get("since")
    return value if isinstance(value, Path) else None


def _find(rule: Rule, context: Context) -> Iterator[Draft]:
    collection, since = target_name(rule), _since(rule)
    documents = Documents(context, collection, rule)
    date, is_day = "NULL", "FALSE"
    if since:
        date = sql.column(since, "date")
        is_day = sql.is_day(since, as_day=Link(collection, since) in context.model.days)
    zone = ZoneInfo(context.model.timezone)
    query = (
        f"SELECT {documents.select}, {date}, {is_day} FROM {context.selected(collection, judged(rule))} d"
        f" WHERE {judged(rule)} ORDER BY {context.order(collection)}"
    )
    for row in context.query(query):
        begun = None if row[-2] is None else int(str(row[-2]))
        if begun is not None and row[-1]:
            begun = start_of_day(begun // DAY * DAY, zone)
        yield documents.draft(row, fields=_age(rule, context.as_of, begun) if since else {})
    yield from unreadable_flags(context, rule, collection, among="TRUE")
    if since:
        yield from unreadable(context, collection, since, Role.DATE, among=judged(rule))


def _age(rule: Rule, as_of: int, begun: int | None) -> dict[str, JsonValue]:
    """Count whole days, rounded down; ``stale`` and ``after_as_of`` only where they are true."""
    if begun is None:
        return {"days_pending": None}
    if begun > as_of:
        return {"days_pending": None, "after_as_of": True}
    days = (as_of - begun) // DAY
    limit = rule.options.get("stale-after-days")
    return (
        {"days_pending": days, "stale": True}
        if isinstance(limit, int) and days > limit
        else {"days_pending": days}
    )
