"""Stands between a driver and a server that speaks the wire protocol: something can happen before each batch is read.

::

    with Proxy("127.0.0.1", port) as proxy:
        proxy.between = lambda command: writer.step()
        proxy.batch_documents = 7
        check(f"mongodb://{proxy.address}/shop?directConnection=true")

It runs in a thread of its own. While ``between`` runs, nothing is handed on.
"""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

import bson

from tests.servers.scripted import HEADER, OP_MSG, Command, parse
from tests.servers.store import elements, joined

_READING = {"find", "getMore", "aggregate"}


class Proxy:
    """Hands on what a driver and a server say; a context manager that is listening inside.

    Args:
        host: Where the server is.
        port: Its port.

    Attributes:
        between: Called before a command that reads documents is handed on.
        batch_documents: The most documents that a batch may have, whatever the driver asks for.
        commands: Every command that came in, in order.
    """

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self.between: Callable[[Command], object] | None = None
        self.batch_documents: int | None = None
        self.commands: list[Command] = []
        self.address = ""
        self._connections = itertools.count(1)
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="proxy", daemon=True)

    def named(self, name: str) -> list[Command]:
        """The commands of this name that came in."""
        return [each for each in self.commands if each.name == name]

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.address = "{}:{}".format(*server.sockets[0].getsockname())
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
        answers, there = await asyncio.open_connection(*self._server)
        try:
            while True:
                there.write(self._heard(await _message(reader), connection))
                await there.drain()
                writer.write(await _message(answers))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # one of the two has gone
        finally:
            self._writers.discard(writer)
            writer.close()
            there.close()

    def _heard(self, message: bytes, connection: int) -> bytes:
        """What is handed on of a message."""
        _, request, answered, opcode = HEADER.unpack_from(message)
        command = parse(opcode, message[HEADER.size :], connection)
        self.commands.append(command)
        if command.name not in _READING:
            return message
        if self.between:
            self.between(command)
        if self.batch_documents is None or opcode != OP_MSG or command.name == "aggregate":
            return message
        at = HEADER.size + 5  # behind the flags and the kind of the only section
        kept = [element for name, element in elements(message[at:]) if name != "batchSize"]
        asked = int(command.body.get("batchSize", self.batch_documents)) or self.batch_documents
        size = bson.encode({"batchSize": min(asked, self.batch_documents)})[4:-1]
        body = message[HEADER.size : at] + joined([kept[0], size, *kept[1:]])
        return HEADER.pack(HEADER.size + len(body), request, answered, opcode) + body


async def _message(reader: asyncio.StreamReader) -> bytes:
    header = await reader.readexactly(HEADER.size)
    return header + await reader.readexactly(HEADER.unpack(header)[0] - HEADER.size)
