"""Which runs a folder of reports keeps: read from the folder itself each time, so that nothing can get out of step."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Final

from intact.folder.record import NAME, RECORD, DamagedError, Record

_LARGEST: Final = 4 << 20  # bytes of a record


@dataclass(frozen=True, slots=True)
class Listing:
    """What a folder keeps.

    Attributes:
        runs: The runs, the last one first.
        damaged: Folders that have the name of a run's and no record that can be believed, with why.
    """

    runs: tuple[Record, ...]
    damaged: tuple[tuple[str, str], ...] = ()

    def by_audit(self) -> list[list[Record]]:
        """Give the runs that can be compared with each other, the last one first; the audit that ran last first."""
        groups: dict[tuple[str, str, tuple[str, ...]], list[Record]] = {}
        for each in self.runs:
            groups.setdefault(each.audit, []).append(each)
        return list(groups.values())

    def named(self, name: str) -> Record | None:
        """Give the run of that name."""
        return next((each for each in self.runs if each.name == name), None)


def listing(folder: Path) -> Listing:
    """Read which runs a folder keeps.

    Raises:
        OSError: If the folder cannot be read.
    """
    runs, damaged = [], []
    with os.scandir(folder) as entries:
        names = [each.name for each in entries if NAME.fullmatch(each.name) and is_folder(each)]
    for name in sorted(names):
        try:
            runs.append(_record(folder, name))
        except (DamagedError, OSError) as error:
            damaged.append((name, _why(error)))
    return Listing(tuple(sorted(runs, key=_order, reverse=True)), tuple(damaged))


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Tell whether an entry is a folder itself, and no link to one."""
    return entry.is_dir(follow_symlinks=False)


@contextmanager
def opened(folder: Path, name: str, file: str) -> Iterator[BufferedReader]:
    """Open a file of a run, going through real folders only and following no link on the way.

    Args:
        folder: The folder of reports.
        name: Name of the run.
        file: Name of the file as its record has it.

    Raises:
        OSError: If it is not there, is a link or no regular file, or cannot be read.
    """
    with os.fdopen(open_file(folder, name, file), "rb") as found:
        yield found


def open_file(folder: Path, name: str, file: str) -> int:
    """Do the same and give the descriptor, which the caller closes."""
    parts = [name, *file.split("/")]
    if os.open not in os.supports_dir_fd:  # Windows
        path = folder.joinpath(*parts)
        if path.resolve(strict=True) != folder.resolve(strict=True).joinpath(*parts):
            raise FileNotFoundError(str(path))
        return _regular(os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0)))
    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for each in parts[:-1]:
            below = os.open(each, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=place)
            os.close(place)
            place = below
        # Without O_NONBLOCK, opening a pipe would wait for someone to write into it.
        return _regular(os.open(parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=place))
    finally:
        os.close(place)


def _regular(descriptor: int) -> int:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileNotFoundError("no regular file")
    return descriptor


def _record(folder: Path, name: str) -> Record:
    with opened(folder, name, RECORD) as file:
        text = file.read(_LARGEST + 1)
    if len(text) > _LARGEST:
        raise DamagedError(f"{RECORD} is too large")
    return Record.parse(name, text)


def _order(record: Record) -> tuple[object, ...]:
    _, _, number = record.name.partition("_")
    return record.ended, int(number or 1), record.name


def _why(error: DamagedError | OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{RECORD} is missing"
    if isinstance(error, OSError):
        return f"{RECORD} cannot be read ({(error.strerror or str(error)).lower()})"
    return str(error)
