"""Ctrl-C and SIGTERM: a run stops soon, cleans up, and leaves nothing half-written."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Let SIGINT and SIGTERM raise KeyboardInterrupt here; a run that is awaited then ends its threads itself."""
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
    for each in _SIGNALS:
        signal.signal(each, signal.SIG_DFL)
    raise KeyboardInterrupt
