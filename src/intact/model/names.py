"""The name that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_LISTED = 12


def nearest(wrong: str, names: Iterable[str]) -> str | None:
    """Return the name that is nearest to a wrong one; None where none is near.

    Letter case and the separators space, ``-`` and ``_`` count for nothing.
    """
    plain = {_plain(name): name for name in names}
    found = get_close_matches(_plain(wrong), plain, n=1, cutoff=0.6)
    return plain[found[0]] if found else None


def suggestion(wrong: str, names: Iterable[str]) -> str:
    """Return a hint: the nearest name, else all names where they are few, else nothing."""
    known = list(dict.fromkeys(names))
    near = nearest(wrong, known)
    if near is not None:
        return f"Did you mean '{near}'?"
    return f"Known: {', '.join(known)}." if 0 < len(known) <= _LISTED else ""


def listed(names: Iterable[str]) -> str:
    """Write names in a row: ``a``, ``a and b``, ``a, b and c``."""
    known = list(names)
    return " and ".join([", ".join(known[:-1]), known[-1]]) if len(known) > 1 else "".join(known)


def _plain(name: str) -> str:
    return name.casefold().replace("-", "").replace("_", "").replace(" ", "")


def several(noun: str) -> str:
    """Return the plural of an English noun; where that is another, a model says it."""
    if noun[-1:] == "y" and noun[-2:-1] not in set("aeiou"):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "z", "ch", "sh")) else f"{noun}s"
