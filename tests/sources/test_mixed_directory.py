"""Files of other forms beside those of a dump are read or named, and a name with a point means what it can."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from intact.sources import open_source
from intact.sources.files.export_names import collection_names
from tests.sources.draining import read, refused
from tests.sources.planting import encode, orders, write

LINES = "".join(json.dumps(document) + "\n" for document in orders(3)).encode()
ARRAY = json.dumps(orders(3)).encode()
DECLARED = ("orders", "users", "fs.files")


@pytest.mark.parametrize(
    ("stems", "declared", "database", "names"),
    [
        (["shop.orders"], ["orders"], None, [("shop", "orders")]),
        (["shop.orders"], ["shop.orders"], None, [(None, "shop.orders")]),
        (["shop.orders"], ["orders", "shop.orders"], None, [(None, "shop.orders")]),
        (["shop.orders"], [], None, [(None, "shop.orders")]),
        (["shop.orders"], [], "shop", [("shop", "orders")]),
        (["shop.orders"], [], "crm", [(None, "shop.orders")]),
        (["shop.orders", "shop.logs"], ["orders"], None, [("shop", "orders"), ("shop", "logs")]),
        (["shop.fs.files", "fs.chunks"], ["fs.files"], None, [("shop", "fs.files"), (None, "fs.chunks")]),
        (["orders.2024"], ["orders"], None, [(None, "orders.2024")]),
        (
            ["orders", ".orders", "orders."],
            ["orders"],
            None,
            [(None, n) for n in ("orders", ".orders", "orders.")],
        ),
    ],
)
def test_a_name_with_a_point_is_what_it_can_be(
    stems: list[str], declared: list[str], database: str | None, names: list[tuple[str | None, str]]
) -> None:
    assert list(collection_names(stems, declared, database).values()) == names


@pytest.mark.parametrize(
    "name", ["shop.orders.json", "shop.orders.jsonl", "shop.orders.json.gz", "SHOP.orders.JSON"]
)
@pytest.mark.parametrize("content", [LINES, ARRAY])
def test_a_single_export_of_compass_is_its_collection(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    drained = read(path, declared=DECLARED)
    assert drained.documents("orders") == orders(3)
    assert drained.info.database == name[:4]


def test_a_directory_of_exports_of_compass(tmp_path: Path) -> None:
    for name in ("shop.orders.json", "shop.users.json", "shop.logs.json"):
        write(tmp_path / name, LINES)
    assert sorted(read(tmp_path, declared=DECLARED).collections) == ["logs", "orders", "users"]


def test_exports_of_two_databases_are_told_apart_by_the_one_that_is_named(tmp_path: Path) -> None:
    write(tmp_path / "shop.orders.json", LINES)
    write(tmp_path / "crm.orders.json", LINES.replace(b"o-", b"c-"))
    assert "two files hold it" in read(tmp_path, declared=DECLARED).fault.what
    drained = read(tmp_path, declared=DECLARED, database="shop")
    assert drained.documents("orders") == orders(3)
    assert not drained.faults


@pytest.mark.parametrize("name", ["users.json", "shop.users.jsonl", "users.ndjson"])
def test_extended_json_beside_bson_is_read(tmp_path: Path, name: str) -> None:
    write(tmp_path / "orders.bson", encode(orders(2)))
    write(tmp_path / name, LINES)
    drained = read(tmp_path, declared=DECLARED)
    assert drained.documents("orders") == orders(2)
    assert drained.documents("users") == orders(3)
    assert sorted(drained.ended) == ["orders", "users"]


def test_a_collection_in_both_forms_is_a_fault(tmp_path: Path) -> None:
    write(tmp_path / "orders.bson", encode(orders(2)))
    write(tmp_path / "shop.orders.json", LINES)
    fault = read(tmp_path, declared=DECLARED).fault
    assert fault.collection == "orders"
    assert "orders.bson and " in fault.what


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("users.csv", "keeps no types"),
        ("users.tsv", "keeps no types"),
        ("shop.users.csv", "keeps no types"),
        ("users.csv.gz", "keeps no types"),
        ("users.bson.zst", "packed as .zst"),
        ("users.bson.xz", "packed as .xz"),
        ("users.json.zip", "packed as .zip"),
        ("users.jsonl.BZ2", "packed as .bz2"),
    ],
)
@pytest.mark.parametrize("beside", ["orders.bson", "orders.json"])
def test_what_is_not_read_is_named_with_its_collection(
    tmp_path: Path, beside: str, name: str, why: str
) -> None:
    write(tmp_path / beside, encode(orders(2)) if beside.endswith("bson") else LINES)
    write(tmp_path / name, b"_id,name\n1,x\n")
    drained = read(tmp_path, declared=DECLARED)
    assert why in drained.collections["users"].skip
    assert any(note.startswith(f"{name} was not read: ") for note in drained.info.notes)


def test_a_table_beside_the_same_collection_is_noted_and_the_other_read(tmp_path: Path) -> None:
    write(tmp_path / "orders.bson", encode(orders(2)))
    write(tmp_path / "orders.csv", b"_id\n1\n")
    drained = read(tmp_path, declared=DECLARED)
    assert drained.documents("orders") == orders(2)
    assert any("orders.csv was not read" in note for note in drained.info.notes)


def test_a_directory_of_tables_alone_says_so(tmp_path: Path) -> None:
    write(tmp_path / "orders.csv", b"_id\n1\n")
    assert "keeps no types" in refused(tmp_path).message


def test_exports_beside_the_databases_of_a_dump_are_named(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    write(tmp_path / "shop" / "orders.bson", encode(orders(2)))
    write(tmp_path / "users.json", LINES)
    assert any("users.json" in note for note in read(tmp_path).info.notes)


def test_a_collection_that_has_metadata_but_lies_there_as_an_export_is_read(tmp_path: Path) -> None:
    write(tmp_path / "orders.bson", encode(orders(2)))
    write(tmp_path / "users.metadata.json", b"{}")
    write(tmp_path / "users.json", LINES)
    assert read(tmp_path).documents("users") == orders(3)
    assert open_source(tmp_path).info.kind == "dump"
