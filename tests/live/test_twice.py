"""A scan that hands a document on twice, before and after it was changed, has one document."""

from __future__ import annotations

from typing import Any

import pytest

import intact
from tests.servers.scripted import ScriptedServer


@pytest.mark.parametrize("again", [{"_id": 1, "id": "a"}, {"_id": 1, "id": "a", "v": 2}])
def test_a_document_that_comes_twice_is_one(again: dict[str, Any]) -> None:
    orders = [{"_id": 1, "id": "a"}, {"_id": 2, "id": "b"}, again]
    names = ("orders", "customers_v2", "users", "subscriptions_v2", "delivery_statuses", "billing_records")
    with ScriptedServer({**dict.fromkeys(names, ()), "orders": orders}) as server:
        report = intact.check(server.uri(), model="delivery", reports=["billing"])
    (read,) = [each for each in report.collections if each.name == "orders"]
    assert read.documents == 2
    assert ("again after a change" in read.note) == ("v" in again)
