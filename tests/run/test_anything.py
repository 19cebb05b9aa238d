"""Nothing in the data may crash a run: the model's fields with any value that BSON can write."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

import intact
from intact.core import values
from intact.findings import Report
from intact.reporters import json_report
from tests.project.raw import (
    FALSE,
    NULL,
    TRUE,
    UNDEFINED,
    Fields,
    Value,
    arr,
    decimal,
    documents,
    double,
    integer,
    obj,
    text,
)
from tests.project.raw import long as long_value
from tests.project.strategies import VALUES
from tests.support.effort import share
from tests.support.memory import MemorySource

AS_OF = datetime(2026, 3, 15, 10, tzinfo=UTC)
SCHEMA = json.loads(
    (Path(__file__).parents[2] / "docs" / "schemas" / "report-1.json").read_text(encoding="utf-8")
)
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=FormatChecker())

FIELDS: Mapping[str, Sequence[str]] = {
    "orders": (
        "_id", "id", "subscription_id", "customer_id", "status", "billed", "items", "created_at", "delivery_date",
    ),
    "customers_v2": ("_id", "id", "user_id", "phone", "name", "status", "created_at", "updated_at"),
    "users": ("_id", "id", "email", "customer_v2_id", "created_at", "updated_at"),
    "subscriptions_v2": ("_id", "id", "customer_id", "status"),
    "delivery_statuses": ("_id", "id", "order_id", "customer_id", "status", "confirmed_at"),
    "billing_records": ("_id", "id", "subscription_id", "period_date", "total_amount"),
}  # fmt: skip

OBJECT_ID = Value(values.OBJECT_ID, bytes(range(12)))
ODD: Mapping[str, Value] = {
    "double": double(1.5),
    "not a number": double(float("nan")),
    "infinite": double(float("inf")),
    "string": text("pending"),
    "empty": text(""),
    "blank": text(" \u3000"),
    "control characters": text("\x00\x1b[2J\u202e\n"),
    "not UTF-8": text(b"\xff\xfe"),
    "object": obj(("$oid", text("0123456789abcdef01234567"))),
    "array": arr(NULL, text("x"), arr(integer(1)), obj(("total", text("many")))),
    "no element": arr(),
    "items": arr(obj(("total", decimal(15, -1))), obj(("total", text("2.50"))), obj()),
    "binary": Value(values.BINARY, (0, b"\0\xff")),
    "old binary": Value(values.BINARY, (2, b"abc")),
    "uuid": Value(values.BINARY, (4, bytes(16))),
    "undefined": UNDEFINED,
    "object id": OBJECT_ID,
    "true": TRUE,
    "false": FALSE,
    "date": Value(values.DATE, 1_767_225_600_000),
    "date before all years": Value(values.DATE, -(2**63)),
    "date after all years": Value(values.DATE, 2**63 - 1),
    "null": NULL,
    "regular expression": Value(values.REGEX, (b"^a(", b"imx")),
    "pointer": Value(values.DB_POINTER, (b"users", bytes(12))),
    "code": text("f()", values.CODE),
    "symbol": text("delivered", values.SYMBOL),
    "code with scope": Value(values.CODE_WITH_SCOPE, (b"f()", [(b"x", NULL)])),
    "int": integer(-(2**31)),
    "timestamp": Value(values.TIMESTAMP, (5, 1)),
    "long": long_value(2**63 - 1),
    "decimal": decimal(10**34 - 1, 6111),
    "decimal not a number": Value(values.DECIMAL, 0x7C << 120),
    "least key": Value(values.MIN_KEY),
    "greatest key": Value(values.MAX_KEY),
    "text like a date": text("2026-02-30"),
    "text like a month": text("2026-01"),
    "text like a phone": text("+91 98765 00001"),
}


def audit(data: Mapping[str, Sequence[Fields]], limit: int | None = None) -> Report:
    """Audit the documents, and see that the JSON report is one."""
    blocks = {name: [documents([fields]) for fields in found] for name, found in data.items()}
    report = intact.check(MemorySource(blocks), model="delivery", as_of=AS_OF, limit=limit)
    document = json.loads("".join(json_report.render(report)), parse_constant=refuse)
    VALIDATOR.validate(document)
    # The same document twice, byte for byte, is one; how often it came stands in the header.
    assert document["headline"]["documents_scanned"] == sum(len(set(found)) for found in blocks.values())
    copies = sum(each.copies for each in report.collections)
    assert document["headline"]["documents_scanned"] + copies == sum(map(len, data.values()))
    for section in document["reports"].values():
        if limit is None:
            assert len(section["issues"]) == sum(section["counts"].values())
        for issue in section["issues"]:
            assert len(issue["description"].splitlines()) == 1
    prints = [issue["fingerprint"] for section in document["reports"].values() for issue in section["issues"]]
    assert all(len(each) == 20 for each in prints)
    return report


def refuse(constant: str) -> NoReturn:
    raise AssertionError(f"{constant} is no JSON")


def everywhere(name: str, value: Value) -> Fields:
    """A document of a collection that has this value in each of its fields."""
    return [(field.encode(), value) for field in FIELDS[name]]


def test_every_type_of_bson_is_among_the_odd_values() -> None:
    types = {value for name, value in vars(values).items() if name.isupper() and isinstance(value, int)}
    known = {*range(0x01, 0x14), 0x7F, 0xFF}
    assert {each.kind for each in ODD.values()} == known
    assert known <= types


@pytest.mark.parametrize("twice", [False, True], ids=["once", "twice"])
def test_every_field_may_have_every_type(twice: bool) -> None:
    data = {
        name: [everywhere(name, value) for value in ODD.values() for _ in range(1 + twice)] for name in FIELDS
    }
    report = audit(data)
    lost = {each.name: each.lost for each in report.collections}
    assert lost == dict.fromkeys(FIELDS, 0)  # what is not UTF-8 is told, and the rest of its document judged
    assert {each.collection for each in report.troubles} == set(FIELDS)
    assert all("UTF-8" in each.what for each in report.troubles)
    assert report["status"].counts["INVALID_ORDER_STATUS"] >= len(ODD) - 4


@pytest.mark.spread(2)
@pytest.mark.parametrize("name", FIELDS)
def test_each_field_alone_may_have_every_type(name: str) -> None:
    usual: dict[str, Value] = {
        "_id": OBJECT_ID, "id": text("x1"), "subscription_id": text("s1"), "status": text("delivered"),
        "items": arr(obj(("total", integer(5)))), "delivery_date": text("2026-01-05"), "customer_id": text("c1"),
        "period_date": text("2026-01"), "total_amount": integer(5), "order_id": text("o1"), "billed": FALSE,
    }  # fmt: skip
    data: dict[str, list[Fields]] = {each: [] for each in FIELDS}
    data["subscriptions_v2"] = [[(b"_id", integer(1)), (b"id", text("s1")), (b"status", text("active"))]]
    data[name] += [
        [(field.encode(), value if field == odd else usual.get(field, NULL)) for field in FIELDS[name]]
        for odd in FIELDS[name]
        for value in ODD.values()
    ]
    audit(data)


ANY_DOCUMENT = {
    name: st.lists(
        st.lists(
            st.tuples(
                st.sampled_from([field.encode() for field in fields]),
                VALUES
                | st.sampled_from(list(ODD.values()))
                | st.sampled_from([text("1"), text("active"), text("delivered"), text("2026-01"), FALSE]),
            ),
            max_size=len(fields) + 2,
        ),
        max_size=8,
    )
    for name, fields in FIELDS.items()
}


@settings(
    max_examples=share(15), phases=[Phase.explicit, Phase.generate]
)  # a run takes too long for shrinking
@given(st.fixed_dictionaries(ANY_DOCUMENT), st.sampled_from([None, 1]))
def test_nothing_in_the_data_crashes_a_run(data: Mapping[str, Sequence[Fields]], limit: int | None) -> None:
    audit(data, limit)
