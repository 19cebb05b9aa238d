"""The loader follows the kinds that it is given: a new check needs no change in it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from intact.checks import KINDS
from intact.core.errors import ModelError
from intact.core.paths import Path
from intact.model import load, parse
from intact.model.specs import Condition, Kind, Link, Option, OptionType, Rule, TargetType
from tests.model.broken import SHOP

MODEL = """\
intact: 1
name: m
title: M
collections:
  a: {key: id, named: a_id, references: {b: bs, "c[].d": bs}, values: {s: [x, y]}}
  bs: {key: id, named: b_id, references: {a: a}}
reports:
  r:
    title: R
    cadence: daily
    document: R
    checks:
      - new-check: a.b
        finding: NEW
        severity: low
        description: "{a_id} {b} {own} {shown}"
        OPTIONS
    total: {t: {count: all}}
"""


def _kind(**options: OptionType) -> Kind:
    about = {
        name.replace("_", "-"): Option(type_, "About.", choices=("one", "two"))
        for name, type_ in options.items()
    }
    return Kind(
        "new-check",
        TargetType.REFERENCE,
        {"show": Option(OptionType.SHOW, "Shown."), **about},
        fields=("own",),
    )


def _rule(kind: Kind, options: str, text: str = MODEL) -> Rule:
    written = "\n        ".join(["show: {shown: x.y}", *filter(None, [options])])
    return parse(text.replace("OPTIONS", written), [kind]).reports["r"].rules[0]


@pytest.mark.parametrize(
    ("type_", "written", "value"),
    [
        (
            OptionType.CONDITIONS,
            "{s: [X, null], n: 5, f: false, d: 0.10}",
            (
                Condition(Path(("s",)), ("X", None)),
                Condition(Path(("n",)), (5,)),
                Condition(Path(("f",)), (False,)),
                Condition(Path(("d",)), (Decimal("0.10"),)),
            ),
        ),
        (OptionType.AMOUNT, "p[].q", Path(("p", "[]", "q"))),
        (OptionType.CURRENCY, "p.q", Path(("p", "q"))),
        (OptionType.DATE, "p.q", Path(("p", "q"))),
        (OptionType.DATES, "[p, q]", (Path(("p",)), Path(("q",)))),
        (OptionType.SHOW, "{one: p, two: q.r}", {"one": Path(("p",)), "two": Path(("q", "r"))}),
        (OptionType.REFERENCE, "bs.a", Link("bs", Path(("a",)))),
        (OptionType.NAMED_REFERENCE, "{n: bs.a}", ("n", Link("bs", Path(("a",))))),
        (OptionType.INTEGER, "0", 0),
        (OptionType.TEXT, "some text", "some text"),
        (OptionType.NAME, "some_ids", "some_ids"),
        (OptionType.CHOICE, "two", "two"),
        (OptionType.VALUES, "[p, '5', null_]", ("p", "5", "null_")),
    ],
)
def test_an_option_becomes_what_its_type_says(type_: OptionType, written: str, value: object) -> None:
    """For every type."""
    kind = _kind(it=type_)
    group = {OptionType.NAME: "{some_ids} {b}", OptionType.REFERENCE: "{a_id} {b_id}"}
    text = MODEL.replace("{a_id} {b}", group.get(type_, "{a_id} {b}"))
    assert _rule(kind, f"it: {written}", text).options == {"show": {"shown": Path(("x", "y"))}, "it": value}


def test_linked_conditions_are_on_the_collection_that_refers() -> None:
    """Whatever the order in which a kind declares them."""
    for kind in (
        _kind(having=OptionType.NAMED_REFERENCE, having_where=OptionType.LINKED_CONDITIONS),
        _kind(having_where=OptionType.LINKED_CONDITIONS, having=OptionType.NAMED_REFERENCE),
    ):
        rule = _rule(kind, "having-where: {s: not-a-value-of-a}\n        having: {n: bs.a}")
        assert rule.options["having-where"] == (Condition(Path(("s",)), ("not-a-value-of-a",)),)


def test_every_type_of_option_was_tried() -> None:
    """So that a new one is."""
    assert len(OptionType) == 14


def test_an_option_that_is_not_given_is_not_there() -> None:
    """Checks ask for it with a default."""
    assert "it" not in _rule(_kind(it=OptionType.INTEGER), "").options


@pytest.mark.parametrize(
    ("kind", "options", "says"),
    [
        (_kind(x=OptionType.AMOUNT, y=OptionType.DATE), "x: p\n        y: p", " a date here and as an amount"),
        (_kind(x=OptionType.DATES, y=OptionType.AMOUNT), "x: [q, p]\n        y: p", " an amount here and as a date"),
        (
            _kind(x=OptionType.CONDITIONS, y=OptionType.DATE),
            "x: {p: true}\n        y: p",
            "a.p is read as a date here and as true or false",
        ),
        (_kind(x=OptionType.DATE), "x: p[].q", "goes through an array"),
        (_kind(x=OptionType.DATES), "x: [p, p]", "stands in this list twice"),
        (_kind(x=OptionType.NAME), "x: own", "have a field 'own' already"),
        (_kind(x=OptionType.NAME), "x: type", "have a field 'type' already"),
        (_kind(x=OptionType.NAME), "x: a b", "cannot be the name of a field"),
        (_kind(x=OptionType.NAME), "x: ids", "have no field 'a_id'"),
        (_kind(x=OptionType.REFERENCE), "x: bs.a", "have no field 'b'"),
        (_kind(x=OptionType.NAMED_REFERENCE), "x: {n: bs.a, m: bs.a}", "expected one name and one reference"),
        (_kind(x=OptionType.VALUES), "", "a declares no values for b"),
    ],
)  # fmt: skip
def test_what_an_option_cannot_be(kind: Kind, options: str, says: str) -> None:
    """Each type has its own mistakes."""
    with pytest.raises(ModelError) as caught:
        _rule(kind, options)
    assert any(says in problem.message for problem in caught.value.problems), str(caught.value)


def test_both_lines_of_a_conflict_are_told() -> None:
    """The later is where the mistake is said to be."""
    with pytest.raises(ModelError, match=r"m:19: a\.p is read as an amount here and as a date in line 18"):
        parse(
            MODEL.replace("OPTIONS", "show: {shown: x}\n        when: p\n        much: p"),
            [_kind(when=OptionType.DATE, much=OptionType.AMOUNT)],
            "m",
        )


def test_types_that_say_more_are_drop_in() -> None:
    """An option may be told to be an amount, a date or a name, and the shipped models load the same."""
    closer = {
        "amount": OptionType.AMOUNT,
        "since": OptionType.DATE,
        "latest": OptionType.DATES,
        "ids": OptionType.NAME,
    }
    kinds = [
        replace(
            kind,
            options={
                name: replace(option, type=closer.get(name, option.type))
                for name, option in kind.options.items()
            },
        )
        for kind in KINDS
    ]
    for name in ("delivery", "northwind", SHOP):
        assert load(name, kinds) == load(name, KINDS)
