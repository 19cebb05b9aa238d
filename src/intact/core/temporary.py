"""Temporary folders and files: where they lie, that only their owner reads them, and that none is left behind.

A folder has a name that nobody can guess, is readable by its owner only, and holds a file that this process keeps
locked as long as it lives. So the next run can tell what a killed one has left: a folder of the same user that nobody
locks.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

PREFIX: Final = "intact-"
LOCK: Final = ".intact-temporary.lock"
_NAME: Final = re.compile(r"intact-(demo-)?[a-z0-9_]{8}")

_VARIABLES: Final = ("TMPDIR", "TEMP", "TMP")  # as tempfile has them
_ABANDONED: Final = 24 * 3600.0  # seconds after which a folder without a lock is not one that is being made
_TRIAL: Final = b"intact\n" * 64

_folders: dict[Path, int | None] = {}
_swept: set[Path] = set()


def place() -> Path:
    """Return where temporary files go: where ``TMPDIR`` says, and nowhere else if that cannot be used."""
    if tempfile.tempdir is None:
        for name in _VARIABLES:
            if given := os.environ.get(name):
                return Path(given).absolute()
    return Path(tempfile.gettempdir())


def make(directory: Path | None = None, prefix: str = PREFIX) -> Path:
    """Make a folder, to be removed by :func:`remove`; what killed runs of this user have left there goes.

    Raises:
        OSError: If it cannot be made, or nothing can be written into it.
    """
    where = place() if directory is None else directory
    if where not in _swept:
        _swept.add(where)
        with contextlib.suppress(OSError):
            _sweep(where)
    made = Path(tempfile.mkdtemp(prefix=prefix, dir=where))
    _folders[made] = None
    try:
        (made / LOCK).touch(0o600, exist_ok=False)
        _folders[made] = hold(made / LOCK)
        with (made / LOCK).open("wb") as trial:  # a full disk is told before anybody waits
            trial.write(_TRIAL)
            trial.flush()
            os.fsync(trial.fileno())
    except BaseException:
        remove(made)
        raise
    return made


def remove(made: Path) -> None:
    """Remove a folder. May be called twice."""
    shutil.rmtree(made, ignore_errors=True)
    descriptor = _folders.pop(made, None)
    if descriptor is not None:
        os.close(descriptor)


def remove_all() -> None:
    """Remove all folders of this process, which ends."""
    for each in tuple(_folders):
        remove(each)


@contextlib.contextmanager
def folder(prefix: str = PREFIX) -> Iterator[Path]:
    """Lend a folder.

    Raises:
        OSError: If it cannot be made.
    """
    made = make(prefix=prefix)
    try:
        yield made
    finally:
        remove(made)


def file() -> IO[bytes]:
    """Open a file without a name, of which nothing is left however the process ends.

    Raises:
        OSError: If it cannot be made.
    """
    return tempfile.TemporaryFile(prefix=PREFIX, buffering=0, dir=place())


def hold(path: Path) -> int | None:
    """Keep a new file or folder locked until the descriptor is closed; None where the system cannot.

    Raises:
        FileNotFoundError: If another process has just taken it for one that was left behind.
    """
    if sys.platform == "win32":
        return None
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    if not _lock(descriptor, unsure=True) or not path.exists():
        os.close(descriptor)
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    return descriptor


def clear(path: Path, lock: Path | None = None, expected: bytes | None = None) -> None:
    """Remove a file or folder if it is this user's, and no process that lives holds it.

    Args:
        path: What to remove.
        lock: What a living process holds; the file or folder itself by default.
        expected: What has to be in the lock.

    Raises:
        OSError: If it cannot be removed, or is gone already.
    """
    if sys.platform == "win32":
        return
    held = path if lock is None else lock
    found = held.lstat()
    if found.st_uid != os.geteuid() or not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
        return
    descriptor = os.open(held, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:  # locked as long as it is removed: whoever makes it just now sees that, and makes another
        if not _lock(descriptor, unsure=False):
            return
        if expected is not None and os.read(descriptor, len(expected) + 1) != expected:
            return
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()
    finally:
        os.close(descriptor)


def _lock(descriptor: int, *, unsure: bool) -> bool:
    """Lock an open file or folder; gives ``unsure`` where the file system has no locks."""
    if sys.platform == "win32":
        return unsure
    import fcntl  # noqa: PLC0415 - not on Windows

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return unsure
    return True


def _sweep(where: Path) -> None:
    """Remove the folders of processes that are gone."""
    for each in where.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            if _NAME.fullmatch(each.name) and each not in _folders and _is_own(each):
                if not (each / LOCK).exists():
                    _remove_unmade(each)
                else:
                    clear(each, each / LOCK, _TRIAL)


def _is_own(each: Path) -> bool:
    if sys.platform == "win32":
        return False
    found = each.lstat()
    private = stat.S_ISDIR(found.st_mode) and not stat.S_IMODE(found.st_mode) & 0o077
    return private and found.st_uid == os.geteuid()


def _remove_unmade(each: Path) -> None:
    """Remove a folder that was not made to its end; one that is not empty is something else, and stays."""
    if time.time() - each.lstat().st_mtime > _ABANDONED:
        each.rmdir()
