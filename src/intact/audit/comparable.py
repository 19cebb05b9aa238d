"""Digests of what a model's rules and figures judge, so that the history knows which of them are what they were.

What counts is all that decides what is found: the kind of check, its target and its options, and what the model
declares of the collections, keys, references and values that it looks at. What only says how it is told does not:
words, severities, kinds of money, what findings show and how they call it, the order and the lines of the file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass, replace
from enum import Enum
from typing import Final

from intact.checks import BY_NAME, figures
from intact.checks.base import Need
from intact.core.paths import Path
from intact.model.specs import (
    Collection,
    CountFindings,
    FigureSpec,
    Link,
    Model,
    OptionType,
    Rule,
    SumFindings,
    UndatedLines,
)
from intact.project.columns import Role

FIGURE: Final = "figure"
"""With what the name of a figure begins where those of checks stand."""

_TELLS: Final = {OptionType.SHOW, OptionType.NAME}
_WORDS: Final = {"line", "name", "named", "marked_named", "noun", "plural"}
"""Fields of declarations that say how something is called, or where it stands."""


def digests(model: Model) -> dict[tuple[str, str, str], str]:
    """Return a digest for each report, check and finding type; of a figure, under its name and no type.

    Several rules may have the same check and type. Findings do not say which of them has made them, so they have one
    digest together.
    """
    plain = replace(model, collections={name: _undated(each) for name, each in model.collections.items()})
    made: dict[tuple[str, str, str], list[str]] = {}
    for report in model.reports.values():
        for rule in report.rules:
            key = report.name, f"{rule.kind} {rule.target}", rule.finding
            made.setdefault(key, []).append(_of_rule(rule, plain))
        for name, figure in (*report.summary.items(), report.total):
            made[report.name, f"{FIGURE} {name}", ""] = [_of_figure(figure, plain)]
    return {key: _digest(sorted(each)) for key, each in made.items()}


def _undated(collection: Collection) -> Collection:
    """Return a collection without the date that only says since when."""
    return replace(collection, dated=None)


def _of_rule(rule: Rule, model: Model) -> str:
    check = BY_NAME[rule.kind]
    told = {name for name, option in check.KIND.options.items() if option.type in _TELLS}
    options = {name: value for name, value in rule.options.items() if name not in told}
    bare = replace(rule, options=options)
    links = [rule.target, *(each for value in options.values() for each in _links(value))]
    declared = model.reconciliations.get(rule.target) if isinstance(rule.target, str) else None
    return _digest(
        rule.kind,
        rule.target,
        _written(options),
        declared,
        model.currency if model.by_currency(rule) else None,
        model.region if "phone" in options.values() else None,
        *_stands_on(check.columns(bare, model), links, model),
    )


def _of_figure(figure: FigureSpec, model: Model) -> str:
    if isinstance(figure, CountFindings | SumFindings):
        return _digest(type(figure).__name__, figure)
    declared = model.reconciliations[figure.reconciliation] if isinstance(figure, UndatedLines) else None
    return _digest(
        type(figure).__name__,
        figure,
        declared,
        *_stands_on(figures.columns(figure, model), _links(figure), model),
    )


def _stands_on(needs: Iterable[Need], links: Iterable[object], model: Model) -> Iterator[object]:
    """Yield what the model declares of all that a query looks at."""
    columns = set(needs)
    for name in sorted({collection for collection, _ in columns}):
        yield name, model.collections[name].key
    for link in sorted({each for each in links if isinstance(each, Link)}, key=str):
        collection = model.collections[link.collection]
        yield link, collection.references.get(link.path), collection.values.get(link.path)
    if any(column.role is Role.DATE for _, column in columns):
        dates = {(name, column.path) for name, column in columns}
        yield (
            model.timezone,
            sorted(str(each) for each in model.days if (each.collection, each.path) in dates),
        )


def _links(value: object) -> Iterator[Link]:
    """Yield the links in an option or a figure."""
    if isinstance(value, Link):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from _links(each)
    elif is_dataclass(value):
        for each in fields(value):
            yield from _links(getattr(value, each.name))


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr([_written(each) for each in parts]).encode()).hexdigest()[:16]


def _written(value: object) -> object:
    """Return a declaration as plain values: what a later version may declare beside it changes nothing."""
    if isinstance(value, Path | Link):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return sorted((str(name), _written(each)) for name, each in value.items())
    if isinstance(value, tuple | list):
        return [_written(each) for each in value]
    if is_dataclass(value):
        return [
            (each.name, _written(getattr(value, each.name)))
            for each in fields(value)
            if each.name not in _WORDS and getattr(value, each.name) != _default(each.default)
        ]
    return value if value is None or isinstance(value, str | bool | int) else str(value)


def _default(given: object) -> object:
    return object() if given is MISSING else given
