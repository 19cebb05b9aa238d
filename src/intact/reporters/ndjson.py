"""The report as lines of JSON: a header, a line a report, a line a finding, and a trailer by which a cut file shows.

Every line is an object whose ``record`` says what it is. All of it is ASCII, amounts are exact, and no line needs
another one to be understood, so that files of any size can be read as they are written.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from intact.findings import Report
from intact.findings.digest import findings_total
from intact.findings.document import Document, head, section_head
from intact.reporters.record import ASCII, lines, record

_AT_ONCE = 500


def render(report: Report) -> Iterator[str]:
    """Give the report as lines of JSON."""
    yield _line("header", head(report))
    for section in report.sections:
        yield _line("report", {"name": section.name, "listed": len(section.issues), **section_head(section)})
    listed = 0
    for section in report.sections:
        issues = iter(section.issues)
        while some := lines({"record": "finding", **record(each)} for each in islice(issues, _AT_ONCE)):
            listed += len(some)
            yield "\n".join([*some, ""])
    yield _line("trailer", _trailer(report, listed))


def _trailer(report: Report, listed: int) -> Document:
    """Give the last line: without it, or with another number of findings before it, something is missing."""
    return {
        "findings_listed": listed,
        "findings_total": findings_total(report),
        "counts": {section.name: dict(section.counts) for section in report.sections},
        "complete": report.complete,
        "exit_code": report.exit_code,
    }


def _line(kind: str, content: Document) -> str:
    return f"{ASCII.encode({'record': kind, **content})}\n"
