"""Hopping over documents in native code: it stops where the hop in Python stops, whatever the bytes are."""

from __future__ import annotations

from random import Random
from struct import pack

from hypothesis import example, given
from hypothesis import strategies as st

from intact.core import native
from intact.sources.files.bson_head import LARGEST, SMALLEST
from intact.sources.files.framing import _hop
from tests.project.both import needs_native
from tests.project.wild import Wild

pytestmark = needs_native


def assert_same(data: bytes, at: int) -> None:
    assert native.MODULE is not None
    assert native.MODULE.hop(data, at) == _hop(data, at)


@given(st.binary(max_size=300), st.integers(0, 310))
@example(b"", 0)
@example(b"\5\0\0\0\0", 5)
@example(b"\5\0\0\0\0", 6)
def test_any_bytes_from_anywhere(data: bytes, at: int) -> None:
    assert_same(data, at)


def test_documents_with_terminators_and_lengths_that_lie_between_them() -> None:
    lengths = (-1, 0, 1, 4, 5, 6, 2**31 - 1, -(2**31), LARGEST, LARGEST + 1, SMALLEST - 1)
    stops = set()
    for seed in range(2_000):
        chance = Random(seed)
        pieces = [*Wild(seed).documents(chance.randrange(6)), pack("<i", chance.choice(lengths))]
        chance.shuffle(pieces)
        data = b"".join(pieces)
        data = data[: chance.randrange(len(data) + 1)] if chance.random() < 0.5 else data
        for at in (0, len(data), chance.randrange(len(data) + 1)):
            assert_same(data, at)
        stops.add(_hop(data, 0))
    assert len(stops) > 1_000


def test_a_document_of_the_largest_size_and_one_that_is_larger() -> None:
    for size in (LARGEST - 1, LARGEST, LARGEST + 1):
        for there in (size - 1, size, size + 3, size + 9):
            assert_same(pack("<i", size) + bytes(there - 4), 0)


def test_every_truncation_of_some_documents() -> None:
    data = b"".join(Wild(1, broken=0).documents(12))
    for end in range(len(data) + 1):
        assert_same(data[:end], 0)
