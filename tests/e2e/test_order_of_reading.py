"""The same documents give the same report to the byte, in whatever order they were read."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import bson
import pytest
import simplejson
from hypothesis import given, settings
from hypothesis import strategies as st

from intact.audit.run import check
from intact.checks import context
from intact.engine import duck
from intact.findings import Report, to_document
from intact.sources.mongodb import ranges as mongo_ranges
from tests.e2e.test_anything import FIELDS, documents
from tests.sample.reading import AS_OF, as_database
from tests.sample_data import Business
from tests.servers.snapshots import SnapshotServer
from tests.servers.store import Store
from tests.support import small
from tests.support.effort import share
from tests.support.memory import MemorySource
from tests.support.small import MODEL

Data = dict[str, list[bytes]]
IDS = st.sampled_from(
    [
        *(1, 2, 10, 2.5, -3, bson.Int64(10), bson.Decimal128("1E+30")),
        *("1", "10", "$1", "", None, True, [1], {"a": 1}, {"a": 2}, b"\x00\x01"),
        *(bson.ObjectId(b"a" * 12), datetime(2026, 1, 1, tzinfo=UTC)),
    ]
)
"""Ids of many types; of two documents one may be that of the other, and None stands for none at all."""


def told(report: Report) -> str:
    """Give the JSON document, without the times of the run."""
    document: dict[str, Any] = to_document(report)
    times = {"seconds", "generated_at", "read_from", "read_until", "moment"}
    for part in (document, document["intact"], document["source"]):
        part.update(dict.fromkeys(times & part.keys()))
    return str(simplejson.dumps(document, use_decimal=True, indent=1))


def shuffled(data: Mapping[str, Sequence[bytes]], seed: int) -> Data:
    chance = random.Random(seed)
    return {name: chance.sample(found, len(found)) for name, found in data.items()}


@pytest.fixture(scope="module")
def business() -> Data:
    """A business with every fault planted several times, and with what makes an order of ids ambiguous."""
    data: Data = {
        name: [bson.encode(each) for each in found]
        for name, found in as_database(Business(orders=40, seed=11, faults=2, as_of=AS_OF)).items()
    }
    data["orders"] += [data["orders"][0], bson.encode({"_id": 7, "status": "odd"}), bson.encode({"_id": 7})]
    data["orders"] += [bson.encode({"status": each, "items": each}) for each in "abc"]
    return data


@pytest.mark.parametrize("projector", ["pure", "native"])
def test_a_shuffled_dump_gives_the_same_report(
    business: Data, projector: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTACT_PROJECTOR", projector)

    def audited(data: Data, at_once: int) -> str:
        return told(
            check(
                MemorySource(data, at_once=at_once), model=MODEL, as_of=AS_OF, limit=limit, show_personal=True
            )
        )

    limit = 5 if projector == "native" else None  # so many of each section are kept: the same ones
    expected = audited(business, 7)
    assert expected.count('"fingerprint"') > (20 if limit else 60)
    assert audited(shuffled(business, 1), 5) == expected


def identified(data: dict[str, list[dict[str, Any]]], ids: list[Any]) -> Data:
    """Give documents other ids, in turn; or none."""
    some = iter(ids * 10)
    made: Data = {}
    for name, found in data.items():
        named = [({"_id": next(some)}, {k: v for k, v in each.items() if k != "_id"}) for each in found]
        made[name] = [bson.encode(rest if id_["_id"] is None else id_ | rest) for id_, rest in named]
    return made


@given(
    st.fixed_dictionaries({name: documents(fields) for name, fields in FIELDS.items()}),
    st.lists(IDS, min_size=7, max_size=20),
    st.integers(0, 99),
)
@settings(max_examples=share(8, 2), deadline=None)
def test_any_documents_in_another_order_give_the_same_report(
    data: dict[str, list[dict[str, Any]]], ids: list[Any], seed: int
) -> None:
    made = identified(data, ids)
    one, other = (
        told(small.audit(each, show_personal=True, limit=None)) for each in (made, shuffled(made, seed))
    )
    assert one == other


@pytest.mark.spread(1)
@pytest.mark.parametrize("topology", ["standalone", "replica set"])
def test_a_server_in_another_natural_order_and_in_ranges_gives_the_same_report(
    topology: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = as_database(Business(orders=30, seed=5, faults=1, as_of=AS_OF))

    def audited(seed: int, ranges: int) -> str:
        monkeypatch.setattr(mongo_ranges, "WORTH_RANGES", ranges)
        monkeypatch.setattr(mongo_ranges, "PER_RANGE", max(ranges // 3, 1))
        order = random.Random(seed)
        store = Store({name: order.sample(found, len(found)) for name, found in data.items()})
        with SnapshotServer(store, topology=topology, batch_documents=7) as server:
            report = told(check(server.uri(), model=MODEL, as_of=AS_OF, show_personal=True))
            assert (len([each for each in server.commands if each.name == "find"]) > 30) == (ranges < 100)
        return report.replace(server.address, "server")

    expected = audited(0, 100_000)
    assert expected.count('"fingerprint"') > 20
    assert audited(1, 100_000) == expected
    assert audited(2, 20) == expected


@pytest.mark.parametrize(
    ("holder", "name", "other"),
    [(duck, "_LENT", -1), (context, "_FEW", 5), (context.Context, "has_arrays", lambda *_: True)],
    ids=["rows are copied", "documents are picked", "arrays are looked for"],
)
def test_a_short_cut_gives_the_same_report_as_the_long_way(
    business: Data, holder: Any, name: str, other: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def audited() -> str:
        source = MemorySource(business, at_once=7)
        return told(check(source, model=MODEL, as_of=AS_OF, limit=None, show_personal=True))

    expected = audited()
    monkeypatch.setattr(holder, name, other)
    assert audited() == expected
