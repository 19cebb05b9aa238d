"""MongoDB's equality: what the keys say of two values, a row of its rules a test."""

from __future__ import annotations

from uuid import UUID

import pytest

from intact.core import values
from intact.core.paths import Path
from intact.project import Batch, Column, Role, projector
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

NAN = float("nan")
DIGITS = "0123456789abcdef01234567"
OBJECT_ID = Value(values.OBJECT_ID, bytes.fromhex(DIGITS))
UUID_BYTES = UUID("73ffd264-44b3-4c69-90e8-e7d1dfc035d4").bytes


def project(data: bytes, path: str = "a") -> Batch:
    return projector([Column(Path.parse(path), Role.KEY)]).project(data)


def key(value: Value) -> str | None:
    """The canonical text of a value."""
    found: str | None = project(document(("a", value))).rows["a@key"][0].as_py()
    return found


def each(value: Value, path: str = "a") -> list[str | None] | None:
    """The values that MongoDB sees at a path in a document whose field ``a`` has the value."""
    found: list[str | None] | None = project(document(("a", value)), path).rows[f"{path}@each"][0].as_py()
    return found


def test_whole_numbers_are_equal_whatever_their_type() -> None:
    fives = [integer(5), long(5), double(5.0), decimal(5), decimal(500, -2)]
    assert {key(five) for five in fives} == {"$5"}


def test_numbers_are_compared_exactly_beyond_what_doubles_hold() -> None:
    assert key(long(2**53 + 1)) == "$9007199254740993"
    assert key(double(2.0**53)) == "$9007199254740992"
    assert key(long(2**63 - 1)) != key(double(2.0**63))
    assert key(double(2.0**63)) == "$9223372036854775808" == key(decimal(2**63))


def test_a_decimal_tenth_is_not_the_double_nearest_to_it() -> None:
    assert key(double(0.1)) == "$0.1"
    assert key(decimal(1, -1)) == '${"$numberDecimal":"0.1"}' == key(decimal(100, -3))
    assert key(decimal(5, -1)) == "$0.5" == key(double(0.5))


def test_large_numbers_are_equal_across_types_too() -> None:
    assert key(double(1e22)) == key(decimal(1, 22)) == "$1e+22"
    assert key(double(1e23)) == "$1e+23"
    assert key(decimal(1, 23)) == '${"$numberDecimal":"1E+23"}', "no double is exactly 10**23"


def test_minus_zero_is_zero() -> None:
    assert {key(zero) for zero in (double(-0.0), integer(0), decimal(0, 300, negative=True))} == {"$0"}


def test_all_nan_are_one_and_infinities_are_two() -> None:
    other_nan = Value(values.DECIMAL, 0b111111 << 121 | 12345)
    assert key(double(NAN)) == key(double(-NAN)) == key(other_nan) == '${"$numberDouble":"NaN"}'
    infinite, minus = Value(values.DECIMAL, 0b11110 << 122), Value(values.DECIMAL, 0b111110 << 122)
    assert key(double(float("inf"))) == key(infinite) == '${"$numberDouble":"Infinity"}'
    assert key(double(float("-inf"))) == key(minus) == '${"$numberDouble":"-Infinity"}'


@pytest.mark.parametrize(
    "bits",
    [
        pytest.param(0b11 << 125 | 12345, id="the form for large coefficients"),
        pytest.param(6176 << 113 | 10**34, id="the first coefficient that is too large"),
        pytest.param(6176 << 113 | (1 << 113) - 1, id="the largest coefficient there is room for"),
    ],
)
def test_a_decimal_with_a_coefficient_that_is_too_large_is_zero(bits: int) -> None:
    assert key(Value(values.DECIMAL, bits)) == "$0"


def test_a_boolean_is_no_number() -> None:
    assert (key(TRUE), key(FALSE)) == ("$true", "$false")
    assert key(TRUE) != key(integer(1))


def test_a_string_is_never_an_object_id() -> None:
    assert key(OBJECT_ID) == f'${{"$oid":"{DIGITS}"}}'
    assert key(text(DIGITS)) == DIGITS
    assert key(text(f'${{"$oid":"{DIGITS}"}}')) == f'$"${{\\"$oid\\":\\"{DIGITS}\\"}}"'


def test_a_string_is_never_a_number_and_keeps_case_and_white_space() -> None:
    assert [key(text(each)) for each in ("5", "$5", " a", "A", "")] == ["5", '$"$5"', " a", "A", ""]


def test_binary_values_differ_by_subtype_length_and_bytes() -> None:
    uuid = [key(Value(values.BINARY, (subtype, UUID_BYTES))) for subtype in (0, 2, 3, 4)]
    assert uuid[3] == '${"$binary":{"base64":"c//SZESzTGmQ6OfR38A11A==","subType":"04"}}'
    assert len(set(uuid)) == 4
    assert key(Value(values.BINARY, (0, b"ab"))) != key(Value(values.BINARY, (0, b"ab\0")))


def test_a_date_is_no_timestamp_and_no_number() -> None:
    date, stamp = Value(values.DATE, 1_000), Value(values.TIMESTAMP, (1, 0))
    assert key(date) == '${"$date":"1970-01-01T00:00:01Z"}'
    assert key(stamp) == '${"$timestamp":{"t":1,"i":0}}'
    assert len({key(date), key(stamp), key(long(1_000)), key(integer(1))}) == 4


def test_dates_outside_1970_to_9999_are_still_different_dates() -> None:
    assert key(Value(values.DATE, -1)) == '${"$date":{"$numberLong":"-1"}}'
    assert key(Value(values.DATE, 253_402_300_799_999)) == '${"$date":"9999-12-31T23:59:59.999Z"}'
    assert key(Value(values.DATE, 253_402_300_800_000)) == '${"$date":{"$numberLong":"253402300800000"}}'


def test_regular_expressions_and_code_are_equal_to_themselves_only() -> None:
    texts = {
        key(Value(values.REGEX, (b"a", b"i"))),
        key(Value(values.REGEX, (b"ai", b""))),
        key(Value(values.REGEX, (b"a", b""))),
        key(text("a", values.CODE)),
        key(Value(values.CODE_WITH_SCOPE, (b"a", []))),
        key(text("a")),
        key(Value(values.DB_POINTER, (b"a", OBJECT_ID.content))),
        key(Value(values.MIN_KEY)),
        key(Value(values.MAX_KEY)),
    }
    assert len(texts) == 9


def test_the_order_of_fields_matters_in_an_embedded_document() -> None:
    one, other = obj(("x", integer(1)), ("y", integer(2))), obj(("y", integer(2)), ("x", integer(1)))
    assert key(one) == '${"x":1,"y":2}'
    assert key(one) != key(other)
    assert key(one) == key(obj(("x", double(1.0)), ("y", long(2))))


def test_no_embedded_document_passes_for_another_type() -> None:
    assert key(obj(("$oid", text(DIGITS)))) == f'${{"$$oid":"{DIGITS}"}}' != key(OBJECT_ID)
    assert key(obj(("$$oid", text(DIGITS)))) == f'${{"$$$oid":"{DIGITS}"}}'
    assert key(obj(("$numberDouble", text("NaN")))) != key(double(NAN))
    assert key(obj(("a", UNDEFINED))) != key(obj(("a", NULL)))


def test_null_undefined_and_a_missing_field_find_nothing_but_stay_three_kinds() -> None:
    rows = project(document(("a", NULL)) + document(("a", UNDEFINED)) + document()).rows
    assert rows["a@key"].to_pylist() == rows["a@each"].to_pylist() == [None] * 3
    assert rows["a#kind"].to_pylist() == [values.NULL, values.UNDEFINED, values.ABSENT]


def test_a_symbol_is_equal_to_its_text_and_stays_a_kind_of_its_own() -> None:
    rows = project(document(("a", text("x", values.SYMBOL))) + document(("a", text("x")))).rows
    assert rows["a@key"].to_pylist() == ["x", "x"]
    assert rows["a#kind"].to_pylist() == [values.SYMBOL, values.STRING]


def test_an_array_is_found_by_each_element_and_as_a_whole() -> None:
    assert key(arr(integer(1), text("b"))) == '$[1,"b"]'
    assert each(arr(integer(1), text("b"), NULL, double(1.0))) == ["$1", "b", None, "$1"]
    assert each(arr()) == []
    assert each(integer(1)) is None


def test_an_array_is_looked_into_one_level_deep() -> None:
    assert each(arr(arr(integer(1), integer(2)))) == ["$[1,2]"]


def test_a_path_through_an_array_of_objects_gives_the_set_of_all_values() -> None:
    items = arr(
        obj(("b", integer(1))),
        obj(),
        obj(("b", double(1.0))),
        integer(7),
        obj(("b", NULL)),
        arr(obj(("b", integer(9)))),
    )
    for path in ("a.b", "a[].b"):
        batch = project(document(("a", items)), path)
        assert batch.rows[f"{path}@each"].to_pylist() == [["$1", None]]
        assert batch.rows[f"{path}@key"].to_pylist() == [None]
        assert batch.rows[f"{path}#kind"].to_pylist() == [values.ARRAY]


def test_arrays_at_the_end_of_a_path_through_arrays_are_looked_into() -> None:
    items = arr(obj(("b", arr(integer(1), arr(integer(2))))), obj(("b", integer(3))))
    assert each(items, "a[].b") == ["$1", "$[2]", "$3"] == each(items, "a[].b[]")


def test_a_path_through_an_array_sees_a_plain_value_in_its_place() -> None:
    batch = project(document(("a", obj(("b", integer(5))))), "a[].b")
    assert batch.rows["a[].b#kind"].to_pylist() == [values.OBJECT]
    assert batch.rows["a[].b@each"].to_pylist() == [["$5"]]
    assert each(text("x"), "a[]") == ["x"]
    assert each(text("x"), "a[].b") is None


def test_a_path_through_a_scalar_is_missing() -> None:
    rows = project(document(("a", integer(1))), "a.b").rows
    assert (rows["a.b#kind"].to_pylist(), rows["a.b@key"].to_pylist()) == ([values.ABSENT], [None])


def test_of_a_field_given_twice_the_first_counts_and_the_document_is_counted() -> None:
    inner = obj(("b", integer(1)), ("b", integer(2)))
    batch = project(
        document(("a", inner), ("a", NULL)) + document(("a", inner)) + document(("c", NULL), ("c", NULL)),
        "a.b",
    )
    assert batch.rows["a.b@key"].to_pylist() == ["$1", "$1", None]
    assert (batch.repeated, batch.damaged) == (2, 0)


def test_an_id_given_twice_is_counted_too() -> None:
    batch = project(document(("_id", integer(1)), ("_id", integer(2))))
    assert batch.rows["_id"].to_pylist() == ["$1"]
    assert batch.repeated == 1


def test_a_text_that_is_not_utf8_is_equal_to_the_same_bytes_only_and_is_told() -> None:
    data = document(("_id", integer(1)), ("a", text(b"\xff"))) + document(("a", text("$invalid")))
    batch = project(data, "a")
    assert batch.rows["a@key"].to_pylist() == ['${"$invalidUtf8":"ff"}', '$"$invalid"']
    (problem,) = batch.problems
    assert (problem.what, problem.document_id, problem.path) == ("the text is not UTF-8", "$1", "a")
    assert (problem.found, problem.lost, problem.offset) == ("other bytes in a string", False, 16)
    assert key(obj(("$invalidUtf8", text("ff")))) != '${"$invalidUtf8":"ff"}'


def test_a_field_name_that_is_not_utf8_makes_a_value_of_its_own() -> None:
    inner = Value(values.OBJECT, [(b"\xff", integer(1))])
    batch = project(document(("a", inner)))
    assert batch.rows["a@key"].to_pylist() == ['${"$invalidUtf8:ff":1}']
    assert [problem.what for problem in batch.problems] == ["the field name is not UTF-8"]
    assert key(obj(("$invalidUtf8:ff", integer(1)))) == '${"$$invalidUtf8:ff":1}'
