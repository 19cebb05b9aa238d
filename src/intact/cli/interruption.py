"""Ctrl-C and SIGTERM: a run stops soon, cleans up, and leaves nothing half-written, here or on a server."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Final

from intact.core.stopping import stop_all
from intact.core.temporary import remove_all

INTERRUPTED: Final = 130

_PATIENCE: Final = 10
"""Seconds that a run has to end by itself: an answer may be on its way from a server, and name a cursor."""

_state = {"printing": False, "own process": False}


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
        with _noticed():
            yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def printing() -> Iterator[None]:
    """Note that a report is being printed: where it is interrupted, it has been printed in part."""
    _state["printing"] = True
    yield
    _state["printing"] = False


@contextlib.contextmanager
def own_process() -> Iterator[None]:
    """Take the process for the command's own, which may be ended with it."""
    _state["own process"] = True
    try:
        yield
    except SystemExit as end:
        if end.code == INTERRUPTED:
            remove_all()
            # The interpreter would wait for threads that nobody waits for any more.
            if any(_is_left(each) for each in threading.enumerate()):
                _end()
        raise
    finally:
        _state["own process"] = False


def say_interrupted() -> None:
    """Say on stderr that the run was interrupted."""
    cut = _state["printing"]
    what = "the report that was being printed is cut off" if cut else "no report was left half-written"
    _state["printing"] = False
    with contextlib.suppress(OSError):
        sys.stderr.write(f"intact: interrupted; {what}.\n")
        sys.stderr.flush()


def _is_left(thread: threading.Thread) -> bool:
    return thread is not threading.main_thread() and not thread.daemon


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Do what Ctrl-C does; a second SIGTERM ends the process at once."""
    del frame
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(signal.SIGINT)


@contextlib.contextmanager
def _noticed() -> Iterator[None]:
    """Let a thread notice signals at once: Python's handlers wait while the main thread is in one long call."""
    # The loop of Windows notices signals in the same way, and there can be one such place only.
    if sys.platform == "win32":
        yield
        return
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    ended = threading.Event()
    before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    watcher = threading.Thread(target=_watch, args=(reading, ended), name="intact signals", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        ended.set()
        os.close(writing)
        watcher.join()
        os.close(reading)


def _watch(reading: int, ended: threading.Event) -> None:
    """End what runs at a signal, and the process if it does not end by itself."""
    while told := os.read(reading, 1):
        if told[0] in {signal.SIGINT, signal.SIGTERM}:
            raised = stop_all()
            if not _state["own process"]:
                continue
            for _ in range(_PATIENCE):
                if ended.wait(1.0):
                    return
                # Where nothing can be raised, as in a finalizer, Python drops what the handler raised.
                if raised:
                    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            say_interrupted()
            _end()


def _end() -> None:
    remove_all()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, RuntimeError):
            stream.flush()
    os._exit(INTERRUPTED)
