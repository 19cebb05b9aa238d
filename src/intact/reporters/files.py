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
        target = _dated(self.path, self.suffix, moment) if self.directory else _real(self.path)
        with _said_of(target):
            write(target, pieces)
        return target if self.directory else self.path


def write(target: Path, pieces: Iterable[str]) -> None:
    """Write a text file whole or not at all, as UTF-8.

    Raises:
        OSError: If it could not be written; the target is then as it was before.
    """
    part = _beside(target)
    try:
        with os.fdopen(_create(part), "w", encoding="utf-8", newline="\n") as file:
            if target.exists():
                part.chmod(stat.S_IMODE(target.stat().st_mode))
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    except BaseException:  # an interruption too must leave nothing behind
        with contextlib.suppress(OSError):
            part.unlink()
        raise
    _sync_directory(target.parent)


def _dated(directory: Path, suffix: str, moment: datetime) -> Path:
    """Give the name of this run's file in a directory; a second run within one second gets a number."""
    name = f"data_consistency_report_{moment.astimezone(UTC):%Y_%m_%d_%H%M%S}"
    path = directory / f"{name}{suffix}"
    number = 2
    while path.exists():
        path = directory / f"{name}_{number}{suffix}"
        number += 1
    return path


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
