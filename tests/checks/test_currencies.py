"""Amounts of two currencies are never added: in no period, figure, kind of money, threshold or list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from random import Random
from typing import Any, Final

import bson
import pytest

from intact.audit.run import check
from intact.checks import KINDS
from intact.findings import Report, to_document
from intact.model import parse
from intact.sources.base import Fault
from tests.oracle.ledger import ledger
from tests.support.memory import MemorySource

MODEL: Final = """
intact: 1
name: shop
title: A shop
currency: EUR
collections:
  subscriptions: {key: _id, named: subscription, noun: subscription}
  orders: {key: _id, named: order, noun: order, references: {sub: subscriptions}, optional: [free, currency]}
  bills:
    {key: _id, named: bill, noun: bill, references: {sub: subscriptions},
     optional: [status, hidden, duplicate_of, currency]}
reconciliations:
  monthly:
    of: subscriptions
    entries:
      {collection: bills, link: sub, period: month, amount: total, currency: currency,
       where: {duplicate_of: null, hidden: [false, null]}, unless: {status: cancelled}}
    lines: {collection: orders, link: sub, date: month, amount: total, currency: currency, unless: {free: true}}
reports:
  billing:
    title: Bills
    cadence: daily
    document: BILLS
    checks:
      - {unmatched-link: bills.sub, finding: STRAY, severity: high, description: "{amount} {currency}", amount: total,
         currency: currency, money: stray}
      - {double-entry: monthly, finding: TWICE, severity: critical, description: "{count} bills in {currency}",
         ids: bills, money: overcharged}
      - {unreconciled-amount: monthly, finding: DIFFERS, severity: high, description: "{difference} {currency}",
         money: {over: overbilled, under: underbilled}}
      - {missing-entry: monthly, finding: UNBILLED, severity: high, description: "{calculated} {currency}",
         ids: orders, money: unbilled}
    total: {findings: {count: all}}
    summary:
      too_much: {sum: total_overcharge, of: TWICE}
      not_billed: {sum: calculated, of: UNBILLED}
      stray: {sum: amount, of: STRAY}
"""

CURRENCIES: Final = (
    None,
    ...,
    "",
    " ",
    "EUR",
    "eur",
    " EUR ",
    "INR",
    "Inr",
    "USD",
    "\N{INDIAN RUPEE SIGN}",
    "$",
)
UNREADABLE: Final[tuple[Any, ...]] = (True, False, 5, ["EUR"], {"code": "EUR"}, [])


def audit(
    db: Mapping[str, Sequence[Mapping[str, Any]]], faults: Sequence[Fault] = (), **options: Any
) -> Report:
    """Audit a database as of 15 March 2026."""
    data = {name: [bson.encode(dict(each)) for each in documents] for name, documents in db.items()}
    model = parse(MODEL, KINDS, "shop.yml")
    return check(MemorySource(data, faults=faults), model=model, as_of="2026-03-15T00:00:00Z", **options)


def issues(report: Report) -> list[dict[str, Any]]:
    """Give the findings as they stand in JSON."""
    document: dict[str, Any] = to_document(report)
    found: list[dict[str, Any]] = document["reports"]["billing"]["issues"]
    return found


def bill(number: int, total: float, currency: Any = ..., **more: Any) -> dict[str, Any]:
    """Make a bill, or an order, of subscription s for January; without a currency where that is ``...``."""
    own = {} if currency is ... else {"currency": currency}
    return {"_id": number, "sub": "s", "month": "2026-01", "total": total} | own | more


S: Final = [{"_id": "s"}]


def random_shop(rng: Random) -> dict[str, list[dict[str, Any]]]:
    """Make bills and orders in several currencies, some of them cancelled, hidden, free, or unreadable."""
    names = [f"s{number}" for number in range(4)]

    def document(number: int) -> dict[str, Any]:
        odd = rng.random() < 0.1
        currency = rng.choice(UNREADABLE) if odd else rng.choice(CURRENCIES)
        return bill(
            number,
            rng.choice([10, 20, 20, 30, -20, 0, 0.1]),
            currency,
            sub=rng.choice(names),
            month=rng.choice(["2026-01", "2026-02", "2026-03"]),
        )

    bills = [
        document(number)
        | rng.choice([{}, {}, {"status": "Cancelled"}, {"status": "sent"}, {"status": None}])
        | rng.choice([{}, {}, {"hidden": True}, {"hidden": False}, {"hidden": None}, {"hidden": "yes"}])
        | rng.choice([{}, {}, {}, {"duplicate_of": None}, {"duplicate_of": 7}, {"duplicate_of": ""}])
        for number in range(rng.randint(0, 25))
    ]
    orders = [
        document(number) | rng.choice([{}, {}, {"free": True}, {"free": False}, {"free": 1}])
        for number in range(rng.randint(0, 25))
    ]
    return {"subscriptions": [{"_id": name} for name in names], "bills": bills, "orders": orders}


@pytest.mark.spread(5)
@pytest.mark.parametrize("seed", range(40))
def test_bills_and_orders_of_several_currencies_are_judged_as_the_oracle_judges_them(seed: int) -> None:
    db = random_shop(Random(f"currencies {seed}"))
    expected, money = ledger(db, "EUR", "2026-03")
    report = audit(db)
    assert Counter(map(_as_tuple, issues(report))) == Counter(expected)
    assert report.headline.money_at_stake == dict(money)
    assert report["billing"].summary["too_much"] == _by_currency(money, "overcharged")


def _by_currency(money: Mapping[str, Any], kind: str) -> dict[str, Any]:
    return {
        name.removeprefix(f"{kind}_"): amount for name, amount in money.items() if name.startswith(f"{kind}_")
    }


def _as_tuple(issue: Mapping[str, Any]) -> tuple[Any, ...]:
    if issue["type"] == "UNREADABLE_VALUE":
        return issue["type"], issue["collection"], issue["document_id"], issue["field"]
    period = issue["type"], issue["subscription"], issue["period"], issue["currency"]
    names = {
        "TWICE": ("count", "total_billed", "total_overcharge"),
        "DIFFERS": ("bill", "difference"),
        "UNBILLED": ("lines", "calculated"),
    }
    return (*period, *(issue[name] for name in names[issue["type"]]))


def test_a_bill_in_another_currency_is_no_double_bill_and_settles_nothing() -> None:
    report = audit(
        {"subscriptions": S, "bills": [bill(1, 100, "EUR"), bill(2, 100, "USD")], "orders": [bill(1, 100)]}
    )
    assert [(each["type"], each["currency"], each.get("difference")) for each in issues(report)] == [
        ("DIFFERS", "USD", 100)
    ]
    assert report.headline.money_at_stake == {"overbilled_USD": Decimal(100)}


@pytest.mark.parametrize("value", UNREADABLE)
def test_a_currency_that_is_no_text_is_said_and_its_amount_is_in_none(value: Any) -> None:
    report = audit({"subscriptions": S, "bills": [bill(1, 100, value, sub="gone")], "orders": []})
    found = {each["type"]: each for each in issues(report)}
    assert (found["STRAY"]["amount"], found["STRAY"]["currency"], found["STRAY"]["amount_complete"]) == (
        0,
        None,
        False,
    )
    assert found["UNREADABLE_VALUE"]["field"] == "currency"
    assert report.headline.money_at_stake == {}


@pytest.mark.parametrize(
    ("value", "shown"), [(..., "EUR"), (None, "EUR"), (" ", "EUR"), (" usd", "USD"), ("$", "$")]
)
def test_an_amount_without_a_currency_is_in_the_models(value: Any, shown: str) -> None:
    report = audit({"subscriptions": S, "bills": [bill(1, 7.5, value, sub="gone")], "orders": []})
    assert [(each["amount"], each["currency"]) for each in issues(report) if each["type"] == "STRAY"] == [
        (7.5, shown)
    ]
    assert report["billing"].summary["stray"] == {shown: Decimal("7.5")}


def test_figures_and_money_stand_apart_by_currency() -> None:
    bills = [bill(1, 10, "EUR"), bill(2, 10, "EUR"), bill(3, 7, "INR"), bill(4, 7, "INR")]
    report = audit({"subscriptions": S, "bills": bills, "orders": [bill(1, -5, "USD"), bill(2, 3, "CHF")]})
    summary = report["billing"].summary
    assert summary["too_much"] == {"EUR": Decimal(10), "INR": Decimal(7)}
    assert summary["not_billed"] == {"CHF": Decimal(3)}
    assert summary["not_billed_negative"] == {"USD": Decimal(5)}
    assert report.run.currency is None
    assert report.headline.money_at_stake == {
        "overcharged_EUR": Decimal(10), "overcharged_INR": Decimal(7), "unbilled_CHF": Decimal(3),
        "unbilled_negative_USD": Decimal(5),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("overcharged>15", 0), ("overcharged>9", 1), ("overcharged_EUR>9", 1), ("overcharged_inr>9", 0),
        ("overcharged_INR>6", 1), ("overcharged_USD>0", 0), ("stray>0", 0),
    ],
)  # fmt: skip
def test_a_threshold_of_money_looks_at_each_currency_alone(line: str, code: int) -> None:
    bills = [bill(1, 10, "EUR"), bill(2, 10, "EUR"), bill(3, 7, "INR"), bill(4, 7, "INR")]
    orders = [bill(1, -5, "USD")]
    assert audit({"subscriptions": S, "bills": bills, "orders": orders}, fail_on=[line]).exit_code == code
