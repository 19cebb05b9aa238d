"""The report for spreadsheets: one CSV file with all findings, or a directory with one file a finding type.

RFC 4180 (commas, double quotes, CRLF) as UTF-8 with a byte order mark, by which spreadsheets know it. What stands in
a cell, and how the exact value is read back: :mod:`intact.reporters.cells`.
"""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import lru_cache
from itertools import chain, islice, repeat
from pathlib import Path
from typing import IO, Final, Self

from intact.core.values import JsonValue
from intact.findings import Finding, Report, Status
from intact.findings.changes import Changes
from intact.findings.document import head, tidy
from intact.findings.records import utc_text
from intact.findings.verdict import Acceptance
from intact.reporters.cells import cell, fits, is_plain, json_cell, shorter, written_cell
from intact.reporters.finding_record import Shared, fields, flat, shared, visible_lines

SOMETIMES: Final = ("near_match", "elsewhere", "amount_complete", "stale")
"""Fields that only some findings of a type carry; they have their place in every file, so that columns stay."""

COMMON: Final = (
    "type",
    "severity",
    "report",
    "collection",
    "description",
    "money",
    "money_kind",
    "currency",
    "when",
    "state",
    "status",
    "first_seen",
    "accepted",
    "check",
    "cause",
    "page",
    "fingerprint",
)
"""Columns of every file of findings, in this order; a type's own fields follow."""

BOM: Final = "\ufeff"
_AT_ONCE: Final = 500
_SHORT: Final = 10_000
"""Characters of a text that surely fits into a cell."""
_EMPTY: Final = repeat("")
_ODD: Final = re.compile(r"[^A-Za-z0-9_.-]")


def render(report: Report) -> Iterator[str]:
    """Yield all findings as one CSV file, their own fields as one column of JSON."""
    yield f"{BOM}{','.join((*COMMON, 'fields'))}\r\n"
    currency = report.run.currency
    for some in _some(report):
        own = visible_lines(each.fields for each in some)
        rows = zip(some, own, strict=True)
        yield "".join(f"{_common(each, currency)},{_fields(each, text)}\r\n" for each, text in rows)


def _fields(finding: Finding, written: str) -> str:
    """Return a finding's own fields, which have been written as visible JSON, as one cell of CSV."""
    made = json_cell(written)
    return _quoted(made if fits(made) else shorter(fields(finding)))


def _some(report: Report) -> Iterator[list[Finding]]:
    """Yield the findings of all reports, a few hundred at once."""
    findings = chain.from_iterable(section.issues for section in report.sections)
    while some := list(islice(findings, _AT_ONCE)):
        yield some


def fill(report: Report, directory: Path) -> None:
    """Write a file a finding type, and five about the run; with a history two more.

    Those say what was run, each report's figures, how each check ended, what the types mean, what could not be read;
    and what is resolved, and how many findings there were on the days before.

    A type of which nothing was found has a file with nothing but its columns; one that could not be looked for has
    none.

    Raises:
        OSError: If a file cannot be written.
    """
    about = (pair for pair in flat(head(report)) if pair[0] not in _OF_THEIR_OWN)
    _table(directory / "_run.csv", ("name", "value"), about)
    _table(directory / "_checks.csv", _CHECKS, _checks(report))
    _table(directory / "_troubles.csv", _TROUBLES, _troubles(report))
    _table(directory / "_reports.csv", _REPORTS, _reports(report))
    _table(directory / "_types.csv", _TYPES, _explained(report))
    if report.changes:
        _table(directory / "_resolved.csv", _RESOLVED, _resolved(report.changes))
        _table(directory / "_trend.csv", _TREND, _trend(report.changes))
    with ExitStack() as stack:
        sheets = {
            name: stack.enter_context(_Sheet(directory / f"{_file_name(name)}.csv"))
            for name in _types(report)
        }
        for some in _some(report):
            for finding, own in zip(some, _own(some), strict=True):
                sheets[finding.type].add(_common(finding, report.run.currency), own)
        for sheet in sheets.values():
            sheet.finish()


def _own(findings: Sequence[Finding]) -> Iterator[dict[str, str]]:
    """Yield the own fields of each finding as cells; what is no text is written at once, for all of them."""
    odd = iter(
        visible_lines(
            value for each in findings for value in each.fields.values() if not isinstance(value, str)
        )
    )
    for each in findings:
        yield {
            name: _text(value) if isinstance(value, str) else _written(value, next(odd))
            for name, value in each.fields.items()
        }


def _written(value: JsonValue, written: str) -> str:
    """Return a value that is no text, and has been written as visible JSON, as a cell of CSV."""
    made = written_cell(value, written)
    return _quoted(made if fits(made) else shorter(tidy(value)))


def is_ours(path: Path) -> bool:
    """Tell whether an earlier run wrote a file with :func:`fill`, and this one may not write it anew."""
    begins = [f"{BOM}{','.join(columns)}".encode() for columns in (COMMON, _RESOLVED, _TREND)]
    with path.open("rb") as file:
        return file.read(max(map(len, begins))).startswith(tuple(begins))


def _types(report: Report) -> list[str]:
    """Return every type that was found, or was looked for in vain; not those that could not be looked for."""
    names = {name for section in report.sections for name, count in section.counts.items() if count}
    names |= {
        each.type
        for section in report.sections
        for each in section.outcomes
        if each.status is not Status.NOT_EVALUATED
    }
    return sorted(names)


class _Sheet:
    """The file of one finding type.

    Its columns are known only when its last finding is. Until then its rows lie in parts beside it: a new part begins
    where a column is added, so that all rows of a part have the same.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._own: dict[str, None] = {}
        self._columns: tuple[str, ...] = SOMETIMES
        self._known = frozenset(SOMETIMES)
        self._parts: list[tuple[IO[str], int]] = []
        self._rows: list[str] = []

    def __enter__(self) -> Self:
        self._begin()
        return self

    def __exit__(self, *_: object) -> None:
        for number, (part, _width) in enumerate(self._parts):
            part.close()
            self._part(number).unlink(missing_ok=True)

    def _part(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")

    def _begin(self) -> None:
        part = self._part(len(self._parts)).open("w+", encoding="utf-8", newline="")
        self._parts.append((part, len(self._own)))
        self._file = part

    def add(self, common: str, own: dict[str, str]) -> None:
        """Add a finding: the columns of every file, and the cells of its own fields by name."""
        if not own.keys() <= self._known:
            self._write()
            self._own.update(dict.fromkeys(name for name in own if name not in self._known))
            self._columns = (*SOMETIMES, *self._own)
            self._known = frozenset(self._columns)
            self._begin()
        self._rows.append(f"{common},{','.join(map(own.get, self._columns, _EMPTY))}\r\n")
        if len(self._rows) == _AT_ONCE:
            self._write()

    def _write(self) -> None:
        self._file.writelines(self._rows)
        self._rows.clear()

    def finish(self) -> None:
        """Put the parts together under their columns."""
        self._write()
        with self._path.open("w", encoding="utf-8", newline="") as file:
            file.write(BOM)
            rows = csv.writer(file)
            taken = {*COMMON, *SOMETIMES}
            rows.writerow((*COMMON, *SOMETIMES, *(cell(_column(name, taken)) for name in self._own)))
            for part, width in self._parts:
                part.seek(0)
                if missing := len(self._own) - width:  # no cell has a line break, so a line is a row
                    file.writelines(f"{line[:-2]}{',' * missing}\r\n" for line in part)
                else:
                    shutil.copyfileobj(part, file, 1 << 20)


def _column(name: str, taken: set[str]) -> str:
    """Name the column of a field; one that is called like a column of every file gets a longer name."""
    while name in taken:
        name = f"fields.{name}"
    taken.add(name)
    return name


def _common(finding: Finding, currency: str | None) -> str:
    """Return the columns that all files have, as CSV; what many findings share is written once and kept."""
    money = finding.money
    kind = (money[0], currency or "") if money else ("", "")
    about, rest = _around(shared(finding), *kind, finding.accepted)
    amount = _quoted(cell(tidy(money[1]))) if money else ""
    return f"{about},{_text(finding.description)},{amount},{rest},{_text(finding.fingerprint)}"


@lru_cache(maxsize=4096)
def _around(about: Shared, kind: str, currency: str, entry: Acceptance | None) -> tuple[str, str]:
    """Return the cells before a finding's description, and those between its money and its fingerprint."""
    type_, severity, report, collection, check, cause, when, state, status, seen, url = about
    first, accepted = "" if seen is None else utc_text(seen), {} if entry is None else entry.to_dict()
    past = _row(kind, currency, when, state, status, first, accepted)
    return _row(type_, severity, report, collection), f"{past},{_row(check, list(cause), url)}"


def _row(*values: JsonValue) -> str:
    """Return neighbouring cells as CSV; empty ones where there is nothing."""
    return ",".join(_quoted(cell(each)) if each else "" for each in values)


def _text(text: str) -> str:
    """Return a text as a cell of CSV."""
    return text if len(text) <= _SHORT and is_plain(text) else _quoted(cell(text))


def _quoted(written: str) -> str:
    """Quote a cell as RFC 4180 has it, where it needs that; no cell has a line break."""
    return '"' + written.replace('"', '""') + '"' if "," in written or '"' in written else written


_CHECKS: Final = (
    "report",
    "check",
    "type",
    "status",
    "findings",
    "findings_of_type",
    "reasons",
    "documents",
    "values",
    "notes",
)
_REPORTS: Final = ("report", "title", "purpose", "cadence", "figure", "value")
_TYPES: Final = ("type", "check", "severity", "what", "why", "repair", "cannot_see", "mongosh", "page")
_RESOLVED: Final = (
    "type",
    "severity",
    "report",
    "collection",
    "description",
    "first_seen",
    "fingerprint",
    "how",
)
_TREND: Final = ("moment", "complete", "what", "report", "name", "value", "model_changed")
_OF_THEIR_OWN: Final = ("changes.gone", "changes.trend")
"""What has a file of its own, since a cell would be too small for it."""
_TROUBLES: Final = ("collection", "what", "where", "hint", "documents")


def _checks(report: Report) -> Iterator[tuple[JsonValue, ...]]:
    """Yield how each check ended, and how many findings of its type the report has, whatever the limit."""
    for section in report.sections:
        figures = (each for each in section.figures if not each.reasons)
        for each in (*section.outcomes, *figures):
            total = section.counts.get(each.type, 0)
            yield (
                section.name,
                each.check,
                each.type,
                each.status.value,
                each.findings,
                total,
                list(each.reasons),
                each.documents,
                each.values,
                list(each.notes),
            )


def _reports(report: Report) -> Iterator[tuple[JsonValue, ...]]:
    """Yield the figures of each report, and what people are to do with it, a row each."""
    for section in report.sections:
        about = (section.name, section.title, section.purpose, section.cadence)
        name, total = section.total
        for figure, value in flat({name: total, **section.summary, "actions": list(section.actions)}):
            yield *about, figure, value


def _explained(report: Report) -> Iterator[tuple[JsonValue, ...]]:
    for section in report.sections:
        for each in section.explanations:
            prose = [" ".join(text.split()) for text in (each.what, each.why, each.repair, each.cannot_see)]
            yield each.type, each.check, each.severity, *prose, each.mongosh, each.url


def _resolved(changes: Changes) -> Iterator[tuple[JsonValue, ...]]:
    for each in changes.gone:
        about = (each.type, each.severity, each.report, each.collection, each.description)
        yield *about, utc_text(each.first_seen), each.fingerprint, each.how


def _trend(changes: Changes) -> Iterator[tuple[JsonValue, ...]]:
    """Yield a row a number: findings by report and type, findings by severity, money by kind."""
    for then in changes.trend:
        run = (utc_text(then.moment), then.complete)
        for report, counts in then.counts.items():
            for name, count in counts.items():
                yield *run, "findings", report, name, count, then.model_changed
        for severity, count in then.severities.items():
            yield *run, "severity", None, severity, count, then.model_changed
        for kind, amount in then.money.items():
            yield *run, "money", None, kind, tidy(amount), then.model_changed


def _troubles(report: Report) -> Iterator[tuple[JsonValue, ...]]:
    for each in report.troubles:
        yield each.collection, each.what, each.where, each.hint, each.documents


def _table(path: Path, columns: Sequence[str], content: Iterable[Sequence[JsonValue]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(BOM)
        rows = csv.writer(file)
        rows.writerow(columns)
        rows.writerows([cell(each) for each in row] for row in content)


def _file_name(name: str) -> str:
    """Return a type as part of a file name on any system; most types are one as they are."""
    return _ODD.sub(
        lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "surrogatepass")), name
    )
