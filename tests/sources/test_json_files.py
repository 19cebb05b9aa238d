"""Files of Extended JSON: lines, arrays, documents over several lines; whole and damaged."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intact.sources import Block
from intact.sources.files import json_stream
from intact.sources.files.json_stream import read_json
from intact.sources.files.streams import Input
from tests.sources.draining import Drained, read, refused
from tests.sources.planting import orders
from tests.support.effort import share

DOCUMENTS = [*orders(7), {"_id": 7, "text": 'brackets ]}[{ and "quotes" \\', "deep": [[{"a": [1, {}]}]]}]
LINES = "".join(json.dumps(document) + "\n" for document in DOCUMENTS)
SHAPES = {
    "lines": LINES,
    "lines_without_the_last_end": LINES.rstrip("\n"),
    "lines_of_windows": LINES.replace("\n", "\r\n"),
    "lines_with_gaps": "\n\n  " + LINES.replace("\n", " \n\n\t"),
    "one_after_the_other": LINES.replace("\n", ""),
    "old_mac": LINES.replace("\n", "\r"),
    "records": LINES.replace("\n", "\n\x1e"),
    "array": json.dumps(DOCUMENTS),
    "array_over_lines": json.dumps(DOCUMENTS, indent=2),
    "array_of_lines": "[" + LINES.rstrip("\n").replace("\n", ",\n") + "]\n",
    "pretty": "\n".join(json.dumps(document, indent="\t") for document in DOCUMENTS) + "\n",
    "pretty_and_dense": "".join(json.dumps(document, indent=1) for document in DOCUMENTS),
    "marked": "\ufeff" + LINES,
    "marked_array": "\ufeff " + json.dumps(DOCUMENTS),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "orders.jsonl"


def read_text(file: Path, text: str | bytes) -> Drained:
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read(file)


class Pieces(Input):
    """An input whose bytes come in pieces of a given size."""

    def __init__(self, content: bytes, piece: int) -> None:
        super().__init__("orders.json")
        self._content = content
        self._piece = piece

    def content(self) -> Iterator[bytes]:
        return (self._content[at : at + self._piece] for at in range(0, len(self._content), self._piece))


def in_pieces(content: bytes, piece: int) -> Drained:
    drained = Drained(None, {})  # type: ignore[arg-type]
    for item in read_json(Pieces(content, piece), "orders"):
        (drained.blocks if isinstance(item, Block) else drained.faults).append(item)  # type: ignore[arg-type]
    return drained


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_gives_the_documents(file: Path, shape: str, packed: bool) -> None:
    content = SHAPES[shape].encode()
    drained = read_text(file, gzip.compress(content) if packed else content)
    assert drained.documents("orders") == DOCUMENTS
    assert not drained.faults
    assert drained.info.kind == "extended-json"
    assert all(block.offset is None for block in drained.blocks)
    assert drained.collections["orders"].size == file.stat().st_size == drained.bytes_read


@pytest.mark.parametrize("piece", [1, 2, 3, 17, 1000])
@pytest.mark.parametrize("shape", SHAPES)
def test_pieces_make_no_difference(shape: str, piece: int) -> None:
    drained = in_pieces(SHAPES[shape].encode(), piece)
    assert drained.documents("orders") == DOCUMENTS
    assert not drained.faults


@pytest.mark.parametrize("text", ["", "\n", "  \r\n\n", "[]", " [ ] \n", "\ufeff", "[\n]\n"])
def test_a_file_without_documents_is_an_empty_collection(file: Path, text: str) -> None:
    drained = read_text(file, text)
    assert not drained.blocks
    assert not drained.faults


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ('{"a": ', "it is not JSON"),
        ('{"a": 1}}', "it is not JSON"),
        ("garbage", "it is not JSON"),
        ("5", "a value, and not a document"),
        ("[1]", "a value, and not a document"),
        (b'{"a": "\xff"}', "not UTF-8"),
        (b'\xff{"a": 1}', "not JSON"),
        ('{"a": "\\udc00"}', "not UTF-8"),
        ('{"a": {"$oid": "x"}}', "$oid"),
        ('{"a": 99999999999999999999}', "more than 64 bits"),
        ('{"a": ' + "[" * 20_000 + "]" * 20_000 + "}", "nested too deep"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_bad_line_costs_this_line(file: Path, bad: str | bytes, why: str) -> None:
    lines = [json.dumps(document).encode() for document in DOCUMENTS]
    lines[3] = bad if isinstance(bad, bytes) else bad.encode()
    drained = read_text(file, b"\n".join(lines) + b"\n")
    expected = [{"a": 1}] if bad == '{"a": 1}}' else []
    assert drained.documents("orders") == DOCUMENTS[:3] + expected + DOCUMENTS[4:]
    assert why in drained.fault.what
    assert drained.fault.where == f"{file}, line 4"
    assert drained.fault.documents == 1
    assert drained.fault.collection == "orders"


def test_bad_lines_at_both_ends(file: Path) -> None:
    drained = read_text(file, "{bad}\n" + LINES + "{bad}\n")
    assert drained.documents("orders") == DOCUMENTS
    assert [fault.where for fault in drained.faults] == [f"{file}, line 1", f"{file}, line 10"]


def test_a_first_line_that_is_no_json_at_all(file: Path) -> None:
    drained = read_text(file, "connected to: mongodb://localhost\n" + LINES)
    assert drained.documents("orders") == DOCUMENTS
    assert drained.fault.where.endswith("line 1")


def test_the_shells_own_forms_are_explained(file: Path) -> None:
    line = '{"_id": ObjectId("0123456789abcdef01234567"), "n": NumberLong(5)}\n'
    drained = read_text(file, line * 3)
    assert drained.fault.documents == 3
    assert "mongo shell" in drained.faults[0].what
    assert "mongoexport" in drained.faults[0].hint
    assert "0123456789" not in str(drained.faults[0])


@pytest.mark.parametrize("piece", [1, 50, 10_000])
@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("5", "a value, and not a document"),
        ('"text, with ] and }"', "a value, and not a document"),
        ("null", "a value, and not a document"),
        ("[1, [2]]", "a value, and not a document"),
        ("{bad}", "not JSON"),
        ('{"a": [1, 2}]', "not JSON"),
        ('{"a": {"$oid": 5}}', "$oid"),
    ],
)
@pytest.mark.parametrize("pretty", [False, True])
def test_a_bad_element_costs_this_element(bad: str, why: str, pretty: bool, piece: int) -> None:
    parts = [json.dumps(document, indent=2 if pretty else None) for document in DOCUMENTS]
    parts.insert(3, bad)
    drained = in_pieces(("[\n" + ",\n".join(parts) + "\n]").encode(), piece)
    assert drained.documents("orders") == DOCUMENTS
    assert why in drained.fault.what
    assert drained.fault.documents == 1
    line = 2 + sum(part.count("\n") + 1 for part in parts[:3])
    assert drained.fault.where == f"orders.json, line {line}"


def test_a_bad_document_over_several_lines(file: Path) -> None:
    parts = [json.dumps(document, indent=2) for document in DOCUMENTS]
    parts[2] = '{\n  "a": oops\n}'
    drained = read_text(file, "\n".join(parts))
    assert drained.documents("orders") == DOCUMENTS[:2] + DOCUMENTS[3:]
    assert drained.fault.documents == 1


@pytest.mark.parametrize(
    "text",
    ["[" + LINES.replace("\n", ","), '[{"a": 1}', '[{"a": 1},', "[", '[{"a": 1}, {"b": "x'],
    ids=range(5),
)
def test_an_array_that_does_not_end(file: Path, text: str) -> None:
    drained = read_text(file, text)
    assert drained.fault.documents is None
    assert "does not end" in drained.fault.what or "in the middle of a document" in drained.fault.what
    assert "end is missing" in drained.fault.hint


def test_something_after_the_array(file: Path) -> None:
    drained = read_text(file, json.dumps(DOCUMENTS) + '\n{"a": 1}')
    assert drained.documents("orders") == DOCUMENTS
    assert drained.fault.what == "something follows the end of the array"
    assert drained.fault.documents is None


@pytest.mark.parametrize("shape", ["lines", "array", "array_over_lines", "pretty", "one_after_the_other"])
def test_every_truncation_gives_whole_documents(shape: str) -> None:
    content = SHAPES[shape].encode()
    for cut in range(len(content)):
        drained = in_pieces(content[:cut], 64)
        documents = drained.documents("orders")
        assert documents == DOCUMENTS[: len(documents)]
        if not drained.faults:  # cut between two documents: nothing can tell that more was there
            assert not shape.startswith("array") or not content[:cut].strip()
            assert content[:cut].decode().rstrip("\n")[-1:] in ("}", "")
        else:
            assert drained.fault.documents is None or shape == "one_after_the_other"


def test_a_gzip_stream_cut_in_the_middle(file: Path) -> None:
    packed = gzip.compress(LINES.encode())
    for cut in range(12, len(packed)):
        drained = read_text(file, packed[:cut])
        documents = drained.documents("orders")
        assert documents == DOCUMENTS[: len(documents)]
        assert drained.fault.what == "the gzip stream is cut off"
        assert drained.fault.documents is None
        assert "line " in drained.fault.where


@pytest.mark.parametrize("shape", ["array", "pretty"])
def test_other_shapes_in_a_gzip_stream_cut_in_the_middle(file: Path, shape: str) -> None:
    packed = gzip.compress(SHAPES[shape].encode())
    for cut in range(12, len(packed), 7):
        assert read_text(file, packed[:cut]).fault.what == "the gzip stream is cut off"


def test_a_line_without_end_is_given_up(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "LONGEST", 1 << 20)
    drained = read_text(file, LINES + '{"a": "' + "x" * (5 << 20) + '"}\n' + LINES)
    assert drained.documents("orders")[: len(DOCUMENTS)] == DOCUMENTS
    file.write_text('{"a": "' + "x" * (9 << 20))
    assert "longer than 1 MiB" in read(file).fault.what


def test_an_element_without_end_is_given_up(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "LONGEST", 1 << 20)
    drained = read_text(file, '[{"a": 1}, {"a": [' + "1, " * (3 << 20))
    assert drained.documents("orders") == [{"a": 1}]
    assert "does not end" in drained.fault.what
    assert drained.fault.documents is None


@pytest.mark.parametrize("opening", ["", "["])
def test_memory_does_not_grow_with_the_file(file: Path, opening: str) -> None:
    line = json.dumps({"_id": 1, "text": "x" * 1000}) + (",\n" if opening else "\n")
    with file.open("w") as handle:
        handle.write(opening)
        for _ in range(40_000):
            handle.write(line)
        handle.write('{"_id": 2}]' if opening else "")
    source = Input(str(file), file)
    tracemalloc.start()
    count = sum(len(item.data) for item in read_json(source, "orders") if isinstance(item, Block))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    source.close()
    assert count > 40_000_000
    assert peak < 24 << 20


@given(st.binary(max_size=300), st.integers(1, 40))
@settings(max_examples=share(300))
def test_any_bytes_give_documents_or_faults(content: bytes, piece: int) -> None:
    for opening in (b"", b"[", b'{"a": 1}\n', b'[{"a": "'):
        drained = in_pieces(opening + content, piece)
        drained.documents("orders")
        assert all(fault.what for fault in drained.faults)


JSON_TOKENS = st.lists(
    st.sampled_from(["{", "}", "[", "]", ",", ":", '"', "\\", '"a"', "1", "\n", " ", "null"]), max_size=30
)


@given(JSON_TOKENS, st.integers(1, 5))
@settings(max_examples=share(500))
def test_anything_like_json_ends(tokens: list[str], piece: int) -> None:
    in_pieces("".join(tokens).encode(), piece)


class TestDirectory:
    def test_exports_are_collections(self, tmp_path: Path) -> None:
        (tmp_path / "orders.jsonl").write_text(LINES)
        (tmp_path / "customers.json").write_text(json.dumps(orders(3)))
        (tmp_path / "users.ndjson.gz").write_bytes(gzip.compress(LINES.encode()))
        (tmp_path / "notes.txt").write_text("not a collection")
        drained = read(tmp_path)
        assert drained.info.kind == "extended-json"
        assert list(drained.collections) == ["customers", "orders", "users"]
        assert drained.documents("customers") == orders(3)
        assert drained.documents("users") == DOCUMENTS
        assert not drained.faults

    def test_a_dump_wins_over_exports(self, tmp_path: Path) -> None:
        (tmp_path / "orders.jsonl").write_text(LINES)
        (tmp_path / "orders.bson").write_bytes(b"")
        assert read(tmp_path).info.kind == "dump"

    def test_two_exports_of_one_name_are_a_fault(self, tmp_path: Path) -> None:
        (tmp_path / "orders.jsonl").write_text(LINES)
        (tmp_path / "orders.json").write_text(LINES)
        assert "both orders.json and orders.jsonl" in read(tmp_path).fault.what

    @pytest.mark.parametrize(
        ("content", "what"),
        [
            (b"<html></html>", "an HTML page"),
            (b"\x16\0\0\0\x10_id\0\x01\0\0\0\x10a\0\x01\0\0\0\0\0", "BSON"),
            ("[{}]".encode("utf-16"), "text in UTF-16"),
        ],
    )
    def test_what_is_no_json_is_said_so(self, tmp_path: Path, content: bytes, what: str) -> None:
        (tmp_path / "orders.json").write_bytes(content)
        (tmp_path / "users.json").write_text(LINES)
        drained = read(tmp_path)
        assert what in drained.fault.what
        assert "where Extended JSON should be" in drained.fault.what
        assert drained.documents("users") == DOCUMENTS


def test_a_single_file_in_utf16_is_refused_with_the_reason(file: Path) -> None:
    file.write_bytes(LINES.encode("utf-16"))
    error = refused(file)
    assert error.message == "it is text in UTF-16"
    assert "PowerShell" in error.hint
