"""Which allowed text was probably meant: the same letters, or one or two off; never another word of its own meaning."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from intact.core.values import WHITE_SPACE

_WORDS: Final = re.compile(r"[\s_\-]+|(?<=[a-z])(?=[A-Z])")

_SHORT: Final = 4
_LONG: Final = 8

_STATES: Final = """
abandoned accepted active adjusted allocated applied approved archived assigned authorized available backordered
banned billed blocked booked bounced bought brought captured charged checked cleared closed collected committed
complete completed confirmed contested created credited dead declined deferred delayed deleted delivered denied
deployed disabled discarded dispatched disputed done draft dropped due enabled ended error escalated exited
expected expired exported failed filled final finished fixed flagged forwarded free frozen fulfilled halted held
hidden hold idle imported inactive invoiced issued late left listed live loaded locked logged lost mailed mapped
marked matched merged missed missing mixed moved muted new none notified offered online offline open opened
ordered packed paid parked partial passed passive paused pending picked placed planned posted prepaid prepared
printed private processed public published queued quoted read ready received recorded refunded registered
rejected released removed rented repaid repeated replaced replied reported requested reserved resolved restored
resumed returned reversed reviewed revised revoked routed running saved scheduled sealed seen selected sent
settled shipped signed skipped slipped sold solved sorted started stated stopped stored submitted succeeded
suspended taken tested tracked traded trained transferred treated trial unpaid updated uploaded used valid
verified viewed void waiting waived warned washed withdrawn won wrapped written
"""

_MEANINGS: Final = frozenset(_STATES.split())
"""Words that stand for a state of their own: none of them is another one misspelt, however near it is."""


@lru_cache(maxsize=4096)
def suggest(text: str, allowed: tuple[str, ...]) -> tuple[str | None, bool]:
    """Tell which allowed value was probably meant, and whether letter case alone keeps the text from being it.

    Args:
        text: The text that is not allowed.
        allowed: The allowed values.
    """
    for value in allowed:
        if value.casefold() == text.casefold():
            return value, True
    form = _form(text)
    for value in allowed:
        if form and _form(value) == form:
            return value, False
    if form in _MEANINGS:
        return None, False
    off = [(distance, value) for value in allowed if (distance := _letters_off(text, value)) is not None]
    nearest = [value for distance, value in off if distance == min(off)[0]]
    # Two that are equally near: nobody knows which was meant.
    return (nearest[0] if len(nearest) == 1 else None), False


def _form(text: str) -> str:
    return "".join(_words(text))


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORDS.split(text.strip(WHITE_SPACE)) if word]


def _letters_off(text: str, value: str) -> int | None:
    """Count the letters by which a text is not a value; None where that is too many to be the same word."""
    words, wanted = _words(text), _words(value)
    if len(words) != len(wanted):
        return None
    apart = 0
    for word, right in zip(words, wanted, strict=True):
        letters = distance(word, right, _most(word, right))
        if letters is None or (letters and not _same_beginning(word, right)):
            return None
        apart += letters
    return apart if apart <= _most(_form(text), _form(value)) else None


def _most(word: str, right: str) -> int:
    """Return how many letters may be off: in a short word one letter makes another word."""
    if min(len(word), len(right)) < _SHORT:
        return 0
    return 1 if max(len(word), len(right)) < _LONG else 2


def _same_beginning(word: str, right: str) -> bool:
    """Whether nothing was put before a word (un-, in-, not-) and no digit was changed (step1, step2)."""
    digits = [[letter for letter in each if letter.isdigit()] for each in (word, right)]
    return digits[0] == digits[1] and (word[0] == right[0] or word[:2] == right[1::-1])


def distance(word: str, right: str, most: int) -> int | None:
    """Count letters that are missing, too many, wrong, or swapped with their neighbour; None above ``most``."""
    if abs(len(word) - len(right)) > most:
        return None
    rows: list[Sequence[int]] = [range(len(right) + 1)]
    for at, letter in enumerate(word, 1):
        row = [at]
        for to, wanted in enumerate(right, 1):
            best = min(rows[-1][to] + 1, row[-1] + 1, rows[-1][to - 1] + (letter != wanted))
            if at > 1 and to > 1 and (letter, word[at - 2]) == (right[to - 2], wanted):
                best = min(best, rows[-2][to - 2] + 1)
            row.append(best)
        if min(row) > most:
            return None
        rows.append(row)
    return rows[-1][-1] if rows[-1][-1] <= most else None
