"""The order of values of every BSON type, at any depth: linear, total, and deaf to nothing."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intact.audit.run import check
from intact.checks import KINDS
from intact.core import values
from intact.core.order import order_key
from intact.core.paths import Path
from intact.findings import Report
from intact.model import parse
from intact.project import Column, Role
from intact.project.pure import PureProjector
from intact.reporters import FORMS
from intact.sources.files.extended_json import Decoder, JsonError
from tests.project import raw
from tests.project.naive import number
from tests.project.raw import Value
from tests.support.effort import share
from tests.support.memory import MemorySource
from tests.support.native import missing

COLUMN = Column(Path(("v",)), Role.KEY)
PURE = PureProjector([COLUMN], learn=False)

DEPTHS = [1, 24, 40, 199, 300, 10_000]
SHAPES: dict[str, Callable[[str], str]] = {
    "documents": lambda inner: f'{{"a":{inner}}}',
    "arrays": lambda inner: f"[{inner}]",
    "both": lambda inner: f'{{"a":1,"b":[2,{inner},3]}}',
    "scopes": lambda inner: f'{{"$code":"x","$scope":{{"a":{inner}}}}}',
}


def nested(shape: str, depth: int, inmost: str) -> str:
    before, after = SHAPES[shape]("\0").split("\0")
    return "$" + before * depth + inmost + after * depth


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("depth", DEPTHS)
def test_values_nested_to_any_depth_compare(shape: str, depth: int) -> None:
    ascending = [nested(shape, depth, inmost) for inmost in ("null", "1", "1.5", '"a"', "{}", "[]", "true")]
    keys = [order_key(text) for text in ascending]
    assert all(one < other for one, other in itertools.pairwise(keys))
    assert order_key(ascending[0]) == keys[0]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_key_grows_with_the_text_and_not_with_its_square(shape: str) -> None:
    sizes = [len(order_key(nested(shape, depth, "1"))) for depth in (10, 100, 1_000)]
    assert sizes[2] - sizes[1] == 10 * (sizes[1] - sizes[0])
    assert sizes[2] < 20 * 1_000


# ------------------------------------------------------------------------------------- as documented, pair by pair

RANKS = {
    code: rank
    for rank, codes in enumerate(
        [
            (values.MIN_KEY,), (values.NULL, values.UNDEFINED),
            (values.INT, values.LONG, values.DOUBLE, values.DECIMAL), (values.STRING, values.SYMBOL), (values.OBJECT,),
            (values.ARRAY,), (values.BINARY,), (values.OBJECT_ID,), (values.BOOL,), (values.DATE,), (values.TIMESTAMP,),
            (values.REGEX,), (values.DB_POINTER,), (values.CODE,), (values.CODE_WITH_SCOPE,), (values.MAX_KEY,),
        ]
    )
    for code in codes
}  # fmt: skip
"""The types as MongoDB's documentation puts them, from the smallest to the largest."""


def sign(one: Any, other: Any) -> int:
    return int(one > other) - int(one < other)


def compared(one: Value, other: Value) -> int:
    """Compare two values as the documentation says, by recursion."""
    if (by_type := sign(RANKS[one.kind], RANKS[other.kind])) != 0:
        return by_type
    if one.kind == values.OBJECT:
        return compared_fields(one.content, other.content)
    if one.kind == values.ARRAY:
        return compared_fields([(b"", each) for each in one.content], [(b"", each) for each in other.content])
    if one.kind == values.CODE_WITH_SCOPE:
        return sign(one.content[0], other.content[0]) or compared_fields(one.content[1], other.content[1])
    return sign(simple(one), simple(other))


def compared_fields(some: list[tuple[bytes, Value]], others: list[tuple[bytes, Value]]) -> int:
    for (name, value), (other_name, other) in zip(some, others, strict=False):
        by_type = sign(RANKS[value.kind], RANKS[other.kind])
        if by_type or (by_type := sign(name, other_name) or compared(value, other)):
            return by_type
    return sign(len(some), len(others))


def simple(value: Value) -> Any:
    """Give what a value without values in it is compared by, within its type."""
    kind, content = value.kind, value.content
    if RANKS[kind] == RANKS[values.INT]:
        exact = number(value)
        return (0, 0) if exact != exact else (1, exact)  # noqa: PLR0124 - NaN sorts before all numbers
    if kind == values.BINARY:
        return len(content[1]), content[0], content[1]
    if kind == values.DB_POINTER:
        return len(content[0]), content
    return 0 if RANKS[kind] in (RANKS[values.NULL], RANKS[values.MIN_KEY], RANKS[values.MAX_KEY]) else content


some_bytes = st.one_of(
    st.sampled_from([b"", b"a", b"$a", b"$", b"\xff", b"a\xfe", b"$oid", b"$invalidUtf8:ff", b"$code"]),
    st.binary(max_size=3).map(lambda data: data.replace(b"\0", b"")),
)
COEFFICIENTS, EXPONENTS, SUBTYPES = [0, 1, 10, 2**53 + 1], [0, -1, 1, 6111], [0, 2, 3, 4, 128]
scalars = st.one_of(
    st.sampled_from([Value(kind) for kind in (values.MIN_KEY, values.MAX_KEY, values.NULL, values.UNDEFINED)]),
    st.sampled_from([raw.TRUE, raw.FALSE]),
    st.sampled_from([0, 1, -1, 2**53, 2**53 + 1]).map(raw.long),
    st.sampled_from([0.0, -0.0, 0.1, 2.0**53, 2.0**64, 5e-324, 1e300, float("nan"), float("inf"), float("-inf")]).map(
        raw.double
    ),
    st.builds(raw.decimal, st.sampled_from(COEFFICIENTS), st.sampled_from(EXPONENTS), negative=st.booleans()),
    st.sampled_from([Value(values.DECIMAL, 0b11111 << 122), Value(values.DECIMAL, 0b11110 << 122)]),
    st.builds(raw.text, some_bytes, st.sampled_from([values.STRING, values.SYMBOL, values.CODE])),
    st.tuples(st.sampled_from(SUBTYPES), some_bytes).map(lambda each: Value(values.BINARY, each)),
    st.sampled_from([b"\0" * 12, b"\xff" * 12]).map(lambda data: Value(values.OBJECT_ID, data)),
    st.sampled_from([-(2**63), -1, 0, 1, 253_402_300_800_000]).map(lambda at: Value(values.DATE, at)),
    st.tuples(st.sampled_from([0, 1, 2**32 - 1]), st.sampled_from([0, 2**32 - 1])).map(
        lambda each: Value(values.TIMESTAMP, each)
    ),
    st.tuples(some_bytes, st.sampled_from([b"", b"i", b"im"])).map(lambda each: Value(values.REGEX, each)),
    st.tuples(some_bytes, st.sampled_from([b"\0" * 12, b"\1" * 12])).map(lambda each: Value(values.DB_POINTER, each)),
)  # fmt: skip


def _nest(inner: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    fields = st.lists(st.tuples(some_bytes, inner), max_size=3)  # names may repeat
    return st.one_of(
        fields.map(lambda each: Value(values.OBJECT, each)),
        st.lists(inner, max_size=3).map(lambda each: Value(values.ARRAY, each)),
        st.tuples(some_bytes, fields).map(lambda each: Value(values.CODE_WITH_SCOPE, each)),
    )


anything = st.recursive(scalars, _nest, max_leaves=6)


def canonical(value: Value) -> str | None:
    text = PURE.project(raw.document(("v", value))).rows.column("v@key")[0].as_py()
    assert text is None or isinstance(text, str)
    return text


@given(anything, anything)
@settings(max_examples=share(500))
def test_any_two_values_compare_as_the_documentation_says(one: Value, other: Value) -> None:
    texts = canonical(one), canonical(other)
    mine, theirs = (order_key(text) for text in texts)
    assert sign(mine, theirs) == compared(one, other)
    null = RANKS[values.NULL]
    if RANKS[one.kind] != null and "null" not in str(texts) and "$undefined" not in str(texts):
        assert (mine == theirs) == (texts[0] == texts[1])


@given(st.lists(anything, min_size=3, max_size=3))
@settings(max_examples=share(150))
def test_the_order_of_any_values_is_total(three: list[Value]) -> None:
    keys = [order_key(canonical(value)) for value in three]
    for one, other in itertools.permutations(keys, 2):
        assert (one < other) + (other < one) + (one == other) == 1
    for low, middle, high in itertools.permutations(keys):
        assert not (low <= middle <= high) or low <= high


# ------------------------------------------------------------------------------------------------ whole audits

MODEL = {
    "intact": 1,
    "name": "deep",
    "title": "Deep",
    "collections": {
        "things": {"key": "id", "named": "thing_id", "references": {"link": "others"}},
        "others": {"key": "id", "named": "other_id"},
    },
    "reports": {
        "all": {
            "title": "All",
            "cadence": "monthly",
            "document": "ALL",
            "total": {"total": {"count": "all"}},
            "checks": [
                {"finding": "TWICE", "severity": "high", "duplicate-key": "things", "description": "{id}"},
                {
                    "finding": "LOST",
                    "severity": "high",
                    "dangling-reference": "things.link",
                    "description": "{link}",
                },
            ],
        }
    },
}
ONE_OF_EACH = [
    raw.text(b"x", values.CODE),
    raw.text(b"\xff", values.CODE),
    Value(values.CODE_WITH_SCOPE, (b"x", [(b"\xff", raw.integer(1))])),
    Value(values.DB_POINTER, (b"a", b"\1" * 12)),
    Value(values.DB_POINTER, (b"\xff", b"\1" * 12)),
    Value(values.REGEX, (b"a", b"i")),
    Value(values.REGEX, (b"\xff", b"\xfe")),
    Value(values.TIMESTAMP, (1, 2)),
    Value(values.MIN_KEY),
    Value(values.MAX_KEY),
    raw.UNDEFINED,
    raw.text(b"\xff"),
    raw.text(b"a", values.SYMBOL),
    Value(values.OBJECT, [(b"\xff", raw.integer(1)), (b"\xff", raw.double(0.5))]),
    Value(values.OBJECT, [(b"\xff", raw.double(0.5))]),
    Value(values.OBJECT, [(b"$oid", raw.double(0.5))]),
    raw.double(float("nan")),
    raw.double(-0.0),
    raw.decimal(1, 6111),
    Value(values.DATE, -(2**63)),
    Value(values.BINARY, (2, b"ab")),
]


def deep(depth: int, inmost: int) -> bytes:
    """Give an embedded document with others in it, written without recursion."""
    kind, data = values.INT, raw.payload(raw.integer(inmost))
    for _ in range(depth):
        kind, data = values.OBJECT, raw.frame(bytes((kind,)) + b"a\0" + data)
    return data


def thing(_id: bytes, kind: int, key: Value, link: bytes = b"") -> bytes:
    """Write a document around an ``_id`` and a link that are bytes already."""
    inside = bytes((kind,)) + b"_id\0" + _id + raw.element(b"id", key)
    if link:
        inside += bytes((values.OBJECT,)) + b"link\0" + link
    return raw.frame(inside)


def audited(things: Sequence[bytes]) -> Report:
    others = [raw.document(("_id", raw.integer(1)), ("id", raw.integer(1)))]
    source = MemorySource({"things": things, "others": others})
    return check(source, model=parse(json.dumps(MODEL), KINDS, "deep.yml"), show_personal=True)


@pytest.fixture(params=["pure", "native"])
def projector(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "native" and missing():
        pytest.skip(missing())
    monkeypatch.setenv("INTACT_PROJECTOR", request.param)
    return str(request.param)


@pytest.mark.parametrize("depth", [24, 40, 190, 10_000])
def test_an_audit_of_deep_ids_ends_and_every_form_shows_it(depth: int, projector: str) -> None:
    things = [
        thing(deep(depth, at), values.OBJECT, raw.integer(at // 2), link=deep(depth, at)) for at in range(4)
    ]
    report = audited(things)
    assert report["all"].counts == {"TWICE": 2, "LOST": 4}
    assert report.run.projector.startswith(projector)
    for form in FORMS:
        assert sum(map(len, form.render(report))) > 0, form.name


def test_groups_are_made_of_documents_whose_ids_are_of_any_type(projector: str) -> None:
    things = [thing(raw.payload(each), each.kind, raw.integer(7)) for each in ONE_OF_EACH]
    report = audited(things)
    (found,) = report["all"].issues
    assert found.fields["count"] == len(ONE_OF_EACH)
    assert report.run.projector.startswith(projector)
    again = audited(things[::-1])
    assert [each.fingerprint for each in again["all"].issues] == [found.fingerprint]
    for form in FORMS:
        assert sum(map(len, form.render(report))) > 0, form.name


@pytest.mark.parametrize("depth", [24, 40, 120])
@pytest.mark.parametrize("inmost", ['{"$symbol": "a"}', "1", '{"$code": "a", "$scope": {"a": 1}}', "1e999"])
def test_extended_json_is_read_or_refused_at_any_depth(depth: int, inmost: str) -> None:
    text = '{"a":' * depth + inmost + "}" * depth
    if inmost == "1e999":
        with pytest.raises(JsonError, match="too large"):
            Decoder().decode(text, 0)
    else:
        assert Decoder().decode(text, 0)[1] == len(text)
    with pytest.raises(JsonError, match="too deep"):
        Decoder().decode('{"a":' * 10_000 + inmost + "}" * 10_000, 0)
