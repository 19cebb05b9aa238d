"""Amounts in arrays, each in the currency of its own element, are never added to those of another currency."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from random import Random
from typing import Any, Final

import bson
import pytest
from jsonschema import Draft202012Validator, ValidationError
from ruamel.yaml import YAML

from intact.audit.run import check
from intact.checks import KINDS
from intact.core.errors import ModelError
from intact.findings import Report, to_document
from intact.model import json_schema, parse
from tests.checks import test_currencies as plain
from tests.oracle.ledger import ledger
from tests.oracle.values import is_blank, is_null, is_text, trim
from tests.support.memory import MemorySource

MODEL: Final = (
    plain.MODEL.replace(
        "amount: total, currency: currency,", 'amount: {path: "items[].total", currency: "items[].currency"},'
    )
    .replace(
        "amount: total,\n         currency: currency,",
        'amount: "items[].total",\n         currency: "items[].currency",',
    )
    .replace("optional: [free, currency]", 'optional: [free, items, "items[].total", "items[].currency"]')
    .replace("duplicate_of, currency]", 'duplicate_of, items, "items[].total", "items[].currency"]')
)
TOTALS: Final = (10, 20, 20, 30, -20, 0, None, 0.1, "12.50", 10**12)
STRAY: Final = "gone"


def audit(db: Mapping[str, Sequence[Mapping[str, Any]]], model: str = MODEL, **options: Any) -> Report:
    """Audit a database as of 15 March 2026."""
    data = {name: [bson.encode(dict(each)) for each in documents] for name, documents in db.items()}
    return check(
        MemorySource(data), model=parse(model, KINDS, "shop.yml"), as_of="2026-03-15T00:00:00Z", **options
    )


def issues(report: Report) -> list[dict[str, Any]]:
    document: dict[str, Any] = to_document(report)
    found: list[dict[str, Any]] = next(iter(document["reports"].values()))["issues"]
    return found


def items(*amounts: tuple[Any, Any]) -> list[dict[str, Any]]:
    """Make the elements of an array; what is ``...`` is not in one."""
    return [
        {name: value for name, value in (("total", total), ("currency", currency)) if value is not ...}
        for total, currency in amounts
    ]


def bill(number: int, *amounts: tuple[Any, Any], **more: Any) -> dict[str, Any]:
    """Make a bill, or an order, of January."""
    return {"_id": number, "sub": "s", "month": "2026-01", "items": items(*amounts)} | more


def shop(bills: Sequence[Any] = (), orders: Sequence[Any] = ()) -> dict[str, Sequence[Any]]:
    return {"subscriptions": [{"_id": "s"}], "bills": bills, "orders": orders}


def test_the_model_says_for_each_amount_that_its_elements_have_the_currency() -> None:
    assert MODEL.count("items[].currency") == 5
    assert "currency: currency" not in MODEL


# An oracle of its own: a document with elements in several currencies is one document for each of them.


def _code(value: Any) -> str | None:
    if is_null(value) or (is_text(value) and is_blank(value)):
        return "EUR"
    return trim(str(value)).upper() if is_text(value) else None


def _apart(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Take a document apart by currency: elements of nothing are in none unless there are no others."""
    own = {name: value for name, value in document.items() if name != "items"}
    sums: dict[str | None, list[Decimal]] = {}
    for each in document["items"]:
        sums.setdefault(_code(each.get("currency")), []).append(Decimal(str(each["total"] or 0)))
    counting = {code: amounts for code, amounts in sums.items() if any(amounts)} or sums
    pieces = [
        own | {"total": str(sum(amounts)), "currency": code} for code, amounts in counting.items() if code
    ]
    if any(_code(each.get("currency")) is None for each in document["items"]):
        pieces.append(own | {"total": "0", "currency": True})  # what is no text is told, and in no period
    return pieces or [own | {"total": "0", "currency": None}]


def random_shop(seed: str) -> dict[str, list[dict[str, Any]]]:
    rng = Random(seed)
    db = plain.random_shop(rng)
    for name in ("bills", "orders"):
        for document in db[name]:
            few = [rng.choice(plain.CURRENCIES) for _ in range(2)]
            document.pop("currency", None)
            del document["total"]
            odd = rng.random() < 0.1
            document["items"] = items(
                *(
                    (rng.choice(TOTALS), rng.choice(plain.UNREADABLE) if odd and not at else rng.choice(few))
                    for at in range(rng.randint(0, 4))
                )
            )
    return db


@pytest.mark.spread(5)
@pytest.mark.parametrize("seed", range(40))
def test_elements_of_several_currencies_are_judged_as_if_each_currency_had_a_document(seed: int) -> None:
    db = random_shop(f"items {seed}")
    split = {
        name: db[name] if name == "subscriptions" else [p for d in db[name] for p in _apart(d)] for name in db
    }
    expected, money = ledger(split, "EUR", "2026-03")
    told = {each for each in expected if each[0] == "UNREADABLE_VALUE"}
    others = [each for each in expected if each[0] != "UNREADABLE_VALUE"]
    report = audit(db)
    found = [
        tuple("currency" if part == "items[].currency" else part for part in plain._as_tuple(each))
        for each in issues(report)
    ]
    assert Counter(found) == Counter([*told, *others])
    assert report.headline.money_at_stake == dict(money)


def test_a_document_of_two_currencies_is_a_finding_in_each_and_no_sum_mixes_them() -> None:
    report = audit(shop([bill(1, (10, "EUR"), (7, "INR"), (5, " inr "), (2, ...), (1.5, None), sub=STRAY)]))
    found = issues(report)
    assert [(each["amount"], each["currency"], each["document_id"]) for each in found] == [
        (Decimal("13.5"), "EUR", 1),
        (12, "INR", 1),
    ]
    assert len({each["fingerprint"] for each in found}) == 2
    assert report["billing"].summary["stray"] == {"EUR": Decimal("13.5"), "INR": Decimal(12)}
    assert report.headline.money_at_stake == {"stray_EUR": Decimal("13.5"), "stray_INR": Decimal(12)}
    assert report.headline.documents_affected == 1


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], [(0, "EUR", True)]),
        (None, [(0, "EUR", True)]),
        (..., [(0, "EUR", True)]),
        ([(0, "INR")], [(0, "INR", True)]),
        ([(None, "INR"), (5, "USD")], [(5, "USD", True)]),  # an element of nothing is in no currency
        ([(0, ...), (5, "USD")], [(5, "USD", True)]),
        ([(5, "USD"), (-5, "USD"), (1, "INR")], [(1, "INR", True), (0, "USD", True)]),
        ([(bson.Decimal128("1e30"), "USD"), (1, "USD")], [(10**30 + 1, "USD", True)]),
        ([(..., "INR"), (5, "USD")], [(0, "INR", False), (5, "USD", True)]),  # perhaps under another name
        ([("much", "INR"), (5, "USD")], [(0, "INR", False), (5, "USD", True)]),
        ([(5, 7)], [(0, None, False)]),
        (
            [(5, True), (2, "INR"), (1, "USD")],
            [(2, "INR", False), (1, "USD", False)],
        ),  # the 5 may be of either
        ([(0, True), (2, "INR")], [(2, "INR", True)]),
        ([(..., ...)], [(0, "EUR", False)]),
    ],
)
def test_what_is_missing_null_or_unreadable_leaves_incomplete_what_it_may_belong_to(
    given: Any, expected: list[tuple[Any, Any, bool]]
) -> None:
    made = bill(1, *(given if isinstance(given, list) else ()), sub=STRAY)
    if not isinstance(given, list):
        made = {name: value for name, value in made.items() if name != "items"}
        made |= {} if given is ... else {"items": given}
    found = [each for each in issues(audit(shop([made]))) if each["type"] == "STRAY"]
    assert [
        (each["amount"], each["currency"], each.get("amount_complete", True)) for each in found
    ] == expected


@pytest.mark.parametrize("odd", ["text", {"total": 5, "currency": "USD"}, [1], [[{"total": 1}]]])
def test_what_is_no_element_leaves_every_currency_incomplete(odd: Any) -> None:
    values = odd if isinstance(odd, list) else [odd]
    whole = [*items((2, "INR")), *values] if isinstance(odd, list) else odd
    found = issues(audit(shop([bill(1, sub=STRAY) | {"items": whole}])))
    stray = [(e["amount"], e["currency"], e["amount_complete"]) for e in found if e["type"] == "STRAY"]
    assert stray == ([(2, "INR", False)] if isinstance(odd, list) else [(0, "EUR", False)])
    assert [each["field"] for each in found if each["type"] == "UNREADABLE_VALUE"] == ["items"]


@pytest.mark.parametrize("value", plain.UNREADABLE)
def test_a_currency_of_an_element_that_is_no_text_is_said_once_a_document(value: Any) -> None:
    found = issues(audit(shop([bill(1, (1, "EUR"), (2, value), (3, value), sub=STRAY)])))
    told = [each for each in found if each["type"] == "UNREADABLE_VALUE"]
    assert [(each["field"], each["document_id"]) for each in told] == [("items[].currency", 1)]


NESTED: Final = """
intact: 1
name: shop
title: A shop
currency: EUR
collections:
  users: {key: _id, named: user}
  carts: {key: _id, named: cart, references: {user: users}}
  orders: {key: _id, named: order, references: {cart: carts, user: users}}
reports:
  all:
    title: All
    cadence: daily
    document: ALL
    checks:
      - {missing-link: orders.user, finding: NOBODY, severity: high, description: "{amount} {currency}", money: lost,
         amount: {path: "parts[].lines[].total", currency: "CURRENCY"}}
    total: {findings: {count: all}}
    summary:
      theirs: {sum: {path: "orders.parts[].lines[].total", currency: "CURRENCY"},
               through: [orders.cart], unmatched: carts.user}
"""


@pytest.mark.parametrize(
    ("currency", "expected"),
    [
        ("parts[].lines[].currency", {"EUR": 4, "INR": 2, "USD": 1}),
        ("parts[].currency", {"INR": 3, "USD": 4}),
        ("currency", {"CHF": 7}),
        ("of.currency", {"NOK": 7}),
    ],
)
def test_the_currency_may_be_that_of_the_line_the_part_or_the_document(
    currency: str, expected: dict[str, int]
) -> None:
    order = {
        "_id": 1, "cart": "c", "currency": "CHF", "of": {"currency": "NOK"},
        "parts": [
            {"currency": "INR", "lines": [{"total": 1, "currency": "USD"}, {"total": 2, "currency": "INR"}]},
            {"currency": "USD", "lines": [{"total": 4, "currency": None}]},
            {"currency": "GBP", "lines": []},
            {"currency": "GBP"},
        ],
    }  # fmt: skip
    db = {"users": [{"_id": "u"}], "carts": [{"_id": "c"}, {"_id": "d", "user": "u"}]}
    orders = [order, {"_id": 2, "cart": "d", "user": "u"}]
    report = audit(db | {"orders": orders}, NESTED.replace("CURRENCY", currency))
    assert report["all"].summary["theirs"] == expected
    assert report.headline.money_at_stake == {f"lost_{code}": amount for code, amount in expected.items()}
    assert sorted((each["currency"], each["amount"]) for each in issues(report)) == sorted(expected.items())


def test_a_currency_that_no_element_has_leaves_the_amounts_undecided() -> None:
    model = MODEL.replace(', "items[].currency"]', "]")
    report = audit(shop([bill(1, (5, ...), sub=STRAY)], [bill(1, (5, "EUR"))]), model)
    reasons = {reason for outcome in report.not_evaluated for reason in outcome.reasons}
    assert any("`items[].currency` is in none of 1 document of bills" in each for each in reasons)
    assert not report.complete


@pytest.mark.parametrize(
    ("amount", "message"),
    [
        (
            '{path: "items[].total", currency: "lines[].currency"}',
            "'lines[].currency' does not say of each 'items[].total' in which currency it is",
        ),
        (
            '{path: total, currency: "items[].currency"}',
            "'items[].currency' does not say of each 'total' in which currency it is",
        ),
        (
            '{path: "items[].total", currency: "items[].taxes[].currency"}',
            "does not say of each 'items[].total'",
        ),
        ("{path: total, currency: currency}, currency: currency", "the currency of 'amount' is given twice"),
        ("{path: total, curency: currency}", "curency"),
        ("{currency: currency}", "path"),
        (
            '{path: "items[].total", currency: "items[].code"}',
            "is in the currency at items[].code here and in that at items[].currency in line",
        ),
    ],
)
def test_a_currency_that_cannot_be_aligned_with_its_amount_is_an_error_that_says_so(
    amount: str, message: str
) -> None:
    at = MODEL.rindex('amount: "items[].total",\n         currency: "items[].currency"')
    own = 'amount: "items[].total",\n         currency: "items[].currency"'
    with pytest.raises(ModelError) as raised:
        parse(MODEL[:at] + f"amount: {amount}" + MODEL[at + len(own) :], KINDS, "shop.yml")
    assert message in str(raised.value)


@pytest.mark.parametrize("text", [MODEL, NESTED.replace("CURRENCY", "parts[].currency")])
def test_the_schema_of_models_knows_the_currency_of_an_amount(text: str) -> None:
    validator = Draft202012Validator(json_schema(KINDS))
    validator.validate(YAML(typ="safe", pure=True).load(text))
    with pytest.raises(ValidationError):
        validator.validate(YAML(typ="safe", pure=True).load(text.replace('currency: "', 'curency: "')))


def test_the_long_form_of_an_amount_says_the_same_as_its_currency_beside_it() -> None:
    long = plain.MODEL.replace(
        "amount: total, currency: currency", "amount: {path: total, currency: currency}"
    )
    long = long.replace(
        "amount: total,\n         currency: currency", "amount: {path: total, currency: currency}"
    )
    assert "amount: total" not in long
    assert long.count("{path: total, currency: currency}") == 3
    short, made = (parse(each, KINDS, "shop.yml") for each in (plain.MODEL, long))
    assert made.reconciliations["monthly"].entries == short.reconciliations["monthly"].entries
    assert made.reconciliations["monthly"].lines.currency == short.reconciliations["monthly"].lines.currency
    assert [each.options for each in made.reports["billing"].rules] == [
        each.options for each in short.reports["billing"].rules
    ]
