"""The snapshot server does for PyMongo what MongoDB does: snapshots, living cursors, faults where they are wanted."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import bson
import pytest
from bson.max_key import MaxKey
from bson.min_key import MinKey
from pymongo import AsyncMongoClient, MongoClient
from pymongo.errors import AutoReconnect, CursorNotFound, NotPrimaryError, OperationFailure
from pymongo.read_preferences import SecondaryPreferred

from tests.servers.fixtures import Document
from tests.servers.scripted import Close, Error
from tests.servers.snapshots import Injection, SnapshotServer
from tests.servers.store import Store


def numbered(count: int, **fields: Any) -> list[Document]:
    return [{"_id": number, **fields} for number in range(count)]


def shop() -> Store:
    return Store({"orders": numbered(30, id="o", more=1), "users": numbered(5)})


@contextmanager
def serving(store: Store, **options: Any) -> Iterator[tuple[SnapshotServer, MongoClient[Document]]]:
    with (
        SnapshotServer(store, **options) as server,
        MongoClient[Document](server.uri(retryReads="false")) as client,
    ):
        yield server, client


def ids(documents: Any) -> list[Any]:
    return [document["_id"] for document in documents]


def test_all_reads_of_a_snapshot_session_see_one_moment() -> None:
    store = shop()
    with serving(store) as (server, client), client.start_session(snapshot=True) as session:
        orders = client.shop.orders.find(session=session, batch_size=10)
        first = [next(orders) for _ in range(3)]
        store.delete("orders", 20)
        store.insert("orders", {"_id": 99})
        store.update("orders", 29, id="changed")
        store.insert("users", {"_id": 99})
        assert ids([*first, *orders]) == list(range(30))
        assert ids(client.shop.users.find(session=session)) == [0, 1, 2, 3, 4]
        assert client.shop.orders.find_one({"_id": 29}, session=session) == {"_id": 29, "id": "o", "more": 1}
        assert client.shop.orders.find_one({"_id": 29}) == {"_id": 29, "id": "changed", "more": 1}
        counted = list(
            client.shop.orders.aggregate([{"$group": {"_id": 1, "n": {"$sum": 1}}}], session=session)
        )
        assert counted == [{"_id": 1, "n": 30}]
        assert server.read_at == {0}


def test_the_first_concurrent_reads_of_a_fresh_session_may_see_two_moments_and_a_primed_one_never() -> None:
    store = shop()

    async def times(*, primed: bool) -> int:
        with SnapshotServer(store) as server:
            server.between = lambda _: store.update("users", 0, changed=store.time)
            async with (
                AsyncMongoClient[Document](server.uri()) as client,
                client.start_session(snapshot=True) as session,
            ):
                await asyncio.gather(*(client.shop.users.find_one() for _ in range(4)))  # as many connections
                if primed:
                    await client.shop.users.find_one(session=session)
                await asyncio.gather(*(client.shop.orders.find(session=session).to_list() for _ in range(4)))
            return len(server.read_at)

    assert asyncio.run(times(primed=True)) == 1
    assert asyncio.run(times(primed=False)) > 1


def test_a_cursor_without_a_snapshot_sees_what_changes_behind_its_place() -> None:
    for order in ({"sort": [("_id", 1)]}, {"hint": [("$natural", 1)]}, {"hint": "_id_"}):
        store = shop()
        with serving(store) as (_, client):
            orders = client.shop.orders.find(batch_size=10, **order)
            seen = [next(orders)["_id"] for _ in range(10)]
            store.delete("orders", 5)
            store.delete("orders", 15)
            store.insert("orders", {"_id": 40})
            rest = ids(orders)
        assert seen == list(range(10))
        assert rest == [*range(10, 15), *range(16, 30), 40]


def test_a_snapshot_can_be_read_for_as_many_writes_as_the_window_says() -> None:
    store = shop()
    with serving(store, window=3) as (_, client), client.start_session(snapshot=True) as session:
        orders = client.shop.orders.find(session=session, batch_size=2)
        next(orders)
        for _ in range(3):
            store.update("users", 0, x=store.time)
        assert client.shop.users.find_one(session=session) == {"_id": 0}
        store.update("users", 0, x=store.time)
        for read in (lambda: list(orders), lambda: client.shop.users.find_one(session=session)):
            with pytest.raises(OperationFailure) as failed:
                read()
            assert failed.value.code == 239


def test_a_standalone_refuses_snapshots() -> None:
    with serving(shop(), topology="standalone") as (_, client):
        assert client.admin.command("ping")
        assert client.topology_description.topology_type_name == "Single"
        command = {"find": "orders", "readConcern": {"level": "snapshot"}}
        with pytest.raises(OperationFailure) as failed:
            client.shop.command(command)
        assert failed.value.code == 123


def test_a_server_without_a_snapshot_says_so() -> None:
    with serving(shop()) as (server, client), client.start_session(snapshot=True) as session:
        server.snapshots = False
        with pytest.raises(OperationFailure) as failed:
            client.shop.orders.find_one(session=session)
        assert failed.value.code == 246


@pytest.mark.parametrize("topology", ["replica set", "sharded", "standalone"])
def test_it_greets_as_what_it_is(topology: Any) -> None:
    names = {"replica set": "ReplicaSetWithPrimary", "sharded": "Sharded", "standalone": "Single"}
    with serving(shop(), topology=topology) as (server, client):
        uri = server.uri() + ("&replicaSet=rs0" if topology == "replica set" else "")
        with MongoClient[Document](uri) as found:
            assert len(list(found.shop.orders.find(batch_size=7))) == 30
            assert found.topology_description.topology_type_name == names[topology]
        assert client.shop.list_collection_names() == ["orders", "users"]
        assert client.shop.orders.estimated_document_count() == 30
        assert list(client.shop.orders.index_information()) == ["_id_"]
        assert client.shop.command({"buildInfo": 1})["version"] == "7.0.5"
        assert client.admin.command({"getParameter": 1, "minSnapshotHistoryWindowInSeconds": 1})["ok"] == 1
        assert (
            len(list(client.shop.orders.aggregate([{"$sample": {"size": 7}}, {"$project": {"_id": 1}}]))) == 7
        )
        facts = next(client.shop.orders.aggregate([{"$collStats": {"storageStats": {}}}]))["storageStats"]
        assert facts["count"] == 30
        for write in (
            lambda: client.shop.orders.insert_one({}),
            lambda: client.shop.orders.delete_one({}),
        ):
            with pytest.raises(OperationFailure, match="no such command"):
                write()


def test_ranges_by_expression_see_every_type_and_plain_ones_a_single_type() -> None:
    mixed = [MinKey(), None, -1, 0.5, bson.Int64(2**60), "a", {"a": 1}, b"b", bson.ObjectId(), True, MaxKey()]
    with serving(Store({"mixed": [{"_id": each} for each in reversed(mixed)]})) as (_, client):
        found = client.shop.mixed.find({"$expr": {"$gte": ["$_id", {"$literal": "a"}]}}, hint={"_id": 1})
        assert ids(found) == mixed[5:]
        assert ids(client.shop.mixed.find({"_id": {"$gte": 0.5}}).sort("_id")) == [0.5, 2**60]
        assert ids(client.shop.mixed.find({"_id": {"$in": ["a", 0.5, 7]}})) == ["a", 0.5]


def test_a_projection_hands_on_the_bytes_of_top_level_fields() -> None:
    document = bson.encode({"_id": 1, "b": {"x": [1]}, "a": "text", "c": 5.5})
    with serving(Store({"orders": [document]})) as (_, client):
        raw: bytes = next(iter(client.shop.orders.find_raw_batches({}, {"a": 1, "b": 1})))
        assert raw == bson.encode({"_id": 1, "b": {"x": [1]}, "a": "text"})
        assert list(client.shop.orders.find({}, {"a": 1, "_id": 0})) == [{"a": "text"}]


def test_an_index_finds_what_a_scan_finds() -> None:
    documents = [{"_id": n, "id": [f"k{n % 3}", n] if n % 2 else f"k{n % 3}"} for n in range(20)]
    plain, indexed = Store({"orders": documents}), Store({"orders": documents})
    indexed.index("orders", "id")
    for store in (plain, indexed):
        store.update("orders", 4, id="gone")
        store.delete("orders", 7)
    found = []
    for store in (plain, indexed):
        with serving(store) as (_, client):
            found.append(ids(client.shop.orders.find({"id": {"$in": ["k1", 11, "nothing"]}})))
    assert found[0] == found[1] == [n for n in range(20) if (n % 3 == 1 and n not in {4, 7}) or n == 11]


@pytest.mark.parametrize(("place", "before"), [("first", 0), ("middle", 10), ("last", 25)])
def test_a_fault_strikes_at_its_batch(place: Any, before: int) -> None:
    with serving(shop()) as (server, client):
        injection = Injection("orders", place, Error(43))
        server.inject(injection)
        seen = []
        with pytest.raises((CursorNotFound, OperationFailure)):
            seen += [each["_id"] for each in client.shop.orders.find(batch_size=5)]
        assert len(server._sent["orders"]) == before
        assert ids(client.shop.orders.find(batch_size=5)) == list(range(30))
        assert injection.struck == 1


def test_a_fault_waits_for_the_look_after_the_scan() -> None:
    with serving(shop()) as (server, client):
        server.inject(Injection("orders", "look", Close()))
        assert len(list(client.shop.orders.find(batch_size=5))) == 30
        assert server.sent_whole("orders")
        with pytest.raises(AutoReconnect):
            list(client.shop.orders.find({"_id": {"$in": [1]}}))


def test_rights_can_be_taken_away_and_a_collection_dropped_in_the_middle() -> None:
    store = shop()
    with serving(store) as (server, client):
        orders, users = client.shop.orders.find(batch_size=5), client.shop.users.find(batch_size=2)
        next(orders)
        next(users)
        server.revoked.add("orders")
        store.drop("users")
        for cursor, code in ((orders, 13), (users, 175)):
            with pytest.raises(OperationFailure) as failed:
                list(cursor)
            assert failed.value.code == code
        assert list(client.shop.users.find()) == []
        assert client.shop.list_collection_names() == ["orders"]


def test_members_of_a_set_go_down_and_change_their_parts() -> None:
    store = shop()
    with ExitStack() as stack:
        one, two = (stack.enter_context(SnapshotServer(store)) for _ in range(2))
        one.join(two)
        uri = one.uri(retryReads="false", heartbeatFrequencyMS=500, serverSelectionTimeoutMS=5000)
        client = stack.enter_context(MongoClient[Document](uri))
        client.admin.command("ping")
        assert client.primary == ("127.0.0.1", one.port)
        cursor = client.shop.orders.find(batch_size=5)
        next(cursor)
        one.step_down()
        assert len(list(cursor)) == 29
        with pytest.raises(NotPrimaryError):
            client.shop.orders.find_one()
        assert len(list(client.shop.orders.find())) == 30
        assert client.primary == ("127.0.0.1", two.port)
        two.lose()
        with pytest.raises(AutoReconnect):
            client.shop.users.find_one()
        secondary = client.shop.get_collection("users", read_preference=SecondaryPreferred())
        assert len(list(secondary.find())) == 5
