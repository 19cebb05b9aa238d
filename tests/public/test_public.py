"""Public reports about faults of such databases, each as a small input: what is right about it is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from intact.findings import Report
from tests.public.inputs import PublicCase, cases
from tests.support.cases import mismatches

CASES = list(cases())


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
