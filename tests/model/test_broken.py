"""A wrong model is refused, with the line of the mistake and the name that was probably meant."""

from __future__ import annotations

from functools import cache

import pytest

from intact.checks import KINDS
from intact.core.errors import ModelError
from intact.model import parse
from tests.model.broken import CASES, SHOP, Case

MINIMAL = """\
intact: 1
name: m
title: M
collections:
  a: {key: id}
reports:
  r:
    title: R
    cadence: daily
    document: R
    checks:
      - {duplicate-key: a, finding: D, severity: low, description: d}
    total: {t: {count: all}}
"""


@cache
def _refused(text: str) -> ModelError:
    with pytest.raises(ModelError) as caught:
        parse(text, KINDS, "shop.yml")
    return caught.value


def test_the_shop_itself_is_right() -> None:
    """Else the table would prove nothing."""
    assert parse(SHOP.read_text(encoding="utf-8"), KINDS).name == "shop"


def test_the_table_is_long_and_its_names_differ() -> None:
    """At least 60 ways."""
    assert len({case.name for case in CASES}) == len(CASES) >= 60


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_mistake_gives_its_line_its_sentence_and_the_name_meant(case: Case) -> None:
    """One problem says what the table says, where it says it."""
    error = _refused(case.text)
    found = [problem for problem in error.problems if case.says in problem.message]
    assert found, str(error)
    assert f"shop.yml:{case.line}" in [problem.where for problem in found]
    if case.meant:
        assert f"'{case.meant.strip('{}')}'" in found[0].hint, found[0].hint


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_mistake_is_told_without_an_avalanche(case: Case) -> None:
    """What follows from one mistake is not told as another ten."""
    assert len(_refused(case.text).problems) <= 4


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_sentences_have_no_full_stop_and_hints_have_one(case: Case) -> None:
    """As all errors of intact."""
    for problem in _refused(case.text).problems:
        assert not problem.message.endswith("."), problem.message
        assert problem.hint == "" or problem.hint.endswith((".", "?")), problem.hint
        assert "\n" not in problem.message + problem.hint


def test_all_mistakes_of_a_file_are_told_in_the_order_of_its_lines() -> None:
    """A user mends the file once, not once a mistake."""
    text = SHOP.read_text(encoding="utf-8")
    for right, wrong in (("currency: EUR", "currency: euro"), ("cadence: daily", "cadence: dayly"),
                         ("compare: phone", "compare: fone"), ("{undated: monthly}", "{undated: montly}")):  # fmt: skip
        text = text.replace(right, wrong)
    error = _refused(text)
    assert [problem.where for problem in error.problems] == [
        "shop.yml:5",
        "shop.yml:101",
        "shop.yml:123",
        "shop.yml:139",
    ]
    assert (error.message, error.where, error.hint) == (
        error.problems[0].message,
        error.problems[0].where,
        error.problems[0].hint,
    )
    assert str(error).splitlines() == [str(problem) for problem in error.problems]


def test_a_single_mistake_is_its_own_list() -> None:
    """So that who prints problems need not look how many there are."""
    error = _refused("intact: 9")
    assert error.problems == (error,)
    assert str(error) == (
        "shop.yml:1: this model is written in format 9; this release of intact reads format 1."
        " Install a newer release of intact."
    )


def test_a_minimal_model_is_enough() -> None:
    """What need not be said has a default."""
    model = parse(MINIMAL, KINDS)
    assert (model.timezone, model.currency, model.region, model.about) == ("UTC", None, None, "")
    assert model.headline == (("r", "t"),)
    assert model.fail_on == ("CRITICAL", "HIGH")
    assert model.collections["a"].named == "id"


def test_critical_and_high_findings_make_a_run_fail_unless_the_model_says_otherwise() -> None:
    """A tool that finds what is critical and exits 0 is of no use in a pipeline."""
    critical = MINIMAL.replace("severity: low", "severity: critical")
    assert parse(critical, KINDS).fail_on == ("CRITICAL", "HIGH")
    assert parse(critical + "fail-on: []\n", KINDS).fail_on == ()
    assert parse(critical + "fail-on: [UNREADABLE_VALUE]\n", KINDS).fail_on == ("UNREADABLE_VALUE",)


@pytest.mark.parametrize(
    ("part", "says"),
    [
        ("collections:\n  a: {key: id}\n", "collections: {}\n"),
        ("collections:\n  a: {key: id}\n", "collections: []\n"),
        ("collections:\n  a: {key: id}\n", "collections:\n"),
        ("      - {duplicate-key: a, finding: D, severity: low, description: d}\n", "      []\n"),
        ("{t: {count: all}}", "{}"),
        ("{t: {count: all}}", "{t: {}}"),
        ("{t: {count: all}}", "{t: {count: []}}"),
        ("{t: {count: all}}", "{t: {count: {}}}"),
        ("{t: {count: all}}", "{t: {count: all, where: {}}}"),
        ("duplicate-key: a", "duplicate-key:"),
        ("severity: low", "severity:"),
        ("description: d", "description: [d]"),
        ("title: R", "title: true"),
        ("title: R", "title: 2026"),
    ],
)
def test_what_is_empty_or_of_another_type_is_refused(part: str, says: str) -> None:
    """With a sentence, not with a traceback."""
    assert MINIMAL.count(part) == 1
    _refused(MINIMAL.replace(part, says))


@pytest.mark.parametrize("text", ["- a", "5", "a", "null", "[]", "''", "---", "# only a comment"])
def test_what_is_no_mapping_is_refused(text: str) -> None:
    """At the first line."""
    assert _refused(text).where == "shop.yml:1"


def test_aliases_stand_for_what_they_name() -> None:
    """A list that several checks share is written once."""
    shared = MINIMAL.replace(
        "    total:",
        "      - &x {allowed-values: a.s, values: &v [p, q], finding: S, severity: low, description: d}\n"
        "      - {allowed-values: a.t, values: *v, finding: T, severity: low, description: d}\n"
        "    total:",
    )
    rules = parse(shared, KINDS).reports["r"].rules
    assert rules[1].options["values"] == rules[2].options["values"] == ("p", "q")


def test_aliases_that_grow_without_end_are_refused_at_once() -> None:
    """A billion laughs."""
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10)
    )
    assert "too large" in _refused(bomb).message


def test_deep_nesting_is_refused() -> None:
    """Not recursed into."""
    assert "nested too deeply" in _refused("a: " + "[" * 5000).message


def test_words_that_other_formats_read_as_booleans_are_texts() -> None:
    """YAML 1.2: no, on and yes are words; so is a date."""
    text = MINIMAL.replace("{key: id}", "{key: on, noun: no, values: {yes: [off, y, 2026-01-01]}}")
    collection = parse(text, KINDS).collections["a"]
    assert (str(collection.key), collection.noun) == ("on", "no")
    assert {str(path): values for path, values in collection.values.items()} == {
        "yes": ("off", "y", "2026-01-01")
    }


def test_names_of_collections_may_have_dots_and_the_longest_counts() -> None:
    """``a.b.c`` is path ``c`` of ``a.b`` where that is declared, else path ``b.c`` of ``a``."""
    text = MINIMAL.replace("  a: {key: id}", "  a: {key: id}\n  a.b: {key: id}\n  a-x: {key: id}").replace(
        "    total:",
        "      - {duplicate-value: a.b.c, compare: exact, ids: x, finding: E, severity: low, description: d}\n"
        "      - {duplicate-value: a.c.b, compare: exact, ids: x, finding: F, severity: low, description: d}\n"
        "      - {duplicate-value: a-x.y, compare: exact, ids: x, finding: G, severity: low, description: d}\n"
        "    total:",
    )
    rules = parse(text, KINDS).reports["r"].rules
    found = [
        (link.collection, str(link.path))
        for link in (rule.target for rule in rules[1:])
        if not isinstance(link, str)
    ]
    assert found == [("a.b", "c"), ("a", "c.b"), ("a-x", "y")]


def test_the_same_type_may_come_from_several_collections() -> None:
    """Dangling references of one sort, say."""
    text = MINIMAL.replace("  a: {key: id}", "  a: {key: id}\n  b: {key: id}").replace(
        "    total:", "      - {duplicate-key: b, finding: D, severity: low, description: d}\n    total:"
    )
    assert [rule.finding for rule in parse(text, KINDS).reports["r"].rules] == ["D", "D"]


def test_the_same_check_twice_is_refused() -> None:
    """It would find everything twice."""
    line = "      - {duplicate-key: a, finding: D, severity: low, description: d}\n"
    error = _refused(MINIMAL.replace(line, line * 2))
    assert (error.where, error.message) == ("shop.yml:13", "this check stands in line 12 already")


def test_a_file_of_nothing_but_mistakes_is_given_up() -> None:
    """It is no model, and nobody reads a thousand lines."""
    assert len(_refused(MINIMAL + "".join(f"wrong{n}: {n}\n" for n in range(5000))).problems) == 100


def test_a_model_of_a_later_format_is_told_nothing_else() -> None:
    """Its names are not wrong, only unknown here."""
    assert len(_refused(MINIMAL.replace("intact: 1", "intact: 2") + "new-thing: 5\n").problems) == 1
