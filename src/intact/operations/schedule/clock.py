"""The time, and waiting until it is later or somebody rings."""

from __future__ import annotations

import select
import socket
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What a daemon knows of time."""

    def now(self) -> datetime:
        """Return the present moment in UTC, by a clock that people may put forward and back."""

    def monotonic(self) -> float:
        """Return seconds by a clock that only goes forward."""

    def wait(self, seconds: float) -> None:
        """Come back after so many seconds, or when somebody rings."""

    def ring(self) -> None:
        """End a wait, or the next one where nobody waits."""


class SystemClock:
    """The machine's clock. :meth:`ring` may be called by any thread and any signal handler."""

    def __init__(self) -> None:
        # An Event must not be set by a signal handler of the thread that waits for it: both want one lock.
        self._hear, self._pull = socket.socketpair()
        self._hear.settimeout(0)
        self._pull.settimeout(0)

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that only go forward."""
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        """Come back after so many seconds, or when somebody rings."""
        if select.select([self._hear], [], [], max(seconds, 0))[0]:
            with suppress(BlockingIOError):
                self._hear.recv(1024)

    def ring(self) -> None:
        """End a wait."""
        with suppress(OSError):  # full: it rings already; closed: nobody waits any more
            self._pull.send(b"!")

    def close(self) -> None:
        """Give the sockets back. May be called twice."""
        self._hear.close()
        self._pull.close()
