"""Canonical text from the raw bytes of a value: :mod:`intact.core.values` says what it is, this is how it is made.

The bytes are read as they are, without building Python objects, since those lose what makes two values
different (a field given twice, the subtype of a binary value, int or long or double).
"""

from __future__ import annotations

import json
from binascii import b2a_base64
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from struct import Struct
from typing import Final

from intact.core import values
from intact.project.elements import DamageError, Element, int32, sound_elements, string_end

MAX_DEPTH: Final = 200
"""How many embedded documents, itself included, may lie one in another in a value that is read."""

MAX_SHOWN: Final = 256
"""After how many characters text that is only shown is cut."""

RELAXED_DATES: Final = range(253_402_300_800_000)
"""The milliseconds of the years 1970 to 9999, which relaxed Extended JSON writes as text."""

Note = Callable[[str, str, str, int], None]
"""Takes what is wrong with a value, what should be there, what is there, and where."""

double = Struct("<d").unpack_from
int64 = Struct("<q").unpack_from
_uint32_pair = Struct("<II").unpack_from

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NESTED: Final = (values.OBJECT, values.ARRAY, values.CODE_WITH_SCOPE)
_OLD_BINARY: Final = 2
_NO_NUMBER: Final = 0b11110  # a decimal128's combination field: infinity, or with one more bit NaN
_TOO_LARGE: Final = 0b11000  # the form for coefficients of 2**113 and more
_CONSTANT: Final = {
    values.UNDEFINED: '{"$undefined":true}',
    values.NULL: "null",
    values.MIN_KEY: '{"$minKey":1}',
    values.MAX_KEY: '{"$maxKey":1}',
}


def canonical(kind: int, data: bytes, start: int, end: int, note: Note) -> str:
    """Return the canonical text of the value that fills ``data[start:end]``.

    Raises:
        DamageError: If the inside of an embedded document or array is not BSON.
    """
    if kind in (values.STRING, values.SYMBOL):
        try:
            return values.string_text(data[start + 4 : end - 1].decode())
        except UnicodeDecodeError:
            pass
    return "$" + _Writer(data, note).write(kind, start, end)


def cut(text: str) -> str:
    """Cut text that is only shown."""
    return text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…"


def decimal128(data: bytes, start: int) -> Decimal:
    """Decode a decimal128 exactly, as IEEE 754-2008 lays it out (binary integer encoding).

    A coefficient of 10**34 or more, the standard says, is 0.
    """
    bits = int.from_bytes(data[start : start + 16], "little")
    sign = "-" if bits >> 127 else ""
    combination = bits >> 122 & 0b11111
    if combination >= _NO_NUMBER:
        return Decimal("NaN") if combination & 1 else Decimal(sign + "Infinity")
    if combination >= _TOO_LARGE:
        return Decimal(f"{sign}0E{(bits >> 111 & 0x3FFF) - 6176}")
    coefficient = bits & (1 << 113) - 1
    return Decimal(f"{sign}{coefficient if coefficient < 10**34 else 0}E{(bits >> 113 & 0x3FFF) - 6176}")


def _date(milliseconds: int) -> str:
    """Return the relaxed Extended JSON of a date."""
    if milliseconds not in RELAXED_DATES:
        return f'{{"$date":{{"$numberLong":"{milliseconds}"}}}}'
    moment = _EPOCH + timedelta(milliseconds=milliseconds)
    precision = "milliseconds" if milliseconds % 1000 else "seconds"
    return f'{{"$date":"{moment.isoformat(timespec=precision)[:-6]}Z"}}'


def _binary(data: bytes, start: int, end: int) -> str:
    """Return the JSON of a binary value. That of the old subtype has a second length inside."""
    subtype = data[start + 4]
    content = b2a_base64(data[start + (9 if subtype == _OLD_BINARY else 5) : end], newline=False).decode()
    return f'{{"$binary":{{"base64":"{content}","subType":"{subtype:02x}"}}}}'


class _TooDeepError(Exception):
    """Raised where an embedded value lies more than :data:`MAX_DEPTH` levels deep."""


class _Writer:
    """Writes the JSON of a value."""

    def __init__(self, data: bytes, note: Note) -> None:
        self._data = data
        self._note = note

    def write(self, kind: int, start: int, end: int) -> str:
        """Return the JSON of any value; of one that is nested too deeply, a digest of its bytes."""
        if kind not in _NESTED:
            return self._scalar(kind, start, end)
        try:
            return self._nested(kind, start, end)
        except _TooDeepError:
            self._note("the value is nested too deeply", f"at most {MAX_DEPTH} levels", "more", start)
            return f'{{"$tooDeep":"{sha256(self._data[start:end]).hexdigest()}"}}'

    def _scalar(self, kind: int, start: int, end: int) -> str:  # noqa: C901, PLR0911, PLR0912 - a case a type
        """Return the JSON of a value without values in it."""
        data = self._data
        match kind:
            case values.STRING | values.SYMBOL:
                return self._text(kind, start, start + 4, end - 1)
            case values.OBJECT_ID:
                return f'{{"$oid":"{data[start:end].hex()}"}}'
            case values.INT:
                return str(int32(data, start)[0])
            case values.LONG:
                return str(int64(data, start)[0])
            case values.DOUBLE:
                return values.double_text(double(data, start)[0])
            case values.DECIMAL:
                return values.decimal_text(decimal128(data, start))
            case values.BOOL:
                return "true" if data[start] else "false"
            case values.DATE:
                return _date(int64(data, start)[0])
            case values.TIMESTAMP:
                increment, seconds = _uint32_pair(data, start)
                return f'{{"$timestamp":{{"t":{seconds},"i":{increment}}}}}'
            case values.BINARY:
                return _binary(data, start, end)
            case values.REGEX:
                middle = data.index(b"\0", start)
                pattern = self._text(kind, start, start, middle)
                options = self._text(kind, start, middle + 1, end - 1)
                return f'{{"$regularExpression":{{"pattern":{pattern},"options":{options}}}}}'
            case values.CODE:
                return f'{{"$code":{self._text(kind, start, start + 4, end - 1)}}}'
            case values.DB_POINTER:
                name = self._text(kind, start, start + 4, end - 13)
                return f'{{"$dbPointer":{{"$ref":{name},"$id":{{"$oid":"{data[end - 12 : end].hex()}"}}}}}}'
        return _CONSTANT[kind]

    def _nested(self, kind: int, start: int, end: int) -> str:
        """Return the JSON of an embedded document, an array, or code with scope.

        The stack of what is open is kept here, since Python's own is short.
        """
        pieces: list[str] = []
        stack = [self._opened(kind, start, end, (), pieces)]
        while stack:
            each, closing, path = stack[-1]
            for code, name, begin, stop in each:
                if pieces[-1] not in ("{", "["):
                    pieces.append(",")
                if closing != "]":
                    pieces.append(self._name(name, begin) + ":")
                if code in _NESTED:
                    if len(stack) == MAX_DEPTH:
                        raise _TooDeepError
                    stack.append(self._opened(code, begin, stop, (*path, name), pieces))
                    break
                pieces.append(self._scalar(code, begin, stop))
            else:
                pieces.append(closing)
                stack.pop()
        return "".join(pieces)

    def _opened(
        self, kind: int, start: int, end: int, path: tuple[bytes, ...], pieces: list[str]
    ) -> tuple[Iterator[Element], str, tuple[bytes, ...]]:
        """Write the beginning of a nested value. Gives its elements, what closes it, and the names so far."""
        closing = "]" if kind == values.ARRAY else "}"
        if kind == values.CODE_WITH_SCOPE:
            scope = string_end(self._data, start + 4, end)
            pieces.append(f'{{"$code":{self._text(kind, start, start + 8, scope - 1)},"$scope":')
            start, closing = scope, "}}"
        try:
            found = sound_elements(self._data, start, end)
        except DamageError as damage:
            damage.path = path + damage.path
            raise
        pieces.append("[" if kind == values.ARRAY else "{")
        return found, closing, path

    def _name(self, name: bytes, position: int) -> str:
        """Return the JSON of a field name."""
        try:
            text = name.decode()
        except UnicodeDecodeError:
            self._note("the field name is not UTF-8", "UTF-8", "other bytes", position)
            return f'"$invalidUtf8:{name.hex()}"'
        return json.dumps("$" + text if text.startswith("$") else text, ensure_ascii=False)

    def _text(self, kind: int, position: int, start: int, end: int) -> str:
        """Return the JSON of the text ``data[start:end]``, which is part of the value at ``position``."""
        try:
            return json.dumps(self._data[start:end].decode(), ensure_ascii=False)
        except UnicodeDecodeError:
            self._note(
                "the text is not UTF-8", "UTF-8", f"other bytes in a {values.TYPE_NAMES[kind]}", position
            )
            return f'{{"$invalidUtf8":"{self._data[start:end].hex()}"}}'
