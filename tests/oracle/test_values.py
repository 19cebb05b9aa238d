"""Facts about single values: equality, order, JSON, amounts, dates, near misses."""

import uuid
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from bson.binary import Binary
from bson.code import Code
from bson.datetime_ms import DatetimeMS
from bson.decimal128 import Decimal128
from bson.int64 import Int64
from bson.max_key import MaxKey
from bson.min_key import MinKey
from bson.objectid import ObjectId
from bson.regex import Regex
from bson.timestamp import Timestamp

from tests.oracle.near import differences
from tests.oracle.values import (
    MISSING,
    UNDEFINED,
    Symbol,
    first_wins,
    id_json,
    identity,
    local_month,
    milliseconds,
    order,
    read_amount,
    read_date,
    shown_json,
    total,
    trim,
    type_name,
)

HEX = "65a1b2c3d4e5f60718293a4b"
UUID = uuid.UUID("0a1b2c3d-4e5f-4678-9abc-def012345678")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (5, 5.0),
        (5, Int64(5)),
        (5, Decimal128("5.00")),
        (0.0, -0.0),
        (float("nan"), Decimal128("NaN")),
        (0.5, Decimal128("0.5")),
        (None, MISSING),
        (None, UNDEFINED),
        ("a", Symbol("a")),
        ([1, {"a": 2}], [1.0, {"a": Int64(2)}]),
        (datetime(2026, 1, 1), datetime(2026, 1, 1, 5, 30, tzinfo=timezone(timedelta(hours=5.5)))),
        (b"ab", Binary(b"ab", 0)),
        (UUID, Binary(UUID.bytes, 4)),
    ],
)
def test_these_are_equal(left: Any, right: Any) -> None:
    assert identity(left) == identity(right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (HEX, ObjectId(HEX)),
        (True, 1),
        (0.1, Decimal128("0.1")),
        (2**53 + 1, float(2**53)),
        (Binary(UUID.bytes, 3), Binary(UUID.bytes, 4)),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ([1], 1),
        ("a", Code("a")),
        ("", None),
        (datetime(2026, 1, 1), Timestamp(1767225600, 0)),
        ("A", "a"),
    ],
)
def test_these_are_not_equal(left: Any, right: Any) -> None:
    assert identity(left) != identity(right)


def test_values_stand_in_mongodbs_order() -> None:
    sorted_values: list[Any] = [
        MinKey(),
        None,
        float("nan"),
        float("-inf"),
        -1,
        Decimal128("0.1"),
        0.1,
        2**53,
        2**53 + 1,
        float("inf"),
        "",
        "B",
        "a",
        "é",
        {},
        {"a": 1},
        {"b": 1},
        {"a": "x"},
        [],
        [1],
        [1, 1],
        Binary(b"z", 0),
        Binary(b"aa", 0),
        Binary(b"aa", 4),
        ObjectId(HEX),
        False,
        True,
        datetime(2026, 1, 1),
        Timestamp(1, 1),
        Regex("a"),
        Code("a"),
        Code("a", {"x": 1}),
        MaxKey(),
    ]
    backwards = sorted_values[::-1]
    assert sorted(backwards, key=order) == sorted_values


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("ord-1", "ord-1"),
        (5, 5),
        (5.0, 5),
        (-0.0, 0),
        (Decimal128("5.00"), 5),
        (Int64(2**60), 2**60),
        (0.5, 0.5),
        (Decimal128("0.50"), 0.5),
        (Decimal128("0.10"), {"$numberDecimal": "0.1"}),
        (float("nan"), {"$numberDouble": "NaN"}),
        (Decimal128("Infinity"), {"$numberDouble": "Infinity"}),
        (Decimal128("-Infinity"), {"$numberDouble": "-Infinity"}),
        (float("inf"), {"$numberDouble": "Infinity"}),
        (float("-inf"), {"$numberDouble": "-Infinity"}),
        (True, True),
        (None, None),
        (ObjectId(HEX), {"$oid": HEX}),
        (Binary(b"\x00" * 16, 4), {"$binary": {"base64": "AAAAAAAAAAAAAAAAAAAAAA==", "subType": "04"}}),
        (datetime(2026, 1, 5, 4), {"$date": "2026-01-05T04:00:00Z"}),
        ({"a": [5.0, ObjectId(HEX)]}, {"a": [5, {"$oid": HEX}]}),
        (Code("f()"), {"$code": "f()"}),
    ],
)
def test_an_id_in_json(value: Any, form: Any) -> None:
    assert id_json(value) == form
    assert type(id_json(value)) is type(form)


def test_a_date_that_is_only_shown_is_iso_text_in_utc() -> None:
    assert shown_json(datetime(2026, 1, 5, 4)) == "2026-01-05T04:00:00Z"
    assert shown_json(datetime(2026, 1, 5, 4, 0, 0, 123000)) == "2026-01-05T04:00:00.123Z"
    east = datetime(2026, 1, 5, 4, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert shown_json(east) == "2026-01-04T22:30:00Z"


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        (12, "12"),
        (Int64(2**62), "4611686018427387904"),
        (0.1, "0.1"),
        (0.30000000000000004, "0.30000000000000004"),
        (1e300, "1E+300"),
        (Decimal128("1E+6111"), "1E+6111"),
        (Decimal128("12.50"), "12.5"),
        (" 12.50 ", "12.5"),
        ("\u00a0-3\t", "-3"),
        ("+7", "7"),
        ("007.50", "7.5"),
        (None, "0"),
        (MISSING, "0"),
        (Symbol("5"), "5"),
    ],
)
def test_these_are_amounts(value: Any, amount: str) -> None:
    assert read_amount(value) == Decimal(amount)


@pytest.mark.parametrize(
    "value",
    [
        "1e3",
        ".5",
        "5.",
        "abc",
        "",
        " ",
        "1,000",
        "٣",
        "--1",
        "- 1",
        "1_000",
        float("nan"),
        float("inf"),
        True,
        Decimal128("NaN"),
        Decimal128("-Infinity"),
        [5],
        {"amount": 5},
        datetime(2026, 1, 1),
        ObjectId(HEX),
        Code("5"),
    ],
)
def test_these_are_no_amounts(value: Any) -> None:
    assert read_amount(value) is None


def test_sums_are_exact_whatever_their_size() -> None:
    assert total([Decimal("0.1"), Decimal("0.2")]) == Decimal("0.3")
    assert total([Decimal("1E+6111"), Decimal("1E-6176"), Decimal("-1E+6111")]) == Decimal("1E-6176")


@pytest.mark.parametrize(
    ("value", "utc"),
    [
        (datetime(2026, 1, 5, 4), datetime(2026, 1, 5, 4)),
        (datetime(2026, 1, 5, 4, tzinfo=UTC), datetime(2026, 1, 5, 4)),
        ("2026-01-05", datetime(2026, 1, 5)),
        ("2026-01", datetime(2026, 1, 1)),
        ("2026-01-05T04:00:00", datetime(2026, 1, 5, 4)),
        ("2026-01-05 04:00", datetime(2026, 1, 5, 4)),
        ("2026-01-05T04:00:00.250Z", datetime(2026, 1, 5, 4, 0, 0, 250000)),
        ("2026-01-05T04:00:00+05:30", datetime(2026, 1, 4, 22, 30)),
        ("2026-01-05T04:00:00-0800", datetime(2026, 1, 5, 12)),
        ("20260105T040000Z", datetime(2026, 1, 5, 4)),
        ("2026-01-05T04:00+05", datetime(2026, 1, 4, 23)),
        ("2026-01-05T04:00:00.5+23:59", datetime(2026, 1, 4, 4, 1, 0, 500000)),
        ("0001-01", datetime(1, 1, 1)),
        (DatetimeMS(milliseconds(datetime(1, 1, 1))), datetime(1, 1, 1)),
    ],
)
def test_these_are_dates(value: Any, utc: datetime) -> None:
    moment = read_date(value)
    assert moment is not None
    assert moment.ms == milliseconds(utc)


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "yesterday",
        "2026",
        "2026-13",
        "2026-02-30",
        "01/02/2026",
        "2026-1-5",
        "2026-01-05T25:00",
        "0000-01",
        "2026-01-05T04:00+24:00",
        "2026-01-05T04:00+05:60",
        "2026-01-05T04:00Z ",
        "2026-01-05T",
        1767225600,
        1.5,
        Int64(1767225600000),
        True,
        [datetime(2026, 1, 1)],
        Timestamp(1, 1),
        DatetimeMS(milliseconds(datetime(1, 1, 1)) - 1),
        DatetimeMS(milliseconds(datetime(9999, 12, 31)) + 86_400_000),
        "0001-01-01T00:00+00:01",
        "9999-12-31T23:59-00:01",
    ],
)
def test_these_are_no_dates(value: Any) -> None:
    assert read_date(value) is None


def test_a_month_is_that_of_the_time_zone() -> None:
    evening = milliseconds(datetime(2026, 1, 31, 20))
    assert local_month(evening, ZoneInfo("UTC")) == (2026, 1)
    assert local_month(evening, ZoneInfo("Asia/Kolkata")) == (2026, 2)
    for written in ("2026-02", "2026-02-01", "20260228"):
        bare = read_date(written)
        assert bare is not None
        assert bare.month(ZoneInfo("America/New_York")) == (2026, 2)
    midnight = read_date("2026-02-01T00:00")
    assert midnight is not None
    assert midnight.month(ZoneInfo("America/New_York")) == (2026, 1)


def test_a_date_beyond_pythons_years_has_a_month() -> None:
    far = int(DatetimeMS(milliseconds(datetime(9998, 6, 15)) + 146_097 * 86_400_000))
    assert local_month(far, ZoneInfo("UTC")) == (10398, 6)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (5, "int"),
        (2**31 - 1, "int"),
        (-(2**31), "int"),
        (2**31, "long"),
        (-(2**31) - 1, "long"),
        (Int64(5), "long"),
        (5.0, "double"),
        (Decimal128("5"), "decimal"),
        (True, "bool"),
        ("x", "string"),
        (Symbol("x"), "symbol"),
        (UNDEFINED, "undefined"),
        (None, "null"),
        ({}, "object"),
        ([], "array"),
        (b"", "binData"),
        (ObjectId(HEX), "objectId"),
        (datetime(2026, 1, 1), "date"),
        (Timestamp(1, 1), "timestamp"),
        (Regex("a"), "regex"),
        (Code("a"), "javascript"),
        (Code("a", {}), "javascriptWithScope"),
        (MinKey(), "minKey"),
    ],
)
def test_types_have_the_names_that_mongodb_gives_them(value: Any, name: str) -> None:
    assert type_name(value) == name


def test_white_space_is_what_unicode_calls_so() -> None:
    spaces = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    spaces += "\u2028\u2029\u202f\u205f\u3000"
    for space in spaces:
        assert trim(f"{space}a b{space}") == "a b"
    for other in "\x1c\x1d\x1e\x1f\u200b\u180e\ufeff\u2060":
        assert trim(f"{other}a") == f"{other}a"


def test_the_first_of_a_field_that_comes_twice_counts() -> None:
    assert first_wins(("id", 1), ("a", 2), ("id", 3)) == {"id": 1, "a": 2}


@pytest.mark.parametrize(
    ("reference", "key", "kind"),
    [
        (HEX, ObjectId(HEX), "type"),
        (ObjectId(HEX), HEX.upper(), "type+case"),
        ("5", 5.0, "type"),
        (5, "5 ", "type+whitespace"),
        (True, "true", "type"),
        ("TRUE", True, "type+case"),
        (str(UUID), Binary(UUID.bytes, 4), "type"),
        (str(UUID), Binary(UUID.bytes, 3), "type"),
        (Binary(UUID.bytes, 3), Binary(UUID.bytes, 4), "type"),
        ("ORD-1", "ord-1", "case"),
        ("STRASSE", "straße", "case"),
        ("ord-1", "\u00a0ord-1", "whitespace"),
        (" ord-1", "ord-1 ", "whitespace"),
        (" Ord-1", "ord-1", "case+whitespace"),
        (f"{HEX.upper()}\n", ObjectId(HEX), "type+case+whitespace"),
        ("ord-1", "ord-2", ""),
        ("5.0", 5, ""),
        ("05", 5, ""),
        (0.5, "0.5", ""),
        ("ord 1", "ord1", ""),
        (b"abc", "abc", ""),
        (Binary(UUID.bytes, 0), str(UUID), ""),
        (Binary(b"abc", 4), "616263", ""),
        (Binary(b"abc", 3), Binary(b"abc", 4), ""),
        (None, "null", ""),
        (5, 5.0, ""),
    ],
)
def test_near_misses(reference: Any, key: Any, kind: str) -> None:
    assert "+".join(differences(reference, key)) == kind
