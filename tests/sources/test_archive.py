"""Archives: all collections in one stream."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
import tracemalloc
from pathlib import Path
from typing import Any

import bson
import pytest
from fastcrc import crc64

from intact.core.errors import SourceError
from intact.sources import Block, open_source
from tests.sources.draining import Drained, read, refused
from tests.sources.planting import (
    MAGIC,
    TERMINATOR,
    archive,
    crc64_xz,
    encode,
    ending,
    entry,
    header,
    orders,
    prelude,
    segment,
)

TWO = {"orders": orders(5), "customers_v2": orders(3, 100)}
CHECK_VALUE = 0x995DC9BBDF1939FA


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "shop.archive"


def read_bytes(file: Path, content: bytes, **options: Any) -> Drained:
    file.write_bytes(content)
    return read(file, **options)


def test_the_checksum_is_the_published_one() -> None:
    assert crc64.xz(b"123456789") == CHECK_VALUE == crc64_xz(b"123456789")
    assert crc64.xz(b"6789", crc64.xz(b"12345")) == CHECK_VALUE
    assert crc64.xz(b"", 0) == 0


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("piece", [1, 2, 100])
def test_interleaved_segments_are_put_together(file: Path, packed: bool, piece: int) -> None:
    content = archive(TWO, piece=piece)
    drained = read_bytes(file, gzip.compress(content) if packed else content)
    assert drained.info.kind == "archive"
    assert drained.info.database == "shop"
    assert drained.info.size == file.stat().st_size == drained.bytes_read
    assert list(drained.collections) == ["orders", "customers_v2"]
    assert {name: drained.documents(name) for name in TWO} == TWO
    assert not drained.faults


def test_blocks_lie_where_they_say_in_the_collections_own_bytes(file: Path) -> None:
    documents = {name: [{"_id": i, "t": "x" * 50_000} for i in range(30)] for name in ("a", "b", "c")}
    drained = read_bytes(file, archive(documents, piece=3))
    for name, written in documents.items():
        at = 0
        for block in drained.blocks:
            if block.collection == name:
                assert block.offset == at
                at += len(block.data)
        assert drained.documents(name) == written


def test_small_segments_are_gathered(file: Path) -> None:
    drained = read_bytes(file, archive({"a": orders(400), "b": orders(400)}, piece=1))
    assert len(drained.blocks) == 2


def test_only_wanted_collections_are_read(file: Path) -> None:
    file.write_bytes(archive(TWO))
    drained = read(file, ["orders", "nothing"])
    assert {block.collection for block in drained.blocks} == {"orders"}
    assert not drained.faults


def test_reading_stops_when_all_wanted_have_ended(file: Path) -> None:
    content = [
        prelude(entry("shop", "a"), entry("shop", "b")),
        segment("shop", "a", orders(1)),
        ending("shop", "a", orders(1)),
        b"from here on all is damaged",
    ]
    file.write_bytes(b"".join(content))
    assert not read(file, ["a"]).faults
    assert read(file, ["b"]).fault.collection == "b"


def test_it_can_be_read_twice(file: Path) -> None:
    file.write_bytes(archive(TWO))
    assert read(file).data("orders") == read(file).data("orders") == encode(TWO["orders"])


def test_empty_segments_and_empty_collections(file: Path) -> None:
    content = [
        prelude(entry("shop", "orders"), entry("shop", "empty")),
        segment("shop", "orders"),
        segment("shop", "empty"),
        segment("shop", "orders", orders(2)),
        segment("shop", "orders"),
        ending("shop", "empty", []),
        ending("shop", "orders", orders(2)),
    ]
    drained = read_bytes(file, b"".join(content))
    assert drained.documents("orders") == orders(2)
    assert not drained.faults
    assert "empty" in drained.collections


def test_what_real_archives_leave_out(file: Path) -> None:
    content = [
        prelude(
            bson.encode({"db": "shop", "collection": "orders"}),
            bson.encode({"db": "", "collection": "oplog", "metadata": "", "size": -1}),
            entry("shop", "odd", metadata="no JSON"),
        ),
        segment("", "oplog", orders(1)),
        segment("shop", "orders", orders(1)),
        ending("", "oplog", orders(1)),
        ending("shop", "odd", []),
        ending("shop", "orders", orders(1)),
    ]
    drained = read_bytes(file, b"".join(content))
    assert list(drained.collections) == ["orders", "odd"]
    assert "metadata cannot be read" in drained.collections["odd"].notes[0]
    assert "does not roll forward" in drained.info.notes[0]
    assert not drained.faults


def test_views_time_series_and_system_collections_are_skipped(file: Path) -> None:
    view = json.dumps({"options": {"viewOn": "orders"}, "type": "view"})
    content = [
        prelude(
            entry("shop", "orders", metadata=json.dumps({"options": {"collation": {"locale": "de"}}})),
            entry("shop", "late", metadata=view, type="view"),
            entry("shop", "weather", type="timeseries"),
            entry("shop", "bare_view", type="view"),
            entry("shop", "system.profile"),
        ),
        segment("shop", "system.buckets.weather", orders(1)),
        ending("shop", "system.buckets.weather", orders(1)),
        segment("shop", "orders", orders(1)),
        ending("shop", "orders", orders(1)),
    ]
    drained = read_bytes(file, b"".join(content))
    skips = {name: info.skip for name, info in drained.collections.items()}
    assert skips["orders"] == ""
    assert skips["late"].startswith("a view on orders:")
    assert "time series" in skips["weather"]
    assert "view" in skips["bare_view"]
    assert "belongs to the server" in skips["system.profile"]
    assert "locale de" in drained.collections["orders"].notes[0]
    assert not drained.faults


class TestDatabases:
    @pytest.fixture
    def two(self, file: Path) -> Path:
        content = [
            prelude(entry("shop", "orders"), entry("blog", "orders"), entry("admin", "users")),
            segment("shop", "orders", orders(2)),
            segment("blog", "orders", orders(3)),
            ending("shop", "orders", orders(2)),
            ending("blog", "orders", orders(3)),
            ending("admin", "users", []),
        ]
        file.write_bytes(b"".join(content))
        return file

    def test_several_are_named_to_choose_from(self, two: Path) -> None:
        error = refused(two)
        assert error.message == "it holds 2 databases: blog, shop"
        assert error.where == str(two)

    @pytest.mark.parametrize(("database", "count"), [("shop", 2), ("blog", 3)])
    def test_the_named_one_is_read(self, two: Path, database: str, count: int) -> None:
        assert read(two, database=database).documents("orders") == orders(count)

    def test_one_that_is_not_there(self, two: Path) -> None:
        assert "no database 'x'" in refused(two, database="x").message


class TestDamage:
    def test_a_wrong_checksum_names_the_collection(self, file: Path) -> None:
        content = archive(TWO).replace(b"o-3", b"o-8")
        drained = read_bytes(file, content)
        assert drained.fault.collection == "orders"
        assert "the checksum of shop.orders is wrong" in drained.fault.what
        assert str(file) in drained.fault.where
        assert "dump it again" in drained.fault.hint
        assert drained.fault.documents is None
        assert drained.documents("customers_v2") == TWO["customers_v2"]

    def test_a_collection_without_its_end_is_not_whole(self, file: Path) -> None:
        content = [
            prelude(entry("shop", "orders"), entry("shop", "customers")),
            segment("shop", "orders", orders(2)),
            ending("shop", "customers", []),
        ]
        drained = read_bytes(file, b"".join(content))
        assert drained.documents("orders") == orders(2)
        assert drained.fault.what == "shop.orders is not whole: the archive ends before it does"
        assert drained.fault.where.startswith(str(file))
        assert "end is missing" in drained.fault.hint

    def test_a_collection_without_checksum_is_not_whole(self, file: Path) -> None:
        end = bson.encode({"db": "shop", "collection": "orders", "EOF": True}) + TERMINATOR
        drained = read_bytes(
            file, prelude(entry("shop", "orders")) + segment("shop", "orders", orders(1)) + end
        )
        assert drained.fault.what == "shop.orders has no checksum"

    def test_documents_after_the_end(self, file: Path) -> None:
        content = [
            prelude(entry("shop", "orders"), entry("shop", "customers")),
            ending("shop", "orders", []),
            segment("shop", "orders", orders(1)),
            ending("shop", "customers", []),
        ]
        drained = read_bytes(file, b"".join(content))
        assert drained.fault.what == "documents of shop.orders follow its end"

    def test_documents_that_come_with_the_end(self, file: Path) -> None:
        end = header("shop", "orders", crc=0) + encode(orders(1)) + TERMINATOR
        drained = read_bytes(file, prelude(entry("shop", "orders")) + end)
        assert "checksum" in drained.fault.what

    def test_a_collection_that_the_beginning_does_not_name(self, file: Path) -> None:
        content = [
            prelude(entry("shop", "orders")),
            segment("shop", "extra", orders(1)),
            ending("shop", "orders", []),
        ]
        drained = read_bytes(file, b"".join(content))
        assert drained.fault.collection is None
        assert "shop.extra" in drained.fault.what

    @pytest.mark.parametrize(
        "bad", [{"db": 1, "collection": "orders"}, {"db": "shop"}, {"db": "shop", "collection": ""}]
    )
    def test_a_header_that_names_nothing(self, file: Path, bad: dict[str, Any]) -> None:
        content = [
            prelude(entry("shop", "orders")),
            bson.encode(bad) + encode(orders(1)) + TERMINATOR,
            segment("shop", "orders", orders(2)),
            ending("shop", "orders", orders(2)),
        ]
        drained = read_bytes(file, b"".join(content))
        assert drained.documents("orders") == orders(2)
        assert drained.fault.collection is None
        assert "header of a segment is damaged" in drained.fault.what

    @pytest.mark.parametrize(
        "rest", [TERMINATOR, b"\x00\x00\x00\x80", b"\x04\0\0\0", b"\xff\xff\xff\x7f", b"\xff\xff"]
    )
    def test_bytes_that_are_no_segment(self, file: Path, rest: bytes) -> None:
        content = prelude(entry("shop", "orders")) + segment("shop", "orders", orders(2)) + rest
        drained = read_bytes(file, content)
        assert drained.documents("orders") == orders(2)
        assert drained.fault.what.startswith("shop.orders is not whole: ")
        assert drained.fault.where.startswith(f"{file}, byte ")

    def test_a_header_nested_without_end(self, file: Path) -> None:
        nested = b""
        for _ in range(20_000):
            nested = b"\x03a\0" + (len(nested) + 5).to_bytes(4, "little") + nested + b"\0"
        deep = (len(nested) + 5).to_bytes(4, "little") + nested + b"\0"
        content = prelude(entry("shop", "orders")) + deep + TERMINATOR + ending("shop", "orders", [])
        assert "header" in read_bytes(file, content).fault.what

    @pytest.mark.parametrize(
        ("content", "what"),
        [
            (MAGIC, "ends too early"),
            (MAGIC + TERMINATOR, "its header is missing"),
            (MAGIC + b"\x01\0\0\0", "says that it is 1 byte long"),
            (prelude(entry("shop", "orders"))[:-6], "ends in the middle of a document"),
            (prelude(bson.encode({"db": 5})), "an entry of it is damaged"),
            (prelude(), "holds no collection"),
            (prelude(bson.encode({"db": "", "collection": "oplog"})), "holds no collection"),
        ],
    )
    def test_a_beginning_that_cannot_be_read(self, file: Path, content: bytes, what: str) -> None:
        file.write_bytes(content)
        error = refused(file)
        assert what in error.message
        assert error.where.startswith(str(file))

    def test_a_wrong_magic_number(self, file: Path) -> None:
        file.write_bytes(b"\x6d\xe2\x99\x80" + archive(TWO)[4:])
        assert "neither a mongodump archive" in refused(file).message

    @pytest.mark.parametrize("packed", [False, True])
    def test_every_truncation_is_noticed(self, file: Path, packed: bool) -> None:
        whole = archive({"a": orders(3), "b": orders(2, 9)}, piece=1)
        whole = gzip.compress(whole, mtime=0) if packed else whole
        expected = {"a": orders(3), "b": orders(2, 9)}
        for cut in range(len(whole)):
            file.write_bytes(whole[:cut])
            try:
                drained = read(file)
            except SourceError:
                continue
            for name, documents in expected.items():
                got = drained.documents(name)
                assert got == documents[: len(got)]
            # Only the end of the gzip stream may be missing unnoticed: all that was wanted has been verified by then.
            assert drained.faults or (
                packed and all(drained.documents(name) == expected[name] for name in expected)
            )

    def test_every_flipped_byte_is_noticed_where_it_matters(self, file: Path) -> None:
        expected = {"a": orders(3), "b": orders(2, 9)}
        whole = archive(expected, piece=2)
        for at in range(len(whole)):
            for flip in (0x01, 0x80, 0xFF):
                damaged = bytearray(whole)
                damaged[at] ^= flip
                file.write_bytes(damaged)
                try:
                    drained = read(file, ["a", "b"])
                except SourceError:
                    continue
                if not drained.faults:
                    same = {name: drained.data(name) for name in drained.collections}
                    assert all(same[name] == encode(expected[name]) for name in same)
                    missing = set(expected) - set(drained.collections)
                    assert not missing, (at, flip)


def test_memory_does_not_grow_with_many_small_collections(file: Path) -> None:
    names = [f"c{i}" for i in range(60)]
    document = {"_id": 1, "t": "x" * 100_000}
    parts = [prelude(*(entry("shop", name) for name in names))]
    parts += [segment("shop", name, [document]) for _ in range(9) for name in names]
    file.write_bytes(b"".join(parts))  # 54 MB, and nothing ever ends
    tracemalloc.start()
    drained_size = _count(file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert drained_size == 540 * len(bson.encode(document))
    assert peak < 40 << 20


def _count(file: Path) -> int:
    async def run() -> int:
        source = open_source(file)
        wanted: dict[str, tuple[()]] = dict.fromkeys(await source.collections(), ())
        try:
            return sum([len(item.data) async for item in source.read(wanted) if isinstance(item, Block)])
        finally:
            await source.close()

    return asyncio.run(run())


def test_checking_costs_little() -> None:
    data = bytes(range(256)) * (32 << 12)
    started = time.perf_counter()
    crc64.xz(data)
    assert time.perf_counter() - started < 1.0
