"""One finding as the record that the forms for machines share, and JSON text in which everything can be seen."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter
from typing import Final

import simplejson

from intact.core.values import JsonValue
from intact.findings import Finding
from intact.findings.document import Document, tidy
from intact.findings.records import utc_text
from intact.findings.words import harmless

ASCII: Final = simplejson.JSONEncoder(use_decimal=True, allow_nan=False, separators=(",", ":"))
"""Writes compact JSON in ASCII: exact amounts, and whatever is no ASCII as an escape."""

_READABLE: Final = simplejson.JSONEncoder(
    use_decimal=True, allow_nan=False, separators=(",", ":"), ensure_ascii=False
)
_MARK: Final = secrets.token_hex(16)
_AMOUNT: Final = secrets.token_hex(16)
_AS_IT_IS: Final = (str, int, bool, type(None))
"""Types in which no amount can be; that most values need no second look saves half the time of a million findings."""
_FILLED: Final = re.compile(r"(?<!\n)\n[ ]*(?!\n|[-*\d])")
_NO_ASCII: Final = re.compile(r"[^\x20-\x7e]")


def record(finding: Finding) -> Document:
    """Return all that a finding has; its own fields stand together under ``fields``, since models name them freely."""
    return {
        "type": finding.type,
        "severity": finding.severity,
        "report": finding.report,
        "collection": finding.collection,
        "description": finding.description,
        "fields": fields(finding),
        "fingerprint": finding.fingerprint,
        "money": money(finding),
        "accepted": accepted(finding),
        "check": finding.check,
        "cause": list(finding.cause),
        "when": finding.when,
        "state": finding.state or None,
        "status": finding.status or None,
        "first_seen": first_seen(finding),
        "page": finding.url,
    }


Shared = tuple[str, str, str, str, str, tuple[str, ...], str | None, str, str, datetime | None, str]
shared: Final[Callable[[Finding], Shared]] = attrgetter(
    *("type", "severity", "report", "collection", "check", "cause"),
    *("when", "state", "status", "first_seen", "url"),
)
"""Gives what a finding has in common with many others, from which a form makes a text that it keeps."""


def first_seen(finding: Finding) -> str | None:
    """Return when a run first found a finding, in UTC; None without a history."""
    return None if finding.first_seen is None else utc_text(finding.first_seen)


def accepted(finding: Finding) -> Document | None:
    """Return by which entry of the baseline a finding is accepted, if it is."""
    return None if finding.accepted is None else finding.accepted.to_dict()


def money(finding: Finding) -> Document | None:
    """Return the money that a finding puts at stake, if it does."""
    return None if finding.money is None else {"kind": finding.money[0], "amount": tidy(finding.money[1])}


def fields(finding: Finding) -> Document:
    """Return a finding's own fields, amounts in lowest terms."""
    return {
        name: value if type(value) in _AS_IT_IS or (type(value) is dict and "$oid" in value) else tidy(value)
        for name, value in finding.fields.items()
    }


def lines(values: Iterable[object]) -> list[str]:
    """Return values as compact JSON in ASCII, amounts in lowest terms; many at once cost a third of one by one."""
    return _split(_MANY_ASCII, values)


def visible_lines(values: Iterable[object]) -> list[str]:
    """Return values as :func:`visible` does, amounts in lowest terms."""
    return [_seen(text) for text in _split(_MANY_READABLE, values)]


def _split(encoder: json.JSONEncoder, values: Iterable[object]) -> list[str]:
    """Write values as one list with a mark between them that no data can hold, and cut it there."""
    marked = [each for value in values for each in (value, _MARK)]
    text = encoder.encode(marked)
    if _AMOUNT in text:
        text = text.replace(f'"{_AMOUNT}', "").replace(f'{_AMOUNT}"', "")
    return text[1:-1].removesuffix(f',"{_MARK}"').split(f',"{_MARK}",') if marked else []


def _written(value: object) -> object:
    """Return what the standard library's encoder, which is faster, cannot write: an amount as text between marks."""
    if isinstance(value, Decimal):
        return f"{_AMOUNT}{tidy(value)}{_AMOUNT}"
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")


_MANY_ASCII: Final = json.JSONEncoder(
    default=_written, allow_nan=False, check_circular=False, separators=(",", ":")
)
_MANY_READABLE: Final = json.JSONEncoder(
    default=_written, allow_nan=False, check_circular=False, separators=(",", ":"), ensure_ascii=False
)


def flat(value: JsonValue, name: str = "") -> Iterator[tuple[str, JsonValue]]:
    """Yield the values of a document by their dotted names; a list is a value."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from flat(inner, f"{name}.{key}" if name else key)
    else:
        yield name, value


def unwrapped(text: str) -> str:
    """Return the prose of a page without the line breaks that only fill its lines; paragraphs and lists stay."""
    return _FILLED.sub(" ", text)


def visible(value: JsonValue) -> str:
    r"""Return a value as compact JSON on one line, in which letters of any language stay and nothing is unseen.

    Control characters, those that change the direction of text, those without width and lone surrogates stand as
    ``\u`` escapes, so that what is read back is the exact value.
    """
    return _seen(_READABLE.encode(value))


def _seen(text: str) -> str:
    """Write the characters of JSON that nobody would see as escapes."""
    return text if text.isascii() and text.isprintable() else _NO_ASCII.sub(_shown, text)


def _shown(found: re.Match[str]) -> str:
    return _character(found[0])


@lru_cache(maxsize=4096)
def _character(char: str) -> str:
    """Return a character, or its JSON escape where a reader would not see it."""
    return char if harmless(char) == char else str(ASCII.encode(char))[1:-1]
