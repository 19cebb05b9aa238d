"""Which runs go, and how: only what intact wrote, and only as it wrote it."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from intact.operations.folder.failure import Failure
from intact.operations.folder.listing import Listing, is_folder, opened
from intact.operations.folder.run_files import DOCUMENTS
from intact.operations.folder.run_reading import DamagedError
from intact.operations.folder.run_record import NAME, RECORD, RunRecord

FAILURES: Final = 300
"""Failures that are kept in mind of all jobs together: some are asked for by a name that is another one each time."""

_GOING: Final = ".going"
_GOING_NAME: Final = re.compile(rf"\.({NAME.pattern})\{_GOING}")
_NOT_EMPTY: Final = {errno.ENOTEMPTY, errno.EEXIST}


def outdated(folder: Path, found: Listing, keep: int) -> list[RunRecord]:
    """Return the runs that go: of each audit all but the last ``keep``.

    A run stays in which anything was changed, or into which anything was put.
    """
    old = [each for runs in found.by_audit() for each in runs[keep:]]
    return [each for each in old if untouched(folder, each)]


def outdated_failures(found: Listing, keep: int) -> list[Failure]:
    """Return the failures that go: of each job all but the last ``keep``, of all jobs all but a few hundred."""
    jobs: dict[tuple[str, tuple[str, ...]], list[Failure]] = {}
    for each in found.failures:
        if each.name:
            jobs.setdefault((each.job, each.reports), []).append(each)
    old = [each for failures in jobs.values() for each in failures[keep:]]
    left = [each for each in found.failures if each.name and each not in old]
    return [*old, *left[FAILURES:]]


def untouched(folder: Path, record: RunRecord) -> bool:
    """Tell whether the folder of a run holds what was written into it, and nothing else."""
    try:
        there = set(_contents(folder / record.name))
        if there - {RECORD, DOCUMENTS, *record.files}:
            return False
        return all(
            _digest(folder, record.name, file) == record.files[file] for file in record.files if file in there
        )
    except OSError:  # what cannot be read may be anything
        return False


def remove(folder: Path, record: RunRecord) -> None:
    """Remove a run: it loses its name at once, and then its files.

    Raises:
        OSError: If it cannot be removed.
    """
    going = folder / f".{record.name}{_GOING}"
    (folder / record.name).rename(going)
    _finish(going, record.files)


def finish(folder: Path) -> None:
    """Go on where a process was killed while it removed runs; nobody else may be writing there.

    Raises:
        OSError: If something cannot be removed.
    """
    with os.scandir(folder) as entries:
        left = [each.name for each in entries if _GOING_NAME.fullmatch(each.name) and is_folder(each)]
    for name in left:
        try:
            with opened(folder, name, RECORD) as file:
                files: Mapping[str, str] = RunRecord.parse(name, file.read()).files
        except (FileNotFoundError, DamagedError):
            files = {}
        _finish(folder / name, files)


def _finish(going: Path, files: Mapping[str, str]) -> None:
    for each in files:
        (going / each).unlink(missing_ok=True)
    with _kept_if_not_empty():
        (going / DOCUMENTS).rmdir()
    others = set(_contents(going)) - {RECORD}
    if not others:
        (going / RECORD).unlink(missing_ok=True)
        with _kept_if_not_empty():
            going.rmdir()


@contextlib.contextmanager
def _kept_if_not_empty() -> Iterator[None]:
    """Leave a folder into which somebody has put something in this very moment."""
    try:
        yield
    except FileNotFoundError:
        return
    except OSError as error:
        if error.errno not in _NOT_EMPTY:
            raise


def _contents(folder: Path, within: str = "") -> Iterator[str]:
    with os.scandir(folder) as entries:
        found = sorted((each.name, is_folder(each)) for each in entries)
    for name, below in found:
        yield f"{within}{name}"
        if below:
            yield from _contents(folder / name, f"{within}{name}/")


def _digest(folder: Path, name: str, file: str) -> str:
    with opened(folder, name, file) as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
