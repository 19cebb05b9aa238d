"""A database without a document is not said to have been checked: it is probably not the one that was meant."""

from __future__ import annotations

from pathlib import Path

import bson
import pytest

from intact import check
from intact.reporters.html_report import render
from tests.cli.running import invoke
from tests.support.small import small


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    """A dump of the delivery business, of which every collection is empty."""
    for name in small():
        (tmp_path / f"{name}.bson").touch()
    return tmp_path


def test_an_audit_of_nothing_is_not_called_clean_in_any_form(dump: Path) -> None:
    result = invoke("check", str(dump))
    words = " ".join(result.stdout.split())
    assert result.exit_code == 0
    assert "EMPTY nothing was checked: there is no document" in words
    assert "No document was read: each collection of the model that is there is empty." in words
    assert words.endswith("for there was no document to check.")
    page = "".join(map(str, render(check(dump))))
    for text in (words, page):
        assert "everything was checked" not in text
        assert "CLEAN" not in text.replace("STATUS_CLEANUP", "")
    assert "Nothing was checked: there is no document." in page
    assert "Is it the database that was meant?" in page


def test_doctor_says_of_paths_without_documents_that_nothing_can_be_said(dump: Path) -> None:
    words = " ".join(invoke("doctor", str(dump)).stdout.split())
    assert "no collection of the model has a document, so nothing can be said of its paths" in words
    assert "has a value somewhere" not in words
    for name, documents in small().items():
        if name != "billing_records":
            dated = [{**each, "updated_at": "2026-01-01"} for each in documents]
            (dump / f"{name}.bson").write_bytes(b"".join(map(bson.encode, dated)))
    words = " ".join(invoke("doctor", str(dump)).stdout.split())
    assert "4 others are of collections without a document" in words


def test_one_document_is_something_to_check(dump: Path) -> None:
    (dump / "users.bson").write_bytes(bson.encode(small()["users"][0]))
    words = " ".join(invoke("check", str(dump)).stdout.split())
    assert "No document was read" not in words
