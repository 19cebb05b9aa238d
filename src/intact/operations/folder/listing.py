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

from intact.ledger.identity import AuditId
from intact.operations.folder.failure import FAILED, UNSAID, Failure
from intact.operations.folder.run_marker import MARK, Unended, state
from intact.operations.folder.run_reading import DamagedError
from intact.operations.folder.run_record import NAME, RECORD, RunRecord

_LARGEST: Final = 4 << 20  # bytes of a record


@dataclass(frozen=True, slots=True)
class Listing:
    """What a folder keeps.

    Attributes:
        runs: The runs, the last one first.
        damaged: Folders and files that have the name of a run's, and say nothing that can be believed, with why.
        failures: Runs that failed or were killed, the last one first.
        going: Runs that began and have not yet said how they ended.
    """

    runs: tuple[RunRecord, ...]
    damaged: tuple[tuple[str, str], ...] = ()
    failures: tuple[Failure, ...] = ()
    going: tuple[Unended, ...] = ()

    def by_audit(self) -> list[list[RunRecord]]:
        """Return the runs that can be compared with each other, the last one first; the audit that ran last first."""
        groups: dict[AuditId, list[RunRecord]] = {}
        for each in self.runs:
            groups.setdefault(each.audit, []).append(each)
        return list(groups.values())

    def open_failures(self) -> list[list[Failure]]:
        """Return the failures of which no later run has made good, by what was asked for, the last one first."""
        kept: dict[tuple[str, str | None], int] = {}
        for run in self.runs:
            for report in (*run.reports, *([None] if not run.asked else [])) if run.job is not None else ():
                key = run.job or "", report
                kept[key] = max(run.number, kept.get(key, 0))
        groups: dict[tuple[str, tuple[str, ...]], list[Failure]] = {}
        for each in self.failures:
            made = [kept.get((each.job, report), -1) for report in each.reports or (None,)]
            if each.number is None or each.number > min(made):
                groups.setdefault((each.job, each.reports), []).append(each)
        return list(groups.values())

    def last_number(self) -> int:
        """Return the number of the last run that was kept or has failed; 0 where there is none."""
        numbers = [run.number for run in self.runs]
        return max([*numbers, *(each.number or 0 for each in self.failures)], default=0)

    def named(self, name: str) -> RunRecord | None:
        """Return the run of that name."""
        return next((each for each in self.runs if each.name == name), None)


def listing(folder: Path) -> Listing:
    """Read which runs a folder keeps.

    Raises:
        OSError: If the folder cannot be read.
    """
    with os.scandir(folder) as entries:
        found = sorted((each.name, is_folder(each)) for each in entries)
    runs: list[RunRecord] = []
    failures: list[Failure] = []
    unended: list[Unended] = []
    damaged: list[tuple[str, str]] = []
    for name, below in found:
        try:
            if below and NAME.fullmatch(name):
                runs.append(_record(folder, name))
            elif not below and FAILED.fullmatch(name):
                failures.append(Failure.parse(name, _content(folder, name, "")))
            elif not below and MARK.fullmatch(name) and (mark := state(folder, name)):
                unended.append(mark)
        except FileNotFoundError as error:
            if below and (folder / name).exists():  # else it went since its name was read
                damaged.append((name, _why(error, RECORD)))
        except (DamagedError, OSError) as error:
            damaged.append((name, _why(error, RECORD if below else name)))
    accounted = {(each.job, each.began) for each in runs} | {(each.job, each.began) for each in failures}
    unended = [each for each in unended if (each.job, each.began) not in accounted]
    failures += [
        Failure("", None, each.job, each.reports, each.began, None, UNSAID, None)
        for each in unended
        if each.dead
    ]
    return Listing(
        tuple(sorted(runs, key=_order, reverse=True)),
        tuple(damaged),
        tuple(sorted(failures, key=_order_of_failures, reverse=True)),
        tuple(each for each in unended if not each.dead),
    )


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Tell whether an entry is a folder itself, and no link to one."""
    return entry.is_dir(follow_symlinks=False)


@contextmanager
def opened(folder: Path, name: str, file: str) -> Iterator[BufferedReader]:
    """Open a file of a run, going through real folders only and following no link on the way.

    Args:
        folder: The folder of reports.
        name: Name of the run.
        file: Name of the file as its record has it; empty where ``name`` is a file itself.

    Raises:
        OSError: If it is not there, is a link or no regular file, or cannot be read.
    """
    with os.fdopen(open_file(folder, name, file), "rb") as found:
        yield found


def open_file(folder: Path, name: str, file: str) -> int:
    """Do the same and give the descriptor, which the caller closes."""
    parts = [name, *file.split("/")] if file else [name]
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


def _record(folder: Path, name: str) -> RunRecord:
    return RunRecord.parse(name, _content(folder, name, RECORD))


def _content(folder: Path, name: str, file: str) -> bytes:
    with opened(folder, name, file) as content:
        found = content.read(_LARGEST + 1)
    if len(found) > _LARGEST:
        raise DamagedError(f"{file or name} is too large")
    return found


def _order(record: RunRecord) -> tuple[object, ...]:
    _, _, number = record.name.partition("_")
    return record.number, record.ended, int(number or 1), record.name


def _order_of_failures(failure: Failure) -> tuple[object, ...]:
    return failure.number is None, failure.number or 0, failure.at, failure.name


def _why(error: DamagedError | OSError, file: str) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{file} is missing"
    if isinstance(error, OSError):
        return f"{file} cannot be read ({(error.strerror or str(error)).lower()})"
    return str(error)
