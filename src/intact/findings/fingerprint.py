"""Which fault a finding is about, the same from run to run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence


def fingerprint(type_: str, collection: str, identity: Sequence[str | None]) -> str:
    """Return the 20 hexadecimal digits that name a fault.

    Args:
        type_: The finding's type.
        collection: Where the fault is.
        identity: What makes it this fault and no other, as canonical text: a document's ``_id``, and the value that
            is wrong; or what the members of a group share. Never what changes while the fault stays: an age, an
            amount, a count.
    """
    name = json.dumps([type_, collection, *identity], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(name.encode()).hexdigest()[:20]


class Fingerprints:
    """Gives each finding of a run a fingerprint of its own.

    Two findings may be about one fault as far as their identity tells: of documents without an ``_id``, of one ``_id``
    that several documents have, or by two rules of one type. The first keeps the fingerprint of the identity, the
    second has that of the identity and its number.

    Args:
        types: Types of which two findings can be about one fault; None for all. Only these are remembered.
        collections: Collections in which any two can be.
    """

    def __init__(
        self, types: frozenset[str] | None = None, collections: frozenset[str] = frozenset()
    ) -> None:
        self._types = types
        self._collections = collections
        self._taken: dict[int, int] = {}

    def __call__(self, type_: str, collection: str, identity: Sequence[str | None]) -> str:
        """Return the fingerprint of a finding; see :func:`fingerprint`."""
        made = fingerprint(type_, collection, identity)
        if self._types is not None and type_ not in self._types and collection not in self._collections:
            return made
        number = self._taken.get(_number(made), 0) + 1
        self._taken[_number(made)] = number
        while number > 1:
            made = fingerprint(type_, collection, (*identity, f"#{number}"))
            if _number(made) not in self._taken:
                self._taken[_number(made)] = 1
                break
            number += 1
        return made


def _number(made: str) -> int:
    """Return what is remembered of a fingerprint: less than its text takes."""
    return int(made, 16)
