"""What counts as an amount, and its exact value."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from intact.core import values
from intact.core.paths import Path
from intact.project import Column, Role, projector
from tests.project.raw import (
    FALSE,
    NULL,
    TRUE,
    UNDEFINED,
    Value,
    arr,
    decimal,
    document,
    double,
    integer,
    long,
    obj,
    text,
)

WIDE_SPACE = "\u3000\u2029\x85\xa0"


def cells(value: Value | None, path: str = "a") -> dict[str, Any]:
    """The cells of the amount at a path in a document whose field ``a`` has the value."""
    data = document(*([] if value is None else [("a", value)]))
    row = projector([Column(Path.parse(path), Role.AMOUNT)]).project(data).rows.to_pylist()[0]
    return {name.removeprefix(path): cell for name, cell in row.items() if name != "_id"}


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        (integer(-7), "-7"),
        (long(99_999_999_999), "99999999999"),
        (double(0.1), "0.1"),
        (double(0.1 + 0.2), "0.30000000000000004"),
        (double(1e10), "10000000000"),
        (double(99999999999.99), "99999999999.99"),
        (double(-0.0), "0"),
        (double(1e-18), "0.000000000000000001"),
        (double(0.012345678901234568), "0.012345678901234568"),
        (decimal(1234, -2), "12.34"),
        (decimal(10**33, -33), "1"),
        (decimal(0, 6111), "0"),
        (decimal(5, 3, negative=True), "-5000"),
        (text("12.50"), "12.5"),
        (text("+007"), "7"),
        (text("-0.0"), "0"),
        (text(f"{WIDE_SPACE}-12.5\n"), "-12.5"),
        (text("0" * 50 + "1." + "0" * 50), "1"),
        (text("5", values.SYMBOL), "5"),
    ],
)
def test_amounts_are_exact(value: Value, amount: str) -> None:
    found = cells(value)
    assert found["@amount"] == Decimal(amount)
    assert (found["#kind"], found["@wide"], found["@bad"]) == (value.kind, None, None)


@pytest.mark.parametrize(
    ("value", "wide"),
    [
        (long(100_000_000_000), "100000000000"),
        (long(-(2**63)), "-9223372036854775808"),
        (double(1e11), "100000000000"),
        (double(1e22), "10000000000000000000000"),
        (double(1e-19), "0.0000000000000000001"),
        (double(0.00123456789012345678), "0.0012345678901234567"),
        (decimal(1, -19), "0.0000000000000000001"),
        (decimal(12, 30, negative=True), "-12" + "0" * 30),
        (text("100000000000.5"), "100000000000.5"),
        (text("0." + "0" * 18 + "1"), "0." + "0" * 18 + "1"),
        (text("9" * 5_000), "9" * 5_000),
    ],
)
def test_amounts_too_large_or_too_fine_for_a_sum_keep_all_digits(value: Value, wide: str) -> None:
    found = cells(value)
    assert (found["@amount"], found["@wide"], found["@bad"]) == (None, wide, None)


@pytest.mark.parametrize(
    ("value", "bad"),
    [
        (TRUE, "$true"),
        (FALSE, "$false"),
        (double(float("nan")), '${"$numberDouble":"NaN"}'),
        (double(float("-inf")), '${"$numberDouble":"-Infinity"}'),
        (Value(values.DECIMAL, 0b11110 << 122), '${"$numberDouble":"Infinity"}'),
        (Value(values.DATE, 0), '${"$date":"1970-01-01T00:00:00Z"}'),
        (arr(integer(1)), "$[1]"),
        (obj(("a", integer(1))), '${"a":1}'),
        *(
            (text(each), each)
            for each in (
                "",
                " ",
                "abc",
                "1,5",
                "1e5",
                ".5",
                "5.",
                "--1",
                "+",
                "1 2",
                "٣",
                "½",
                "0x10",
                "1_000",
                "NaN",
                "1\0",
                "\u200b1",
                "\x1c1",
            )
        ),
        (text("$5"), '$"$5"'),
        (text(b"5\xff"), '${"$invalidUtf8":"35ff"}'),
        (text("x" * 300), "x" * 256 + "…"),
    ],
)
def test_everything_else_is_a_bad_amount_and_is_shown(value: Value, bad: str) -> None:
    found = cells(value)
    assert (found["#kind"], found["@amount"], found["@wide"], found["@bad"]) == (value.kind, None, None, bad)


@pytest.mark.parametrize("value", [None, NULL, UNDEFINED])
def test_no_amount_is_no_bad_amount(value: Value | None) -> None:
    kind = value.kind if value else values.ABSENT
    assert cells(value) == {"#kind": kind, "@amount": None, "@wide": None, "@bad": None}


def test_an_array_on_the_way_to_a_single_amount_is_bad() -> None:
    found = cells(arr(obj(("b", integer(1)))), "a.b")
    assert (found["#kind"], found["@amount"], found["@bad"]) == (values.ARRAY, None, '$[{"b":1}]')


def test_amounts_in_an_array_are_one_for_each_element_that_is_an_object() -> None:
    found = cells(
        arr(
            obj(("t", integer(1))), obj(), obj(("t", NULL)), obj(("t", text("2.5"))), obj(("t", double(1e12)))
        ),
        "a[].t",
    )
    assert found["#kind"] == values.ARRAY
    assert found["@amount"] == [Decimal(1), None, None, Decimal("2.5"), None]
    assert found["@kinds"] == [values.INT, values.ABSENT, values.NULL, values.STRING, values.DOUBLE]
    assert found["@wide"] == ["1000000000000"]
    assert found["@bad"] is None


def test_bad_amounts_and_bad_elements_name_the_part_of_the_path() -> None:
    found = cells(arr(obj(("t", text("x"))), NULL, integer(5), obj(("t", arr()))), "a[].t")
    assert (found["@amount"], found["@kinds"]) == ([None, None], [values.STRING, values.ARRAY])
    assert found["@bad"] == [
        {"field": "a[].t", "kind": values.STRING, "text": "x"},
        {"field": "a", "kind": values.NULL, "text": "$null"},
        {"field": "a", "kind": values.INT, "text": "$5"},
        {"field": "a[].t", "kind": values.ARRAY, "text": "$[]"},
    ]


def test_a_container_that_is_no_array_is_bad_and_has_no_amounts() -> None:
    found = cells(text("x"), "a[].t")
    assert (found["#kind"], found["@amount"], found["@kinds"], found["@wide"]) == (
        values.STRING,
        [],
        [],
        None,
    )
    assert found["@bad"] == [{"field": "a", "kind": values.STRING, "text": "x"}]


@pytest.mark.parametrize("value", [None, NULL, UNDEFINED])
def test_a_container_that_is_not_there_has_no_lists(value: Value | None) -> None:
    kind = value.kind if value else values.ABSENT
    assert cells(value, "a[].t") == {
        "#kind": kind,
        "@amount": None,
        "@kinds": None,
        "@wide": None,
        "@bad": None,
    }


def test_an_empty_array_has_no_amounts() -> None:
    assert cells(arr(), "a[].t") == {
        "#kind": values.ARRAY,
        "@amount": [],
        "@kinds": [],
        "@wide": None,
        "@bad": None,
    }


def test_amounts_in_arrays_of_arrays_are_gathered_in_order() -> None:
    lines = arr(
        obj(("m", arr(obj(("t", integer(1))), obj(("t", integer(2)))))),
        obj(("m", NULL)),
        obj(("m", integer(9))),
        obj(("m", arr(obj(("t", integer(3))), NULL))),
    )
    found = cells(lines, "a[].m[].t")
    assert found["@amount"] == [Decimal(1), Decimal(2), Decimal(3)]
    assert found["@bad"] == [
        {"field": "a[].m", "kind": values.INT, "text": "$9"},
        {"field": "a[].m", "kind": values.NULL, "text": "$null"},
    ]


def test_an_array_can_hold_the_amounts_themselves() -> None:
    found = cells(arr(integer(1), NULL, text("x"), arr(integer(2))), "a[]")
    assert found["@amount"] == [Decimal(1), None, None, None]
    assert found["@kinds"] == [values.INT, values.NULL, values.STRING, values.ARRAY]
    assert [bad["field"] for bad in found["@bad"]] == ["a[]", "a[]"]
