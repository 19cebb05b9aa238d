"""Reading a live server: everything that is in it, nothing else, and nothing done to it."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
import uuid
from typing import Any

import bson
import pytest
from bson.code import Code
from bson.max_key import MaxKey
from bson.min_key import MinKey
from bson.regex import Regex
from pymongo import AsyncMongoClient

from intact.core.paths import Path
from intact.sources.base import Block, CollectionInfo, End, Source
from intact.sources.mongodb import handle as mongo_handle
from intact.sources.mongodb import reader as mongo_reader
from intact.sources.mongodb.commands import ALLOWED
from intact.sources.mongodb.live import NOT_ONE_MOMENT, LiveSource
from intact.sources.mongodb.scan_plan import projection
from tests.servers.fixtures import Mongo
from tests.servers.reading import read, read_async, refusal
from tests.servers.scripted import Delay, ScriptedServer

WHOLE = ["$whole"]
"""A path that a server cannot project, so that whole documents are asked for."""

NOW = dt.datetime(2026, 1, 2, 3, 4, 5, 678000)
VALUES: dict[str, Any] = {
    "double": 1.5,
    "negative zero": -0.0,
    "not a number": float("nan"),
    "infinity": float("inf"),
    "string": "a\0ä€😀",
    "empty string": "",
    "object": {"b": 1, "a": {}},
    "array": [1, "a", [None, {}]],
    "binary": bson.Binary(b"\0\xff"),
    "uuid 4": bson.Binary(uuid.UUID(int=7).bytes, 4),
    "uuid 3": bson.Binary(uuid.UUID(int=7).bytes, 3),
    "object id": bson.ObjectId("0123456789abcdef01234567"),
    "true": True,
    "date": NOW,
    "old date": dt.datetime(1, 1, 1),
    "null": None,
    "regex": Regex("a", "i"),
    "code": Code("x"),
    "int": 5,
    "long": bson.Int64(5),
    "timestamp": bson.Timestamp(1, 2),
    "decimal": bson.Decimal128("1.10"),
    "decimal nan": bson.Decimal128("NaN"),
    "min key": MinKey(),
    "max key": MaxKey(),
}


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a collection of 350 documents take four batches."""
    monkeypatch.setattr(mongo_handle, "BATCH_DOCUMENTS", 100)


def numbered(count: int, **fields: Any) -> list[dict[str, Any]]:
    return [{"_id": number, **fields} for number in range(count)]


def test_a_live_source_is_a_source() -> None:
    source: Source = LiveSource.from_uri("mongodb://localhost/shop")
    assert (source.info.kind, source.bytes_read) == ("mongodb", 0)


def test_every_value_comes_as_it_was_written(mongo: Mongo) -> None:
    documents = [{"_id": name, "value": value} for name, value in VALUES.items()]
    mongo.insert({"values": documents})
    expected = sorted(bson.encode(document) for document in documents)
    assert sorted(read(mongo.uri, {"values": WHOLE}).documents("values")) == expected
    assert sorted(read(mongo.uri, {"values": ["value"]}).documents("values")) == expected


def test_documents_with_ids_of_every_type_all_come_once(mongo: Mongo) -> None:
    # An array cannot be an _id, and 5 equals NumberLong(5), as NaN equals NaN in another type. Code cannot be one on
    # mongo-java-server; tests/sources/test_live_ids.py has it on another one.
    other = {"array", "regex", "long", "decimal nan", "code"}
    ids = [value for name, value in VALUES.items() if name not in other]
    mongo.insert({"mixed": [{"_id": each} for each in [*ids, 7, bson.Int64(2**60), 7.5]]})
    documents = read(mongo.uri, {"mixed": []}).documents("mixed")
    assert len(documents) == len(set(documents)) == len(ids) + 3


def test_only_the_wanted_fields_come_and_whole(mongo: Mongo) -> None:
    # A dotted projection would drop the 5, and the whole of an items that is a string.
    items = [{"total": 1, "name": "milk"}, 5, [{"total": 2}]]
    mongo.insert(
        {"orders": [{"_id": 1, "id": "a", "items": items, "x": 1}, {"_id": 2, "items": "none", "y": 2}]}
    )
    result = read(mongo.uri, {"orders": ["items[].total", "items[].name", "id", "customer.id"]})
    found = {document["_id"]: document for document in map(bson.decode, result.documents("orders"))}
    assert found == {1: {"_id": 1, "id": "a", "items": items}, 2: {"_id": 2, "items": "none"}}


def test_only_ids_come_where_no_field_is_wanted(mongo: Mongo) -> None:
    mongo.insert({"orders": [{"_id": 1, "id": "a"}]})
    assert read(mongo.uri, {"orders": []}).documents("orders") == [bson.encode({"_id": 1})]


def test_a_projection_names_top_level_fields_once() -> None:
    paths = [Path.parse("items[].total"), Path.parse("id"), Path.parse("items[].name"), Path.parse("_id")]
    assert projection(paths) == {"_id": 1, "id": 1, "items": 1}
    assert projection([]) == {"_id": 1}
    assert projection([Path.parse("$id")]) is None


def test_many_documents_come_in_blocks_that_stay_small(mongo: Mongo) -> None:
    documents = numbered(25_000, text="x" * 900)
    mongo.insert({"orders": documents})
    result = read(mongo.uri, {"orders": ["text"]})
    assert result.documents("orders") == [bson.encode(document) for document in documents]
    assert len(result.blocks) >= 2
    assert max(len(block.data) for block in result.blocks) < 17_000_000
    assert result.bytes_read == sum(len(block.data) for block in result.blocks)
    assert {block.offset for block in result.blocks} == {None}


def test_collections_are_read_in_the_order_given(mongo: Mongo) -> None:
    mongo.insert({name: numbered(3) for name in "abcd"})
    order = read(mongo.uri, dict.fromkeys("cadb", ())).order
    assert mongo.in_turn(order) == mongo.in_turn(["c", "a", "d", "b"])


def test_an_empty_and_a_missing_collection_yield_nothing(mongo: Mongo) -> None:
    mongo.insert({"empty": [], "orders": numbered(1)})
    result = read(mongo.uri, {"empty": [], "missing": [], "orders": []})
    assert set(result.listed) == {"empty", "orders"}
    assert result.order == ["orders"]
    assert result.faults == []


def test_a_database_that_does_not_exist_is_said(mongo: Mongo) -> None:
    error = refusal(mongo.uri, database="nowhere")
    # mongo-java-server makes a database by being asked for its collections.
    made = "the database 'nowhere' shows no collection"
    there = "there is no database 'nowhere', or it has no collections"
    assert error.message == (made if mongo.server.kind == "java" else there)


def test_the_header_says_what_was_read_and_how(mongo: Mongo) -> None:
    mongo.insert({"orders": numbered(1)})
    info = read(mongo.uri, {"orders": []}).info
    assert (info.kind, info.database, info.one_moment) == ("mongodb", mongo.name, mongo.replicated)
    assert (info.moment is not None) == mongo.replicated
    assert [note.startswith(NOT_ONE_MOMENT) for note in info.notes] == [True] * (not mongo.replicated)
    assert info.label.startswith("mongodb")
    assert info.label.endswith(f"/{mongo.name}")


def test_names_of_collections_are_taken_as_they_are(mongo: Mongo) -> None:
    names = ["order-details", "a.b.c", "é ü", "system_x", "customers_v2"]
    mongo.insert({name: numbered(2) for name in names})
    result = read(mongo.uri, dict.fromkeys(names, ()))
    assert mongo.in_turn(result.order) == mongo.in_turn(names)
    assert len(result.blocks) == len(names)


def test_views_time_series_and_the_servers_own_are_skipped_with_the_reason() -> None:
    listing: list[dict[str, Any]] = [
        {"name": "orders", "type": "collection", "options": {}},
        {"name": "recent", "type": "view", "options": {"viewOn": "orders"}},
        {"name": "weather", "type": "timeseries", "options": {}},
        {"name": "system.views", "type": "collection", "options": {}},
        {"name": "names", "type": "collection", "options": {"collation": {"locale": "de", "strength": 2}}},
        {"name": "plain", "type": "collection", "options": {"collation": {"locale": "simple"}}},
        {"type": "collection"},
        {"name": "odd", "options": 5},
    ]
    documents = dict.fromkeys(["orders", "recent", "weather", "system.views"], numbered(1))
    with ScriptedServer(documents, listing=listing) as server:
        result = read(server.uri(), {str(entry.get("name")): [] for entry in listing})
    assert result.order == ["orders"]
    assert {name: info.skip for name, info in result.listed.items() if info.skip} == {
        "recent": "a view: its documents are those of other collections",
        "weather": "a time series: it is stored in compressed buckets, which intact does not read",
        "system.views": "it belongs to the server",
    }
    (note,) = result.listed["names"].notes
    assert note.startswith("It has a collation (locale de, strength 2): the server may find two texts equal")
    assert [result.listed[name] for name in ("plain", "odd")] == [
        CollectionInfo("plain"),
        CollectionInfo("odd"),
    ]


def test_nothing_is_sent_but_reads_with_comment_and_hint() -> None:
    documents = {"orders": numbered(45_000), "users": numbered(1)}
    with ScriptedServer(documents) as server:
        read(server.uri(), {"orders": ["items[].total", "id"], "users": []}, run_id="r1")
    assert {command.name for command in server.commands} <= set(ALLOWED)
    finds = server.named("find")
    assert [(find.collection, find.body["projection"]) for find in finds] == [
        ("orders", {"_id": 1, "id": 1, "items": 1}),
        ("users", {"_id": 1}),
    ]
    assert all(find.body["hint"] == {"$natural": 1} for find in finds)
    assert all(find.body["batchSize"] == 20_000 for find in finds)
    marked = [*finds, *server.named("listCollections"), *server.named("getMore")]
    assert {command.body["comment"] for command in marked} == {"intact r1"}
    assert len(marked) == 5


def test_each_run_has_an_id_of_its_own() -> None:
    with ScriptedServer({"orders": []}) as server:
        read(server.uri(), {"orders": []})
        read(server.uri(), {"orders": []})
    assert len({find.body["comment"] for find in server.named("find")}) == 2


@pytest.mark.parametrize(
    ("options", "preference"),
    [
        ({}, {"mode": "secondaryPreferred", "maxStalenessSeconds": 90}),
        ({"heartbeatFrequencyMS": 120_000}, {"mode": "secondaryPreferred", "maxStalenessSeconds": 130}),
        ({"readPreference": "secondaryPreferred"}, {"mode": "secondaryPreferred", "maxStalenessSeconds": 90}),
        ({"maxStalenessSeconds": 200}, {"mode": "secondaryPreferred", "maxStalenessSeconds": 200}),
        ({"readPreference": "nearest"}, {"mode": "nearest"}),
        ({"readPreference": "primary"}, None),
    ],
)
def test_a_secondary_that_is_not_far_behind_is_read_unless_the_uri_says_otherwise(
    options: dict[str, Any], preference: object
) -> None:
    with ScriptedServer({"orders": numbered(1)}) as server:
        server.be_replica_set("rs0")
        read(server.uri(replicaSet="rs0", **options), {"orders": []})
    commands = server.named("listCollections") + server.named("find")
    assert len(commands) >= 2
    assert all(command.body.get("$readPreference") == preference for command in commands)


def test_batches_are_fetched_while_others_are_worked_on_but_not_without_bound(
    small_batches: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mongo_reader, "WAITING_BYTES", 2 * len(bson.encode({"_id": 0})) * 100)

    async def look(server: ScriptedServer) -> list[int]:
        source = LiveSource.from_uri(server.uri())
        seen = []
        async for item in source.read({"orders": []}):
            if isinstance(item, Block):
                await asyncio.sleep(0.2)
                seen.append(len(server.named("getMore")))
        await source.close()
        return seen

    # One batch is taken, two wait, one has been read and finds no room, and one is on its way.
    with ScriptedServer({"orders": numbered(950)}) as server:
        assert asyncio.run(look(server)) == [4, 5, 6, 7, 8, 9, 9, 9, 9, 9]


def test_a_reader_that_stops_early_leaves_no_cursor_behind(small_batches: None) -> None:
    async def stop(server: ScriptedServer) -> None:
        source = LiveSource.from_uri(server.uri())
        stream = source.read({"orders": []})
        assert isinstance(await anext(stream), Block)
        await source.close()

    with ScriptedServer({"orders": numbered(350)}) as server:
        asyncio.run(stop(server))
        assert server.cursors == {}
        assert len(server.named("killCursors")) == 1


def test_a_run_that_is_interrupted_leaves_no_cursor_behind(small_batches: None) -> None:
    async def interrupt(server: ScriptedServer) -> None:
        source = LiveSource.from_uri(server.uri())
        task = asyncio.create_task(read_async(source, {"orders": []}))
        await asyncio.to_thread(server.wait_for, "getMore")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with ScriptedServer({"orders": numbered(350)}) as server:
        server.script("getMore", Delay(0.5), repeat=True)
        begun = time.monotonic()
        asyncio.run(interrupt(server))
        assert time.monotonic() - begun < 2
        assert len(server.named("killCursors")) == 1


def test_a_source_that_was_closed_does_not_look_read_to_its_end(small_batches: None) -> None:
    async def close_and_go_on(server: ScriptedServer) -> list[object]:
        source = LiveSource.from_uri(server.uri())
        stream = source.read({"orders": []})
        first = await anext(stream)
        await source.close()
        return [first, *[item async for item in stream]]

    with ScriptedServer({"orders": numbered(350)}) as server:
        _, fault = asyncio.run(close_and_go_on(server))
    assert "the connection broke off" in str(fault)


def test_what_is_written_during_the_scan_does_not_disturb_it(java_mongo: Mongo) -> None:
    async def write_meanwhile() -> set[int]:
        source = LiveSource.from_uri(java_mongo.uri)
        found: set[int] = set()
        async for item in source.read({"orders": []}):
            if isinstance(item, End):
                break
            assert isinstance(item, Block)
            if not found:
                java_mongo.handle.orders.delete_many({"_id": {"$lt": 100}})
                java_mongo.handle.orders.delete_one({"_id": 49_999})
                java_mongo.handle.orders.insert_one({"_id": 50_000})
            found |= {document["_id"] for document in bson.decode_all(item.data)}
        await source.close()
        return found

    java_mongo.insert({"orders": numbered(50_000)})
    before = java_mongo.open_cursors
    found = asyncio.run(write_meanwhile())
    assert found >= set(range(49_999))
    assert java_mongo.open_cursors == before


def test_reading_costs_little_more_than_the_bare_cursor(java_mongo: Mongo) -> None:
    async def drain() -> int:
        async with AsyncMongoClient[dict[str, Any]](java_mongo.uri) as client:
            cursor = client[java_mongo.name].orders.find_raw_batches(
                {}, {"_id": 1, "text": 1}, batch_size=20_000
            )
            return sum([len(batch) async for batch in cursor])

    java_mongo.insert({"orders": numbered(60_000, text="x" * 200)})
    asyncio.run(drain())
    begun = time.perf_counter()
    expected = asyncio.run(drain())
    bare = time.perf_counter() - begun
    begun = time.perf_counter()
    result = read(java_mongo.uri, {"orders": ["text"]})
    ours = time.perf_counter() - begun
    assert result.bytes_read == expected
    # Shows that nothing is done twice; how much it costs exactly is for the benchmarks to say.
    assert ours < 3 * bare + 0.5
