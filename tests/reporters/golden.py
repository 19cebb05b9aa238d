"""The sample's report in each form, kept as files to be read: ``tests/reporters/golden``.

``make golden`` (or ``python -m tests.reporters.golden``) writes them; a test compares. What changes from run to run and
from machine to machine (times, versions, where the sample lies) is set to fixed values. Forms for people show the whole
report, those for machines two findings of each type.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path

import pyarrow.parquet as pq
import simplejson

from intact import check
from intact.findings import Report
from intact.findings.masking import KEY_VARIABLE
from intact.reporters import github
from intact.reporters.markdown import document, document_name
from tests.reporters.readers import READERS, packed, written
from tests.sample_data import DEMO_AS_OF, DEMO_FAULTS, DEMO_ORDERS, DEMO_SEED, write_dump

FOLDER = Path(__file__).with_name("golden")
MOMENT = datetime(2026, 11, 22, 6, 0, 5, tzinfo=UTC)


@cache
def sample(limit: int | None) -> Report:
    """Audit the sample of ``intact demo``; nothing in the report depends on when or where."""
    before = os.environ.get(KEY_VARIABLE)
    os.environ[KEY_VARIABLE] = "golden"
    try:
        with tempfile.TemporaryDirectory() as folder:
            write_dump(folder, orders=DEMO_ORDERS, seed=DEMO_SEED, faults=DEMO_FAULTS, as_of=DEMO_AS_OF)
            report = check(folder, model="delivery", as_of=DEMO_AS_OF, limit=limit)
            notes = tuple(note for note in report.run.notes if "projector" not in note)
    finally:
        del os.environ[KEY_VARIABLE]
        if before is not None:
            os.environ[KEY_VARIABLE] = before
    run = replace(
        report.run,
        generated_at=MOMENT,
        seconds=1.0,
        version="1.2.3",
        projector="pure",
        engine="DuckDB",
        source="sample",
        notes=notes,
    )
    return replace(report, run=run)


def golden() -> dict[str, Callable[[], bytes]]:
    """Give the files by their names, each with what makes it."""
    files: dict[str, Callable[[], bytes]] = {
        "report.txt": partial(_form, "console", None),
        "report.github.txt": partial(_form, "github", None),
        "step_summary.md": lambda: "".join(github.summary(sample(None))).encode(),
        "report.html.txt": _html,
        "report.json": partial(_form, "json", 2),
        "report.ndjson": partial(_form, "ndjson", 2),
        "report.csv": partial(_form, "csv", 2),
        "report.xml": partial(_form, "junit", 2),
        "report.sarif": partial(_form, "sarif", 2),
        "report.parquet.txt": _parquet,
    }
    for name in csv_names():
        files[f"csv/{name}"] = partial(_csv, name)
    report = sample(None)
    for section in report.sections:
        files[f"documents/{document_name(section, report)}"] = partial(_document, section.name)
    return files


@cache
def csv_names() -> tuple[str, ...]:
    """Give the names of the CSV files."""
    return tuple(_csv_files())


@cache
def _csv_files() -> dict[str, bytes]:
    return packed(written("csv-zip", sample(2)))


def _csv(name: str) -> bytes:
    return _csv_files()[name]


def _form(name: str, limit: int | None) -> bytes:
    return written(name, sample(limit))


def _document(section: str) -> bytes:
    report = sample(None)
    return "".join(document(report, report[section])).encode()


def _html() -> bytes:
    """Give the page without scripts and styles, which have tests of their own, and its packed rows as lines."""
    page = written("html", sample(2))
    text = re.sub(r"(?s)(<(script|style)[^>]*>).*?(</\2>)", r"\1...\3", page.decode())
    text = re.sub(r"sha256-[A-Za-z0-9+/=]+", "sha256-...", text)
    rows = "".join(f"{simplejson.dumps(each, use_decimal=True)}\n" for each in READERS["html"](page))
    return f"{text}\n{rows}".encode()


def _parquet() -> bytes:
    table = pq.read_table(io.BytesIO(written("parquet", sample(2))))
    schema = table.schema.remove_metadata().to_string()
    rows: Iterator[str] = (simplejson.dumps(row, use_decimal=True) for row in table.to_pylist())
    return "\n".join([schema, *rows, ""]).encode()


def main() -> None:
    """Write them all anew."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    for name, make in golden().items():
        path = FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(make())


if __name__ == "__main__":
    main()
