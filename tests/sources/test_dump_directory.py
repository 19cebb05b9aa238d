"""Directories that mongodump wrote, or that look as if it had."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from intact.sources.files import streams
from tests.sources.draining import read, refused
from tests.sources.planting import encode, orders, write, write_dump

TWO = {"orders": orders(5), "customers_v2": orders(3, 100)}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("named", ["dump", "dump/shop"])
def test_a_dump_is_read_from_either_directory(tmp_path: Path, packed: bool, named: str) -> None:
    write_dump(tmp_path / "dump" / "shop", TWO, packed=packed)
    drained = read(tmp_path / named)
    assert drained.info.kind == "dump"
    assert drained.info.label == str(tmp_path / named)
    assert drained.info.database == "shop"
    assert not drained.info.one_moment
    assert list(drained.collections) == ["customers_v2", "orders"]
    assert drained.documents("orders") == TWO["orders"]
    assert drained.documents("customers_v2") == TWO["customers_v2"]
    assert not drained.faults
    assert drained.bytes_read == sum(info.size or 0 for info in drained.collections.values())


def test_only_wanted_collections_are_read(tmp_path: Path) -> None:
    directory = write_dump(tmp_path / "shop", TWO)
    drained = read(directory, ["orders", "nothing_of_the_kind"])
    assert {block.collection for block in drained.blocks} == {"orders"}
    assert not drained.faults


def test_a_source_can_be_read_twice(tmp_path: Path) -> None:
    directory = write_dump(tmp_path / "shop", TWO)
    assert read(directory).data("orders") == read(directory).data("orders")


def test_links_are_followed(tmp_path: Path) -> None:
    real = write_dump(tmp_path / "elsewhere", {"orders": orders(2)})
    (tmp_path / "dump" / "shop").mkdir(parents=True)
    (tmp_path / "dump" / "shop" / "orders.bson").symlink_to(real / "orders.bson")
    (tmp_path / "linked").symlink_to(tmp_path / "dump")
    assert read(tmp_path / "linked").documents("orders") == orders(2)


def test_a_link_that_leads_nowhere_is_a_fault(tmp_path: Path) -> None:
    directory = write_dump(tmp_path / "shop", {"customers": orders(2)})
    (directory / "orders.bson").symlink_to(tmp_path / "gone.bson")
    drained = read(directory)
    assert drained.documents("customers") == orders(2)
    assert drained.fault.collection == "orders"
    assert drained.fault.what == "it is a link that leads nowhere"


def test_the_note_on_time_depends_on_the_oplog(tmp_path: Path) -> None:
    directory = write_dump(tmp_path / "dump" / "shop", TWO)
    assert "--oplog" in read(tmp_path / "dump").info.notes[0]
    write(tmp_path / "dump" / "oplog.bson", encode(orders(1)))
    assert "does not roll forward" in read(tmp_path / "dump").info.notes[0]
    assert "does not roll forward" in read(directory).info.notes[0]
    assert "oplog" not in read(tmp_path / "dump").collections


def test_a_collection_called_oplog_is_a_collection(tmp_path: Path) -> None:
    drained = read(write_dump(tmp_path / "shop", {"oplog": orders(1), "orders": orders(1)}))
    assert drained.documents("oplog") == orders(1)


class TestDatabases:
    @pytest.fixture
    def dump(self, tmp_path: Path) -> Path:
        for name, count in {"shop": 2, "blog": 3, "admin": 1, "local": 1}.items():
            write_dump(tmp_path / name, {"orders": orders(count)})
        return tmp_path

    def test_several_are_named_to_choose_from(self, dump: Path) -> None:
        error = refused(dump)
        assert error.message == "it holds 2 databases: blog, shop"
        assert error.where == str(dump)
        assert "--database" in error.hint

    @pytest.mark.parametrize(("database", "count"), [("shop", 2), ("blog", 3), ("admin", 1)])
    def test_the_named_one_is_read(self, dump: Path, database: str, count: int) -> None:
        drained = read(dump, database=database)
        assert drained.info.database == database
        assert drained.documents("orders") == orders(count)

    def test_one_that_is_not_there_is_refused_with_those_that_are(self, dump: Path) -> None:
        error = refused(dump, database="shp")
        assert "no database 'shp'" in error.message
        assert "admin, blog, local, shop" in error.hint

    def test_the_servers_own_are_passed_over(self, tmp_path: Path) -> None:
        for name in ("shop", "admin", "config", "local"):
            write_dump(tmp_path / name, {"orders": orders(1)})
        assert read(tmp_path).info.database == "shop"

    def test_nothing_but_the_servers_own(self, tmp_path: Path) -> None:
        write_dump(tmp_path / "admin", {"orders": orders(1)})
        assert "server's own databases: admin" in refused(tmp_path).message

    def test_the_directory_of_one_is_not_taken_for_another(self, tmp_path: Path) -> None:
        directory = write_dump(tmp_path / "shop", TWO)
        assert read(directory, database="shop").info.database == "shop"
        error = refused(directory, database="blog")
        assert "no database 'blog'" in error.message
        assert "'shop'" in error.hint

    def test_files_beside_databases_are_not_guessed_at(self, tmp_path: Path) -> None:
        write_dump(tmp_path / "mixed" / "shop", {"orders": orders(1)})
        write_dump(tmp_path / "mixed", {"orders": orders(2)})
        error = refused(tmp_path / "mixed")
        assert "orders.bson" in error.message
        assert "shop" in error.message
        assert read(tmp_path / "mixed", database="shop").documents("orders") == orders(1)
        assert read(tmp_path / "mixed", database="mixed").documents("orders") == orders(2)


class TestNames:
    @pytest.mark.parametrize(
        ("stem", "name"),
        [
            ("a%2Fb", "a/b"),
            ("a+b", "a b"),
            ("caf%C3%A9", "café"),
            ("caf%E9", "caf%E9"),
            ("100%25", "100%"),
            ("100%", "100%"),
            ("order-details", "order-details"),
            ("orders.2024", "orders.2024"),
            ("x.bson", "x.bson"),
        ],
    )
    def test_escaped_names_are_unescaped(self, tmp_path: Path, stem: str, name: str) -> None:
        drained = read(write_dump(tmp_path / "shop", {stem: orders(2)}))
        assert drained.documents(name) == orders(2)

    def test_a_name_that_was_cut_is_in_the_metadata(self, tmp_path: Path) -> None:
        stem, name = "o" * 208 + "%24" + "h" * 27, "o" * 250
        drained = read(write_dump(tmp_path / "shop", {stem: orders(2)}, metadata={"collectionName": name}))
        assert list(drained.collections) == [name]
        assert drained.documents(name) == orders(2)

    def test_the_metadata_know_better_than_the_escapes(self, tmp_path: Path) -> None:
        drained = read(write_dump(tmp_path / "shop", {"a+b": orders(1)}, metadata={"collectionName": "a+b"}))
        assert list(drained.collections) == ["a+b"]

    @pytest.mark.parametrize(
        ("name", "reason"),
        [
            ("system.indexes", "belongs to the server"),
            ("system.views", "belongs to the server"),
            ("system.buckets.weather", "buckets of a time series"),
            ("%24admin.system.users", "users and roles"),
        ],
    )
    def test_the_servers_own_collections_are_skipped(self, tmp_path: Path, name: str, reason: str) -> None:
        directory = write_dump(tmp_path / "shop", {"orders": orders(1), name: orders(1)})
        drained = read(directory)
        (skipped,) = [info for info in drained.collections.values() if info.skip]
        assert reason in skipped.skip
        assert not read(directory, [skipped.name]).blocks

    def test_names_that_are_not_utf8_can_be_printed(self, tmp_path: Path) -> None:
        directory = write_dump(tmp_path / "shop", {"orders": orders(1)})
        (directory / "orders.bson").rename(directory / os.fsdecode(b"ord\xe9rs.bson"))
        (directory / "orders.metadata.json").unlink()
        (name,) = read(directory).collections
        assert name.encode()

    def test_two_files_of_one_name_are_a_fault(self, tmp_path: Path) -> None:
        directory = write_dump(tmp_path / "shop", {"a b": orders(1), "a+b": orders(2), "orders": orders(1)})
        drained = read(directory)
        assert drained.fault.collection == "a b"
        assert "two files hold it" in drained.fault.what
        assert not drained.data("a b")


class TestMetadata:
    def described(self, tmp_path: Path, **metadata: Any) -> Any:
        directory = write_dump(tmp_path / "shop", {"orders": orders(1)}, metadata=metadata)
        return read(directory).collections["orders"]

    def test_a_view_is_skipped(self, tmp_path: Path) -> None:
        info = self.described(tmp_path, options={"viewOn": "items", "pipeline": []}, type="view")
        assert info.skip.startswith("a view on items:")

    def test_a_view_without_documents_is_skipped(self, tmp_path: Path) -> None:
        directory = write_dump(tmp_path / "shop", {"orders": orders(1)})
        text = json.dumps({"options": {"viewOn": "orders"}, "type": "view", "collectionName": "late"})
        write(directory / "late.metadata.json", text.encode())
        drained = read(directory)
        assert drained.collections["late"].skip.startswith("a view on orders:")
        assert not drained.faults

    def test_a_time_series_is_skipped(self, tmp_path: Path) -> None:
        options = {"timeseries": {"timeField": "at"}}
        assert "time series" in self.described(tmp_path, options=options, type="timeseries").skip

    def test_a_type_is_enough(self, tmp_path: Path) -> None:
        assert "time series" in self.described(tmp_path, type="timeseries").skip

    def test_a_collation_is_noted(self, tmp_path: Path) -> None:
        info = self.described(
            tmp_path, options={"collation": {"locale": "de", "strength": {"$numberInt": "2"}}}
        )
        assert info.notes[0].startswith("It has a collation (locale de, strength 2): ")
        assert "intact keeps apart" in info.notes[0]
        assert not self.described(tmp_path, options={"collation": {"locale": "simple"}}).notes

    @pytest.mark.parametrize("text", [b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b"12"])
    def test_metadata_that_cannot_be_read_are_noted(self, tmp_path: Path, text: bytes) -> None:
        directory = write_dump(tmp_path / "shop", TWO)
        (directory / "orders.metadata.json").write_bytes(text)
        drained = read(directory)
        assert "metadata cannot be read" in drained.collections["orders"].notes[0]
        assert drained.documents("orders") == TWO["orders"]
        assert not drained.faults

    def test_metadata_of_a_size_that_none_have_are_noted(self, tmp_path: Path) -> None:
        directory = write_dump(tmp_path / "shop", TWO)
        (directory / "orders.metadata.json").write_bytes(gzip.compress(bytes(64 << 20)))
        assert "metadata cannot be read" in read(directory).collections["orders"].notes[0]

    def test_missing_metadata_are_noted(self, tmp_path: Path) -> None:
        directory = write_dump(tmp_path / "shop", TWO)
        (directory / "orders.metadata.json").unlink()
        drained = read(directory)
        assert "It has no metadata" in drained.collections["orders"].notes[0]
        assert not drained.collections["customers_v2"].notes

    def test_a_dump_without_metadata_says_so_once(self, tmp_path: Path) -> None:
        directory = write_dump(tmp_path / "shop", TWO)
        for path in directory.glob("*.metadata.json"):
            path.unlink()
        drained = read(directory)
        assert "no metadata" in drained.info.notes[1]
        assert not any(info.notes for info in drained.collections.values())

    def test_documents_that_are_not_there_are_a_fault(self, tmp_path: Path) -> None:
        directory = write_dump(tmp_path / "shop", TWO)
        (directory / "orders.bson").unlink()
        drained = read(directory)
        assert drained.fault.collection == "orders"
        assert "orders.metadata.json, but no orders.bson" in drained.fault.what
        assert drained.documents("customers_v2") == TWO["customers_v2"]


class TestBadInput:
    def test_an_empty_file_is_an_empty_collection(self, tmp_path: Path) -> None:
        drained = read(write_dump(tmp_path / "shop", {"orders": []}))
        assert not drained.faults
        assert not drained.blocks
        assert "orders" in drained.collections

    def test_plain_and_gzipped_at_once_is_one_clear_sentence(self, tmp_path: Path) -> None:
        directory = write_dump(tmp_path / "shop", TWO)
        write(directory / "orders.bson", encode(orders(1)), packed=True)
        drained = read(directory)
        assert drained.fault.what == (
            "there are both orders.bson and orders.bson.gz, and nobody can tell which is meant"
        )
        assert drained.fault.hint == "Remove the one that is not meant."
        assert drained.documents("customers_v2") == TWO["customers_v2"]

    def test_a_directory_named_like_a_file_is_a_fault(self, tmp_path: Path) -> None:
        directory = write_dump(tmp_path / "shop", TWO)
        (directory / "orders.bson").unlink()
        (directory / "orders.bson").mkdir()
        drained = read(directory)
        assert drained.fault.collection == "orders"
        assert drained.fault.what == "it is a directory, not a file"

    def test_a_directory_may_be_named_like_a_file(self, tmp_path: Path) -> None:
        assert read(write_dump(tmp_path / "x.bson", TWO)).documents("orders") == TWO["orders"]

    def test_no_permission_is_a_fault_of_that_collection(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        directory = write_dump(tmp_path / "shop", TWO)
        real = Path.open

        def refuse(path: Path, *args: Any, **options: Any) -> Any:
            if path.name == "orders.bson":
                raise PermissionError(13, "Permission denied")
            return real(path, *args, **options)

        monkeypatch.setattr(Path, "open", refuse)
        drained = read(directory)
        assert drained.fault.collection == "orders"
        assert drained.fault.what == "no permission to read it"
        assert drained.fault.where == str(directory / "orders.bson")
        assert "right to read" in drained.fault.hint
        assert drained.documents("customers_v2") == TWO["customers_v2"]

    def test_a_disk_that_fails_keeps_what_was_read(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        directory = write_dump(tmp_path / "shop", {"orders": orders(5000)})
        content = (directory / "orders.bson").read_bytes()
        real = Path.open

        class Failing:
            at = 0

            def seek(self, at: int) -> None:
                self.at = at

            def read(self, size: int) -> bytes:
                readable = content[: streams.HEAD + 100_000][self.at :][:size]
                if not readable:
                    raise OSError(5, "Input/output error")
                self.at += len(readable)
                return readable

            def close(self) -> None:
                pass

        def open_it(path: Path, *args: Any, **options: Any) -> Any:
            return Failing() if path.name == "orders.bson" else real(path, *args, **options)

        monkeypatch.setattr(Path, "open", open_it)
        drained = read(directory)
        assert drained.fault.what == "reading stopped (Input/output error)"
        documents = drained.documents("orders")
        assert 1000 < len(documents) < 5000
        assert documents == orders(len(documents))

    @pytest.mark.parametrize(
        ("content", "what"),
        [
            (b'{"_id": 1}\n', "JSON text"),
            (b"\n<!DOCTYPE html><html></html>", "an HTML page"),
            (b"<?xml version='1.0'?><a/>", "XML"),
            (b"version https://git-lfs.github.com/spec/v1\noid", "Git LFS pointer"),
            (b"PK\x03\x04abcdefgh", "ZIP"),
            (b"_id,name\n1,x\n", "text, but not Extended JSON"),
            ("\ufeff[{}]".encode("utf-16-le"), "text in UTF-16"),
        ],
    )
    def test_what_is_no_bson_is_said_so(self, tmp_path: Path, content: bytes, what: str) -> None:
        directory = write_dump(tmp_path / "shop", TWO)
        (directory / "orders.bson").write_bytes(content)
        drained = read(directory)
        assert drained.fault.collection == "orders"
        assert what in drained.fault.what
        assert "where BSON should be" in drained.fault.what
        assert drained.fault.where == str(directory / "orders.bson")
        assert not drained.data("orders")
        assert drained.documents("customers_v2") == TWO["customers_v2"]

    def test_other_files_are_passed_over(self, tmp_path: Path) -> None:
        directory = write_dump(tmp_path / "dump" / "shop", TWO)
        for path in (directory, tmp_path / "dump"):
            (path / "prelude.json").write_text("{}")
            (path / "readme.txt").write_text("hello")
            (path / "._orders.bson").write_text("left by a Mac")
        assert list(read(tmp_path / "dump").collections) == ["customers_v2", "orders"]
        assert list(read(directory).collections) == ["customers_v2", "orders"]


class TestNoDump:
    def test_an_empty_directory(self, tmp_path: Path) -> None:
        error = refused(tmp_path)
        assert error.message == "the directory is empty"
        assert error.where == str(tmp_path)
        assert "mongodump" in error.hint

    def test_a_directory_without_a_dump_says_what_it_holds(self, tmp_path: Path) -> None:
        for name in "abcdefg":
            (tmp_path / f"{name}.txt").write_text("")
        assert refused(tmp_path).message == (
            "there is no dump in this directory, only a.txt, b.txt, c.txt, d.txt, e.txt and 2 more"
        )

    def test_a_dump_further_down_is_pointed_at(self, tmp_path: Path) -> None:
        write_dump(tmp_path / "dump" / "shop", TWO)
        assert refused(tmp_path).hint == f"Did you mean {tmp_path / 'dump'}?"

    def test_an_archive_inside_is_pointed_at(self, tmp_path: Path) -> None:
        (tmp_path / "last.archive").write_bytes(gzip.compress(b"\x6d\xe2\x99\x81...."))
        assert refused(tmp_path).hint == f"Did you mean the archive {tmp_path / 'last.archive'}?"

    def test_the_data_directory_of_a_server(self, tmp_path: Path) -> None:
        (tmp_path / "WiredTiger").write_text("")
        (tmp_path / "collection-0.wt").write_text("")
        error = refused(tmp_path)
        assert "data directory of a MongoDB server" in error.message
        assert "mongodump" in error.hint

    def test_a_directory_that_may_not_be_listed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(path: Path) -> Iterator[Path]:
            raise PermissionError(13, "Permission denied", str(path))

        monkeypatch.setattr(Path, "iterdir", refuse)
        assert refused(tmp_path).message == "no permission to read it"

    def test_a_database_that_may_not_be_listed_is_not_passed_over(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write_dump(tmp_path / "shop", TWO)
        write_dump(tmp_path / "test", {"orders": orders(1)})
        real = Path.iterdir

        def refuse(path: Path) -> Iterator[Path]:
            if path.name == "shop":
                raise PermissionError(13, "Permission denied", str(path))
            return real(path)

        monkeypatch.setattr(Path, "iterdir", refuse)
        assert "shop, test" in refused(tmp_path).message
        assert refused(tmp_path, database="shop").message == "no permission to read it"
        assert read(tmp_path, database="test").documents("orders") == orders(1)
