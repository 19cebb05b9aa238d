"""What a finding type or a kind of check means: the check's own page, with what the model says about it."""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from intact.checks import BY_NAME, KINDS
from intact.checks.base import UNREADABLE
from intact.errors import UsageError
from intact.model import load
from intact.model.names import nearest
from intact.model.types import Model, ReportSpec, Rule

SECTIONS: Final = ("What it finds", "Why it matters", "Example", "How to repair", "What it cannot see")
"""The headed paragraphs of every check's page."""


@dataclass(frozen=True, slots=True)
class Page:
    """The page of a kind of check: its first line, and its sections by their headings."""

    summary: str
    sections: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Use:
    """One place in the model where the check is asked for.

    Attributes:
        report: Name and title of the report.
        check: Kind and target, as in the model.
        finding: Type of its findings.
        repair: How the model says it is repaired; may be empty.
        query: A query for mongosh that shows the same faults, as far as the server can find them.
    """

    report: tuple[str, str]
    cadence: str
    check: str
    finding: str
    severity: str
    description: str
    repair: str
    query: str
    line: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """All there is to say about a finding type or a kind of check, in one model."""

    name: str
    page: Page
    uses: tuple[Use, ...]
    model: str


def explain(name: str, model: str | os.PathLike[str] | Model = "delivery") -> Explanation:
    """Explain a finding type (``DOUBLE_BILLING``) or a kind of check (``double-entry``).

    Args:
        name: In any letter case, with ``_``, ``-`` or space.
        model: Name of a shipped model, path of a model file, or a model.

    Raises:
        UsageError: If neither the model nor intact has that name; with the nearest one.
        ModelError: If the model cannot be read.
    """
    declared = model if isinstance(model, Model) else load(model, KINDS)
    types = finding_types(declared)
    found = _exactly(name, [*types, *BY_NAME])
    if found is None:
        near = nearest(name, [*types, *BY_NAME])
        hint = f"Did you mean '{near}'?" if near else "`intact explain` alone lists them all."
        raise UsageError(
            f"{name!r} is neither a finding type of the model '{declared.name}' nor a kind of check",
            hint=hint,
        )
    if found == UNREADABLE:
        return Explanation(found, page(_UNREADABLE_PAGE), (), declared.name)
    kind = types.get(found, found)
    uses = tuple(
        _use(declared, report, rule)
        for report, rule in _rules(declared)
        if found in {rule.finding, rule.kind}
    )
    return Explanation(found, page(BY_NAME[kind].__doc__ or ""), uses, declared.name)


def finding_types(model: Model) -> dict[str, str]:
    """Give the finding types of a model, each with its (first) kind of check, in the order of the reports."""
    types: dict[str, str] = {}
    for _, rule in _rules(model):
        types.setdefault(rule.finding, rule.kind)
    return {**types, UNREADABLE: "any"}


def page(docstring: str) -> Page:
    """Read a check's docstring: a line, and sections whose headings stand alone on a line."""
    lines = inspect.cleandoc(docstring).splitlines()
    sections: dict[str, list[str]] = {}
    current: list[str] = []
    for line in lines[1:]:
        if line.strip() in SECTIONS:
            current = sections.setdefault(line.strip(), [])
        else:
            current.append(line)
    bodies = {
        name: inspect.cleandoc("\n" + "\n".join(body)).replace("``", "`") for name, body in sections.items()
    }
    return Page(lines[0] if lines else "", bodies)


def _rules(model: Model) -> Iterator[tuple[ReportSpec, Rule]]:
    for report in model.reports.values():
        for rule in report.rules:
            yield report, rule


def _use(model: Model, report: ReportSpec, rule: Rule) -> Use:
    return Use(
        report=(report.name, report.title),
        cadence=report.cadence.value,
        check=f"{rule.kind} {rule.target}",
        finding=rule.finding,
        severity=rule.severity.value,
        description=rule.description,
        repair=rule.repair,
        query=BY_NAME[rule.kind].mongosh(rule, model),
        line=rule.line,
    )


def _exactly(name: str, names: Sequence[str]) -> str | None:
    """Give the known name that is the same but for letter case and separators."""
    wanted = re.sub(r"[-_ ]", "", name).casefold()
    return next((each for each in names if re.sub(r"[-_ ]", "", each).casefold() == wanted), None)


_UNREADABLE_PAGE: Final = """A value on which a finding or a figure depends, and which is not what it must be.

What it finds
    An amount that is other text, a boolean, NaN or infinite; `items` that is no list, or an item that is no
    object; a date that is none; a flag such as `billed` that is no boolean. Once a document and field. Values
    that nothing depends on are not asked.

Why it matters
    The rest of the document is still judged, and an unreadable amount counts 0: the sums are too low by what
    nobody can read. The finding that needed the amount carries `amount_complete: false`.

Example
    `{"id": "o-9", "items": [{"total": "twelve"}]}` is an unbilled order of 0: `field` is `items[].total`,
    `value` is `"twelve"`, `value_type` is `string`.

How to repair
    Look at the document, find out what the value should have been (the code that wrote it knows), and write
    that with its right type. If many documents have it, repair the code first.

What it cannot see
    A value that can be read and is wrong: 1200 where 120 was meant, a date in the wrong year.
"""
