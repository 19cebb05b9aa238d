"""Small files that anybody may have written, believed only if they say what intact says."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, TypeVar

VERSION: Final = 1
LONGEST: Final = 500
"""Characters of a text."""

T = TypeVar("T")

_MOST: Final = 5_000
_LARGEST: Final = 10**15


class DamagedError(ValueError):
    """A record that cannot be believed; the text says why."""


def read(name: str, kind: str, content: bytes, make: Callable[[RecordReader], T]) -> T:
    """Read a small file that says what it is.

    Args:
        name: Its name, for what is wrong with it.
        kind: What it has to be.
        content: What is in it.
        make: Makes of it what it stands for.

    Raises:
        DamagedError: If it is something else, of a later version, or says what intact never says.
    """
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        raise DamagedError(f"{name} is no JSON") from None
    if not isinstance(document, dict) or document.get("kind") != kind:
        raise DamagedError(f"{name} is not of a run")
    if document.get("version") != VERSION:
        raise DamagedError(f"{name} is of another version of intact")
    try:
        return make(RecordReader(document))
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise DamagedError(f"{name} is damaged") from error


class RecordReader:
    """Values out of a document that anybody may have written; each is what it has to be, or an error."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def text(self, key: str) -> str:
        """Return a text of bounded length."""
        value = self._document[key]
        if not isinstance(value, str) or len(value) > LONGEST:
            raise ValueError(key)
        return value

    def moment(self, key: str) -> datetime:
        """Return a moment that has a time zone."""
        value = datetime.fromisoformat(self.text(key))
        if value.tzinfo is None:
            raise ValueError(key)
        return value

    def text_or_none(self, key: str) -> str | None:
        """Return a text; None where there is none."""
        return None if self._document.get(key) is None else self.text(key)

    def moment_or_none(self, key: str) -> datetime | None:
        """Return a moment; None where there is none."""
        return None if self._document.get(key) is None else self.moment(key)

    def number(self, key: str) -> int:
        """Return a whole number that is not negative."""
        return whole(self._document[key])

    def number_or_none(self, key: str) -> int | None:
        """Return such a number; None where there is none."""
        return None if self._document.get(key) is None else self.number(key)

    def flag(self, key: str) -> bool:
        """Return true or false."""
        value = self._document[key]
        if not isinstance(value, bool):
            raise TypeError(key)
        return value

    def mapping(self, key: str) -> dict[str, Any]:
        """Return a mapping of bounded size."""
        value = self._document[key]
        if not isinstance(value, dict) or len(value) > _MOST or any(len(each) > LONGEST for each in value):
            raise ValueError(key)
        return value

    def items(self, key: str) -> list[Any]:
        """Return a list of bounded size."""
        value = self._document[key]
        if not isinstance(value, list) or len(value) > _MOST:
            raise ValueError(key)
        return value

    def items_or_none(self, key: str) -> list[Any]:
        """Return such a list; an empty one where there is none."""
        return [] if self._document.get(key) is None else self.items(key)

    def value(self, key: str) -> Any:
        """Return a value as it is."""
        return self._document[key]


def text(value: object) -> str:
    """Return a text of bounded length, or raise an error."""
    if not isinstance(value, str) or len(value) > LONGEST:
        raise TypeError
    return value


def whole(value: object) -> int:
    """Return a whole number that is not negative, or raise an error."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _LARGEST:
        raise ValueError
    return value


def seconds(value: object) -> float:
    """Return a number that is not negative, or raise an error."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= _LARGEST:
        raise ValueError
    return float(value)
