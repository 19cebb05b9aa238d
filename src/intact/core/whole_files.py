"""Files that are written whole or not at all.

What is written goes into temporary files beside the target, which take their names once all of it is on the disk. Their
names cannot be guessed; a process keeps its own locked, so that the next one removes what a killed one has left. New
files follow the umask; private ones are for their owner only.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from intact.core.temporary import clear, hold

Piece = str | bytes
"""What is written: text, which becomes UTF-8, or bytes."""

_AT_ONCE: Final = 1 << 20
_PRIVATE: Final = 0o600
_TRIES: Final = 10


def write(target: Path, pieces: Iterable[Piece], *, private: bool = False) -> None:
    """Write a file whole or not at all; text as UTF-8; a private one is for its owner only.

    Raises:
        OSError: If it could not be written; the target is then as it was before.
    """
    with new_file(target, pieces, private=private) as part:
        part.replace(target)


def write_folder(
    directory: Path,
    fill: Callable[[Path], None],
    outdated: Callable[[Path], bool] | None = None,
    *,
    private: bool = False,
) -> None:
    """Write several files into a directory, which is made if it is not there: all of them, or none.

    No file gets its name before all are on the disk. Files of other names stay, but for outdated ones.

    Args:
        directory: The directory; the one above it is there.
        fill: Writes the files into a directory that is empty.
        outdated: Tells of a file with another name whether it is of an earlier report, and goes.
        private: Whether only the owner of the files may read them.

    Raises:
        OSError: If one could not be written; what was there before is then as it was.
    """
    target = directory / "report" if directory.is_dir() else directory
    _clear(target)
    parts, held = _made(target, lambda path: path.mkdir(mode=0o700 if private else 0o777))
    try:
        fill(parts)
        for each in parts.iterdir():
            if private:
                each.chmod(_PRIVATE)
            _sync(each)
        if directory.is_dir():
            _move(parts, directory, outdated or (lambda _: False))
        else:
            parts.rename(directory)
    finally:
        shutil.rmtree(parts, ignore_errors=True)
        if held is not None:
            os.close(held)
    _sync_directory(directory)
    _sync_directory(directory.parent)


def _move(parts: Path, directory: Path, outdated: Callable[[Path], bool]) -> None:
    """Return files their names in a directory, and remove those that are outdated."""
    new = sorted(parts.iterdir())
    for each in new:
        if (directory / each.name).is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(directory / each.name))
    kept = {each.name for each in new}
    old = [
        each for each in directory.iterdir() if each.is_file() and each.name not in kept and outdated(each)
    ]
    for each in new:
        each.replace(directory / each.name)
    for each in old:
        each.unlink()


@contextlib.contextmanager
def new_file(target: Path, pieces: Iterable[Piece], *, private: bool) -> Iterator[Path]:
    """Write a temporary file beside a target, to be given its name; whatever happens, none is left behind."""
    _clear(target)
    part, held = _made(target, lambda path: os.close(create(path, _PRIVATE if private else 0o666)))
    try:
        with part.open("r+b", _AT_ONCE) as file:
            if target.exists() and not private:
                part.chmod(stat.S_IMODE(target.stat().st_mode))
            file.writelines(encoded(pieces))
            file.flush()
            os.fsync(file.fileno())
        yield part
    finally:
        with contextlib.suppress(OSError):
            part.unlink()
        if held is not None:
            os.close(held)
    _sync_directory(target.parent)


def encoded(pieces: Iterable[Piece]) -> Iterator[bytes]:
    """Return pieces as bytes, text as UTF-8."""
    for each in pieces:
        yield each.encode() if isinstance(each, str) else each


def beside(target: Path) -> Path:
    """Return the name of the temporary file: hidden, and new, in the same directory."""
    return target.parent / f".{_begin(target)}.{secrets.token_hex(8)}.part"


def _begin(target: Path) -> str:
    return target.name.encode("utf-8", "surrogateescape")[:100].decode("utf-8", "ignore")


def _clear(target: Path) -> None:
    """Remove temporary files of a target that processes which are gone have left."""
    ours = re.compile(rf"\.{re.escape(_begin(target))}\.[0-9a-f]{{16}}\.part")
    with contextlib.suppress(OSError):  # the folder cannot be listed: what lies there stays
        for each in target.parent.iterdir():
            if ours.fullmatch(each.name):
                with contextlib.suppress(OSError):
                    clear(each)


def create(path: Path, mode: int = 0o666) -> int:
    """Create a file that is not there yet, with the rights that new files get, or fewer."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), mode)


def _made(target: Path, make: Callable[[Path], None]) -> tuple[Path, int | None]:
    """Make something temporary beside a target, and keep it locked; gives its path and the descriptor of the lock."""
    for _ in range(_TRIES):
        path = beside(target)
        make(path)
        with contextlib.suppress(FileNotFoundError):
            return path, hold(path)
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(target))


def _sync(path: Path) -> None:
    """Make sure that a file is on the disk.

    Raises:
        OSError: If it is not.
    """
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _sync_directory(directory: Path) -> None:
    """Make a new name survive a power cut, where the system offers that."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
