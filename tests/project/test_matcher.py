"""The matcher reads what the walker reads, and leaves it what it cannot: fast and slow give the same batches."""

from __future__ import annotations

import random
from collections.abc import Iterator
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intact.core import values
from intact.core.paths import Path
from intact.project import Batch, Column, Role, pure
from intact.project.pure import PureProjector
from intact.project.walker import Row, Walker
from tests.project.raw import (
    NULL,
    TRUE,
    Fields,
    Value,
    arr,
    decimal,
    document,
    documents,
    double,
    integer,
    long,
    obj,
    text,
)
from tests.project.strategies import AMOUNT_TEXTS, DATE_TEXTS, NUMBERS, SCALARS, SIMPLE, TEXTS

ORDER: Fields = [
    (b"_id", Value(values.OBJECT_ID, bytes(range(12)))),
    (b"a", text("0b5ee1b5-7d3f-4a6e-8a3c-5b0a3b1c9d2e")),
    (b"b", Value(values.DATE, 1_700_000_000_123)),
    (b"unwanted", text("ring twice")),
    (b"o", obj(("b", text("x")), ("n", NULL), ("x", double(12.5)))),
    (b"address", obj(("street", text("MG Road")), ("geo", arr(double(18.5), double(73.8))))),
    (
        b"l",
        arr(
            obj(("n", text("milk")), ("x", double(0.1)), ("o", obj(("x", integer(1))))),
            obj(("n", text("curd")), ("x", long(2))),
        ),
    ),
    (b"x", TRUE),
    (b"tail", Value(values.BINARY, (4, bytes(16)))),
]
SCALAR = st.one_of(
    SCALARS,
    NUMBERS,
    st.builds(Value, st.just(values.STRING), TEXTS | (AMOUNT_TEXTS | DATE_TEXTS).map(str.encode)),
)


@pytest.fixture(autouse=True, scope="module")
def eager() -> Iterator[None]:
    """Learn from the first document on."""
    with mock.patch.object(pure, "_WORTH_LEARNING", 1), mock.patch.object(pure, "_WORTH_MATCHING", 1):
        yield


def assert_same(fast: Batch, slow: Batch) -> None:
    assert fast.rows.schema.equals(slow.rows.schema)
    assert fast.rows.to_pylist() == slow.rows.to_pylist()
    assert (fast.problems, fast.documents, fast.lost) == (slow.problems, slow.documents, slow.lost)
    assert (fast.damaged, fast.repeated) == (slow.damaged, slow.repeated)


def assert_learned_alike(data: bytes, *lessons: bytes) -> None:
    """Assert that what was learned from the lessons, and from the data, changes nothing."""
    learned = PureProjector(SIMPLE)
    for lesson in lessons:
        learned.project(lesson)
    slow = PureProjector(SIMPLE, learn=False).project(data, 1_000)
    assert_same(learned.project(data, 1_000), slow)
    assert_same(learned.project(data, 1_000), slow)


def walked(projector: PureProjector, data: bytes) -> int:
    """How many documents are left to the walker."""
    count = 0
    read = Walker.read

    def counted(self: Walker, data: bytes, start: int, end: int) -> Row:
        nonlocal count
        count += 1
        return read(self, data, start, end)

    with mock.patch.object(Walker, "read", counted):
        projector.project(data)
    return count


def test_documents_of_one_shape_are_not_walked() -> None:
    data = documents([ORDER] * 500)
    projector = PureProjector(SIMPLE)
    projector.project(data)
    assert walked(projector, data) == 0
    assert walked(PureProjector(SIMPLE, learn=False), data) == 500


def test_without_many_documents_nothing_is_learned() -> None:
    with mock.patch.object(pure, "_WORTH_LEARNING", 64):
        assert walked(PureProjector(SIMPLE), documents([ORDER] * 63)) == 63
        assert walked(PureProjector(SIMPLE), documents([ORDER] * 64)) == 0


def test_few_documents_are_walked_even_where_their_shape_is_known() -> None:
    projector = PureProjector(SIMPLE)
    projector.project(documents([ORDER] * 100))
    with mock.patch.object(pure, "_WORTH_MATCHING", 32):
        assert walked(projector, documents([ORDER] * 31)) == 31
        assert walked(projector, documents([ORDER] * 32)) == 0


def test_optional_fields_and_other_kinds_are_learned() -> None:
    variants = [
        ORDER,
        ORDER[:1] + ORDER[2:],
        [*ORDER[:1], (b"a", NULL), *ORDER[2:]],
        ORDER[:6],
        [(b"new", integer(1)), *ORDER],
    ]
    projector = PureProjector(SIMPLE)
    data = documents(variants * 30)
    projector.project(data)
    assert walked(projector, data) == 0
    assert_learned_alike(data)


def test_collections_with_documents_of_several_sorts_are_learned() -> None:
    data = documents([ORDER, list(reversed(ORDER))] * 50)
    projector = PureProjector(SIMPLE)
    projector.project(data)
    assert walked(projector, data) == 0
    assert_learned_alike(data)


def test_embedded_documents_of_several_sorts_are_learned() -> None:
    turned = [(name, Value(each.kind, each.content[::-1]) if name == b"o" else each) for name, each in ORDER]
    projector = PureProjector(SIMPLE)
    data = documents([ORDER, turned] * 50)
    projector.project(data)
    assert walked(projector, data) == 0
    assert_learned_alike(data)


def test_equal_bytes_of_different_kinds_stay_different_values() -> None:
    number, stamp = double(1.5), Value(values.TIMESTAMP, (0x3FF80000, 0))
    rows = PureProjector(SIMPLE).project(document(("k", number)) + document(("k", stamp))).rows
    assert rows["k@key"].to_pylist() == ["$1.5", '${"$timestamp":{"t":1073217536,"i":0}}']
    assert_learned_alike(document(("k", number)) + document(("k", stamp)))


def test_rows_keep_the_order_of_their_documents() -> None:
    some = [
        [(b"_id", integer(number)), *(ORDER[1:] if number % 3 else [(b"r", Value(values.REGEX, (b"", b"")))])]
        for number in range(200)
    ]
    projector = PureProjector(SIMPLE)
    for _ in range(2):
        assert projector.project(documents(some)).rows["_id"].to_pylist() == [
            f"${number}" for number in range(200)
        ]


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["_id", "a", "b", "x", "y"]), SCALAR, max_size=5),
        min_size=1,
        max_size=12,
    )
)
def test_scalars_of_every_kind_are_read_alike(some: list[dict[str, Value]]) -> None:
    assert_learned_alike(b"".join(document(*each.items()) for each in some))


ITEM = st.dictionaries(
    st.sampled_from(["n", "x", "o"]),
    SCALAR | st.dictionaries(st.sampled_from("bx"), SCALAR).map(lambda inner: obj(*inner.items())),
)


@given(st.lists(st.tuples(SCALAR, st.lists(ITEM, max_size=4), ITEM), min_size=1, max_size=8))
def test_arrays_and_embedded_documents_are_read_alike(
    some: list[tuple[Value, list[dict[str, Value]], dict[str, Value]]],
) -> None:
    assert_learned_alike(
        b"".join(
            document(
                ("a", scalar),
                ("l", arr(*(obj(*item.items()) for item in items))),
                ("o", obj(*embedded.items())),
            )
            for scalar, items, embedded in some
        )
    )


def test_every_changed_byte_is_read_alike() -> None:
    """A learned shape takes no document for something that it is not, whichever byte of it is wrong."""
    sound = documents([ORDER])
    changed = [
        sound[:at] + bytes((sound[at] ^ mask,)) + sound[at + 1 :]
        for at in range(4, len(sound))
        for mask in (0x01, 0x80, 0xFF, sound[at] or 0x02)
    ]
    assert_learned_alike(b"".join(changed), sound * 4)


@pytest.mark.spread(4)
@pytest.mark.parametrize("seed", range(20))
def test_documents_with_several_changed_bytes_are_read_alike(seed: int) -> None:
    chance = random.Random(seed)
    sound = documents([ORDER])
    changed = []
    for _ in range(200):
        one = bytearray(sound)
        for _ in range(chance.randint(1, 3)):
            one[chance.randrange(4, len(one))] = chance.choice((0, 1, 2, 3, 4, 36, chance.randrange(256)))
        changed.append(bytes(one))
    assert_learned_alike(b"".join(changed), sound * 4)


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param([(b"a", text("$5"))], id="text that looks like canonical text"),
        pytest.param([(b"a", text(b"\xff"))], id="text that is not UTF-8"),
        pytest.param([(b"k", text("$5"))], id="a key that looks like canonical text"),
        pytest.param([(b"k", text(b"\xff"))], id="a key that is not UTF-8"),
        pytest.param([(b"k", text(b"\xff" * 257))], id="a long key that is not UTF-8"),
        pytest.param([(b"k", text(b"\xed\xa0\x80"))], id="half of a surrogate pair as a key"),
        pytest.param([(b"a", text("ü" * 257))], id="text that is cut"),
        pytest.param([(b"a", long(-(2**63)))], id="the least number"),
        pytest.param([(b"a", double(0.001))], id="a small double"),
        pytest.param([(b"a", double(float("nan")))], id="NaN"),
        pytest.param([(b"a", decimal(1, -30))], id="a wide decimal"),
        pytest.param([(b"b", Value(values.DATE, -1))], id="a date before 1970"),
        pytest.param([(b"a", arr(text("x")))], id="an array as a key"),
        pytest.param([(b"a", obj())], id="an embedded document as a key"),
        pytest.param([(b"o", arr(obj(("b", integer(1)))))], id="an array on the way"),
        pytest.param(
            [
                (
                    b"l",
                    arr(
                        *(obj(("x", each)) for each in (long(2), NULL, text("2"), long(2), double(2.0), NULL))
                    ),
                )
            ],
            id="equal values in an array",
        ),
        pytest.param([(b"l", text("x"))], id="text where an array is wanted"),
        pytest.param([(b"l", arr(NULL))], id="an array of something else than documents"),
        pytest.param([(b"l", arr(obj(("x", text("bad")))))], id="a bad amount in an array"),
        pytest.param([(b"l", arr(obj(("x", double(1e15)))))], id="a wide amount in an array"),
        pytest.param([(b"l", arr(obj(("x", text("$5")))))], id="odd text in an array"),
        pytest.param([(b"l", arr(*[obj(("x", integer(1)))] * 1001))], id="a long array"),
        pytest.param([(b"a", NULL), (b"a", NULL)], id="a field twice"),
        pytest.param([(b"o", obj(("b", NULL), ("b", NULL)))], id="an embedded field twice"),
        pytest.param([(b"u", Value(values.BINARY, (2, b"ab")))], id="an unwanted binary of the old subtype"),
        pytest.param(
            [(b"u", obj(("deep", obj(("deep", obj(("deep", obj())))))))], id="unwanted deep documents"
        ),
        pytest.param([(b"u", arr(*[NULL] * 1001))], id="an unwanted long array"),
        pytest.param([(b"u", text("a\0b"))], id="an unwanted text with a zero byte"),
        pytest.param([(b"a", text("a\0b"))], id="a text with a zero byte"),
        pytest.param([(b"a", text(""))], id="an empty text"),
        pytest.param(
            [(b".*", integer(1)), (b"(", integer(1)), (b"\n", integer(1))],
            id="names that mean something to re",
        ),
        pytest.param([(b"_id", obj(("x", integer(1))))], id="an embedded document as _id"),
        pytest.param(
            [(b"n%03d" % number, text("x" * number)) for number in range(250)], id="very many fields"
        ),
        pytest.param(
            [(b"n%03d" % number, obj(("x", NULL))) for number in range(40)], id="many embedded documents"
        ),
    ],
)
def test_what_a_matcher_cannot_read_is_read_all_the_same(odd: Fields) -> None:
    lesson = documents([ORDER] * 3)
    assert_learned_alike(documents([ORDER, odd, ORDER, odd]), lesson)
    assert_learned_alike(documents([odd] * 5), lesson)


def test_a_collection_of_ever_new_fields_is_still_read() -> None:
    some = documents(
        [[(b"f%d" % number, integer(number)), (b"a", integer(number))] for number in range(2_000)]
    )
    assert_learned_alike(some)


def test_large_blocks_are_matched_in_pieces() -> None:
    with mock.patch.object(pure, "_CHUNK", 700):
        assert_learned_alike(documents([ORDER, [(b"a", NULL)]] * 40))


def test_paths_that_only_the_walker_can_read_keep_everything_from_being_matched() -> None:
    columns = [Column(Path.parse("l[].m[].x"), Role.AMOUNT), Column(Path.parse("a"), Role.KEY)]
    projector = PureProjector(columns)
    assert walked(projector, documents([ORDER] * 10)) == 10
