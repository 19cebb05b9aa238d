"""MongoDB's own fail points, on every server that has them: a failing command in the middle changes no finding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest

from intact.sources.mongodb import retry as mongo_retry
from tests.live.audits import audit, many_ranges
from tests.live.history import Planted, planted_business
from tests.live.test_faults import NAMES
from tests.live.test_load import address_of, fill
from tests.servers.fixtures import Mongo
from tests.servers.proxy import Proxy


@pytest.fixture
def planted(mongo: Mongo, monkeypatch: pytest.MonkeyPatch) -> Iterator[Planted]:
    """A business with faults, on each server."""
    monkeypatch.setattr(mongo_retry, "_FIRST_PAUSE", 0.002)
    business = planted_business(4, 40)
    fill(mongo, business.store)
    with many_ranges():
        yield business


STALE_CONFIG: Final = 13388


@pytest.mark.spread(1)
@pytest.mark.parametrize("code", sorted(set(NAMES) - {239, 246, STALE_CONFIG}))
def test_a_command_that_fails_once_changes_nothing(mongo: Mongo, planted: Planted, code: int) -> None:
    _fails_once(mongo, planted, code)


def test_a_router_that_learns_of_moved_chunks_changes_nothing(mongo: Mongo, planted: Planted) -> None:
    _fails_once(mongo, planted, STALE_CONFIG)


def _fails_once(mongo: Mongo, planted: Planted, code: int) -> None:
    for command in ("find", "getMore"):
        with Proxy(*address_of(mongo)) as proxy:
            proxy.batch_documents = 8
            uri = f"mongodb://{proxy.address}/{mongo.name}?directConnection=true&retryReads=false"
            with mongo.failing(command, mode={"times": 1}, errorCode=code):
                done = audit(uri, fail_on=["none"])
        assert done.found == planted.planted
        assert done.report.exit_code == 0


def test_a_connection_that_is_closed_once_changes_nothing(mongo: Mongo, planted: Planted) -> None:
    with Proxy(*address_of(mongo)) as proxy:
        proxy.batch_documents = 8
        uri = f"mongodb://{proxy.address}/{mongo.name}?directConnection=true&retryReads=false"
        with mongo.failing("getMore", mode={"times": 1}, closeConnection=True):
            done = audit(uri, fail_on=["none"])
    assert done.found == planted.planted
    assert done.report.exit_code == 0
