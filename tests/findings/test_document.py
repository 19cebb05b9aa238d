"""The JSON document: the user's shape, exact amounts, and a schema that describes it."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import simplejson
from jsonschema import Draft202012Validator, FormatChecker, ValidationError

from intact.findings import Report, json_schema, plain, plain_document, to_document
from intact.findings.document import moment, tidy
from tests.reporters import reports

PUBLISHED = Path(__file__).parents[2] / "docs" / "schemas" / "report-1.json"
ALL = [reports.mixed, reports.clean, reports.limited, reports.report]


def as_json(report: Report) -> dict[str, Any]:
    """Give the document as a reader of the file gets it."""
    text = simplejson.dumps(to_document(report), use_decimal=True)
    found: dict[str, Any] = json.loads(text)
    return found


def closed(schema: Any) -> Any:
    """Forbid every key that the schema does not name, so that a test finds one that it forgot."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: closed(value) for key, value in schema.items()}
    if "properties" in schema and "fingerprint" not in schema["properties"]:
        made.setdefault("additionalProperties", False)
    return made


def test_the_published_schema_is_the_one_in_the_package() -> None:
    assert json.loads(PUBLISHED.read_text()) == json_schema(), (
        "intact model schema --of report > docs/schemas/report-1.json"
    )


def test_the_schema_is_valid_itself() -> None:
    Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("make", ALL)
def test_every_report_is_valid_and_has_no_key_that_the_schema_leaves_out(make: Any) -> None:
    Draft202012Validator(closed(json_schema()), format_checker=FormatChecker()).validate(as_json(make()))


@pytest.mark.parametrize(
    "path",
    [
        ("schema_version",),
        ("generated_at",),
        ("headline", "total_critical_issues_found"),
        ("headline", "money_at_stake"),
        ("source", "one_moment"),
        ("complete",),
        ("reports", "billing", "issues"),
        ("reports", "billing", "total_billing_issues"),
        ("reports", "billing", "issues", 0, "fingerprint"),
        ("reports", "billing", "issues", 0, "document_ids"),
    ],
)
def test_the_schema_misses_what_is_missing(path: tuple[str | int, ...]) -> None:
    document: Any = copy.deepcopy(as_json(reports.mixed()))
    place = document
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]
    with pytest.raises(ValidationError):
        Draft202012Validator(json_schema()).validate(document)


def test_the_document_has_the_users_keys_first() -> None:
    document = as_json(reports.mixed())
    assert datetime.fromisoformat(document["generated_at"]) == reports.MOMENT
    assert list(document["reports"]) == ["billing", "phantom_deliveries", "status", "duplicates"]
    assert list(document["reports"]["billing"])[:3] == ["total_billing_issues", "issues", "summary"]
    assert document["reports"]["billing"]["summary"] == {"double_bills": 1, "total_overcharge": 3500.5}


def test_a_finding_stands_in_the_document_as_it_is() -> None:
    (issue,) = as_json(reports.mixed())["reports"]["billing"]["issues"]
    assert issue["type"] == "DOUBLE_BILLING"
    assert issue["severity"] == "CRITICAL"
    assert issue["billing_ids"] == ["b-1", "b-2"]
    assert issue["total_overcharge"] == 3500.5
    assert issue["document_ids"][0] == {"$oid": "65a000000000000000000001"}


def test_what_was_not_checked_is_in_the_document() -> None:
    document = as_json(reports.mixed())
    assert document["complete"] is False
    assert document["exit_code"] == 1
    (skipped,) = document["not_evaluated"]
    assert (skipped["report"], skipped["type"], skipped["status"]) == (
        "billing",
        "UNBILLED_PERIOD",
        "not evaluated",
    )
    assert skipped["reasons"] == ["collection users is not in the source"]
    assert document["reports"]["billing"]["complete"] is False
    assert document["reports"]["status"]["complete"] is True
    assert document["troubles"][0]["documents"] is None
    assert [each["whole"] for each in document["collections"]] == [False, False]


def test_totals_stay_true_where_findings_are_limited() -> None:
    section = as_json(reports.limited())["reports"]["status"]
    assert len(section["issues"]) == 1
    assert section["counts"] == {"INVALID_ORDER_STATUS": 40}


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("12.50", "12.5"),
        ("1.2E+2", "120"),
        ("-0", "0"),
        ("0E+3", "0"),
        ("0.30", "0.3"),
        ("1E+40", "1E+40"),
        ("12345678901234567890123456789012.34", "12345678901234567890123456789012.34"),
    ],
)
def test_amounts_are_exact_and_short(amount: str, text: str) -> None:
    assert simplejson.dumps(tidy(Decimal(amount)), use_decimal=True) == text


def test_plain_values_are_what_json_dump_can_write() -> None:
    value = {"a": [Decimal("2.00"), Decimal("2.5"), True, None, "x"], "b": {"c": Decimal("1E+6144")}}
    made = plain(value)  # type: ignore[arg-type]
    assert made == {"a": [2, 2.5, True, None, "x"], "b": {"c": float("inf")}}
    assert isinstance(made["a"][0], int)  # type: ignore[index]


def test_a_plain_document_goes_through_the_standard_library() -> None:
    document = plain_document(to_document(reports.mixed()))
    again = json.loads(json.dumps(document, indent=2))
    assert again == document
    assert again["reports"]["billing"]["issues"][0]["total_billed"] == 7001


def test_moments_are_in_utc() -> None:
    kolkata = timezone(timedelta(hours=5, minutes=30))
    assert moment(datetime(2026, 1, 31, 5, 30, tzinfo=kolkata)) == "2026-01-31T00:00:00Z"
    assert moment(datetime(2026, 1, 31, tzinfo=UTC)) == "2026-01-31T00:00:00Z"


def test_a_report_gives_its_document_itself() -> None:
    assert reports.mixed().to_dict() == to_document(reports.mixed())
