r"""Findings as words: values made harmless, amounts, counts, moments. Every form for people uses these.

Values come from a database that anyone may have written to. What goes through :func:`harmless` is one line of
visible characters, and still tells the exact value: a backslash in the data is shown as two, anything that a
reader would not see, or that a terminal would obey, as an escape (``\n``, ``\x1b``, ``\u202e``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

import simplejson

from intact.findings.document import EXACT
from intact.values import JsonValue

_UNSEEN: Final = re.compile("[\\\\\u034f\u115f\u1160\u2800\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""The backslash, and characters without a picture that Unicode files under letters, marks or symbols."""

_DIFFERENCES: Final = {
    "type": "another type",
    "case": "another letter case",
    "whitespace": "other white space",
    "byte-order": "the byte order of an old driver",
    "notation": "another notation of the same id",
    "rounding": "rounded to a double",
    "copy": "a copy of the document stands where its key should be",
}
_LARGE: Final = Decimal(10) ** 15
"""Amounts from here on are shown as they are, with an exponent where they have one."""


def harmless(text: str) -> str:
    """Give a text as one line of visible characters; the exact text can be read back from it."""
    if text.isprintable() and not _UNSEEN.search(text):
        return text
    return "".join(c if c.isprintable() and not _UNSEEN.match(c) else _escape(c) for c in text)


def _escape(char: str) -> str:
    """Give the escape of one character, as Python and JSON write it."""
    return char.encode("unicode_escape").decode("ascii")


def clipped(text: str, limit: int) -> str:
    """Cut a text that is longer than ``limit``, and say by how much."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}... ({len(text) - limit:,} more characters)"


def value_text(value: JsonValue, *, quoted: bool = False) -> str:
    """Give a finding's value as harmless text.

    A string is quoted where its ends could not be seen otherwise, or where ``quoted`` asks for it.
    """
    if isinstance(value, str):
        plain = harmless(value)
        return f'"{plain}"' if quoted or not value or value != value.strip() else plain
    if value is None:
        return "none"
    if isinstance(value, Decimal):
        return amount_text(value)
    return harmless(simplejson.dumps(value, use_decimal=True, ensure_ascii=False, separators=(",", ":")))


def amount_text(amount: Decimal, currency: str | None = None) -> str:
    """Give an amount with thousands separators, two decimals or as many as it has, and its currency."""
    if not amount.is_finite() or abs(amount) >= _LARGE:
        text = str(amount)
    else:
        exponent = int(amount.normalize(EXACT).as_tuple().exponent)
        text = f"{amount:,.{max(2, min(-exponent, 20))}f}"
    return f"{currency} {text}" if currency else text


def counted(number: int, noun: str, plural: str = "") -> str:
    """Give ``1 document``, ``2 documents``, ``1,234 documents``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def moment_text(moment: datetime) -> str:
    """Give a moment for people: ``2026-01-27 06:58 UTC``."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def near_match_text(near: Mapping[str, JsonValue]) -> str:
    """Say in words which value there is instead of the one that was looked for, and how it differs."""
    value = near.get("value")
    differences = [_DIFFERENCES.get(kind, kind) for kind in str(near.get("kind", "")).split("+")]
    return (
        f"near match: {_type_word(value)} {value_text(value, quoted=True)} exists ({', '.join(differences)})"
    )


def elsewhere_text(place: Mapping[str, JsonValue]) -> str:
    """Say in words where a value was found that finds nothing where it should."""
    collection, field = harmless(str(place.get("collection"))), harmless(str(place.get("field")))
    return f"found elsewhere: it is an id of {collection} ({collection}.{field})"


def _type_word(value: JsonValue) -> str:
    """Give the type of a value in a word."""
    if isinstance(value, str):
        return "the text"
    if isinstance(value, bool):
        return "the boolean"
    if isinstance(value, dict):
        return (
            "the ObjectId"
            if "$oid" in value
            else "the UUID"
            if "$uuid" in value or "$binary" in value
            else "the value"
        )
    return "the number"
