"""One run at a time writes into a folder; the system ends the lock with the process, however that ends."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

LOCK: Final = ".lock"
"""Name of the file; it stays."""

WAIT_SECONDS: Final = 600.0
"""How long to wait for another run to have written its reports."""

_BETWEEN: Final = 0.05
_FAR: Final = 1 << 30
"""The byte that is locked where locks are of bytes, and nobody else may read them: none that a file has."""
_NO_LOCKS: Final = {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL}
_TAKEN: Final = {errno.EAGAIN, errno.EACCES, errno.EDEADLK, errno.EINTR}


@contextmanager
def locked(folder: Path, wait: float = WAIT_SECONDS) -> Iterator[bool]:
    """Keep other runs from writing into a folder.

    Args:
        folder: The folder.
        wait: Seconds to wait for another run.

    Yields:
        Whether no other run writes there; False where the file system has no locks.

    Raises:
        TimeoutError: If another run does not end.
        OSError: If the lock's file cannot be made.
    """
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    descriptor = os.open(folder / LOCK, flags, 0o600)
    try:
        yield _locked(descriptor, time.monotonic() + wait)
    finally:
        os.close(descriptor)


def hold(descriptor: int) -> None:
    """Lock a file of one's own as long as it is open; where the file system has no locks, nothing happens."""
    try:
        _take(descriptor, _FAR)
    except OSError as error:
        if error.errno not in _NO_LOCKS | _TAKEN:
            raise


def is_held(descriptor: int) -> bool | None:
    """Tell whether another process, or another part of this one, holds a file; None where that cannot be known."""
    try:
        _look(descriptor, _FAR)
    except OSError as error:
        if error.errno in _TAKEN:
            return True
        if error.errno in _NO_LOCKS:
            return None
        raise
    return False


def _locked(descriptor: int, until: float) -> bool:
    while True:
        try:
            _take(descriptor)
        except OSError as error:
            if error.errno in _NO_LOCKS:
                return False
            if error.errno not in _TAKEN:
                raise
        else:
            return True
        if time.monotonic() > until:
            raise TimeoutError(errno.ETIMEDOUT, "another run has been writing there for a long time")
        time.sleep(_BETWEEN)


if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int, place: int = 0) -> None:
        os.lseek(descriptor, place, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

    def _look(descriptor: int, place: int) -> None:
        _take(descriptor, place)
        os.lseek(descriptor, place, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _take(descriptor: int, place: int = 0) -> None:
        del place  # the whole file
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _look(descriptor: int, place: int) -> None:
        del place
        fcntl.flock(
            descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB
        )  # two who look do not take each other for a run
        fcntl.flock(descriptor, fcntl.LOCK_UN)
