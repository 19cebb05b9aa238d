"""Where a report goes: files first, then stdout."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from intact.cli.interruption import printing
from intact.cli.options import usual_model
from intact.cli.terminal import print_into_nothing
from intact.core.errors import OutputError, UsageError
from intact.core.whole_files import encoded
from intact.findings import Report
from intact.reporters import FOLDERS, SUFFIXES, Destination, Form, form_named, form_of, print_report

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


def refuse_to_overwrite(targets: Sequence[Path], inputs: Sequence[str | os.PathLike[str] | None]) -> None:
    """Refuse to write a report over what the run reads: its source, its model, its history.

    Args:
        targets: The files that would be written.
        inputs: Paths, which need not be there yet; or texts, which may be no paths: a URI, ``-``, the name of a
            model. Of a directory all files in it are read.

    Raises:
        UsageError: If a target is one of them, by whatever name.
    """
    kept = [
        Path(os.path.realpath(each))
        for each in inputs
        if each and (isinstance(each, Path) or Path(each).exists())
    ]
    for target in targets:
        real = Path(os.path.realpath(target))
        if real in kept or (real.exists() and any(each in real.parents for each in kept)):
            raise UsageError(
                "the run reads this file, so no report is written over it",
                where=str(target),
                hint="Name another one.",
            )


def printable(name: str) -> Form:
    """Return the form that is to be printed.

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


def save(report: Report, place: Destination) -> list[str]:
    """Write one of the report's files and give its path.

    Raises:
        OutputError: If it could not be written.
    """
    return [str(form_of(place.suffix).save(report, place))]


def save_all(steps: Iterable[Callable[[Sequence[str]], list[str]]]) -> tuple[list[str], OutputError | None]:
    """Write everything that can be written: an hour's audit is not lost for one place that cannot.

    Args:
        steps: Each writes some files and gives their paths, or raises an OutputError; told what is written so far.

    Returns:
        The paths of all files that were written, and an error if some could not.
    """
    saved: list[str] = []
    failed: list[OutputError] = []
    for step in steps:
        try:
            saved += step(saved)
        except OutputError as error:
            failed.append(error)
    if len(failed) < 2:
        return saved, failed[0] if failed else None
    first = failed[0]
    hint = f"{first.hint} {len(failed) - 1} more could not be written either.".strip()
    return saved, OutputError(first.message, where=first.where, hint=hint)


def show(report: Report, form: str, saved: Sequence[str]) -> None:
    """Print the report to stdout, as far as somebody reads it; for GitHub Actions, write the step's summary too.

    Raises:
        OutputError: If it cannot be written.
    """
    try:
        with printing():
            if form == "console":
                print_report(report, sys.stdout, saved=saved, usual=usual_model())
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
