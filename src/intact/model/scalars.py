"""Plain words of a model file as values, by the core schema of YAML 1.2: ``no`` and ``on`` are texts."""

from __future__ import annotations

import re
from decimal import Decimal

from intact.model.specs import Literal

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+", re.ASCII)
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_LONGEST = 100
_DIGITS = 34
_LARGEST_EXPONENT = 6144


def value_of(word: str) -> Literal:
    """Return the value of a plain (not quoted) word.

    Raises:
        ValueError: With a sentence, if it is a number that MongoDB cannot hold.
    """
    if word in _NULL:
        return None
    if word in _BOOL:
        return _BOOL[word]
    if _NOT_FINITE.fullmatch(word):
        raise ValueError(f"{word} is no number that can be compared or counted with")
    if _INT.fullmatch(word) or _FLOAT.fullmatch(word) or _BASED.fullmatch(word):
        return _number(word)
    return word


def _number(word: str) -> int | Decimal:
    """Read a number exactly, within what a decimal of MongoDB can hold."""
    if len(word) <= _LONGEST:
        if _BASED.fullmatch(word):
            return int(word, 0)
        exact = Decimal(word)
        digits = len(exact.as_tuple().digits)
        if digits <= _DIGITS and -_LARGEST_EXPONENT <= exact.adjusted() <= _LARGEST_EXPONENT:
            return int(word) if _INT.fullmatch(word) else exact
    raise ValueError(f"{word[:20]}{'…' if len(word) > 20 else ''} is no number that MongoDB can hold")
