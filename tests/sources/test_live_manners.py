"""What a server notices of an audit: marked reads, of one member, no faster than they may be, and nothing left over."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.monitoring import CommandListener, CommandStartedEvent
from pymongo.read_preferences import Nearest, Primary, SecondaryPreferred

from intact.core.errors import SourceError, UsageError
from intact.core.paths import Path
from intact.sources.base import Block, LookUp
from intact.sources.mongodb import handle as mongo_handle
from intact.sources.mongodb import ranges as mongo_ranges
from intact.sources.mongodb.commands import ALLOWED, STAGES, ReadOnlyGuard, WouldWriteError, check, refusal
from intact.sources.mongodb.handle import Handle
from intact.sources.mongodb.live import LiveSource
from intact.sources.mongodb.member import pinned
from intact.sources.mongodb.settings import LiveOptions
from intact.sources.mongodb.throttle import CALM, Throttle
from tests.servers.reading import read, read_async
from tests.servers.scripted import Error, ScriptedServer
from tests.servers.snapshots import SnapshotServer
from tests.servers.store import Store

# Re-expressed from MongoDB's list of database commands: all that change data, users, or how the server works.
WRITING = """
    insert update delete findAndModify bulkWrite create createIndexes drop dropDatabase dropIndexes
    renameCollection collMod convertToCapped compact cloneCollectionAsCapped reIndex mapReduce createUser
    updateUser dropUser grantRolesToUser revokeRolesFromUser createRole updateRole dropRole setParameter
    shutdown fsync fsyncUnlock killOp killSessions killAllSessions replSetStepDown replSetReconfig
    replSetInitiate replSetFreeze replSetMaintenance setFeatureCompatibilityVersion setDefaultRWConcern
    shardCollection moveChunk movePrimary split addShard removeShard enableSharding
    refineCollectionShardKey reshardCollection commitTransaction abortTransaction applyOps
    setUserWriteBlockMode logRotate setFreeMonitoring planCacheClear invalidateUserCache
    configureFailPoint rotateCertificates profile eval godinsert
""".split()  # noqa: SIM905 - a list of a hundred quotes is not easier to read


class Log(CommandListener):
    def __init__(self) -> None:
        self.names: list[str] = []
        self.commands: list[Any] = []

    def started(self, event: CommandStartedEvent) -> None:
        self.names.append(event.command_name)
        self.commands.append(event.command)

    def succeeded(self, _: object) -> None:
        pass

    def failed(self, _: object) -> None:
        pass


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mongo_ranges, "WORTH_RANGES", 100)
    monkeypatch.setattr(mongo_ranges, "PER_RANGE", 50)
    monkeypatch.setattr(mongo_handle, "BATCH_DOCUMENTS", 20)


def store() -> Store:
    return Store({"orders": [{"_id": number, "n": number} for number in range(300)], "users": [{"_id": 1}]})


# --- reads only -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", WRITING)
def test_no_command_that_writes_is_on_the_list(command: str) -> None:
    assert command not in ALLOWED
    assert refusal(command, {command: 1})
    assert refusal(command.upper(), {})


@pytest.mark.parametrize(
    "stage", ["$out", "$merge", "$lookup", "$changeStream", "$currentOp", "$unknown", ""]
)
def test_no_stage_but_the_known_ones_may_be_in_an_aggregation(stage: str) -> None:
    assert stage not in STAGES
    assert refusal("aggregate", {"aggregate": "a", "pipeline": [{"$match": {}}, {stage: "b"}]})
    assert refusal("aggregate", {"aggregate": "a", "pipeline": "$out"})
    assert not refusal("aggregate", {"aggregate": "a", "pipeline": [{"$sample": {"size": 1}}]})


def test_every_command_on_the_list_says_what_it_is_for() -> None:
    assert all(len(reason.split()) > 1 for reason in ALLOWED.values())
    assert list(ALLOWED) == sorted(ALLOWED)


def test_a_command_of_our_own_that_is_not_on_the_list_is_not_sent() -> None:
    async def send(server: ScriptedServer) -> None:
        async with AsyncMongoClient[dict[str, Any]](server.uri()) as client:
            handle = Handle(client.shop, comment="intact x", patience=5, leave_primary=True)
            await handle.greet()
            with pytest.raises(AssertionError, match="insert"):
                await handle.command({"insert": "orders", "documents": [{}]})
            await handle.command({"ping": 1})

    with ScriptedServer({}) as server:
        asyncio.run(send(server))
    assert server.named("insert") == []
    (ping,) = server.named("ping")
    assert ping.body["comment"] == "intact x"
    assert ping.body["maxTimeMS"] > 0


def test_the_command_log_of_a_full_run_holds_no_write_and_nothing_off_the_list(small: None) -> None:
    async def run(server: SnapshotServer, log: Log) -> None:
        async with AsyncMongoClient[dict[str, Any]](server.uri(), event_listeners=[log]) as client:
            source = LiveSource.from_handle(client.shop, run_id="r9")
            await read_async(source, {"orders": ["n"], "users": []})
            again = await source.look()
            lookups = [
                LookUp("orders", Path(("_id",)), ("$1",)),
                LookUp("users", Path(("n",)), ("$1",) * 600),
            ]
            assert [item async for item in again.find(lookups, {"orders": [], "users": []})]
            await again.close()
            await source.close()

    for topology in ("replica set", "standalone", "sharded"):
        log = Log()
        with SnapshotServer(store(), topology=topology) as server:
            server.script("getMore", Error(43))
            asyncio.run(run(server, log))
        assert set(log.names) <= set(ALLOWED)
        assert {"find", "getMore", "aggregate", "listCollections", "listIndexes"} <= set(log.names)
        asked = [
            command
            for name, command in zip(log.names, log.commands, strict=True)
            if name not in {"hello", "endSessions", "killCursors"}
        ]
        assert {command.get("comment") for command in asked} == {"intact r9"}
        limited = [command for command in asked if "getMore" not in command]
        assert all(command["maxTimeMS"] > 0 for command in limited)


# --- the guard --------------------------------------------------------------------------------------------------------


def test_the_guard_stops_a_command_before_it_is_sent() -> None:
    async def write(server: ScriptedServer) -> ReadOnlyGuard:
        guard = ReadOnlyGuard()
        async with AsyncMongoClient[dict[str, Any]](server.uri(), event_listeners=[guard]) as client:
            await client.shop.command("ping")
            with pytest.raises(WouldWriteError):
                await client.shop.orders.insert_one({"_id": 1})
            with pytest.raises(WouldWriteError):
                await (await client.shop.orders.aggregate([{"$out": "b"}])).to_list()
            await client.shop.command("ping")  # the client goes on
        return guard

    with ScriptedServer({}) as server:
        guard = asyncio.run(write(server))
    assert {command.name for command in server.commands} <= {"hello", "ping", "endSessions"}
    assert guard.refused == "the command insert, which is not among those that only read"


def test_a_strict_run_reads_everything(small: None) -> None:
    with SnapshotServer(store()) as server:
        result = read(
            server.uri(), {"orders": ["n"], "users": []}, options=LiveOptions(strict_read_only=True)
        )
    assert result.faults == []
    assert len(result.documents("orders")) == 300


@pytest.mark.parametrize("command", ["listCollections", "collStats", "find", "getMore"])
def test_a_strict_run_ends_with_a_sentence_before_a_command_off_the_list(
    command: str, monkeypatch: pytest.MonkeyPatch, small: None
) -> None:
    from intact.sources.mongodb import commands as mongo_commands

    shorter = {name.lower(): name for name in ALLOWED if name != command}
    monkeypatch.setattr(mongo_commands, "_BY_LOWER", shorter)
    monkeypatch.setattr(mongo_handle, "check", lambda command: None)  # only the guard is to see it
    with SnapshotServer(store()) as server:
        with pytest.raises(SourceError) as caught:
            read(server.uri(), {"orders": ["n"]}, options=LiveOptions(strict_read_only=True))
        assert server.named(command) == []
    assert f"the driver was about to send the command {command}" in caught.value.message
    assert "Nothing was sent" in caught.value.hint


@pytest.mark.parametrize("command", ["listIndexes", "find"])
def test_so_does_a_strict_look_again(command: str, monkeypatch: pytest.MonkeyPatch, small: None) -> None:
    from intact.sources.mongodb import commands as mongo_commands

    async def run(server: SnapshotServer) -> None:
        source = LiveSource.from_uri(server.uri(), options=LiveOptions(strict_read_only=True))
        try:
            again = await source.look()
            monkeypatch.setattr(
                mongo_commands, "_BY_LOWER", {name.lower(): name for name in ALLOWED if name != command}
            )
            monkeypatch.setattr(mongo_handle, "check", lambda command: None)  # only the guard is to see it
            found = again.find([LookUp("orders", Path(("_id",)), ("$1",))], {"orders": []})
            assert [item async for item in found] == []
        finally:
            await source.close()

    with SnapshotServer(store(), topology="standalone") as server:
        with pytest.raises(SourceError, match=f"was about to send the command {command}"):
            asyncio.run(run(server))
        assert server.named(command) == []


def test_a_handle_whose_client_cannot_be_watched_any_more_is_refused() -> None:
    async def run(server: ScriptedServer, *listeners: CommandListener) -> None:
        async with AsyncMongoClient[dict[str, Any]](server.uri(), event_listeners=listeners) as client:
            options = LiveOptions(strict_read_only=True)
            await read_async(LiveSource.from_handle(client.shop, options=options), {"orders": []})

    with ScriptedServer({"orders": [{"_id": 1}]}) as server:
        with pytest.raises(UsageError, match="cannot be watched") as caught:
            asyncio.run(run(server))
        assert "ReadOnlyGuard" in caught.value.hint
        asyncio.run(run(server, ReadOnlyGuard()))


# --- which member -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "mode", ["primary", "primaryPreferred", "secondary", "secondaryPreferred", "nearest"]
)
def test_the_option_decides_which_member_is_read(mode: str) -> None:
    with ScriptedServer({"orders": [{"_id": 1}]}) as server:
        server.be_replica_set("rs0")
        server.hello["isWritablePrimary"] = server.hello["ismaster"] = mode != "secondary"
        server.hello["secondary"] = mode == "secondary"
        uri = server.uri(replicaSet="rs0", readPreference="nearest")
        result = read(uri, {"orders": []}, options=LiveOptions(read_preference=mode))
    assert len(result.documents("orders")) == 1
    for find in server.named("find"):
        asked = find.body.get("$readPreference", {"mode": "primary"})
        assert asked["mode"] == mode
        assert asked.get("maxStalenessSeconds") == (None if mode == "primary" else 90)


def test_all_cursors_of_a_run_read_one_member() -> None:
    # Members are at different times: a run that is not as of one moment would mix them.
    class Server:
        def __init__(self, address: tuple[str, int], *, readable: bool = True) -> None:
            self.address, self.is_readable = address, readable
            self.server_type = 5  # a secondary
            self.tags: dict[str, str] = {}
            self.last_write_date = 0.0

    class Known:
        primary = None
        common_wire_version = 21
        topology_description = None

        def __init__(self, *servers: Server) -> None:
            self.server_descriptions = list(servers)

        def with_server_descriptions(self, servers: list[Server]) -> Known:
            return Known(*servers)

    a, b, c = (Server((name, 27017)) for name in "abc")
    preference = pinned(Nearest(), {"setName": "rs0", "me": "b:27017"})
    for _ in range(3):
        assert preference(Known(a, b, c)).server_descriptions == [b]
    assert preference(Known(a, Server(("b", 27017), readable=False), c)).server_descriptions == [a]
    assert preference(Known(c, b, a)).server_descriptions == [a]  # it stays with that one now
    assert preference.moves == 1
    assert pinned(Primary(), {"setName": "rs0"}) == Primary()
    assert type(pinned(SecondaryPreferred(), {})) is SecondaryPreferred  # a standalone


# --- how fast ---------------------------------------------------------------------------------------------------------


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def answer(pace: Throttle, seconds: float, times: int) -> None:
    for _ in range(times):
        pace.answered("orders", 1_000_000, 10_000, seconds)


def test_a_server_that_slows_down_is_read_by_fewer_cursors_with_rests_and_later_by_all_again() -> None:
    pace = Throttle(4, clock=Clock())
    answer(pace, 0.2, 10)
    assert (pace.limit, pace.rest, pace.slowed) == (4, 0.0, 0)
    answer(pace, 2.0, 10)
    assert pace.limit < 4
    assert pace.rest > 0
    answer(pace, 2.0, 40)
    assert pace.limit == 1  # it never stops
    assert pace.rest <= 5
    answer(pace, 0.2, CALM * 20)
    assert (pace.limit, pace.rest) == (4, 0.0)


def test_answers_that_are_slow_from_the_beginning_or_only_now_and_then_slow_nothing_down() -> None:
    slow = Throttle(4, clock=Clock())
    answer(slow, 3.0, 30)
    assert slow.slowed == 0
    hiccups = Throttle(4, clock=Clock())
    for _ in range(20):
        answer(hiccups, 0.2, 4)
        answer(hiccups, 9.0, 1)
    assert hiccups.slowed == 0
    quick = Throttle(4, clock=Clock())
    answer(quick, 0.01, 10)
    answer(quick, 0.3, 10)  # thirty times longer, and nothing all the same
    assert quick.slowed == 0


def test_collections_are_compared_with_themselves_only() -> None:
    pace = Throttle(4, clock=Clock())
    answer(pace, 0.2, 10)
    for _ in range(10):
        pace.answered("large", 16_000_000, 10_000, 3.0)
    assert pace.slowed == 0


def test_fewer_cursors_means_that_the_others_wait() -> None:
    async def run() -> int:
        pace = Throttle(4)
        answer(pace, 0.2, 10)
        answer(pace, 2.0, 4)
        assert pace.limit == 2
        begun = 0

        async def one() -> None:
            nonlocal begun
            await pace.begin()
            begun += 1

        tasks = [asyncio.create_task(one()) for _ in range(4)]
        await asyncio.sleep(0.5)
        at_once = begun
        await pace.end()
        await asyncio.sleep(0.5)
        assert begun == at_once + 1
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return at_once

    assert asyncio.run(run()) == 2


def test_a_rate_is_kept_on_average(small: None) -> None:
    with SnapshotServer(store()) as server:
        begun = time.monotonic()
        result = read(server.uri(), {"orders": ["n"]}, options=LiveOptions(max_rate=4000))
        seconds = time.monotonic() - begun
    assert len(result.documents("orders")) == 300
    assert seconds > result.bytes_read / 4000 * 0.7


# --- nothing is left over ---------------------------------------------------------------------------------------------


@asynccontextmanager
async def half_read(server: SnapshotServer) -> AsyncIterator[LiveSource]:
    source = LiveSource.from_uri(server.uri())
    async for item in source.read({"orders": [Path(("n",))]}):
        if isinstance(item, Block):
            break
    yield source


@pytest.mark.parametrize("way", ["closed", "cancelled", "an error"])
def test_no_cursor_is_left_whatever_ends_the_run(small: None, way: str) -> None:
    async def run(server: SnapshotServer) -> None:
        async with half_read(server) as source:
            if way == "cancelled":
                task = asyncio.create_task(read_async(source, {"orders": ["n"]}))
                await asyncio.sleep(0.05)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            elif way == "an error":
                server.script("getMore", Error(13), repeat=True)
                await read_async(source, {"orders": ["n"]})
            await source.close()

    with SnapshotServer(store()) as server:
        asyncio.run(run(server))
        assert server.open_cursors == 0


def test_check_stops_a_program_with_a_mistake() -> None:
    with pytest.raises(AssertionError, match="intact was about to send"):
        check({"drop": "orders"})
