"""A longer way to a server: whatever goes through arrives later, and as much of it at once as without."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_PIECE = 1 << 18


@contextmanager
def delayed(port: int, round_trip: float) -> Iterator[int]:
    """Run a proxy in a thread of its own.

    Args:
        port: Where the server listens, on this machine.
        round_trip: Seconds that a question and its answer take longer.

    Yields:
        The port to connect to.
    """
    loop = asyncio.new_event_loop()
    ready: threading.Event = threading.Event()
    found: list[int] = []

    async def serve() -> None:
        stop = loop.create_future()
        found_stop.append(stop)
        server = await asyncio.start_server(lambda r, w: _join(r, w, port, round_trip / 2), "127.0.0.1", 0)
        found.append(server.sockets[0].getsockname()[1])
        ready.set()
        async with server:
            await stop

    found_stop: list[asyncio.Future[None]] = []
    thread = threading.Thread(target=lambda: _run(loop, serve()), name="latency", daemon=True)
    thread.start()
    ready.wait()
    try:
        yield found[0]
    finally:
        loop.call_soon_threadsafe(found_stop[0].cancel)
        thread.join()


def _run(loop: asyncio.AbstractEventLoop, main: object) -> None:
    asyncio.set_event_loop(loop)
    with contextlib.suppress(asyncio.CancelledError):
        loop.run_until_complete(main)  # type: ignore[arg-type]
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()


async def _join(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int, seconds: float
) -> None:
    """Join a connection to one of the server's, both ways."""
    there, back = await asyncio.open_connection("127.0.0.1", port)
    await asyncio.gather(
        _carry(reader, back, seconds), _carry(there, writer, seconds), return_exceptions=True
    )


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    """Hand on what comes, later: what is on its way does not hold up what follows it."""
    on_its_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def arrive() -> None:
        while True:
            due, data = await on_its_way.get()
            await asyncio.sleep(due - time.monotonic())
            if not data:
                writer.close()
                return
            writer.write(data)
            await writer.drain()

    arriving = asyncio.create_task(arrive())
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(_PIECE):
            on_its_way.put_nowait((time.monotonic() + seconds, data))
    on_its_way.put_nowait((time.monotonic() + seconds, b""))
    await arriving
