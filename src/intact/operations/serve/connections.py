"""Connections that ask for nothing cannot keep out those that do.

A client can open a connection and never send a request, or only half of one, or never read the answer. Each costs a
place; so a request has to come within some seconds, and where all places are taken, whoever has waited longest goes.
"""

from __future__ import annotations

import asyncio
from typing import Final, cast

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

MOST: Final = 64
"""Connections at a time."""

REQUEST_SECONDS: Final = 10.0
"""How long a request, or what is missing of it, may take to come."""


class Connection(H11Protocol):
    """One connection of a client.

    Attributes:
        since: Since when it has waited for a request, or for its answer to be read.
    """

    since = 0.0
    _timer: asyncio.TimerHandle | None = None

    @property
    def idle(self) -> bool:
        """Whether there is no request that is being answered."""
        cycle = cast("RequestResponseCycle | None", self.cycle)  # uvicorn has it begin as None
        return cycle is None or cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Take a connection; where there are too many, another one goes."""
        others = sorted(
            cast("set[Connection]", self.connections), key=lambda each: (not each.idle, each.since)
        )
        for each in others[: max(0, len(others) - MOST + 1)]:
            each.transport.abort()
            self.connections.discard(each)
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a connection."""
        self._stop_waiting()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        self._wait()

    def _wait(self) -> None:
        self._stop_waiting()
        self.since = self.loop.time()
        self._timer = self.loop.call_later(REQUEST_SECONDS, self._end)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end(self) -> None:
        if self.idle and not self.transport.is_closing():
            self.transport.abort()
