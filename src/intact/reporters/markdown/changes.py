"""What changed in a report since the run before: what is new, what came back, what is resolved."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from intact.findings import Finding, Report
from intact.findings.causes import Cause
from intact.findings.changes import NEW, PERSISTING, ResolvedFinding
from intact.findings.news import Fresh, News, mark, model_text, resolved_text, seen_text, turns_text
from intact.findings.words import clipped, counted, moment_text
from intact.reporters.markdown.answers import money_text, shared
from intact.reporters.markdown.escape import code, table, text, value
from intact.reporters.markdown.gathering import own_id

_CAUSES: Final = 30
"""Root causes of what is new that have a line."""
_LONG: Final = 300
"""Characters of a description that are shown."""


def changes(report: Report, since: News | None) -> Iterator[str]:
    """Write what changed; nothing without a history."""
    if report.changes is None:
        return
    if since is None:
        yield "## What changed\n\nNot known: this is the first run on record. The next one says what changed.\n\n"
        return
    yield f"## What changed since {moment_text(since.before)}\n\n"
    yield f"**{turns_text(since.turns).capitalize()}.**{_persisting(since)}\n\n"
    if report.changes.model:
        yield f"**Not the same audit: {model_text(report.changes.model)}.**\n\n"
    yield _fresh(since, report.run.currency)
    yield _resolved(since)


def _persisting(since: News) -> str:
    number = since.turns.persisting
    if not number:
        return ""
    oldest = f", the oldest since {since.oldest:%Y-%m-%d}" if since.oldest else ""
    return f" {counted(number, 'finding')} {'is' if number == 1 else 'are'} as before{oldest}."


def _fresh(since: News, currency: str | None) -> str:
    if not since.fresh:
        return ""
    rows = [
        [
            mark(each.cause),
            code(each.cause.type),
            text(each.cause.severity),
            f"{each.cause.count:,}",
            _which(each),
            money_text(each.cause.money, currency) or "-",
        ]
        for each in since.fresh[:_CAUSES]
    ]
    lines = [table(["Status", "What", "Severity", "Findings", "Which", "At stake"], rows, right=[3])]
    if len(since.fresh) > _CAUSES:
        lines.append(f"And {counted(len(since.fresh) - _CAUSES, 'more root cause')} with something new.\n")
    return "\n".join([*lines, ""])


def _which(fresh: Fresh) -> str:
    """Say what the findings share, or name some of them."""
    cause = fresh.cause
    names = ", ".join(value(own_id(each)) for each in cause.examples)
    if cause.count > 1:
        more = f" and {cause.count - len(cause.examples):,} more" if cause.count > len(cause.examples) else ""
        return f"{shared(cause)}: {names}{more}" if cause.fields else f"{names}{more}"
    return text(clipped(cause.examples[0].description, _LONG))


def _resolved(since: News) -> str:
    if not since.turns.resolved:
        return ""
    rows = [
        [
            code(each.type),
            text(each.severity),
            _said(each),
            f"{each.first_seen:%Y-%m-%d}",
            each.how or "-",
            code(each.fingerprint),
        ]
        for each in since.gone
    ]
    how = resolved_text(since.turns)
    lines = [f"**Resolved: {since.turns.resolved:,}{f' ({how})' if how else ''}.**", ""]
    if rows:
        lines.append(table(["What", "Severity", "Which", "First seen", "How", "Finding"], rows))
    if since.turns.resolved > len(since.gone):
        lines.append(f"And {since.turns.resolved - len(since.gone):,} more, which are not listed.\n")
    return "\n".join([*lines, ""])


def _said(gone: ResolvedFinding) -> str:
    return text(clipped(gone.description, _LONG)) if gone.description else "-"


def of_cause(report: Report, since: News | None, cause: Cause) -> list[str]:
    """Return the cells that say what is new of a root cause, and since when; none without a run before."""
    return [mark(cause) or "as before", seen_text(since, cause.seen, report) or "-"] if since else []


def of_finding(report: Report, since: News | None, finding: Finding) -> str:
    """Say whether a finding is new, came back or is as before, and since when where that says something."""
    said = "as before" if finding.status == PERSISTING else text(finding.status or "-")
    day = "" if finding.status == NEW else seen_text(since, finding.first_seen, report)
    return f"{said}; first seen {day}" if day else said
