"""Findings to accept: of a report that was just made, or of one that was saved as JSON or as lines of JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import simplejson

from intact.core.errors import BaselineError
from intact.findings.records import Finding, Report

_SNIFFED: Final = 4096
_OWN: Final = ("type", "severity", "collection", "description", "fingerprint", "meta")
"""What a finding of the JSON report has beside its own fields."""


@dataclass(frozen=True, slots=True)
class SavedRun:
    """What a run found.

    Attributes:
        model: Name of its model.
        personal: Whether it shows personal values in clear.
        complete: Whether all that was asked could be checked.
        whole: The types of the checks that were made in full, once a check.
        counts: How many findings there are of each type, listed or not.
        findings: Goes through those that are listed.
    """

    model: str
    personal: bool
    complete: bool
    whole: tuple[str, ...]
    counts: Mapping[str, int]
    findings: Callable[[], Iterable[Finding]]
    model_file: str = ""
    """The file that its model was read from; empty where that is not known."""


def of_report(report: Report) -> SavedRun:
    """Return what a run found that was just made."""
    counts: Counter[str] = Counter()
    for section in report.sections:
        counts.update(section.counts)
    whole = tuple(each.type for section in report.sections for each in section.outcomes if not each.reasons)

    def findings() -> Iterator[Finding]:
        for section in report.sections:
            yield from section.issues

    return SavedRun(report.run.model, report.run.personal, report.complete, whole, counts, findings)


def is_report(path: Path) -> bool:
    """Tell whether a file is a report of intact as JSON or lines of JSON, and nothing to be audited."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            begin = file.read(_SNIFFED).lstrip(b"\xef\xbb\xbf \t\r\n")
    except OSError:  # what cannot be read is for whoever audits it to say
        return False
    return begin.startswith(b"{") and b'"schema_version"' in begin


def of_file(path: Path) -> SavedRun:
    """Read a saved report.

    Raises:
        BaselineError: If it cannot be read, was cut, or is no such report.
    """
    try:
        with path.open(encoding="utf-8-sig") as file:
            first = file.readline()
            if '"record"' in first:
                return _of_lines(path, [first, *file])
            return _of_document(simplejson.loads(first + file.read(), use_decimal=True))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise BaselineError(f"the report cannot be read ({reason})", where=str(path)) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BaselineError(
            "this is no whole report of intact as JSON or lines of JSON",
            where=str(path),
            hint="Make one with `intact check --output report.json`.",
        ) from error


def _of_document(document: dict[str, Any]) -> SavedRun:
    found = [
        _finding({**{name: issue[name] for name in _OWN}, **issue["meta"]}, report, fields)
        for report, content in document["reports"].items()
        for issue in content["issues"]
        for fields in [{name: value for name, value in issue.items() if name not in _OWN}]
    ]
    return _given(document, document["reports"].values(), found)


def _of_lines(path: Path, lines: Iterable[str]) -> SavedRun:
    header: dict[str, Any] = {}
    trailer: dict[str, Any] | None = None
    sections: list[dict[str, Any]] = []
    found: list[Finding] = []
    for line in lines:
        row = simplejson.loads(line, use_decimal=True)
        kind = row["record"]
        if kind == "finding":
            found.append(_finding(row, row["report"], row["fields"]))
        elif kind == "report":
            sections.append(row)
        elif kind == "header":
            header = row
        else:
            trailer = row
    if trailer is None or trailer["findings_listed"] != len(found):
        raise BaselineError("the report was cut: its end is missing", where=str(path), hint="Make it again.")
    return _given(header, sections, found)


def _given(head: dict[str, Any], sections: Iterable[dict[str, Any]], found: list[Finding]) -> SavedRun:
    counts: Counter[str] = Counter()
    whole: list[str] = []
    for section in sections:
        counts.update(section["counts"])
        whole += [each["type"] for each in section["checks"] if not each["reasons"]]
    shown = head["personal"] != "masked"
    model = head["model"]
    return SavedRun(
        model["name"], shown, head["complete"], tuple(whole), counts, lambda: found, model.get("file", "")
    )


def _finding(row: dict[str, Any], report: str, fields: dict[str, Any]) -> Finding:
    """Return a finding, as far as accepting it needs one."""
    money = row["money"]
    return Finding(
        row["type"],
        row["severity"],
        report,
        row["collection"],
        row["description"],
        fields,
        row["fingerprint"],
        None if money is None else (money["kind"], Decimal(money["amount"])),
        check=row["check"],
    )
