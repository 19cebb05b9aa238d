"""References that find nothing: near matches of each further kind, and values that are found elsewhere."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from bson import Binary, Decimal128, ObjectId

from intact.checks.spellings import Forms, Id
from intact.findings import Finding, Report
from tests.support.small_model import audit

OID = "65a1b2c3d4e5f60718293a4"


def match_of(finding: Finding) -> tuple[Any, Any] | None:
    match: Any = finding.fields.get("near_match")
    return match and (match["kind"], match["value"])


# ------------------------------------------------------------------------------------------- by each kind, in a table

U = "00112233-4455-6677-8899-aabbccddeeff"


def nearest(keys: list[Any], reference: Any, key: str = "id") -> Any:
    """Give the near match of one reference among some keys."""
    data: dict[str, list[Any]] = {
        "to": [{"_id": at, "id": each} for at, each in enumerate(keys)],
        "rows": [{"_id": 1, "r": reference}],
    }
    collections = {"to": {"key": key, "named": "to_id"}, "rows": {"named": "row", "references": {"r": "to"}}}
    (found,) = audit(data, collections, [{"dangling-reference": "rows.r"}])["all"].issues
    return match_of(found)


@pytest.mark.spread(12)
@pytest.mark.parametrize(
    ("keys", "reference", "expected"),
    [
        ([U], f"{{{U}}}", ("notation", U)),
        ([U], f"{{{U.upper()}}}", ("notation", U)),
        ([U], U.replace("-", ""), ("notation", U)),
        ([U], U.replace("-", "").upper(), ("notation", U)),
        ([U], U.upper(), ("case", U)),
        ([U], f'UUID("{U}")', ("notation", U)),
        ([U], f"urn:uuid:{U}", ("notation", U)),
        ([f"{{{U.upper()}}}"], U, ("notation", f"{{{U.upper()}}}")),
        ([f"{OID}b"], f'ObjectId("{OID}b")', ("notation", f"{OID}b")),
        ([f"{OID}b"], f"ObjectId('{OID.upper()}B')", ("notation", f"{OID}b")),
        ([f'ObjectId("{OID}b")'], f"{OID}b", ("notation", f'ObjectId("{OID}b")')),
        ([f"{OID}b"], f'{{"$oid": "{OID}b"}}', ("notation", f"{OID}b")),
        ([f"{OID}b"], {"_str": f"{OID}b"}, ("notation", f"{OID}b")),
        ([f"{OID}b"], f'{{"$oid": "{OID}b", "a": 1}}', None),
        ([f"{OID}b"], f"{OID}", None),
        ([2**53 + 1], float(2**53), ("rounding", 2**53 + 1)),
        ([float(2**53)], 2**53 + 1, ("rounding", 2**53)),
        ([1234567890123456789], float(1234567890123456789), ("rounding", 1234567890123456789)),
        ([-1234567890123456789], float(-1234567890123456789), ("rounding", -1234567890123456789)),
        (["1234567890123456789"], float(1234567890123456789), ("rounding", "1234567890123456789")),
        ([2**53 + 3, 2**53 + 5], float(2**53 + 4), ("rounding", 2**53 + 3)),
        ([2**53 - 1], float(2**53 - 2), None),
        ([1234567890123456789], 1234567890123456790, None),
        (["a", "b"], {"id": "b", "_id": 0}, ("copy", "b")),
        (["a", "b"], {"_id": 0, "name": "n"}, ("copy", "a")),
        (["a", "5"], {"id": 5}, ("copy", "5")),
        (["a"], {"id": "z", "_id": 9}, None),
        (["a"], {"name": "a"}, None),
        ([U, f"{{{U}}}"], f" {{{U}}} ", ("whitespace", f"{{{U}}}")),
    ],
)  # fmt: skip
def test_each_further_kind_is_found_where_the_plain_ones_give_none(
    keys: list[Any], reference: Any, expected: Any
) -> None:
    assert nearest(keys, reference) == expected


WRITTEN: tuple[Any, ...] = (
    Binary(bytes.fromhex(U.replace("-", "")), 4),
    Binary(bytes.fromhex(U.replace("-", "")), 3),
    Binary(uuid.UUID(U).bytes_le, 3),
    Binary(bytes.fromhex(U.replace("-", ""))[7::-1] + bytes.fromhex(U.replace("-", ""))[:7:-1], 3),
    U,
    U.upper(),
    U.replace("-", ""),
    f" {U}\u00a0",
    f"{{{U}}}",
    f"urn:uuid:{U}",
    f'UUID("{U}")',
    f'{{"$uuid":"{U}"}}',
    U.replace("ff", "\N{LATIN SMALL LIGATURE FF}"),
    json.dumps({"$binary": {"base64": "ABEiM0RVZneImaq7zN3u/w==", "subType": "04"}}, separators=(",", ":")),
    ObjectId(f"{OID}b"),
    f"{OID}b",
    f"{OID.upper()}B",
    f' ObjectId("{OID}b")',
    "123456789012345678901234",
    Decimal128("123456789012345678901234"),
    123456789012345678,
    "123456789012345678",
    "$123",
    {"id": U},
    {"_str": f"{OID}b"},
)
"""Two ids and two numbers, each in many forms, and what is none."""


@pytest.mark.spread(8)
@pytest.mark.parametrize("key", WRITTEN, ids=repr)
def test_what_is_sorted_out_before_forms_are_tried_has_no_near_match(
    key: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found() -> list[Any]:
        data = {"to": [{"_id": 1, "id": key}], "rows": [{"_id": 1, "r": list(WRITTEN)}]}
        collections = {
            "to": {"key": "id", "named": "to_id"},
            "rows": {"named": "row", "references": {"r": "to"}},
        }
        issues = audit(data, collections, [{"dangling-reference": "rows.r"}])["all"].issues
        return [(each.fields["r"], each.fields.get("near_match")) for each in issues]

    one_by_one = found()
    monkeypatch.setattr("intact.checks.near._MANY", 1)
    assert found() == one_by_one


def test_no_form_is_tried_of_many_ids_whose_bytes_are_in_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[Id] = []

    def of(_: Forms, found: Id) -> list[tuple[int, str]]:
        tried.append(found)
        return []

    monkeypatch.setattr(Forms, "of", of)
    ids = [uuid.uuid5(uuid.NAMESPACE_URL, str(number)).bytes for number in range(2_000)]
    data: dict[str, list[Any]] = {
        "to": [{"_id": Binary(each, 3)} for each in ids[:1_000]],
        "rows": [{"_id": each, "r": Binary(each, 3)} for each in ids[1_000:]]
        + [{"_id": 0, "r": ids[0].hex()}],
    }
    collections = {
        "to": {"key": "_id", "named": "to"},
        "rows": {"named": "row", "references": {"r": "to"}},
    }
    assert len(audit(data, collections, [{"dangling-reference": "rows.r"}])["all"].issues) == 1_001
    assert [each.digits for each in tried] == [ids[0].hex()]


def test_a_short_reference_among_long_ones_finds_its_key_behind_white_space() -> None:
    data: dict[str, list[Any]] = {
        "to": [{"_id": 1, "id": "a \t"}, {"_id": 2, "id": "A long key"}, {"_id": 3, "id": "b"}],
        "rows": [{"_id": 1, "r": ["a", "a long key", "c", "\u00a0b"]}],
    }
    collections = {"to": {"key": "id", "named": "to_id"}, "rows": {"named": "row", "references": {"r": "to"}}}
    found = audit(data, collections, [{"dangling-reference": "rows.r"}])["all"].issues
    assert {each.fields["r"]: each.fields.get("near_match") for each in found} == {
        "a": {"kind": "whitespace", "value": "a \t"},
        "a long key": {"kind": "case", "value": "A long key"},
        "c": None,
        "\u00a0b": {"kind": "whitespace", "value": "b"},
    }


# ---------------------------------------------------------------------------------------------------- elsewhere


def found_elsewhere(data: dict[str, Any], declared: dict[str, Any], **check: Any) -> Report:
    collections = {
        "customers": {"key": "id", "named": "customer_id"},
        "orders": {"key": "id", "named": "order_id", "references": {"customer": "customers"}},
        **declared,
    }
    return audit(data, collections, [{"dangling-reference": "orders.customer", **check}])


def test_a_value_is_looked_for_in_its_target_first_then_where_most_of_the_values_are() -> None:
    data: dict[str, list[Any]] = {
        "customers": [{"_id": "own", "id": 1}],
        "users": [{"_id": 7, "id": value} for value in ("own", "a")],
        "teams": [{"_id": value, "id": 0} for value in ("own", "a", "b")],
        "orders": [
            {"_id": at, "customer": each}
            for at, each in enumerate(["own", "a", "b", "c", ["a", "own"], "users"])
        ],
    }
    report = found_elsewhere(
        data, {"users": {"key": "id", "named": "user_id"}, "teams": {"key": "id", "named": "team_id"}}
    )
    found = [(each.fields["customer"], each.fields.get("elsewhere")) for each in report["all"].issues]
    team, own = {"collection": "teams", "field": "_id"}, {"collection": "customers", "field": "_id"}
    assert found == [
        ("own", own),
        ("a", team),
        ("b", team),
        ("c", None),
        ("a", team),
        ("own", own),
        ("users", None),
    ]
    assert report["all"].outcomes[0].notes == (
        "3 of 7 are ids of teams (teams._id)",
        "2 of 7 are ids of customers (customers._id)",
        "7 of 7 references find nothing: the rule probably names the wrong field or collection",
    )


def test_equality_is_mongodbs_and_keys_that_are_arrays_are_found_by_each_element() -> None:
    data: dict[str, list[Any]] = {
        "customers": [{"_id": 1, "id": 1}],
        "users": [{"_id": 2, "id": ["a", 5]}],
        "orders": [
            {"_id": f"o{at}", "customer": each} for at, each in enumerate(["a", 5.0, "5", None, "2", 2.0])
        ],
    }
    report = found_elsewhere(data, {"users": {"key": "id", "named": "user_id"}})
    key, own = {"collection": "users", "field": "id"}, {"collection": "users", "field": "_id"}
    assert [(each.fields["customer"], each.fields.get("elsewhere")) for each in report["all"].issues] == [
        ("a", key),
        (5, key),
        ("5", None),
        ("2", None),
        (2, own),
    ]


def test_what_was_not_read_is_not_claimed() -> None:
    data = {"customers": [{"_id": 1, "id": 1}], "orders": [{"_id": 1, "customer": "a"}]}
    report = found_elsewhere(data, {"users": {"key": "id", "named": "user_id"}})
    (found,) = report["all"].issues
    assert "elsewhere" not in found.fields
    assert report["all"].outcomes[0].notes == ()


def test_a_link_of_which_nothing_is_found_says_where_it_leads() -> None:
    data: dict[str, Any] = {
        "customers": [{"_id": 1, "id": 1}],
        "users": [{"_id": 2, "id": "a"}],
        "orders": [{"_id": 1, "customer": "a"}, {"_id": 2}, {"_id": 3, "customer": "A"}],
    }
    collections = {
        "customers": {"key": "id", "named": "customer_id"},
        "users": {"key": "id", "named": "user_id"},
        "orders": {"key": "id", "named": "order_id", "references": {"customer": "customers"}},
    }
    report = audit(data, collections, [{"unmatched-link": "orders.customer"}])
    found = {each.fields["document_id"]: each.fields.get("elsewhere") for each in report["all"].issues}
    assert found == {1: {"collection": "users", "field": "id"}, 2: None, 3: None}
    assert report["all"].outcomes[0].notes == (
        "1 of 3 is an id of users (users.id)",
        "3 of 3 documents find nothing: the rule probably names the wrong field or collection",
    )
