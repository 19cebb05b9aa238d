"""Values that should be one document's alone and are several documents'.

What it finds
    Groups of documents with the same value at a path: the same telephone number however it is written (compared as
    E.164, an extension being a part of it; a number that a spreadsheet wrote as ``9876543210.0`` or
    ``9.87654321E9`` is that number), the same text whatever its letter case and surrounding white space, or exactly
    the same value. Missing, null and blank values are nobody's duplicates; a telephone number without a digit is blank.

Why it matters
    One person twice is billed twice, called twice, and logs in to the wrong half of their data.

Example
    ``+91 98765 43210`` and ``09876543210`` in two customers.

How to repair
    Compare the documents, keep the most recent (``keep``), move all references from the others to it
    (``references``), archive the others. Where most documents refer to another than the most recent
    (``most_referred_to``), find out which of them the business uses first.

What it cannot see
    One person with two numbers, or two people who share one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from intact.checks import mongosh as shell
from intact.checks import normalisation, sql
from intact.checks import references as referring
from intact.checks.base import (
    Draft,
    Hop,
    Judged,
    Need,
    Neighbourhood,
    Part,
    PathUse,
    Rest,
    collection_rests,
    condition_columns,
    condition_rests,
    conditions,
    key_columns,
    shown_paths,
    target_link,
)
from intact.checks.context import Context
from intact.checks.evidence import judged, scope, shown_value, unreadable, unreadable_flags
from intact.core.order import order_key
from intact.core.paths import Path
from intact.core.values import JsonValue, shown
from intact.engine import quoted
from intact.model.specs import Kind, Model, Option, OptionType, Rule, TargetType
from intact.project.columns import Column, Role

KIND = Kind(
    "duplicate-value",
    TargetType.LINK,
    options={
        "compare": Option(
            OptionType.CHOICE,
            "How values are compared: as phone numbers (E.164), as text without letter case and outer white space,"
            " or exactly.",
            required=True,
            choices=("phone", "text", "exact"),
        ),
        "where": Option(OptionType.CONDITIONS, "Only documents for which these conditions hold."),
        "unless": Option(OptionType.CONDITIONS, "Leaves out documents for which all of these hold."),
        "ids": Option(OptionType.NAME, "What the finding calls the list of ids.", required=True),
        "list": Option(OptionType.SHOW, "Values to list, one a document: name in the finding, and path."),
        "latest": Option(
            OptionType.DATES,
            "Dates that tell which document is the most recent; the first that a document has counts.",
        ),
        "action": Option(OptionType.TEXT, "What to do, in the finding."),
    },
    fields=("count", "keep", "exact", *referring.FIELDS),
)


def columns(rule: Rule, model: Model) -> Iterable[Need]:
    """Yield the columns that the check reads."""
    link = target_link(rule)
    yield link.collection, Column(link.path, Role.KEY)
    yield from key_columns(model.collections[link.collection])
    for option in ("where", "unless"):
        yield from condition_columns(link.collection, conditions(rule, option))
    for path in shown_paths(rule, "list").values():
        yield link.collection, Column(path, Role.TEXT)
    for path in _latest(rule):
        yield link.collection, Column(path, Role.DATE)
    yield from referring.columns(link.collection, model)


def parts(rule: Rule, model: Model) -> Sequence[Part]:
    """Return one query."""
    del model
    link = target_link(rule)
    return (Part(lambda context: _find(rule, context), frozenset({link.collection}), values=(link,)),)


def rests(rule: Rule, model: Model) -> Iterable[Rest]:
    """Yield the places on which the check rests."""
    link = target_link(rule)
    declared = model.collections[link.collection]
    yield Rest(link.collection, (link.path,), PathUse.COMPARED)
    for option in ("where", "unless"):
        yield from condition_rests(link.collection, conditions(rule, option))
    if latest := _latest(rule):
        yield Rest(link.collection, latest, PathUse.DATE)
    yield from collection_rests(declared)
    for path in shown_paths(rule, "list").values():
        yield Rest(link.collection, (path,), PathUse.SHOWN)
    yield from referring.rests(link.collection, model)


def judges(rule: Rule, context: Context) -> Sequence[Judged]:
    """Return the values of documents for which the conditions hold."""
    del context
    link = target_link(rule)
    return (Judged(link.collection, link.path, scope(rule)),)


def lookups(rule: Rule, model: Model, draft: Draft) -> Neighbourhood:
    """Return the documents of the group; where values are compared exactly, whatever else has the value too."""
    del model, draft
    link = target_link(rule)
    if rule.options["compare"] != "exact":
        return Neighbourhood()
    return Neighbourhood(chains=((Hop(link.collection, link.path, link.collection, link.path),),))


def mongosh(rule: Rule, model: Model) -> str:
    """Return a query for mongosh, which finds exactly equal values only."""
    del model
    link = target_link(rule)
    return shell.duplicates(link.collection, link.path, shell.judged(rule))


def _find(rule: Rule, context: Context) -> Iterator[Draft]:
    link, latest = target_link(rule), _latest(rule)
    personal = context.collection(link.collection).is_personal(link.path)
    name = f"same {rule.finding} {link}"
    groups = context.relation(
        name, lambda: normalisation.groups(context, link, str(rule.options["compare"]), judged(rule))
    )
    drafts = (
        (key, _draft(rule, key, sorted(members, key=lambda row: order_key(row[3])), personal=personal))
        for key, members in groupby(_members(rule, context, groups), key=lambda row: str(row[0]))
    )
    yield from referring.with_references(
        context, context.collection(link.collection), groups, drafts, str(rule.options["ids"])
    )
    among = f"d._row IN (SELECT _row FROM {groups})"
    dated = "TRUE"
    for path in latest:
        unread = unreadable(context, link.collection, path, Role.DATE, among=f"{among} AND {dated}")
        yield from _beside(context, link.collection, groups, unread)
        dated += f" AND {sql.column(path, 'date')} IS NULL"
    yield from _open(rule, context)


def _open(rule: Rule, context: Context) -> Iterator[Draft]:
    """Yield the flags that leave open whether a document shares its value with another one."""
    link, where, unless = target_link(rule), conditions(rule, "where"), conditions(rule, "unless")
    filled = context.engine.filled(link.collection)
    if any(each.asks_flag and f"{each.path}@bad" in filled for each in (*where, *unless)):
        maybe = f"({sql.holds(where, unless=unless)} IS NOT FALSE)"
        compare = str(rule.options["compare"])
        groups = context.relation(
            f"perhaps same {rule.finding} {link}", lambda: normalisation.groups(context, link, compare, maybe)
        )
        among = f"d._row IN (SELECT _row FROM {groups})"
        yield from unreadable_flags(context, rule, link.collection, among=among)


def _beside(context: Context, collection: str, groups: str, drafts: Iterator[Draft]) -> Iterator[Draft]:
    """Say of each draft which documents make the group that its document is of: one other is enough."""
    ends: dict[int, tuple[str, ...]] = {}
    for draft in drafts:
        if not ends:
            rows = context.query(
                f"SELECT m._row, e.least, e.most FROM {groups} m JOIN (SELECT key, min(_id) AS least, max(_id) AS most"
                f" FROM {groups} JOIN {quoted(collection)} USING (_row) GROUP BY key) e ON e.key = m.key"
                f" WHERE m._row IN (SELECT _row FROM {context.unread(collection)})"
            )
            ends = {
                int(str(row)): tuple(str(each) for each in both if each is not None) for row, *both in rows
            }
        draft.beside = ends[draft.rows[0]]
        yield draft


def _members(rule: Rule, context: Context, groups: str) -> Iterator[tuple[Any, ...]]:
    """Query the members of all groups: key, raw value, row, ``_id``, name, the most recent date, listed values."""
    link = target_link(rule)
    dates = [sql.column(path, "date") for path in _latest(rule)]
    date = f"coalesce({', '.join(dates)})" if dates else "NULL"
    listed = "".join(f", {sql.column(path, 'text')}" for path in shown_paths(rule, "list").values())
    return context.query(
        f"SELECT g.key, g.raw, d._row, d._id, {sql.named(context.collection(link.collection))}, {date}{listed}"
        f" FROM {groups} g JOIN {quoted(link.collection)} d ON d._row = g._row"
        f" ORDER BY g.key, {context.order(link.collection)}"
    )


def _draft(rule: Rule, key: str, members: list[tuple[Any, ...]], *, personal: bool) -> Draft:
    link = target_link(rule)
    fields: dict[str, JsonValue] = {
        rule.named: shown(key),
        "count": len(members),
        str(rule.options["ids"]): [shown(member[4]) for member in members],
    }
    for at, name in enumerate(shown_paths(rule, "list"), start=6):
        fields[name] = [shown_value(member[at]) for member in members]
    if _latest(rule):
        # max() takes the first of equals; from the greatest _id downwards that one wins a tie.
        keep = max(reversed(members), key=lambda member: (member[5] is not None, member[5] or 0))
        fields["keep"] = shown(keep[4])
    fields["exact"] = len({member[1] for member in members}) == 1
    if action := rule.options.get("action"):
        fields["action"] = str(action)
    fields["document_ids"] = [shown(member[3]) for member in members]
    taken = {rule.named: link.path, **shown_paths(rule, "list")}
    rows = [int(member[2]) for member in members]
    # A personal value could be guessed from its fingerprint: there the group is named by its first document.
    named = str(members[0][3] or members[0][4]) if personal else key
    return Draft(link.collection, rows, (str(link.path), named), fields, taken=taken)


def _latest(rule: Rule) -> tuple[Path, ...]:
    value = rule.options.get("latest", ())
    return value if isinstance(value, tuple) else ()
