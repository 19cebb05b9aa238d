"""The forms of a report: one file a form, each a function from a report to text in pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from intact.findings import Report
from intact.reporters import console, json_report
from intact.reporters.console import print_report
from intact.reporters.files import Destination, write

__all__ = ["FORMS", "SUFFIXES", "Destination", "Form", "form_named", "form_of", "print_report", "write"]


@dataclass(frozen=True, slots=True)
class Form:
    """A form that a report can take.

    Attributes:
        name: For ``--format``.
        suffix: File names that end so get this form.
        render: Gives the text in pieces.
    """

    name: str
    suffix: str
    render: Callable[[Report], Iterator[str]]


FORMS: Final = (
    Form("console", ".txt", console.render),
    Form("json", ".json", json_report.render),
)
"""All of them; one more form is one more line."""

SUFFIXES: Final = tuple(form.suffix for form in FORMS)


def form_of(suffix: str) -> Form:
    """Give the form of files with this suffix."""
    return next(form for form in FORMS if form.suffix == suffix)


def form_named(name: str) -> Form:
    """Give the form of that name."""
    return next(form for form in FORMS if form.name == name)
