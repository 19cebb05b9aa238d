"""A report reduced to what people read first: its sections and finding types, worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from intact.core.amounts import add_money
from intact.core.terms import SEVERITIES, rank
from intact.findings.records import Finding, Outcome, Report, Section, Trouble

EXAMPLES: Final = 3
"""How many findings of a type stand for the rest at most."""


@dataclass(frozen=True, slots=True)
class TypeDigest:
    """The findings of one type in one report.

    Attributes:
        severity: The worst of its findings; empty where none is listed.
        count: How many there are, whatever the run's limit.
        examples: A few, those with the most money at stake first.
        failing: How many of them make the run fail.
        accepted: How many of them the baseline accepts.
        near: How many of those listed have a near match.
        money: The amounts at stake by kind; empty where not all of its findings are listed.
        severities: How many there are of each severity, worst first: two rules may make one type, and say two
            severities. Those that are not listed count as the worst of those that are.
    """

    type: str
    severity: str
    count: int
    failing: int
    accepted: int
    examples: tuple[Finding, ...]
    near: int
    money: Mapping[str, Decimal]
    severities: Mapping[str, int]

    @property
    def severity_text(self) -> str:
        """Its severity, or how many are of which: ``2 CRITICAL, 3 HIGH``."""
        if len(self.severities) < 2:
            return self.severity
        return ", ".join(f"{count:,} {name}" for name, count in self.severities.items())

    @property
    def open(self) -> int:
        """How many of them nobody has accepted."""
        return self.count - self.accepted


@dataclass(frozen=True, slots=True)
class SectionDigest:
    """One report, its types worst first."""

    section: Section
    types: tuple[TypeDigest, ...]

    @property
    def findings(self) -> int:
        """How many findings it has."""
        return sum(each.count for each in self.types)

    @property
    def unchecked(self) -> bool:
        """Whether a check of it was not evaluated, wholly or in part."""
        return any(each.reasons for each in self.section.outcomes)

    def count(self, severity: str) -> int:
        """Return how many findings it has of that severity."""
        return sum(each.severities.get(severity, 0) for each in self.types)

    @property
    def weight(self) -> tuple[int, ...]:
        """What sorts the worst report on top, greatest first: what fails the run, then by severity."""
        failing = sum(each.failing for each in self.types)
        return (failing, *(self.count(severity) for severity in SEVERITIES))


@dataclass(frozen=True, slots=True)
class Unchecked:
    """One reason, and all the checks that were not evaluated, or not in full, because of it."""

    reason: str
    outcomes: tuple[Outcome, ...]


def digest(report: Report) -> tuple[SectionDigest, ...]:
    """Return the report's sections, worst first, those without findings last in the model's order."""
    sections = [SectionDigest(section, _types(section)) for section in report.sections]
    return tuple(sorted(sections, key=lambda each: each.weight, reverse=True))


def findings_total(report: Report) -> int:
    """Return how many findings the run made, whatever its limit."""
    return sum(sum(section.counts.values()) for section in report.sections)


def listed_total(report: Report) -> int:
    """Return how many findings the report lists."""
    return sum(len(section.issues) for section in report.sections)


def failing_types(sections: Iterable[SectionDigest]) -> dict[str, int]:
    """Return the types at which the run fails, with their counts, worst report first."""
    found: dict[str, int] = {}
    for each in sections:
        for kind in each.types:
            if kind.failing:
                found[kind.type] = found.get(kind.type, 0) + kind.failing
    return found


def unchecked(report: Report) -> tuple[Unchecked, ...]:
    """Return why something was not evaluated, each reason once."""
    reasons: dict[str, list[Outcome]] = {}
    for outcome in report.not_evaluated:
        for reason in outcome.reasons:
            reasons.setdefault(reason, []).append(outcome)
    return tuple(Unchecked(reason, tuple(outcomes)) for reason, outcomes in reasons.items())


def troubles_by_what(troubles: Iterable[Trouble]) -> dict[tuple[str | None, str], list[Trouble]]:
    """Group troubles that say the same of the same collection."""
    groups: dict[tuple[str | None, str], list[Trouble]] = {}
    for each in troubles:
        groups.setdefault((each.collection, each.what), []).append(each)
    return groups


@dataclass(slots=True)
class _Tally:
    """What is kept of the findings of one type while they are gone through, however many there are."""

    severities: Counter[str] = field(default_factory=Counter)
    near: int = 0
    examples: list[Finding] = field(default_factory=list)
    money: dict[str, Decimal] = field(default_factory=dict)

    def add(self, finding: Finding) -> None:
        """Take in one more."""
        self.severities[finding.severity] += 1
        self.near += "near_match" in finding.fields
        add_money(self.money, finding.money)
        if len(self.examples) < EXAMPLES or _at_stake(finding) > _at_stake(self.examples[-1]):
            self.examples.append(finding)
            self.examples.sort(key=_at_stake, reverse=True)  # stable: among equals the first stays
            del self.examples[EXAMPLES:]


def _types(section: Section) -> tuple[TypeDigest, ...]:
    """Reduce a section to its types: those that fail the run first, then by severity and count."""
    tallies: dict[str, _Tally] = {}
    for finding in section.issues:
        tallies.setdefault(finding.type, _Tally()).add(finding)
    rows = [
        _type(section, name, count, tallies.get(name, _Tally()))
        for name, count in section.counts.items()
        if count
    ]
    return tuple(
        sorted(rows, key=lambda row: (not row.failing, not row.open, rank(row.severity), -row.count))
    )


def _type(section: Section, name: str, count: int, tally: _Tally) -> TypeDigest:
    """Reduce the findings of one type."""
    listed, found = tally.severities.total(), sorted(tally.severities, key=rank)
    if found:
        tally.severities[found[0]] += count - listed
    return TypeDigest(
        type=name,
        severity=found[0] if found else "",
        count=count,
        failing=section.failing.get(name, 0),
        accepted=section.accepted.get(name, 0),
        examples=tuple(tally.examples),
        near=tally.near,
        money=tally.money if listed == count else {},
        severities={each: tally.severities[each] for each in found},
    )


def _at_stake(finding: Finding) -> Decimal:
    return finding.money[1] if finding.money else Decimal(0)
