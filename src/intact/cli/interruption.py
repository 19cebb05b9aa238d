"""Ctrl-C and SIGTERM: a run stops soon, cleans up, and leaves nothing half-written, here or on a server."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Let SIGINT and SIGTERM raise KeyboardInterrupt here, or cancel a run that is awaited.

    With Python's own handler of SIGINT asyncio cancels its main task only, which then ends what it has begun: an answer
    that is on its way from a server is waited for, as it may name a cursor. A second signal ends that too.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, signal.default_int_handler),
        signal.SIGTERM: signal.signal(signal.SIGTERM, _interrupt),
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def say_interrupted() -> None:
    """Say on stderr that the run was interrupted."""
    with contextlib.suppress(OSError):
        sys.stderr.write("intact: interrupted; no report was left half-written.\n")
        sys.stderr.flush()


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Do what Ctrl-C does; a second SIGTERM ends the process at once."""
    del frame
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(signal.SIGINT)
