"""Queries for mongosh: whatever a model names stays a literal, and what is asked is what the check asks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intact.checks import BY_NAME, KINDS
from intact.checks import mongosh as queries
from intact.core.paths import EACH, Path
from intact.model import load
from intact.model.specs import Collection, Condition, Link, Model, Rule
from tests.support import shell

MODEL = load("delivery", KINDS)
RULES = [rule for report in MODEL.reports.values() for rule in report.rules]
ATTACK = 'a": 1}); db.dropDatabase(); //'
HOSTILE = st.one_of(
    st.sampled_from(
        [
            ATTACK,
            "'",
            "\\",
            "a\nb",
            "a\u2028b",
            "{",
            "}",
            "$where",
            "$$ROOT",
            "`${1}`",
            "__proto__",
            "*/",
            "a/b",
        ]
    ),
    st.text(st.characters(exclude_characters=".", exclude_categories=["Cs"]), min_size=1),
)
names = HOSTILE.filter(lambda name: EACH not in name and not name.isdecimal())
paths = st.lists(st.tuples(names, st.booleans()), min_size=1, max_size=3).map(
    lambda steps: Path(tuple(part for name, each in steps for part in ((name, EACH) if each else (name,))))
)


def texts(value: Any) -> Iterator[str]:
    """Give all text in a query, names of fields included."""
    if isinstance(value, dict):
        yield from value
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)
    elif isinstance(value, str):
        yield value


@given(names, names, names, paths, paths, HOSTILE)
def test_whatever_names_paths_and_values_hold_a_query_is_one_query_of_literals(
    collection: str, target: str, key: str, path: Path, asked: Path, value: str
) -> None:
    rule = replace(RULES[0], options={"where": (Condition(asked, (value, None, True)),)})
    extra = queries.judged(rule)
    own = Collection(target, Path((key,)), "id", "it")
    for keep_missing in (True, False):
        text = queries.lookup(Link(collection, path), own, keep_missing=keep_missing, extra=extra)
        ((name, method, given_),) = shell.read_query(text)
        assert (name, method) == (collection, "aggregate")
        found = list(texts(given_))
        assert target in found
        assert key in found
        assert queries.dotted(asked) in found
    text = queries.find(collection, queries.both(queries.none_of(path, (value,)), queries.no_key(asked)))
    ((name, method, given_),) = shell.read_query(text)
    assert (name, method) == (collection, "find")
    assert value in texts(given_)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.finding)
def test_every_query_of_a_model_with_hostile_names_is_queries_only(rule: Rule) -> None:
    renamed = hostile(MODEL)
    for text in (BY_NAME[rule.kind].mongosh(rule, model) for model in (MODEL, renamed)):
        assert shell.read_query(text)


def hostile(model: Model) -> Model:
    """Give a model whose keys have the name of an attack."""
    return replace(
        model,
        collections={
            name: replace(each, key=Path((ATTACK,))) if each.key else each
            for name, each in model.collections.items()
        },
    )


def test_absence_is_asked_by_type_and_never_by_equality_with_null() -> None:
    for rule in RULES:
        for _, _, given_ in shell.read_query(BY_NAME[rule.kind].mongosh(rule, MODEL)):
            assert not list(nulls(given_)), rule.kind


def nulls(value: Any, name: str = "") -> Iterator[str]:
    """Give the dotted paths that a filter compares with null."""
    if isinstance(value, dict):
        for key, each in value.items():
            if each is None and "." in key and not key.startswith("$"):
                yield key
            yield from nulls(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from nulls(each, name)


def test_queries_of_reconciliations_leave_only_what_is_wrong() -> None:
    asked = {
        "double-entry": "{$match: {entries: {$gt: 1}}}",
        "unreconciled-amount": "{entries: 1}",
        "missing-entry": "{entries: 0, lines: {$gt: 0}, calculated: {$ne: 0}}",
    }
    for kind, condition in asked.items():
        rule = next(each for each in RULES if each.kind == kind)
        text = BY_NAME[kind].mongosh(rule, MODEL)
        assert condition in text
        assert ("$$NOW" in text) == (kind != "double-entry")
