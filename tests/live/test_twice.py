"""A scan that hands a document on twice, before and after it was changed, has one document."""

from __future__ import annotations

from typing import Any

import bson
import pytest

import intact
from tests.servers.scripted import AS_USUAL, Reply, ScriptedServer


@pytest.mark.parametrize("again", [{"_id": 1, "id": "a"}, {"_id": 1, "id": "a", "v": 2}])
def test_a_document_that_comes_twice_is_one(again: dict[str, Any]) -> None:
    orders = [{"_id": 1, "id": "a"}, {"_id": 2, "id": "b"}, again]
    names = ("orders", "customers_v2", "users", "subscriptions_v2", "delivery_statuses", "billing_records")
    with ScriptedServer({**dict.fromkeys(names, ()), "orders": orders}) as server:
        report = intact.check(server.uri(), model="delivery", reports=["billing"])
    (read,) = [each for each in report.collections if each.name == "orders"]
    assert read.documents == 2
    assert ("again after a change" in read.note) == ("v" in again)


def test_what_a_document_that_came_twice_was_before_is_no_finding_and_what_it_is_now_was_looked_at_again() -> (
    None
):
    before, after = ({"_id": 1, "id": "a", "status": each} for each in ("odd", "odder"))
    orders: list[dict[str, Any]] = [before, {"_id": 2, "id": "b", "status": "delivered"}, after]
    names = ("orders", "customers_v2", "users", "subscriptions_v2", "delivery_statuses", "billing_records")
    with ScriptedServer({**dict.fromkeys(names, ()), "orders": orders}) as server:
        now = Reply({"cursor": {"id": bson.Int64(0), "ns": "shop.orders", "firstBatch": [after]}})
        server.script("find:orders", AS_USUAL, now, repeat=True)
        report = intact.check(server.uri(), reports=["status"], show_personal=True)
        looked = [
            each for each in server.named("find") if each.collection == "orders" and each.body.get("filter")
        ]
    (section,) = report.sections
    found = [
        (each.fields["status"], each.state) for each in section.issues if each.type == "INVALID_ORDER_STATUS"
    ]
    assert looked, "it was looked at again"
    assert found == [("odder", "confirmed")]
