"""Where a report goes: files first, then stdout."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from intact.cli.terminal import print_into_nothing
from intact.errors import OutputError, UsageError
from intact.findings import Report
from intact.reporters import SUFFIXES, Destination, form_named, form_of, print_report


def destinations(paths: Sequence[str]) -> list[Destination]:
    """Read ``--output``, and find out whether a report can be written there, before anybody waits for one.

    Raises:
        UsageError: If two of them are the same.
        OutputError: If one cannot be written.
    """
    found = [Destination.parse(path, SUFFIXES) for path in paths]
    if len({each.path.resolve() for each in found}) < len(found):
        raise UsageError("two reports would go into the same file", where="--output")
    for each in found:
        each.try_out()
    return found


def save(report: Report, places: Sequence[Destination]) -> list[str]:
    """Write the report's files and give their paths.

    Raises:
        OutputError: If one could not be written; those before it were.
    """
    return [
        str(place.save(form_of(place.suffix).render(report), report.run.generated_at)) for place in places
    ]


def show(report: Report, form: str, saved: Sequence[str]) -> None:
    """Print the report to stdout, as far as somebody reads it.

    Raises:
        OutputError: If it cannot be written.
    """
    try:
        if form == "console":
            print_report(report, sys.stdout, saved=saved)
        else:
            sys.stdout.writelines(form_named(form).render(report))
        sys.stdout.flush()
    except BrokenPipeError:
        print_into_nothing()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OutputError(f"the report cannot be written ({reason})", where="standard output") from error
