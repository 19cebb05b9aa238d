"""``intact check --documents``: one document a report, replaced whole or not at all by the next run of the month."""

from __future__ import annotations

from pathlib import Path

import pytest

from intact.reporters.markdown import page
from tests.cli.conftest import AS_OF
from tests.cli.running import invoke

NAMES = [
    "BILLING_INTEGRITY_REPORT_2026_11.md",
    "BILLING_ORPHAN_REPORT_2026_11.md",
    "CUSTOMER_LINKING_REPORT_2026_11.md",
    "DUPLICATE_MERGE_LOG_2026_11.md",
    "PHANTOM_DELIVERY_INVESTIGATION_2026_11.md",
    "REFERENCE_CLEANUP_PLAN_2026_11.md",
    "STATUS_CLEANUP_LOG_2026_11.md",
]


def audit(dump: Path, directory: Path, *more: str) -> str:
    """Run with ``--documents``; give what was printed."""
    done = invoke("check", str(dump), "--as-of", AS_OF, "--documents", str(directory), "--quiet", *more)
    assert done.exit_code in {0, 1}, done.stderr
    return done.stdout


def found(document: str) -> str:
    """The part that names the findings; an earlier one says what is found no more."""
    _, _, rest = document.partition("\n## What was found\n")
    return rest.partition("\n## ")[0]


def test_each_report_gets_a_document_named_by_the_month_of_as_of(faulty_dump: Path, tmp_path: Path) -> None:
    printed = audit(faulty_dump, tmp_path)
    assert sorted(each.name for each in tmp_path.iterdir()) == NAMES
    assert f"{tmp_path}/*.md (7 documents, one a report)" in printed


def test_only_the_reports_that_were_asked_for_get_one(faulty_dump: Path, tmp_path: Path) -> None:
    printed = audit(faulty_dump, tmp_path, "--report", "billing")
    assert [each.name for each in tmp_path.iterdir()] == NAMES[:1]
    assert NAMES[0] in printed


def test_a_later_run_of_the_month_replaces_them(faulty_dump: Path, clean_dump: Path, tmp_path: Path) -> None:
    audit(faulty_dump, tmp_path)
    before = (tmp_path / NAMES[0]).read_text()
    audit(clean_dump, tmp_path)
    after = (tmp_path / NAMES[0]).read_text()
    assert "DOUBLE_BILLING" in found(before)
    assert "DOUBLE_BILLING" not in found(after)
    assert sorted(each.name for each in tmp_path.iterdir()) == NAMES


def test_one_that_cannot_be_written_to_its_end_stays_as_it_was(
    faulty_dump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / NAMES[0]
    old.write_text("of the last run")

    def full(report: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(page, "_read", full)
    done = invoke(
        "check", str(faulty_dump), "--report", "billing", "--as-of", AS_OF, "--documents", str(tmp_path)
    )
    assert done.exit_code == 2
    assert "no space left on device" in done.stderr
    assert old.read_text() == "of the last run"
    assert [each.name for each in tmp_path.iterdir()] == NAMES[:1]


def test_a_directory_that_cannot_be_made_is_said_before_anything_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = invoke("check", str(tmp_path / "no dump"), "--documents", str(tmp_path / "file" / "nowhere"))
    assert done.exit_code == 2
    assert "the directory cannot be made" in done.stderr
    assert "nowhere" in done.stderr


def test_personal_values_are_masked_unless_they_are_asked_for(faulty_dump: Path, tmp_path: Path) -> None:
    audit(faulty_dump, tmp_path, "--report", "duplicates")
    masked = (tmp_path / NAMES[3]).read_text()
    audit(faulty_dump, tmp_path, "--report", "duplicates", "--show-personal")
    clear = (tmp_path / NAMES[3]).read_text()
    assert "+91" not in masked
    assert "+91" in clear
    assert "••••" in masked
    assert "••••" not in clear
