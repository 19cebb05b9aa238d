"""Reports into files: whole or not at all.

The text goes into a temporary file beside the target, which takes the target's name once all of it is on the
disk. Whether that can work is tried before the run, so that nobody waits an hour for an error.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from intact.errors import OutputError


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a report goes.

    Attributes:
        path: A file, or a directory in which each run gets a file of its own.
        suffix: Suffix of the file, which tells its form.
        directory: Whether ``path`` is a directory.
    """

    path: Path
    suffix: str
    directory: bool

    @classmethod
    def parse(cls, text: str, suffixes: tuple[str, ...], *, default: str = ".json") -> Destination:
        """Read a destination as the command line has it.

        Args:
            text: A path.
            suffixes: The suffixes of the forms that there are.
            default: The suffix of files in a directory.

        Raises:
            OutputError: If the path tells no form.
        """
        path = Path(text)
        if path.is_dir():
            return cls(path, default, directory=True)
        if text.endswith(("/", os.sep)):
            raise OutputError("there is no such directory", where=text, hint="Create it first.")
        if path.suffix.lower() not in suffixes:
            known = " or ".join(suffixes)
            raise OutputError(
                "the name does not say which form the report should have",
                where=text,
                hint=f"Let it end in {known}, or name a directory that exists.",
            )
        return cls(path, path.suffix.lower(), directory=False)

    def try_out(self) -> None:
        """Find out whether a report can be written here, and leave nothing behind.

        Raises:
            OutputError: If it cannot.
        """
        target = self.path / f"report{self.suffix}" if self.directory else _real(self.path)
        if not self.directory and target.exists() and not target.is_file():
            raise OutputError("this is no regular file", where=str(self.path), hint="Name another one.")
        with _said_of(self.path):
            trial = _beside(target)
            os.close(_create(trial))
            trial.unlink()

    def save(self, pieces: Iterable[str], moment: datetime) -> Path:
        """Write a report and give the path of its file.

        Raises:
            OutputError: If it could not be written; the target is then as it was before.
        """
        if not self.directory:
            with _said_of(self.path):
                write(_real(self.path), pieces)
            return self.path
        with _said_of(self.path):
            return _write_new(self.path, self.suffix, moment, pieces)


def write(target: Path, pieces: Iterable[str]) -> None:
    """Write a text file whole or not at all, as UTF-8.

    Raises:
        OSError: If it could not be written; the target is then as it was before.
    """
    with _part(target, pieces) as part:
        part.replace(target)


def _write_new(directory: Path, suffix: str, moment: datetime, pieces: Iterable[str]) -> Path:
    """Write the file of this run in a directory; a second run within one second gets a number."""
    name = f"data_consistency_report_{moment.astimezone(UTC):%Y_%m_%d_%H%M%S}"
    with _part(directory / f"{name}{suffix}", pieces) as part:
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
def _part(target: Path, pieces: Iterable[str]) -> Iterator[Path]:
    """Write a temporary file beside a target, to be given its name; whatever happens, none is left behind."""
    part = _beside(target)
    try:
        with os.fdopen(_create(part), "w", encoding="utf-8", newline="\n") as file:
            if target.exists():
                part.chmod(stat.S_IMODE(target.stat().st_mode))
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        yield part
    finally:
        with contextlib.suppress(OSError):
            part.unlink()
    _sync_directory(target.parent)


def _real(path: Path) -> Path:
    """Follow symbolic links, so that the file changes and not the link."""
    return Path(os.path.realpath(path))


def _beside(target: Path) -> Path:
    """Give the name of the temporary file: hidden, this process's own, in the same directory."""
    return target.parent / f".{target.name[:100]}.{os.getpid()}.part"


def _create(path: Path) -> int:
    """Create a file that is not there yet, with the rights that new files get."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), 0o666)


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
