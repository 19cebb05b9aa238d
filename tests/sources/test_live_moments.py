"""Reading as of one moment, and what happens where that cannot be done, or no longer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import bson
import pytest
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import AsyncMongoClient, MongoClient

from intact.core.paths import Path
from intact.sources.base import Block, Item, LookUp
from intact.sources.mongodb import handle as mongo_handle
from intact.sources.mongodb import ranges as mongo_ranges
from intact.sources.mongodb import snapshot as mongo_snapshot
from intact.sources.mongodb.live import NOT_ONE_MOMENT, LiveSource
from tests.servers.reading import read, read_async
from tests.servers.scripted import Error
from tests.servers.snapshots import Injection, SnapshotServer
from tests.servers.store import Store


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a few hundred documents be read in many ranges and batches."""
    monkeypatch.setattr(mongo_ranges, "WORTH_RANGES", 100)
    monkeypatch.setattr(mongo_ranges, "PER_RANGE", 50)
    monkeypatch.setattr(mongo_handle, "BATCH_DOCUMENTS", 20)


def documents(count: int) -> list[dict[str, Any]]:
    return [{"_id": number, "n": number} for number in range(count)]


@pytest.fixture
def store() -> Store:
    return Store({"orders": documents(400), "users": documents(30)})


WANTED = {"orders": ["n"], "users": ["n"]}


def ids(found: list[bytes]) -> list[Any]:
    return sorted(bson.decode(each)["_id"] for each in found)


def test_everything_is_read_as_of_one_moment_which_is_told(store: Store) -> None:
    with SnapshotServer(store) as server:
        server.between = lambda command: store.insert("users", {"_id": 1000 + store.time, "n": 0})
        result = read(server.uri(), WANTED)
        assert len(server.read_at) == 1
    assert result.faults == []
    assert ids(result.documents("orders")) == list(range(400))
    assert result.info.one_moment
    assert result.info.moment is not None
    assert result.info.window is not None
    assert result.info.moment.timestamp() == pytest.approx(result.info.window[0].timestamp(), abs=60)
    assert not any(note.startswith(NOT_ONE_MOMENT) for note in result.info.notes)


def test_the_moment_is_taken_by_one_read_before_the_others(store: Store) -> None:
    with SnapshotServer(store) as server:
        read(server.uri(), WANTED)
    finds = server.named("find")
    assert "atClusterTime" not in finds[0].body["readConcern"]
    times = {find.body["readConcern"]["atClusterTime"] for find in finds[1:]}
    assert len(finds) > 5
    assert len(times) == 1
    assert {find.body["readConcern"]["level"] for find in finds} == {"snapshot"}


@pytest.mark.parametrize("code", [239, 246])
@pytest.mark.parametrize("at", ["first", "middle", "last"])
def test_a_moment_that_is_lost_costs_nothing_but_the_moment(store: Store, code: int, at: Any) -> None:
    with SnapshotServer(store) as server:
        server.inject(Injection("orders", at, Error(code)))
        result = read(server.uri(), WANTED)
    assert result.faults == []
    assert ids(result.documents("orders")) == list(range(400))
    assert ids(result.documents("users")) == list(range(30))
    assert not result.info.one_moment
    assert result.info.moment is None
    assert f"(error {code})" in result.info.notes[0]


def test_past_the_window_the_rest_is_read_as_it_is_now(store: Store) -> None:
    with SnapshotServer(store, window=10) as server:
        server.between = lambda command: store.insert("users", {"_id": 1000 + store.time})
        result = read(server.uri(), WANTED)
    assert result.faults == []
    assert ids(result.documents("orders")) == list(range(400))
    assert set(range(30)) <= set(ids(result.documents("users")))
    assert not result.info.one_moment


def test_a_standalone_is_read_level_by_level(store: Store) -> None:
    with SnapshotServer(store, topology="standalone") as server:
        result = read(server.uri(), WANTED)
    assert "a standalone" in result.info.notes[0]
    assert result.order == ["orders", "users"]
    begun = [find.collection for find in server.named("find")]
    assert begun == sorted(begun)
    assert all("readConcern" not in find.body for find in server.named("find"))


@pytest.mark.parametrize("window", [0, 5])
def test_a_window_that_is_set_to_nearly_nothing_is_not_begun(store: Store, window: int) -> None:
    with SnapshotServer(store) as server:
        server.parameters["minSnapshotHistoryWindowInSeconds"] = window
        result = read(server.uri(), WANTED)
        assert server.read_at == set()
    assert f"for {window} seconds only" in result.info.notes[0]
    assert len(result.documents("orders")) == 400


def test_a_read_that_cannot_be_done_in_the_window_leaves_the_moment_early(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mongo_snapshot, "WATCHED_SECONDS", 0.0)
    monkeypatch.setattr(mongo_snapshot.Snapshot, "left", lambda self: 0.0)
    with SnapshotServer(store) as server:
        result = read(server.uri(), WANTED)
    assert "while the server remembers one moment (300 seconds)" in result.info.notes[0]
    assert ids(result.documents("orders")) == list(range(400))


def test_a_capped_collection_is_read_outside_of_the_moment(store: Store) -> None:
    store.create("log").options |= {"capped": True, "size": 10_000}
    store.insert("log", {"_id": 1})
    with SnapshotServer(store) as server:
        result = read(server.uri(), {**WANTED, "log": []})
    assert result.faults == []
    assert len(result.documents("log")) == 1
    assert not result.info.one_moment
    assert "capped" in result.info.notes[0]


def test_sessions_and_cursors_are_given_back(store: Store) -> None:
    async def stop(server: SnapshotServer) -> None:
        source = LiveSource.from_uri(server.uri())
        stream = source.read({"orders": [Path(("n",))]})
        await anext(stream)
        await source.close()

    with SnapshotServer(store) as server:
        read(server.uri(), WANTED)
        asyncio.run(stop(server))
        assert server.open_cursors == 0
        assert len(server.named("endSessions")) >= 2


def test_a_range_goes_on_where_it_broke_off(store: Store) -> None:
    with SnapshotServer(store, topology="standalone") as server:
        server.script("getMore", *[Error(43)] * 5)
        result = read(server.uri(), WANTED)
    assert result.faults == []
    assert result.restarts == []
    assert sorted(result.documents("orders")) == [bson.encode(each) for each in documents(400)] or (
        ids(result.documents("orders")) == list(range(400))
    )
    assert len(server.named("find")) >= 4 + 5 + 2


def test_on_a_cluster_documents_with_the_same_id_on_two_shards_are_not_lost_where_a_range_goes_on() -> None:
    ranges = mongo_ranges
    twins = bson.encode({"_id": 7, "shard": 1}) + bson.encode({"_id": 7, "shard": 2})
    from intact.sources.mongodb.scan import behind

    found = behind(bson.encode({"_id": 6}) + twins, ranges.Range(), several=True)
    assert found is not None
    rest, ties = found
    assert rest.filter() == {"$expr": {"$and": [{"$gte": ["$_id", {"$literal": 7}]}]}}
    assert b"".join(ties) == twins


def test_time_that_is_over_ends_reading_and_says_how_far_it_was(store: Store) -> None:
    from intact.sources.mongodb.settings import LiveOptions
    from tests.servers.scripted import Delay

    async def read_slowly(server: SnapshotServer) -> list[Item]:
        source = LiveSource.from_uri(server.uri(), options=LiveOptions(seconds=2.5, cursors=1))
        try:
            return [item async for item in source.read({"orders": [Path(("n",))], "users": []})]
        finally:
            await source.close()

    with SnapshotServer(store) as server:
        server.script("getMore", Delay(0.3), repeat=True)
        items = asyncio.run(asyncio.wait_for(read_slowly(server), 8))
        assert server.open_cursors == 0
    faults = {item.collection: item for item in items if not isinstance(item, Block)}
    read_of = sum(len(bson.decode_all(item.data)) for item in items if isinstance(item, Block))
    assert 0 < read_of < 400
    assert f"about {read_of} of about 400 documents were read" in str(faults["orders"])
    assert "about 0 of about 30 documents were read. Give it more with --max-duration." in str(
        faults["users"]
    )


CLIENTS: dict[str, Callable[[str], Any]] = {
    "PyMongo": AsyncMongoClient,
    "PyMongo, blocking": MongoClient,
    "Motor": AsyncIOMotorClient,
}
LATER = 10_000
PRETENCES: dict[str, Callable[[int], int | None]] = {
    "another time each time": lambda number: LATER + number,
    "another time from the first scan on": lambda number: LATER if number < 2 else LATER + 1,
    "another time at last": lambda number: LATER if number < 6 else LATER + 1,
    "no time after the first": lambda number: None if number else LATER,
    "no time from the first scan on": lambda number: None if number > 1 else LATER,
    "no time": lambda number: None,
}


@pytest.mark.parametrize("pretence", PRETENCES)
def test_a_server_that_names_another_time_than_it_was_asked_for_has_shown_no_moment(
    store: Store, pretence: str
) -> None:
    with SnapshotServer(store) as server:
        server.pretends = PRETENCES[pretence]
        result = read(server.uri(), WANTED)
        said = server.named("find")[-1].body.get("readConcern", {}).get("level")
    assert result.faults == []
    assert ids(result.documents("orders")) == list(range(400))
    assert ids(result.documents("users")) == list(range(30))
    assert not result.info.one_moment
    assert result.info.moment is None
    what = "does not say as of which" if pretence == "no time" else "answers as of another"
    assert what in result.info.notes[0]
    assert said != "snapshot", "what is left is read as it is now"


def test_the_moment_is_named_once_more_when_all_has_been_read(store: Store) -> None:
    with SnapshotServer(store) as server:

        def named(number: int) -> int:
            last = number > 1 and server.named("find")[-1].body.get("limit") == 1
            return LATER + last

        server.pretends = named
        result = read(server.uri(), WANTED)
    assert not result.info.one_moment
    assert "answers as of another" in result.info.notes[0]


@pytest.mark.parametrize("driver", ["PyMongo", "PyMongo, blocking", "Motor"])
@pytest.mark.parametrize("pretence", PRETENCES)
def test_no_driver_is_deaf_to_the_time_that_is_named(store: Store, driver: str, pretence: str) -> None:
    with SnapshotServer(store) as server:
        server.pretends = PRETENCES[pretence]

        async def run() -> tuple[bool, int]:
            client: Any = CLIENTS[driver](server.uri())
            try:
                result = await read_async(LiveSource.from_handle(client["shop"]), WANTED)
                return result.info.one_moment, len(result.documents("orders"))
            finally:
                closed = client.close()
                if closed is not None:
                    await closed

        assert asyncio.run(run()) == (False, 400)


@pytest.mark.parametrize("pretence", PRETENCES)
def test_a_look_at_such_a_server_is_not_of_one_moment_either(store: Store, pretence: str) -> None:
    async def run(uri: str) -> bool:
        source = LiveSource.from_uri(uri)
        try:
            look = await source.look()
            for _ in range(8):
                asked = [LookUp("orders", Path.parse("_id"), ("$1",))]
                assert len([each async for each in look.find(asked, {"orders": [Path.parse("n")]})]) == 1
            return look.one_moment
        finally:
            await source.close()

    with SnapshotServer(store) as server:
        server.pretends = PRETENCES[pretence]
        assert not asyncio.run(run(server.uri()))
