"""Cutting bytes into whole documents."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from struct import pack

import bson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from intact.sources.base import Block, Fault
from intact.sources.files.bson_head import LARGEST
from intact.sources.files.framing import Cutter, read_documents
from intact.sources.files.streams import BrokenError, Input
from tests.sources.draining import read
from tests.sources.planting import TERMINATOR, encode, orders, write


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 64, 1 << 20])
def test_documents_come_out_whole_whatever_the_pieces(size: int) -> None:
    documents = orders(20)
    cutter = Cutter(pieces(encode(documents), size))
    runs = list(cutter.runs())
    assert [document for run in runs for document in bson.decode_all(run)] == documents
    assert cutter.offset == len(encode(documents))


@pytest.mark.parametrize("size", [1, 3, 1 << 20])
def test_a_terminator_ends_the_documents_and_is_taken(size: int) -> None:
    data = encode(orders(3)) + TERMINATOR + encode(orders(1, 7))
    cutter = Cutter(pieces(data, size))
    assert b"".join(cutter.runs(terminated=True)) == encode(orders(3))
    assert b"".join(cutter.runs()) == encode(orders(1, 7))
    assert cutter.ended


def test_a_document_of_the_largest_size_is_read(tmp_path: Path) -> None:
    largest = {"_id": 1, "a": b"x" * (LARGEST - len(bson.encode({"_id": 1, "a": b""})))}
    assert len(bson.encode(largest)) == LARGEST
    drained = read(write(tmp_path / "orders.bson", encode([*orders(2), largest, *orders(1, 5)])))
    assert not drained.faults
    assert [len(document) for document in drained.documents("orders")] == [3, 3, 2, 3]


def test_blocks_say_where_they_lie_and_are_not_large(tmp_path: Path) -> None:
    documents = [{"_id": i, "text": "x" * 1000} for i in range(8000)]
    data = encode(documents)
    drained = read(write(tmp_path / "orders.bson", data))
    assert len(drained.blocks) > 1
    at = 0
    for block in drained.blocks:
        assert block.offset == at
        assert len(block.data) <= 4 << 20
        at += len(block.data)
    assert drained.data("orders") == data


@pytest.mark.parametrize("length", [-(2**31), -1, 0, 4, LARGEST + 1, 2**31 - 1])
def test_a_length_that_lies_ends_the_collection(tmp_path: Path, length: int) -> None:
    before = encode(orders(3))
    path = write(tmp_path / "orders.bson", before + pack("<i", length) + encode(orders(2)))
    drained = read(path)
    assert drained.documents("orders") == orders(3)
    assert drained.fault.collection == "orders"
    assert drained.fault.documents is None
    assert drained.fault.where == f"{path}, byte {len(before)}"
    assert f"says that it is {length:,} bytes long" in drained.fault.what
    assert drained.fault.hint.endswith(".")


def test_every_truncation_gives_whole_documents_and_a_fault(tmp_path: Path) -> None:
    documents = orders(4)
    data = encode(documents)
    ends = [len(encode(documents[:count])) for count in range(5)]
    for cut in range(len(data)):
        drained = read(write(tmp_path / "orders.bson", data[:cut]))
        whole = max(count for count in range(5) if ends[count] <= cut)
        assert drained.documents("orders") == documents[:whole]
        if cut in ends:  # nothing can tell that more was there
            assert not drained.faults
        else:
            assert "ends in the middle of a document" in drained.fault.what
            assert f"byte {ends[whole]}" in drained.fault.where
            assert drained.fault.documents is None


def test_a_cut_document_tells_how_much_of_it_is_there(tmp_path: Path) -> None:
    size = len(encode(orders(1)))
    drained = read(write(tmp_path / "orders.bson", encode(orders(1))[:-3]))
    assert f"{size - 3} of {size} bytes are there" in drained.fault.what


def test_one_document_at_a_time() -> None:
    cutter = Cutter(pieces(encode(orders(2)) + TERMINATOR, 3))
    assert cutter.document() == encode(orders(1))
    assert cutter.document() == encode(orders(1, 1))
    assert cutter.document() is None
    with pytest.raises(BrokenError, match="ends too early"):
        cutter.document()


@pytest.mark.parametrize("left", [1, 3, 9])
def test_one_document_that_is_cut_off(left: int) -> None:
    cutter = Cutter(iter([encode(orders(1)), encode(orders(1))[:left]]))
    cutter.document()
    with pytest.raises(BrokenError, match="in the middle of a document") as caught:
        cutter.document()
    assert cutter.offset == len(encode(orders(1)))
    assert f"{left}" in caught.value.what


@given(st.binary(max_size=200), st.integers(1, 50))
def test_any_bytes_are_cut_into_documents_that_fill_the_runs(data: bytes, size: int) -> None:
    cutter, taken = Cutter(pieces(data, size)), b""
    try:
        for run in cutter.runs():
            taken += run
    except BrokenError as error:
        assert error.what
    else:
        assert taken == data
    assert data.startswith(taken)
    assert cutter.offset == len(taken)


@pytest.mark.parametrize("cut", ["to nothing", "to what was handed on", "within a document"])
def test_a_file_that_becomes_shorter_while_it_is_read_is_not_whole(tmp_path: Path, cut: str) -> None:
    """A dump over a dump: what was read so far is kept, and nobody takes it for all."""
    path = write(tmp_path / "orders.bson", encode([{"_id": i, "text": "x" * 1000} for i in range(12_000)]))
    source, items = Input(str(path), path), []
    for item in read_documents(source, "orders"):
        items.append(item)
        if len(items) == 1:
            assert isinstance(item, Block)
            left = {
                "to nothing": 0,
                "to what was handed on": len(item.data),
                "within a document": len(item.data) + 9,
            }
            os.truncate(path, left[cut])
    source.close()
    (block, fault) = items
    assert isinstance(block, Block)
    assert isinstance(fault, Fault)
    assert fault.documents is None
    assert ("middle of a document" if cut == "within a document" else "became shorter") in fault.what
    assert f"byte {len(block.data)}" in fault.where


def test_a_file_that_is_removed_while_it_is_read_is_read_to_its_end(tmp_path: Path) -> None:
    path = write(tmp_path / "orders.bson", encode([{"_id": i, "text": "x" * 1000} for i in range(12_000)]))
    size, source = path.stat().st_size, Input(str(path), path)
    items = []
    for item in read_documents(source, "orders"):
        items.append(item)
        path.unlink(missing_ok=True)
    source.close()
    assert all(isinstance(item, Block) for item in items)
    assert sum(len(item.data) for item in items if isinstance(item, Block)) == size
