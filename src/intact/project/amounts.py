"""Amounts: what counts as one, and its exact value.

Readable are int, long, finite doubles (by their shortest text, so 0.1 is 0.1), finite decimals, and text of
ASCII digits with an optional sign and one optional point between digits, white space around it. Everything
else, booleans, NaN and infinities included, is no amount.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Final

from intact.core import values
from intact.project.canonical import decimal128, double, int64
from intact.project.elements import int32

WHOLE_DIGITS: Final = 11
"""A narrow amount is below 10**11 in size ..."""

DECIMALS: Final = 18
"""... and has at most so many decimals: it fits decimal128(38, 18) with much room for sums."""

WHITE_SPACE: Final = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""What Unicode calls white space (the property White_Space)."""

_TEXT: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")

Amount = Decimal | str
"""An amount: a number where it is narrow, plain decimal text where it is wide."""


def amount(kind: int, data: bytes, start: int, end: int) -> Amount | None:
    """Read the amount that fills ``data[start:end]``; None where it is none."""
    text = _text(kind, data, start, end)
    return None if text is None else _lowest(text)


def _text(kind: int, data: bytes, start: int, end: int) -> str | None:
    """Return the number as ``[+-]digits[.digits]``."""
    match kind:
        case values.DOUBLE:
            number = double(data, start)[0]
            return format(Decimal(repr(number)), "f") if math.isfinite(number) else None
        case values.INT:
            return str(int32(data, start)[0])
        case values.LONG:
            return str(int64(data, start)[0])
        case values.DECIMAL:
            exact = decimal128(data, start)
            return format(exact, "f") if exact.is_finite() else None
        case values.STRING | values.SYMBOL:
            text = data[start + 4 : end - 1].decode(errors="replace").strip(WHITE_SPACE)
            return text if _TEXT.fullmatch(text) else None
    return None


def _lowest(text: str) -> Amount:
    """Return a number without needless digits, as a number where it is narrow."""
    whole, _, fraction = text.lstrip("+-").partition(".")
    whole = whole.lstrip("0") or "0"
    fraction = fraction.rstrip("0")
    lowest = f"{whole}.{fraction}" if fraction else whole
    if text.startswith("-") and lowest != "0":
        lowest = "-" + lowest
    return Decimal(lowest) if len(whole) <= WHOLE_DIGITS and len(fraction) <= DECIMALS else lowest
