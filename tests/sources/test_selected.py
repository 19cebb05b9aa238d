"""One file that holds several collections, with markers between them."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import Any

import bson
import pytest

from intact.sources.files.selected import SelectedSource
from intact.sources.files.streams import Input
from tests.sources.draining import drain, read
from tests.sources.planting import encode, orders


def select(name: str) -> dict[str, Any]:
    return {"__cmd": "select", "collection": name}


FIVE = encode(
    [
        select("site"),
        {"_id": 1, "name": "North"},
        select("user"),
        {"_id": 2, "site": 1},
        {"_id": 3, "site": 9},
    ]
)


@pytest.mark.parametrize("name", ["db.gz", "db", "user.bson", "user.bson.gz"])
def test_it_is_read_as_several(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(FIVE) if name.endswith("gz") else FIVE)
    drained = read(path)
    assert drained.documents("site") == [{"_id": 1, "name": "North"}]
    assert drained.documents("user") == [{"_id": 2, "site": 1}, {"_id": 3, "site": 9}]
    assert sorted(drained.collections) == sorted(drained.ended) == ["site", "user"]


def test_a_pipe_lists_them_when_it_was_read() -> None:
    source = SelectedSource(Input("standard input", None, io.BytesIO(gzip.compress(FIVE))), None)
    assert not source.info.listed
    drained = drain(source, ["user", "nosuch"])
    assert len(drained.documents("user")) == 2
    assert sorted(drained.collections) == ["site", "user"]
    assert drained.ended == ["user"]


def test_a_collection_may_come_again_and_blocks_may_be_large(tmp_path: Path) -> None:
    path = tmp_path / "db"
    parts = [
        select("a"),
        *orders(40_000),
        select("b"),
        *orders(9),
        select("a"),
        *orders(5, 40_000),
        select("c"),
    ]
    path.write_bytes(encode(parts))
    drained = read(path)
    assert drained.documents("a") == orders(40_005)
    assert drained.documents("b") == orders(9)
    assert sorted(drained.ended) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "plain",
    [
        {"_id": 1, "__cmd": "select", "collection": "site"},
        {"__cmd": "restart", "collection": "site"},
        {"__cmd": "select"},
        {"__cmd": "select", "collection": 5},
        {"__cmd": "select", "collection": ""},
        {"a": {"__cmd": "select", "collection": "site"}},
        {"a": "__cmd\0"},
    ],
)
def test_what_only_looks_like_a_marker_is_a_document(tmp_path: Path, plain: dict[str, Any]) -> None:
    path = tmp_path / "jobs.bson"
    path.write_bytes(encode([plain, *orders(2)]))
    assert read(path).documents("jobs") == [plain, *orders(2)]
    path.write_bytes(encode([select("site"), plain, *orders(2)]))
    assert read(path).documents("site") == [plain, *orders(2)]


def test_in_the_directory_of_a_dump_it_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "user.bson").write_bytes(FIVE)
    (tmp_path / "orders.bson").write_bytes(encode(orders(2)))
    drained = read(tmp_path)
    assert "several collections" in drained.fault.what
    assert not drained.documents("user")
    assert drained.ended == ["orders"]


@pytest.mark.parametrize("end", range(len(FIVE) - 23, len(FIVE)))
def test_one_that_breaks_off_says_so_of_each(tmp_path: Path, end: int) -> None:
    path = tmp_path / "db"
    path.write_bytes(FIVE[:end])
    drained = read(path)
    assert {fault.collection for fault in drained.faults} == {"site", "user"}
    assert not drained.ended
    assert bson.decode_all(drained.data("site")) == [{"_id": 1, "name": "North"}]
