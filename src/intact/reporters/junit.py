"""The report for what shows test results: a suite a report, a case a check, in the XML that JUnit made common.

A check that found something is a failure, with how many findings there are, how to repair them, and those with the most
money at stake; one that could not be made is skipped, with the reason. What could not be read is an error, in a suite
of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from decimal import Decimal
from heapq import heappush, heappushpop
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from intact.findings import Finding, Outcome, Report, Section, Status
from intact.findings.changes import StatusCounts
from intact.findings.document import Document, head
from intact.findings.news import FRESH, compared, model_text, turns_text
from intact.findings.shell import document_query
from intact.findings.shortened import short_fields
from intact.findings.words import agreed, amount_text, clipped, counted, harmless, moment_text
from intact.reporters.finding_record import fields, flat, record, unwrapped, visible

SHOWN: Final = 10
"""Findings that stand in one failure; the others are counted."""

_LONGEST: Final = 2_000
"""Characters of a description that are shown; values are never cut."""
_NOT_FACTS: Final = ("not_evaluated", "troubles", "changes.gone", "changes.trend")
"""What stands elsewhere in the file, or is too long for a property."""

Attributes = Mapping[str, str | int]
Key = tuple[str, str]


def render(report: Report) -> Iterator[str]:
    """Yield the report as JUnit XML."""
    suites = [_Suite(report, section) for section in report.sections]
    unread = _Unread(report)
    total: Attributes = {
        "name": f"intact: {report.run.model_title}",
        "tests": sum(len(each.cases) for each in suites) + unread.count,
        "failures": sum(each.count(Status.VIOLATED) for each in suites),
        "errors": unread.count,
        "time": f"{report.run.seconds:.3f}",
    }
    yield '<?xml version="1.0" encoding="UTF-8"?>\n' + _tag("testsuites", total)
    for each in suites:
        yield from each.lines()
    if unread.count:
        yield from unread.lines()
    yield "</testsuites>\n"


def _judged(outcome: Outcome) -> list[str]:
    """Say how much a check judged, and what else is to be known of it."""
    said = [f"Judged {outcome.coverage}."] if outcome.coverage else []
    return said + [f"Note: {harmless(note)}." for note in outcome.notes]


class _Suite:
    """One report."""

    def __init__(self, report: Report, section: Section) -> None:
        self._report = report
        self._section = section
        self._compared = compared(report)
        judged = {each.type for each in section.outcomes}
        alone = [
            Outcome("", name, Status.VIOLATED, count)
            for name, count in section.counts.items()
            if count and name not in judged
        ]
        self.cases = [*section.outcomes, *alone]

    def count(self, status: Status) -> int:
        """Return how many of its checks ended so; one whose findings are all accepted did not fail."""
        return sum(each.status is status and not self._is_accepted(each) for each in self.cases)

    def _is_accepted(self, outcome: Outcome) -> bool:
        """Tell whether a check found something, and the baseline accepts all findings of its type."""
        accepted = self._section.accepted.get(outcome.type, 0)
        return outcome.findings > 0 and accepted >= self._section.counts.get(outcome.type, 0)

    def lines(self) -> Iterator[str]:
        """Yield the suite."""
        section = self._section
        counts = {"failures": self.count(Status.VIOLATED), "skipped": self.count(Status.NOT_EVALUATED)}
        yield _suite(
            self._report, section.name, section.title, {"tests": len(self.cases), "errors": 0, **counts}
        )
        yield _properties(self._facts())
        shown = self._worst()
        for each in self.cases:
            yield self._case(each, shown.get((each.type, each.check), []))
        yield self._changed()
        yield "  </testsuite>\n"

    def _changed(self) -> str:
        """Say what changed since the run before, and name what is resolved; nothing without one."""
        changes = self._report.changes
        if changes is None or changes.before is None:
            return ""
        turns = changes.by_report.get(self._section.name, StatusCounts())
        lines = [f"Since {moment_text(changes.before)}: {turns_text(turns, persisting=True)}."]
        if changes.model:
            lines.append(f"Not the same audit: {model_text(changes.model)}.")
        lines += [
            f"RESOLVED{f' ({each.how})' if each.how else ''} {each.severity} {each.type}:"
            f" {clipped(harmless(each.description), _LONGEST)}"
            f" ({each.fingerprint}, first seen {moment_text(each.first_seen)})"
            for each in changes.gone
            if each.report == self._section.name
        ]
        return _element("system-out", {}, lines)

    def _facts(self) -> dict[str, str]:
        """Return what is true of the whole run and of this report."""
        section, (name, total) = self._section, self._section.total
        run = {key: value for key, value in head(self._report).items() if key not in _NOT_FACTS}
        facts: Document = {
            "purpose": section.purpose,
            "actions": list(section.actions),
            name: total,
            **section.summary,
        }
        return {
            key: value if isinstance(value, str) else visible(value)
            for key, value in flat({**run, **facts})
            if key not in _NOT_FACTS
        }

    def _worst(self) -> dict[Key, list[Finding]]:
        """Return the findings that are new, then those with the most money at stake, and among equals the first."""
        heaps: dict[Key, list[tuple[bool, Decimal, int, Finding]]] = {}
        by_type: dict[str, Key] = {}
        for case in reversed(self.cases):
            heaps[case.type, case.check] = []
            by_type[case.type] = (case.type, case.check)
        for number, finding in enumerate(self._section.issues):
            key = (finding.type, finding.check)
            heap = heaps.get(key if key in heaps else by_type.get(finding.type, key))
            if heap is not None:
                fresh = self._compared and finding.status in FRESH
                item = (fresh, finding.money[1] if finding.money else Decimal(0), -number, finding)
                heappush(heap, item) if len(heap) < SHOWN else heappushpop(heap, item)
        return {key: [finding for *_, finding in sorted(heap, reverse=True)] for key, heap in heaps.items()}

    def _case(self, outcome: Outcome, shown: Sequence[Finding]) -> str:
        name = f"{outcome.check}: {outcome.type}" if outcome.check else outcome.type
        inner = ""
        if self._is_accepted(outcome):
            said = f"{counted(outcome.findings, 'finding')} of type {outcome.type}, accepted in the baseline."
            inner = _element("system-out", {}, [harmless(said), *_judged(outcome)])
        elif outcome.status is Status.VIOLATED:
            inner = self._failure(outcome, shown)
        elif outcome.status is Status.NOT_EVALUATED:
            why = "not evaluated: " + "; ".join(outcome.reasons)
            inner = _element("skipped", {"type": outcome.type, "message": why}, [])
            if outcome.notes:
                inner += _element("system-out", {}, _judged(outcome))
        elif judged := _judged(outcome):
            inner = _element("system-out", {}, judged)
        classname = f"intact.{self._report.run.model}.{self._section.name}"
        return (
            _tag("testcase", {"name": name, "classname": classname, "time": "0"}, 4)
            + inner
            + "    </testcase>\n"
        )

    def _failure(self, outcome: Outcome, shown: Sequence[Finding]) -> str:
        total = outcome.findings
        accepted = self._section.accepted.get(outcome.type, 0)
        message = f"{counted(total, 'finding')}: {outcome.type}"
        if accepted:
            message += f" ({accepted:,} of this type {agreed(accepted, 'is', 'are')} accepted)"
        if not total:
            message = "values that this check needs cannot be read: see UNREADABLE_VALUE"
        lines = [f"Not evaluated in part: {reason}" for reason in outcome.reasons]
        lines += _judged(outcome)
        if outcome.line:
            lines.append(f"Declared in {self._report.run.model_file}, line {outcome.line}.")
        lines += self._explained(outcome)
        for finding in shown:
            new = f"{finding.status.upper()} " if self._compared and finding.status in FRESH else ""
            lines += ["", *_finding(finding, self._report.run.currency, new)]
        if total > len(shown):
            lines += ["", f"{total - len(shown):,} more are not shown here."]
        return _element("failure", {"type": outcome.type, "message": message}, lines)

    def _explained(self, outcome: Outcome) -> list[str]:
        for each in self._section.explanations:
            if (each.type, each.check) == (outcome.type, outcome.check):
                return [
                    *_paragraph("What it finds", each.what),
                    *_paragraph("Why it matters", each.why),
                    *_paragraph("How to repair it", each.repair),
                    *_paragraph("What it cannot see", each.cannot_see),
                    *_paragraph("More", each.url),
                ]
        return []


class _Unread:
    """What could not be read, as a suite of errors."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._unlisted = max(0, report.troubles_total - len(report.troubles))
        self.count = len(report.troubles) + bool(self._unlisted)

    def lines(self) -> Iterator[str]:
        """Yield the suite."""
        counts = {"tests": self.count, "errors": self.count, "failures": 0, "skipped": 0}
        yield _suite(self._report, "unread", "What could not be read", counts)
        for each in self._report.troubles:
            concerns = (
                [] if each.documents is None else [f"It concerns {counted(each.documents, 'document')}."]
            )
            where = f"{each.collection}: {each.where}" if each.collection else each.where
            yield self._case(where, each.what, [*concerns, *filter(None, [each.hint])])
        if self._unlisted:
            yield self._case("and more", f"{counted(self._unlisted, 'more trouble')} not listed", [])
        yield "  </testsuite>\n"

    def _case(self, name: str, what: str, lines: Sequence[str]) -> str:
        case = {"name": name, "classname": f"intact.{self._report.run.model}.unread", "time": "0"}
        error = _element("error", {"type": "unread", "message": what}, lines)
        return _tag("testcase", case, 4) + error + "    </testcase>\n"


def _finding(finding: Finding, currency: str | None, new: str) -> list[str]:
    """Return a finding: a line to read, its own fields as JSON, what else it has as JSON, and its query."""
    money = f" ({finding.money[0]}: {amount_text(finding.money[1], currency)})" if finding.money else ""
    content = record(finding)
    content.pop("fields")
    own, rest = (
        short_fields(fields(finding)),
        {name: content[name] for name in content if name != "description"},
    )
    lines = [f"{new}{finding.severity} {clipped(harmless(finding.description), _LONGEST)}{money}"]
    lines += [f"  {visible(own)}", f"  {visible({k: v for k, v in rest.items() if v not in (None, [], '')})}"]
    query = document_query(finding)
    return [*lines, f"  {query}"] if query else lines


def _paragraph(name: str, text: str) -> list[str]:
    """Return a text under its name; nothing where there is none."""
    return [f"{name}: {unwrapped(text)}"] if text else []


def _suite(report: Report, name: str, title: str, counts: Attributes) -> str:
    moment = report.run.generated_at.astimezone(UTC)
    more = {"time": "0", "timestamp": f"{moment:%Y-%m-%dT%H:%M:%S}", "hostname": "localhost"}
    return _tag(
        "testsuite", {"name": title, "id": name, "package": f"intact.{report.run.model}", **counts, **more}, 2
    )


def _properties(facts: Mapping[str, str]) -> str:
    rows = "".join(
        f"      <property name={_value(name)} value={_value(value)}/>\n" for name, value in facts.items()
    )
    return f"    <properties>\n{rows}    </properties>\n"


def _element(name: str, attributes: Attributes, lines: Sequence[str]) -> str:
    text = "\n".join(_legal(each) for each in lines)
    return f"{_tag(name, attributes, 6)[:-1]}{escape(text)}</{name}>\n"


def _tag(name: str, attributes: Attributes, indent: int = 0) -> str:
    written = "".join(f" {key}={_value(value)}" for key, value in attributes.items())
    return f"{' ' * indent}<{name}{written}>\n"


def _value(value: str | int) -> str:
    return quoteattr(harmless(str(value)))


def _legal(text: str) -> str:
    """Return text in which every line is visible; XML cannot hold most control characters at all."""
    return "\n".join(line if line.isprintable() else harmless(line) for line in text.split("\n"))
