"""Progress on stderr: a bar on a terminal, a line now and then without one, nothing when asked for that."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, Self, TextIO

from intact.findings.progress import Progress, Silent
from intact.findings.words import counted, harmless

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.table import Column

_EVERY: Final = 10.0
"""Seconds between two lines."""
_MEGABYTE: Final = 1_000_000
_WITH_SIZE: Final = 34
_WITH_TIME: Final = 58
_WITH_DOCUMENTS: Final = 80
_WITH_BAR: Final = 106
"""From how many columns of a terminal on the bar's parts are drawn."""


@contextmanager
def shown_progress(*, quiet: bool, stream: TextIO | None = None) -> Iterator[Progress]:
    """Yield the progress that fits the stream (stderr); what it drew is gone at the end."""
    out = stream or sys.stderr
    if quiet:
        yield Silent()
    elif out.isatty() and os.environ.get("TERM") not in {"dumb", "unknown"}:
        with Bar(out) as bar:
            yield bar
    else:
        yield ProgressLines(out)


class ProgressLines:
    """Says now and then how far it is, for logs."""

    def __init__(self, out: TextIO, every: float = _EVERY) -> None:
        self._out = out
        self._every = every
        self._next = time.monotonic() + every
        self._total: int | None = None
        self._bytes = self._documents = 0
        self._doing = ""

    def start(self, total: int | None) -> None:
        """Note how much there is to read."""
        self._total = total
        self._doing = "reading"

    def advance(self, bytes_read: int, documents: int, collection: str) -> None:
        """Count, and say it if it is time to."""
        self._bytes += bytes_read
        self._documents += documents
        self._doing = f"reading {collection}"
        self._say()

    def phase(self, text: str) -> None:
        """Note what is being done, and say it if it is time to."""
        self._doing = text
        self._say()

    def _say(self) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + self._every
        share = f"{min(100, 100 * self._bytes // self._total)} % of " if self._total else ""
        size = f"{(self._total or self._bytes) / _MEGABYTE:,.0f} MB"
        line = f"intact: {harmless(self._doing)}: {share}{size}, {counted(self._documents, 'document')}"
        with suppress(OSError):  # nobody reads stderr any more, or its disk is full: the audit goes on
            print(line, file=self._out, flush=True)


def _one_line(column: type[Column]) -> Column:
    return column(no_wrap=True, overflow="ellipsis")


class Bar:
    """Draws a bar that is gone when the report comes."""

    def __init__(self, out: TextIO) -> None:
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
        from rich.table import Column

        from intact.reporters.console import open_console

        console = open_console(out)
        # What there is no room for is left out: columns that wrap would draw a heap of lines, and not one that moves.
        columns = [
            (0, TextColumn("{task.description}", markup=False, table_column=_one_line(Column))),
            (_WITH_BAR, BarColumn(bar_width=24)),
            (_WITH_SIZE, DownloadColumn(table_column=_one_line(Column))),
            (
                _WITH_DOCUMENTS,
                TextColumn("{task.fields[documents]}", markup=False, table_column=_one_line(Column)),
            ),
            (_WITH_TIME, TimeRemainingColumn(compact=True, table_column=_one_line(Column))),
        ]
        self._bar: RichProgress = Progress(
            *(column for least, column in columns if console.width >= least), console=console, transient=True
        )
        self._task = self._bar.add_task("starting", total=None, documents=counted(0, "document"))
        self._documents = 0

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.stop()

    def start(self, total: int | None) -> None:
        """Show how much there is to read."""
        self._bar.update(self._task, total=total, description="reading")

    def advance(self, bytes_read: int, documents: int, collection: str) -> None:
        """Move on."""
        self._documents += documents
        name = harmless(collection)[:24]
        self._bar.update(
            self._task,
            advance=bytes_read,
            description=f"reading {name}",
            documents=counted(self._documents, "document"),
        )

    def phase(self, text: str) -> None:
        """Show what is being done."""
        self._bar.update(self._task, description=harmless(text)[:32])
