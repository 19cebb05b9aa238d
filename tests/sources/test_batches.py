"""Files give the same documents in however small pieces they are taken, unpacked and handed on."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bson
import pytest
from bson.json_util import CANONICAL_JSON_OPTIONS, dumps

from intact.core.errors import SourceError
from intact.sources.files import archive, framing, json_stream, streams, tar_source, tar_stream
from tests.sources import planting
from tests.sources.draining import read

DOCUMENTS: dict[str, list[dict[str, Any]]] = {
    "orders": [{"_id": at, "id": f"o-{at}", "text": "ä" * at, "of": [at, {"x": None}]} for at in range(9)],
    "users": [{"_id": bson.ObjectId(bytes([at] * 12)), "id": at / 2} for at in range(5)],
    "empty": [],
}
SIZES = (
    *((module, "CHUNK") for module in (archive, streams, tar_source, tar_stream)),
    *((streams, "GZIP_CHUNK"), (tar_stream, "GZIP_CHUNK")),
    *((archive, "BLOCK"), (archive, "WAITING"), (json_stream, "BLOCK")),
)
"""How many bytes are taken, unpacked, kept waiting or handed on at a time."""


def tarred(folder: Path) -> bytes:
    """The dump of a folder in a tar."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as members:
        members.add(planting.write_dump(folder / "shop", DOCUMENTS), "shop")
    return written.getvalue()


def file(name: str, make: Callable[[Path], bytes]) -> Callable[[Path], Path]:
    return lambda folder: planting.write(folder / name, make(folder))


def exported(_: Path) -> bytes:
    lines = (
        dumps(each, json_options=CANONICAL_JSON_OPTIONS, ensure_ascii=False) for each in DOCUMENTS["orders"]
    )
    return "\n".join(lines).encode()


FORMS: dict[str, Callable[[Path], Path]] = {
    "dump": lambda folder: planting.write_dump(folder / "shop", DOCUMENTS),
    "packed dump": lambda folder: planting.write_dump(folder / "shop", DOCUMENTS, packed=True),
    "archive": file("shop.archive", lambda _: planting.archive(DOCUMENTS)),
    "packed archive": file("shop.archive.gz", lambda _: gzip.compress(planting.archive(DOCUMENTS))),
    "tar": file("shop.tar", tarred),
    "tar.gz": file("shop.tar.gz", lambda folder: gzip.compress(tarred(folder))),
    "tar.bz2": file("shop.tar.bz2", lambda folder: bz2.compress(tarred(folder))),
    "tar.xz": file("shop.tar.xz", lambda folder: lzma.compress(tarred(folder))),
    "JSON": file("orders.json", exported),
    "packed JSON": file("orders.json.gz", lambda folder: gzip.compress(exported(folder))),
}


def small_pieces(patch: pytest.MonkeyPatch, number: int) -> None:
    for module, name in SIZES:
        patch.setattr(module, name, number)
    patch.setattr(
        framing, "CHUNK", number + 3
    )  # a piece of a file holds a document's length, of four bytes, at least
    # These take it as a default, which they were given when they were made.
    for function in (streams.Input.chunks, streams._read, streams.gunzip):
        assert function.__defaults__ is not None
        patch.setattr(function, "__defaults__", (*function.__defaults__[:-1], number))


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("form", FORMS)
def test_all_documents_come_in_whatever_pieces_they_are_read(
    form: str, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = FORMS[form](tmp_path)
    small_pieces(monkeypatch, number)
    drained = read(path)
    expected = {name: each for name, each in DOCUMENTS.items() if name == "orders" or "JSON" not in form}
    assert {name: drained.documents(name) for name in drained.collections} == expected
    assert drained.faults == []
    assert sorted(drained.ended) == sorted(expected)


def outcome(path: Path) -> Any:
    """Everything that comes of a file, or why nothing does."""
    try:
        drained = read(path)
    except SourceError as error:
        return str(error)
    documents = {name: drained.documents(name) for name in drained.collections}
    return documents, drained.faults, sorted(drained.ended)


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("form", FORMS)
def test_what_breaks_off_gives_the_same_in_whatever_pieces_it_is_read(
    form: str, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = FORMS[form](tmp_path)
    cut = next(path.glob("orders.bson*"), path)
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size * 2 // 3])
    usual = outcome(path)
    small_pieces(monkeypatch, number)
    assert outcome(path) == usual
