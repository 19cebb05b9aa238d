"""Documents fetched again: all that were asked for, each once, with few commands."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import bson
import pytest

from intact.core.paths import Path
from intact.sources.base import Block, Fault, LookUp, Rereadable
from intact.sources.mongodb import reread as mongo_look
from intact.sources.mongodb.live import LiveSource
from tests.servers.fixtures import Mongo
from tests.servers.scripted import Error
from tests.servers.snapshots import SnapshotServer
from tests.servers.store import Store


def path(text: str) -> Path:
    return Path.parse(text)


ID = path("_id")


def look(
    uri: str, lookups: Sequence[LookUp], wanted: Mapping[str, Sequence[Path]] | None = None
) -> tuple[list[dict[str, Any]], list[Fault], bool]:
    """Look once: what was found, what could not be, and whether it was as of one moment."""

    async def run() -> tuple[list[dict[str, Any]], list[Fault], bool]:
        source = LiveSource.from_uri(uri)
        assert isinstance(source, Rereadable)
        source.patience = 10
        documents: list[dict[str, Any]] = []
        faults = []
        try:
            await source.collections()
            again = await source.look()
            async for item in again.find(lookups, wanted or {each.collection: [] for each in lookups}):
                if isinstance(item, Block):
                    documents += bson.decode_all(item.data)
                else:
                    faults.append(item)
            await again.close()
            await again.close()
            return documents, faults, again.one_moment
        finally:
            await source.close()

    return asyncio.run(run())


def ids(documents: list[dict[str, Any]]) -> list[Any]:
    return sorted(document["_id"] for document in documents)


ORDERS = [{"_id": number, "user": f"u{number % 50}", "n": number} for number in range(3000)]
USERS = [{"_id": number, "id": f"u{number}"} for number in range(50)]


@pytest.fixture
def store() -> Store:
    made = Store({"orders": ORDERS, "users": USERS})
    made.index("orders", "user")
    return made


def test_documents_are_found_by_id_and_by_key_as_of_one_moment(store: Store) -> None:
    lookups = [LookUp("orders", ID, ("$3", "$5.0", "$99999")), LookUp("users", path("id"), ("u7", "nobody"))]
    with SnapshotServer(store) as server:
        documents, faults, one_moment = look(server.uri(), lookups, {"orders": [path("n")], "users": []})
        assert server.open_cursors == 0
    assert faults == []
    assert one_moment
    assert sorted(map(str, documents)) == sorted(
        map(str, [{"_id": 3, "n": 3}, {"_id": 5, "n": 5}, {"_id": 7}])
    )


@pytest.mark.parametrize("lookup", [LookUp("orders", ID, ()), LookUp("nowhere", ID, ("$1",))], ids=str)
def test_where_there_is_nothing_to_find_nothing_is_found_and_nothing_is_wrong(
    store: Store, lookup: LookUp
) -> None:
    with SnapshotServer(store) as server:
        documents, faults, _ = look(server.uri(), [lookup, LookUp("users", ID, ("$7",))])
    assert (ids(documents), faults) == ([7], [])


def test_a_standalone_is_looked_at_as_it_is_now(store: Store) -> None:
    with SnapshotServer(store, topology="standalone") as server:
        documents, faults, one_moment = look(server.uri(), [LookUp("orders", ID, ("$3",))])
    assert (ids(documents), faults, one_moment) == ([3], [], False)


def test_what_several_look_ups_find_comes_once(store: Store) -> None:
    lookups = [LookUp("orders", ID, ("$7", "$57")), LookUp("orders", path("user"), ("u7",))]
    with SnapshotServer(store) as server:
        documents, _, _ = look(server.uri(), lookups)
    assert ids(documents) == [number for number in range(3000) if number % 50 == 7]


def test_a_thousand_values_take_a_command_for_each_five_hundred() -> None:
    store = Store({"orders": [{"_id": number} for number in range(10_000)]})
    with SnapshotServer(store) as server:
        documents, _, _ = look(server.uri(), [LookUp("orders", ID, tuple(f"${n}" for n in range(1200)))])
        finds = [find for find in server.named("find") if find.body.get("limit") != 1]
    assert ids(documents) == list(range(1200))
    # Several cursors send them: any may come first.
    assert sorted(len(find.body["filter"]["_id"]["$in"]) for find in finds) == [200, 500, 500]


def test_a_collection_of_which_much_is_asked_for_is_read_as_a_whole(store: Store) -> None:
    with SnapshotServer(store) as server:
        documents, _, _ = look(server.uri(), [LookUp("orders", ID, tuple(f"${n}" for n in range(2500)))])
        finds = [find for find in server.named("find") if find.body.get("limit") != 1]
    assert set(range(2500)) <= set(ids(documents))
    assert len(ids(documents)) == 3000
    assert [find.body["filter"] for find in finds] == [{}]


def test_without_an_index_many_values_take_one_scan_and_few_take_one_query(store: Store) -> None:
    with SnapshotServer(store) as server:
        few, _, _ = look(server.uri(), [LookUp("orders", path("n"), ("$1", "$2"))])
        many, _, _ = look(server.uri(), [LookUp("orders", path("n"), tuple(f"${n}" for n in range(600)))])
    assert ids(few) == [1, 2]
    assert len(many) == 3000


def test_a_look_up_that_fails_once_is_done_again_and_nothing_comes_twice(store: Store) -> None:
    store_batches = [LookUp("orders", path("user"), ("u1", "u2"))]
    with SnapshotServer(store, batch_documents=10) as server:
        server.script("getMore:orders", Error(43), Error(11602))
        documents, faults, _ = look(server.uri(), store_batches)
    assert faults == []
    assert ids(documents) == [number for number in range(3000) if number % 50 in {1, 2}]


def test_a_look_up_that_is_refused_is_said(store: Store) -> None:
    with SnapshotServer(store) as server:
        server.script("find:users", Error(13), repeat=True)
        documents, faults, _ = look(
            server.uri(), [LookUp("orders", ID, ("$1",)), LookUp("users", ID, ("$1",))]
        )
    assert ids(documents) == [1]
    assert [(fault.collection, fault.what) for fault in faults] == [
        ("users", "the user has no right to read it")
    ]


def test_a_collection_that_is_no_longer_there_is_said_and_not_taken_for_empty(store: Store) -> None:
    async def run(server: SnapshotServer) -> list[Fault]:
        source = LiveSource.from_uri(server.uri())
        await source.collections()
        store.drop("users")
        again = await source.look()
        found = [item async for item in again.find([LookUp("users", ID, ("$1",))], {"users": []})]
        await source.close()
        assert not any(isinstance(item, Block) for item in found)
        return [item for item in found if isinstance(item, Fault)]

    with SnapshotServer(store, topology="standalone") as server:
        (fault,) = asyncio.run(run(server))
    assert (fault.collection, fault.what) == ("users", "it was dropped, renamed or rebuilt while it was read")


def test_a_moment_that_is_lost_while_looking_is_told(store: Store) -> None:
    with SnapshotServer(store) as server:
        server.script("find:orders", Error(239))
        server.script("find:users", Error(239), Error(239))
        documents, faults, one_moment = look(
            server.uri(), [LookUp("orders", ID, ("$1",)), LookUp("users", ID, ("$1",))]
        )
    assert (len(documents), faults, one_moment) == (2, [], False)


def test_the_same_on_a_server_that_was_not_written_here(java_mongo: Mongo) -> None:
    values: list[Any] = [
        "a", "$a", "", 5, 5.5, bson.Int64(2**40), bson.Decimal128("7.25"), True, False,
        bson.ObjectId("0123456789abcdef01234567"), bson.Binary(b"\1\2", 4 - 4), {"a": 1, "b": "x"},
    ]  # fmt: skip
    texts = (
        "a", '$"$a"', "", "$5", "$5.5", f"${2**40}", "$7.25", "$true", "$false",
        '${"$oid":"0123456789abcdef01234567"}', '${"$binary":{"base64":"AQI=","subType":"00"}}', '${"a":1,"b":"x"}',
    )  # fmt: skip
    java_mongo.insert(
        {"orders": [{"_id": each, "n": number} for number, each in enumerate([*values, "other", 6])]}
    )
    documents, faults, _ = look(java_mongo.uri, [LookUp("orders", ID, texts)], {"orders": [path("n")]})
    assert faults == []
    assert sorted(document["n"] for document in documents) == list(range(len(values)))


@pytest.mark.parametrize("steps", [("a.b",), ("$a",), ("items", "[]", "")])
def test_a_field_that_no_query_can_name_is_looked_for_in_the_whole_collection(steps: tuple[str, ...]) -> None:
    with SnapshotServer(Store({"orders": [{"_id": 1, "a.b": "x"}, {"_id": 2}]})) as server:
        documents, faults, _ = look(server.uri(), [LookUp("orders", Path(steps), ("x",))])
    assert (ids(documents), faults) == ([1, 2], [])


def test_patterns_are_asked_for_one_by_one_since_among_others_they_would_match_text() -> None:
    pattern = '${"$regularExpression":{"pattern":"a","options":"i"}}'
    filters = mongo_look._filters(
        "id", mongo_look._values([LookUp("orders", path("id"), ("a", pattern))])["id"]
    )
    assert filters == [{"id": {"$eq": bson.Regex("a", "i")}}, {"id": {"$in": ["a"]}}]
