"""A folder of reports: a run is put into it whole or not at all, whoever else writes or reads there."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace as replace_fields
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Final

from intact.core.errors import OutputError
from intact.findings import Report
from intact.operations.folder.failure import SUFFIX, Failure
from intact.operations.folder.index import INDEX, is_index, render
from intact.operations.folder.latest import LATEST, is_latest, point
from intact.operations.folder.listing import Listing, listing
from intact.operations.folder.locking import WAIT_SECONDS, locked
from intact.operations.folder.retention import finish, outdated, outdated_failures, remove
from intact.operations.folder.run_files import clear, fill, replace, sync, unnamed, write
from intact.operations.folder.run_marker import RunMarker, begin, marks, state
from intact.operations.folder.run_reading import DamagedError
from intact.operations.folder.run_record import LAST, RunFolder

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

    def begin(self, job: str, reports: Sequence[str] = ()) -> RunMarker:
        """Mark that a run begins, in the list too: if it is killed, the list says so already.

        Args:
            job: What is audited, in words without a secret; the same for each run of it.
            reports: Which reports are asked for; none for all.

        Raises:
            OutputError: If that cannot be noted here.
        """
        with _said_of(self.path), locked(self.path, self._wait) as alone:
            self._foreign()
            if alone:
                self._reap(listing(self.path).last_number())
            begun = begin(self.path, job, reports, datetime.now(UTC))
            try:
                self._show()
            except BaseException:
                begun.remove()
                raise
            return begun

    def keep(self, report: Report, begun: RunMarker | None = None) -> Path:
        """Keep a run, remove those that are too many, and give the folder of this one.

        Args:
            report: The run.
            begun: What :meth:`begin` gave for it.

        Raises:
            UntidyError: If it is kept, but what is around it could not be brought up to date.
            OutputError: If it could not be kept; the folder can be read as before.
        """
        with _said_of(self.path), locked(self.path, self._wait) as alone:
            self._foreign()
            found = listing(self.path)
            run = self._add(report, found, begun)
            with _untidy_around(run):
                sync(self.path)
                if begun is not None:
                    begun.remove()
                self._tidy(found.last_number(), alone=alone)
            return run

    def fail(self, begun: RunMarker, why: str, exit_code: int, *, wait: float | None = None) -> None:
        """Note that a run failed; the list says it, and ``latest`` still leads to the last that was kept.

        Args:
            begun: What :meth:`begin` gave for it.
            why: A sentence without a secret.
            exit_code: Its exit code.
            wait: Seconds to wait for another run that writes there, where it is not as long as ever.

        Raises:
            OutputError: If that could not be noted; the next run will note that nobody knows how this one ended.
        """
        try:
            patience = self._wait if wait is None else wait
            with _said_of(self.path), locked(self.path, patience) as alone:
                self._foreign()
                now = datetime.now(UTC)
                failure = Failure("", None, begun.job, begun.reports, begun.began, now, why, exit_code)
                found = listing(self.path)
                self._note(failure, _following(found))
                begun.remove()
                self._tidy(found.last_number(), alone=alone)
        finally:
            begun.let_go()

    def _add(self, report: Report, found: Listing, begun: RunMarker | None) -> Path:
        place = RunFolder(_stamp(report.run.generated_at), _following(found))
        if begun is not None:
            place = replace_fields(place, job=begun.job, asked=begun.reports, began=begun.began)
        part = unnamed(self.path)
        try:
            part.mkdir(mode=0o700)
            fill(part, report, place)
            run = _named(part, self.path / place.name)
        finally:
            shutil.rmtree(part, ignore_errors=True)  # nothing is there if it has its name
        return run

    def _note(self, failure: Failure, number: int) -> None:
        """Write the file of a failure."""
        numbered = replace_fields(failure, number=number)
        stamp = _stamp(failure.began)
        names = (f"{stamp}{SUFFIX}" if n == 1 else f"{stamp}_{n}{SUFFIX}" for n in count(1))
        path = next(each for name in names if not os.path.lexists(each := self.path / name))
        replace(path, [numbered.to_json()])
        sync(self.path)

    def _reap(self, number: int) -> None:
        """Note of each run that was killed that it was, from a number on; nobody else may be writing there."""
        killed = [each for each in listing(self.path).failures if each.number is None]
        for place, each in enumerate(reversed(killed), 1):
            self._note(each, min(number + place, LAST))
        for name in marks(self.path):
            with contextlib.suppress(DamagedError, OSError):  # the list names what cannot be read
                mark = state(self.path, name)
                if mark and mark.dead:
                    (self.path / name).unlink(missing_ok=True)

    def _tidy(self, number: int, *, alone: bool) -> None:
        """Remove what is too much, note who was killed since that number, and bring list and link up to date."""
        if not alone:
            self._show()
            return
        clear(self.path)
        finish(self.path)
        self._reap(number)
        found = listing(self.path)
        going = outdated(self.path, found, self._keep)
        for failure in outdated_failures(found, self._keep):
            (self.path / failure.name).unlink(missing_ok=True)
        # What goes leaves the list first: nobody follows a link to what is no longer there.
        self._show({each.name for each in going})
        for run in going:
            remove(self.path, run)

    def _show(self, without: Collection[str] = ()) -> None:
        """Bring the list and the link up to date."""
        found = listing(self.path)
        runs = tuple(each for each in found.runs if each.name not in without)
        replace(self.path / INDEX, render(replace_fields(found, runs=runs)))
        if runs:
            point(self.path, runs[0].name)
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


class UntidyError(OutputError):
    """A run is kept, but the list, the link or what was to be removed is not as it should be.

    Attributes:
        kept: The folder of the run.
    """

    kept: Path


@contextlib.contextmanager
def _untidy_around(run: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        hint = _HINTS.get(type(error), "Make room, or name another folder.")
        said = UntidyError(
            f"the reports are kept, but the list of runs may be out of date ({reason})",
            where=str(run.parent),
            hint=hint,
        )
        said.kept = run
        raise said from error


def _following(found: Listing) -> int:
    """Return the number of the next run; those that were killed come before it, noted or not."""
    return min(found.last_number() + sum(each.number is None for each in found.failures) + 1, LAST)


def _stamp(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H%M%SZ}"


def _named(part: Path, target: Path) -> Path:
    """Return a folder a name that nothing has yet: a second run within one second gets a number."""
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
