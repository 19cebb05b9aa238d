"""What a run found against the runs before it, as plain frozen records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

NEW: Final = "new"
"""Status of a finding that no run before has found."""

PERSISTING: Final = "persisting"
"""Status of one that the run before has found, or would have, had it looked."""

CAME_BACK: Final = "came back"
"""Status of one that was found, then resolved, and is there again."""


CURED: Final = "cured"
"""How a finding was resolved: its documents are there, without the fault."""

DESTROYED: Final = "destroyed"
"""How a finding was resolved: a document of it is not there any more."""


@dataclass(frozen=True, slots=True)
class ResolvedFinding:
    """A finding of an earlier run.

    Attributes:
        first_seen: When a run first found it, whether or not it was away in between.
        how: :data:`CURED` or :data:`DESTROYED`; None where its documents could not be looked up.
    """

    type: str
    severity: str
    report: str
    collection: str
    description: str
    fingerprint: str
    first_seen: datetime
    how: str | None = None


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """What one run found, as a point of a trend.

    Attributes:
        moment: When it was made.
        complete: Whether all could be checked; if not, fewer findings prove nothing.
        counts: How many findings of each type it had, by report.
        severities: How many it had of each severity, worst first; empty where that is not known.
        money: What was at stake, by kind.
        model_changed: Whether the model was changed since the run before it; the numbers of the two are not comparable.
    """

    moment: datetime
    complete: bool
    counts: Mapping[str, Mapping[str, int]]
    severities: Mapping[str, int]
    money: Mapping[str, Decimal]
    model_changed: bool = False


@dataclass(frozen=True, slots=True)
class StatusCounts:
    """How many findings of one report are new, and so on.

    Attributes:
        cured: How many of the resolved ones have their documents still.
        destroyed: How many of them have lost one.
        by_changed_rules: How many of the new ones are of rules that are new or changed themselves.
        not_comparable: How many of the runs before were not found, by rules that have been changed or are gone.
    """

    new: int = 0
    persisting: int = 0
    came_back: int = 0
    resolved: int = 0
    cured: int = 0
    destroyed: int = 0
    by_changed_rules: int = 0
    not_comparable: int = 0


@dataclass(frozen=True, slots=True)
class ModelChange:
    """How the rules and figures of a model differ from those of the run before, as far as this run judged by them."""

    new: int = 0
    changed: int = 0
    gone: int = 0
    figures: int = 0


@dataclass(frozen=True, slots=True)
class Changes:
    """What a run found against the runs before.

    Attributes:
        before: When the run before was made; None for the first one.
        gone: Findings that are resolved; at most a hundred.
        by_report: The same numbers for each report.
        trend: The last run of each day that made the same reports, this run last; at most ninety.
        cured: How many of the resolved ones have their documents still.
        destroyed: How many of them have lost one.
        by_changed_rules: How many of the new ones are of rules that are new or changed themselves.
        not_comparable: How many of the runs before were not found, by rules that have been changed or are gone.
        model: How the model differs from that of the run before; None where it does not, or that is not known.
    """

    before: datetime | None
    new: int
    persisting: int
    came_back: int
    resolved: int
    gone: tuple[ResolvedFinding, ...] = ()
    by_report: Mapping[str, StatusCounts] = field(default_factory=dict)
    trend: tuple[TrendPoint, ...] = ()
    cured: int = 0
    destroyed: int = 0
    by_changed_rules: int = 0
    not_comparable: int = 0
    model: ModelChange | None = None
