"""Personal values are masked wherever they would stand, and two people can still be told apart."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import simplejson

import intact
from intact.checks import KINDS
from intact.core.errors import ModelError
from intact.findings import to_document
from intact.findings.masking import KEY_VARIABLE, Mask
from intact.model import parse
from tests.support.memory import MemorySource

AS_OF = datetime(2026, 2, 1, tzinfo=UTC)
PHONE, NAME, OTHER, EMAIL = "+919876543210", "Asha Rao", "Ravi Kumar", "asha.rao@example.com"
DATA: dict[str, list[dict[str, Any]]] = {
    "orders": [],
    "subscriptions_v2": [],
    "delivery_statuses": [],
    "billing_records": [],
    "customers_v2": [
        {"_id": 1, "id": "c-1", "phone": PHONE, "name": NAME, "status": "active"},
        {"_id": 2, "id": "c-2", "phone": "09876543210", "name": OTHER, "status": "active"},
    ],
    "users": [{"_id": 1, "id": "u-1", "email": EMAIL}, {"_id": 2, "id": "u-2", "email": EMAIL.upper()}],
}
SECRETS = [PHONE, "9876543210", NAME, "Asha", OTHER, EMAIL, "asha.rao"]


def audit(**options: Any) -> intact.Report:
    return intact.check(MemorySource(DATA), **{"model": "delivery", "as_of": AS_OF, **options})


def written(report: intact.Report) -> str:
    return simplejson.dumps(to_document(report), use_decimal=True, ensure_ascii=False)


def test_nothing_personal_stands_anywhere_in_a_report() -> None:
    text = written(audit()).lower()
    assert [secret for secret in SECRETS if secret.lower() in text] == []


def test_it_is_shown_where_it_is_asked_for() -> None:
    text = written(audit(show_personal=True))
    assert [secret for secret in (PHONE, NAME, OTHER, EMAIL) if secret not in text] == []


def test_keys_are_always_shown() -> None:
    by_type = {issue.type: issue.fields for issue in audit()["duplicates"].issues}
    assert by_type["DUPLICATE_CUSTOMER_PHONE"]["customer_ids"] == ["c-1", "c-2"]
    assert by_type["DUPLICATE_USER_EMAIL"]["user_ids"] == ["u-1", "u-2"]


def test_two_people_can_be_told_apart() -> None:
    by_type = {issue.type: issue.fields for issue in audit()["duplicates"].issues}
    names = by_type["DUPLICATE_CUSTOMER_PHONE"]["customer_names"]
    assert isinstance(names, list)
    assert len(set(map(str, names))) == 2


def test_a_run_with_another_key_masks_differently() -> None:
    assert Mask("a")(PHONE) == Mask("a")(PHONE) != Mask("b")(PHONE)


def test_without_a_key_each_run_has_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """From a bare hash of a phone number one could find the number by trying all."""
    monkeypatch.delenv(KEY_VARIABLE)
    assert Mask()(PHONE) != Mask()(PHONE)


def test_that_nothing_is_there_is_no_secret() -> None:
    assert Mask("a")(None) is None
    assert Mask("a")([None, "x"]) == [None, Mask("a")("x")]


def test_a_value_that_is_no_text_is_masked_as_a_whole() -> None:
    masked = Mask("a")({"first": NAME, "last": 7})
    assert isinstance(masked, str)
    assert NAME not in masked


def test_a_fingerprint_does_not_hang_on_a_personal_value() -> None:
    """Otherwise one could try all phone numbers until one gives the fingerprint."""
    moved = json.loads(json.dumps(DATA))
    for customer in moved["customers_v2"]:
        customer["phone"] = "+919811111111"
    before, after = audit(), intact.check(MemorySource(moved), model="delivery", as_of=AS_OF)
    phones = [
        [
            issue.fingerprint
            for issue in report["duplicates"].issues
            if issue.type == "DUPLICATE_CUSTOMER_PHONE"
        ]
        for report in (before, after)
    ]
    assert phones[0] == phones[1] != []


MODEL = """
intact: 1
name: people
title: People
collections:
  people:
    key: id
    named: person_id
    personal: [address]
    values: {address.city: [Pune]}
reports:
  people:
    title: People
    purpose: All of them.
    cadence: daily
    document: PEOPLE
    checks:
      - allowed-values: people.address.city
        finding: CITY
        severity: low
        description: Person {person_id} lives in {city}
    total: {people: {count: all}}
    summary: {cities: {documents: people, where: {gone: null}, by: address.city}}
"""


def test_what_lies_under_a_personal_path_is_personal_and_so_are_descriptions_and_figures() -> None:
    people = [{"_id": 1, "id": "p-1", "address": {"city": "Satara"}, "meaning": 1}]
    report = intact.check(MemorySource({"people": people}), model=parse(MODEL, KINDS), as_of=AS_OF)
    text = written(report)
    assert '"CITY"' in text
    assert "Satara" not in text


def test_what_is_near_a_personal_value_does_not_tell_it() -> None:
    people = [{"_id": 1, "id": "p-1", "address": {"city": "PUNE"}}]
    text = written(intact.check(MemorySource({"people": people}), model=parse(MODEL, KINDS), as_of=AS_OF))
    assert "PUNE" not in text
    assert '"Pune"' not in text


@pytest.mark.parametrize(
    ("line", "role"), [("since: address.moved", "a date"), ("amount: address.rent", "an amount")]
)
def test_what_is_added_up_or_counted_from_cannot_be_personal(line: str, role: str) -> None:
    """It stands in reports as it is, so a model that calls it personal promises what is not kept."""
    rule = "stale-state: people" if role == "a date" else "missing-link: people.home"
    check = f"""
      - {rule}
        finding: OLD
        severity: low
        description: Person {{person_id}}
        {line}
"""
    text = MODEL.replace("    total:", f"{check}    total:").replace(
        "    values:", "    references: {home: people}\n    values:"
    )
    with pytest.raises(ModelError, match=f"is declared as personal, and is read as {role}"):
        parse(text.replace(line, f"{line}\n        where: {{gone: null}}"), KINDS)


def test_the_command_masks_unless_it_is_told(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from intact.cli.app import app
    from tests.sample_data.dump import write_dump

    write_dump(tmp_path / "dump", orders=200, faults=1, seed=5, as_of=AS_OF)
    arguments = ["check", str(tmp_path / "dump"), "--quiet", "--format", "json", "--as-of", "2026-02-01"]
    masked, shown = (
        CliRunner().invoke(app, [*arguments, *more]).stdout for more in ([], ["--show-personal"])
    )
    email = next(
        issue["email"]
        for issue in json.loads(shown)["reports"]["duplicates"]["issues"]
        if issue["type"] == "DUPLICATE_USER_EMAIL"
    )
    assert "@" in email
    assert email not in masked
    assert json.loads(masked)["personal"] == "masked"
