"""What a baseline is made of: entries, each for a finding or for all that meet its conditions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Final

import simplejson

from intact.core.values import JsonValue
from intact.findings.document import tidy
from intact.findings.records import Finding
from intact.findings.verdict import Acceptance

Condition = tuple[str, JsonValue]
"""The name of a field, and the value that it must have."""

COMMON: Final = ("collection", "report", "severity", "check")
"""What conditions may name beside the fields of a type."""

_SHOWN: Final = 8
"""Digits of a fingerprint that name an entry."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Findings that are accepted: one by its fingerprint, or all of a type that meet conditions, those to come too.

    Attributes:
        type: The finding type.
        fingerprint: Of the finding; empty for an entry that has conditions.
        where: The conditions; none means all of the type.
        reason: Why they are accepted.
        owner: Who answers for that.
        accepted: When they were; what was resolved and came back after it is not accepted.
        expires: The last day on which they are.
        money: How much money they may put at stake, by kind; None for any amount.
        what: What the finding says, for who reads the file.
        line: Line in the file, 0 for a new entry.
    """

    type: str
    fingerprint: str
    where: tuple[Condition, ...]
    reason: str
    owner: str
    accepted: datetime
    expires: date
    money: Mapping[str, Decimal] | None = field(default_factory=dict)
    what: str = ""
    line: int = field(default=0, compare=False)

    @property
    def key(self) -> str:
        """What it accepts; two entries with one key are duplicates."""
        conditions = sorted(f"{name} = {value_text(value)}" for name, value in self.where)
        return self.fingerprint or "\n".join([self.type, *conditions])

    @property
    def name(self) -> str:
        """How people may call it."""
        conditions = ", ".join(f"{name} = {value_text(value)}" for name, value in self.where)
        return f"{self.type} {self.fingerprint[:_SHOWN] or conditions}".rstrip()

    @property
    def acceptance(self) -> Acceptance:
        """What a finding says of it."""
        return Acceptance(self.reason, self.owner, self.expires.isoformat(), self.line)

    def names(self, finding: Finding) -> bool:
        """Tell whether it is about a finding, whether or not it still holds."""
        if self.fingerprint:
            return self.fingerprint == finding.fingerprint
        return self.type == finding.type and all(meets(finding, name, value) for name, value in self.where)


@dataclass(frozen=True, slots=True)
class EntryProblem:
    """Something wrong with a baseline.

    Attributes:
        line: Where.
        what: One sentence without a full stop.
        fatal: Whether no run can be judged by a file that says this.
    """

    line: int
    what: str
    fatal: bool = True


@dataclass(frozen=True, slots=True)
class Baseline:
    """Entries that a run is judged by.

    Attributes:
        file: Where they are from.
        entries: In the order of the file.
        doubts: What is wrong with the file and can be lived with.
    """

    file: str
    entries: Sequence[Entry]
    doubts: tuple[EntryProblem, ...] = ()


def meets(finding: Finding, name: str, wanted: JsonValue) -> bool:
    """Tell whether a field of a finding has a value, or as a list holds it; a model's own fields come first."""
    if name in finding.fields:
        found = finding.fields[name]
    elif name in COMMON:
        found = getattr(finding, name)
    else:
        return False
    return _same(found, wanted) or (isinstance(found, list) and any(_same(each, wanted) for each in found))


def _same(one: JsonValue, other: JsonValue) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    numbers = (int, float, Decimal)
    if isinstance(one, numbers) and isinstance(other, numbers):
        return Decimal(str(one)) == Decimal(str(other))
    if isinstance(one, list | dict) and isinstance(other, list | dict):
        return value_text(one) == value_text(other)
    return one == other


def value_text(value: JsonValue) -> str:
    """Write a value as one visible line of JSON, the same for equal values."""
    text: str = simplejson.dumps(
        tidy(value), use_decimal=True, sort_keys=True, ensure_ascii=False, separators=(",", ":")
    )
    return text if text.isprintable() else "".join(c if c.isprintable() else _escape(c) for c in text)


def _escape(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
