"""Amounts in arrays and the currency of the element in which each lies: as a naive projection aligns them, in both."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intact.core import values
from intact.core.paths import Path
from intact.project import Column, Projector, Role
from intact.project.pure import PureProjector
from tests.project import naive
from tests.project.both import Both, needs_native
from tests.project.raw import NULL, TRUE, Fields, Value, arr, decimal, document, documents, integer, obj, text
from tests.project.strategies import DOCUMENTS, NUMBERS, SCALARS
from tests.support.native import missing, native_projector

PAIRS = {
    "l[].x": "l[].a",
    "l[]": "l[].b",
    "l[].b.x": "l[].b.a",
    "l[].l[].x": "l[].a",
    "l[].l[].b": "l[].l[].a",
    "l[].l[]": "l[].b.a",
    "a.l[].x": "a.l[].b",
    "a[].l[].b.x": "a[].l[].a",
}
COLUMNS = [
    column
    for amount, currency in PAIRS.items()
    for column in (
        Column(Path.parse(amount), Role.AMOUNT),
        Column(Path.parse(amount), Role.MONEY, Path.parse(currency)),
    )
]
PURE = PureProjector(COLUMNS)

CURRENCIES = st.sampled_from(
    [
        text("EUR"),
        text(" inr "),
        text(""),
        text("x" * 300),
        text("ü" * 257),
        NULL,
        TRUE,
        integer(5),
        arr(text("EUR")),
    ]
)
ODD = st.sampled_from([b"_id", b"ab", b"\xff"])


def _element(inside: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    """Build an element of an array, with an amount and a currency that are mostly there."""
    fields = st.lists(
        st.one_of(
            st.tuples(st.sampled_from([b"a", b"b"]), CURRENCIES),
            st.tuples(st.sampled_from([b"x", b"b"]), NUMBERS | SCALARS),
            st.tuples(st.sampled_from([b"l", b"b", b"a"]), inside),
            st.tuples(ODD, SCALARS),
        ),
        max_size=5,
    )
    return st.one_of(st.builds(Value, st.just(values.OBJECT), fields), NUMBERS, st.just(NULL), inside)


ARRAYS = st.recursive(
    st.builds(Value, st.just(values.ARRAY), st.lists(SCALARS, max_size=2)),
    lambda inside: st.builds(Value, st.just(values.ARRAY), st.lists(_element(inside), max_size=4)),
    max_leaves=8,
)
SHAPES: st.SearchStrategy[Fields] = st.lists(
    st.tuples(st.sampled_from([b"l", b"a", b"x"]), ARRAYS | CURRENCIES), max_size=4
)


@pytest.fixture(params=["pure", pytest.param("native", marks=needs_native)])
def projector(request: pytest.FixtureRequest) -> Projector:
    return PURE if request.param == "pure" else native_projector(COLUMNS, ())


def _expected(fields: Fields) -> dict[str, object]:
    whole = Value(values.OBJECT, fields)
    return {
        f"{amount}@money": naive.money(whole, Path.parse(amount), Path.parse(currency))
        for amount, currency in PAIRS.items()
    }


def _found(projector: Projector, *fields: Fields) -> list[dict[str, object]]:
    batch = projector.project(documents(list(fields)))
    batch.rows.validate(full=True)
    assert batch.lost == 0
    rows: list[dict[str, object]] = batch.rows.select([f"{amount}@money" for amount in PAIRS]).to_pylist()
    return rows


@given(fields=st.lists(SHAPES | DOCUMENTS, max_size=3))
def test_each_amount_has_the_currency_of_the_element_it_lies_in(fields: list[Fields]) -> None:
    expected = [_expected(each) for each in fields]
    assert _found(PURE, *fields) == expected
    if not missing():
        assert _found(native_projector(COLUMNS, ()), *fields) == expected


@needs_native
@given(st.lists(SHAPES, max_size=4), st.integers(0, 2**40))
def test_problems_and_repeats_beside_amounts_are_told_alike(fields: list[Fields], offset: int) -> None:
    Both(COLUMNS).compare_block(documents(fields), offset)


def test_amounts_without_a_currency_and_currencies_without_an_amount_stay_aligned(
    projector: Projector,
) -> None:
    """The table of shapes: a currency in some elements only, null, no text, and amounts that are wide, bad or null."""
    items = arr(
        obj(("x", integer(1)), ("a", text("EUR"))),
        obj(("x", integer(2))),
        obj(("a", text("INR"))),
        NULL,
        obj(("a", NULL), ("x", decimal(1, 20))),
        obj(("x", text("much")), ("a", integer(5))),
    )
    (found,) = _found(projector, [(b"l", items)])
    told = [(e["currency"], e["type"], e["kind"], e["amount"], e["wide"]) for e in found["l[].x@money"]]  # type: ignore[attr-defined]
    assert told == [
        ("EUR", values.STRING, values.INT, 1, None),
        (None, values.ABSENT, values.INT, 2, None),
        ("INR", values.STRING, values.ABSENT, None, None),
        (None, values.NULL, values.DECIMAL, None, "1" + "0" * 20),
        ("$5", values.INT, values.STRING, None, None),
    ]


@pytest.mark.parametrize(
    "currency", ["currency", "other[].currency", "l[].x[].currency", "l[]", "l.currency"]
)
@pytest.mark.parametrize("native", [False, pytest.param(True, marks=needs_native)])
def test_a_currency_that_is_not_beside_its_amount_is_refused(currency: str, *, native: bool) -> None:
    path = Path.parse("l[].x")
    columns = [Column(path, Role.AMOUNT), Column(path, Role.MONEY, Path.parse(currency))]
    with pytest.raises(ValueError, match="is not in the elements of the arrays in which"):
        native_projector(columns, ()) if native else PureProjector(columns)


def test_a_broken_currency_costs_its_document_and_no_other(projector: Projector) -> None:
    sound = document(("l", arr(obj(("x", integer(1)), ("a", text("EUR"))))))
    broken = sound.replace(b"\x04\0\0\0EUR", b"\x44\0\0\0EUR")
    assert broken != sound
    batch = projector.project(sound + broken + sound)
    assert (batch.documents, batch.lost, batch.rows.num_rows) == (3, 1, 2)
