"""What changed since the run before, as people read it: what is new or came back, what persists, what is resolved.

A first run has nothing to be held against: all of it is new, and to say so of every finding says nothing. So there is
news only where there was a run before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime
from typing import Final, Protocol

from intact.core.terms import rank
from intact.findings.causes import Cause, causes
from intact.findings.changes import (
    CAME_BACK,
    CURED,
    DESTROYED,
    NEW,
    PERSISTING,
    Changes,
    ModelChange,
    ResolvedFinding,
    StatusCounts,
)
from intact.findings.records import Finding, Report, Section
from intact.findings.words import counted

FRESH: Final = (NEW, CAME_BACK)
"""What the run before did not have."""


class Resolved(Protocol):
    """What tells how many findings were resolved, and how."""

    @property
    def resolved(self) -> int:
        """How many in all."""

    @property
    def cured(self) -> int:
        """How many have their documents still."""

    @property
    def destroyed(self) -> int:
        """How many have lost a document."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """One root cause of findings that are new or came back; its numbers count these alone."""

    section: Section
    cause: Cause


@dataclass(frozen=True, slots=True)
class News:
    """What changed in some reports of a run.

    Attributes:
        before: When the run before was made.
        turns: How many findings are new, and so on.
        fresh: Root causes of what is new or came back, worst first; only of findings that are listed.
        oldest: When the first of what persists was first found.
        days: The first and the last day on which what is not new was first found.
        gone: What is resolved, worst first; at most a hundred of the whole run.
    """

    before: datetime
    turns: StatusCounts
    fresh: tuple[Fresh, ...]
    oldest: datetime | None
    gone: tuple[ResolvedFinding, ...]
    days: tuple[date, date] | None = None

    def tells(self, seen: datetime | None, run: datetime) -> bool:
        """Whether it says something when a finding was first seen: not on the day of this run, nor all on one day."""
        if seen is None or _day(seen) == _day(run):
            return False
        return self.days is None or self.days[0] != self.days[1]

    def of(self, section: Section) -> News:
        """Return the same with the root causes of one report alone."""
        return replace(self, fresh=tuple(each for each in self.fresh if each.section.name == section.name))

    @property
    def gone_types(self) -> dict[str, int]:
        """How many of the listed resolved findings are of each type, worst first."""
        return dict(Counter(each.type for each in self.gone))


def compared(report: Report) -> bool:
    """Tell whether there was a run before, against which findings are new."""
    return report.changes is not None and report.changes.before is not None


def news(report: Report) -> News | None:
    """Return what changed in the reports that a run made; None without a run before. Findings are gone through once.

    A report whose sections are fewer than those of the run gets the news of these.
    """
    changes = report.changes
    if changes is None or changes.before is None:
        return None
    seen: dict[str, list[datetime]] = {PERSISTING: [], CAME_BACK: []}
    found: list[Fresh] = []
    for section in report.sections:
        found += [Fresh(section, cause) for cause in _gathered(causes(_fresh(section, seen)))]
    found.sort(key=lambda each: each.cause.weight)
    names = {section.name for section in report.sections}
    gone = sorted((each for each in changes.gone if each.report in names), key=_worst)
    return News(
        changes.before,
        _turns(changes, names),
        tuple(found),
        min(seen[PERSISTING], default=None),
        tuple(gone),
        (_day(min(moments)), _day(max(moments)))
        if (moments := [*seen[PERSISTING], *seen[CAME_BACK]])
        else None,
    )


def seen_text(since: News | None, seen: datetime | None, report: Report) -> str:
    """Say on which day a finding was first seen; empty without a run before, and where that would say nothing."""
    return f"{seen:%Y-%m-%d}" if since and seen and since.tells(seen, report.run.generated_at) else ""


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def _fresh(section: Section, seen: dict[str, list[datetime]]) -> Iterator[Finding]:
    """Yield what is new or came back, and take note of when the first and the last of the rest was found."""
    for finding in section.issues:
        if finding.status in FRESH:
            yield finding
        if finding.status in seen and finding.first_seen:
            moments = *seen[finding.status], finding.first_seen
            seen[finding.status] = [min(moments), max(moments)]


def _gathered(found: list[Cause]) -> list[Cause]:
    """Put together by type what is alone with its cause: five bills that came twice are five lines otherwise."""
    alone = [each for each in found if each.fields and each.count == 1]
    together = causes(replace(finding, cause=()) for each in alone for finding in each.examples)
    return [each for each in found if not each.fields or each.count > 1] + together


def _turns(changes: Changes, names: set[str]) -> StatusCounts:
    """Add up the numbers of some reports."""
    some = [turns for name, turns in changes.by_report.items() if name in names]
    return StatusCounts(
        **{name.name: sum(getattr(each, name.name) for each in some) for name in fields(StatusCounts)}
    )


def _worst(gone: ResolvedFinding) -> tuple[int, str]:
    return rank(gone.severity), gone.type


def model_text(model: ModelChange) -> str:
    """Say how a model differs from that of the run before: ``the model changed: 2 rules new, 1 changed``."""
    rules = ((model.new, "new"), (model.changed, "changed"), (model.gone, "gone"))
    parts = [f"{number:,} {word}" for number, word in rules if number]
    if parts:
        number, _, rest = parts[0].partition(" ")
        parts[0] = f"{number} {'rule' if number == '1' else 'rules'} {rest}"
    if model.figures:
        parts.append(f"{counted(model.figures, 'figure')} changed")
    return f"the model changed: {', '.join(parts)}"


def model_notes(changes: Changes, changed: int, gone: int) -> list[str]:
    """Say what a changed model makes of what changed, for the notes of a run.

    Args:
        changes: What changed since the run before.
        changed: How many findings of earlier runs changed rules do not find.
        gone: How many there is no rule for any more.
    """
    notes = []
    if changes.model:
        by = changes.by_changed_rules
        new = f" {by:,} of the new findings {_is_are(by)} of rules that are new or changed." if by else ""
        notes.append(f"Since the last run {model_text(changes.model)}.{new}")
    if changed:
        notes.append(
            f"{counted(changed, 'finding')} of earlier runs {_is_are(changed)} neither found nor resolved: the rules"
            f" that found {_them(changed)} were changed since."
        )
    if gone:
        notes.append(
            f"{counted(gone, 'finding')} of earlier runs {_is_are(gone)} followed no longer: the model has no check"
            f" for {_them(gone)} any more."
        )
    return notes


def _is_are(number: int) -> str:
    return "is" if number == 1 else "are"


def _them(number: int) -> str:
    return "it" if number == 1 else "them"


def resolved_text(turns: Resolved) -> str:
    """Say how what is resolved was: ``3 cured, 2 destroyed``; empty where nothing is known of it."""
    unknown = turns.resolved - turns.cured - turns.destroyed
    known = [(turns.cured, CURED), (turns.destroyed, DESTROYED)]
    parts = [f"{number:,} {word}" for number, word in known if number]
    return ", ".join([*parts, f"{unknown:,} not known how"] if parts and unknown else parts)


def turns_text(turns: StatusCounts | Changes, *, persisting: bool = False) -> str:
    """Say what changed in a few words: ``3 new, 1 came back, 5 resolved``."""
    by = f" ({turns.by_changed_rules:,} by rules new or changed)" if turns.by_changed_rules else ""
    parts = [f"{turns.new:,} new{by}"]
    if turns.came_back:
        parts.append(f"{turns.came_back:,} came back")
    how = resolved_text(turns)
    parts.append(f"{turns.resolved:,} resolved{f' ({how})' if how else ''}")
    if turns.not_comparable:
        parts.append(f"{turns.not_comparable:,} not comparable")
    if persisting:
        parts.append(f"{turns.persisting:,} as before")
    return ", ".join(parts)


def mark(*some: Cause) -> str:
    """Mark root causes with findings that the run before did not have: ``NEW``, ``2 NEW``; or empty."""
    new, back = sum(each.new for each in some), sum(each.came_back for each in some)
    if (new, back) != (0, 0) and sum(each.count for each in some) in {new, back}:
        return "NEW" if new else "CAME BACK"
    return ", ".join(f"{number:,} {word}" for number, word in ((new, "NEW"), (back, "CAME BACK")) if number)
