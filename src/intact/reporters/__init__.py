"""The forms of a report: one module a form, each a function from a report to text or bytes in pieces.

In comes a report; out goes a form of it, for people or for programs. They may use findings and the core.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Final, Protocol, TextIO, cast

from intact.core.hints import DEFAULT_MODEL
from intact.core.whole_files import write, write_folder
from intact.findings import Report
from intact.reporters.report_files import Destination

__all__ = [
    "FOLDERS",
    "FORMS",
    "SUFFIXES",
    "Destination",
    "Form",
    "form_named",
    "form_of",
    "print_report",
    "write",
    "write_folder",
]


class _Module(Protocol):
    """What the module of a form has."""

    def render(self, report: Report) -> Iterator[str] | Iterator[bytes]:
        """Return the report in pieces."""

    def fill(self, report: Report, directory: Path) -> None:
        """Write the form's own files into an empty directory; only where the form has such files."""

    def is_ours(self, path: Path) -> bool:
        """Tell whether an earlier run wrote a file with ``fill``."""


@dataclass(frozen=True, slots=True)
class Form:
    """A form that a report can take.

    Attributes:
        name: For ``--format``.
        suffixes: File names that end so get this form.
        module: The module that makes it, imported when it is needed, so that ``intact --help`` answers at once.
        binary: Whether it is bytes, which nobody wants on a terminal.
        folder: Whether a directory whose name ends so gets the form's own files (``fill`` in the module).
    """

    name: str
    suffixes: tuple[str, ...]
    module: str
    binary: bool = False
    folder: bool = False

    @property
    def suffix(self) -> str:
        """The suffix of files that nobody has named."""
        return self.suffixes[0]

    def render(self, report: Report) -> Iterator[str] | Iterator[bytes]:
        """Return the report in pieces; its findings are gone through once."""
        return self._made_by().render(report)

    def save(self, report: Report, place: Destination) -> Path:
        """Write the report to a place of this form, and give the path.

        Raises:
            OutputError: If it could not be written; what was there is then as it was before.
        """
        if place.folder:
            made_by = self._made_by()
            return place.save_folder(
                lambda directory: made_by.fill(report, directory),
                made_by.is_ours,
                private=report.run.personal,
            )
        return place.save(self.render(report), report.run.generated_at, private=report.run.personal)

    def _made_by(self) -> _Module:
        return cast("_Module", import_module(f"intact.reporters.{self.module}"))


FORMS: Final = (
    Form("console", (".txt",), "console"),
    Form("json", (".json",), "json_report"),
    Form("ndjson", (".ndjson", ".jsonl"), "ndjson"),
    Form("csv", (".csv",), "csv_report", folder=True),
    Form("csv-zip", (".csv.zip", ".zip"), "csv_zip", binary=True),
    Form("parquet", (".parquet",), "parquet", binary=True),
    Form("junit", (".xml",), "junit"),
    Form("sarif", (".sarif", ".sarif.json"), "sarif"),
    Form("github", (".github.txt",), "github"),
    Form("html", (".html", ".htm"), "html_report"),
    Form("markdown", (".md",), "markdown"),
)
"""All of them; one more form is one more line."""

SUFFIXES: Final = tuple(suffix for form in FORMS for suffix in form.suffixes)
"""Suffixes of files."""

FOLDERS: Final = tuple(suffix for form in FORMS if form.folder for suffix in form.suffixes)
"""Suffixes of directories with a form's own files in them."""


def form_of(suffix: str) -> Form:
    """Return the form of files with this suffix."""
    return next(form for form in FORMS if suffix in form.suffixes)


def form_named(name: str) -> Form:
    """Return the form of that name."""
    return next(form for form in FORMS if form.name == name)


def print_report(
    report: Report, file: TextIO, *, saved: Sequence[str] = (), usual: str = DEFAULT_MODEL
) -> None:
    """Print the report to a terminal, or wherever the stream goes.

    Args:
        report: The report.
        file: The stream.
        saved: Files in which the reader finds all of it.
        usual: The model that a command takes without being told.
    """
    from intact.reporters.console import print_report as show  # noqa: PLC0415 - rich is slow to import

    show(report, file, saved=saved, usual=usual)
