"""``--reports``: the folder in which every run keeps its reports."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from intact.errors import OutputError, UsageError
from intact.findings import Report

if TYPE_CHECKING:
    from intact.folder import Folder


def reports_folder(path: str | None, keep: int | None, source: str | None) -> Folder | None:
    """Read ``--reports`` and ``--keep``, and find out whether reports can be kept there, before anybody waits for them.

    Args:
        path: The folder.
        keep: How many runs to keep.
        source: What is audited.

    Raises:
        UsageError: If there is something to keep and no folder, or the folder is in the dump that is audited.
        OutputError: If nothing can be kept there.
    """
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
    from intact.folder import KEPT, Folder

    folder = Folder(Path(path), keep=KEPT if keep is None else keep)
    folder.try_out()
    return folder


def keep_reports(report: Report, folder: Folder | None) -> list[str]:
    """Keep a run's reports, and give what to name as saved.

    Where that fails, stderr says so beside the verdict and the exit code, which stay what the audit found.
    """
    if folder is None:
        return []
    try:
        return [str(folder.keep(report) / "report.html")]
    except OutputError as error:
        from intact.cli.failures import without_secrets
        from intact.findings.words import harmless

        click.echo(f"intact: {without_secrets(harmless(str(error)))}", err=True)
        return []
