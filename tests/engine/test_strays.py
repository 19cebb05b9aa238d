"""References that are none of the keys: those that a walk over all of them finds, letter by letter."""

from __future__ import annotations

import random
import sys
from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intact.engine import DuckEngine, Texts, duck, strays
from intact.engine.table import text_buffers
from tests.project.both import needs_native

pytestmark = needs_native

SCHEMA = pa.schema([("k", pa.string()), ("each", pa.list_(pa.string()))])
TEXT = st.sampled_from(["", "a", "b", "ab", "ä", "a\0", "$1", "x" * 40, "x" * 39 + "y", "e\u0301"])
ROW = st.tuples(st.none() | TEXT, st.none() | st.lists(st.none() | TEXT, max_size=3))
BATCHES = st.lists(st.lists(ROW, max_size=5), max_size=4)

Rows = list[list[tuple[str | None, list[str | None] | None]]]


def engine_of(held: float = 0.6, memory: int = 64 * 10**6, **tables: Rows) -> DuckEngine:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duck, "_HELD", held)
        engine = DuckEngine(memory)
        for name, batches in tables.items():
            engine.create(name, SCHEMA)
            for rows in batches:
                columns = [
                    pa.array([row[at] for row in rows], type_) for at, type_ in enumerate(SCHEMA.types)
                ]
                engine.load(name, [pa.record_batch(columns, schema=SCHEMA)])
    return engine


def walked(references: Rows, keys: Rows, *, arrays: bool) -> list[tuple[int, str, bool]]:
    """Give what finds nothing: single texts of rows without an array, and each element of an array once."""
    known = {row[0] for batch in keys for row in batch}
    if arrays:
        known |= {text for batch in keys for row in batch for text in row[1] or ()}
    found = []
    for number, (single, each) in enumerate(row for batch in references for row in batch):
        values = {single} if each is None or not arrays else {*each}
        found += [(number, text, arrays and each is not None) for text in values - known if text is not None]
    return sorted(found)


@pytest.mark.parametrize("arrays", [False, True])
@settings(max_examples=200, deadline=None)
@given(references=BATCHES, keys=BATCHES)
def test_what_finds_no_key_is_what_a_walk_finds(arrays: bool, references: Rows, keys: Rows) -> None:
    each = "each" if arrays else None
    with engine_of(r=references, k=keys) as engine:
        found = strays(engine, Texts("r", "k", each), Texts("k", "k", each))
    assert found is not None
    assert sorted(zip(*found.to_pydict().values(), strict=True)) == walked(references, keys, arrays=arrays)


def test_a_hundred_thousand_references_are_told_as_sets_tell_them() -> None:
    chance = random.Random(3)
    keys = [f"{chance.getrandbits(40):010x}-{number}" for number in range(60_000)]
    texts = [chance.choice(keys) if chance.random() < 0.9 else f"{chance.random()}" for _ in range(100_000)]
    rows: Rows = [[(text, None) for text in texts[at : at + 7_777]] for at in range(0, len(texts), 7_777)]
    with engine_of(memory=10**9, r=rows, k=[[(key, None) for key in keys + keys[:99]]]) as engine:
        found = strays(engine, Texts("r", "k", None), Texts("k", "k", None))
    assert found is not None
    known = set(keys)
    assert found["_row"].to_pylist() == [at for at, text in enumerate(texts) if text not in known]


@pytest.mark.parametrize("why", ["pure", "copied", "no room"])
def test_where_it_cannot_be_told_in_memory_the_engine_is_left_to_join(
    why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if why == "pure":
        monkeypatch.setenv("INTACT_PROJECTOR", "pure")
    if why == "no room":
        monkeypatch.setattr(sys.modules[strays.__module__], "_SHARE", 10**9)
    rows: Rows = [[("a", None)]]
    with engine_of(0 if why == "copied" else 0.6, r=rows, k=rows) as engine:
        assert strays(engine, Texts("r", "k", None), Texts("k", "k", None)) is None


def test_texts_that_begin_within_their_memory_are_handed_over_from_there() -> None:
    offsets, letters = text_buffers(pa.array(["ab", "", "cde", "f"]).slice(1, 2))
    ends = [int.from_bytes(offsets[at : at + 4], "little") for at in range(0, len(offsets), 4)]
    assert [letters[a:b] for a, b in pairwise(ends)] == [b"", b"cde"]
    assert text_buffers(pa.array([], pa.string()))[1] == b""
