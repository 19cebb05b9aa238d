"""What is looked at again is judged the same however many are taken together, by the recheck and by the source."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from functools import cache
from typing import Any

import pytest

from intact.audit.recheck import again
from intact.audit.run import check
from intact.findings import Report
from intact.sources.mongodb import handle as mongo_handle
from intact.sources.mongodb import ranges as mongo_ranges
from intact.sources.mongodb import reader as mongo_reader
from intact.sources.mongodb import reread as mongo_look
from tests.recheck.changing import ChangingSource, Data
from tests.servers.snapshots import SnapshotServer
from tests.servers.store import Store
from tests.support.small import AS_OF, MODEL, PHANTOM, SECOND_BILL, small


def numbered(collection: str, numbers: range, **fields: Callable[[int], Any]) -> list[dict[str, Any]]:
    """Documents like the first of a collection, some of their fields made of their number."""
    first = small()[collection][0]
    return [{**first, "_id": at, **{name: make(at) for name, make in fields.items()}} for at in numbers]


DATA: Data = small(
    orders=numbered("orders", range(2, 8), id="o-{}".format, subscription_id=lambda at: f"s-{at // 4 + 8}"),
    customers_v2=numbered(
        "customers_v2", range(2, 6), id="c-{}".format, phone=lambda at: f"987654320{at // 4}"
    ),
    delivery_statuses=[PHANTOM, {**PHANTOM, "_id": 3, "id": "d-3"}],
    billing_records=[SECOND_BILL, {**SECOND_BILL, "_id": 3, "id": "b-3", "subscription_id": "s-9"}],
)
"""A business with ten faults and more: pairs, groups, and references that lead nowhere."""

REPORTS = ["invalid_references", "duplicates"]


def told(report: Report) -> Any:
    """Everything that a report says of findings, figures and what could not be confirmed."""
    sections = [
        (each.name, each.vanished, each.unconfirmed, each.summary, [one.to_dict() for one in each.issues])
        for each in report.sections
    ]
    return sections, [(each.collection, each.what) for each in report.troubles], report.exit_code


def mended(data: Data) -> None:
    """Mend some of the faults."""
    for each in data["orders"]:
        if each["_id"] in {2, 5, 6}:
            each["subscription_id"] = "s-1"
    data["customers_v2"][2]["phone"] = "9876543333"
    data["billing_records"][1]["period_date"] = "2025-12"
    data["delivery_statuses"].pop()


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(again, "_PAUSES", (0.0, 0.0, 0.0))


def changed(*, one_moment: bool) -> Any:
    """Audit the business, of which some faults go between the scan and the first look."""
    source = ChangingSource(deepcopy(DATA), [mended, lambda _: None], one_moment=one_moment)
    report = check(source, model=MODEL, as_of=AS_OF, show_personal=True, reports=REPORTS)
    assert sum(len(each.issues) for each in report.sections) > 3
    assert sum(each.vanished for each in report.sections) > 3
    return told(report)


@cache
def usual(*, one_moment: bool) -> Any:
    """What is told where nothing is patched, which is so when this is asked for."""
    return changed(one_moment=one_moment)


@pytest.mark.spread(2)
@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("name", ["_AT_ONCE", "_DOCUMENTS"])
@pytest.mark.parametrize("one_moment", [False, True])
def test_a_report_is_the_same_however_many_candidates_are_looked_at_together(
    name: str, number: int, one_moment: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = usual(one_moment=one_moment)
    monkeypatch.setattr(again, name, number)
    assert changed(one_moment=one_moment) == expected


NUMBERS = (
    *((mongo_look, each) for each in ("VALUES_AT_ONCE", "BYTES_AT_ONCE", "MOST_REMEMBERED")),
    *((mongo_handle, "BATCH_DOCUMENTS"), (mongo_reader, "WAITING_BYTES")),
    *((mongo_ranges, each) for each in ("WORTH_RANGES", "PER_RANGE", "MOST_RANGES")),
)
"""How many a live source asks for, hands on or remembers together, and from how many on it divides a collection."""


def lived(*, indexed: bool) -> Any:
    """Audit the business on a server that is not read as of one moment."""
    store = Store(deepcopy(DATA))
    for collection in DATA if indexed else ():
        store.index(collection, "id")
    with SnapshotServer(store, topology="standalone") as server:
        report = check(server.uri(), model=MODEL, as_of=AS_OF, show_personal=True, reports=REPORTS)
    assert {each.state for section in report.sections for each in section.issues} == {"confirmed"}
    return told(report)


@pytest.mark.spread(1)
@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("indexed", [False, True])
def test_a_report_is_the_same_however_many_documents_a_live_source_handles_together(
    number: int, indexed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = lived(indexed=indexed)
    for module, name in NUMBERS:
        monkeypatch.setattr(module, name, number)
    assert lived(indexed=indexed) == expected
