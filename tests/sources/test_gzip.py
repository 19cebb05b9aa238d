"""Gzipped streams, whole and damaged."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from pathlib import Path

import pytest

from intact.core.errors import SourceError
from intact.sources.files.streams import CHUNK, BrokenError, gunzip
from tests.sources.draining import read, refused
from tests.sources.planting import encode, orders

DATA = encode(orders(50))
PACKED = gzip.compress(DATA, mtime=0)


def dump(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "orders.bson.gz"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("piece", [1, 2, 10, 1 << 20])
def test_members_one_after_the_other_are_one_stream(piece: int) -> None:
    content = PACKED + gzip.compress(b"") + PACKED + b"\0" * 600
    chunks = (content[at : at + piece] for at in range(0, len(content), piece))
    assert b"".join(gunzip(chunks)) == DATA * 2


def test_the_size_is_that_of_the_packed_file(tmp_path: Path) -> None:
    drained = read(dump(tmp_path, PACKED))
    assert drained.documents("orders") == orders(50)
    assert drained.collections["orders"].size == len(PACKED) == drained.bytes_read


def test_every_truncation_gives_whole_documents_and_a_fault(tmp_path: Path) -> None:
    for cut in range(1, len(PACKED)):
        path = dump(tmp_path, PACKED[:cut])
        if cut < 3:  # not even the magic number is there
            drained = read(path)
            assert "ends in the middle of a document" in drained.fault.what
            continue
        drained = read(path)
        documents = drained.documents("orders")
        assert documents == orders(50)[: len(documents)]
        assert drained.fault.what == "the gzip stream is cut off"
        assert drained.fault.where.startswith(f"{path}, byte ")
        assert drained.fault.where.endswith("of its unpacked content")
        assert "end is missing" in drained.fault.hint
        assert drained.fault.documents is None


def test_a_cut_stream_keeps_all_that_can_be_unpacked(tmp_path: Path) -> None:
    drained = read(dump(tmp_path, PACKED[:-9]))
    assert len(drained.documents("orders")) >= 49


@pytest.mark.parametrize("at", [-8, -5])
def test_a_wrong_checksum_is_a_fault_after_the_documents(tmp_path: Path, at: int) -> None:
    damaged = bytearray(PACKED)
    damaged[at] ^= 1
    drained = read(dump(tmp_path, bytes(damaged)))
    assert drained.documents("orders") == orders(50)
    assert drained.fault.what == "the checksum of the gzip stream is wrong"


def test_a_wrong_length_is_a_fault_after_the_documents(tmp_path: Path) -> None:
    damaged = PACKED[:-4] + b"\x01\0\0\0"
    assert "checksum" in read(dump(tmp_path, damaged)).fault.what


@pytest.mark.parametrize("more", [b"<html>", b"\n", b"\x1f", b"\x1f\x8b", b"\x1f\x8bgarbage", b"\0\0\0x"])
def test_what_follows_the_stream_is_a_fault(tmp_path: Path, more: bytes) -> None:
    drained = read(dump(tmp_path, PACKED + more))
    assert drained.documents("orders") == orders(50)
    assert "gzip stream is followed by bytes" in drained.fault.what or "cut off" in drained.fault.what


def test_damage_in_the_middle_is_a_fault(tmp_path: Path) -> None:
    for at in range(10, len(PACKED) - 8):
        damaged = bytearray(PACKED)
        damaged[at] ^= 0xFF
        try:
            drained = read(dump(tmp_path, bytes(damaged)))
        except SourceError as error:
            assert "which none can be" in error.message or "it is " in error.message
        else:
            assert drained.faults[-1].documents is None


def test_a_bomb_is_unpacked_a_little_at_a_time() -> None:
    bomb = zlib.compressobj(9, wbits=31)
    packed = b"".join(bomb.compress(bytes(1 << 20)) for _ in range(256)) + bomb.flush()
    assert len(packed) < 300_000
    tracemalloc.start()
    size = 0
    for chunk in gunzip(iter([packed])):
        assert len(chunk) <= CHUNK
        size += len(chunk)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size == 256 << 20
    assert peak < 16 << 20


def test_an_empty_stream_is_cut_off() -> None:
    with pytest.raises(BrokenError, match="cut off"):
        list(gunzip(iter([])))


def test_a_plain_file_named_gz_is_read_for_what_it_is(tmp_path: Path) -> None:
    assert read(dump(tmp_path, DATA)).documents("orders") == orders(50)


def test_a_document_whose_length_looks_like_gzip_is_read(tmp_path: Path) -> None:
    document = {"_id": 1, "a": b"x" * (0x00088B1F - len(encode([{"_id": 1, "a": b""}])))}
    data = encode([document])
    assert data.startswith(b"\x1f\x8b\x08\x00")
    path = tmp_path / "orders.bson"
    path.write_bytes(data)
    assert read(path).documents("orders") == [document]


def test_a_gzipped_nothing_without_a_telling_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "backup.gz"
    path.write_bytes(gzip.compress(b""))
    assert "nothing can be unpacked" in refused(path).message
