"""Hypothesis strategies for BSON: values of every type that PyMongo can encode, and documents of them."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

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
from hypothesis import strategies as st

WORDS = [
    "", " ", "\u00a0", "a", "A", "5", "5.0", "0", "-0", "true", "null", "2026-01", "2026-01-31", "2026-01-31T23:59:59Z",
    "2026-02-30", "pending", "Delivered", "+91 98765 43210", "9876543210", "straße", "STRASSE", "İ", "ΟΔΟΣ", "$", "$5",
    '$"a"', '{"$oid":"5"}', "\u0000", "a\nb", "65a1b2c3d4e5f60718293a4b", "00010203-0405-0607-0809-0a0b0c0d0e0f", "…",
]  # fmt: skip
LONG = 2**63

texts = st.one_of(st.sampled_from(WORDS), st.text(st.characters(exclude_categories=["Cs"]), max_size=12))
names = st.one_of(
    st.sampled_from(["a", "b", "total", "$a", "a.b", ""]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=4),
)
decimals = st.one_of(
    st.sampled_from(
        ["NaN", "-Infinity", "0E+10", "5.00", "1E-6176", "9.999999999999999999999999999999999E+6144"]
    ),
    st.decimals(allow_nan=False, allow_infinity=False, places=2).map(lambda each: f"{each:.6g}"),
).map(Decimal128)
numbers = st.one_of(
    st.integers(-LONG, LONG - 1).map(Int64),
    st.integers(-20, 20),
    st.sampled_from([2**31, 2**53 + 1, 2**62]),
    st.floats(),
    st.sampled_from([0.1, -0.0, 2.0**53, 2.0**64, 1e300, 5e-324, math.inf]),
    decimals,
)
binaries = st.one_of(
    st.binary(max_size=20),
    st.builds(Binary, st.binary(max_size=6), st.sampled_from([0, 1, 5, 128, 255])),
    st.builds(Binary, st.binary(min_size=16, max_size=16), st.sampled_from([3, 4])),
)
dates = st.one_of(
    st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(9999, 12, 31)),
    st.datetimes(timezones=st.just(UTC), min_value=datetime(2025, 12, 1), max_value=datetime(2026, 4, 1)),
    st.integers(-LONG, LONG - 1).map(DatetimeMS),
)
scalars = st.one_of(
    st.none(), st.booleans(), numbers, texts, dates, binaries,
    st.binary(min_size=12, max_size=12).map(ObjectId),
    st.builds(Timestamp, st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)),
    st.builds(Regex, names.filter(lambda text: "\0" not in text), st.sampled_from(["", "i", "ms"])),
    st.builds(Code, texts),
    st.builds(Code, texts, st.dictionaries(names, st.integers(0, 3), max_size=2)),
    st.sampled_from([MinKey(), MaxKey()]),
)  # fmt: skip
values: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(names, inner, max_size=4)),
    max_leaves=8,
)
