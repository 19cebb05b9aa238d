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

from intact.core import mongosh
from intact.core.amounts import EXACT
from intact.core.counts import agreed, counted
from intact.core.values import JsonValue
from intact.findings.records import Outcome, Section

_UNSEEN: Final = re.compile(rf"\\|{mongosh.UNSEEN.pattern}")
_TAKEN: Final = re.compile(
    r"""[+-]?(\d[\d_]*\.?\d*|\.\d+|0[xX][\da-fA-F]+|Infinity)([eE][+-]?\d+)?n?   # numbers
    | true | false | null | none | undefined | NaN
    | (new\ )?[A-Za-z][\w.]*\(.*\)                                           # ObjectId("...")
    | [\[{"'`].*                                                              # what begins a literal""",
    re.ASCII | re.VERBOSE | re.DOTALL,
)
"""Matches text that would be taken for a value of another type."""

_DIFFERENCES: Final = {
    "type": "another type",
    "case": "another letter case",
    "whitespace": "other white space",
    "byte-order": "the byte order of an old driver",
    "notation": "another notation of the same id",
    "rounding": "rounded to a double",
    "copy": "a copy of the document stands where its key should be",
}
WHOLE: Final = "the JSON report has all of it"
"""How to get what a form leaves out."""

_VERY_LONG: Final = 10_000
_LEAST_SHARE: Final = 0.001
_LARGE: Final = Decimal(10) ** 15
"""Amounts from here on are shown as they are, with an exponent where they have one."""


def harmless(text: str) -> str:
    """Return a text as one line of visible characters; the exact text can be read back from it."""
    if text.isprintable() and not _UNSEEN.search(text):
        return text
    return "".join(c if c.isprintable() and not _UNSEEN.match(c) else _escape(c) for c in text)


def _escape(char: str) -> str:
    """Return the escape of one character, as Python and JSON write it."""
    return char.encode("unicode_escape").decode("ascii")


def clipped(text: str, limit: int) -> str:
    """Cut a text that is longer than ``limit``, and say by how much, and of a very long one where all of it is."""
    more = len(text) - limit
    if more <= 0:
        return text
    where = f"; {WHOLE}" if more > _VERY_LONG else ""
    return f"{text[:limit]}... ({counted(more, 'more character')}{where})"


def value_text(value: JsonValue, *, quoted: bool = False) -> str:
    """Return a finding's value as harmless text: as mongosh writes it, amounts with two decimals.

    A string is quoted where it would not be known as one otherwise, or where ``quoted`` asks for it.
    """
    if isinstance(value, str):
        return mongosh.text(value) if quoted or is_doubtful(value) else harmless(value)
    if value is None:
        return "none"
    return amount_text(value) if isinstance(value, Decimal) else mongosh.literal(value)


def is_doubtful(text: str) -> bool:
    """Whether a text needs quotes: its ends cannot be seen, or it reads like a value of another type."""
    return not text or text != text.strip() or _TAKEN.fullmatch(text) is not None


def amount_text(amount: Decimal, currency: str | None = None) -> str:
    """Return an amount with thousands separators, two decimals or as many as it has, and its currency."""
    if not amount.is_finite() or abs(amount) >= _LARGE:
        text = str(amount)
    else:
        exponent = int(amount.normalize(EXACT).as_tuple().exponent)
        text = f"{amount:,.{max(2, min(-exponent, 20))}f}"
    return f"{currency} {text}" if currency else text


def by_amount(money: Mapping[str, Decimal]) -> list[tuple[str, Decimal]]:
    """Return the kinds of money with their amounts, the most first."""
    return sorted(money.items(), key=lambda each: -abs(each[1]))


def share_text(part: int, whole: int) -> str:
    """Return how much of a whole a part is, to stand behind it; empty where either is nothing."""
    if not part or not whole:
        return ""
    return " (less than 0.1 %)" if part / whole < _LEAST_SHARE else f" ({100 * part / whole:.1f} %)"


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a text, each as one line."""
    lines = (" ".join(each.split()) for each in re.split(r"\n\s*\n", text))
    return [each for each in lines if each]


def first_sentence(text: str) -> str:
    """Return the first sentence of a text, as one line."""
    line = " ".join(text.split())
    end = re.search(r"[.!?](?= [A-Z])", line)
    return line[: end.end()] if end else line


def moment_text(moment: datetime) -> str:
    """Return a moment for people: ``2026-01-27 06:58 UTC``."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def near_match_text(near: Mapping[str, JsonValue]) -> str:
    """Say in words which value there is instead of the one that was looked for, and how it differs."""
    value = near.get("value")
    differences = [_DIFFERENCES.get(kind, kind) for kind in str(near.get("kind", "")).split("+")]
    return (
        f"near match: {_type_word(value)}{value_text(value, quoted=True)} exists ({', '.join(differences)})"
    )


def elsewhere_text(place: Mapping[str, JsonValue]) -> str:
    """Say in words where a value was found that finds nothing where it should."""
    collection, field = harmless(str(place.get("collection"))), harmless(str(place.get("field")))
    return f"found elsewhere: it is an id of {collection} ({collection}.{field})"


def _type_word(value: JsonValue) -> str:
    """Return the type of a value that does not say it itself, in a word."""
    if isinstance(value, str):
        return "the text "
    if isinstance(value, bool):
        return "the boolean "
    return "" if isinstance(value, dict | list) else "the number "


def rule_name(section: Section, outcome: Outcome) -> str:
    """Return what people call a check: the type of its findings, with what it is about where several make them."""
    target = outcome.check.partition(" ")[2]
    several = sum(each.type == outcome.type for each in section.outcomes) > 1
    return f"{outcome.type} ({target})" if several and target else outcome.type


__all__ = [
    "WHOLE",
    "agreed",
    "amount_text",
    "clipped",
    "counted",
    "elsewhere_text",
    "harmless",
    "is_doubtful",
    "moment_text",
    "near_match_text",
    "rule_name",
    "value_text",
]
