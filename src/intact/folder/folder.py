"""A folder of reports: a run is put into it whole or not at all, whoever else writes or reads there."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Final

from intact.errors import OutputError
from intact.findings import Report
from intact.folder.index import INDEX, is_index, render
from intact.folder.latest import LATEST, is_latest, point
from intact.folder.listing import Listing, listing
from intact.folder.locking import WAIT_SECONDS, locked
from intact.folder.retention import finish, outdated, remove
from intact.folder.writing import clear, fill, replace, sync, unnamed, write

KEPT: Final = 24
"""How many runs of an audit are kept where nobody says how many."""


class Folder:
    """A folder of reports.

    Args:
        path: Where; it is made if the folder above it is there.
        keep: How many runs of each audit to keep: of one model, one database and the same reports.
        wait: Seconds to wait for another run that writes there.
    """

    def __init__(self, path: Path, *, keep: int = KEPT, wait: float = WAIT_SECONDS) -> None:
        self.path = path
        self._keep = keep
        self._wait = wait

    def try_out(self) -> None:
        """Find out whether reports can be kept here, before anybody waits for them.

        Raises:
            OutputError: If they cannot.
        """
        with _said_of(self.path):
            if not self.path.is_dir():
                self.path.mkdir(mode=0o700)
            self._foreign()
            trial = unnamed(self.path)
            write(trial, ())
            trial.unlink()

    def keep(self, report: Report) -> Path:
        """Keep a run, remove those that are too many, and give the folder of this one.

        Raises:
            OutputError: If it could not be kept, or those that are too many could not be removed; the folder can be
                read as before.
        """
        with _said_of(self.path), locked(self.path, self._wait) as alone:
            self._foreign()
            if alone:
                clear(self.path)
                finish(self.path)
            run = self._add(report)
            going = outdated(self.path, listing(self.path), self._keep) if alone else []
            # What goes leaves the list first: nobody follows a link to what is no longer there.
            self._show({each.name for each in going})
            for each in going:
                remove(self.path, each)
            return run

    def _add(self, report: Report) -> Path:
        part = unnamed(self.path)
        try:
            part.mkdir(mode=0o700)
            fill(part, report)
            run = _named(part, self.path / _stamp(report.run.generated_at))
        finally:
            shutil.rmtree(part, ignore_errors=True)  # nothing is there if it has its name
        sync(self.path)
        return run

    def _show(self, without: set[str]) -> None:
        """Bring the list and the link up to date."""
        found = listing(self.path)
        shown = Listing(tuple(each for each in found.runs if each.name not in without), found.damaged)
        replace(self.path / INDEX, render(shown))
        point(self.path, shown.runs[0].name)
        sync(self.path)

    def _foreign(self) -> None:
        """Refuse a folder in which something else has a name that is needed."""
        for name, is_ours in ((INDEX, is_index), (LATEST, is_latest)):
            path = self.path / name
            if os.path.lexists(path) and not is_ours(path):
                raise OutputError(
                    f"there is a {name!r} that is not of a folder of reports",
                    where=str(self.path),
                    hint="Name a folder of its own for reports.",
                )


def _stamp(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H%M%SZ}"


def _named(part: Path, target: Path) -> Path:
    """Give a folder a name that nothing has yet: a second run within one second gets a number."""
    for number in count(1):
        path = target if number == 1 else target.with_name(f"{target.name}_{number}")
        if os.path.lexists(path):
            continue
        try:
            part.rename(path)
        except FileExistsError:  # another run, where there are no locks
            continue
        except OSError:
            if os.path.lexists(path):
                continue
            raise
        return path
    raise AssertionError  # there is always another number


_HINTS: Final[dict[type[OSError], str]] = {
    FileNotFoundError: "Create the folder above it first.",
    NotADirectoryError: "Name a folder.",
    FileExistsError: "Name a folder.",
    PermissionError: "Name a folder where you may write, or ask for the right to.",
    TimeoutError: "Wait for it to end, or end it.",
}


@contextlib.contextmanager
def _said_of(path: Path) -> Iterator[None]:
    """Turn an error of the system into a sentence about this folder."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        hint = _HINTS.get(type(error), "Make room, or name another folder.")
        raise OutputError(f"the reports cannot be kept ({reason})", where=str(path), hint=hint) from error
