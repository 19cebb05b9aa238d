"""Where a report goes: files first, then stdout."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from intact.cli.terminal import print_into_nothing
from intact.errors import OutputError, UsageError
from intact.findings import Report
from intact.reporters import FOLDERS, SUFFIXES, Destination, Form, form_named, form_of, print_report
from intact.reporters.files import encoded

SUMMARY: Final = "GITHUB_STEP_SUMMARY"
"""Environment variable in which GitHub Actions names the file of a step's summary."""


def destinations(paths: Sequence[str]) -> list[Destination]:
    """Read ``--output``, and find out whether a report can be written there, before anybody waits for one.

    Raises:
        UsageError: If two of them are the same.
        OutputError: If one cannot be written.
    """
    found = [Destination.parse(path, SUFFIXES, FOLDERS) for path in paths]
    if len({each.path.resolve() for each in found}) < len(found):
        raise UsageError("two reports would go into the same file", where="--output")
    for each in found:
        each.try_out()
    return found


def printable(name: str) -> Form:
    """Give the form that is to be printed.

    Raises:
        UsageError: If it is bytes, and stdout a terminal.
    """
    form = form_named(name)
    if form.binary and sys.stdout.isatty():
        raise UsageError(
            f"{name} is no text for a terminal",
            where="--format",
            hint=f"Write it to FILE{form.suffix} with --output.",
        )
    return form


def save(report: Report, places: Sequence[Destination]) -> list[str]:
    """Write the report's files and give their paths.

    Raises:
        OutputError: If one could not be written; those before it were.
    """
    return [str(form_of(place.suffix).save(report, place)) for place in places]


def show(report: Report, form: str, saved: Sequence[str]) -> None:
    """Print the report to stdout, as far as somebody reads it; for GitHub Actions, write the step's summary too.

    Raises:
        OutputError: If it cannot be written.
    """
    try:
        if form == "console":
            print_report(report, sys.stdout, saved=saved)
        else:
            _print(report, form_named(form))
        sys.stdout.flush()
    except BrokenPipeError:
        print_into_nothing()
    except OSError as error:
        raise _not_written(error, "standard output") from error
    if form == "github" and (file := os.environ.get(SUMMARY)):
        _summarize(report, Path(file))


def _print(report: Report, form: Form) -> None:
    """Print a form as bytes, so that no system changes its line ends or its encoding."""
    sys.stdout.flush()
    sys.stdout.buffer.writelines(encoded(form.render(report)))
    sys.stdout.buffer.flush()


def _summarize(report: Report, file: Path) -> None:
    """Add the summary to the step's."""
    from intact.reporters.github import summary

    try:
        with file.open("a", encoding="utf-8", newline="\n") as page:
            page.writelines(summary(report))
    except OSError as error:
        raise _not_written(error, f"{file}, which {SUMMARY} names") from error


def _not_written(error: OSError, where: str) -> OutputError:
    reason = (error.strerror or str(error)).lower()
    return OutputError(f"the report cannot be written ({reason})", where=where)
