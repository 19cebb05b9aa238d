"""Queries for mongosh, as people would paste them: the same faults, as far as the server finds them.

Whatever a model holds is written as a literal. Absence is asked by type and not by equality with null, which differs
between versions of the server where a path goes through an array (9.0) and where a value is undefined (8.0).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from intact.checks.base import conditions, key_path
from intact.core import mongosh
from intact.core.paths import EACH, Path
from intact.core.values import WHITE_SPACE
from intact.model.specs import (
    Collection,
    Condition,
    Conditions,
    Entries,
    Lines,
    Link,
    Literal,
    Model,
    Reconciliation,
    Rule,
)

_ABSENT = '["missing", "null", "undefined"]'
_FLAGS = '["bool", "missing", "null", "undefined", "array"]'


def find(collection: str, query: str) -> str:
    """Return a find."""
    return f"{mongosh.collection(collection)}.find({query})"


def aggregate(collection: str, stages: list[str]) -> str:
    """Return an aggregation, a stage a line."""
    lines = ",\n  ".join(stages)
    return f"{mongosh.collection(collection)}.aggregate([\n  {lines}\n], {{allowDiskUse: true}})"


def field(path: Path, base: str = "$") -> str:
    """Return the expression of the value at a path; of all values, where it goes through an array.

    Args:
        path: Whose value is meant.
        base: What the path begins at: ``$`` for the document, or ``$$name.``.
    """
    names = [step for step in path.steps if step != EACH]
    if not any(name.startswith("$") for name in names):
        return mongosh.text(base + ".".join(names))
    whole = mongosh.text("$$ROOT" if base == "$" else base.removesuffix("."))
    for name in names:
        whole = f"{{$getField: {{field: {{$literal: {mongosh.text(name)}}}, input: {whole}}}}}"
    return whole


def values(path: Path, base: str = "$") -> str:
    """Return the expression of all values at a path that are there: each element of an array is one."""
    first, *rest = _segments(path)
    return _present(_values(first, rest, base))


def _segments(path: Path) -> list[Path]:
    """Cut a path behind each array that it goes through."""
    found: list[list[str]] = [[]]
    for step in path.steps:
        if step == EACH:
            found.append([])
        else:
            found[-1].append(step)
    return [Path(tuple(steps)) for steps in found if steps]


def _values(first: Path, rest: Sequence[Path], base: str, *, whole: bool = False) -> str:
    """Return the expression of a list of values; ``whole`` where an array at the end is one of them."""
    own = field(first, base)
    listed = f"{{$cond: [{{$isArray: [{own}]}}, {own}, [{own}]]}}"
    if not rest:
        return f"[{own}]" if whole else listed
    inner = _values(rest[0], rest[1:], "$$this.", whole=whole)
    return f'{{$reduce: {{input: {listed}, initialValue: [], in: {{$concatArrays: ["$$value", {inner}]}}}}}}'


def _present(listed: str) -> str:
    there = f'{{$not: [{{$in: [{{$type: "$$each"}}, {_ABSENT}]}}]}}'
    return f'{{$filter: {{input: {listed}, as: "each", cond: {there}}}}}'


def no_link(path: Path) -> str:
    """Condition: a missing link."""
    return f"{{$expr: {{$eq: [{values(path)}, []]}}}}"


def absent(path: Path) -> str:
    """Condition: missing, null or undefined."""
    return f"{{$expr: {{$in: [{{$type: {field(path)}}}, {_ABSENT}]}}}}"


def no_key(path: Path) -> str:
    """Condition: a missing, null or blank key."""
    blank = f'{{$eq: [{_trimmed(field(path))}, ""]}}'
    nothing = absent(path) if len(path.steps) == 1 else f"{{$expr: {{$eq: [{_keys(path)}, []]}}}}"
    return f"{{$or: [{nothing}, {{$expr: {blank}}}]}}"


def _trimmed(value: str) -> str:
    """Return the expression of a text without white space around it, and of 0 where it is no text."""
    trimmed = f"{{$trim: {{input: {value}, chars: {mongosh.text(WHITE_SPACE)}}}}}"
    return f'{{$cond: [{{$eq: [{{$type: {value}}}, "string"]}}, {trimmed}, 0]}}'


def _keys(path: Path) -> str:
    """Return the expression of a document's keys that are there: one, or of each element that the path goes through."""
    return _present(
        _values(Path(path.steps[:1]), [Path((step,)) for step in path.steps[1:]], "$", whole=True)
    )


def none_of(path: Path, allowed: Sequence[str]) -> str:
    """Condition: the value is none of these texts; an array is none, whatever it holds."""
    listed = ", ".join(mongosh.text(each) for each in allowed)
    return f"{{$expr: {{$not: [{{$in: [{field(path)}, {{$literal: [{listed}]}}]}}]}}}}"


def both(*queries: str) -> str:
    """Conditions that must all hold."""
    given = [query for query in queries if query != "{}"]
    if len(given) < 2:
        return given[0] if given else "{}"
    return f"{{$and: [{', '.join(given)}]}}"


def judged(rule: Rule) -> str:
    """Condition: what a rule's ``where`` and ``unless`` leave in."""
    return filtered(conditions(rule, "where"), conditions(rule, "unless"))


def counted(entries: Entries | Lines) -> list[str]:
    """Stages that leave in what counts as an entry, or as a line."""
    return matched(filtered(entries.where, entries.unless))


def matched(query: str) -> list[str]:
    """Return the stage of a condition; none where it leaves everything in."""
    return [] if query == "{}" else [f"{{$match: {query}}}"]


def filtered(where: Conditions, unless: Conditions) -> str:
    """Condition: what these leave in."""
    parts = [_condition(condition) for condition in where]
    if unless:
        parts.append(f"{{$nor: [{both(*[_perhaps(condition) for condition in unless])}]}}")
    return both(*parts)


def _perhaps(condition: Condition) -> str:
    """Condition: it holds, or nobody knows it, since the flag that it asks is no boolean."""
    if not any(isinstance(literal, bool) for literal in condition.allowed):
        return _condition(condition)
    unknown = f"{{$expr: {{$not: [{{$in: [{{$type: {field(condition.path)}}}, {_FLAGS}]}}]}}}}"
    return f"{{$or: [{_condition(condition)}, {unknown}]}}"


def _condition(condition: Condition) -> str:
    given = [_literal(literal) for literal in condition.allowed if literal is not None]
    parts = []
    if given:
        value = given[0] if len(given) == 1 else f"{{$in: [{', '.join(given)}]}}"
        parts.append(f"{{{mongosh.key(dotted(condition.path))}: {value}}}")
    if len(given) < len(condition.allowed):
        parts.append(no_link(condition.path) if condition.link else _null(condition.path))
    return parts[0] if len(parts) == 1 else f"{{$or: [{', '.join(parts)}]}}"


def _null(path: Path) -> str:
    """Condition: missing, null or undefined, or an array that holds such."""
    own = field(path)
    kinds = f'{{$map: {{input: {own}, as: "each", in: {{$type: "$$each"}}}}}}'
    held = f"{{$setIntersection: [{kinds}, {_ABSENT}]}}"
    inside = f"{{$cond: [{{$isArray: [{own}]}}, {{$ne: [{held}, []]}}, false]}}"
    return f"{{$expr: {{$or: [{{$in: [{{$type: {own}}}, {_ABSENT}]}}, {inside}]}}}}"


def _literal(literal: Literal) -> str:
    """Return what a query compares with; text in any letter case, and no line break behind it."""
    if not isinstance(literal, str):
        return mongosh.literal(literal)
    return f"/^{''.join(map(_in_regex, literal))}$(?!\\n)/i"


def _in_regex(char: str) -> str:
    if char == "/":
        return "\\/"
    return re.escape(char) if char.isprintable() else f"\\x{{{ord(char):x}}}"


def dotted(path: Path) -> str:
    """Return a path as MongoDB writes it, without marks for arrays."""
    return ".".join(step for step in path.steps if step != EACH)


def lookup(link: Link, target: Collection, *, keep_missing: bool, extra: str) -> str:
    """Documents whose reference finds nothing: with ``keep_missing`` of which none does, else each that does not."""
    stages = [*matched(extra), f"{{$project: {{references: {values(link.path)}}}}}"]
    if not keep_missing:
        # In an array again, an element that is itself an array is looked for as a whole.
        stages += ['{$unwind: "$references"}', '{$set: {references: ["$references"]}}']
    join = f"from: {mongosh.text(target.name)}, {_joined('references', target)}"
    stages.append(f"{{$lookup: {{{join}}}}}")
    nothing = "{found: []}" if not keep_missing else "{$or: [{references: []}, {found: []}]}"
    stages.append(f"{{$match: {nothing}}}")
    if not keep_missing:
        stages.append('{$group: {_id: "$_id", references: {$push: {$arrayElemAt: ["$references", 0]}}}}')
    return aggregate(link.collection, stages)


def _joined(local: str, target: Collection) -> str:
    key = mongosh.text(dotted(key_path(target)))
    one = "pipeline: [{$limit: 1}, {$project: {_id: 1}}]"
    return f'localField: {mongosh.text(local)}, foreignField: {key}, {one}, as: "found"'


def mismatch(link: Link, back: Link, own: Collection, other: Collection) -> str:
    """Links that are not returned: what they find has links too, and none of them leads back."""
    key = mongosh.text(dotted(key_path(other)))
    back_links = f"{{$project: {{_id: 0, links: {values(back.path)}}}}}"
    join = (
        f'from: {mongosh.text(back.collection)}, localField: "link", foreignField: {key},'
        f' pipeline: [{back_links}], as: "found"'
    )
    links = '{$reduce: {input: "$found", initialValue: [], in: {$concatArrays: ["$$value", "$$this.links"]}}}'
    stages = [
        f"{{$project: {{key: {field(key_path(own))}, link: {values(link.path)}}}}}",
        '{$unwind: "$link"}',
        '{$set: {link: ["$link"]}}',
        f"{{$lookup: {{{join}}}}}",
        f"{{$set: {{found: {links}}}}}",
        '{$match: {found: {$ne: []}, $expr: {$not: [{$in: ["$key", "$found"]}]}}}',
    ]
    return aggregate(link.collection, stages)


def same_key(collection: str, path: Path) -> str:
    """Keys that several documents share; a document may have several, in the elements of an array."""
    blank = f'{{$match: {{$expr: {{$ne: [{_trimmed(mongosh.text("$_id"))}, ""]}}}}}}'
    if len(path.steps) == 1:
        return aggregate(collection, [*_shared(field(path)), blank])
    keys = f"{{$project: {{key: {{$setUnion: [{_keys(path)}, []]}}}}}}"
    return aggregate(collection, [keys, '{$unwind: "$key"}', *_shared('"$key"'), blank])


def duplicates(collection: str, path: Path, extra: str = "{}") -> str:
    """Values that several documents share."""
    return aggregate(collection, [*matched(extra), *_shared(field(path))])


def _shared(value: str) -> list[str]:
    return [
        f'{{$group: {{_id: {value}, count: {{$sum: 1}}, documents: {{$push: "$_id"}}}}}}',
        "{$match: {_id: {$ne: null}, count: {$gt: 1}}}",
    ]


def periods(
    declared: Reconciliation, model: Model, *wrong: str, existing: bool = False, documents: str = "entry"
) -> str:
    """Subjects and months with their entries and lines side by side, of which only what is wrong is left.

    Args:
        declared: What is reconciled.
        model: Of it.
        wrong: Conditions of what is wrong, on ``entries``, ``lines``, ``billed`` and ``calculated``.
        existing: Whether the subject has to exist.
        documents: Whose ids are listed: each ``entry``, or each ``line``.
    """
    entries, lines = declared.entries, declared.lines
    stages = [
        *_side(entries, entries.period, declared, model, billed=True),
        (
            f"{{$unionWith: {{coll: {mongosh.text(lines.collection)}, pipeline: ["
            f"{', '.join(_side(lines, lines.date, declared, model, billed=False))}]}}}}"
        ),
        (
            '{$group: {_id: "$of", entries: {$sum: "$entries"}, lines: {$sum: "$lines"}, billed: {$sum: "$billed"},'
            f' calculated: {{$sum: "$calculated"}}, documents: {{$push: "${documents}"}}}}}}'
        ),
        f"{{$match: {both(*wrong)}}}",
    ]
    if existing:
        subject = model.collections[declared.of]
        join = f"from: {mongosh.text(subject.name)}, {_joined('_id.subject', subject)}"
        stages += [f"{{$lookup: {{{join}}}}}", "{$match: {found: {$ne: []}}}", '{$unset: "found"}']
    return aggregate(entries.collection, stages)


def ended(model: Model) -> str:
    """Condition: the month of a period has ended."""
    now = f'{{$dateToString: {{date: "$$NOW", format: "%Y-%m", timezone: {mongosh.text(model.timezone)}}}}}'
    return f'{{$expr: {{$lt: ["$_id.period", {now}]}}}}'


def _side(
    side: Entries | Lines, date: Path, declared: Reconciliation, model: Model, *, billed: bool
) -> list[str]:
    """Stages that make one row of each subject of an entry, or of a line."""
    timezone = "UTC" if Link(side.collection, date) in model.days else model.timezone
    own = 'entry: "$_id"' if billed else 'line: "$_id"'
    one, none = (1, 0) if billed else (0, 1)
    apart = side.currency if side.currency and side.currency.is_list else None
    amount = field(Path((side.amount.top,))) if apart else _amount(side.amount)
    sides = f"billed: {amount if billed else 0}, calculated: {0 if billed else amount}"
    own_currency = None if apart else side.currency
    currency = f", currency: {_currency(own_currency, model.currency)}" if declared.by_currency else ""
    known = ", currency: {$ne: false}" if currency else ""
    row = (
        f"subject: {{$setUnion: [{values(side.link)}, []]}}, period: {_month(field(date), timezone)}{currency},"
        f" entries: {{$literal: {one}}}, lines: {{$literal: {none}}}, {sides}, {own}"
    )
    named = ["subject", "period", *(["currency"] if currency else [])]
    of = ", ".join(f'{name}: "${name}"' for name in named)
    return [
        *counted(side),
        f"{{$replaceWith: {{{row}}}}}",
        *(_by_currency(side.amount, apart, model, billed=billed) if apart else []),
        '{$unwind: "$subject"}',
        # No amount is of a currency that is no text.
        f'{{$match: {{period: {{$type: "string"}}, subject: {{$not: /^\\s*$/}}{known}}}}}',
        f"{{$set: {{of: {{{of}}}}}}}",
    ]


def _by_currency(amount: Path, currency: Path, model: Model, *, billed: bool) -> list[str]:
    """Stages that make of a row one for each currency of its elements, which stand where the amount belongs.

    Elements of nothing are in no currency unless there are no others.
    """
    own, sum_of = ("entry", "billed") if billed else ("line", "calculated")
    steps = [step for step in currency.steps if step != EACH]
    arrays = currency.steps.count(EACH)
    for _ in range(arrays):  # what is unwound is no array any more
        at = amount.steps.index(EACH)
        amount = Path(amount.steps[:at] + amount.steps[at + 1 :])
    ends = [at for at, step in enumerate(currency.steps) if step == EACH]
    unwound = [Path((sum_of, *currency.steps[1:end])) for end in ends]
    each = f'{{$group: {{_id: {{of: "${own}", currency: {_currency(Path((sum_of, *steps[1:])), model.currency)}}},'
    some = '{$filter: {input: "$each", cond: {$ne: ["$$this.amount", 0]}}}'
    return [
        *(f"{{$unwind: {{path: {field(path)}, preserveNullAndEmptyArrays: true}}}}" for path in unwound),
        f'{each} row: {{$first: "$$ROOT"}}, amount: {{$sum: {_amount(Path((sum_of, *amount.steps[1:])))}}}}}}}',
        (
            '{$group: {_id: "$_id.of", row: {$first: "$row"},'
            ' each: {$push: {currency: "$_id.currency", amount: "$amount"}}}}'
        ),
        f"{{$set: {{some: {some}}}}}",
        '{$set: {some: {$cond: [{$eq: ["$some", []]}, "$each", "$some"]}}}',
        '{$unwind: "$some"}',
        f'{{$replaceWith: {{$mergeObjects: ["$row", {{currency: "$some.currency", {sum_of}: "$some.amount"}}]}}}}',
    ]


def _month(own: str, timezone: str) -> str:
    """Return the expression of a date's month; null where it is none."""
    trimmed = f"{{$trim: {{input: {own}}}}}"
    zone = mongosh.text(timezone)
    named = f"{{$regexMatch: {{input: {trimmed}, regex: /^\\d{{4}}-(0[1-9]|1[0-2])(-\\d\\d)?$/}}}}"
    moment = f"{{$dateFromString: {{dateString: {trimmed}, onError: null, onNull: null}}}}"
    cases = [
        (
            f'{{case: {{$eq: [{{$type: {own}}}, "date"]}},'
            f' then: {{$dateToString: {{date: {own}, format: "%Y-%m", timezone: {zone}}}}}}}'
        ),
        f'{{case: {{$ne: [{{$type: {own}}}, "string"]}}, then: null}}',
        f"{{case: {named}, then: {{$substrCP: [{trimmed}, 0, 7]}}}}",
    ]
    text = f'{{$dateToString: {{date: {moment}, format: "%Y-%m", timezone: {zone}, onNull: null}}}}'
    return f"{{$switch: {{branches: [{', '.join(cases)}], default: {text}}}}}"


def _currency(path: Path | None, general: str | None) -> str:
    """Return the expression of an amount's currency: the model's where there is none, false where it is no text."""
    known = f"{{$literal: {mongosh.literal(general)}}}"
    if path is None:
        return known
    own = field(path)
    cases = [
        f"{{case: {{$in: [{{$type: {own}}}, {_ABSENT}]}}, then: {known}}}",
        f'{{case: {{$ne: [{{$type: {own}}}, "string"]}}, then: false}}',
        f'{{case: {{$eq: [{{$trim: {{input: {own}}}}}, ""]}}, then: {known}}}',
    ]
    return (
        f"{{$switch: {{branches: [{', '.join(cases)}], default: {{$toUpper: {{$trim: {{input: {own}}}}}}}}}}}"
    )


def _amount(path: Path) -> str:
    """Return the expression of an amount: the sum of the numbers at a path, also those written as text.

    White space around such a text is no part of the number, and what is infinite or no number counts 0.
    """
    each = '{$cond: [{$eq: [{$type: "$$each"}, "string"]}, {$trim: {input: "$$each"}}, "$$each"]}'
    converted = f'{{$convert: {{input: {each}, to: "decimal", onError: 0, onNull: 0}}}}'
    # A NaN sorts before all numbers.
    finite = '{$and: [{$gt: ["$$n", NumberDecimal("-Infinity")]}, {$lt: ["$$n", NumberDecimal("Infinity")]}]}'
    number = f'{{$let: {{vars: {{n: {converted}}}, in: {{$cond: [{finite}, "$$n", 0]}}}}}}'
    kinds = '["int", "long", "double", "decimal", "string"]'
    each = f'{{$cond: [{{$in: [{{$type: "$$each"}}, {kinds}]}}, {number}, 0]}}'
    return f'{{$sum: {{$map: {{input: {values(path)}, as: "each", in: {each}}}}}}}'
