"""The mongo shell's syntax in a file: recognised by each of its kinds, one fault a file, and what to do about it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intact.sources.files.shell_syntax import UNFINISHED, ShellDocument, shell_document
from tests.sources.draining import read
from tests.sources.planting import write

KINDS: Final = {
    "ObjectId(…)": 'ObjectId("5f1d7f3a0b0b0b0b0b0b0b0b")',
    "ISODate(…)": 'ISODate("2026-01-01T00:00:00Z")',
    "Date(…)": "new Date(1767225600000)",
    "NumberInt(…)": "NumberInt(5)",
    "NumberLong(…)": 'NumberLong("5")',
    "NumberDecimal(…)": 'NumberDecimal("1.10")',
    "Long(…)": "Long(5)",
    "Long.fromString(…)": "Long.fromString('5')",
    "Int32(…)": "Int32(5)",
    "Double(…)": "Double(5)",
    "Decimal128(…)": 'Decimal128("5")',
    "UUID(…)": 'UUID("3b241101-e2bb-4255-8caf-4136c566a962")',
    "CSUUID(…)": 'CSUUID("3b241101-e2bb-4255-8caf-4136c566a962")',
    "BinData(…)": 'BinData(0, "AAAA")',
    "HexData(…)": 'HexData(0, "00")',
    "Binary.createFromBase64(…)": 'Binary.createFromBase64("AAAA", 0)',
    "Timestamp(…)": "Timestamp(1, 2)",
    "MinKey(…)": "MinKey()",
    "MaxKey": "MaxKey",
    "DBRef(…)": 'DBRef("users", 5)',
    "Code(…)": 'Code("function() { return {}; }")',
    "/patterns/": "/a[/{]b\\/c/i",
    "undefined": "undefined",
    "single quotes": "'it is \\'{\\' \"quoted\"'",
    "hexadecimal numbers": "0x1F",
    "numbers that are none in JSON": "+.5",
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", ['{{"_id": 1, "a": {}}}', '{{"_id": 1, "b": [{}, {{"c": 2}}]}}'])
@pytest.mark.parametrize("layout", ["lines", "array", "spread"])
def test_each_kind_is_recognised_and_the_others_are_read(
    tmp_path: Path, kind: str, form: str, layout: str
) -> None:
    shell, good = form.format(KINDS[kind]), json.dumps({"_id": 2})
    if layout == "spread":
        shell, good = (text.replace("{", "{\n", 1) for text in (shell, good))
    texts = [good, shell, good, shell, good]
    text = f"[{','.join(texts)}]" if layout == "array" else "\n".join(texts) + "\n"
    drained = read(write(tmp_path / "orders.json", text.encode()))
    assert drained.documents("orders") == [{"_id": 2}] * 3
    assert drained.fault.documents == 2
    assert kind in drained.fault.what
    assert "2 documents are in the syntax of the mongo shell" in drained.fault.what
    assert "mongoexport --collection=orders" in drained.fault.hint
    assert drained.ended == ["orders"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('{_id: 1, "a": 2}', "names without quotes"),
        ('{"_id": 1, $a: 2}', "names without quotes"),
        ('{"_id": 1,}', "trailing commas"),
        ('{"_id": [1, 2,]}', "trailing commas"),
        ("{'_id': 1}", "single quotes"),
        ('{"_id": 1 /* one */}', "comments"),
    ],
)
def test_so_is_its_punctuation(tmp_path: Path, text: str, kind: str) -> None:
    drained = read(write(tmp_path / "orders.jsonl", f"{text}\n{text}\n".encode()))
    assert drained.fault.documents == 2
    assert f"({kind})" in drained.fault.what


def test_what_mongosh_prints_is_one_fault(tmp_path: Path) -> None:
    text = """[
  {
    _id: ObjectId("5f1d7f3a0b0b0b0b0b0b0b0b"),
    at: ISODate("2026-01-01T00:00:00.000Z"),
    items: [ { total: Decimal128("1.5"), name: 'x' } ]
  },
  {
    _id: 2,
    at: null
  }
]
"""
    drained = read(write(tmp_path / "orders.json", text.encode()))
    assert drained.fault.documents == 2
    assert drained.fault.where.endswith("orders.json, line 2")
    for kind in ("ObjectId(…)", "ISODate(…)", "Decimal128(…)", "single quotes", "names without quotes"):
        assert kind in drained.fault.what


def test_a_document_longer_than_a_piece_of_the_file_is_one_too(tmp_path: Path) -> None:
    text = '{\n"_id": ObjectId("5f1d7f3a0b0b0b0b0b0b0b0b"),\n"a": "' + "x" * (9 << 20) + '"\n}\n{"_id": 1}\n'
    drained = read(write(tmp_path / "orders.json", text.encode()))
    assert drained.fault.documents == 1
    assert drained.documents("orders") == [{"_id": 1}]


def test_it_is_said_before_that_the_file_breaks_off(tmp_path: Path) -> None:
    drained = read(write(tmp_path / "orders.json", b'[{_id: 1}, {"_id": 2'))
    assert [fault.documents for fault in drained.faults] == [1, None]


@pytest.mark.parametrize(
    "text", ['{"_id": 1, "a": it is}', '{"_id": it\'s}', '{"_id": 1]', '{"_id": §}', "[1]", "{}", '{"a": 1}']
)
def test_what_is_merely_wrong_is_no_shell(text: str) -> None:
    assert not isinstance(shell_document(text, 0), ShellDocument)


@given(st.sampled_from(sorted(KINDS)), st.data())
def test_a_part_of_a_document_is_never_a_whole_one(kind: str, data: st.DataObject) -> None:
    text = f'{{"_id": 1, "a": {KINDS[kind]}, b: {{"c": [1, "}}"]}}}}'
    whole = shell_document(text, 0)
    assert isinstance(whole, ShellDocument)
    assert whole.end == len(text)
    assert kind in whole.kinds
    part = text[: data.draw(st.integers(1, len(text) - 1))]
    assert shell_document(part, 0) in (UNFINISHED, None)
