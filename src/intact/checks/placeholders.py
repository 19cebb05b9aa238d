"""Values that stand where an id should be, since whatever wrote them had none."""

from __future__ import annotations

from typing import Final

from intact.core.values import WHITE_SPACE

_WORDS: Final = frozenset(
    ("", "undefined", "null", "(null)", "<null>", "nil", "none", "nan", "[object object]", "n/a", "#n/a")
)


def is_placeholder(text: str) -> bool:
    """Return whether a canonical text is blank, or a word that a program writes where it has no value."""
    return text.strip(WHITE_SPACE).casefold() in _WORDS
