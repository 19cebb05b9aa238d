"""Values that stand where an id should be, since whatever wrote them had none."""

from __future__ import annotations

from typing import Final

from intact.core.values import WHITE_SPACE

_WORDS: Final = frozenset(
    ("", "undefined", "null", "(null)", "<null>", "nil", "none", "nan", "[object object]", "n/a", "#n/a")
)

_ZERO_ID, _ZERO_UUID = "0" * 24, "00000000-0000-0000-0000-000000000000"

_EMPTY: Final = frozenset(
    (
        _ZERO_ID,
        f'${{"$oid":"{_ZERO_ID}"}}',
        _ZERO_UUID,
        f"{{{_ZERO_UUID}}}",
        *(f'${{"$binary":{{"base64":"{"A" * 22}==","subType":"{each}"}}}}' for each in ("03", "04")),
        '${"$numberDouble":"NaN"}',
    )
)
"""The empty id of drivers and languages (in C# `Guid.Empty`, `ObjectId.Empty`), and the number made of no digit."""


def is_placeholder(text: str) -> bool:
    """Return whether a canonical text is blank, a word that a program writes where it has no value, or an empty id."""
    return text in _EMPTY or text.strip(WHITE_SPACE).casefold() in _WORDS
