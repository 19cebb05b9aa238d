"""The report as SARIF 2.1.0, which code scanning and editors read: a rule a finding type, a result a finding.

A result stands at the line of the model file that declares its check, which is where a repository can show it; its
documents are logical locations. What was not checked is a notification of the invocation.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

from intact.core import mongosh
from intact.core.distribution import REPOSITORY
from intact.core.terms import SEVERITIES
from intact.core.values import JsonValue
from intact.findings import Finding, Outcome, Report, Status
from intact.findings.advice import advice
from intact.findings.changes import PERSISTING, ResolvedFinding
from intact.findings.document import Document, head, section_head
from intact.findings.shortened import LONGEST, short_finding
from intact.findings.verdict import Acceptance
from intact.findings.words import clipped, counted, first_sentence, harmless
from intact.reporters.declared import Declared
from intact.reporters.finding_record import ASCII, record, unwrapped

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT: Final = "intactFinding/v1"
"""Under which name a result carries its fingerprint; the number is raised if fingerprints are ever made otherwise."""

_LEVELS: Final = {"CRITICAL": "error", "HIGH": "error", "MEDIUM": "warning", "LOW": "note"}
_EXITS: Final = {
    0: "nothing at or above --fail-on, and everything could be checked",
    1: "something is at or above --fail-on",
    3: "nothing at or above --fail-on, but part of the audit could not be done",
}
_NOTIFICATIONS: Final = {
    "not-checked": "A check was not evaluated, or not in full: nothing found does not mean nothing wrong.",
    "not-read": "Something of the source could not be read.",
    "left-out": "Results for which there is no room in this file.",
    "note": "What a reader should know of the source.",
}
MOST_RESULTS: Final = 25_000
"""Results that GitHub takes of one run; it refuses a file with more."""
MOST_BYTES: Final = 9_000_000
"""Bytes of a packed file that it takes; its limit is 10 MB, and what is read anew is packed otherwise."""
_PIECE: Final = 200_000
"""Bytes that a result may have when packed; it is cut to fewer."""
_LONG: Final = 20_000
"""Bytes from which on what is long in a result is cut."""
_NAME: Final = 300
"""Characters of an id that a location shows."""
_LOCATED: Final = 100
"""Documents of one finding that are logical locations; its properties have all of them."""
_PLACEHOLDER: Final = re.compile(r"\{(\d+\})")


def render(report: Report) -> Iterator[str]:
    """Yield the report as one line of head, a line a finding, and one of tail: one JSON document in ASCII."""
    rules, room = _rules(report), _Room()
    declared = Declared(report)
    begin: Document = {
        "tool": {"driver": _driver(report, rules)},
        "automationDetails": {"id": f"intact/{quote(report.run.model, safe='')}/"},
        "columnKind": "utf16CodeUnits",
    }
    head_ = ASCII.encode({"$schema": SCHEMA, "version": "2.1.0", "runs": [begin]}).removesuffix("}]}")
    room.takes(head_)
    yield head_ + ',"results":['
    index, comma = {name: number for number, name in enumerate(rules)}, "\n"
    for each in _worst_first(report):
        written = "" if room.left_out else _written(each, declared, index)
        if room.takes(written):
            yield comma + written
            comma = ",\n"
    end: Document = {
        "invocations": [_invocation(report, declared, list(rules), room.said)],
        "properties": {**_about(report), "results_left_out": room.left_out},
    }
    yield "\n]," + str(ASCII.encode(end))[1:-1] + "}]}\n"


class _Room:
    """How much more GitHub takes of a file; from the first result on for which there is none, all are left out."""

    def __init__(self) -> None:
        self.left_out = 0
        self._results = -1  # the head is none
        self._packed = 0
        self._deflate = zlib.compressobj(1)

    def takes(self, written: str) -> bool:
        """Take in a piece of the file; False where there is no room for it."""
        data = written.encode("ascii")
        full = self._results == MOST_RESULTS or self._packed + min(len(data), _PIECE) > MOST_BYTES
        if self.left_out or full:
            self.left_out += 1
            return False
        self._packed += len(self._deflate.compress(data))
        self._results += 1
        return True

    @property
    def said(self) -> str:
        """Say that something was left out; empty where nothing was."""
        if not self.left_out:
            return ""
        more = counted(self.left_out, "result is", "results are")
        return (
            f"{more} left out, those of the lowest severity: code scanning takes {MOST_RESULTS:,} results, and"
            f" {MOST_BYTES // 10**6} MB when packed. The JSON report has all of them (--output report.json)."
        )


def _worst_first(report: Report) -> Iterator[Finding | ResolvedFinding]:
    """Yield the findings, the worst severity first, and then what is resolved."""
    for level in _levels(report):
        for section in report.sections:
            yield from (each for each in section.issues if _level(each) == level)
    yield from report.changes.gone if report.changes else ()


def _levels(report: Report) -> list[str | None]:
    """Name the severities that findings may have: they are gone through once for each."""
    found: set[str | None] = set()
    for section in report.sections:
        told = {(each.type, each.severity) for each in section.explanations}
        for name in (name for name, count in section.counts.items() if count):
            found |= {severity for type_, severity in told if type_ == name} or {None, *SEVERITIES}
    return [level for level in (*SEVERITIES, None) if level in found]


def _level(finding: Finding) -> str | None:
    return finding.severity if finding.severity in SEVERITIES else None


def _written(each: Finding | ResolvedFinding, declared: Declared, index: dict[str, int]) -> str:
    """Write a result, without what is very long in it."""
    if isinstance(each, ResolvedFinding):
        return str(ASCII.encode(_absent(each, declared, index)))
    written = str(ASCII.encode(_result(each, declared, index)))
    return (
        written if len(written) <= _LONG else str(ASCII.encode(_result(short_finding(each), declared, index)))
    )


def _driver(report: Report, rules: dict[str, Document]) -> Document:
    return {
        "name": "intact",
        "fullName": f"intact {report.run.version}",
        "version": report.run.version,
        "informationUri": REPOSITORY,
        "rules": list(rules.values()),
        "notifications": [
            {"id": name, "shortDescription": {"text": text}} for name, text in _NOTIFICATIONS.items()
        ],
    }


def _rules(report: Report) -> dict[str, Document]:
    """Return a rule a finding type: those that were looked for, and those that were found."""
    rules: dict[str, Document] = {}
    for section in report.sections:
        for each in section.explanations:
            if each.type not in rules:
                rules[each.type] = {
                    "id": each.type,
                    "name": _pascal(each.type),
                    "shortDescription": {"text": _message(first_sentence(each.what))},
                    "fullDescription": {"text": _message(unwrapped(f"{each.what}\n\n{each.why}"))},
                    "help": {
                        "text": _message(
                            _help(
                                unwrapped(advice(section, each.type)),
                                unwrapped(each.cannot_see),
                                each.mongosh,
                            )
                        )
                    },
                    "helpUri": each.url or REPOSITORY,
                    "defaultConfiguration": {"level": _LEVELS.get(each.severity, "warning")},
                    "properties": {"severity": each.severity, "tags": ["data", section.name]},
                }
        for name in section.counts:
            rules.setdefault(name, {"id": name, "name": _pascal(name), "helpUri": REPOSITORY})
    for gone in report.changes.gone if report.changes else ():
        rules.setdefault(gone.type, {"id": gone.type, "name": _pascal(gone.type), "helpUri": REPOSITORY})
    return rules


def _help(repair: str, cannot_see: str, mongosh: str) -> str:
    parts = [
        f"How to repair it: {repair}",
        f"What the check cannot see: {cannot_see}",
        f"In mongosh: {mongosh}",
    ]
    return "\n\n".join(part for part, text in zip(parts, (repair, cannot_see, mongosh), strict=True) if text)


def _place(declared: Declared, report: str, type_: str, check: str) -> Document:
    """Return the place of a check in the model file."""
    line = declared.line(report, type_, check)
    place: Document = {"artifactLocation": {"uri": quote(declared.file, safe="/")}}
    return {**place, "region": {"startLine": line}} if line > 0 else place


def _result(finding: Finding, declared: Declared, rules: dict[str, int]) -> Document:
    content = record(finding)
    for name in ("type", "description", "fingerprint"):
        del content[name]
    result: Document = {
        "ruleId": finding.type,
        "ruleIndex": rules[finding.type],
        "level": _LEVELS.get(finding.severity, "warning"),
        "message": {"text": _message(harmless(finding.description)) or finding.type},
        "locations": [
            {
                "physicalLocation": _place(declared, finding.report, finding.type, finding.check),
                "logicalLocations": _documents(finding),
            }
        ],
        "partialFingerprints": {FINGERPRINT: finding.fingerprint},
        "suppressions": [] if finding.accepted is None else [_suppression(finding.accepted)],
        "properties": content,
    }
    if finding.status:
        result["baselineState"] = "unchanged" if finding.status == PERSISTING else "new"
    if finding.first_seen:
        result["provenance"] = {"firstDetectionTimeUtc": _moment(finding.first_seen)}
    return result


def _suppression(accepted: Acceptance) -> Document:
    """Return what accepts a finding as what makes a tool show it no more."""
    said = f"{accepted.reason} ({accepted.owner}, until {accepted.until})"
    return {"kind": "external", "status": "accepted", "justification": harmless(said)}


def _absent(gone: ResolvedFinding, declared: Declared, rules: dict[str, int]) -> Document:
    """Return what is resolved, as a result that is there no more."""
    collection = harmless(gone.collection)
    return {
        "ruleId": gone.type,
        "ruleIndex": rules[gone.type],
        "level": _LEVELS.get(gone.severity, "warning"),
        "message": {"text": _message(harmless(clipped(gone.description, LONGEST))) or gone.type},
        "locations": [
            {
                "physicalLocation": _place(declared, gone.report, gone.type, ""),
                "logicalLocations": [{"name": collection, "fullyQualifiedName": collection}],
            }
        ],
        "partialFingerprints": {FINGERPRINT: gone.fingerprint},
        "suppressions": [],
        "baselineState": "absent",
        "provenance": {"firstDetectionTimeUtc": _moment(gone.first_seen)},
        "properties": {
            "severity": gone.severity,
            "report": gone.report,
            "collection": gone.collection,
            "how": gone.how,
        },
    }


def _documents(finding: Finding) -> list[JsonValue]:
    """Return the documents of a finding as locations: the collection, and the id as JSON text."""
    one, many = finding.fields.get("document_id"), finding.fields.get("document_ids")
    ids = [
        clipped(mongosh.literal(each), _NAME)
        for each in (many[:_LOCATED] if isinstance(many, list) else [one])
    ]
    collection = harmless(finding.collection)
    return [{"name": each, "fullyQualifiedName": f"{collection}/{each}", "kind": "document"} for each in ids]


def _invocation(report: Report, declared: Declared, rules: list[str], left_out: str) -> Document:
    """Say how the run ended, and what it did not check."""
    run = report.run
    notes: list[JsonValue] = []
    for section in report.sections:
        for each in section.outcomes:
            notes += [_unchecked(section.name, each, reason, declared, rules) for reason in each.reasons]
            notes += [_note("note", "note", f"{each.check} ({each.type}): {note}") for note in each.notes]
    for trouble in report.troubles:
        where = f"{trouble.collection}, {trouble.where}" if trouble.collection else trouble.where
        notes.append(
            _note("not-read", "error", f"Not read: {trouble.what} ({where}). {trouble.hint}".strip())
        )
    if (unlisted := report.troubles_total - len(report.troubles)) > 0:
        notes.append(_note("not-read", "error", f"Not read: {unlisted} more, which are not listed."))
    notes += [_note("note", "note", each) for each in run.notes]
    if left_out:
        notes.append(_note("left-out", "warning", left_out))
    began = run.generated_at.timestamp() - run.seconds
    return {
        "executionSuccessful": True,
        "exitCode": report.exit_code,
        "exitCodeDescription": _EXITS[report.exit_code],
        "startTimeUtc": _moment(datetime.fromtimestamp(began, UTC)),
        "endTimeUtc": _moment(run.generated_at),
        "toolExecutionNotifications": notes,
    }


def _unchecked(report: str, outcome: Outcome, reason: str, declared: Declared, rules: list[str]) -> Document:
    part = "Not checked" if outcome.status is Status.NOT_EVALUATED else "Not checked in full"
    note = _note("not-checked", "warning", f"{part}: {outcome.check} ({outcome.type}): {reason}")
    note["locations"] = [{"physicalLocation": _place(declared, report, outcome.type, outcome.check)}]
    if outcome.type in rules:
        note["associatedRule"] = {"id": outcome.type, "index": rules.index(outcome.type)}
    return note


def _note(name: str, level: str, text: str) -> Document:
    descriptor: Document = {"id": name, "index": list(_NOTIFICATIONS).index(name)}
    return {"descriptor": descriptor, "level": level, "message": {"text": _message(harmless(text))}}


def _about(report: Report) -> Document:
    """Return what was run, and of each report all but its findings."""
    return {"run": head(report), "reports": {each.name: section_head(each) for each in report.sections}}


def _message(text: str) -> str:
    """Return text as a message of SARIF, where brackets before a parenthesis are links.

    Braces stay single, since those who show messages do not undo doubled ones; what would be a placeholder is escaped.
    """
    return _PLACEHOLDER.sub(r"\\x7b\1", text.replace("](", "]\\x28"))


def _pascal(name: str) -> str:
    """Return a type as SARIF names rules: UnbilledOrder for UNBILLED_ORDER."""
    return "".join(part.capitalize() for part in name.split("_"))


def _moment(value: datetime) -> str:
    return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{value.microsecond // 1000:03}Z"
