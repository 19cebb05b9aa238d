"""A database handle of the user's own: PyMongo's, asynchronous and blocking, and Motor's."""

from __future__ import annotations

import asyncio
import collections
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import bson
import pytest
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import AsyncMongoClient, MongoClient
from pymongo.errors import InvalidOperation
from pymongo.monitoring import CommandListener, CommandStartedEvent
from pymongo.read_preferences import Nearest

from intact.core.errors import SourceError, UsageError
from intact.sources.mongodb.commands import ALLOWED
from intact.sources.mongodb.live import LiveSource
from tests.servers.fixtures import Mongo
from tests.servers.reading import read_async
from tests.servers.scripted import Error, ScriptedServer, Silence

Driver = Callable[..., AbstractAsyncContextManager[Any]]


class Log(CommandListener):
    """The commands that a client sends."""

    def __init__(self) -> None:
        self.commands: list[dict[str, Any]] = []

    def started(self, event: CommandStartedEvent) -> None:
        self.commands.append(dict(event.command))

    def succeeded(self, event: object) -> None:
        """Nothing to keep."""

    def failed(self, event: object) -> None:
        """Nothing to keep."""


@asynccontextmanager
async def pymongo_async(uri: str, **options: Any) -> AsyncIterator[Any]:
    async with AsyncMongoClient[Any](uri, **options) as client:
        yield client


@asynccontextmanager
async def pymongo_blocking(uri: str, **options: Any) -> AsyncIterator[Any]:
    with MongoClient[Any](uri, **options) as client:
        yield client


@asynccontextmanager
async def motor(uri: str, **options: Any) -> AsyncIterator[Any]:
    client: Any = AsyncIOMotorClient(uri, **options)
    try:
        yield client
    finally:
        client.close()


@pytest.fixture(params=[pymongo_async, pymongo_blocking, motor], ids=["pymongo", "blocking", "motor"])
def driver(request: pytest.FixtureRequest) -> Driver:
    connect: Driver = request.param
    return connect


def test_a_handle_is_read_and_left_open(mongo: Mongo, driver: Driver) -> None:
    async def look() -> None:
        async with driver(mongo.uri) as client:
            handle = client[mongo.name]
            result = await read_async(LiveSource.from_handle(handle), {"orders": ["id"], "users": []})
            assert result.documents("orders") == [bson.encode(document) for document in documents]
            assert (result.faults, mongo.in_turn(result.order)) == ([], ["orders", "users"])
            assert (result.info.kind, result.info.database) == ("mongodb", mongo.name)
            assert result.info.label.startswith("mongodb://")
            assert result.info.label.endswith(f"/{mongo.name}")
            if mongo.server.kind == "java":
                assert result.info.label == mongo.uri
            # Still usable, and more than once.
            again = await read_async(LiveSource.from_handle(handle), {"users": []})
            assert again.documents("users") == [bson.encode({"_id": 1})]

    documents = [{"_id": number, "id": str(number)} for number in range(30_000)]
    mongo.insert({"orders": documents, "users": [{"_id": 1, "x": 1}]})
    asyncio.run(look())


@pytest.mark.parametrize("document_class", [collections.OrderedDict, bson.SON, RawBSONDocument])
def test_codec_options_do_not_matter(java_mongo: Mongo, driver: Driver, document_class: type[Any]) -> None:
    async def look() -> None:
        options: CodecOptions[Any] = CodecOptions(
            document_class, tz_aware=True, unicode_decode_error_handler="replace"
        )
        async with driver(java_mongo.uri, document_class=document_class) as client:
            handle = client.get_database(java_mongo.name, codec_options=options)
            result = await read_async(LiveSource.from_handle(handle), {"orders": ["id"]})
            assert list(result.listed) == ["orders"]
            assert result.documents("orders") == [bson.encode({"_id": 1, "id": "a"})]

    java_mongo.insert({"orders": [{"_id": 1, "id": "a"}]})
    asyncio.run(look())


def test_nothing_is_sent_but_reads_with_comment_and_hint(java_mongo: Mongo, driver: Driver) -> None:
    async def look(log: Log) -> None:
        async with driver(java_mongo.uri, event_listeners=[log]) as client:
            source = LiveSource.from_handle(client[java_mongo.name], run_id="r2")
            await read_async(source, {"orders": ["id", "items[].total"]})

    java_mongo.insert({"orders": [{"_id": number} for number in range(25_000)]})
    log = Log()
    asyncio.run(look(log))
    names = [next(iter(command)) for command in log.commands]
    assert set(names) <= set(ALLOWED)
    (find,) = (command for command in log.commands if "find" in command)
    assert (find["projection"], find["hint"]) == ({"_id": 1, "id": 1, "items": 1}, {"$natural": 1})
    marked = [
        command
        for name, command in zip(names, log.commands, strict=True)
        if name not in {"hello", "endSessions"}
    ]
    assert {command["comment"] for command in marked} == {"intact r2"}
    assert names.count("getMore") == 1


def test_a_reader_that_stops_early_leaves_no_cursor_behind(java_mongo: Mongo, driver: Driver) -> None:
    async def stop() -> None:
        async with driver(java_mongo.uri) as client:
            source = LiveSource.from_handle(client[java_mongo.name])
            await anext(source.read({"orders": []}))
            await source.close()
            assert java_mongo.open_cursors == before

    before = java_mongo.open_cursors
    java_mongo.insert({"orders": [{"_id": number} for number in range(70_000)]})
    asyncio.run(stop())


def test_a_handle_reads_from_a_secondary_unless_the_user_chose_otherwise(driver: Driver) -> None:
    async def look(server: ScriptedServer) -> None:
        async with driver(server.uri(replicaSet="rs0")) as client:
            await read_async(LiveSource.from_handle(client.shop), {"orders": []})
            chosen = client.get_database("shop", read_preference=Nearest())
            await read_async(LiveSource.from_handle(chosen), {"orders": []})

    with ScriptedServer({"orders": [{"_id": 1}]}) as server:
        server.be_replica_set("rs0")
        asyncio.run(look(server))
    finds = [find.body["$readPreference"] for find in server.named("find")]
    first, second = (
        finds[: len(finds) // 2],
        finds[len(finds) // 2 :],
    )  # a moment is looked for, then it is read
    assert len(first) >= 2
    assert first == [{"mode": "secondaryPreferred", "maxStalenessSeconds": 90}] * len(first)
    assert second == [{"mode": "nearest"}] * len(second)


def test_an_empty_database_of_a_handle_is_read(java_mongo: Mongo, driver: Driver) -> None:
    async def look() -> None:
        async with driver(java_mongo.uri) as client:
            result = await read_async(LiveSource.from_handle(client[java_mongo.name]), {"orders": []})
            assert (dict(result.listed), result.blocks, result.faults) == ({}, [], [])

    asyncio.run(look())


def test_what_goes_wrong_is_said_and_no_credential_shown(driver: Driver) -> None:
    async def look(server: ScriptedServer) -> None:
        async with driver(server.uri(credentials="bob:s3cret")) as client:
            await read_async(LiveSource.from_handle(client.shop), {"orders": []})

    with ScriptedServer({"orders": [{"_id": 1}]}) as server:
        with pytest.raises(SourceError, match="does not accept the user name or password") as refused:
            asyncio.run(look(server))
        assert refused.value.where == f"mongodb://{server.address}/shop"
        server.script("saslStart", Error(123, "bob with s3cret"), repeat=True)
        with pytest.raises(SourceError, match=r"answers with error 123 \(Scripted\)$"):
            asyncio.run(look(server))


def test_a_fault_in_one_collection_leaves_the_others(driver: Driver) -> None:
    async def look(server: ScriptedServer) -> None:
        async with driver(server.uri()) as client:
            result = await read_async(LiveSource.from_handle(client.shop), {"orders": [], "users": []})
        assert [(fault.collection, fault.what) for fault in result.faults] == [
            ("orders", "the user has no right to read it")
        ]
        assert result.order == ["orders", "users"]

    with ScriptedServer({"orders": [{"_id": 1}], "users": [{"_id": 1}]}) as server:
        server.script("find:orders", Error(13))
        asyncio.run(look(server))


def test_a_server_that_falls_silent_is_given_up(driver: Driver) -> None:
    async def look(server: ScriptedServer) -> None:
        # A blocking driver waits in a thread, which has an end of its own so that the test has one.
        async with driver(server.uri(socketTimeoutMS=1500)) as client:
            source = LiveSource.from_handle(client.shop)
            source.patience = 0.5
            result = await read_async(source, {"orders": [], "users": []})
        assert [fault.what for fault in result.faults] == ["the server stopped answering while it was read"]
        assert result.order == ["orders", "users"]

    with ScriptedServer({"orders": [{"_id": 1}], "users": [{"_id": 1}]}) as server:
        server.script("find:orders", Silence(), repeat=True)
        asyncio.run(look(server))


def test_a_handle_of_another_loop_is_refused() -> None:
    async def use(client: AsyncMongoClient[Any]) -> None:
        await client.shop.command("ping")

    async def audit(client: AsyncMongoClient[Any]) -> None:
        with pytest.raises(UsageError) as refused:
            await LiveSource.from_handle(client.shop).collections()
        assert str(refused.value).endswith(
            "the handle belongs to another event loop. Await intact in the loop that made the client."
        )

    with ScriptedServer({"orders": []}) as server, asyncio.Runner() as first:
        client = AsyncMongoClient[Any](server.uri())
        first.run(use(client))
        asyncio.run(audit(client))
        first.run(client.close())


def test_a_handle_whose_client_was_closed_is_refused(driver: Driver) -> None:
    async def look(server: ScriptedServer) -> None:
        async with driver(server.uri()) as client:
            await client.shop.command("ping") if driver is not pymongo_blocking else client.shop.command(
                "ping"
            )
        with pytest.raises(UsageError, match="the client of the handle has been closed"):
            await LiveSource.from_handle(client.shop).collections()

    with ScriptedServer({"orders": []}) as server:
        asyncio.run(look(server))


def test_a_handle_that_encrypts_is_said_to_be_unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    async def look(server: ScriptedServer) -> None:
        async with pymongo_async(server.uri()) as client:
            result = await read_async(LiveSource.from_handle(client.shop), {"orders": []})
        assert [fault.what for fault in result.faults] == ["through a handle that encrypts it cannot be read"]

    def refuse(*_: object, **__: object) -> None:
        raise InvalidOperation("find_raw_batches does not support auto encryption")

    monkeypatch.setattr("pymongo.asynchronous.collection.AsyncCollection.find_raw_batches", refuse)
    with ScriptedServer({"orders": []}) as server:
        asyncio.run(look(server))


def test_what_is_no_database_is_refused_with_advice(driver: Driver) -> None:
    async def look() -> None:
        async with driver("mongodb://localhost:1", connect=False) as client:
            with pytest.raises(UsageError, match="this is a client, not a database"):
                LiveSource.from_handle(client)
            with pytest.raises(UsageError, match="this is a collection, not a database"):
                LiveSource.from_handle(client.shop.orders)

    asyncio.run(look())
    for other in (None, 5, {}, object()):
        with pytest.raises(UsageError, match=f"a {type(other).__name__} is no database handle"):
            LiveSource.from_handle(other)
