"""The report as one Parquet file: a row a finding, and what was run in the file's own metadata.

Columns that every finding has are columns; its own fields stand as JSON text, since each type has others. Amounts stand
twice: as exact text, and as a decimal that can be summed, where it holds them exactly. ``docs/forms.md`` has the
schema.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import chain, islice
from operator import attrgetter
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from intact.core.amounts import EXACT
from intact.core.values import JsonValue
from intact.findings import Finding, Report
from intact.findings.document import head, section_head, tidy
from intact.findings.words import harmless
from intact.reporters.finding_record import ASCII, lines

SCALE: Final = 10
WIDTH: Final = 38

_TEXT: Final = pa.string()
_WORD: Final = pa.dictionary(pa.int32(), pa.string())
_ACCEPTED: Final = pa.struct([("reason", _TEXT), ("owner", _TEXT), ("until", _TEXT), ("line", pa.int64())])

SCHEMA: Final = pa.schema(
    [
        pa.field("type", _WORD, nullable=False),
        pa.field("severity", _WORD, nullable=False),
        pa.field("report", _WORD, nullable=False),
        pa.field("collection", _WORD, nullable=False),
        pa.field("description", _TEXT, nullable=False),
        pa.field("document_ids", pa.list_(_TEXT), nullable=False),
        pa.field("fields", _TEXT, nullable=False),
        pa.field("money_kind", _WORD),
        pa.field("money_text", _TEXT),
        pa.field("money", pa.decimal128(WIDTH, SCALE)),
        pa.field("currency", _WORD),
        pa.field("when", _TEXT),
        pa.field("state", _WORD),
        pa.field("status", _WORD),
        pa.field("first_seen", pa.timestamp("ms", "UTC")),
        pa.field("accepted", _ACCEPTED),
        pa.field("check", _WORD, nullable=False),
        pa.field("cause", pa.list_(_TEXT), nullable=False),
        pa.field("page", _WORD, nullable=False),
        pa.field("fingerprint", _TEXT, nullable=False),
    ]
)
"""Columns of the file."""

_ROWS: Final = 1_000
"""Findings that become columns at once."""
_GROUP: Final = 20
"""Times that many are one row group, which is what is held in memory."""


def render(report: Report) -> Iterator[bytes]:
    """Yield the file in pieces; its metadata has ``intact.run`` and ``intact.reports`` as JSON."""
    about = {
        "intact.run": ASCII.encode(head(report)),
        "intact.reports": ASCII.encode({each.name: section_head(each) for each in report.sections}),
    }
    sink = _Sink()
    schema = SCHEMA.with_metadata(about)
    with pa.PythonFile(sink, "w") as file, pq.ParquetWriter(file, schema, compression="zstd") as rows:
        waiting: list[pa.RecordBatch] = []
        for some in _some(report):
            waiting.append(_batch(some, report.run.currency))
            if len(waiting) == _GROUP:
                rows.write_table(pa.Table.from_batches(waiting, SCHEMA), row_group_size=_GROUP * _ROWS)
                waiting.clear()
                yield sink.taken()
        if waiting:
            rows.write_table(pa.Table.from_batches(waiting, SCHEMA))
    yield sink.taken()


def _some(report: Report) -> Iterator[list[Finding]]:
    """Yield the findings of all reports, so many at once."""
    findings = chain.from_iterable(section.issues for section in report.sections)
    while some := list(islice(findings, _ROWS)):
        yield some


_TAKEN: Final = (
    *("type", "severity", "report", "collection", "description", "fields", "fingerprint", "money"),
    *("check", "cause", "when", "state", "status", "first_seen", "accepted", "url"),
)


def _batch(findings: list[Finding], currency: str | None) -> pa.RecordBatch:
    """Return findings as columns."""
    each: dict[str, tuple[Any, ...]] = dict(
        zip(_TAKEN, zip(*map(attrgetter(*_TAKEN), findings), strict=True), strict=True)
    )
    money: tuple[tuple[str, Decimal] | None, ...] = each["money"]
    amounts = [None if pair is None else tidy(pair[1]) for pair in money]
    columns: dict[str, Sequence[Any]] = {
        "type": _texts(each["type"]),
        "severity": each["severity"],
        "report": _texts(each["report"]),
        "collection": _texts(each["collection"]),
        "description": _texts(each["description"]),
        "document_ids": _ids(each["fields"]),
        "fields": lines(each["fields"]),
        "money_kind": [None if pair is None else _text(pair[0]) for pair in money],
        "money_text": [None if amount is None else str(amount) for amount in amounts],
        "money": [_decimal(amount) if isinstance(amount, Decimal) else None for amount in amounts],
        "currency": [None if pair is None else currency for pair in money],
        "when": each["when"],
        "state": [state or None for state in each["state"]],
        "status": [status or None for status in each["status"]],
        "first_seen": each["first_seen"],
        "accepted": [None if entry is None else entry.to_dict() for entry in each["accepted"]],
        "check": _texts(each["check"]),
        "cause": list(map({names: _texts(names) for names in set(each["cause"])}.get, each["cause"])),
        "page": _texts(each["url"]),
        "fingerprint": each["fingerprint"],
    }
    arrays = [pa.array(columns[field.name], field.type) for field in SCHEMA]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


def _ids(own: Sequence[Mapping[str, JsonValue]]) -> list[list[str]]:
    """Return the ids of each finding's documents, each as JSON text."""
    several = [fields.get("document_ids") for fields in own]
    if not any(several):
        return [[one] for one in lines(fields.get("document_id") for fields in own)]
    groups = [
        many if isinstance(many, list) else [fields.get("document_id")]
        for fields, many in zip(own, several, strict=True)
    ]
    written = iter(lines(chain.from_iterable(groups)))
    return [list(islice(written, len(group))) for group in groups]


def _texts(texts: tuple[str, ...]) -> Sequence[str]:
    """Return texts that can be UTF-8; most columns are ASCII, which is seen of all of it at once."""
    return texts if "".join(texts).isascii() else [_text(text) for text in texts]


def _text(text: str) -> str:
    """Return text that can be UTF-8; half a surrogate pair, which cannot, stands as an escape."""
    return text if text.isascii() or _is_utf8(text) else harmless(text)


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _decimal(amount: Decimal) -> Decimal | None:
    """Return an amount as the decimal column has it; None where that would lose a digit."""
    digits = EXACT.scaleb(amount, SCALE)
    fits = digits == digits.to_integral_value() and digits.adjusted() < WIDTH
    return amount if fits else None


class _Sink:
    """Takes what is written and hands it on."""

    closed = False

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._written = 0

    def write(self, data: bytes) -> int:
        """Take a piece."""
        self._pieces.append(bytes(data))
        self._written += len(data)
        return len(data)

    def tell(self) -> int:
        """Return how much has been written."""
        return self._written

    def flush(self) -> None:
        """Do nothing: what has been taken is there."""

    def close(self) -> None:
        """Take no more."""
        self.closed = True

    def taken(self) -> bytes:
        """Return what has come since the last time."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
