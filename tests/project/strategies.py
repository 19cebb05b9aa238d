"""Documents that hypothesis builds."""

from __future__ import annotations

from hypothesis import strategies as st

from intact.core import values
from intact.core.paths import Path
from intact.project import Column, Role
from tests.project.raw import Fields, Value

NAMES = st.sampled_from([b"a", b"b", b"l", b"x", b"_id", b"$oid", b"", b"\xff", "ü.".encode()])
AMOUNT_TEXTS = st.from_regex(r"[ \x85]?[-+]?[0-9]{0,3}\.?[0-9]{0,20}\u3000?", fullmatch=True)
DATE_TEXTS = st.one_of(
    st.datetimes().map(lambda moment: moment.isoformat()),
    st.datetimes(timezones=st.timezones()).map(lambda moment: moment.isoformat(" ", "milliseconds")),
    st.dates().map(lambda day: day.strftime("%G-W%V-%u")),
    st.dates().map(lambda day: day.isoformat()[:7]),
    st.from_regex(
        r"[0-9]{4}-?[01][0-9]-?[0-3][0-9]"
        r"([Tt ][0-2][0-9](:?[0-5][0-9]){0,2}([.,][0-9]{1,8})?([Zz]|[-+][01][0-9](:?[0-5][0-9])?)?)?",
        fullmatch=True,
    ),
)
TEXTS = st.one_of(
    st.sampled_from(
        ["", "$", "$5", '${"$oid":"0123456789abcdef01234567"}', "pending", "x" * 256, "x" * 257, "ü" * 300]
    ),
    st.text(max_size=8),
    AMOUNT_TEXTS,
    DATE_TEXTS,
).map(str.encode) | st.binary(max_size=6)
CSTRINGS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=4).map(
    str.encode
)
INT64 = st.integers(-(2**63), 2**63 - 1)
NUMBERS = st.one_of(
    st.builds(Value, st.just(values.INT), st.integers(-(2**31), 2**31 - 1)),
    st.builds(
        Value,
        st.just(values.LONG),
        st.one_of(st.integers(-9, 9), INT64, st.sampled_from([10**11, 10**11 - 1, -(10**11), 2**53 + 1])),
    ),
    st.builds(
        Value,
        st.just(values.DOUBLE),
        st.one_of(
            st.floats(),
            st.integers(-(10**12), 10**12).map(lambda cents: cents / 100),
            st.integers(-9, 9).map(float),
        ),
    ),
    st.builds(
        Value,
        st.just(values.DECIMAL),
        st.one_of(
            st.builds(
                lambda sign, coefficient, exponent: sign << 127 | (exponent + 6176) << 113 | coefficient,
                st.integers(0, 1),
                st.integers(0, 10**34) | st.integers(0, 99),
                st.integers(-6176, 6111) | st.integers(-20, 12),
            ),
            st.integers(0, 2**128 - 1),
        ),
    ),
)
SCALARS = st.one_of(
    NUMBERS,
    st.builds(Value, st.sampled_from([values.STRING, values.STRING, values.SYMBOL, values.CODE]), TEXTS),
    st.builds(Value, st.sampled_from([values.NULL, values.UNDEFINED, values.MIN_KEY, values.MAX_KEY])),
    st.builds(Value, st.just(values.BOOL), st.integers(0, 1)),
    st.builds(Value, st.just(values.DATE), INT64 | st.integers(-(10**14), 3 * 10**14)),
    st.builds(Value, st.just(values.OBJECT_ID), st.binary(min_size=12, max_size=12)),
    st.builds(
        Value, st.just(values.BINARY), st.tuples(st.sampled_from([0, 2, 3, 4, 128]), st.binary(max_size=17))
    ),
    st.builds(
        Value, st.just(values.TIMESTAMP), st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
    ),
    st.builds(Value, st.just(values.REGEX), st.tuples(CSTRINGS, CSTRINGS)),
    st.builds(Value, st.just(values.DB_POINTER), st.tuples(TEXTS, st.binary(min_size=12, max_size=12))),
)


def nested(inside: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    fields: st.SearchStrategy[Fields] = st.lists(st.tuples(NAMES, inside), max_size=4)
    return st.one_of(
        st.builds(Value, st.just(values.OBJECT), fields),
        st.builds(Value, st.just(values.ARRAY), st.lists(inside, max_size=4)),
        st.builds(Value, st.just(values.CODE_WITH_SCOPE), st.tuples(TEXTS, fields)),
    )


VALUES = st.recursive(SCALARS, nested, max_leaves=8)
DOCUMENTS: st.SearchStrategy[Fields] = st.lists(st.tuples(NAMES, VALUES), max_size=7)

COLUMNS = [
    *(
        Column(Path.parse(path), role)
        for path in ("a", "b", "a.b", "l", "l.x")
        for role in (Role.KEY, Role.TEXT)
    ),
    *(Column(Path.parse(path), Role.AMOUNT) for path in ("a", "l[].x", "l[]", "a.b.x")),
    *(Column(Path.parse(path), Role.KEY) for path in ("l[].x", "l[]", "a.l[].x", "_id")),
    *(Column(Path.parse(path), Role.DATE) for path in ("b", "l.x")),
    *(Column(Path.parse(path), Role.FLAG) for path in ("x", "a.b")),
    *(Column(Path.parse(path), Role.MATCH) for path in ("a", "b", "a.b", "l", "l.x", "l.x.a", "x")),
]
SIMPLE = [
    *(Column(Path.parse(path), role) for path in ("a", "b", "x", "o.b") for role in (Role.KEY, Role.TEXT)),
    *(Column(Path.parse(path), Role.AMOUNT) for path in ("a", "l[].x", "o.x")),
    *(Column(Path.parse(path), Role.DATE) for path in ("b", "o.b")),
    Column(Path.parse("x"), Role.FLAG),
    *(Column(Path.parse(path), Role.MATCH) for path in ("a", "x", "o.b")),
    Column(Path.parse("k"), Role.KEY),
    Column(Path.parse("l[].x"), Role.KEY),
    Column(Path.parse("l[].o.x"), Role.KEY),
]
"""Columns that a matcher can read."""
