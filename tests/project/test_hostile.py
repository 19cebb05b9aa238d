"""Bytes that lie: every one gives columns or a named outcome, and a place to look at."""

from __future__ import annotations

import tracemalloc
from struct import pack

import pyarrow as pa
import pytest

from intact.core import values
from intact.core.paths import Path
from intact.project import Batch, Column, Problem, Role, projector, schema
from tests.project.raw import (
    NULL,
    Fields,
    Value,
    arr,
    document,
    double,
    element,
    frame,
    integer,
    obj,
    payload,
    string,
    text,
)

COLUMNS = [
    Column(Path.parse("a"), Role.KEY),
    Column(Path.parse("o.t"), Role.TEXT),
    Column(Path.parse("l[].x"), Role.AMOUNT),
    Column(Path.parse("d"), Role.DATE),
    Column(Path.parse("f"), Role.FLAG),
]
ID = ("_id", integer(7))
SEEDS: list[Fields] = [
    [
        (b"_id", Value(values.OBJECT_ID, bytes(range(12)))),
        (b"a", text("key")),
        (b"o", obj(("t", text("text")), ("n", NULL))),
        (b"l", arr(obj(("x", double(0.1))), obj(("y", integer(1))))),
        (b"f", Value(values.BOOL, 1)),
        (b"d", text("2026-01-31")),
    ],
    [
        (
            b"a",
            obj(
                ("r", Value(values.REGEX, (b"p", b"i"))),
                ("c", Value(values.CODE_WITH_SCOPE, (b"f", [(b"s", NULL)]))),
            ),
        ),
        (b"b", Value(values.BINARY, (2, b"old"))),
        (b"p", Value(values.DB_POINTER, (b"ns", bytes(12)))),
        (b"t", Value(values.TIMESTAMP, (1, 2))),
        (b"m", Value(values.DECIMAL, 12345)),
        (b"k", Value(values.MIN_KEY)),
    ],
]


def project(data: bytes, *paths: str, offset: int = 0) -> Batch:
    columns = [Column(Path.parse(path), Role.KEY) for path in paths]
    batch = projector(columns).project(data, offset)
    assert_sound(batch, schema(columns))
    return batch


def assert_sound(batch: Batch, expected: pa.Schema) -> None:
    batch.rows.validate(full=True)
    assert batch.rows.schema.equals(expected)
    assert batch.rows.num_rows + batch.lost == batch.documents


def problem(data: bytes, *paths: str) -> Problem:
    """The only problem of a broken document between two sound ones, which stay."""
    sound = document(("_id", text("sound")))
    batch = project(sound + data + sound, *paths, offset=1_000)
    assert batch.rows["_id"].to_pylist() == ["sound", "sound"]
    assert (batch.documents, batch.lost, batch.damaged) == (3, 1, 1)
    (only,) = batch.problems
    assert only.lost
    assert 1_000 + len(sound) <= only.offset < 1_000 + len(sound) + len(data)
    return only


def broken(*inside: bytes) -> bytes:
    """A document with an ``_id``, and then something else."""
    return frame(element(b"_id", integer(7)) + b"".join(inside))


@pytest.mark.parametrize(
    ("inside", "what", "path", "expected", "found"),
    [
        (b"\x10x\0\1\0\0", "the int runs past the end of its document", "x", "at most 3 bytes", "4 bytes"),
        (
            b"\x02x\0\5\0\0\0ab\0",
            "the string runs past the end of its document",
            "x",
            "at most 3 bytes",
            "5 bytes",
        ),
        (b"\x02x\0\0\0\0\0\0", "the length of the string cannot be right", "x", "at least 1", "0"),
        (
            b"\x02x\0\2\0\0\0ab",
            "the string does not end where its length says",
            "x",
            "a zero byte",
            "byte 0x62",
        ),
        (b"\x0ex\0\xff\xff\xff\xff\0", "the length of the string cannot be right", "x", "at least 1", "-1"),
        (b"\x08x\0\2", "the boolean is neither true nor false", "x", "byte 0 or 1", "byte 0x02"),
        (b"\x15x\0", "the type of the field is unknown", "x", "a BSON type", "byte 0x15"),
        (b"\x0axyz", "the field name does not end inside its document", "", "a zero byte", "3 other bytes"),
        (b"\0\0\0", "the document ends before its length says", "", "3 more bytes", "a zero byte"),
        (b"\x03x\0\4\0\0\0\0", "the length of the document cannot be right", "x", "at least 5", "4"),
        (
            b"\x03x\0\6\0\0\0\0\1",
            "the document does not end where its length says",
            "x",
            "a zero byte",
            "byte 0x01",
        ),
        (
            b"\x04x\0\xff\0\0\0\0",
            "the document runs past the end of its document",
            "x",
            "at most 5 bytes",
            "255 bytes",
        ),
        (b"\x05x\0\xff\xff\xff\xff\0", "the length of the binData cannot be right", "x", "at least 0", "-1"),
        (
            b"\x05x\0\5\0\0\0\0ab",
            "the binData runs past the end of its document",
            "x",
            "at most 2 bytes",
            "5 bytes",
        ),
        (b"\x05x\0\5\0\0\0\2\2\0\0\0a", "the two lengths of the binData disagree", "x", "1 bytes", "2 bytes"),
        (b"\x0bx\0ab\0cd", "the regular expression does not end", "x", "a zero byte", "2 other bytes"),
        (
            b"\x0cx\0\1\0\0\0\0" + bytes(11),
            "the dbPointer runs past the end of its document",
            "x",
            "at most 16 bytes",
            "17 bytes",
        ),
        (
            b"\x0fx\0" + pack("<i", 15) + string(b"") + frame(b"") + b"\0",
            "the scope does not fill its javascriptWithScope",
            "x",
            "6 bytes",
            "5 bytes",
        ),
    ],
)
def test_damage_is_named_with_its_place(
    inside: bytes, what: str, path: str, expected: str, found: str
) -> None:
    told = problem(broken(inside))
    assert (told.what, told.document_id, told.path) == (what, "$7", path)
    assert (told.expected, told.found) == (expected, found)


def test_damage_after_the_wanted_fields_is_noticed() -> None:
    assert problem(broken(element(b"a", text("x")), b"\x15z\0"), "a").path == "z"


@pytest.mark.parametrize("content", [b"", b"123", b"\4\0\0\0", b"\xff\xff\xff\xff"])
def test_an_old_binary_value_without_a_right_second_length_is_broken(content: bytes) -> None:
    told = problem(broken(b"\x05b\0" + pack("<i", len(content)) + b"\2" + content))
    assert (told.what, told.path) == ("the two lengths of the binData disagree", "b")


def test_damage_inside_what_is_read_is_named_by_its_whole_path() -> None:
    inner = frame(element(b"s", obj(("t", NULL))) + b"\x08u\0\7")
    assert problem(broken(b"\x03o\0" + inner), "o.t").path == "o.u"
    assert problem(broken(b"\x03o\0" + inner), "o").path == "o.u"
    assert problem(broken(b"\x04l\0" + frame(b"\x030\0" + inner)), "l[].x").path == "l.0.u"
    assert problem(broken(b"\x04l\0" + frame(b"\x030\0" + inner)), "l").path == "l.0.u"
    assert problem(broken(b"\x03q\0" + frame(b"\x03r\0" + inner)), "q").path == "q.r.u"


def test_damage_inside_what_nobody_reads_costs_nothing() -> None:
    batch = project(broken(b"\x03o\0" + frame(b"\x15u\0")), "a")
    assert (batch.rows.num_rows, batch.problems) == (1, ())


def test_a_broken_id_is_not_told() -> None:
    assert problem(broken(b"\x15z\0").replace(b"_id", b"_ix")).document_id is None
    assert problem(frame(b"\x03_id\0" + frame(b"\x15z\0"))).document_id is None
    assert problem(frame(b"\x15z\0" + element(b"_id", integer(7)))).document_id is None


def test_names_that_are_not_utf8_are_told_as_they_are() -> None:
    assert problem(broken(b"\x15\xffz\0")).path == "\\xffz"


def test_names_may_be_empty_or_hold_dots() -> None:
    columns = [Column(Path(("",)), Role.KEY), Column(Path(("a.b",)), Role.KEY)]
    rows = projector(columns).project(document(("", integer(1)), ("a.b", integer(2)))).rows
    assert (rows["@key"].to_pylist(), rows["a.b@key"].to_pylist()) == (["$1"], ["$2"])


@pytest.mark.parametrize(
    ("tail", "what", "found"),
    [
        (b"\x05", "the document runs past the end of its document", "4 bytes"),
        (b"\xff\0\0\0\0", "the document runs past the end of its document", "255 bytes"),
        (b"\4\0\0\0\0\0\0", "the length of the document cannot be right", "4"),
        (b"\0\0\0\0" + document(ID), "the length of the document cannot be right", "0"),
        (b"\xff\xff\xff\xff\0", "the length of the document cannot be right", "-1"),
    ],
)
def test_after_a_length_that_lies_the_rest_of_the_block_is_lost_once(
    tail: bytes, what: str, found: str
) -> None:
    batch = project(document(ID) + tail, "a", offset=50)
    assert (batch.rows.num_rows, batch.documents, batch.lost, batch.damaged) == (1, 2, 1, 1)
    (told,) = batch.problems
    assert (told.what, told.found, told.document_id, told.lost) == (what, found, None, True)
    assert told.offset == 50 + len(document(ID))


def test_a_document_without_its_last_byte_costs_itself_only() -> None:
    data = frame(element(b"_id", integer(7)))[:-1] + b"\1"
    assert problem(data).what == "the document does not end where its length says"


@pytest.mark.parametrize("inside", [b"", b"\x04a\0"], ids=["fields", "items"])
def test_a_broken_document_of_many_tiny_values_takes_little_more_memory_than_its_bytes(inside: bytes) -> None:
    many = b"\x0a\0" * 60_000 + b"\x21x\0"
    data = broken(inside + frame(many) if inside else many)
    project(data, "a")  # whatever is imported or made once
    tracemalloc.start()
    try:
        batch = project(data, "a")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (batch.lost, len(batch.problems)) == (1, 1)
    assert most < 4 * len(data)


def test_only_the_first_hundred_problems_are_told_and_all_are_counted() -> None:
    batch = project(broken(b"\x15z\0") * 150 + document(ID))
    assert (len(batch.problems), batch.damaged, batch.lost, batch.rows.num_rows) == (100, 150, 150, 1)


def test_a_value_with_two_faults_is_told_once_a_place() -> None:
    bad = arr(text(b"\xff"), text(b"\xfe"))
    batch = projector([Column(Path(("a",)), role) for role in (Role.KEY, Role.TEXT)]).project(
        document(ID, ("a", bad))
    )
    assert (batch.damaged, batch.lost, batch.rows.num_rows) == (2, 0, 1)
    assert {(each.path, each.what) for each in batch.problems} == {("a", "the text is not UTF-8")}


@pytest.mark.parametrize("seed", SEEDS)
def test_every_changed_byte_gives_columns_or_named_outcomes(seed: Fields) -> None:
    sound = payload(Value(values.OBJECT, seed))
    walking = projector(COLUMNS)
    for at in range(len(sound)):
        for mask in (0x01, 0x10, 0x80, 0xFF):
            changed = sound[:at] + bytes((sound[at] ^ mask,)) + sound[at + 1 :]
            assert_sound(walking.project(changed), schema(COLUMNS))


@pytest.mark.parametrize("seed", SEEDS)
def test_every_cut_gives_columns_or_named_outcomes(seed: Fields) -> None:
    sound = payload(Value(values.OBJECT, seed))
    walking = projector(COLUMNS)
    for at in range(1, len(sound)):
        lost = walking.project(sound + sound[:at])
        assert_sound(lost, schema(COLUMNS))
        assert (lost.rows.num_rows, lost.lost) == (1, 1)
        shortened = pack("<i", at + 5) + sound[4 : at + 4] + b"\0"
        assert_sound(walking.project(shortened), schema(COLUMNS))


def nested(levels: int, kind: int = values.OBJECT) -> bytes:
    """The bytes of a value with so many levels."""
    inside = frame(b"")
    for _ in range(levels - 1):
        inside = frame(bytes((kind,)) + b"0\0" + inside)
    return inside


@pytest.mark.parametrize("kind", [values.OBJECT, values.ARRAY])
def test_ten_thousand_levels_are_told_where_wanted_and_passed_over_where_not(kind: int) -> None:
    data = frame(
        element(b"_id", integer(7))
        + bytes((kind,))
        + b"a\0"
        + nested(10_000, kind)
        + element(b"b", integer(1))
    )
    batch = project(data, "a", "b")
    (text,) = batch.rows["a@key"].to_pylist()
    assert text.startswith('${"$tooDeep":"')
    assert len(text) == len('${"$tooDeep":""}') + 64
    assert batch.rows["b@key"].to_pylist() == ["$1"]
    assert {(each.what, each.path, each.document_id, each.lost) for each in batch.problems} == {
        ("the value is nested too deeply", "a", "$7", False)
    }
    assert project(data, "b").problems == ()


def test_two_hundred_levels_are_read_and_one_more_is_not() -> None:
    shallow, deep = (frame(b"\x03a\0" + nested(levels)) for levels in (200, 201))
    assert project(shallow, "a").rows["a@key"].to_pylist() == ["$" + '{"0":' * 199 + "{}" + "}" * 199]
    assert project(deep, "a").damaged == 1


def test_values_that_are_too_deep_are_equal_if_their_bytes_are() -> None:
    deep = frame(b"\x03a\0" + nested(300))
    other = frame(b"\x03a\0" + nested(301))
    first, second, third = project(deep + deep + other, "a").rows["a@key"].to_pylist()
    assert first == second != third


def test_a_string_of_sixteen_megabytes_is_a_key() -> None:
    data = document(("a", text("x" * 16_000_000)))
    assert len(project(data, "a").rows["a@key"][0].as_py()) == 16_000_000


def test_arrays_of_a_hundred_thousand_elements_are_read() -> None:
    items = arr(*[obj(("x", integer(1)))] * 100_000)
    data = document(("l", items))
    batch = projector(
        [Column(Path.parse("l[].x"), Role.AMOUNT), Column(Path.parse("l[].x"), Role.KEY)]
    ).project(data)
    assert batch.rows["l[].x@each"].to_pylist() == [["$1"]]
    assert len(batch.rows["l[].x@amount"][0]) == 100_000


def test_a_hundred_thousand_fields_given_twice_are_read_in_time() -> None:
    inside = b"".join(element(b"f%d" % number, NULL) for number in range(50_000))
    batch = project(frame(inside * 2), "f49999")
    assert (batch.repeated, batch.rows.num_rows) == (1, 1)
