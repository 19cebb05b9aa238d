"""The reports of a model, and what is picked out of them: the headline, and what makes a run fail."""

from __future__ import annotations

from collections.abc import Mapping

from intact.core.terms import SEVERITIES, UNREADABLE
from intact.model.figures import Types, is_count, read_figure
from intact.model.nodes import Node, TableNode, entries, shortened
from intact.model.rules import Drafted, read_rules
from intact.model.scope import Scope
from intact.model.specs import Cadence, FigureSpec, Kind, ReportSpec, Rule

REPORT = ("title", "purpose", "cadence", "document", "checks", "total", "summary", "actions")
REPORT_NEEDED = ("title", "cadence", "document", "checks", "total")
CADENCES = tuple(cadence.value for cadence in Cadence)

FAIL_ON = SEVERITIES[:2]
"""What makes a run fail where the model does not say it."""

Figures = dict[str, FigureSpec | None]
"""Figures by name; None where one could not be read."""


class ReportReader:
    """Reads all reports.

    Attributes:
        reports: The reports that could be read.
        figures: The figures of every report, its total among them.
        types: All types of findings.
    """

    def __init__(self, scope: Scope, kinds: Mapping[str, Kind]) -> None:
        self.scope = scope
        self.kinds = kinds
        self.reports: dict[str, ReportSpec] = {}
        self.figures: dict[str, Figures] = {}
        self.types: dict[str, Rule | None] = {}
        self._documents: dict[str, int] = {}

    def read(self, node: Node) -> None:
        """Read ``reports``."""
        table = self.scope.table(node, "reports")
        if table is not None and not table.entries:
            self.scope.problems.add(node.line, "expected at least one report")
        for name, line, each in entries(table):
            self.scope.fits(name, line, "the name of a report")
            self.figures[name] = {}
            self._report(name, line, each)

    def _report(self, name: str, line: int, node: Node) -> None:
        scope = self.scope
        table = scope.table(node, f"the report {name}", REPORT, REPORT_NEEDED)
        if table is None:
            return
        given = table.entries
        drafted = read_rules(scope, given["checks"], self.kinds) if "checks" in given else []
        self._meanings(drafted)
        types = Types.of(drafted)
        total = self._total(name, given["total"], types) if "total" in given else None
        summary = self._summary(name, given["summary"], types) if "summary" in given else {}
        title = scope.text(given["title"], "a title") if "title" in given else None
        purpose = scope.text(given["purpose"], "'purpose'", lines=True) if "purpose" in given else ""
        cadence = scope.choice(given["cadence"], "cadence", CADENCES) if "cadence" in given else None
        document = self._document(given["document"]) if "document" in given else None
        actions, done = self._actions(given["actions"]) if "actions" in given else ((), ())
        if total is not None and title is not None and cadence is not None and document is not None:
            rules = tuple(each.rule for each in drafted if each.rule is not None)
            self.reports[name] = ReportSpec(
                name,
                title,
                purpose or "",
                Cadence(cadence),
                document,
                rules,
                total,
                summary,
                actions,
                done,
                line,
            )

    def _actions(self, node: Node) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Read the action items, and which of them the run does itself: ``done: Run query monthly``."""
        scope = self.scope
        nodes = scope.items(node, "a list of texts for 'actions'") or ()
        texts: list[str | None] = []
        done: list[str] = []
        for each in nodes:
            needed = () if isinstance(each, TableNode) and each.lines else ("done",)  # one mistake, said once
            table = (
                scope.table(each, "an action item", ("done",), needed)
                if isinstance(each, TableNode)
                else None
            )
            if table is not None and "done" in table.entries:
                text = scope.text(table.entries["done"], "'done'")
                done += [text] if text is not None else []
            else:
                text = None if isinstance(each, TableNode) else scope.text(each, "'actions'")
            texts.append(text)
        scope.all_different(nodes, texts)
        return tuple(text for text in texts if text is not None), tuple(done)

    def _meanings(self, drafted: list[Drafted]) -> None:
        """Note types of findings that mean one thing here and another there."""
        for each in drafted:
            rule = each.rule
            if each.finding is None:
                continue
            before = self.types.setdefault(each.finding, rule)
            if rule is None or before is None or rule is before:
                continue
            if (before.kind, before.severity) != (rule.kind, rule.severity):
                message = (
                    f"{rule.finding} is a {before.severity.value.lower()} finding of {before.kind}"
                    f" in line {before.line}, and a {rule.severity.value.lower()} finding of {rule.kind} here"
                )
                self.scope.problems.add(rule.line, message, "Give this one a type of its own.")
            twins = [one.rule for one in drafted if one.rule is not None and _same(one.rule, rule)]
            if rule is not twins[0]:
                self.scope.problems.add(rule.line, f"this check stands in line {twins[0].line} already")

    def _document(self, node: Node) -> str | None:
        """Read the name of a report's document, of which there is one file each."""
        name = self.scope.name(node, "the name of a document")
        if name is not None:
            before = self._documents.setdefault(name.casefold(), node.line)
            if before != node.line:
                self.scope.problems.add(
                    node.line, f"the document '{name}' belongs to the report of line {before} already"
                )
        return name

    def _total(self, report: str, node: Node, types: Types) -> tuple[str, FigureSpec] | None:
        """Read the total: one figure that counts."""
        table = self.scope.table(node, "the total")
        if table is None:
            return None
        if len(table.entries) != 1:
            self.scope.problems.add(node.line, "expected one figure for the total")
            self.figures[report].update(dict.fromkeys(table.entries))
            return None
        ((name, line, each),) = entries(table)
        figure = self._figure(report, name, line, each, types)
        if figure is not None and not is_count(figure):
            self.scope.problems.add(each.line, f"the total {name} must be a count")
        return None if figure is None else (name, figure)

    def _summary(self, report: str, node: Node, types: Types) -> dict[str, FigureSpec]:
        """Read the figures of a summary."""
        table = self.scope.table(node, "the summary")
        found: dict[str, FigureSpec] = {}
        for name, line, each in entries(table):
            if name in self.figures[report]:
                self.scope.problems.add(
                    line, f"the total of this report is called '{shortened(name)}' already"
                )
            figure = self._figure(report, name, line, each, types)
            if figure is not None:
                found[name] = figure
        return found

    def _figure(self, report: str, name: str, line: int, node: Node, types: Types) -> FigureSpec | None:
        self.scope.fits(name, line, "the name of a figure")
        figure = read_figure(self.scope, shortened(name), node, types)
        self.figures[report][name] = figure
        return figure


def _same(one: Rule, other: Rule) -> bool:
    return (one.kind, one.target, one.finding, one.options) == (
        other.kind,
        other.target,
        other.finding,
        other.options,
    )


def read_fail_on(scope: Scope, top: TableNode, reports: ReportReader) -> tuple[str, ...]:
    """Read the types of findings that make a run fail; all that is critical or high, unless it is said."""
    if "fail-on" not in top.entries:
        return FAIL_ON
    node = top.entries["fail-on"]
    if getattr(node, "items", None) == ():
        return ()
    found = scope.items(node, "a list of finding types for 'fail-on'") or ()
    names = [scope.one_of(each, "finding type of this model", [*reports.types, UNREADABLE]) for each in found]
    scope.all_different(found, names)
    return tuple(name for name in names if name is not None)


def read_headline(scope: Scope, top: TableNode, reports: ReportReader) -> tuple[tuple[str, str], ...]:
    """Read the figures that the headline adds up; the totals of all reports, unless it is said."""
    if "headline" not in top.entries:
        return tuple((name, report.total[0]) for name, report in reports.reports.items())
    found = scope.items(top.entries["headline"], "a list of figures for 'headline'") or ()
    pairs = [_figure_of(scope, each, reports) for each in found]
    scope.all_different(found, [pair and ".".join(pair) for pair in pairs])
    return tuple(pair for pair in pairs if pair is not None)


def _figure_of(scope: Scope, node: Node, reports: ReportReader) -> tuple[str, str] | None:
    """Read ``report.figure``."""
    text = scope.text(node, "a figure of the headline")
    if text is None:
        return None
    report, dot, name = text.partition(".")
    if name not in reports.figures.get(report, {}):
        known = [f"{each}.{figure}" for each, figures in reports.figures.items() for figure in figures]
        if not dot:
            message = f"expected a figure of the headline as report.figure, found '{shortened(text)}'"
        elif report in reports.figures:
            message = f"the report {report} has no figure '{shortened(name)}'"
        else:
            message = f"there is no report '{shortened(report)}'"
        scope.problems.unknown(node.line, message, text, known)
        return None
    figure = reports.figures[report][name]
    if figure is not None and not is_count(figure):
        scope.problems.add(node.line, f"'{text}' is no count, and the headline adds up counts")
    return report, name
