"""``--reports``: the folder in which every run keeps its reports, and says so if it fails."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

import click

from intact.cli.alerting import AlertedCommand
from intact.cli.job import job_of, sentence_of, value_of
from intact.cli.project import said_to
from intact.core.errors import ModelError, OutputError, UsageError

if TYPE_CHECKING:
    from intact.findings import Report
    from intact.operations.folder import Folder, RunMarker

FAILED: Final = 2
INTERRUPTED: Final = 130

HURRY: Final = 5.0
"""Seconds to wait for another run that writes there, when the process was told to end."""

_TOLD_TO_END: Final = "It was interrupted, or told to end."


class Keeping:
    """Keeps the reports of one run: a context that ends with the run, and notes how, whatever it ends with.

    Args:
        folder: Where; None for nowhere.
        job: What is audited, in words without a secret; the same for each run of it.
        reports: Which reports are asked for; none for all.
        why: Gives the sentence for an error that ended the run.
    """

    def __init__(
        self, folder: Folder | None, job: str, reports: Sequence[str], why: Callable[[Exception], str]
    ) -> None:
        self._folder = folder
        self._job = job
        self._reports = reports
        self._why = why
        self._begun: RunMarker | None = None

    def __enter__(self) -> Self:
        if self._folder is not None:
            self._begun = self._folder.begin(self._job, self._reports)
        return self

    def keep(self, report: Report) -> list[str]:
        """Keep the run's reports, and give what to name as saved.

        Raises:
            OutputError: If they could not be kept.
        """
        if self._folder is None:
            return []
        from intact.operations.folder import UntidyError

        try:
            run = self._folder.keep(report, self._begun)
        except UntidyError as error:  # they are there, which is what was asked for
            _say(error)
            run = error.kept
        self._begun = None
        return [str(run / "report.html")]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        del kind, trace
        if self._folder is None or self._begun is None:
            return
        try:
            if error is None:
                self._begun.remove()
            elif isinstance(error, Exception):
                self._folder.fail(self._begun, self._why(error), FAILED)
            else:
                self._folder.fail(self._begun, _TOLD_TO_END, INTERRUPTED, wait=HURRY)
        except (OutputError, OSError) as other:
            _say(other)


class KeptCommand(AlertedCommand):
    """A command that notes in the folder of reports that its command line could not be read, too."""

    def make_context(self, info_name: str | None, args: list[str], *rest: Any, **extra: Any) -> click.Context:
        """Read the command line."""
        given = list(args)
        try:
            return super().make_context(info_name, args, *rest, **extra)
        except (click.UsageError, ModelError):
            folder = value_of(given, "--reports") or said_to(given).get("reports")
            if (
                not folder or not Path(folder).is_dir() or sys.stderr.isatty()
            ):  # who sits there reads it there
                raise
            from intact.operations.folder import Folder

            with Keeping(Folder(Path(folder)), "intact check", [], lambda each: sentence_of(each, given)):
                raise


def keeping(
    path: str | None,
    keep: int | None,
    *,
    source: str | None,
    model: str,
    database: str | None,
    reports: Sequence[str],
) -> Keeping:
    """Begin to keep what this command makes, up to its end.

    Whether anything can be kept is found out before anybody waits for it.

    Args:
        path: The folder; None for none.
        keep: How many runs to keep.
        source: What is audited.
        model: By which model.
        database: Which database.
        reports: Which reports are made; none for all.

    Raises:
        UsageError: If there is something to keep and no folder, or the folder is in the dump that is audited.
        OutputError: If nothing can be kept there.
    """
    given = source or os.environ.get("INTACT_SOURCE") or os.environ.get("MONGODB_URI")
    job = job_of(given, model=model, database=database)
    place = _folder(path, keep, given)
    begun = Keeping(place, job, reports, lambda error: sentence_of(error, [source or ""]))
    return click.get_current_context().with_resource(begun)


def _folder(path: str | None, keep: int | None, source: str | None) -> Folder | None:
    if path is None:
        if keep is not None:
            message = "--keep says how many runs --reports keeps, and there is no --reports."
            raise click.UsageError(message)
        return None
    if source and Path(source).is_dir():
        read, real = Path(os.path.realpath(source)), Path(os.path.realpath(path))
        if read in (real, *real.parents):
            raise UsageError(
                "the run reads this folder, so no reports are kept in it",
                where=path,
                hint="Name another one.",
            )
    from intact.operations.folder import KEPT, Folder

    folder = Folder(Path(path), keep=KEPT if keep is None else keep)
    folder.try_out()
    return folder


def _say(error: Exception) -> None:
    """Say on stderr what went wrong beside the run."""
    from intact.cli.failures import without_secrets
    from intact.findings.words import harmless

    click.echo(f"intact: {without_secrets(harmless(str(error)))}", err=True)
