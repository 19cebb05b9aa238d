"""How a run says how far it is. The command line draws it; the run only calls it."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told by a run how far it is. Every call is cheap and comes from the thread that runs."""

    def start(self, total: int | None) -> None:
        """Reading begins; ``total`` is how many bytes there are to read, None where nobody knows."""

    def advance(self, bytes_read: int, documents: int, collection: str) -> None:
        """So many more bytes and documents have been read, of this collection."""

    def phase(self, text: str) -> None:
        """The run turns to something else: a few words for a person ("checking billing")."""


class Silent:
    """A progress that says nothing."""

    def start(self, total: int | None) -> None:
        """Do nothing."""

    def advance(self, bytes_read: int, documents: int, collection: str) -> None:
        """Do nothing."""

    def phase(self, text: str) -> None:
        """Do nothing."""
