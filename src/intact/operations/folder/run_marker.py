"""The mark of a run that has begun: locked while its process lives, so a killed one is told from one at work."""

from __future__ import annotations

import errno
import json
import os
import re
import stat
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Final

from intact.findings.records import utc_text
from intact.operations.folder.failure import what
from intact.operations.folder.locking import hold, is_held
from intact.operations.folder.run_files import unnamed
from intact.operations.folder.run_reading import LONGEST, VERSION, DamagedError, RecordReader, read, text
from intact.operations.folder.run_record import NAME

MARK: Final = re.compile(rf"\.{NAME.pattern}\.begun")
"""Names of the marks."""

_KIND: Final = "intact run that has begun"
_LARGEST: Final = 1 << 20
_LONG: Final = timedelta(days=2)  # after which a run is given up where there are no locks


@dataclass(frozen=True, slots=True)
class Unended:
    """A run that began and has not said how it ended.

    Attributes:
        name: Name of its mark.
        job: What was to be audited.
        reports: Which reports were asked for; none for all.
        began: When it began.
        dead: Whether its process is no more.
    """

    name: str
    job: str
    reports: tuple[str, ...]
    began: datetime
    dead: bool

    @property
    def what(self) -> str:
        """What was to be made, in words."""
        return what(self.job, self.reports)


@dataclass(slots=True)
class RunMarker:
    """A run of this process that has begun; what holds its mark.

    Attributes:
        path: Its mark.
        job: What is audited, in words without a secret; the same for each run of it.
        reports: Which reports were asked for; none for all.
        began: When it began.
    """

    path: Path
    job: str
    reports: tuple[str, ...]
    began: datetime
    _descriptor: int | None = field(default=None, repr=False)

    def remove(self) -> None:
        """Remove the mark, since it is known how the run ended.

        Raises:
            OSError: If it cannot be removed.
        """
        if sys.platform == "win32":  # where what is open cannot be removed
            self.let_go()
        # Else it loses its name before its lock: whoever looks in between must not take this run for killed.
        self.path.unlink(missing_ok=True)
        self.let_go()

    def let_go(self) -> None:
        """Leave the mark, as a process that ends does; whoever comes next notes that nobody knows how it ended."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def begin(folder: Path, job: str, reports: Sequence[str], began: datetime) -> RunMarker:
    """Mark that a run begins; nobody else may be writing in the folder.

    Raises:
        OSError: If the mark cannot be made.
    """
    path, part = _free(folder, f"{began.astimezone(UTC):%Y-%m-%dT%H%M%SZ}"), unnamed(folder)
    if sys.platform == "win32":  # where what is open cannot be given another name
        part = path
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(part, flags, 0o600)
    begun = RunMarker(part, job[:LONGEST], tuple(each[:LONGEST] for each in reports), began, descriptor)
    document = {
        "kind": _KIND,
        "version": VERSION,
        "job": begun.job,
        "reports": begun.reports,
        "began": utc_text(began),
    }
    try:
        hold(descriptor)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, json.dumps(document).encode())
        os.fsync(descriptor)
        if part != path:
            part.rename(path)
            begun.path = path
    except BaseException:
        begun.remove()
        raise
    return begun


def state(folder: Path, name: str) -> Unended | None:
    """Look at a mark.

    Returns:
        What it says; None where it is gone.

    Raises:
        DamagedError: If it is none.
        OSError: If it cannot be read.
    """
    flags = (
        os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    )
    try:
        descriptor = os.open(folder / name, flags)
    except OSError as error:
        if error.errno == errno.ENOENT:
            return None
        raise
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise DamagedError(f"{name} is no regular file")
        content = file.read(_LARGEST)
        held = is_held(descriptor)
        if held is False and not _has_name(descriptor, folder / name):
            return None
    if not content:
        return None  # it is being written in this very moment
    job, reports, began = read(name, _KIND, content, _said)
    dead = not 0 <= (datetime.now(UTC) - began) / _LONG < 1 if held is None else not held
    return Unended(name, job, reports, began, dead)


def _has_name(descriptor: int, path: Path) -> bool:
    """Whether an open file still has its name: one that has lost it ended in order while it was looked at."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False


def marks(folder: Path) -> list[str]:
    """Return the names of all marks in a folder.

    Raises:
        OSError: If it cannot be read.
    """
    with os.scandir(folder) as entries:
        return sorted(each.name for each in entries if MARK.fullmatch(each.name))


def _said(given: RecordReader) -> tuple[str, tuple[str, ...], datetime]:
    return given.text("job"), tuple(text(each) for each in given.items("reports")), given.moment("began")


def _free(folder: Path, stamp: str) -> Path:
    names = (f".{stamp if number == 1 else f'{stamp}_{number}'}.begun" for number in count(1))
    return next(each for name in names if not os.path.lexists(each := folder / name))
