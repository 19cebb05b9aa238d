"""BSON is asked first: no length of a first document makes its file look like something else."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from pathlib import Path
from struct import pack
from typing import Final

import bson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from intact.core import values
from intact.sources.files.bson_head import LARGEST, begins_bson
from intact.sources.files.sniffing import FileKind, sniff
from intact.sources.files.streams import HEAD, Input
from tests.project.raw import Fields, Value, payload
from tests.project.strategies import DOCUMENTS
from tests.sources.draining import read, refused
from tests.sources.planting import write
from tests.support.effort import share

_ID: Final = bson.encode({"_id": 1})[4:-1]
_TEXT: Final = b"x" * HEAD
_FRAME: Final = len(bson.encode({"_id": 1, "p": ""}))
LOOKALIKES: Final = {
    60: "XML",
    60 + 256 * 77: "XML",
    560_927: "gzip",
    6_029_055: "text in UTF-16",
    8_126_207: "text in UTF-16",
    6_838_850: "bzip2",
    8_061_051: "text in UTF-16 without a mark",
    65_279: "text in UTF-32",
    0x13C: "XML",
    0x17B: "JSON",
    0x15B: "JSON",
    0x100007B: "JSON",
}


def head_of(length: int) -> bytes:
    """Return the first bytes of a document of a length: an ``_id``, and text up to the end."""
    text = pack("<i", length - _FRAME + 1) + _TEXT[: length - _FRAME] + b"\0\0"
    return (pack("<i", length) + _ID + b"\x02p\0" + text)[: min(length, HEAD)]


def kind_of(head: bytes, name: str = "backup") -> FileKind:
    source = Input(name, None, io.BytesIO(head))
    assert not source.packed
    return sniff(source)


@pytest.mark.parametrize("high", range(4))
def test_every_length_is_bson(high: int) -> None:
    thirds = [0x00, 0x3C, 0x5B, 0x68, 0x7B, 0x7C, 0xFF]
    for low in range(high, 0x10000, 4):
        length = low | thirds[low % len(thirds)] << 16
        if length >= _FRAME:
            head = head_of(length) if length < 40 else head_of(length)[:40]
            assert kind_of(head) is FileKind.BSON, length


@given(st.integers(_FRAME, LARGEST))
@settings(max_examples=share(300))
def test_any_length_is_bson(length: int) -> None:
    assert kind_of(head_of(length)) is FileKind.BSON


@pytest.mark.parametrize("length", LOOKALIKES)
@pytest.mark.parametrize("name", ["orders", "orders.bson", "orders.json"])
def test_a_document_of_a_length_that_is_another_forms_mark_is_read(
    tmp_path: Path, length: int, name: str
) -> None:
    document = {"_id": 1, "p": "x" * (length - _FRAME)}
    path = write(tmp_path / name, bson.encode(document))
    assert path.stat().st_size == length
    assert read(path).documents("orders") == [document]


@pytest.mark.parametrize("length", [length for length in LOOKALIKES if length < 100_000])
def test_so_is_one_in_a_dump_and_gzipped(tmp_path: Path, length: int) -> None:
    document = {"_id": 1, "p": "x" * (length - _FRAME)}
    (tmp_path / "orders.bson.gz").write_bytes(gzip.compress(bson.encode(document)))
    write(tmp_path / "users.bson", bson.encode(document))
    drained = read(tmp_path)
    assert drained.documents("orders") == drained.documents("users") == [document]
    assert not drained.faults


@given(DOCUMENTS, st.sampled_from(["backup", "orders.bson"]))
@example([], "backup")
@settings(max_examples=share(60))
def test_any_document_is_bson(fields: Fields, name: str) -> None:
    data = payload(Value(values.OBJECT, fields))
    assert begins_bson(data)
    for end in range(5, len(data)):
        assert begins_bson(data[:end])
    assert kind_of(data, name) is FileKind.BSON


@pytest.mark.parametrize("length", [60, 316])
def test_a_damaged_first_document_is_not_taken_for_text(tmp_path: Path, length: int) -> None:
    data = bytearray(bson.encode({"_id": 1, "p": "x" * (length - _FRAME)}))
    data[-20] = 0  # the text has a zero byte now, and its element type goes wrong
    data[15] = 0xEE
    assert not read(write(tmp_path / "orders.bson", bytes(data))).faults  # the projector says what is wrong


UTF_16: Final = '[\r\n\t{"_id": 1, "name": "x"},\n  {"_id": 2}]'


def _zip(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("orders.bson", content)
    return out.getvalue()


FOREIGN: Final = {
    "compressed with bzip2": [bz2.compress(head_of(90), level) for level in range(1, 10)],
    "compressed with xz": [lzma.compress(head_of(90))],
    "compressed with zstd": [b"\x28\xb5\x2f\xfdxxxx", b"\x50\x2a\x4d\x18\x04\0\0\0abcd"],
    "compressed with lz4": [b"\x04\x22\x4d\x18xx"],
    "a ZIP file": [_zip(head_of(90))],
    "text in UTF-16": [
        b"\xff\xfe" + UTF_16.encode("utf-16-le"),
        b"\xfe\xff" + UTF_16.encode("utf-16-be"),
        UTF_16.replace("\r\n\t", "").encode("utf-16-le"),
        UTF_16.encode("utf-16-be"),
        b"\xff\xfe" + UTF_16.replace("\r", "").encode("utf-16-le"),
        b"\xff\xfe" + '{"a": 1}\n'.encode("utf-16-le"),
        b"\xff\xfe" + "_id,name\n1,x\n".encode("utf-16-le"),
    ],
    "text in UTF-32": ["\ufeff".encode("utf-32-le") + UTF_16.encode("utf-32-le"), UTF_16.encode("utf-32")],
    "XML": [b"<?xml version='1.0'?><orders/>", b"\n <a>"],
    "an HTML page": [b"<!DOCTYPE html><html>", b" <html lang=en>"],
    "text, but not Extended JSON": [b"_id,name\n1,x\n", b"_id\tname\n1\tx\n"],
}


@pytest.mark.parametrize("name", ["backup", "orders.bson", "orders.json"])
@pytest.mark.parametrize("form", FOREIGN)
def test_each_foreign_form_has_its_sentence(tmp_path: Path, form: str, name: str) -> None:
    for content in FOREIGN[form]:
        if name == "orders.json" and form.startswith("text, but"):
            continue  # read as Extended JSON, each line of it a document that is none
        error = refused(write(tmp_path / name, content))
        assert form in error.message
        assert error.hint
