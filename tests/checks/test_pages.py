"""Every check explains itself: its page, its name, its place in the list, its query for mongosh."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module

import pytest

import intact.checks
from intact.checks import BY_NAME, CHECKS, KINDS, Check
from intact.core.paths import Path
from intact.model import load, shipped
from intact.model.specs import Condition, Model, Rule

HEADINGS = ["What it finds", "Why it matters", "Example", "How to repair", "What it cannot see"]
MODELS = {name: load(name, KINDS) for name in shipped()}
RULES = [
    pytest.param(model, rule, id=f"{name} line {rule.line}: {rule.kind}")
    for name, model in MODELS.items()
    for report in model.reports.values()
    for rule in report.rules
]


def _name(check: Check) -> str:
    return check.__name__.rpartition(".")[2]


@pytest.mark.parametrize("check", CHECKS, ids=_name)
def test_a_page_has_five_headed_paragraphs(check: Check) -> None:
    page = check.__doc__ or ""
    assert re.findall(r"^(\w[^\n]*)$", page, re.MULTILINE)[1:] == HEADINGS
    for heading in HEADINGS:
        text = page.partition(f"\n{heading}\n")[2].partition("\n\n")[0]
        assert len(text.split()) >= 3, heading
        assert text.rstrip().endswith((".", ")")), heading


@pytest.mark.parametrize("check", CHECKS, ids=_name)
def test_a_page_begins_with_one_sentence(check: Check) -> None:
    first = (check.__doc__ or "").split("\n\n")[0]
    assert first[0].isupper()
    assert first.endswith(".")
    assert "\n" not in first


@pytest.mark.parametrize("check", CHECKS, ids=_name)
def test_a_check_is_called_in_models_what_its_file_is_called(check: Check) -> None:
    assert check.KIND.name == _name(check).replace("_", "-")
    assert BY_NAME[check.KIND.name] is check


@pytest.mark.parametrize("check", CHECKS, ids=_name)
def test_every_option_of_a_check_is_said_in_a_sentence(check: Check) -> None:
    for name, option in check.KIND.options.items():
        assert re.fullmatch(r"[a-z][a-z-]*", name)
        assert option.about[0].isupper()
        assert option.about.endswith(".")


def test_the_list_of_checks_is_complete() -> None:
    modules = [
        import_module(f"intact.checks.{each.name}") for each in pkgutil.iter_modules(intact.checks.__path__)
    ]
    assert {module.__name__ for module in modules if hasattr(module, "KIND")} == {
        check.__name__ for check in CHECKS
    }
    assert [kind.name for kind in KINDS] == list(BY_NAME)
    assert len(BY_NAME) == len(CHECKS)


def test_the_shipped_models_use_every_check() -> None:
    used = {
        rule.kind for model in MODELS.values() for report in model.reports.values() for rule in report.rules
    }
    assert used == set(BY_NAME)


@pytest.mark.parametrize(("model", "rule"), RULES)
def test_a_check_gives_a_query_for_mongosh(model: Model, rule: Rule) -> None:
    text = BY_NAME[rule.kind].mongosh(rule, model)
    assert re.match(r"db\.(getCollection\(\"|\w+\.)", text)
    assert list(_open_at_end(text)) == []
    assert "None" not in text
    assert "Path(" not in text


@pytest.mark.parametrize(("model", "rule"), RULES)
def test_a_check_reads_declared_collections_and_has_at_least_one_part(model: Model, rule: Rule) -> None:
    check = BY_NAME[rule.kind]
    needed = {collection for collection, _ in check.columns(rule, model)}
    parts = check.parts(rule, model)
    assert parts
    for part in parts:
        assert part.reads
        assert part.reads | part.whole <= needed <= set(model.collections)


def test_a_query_for_mongosh_holds_the_conditions_of_its_rule() -> None:
    model = MODELS["delivery"]
    rule = model.reports["status"].rules[0]
    odd = (Condition(Path.parse("a.b"), ('it"s /x/ (1)', None, True, 5)),)
    text = BY_NAME[rule.kind].mongosh(replace(rule, options={"unless": odd}), model)
    assert list(_open_at_end(text)) == []
    assert '"a.b"' in text
    assert "true, 5" in text
    assert '{$type: "$a.b"}' in text


def _open_at_end(text: str) -> Iterator[str]:
    """Give the brackets and quotes of JavaScript that are open at the end, and those that close nothing."""
    pairs = {")": "(", "]": "[", "}": "{"}
    stack: list[str] = []
    bare = re.sub(r'"(?:[^"\\]|\\.)*"|/(?:[^/\\\n]|\\.)+/i', "", text)
    for character in bare:
        if character in pairs.values() or character in "\"'":
            stack.append(character)
        elif character in pairs and (not stack or stack.pop() != pairs[character]):
            yield character
    yield from stack
