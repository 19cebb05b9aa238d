"""The server's life: bound before anything is promised, and ended in order when it is told to."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Final

import uvicorn

from intact.core.errors import SourceError, UsageError
from intact.operations.serve.connections import MOST, Connection
from intact.operations.serve.guard import Guard
from intact.operations.serve.pages import application

LOOPBACK: Final = "127.0.0.1"
"""Where it listens if nobody says otherwise: at this machine only."""

NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})
"""The names of this machine to itself."""

_PATIENCE: Final = 5  # seconds for answers that are under way when it is told to end
_BACKLOG: Final = 4 * MOST  # connections that wait to be taken


def serve(
    folder: Path,
    *,
    host: str,
    port: int,
    token: str | None,
    names: frozenset[str],
    announce: Callable[[str], None],
) -> None:
    """Show a folder of reports until SIGTERM or Ctrl-C.

    Args:
        folder: The folder.
        host: Address to listen at.
        port: Port; 0 for any that is free.
        token: What readers have to give; None for nothing, which only this machine's own address allows.
        names: Further names under which the server is asked for, such as a proxy's.
        announce: Is told the address once it answers there.

    Raises:
        SourceError: If there is no such folder.
        UsageError: If it cannot listen there, or would show reports to the network without a token.
    """
    if not folder.is_dir():
        raise SourceError(
            "there is no such folder", where=str(folder), hint="`intact check --reports` makes one."
        )
    local = _is_loopback(host)
    if not local and token is None:
        raise UsageError(
            "without a token only this machine may read reports",
            where=f"--host {host}",
            hint="Set INTACT_SERVE_TOKEN, or name a file with --token-file.",
        )
    # With a token a page elsewhere cannot read anything, whatever name it gives this server.
    guard = Guard(token, frozenset() if token else NAMES | {host.lower()} | {each.lower() for each in names})
    with _bound(host, port) as listening:
        asyncio.run(_serve(folder, guard, listening, announce))


async def _serve(
    folder: Path, guard: Guard, listening: socket.socket, announce: Callable[[str], None]
) -> None:
    config = uvicorn.Config(
        application(folder, guard),
        lifespan="off",
        ws="none",
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        http=Connection,
        timeout_graceful_shutdown=_PATIENCE,
    )
    server = _Server(config)
    announce(_address(listening))
    await server.serve([listening])


class _Server(uvicorn.Server):
    """Ends in order at a signal, and with success: being told to end is how a server's life ends."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to end; at a second signal, at once."""
        del sig, frame
        self.force_exit = self.should_exit
        self.should_exit = True


def _bound(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(_BACKLOG)
        except OSError:
            listening.close()
            raise
    except (OSError, OverflowError, UnicodeError) as error:
        reason = str(getattr(error, "strerror", None) or error).lower()
        raise UsageError(
            f"nothing can be served there ({reason})",
            where=f"{host}:{port}",
            hint="Name another --port, or another --host.",
        ) from error
    return listening


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
