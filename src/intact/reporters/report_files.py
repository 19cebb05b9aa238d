"""Reports into files: whole or not at all.

What is written goes into temporary files beside the target, which take their names once all of it is on the disk. Their
names cannot be guessed; a process keeps its own locked, so that the next one removes what a killed one has left. New
files follow the umask; those with personal values are for their owner only.

Whether that can work is tried before the run, so that nobody waits an hour for an error.
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
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Final

from intact.core.errors import OutputError
from intact.core.temporary import clear, hold

Piece = str | bytes
"""What forms give: text, which becomes UTF-8, or bytes."""

_AT_ONCE: Final = 1 << 20
_PRIVATE: Final = 0o600
_TRIES: Final = 10


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a report goes.

    Attributes:
        path: A file, or a directory, which is made if it is not there.
        suffix: Suffix of the file, which tells its form.
        directory: Whether ``path`` is a directory in which each run gets a file of its own.
        folder: Whether ``path`` is a directory that gets the files of a form which has several, such as CSV; it need
            not be there yet.
    """

    path: Path
    suffix: str
    directory: bool
    folder: bool = False

    @classmethod
    def parse(
        cls, text: str, suffixes: tuple[str, ...], folders: tuple[str, ...] = (), *, default: str = ".json"
    ) -> Destination:
        """Read a destination as the command line has it.

        Args:
            text: A path.
            suffixes: The suffixes of the forms that there are.
            folders: Those that a directory may have, to get the form's own files.
            default: The suffix of files in any other directory.

        Raises:
            OutputError: If the path tells no form.
        """
        path = Path(text)
        closed = text.endswith(("/", os.sep))
        suffix = _suffix(path.name, suffixes)
        if suffix in folders and (closed or path.is_dir()):
            return cls(path, suffix, directory=False, folder=True)
        if closed or path.is_dir():
            return cls(path, default, directory=True)
        if not suffix:
            known = f"{', '.join(suffixes[:-1])} or {suffixes[-1]}"
            raise OutputError(
                "the name does not say which form the report should have",
                where=text,
                hint=f"Let it end in {known}, or end with / for a directory.",
            )
        return cls(path, suffix, directory=False)

    def try_out(self) -> None:
        """Find out whether a report can be written here, and leave nothing behind.

        Raises:
            OutputError: If it cannot.
        """
        if self.folder:
            target = _real(self.path)
            if target.exists() and not target.is_dir():
                raise OutputError("this is no directory", where=str(self.path), hint="Name another one.")
            target = target / "report" if target.exists() else target
        elif self.directory:
            with _said_of(self.path):
                self.path.mkdir(parents=True, exist_ok=True)
            target = self.path / f"report{self.suffix}"
        else:
            target = _real(self.path)
            if target.exists() and not target.is_file():
                raise OutputError("this is no regular file", where=str(self.path), hint="Name another one.")
        with _said_of(self.path):
            trial = _beside(target)
            os.close(_create(trial))
            trial.unlink()

    def save(self, pieces: Iterable[Piece], moment: datetime, *, private: bool = False) -> Path:
        """Write a report and give the path of its file.

        Args:
            pieces: The report.
            moment: Of the run, for the names of files that nobody has named.
            private: Whether only the owner of the file may read it.

        Raises:
            OutputError: If it could not be written; the target is then as it was before.
        """
        if not self.directory:
            with _said_of(self.path):
                write(_real(self.path), pieces, private=private)
            return self.path
        with _said_of(self.path):
            return _write_new(self.path, self.suffix, moment, pieces, private=private)

    def save_folder(
        self,
        fill: Callable[[Path], None],
        outdated: Callable[[Path], bool] | None = None,
        *,
        private: bool = False,
    ) -> Path:
        """Write the files of a report that has several, and give the path of their directory.

        Args:
            fill: Writes them into a directory that is empty.
            outdated: Tells of another file there whether it is of an earlier report, and goes.
            private: Whether only the owner of the files may read them.

        Raises:
            OutputError: If they could not be written; what was there before is then as it was.
        """
        with _said_of(self.path):
            write_folder(_real(self.path), fill, outdated, private=private)
        return self.path


def write(target: Path, pieces: Iterable[Piece], *, private: bool = False) -> None:
    """Write a file whole or not at all; text as UTF-8; a private one is for its owner only.

    Raises:
        OSError: If it could not be written; the target is then as it was before.
    """
    with _part(target, pieces, private=private) as part:
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
    """Give files their names in a directory, and remove those that are outdated."""
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


def _write_new(
    directory: Path, suffix: str, moment: datetime, pieces: Iterable[Piece], *, private: bool
) -> Path:
    """Write the file of this run in a directory; a second run within one second gets a number."""
    name = f"data_consistency_report_{moment.astimezone(UTC):%Y_%m_%d_%H%M%S}"
    with _part(directory / f"{name}{suffix}", pieces, private=private) as part:
        for number in count(1):
            path = directory / f"{name}_{number}{suffix}" if number > 1 else directory / f"{name}{suffix}"
            if _named(part, path):
                return path
    raise AssertionError  # there is always another number


def _named(part: Path, path: Path) -> bool:
    """Give a written file a name that nothing has yet; False where something has."""
    try:
        path.hardlink_to(part)
    except FileExistsError:
        return False
    except OSError:  # no hard links here: a file that appears in this very moment would be lost
        if path.exists():
            return False
        part.replace(path)
    return True


@contextlib.contextmanager
def _part(target: Path, pieces: Iterable[Piece], *, private: bool) -> Iterator[Path]:
    """Write a temporary file beside a target, to be given its name; whatever happens, none is left behind."""
    _clear(target)
    part, held = _made(target, lambda path: os.close(_create(path, _PRIVATE if private else 0o666)))
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
    """Give pieces as bytes, text as UTF-8."""
    for each in pieces:
        yield each.encode() if isinstance(each, str) else each


def _suffix(name: str, suffixes: Iterable[str]) -> str:
    """Give the longest suffix that a name has, in any letter case; empty if it has none of them."""
    lower = name.lower()
    found = (each for each in suffixes if lower.endswith(each) and lower != each)
    return max(found, key=len, default="")


def _real(path: Path) -> Path:
    """Follow symbolic links, so that the file changes and not the link."""
    return Path(os.path.realpath(path))


def _beside(target: Path) -> Path:
    """Give the name of the temporary file: hidden, and new, in the same directory."""
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


def _create(path: Path, mode: int = 0o666) -> int:
    """Create a file that is not there yet, with the rights that new files get, or fewer."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), mode)


def _made(target: Path, make: Callable[[Path], None]) -> tuple[Path, int | None]:
    """Make something temporary beside a target, and keep it locked; gives its path and the descriptor of the lock."""
    for _ in range(_TRIES):
        path = _beside(target)
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


@contextlib.contextmanager
def _said_of(path: Path) -> Iterator[None]:
    """Turn an error of the system into a sentence about this path."""
    hints = {
        FileNotFoundError: "Create its directory first.",
        NotADirectoryError: "Name another place.",
        PermissionError: "Name a place where you may write, or ask for the right to.",
    }
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        hint = hints.get(type(error), "Make room, or name another place.")
        raise OutputError(f"the report cannot be written ({reason})", where=str(path), hint=hint) from error
