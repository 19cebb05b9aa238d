"""Parquet: read back by pyarrow and by DuckDB, amounts exact, the run in the metadata."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from intact.findings import Report
from intact.reporters.parquet import SCHEMA, render
from tests.reporters import reports
from tests.reporters.readers import exact, written
from tests.reporters.reports import finding, section


def amounts(*given: str) -> Report:
    """Make a report with findings of these amounts."""
    issues = [
        finding("X", fields={"document_id": at}, money=("lost", Decimal(each)))
        for at, each in enumerate(given)
    ]
    return reports.report(section(issues=issues))


@pytest.mark.parametrize("make", [reports.mixed, reports.clean, reports.report])
def test_it_has_its_schema_whatever_was_found(make: object) -> None:
    assert callable(make)
    table = pq.read_table(io.BytesIO(written("parquet", make())))
    assert table.schema.remove_metadata().equals(SCHEMA)


def test_duckdb_sums_what_it_reads(tmp_path: Path) -> None:
    path = tmp_path / "report.parquet"
    path.write_bytes(written("parquet", amounts("0.1", "0.2", "-5", "12345678901234567890.1234567891")))
    with duckdb.connect() as engine:
        engine.read_parquet(str(path)).create_view("findings")
        (row,) = engine.sql("SELECT sum(money), count(*), any_value(money_text) FROM findings").fetchall()
        kinds = dict(engine.sql("SELECT column_name, column_type FROM (DESCRIBE findings)").fetchall())
    assert row[:2] == (Decimal("12345678901234567885.4234567891"), 4)
    assert (kinds["money"], kinds["document_ids"], kinds["fields"]) == (
        "DECIMAL(38,10)",
        "VARCHAR[]",
        "VARCHAR",
    )


@pytest.mark.parametrize("amount", ["0.00000000001", "12345678901234567890123456789.5", "1E+30"])
def test_an_amount_that_does_not_fit_is_exact_as_text(amount: str) -> None:
    table = pq.read_table(io.BytesIO(written("parquet", amounts(amount))))
    assert table["money"].to_pylist() == [None]
    assert Decimal(table["money_text"].to_pylist()[0]) == Decimal(amount)


def test_a_row_has_what_its_finding_has() -> None:
    first = pq.read_table(io.BytesIO(written("parquet", reports.mixed()))).to_pylist()[0]
    expected = reports.mixed().sections[0].issues[0]
    assert (first["type"], first["severity"], first["fingerprint"]) == (
        expected.type,
        expected.severity,
        expected.fingerprint,
    )
    assert exact(first["fields"])["total_billed"] == Decimal(7001)
    assert [json.loads(each) for each in first["document_ids"]] == expected.fields["document_ids"]
    assert (first["money_kind"], first["money"], first["currency"]) == (
        "overcharged",
        Decimal("3500.5"),
        "INR",
    )


def test_the_metadata_say_what_was_run_and_not_checked() -> None:
    metadata = pq.read_schema(io.BytesIO(written("parquet", reports.mixed()))).metadata
    run, sections = json.loads(metadata[b"intact.run"]), json.loads(metadata[b"intact.reports"])
    assert run["complete"] is False
    assert sections["billing"]["checks"][1]["status"] == "not evaluated"


def test_rows_come_in_groups_of_bounded_size() -> None:
    issues = [finding("X", fields={"document_id": number}) for number in range(45_000)]
    pieces = list(render(reports.report(section(issues=issues))))
    assert len(pieces) >= 3
    metadata = pq.read_metadata(io.BytesIO(b"".join(pieces)))
    assert [metadata.row_group(at).num_rows for at in range(metadata.num_row_groups)] == [
        20_000,
        20_000,
        5_000,
    ]
