"""Findings grouped by root cause: 3,000 orders of one deleted customer are one thing to look into."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from intact.core.amounts import add_money
from intact.core.terms import rank
from intact.core.values import JsonValue
from intact.findings.changes import CAME_BACK, NEW
from intact.findings.records import Finding

EXAMPLES: Final = 3
"""How many findings of a cause stand for the rest at most."""

MOST: Final = 50_000
"""How many causes are told apart; the findings of any more are counted together, by type."""


@dataclass(slots=True)
class Cause:
    """One root cause, and the findings that share it.

    Attributes:
        fields: The values that they share, by the findings' own names; empty where each of these findings is a cause
            of its own, and they are together only as findings of one type.
        count: How many findings there are.
        examples: The first of them.
        money: What they put at stake, by kind.
        first: The earliest month or day that one of them is of; None where none has any.
        last: The latest.
        unconfirmed: How many of them could not be looked at again.
        new: How many of them no run before has found; all numbers of this kind are 0 without a history.
        came_back: How many of them had been resolved.
        seen: When a run first found one of them; None without a history.
    """

    type: str
    severity: str
    collection: str
    check: str
    fields: Mapping[str, JsonValue]
    count: int = 0
    examples: list[Finding] = field(default_factory=list)
    money: dict[str, Decimal] = field(default_factory=dict)
    first: str | None = None
    last: str | None = None
    unconfirmed: int = 0
    new: int = 0
    came_back: int = 0
    seen: datetime | None = None

    def add(self, finding: Finding) -> None:
        """Take in one more finding."""
        self.count += 1
        self._exemplify(finding)
        add_money(self.money, finding.money)
        if finding.when:
            self.first = min(self.first or finding.when, finding.when)
            self.last = max(self.last or finding.when, finding.when)
        self.unconfirmed += finding.state == "unconfirmed"
        self.new += finding.status == NEW
        self.came_back += finding.status == CAME_BACK
        if finding.first_seen:
            self.seen = min(self.seen or finding.first_seen, finding.first_seen)

    def _exemplify(self, finding: Finding) -> None:
        """Take the first findings as examples, and before them those that the run before did not have."""
        if len(self.examples) < EXAMPLES:
            self.examples.append(finding)
        elif _is_fresh(finding) and not _is_fresh(self.examples[-1]):
            self.examples[-1] = finding
        else:
            return
        if finding.status:
            self.examples.sort(key=lambda each: not _is_fresh(each))

    @property
    def fresh(self) -> int:
        """How many of them the run before did not have."""
        return self.new + self.came_back

    @property
    def weight(self) -> tuple[int, Decimal, int]:
        """What sorts the worst on top, smallest first: severity, then money, then how many."""
        return rank(self.severity), -max(self.money.values(), default=Decimal(0)), -self.count


def _is_fresh(finding: Finding) -> bool:
    return finding.status in {NEW, CAME_BACK}


def causes(issues: Iterable[Finding]) -> list[Cause]:
    """Group findings by root cause.

    Args:
        issues: Findings, gone through once.

    Returns:
        The causes, worst first. Findings without a shared cause are one entry a type, severity and check.
    """
    found: dict[tuple[str, ...], Cause] = {}
    for finding in issues:
        key: tuple[str, ...] = (finding.type, finding.severity, finding.collection, finding.check)
        shared = {name: finding.fields.get(name) for name in finding.cause}
        if shared:
            own = (*key, json.dumps(shared, ensure_ascii=True, default=str))
            if own in found or len(found) < MOST:
                key = own
            else:
                shared = {}
        cause = found.get(key)
        if cause is None:
            cause = found[key] = Cause(
                finding.type, finding.severity, finding.collection, finding.check, shared
            )
        cause.add(finding)
    return sorted(found.values(), key=lambda cause: cause.weight)
