"""A source that shows two currencies where the model names none says so: amounts are added as if they were of one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import bson
import pytest

import intact
from intact.audit.currencies import CurrencyWatch
from intact.checks import KINDS
from intact.model import parse
from tests.support.memory import MemorySource

MODEL = """
intact: 1
name: sums
title: Sums
currency: INR
collections:
  orders: {key: _id, named: order_id}
  shops: {key: _id, named: shop_id}
  sales: {key: _id, named: sale_id, references: {shop: shops, order: orders}}
reports:
  r:
    title: R
    cadence: monthly
    document: R
    checks:
      - {unmatched-link: sales.shop, finding: LOST, severity: high, description: d, amount: "AMOUNT"}
      - {unmatched-link: sales.order, finding: LOOSE, severity: high, description: d}
    total: {found: {count: all}}
"""


def said(documents: list[dict[str, Any]], amount: str = "total", model: str = MODEL) -> list[str]:
    data = {
        "sales": [{"_id": number, **each} for number, each in enumerate(documents)],
        "shops": [],
        "orders": [],
    }
    report = intact.check(MemorySource(data), model=parse(model.replace("AMOUNT", amount), KINDS))
    return [each for each in report.run.notes if "currency" in each]


@pytest.mark.spread(8)
@pytest.mark.parametrize("projector", ["", "pure"])
@pytest.mark.parametrize(
    "name", ["currency", "Currency", "CURRENCY", "curRency", "currency_code", "currencyCode"]
)
@pytest.mark.parametrize(
    ("amount", "place"),
    [("total", ""), ("money.amount", "money."), ("items[].total", "items[]."), ("items[].total", ""),
     ("items[].price.amount", "items[].price."), ("items[].price.amount", "items[].")],
)  # fmt: skip
def test_two_currencies_beside_an_amount_are_said(
    name: str, amount: str, place: str, projector: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTACT_PROJECTOR", projector)

    def document(currency: str) -> dict[str, Any]:
        inner: dict[str, dict[str, Any]] = {
            "": {"total": 5, "items": [], name: currency},
            "money.": {"money": {"amount": 5, name: currency}},
            "items[].": {"items": [{"total": 5, name: currency}, {"price": {"amount": 1}}]},
            "items[].price.": {"items": [{"price": {"amount": 5, name: currency}}]},
        }
        return inner[place]

    (note,) = said([document("INR"), document("EUR"), document("inr ")], amount)
    assert note.startswith(
        f"sales.{place}{name} names more than one currency (EUR, INR), and the model says nothing"
    )
    assert said([document("INR"), document("inr")], amount) == []


def test_two_currencies_in_the_items_of_one_document_are_said() -> None:
    items = [{"total": 1, "currency": "USD"}, {"total": 1, "currency": "EUR"}, {"total": 1}]
    (note,) = said([{"items": items}], "items[].total")
    assert "(EUR, USD)" in note


@pytest.mark.parametrize("other", [None, "", "  ", 5, ["EUR"], {"code": "EUR"}])
def test_what_is_no_text_is_no_second_currency(other: object) -> None:
    assert said([{"total": 1, "currency": "INR"}, {"total": 1, "currency": other}]) == []


def test_nothing_is_said_once_the_model_names_the_currency_nor_where_no_amount_is_read() -> None:
    both = [{"total": 1, "currency": "INR"}, {"total": 1, "currency": "EUR"}]
    assert len(said(both)) == 1
    assert said(both, model=MODEL.replace('"AMOUNT"', '"AMOUNT", currency: currency')) == []
    assert said(both, model=MODEL.replace(', amount: "AMOUNT"', "")) == []


def test_a_personal_currency_is_not_said() -> None:
    both = [{"total": 1, "currency": "INR"}, {"total": 1, "currency": "EUR"}]
    assert said(both, model=MODEL.replace("sale_id,", "sale_id, personal: [currency],")) == []


def test_many_texts_are_said_in_short() -> None:
    documents = [{"total": 1, "currency": each} for each in ("A", "B", "C", "c", "x" * 900, "D")]
    (note,) = said(documents)
    assert re.search(r"\(A, B, C and 2 more\)", note)
    (note,) = said([{"total": 1, "currency": each} for each in ("A", "x" * 900)])
    assert re.search(rf"\(A, {'X' * 20}\.\.\. \([0-9]+ more characters\)\)", note)


def test_documents_are_taken_apart_for_it_only_where_a_text_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []
    take = CurrencyWatch._take

    def counted(self: CurrencyWatch, data: bytes | memoryview, paths: list[Any]) -> None:
        taken.append(len(data))
        take(self, data, paths)

    monkeypatch.setattr(CurrencyWatch, "_take", counted)
    assert said([{"total": 1} for _ in range(20)]) == []
    assert taken == []
    assert said([{"total": 1, "currency": "INR"} for _ in range(20)]) == []
    assert len(taken) == 1


def test_a_dump_is_told_of_too(tmp_path: Path) -> None:
    sales = [{"_id": 1, "total": 1, "currency": "INR"}, {"_id": 2, "total": 1, "currency": "EUR"}]
    (tmp_path / "sales.bson").write_bytes(b"".join(map(bson.encode, sales)))
    report = intact.check(tmp_path, model=parse(MODEL.replace("AMOUNT", "total"), KINDS))
    assert any("sales.currency names more than one currency (EUR, INR)" in each for each in report.run.notes)
