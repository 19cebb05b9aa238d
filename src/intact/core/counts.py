"""Numbers with what they count, as sentences have them; every room writes them with these."""

from __future__ import annotations


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return ``1 document``, ``2 documents``, ``1,234 documents``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def agreed(number: int, one: str, many: str) -> str:
    """Return the word that goes with a number: ``is`` with 1, ``are`` with 0 and 2."""
    return one if number == 1 else many
