"""PyMongo's own lock, when it is lost, is a lost connection: read on by another try, and never a traceback."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from pymongo.asynchronous.topology import Topology

from tests.live.audits import audit, many_ranges
from tests.live.history import planted_business
from tests.servers.snapshots import SnapshotServer


@pytest.mark.parametrize("message", ["cannot wait on un-acquired lock", "Lock is not acquired"])
@pytest.mark.parametrize("at", [5, 12, 30])
def test_a_lock_that_the_driver_has_lost_costs_one_more_try(
    message: str, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: Iterator[int] = iter(range(10**6))
    usual: Any = Topology.select_server

    async def sometimes(self: Topology, *arguments: Any, **options: Any) -> Any:
        await asyncio.sleep(0)
        if next(calls) == at:
            raise RuntimeError(message)
        return await usual(self, *arguments, **options)

    monkeypatch.setattr(Topology, "select_server", sometimes)
    planted = planted_business(1, 40)
    with SnapshotServer(planted.store, topology="standalone", batch_documents=8) as server, many_ranges():
        done = audit(server.uri(retryReads="false"), fail_on=["none"])
    assert next(calls) > at
    assert done.found == planted.planted
    assert done.report.exit_code in {0, 3}
    assert done.report.complete is (not done.of_state("unconfirmed"))
