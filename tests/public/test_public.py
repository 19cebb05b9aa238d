"""Public reports about faults of such databases, each as a small input: what is right about it is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from intact.findings.causes import causes
from tests.public.inputs import PublicCase, cases
from tests.support.cases import mismatches

CASES = list(cases())


def case(name: str) -> PublicCase:
    return next(each for each in CASES if each.case.file == name)


@pytest.mark.parametrize("form", ["dump", "json"])
@pytest.mark.parametrize("one", CASES, ids=lambda one: f"{one.case.file}: {one.case.that}")
def test_what_is_right_about_a_public_report_is_found(one: PublicCase, form: str, tmp_path: Path) -> None:
    report = one.audit(one.write(form, tmp_path / "shop"))
    assert not report.troubles
    assert [each for each in mismatches(one.case, report) if form == "dump" or not left_out(one, each)] == []
    assert {each.name: each.copies for each in report.collections if each.copies} == one.own.get("copies", {})


def left_out(one: PublicCase, mismatch: str) -> bool:
    """Tell whether a finding is missing of a document that Extended JSON cannot say."""
    numbers = [number for some in one.own.get("only-in-bson", {}).values() for number in some]
    return mismatch.startswith("missing: ") and any(f": {number}," in mismatch for number in numbers)


@pytest.mark.parametrize("at_once", [1, 2, 3])
@pytest.mark.parametrize("name", ["uuid-byte-orders", "copy-in-place-of-reference", "ids-as-text-in-arrays"])
@pytest.mark.parametrize("numbers", [("_AT_ONCE", "_BEGINNING"), ("_AT_ONCE", "_BEGINNING", "_MANY")])
def test_near_matches_are_the_same_however_many_are_looked_for_together(
    name: str, at_once: int, numbers: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in numbers:
        monkeypatch.setattr(f"intact.checks.near.{number}", at_once)
    one = case(name)
    assert mismatches(one.case, one.audit(one.write("dump", tmp_path / "shop"))) == []


def test_placeholders_share_one_root_cause_with_an_advice_of_its_own(tmp_path: Path) -> None:
    one = case("placeholders")
    section = one.audit(one.write("dump", tmp_path / "shop")).sections[0]
    found = {(tuple(each.fields.items()), each.count) for each in causes(section.issues)}
    assert found == {((("placeholder", True),), 5), ((("customer", "y"),), 1)}
    pages = [each for each in section.explanations if each.check == "dangling-reference orders.customer"]
    assert "unset the field" in pages[0].repair


def test_documents_with_a_field_twice_are_named_with_the_field(tmp_path: Path) -> None:
    one = case("repeated-field")
    report = one.audit(one.write("dump", tmp_path / "shop"))
    (orders,) = [each for each in report.collections if each.name == "orders"]
    assert [(each.document_id, each.fields) for each in orders.repeats] == [
        (number, ("customer_id",)) for number in (1, 2, 3)
    ]
