"""How work ends before it is done: it is told to, or its time is over.

What works for long asks :meth:`Stop.check` now and then. What cannot, such as a statement that an engine executes, is
interrupted by a thread, again and again until it gives in: an interruption between two statements has no effect.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Event, Lock, Thread, current_thread, main_thread
from typing import Final, Protocol, TypeVar
from weakref import WeakSet

T = TypeVar("T")

_AGAIN: Final = 0.05  # seconds between two interruptions
_LOOK_EVERY: Final = 1024  # items


class TimeOverError(Exception):
    """The time that the run has is over."""


class StoppedError(KeyboardInterrupt):
    """The run was told to end."""


class Interruptible(Protocol):
    """What works in one long call."""

    def interrupt(self) -> None:
        """Make what it is doing fail soon, from another thread."""

    def interrupt_statements(self) -> None:
        """Make its statements fail soon, from another thread; what is there already stays."""


class Stop:
    """Whether the work of a run goes on.

    Args:
        ends: When its time is over, by :func:`time.monotonic`; None for never. It counts within :meth:`limited` only:
            what makes the report of what was found comes after it.
        awaited: Whether a loop awaits the run, and cancels it: then it ends in order, and tells this by itself.
    """

    def __init__(self, ends: float | None = None, *, awaited: bool = False) -> None:
        self.ends = ends
        self.awaited = awaited
        self.told = False
        self._limited = 0
        self._lock = Lock()
        self._closed = Event()
        self._watched: WeakSet[Interruptible] = WeakSet()
        self._pressing = False
        _RUNNING.add(self)

    @property
    def over(self) -> bool:
        """Whether the time is over."""
        return self.ends is not None and time.monotonic() >= self.ends

    def check(self) -> None:
        """Go on, or raise.

        Raises:
            StoppedError: If the run was told to end.
            TimeOverError: If its time is over, and this is a part that has to end with it.
        """
        if self.told:
            raise StoppedError
        if self._limited and self.over:
            raise TimeOverError

    def watched(self, items: Iterable[T]) -> Iterator[T]:
        """Yield items, and look now and then whether the work goes on."""
        for number, item in enumerate(items):
            if not number % _LOOK_EVERY:
                self.check()
            yield item

    @contextmanager
    def limited(self) -> Iterator[None]:
        """Let the time count."""
        if self.ends is None:
            self.check()
            yield
            return
        self._press()
        with self._lock:
            self._limited += 1
        try:
            self.check()
            yield
        finally:
            with self._lock:  # whoever interrupts now is waited for: what comes next is not to be hit
                self._limited -= 1

    def in_time(self, items: Iterable[T]) -> Iterator[T]:
        """Yield items; the time counts while each is made, and not while it is used."""
        coming = iter(items)
        while True:
            with self.limited():
                try:
                    item = next(coming)
                except StopIteration:
                    return
            yield item

    def watch(self, work: Interruptible) -> None:
        """Interrupt this too from now on, when it is time to."""
        with self._lock:
            self._watched.add(work)

    def unwatch(self, work: Interruptible) -> None:
        """Interrupt this no more; comes before it is closed."""
        with self._lock:
            self._watched.discard(work)

    def tell(self) -> None:
        """Tell the run to end. May be called from any thread, and again."""
        self.told = True
        self._press()

    def close(self) -> None:
        """End with the run."""
        self._closed.set()
        _RUNNING.discard(self)

    def _press(self) -> None:
        if not self._pressing:
            self._pressing = True
            Thread(target=self._interrupt, name="intact stop", daemon=True).start()

    def _interrupt(self) -> None:
        """Interrupt what works, as long as there is something to end."""
        while not self._closed.wait(_AGAIN):
            if self.told or self.over:
                with self._lock:
                    for work in tuple(self._watched):
                        if self.told:
                            work.interrupt()
                        elif self._limited:
                            work.interrupt_statements()


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let Ctrl-C end what this thread does, at once.

    asyncio lets it cancel the main task only: what works without awaiting anything never notices, and a read from a
    pipe in which nothing comes goes on for ever.
    """
    from asyncio import Runner  # noqa: PLC0415 - the help, too, can be interrupted, and needs no loop

    before = signal.getsignal(signal.SIGINT) if current_thread() is main_thread() else None
    if not (isinstance(before, partial) and isinstance(getattr(before.func, "__self__", None), Runner)):
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


_RUNNING: Final[WeakSet[Stop]] = WeakSet()


def stop_all() -> bool:
    """Tell every run of this process to end, but those that are cancelled; says whether there was one."""
    found = [each for each in tuple(_RUNNING) if not each.awaited]
    for each in found:
        each.tell()
    return bool(found)
