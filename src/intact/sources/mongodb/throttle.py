"""How fast a server is read: never faster than is allowed, and slower when it has others to serve."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Final

SLOWER: Final = 4.0
"""How many times longer than at best a document may take before the server counts as busy."""

NOTICEABLE: Final = 0.5
"""Seconds that an answer must take before it counts as slow: quick ones vary for any reason."""

CALM: Final = 8
"""Answers in a row that must be good again before one more cursor is taken back."""

LONGEST_PAUSE: Final = 5.0
"""Seconds of rest before a batch, at most."""

_FIRST_PAUSE: Final = 0.1
_LOOKED_AT: Final = 4
_ENOUGH: Final = 100  # documents in a batch, from which on its time says something


@dataclass(slots=True)
class _Speed:
    """How long documents of one collection have taken, in seconds each."""

    best: float = float("inf")
    last: deque[float] = field(default_factory=lambda: deque(maxlen=_LOOKED_AT))


class Throttle:
    """Says when the next batch may be asked for.

    Two limits. A rate, in bytes a second on average, where the user gave one. And a number of cursors: when the
    answers of a collection take several times longer per document than they did at best, half of the cursors wait, and
    the others rest before each batch; when answers are quick again, one after the other comes back.

    Args:
        cursors: How many read at once, at most.
        max_rate: Bytes a second; None for no limit.
        clock: Gives seconds; another one in tests.

    Attributes:
        cursors: How many read at once, at most.
        slowed: How often the server was found busy.
    """

    def __init__(
        self, cursors: int, max_rate: int | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.cursors = self._limit = cursors
        self._rate = max_rate
        self._clock = clock
        self._free_at = clock()
        self._rest = 0.0
        self._good = 0
        self._speeds: dict[str, _Speed] = defaultdict(_Speed)
        self._reading = 0
        self._room = asyncio.Condition()
        self.slowed = 0

    @property
    def limit(self) -> int:
        """How many cursors may read at once now."""
        return self._limit

    @property
    def rest(self) -> float:
        """How many seconds of rest come before each batch now."""
        return self._rest

    async def begin(self) -> None:
        """Wait until one more batch may be on its way, and take its place."""
        async with self._room:
            await self._room.wait_for(lambda: self._reading < self._limit)
            self._reading += 1
        wait = self._rest
        if self._rate:
            wait = max(wait, self._free_at - self._clock())
        if wait > 0:
            try:
                await asyncio.sleep(wait)
            except asyncio.CancelledError:
                self._reading -= 1
                raise

    async def end(self) -> None:
        """Give the place of a batch that has come, or failed, to another one."""
        async with self._room:
            self._reading -= 1
            self._room.notify_all()

    def answered(self, collection: str, size: int, documents: float, seconds: float) -> None:
        """Take note of a batch.

        Args:
            collection: What it is of: documents of different collections take different times.
            size: Its bytes.
            documents: How many documents it has; an estimate will do.
            seconds: How long it took.
        """
        if self._rate:
            self._free_at = max(self._free_at, self._clock()) + size / self._rate
        if documents < _ENOUGH:
            return
        speed = self._speeds[collection]
        speed.last.append(seconds / documents)
        if len(speed.last) < _LOOKED_AT:
            return
        usual = median(speed.last)
        speed.best = min(speed.best, usual)
        if usual > SLOWER * speed.best and seconds > NOTICEABLE:
            self._slow_down()
            speed.last.clear()
        elif self._limit < self.cursors or self._rest:
            self._good += 1
            if self._good >= CALM:
                self._speed_up()

    def _slow_down(self) -> None:
        self.slowed += 1
        self._good = 0
        self._limit = max(1, self._limit // 2)
        self._rest = min(LONGEST_PAUSE, max(_FIRST_PAUSE, 2 * self._rest))

    def _speed_up(self) -> None:
        self._good = 0
        self._limit = min(self.cursors, self._limit + 1)
        self._rest = self._rest / 2 if self._rest > _FIRST_PAUSE else 0.0
