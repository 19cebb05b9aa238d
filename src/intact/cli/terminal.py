"""Plain text on stdout, with bold headings where there is a terminal that wants them."""

from __future__ import annotations

import os
import sys
import textwrap
from pathlib import Path
from typing import Final, TextIO

import click

WIDTH: Final = 80


def heading(text: str) -> None:
    """Print a heading."""
    click.secho(text, bold=True, color=False if os.environ.get("NO_COLOR") else None)


def paragraphs(text: str, indent: str = "") -> None:
    """Print text, each of its paragraphs wrapped."""
    for number, each in enumerate(text.split("\n\n")):
        if number:
            click.echo()
        click.echo(
            textwrap.fill(" ".join(each.split()), WIDTH, initial_indent=indent, subsequent_indent=indent)
        )


def pairs(rows: list[tuple[str, str]]) -> None:
    """Print names and what belongs to them in two columns."""
    width = max((len(name) for name, _ in rows), default=0) + 2
    for name, value in rows:
        click.echo(
            textwrap.fill(value, WIDTH, initial_indent=f"{name:<{width}}", subsequent_indent=" " * width)
            or name
        )


def print_into_nothing(stream: TextIO | None = None) -> None:
    """Let all that is still printed to a stream (stdout by default) go nowhere, since nobody reads it any more."""
    with Path(os.devnull).open("w", encoding="utf-8") as nothing:
        os.dup2(nothing.fileno(), (stream or sys.stdout).fileno())


def drop_unwritten() -> None:
    """Drop what a stream could not write; Python would try again at the end, and exit with a code of its own."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            print_into_nothing(stream)
