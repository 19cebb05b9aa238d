"""Queries for mongosh, as people would paste them: the same faults, as far as the server finds them."""

from __future__ import annotations

import json
import re

from intact.checks.base import conditions
from intact.model.types import Collection, Condition, Conditions, Entries, Lines, Link, Literal, Rule
from intact.paths import Path


def find(collection: str, query: str) -> str:
    """A find."""
    return f"{_collection(collection)}.find({query})"


def dotted(path: Path) -> str:
    """A path as MongoDB writes it, without marks for arrays."""
    return str(path).replace("[]", "")


def no_link(path: Path) -> str:
    """Condition: a missing link."""
    name = dotted(path)
    return f'{{$or: [{{"{name}": null}}, {{"{name}": []}}]}}'


def both(*queries: str) -> str:
    """Conditions that must all hold."""
    given = [query for query in queries if query != "{}"]
    if len(given) < 2:
        return given[0] if given else "{}"
    return f"{{$and: [{', '.join(given)}]}}"


def judged(rule: Rule) -> str:
    """Condition: what a rule's ``where`` and ``unless`` leave in."""
    return _filtered(conditions(rule, "where"), conditions(rule, "unless"))


def counted(entries: Entries) -> list[str]:
    """Stages that leave in what counts as an entry."""
    kept = _filtered(entries.where, entries.unless)
    return [] if kept == "{}" else [f"{{$match: {kept}}}"]


def _filtered(where: Conditions, unless: Conditions) -> str:
    parts = [_condition(condition) for condition in where]
    if unless:
        parts.append(f"{{$nor: [{both(*[_condition(condition) for condition in unless])}]}}")
    return both(*parts)


def lookup(link: Link, target: Collection, *, keep_missing: bool, extra: str) -> str:
    """Documents whose reference finds nothing; with or without those that have none."""
    name, key = dotted(link.path), dotted(target.key) if target.key else "_id"
    first = both(extra, *([] if keep_missing else [f'{{"{name}": {{$nin: [null, []]}}}}']))
    stages = [f"{{$match: {first}}}"] if first != "{}" else []
    nulls = f', pipeline: [{{$match: {{"{key}": {{$ne: null}}}}}}]' if keep_missing else ""
    join = f'from: {json.dumps(target.name)}, localField: "{name}", foreignField: "{key}"{nulls}, as: "found"'
    stages.append(f"{{$lookup: {{{join}}}}}")
    stages.append("{$match: {found: []}}")
    return aggregate(link.collection, stages)


def mismatch(link: Link, back: Link, own: Collection, other: Collection) -> str:
    """Links that are not returned."""
    own_key, other_key = (dotted(c.key) if c.key else "_id" for c in (own, other))
    name, other_name = dotted(link.path), f"$other.{dotted(back.path)}"
    join = (
        f'from: {json.dumps(back.collection)}, localField: "{name}", foreignField: "{other_key}", as: "other"'
    )
    linked = f'{{$gt: [{{$size: "{other_name}"}}, 0]}}'
    unreturned = f'{{$not: {{$in: ["${own_key}", "{other_name}"]}}}}'
    stages = [f"{{$lookup: {{{join}}}}}", f"{{$match: {{$expr: {{$and: [{linked}, {unreturned}]}}}}}}"]
    return aggregate(link.collection, stages)


def duplicates(collection: str, expression: str) -> str:
    """Values that several documents share."""
    return aggregate(
        collection,
        [
            f'{{$group: {{_id: "{expression}", count: {{$sum: 1}}, documents: {{$push: "$_id"}}}}}}',
            "{$match: {_id: {$ne: null}, count: {$gt: 1}}}",
        ],
    )


def sums(lines: Lines) -> str:
    """What the lines of each subject come to by calendar month."""
    amount, stages = dotted(lines.amount), []
    if (counted := _filtered(lines.where, lines.unless)) != "{}":
        stages.append(f"{{$match: {counted}}}")
    value = f'{{$sum: "${amount}"}}' if lines.amount.is_list else f'"${amount}"'
    month = f'{{$dateToString: {{date: {{$toDate: "${dotted(lines.date)}"}}, format: "%Y-%m"}}}}'
    stages.append(
        f'{{$group: {{_id: {{subject: "${dotted(lines.link)}", period: {month}}},'
        f" count: {{$sum: 1}}, amount: {{$sum: {value}}}}}}}"
    )
    return aggregate(lines.collection, stages)


def aggregate(collection: str, stages: list[str]) -> str:
    """An aggregation, a stage a line."""
    lines = ",\n  ".join(stages)
    return f"{_collection(collection)}.aggregate([\n  {lines}\n], {{allowDiskUse: true}})"


def _collection(name: str) -> str:
    return f"db.{name}" if re.fullmatch(r"[A-Za-z_]\w*", name) else f"db.getCollection({json.dumps(name)})"


def _condition(condition: Condition) -> str:
    given = [_literal(literal) for literal in condition.allowed]
    value = given[0] if len(given) == 1 else f"{{$in: [{', '.join(given)}]}}"
    return f'{{"{dotted(condition.path)}": {value}}}'


def _literal(literal: Literal) -> str:
    if isinstance(literal, str):
        escaped = re.escape(literal).replace("/", "\\/")
        return f"/^{escaped}$/i"
    return "null" if literal is None else str(literal).lower()
