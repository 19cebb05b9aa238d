"""From the rules of a report to what they find: which checks can be evaluated, and how much they judge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from intact.checks import BY_NAME, doubts, figures
from intact.checks.base import Draft, Part, PathUse, Rest
from intact.checks.context import Context, Read
from intact.checks.coverage import Counts, Coverage
from intact.checks.presence import withholds
from intact.core.stopping import TimeOverError
from intact.findings.spool import Spool
from intact.model.specs import CountFindings, FigureSpec, Model, ReportSpec, Rule, SumFindings

TIME_OVER = (
    "the time that the run had was over before all of it was checked: give it more with --max-duration"
)
"""Why something was not, or not wholly, evaluated."""


@dataclass(slots=True)
class Ruled:
    """What the check of one rule has found.

    Attributes:
        rule: The rule.
        parts: The queries of it that could be made.
        drafts: What they found, to be gone through once unless it is held.
        reasons: Why it, or a part of it, could not be evaluated.
        beside: Reasons that count only if it found something: of what its findings say of other documents.
        dead: Those of the reasons that say that what its findings rest on has a value in no document.
        notes: What is to be said beside what it found.
        doubts: What is to be said in any case: its conditions tell nothing apart, or it leaves documents out.
        coverage: How much it judges; None where a collection was not read.
        read: Whether there is anything for it to judge.
        idle: Whether it judges nothing, since nowhere is a value from whose absence it would conclude.
    """

    rule: Rule
    parts: Sequence[Part]
    drafts: Iterable[Draft]
    reasons: list[str]
    beside: list[str] = field(default_factory=list)
    dead: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    doubts: tuple[str, ...] = ()
    coverage: Coverage | None = None
    read: bool = True
    idle: bool = False


@dataclass(slots=True)
class Gathered:
    """What the checks of one report have found, before it is counted.

    Attributes:
        report: The report.
        ruled: A rule after the other, in the model's order.
        summed: For each figure over documents, the values that it could not read.
        doubts: For each figure whose conditions tell nothing apart, that they do not.
        vanished: How many drafts were dropped because their documents, looked at again, had no fault any more.
    """

    report: ReportSpec
    ruled: list[Ruled]
    summed: dict[str, Iterable[Draft]]
    doubts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    vanished: int = 0

    @property
    def held(self) -> Iterator[tuple[Rule | None, Draft]]:
        """All drafts, with the rules that made them."""
        for each in self.ruled:
            yield from ((each.rule, draft) for draft in each.drafts)
        for drafts in self.summed.values():
            yield from ((None, draft) for draft in drafts)


def gather(report: ReportSpec, context: Context, *, hold: bool = False) -> Gathered:
    """Find what breaks the rules of a report.

    Args:
        report: What to check.
        context: The run.
        hold: Whether to find it now and keep it; otherwise it is found as it is gone through.
    """
    kept = _held if hold else iter
    try:
        with context.engine.stop.limited():
            ruled, doubted = _judged(report, context)
    except TimeOverError:
        late = [Ruled(rule, (), (), [TIME_OVER]) for rule in report.rules]
        for each in late:
            each.drafts = kept(())
        return Gathered(report, late, {})
    for each in ruled:
        each.drafts = kept(_in_time(run_parts(each.parts, context), context, each.reasons))
    read = {name: figure for name, figure in figures_of(report) if any(figures.reads(figure, context.model))}
    summed = {name: _in_time(unreadable(figure, context), context, []) for name, figure in read.items()}
    return Gathered(report, ruled, {name: kept(drafts) for name, drafts in summed.items()}, doubted)


def _in_time(drafts: Iterable[Draft], context: Context, reasons: list[str]) -> Iterator[Draft]:
    """Yield drafts as long as the run has time, and say where it was over."""
    try:
        yield from context.engine.stop.in_time(drafts)
    except TimeOverError:
        reasons.append(TIME_OVER)


def _judged(report: ReportSpec, context: Context) -> tuple[list[Ruled], Mapping[str, tuple[str, ...]]]:
    """Settle what of the rules of a report can be evaluated, and how much each judges; and doubt the figures."""
    ruled = [_ruled(rule, context) for rule in report.rules]
    counts = Counts(context)
    asked = [doubts.ask(each.rule, context, counts) for each in ruled]
    left_out = [doubts.left_out(each.rule, context, counts) if each.read else [] for each in ruled]
    of_figures = {name: doubts.ask(figure, context, counts) for name, figure in figures_of(report)}
    for each in ruled:
        if each.read:
            each.coverage = Coverage(context, BY_NAME[each.rule.kind].judges(each.rule, context), counts)
    counts.count()
    for each, questions, pending in zip(ruled, asked, left_out, strict=True):
        said = (text for tell in pending for text in tell())
        each.doubts = (*said, *doubts.told_apart(questions, context, counts))
    told = {name: tuple(doubts.told_apart(each, context, counts)) for name, each in of_figures.items()}
    return ruled, told


def _ruled(rule: Rule, context: Context) -> Ruled:
    """Settle which parts of a check can be evaluated, and why the others cannot."""
    check, ruled = BY_NAME[rule.kind], Ruled(rule, (), (), [])
    parts = check.parts(rule, context.model)
    ready = []
    for part in parts:
        withheld, partial = standing(part.reads, part.whole, context.read)
        ruled.reasons.extend(withheld or partial)
        if not withheld:
            ready.append(part)
    ruled.parts = [part for part in ready if not context.dead(*part.values)]
    ruled.read = bool(ready)
    ruled.idle = context.dead(*parts[0].values)
    rests = list(check.rests(rule, context.model))
    read = {(each.collection, each.paths) for each in rests if each.use is not PathUse.DATED}
    for rest in rests:
        if rest.use is PathUse.DATED and (rest.collection, rest.paths) in read:
            continue  # it is said already that nothing is there
        if reason := context.presence.reason(rest):
            beside = rest.use is PathUse.REFERRING and _read_by_another(rest, context.model)
            (ruled.beside if beside else ruled.reasons).append(reason)
            if rest.sought or withholds(rest):
                ruled.dead.append(reason)
            if rest.sought:
                ruled.notes.append(_ALL_OF_THEM)
    return ruled


def _read_by_another(rest: Rest, model: Model) -> bool:
    """Say whether another rule of the model judges what one only lists, and so says that nothing is there."""
    return any(
        (each.collection, each.paths) == (rest.collection, rest.paths) and each.use is not PathUse.REFERRING
        for report in model.reports.values()
        for rule in report.rules
        for each in BY_NAME[rule.kind].rests(rule, model)
    )


_ALL_OF_THEM = "all of them: the rule probably names the wrong field"


def _held(drafts: Iterable[Draft]) -> Spool[Draft]:
    kept: Spool[Draft] = Spool()
    for draft in drafts:
        kept.append(draft)
    return kept


def run_parts(parts: Iterable[Part], context: Context) -> Iterator[Draft]:
    """Find what queries find."""
    for part in parts:
        yield from part.run(context)


def unreadable(figure: FigureSpec, context: Context) -> Iterator[Draft]:
    """Yield the values that a figure over documents cannot read; none where it is not computed."""
    reads, whole = figures.reads(figure, context.model)
    withheld, _ = standing(reads, whole, context.read)
    if not withheld and not any(nothing for _, nothing in dead_places(figure, context)):
        yield from figures.drafts(figure, context)


def rests_of(report: ReportSpec, model: Model) -> Iterator[Rest]:
    """Yield on what the rules and figures of a report rest."""
    for rule in report.rules:
        yield from BY_NAME[rule.kind].rests(rule, model)
    for _, figure in figures_of(report):
        yield from figures.rests(figure, model)
        if isinstance(figure, CountFindings | SumFindings):
            for rule in report.rules:
                if not figure.types or rule.finding in figure.types:
                    yield from figures.rests_on_fields(figure, rule, model)


def dead_places(figure: FigureSpec, context: Context) -> Iterator[tuple[str, bool]]:
    """Yield why a figure over documents says nothing or not all, and whether it then has no value."""
    for rest in figures.rests(figure, context.model):
        if reason := context.presence.reason(rest):
            yield reason, withholds(rest)


def figure_reasons(gathered: Gathered, figure: FigureSpec, context: Context) -> tuple[str, ...]:
    """Say why a figure says nothing, or not all; empty where it says all."""
    if isinstance(figure, CountFindings | SumFindings):
        return _idle(gathered, figure, context)
    reads, whole = figures.reads(figure, context.model)
    withheld, partial = standing(reads, whole, context.read)
    dead = (reason for reason, _ in dead_places(figure, context))
    return tuple(dict.fromkeys((*(withheld or partial), *dead)))


def _idle(gathered: Gathered, figure: CountFindings | SumFindings, context: Context) -> tuple[str, ...]:
    """Say why a figure over findings says nothing."""
    mine = [each for each in gathered.ruled if not figure.types or each.rule.finding in figure.types]
    presence, model = context.presence, context.model
    rests = {rest for each in mine for rest in figures.rests_on_fields(figure, each.rule, model)}
    reasons = [reason for rest in sorted(rests, key=str) if (reason := presence.reason(rest))]
    if mine and all(each.idle for each in mine):
        reasons += [reason for each in mine for reason in each.reasons]
    return tuple(dict.fromkeys(reasons))


def figures_of(report: ReportSpec) -> Iterator[tuple[str, FigureSpec]]:
    """Yield the figures of a report by name, its total last."""
    yield from report.summary.items()
    yield report.total


def standing(
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
