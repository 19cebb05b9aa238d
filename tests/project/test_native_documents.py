"""The native projector on documents that nobody would write: it gives what the pure one gives, problems and all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intact.core import values
from intact.core.paths import Path
from intact.project import Batch, Column, Role
from intact.project.pure import PureProjector
from tests.project.both import Both, needs_native
from tests.project.raw import (
    NULL,
    TRUE,
    Fields,
    Value,
    arr,
    document,
    documents,
    double,
    frame,
    integer,
    obj,
    payload,
    text,
)
from tests.project.strategies import COLUMNS, DOCUMENTS
from tests.project.wild import COLUMN_SETS, Wild

LOTS = 110_000
SEEDS = 22
SAMPLES: dict[str, Fields] = {
    "a usual one": [
        (b"_id", Value(values.OBJECT_ID, bytes(range(12)))),
        (b"a", text("key")),
        (b"b", Value(values.DATE, 1_700_000_000_123)),
        (b"k", text("2026-01-31T10:30Z")),
        (b"x", text(" 12.50")),
        (b"n", TRUE),
        (b"o", obj(("a", text("inside")), ("x", double(12.5)), ("n", NULL))),
        (b"l", arr(obj(("x", double(0.1)), ("o", obj(("x", integer(1))))), obj(("x", text("2"))))),
    ],
    "one of odd types": [
        (
            b"a",
            obj(
                ("r", Value(values.REGEX, (b"p", b"i"))),
                ("c", Value(values.CODE_WITH_SCOPE, (b"f", [(b"s", NULL)]))),
            ),
        ),
        (b"b", Value(values.BINARY, (2, b"old"))),
        (b"x", Value(values.DB_POINTER, (b"ns", bytes(12)))),
        (b"k", Value(values.TIMESTAMP, (1, 2))),
        (b"l", Value(values.DECIMAL, (6176 - 2) << 113 | 12345)),
        (b"o", Value(values.MIN_KEY)),
    ],
    "one with arrays in arrays": [
        (b"_id", arr(integer(1))),
        (b"l", arr(arr(obj(("x", integer(1)))), obj(("l", arr(obj(("x", text("5"))), NULL))), text("x"))),
        (b"a", arr(obj(("b", text("x"))), obj(("b", arr(text("x"), text("y")))))),
        (b"a", text("again")),
    ],
}
MASKS = (*(1 << bit for bit in range(8)), 0xFF)

pytestmark = needs_native


@pytest.mark.spread(3)
@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_hundred_thousand_wild_documents_are_read_alike(seed: int) -> None:
    made = list(Wild(seed).documents(LOTS // SEEDS))
    for name in list(COLUMN_SETS)[seed % 3 :: 3]:  # of each document a third, of each set as many
        both = Both(COLUMN_SETS[name])
        both.compare(made)
        assert both.compared == len(made)
        assert both.damaged > len(made) / 8, f"too few of them are broken to mean anything: {name}"


@pytest.mark.spread(2)
@pytest.mark.parametrize("name", COLUMN_SETS)
def test_sound_documents_are_read_alike_in_blocks_of_any_size(name: str) -> None:
    both = Both(COLUMN_SETS[name])
    made = list(Wild(77, broken=0).documents(1_000))
    for at_once in (1, 7, 64, 1_000):
        both.compare(made, at_once)


@given(st.lists(DOCUMENTS, max_size=3))
def test_whatever_hypothesis_builds_is_read_alike(fields: list[Fields]) -> None:
    Both(COLUMNS).compare_block(documents(fields))


@given(st.binary(max_size=200), st.integers(0, 2**40))
def test_any_bytes_are_read_alike(data: bytes, offset: int) -> None:
    Both(COLUMNS).compare_block(data, offset)


@given(st.binary(max_size=80), st.integers(0, 2**40))
def test_any_bytes_in_a_sound_frame_are_read_alike(inside: bytes, offset: int) -> None:
    Both(COLUMNS).compare_block(frame(inside) * 2, offset)


def changed(sound: bytes, places: range) -> Iterator[bytes]:
    """Give the document with every bit of these bytes turned, and with every byte as some others."""
    for at in places:
        for new in {sound[at] ^ mask for mask in MASKS} | {0, 1, 2, 4, 5, 0x13, 0x7F, 0x80}:
            if new != sound[at]:
                yield sound[:at] + bytes((new,)) + sound[at + 1 :]


@pytest.mark.spread(2)
@pytest.mark.parametrize("sample", SAMPLES)
def test_every_changed_byte_is_read_alike(sample: str) -> None:
    sound = payload(Value(values.OBJECT, SAMPLES[sample]))
    for columns in COLUMN_SETS.values():
        both = Both(columns)
        both.compare(changed(sound, range(4, len(sound))))
        for lying in changed(sound, range(4)):  # its own length, which ends the block
            both.compare_block(sound + lying + sound)
        assert both.compared > 8 * len(sound)


@pytest.mark.spread(2)
@pytest.mark.parametrize("sample", SAMPLES)
def test_every_truncation_is_read_alike(sample: str) -> None:
    sound = payload(Value(values.OBJECT, SAMPLES[sample]))
    for columns in COLUMN_SETS.values():
        both = Both(columns)
        for at in range(len(sound)):
            both.compare_block(sound + sound[:at], 7)
        both.compare(pack("<i", at + 5) + sound[4 : at + 4] + b"\0" for at in range(len(sound) - 4))


@pytest.mark.spread(1)
@pytest.mark.parametrize("seed", range(5))
def test_broken_documents_are_read_alike_where_the_frame_lies_too(seed: int) -> None:
    """Blocks cut anywhere, and with wrong lengths in the middle: how much is lost, and where, is the same."""
    wild, both = Wild(1_000 + seed), Both(COLUMN_SETS["every role at the top"])
    for _ in range(1_000):
        data = bytearray(b"".join(wild.documents(wild.chance.randrange(4))))
        for _ in range(wild.chance.randrange(4)):
            at = wild.chance.randrange(len(data) + 1)
            data[at : at + wild.chance.randrange(5)] = wild.chance.randbytes(wild.chance.randrange(5))
        both.compare_block(bytes(data), wild.chance.randrange(2**40))


def test_only_the_first_hundred_problems_of_a_block_are_told_and_they_are_the_same() -> None:
    both = Both(COLUMN_SETS["everything"])
    made = list(Wild(5, broken=1).documents(2_000))
    assert not both.difference(b"".join(made))
    assert both.damaged > 1_000


def test_a_value_as_deep_as_can_be_is_read_alike() -> None:
    both = Both(COLUMN_SETS["every role inside"] + COLUMN_SETS["one key"])
    for levels in (1, 2, 198, 199, 200, 201, 202, 1_000, 10_000):
        for kind in (b"\x03", b"\x04"):
            inside = frame(b"")
            for _ in range(levels - 1):
                inside = frame(kind + b"o\0" + inside)
            both.compare([frame(b"\x03a\0" + inside), frame(b"\x04o\0" + frame(b"\x030\0" + inside))])
            scope = b"\1\0\0\0\0" + inside
            both.compare([frame(b"\x0fa\0" + pack("<i", len(scope) + 4) + scope)])


class Mistaken:
    """A projector that is wrong about documents with a certain text in them."""

    parallel = False

    def __init__(self, columns: list[Column]) -> None:
        self._pure = PureProjector(columns, learn=False)
        self.schema = self._pure.schema

    def begin(self) -> None:
        self._pure.begin()

    def project(self, data: bytes | memoryview, offset: int = 0) -> Batch:
        batch = self._pure.project(bytes(data).replace(b"wrong", b"right"), offset)
        return replace(batch, repeated=batch.repeated + (bytes(data).count(b"together") > 1))


def test_a_difference_is_told_with_the_document_it_shows_on() -> None:
    columns = [Column(Path.parse("a"), Role.KEY)]
    sound = [document(("a", integer(number))) for number in range(100)]
    one = document(("a", text("wrong")))
    with pytest.raises(pytest.fail.Exception) as caught:
        Both(columns, Mistaken(columns)).compare([*sound, one, *sound])
    assert f"a document of {len(one)} bytes, {one.hex()}:" in str(caught.value)
    assert "a@key of row 0: native 'right', pure 'wrong'" in str(caught.value)


def test_a_difference_that_takes_two_documents_is_told_with_both_and_no_other() -> None:
    columns = [Column(Path.parse("a"), Role.KEY)]
    sound = [document(("a", integer(number))) for number in range(20)]
    half = document(("a", text("together")))
    with pytest.raises(pytest.fail.Exception) as caught:
        Both(columns, Mistaken(columns)).compare([*sound, half, *sound, half, *sound], 100)
    assert f"2 documents together, {half.hex()}, {half.hex()}:" in str(caught.value)
    assert "repeated: native 1, pure 0" in str(caught.value)
