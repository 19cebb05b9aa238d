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
from intact.reporters.record import ASCII, accepted, fields, first_seen, lines, money

_AT_ONCE = 500


def render(report: Report) -> Iterator[str]:
    """Give the report as lines of JSON."""
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
    """Give a line a finding, as :func:`intact.reporters.record.record` has it.

    What many findings share is written once and kept, the rest of all of them at once: of a million findings this
    takes half the time.
    """
    own = lines(part for each in findings for part in (each.description, fields(each), money(each)))
    for at, each in enumerate(findings):
        head = _shared(type=each.type, severity=each.severity, report=each.report, collection=each.collection)
        tail = _shared(
            check=each.check,
            cause=each.cause,
            when=each.when,
            state=each.state or None,
            status=each.status or None,
            first_seen=first_seen(each),
            page=each.url,
        )
        description, values, at_stake = own[3 * at : 3 * at + 3]
        yield (
            f'{{"record":"finding",{head},"description":{description},"fields":{values},'
            f'"fingerprint":"{each.fingerprint}","money":{at_stake},"accepted":{_accepted(each)},{tail}}}\n'
        )


@lru_cache(maxsize=4096)
def _shared(**parts: str | tuple[str, ...] | None) -> str:
    """Give parts of a finding that many have in common, as JSON without its braces."""
    text: str = ASCII.encode(parts)
    return text[1:-1]


def _accepted(finding: Finding) -> str:
    return ASCII.encode(accepted(finding)) if finding.accepted else "null"


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
