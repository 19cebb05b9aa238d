"""One pass over the findings of a report, which keeps what its document shows and no more, however many there are."""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from intact.core.amounts import add_money
from intact.core.terms import UNREADABLE
from intact.core.values import JsonValue
from intact.findings import Finding, Section
from intact.findings.causes import Cause, causes
from intact.findings.news import FRESH

LISTED: Final = 200
"""Findings of a type that are listed one by one, those with the most money at stake."""
OF_ONE_CAUSE: Final = 10
"""How many of them may share a root cause; the line of the cause stands for the rest."""
MOST: Final = 20_000
"""How many subjects, targets and months are told apart; what is more is said to be more."""

Money = dict[str, Decimal]


@dataclass(slots=True)
class Listed:
    """The findings of one type that are listed: a heap, the least on top."""

    heap: list[tuple[bool, Decimal, int, Finding]] = field(default_factory=list)
    seen: int = 0

    def add(self, finding: Finding) -> None:
        """Take in a finding; the one with the least at stake gives way, and what is new never to what is not."""
        self.seen += 1
        entry = (
            finding.status in FRESH,
            finding.money[1] if finding.money else Decimal(0),
            -self.seen,
            finding,
        )
        if len(self.heap) < LISTED:
            heapq.heappush(self.heap, entry)
        else:
            heapq.heappushpop(self.heap, entry)

    @property
    def findings(self) -> list[Finding]:
        """Those that are listed: what is new first, then the most money, else as they were found."""
        return [entry[-1] for entry in sorted(self.heap, reverse=True)]


@dataclass(slots=True)
class Account:
    """What one subject of a reconciliation was billed too much, and too little, by month, in one currency."""

    subject: JsonValue
    currency: str | None = None
    credit: dict[str, Decimal] = field(default_factory=dict)
    bill: dict[str, Decimal] = field(default_factory=dict)


@dataclass(slots=True)
class MissingRecord:
    """A record that is referred to and does not exist.

    Attributes:
        name: What the references call it.
        value: Its key.
        near: What exists instead.
        elsewhere: Where it is found after all.
        referrers: How many documents refer to it, by collection and by check.
        examples: A few ids of them.
    """

    name: str
    value: JsonValue
    near: Mapping[str, JsonValue] | None = None
    elsewhere: Mapping[str, JsonValue] | None = None
    referrers: dict[tuple[str, str], int] = field(default_factory=dict)
    examples: list[JsonValue] = field(default_factory=list)
    first: str | None = None
    last: str | None = None

    @property
    def count(self) -> int:
        """How many references there are."""
        return sum(self.referrers.values())


@dataclass(slots=True)
class ReportContent:
    """What a document says of the findings of its report.

    Attributes:
        types: The findings that are listed, by type.
        causes: Root causes, worst first.
        first: The earliest month or day that a finding is of.
        dated: How many findings have one.
        latest: The finding of the latest, by type.
        money: At stake, by kind.
        listed: How many findings the report lists; the limit of a run may keep it from listing all.
        merges: Groups of records that should be one, the first of them.
        merges_total: How many such groups there are.
        subject: What findings call whom the accounts are of.
        accounts: What is to be credited and billed, by subject.
        gone: Records that are referred to and do not exist.
        beyond: Whether there were more than are told apart.
    """

    types: dict[str, Listed] = field(default_factory=dict)
    causes: list[Cause] = field(default_factory=list)
    first: str | None = None
    last: str | None = None
    dated: int = 0
    latest: dict[str, Finding] = field(default_factory=dict)
    listed: int = 0
    money: Money = field(default_factory=dict)
    merges: list[Finding] = field(default_factory=list)
    merges_total: int = 0
    accounts: dict[str, Account] = field(default_factory=dict)
    gone: dict[tuple[str, str], MissingRecord] = field(default_factory=dict)
    subject: str = ""
    beyond: bool = False
    _shared: dict[tuple[str, ...], int] = field(default_factory=dict)

    def watch(self, section: Section) -> Iterator[Finding]:
        """Hand the findings on, and keep what is needed of each."""
        for finding in section.issues:
            self._take(finding)
            yield finding

    def _take(self, finding: Finding) -> None:
        self.listed += 1
        if finding.when:
            self.dated += 1
            before = self.latest.get(finding.type)
            if before is None or finding.when > (before.when or ""):
                self.latest[finding.type] = finding
            self.first = min(self.first or finding.when, finding.when)
            self.last = max(self.last or finding.when, finding.when)
        add_money(self.money, finding.money)
        listed = self.types.setdefault(finding.type, Listed())
        if self._has_room(finding):
            listed.add(finding)
        kind_of_check = "" if finding.type == UNREADABLE else finding.check.partition(" ")[0]
        if kind_of_check in {"duplicate-value", "duplicate-key"}:
            self.merges_total += 1
            if len(self.merges) < LISTED:
                self.merges.append(finding)
        elif kind_of_check == "dangling-reference":
            self._take_gone(finding)
        elif kind_of_check in {"double-entry", "unreconciled-amount", "missing-entry"}:
            self._take_account(finding, kind_of_check)

    def _has_room(self, finding: Finding) -> bool:
        """Whether few findings of this root cause are listed so far."""
        if not finding.cause:
            return True
        key = finding.type, *(_text(finding.fields.get(name)) for name in finding.cause)
        if key not in self._shared and len(self._shared) >= MOST:
            return True
        self._shared[key] = self._shared.get(key, 0) + 1
        return self._shared[key] <= OF_ONE_CAUSE

    def _take_gone(self, finding: Finding) -> None:
        for name in finding.cause[:1]:
            value = finding.fields.get(name)
            key = name, _text(value)
            if key not in self.gone and len(self.gone) >= MOST:
                self.beyond = True
                return
            gone = self.gone.setdefault(key, MissingRecord(name, value))
            near = finding.fields.get("near_match")
            gone.near = near if isinstance(near, dict) else gone.near
            place = finding.fields.get("elsewhere")
            gone.elsewhere = place if isinstance(place, dict) else gone.elsewhere
            referrer = finding.collection, finding.check
            gone.referrers[referrer] = gone.referrers.get(referrer, 0) + 1
            if len(gone.examples) < 3:
                gone.examples.append(own_id(finding))
            if finding.when:
                gone.first = min(gone.first or finding.when, finding.when)
                gone.last = max(gone.last or finding.when, finding.when)

    def _take_account(self, finding: Finding, kind_of_check: str) -> None:
        """Add up what a subject was billed too much or too little; both stand apart, neither settles the other."""
        if finding.money is None or not finding.cause or not finding.money[1]:
            return
        amount = finding.money[1]
        subject = finding.fields.get(finding.cause[0])
        currency = finding.fields.get("currency")
        key = f"{_text(subject)} {_text(currency)}"
        if key not in self.accounts and len(self.accounts) >= MOST:
            self.beyond = True
            return
        self.subject = self.subject or finding.cause[0]
        account = self.accounts.setdefault(
            key, Account(subject, currency if isinstance(currency, str) else None)
        )
        difference = finding.fields.get("difference")
        below = kind_of_check == "unreconciled-amount" and isinstance(difference, Decimal) and difference < 0
        calculated = finding.fields.get("calculated")
        owing = kind_of_check == "missing-entry" and not (isinstance(calculated, Decimal) and calculated < 0)
        side = account.bill if below or owing else account.credit
        add_money(side, (finding.when or "", amount))


def gather(section: Section) -> ReportContent:
    """Go through the findings of a report once."""
    found = ReportContent()
    found.causes = causes(found.watch(section))
    return found


def own_id(finding: Finding) -> JsonValue:
    """Return what names the finding's own document: its first id that is not what is gone, else its ``_id``."""
    for name, value in finding.fields.items():
        if name not in finding.cause:
            return value
    return finding.fields.get("document_id")


def _text(value: JsonValue) -> str:
    if isinstance(value, str):
        return f"'{value}"  # what is no text never begins so
    return json.dumps(value, sort_keys=True, default=str)
