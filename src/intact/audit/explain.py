"""What a finding type or a kind of check means: the check's own page, with what the model says about it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from intact.audit.options import finding_types
from intact.checks import BY_NAME, KINDS
from intact.checks.meaning import sections
from intact.checks.pages import SECTIONS, UNREADABLE_PAGE, Page, page
from intact.core.errors import UsageError
from intact.core.terms import UNREADABLE
from intact.model import load
from intact.model.names import nearest
from intact.model.specs import Model, ReportSpec, Rule


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
    """All there is to say about a finding type or a kind of check, in one model.

    Attributes:
        name: The type or the kind.
        page: What the kind of check says of itself.
        uses: Where the model asks for it.
        model: Name of the model.
        sections: What each section says, one text a way in which the model's rules word it.
    """

    name: str
    page: Page
    uses: tuple[Use, ...]
    model: str
    sections: Mapping[str, tuple[str, ...]]


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
        return _explanation(found, UNREADABLE_PAGE, (), declared)
    kind = types.get(found, [found])[0]
    places = [(report, rule) for report, rule in _rules(declared) if found in {rule.finding, rule.kind}]
    return _explanation(found, BY_NAME[kind].__doc__ or "", places, declared)


def _explanation(
    name: str, docstring: str, places: Sequence[tuple[ReportSpec, Rule]], model: Model
) -> Explanation:
    general = page(docstring)
    # A kind of check is told as it is; a type of finding as the rules that make it mean it.
    told = [_sections(rule, model, docstring) for _, rule in places if rule.finding == name] or [
        general.sections
    ]
    return Explanation(
        name,
        general,
        tuple(_use(model, report, rule) for report, rule in places),
        model.name,
        {each: tuple(dict.fromkeys(one[each] for one in told)) for each in general.sections},
    )


def _sections(rule: Rule, model: Model, docstring: str) -> Mapping[str, str]:
    """Return what a rule's findings mean; where it finds absence, with what to check before they are believed."""
    told, (_, _, _, repair, _) = sections(rule, model, docstring), SECTIONS
    sought = [rest for rest in BY_NAME[rule.kind].rests(rule, model) if rest.sought]
    if not sought:
        return told
    fields = " and ".join(f"`{path}` of {rest.collection}" for rest in sought for path in rest.paths)
    first = f"If it finds all of them, check first which field is meant: {fields} may have another name in the data."
    return {**told, repair: f"{told[repair]}\n\n{first}"}


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
    """Return the known name that is the same but for letter case and separators."""
    wanted = re.sub(r"[-_ ]", "", name).casefold()
    return next((each for each in names if re.sub(r"[-_ ]", "", each).casefold() == wanted), None)
