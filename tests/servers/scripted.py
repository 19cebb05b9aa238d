"""A server that answers what the test says, in MongoDB's wire protocol (OP_MSG, and OP_QUERY to be greeted).

Left alone it behaves like a small standalone: it greets, lists and reads its collections, pages and kills
cursors, and refuses everything else. A test puts steps before that::

    with ScriptedServer({"orders": documents}) as server:
        server.script("getMore", AS_USUAL, Error(43))  # the second getMore fails, the others go well
        server.script("find:users", Close(), repeat=True)
        ...
        assert [each.name for each in server.commands] == [...]

It runs in a thread of its own, so blocking and asyncio clients can both talk to it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
import struct
import threading
import time
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self, TypeAlias

import bson
from bson.raw_bson import RawBSONDocument

OP_REPLY: Final = 1
OP_QUERY: Final = 2004
OP_MSG: Final = 2013
HEADER: Final = struct.Struct("<iiii")
FIRST_BATCH: Final = 101
BATCH_BYTES: Final = 16_000_000
HELLO: Final[Mapping[str, Any]] = {
    "helloOk": True,
    "ismaster": True,
    "isWritablePrimary": True,
    "maxBsonObjectSize": 16_777_216,
    "maxMessageSizeBytes": 48_000_000,
    "maxWriteBatchSize": 100_000,
    "logicalSessionTimeoutMinutes": 30,
    "minWireVersion": 0,
    "maxWireVersion": 21,
    "readOnly": False,
}


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer with this document; ``ok: 1`` is added where it says nothing of it."""

    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Error:
    """Answer with an error of the server."""

    code: int
    message: str = "scripted"
    name: str = "Scripted"


@dataclass(frozen=True, slots=True)
class Close:
    """Close the connection without an answer."""


@dataclass(frozen=True, slots=True)
class Garbage:
    """Send these bytes in place of an answer, then close the connection."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Half:
    """Send the first half of the usual answer, then close the connection."""


@dataclass(frozen=True, slots=True)
class Tampered:
    """Send the usual answer with some of its bytes replaced."""

    old: bytes
    new: bytes


@dataclass(frozen=True, slots=True)
class Silence:
    """Never answer; the connection stays open."""


@dataclass(frozen=True, slots=True)
class Delay:
    """Answer as usual, after some seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class AsUsual:
    """Answer as usual."""


Step: TypeAlias = Reply | Error | Close | Garbage | Half | Tampered | Silence | Delay | AsUsual
AS_USUAL: Final = AsUsual()


@dataclass(frozen=True, slots=True)
class Command:
    """A command as it came in.

    Attributes:
        name: Its name; the old greeting ``ismaster`` is called ``hello`` too.
        database: The database it is for.
        body: The whole command document.
        connection: The number of the connection, from 1.
    """

    name: str
    database: str
    body: Mapping[str, Any]
    connection: int

    @property
    def collection(self) -> str:
        """The collection it is about, empty where it is about none."""
        value = self.body.get("collection") if self.name == "getMore" else self.body.get(self.name)
        return value if isinstance(value, str) else ""


@dataclass(slots=True)
class _Cursor:
    collection: str
    documents: deque[RawBSONDocument]


@dataclass(slots=True)
class _Script:
    steps: deque[Step] = field(default_factory=deque)
    repeat: Step | None = None

    def next(self) -> Step | None:
        return self.steps.popleft() if self.steps else self.repeat


class ScriptedServer:
    """A server to be told how it answers; a context manager that is listening inside.

    Args:
        collections: The documents of each collection, as mappings or as BSON bytes.
        hello: What the greeting says otherwise than a standalone MongoDB 7.0 (``setName``,
            ``maxWireVersion``).
        listing: What listCollections answers; a plain entry for each collection where not given.

    Attributes:
        commands: Every command that came in, in order.
        cursors: The cursors that are open, by id.
    """

    def __init__(
        self,
        collections: Mapping[str, Sequence[Mapping[str, Any] | bytes]] | None = None,
        *,
        hello: Mapping[str, Any] | None = None,
        listing: Sequence[Mapping[str, Any]] | None = None,
    ) -> None:
        self.collections = {name: list(documents) for name, documents in (collections or {}).items()}
        self.hello = {**HELLO, **(hello or {})}
        self.listing = listing
        self.commands: list[Command] = []
        self.cursors: dict[int, _Cursor] = {}
        self.port = 0
        self._scripts: dict[str, _Script] = defaultdict(_Script)
        self._cursor_ids = itertools.count(1001)
        self._connections = itertools.count(1)
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="scripted-server", daemon=True)

    def script(self, command: str, *steps: Step, repeat: bool = False) -> None:
        """Say how the next calls of a command are answered; after these steps it goes on as usual.

        Args:
            command: ``find``, or ``find:orders`` for that collection only.
            steps: One for each call.
            repeat: Whether the last step is for all later calls too.
        """
        script = self._scripts[command]
        script.steps.extend(steps)
        script.repeat = steps[-1] if repeat else None

    def be_replica_set(self, name: str) -> None:
        """Greet as the primary, and only member, of a replica set from now on."""
        last_write = {"lastWriteDate": dt.datetime.now(dt.UTC)}
        member = {"me": self.address, "primary": self.address, "hosts": [self.address], "secondary": False}
        self.hello |= {"setName": name, "setVersion": 1, "lastWrite": last_write, **member}

    def uri(self, database: str = "shop", *, credentials: str = "", **options: Any) -> str:
        """Where to connect; ``credentials`` as they stand in a URI, without the ``@``."""
        given = {"serverSelectionTimeoutMS": 2000, **options}
        query = "&".join(f"{name}={value}" for name, value in given.items())
        return f"mongodb://{credentials + '@' if credentials else ''}{self.address}/{database}?{query}"

    @property
    def address(self) -> str:
        """The server's host and port."""
        return f"127.0.0.1:{self.port}"

    def named(self, name: str) -> list[Command]:
        """The commands of this name that came in."""
        return [each for each in self.commands if each.name == name]

    def wait_for(self, name: str, count: int = 1, seconds: float = 10) -> None:
        """Block until so many commands of this name have come in."""
        deadline = time.monotonic() + seconds
        while len(self.named(name)) < count:
            assert time.monotonic() < deadline, f"{name} did not come in"
            time.sleep(0.01)

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Close the port and every connection. May be called twice."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopped.set)
            self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._stopped = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stopped.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in self._writers:  # a task that was cancelled before it began has closed none
            writer.close()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._stopped.is_set():
            writer.close()
            return
        self._writers.add(writer)
        task = asyncio.create_task(self._talk(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = next(self._connections)
        try:
            while True:
                length, request, _, opcode = HEADER.unpack(await reader.readexactly(HEADER.size))
                command = parse(opcode, await reader.readexactly(length - HEADER.size), connection)
                self.commands.append(command)
                if not await self._answer(command, writer, request, opcode):
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client has gone, as clients do
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _answer(
        self, command: Command, writer: asyncio.StreamWriter, request: int, opcode: int
    ) -> bool:
        """Answer a command as scripted; whether the connection stays open."""
        step = self._step(command)
        match step:
            case Close():
                return False
            case Silence():
                await self._stopped.wait()
                return False
            case Garbage(data):
                writer.write(data)
                await writer.drain()
                return False
            case Delay(seconds):
                await asyncio.sleep(seconds)
        message = _encode(self._document(command, step), request, opcode)
        if isinstance(step, Tampered):
            message = message.replace(step.old, step.new)
        writer.write(message[: len(message) // 2] if isinstance(step, Half) else message)
        await writer.drain()
        return not isinstance(step, Half)

    def _step(self, command: Command) -> Step | None:
        """What the script says of a command."""
        return (
            self._scripts[f"{command.name}:{command.collection}"].next() or self._scripts[command.name].next()
        )

    def _document(self, command: Command, step: Step | None) -> dict[str, Any]:
        match step:
            case Reply(document):
                return {"ok": 1.0, **document}
            case Error(code, message, name):
                return {"ok": 0.0, "errmsg": message, "code": code, "codeName": name}
        usual = getattr(self, f"_on_{command.name}", None)
        if usual is None:
            return {
                "ok": 0.0,
                "errmsg": f"no such command: {command.name}",
                "code": 59,
                "codeName": "CommandNotFound",
            }
        return {"ok": 1.0, **usual(command)}

    def _on_hello(self, command: Command) -> dict[str, Any]:
        if command.body.get("saslSupportedMechs"):
            return {**self.hello, "saslSupportedMechs": ["SCRAM-SHA-256"]}
        return self.hello

    def _on_ping(self, _: Command) -> dict[str, Any]:
        return {}

    def _on_endSessions(self, _: Command) -> dict[str, Any]:  # noqa: N802 - the command's name
        return {}

    def _on_saslStart(self, _: Command) -> dict[str, Any]:  # noqa: N802 - the command's name
        return {"ok": 0.0, "errmsg": "Authentication failed.", "code": 18, "codeName": "AuthenticationFailed"}

    def _on_listCollections(self, command: Command) -> dict[str, Any]:  # noqa: N802 - the command's name
        plain = [{"name": name, "type": "collection", "options": {}} for name in self.collections]
        listing = list(plain if self.listing is None else self.listing)
        return {"cursor": {"id": 0, "ns": f"{command.database}.$cmd.listCollections", "firstBatch": listing}}

    def _on_find(self, command: Command) -> dict[str, Any]:
        documents = deque(_raw(each) for each in self.collections.get(command.collection, ()))
        cursor = _Cursor(command.collection, documents)
        return self._batch(
            "firstBatch", command, next(self._cursor_ids), cursor, command.body.get("batchSize", FIRST_BATCH)
        )

    def _on_getMore(self, command: Command) -> dict[str, Any]:  # noqa: N802 - the command's name
        identifier = command.body["getMore"]
        cursor = self.cursors.pop(identifier, None)
        if cursor is None:
            return {
                "ok": 0.0,
                "errmsg": f"cursor id {identifier} not found",
                "code": 43,
                "codeName": "CursorNotFound",
            }
        return self._batch("nextBatch", command, identifier, cursor, command.body.get("batchSize", 0))

    def _on_killCursors(self, command: Command) -> dict[str, Any]:  # noqa: N802 - the command's name
        killed = [each for each in command.body["cursors"] if self.cursors.pop(each, None)]
        return {"cursorsKilled": killed}

    def _batch(
        self, key: str, command: Command, identifier: int, cursor: _Cursor, size: int
    ) -> dict[str, Any]:
        batch: list[RawBSONDocument] = []
        length = 0
        while cursor.documents and length < BATCH_BYTES and (not size or len(batch) < size):
            batch.append(cursor.documents.popleft())
            length += len(batch[-1].raw)
        if cursor.documents or len(batch) == size:
            self.cursors[identifier] = cursor
        else:
            identifier = 0
        namespace = f"{command.database}.{cursor.collection}"
        return {"cursor": {"id": bson.Int64(identifier), "ns": namespace, key: batch}}


def _raw(document: Mapping[str, Any] | bytes) -> RawBSONDocument:
    return RawBSONDocument(document if isinstance(document, bytes) else bson.encode(document))


def parse(opcode: int, data: bytes, connection: int) -> Command:
    """Read a message's body as the command that it is.

    Raises:
        ConnectionError: If it is none that drivers send to read.
    """
    if opcode == OP_QUERY:
        end = data.index(0, 4)
        body = bson.decode(data[end + 9 :])
        return Command("hello", data[4:end].decode().removesuffix(".$cmd"), body, connection)
    if opcode != OP_MSG or data[4] != 0:
        raise ConnectionError(f"message {opcode} is not understood")
    length = int.from_bytes(data[5:9], "little")
    body = bson.decode(data[5 : 5 + length])
    name = next(iter(body))
    return Command("hello" if name.lower() == "ismaster" else name, body["$db"], body, connection)


def _encode(document: Mapping[str, Any], request: int, opcode: int) -> bytes:
    if opcode == OP_QUERY:
        payload = struct.pack("<iqii", 8, 0, 0, 1) + bson.encode(document)
        return HEADER.pack(HEADER.size + len(payload), 1, request, OP_REPLY) + payload
    payload = struct.pack("<IB", 0, 0) + bson.encode(document)
    return HEADER.pack(HEADER.size + len(payload), 1, request, OP_MSG) + payload
