"""Values of the sample documents: ids, amounts, and the ways to write one value differently."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Any, Final

from bson.binary import Binary
from bson.decimal128 import Decimal128
from bson.objectid import ObjectId

Document = dict[str, Any]
"""One document as it is encoded: names to BSON values."""

Amount = int | float | Decimal128

_EPOCH: Final = datetime(1970, 1, 1)


class Ids:
    """Ids that are unique within one run and the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._tail = Random(f"{seed}/ids").getrandbits(62)
        self._numbers: dict[str, int] = {}

    def object_id(self, moment: datetime) -> ObjectId:
        """Give a new ObjectId that carries a moment, to the second."""
        self._tail += 1
        seconds = int((moment - _EPOCH).total_seconds())
        return ObjectId(seconds.to_bytes(4, "big") + self._tail.to_bytes(8, "big"))

    def number(self, series: str) -> int:
        """Give the next number of a series, from 1 on."""
        number = self._numbers.get(series, 0) + 1
        self._numbers[series] = number
        return number


def uuid_text(rng: Random) -> str:
    """Give a random UUID (version 4) as text; it always holds a letter, so that its upper case differs."""
    digits = f"{rng.getrandbits(128):032x}"
    variant = "a" if digits[16] < "8" else "b"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def amount(paise: int, style: str) -> Amount:
    """Give an amount of money in rupees from whole paise.

    Args:
        paise: Hundredths of a rupee.
        style: ``double``; ``int``, which writes whole rupees as int and the rest as double; or ``decimal``.
    """
    if style == "decimal":
        sign = "-" if paise < 0 else ""
        rupees, rest = divmod(abs(paise), 100)
        return Decimal128(f"{sign}{rupees}.{rest:02d}")
    if style == "int" and paise % 100 == 0:
        return paise // 100
    return paise / 100  # the double nearest to the exact amount: its shortest text is the amount again


def upper_case(text: str, _rng: Random) -> str:
    """Give the id in capitals: a near match by letter case."""
    return text.upper()


def spaced(text: str, rng: Random) -> str:
    """Give the id with white space at an end: a near match by white space."""
    return rng.choice((f" {text}", f"{text} ", f"{text}\n", f"\t{text}"))


def as_binary(text: str, _rng: Random) -> Binary:
    """Give the id as a BSON UUID (binary subtype 4): a near match by type."""
    return Binary.from_uuid(uuid.UUID(text))


def upper_and_spaced(text: str, _rng: Random) -> str:
    """Give the id in capitals and with white space: a near match by both."""
    return f" {text.upper()} "


def lost(_text: str, rng: Random) -> str:
    """Give an id that exists nowhere, nor anything near it."""
    return uuid_text(rng)


Near = Callable[[str, Random], object]

NEAR: Final[tuple[Near, ...]] = (lost, upper_case, spaced, as_binary, upper_and_spaced)
"""Ways to write a reference so that it finds nothing; all but the first leave a near match."""
