"""TLS in front of any server: a port that speaks it, with a certificate made for the test, and hands on."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import trustme

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Front:
    """A port that speaks TLS, in front of a server that does not.

    Attributes:
        port: Where it listens.
        subjects: The subjects of the clients' certificates, as they came; empty ones showed none.
    """

    port: int = 0
    subjects: list[str] = field(default_factory=list)


def write(path: Path, certificate: trustme.LeafCert) -> Path:
    """Write a certificate and its key into one file, as the driver takes them."""
    certificate.private_key_and_cert_chain_pem.write_to_path(path)
    return path


@contextlib.contextmanager
def tls_front(
    behind: int, certificate: trustme.LeafCert, *, clients: trustme.CA | None = None
) -> Iterator[Front]:
    """Listen with TLS, and hand on to a port of this machine.

    Args:
        behind: The port of the server.
        certificate: What the front shows.
        clients: The authority whose certificates clients must show; None if they need none.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    if clients is not None:
        clients.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    front, ready = Front(), threading.Event()
    loop = asyncio.new_event_loop()
    stopped = asyncio.Event()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except (ConnectionError, ssl.SSLError):
            pass  # one of the two has gone
        finally:
            writer.close()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        shown = writer.get_extra_info("peercert") or {}
        front.subjects.append(",".join(f"{name}={value}" for ((name, value),) in shown.get("subject", ())))
        there, back = await asyncio.open_connection("127.0.0.1", behind)
        await asyncio.gather(pump(reader, back), pump(there, writer), return_exceptions=True)

    async def serve() -> None:
        loop.set_exception_handler(lambda *_: None)  # handshakes that fail are what is tested
        server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=context)
        front.port = server.sockets[0].getsockname()[1]
        ready.set()
        await stopped.wait()
        server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(serve())

    thread = threading.Thread(target=run, name="tls-front", daemon=True)
    thread.start()
    ready.wait()
    try:
        yield front
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join()
