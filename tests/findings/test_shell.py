"""The query that shows a finding's documents, to be pasted into mongosh."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intact.core.mongosh import collection
from intact.findings.shell import document_query
from tests.reporters.reports import finding
from tests.support import shell


def query(collection_: str = "orders", **fields: Any) -> str:
    return document_query(finding("X", collection=collection_, fields=fields))


@pytest.mark.parametrize(
    ("document_id", "written"),
    [
        ("o-1", '"o-1"'),
        (7, "7"),
        (2**40, "1099511627776"),
        (2**53 + 1, 'NumberLong("9007199254740993")'),
        ({"$oid": "65a000000000000000000001"}, 'ObjectId("65a000000000000000000001")'),
        ({"$date": "2026-01-01T00:00:00Z"}, 'ISODate("2026-01-01T00:00:00Z")'),
        ({"a": 1}, "{a: 1}"),
        (True, "true"),
    ],
)
def test_an_id_is_written_as_mongosh_reads_it(document_id: Any, written: str) -> None:
    assert query(document_id=document_id) == f"db.orders.find({{_id: {written}}})"


def test_a_group_is_one_query() -> None:
    assert query(document_ids=["a", 1]) == 'db.orders.find({_id: {$in: ["a", 1]}})'


def test_a_finding_that_names_no_document_has_none() -> None:
    assert query() == ""


@pytest.mark.parametrize(
    "name",
    [
        "a b",
        "système",
        "x-y",
        "1st",
        'q"',
        "line\nbreak",
        "stats",
        "getName",
        "dropDatabase",
        "_name",
        "then",
    ],
)
def test_any_name_of_a_collection_can_be_asked_for(name: str) -> None:
    written = collection(name)
    assert written.startswith("db.getCollection(")
    assert shell.read(written.removeprefix("db.getCollection(").removesuffix(")")) == name


@given(st.text(st.characters()))
def test_text_stays_text_and_cannot_end_the_query(text: str) -> None:
    inner = query(document_id=text).removeprefix("db.orders.find({_id: ").removesuffix("})")
    assert shell.read(inner) == text
