"""From the rules of a report to its section: every check ends as clean, violated, or not evaluated with its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from intact.audit import personal
from intact.audit.gathering import (
    TIME_OVER,
    Gathered,
    Ruled,
    dead_places,
    figure_reasons,
    figures_of,
    standing,
)
from intact.audit.wording import (
    caveat,
    check_name,
    description_of,
    explanations,
    places_text,
    unreadable_text,
)
from intact.checks import BY_NAME, doubts, figures, pages
from intact.checks.base import UNCONFIRMED, Draft, Need, key_columns
from intact.checks.context import Context
from intact.checks.figures import Linked, RunningFigure
from intact.core.amounts import add_money
from intact.core.errors import EngineError
from intact.core.stopping import TimeOverError
from intact.core.terms import UNREADABLE, Severity
from intact.core.values import JsonValue
from intact.findings.fingerprint import Fingerprints
from intact.findings.masking import Mask
from intact.findings.records import Finding, Outcome, Section, Status
from intact.findings.spool import Joined, Spool
from intact.ledger.baseline import FailurePolicy
from intact.model.specs import (
    NEGATIVE,
    CountDocuments,
    CountFindings,
    FigureSpec,
    Link,
    LinkedSum,
    Model,
    ReportSpec,
    Rule,
    SumFindings,
    UndatedLines,
)
from intact.project.columns import Column

_SOUGHT = ("dangling-reference", "unmatched-link")
"""Checks whose findings say where else a value is found."""

Note = Callable[[Finding, Sequence[int]], Finding]
"""Takes note of a finding and of its documents' numbers, and gives it with what is known of its past."""


def needs(model: Model, reports: Collection[ReportSpec]) -> dict[str, set[Column]]:
    """Return the columns that reports read, by collection."""
    columns: dict[str, set[Column]] = {}

    def take(found: Iterable[Need]) -> None:
        for collection, column in found:
            columns.setdefault(collection, set()).add(column)

    for report in reports:
        for rule in report.rules:
            take(BY_NAME[rule.kind].columns(rule, model))
        for figure in (report.total[1], *report.summary.values()):
            take(figures.columns(figure, model))
    if sought(reports):
        # What refers to nothing is looked for in all that is read, and a whole audit reads all that is declared.
        for collection in model.collections.values():
            if collection.name in columns or len(reports) == len(model.reports):
                columns.setdefault(collection.name, set())
                take(key_columns(collection))
    return columns


def sought(reports: Iterable[ReportSpec]) -> tuple[Link, ...]:
    """Return the references whose values that find nothing are looked for elsewhere."""
    rules = (rule for report in reports for rule in report.rules)
    return tuple(
        dict.fromkeys(rule.target for rule in rules if rule.kind in _SOUGHT and isinstance(rule.target, Link))
    )


@dataclass(slots=True)
class Totals:
    """What is counted over all reports of a run.

    Attributes:
        affected: For each collection a byte a document, 1 where a finding affects it.
        money: Amounts at stake by kind.
        fingerprints: Gives each finding one of its own.
        critical: How many findings are critical.
    """

    affected: dict[str, bytearray] = field(default_factory=dict)
    money: dict[str, Decimal] = field(default_factory=dict)
    fingerprints: Fingerprints = field(default_factory=Fingerprints)
    critical: int = 0

    @property
    def documents_affected(self) -> int:
        """How many documents have at least one finding."""
        return sum(marks.count(1) for marks in self.affected.values())


def fingerprints(model: Model, doubtful: frozenset[str]) -> Fingerprints:
    """Make what gives each finding its fingerprint.

    Args:
        model: Whose rules find.
        doubtful: Collections in which an ``_id`` does not name one document.
    """
    found = Counter(rule.finding for report in model.reports.values() for rule in report.rules)
    several = {type_ for type_, count in found.items() if count > 1}
    return Fingerprints(frozenset({UNREADABLE, *several}), doubtful)


def finish(
    gathered: Gathered,
    context: Context,
    totals: Totals,
    limit: int | None,
    mask: Mask | None = None,
    note: Note | None = None,
    *,
    judge: FailurePolicy | None = None,
) -> Section:
    """Count what was found, and make the report of it.

    Args:
        gathered: What was found.
        context: The run.
        totals: Counts over all reports, to which this one's findings are added.
        limit: How many findings of each type to keep; None for all.
        mask: Masks personal values; None to show them as they are.
        note: Told of every finding, kept or not; gives it back with what is known of its past.
        judge: Counts every finding, and says which are accepted.
    """
    return _Evaluation(gathered, context, totals, limit, mask, note, judge=judge).section()


class _Evaluation:
    def __init__(
        self,
        gathered: Gathered,
        context: Context,
        totals: Totals,
        limit: int | None,
        mask: Mask | None,
        note: Note | None,
        *,
        judge: FailurePolicy | None,
    ) -> None:
        self._gathered = gathered
        self._report = report = gathered.report
        self._context = context
        self._totals = totals
        self._limit = limit
        self._mask = mask
        self._note = note
        self._judge = judge
        self._issues: Spool[Finding] = Spool()
        self._unreadable: Spool[Finding] = Spool()  # these come last
        self._counts: dict[str, int] = {}
        self._unconfirmed = 0
        self._unread: set[tuple[str, int, str]] = set()
        self._currencies = context.model.currencies
        self._caveats: list[tuple[str, bool]] = []
        self._tallies: dict[int, RunningFigure] = {}
        for _, figure in figures_of(report):
            if isinstance(figure, CountFindings | SumFindings):
                apart = any(
                    context.model.by_currency(rule)
                    for rule in report.rules
                    if not figure.types or rule.finding in figure.types
                )
                self._tallies[id(figure)] = RunningFigure(figure, by_currency=apart)

    def section(self) -> Section:
        report = self._report
        outcomes = [self._rule(each) for each in self._gathered.ruled]
        for drafts in self._gathered.summed.values():
            for draft in drafts:
                self._keep(draft, UNREADABLE, Severity.HIGH, None)
        values: dict[str, JsonValue] = {}
        judged: list[Outcome] = []
        for name, figure in figures_of(report):
            values[name], outcome = self._figure(name, figure)
            if outcome is not None:
                judged.append(outcome)
        outcomes += [each for each in judged if each.reasons or each.notes]
        total_name, _ = report.total
        return Section(
            name=report.name,
            title=report.title,
            purpose=report.purpose,
            cadence=report.cadence.value,
            document=report.document,
            total=(total_name, int(str(values[total_name] or 0))),
            issues=Joined((self._issues, self._unreadable)),
            counts=dict(self._counts),
            summary=self._summary(values),
            outcomes=tuple(outcomes),
            figures=tuple(judged),
            actions=report.actions,
            done=report.done,
            explanations=explanations(
                report, self._context.model, unreadable=UNREADABLE in self._counts, caveats=self._caveats
            ),
            vanished=self._gathered.vanished,
            unconfirmed=self._unconfirmed,
        )

    def _summary(self, values: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """Return the figures by name; what a sum has of negative amounts stands beside it, and is not taken off."""
        found: dict[str, JsonValue] = {}
        for name, figure in self._report.summary.items():
            found[name] = values[name]
            tally = self._tallies.get(id(figure))
            if tally and tally.negative:
                found[f"{name}{NEGATIVE}"] = tally.negative
        return found

    def _rule(self, ruled: Ruled) -> Outcome:
        rule, found, unread, case_only = ruled.rule, 0, 0, 0
        places: Counter[tuple[str, str]] = Counter()
        for draft in ruled.drafts:
            if draft.unreadable:
                unread += self._keep(draft, UNREADABLE, Severity.HIGH, rule)
            else:
                found += self._keep(draft, rule.finding, rule.severity, rule)
                if isinstance(place := draft.fields.get("elsewhere"), dict):
                    places[str(place["collection"]), str(place["field"])] += 1
                case_only += draft.fields.get("case_only") is True
        told = tuple(dict.fromkeys((*ruled.reasons, *(ruled.beside if found else ()))))
        status = Status.VIOLATED if found or unread else Status.NOT_EVALUATED if told else Status.CLEAN
        coverage, notes, shares = ruled.coverage, ruled.notes if found else [], []
        documents, values = None, None
        if coverage is not None:
            documents, values = coverage.documents, 0 if ruled.idle else coverage.values
            shares = list(doubts.shares(rule, found, values, case_only))
        self._caveats.append(caveat(ruled.dead, shares))
        return Outcome(
            check_name(rule),
            rule.finding,
            status,
            found,
            told,
            rule.line,
            documents=documents,
            values=values,
            notes=tuple(dict.fromkeys((*places_text(places, found), *(notes or shares), *ruled.doubts))),
        )

    def _figure(self, name: str, figure: FigureSpec) -> tuple[JsonValue, Outcome | None]:
        """Compute a figure, and say how: of one over findings only where it says nothing."""
        if id(figure) in self._tallies:
            reasons = figure_reasons(self._gathered, figure, self._context) or self._unasked(figure)
            outcome = Outcome(f"figure {name}", name, Status.NOT_EVALUATED, 0, reasons, self._report.line)
            return (None, outcome) if reasons else (self._tallies[id(figure)].value, None)
        value, reasons = self._over_documents(name, figure)
        documents, judged = figures.judged(figure, self._context)
        status = Status.NOT_EVALUATED if reasons else Status.CLEAN
        read = all(self._context.read[each].present for each in figures.reads(figure, self._context.model)[0])
        return value, Outcome(
            f"figure {name}",
            name,
            status,
            0,
            reasons,
            self._report.line,
            documents if read else None,
            (0 if value is None else judged) if read else None,
            notes=self._gathered.doubts.get(name, ()),
        )

    def _unasked(self, figure: FigureSpec) -> tuple[str, ...]:
        """Say why a figure over findings says nothing: there was no time to look for any, and 0 would be a claim."""
        types = getattr(figure, "types", ()) or tuple(each.rule.finding for each in self._gathered.ruled)
        mine = [each for each in self._gathered.ruled if each.rule.finding in types or UNREADABLE in types]
        late = mine and all(TIME_OVER in each.reasons for each in mine)
        return (TIME_OVER,) if late and not any(self._counts.get(each) for each in types) else ()

    def _over_documents(self, name: str, figure: FigureSpec) -> tuple[JsonValue, tuple[str, ...]]:
        """Compute a figure over documents: its value, and why it is none or not of all documents."""
        try:
            with self._context.engine.stop.limited():
                return self._computed(name, figure)
        except TimeOverError:
            return None, (TIME_OVER,)

    def _computed(self, name: str, figure: FigureSpec) -> tuple[JsonValue, tuple[str, ...]]:
        reads, whole = figures.reads(figure, self._context.model)
        withheld, _ = standing(reads, whole, self._context.read)
        reasons = figure_reasons(self._gathered, figure, self._context)
        if withheld or any(nothing for _, nothing in dead_places(figure, self._context)):
            return None, reasons
        if isinstance(figure, CountDocuments):
            return self._named(figure, figures.count_documents(figure, self._context)), reasons
        if isinstance(figure, UndatedLines):
            return figures.undated(figure, self._context), reasons
        if isinstance(figure, LinkedSum):
            return Linked(figure, self._context).value(), reasons
        raise EngineError(f"the figure {name!r} is of a kind that cannot be computed")

    def _named(self, figure: CountDocuments, counted: JsonValue) -> JsonValue:
        """Mask the names of what was counted by a personal value."""
        private = figure.by and self._context.collection(figure.collection).is_personal(figure.by)
        if self._mask is None or not private or not isinstance(counted, dict):
            return counted
        return {str(self._mask(name)): count for name, count in counted.items()}

    def _keep(self, draft: Draft, type_: str, severity: Severity, rule: Rule | None) -> int:
        """Count a finding, and keep it as far as the limit goes; tell how many that makes, 0 or 1."""
        if draft.unreadable:
            (row,) = draft.rows
            mark = draft.collection, row, draft.unreadable
            if mark in self._unread:
                return 0
            self._unread.add(mark)
        self._count(type_, draft)
        self._unconfirmed += draft.state == UNCONFIRMED
        self._totals.critical += severity is Severity.CRITICAL
        for tally in self._tallies.values():
            tally.add(type_, draft.fields, self._currency(draft))
        money = self._money(rule, draft) if rule and not draft.unreadable else None
        kept = self._limit is None or self._counts[type_] <= self._limit
        judge = self._judge
        seen = judge is not None and judge.needs_findings
        if judge and not seen:
            judge.count(self._report.name, type_, severity.value, money)
        if kept or seen or self._note:
            finding = self._finding(draft, type_, severity, rule, money)
            if self._note:
                finding = self._note(finding, draft.rows)
            if judge and seen:
                finding = judge.take(finding)
            if kept:
                (self._unreadable if type_ == UNREADABLE else self._issues).append(finding)
        return 1

    def _finding(
        self,
        draft: Draft,
        type_: str,
        severity: Severity,
        rule: Rule | None,
        money: tuple[str, Decimal] | None,
    ) -> Finding:
        copied = personal.copied(rule, draft, self._context.model)
        fields = personal.masked(draft, copied, self._context.collection(draft.collection), self._mask)
        if draft.unreadable or rule is None:
            description, page = unreadable_text(draft.collection, fields), pages.UNREADABLE_KIND
        else:
            description, page = description_of(rule, draft, fields), rule.kind
        return Finding(
            type_,
            severity.value,
            self._report.name,
            draft.collection,
            description,
            fields,
            self._totals.fingerprints(type_, draft.collection, personal.impersonal(draft.identity, copied)),
            money,
            check=check_name(rule) if rule else "",
            cause=draft.cause,
            when=draft.when,
            state=draft.state,
            url=pages.url(page),
        )

    def _count(self, type_: str, draft: Draft) -> None:
        self._counts[type_] = self._counts.get(type_, 0) + 1
        totals = self._totals
        marks = totals.affected.get(draft.collection)
        if marks is None:
            marks = totals.affected[draft.collection] = bytearray(self._context.engine.size(draft.collection))
        for row in draft.rows:
            marks[row] = 1

    def _currency(self, draft: Draft) -> str | None:
        """Return the currency of a finding's amounts: what its documents say, else the model."""
        return self._context.model.currency if draft.currency is None else draft.currency

    def _money(self, rule: Rule, draft: Draft) -> tuple[str, Decimal] | None:
        """Return the money that a finding puts at stake, and add it up."""
        if rule.money is None or not draft.amount:
            return None
        if rule.money_unless and figures.matches(draft.fields, rule.money_unless):
            return None
        kind, amount = rule.money.over, draft.amount
        if amount < 0:
            kind, amount = rule.money.under, amount.copy_negate()  # a minus sign would round
        if self._currencies:
            kind = f"{kind}_{(self._currency(draft) or figures.UNNAMED).replace('_', '-')}"
        add_money(self._totals.money, (kind, amount))
        return kind, amount
