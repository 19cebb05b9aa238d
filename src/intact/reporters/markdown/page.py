"""The document of one report: for those who bill, credit, merge and call, and have never seen the code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC
from decimal import Decimal

from intact.core.values import JsonValue
from intact.findings import Report, Section
from intact.findings.apart import not_looked_at, read_text, repeats
from intact.findings.digest import SectionDigest, digest
from intact.findings.news import news
from intact.findings.words import amount_text, moment_text
from intact.reporters.console_words import not_checked
from intact.reporters.markdown import answers, plans
from intact.reporters.markdown.changes import changes
from intact.reporters.markdown.escape import code, line, marked, table, text, value
from intact.reporters.markdown.gathering import gather
from intact.reporters.markdown.listing import types


def document_name(section: Section, report: Report) -> str:
    """Return the file name of a report's document: ``BILLING_ORPHAN_REPORT_2026_01.md``."""
    return f"{section.document}_{report.run.as_of.astimezone(UTC):%Y_%m}.md"


def document(report: Report, section: Section, saved: Sequence[str] = ()) -> Iterator[str]:
    """Yield the document of one report in pieces.

    Args:
        report: The run.
        section: The report of it.
        saved: Files in which the reader finds every finding.
    """
    alone = replace(report, sections=(section,))
    (summed,) = digest(alone)
    found = gather(section)
    yield _head(report, summed)
    since = news(alone)
    yield from changes(alone, since)
    yield answers.in_short(alone, summed, found, since)
    yield _actions(alone, section)
    yield from plans.plans(section, found, report.run.currency)
    yield _numbers(section, report.run.currency)
    yield _judged(section)
    yield from types(alone, summed, found, saved, since)
    yield _unchecked(alone)
    yield _read(report)


def _head(report: Report, summed: SectionDigest) -> str:
    section, run = summed.section, report.run
    title = f"# {line(section.title)}: {run.as_of.astimezone(UTC):%B %Y}\n"
    rows = [[name, cell] for name, cell in _facts(report, section)]
    return "\n".join(
        [title, answers.verdict(report, summed), line(section.purpose), "", table(["This run", ""], rows), ""]
    )


def _facts(report: Report, section: Section) -> Iterator[tuple[str, str]]:
    run = report.run
    database = f", database {value(run.database)}" if run.database else ""
    yield "Source", f"{code(run.source)} ({text(run.source_kind)}{database})"
    yield "Read", read_text(report)
    yield "Moment", _moment(report)
    yield "Counted as of", f"{moment_text(run.as_of)}: ages and months count from here"
    yield "Due", text(section.cadence)
    yield "Model", f"{code(run.model)} ({text(run.model_title)}), {code(run.model_file)}"
    yield (
        "Made",
        (
            f"{moment_text(run.generated_at)}, by intact {text(run.version)} in {run.seconds:.1f} s"
            f" (projector {text(run.projector)}, engine {text(run.engine)})"
        ),
    )
    if not run.personal:
        yield (
            "Personal values",
            "masked where the model says so; equal masks are equal values. `--show-personal` shows them",
        )
    for note in run.notes:
        yield "Note", text(note)


def _moment(report: Report) -> str:
    run = report.run
    if run.moment:
        return f"all of it as of {moment_text(run.moment)}"
    if run.one_moment:
        return "all of it as of one moment"
    if run.read_from and run.read_until:
        return f"read from {moment_text(run.read_from)} until {moment_text(run.read_until)}, while it may have changed"
    return "not of one moment"


def _actions(report: Report, section: Section) -> str:
    """Write the action items of the model: ticked is what the run has done."""
    if not section.actions:
        return ""
    done = set(section.done) if report.complete else set()
    month = f"{report.run.as_of.astimezone(UTC):%Y_%m}"
    lines = ["## What to do", ""]
    for action in section.actions:
        words = text(action.replace("YYYY_MM", month))
        lines.append(f"- [{'x' if action in done else ' '}] {words}")
    lines.append("")
    if done:
        lines.append("What is ticked, this run has done. The rest is for people.")
    elif section.done:
        lines.append(
            "Nothing is ticked, since part of the audit could not be done: see What was not checked."
        )
    return "\n".join(lines).rstrip() + "\n\n"


def _numbers(section: Section, currency: str | None) -> str:
    """Write the report's figures, under the names that they have in the JSON report."""
    rows = [[code(section.total[0]), f"{section.total[1]:,}"]]
    for name, figure in section.summary.items():
        if isinstance(figure, dict):
            rows += [[f"{code(name)}: {value(key)}", _figure(each, currency)] for key, each in figure.items()]
            rows += [] if figure else [[code(name), "none"]]
        else:
            rows.append([code(name), _figure(figure, currency)])
    return "\n".join(["## The numbers", "", table(["Figure", "Value"], rows, right=[1]), ""])


def _judged(section: Section) -> str:
    """Write how much each check judged, and each figure over documents."""
    figures = (each for each in section.figures if each not in section.outcomes)
    rows = [
        [code(each.type), code(each.check), each.coverage or "not known", text(each.status.value)]
        for each in (*section.outcomes, *figures)
    ]
    if not rows:
        return ""
    return "\n".join(
        ["## What was judged", "", table(["Type", "Check", "Judged", "Result"], rows, right=[2]), ""]
    )


def _figure(figure: JsonValue, currency: str | None) -> str:
    if figure is None:
        return "not known"
    if isinstance(figure, Decimal):
        return text(amount_text(figure, currency))
    return f"{figure:,}" if isinstance(figure, int) else value(figure)


def _unchecked(report: Report) -> str:
    entries = not_checked(report)
    head = "## What was not checked\n"
    if not entries:
        return f"{head}\nNothing: every check of this report was made, on every document that it reads.\n\n"
    warning = "That nothing was found here does not mean that nothing is wrong."
    return "\n".join([head, warning, "", *(f"- {marked(entry)}" for entry in entries), "\n"])


def _read(report: Report) -> str:
    rows = [
        [
            code(each.name),
            f"{each.documents:,}",
            f"{each.lost:,}",
            _whole(each.present, each.whole, each.note),
        ]
        for each in report.collections
    ]
    said = [f"- {text(each)}" for each in (*repeats(report), *not_looked_at(report))]
    if not rows:
        return "\n".join(["## What was not looked at", "", *said, ""]) if said else ""
    return "\n".join(
        [
            "## What was read",
            "",
            table(["Collection", "Documents", "Lost", "Whole"], rows, right=[1, 2]),
            *(["", *said, ""] if said else []),
        ]
    )


def _whole(present: bool, whole: bool, note: str) -> str:  # noqa: FBT001 - three facts of a record
    said = "yes" if whole else "in part" if present else "not there"
    return f"{said}: {text(note)}" if note else said
