"""The findings of a report, type by type: what they mean, their root causes, each with its ids, how to repair them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from intact.core.values import JsonValue
from intact.findings import Finding, Report, Section
from intact.findings.advice import advice, explained
from intact.findings.causes import Cause
from intact.findings.digest import SectionDigest, TypeDigest
from intact.findings.lines import acceptance_text
from intact.findings.news import News
from intact.findings.records import FindingExplanation
from intact.findings.words import amount_text, clipped, counted, elsewhere_text, near_match_text
from intact.reporters.markdown.answers import explanation, money_text, shared
from intact.reporters.markdown.changes import of_cause, of_finding
from intact.reporters.markdown.escape import block, code, marked, prose, table, text, value
from intact.reporters.markdown.gathering import OF_ONE_CAUSE, ReportContent, own_id

_CAUSES: Final = 50
"""Root causes of a type that have a line."""
_LIST: Final = 20
"""Elements of a list that are shown."""
_LONG: Final = 1_000
"""Characters of a value that is no id."""
_ELSEWHERE: Final = {"document_id", "document_ids", "near_match", "elsewhere", "action", "references"}
"""Fields that have a column, or a place, of their own."""


def types(
    report: Report, summed: SectionDigest, found: ReportContent, saved: Sequence[str], since: News | None
) -> Iterator[str]:
    """Write the findings of each type, worst first."""
    yield "## What was found\n\n"
    if not summed.types:
        yield "Nothing.\n\n"
    for kind in summed.types:
        yield f"### {marked_type(kind)}\n\n"
        page = explanation(summed.section, kind)
        if kind.examples:
            yield f"For example: {text(clipped(kind.examples[0].description, _LONG))}.\n\n"
        if page:
            yield f"{prose(page.what)}\n\n**Why it matters.** {prose(page.why)}\n\n"
        yield _causes([each for each in found.causes if each.type == kind.type], report, since)
        yield _findings(kind, found, report, saved, since)
        if page:
            yield _repair(page, advice(summed.section, kind.type), _queries(summed.section, kind))


def marked_type(kind: TypeDigest) -> str:
    """Head the findings of a type."""
    severity = f", {text(kind.severity_text)}" if kind.severity else ""
    return f"{code(kind.type)}: {counted(kind.count, 'finding')}{severity}"


def _causes(causes: Sequence[Cause], report: Report, since: News | None) -> str:
    """Write the root causes that several findings share."""
    together = [each for each in causes if each.fields and each.count > 1]
    if not together:
        return ""
    head = ["Shared", "Findings", "Such as", "At stake", "When"]
    if since:
        head += ["Status", "First seen"]
        together.sort(key=lambda each: not each.fresh)
    rows = [
        [
            shared(each),
            f"{each.count:,}",
            ", ".join(value(own_id(example)) for example in each.examples),
            money_text(each.money, report.run.currency) or "-",
            _span(each),
            *of_cause(report, since, each),
        ]
        for each in together[:_CAUSES]
    ]
    lines = [
        "**By root cause.**",
        "",
        table(head, rows, right=[1]),
    ]
    if len(together) > _CAUSES:
        lines.append(f"And {counted(len(together) - _CAUSES, 'more root cause')}.\n")
    return "\n".join([*lines, ""])


def _span(cause: Cause) -> str:
    if cause.first is None:
        return "-"
    return cause.first if cause.first == cause.last else f"{cause.first} to {cause.last}"


def _findings(
    kind: TypeDigest, found: ReportContent, report: Report, saved: Sequence[str], since: News | None
) -> str:
    """Write the findings one by one, each with its ids."""
    listed = found.types[kind.type].findings if kind.type in found.types else []
    if not listed:
        return ""
    names = list(dict.fromkeys(name for each in listed for name in each.fields if name not in _ELSEWHERE))
    columns = _columns(listed, known=since is not None)
    head = [*(text(name) for name in names), *columns]
    right = [
        at for at, name in enumerate(names) if any(_is_number(name, each.fields.get(name)) for each in listed)
    ]
    rows = [[*(_cell(name, each) for name in names), *_own(each, columns, report, since)] for each in listed]
    where = "" if "Collection" in columns else f" In {code(listed[0].collection)}."
    said = f"**Each of them.**{where}"
    if kind.count > len(listed):
        files = f" All of them: {', '.join(code(each) for each in saved)}." if saved else ""
        new = "what is new, then " if since else ""
        said = (
            f"**{len(listed):,} of the {kind.count:,}**, {new}those with the most at stake, and at most {OF_ONE_CAUSE}"
            f" of one root cause.{where}{files or ' The JSON report has all of them (`--output report.json`).'}"
        )
    return "\n".join([said, "", table(head, rows, right=right), ""])


def _columns(listed: Sequence[Finding], *, known: bool) -> list[str]:
    """Name the columns beside the fields: only those that have something to say."""
    columns = ["Collection"] if len({each.collection for each in listed}) > 1 else []
    if any(_near(each) for each in listed):
        columns.append("Near match")
    if any(_place(each) for each in listed):
        columns.append("Found elsewhere")
    if any(each.when and each.when != each.fields.get("period") for each in listed):
        columns.append("Date")
    if any(each.money for each in listed):
        columns.append("At stake")
    if any(each.state for each in listed):
        columns.append("Looked at again")
    if known:
        columns.append("Status")
    if any(each.accepted for each in listed):
        columns.append("Accepted")
    return [*columns, r"\_id", "Finding"]


def _own(finding: Finding, columns: Sequence[str], report: Report, since: News | None) -> Iterator[str]:
    near, place = _near(finding), _place(finding)
    told = {
        "Near match": marked(near_match_text(near).removeprefix("near match: ")) if near else "-",
        "Found elsewhere": marked(elsewhere_text(place).removeprefix("found elsewhere: ")) if place else "-",
    }
    for name in columns:
        if name == "Collection":
            yield code(finding.collection)
        elif name in told:
            yield told[name]
        elif name == "Date":
            yield text(finding.when or "-")
        elif name == "At stake":
            kind, amount = finding.money or ("", Decimal(0))
            yield money_text({kind: amount}, report.run.currency) if finding.money else "-"
        elif name == "Looked at again":
            yield text(finding.state or "-")
        elif name == "Status":
            yield of_finding(report, since, finding)
        elif name == "Accepted":
            yield text(acceptance_text(finding) or "-")
        elif name == "Finding":
            yield code(finding.fingerprint)
        else:
            yield _ids(finding)


def _near(finding: Finding) -> Mapping[str, JsonValue] | None:
    near = finding.fields.get("near_match")
    return near if isinstance(near, dict) else None


def _place(finding: Finding) -> Mapping[str, JsonValue] | None:
    place = finding.fields.get("elsewhere")
    return place if isinstance(place, dict) else None


def _ids(finding: Finding) -> str:
    many = finding.fields.get("document_ids")
    return elements(many if isinstance(many, list) else [finding.fields.get("document_id")])


def _cell(name: str, finding: Finding) -> str:
    shown = finding.fields.get(name)
    if name not in finding.fields:
        return "-"
    if shown is None:
        return "none"
    if isinstance(shown, bool):
        return "yes" if shown else "no"
    if isinstance(shown, Decimal):
        return text(amount_text(shown))
    if isinstance(shown, int) and not _is_id(name):
        return str(shown)
    if isinstance(shown, list):
        return elements(shown)
    return value(shown)


def _is_number(name: str, shown: JsonValue) -> bool:
    return isinstance(shown, Decimal | int) and not isinstance(shown, bool) and not _is_id(name)


def _is_id(name: str) -> bool:
    """Whether a field names a record: those are never cut."""
    return name in {"id", "keep"} or name.endswith("_id")


def elements(values: Sequence[JsonValue]) -> str:
    """Write the elements of a list, up to some."""
    more = f" and {len(values) - _LIST:,} more" if len(values) > _LIST else ""
    return ", ".join("none" if each is None else value(each) for each in values[:_LIST]) + more


def _queries(section: Section, kind: TypeDigest) -> list[FindingExplanation]:
    """Return the queries of the type's checks that found something."""
    return [each for each in explained(section, kind.type) if each.mongosh]


def _repair(page: FindingExplanation, repair: str, queries: Sequence[FindingExplanation]) -> str:
    lines = [f"**How to repair.** {prose(repair)}", ""]
    if queries:
        lines += ["**See for yourself** in mongosh, as far as the server can find them:", ""]
        lines += [block("\n\n".join(dict.fromkeys(each.mongosh for each in queries)), "javascript")]
    if page.cannot_see:
        lines += [f"**What this cannot see.** {prose(page.cannot_see)}", ""]
    if page.url:
        lines += [f"More: <{page.url}>", ""]
    return "\n".join([*lines, ""])
