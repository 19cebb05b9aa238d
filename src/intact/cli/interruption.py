"""Ctrl-C and SIGTERM: a run stops soon, cleans up, and leaves nothing half-written."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Final

from intact.findings.progress import Progress

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_asked = threading.Event()


class StoppedError(Exception):
    """Ends the work of another thread after this process was asked to stop."""


class Stoppable:
    """A progress that ends the run from within, in whichever thread it runs, once the process is to stop."""

    def __init__(self, inner: Progress) -> None:
        self._inner = inner

    def start(self, total: int | None) -> None:
        """Hand on, or stop."""
        _stop_if_asked()
        self._inner.start(total)

    def advance(self, bytes_read: int, documents: int, collection: str) -> None:
        """Hand on, or stop."""
        _stop_if_asked()
        self._inner.advance(bytes_read, documents, collection)

    def phase(self, text: str) -> None:
        """Hand on, or stop."""
        _stop_if_asked()
        self._inner.phase(text)


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Let SIGINT and SIGTERM raise KeyboardInterrupt here, and stop the work of other threads."""
    _asked.clear()
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = [signal.signal(each, _interrupt) for each in _SIGNALS]
    try:
        yield
    finally:
        for each, handler in zip(_SIGNALS, before, strict=True):
            signal.signal(each, handler)


def say_interrupted() -> None:
    """Say on stderr that the run was interrupted."""
    with contextlib.suppress(OSError):
        sys.stderr.write("intact: interrupted; no report was left half-written.\n")
        sys.stderr.flush()


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Interrupt; a second signal ends the process at once."""
    del number, frame
    _asked.set()
    for each in _SIGNALS:
        signal.signal(each, signal.SIG_DFL)
    raise KeyboardInterrupt


def _stop_if_asked() -> None:
    if _asked.is_set():
        raise StoppedError
