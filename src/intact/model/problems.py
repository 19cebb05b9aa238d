"""What is wrong with a model file, gathered so that a user sees all of it at once."""

from __future__ import annotations

from collections.abc import Iterable

from intact.core.errors import ModelError
from intact.model.names import suggestion

MOST = 100
"""How many mistakes are told of one file."""


class Problems:
    """Gathers what is wrong with one file.

    Args:
        file: The file, as messages name it.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self._found: dict[tuple[int, str], ModelError] = {}

    def add(self, line: int, message: str, hint: str = "") -> None:
        """Note a mistake: a sentence without a full stop; the hint is a sentence with one.

        Raises:
            ModelError: If there are too many to go on.
        """
        if len(self._found) >= MOST:
            self.check()
        error = ModelError(message, where=f"{self.file}:{line}", hint=hint)
        self._found.setdefault((line, message), error)

    def unknown(self, line: int, message: str, wrong: str, names: Iterable[str]) -> None:
        """Note a name that does not exist, and the one that was probably meant."""
        self.add(line, message, suggestion(wrong, names))

    def __len__(self) -> int:
        return len(self._found)

    def check(self) -> None:
        """Raise what was noted, in the order of the file's lines.

        Raises:
            ModelError: If anything was.
        """
        if self._found:
            raise ModelError.of(
                [self._found[place] for place in sorted(self._found, key=lambda place: place[0])]
            )
