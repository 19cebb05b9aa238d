"""One walk over the findings of a report: everything that the page counts, shows or embeds."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from intact.core.amounts import add_money
from intact.core.terms import SEVERITIES, rank
from intact.findings import Finding, Report, Section
from intact.findings.causes import Cause, causes
from intact.findings.changes import CAME_BACK, NEW, PERSISTING
from intact.findings.news import FRESH, News, compared, news
from intact.reporters.html_report.rows import Rows

MOST: Final = 100_000
"""Findings that one page can list and stay quick."""
FIRST: Final = 25
"""Findings that stand in the page itself, for a reader without scripts."""
AGES: Final = (
    (7, "up to a week"),
    (30, "8 to 30 days"),
    (90, "31 to 90 days"),
    (180, "91 to 180 days"),
    (365, "half a year to a year"),
)
"""Upper ends of the ages that are counted together, in days; anything older comes after them."""
OLDEST: Final = "more than a year"

Key = tuple[str, ...]


@dataclass(slots=True)
class TypeTally:
    """The findings of one type in one report, as far as they are listed.

    Attributes:
        severity: The worst of them.
        listed: How many are listed.
        by_severity: How many of those have each severity.
        near: How many of those have a near match.
        unconfirmed: How many of those could not be looked at again.
        new: How many of those no run before has found, where there was one.
        came_back: How many of those had been resolved.
        persisting: How many of those were there already.
        seen: When the first of these was first found.
        count: How many there are, whatever the run's limit.
        failing: How many of them make the run fail.
        accepted: How many of them the baseline accepts.
        causes: Their root causes, worst first.
        numbers: The number of each of these causes in the whole page.
    """

    type: str
    count: int
    severity: str = ""
    listed: int = 0
    by_severity: Counter[str] = field(default_factory=Counter)
    near: int = 0
    unconfirmed: int = 0
    new: int = 0
    came_back: int = 0
    persisting: int = 0
    seen: datetime | None = None
    first: str | None = None
    last: str | None = None
    money: dict[str, Decimal] = field(default_factory=dict)
    causes: list[Cause] = field(default_factory=list)
    numbers: list[int | None] = field(default_factory=list)
    failing: int = 0
    accepted: int = 0

    def add(self, finding: Finding) -> None:
        """Count one more."""
        self.listed += 1
        self.by_severity[finding.severity] += 1
        self.severity = min(self.severity or finding.severity, finding.severity, key=rank)
        self.near += "near_match" in finding.fields
        self.unconfirmed += finding.state == "unconfirmed"
        self.new += finding.status == NEW
        self.came_back += finding.status == CAME_BACK
        self.persisting += finding.status == PERSISTING
        if finding.first_seen and finding.status == PERSISTING:
            self.seen = min(self.seen or finding.first_seen, finding.first_seen)
        if finding.when:
            self.first = min(self.first or finding.when, finding.when)
            self.last = max(self.last or finding.when, finding.when)
        add_money(self.money, finding.money)

    @property
    def open(self) -> int:
        """How many of them nobody has accepted."""
        return self.count - self.accepted

    def of(self, severity: str) -> int:
        """Return how many have a severity; those that are not listed count as the worst of those that are."""
        return self.by_severity[severity] + (self.count - self.listed if severity == self.severity else 0)


@dataclass(slots=True)
class SectionSurvey:
    """One report, its types worst first."""

    section: Section
    types: list[TypeTally]

    @property
    def findings(self) -> int:
        """How many findings it has, whatever the run's limit."""
        return sum(each.count for each in self.types)

    @property
    def unchecked(self) -> bool:
        """Whether a check of it was not evaluated, wholly or in part."""
        return any(each.reasons for each in self.section.outcomes)

    def count(self, severity: str) -> int:
        """Return how many findings it has of that severity."""
        return sum(each.of(severity) for each in self.types)


class PageSurvey:
    """What one walk over all the findings gives.

    Attributes:
        sections: The reports, worst first.
        listed: How many findings the report lists.
        rows: Those of them that the page lists.
        first: The worst of them.
        ages: Findings by their days of waiting; empty where no finding has any.
        months: Money by month and kind.
        compared: Whether there was a run before.
        news: What changed since then; None without one.
    """

    def __init__(self, report: Report) -> None:
        self.report = report
        self.compared = compared(report)
        self.news: News | None = news(report)
        self.rows = Rows()
        self.listed = 0
        self.ages: Counter[str] = Counter()
        self.months: defaultdict[str, dict[str, Decimal]] = defaultdict(dict)
        self._named: set[str] = set()
        self._worst: dict[tuple[str, str, str], list[Finding]] = {}
        self._numbers: dict[Key, int] = {}
        self._room = _shares({(s.name, t): n for s in report.sections for t, n in s.counts.items()}, MOST)
        found = [self._section(section) for section in report.sections]
        self.sections = sorted(found, key=self._weight)

    @property
    def currencies(self) -> int:
        """How many currencies the money by month is in."""
        return len(self._named)

    @property
    def first(self) -> list[Finding]:
        """Return the worst findings."""
        order = {place: number for number, place in enumerate(self.order)}
        groups = sorted(self._worst.items(), key=lambda each: (rank(each[0][0]), order[each[0][1:]]))
        return [found for _, some in groups for found in some][:FIRST]

    @property
    def order(self) -> list[tuple[str, str]]:
        """Return the types of the reports, worst first: those at which the run fails, then by severity and count."""
        pairs = [(each.section.name, tally) for each in self.sections for tally in each.types]
        pairs.sort(key=lambda pair: self._order(pair[1]))
        return [(report, tally.type) for report, tally in pairs]

    @property
    def findings(self) -> int:
        """How many findings there are, whatever the run's limit."""
        return sum(each.findings for each in self.sections)

    @property
    def limited(self) -> bool:
        """Whether findings were made that the report does not list."""
        return self.listed < self.findings

    @staticmethod
    def fails(tally: TypeTally) -> bool:
        """Whether the run fails at findings of this type."""
        return tally.failing > 0

    def _section(self, section: Section) -> SectionSurvey:
        tallies = {
            name: TypeTally(
                name,
                count,
                failing=section.failing.get(name, 0),
                accepted=section.accepted.get(name, 0),
            )
            for name, count in section.counts.items()
            if count
        }
        for cause in causes(self._walk(section, tallies)):
            tally = tallies[cause.type]
            tally.causes.append(cause)
            tally.numbers.append(self._numbers.get(_key(section.name, cause, cause.fields)))
        return SectionSurvey(section, sorted(tallies.values(), key=self._order))

    def _walk(self, section: Section, tallies: dict[str, TypeTally]) -> Iterator[Finding]:
        """Hand on a section's findings, and take from each what the page needs."""
        for finding in section.issues:
            self.listed += 1
            tallies.setdefault(finding.type, TypeTally(finding.type, 0)).add(finding)
            shared = {name: finding.fields.get(name) for name in finding.cause}
            number = self._numbers.setdefault(_key(section.name, finding, shared), len(self._numbers))
            self._chart(finding)
            place = (section.name, finding.type)
            if self._room.get(place, 0) > 0:
                self._room[place] -= 1
                self.rows.add(finding, section.name, number)
                some = self._worst.setdefault((finding.severity, *place), [])
                if len(some) < FIRST:
                    some.append(finding)
                elif self.compared and finding.status in FRESH and some[-1].status not in FRESH:
                    some[-1] = finding
                    some.sort(key=lambda each: each.status not in FRESH)
            yield finding

    def _chart(self, finding: Finding) -> None:
        days = finding.fields.get("days_pending")
        if isinstance(days, int) and not isinstance(days, bool):
            self.ages[next((said for end, said in AGES if days <= end), OLDEST)] += 1
        if finding.money and finding.when:
            add_money(self.months[finding.when[:7]], finding.money)
            currency = finding.fields.get("currency")
            self._named.add(currency if isinstance(currency, str) else "")

    def _order(self, tally: TypeTally) -> tuple[bool, bool, int, int]:
        return not self.fails(tally), not tally.open, rank(tally.severity), -tally.count

    def _weight(self, each: SectionSurvey) -> tuple[int, ...]:
        failing = sum(tally.failing for tally in each.types)
        return (-failing, *(-each.count(severity) for severity in SEVERITIES))


def _key(report: str, of: Finding | Cause, shared: Mapping[str, object]) -> Key:
    """Name a root cause within the page."""
    values = json.dumps(shared, ensure_ascii=True, default=str) if shared else ""
    return (report, of.type, of.severity, of.collection, of.check, values)


def _shares(counts: dict[Key, int], room: int) -> dict[Key, int]:
    """Share room out: each gets what it needs, or as much as any other that needs more than there is."""
    given: dict[Key, int] = {}
    waiting = sorted(counts.items(), key=lambda each: each[1])
    for place, (key, needed) in enumerate(waiting):
        given[key] = min(needed, room // (len(waiting) - place))
        room -= given[key]
    return given
