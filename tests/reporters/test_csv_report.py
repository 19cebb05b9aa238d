"""CSV: a file a finding type, columns that stay, RFC 4180, and cells from which the exact value is read."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from intact.findings import Outcome, Report, Status
from intact.reporters.cells import cell
from intact.reporters.csv_report import COMMON, SOMETIMES, fill, is_ours
from tests.reporters import reports
from tests.reporters.readers import cell_value, packed, rows_of, same, written
from tests.reporters.reports import finding, json_values, section


@given(json_values)
def test_every_value_is_read_back_from_its_cell(value: Any) -> None:
    shown = cell(value)
    assert same(cell_value(shown)) == same(value)
    assert shown.isprintable()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("o-17", "o-17"),
        ("Änne Müller", "Änne Müller"),
        ("2026-01", "2026-01"),
        ("2026-01-31", "2026-01-31"),
        (Decimal("-12.5"), "-12.5"),
        (None, "null"),
        ("", "'"),
        ("007", "'007"),
        ("1-2", "'1-2"),
        ("1E5", "'1E5"),
        ("MAR1", "'MAR1"),
        ("=1+1", "'=1+1"),
        ("+91 98", "'+91 98"),
        ("-", "'-"),
        ("@a", "'@a"),
        ("true", "'true"),
        ({"$oid": "65"}, '{"$oid":"65"}'),
        ("a\u202eb", '"a\\u202eb"'),
        (2**63, '{"$numberLong":"9223372036854775808"}'),
    ],
)
def test_a_cell_shows_what_a_spreadsheet_will_not_change(value: Any, shown: str) -> None:
    assert cell(value) == shown


def files(report: Report) -> dict[str, list[dict[str, str]]]:
    """Read the files of a report."""
    return {name: rows_of(content) for name, content in packed(written("csv-zip", report)).items()}


def test_a_file_a_finding_type_and_five_about_the_run() -> None:
    assert list(files(reports.mixed())) == [
        "DOUBLE_BILLING.csv",
        "INVALID_ORDER_STATUS.csv",
        "PHANTOM_DELIVERY_NO_ORDER.csv",
        "_checks.csv",
        "_reports.csv",
        "_run.csv",
        "_troubles.csv",
        "_types.csv",
    ]


def test_a_finding_stands_in_its_row() -> None:
    (row,) = files(reports.mixed())["DOUBLE_BILLING.csv"]
    assert (row["severity"], row["money"], row["money_kind"], row["currency"]) == (
        "CRITICAL",
        "3500.5",
        "overcharged",
        "INR",
    )
    assert (row["subscription_id"], row["period"], row["total_overcharge"]) == ("sub-17", "2026-01", "3500.5")
    assert cell_value(row["billing_ids"]) == ["b-1", "b-2"]


def test_a_type_that_was_looked_for_in_vain_has_its_columns_and_no_row() -> None:
    found = packed(written("csv-zip", reports.clean()))
    assert found["INVALID_ORDER_STATUS.csv"].decode("utf-8-sig") == ",".join((*COMMON, *SOMETIMES)) + "\r\n"


def test_a_type_that_could_not_be_looked_for_has_no_file() -> None:
    made = files(reports.mixed())
    assert "UNBILLED_PERIOD.csv" not in made
    (check,) = [row for row in made["_checks.csv"] if row["type"] == "UNBILLED_PERIOD"]
    assert (check["status"], cell_value(check["reasons"])) == (
        "not evaluated",
        ["collection users is not in the source"],
    )


def test_what_could_not_be_read_is_listed() -> None:
    (row,) = files(reports.mixed())["_troubles.csv"]
    assert (row["collection"], row["where"], row["documents"]) == ("orders", "orders.bson, byte 8812", "null")


def test_the_figures_of_each_report_are_listed() -> None:
    rows = [row for row in files(reports.mixed())["_reports.csv"] if row["report"] == "billing"]
    figures = {row["figure"]: cell_value(row["value"]) for row in rows}
    assert figures == {
        "total_billing_issues": 1,
        "double_bills": 1,
        "total_overcharge": Decimal("3500.5"),
        "actions": ["Run query weekly"],
    }


def test_the_common_columns_stand_first_whatever_a_finding_carries() -> None:
    for name, content in packed(written("csv-zip", reports.mixed())).items():
        if not name.startswith("_"):
            head = content.decode("utf-8-sig").split("\r\n")[0].split(",")
            assert tuple(head[: len(COMMON) + len(SOMETIMES)]) == (*COMMON, *SOMETIMES)


def test_findings_of_one_type_with_other_fields_share_a_file() -> None:
    made = [
        finding("BAD", fields={"order_id": "o", "document_id": 1}),
        finding(
            "BAD",
            fields={"delivery_id": "d, e", "near_match": {"kind": "type", "value": 1}, "document_id": 2},
        ),
        finding("BAD", fields={"order_id": "p", "type": "own", "document_id": 3}),
    ]
    first, second, third = files(reports.report(section(issues=made)))["BAD.csv"]
    assert (first["order_id"], first["delivery_id"], first["document_id"]) == ("o", "", "1")
    assert (second["order_id"], second["delivery_id"]) == ("", "d, e")
    assert cell_value(second["near_match"]) == {"kind": "type", "value": 1}
    assert (third["type"], third["fields.type"]) == ("BAD", "own")


def test_lines_end_as_rfc_4180_says_and_all_rows_are_as_wide() -> None:
    made = [finding("BAD", fields={f"f{number}": "a\r\nb", "document_id": 1}) for number in range(3)]
    content = packed(written("csv-zip", reports.report(section(issues=made))))["BAD.csv"].decode("utf-8-sig")
    assert content.count("\n") == content.count("\r\n") == 4
    assert content.endswith("\r\n")
    assert all(None not in row and None not in row.values() for row in rows_of(content.encode("utf-8-sig")))


def test_one_file_has_all_findings() -> None:
    rows = rows_of(written("csv", reports.mixed()))
    assert [row["type"] for row in rows].count("INVALID_ORDER_STATUS") == 5
    assert cell_value(rows[0]["fields"])["period"] == "2026-01"


def test_a_strange_type_is_a_file_name_on_any_system() -> None:
    strange = finding("a/b:c*\u00e9")
    assert "a%2Fb%3Ac%2A%C3%A9.csv" in files(reports.report(section(issues=[strange])))


def test_files_of_an_earlier_report_are_known(tmp_path: Path) -> None:
    fill(reports.mixed(), tmp_path)
    assert is_ours(tmp_path / "DOUBLE_BILLING.csv")
    (tmp_path / "mine.csv").write_text("type,severity\n")
    assert not is_ours(tmp_path / "mine.csv")


def test_a_check_that_found_something_in_part_says_so() -> None:
    part = Outcome("allowed-values orders.status", "BAD", Status.VIOLATED, 1, ("orders was read in part",), 7)
    made = reports.report(replace(section(issues=[finding("BAD")]), outcomes=(part,)))
    (row,) = files(made)["_checks.csv"]
    assert (row["findings"], cell_value(row["reasons"])) == ("1", ["orders was read in part"])
