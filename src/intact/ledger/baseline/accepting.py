"""From findings to entries: which are chosen, which are accepted already, and which entries nothing needs any more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from intact.core.amounts import add_money
from intact.core.errors import UsageError
from intact.findings.records import Finding
from intact.findings.words import clipped, harmless
from intact.ledger.baseline.baseline_file import MASKED
from intact.ledger.baseline.entries import Condition, Entry, meets
from intact.ledger.baseline.failure_policy import sought_types, why_idle
from intact.ledger.baseline.saved_run import SavedRun

_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Choice:
    """Which findings are chosen: those of a fingerprint, and those of the types that meet all conditions.

    Attributes:
        types: Finding types; none means any.
        where: Conditions; none means all of the types.
        fingerprints: Fingerprints, or beginnings of them.
    """

    types: Collection[str] = ()
    where: tuple[Condition, ...] = ()
    fingerprints: tuple[str, ...] = ()

    def takes(self, finding: Finding) -> bool:
        """Tell whether a finding is chosen."""
        if self.fingerprints and finding.fingerprint.startswith(self.fingerprints):
            return True
        if not self.types and not self.where:
            return False
        if self.types and finding.type not in self.types:
            return False
        return all(meets(finding, name, value) for name, value in self.where)


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms findings are accepted: why, by whom, when, until when."""

    reason: str
    owner: str
    accepted: datetime
    expires: date


def entries_for(given: SavedRun, choice: Choice, terms: Terms) -> list[Entry]:
    """Return an entry for each finding that is chosen."""
    found = (finding for finding in given.findings() if choice.takes(finding))
    return list({each.fingerprint: _entry(each, terms, named=not given.personal) for each in found}.values())


def _entry(finding: Finding, terms: Terms, *, named: bool) -> Entry:
    money = dict([finding.money]) if finding.money else {}
    # What shows personal values in clear is not written into a file that is committed.
    what = clipped(harmless(finding.description), _LONGEST).strip() if named else ""
    entry = _on(terms, finding.type, finding.fingerprint, (), money)
    return replace(entry, what=what)


def rules_for(given: SavedRun, choice: Choice, terms: Terms) -> list[Entry]:
    """Return a rule for each chosen type, which accepts findings to come as well, up to the money of those there are.

    Raises:
        UsageError: If a condition names a masked value.
    """
    for name, value in choice.where:
        if isinstance(value, str) and value.startswith(MASKED):
            raise UsageError(
                f"{name!r} is masked in this report, and may be masked otherwise in the next",
                hint="Choose these findings by their fingerprints.",
            )
    money: dict[str, dict[str, Decimal]] = {}
    for finding in given.findings():
        if choice.takes(finding):
            sums = money.setdefault(finding.type, {})
            add_money(sums, finding.money)
    return [_on(terms, name, "", choice.where, sums) for name, sums in sorted(money.items())]


def _on(
    terms: Terms, type_: str, fingerprint: str, where: tuple[Condition, ...], money: Mapping[str, Decimal]
) -> Entry:
    return Entry(
        type_, fingerprint, where, terms.reason, terms.owner, terms.accepted, terms.expires, dict(money)
    )


def holds(old: Iterable[Entry], new: Entry, today: date) -> bool:
    """Tell whether old entries accept what a new one would: they have not expired, and allow as much money."""
    same = [each for each in old if each.key == new.key]
    return bool(same) and all(
        each.expires >= today
        and (
            each.money is None
            or all(amount <= each.money.get(kind, Decimal(0)) for kind, amount in (new.money or {}).items())
        )
        for each in same
    )


def unused(
    entries: Sequence[Entry], given: SavedRun, expected: Mapping[str, Sequence[str]]
) -> list[tuple[Entry, str]]:
    """Return the entries that match nothing in a run, and why; only those of which that is certain.

    Args:
        entries: Of a baseline.
        given: What the run found.
        expected: The finding types of the model, each with its checks.
    """
    fingerprints: set[str] = set()
    rules = [each for each in entries if not each.fingerprint]
    met: set[str] = set()
    listed: Counter[str] = Counter()
    for finding in given.findings():
        fingerprints.add(finding.fingerprint)
        listed[finding.type] += 1
        met.update(each.key for each in rules if each.key not in met and each.names(finding))
    sought = sought_types(given.whole, expected, complete=given.complete)
    sought -= {name for name, count in given.counts.items() if listed[name] < count}
    return [
        (each, why)
        for each in entries
        if each.fingerprint not in fingerprints
        and each.key not in met
        and (why := why_idle(each, expected, sought))
    ]
