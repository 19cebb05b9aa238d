"""Why a run fails or does not: the lines that were drawn, and the findings that are accepted."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from intact.core.values import JsonValue


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Why a finding does not fail a run: an entry of the baseline.

    Attributes:
        reason: Why it is accepted.
        owner: Who answers for that.
        until: The last day on which it holds, ``2026-06-30``.
        line: Line of the entry in the baseline's file.
    """

    reason: str
    owner: str
    until: str
    line: int

    def to_dict(self) -> dict[str, JsonValue]:
        """Return it in the shape of the JSON report."""
        return {"reason": self.reason, "owner": self.owner, "until": self.until, "line": self.line}


@dataclass(frozen=True, slots=True)
class ThresholdOutcome:
    """One line of what makes a run fail, and where the run stands.

    Attributes:
        text: As it was asked for: ``HIGH``, ``DOUBLE_BILLING>5``, ``new:overcharged>1000``.
        findings: How many findings it looks at; those that are accepted are left out.
        amount: What they come to, where it is a line of money.
        crossed: Whether it is more than the line allows: these findings make the run fail.
    """

    text: str
    findings: int
    amount: Decimal | None
    crossed: bool


@dataclass(frozen=True, slots=True)
class EntryUse:
    """What became of an entry of the baseline that accepts nothing, or not all that it names.

    Attributes:
        line: Its line in the file.
        entry: Its type, and its fingerprint or conditions.
        why: One sentence without a full stop.
        findings: How many findings fire that it names.
    """

    line: int
    entry: str
    why: str
    findings: int


@dataclass(frozen=True, slots=True)
class BaselineUse:
    """What a run made of the baseline.

    Attributes:
        file: Its path, as given.
        entries: How many entries it has.
        lapsed: Entries that name findings which fire nevertheless; at most a hundred.
        lapsed_total: How many these are.
        idle: Entries that match nothing any more; at most a hundred. Where part could not be checked, only those that
            certainly match nothing.
        idle_total: How many these are.
        doubts: What else is wrong with the file, a sentence each.
    """

    file: str
    entries: int
    lapsed: tuple[EntryUse, ...] = ()
    lapsed_total: int = 0
    idle: tuple[EntryUse, ...] = ()
    idle_total: int = 0
    doubts: tuple[str, ...] = ()
