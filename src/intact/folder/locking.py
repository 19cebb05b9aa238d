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

    def _take(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _take(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
