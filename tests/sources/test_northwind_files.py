"""A dump that nobody here wrote: very old, without metadata."""

from __future__ import annotations

from pathlib import Path

import bson
import pytest

from tests.sources.draining import read

NORTHWIND = Path(__file__).parents[3] / "shared" / "northwind"
COUNTS = {
    "categories": 8,
    "customers": 91,
    "employee-territories": 49,
    "employees": 12,
    "order-details": 2155,
    "orders": 830,
    "products": 77,
    "regions": 4,
    "shippers": 3,
    "suppliers": 29,
    "territories": 53,
}


@pytest.fixture
def northwind() -> Path:
    if not NORTHWIND.is_dir():
        pytest.skip("the Northwind dump is not beside the checkout (../shared/northwind)")
    return NORTHWIND


def test_every_document_is_read(northwind: Path) -> None:
    drained = read(northwind)
    assert not drained.faults
    assert drained.info.database == "northwind"
    assert {name: len(drained.documents(name)) for name in drained.collections if name in COUNTS} == COUNTS
    assert {name for name, info in drained.collections.items() if info.skip} == {"system.indexes"}
    for name in COUNTS:
        assert drained.data(name) == (northwind / f"{name}.bson").read_bytes()


def test_what_is_not_known_is_said(northwind: Path) -> None:
    notes = read(northwind, []).info.notes
    assert "no metadata" in notes[1]
    assert "--oplog" in notes[0]


def test_a_single_file_of_it(northwind: Path) -> None:
    drained = read(northwind / "order-details.bson")
    assert len(drained.documents("order-details")) == COUNTS["order-details"]
    assert all(isinstance(document["_id"], bson.ObjectId) for document in drained.documents("order-details"))
