"""The report as lines of JSON: a header, a line a report, a line a finding, and a trailer by which a cut file shows.

Every line is an object whose ``record`` says what it is. All of it is ASCII, amounts are exact, and no line needs
another one to be understood, so that files of any size can be read as they are written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice

from intact.findings import Finding, Report
from intact.findings.digest import findings_total
from intact.findings.document import Document, head, section_head
from intact.findings.records import utc_text
from intact.reporters.finding_record import ASCII, Shared, accepted, lines, money, shared

_AT_ONCE = 500


def render(report: Report) -> Iterator[str]:
    """Yield the report as lines of JSON."""
    yield _line("header", head(report))
    for section in report.sections:
        yield _line("report", {"name": section.name, "listed": len(section.issues), **section_head(section)})
    listed = 0
    for section in report.sections:
        issues = iter(section.issues)
        while some := list(islice(issues, _AT_ONCE)):
            listed += len(some)
            yield "".join(_findings(some))
    yield _line("trailer", _trailer(report, listed))


def _findings(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield a line a finding, as :func:`intact.reporters.finding_record.record` has it.

    What many findings share is written once and kept, the rest of all of them at once: of a million findings this
    takes a third of the time.
    """
    own = lines(
        {
            "description": each.description,
            "fields": each.fields,
            "fingerprint": each.fingerprint,
            "money": money(each),
            "accepted": accepted(each),
        }
        for each in findings
    )
    for about, rest in zip(map(shared, findings), own, strict=True):
        head, tail = _around(about)
        yield f"{head}{rest[1:-1]}{tail}"


@lru_cache(maxsize=4096)
def _around(about: Shared) -> tuple[str, str]:
    """Return what stands before and behind a finding's own in its line."""
    type_, severity, report, collection, check, cause, when, state, status, seen, url = about
    head: Document = {"type": type_, "severity": severity, "report": report, "collection": collection}
    tail = {
        "check": check,
        "cause": cause,
        "when": when,
        "state": state or None,
        "status": status or None,
        "first_seen": None if seen is None else utc_text(seen),
        "page": url,
    }
    return f"{_line('finding', head)[:-2]},", f",{ASCII.encode(tail)[1:]}\n"


def _trailer(report: Report, listed: int) -> Document:
    """Return the last line: without it, or with another number of findings before it, something is missing."""
    return {
        "findings_listed": listed,
        "findings_total": findings_total(report),
        "counts": {section.name: dict(section.counts) for section in report.sections},
        "complete": report.complete,
        "exit_code": report.exit_code,
    }


def _line(kind: str, content: Document) -> str:
    return f"{ASCII.encode({'record': kind, **content})}\n"
