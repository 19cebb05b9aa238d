"""The same data in every form, and the same bytes for the same seed."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bson
import pytest
from bson import json_util

from tests.sample.reading import AS_OF, COLLECTIONS, Database, as_database, read_dump
from tests.sample_data import Business, SampleError, write_archive, write_dump, write_extended_json

MASK = (1 << 64) - 1


def bitwise_crc64_xz(data: bytes) -> int:
    """CRC-64/XZ straight from its definition: reflected, initial value and final xor all ones."""
    state = MASK
    for byte in data:
        state ^= byte
        for _ in range(8):
            state = (state >> 1) ^ (0xC96C5795D7870F42 if state & 1 else 0)
    return state ^ MASK


def _files(directory: Path) -> dict[str, bytes]:
    files = (path for path in directory.rglob("*") if path.is_file())
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in files}


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        write_dump(tmp_path / name, orders=300, seed=seed, faults=2, as_of=AS_OF)
        write_archive(tmp_path / f"{name}.archive", orders=100, seed=seed, as_of=AS_OF, gzip=True)
    assert _files(tmp_path / "a") == _files(tmp_path / "b")
    assert _files(tmp_path / "a")["delivery/orders.bson"] != _files(tmp_path / "c")["delivery/orders.bson"]
    assert (tmp_path / "a.archive").read_bytes() == (tmp_path / "b.archive").read_bytes()


def test_a_dump_lies_in_the_files_that_mongodump_writes(tmp_path: Path) -> None:
    write_dump(tmp_path, orders=0, as_of=AS_OF)
    expected = {f"delivery/{name}{suffix}" for name in COLLECTIONS for suffix in (".bson", ".metadata.json")}
    assert set(_files(tmp_path)) == expected | {"planted.json"}
    for name in COLLECTIONS:
        metadata = json.loads((tmp_path / "delivery" / f"{name}.metadata.json").read_text())
        assert metadata["collectionName"] == name
        assert metadata["type"] == "collection"
        assert metadata["indexes"][0]["key"] == {"_id": {"$numberInt": "1"}}


def test_a_zipped_dump_holds_the_same(tmp_path: Path) -> None:
    write_dump(tmp_path / "plain", orders=200, faults=1, as_of=AS_OF)
    write_dump(tmp_path / "zipped", orders=200, faults=1, as_of=AS_OF, gzip=True)
    plain, zipped = _files(tmp_path / "plain"), _files(tmp_path / "zipped")
    planted = plain.pop("planted.json")
    assert planted == zipped.pop("planted.json")
    unzipped = {name.removesuffix(".gz"): gzip.decompress(content) for name, content in zipped.items()}
    assert unzipped == plain
    assert all(name.endswith(".gz") for name in zipped)


def test_the_dump_holds_what_the_stream_gives(tmp_path: Path) -> None:
    write_dump(tmp_path, orders=400, seed=3, faults=4, as_of=AS_OF)
    business = Business(orders=400, seed=3, faults=4, as_of=AS_OF)
    assert _raw(read_dump(tmp_path)) == _raw(as_database(business)) == _raw(as_database(business))


def _raw(database: Database) -> dict[str, list[bytes]]:
    """Documents as bytes: NaN is not equal to itself."""
    return {name: [bson.encode(document) for document in found] for name, found in database.items()}


@pytest.mark.parametrize("form", ["relaxed", "canonical"])
def test_extended_json_holds_what_the_stream_gives(tmp_path: Path, form: str) -> None:
    write_extended_json(tmp_path, orders=150, seed=3, faults=9, as_of=AS_OF, form=form)
    database = as_database(Business(orders=150, seed=3, faults=9, as_of=AS_OF))
    options = json_util.RELAXED_JSON_OPTIONS if form == "relaxed" else json_util.CANONICAL_JSON_OPTIONS
    for name, documents in database.items():
        lines = (tmp_path / f"{name}.jsonl").read_text(encoding="utf-8").split("\n")[:-1]
        expected = [json_util.dumps(document, json_options=options) for document in documents]
        assert [json.loads(line) for line in lines] == [json.loads(text) for text in expected]
    assert not (tmp_path / "delivery").exists()


def _documents(data: bytes, start: int) -> Iterator[tuple[dict[str, Any], bytes, int]]:
    """Read documents up to a terminator, with their bytes and the offset behind each."""
    while data[start : start + 4] != b"\xff\xff\xff\xff":
        size = int.from_bytes(data[start : start + 4], "little")
        raw, start = data[start : start + size], start + size
        yield bson.decode(raw), raw, start


def _read_archive(data: bytes) -> tuple[list[dict[str, Any]], list[str], dict[str, bytes], dict[str, int]]:
    """Give the prelude, the names of the segments in order, the bytes and the CRC of each collection."""
    assert data[:4] == b"\x6d\xe2\x99\x81"
    prelude, at = [], 4
    for document, _, behind in _documents(data, at):
        prelude.append(document)
        at = behind
    at += 4
    order: list[str] = []
    content: dict[str, bytes] = {}
    checksums: dict[str, int] = {}
    while at < len(data):
        parts = list(_documents(data, at))
        header, name = parts[0][0], parts[0][0]["collection"]
        assert header["db"] == "delivery"
        assert name not in checksums
        if header["EOF"]:
            checksums[name] = header["CRC"]
            assert len(parts) == 1
        else:
            assert header["CRC"] == 0
            order.append(name)
        content[name] = content.get(name, b"") + b"".join(raw for _, raw, _ in parts[1:])
        at = parts[-1][2] + 4
    return prelude, order, content, checksums


@pytest.mark.parametrize("zipped", [False, True])
def test_an_archive_holds_the_same_with_its_checksums(tmp_path: Path, zipped: bool) -> None:
    path = tmp_path / "delivery.archive"
    planted = write_archive(path, orders=40, seed=4, faults=1, as_of=AS_OF, gzip=zipped)
    data = gzip.decompress(path.read_bytes()) if zipped else path.read_bytes()
    prelude, _, content, checksums = _read_archive(data)
    assert prelude[0]["version"] == "0.1"
    assert [entry["collection"] for entry in prelude[1:]] == list(COLLECTIONS)
    assert all(
        json.loads(entry["metadata"])["collectionName"] == entry["collection"] for entry in prelude[1:]
    )
    assert set(checksums) == set(COLLECTIONS)
    assert bitwise_crc64_xz(b"123456789") == 0x995DC9BBDF1939FA  # the value that its definition names
    for name, found in as_database(Business(orders=40, seed=4, faults=1, as_of=AS_OF)).items():
        assert content[name] == b"".join(map(bson.encode, found))
        assert checksums[name] & MASK == bitwise_crc64_xz(content[name])
    assert json.loads((tmp_path / "delivery.archive.planted.json").read_text())["seed"] == planted.seed


def test_the_collections_of_an_archive_alternate(tmp_path: Path) -> None:
    path = tmp_path / "delivery.archive"
    write_archive(path, orders=6000, seed=4, as_of=AS_OF)
    _, order, _, _ = _read_archive(path.read_bytes())
    assert order.count("orders") > 3
    assert order[:2] != ["orders", "orders"]


def test_an_empty_archive_closes_every_collection(tmp_path: Path) -> None:
    write_archive(tmp_path / "empty", orders=0, as_of=AS_OF)
    _, order, _, checksums = _read_archive((tmp_path / "empty").read_bytes())
    assert order == []
    assert checksums == dict.fromkeys(COLLECTIONS, 0)


def test_files_in_use_are_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(SampleError, match="is not empty"):
        write_dump(tmp_path, orders=1, as_of=AS_OF)
    with pytest.raises(SampleError, match="is not empty"):
        write_extended_json(tmp_path, orders=1, as_of=AS_OF)
    with pytest.raises(SampleError, match="exists"):
        write_archive(tmp_path / "notes.txt", orders=1, as_of=AS_OF)
    with pytest.raises(SampleError, match="is a file"):
        write_dump(tmp_path / "notes.txt", orders=1, as_of=AS_OF)
    assert set(_files(tmp_path)) == {"notes.txt"}


def test_force_replaces_an_older_sample_and_leaves_other_files(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    write_dump(tmp_path, orders=5, as_of=AS_OF, gzip=True, force=True)
    write_dump(tmp_path, orders=5, as_of=AS_OF, force=True)
    assert not list(tmp_path.rglob("*.gz"))
    assert (tmp_path / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("database", ["", "a/b", "..", "a b"])
def test_a_database_is_called_what_a_directory_can_be_called(tmp_path: Path, database: str) -> None:
    with pytest.raises(SampleError, match="a database cannot be called"):
        write_dump(tmp_path, orders=1, as_of=AS_OF, database=database)


def test_extended_json_has_two_forms(tmp_path: Path) -> None:
    with pytest.raises(SampleError, match="relaxed or canonical"):
        write_extended_json(tmp_path, orders=1, as_of=AS_OF, form="strict")
