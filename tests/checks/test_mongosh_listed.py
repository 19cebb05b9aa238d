"""What `intact explain` prints for mongosh lists, on a server, the documents that the check finds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any, Final

import bson
import pytest
from bson import json_util

from intact.audit.run import check
from intact.audit.wording import check_name
from intact.checks import BY_NAME, KINDS
from intact.findings import to_document
from intact.model import load, parse
from intact.model.specs import Model
from tests.checks import test_currencies as currencies
from tests.checks import test_item_currencies as item_currencies
from tests.oracle.values import identity
from tests.oracle.worlds import world
from tests.servers import real
from tests.servers.fixtures import Mongo, Server
from tests.support import shell
from tests.support.memory import MemorySource

Data = Mapping[str, Sequence[Mapping[str, Any]]]

LARGER: Final = {"duplicate-value"}
"""Kinds that find more than a server can: they compare what is spelt in several ways."""

ARRAYS: Final = """
intact: 1
name: shop
title: A shop
collections:
  customers: {key: _id, named: customer, noun: customer}
  products: {key: sku, named: sku, noun: product}
  orders:
    key: _id
    named: order
    noun: order
    references: {"items[].sku": products, "parts[].items[].sku": products, "customer.id": customers}
    optional: ["items[].sku", "parts[].items[].sku", "customer.id", gift.to, state]
reports:
  all:
    title: All
    cadence: daily
    document: ALL
    checks:
      - {dangling-reference: "orders.items[].sku", finding: ITEM, severity: high, description: "{sku}"}
      - {dangling-reference: "orders.parts[].items[].sku", finding: PART, severity: high, description: "{sku}"}
      - {dangling-reference: "orders.customer.id", finding: CUSTOMER, severity: high, description: "{id}"}
      - {missing-link: "orders.customer.id", finding: NOBODY, severity: low, description: "{order}",
         unless: {gift.to: [true, null], state: sent}}
      - {duplicate-key: products, finding: TWICE, severity: high, description: "{id}"}
      - {missing-key: products, finding: NAMELESS, severity: high, description: "{collection}"}
    total: {findings: {count: all}}
"""


@pytest.fixture(scope="module", params=["secantus", *(["real"] if real.available() else [])])
def mongo_server(request: pytest.FixtureRequest) -> Server:
    """Servers that know the stages and operators of the queries; mongo-java-server does not."""
    server: Server = request.getfixturevalue(f"{request.param}_server")
    return server


def different(mongo: Mongo, model: Model, data: Data) -> list[str]:
    """Say of which rules a query lists other documents than the check."""
    stored = {name: list(_storable(documents)) for name, documents in data.items()}
    mongo.insert(stored)
    encoded = {name: [bson.encode(dict(each)) for each in documents] for name, documents in stored.items()}
    report: Any = to_document(
        check(MemorySource(encoded), model=model, as_of=datetime.now(UTC), show_personal=True)
    )
    issues = [each for section in report["reports"].values() for each in section["issues"]]
    wrong = []
    for rule in (rule for section in model.reports.values() for rule in section.rules):
        mine = (rule.finding, check_name(rule))
        found = {
            document
            for each in issues
            if (each["type"], each["meta"]["check"]) == mine
            for document in _documents(each)
        }
        listed = set(_listed(mongo, BY_NAME[rule.kind].mongosh(rule, model)))
        if listed - found or (found - listed and rule.kind not in LARGER):
            wrong.append(f"{mine}: only listed {listed - found}, only found {found - listed}")
    return wrong


def _storable(documents: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Leave out what no server stores, a second document of an `_id` or an array as one; and arrays as keys.

    Such a key is one value for intact; a server compares its elements as well.
    """
    seen = set()
    for each in documents:
        lists = [name for name in ("_id", "id", "sku") if isinstance(each.get(name), list)]
        if "_id" in each and not lists and identity(each["_id"]) not in seen:
            seen.add(identity(each["_id"]))
            yield each


def _documents(issue: Mapping[str, Any]) -> Iterator[str]:
    for each in issue["document_ids"] if "document_ids" in issue else [issue["document_id"]]:
        yield json.dumps(each)


def _listed(mongo: Mongo, text: str) -> Iterator[str]:
    options = json_util.JSONOptions(tz_aware=True)
    for name, method, given in shell.read_query(text):
        first = json_util.loads(json.dumps(given[0]), json_options=options)
        own = mongo.handle[name]
        for row in own.find(first) if method == "find" else own.aggregate(first):
            ids = (
                [each for each in row["documents"] if each is not None]
                if "documents" in row
                else [row["_id"]]
            )
            for each in ids:
                yield json_util.dumps(each, json_options=json_util.RELAXED_JSON_OPTIONS)


@pytest.mark.spread(2)
@pytest.mark.parametrize("hostile", [0.03, 0.1, 0.2, 0.3])
@pytest.mark.parametrize("seed", [7, 8])
def test_queries_of_the_shipped_model_list_what_its_checks_find(
    mongo: Mongo, seed: int, hostile: float
) -> None:
    assert different(mongo, load("delivery", KINDS), world(seed, hostile=hostile)) == []


@pytest.mark.spread(1)
@pytest.mark.parametrize("seed", range(4))
def test_queries_of_conditions_and_currencies_list_what_the_checks_find(mongo: Mongo, seed: int) -> None:
    data = currencies.random_shop(Random(f"mongosh {seed}"))
    assert different(mongo, parse(currencies.MODEL, KINDS, "shop.yml"), data) == []


@pytest.mark.spread(1)
@pytest.mark.parametrize("seed", range(4))
def test_queries_of_currencies_in_elements_of_arrays_list_what_the_checks_find(
    mongo: Mongo, seed: int
) -> None:
    data = item_currencies.random_shop(f"mongosh {seed}")
    assert different(mongo, parse(item_currencies.MODEL, KINDS, "shop.yml"), data) == []


@pytest.mark.spread(1)
@pytest.mark.parametrize("seed", range(6))
def test_queries_through_arrays_list_what_the_checks_find(mongo: Mongo, seed: int) -> None:
    rng = Random(f"arrays {seed}")
    skus = [None, ..., 1, 2.0, "a", "b", "gone", "", " ", bson.Int64(1), bson.ObjectId(b"\0" * 12), {"x": 1}]

    def item() -> dict[str, Any]:
        sku = rng.choice([*skus, rng.choices(["a", "gone", 1], k=2), []])
        return {} if sku is ... else {"sku": sku}

    def items() -> dict[str, Any]:
        kinds = [[item() for _ in range(rng.randint(0, 3))], None, item(), ...]
        own = rng.choice([kinds[0], kinds[0], *kinds[1:]])
        return {} if own is ... else {"items": own}

    orders = []
    for number in range(30):
        customer = rng.choice([..., None, {}, {"id": None}, {"id": "c"}, {"id": "gone"}, {"id": ["c", 7]}])
        gift = rng.choice([..., None, {}, {"to": True}, {"to": False}, {"to": None}, {"to": "yes"}])
        own = {"_id": number, "parts": [items() for _ in range(rng.randint(0, 2))], **items()}
        own |= {} if customer is ... else {"customer": customer}
        own |= {} if gift is ... else {"gift": gift}
        own |= rng.choice([{}, {"state": "sent"}, {"state": "open"}])
        orders.append(own)
    keys = [1, "a", "a", None, ..., "b", ["a"], "", "", " ", bson.Decimal128("1.0")]
    products = [
        {"_id": at} | ({} if sku is ... else {"sku": sku}) for at, sku in enumerate(rng.sample(keys, 7))
    ]
    data = {"orders": orders, "products": products, "customers": [{"_id": "c"}]}
    assert different(mongo, parse(ARRAYS, KINDS, "shop.yml"), data) == []


@pytest.mark.spread(1)
@pytest.mark.parametrize("seed", range(6))
def test_queries_of_keys_in_elements_of_arrays_list_what_the_checks_find(mongo: Mongo, seed: int) -> None:
    rng = Random(f"keys {seed}")
    keys = [1, bson.Decimal128("1.0"), "a", "b", "c", None, ..., ""]

    def variant() -> Any:
        sku = rng.choice(keys)
        return rng.choice([{}, None, 5]) if sku is ... else {"sku": sku}

    products: list[dict[str, Any]] = []
    for number in range(rng.choice([4, 12])):
        own = rng.choice([..., [variant() for _ in range(rng.randint(0, 3))], [variant()], variant()])
        products.append({"_id": number} | ({} if own is ... else {"variants": own}))
    text = ARRAYS.replace("products: {key: sku,", "products: {key: variants.sku,")
    assert different(mongo, parse(text, KINDS, "shop.yml"), {"products": products}) == []
