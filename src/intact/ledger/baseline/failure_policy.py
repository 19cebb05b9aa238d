"""The verdict of a run: which findings are accepted, which lines are crossed, and so how many make it fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple, overload

from intact.core.amounts import EXACT, add_money
from intact.findings.changes import PERSISTING
from intact.findings.records import Finding, Report, Section
from intact.findings.spool import Compared, Spool
from intact.findings.verdict import BaselineUse, EntryUse, ThresholdOutcome
from intact.findings.words import agreed, amount_text, counted
from intact.ledger.baseline.entries import Baseline, Entry
from intact.ledger.baseline.thresholds import Subject, Threshold
from intact.model.names import nearest

LISTED: Final = 100
"""How many entries of a kind a report lists; all are counted."""

_ZERO: Final = Decimal(0)


class _Key(NamedTuple):
    """What findings have in common that are counted together."""

    report: str
    type: str
    severity: str
    kind: str | None
    new: bool
    entry: int | None


@dataclass(slots=True)
class _Sum:
    count: int = 0
    amount: Decimal = _ZERO


@dataclass(slots=True)
class _Use:
    """What an entry met: how many findings, and why those fire that it does not cover."""

    matched: int = 0
    fired: dict[str, int] = field(default_factory=dict)
    money: dict[str, Decimal] = field(default_factory=dict)

    def fire(self, why: str, count: int = 1) -> None:
        self.fired[why] = self.fired.get(why, 0) + count


class FailurePolicy:
    """Counts what a run finds against the lines it must not cross, and leaves out what is accepted.

    Args:
        lines: The lines.
        baseline: Accepted findings, if there are any.
        today: The day on which entries may have expired.
        currency: Of amounts, for the sentences.
    """

    def __init__(
        self, lines: Sequence[Threshold], baseline: Baseline | None, today: date, currency: str | None = None
    ) -> None:
        self._lines = lines
        self._baseline = baseline
        self._entries = list(baseline.entries) if baseline else []
        self._today = today
        self._currency = currency
        self._sums: dict[_Key, _Sum] = {}
        self._uses = [_Use() for _ in self._entries]
        self._overrun: set[int] = set()
        self._marks: Spool[tuple[str, str, int]] = Spool()
        self._by_changed_rules = 0
        self._by_fingerprint: dict[str, list[int]] = {}
        self._by_type: dict[str, dict[str, list[int]]] = {}
        for number, entry in enumerate(self._entries):
            if entry.fingerprint:
                self._by_fingerprint.setdefault(entry.fingerprint, []).append(number)
            else:
                self._by_type.setdefault(entry.type, {}).setdefault(entry.key, []).append(number)

    @property
    def needs_findings(self) -> bool:
        """Whether it has to see each finding whole, and not only its type, severity and money."""
        return bool(self._entries) or any(line.new for line in self._lines)

    def take(self, finding: Finding) -> Finding:
        """Count a finding, and give it with what accepts it."""
        entry = self._accepting(finding)
        kind, amount = finding.money or (None, _ZERO)
        fresh = finding.status != PERSISTING
        new = fresh and not finding.by_changed_rule  # a model that was deployed at night is no new fault
        looks = (
            line.looks_at(finding.type, finding.severity, kind, new=fresh) for line in self._lines if line.new
        )
        self._by_changed_rules += fresh and not new and entry is None and any(looks)
        self._count(_Key(finding.report, finding.type, finding.severity, kind, new, entry), amount)
        if entry is None:
            return finding
        self._marks.append((finding.report, finding.fingerprint, entry))
        return replace(finding, accepted=self._entries[entry].acceptance)

    def count(self, report: str, type_: str, severity: str, money: tuple[str, Decimal] | None) -> None:
        """Count a finding that nobody needs to see; only where :attr:`needs_findings` is false."""
        kind, amount = money or (None, _ZERO)
        self._count(_Key(report, type_, severity, kind, new=True, entry=None), amount)

    def _count(self, key: _Key, amount: Decimal) -> None:
        found = self._sums.get(key)
        if found is None:
            found = self._sums[key] = _Sum()
        found.count += 1
        if key.kind is not None:
            found.amount = EXACT.add(found.amount, amount)

    def _accepting(self, finding: Finding) -> int | None:
        """Return the entry that accepts a finding; of duplicates all have to."""
        groups = [self._by_fingerprint.get(finding.fingerprint, [])] if self._by_fingerprint else []
        groups += [
            numbers
            for numbers in self._by_type.get(finding.type, {}).values()
            if self._entries[numbers[0]].names(finding)
        ]
        accepting, lapsed = None, []
        for numbers in groups:
            reasons = [(number, self._lapsed(self._entries[number], finding)) for number in numbers]
            for number, why in reasons:
                self._uses[number].matched += 1
                if why:
                    lapsed.append((number, why))
            if accepting is None and numbers and not any(why for _, why in reasons):
                accepting = numbers[0]
                for number in numbers:
                    add_money(self._uses[number].money, finding.money)
        for number, why in lapsed if accepting is None else ():
            self._uses[number].fire(why)
        return accepting

    def _lapsed(self, entry: Entry, finding: Finding) -> str:
        """Say why an entry does not cover a finding that it names; empty where it does."""
        if entry.expires < self._today:
            return f"it expired on {entry.expires}"
        if finding.since and finding.first_seen and finding.first_seen < finding.since > entry.accepted:
            return f"what it accepts was resolved and came back on {finding.since:%Y-%m-%d}"
        if entry.fingerprint and finding.money:
            return self._grown(entry, dict([finding.money]))
        return ""

    def _grown(self, entry: Entry, money: Mapping[str, Decimal]) -> str:
        """Say which money is more than was accepted; empty where none is."""
        for kind, amount in money.items():
            if entry.money is not None and amount > entry.money.get(kind, _ZERO):
                now = amount_text(amount, self._currency)
                accepted = amount_text(entry.money.get(kind, _ZERO), self._currency)
                return f"{kind} has grown to {now}, and {accepted} was accepted"
        return ""

    def judged(self, report: Report, expected: Mapping[str, Sequence[str]]) -> Report:
        """Return a report with its verdict, once all its findings were taken.

        Args:
            report: The report, without one.
            expected: The finding types of the model, each with its checks.
        """
        self._settle_rules()
        thresholds = tuple(map(self._threshold, self._lines))
        crossed = [line for line, each in zip(self._lines, thresholds, strict=True) if each.crossed]
        sections = tuple(self._section(section, crossed) for section in report.sections)
        return replace(
            report,
            sections=sections,
            thresholds=thresholds,
            fail_on=tuple(map(str, self._lines)),
            failing=sum(sum(section.failing.values()) for section in sections),
            baseline=self._use(report, expected) if self._baseline else None,
        )

    def notes(self) -> list[str]:
        """Say what lines of new findings leave out: what is new only to rules that are new or changed."""
        number = self._by_changed_rules
        if not number:
            return []
        lines = ", ".join(str(line) for line in self._lines if line.new)
        said = (
            f"{counted(number, 'finding')} of rules that are new or changed in the model {agreed(number, 'is', 'are')}"
            f" not counted as new by --fail-on {lines}: the data may be as it was. Look through them once."
        )
        return [said]

    def accepted(self) -> Iterator[tuple[str, str]]:
        """Return report and fingerprint of each finding that is accepted, listed or not, once the report was judged."""
        return ((report, mark) for report, mark, entry in self._marks if entry not in self._overrun)

    def _settle_rules(self) -> None:
        """Find the rules whose findings come to more money than was accepted: then all of them fire."""
        for number, (entry, use) in enumerate(zip(self._entries, self._uses, strict=True)):
            why = "" if entry.fingerprint else self._grown(entry, use.money)
            if why:
                self._overrun.add(number)
                mine = {n for n, each in enumerate(self._entries) if each.key == entry.key}
                self._overrun |= mine  # of duplicates the stricter counts
                count = sum(each.count for key, each in self._sums.items() if key.entry in mine)
                use.fire(why, count)

    def _accepted(self, key: _Key) -> bool:
        return key.entry is not None and key.entry not in self._overrun

    def _threshold(self, line: Threshold) -> ThresholdOutcome:
        found = [
            each
            for key, each in self._sums.items()
            if not self._accepted(key) and line.looks_at(key.type, key.severity, key.kind, new=key.new)
        ]
        count, amount = sum(each.count for each in found), None
        if line.subject is Subject.MONEY:
            amount = max(self._amounts(line).values(), default=_ZERO)
        return ThresholdOutcome(str(line), count, amount, (count if amount is None else amount) > line.most)

    def _amounts(self, line: Threshold) -> dict[str, Decimal]:
        """Return what a line of money looks at, by kind: amounts of two currencies are never added."""
        sums: dict[str, Decimal] = {}
        for key, each in self._sums.items():
            looks = line.looks_at(key.type, key.severity, key.kind, new=key.new)
            if key.kind is not None and looks and not self._accepted(key):
                add_money(sums, (key.kind, each.amount))
        return sums

    def _section(self, section: Section, crossed: Sequence[Threshold]) -> Section:
        accepted: dict[str, int] = {}
        failing: dict[str, int] = {}
        for key, found in self._sums.items():
            if key.report != section.name:
                continue
            if self._accepted(key):
                accepted[key.type] = accepted.get(key.type, 0) + found.count
            elif any(line.looks_at(key.type, key.severity, key.kind, new=key.new) for line in crossed):
                failing[key.type] = failing.get(key.type, 0) + found.count
        lines = {self._entries[number].line for number in self._overrun}
        issues = _Without(section.issues, lines) if lines else section.issues
        return replace(section, accepted=accepted, failing=failing, issues=issues)

    def _use(self, report: Report, expected: Mapping[str, Sequence[str]]) -> BaselineUse | None:
        """Say what became of the entries."""
        if self._baseline is None:
            return None
        lapsed = [
            EntryUse(entry.line, entry.name, "; ".join(use.fired), sum(use.fired.values()))
            for entry, use in zip(self._entries, self._uses, strict=True)
            if use.fired
        ]
        whole = (each.type for section in report.sections for each in section.outcomes if not each.reasons)
        sought = sought_types(whole, expected, complete=report.complete)
        idle = [
            EntryUse(entry.line, entry.name, why, 0)
            for entry, use in zip(self._entries, self._uses, strict=True)
            if not use.matched and (why := why_idle(entry, expected, sought))
        ]
        return BaselineUse(
            self._baseline.file,
            len(self._entries),
            tuple(lapsed[:LISTED]),
            len(lapsed),
            tuple(idle[:LISTED]),
            len(idle),
            tuple(f"line {each.line}: {each.what}" for each in self._baseline.doubts[:LISTED]),
        )


def sought_types(whole: Iterable[str], expected: Mapping[str, Sequence[str]], *, complete: bool) -> set[str]:
    """Return the types of which a run has certainly found all that there are.

    Args:
        whole: The types of the checks that were made in full, once a check.
        expected: The checks of the model that make each type; none for values that cannot be read, which any finds.
        complete: Whether the run could check all that it was asked.
    """
    done = Counter(whole)
    sought = {name for name, checks in expected.items() if done[name] >= len(checks)}
    everything = complete and sought >= expected.keys()
    return {name for name in sought if expected[name] or everything}


def why_idle(entry: Entry, types: Collection[str], sought: Collection[str]) -> str:
    """Say why an entry that met no finding is of no use; empty where that is not certain."""
    if entry.type not in types:
        near = nearest(entry.type, types)
        return "the model has no such finding type" + (f" (did you mean {near!r}?)" if near else "")
    return "it matches nothing any more" if entry.type in sought else ""


class _Without(Compared[Finding]):
    """Findings of which those are not accepted after all that entries in some lines of the baseline accepted."""

    def __init__(self, issues: Sequence[Finding], lines: Collection[int]) -> None:
        self._issues = issues
        self._lines = lines

    def _judged(self, finding: Finding) -> Finding:
        if finding.accepted is None or finding.accepted.line not in self._lines:
            return finding
        return replace(finding, accepted=None)

    def __len__(self) -> int:
        return len(self._issues)

    def __iter__(self) -> Iterator[Finding]:
        return map(self._judged, self._issues)

    @overload
    def __getitem__(self, at: int) -> Finding: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Finding]: ...
    def __getitem__(self, at: int | slice) -> Finding | Sequence[Finding]:
        if isinstance(at, slice):
            return [self._judged(each) for each in self._issues[at]]
        return self._judged(self._issues[at])


def notes(use: BaselineUse, most: int = 10) -> list[str]:
    """Say in sentences what became of a baseline, as far as somebody has to do something about it."""
    said = [
        f"{use.file}, line {each.line}: {each.entry} does not hold any more: {each.why}"
        f" ({counted(each.findings, 'finding')})."
        for each in use.lapsed[:most]
    ]
    if use.lapsed_total > most:
        said.append(f"{use.file}: {use.lapsed_total - most:,} more entries do not hold any more.")
    said += [f"{use.file}, line {each.line}: {each.entry}: {each.why}." for each in use.idle[:most]]
    if use.idle_total > most:
        said.append(f"{use.file}: {use.idle_total - most:,} more entries match nothing any more.")
    return said + [f"{use.file}, {each}." for each in use.doubts[:most]]
