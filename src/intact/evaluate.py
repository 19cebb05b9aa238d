"""From the rules of a report to its section: every check ends as clean, violated, or not evaluated with its reason."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from intact.checks import BY_NAME, figures
from intact.checks.base import UNREADABLE, Draft, Need, Part
from intact.checks.context import Context, Read
from intact.checks.evidence import EXACT, tidy
from intact.checks.figures import Linked, Tally
from intact.errors import EngineError
from intact.findings.fingerprint import fingerprint
from intact.findings.types import Finding, Outcome, Section, Status
from intact.model import templates
from intact.model.types import (
    CountDocuments,
    CountFindings,
    FigureSpec,
    LinkedSum,
    Model,
    ReportSpec,
    Rule,
    Severity,
    SumFindings,
    UndatedLines,
)
from intact.project.columns import Column
from intact.values import JsonValue


def needs(model: Model, reports: Iterable[ReportSpec]) -> dict[str, set[Column]]:
    """Give the columns that reports read, by collection."""
    columns: dict[str, set[Column]] = {}

    def take(found: Iterable[Need]) -> None:
        for collection, column in found:
            columns.setdefault(collection, set()).add(column)

    for report in reports:
        for rule in report.rules:
            take(BY_NAME[rule.kind].columns(rule, model))
        for figure in (report.total[1], *report.summary.values()):
            take(figures.columns(figure, model))
    return columns


@dataclass(slots=True)
class Totals:
    """What is counted over all reports of a run.

    Attributes:
        affected: For each collection a byte a document, 1 where a finding affects it.
        money: Amounts at stake by kind.
        types: How many findings there are of each type and severity.
        severities: How many there are of each severity.
    """

    affected: dict[str, bytearray] = field(default_factory=dict)
    money: dict[str, Decimal] = field(default_factory=dict)
    types: dict[tuple[str, str], int] = field(default_factory=dict)
    severities: dict[str, int] = field(default_factory=dict)

    @property
    def documents_affected(self) -> int:
        """How many documents have at least one finding."""
        return sum(marks.count(1) for marks in self.affected.values())


def evaluate(report: ReportSpec, context: Context, totals: Totals, limit: int | None) -> Section:
    """Make a report.

    Args:
        report: What to check.
        context: The run.
        totals: Counts over all reports, to which this one's findings are added.
        limit: How many findings of each type to keep; None for all.
    """
    return _Evaluation(report, context, totals, limit).section()


class _Evaluation:
    def __init__(self, report: ReportSpec, context: Context, totals: Totals, limit: int | None) -> None:
        self._report = report
        self._context = context
        self._totals = totals
        self._limit = limit
        self._issues: list[Finding] = []
        self._counts: dict[str, int] = {}
        self._unread: set[tuple[str, int, str]] = set()
        self._tallies: dict[int, Tally] = {}
        for figure in (report.total[1], *report.summary.values()):
            if isinstance(figure, CountFindings | SumFindings):
                self._tallies[id(figure)] = Tally(figure)

    def section(self) -> Section:
        report = self._report
        outcomes = [self._rule(rule) for rule in report.rules]
        values: dict[str, JsonValue] = {}
        for name, figure in report.summary.items():  # these may make findings, which the tallies then count
            if id(figure) not in self._tallies:
                values[name], reasons = self._figure(name, figure)
                if reasons:
                    outcomes.append(
                        Outcome(f"figure {name}", name, Status.NOT_EVALUATED, 0, reasons, report.line)
                    )
        total_name, total_figure = report.total
        if id(total_figure) not in self._tallies:
            values[total_name], _ = self._figure(total_name, total_figure)
        for name, figure in ((total_name, total_figure), *report.summary.items()):
            if id(figure) in self._tallies:
                values[name] = self._tallies[id(figure)].value
        self._issues.sort(key=lambda finding: finding.type == UNREADABLE)  # stable: those last
        return Section(
            name=report.name,
            title=report.title,
            purpose=report.purpose,
            cadence=report.cadence.value,
            document=report.document,
            total=(total_name, int(str(values[total_name] or 0))),
            issues=tuple(self._issues),
            counts=dict(self._counts),
            summary={name: values[name] for name in report.summary},
            outcomes=tuple(outcomes),
            actions=report.actions,
        )

    def _rule(self, rule: Rule) -> Outcome:
        found, unread, reasons = 0, 0, []
        for part in BY_NAME[rule.kind].parts(rule, self._context.model):
            withheld, partial = _standing(part.reads, part.whole, self._context.read)
            reasons.extend(withheld or partial)
            if withheld:
                continue
            for draft in self._drafts(part):
                made = self._take(rule, draft)
                found, unread = (found, unread + made) if draft.unreadable else (found + made, unread)
        told = tuple(dict.fromkeys(reasons))
        status = Status.VIOLATED if found or unread else Status.NOT_EVALUATED if told else Status.CLEAN
        return Outcome(f"{rule.kind} {rule.target}", rule.finding, status, found, told, rule.line)

    def _drafts(self, part: Part) -> Iterator[Draft]:
        return part.run(self._context)

    def _figure(self, name: str, figure: FigureSpec) -> tuple[JsonValue, tuple[str, ...]]:
        """Compute a figure over documents: its value, and why it is none or not of all documents."""
        reads, whole = figures.reads(figure, self._context.model)
        withheld, partial = _standing(reads, whole, self._context.read)
        if withheld:
            return None, tuple(withheld)
        if isinstance(figure, CountDocuments):
            return figures.count_documents(figure, self._context), tuple(partial)
        if isinstance(figure, UndatedLines):
            return figures.undated(figure, self._context), tuple(partial)
        if isinstance(figure, LinkedSum):
            linked = Linked(figure, self._context)
            for draft in linked.drafts():
                self._keep(draft, UNREADABLE, Severity.HIGH, _unreadable_description(draft))
            return linked.value(), tuple(partial)
        raise EngineError(f"the figure {name!r} is of a kind that cannot be computed")

    def _take(self, rule: Rule, draft: Draft) -> int:
        """Add a finding of a rule; tell how many that makes, 0 or 1."""
        if draft.unreadable:
            return self._keep(draft, UNREADABLE, Severity.HIGH, _unreadable_description(draft))
        values = {"collection": draft.collection, **draft.fields}
        words = {name: _word(values.get(name)) for name in templates.fields(rule.description)}
        return self._keep(draft, rule.finding, rule.severity, templates.fill(rule.description, words), rule)

    def _keep(
        self, draft: Draft, type_: str, severity: Severity, description: str, rule: Rule | None = None
    ) -> int:
        if draft.unreadable:
            (row,) = draft.rows
            mark = draft.collection, row, draft.unreadable
            if mark in self._unread:
                return 0
            self._unread.add(mark)
        self._count(type_, severity.value, draft)
        for tally in self._tallies.values():
            tally.add(type_, draft.fields)
        money = self._money(rule, draft) if rule else None
        if self._limit is None or self._counts[type_] <= self._limit:
            name = fingerprint(type_, draft.collection, draft.identity)
            self._issues.append(
                Finding(
                    type_,
                    severity.value,
                    self._report.name,
                    draft.collection,
                    description,
                    draft.fields,
                    name,
                    money,
                )
            )
        return 1

    def _count(self, type_: str, severity: str, draft: Draft) -> None:
        self._counts[type_] = self._counts.get(type_, 0) + 1
        totals = self._totals
        totals.types[type_, severity] = totals.types.get((type_, severity), 0) + 1
        totals.severities[severity] = totals.severities.get(severity, 0) + 1
        marks = totals.affected.get(draft.collection)
        if marks is None:
            marks = totals.affected[draft.collection] = bytearray(self._context.engine.size(draft.collection))
        for row in draft.rows:
            marks[row] = 1

    def _money(self, rule: Rule, draft: Draft) -> tuple[str, Decimal] | None:
        """Give the money that a finding puts at stake, and add it up."""
        if rule.money is None or not draft.amount:
            return None
        if rule.money_unless and figures.matches(draft.fields, rule.money_unless):
            return None
        kind, amount = rule.money.over, draft.amount
        if rule.money.under != kind and amount < 0:
            kind, amount = rule.money.under, amount.copy_negate()  # a minus sign would round
        self._totals.money[kind] = tidy(EXACT.add(self._totals.money.get(kind, Decimal(0)), amount))
        return kind, amount


def _standing(
    reads: frozenset[str], whole: frozenset[str], read: Mapping[str, Read]
) -> tuple[list[str], list[str]]:
    """Tell why a query cannot be made, and why it can be made of a part of the documents only."""
    withheld = [read[name].reason for name in sorted(reads | whole) if not read[name].present]
    withheld += [
        f"{read[name].reason}; what seems to be missing from {name} may be in the part that was not read"
        for name in sorted(whole)
        if read[name].present and not read[name].whole
    ]
    partial = [
        f"{read[name].reason}; only the part that was read has been checked"
        for name in sorted(reads)
        if read[name].present and not read[name].whole
    ]
    return withheld, partial


def _unreadable_description(draft: Draft) -> str:
    field, value, kind = (draft.fields[name] for name in ("field", "value", "value_type"))
    return f"{draft.collection}: {field} is {_word(value)} ({kind}), which cannot be read"


def _word(value: JsonValue) -> str:
    """Write a value in a description, which is one line: a line break in text is written as its escape."""
    if isinstance(value, Decimal):
        return f"{value:f}" if abs(value.adjusted()) < _PLAIN_DIGITS else str(value)
    if not isinstance(value, str):
        value = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    return _LINE_BREAK.sub(lambda found: found[0].encode("unicode_escape").decode(), value)


_LINE_BREAK = re.compile("[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")
_PLAIN_DIGITS = 30

__all__ = ["Totals", "evaluate", "needs"]
