"""Telling what a source is: by looking, not by its name."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymongo import AsyncMongoClient

from intact.core.errors import IntactError, SourceError, UsageError
from intact.sources import open_source
from tests.sources.draining import Drained, drain, read, refused
from tests.sources.planting import archive, encode, orders, write, write_dump
from tests.support.effort import share

BSON = encode(orders(4))
LINES = "".join(json.dumps(document) + "\n" for document in orders(4)).encode()
ARCHIVE = archive({"orders": orders(4)})
CONTENTS = {"bson": BSON, "extended-json": LINES, "archive": ARCHIVE}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    "name", ["orders", "orders.bson", "orders.json", "orders.archive", "orders.gz", "orders.bak"]
)
@pytest.mark.parametrize("kind", CONTENTS)
def test_the_content_tells_what_a_file_is(tmp_path: Path, kind: str, name: str, packed: bool) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(CONTENTS[kind]) if packed else CONTENTS[kind])
    drained = read(path)
    assert drained.info.kind == kind
    assert drained.documents("orders") == orders(4)
    assert not drained.faults


def test_a_name_that_says_something_else_is_noted(tmp_path: Path) -> None:
    drained = read(write(tmp_path / "orders.bson", LINES))
    assert "is named as bson, but holds extended-json" in drained.info.notes[0]


def test_text_that_begins_with_a_brace_may_be_bson(tmp_path: Path) -> None:
    document = {"_id": 1, "a": "x" * (0x17B - len(bson.encode({"_id": 1, "a": ""})))}
    data = bson.encode(document)
    assert data.startswith(b"{\x01")
    assert read(write(tmp_path / "orders", data)).documents("orders") == [document]


@pytest.mark.parametrize(
    ("name", "collection"),
    [
        ("orders.bson", "orders"),
        ("a%2Fb+c.bson", "a/b c"),
        ("orders.2024.bson", "orders.2024"),
        ("orders.bson.gz", "orders"),
        ("orders.dump", "orders"),
        ("orders", "orders"),
    ],
)
def test_the_name_of_a_file_is_that_of_its_collection(tmp_path: Path, name: str, collection: str) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(BSON) if name.endswith("gz") else BSON)
    assert list(read(path).collections) == [collection]


def test_a_single_file_is_described_by_the_metadata_beside_it(tmp_path: Path) -> None:
    write_dump(tmp_path, {"cut%24abc": orders(1)}, metadata={"collectionName": "whole"})
    assert list(read(tmp_path / "cut%24abc.bson").collections) == ["whole"]


def test_the_collection_and_the_database_can_be_given(tmp_path: Path) -> None:
    for name, content in (("x.bson", BSON), ("y.jsonl", LINES)):
        drained = read(write(tmp_path / name, content), collection="orders", database="shop")
        assert list(drained.collections) == ["orders"]
        assert drained.info.database == "shop"


def test_a_path_may_be_of_any_kind(tmp_path: Path) -> None:
    path = write(tmp_path / "orders.bson", BSON)
    for form in (path, str(path), os.fspath(path)):
        assert read(form).documents("orders") == orders(4)


@pytest.mark.parametrize(
    "name", ["orders.bson", "orders.json", "orders.jsonl", "orders.ndjson", "orders.bson.gz"]
)
def test_an_empty_file_is_an_empty_collection(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    drained = read(tmp_path / name)
    assert list(drained.collections) == ["orders"]
    assert not drained.blocks
    assert not drained.faults


class TestRefused:
    def test_no_such_file(self, tmp_path: Path) -> None:
        error = refused(tmp_path / "orders.bson")
        assert error.message == "there is no such file or directory"
        assert error.where == str(tmp_path / "orders.bson")

    def test_no_such_file_but_one_that_is_almost_it(self, tmp_path: Path) -> None:
        write(tmp_path / "orders.bson", BSON)
        assert refused(tmp_path / "oders.bson").hint == f"Did you mean {tmp_path / 'orders.bson'}?"

    def test_a_file_in_a_file(self, tmp_path: Path) -> None:
        write(tmp_path / "orders.bson", BSON)
        assert refused(tmp_path / "orders.bson" / "x").message == "there is no such file or directory"

    def test_a_link_that_leads_nowhere(self, tmp_path: Path) -> None:
        (tmp_path / "orders.bson").symlink_to("gone")
        assert refused(tmp_path / "orders.bson").message == "it is a link that leads nowhere"

    def test_a_path_that_cannot_be_one(self) -> None:
        assert refused("a\0b").message == "it is no path"
        assert refused("x" * 5000).message.startswith("it cannot be read")

    def test_no_permission(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = write(tmp_path / "orders.bson", BSON)

        def refuse(*_: Any, **__: Any) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", refuse)
        error = refused(path)
        assert error.message == "no permission to read it"
        assert error.where == str(path)
        assert "right to read" in error.hint

    @pytest.mark.parametrize("name", ["backup", "backup.archive", "backup.gz"])
    def test_an_empty_file_that_could_be_anything(self, tmp_path: Path, name: str) -> None:
        (tmp_path / name).write_bytes(b"")
        assert refused(tmp_path / name).message == "it is empty"

    @pytest.mark.parametrize(
        ("content", "what", "hint"),
        [
            (b"\x28\xb5\x2f\xfdxxxx", "compressed with zstd", "zstd -dc"),
            (b"\xfd7zXZ\x00xxxx", "compressed with xz", "xz -dc"),
            (b"BZh91AY", "compressed with bzip2", "bzip2 -dc"),
            (b"\x04\x22\x4d\x18xx", "compressed with lz4", "lz4 -dc"),
            (b"PK\x03\x04xxxx", "a ZIP file", "Unpack it"),
            (b"a.bson" + bytes(251) + b"ustar\x0000", "a tar file", "tar -x"),
            (b"SQLite format 3\x00", "an SQLite database", "mongodump"),
            (b"<!doctype HTML>", "an HTML page", "login"),
            (b"_id,name\n1,x\n", "text, but not Extended JSON", "--type=csv"),
            (bytes(range(255, 0, -1)), "neither a mongodump archive, nor BSON, nor Extended JSON", "again"),
            (b"\xff", "text, but not Extended JSON", ""),
        ],
    )
    @pytest.mark.parametrize("packed", [False, True])
    def test_other_files_are_named(
        self, tmp_path: Path, content: bytes, what: str, hint: str, packed: bool
    ) -> None:
        path = tmp_path / "backup"
        path.write_bytes(gzip.compress(content) if packed else content)
        error = refused(path)
        assert what in error.message
        assert hint in error.hint
        assert error.where == str(path)

    def test_a_file_of_bson_that_is_damaged_at_its_beginning(self, tmp_path: Path) -> None:
        error = refused(write(tmp_path / "orders.bson", b"\xff\xff\xff\x7f" + BSON[4:]))
        assert (
            error.message == "its first document says that it is 2,147,483,647 bytes long, which none can be"
        )

    def test_a_file_of_bson_of_three_bytes(self, tmp_path: Path) -> None:
        assert "in the middle of a document" in read(write(tmp_path / "orders.bson", BSON[:3])).fault.what

    @pytest.mark.parametrize(
        "uri", ["http://x/y", "mongo://user:secret@host/shop", "mongodb:/user:secret@host"]
    )
    def test_a_url_is_not_repeated(self, uri: str) -> None:
        with pytest.raises(UsageError) as caught:
            open_source(uri)
        assert "secret" not in str(caught.value)
        assert "mongodb://" in caught.value.hint

    def test_a_collection_goes_with_single_files_only(self, tmp_path: Path) -> None:
        dump = write_dump(tmp_path / "shop", {"orders": orders(1)})
        packed = tmp_path / "shop.archive"
        packed.write_bytes(ARCHIVE)
        for source in (dump, packed, "mongodb://localhost/shop"):
            with pytest.raises(UsageError, match="names its collections itself"):
                open_source(source, collection="orders")

    @pytest.mark.parametrize("thing", [5, None, object(), ["a"]])
    def test_anything_else(self, thing: object) -> None:
        with pytest.raises(IntactError):
            open_source(thing)


class TestLive:
    def test_a_uri_is_a_live_source(self) -> None:
        source = open_source("mongodb://user:secret@localhost:27017/shop")
        assert source.info.kind == "mongodb"
        assert source.info.database == "shop"
        assert "secret" not in source.info.label

    def test_the_database_can_be_named(self) -> None:
        assert open_source("mongodb://localhost/shop", database="blog").info.database == "blog"

    def test_a_handle_is_a_live_source_of_its_own_database(self) -> None:
        handle = AsyncMongoClient[dict[str, Any]]("mongodb://localhost", connect=False)["shop"]
        assert open_source(handle).info.database == "shop"
        assert open_source(handle, database="shop").info.kind == "mongodb"
        with pytest.raises(UsageError, match="of the database 'shop', not 'blog'"):
            open_source(handle, database="blog")
        with pytest.raises(UsageError, match="names its collections itself"):
            open_source(handle, collection="orders")

    def test_files_do_not_load_the_driver(self, tmp_path: Path) -> None:
        path = write(tmp_path / "orders.bson", BSON)
        script = (
            "import sys; from intact.sources import open_source; open_source(sys.argv[1]);"
            "print([name for name in sys.modules if name.split('.')[0] in ('pymongo', 'motor')])"
        )
        run = subprocess.run([sys.executable, "-c", script, path], capture_output=True, text=True, check=True)
        assert run.stdout == "[]\n"


class TestStandardInput:
    def piped(self, monkeypatch: pytest.MonkeyPatch, content: bytes, **options: Any) -> Drained:
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))
        return drain(open_source("-", **options))

    @pytest.mark.parametrize("packed", [False, True])
    @pytest.mark.parametrize("kind", CONTENTS)
    def test_every_kind(self, monkeypatch: pytest.MonkeyPatch, kind: str, packed: bool) -> None:
        content = gzip.compress(CONTENTS[kind]) if packed else CONTENTS[kind]
        drained = self.piped(monkeypatch, content, **({} if kind == "archive" else {"collection": "orders"}))
        assert drained.info.kind == kind
        assert drained.info.label == "standard input"
        assert drained.info.size is None
        assert drained.documents("orders") == orders(4)
        assert drained.collections["orders"].size is None
        assert drained.bytes_read == len(content)
        assert not drained.faults

    def test_more_than_what_is_looked_at(self, monkeypatch: pytest.MonkeyPatch) -> None:
        drained = self.piped(monkeypatch, encode(orders(20_000)), collection="orders")
        assert drained.documents("orders") == orders(20_000)

    @pytest.mark.parametrize("kind", ["bson", "extended-json"])
    def test_the_collection_must_be_named(self, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
        with pytest.raises(UsageError, match="which collection standard input holds") as caught:
            self.piped(monkeypatch, CONTENTS[kind])
        assert "--collection" in caught.value.hint

    def test_nothing_at_all(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(SourceError, match="standard input: it is empty"):
            self.piped(monkeypatch, b"", collection="orders")

    def test_a_terminal_is_not_waited_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        terminal = SimpleNamespace(closed=False, isatty=lambda: True)
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=terminal))
        with pytest.raises(UsageError, match="is a terminal") as caught:
            open_source("-")
        assert "mongodump --archive | intact check -" in caught.value.hint

    def test_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stdin", None)
        with pytest.raises(UsageError, match="there is no standard input"):
            open_source("-")

    def test_faults_name_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        drained = self.piped(monkeypatch, BSON[:-1], collection="orders")
        assert drained.fault.where.startswith("standard input, byte ")

    def test_it_can_be_read_only_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(BSON)))
        source = open_source("-", collection="orders")
        assert drain(source).documents("orders") == orders(4)
        assert drain(source).fault.what == "it can be read only once"

    def test_whoever_writes_an_archive_is_left_to_finish(self, monkeypatch: pytest.MonkeyPatch) -> None:
        content = archive({"a": orders(1), "b": orders(100_000)}, piece=200_000)
        stream = io.BytesIO(content)
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=stream))
        drain(open_source("-"), ["a"])
        assert stream.tell() == len(content)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_named_pipe_is_read_like_standard_input(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(ARCHIVE,))
    writer.start()
    drained = read(pipe)
    writer.join()
    assert drained.documents("orders") == orders(4)
    assert drained.info.size is None


BEGINNINGS = (
    b"",
    ARCHIVE[:4],
    ARCHIVE[:-40],
    BSON,
    LINES,
    b"[",
    gzip.compress(BSON)[:-10],
    b"\x1f\x8b\x08",
    b"{",
)
FILE_NAMES = ("orders", "orders.bson", "orders.json", "orders.bson.gz", "orders.archive", "orders.gz")


@given(st.sampled_from(BEGINNINGS), st.binary(max_size=200), st.sampled_from(FILE_NAMES))
@settings(max_examples=share(400), deadline=None)
def test_any_bytes_give_documents_faults_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, beginning: bytes, rest: bytes, name: str
) -> None:
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(beginning + rest)
    try:
        drained = read(path)
    except SourceError as error:
        assert error.message
        assert error.where.startswith(str(path))
    else:
        for fault in drained.faults:
            assert fault.what
            assert fault.where.startswith(str(path))
        for block in drained.blocks:
            assert int.from_bytes(block.data[:4], "little") <= len(block.data)


@pytest.mark.parametrize(
    "text",
    [
        "mongodb//user:S3CRET@host/shop",
        "mongo:/user:S3CRET@host/shop",
        "user:S3CRET@host:27017/shop",
        "//user:S3CRET@host/shop?tlsCertificateKeyFilePassword=S3CRET",
        "://user:S3C@RET@host/shop",
    ],
)
def test_a_uri_written_wrong_does_not_tell_its_password(text: str) -> None:
    with pytest.raises(IntactError) as caught:
        open_source(text)
    assert "S3C" not in str(caught.value)
    assert "RET" not in str(caught.value)
