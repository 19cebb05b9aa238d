"""Read findings back from each form, as the tool would that the form is for; none of it is the code that wrote them."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import pyarrow.parquet as pq
import simplejson
from lxml import etree
from markdown_it import MarkdownIt

from intact.findings import Report
from intact.reporters import form_named, github
from tests.support import shell

Fields = Mapping[str, Any]


def written(name: str, report: Report) -> bytes:
    """Give a report in a form, as bytes."""
    return b"".join(
        each.encode() if isinstance(each, str) else each for each in form_named(name).render(report)
    )


def exact(text: str) -> Any:
    """Read JSON without losing a digit."""
    return simplejson.loads(text, use_decimal=True)


def same(value: Any) -> str:
    """Give a text that two values share if they are the same value of the same type."""
    return str(simplejson.dumps(value, use_decimal=True, sort_keys=True))


def cell_value(cell: str) -> Any:
    """Give the value of a cell, by the rule that docs/forms.md states."""
    if cell.startswith("'"):
        return cell[1:]
    try:
        value = exact(cell)
    except ValueError:
        return cell
    if isinstance(value, dict) and list(value) in (["$numberLong"], ["$numberDecimal"]):
        ((kind, digits),) = value.items()
        return int(digits) if kind == "$numberLong" else Decimal(digits)
    return value


def rows_of(data: bytes) -> list[dict[str, str]]:
    """Read a CSV file as its cells."""
    assert data.startswith(b"\xef\xbb\xbf")
    csv.field_size_limit(1 << 30)
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))


def packed(data: bytes) -> dict[str, bytes]:
    """Unpack a ZIP archive."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def _json(data: bytes) -> Iterator[Fields]:
    for section in exact(data.decode("ascii"))["reports"].values():
        yield from section["issues"]


def _ndjson(data: bytes) -> Iterator[Fields]:
    for line in data.decode("ascii").splitlines():
        if (record := exact(line))["record"] == "finding":
            yield record["fields"]


def _csv(data: bytes) -> Iterator[Fields]:
    for row in rows_of(data):
        yield cell_value(row["fields"])


def _csv_zip(data: bytes) -> Iterator[Fields]:
    for name, content in packed(data).items():
        if not name.startswith("_"):
            for row in rows_of(content):
                yield {column: cell_value(cell) for column, cell in row.items() if cell}


def _parquet(data: bytes) -> Iterator[Fields]:
    for row in pq.read_table(io.BytesIO(data)).to_pylist():
        yield exact(row["fields"])


def _junit(data: bytes) -> Iterator[Fields]:
    for failure in etree.fromstring(data, etree.XMLParser(huge_tree=True)).iter("failure"):
        found = [line for line in (failure.text or "").split("\n") if line.startswith("  {")]
        yield from map(exact, found[::2])


def _sarif(data: bytes) -> Iterator[Fields]:
    for result in exact(data.decode("ascii"))["runs"][0]["results"]:
        yield result["properties"]["fields"]


def commands(data: bytes) -> Iterator[tuple[str, dict[str, str], str]]:
    """Read workflow commands as GitHub's runner does: name, properties, message."""
    for line in data.decode().split("\n")[:-1]:
        found = re.fullmatch(r"::(\w+) ([^:]*(?:%3A[^:]*)*)::(.*)", line)
        assert found, line
        given = dict(pair.split("=", 1) for pair in found[2].split(","))
        properties = {
            name: _data(value.replace("%3A", ":").replace("%2C", ",")) for name, value in given.items()
        }
        yield found[1], properties, _data(found[3])


def _data(text: str) -> str:
    return text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")


def _github(data: bytes) -> Iterator[Fields]:
    for _, _, message in commands(data):
        for line in message.split("\n"):
            if line.startswith("For example: "):
                yield exact(line.removeprefix("For example: "))


def _html(data: bytes) -> Iterator[Fields]:
    (packed_rows,) = re.findall(rb'<script type="application/json" id="data">"([^"]*)"', data)
    *blocks, last = zlib.decompress(base64.b64decode(packed_rows)).decode().splitlines()
    yield {"lists": exact(last)}
    for block in blocks:
        for row in exact(block):
            yield {f"{at}": _plain(each) for at, each in enumerate(row[7:])}


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        if "n" in value:
            return exact(value["n"])
        return {"$oid": value["o"]} if "o" in value else shell.read(value["j"])
    return value


def _markdown(data: bytes) -> Iterator[Fields]:
    parser = MarkdownIt("commonmark").enable("table")
    for token in parser.parse(data.decode()):
        for child in token.children or ():
            if child.type == "code_inline":
                yield {"code": code_value(child.content)}


def code_value(shown: str) -> Any:
    """Give the value of a code span, by the rule of the Markdown form: a literal of mongosh, or a text as it is."""
    try:
        return shell.read(shown)
    except AssertionError:
        return unescaped(shown)


def unescaped(shown: str) -> str:
    """Undo the escapes of text that was made harmless."""

    def char(found: re.Match[str]) -> str:
        return found[0].encode("ascii").decode("unicode_escape")

    pattern = r"\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|[\\nrt])"
    return re.sub(pattern, char, shown)


READERS: dict[str, Callable[[bytes], Iterable[Fields]]] = {
    "json": _json,
    "ndjson": _ndjson,
    "csv": _csv,
    "csv-zip": _csv_zip,
    "parquet": _parquet,
    "junit": _junit,
    "sarif": _sarif,
    "github": _github,
    "html": _html,
    "markdown": _markdown,
}
"""How the fields of findings are read from each form; the console is for eyes alone."""


def values(name: str, data: bytes) -> set[str]:
    """Give every value of a finding that a form shows, each as :func:`same` has it."""
    found: set[str] = set()
    for each in READERS[name](data):
        found.update(same(value) for value in each.values())
    return found


def text_of(name: str, report: Report) -> str:
    """Give all that a form says as text, whatever it is packed in."""
    data = written(name, report)
    if name == "csv-zip":
        return "\n".join(content.decode() for content in packed(data).values())
    if name == "parquet":
        table = pq.read_table(io.BytesIO(data))
        about = {key.decode(): json.loads(value) for key, value in (table.schema.metadata or {}).items()}
        return simplejson.dumps([about, table.to_pylist()], use_decimal=True, default=str)
    if name == "github":
        return data.decode() + "".join(github.summary(report))
    if name == "html":
        return data.decode() + simplejson.dumps(list(_html(data)), use_decimal=True)
    return data.decode()
