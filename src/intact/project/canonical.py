"""Canonical text from the raw bytes of a value: :mod:`intact.values` says what it is, this is how it is made.

The bytes are read as they are, without building Python objects, since those lose what makes two values different (a
field given twice, the subtype of a binary value, int or long or double).
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

from intact import values
from intact.project.elements import Damage, Element, elements, shown_name, string_end

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
_int32 = Struct("<i").unpack_from

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NESTED: Final = (values.OBJECT, values.ARRAY, values.CODE_WITH_SCOPE)
_CONSTANT: Final = {
    values.UNDEFINED: '{"$undefined":true}',
    values.NULL: "null",
    values.MIN_KEY: '{"$minKey":1}',
    values.MAX_KEY: '{"$maxKey":1}',
}


def canonical(kind: int, data: bytes, start: int, end: int, note: Note) -> str:
    """Give the canonical text of the value that fills ``data[start:end]``.

    Raises:
        Damage: If the inside of an embedded document or array is not BSON.
    """
    if kind in (values.STRING, values.SYMBOL):
        try:
            return values.string_text(data[start + 4 : end - 1].decode())
        except UnicodeDecodeError:
            return "$" + _invalid(kind, data, start, start + 4, end - 1, note)
    if kind in _NESTED:
        return "$" + _nested(kind, data, start, end, note)
    return "$" + _scalar(kind, data, start, end, note)


def cut(text: str) -> str:
    """Cut text that is only shown."""
    return text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…"


def decimal128(data: bytes, start: int) -> Decimal:
    """Decode a decimal128 exactly (IEEE 754-2008, binary integer encoding). Coefficients of 10**34 and more are 0."""
    bits = int.from_bytes(data[start : start + 16], "little")
    sign = "-" if bits >> 127 else ""
    combination = bits >> 122 & 0b11111
    if combination == 0b11111:
        return Decimal("NaN")
    if combination == 0b11110:
        return Decimal(sign + "Infinity")
    if combination >> 3 == 0b11:  # the form for coefficients of 2**113 and more, all of them too large
        return Decimal(f"{sign}0E{(bits >> 111 & 0x3FFF) - 6176}")
    coefficient = bits & (1 << 113) - 1
    return Decimal(f"{sign}{coefficient if coefficient < 10**34 else 0}E{(bits >> 113 & 0x3FFF) - 6176}")


def date_text(milliseconds: int) -> str:
    """Give the relaxed Extended JSON of a date."""
    if milliseconds not in RELAXED_DATES:
        return f'{{"$date":{{"$numberLong":"{milliseconds}"}}}}'
    moment = _EPOCH + timedelta(milliseconds=milliseconds)
    precision = "milliseconds" if milliseconds % 1000 else "seconds"
    return f'{{"$date":"{moment.isoformat(timespec=precision)[:-6]}Z"}}'


def _scalar(kind: int, data: bytes, start: int, end: int, note: Note) -> str:  # noqa: C901, PLR0911 - one return a type
    """Give the JSON of a value without values in it."""
    match kind:
        case values.STRING | values.SYMBOL:
            return _string(kind, data, start, start + 4, end - 1, note)
        case values.OBJECT_ID:
            return f'{{"$oid":"{data[start:end].hex()}"}}'
        case values.INT:
            return str(_int32(data, start)[0])
        case values.LONG:
            return str(int64(data, start)[0])
        case values.DOUBLE:
            return values.double_text(double(data, start)[0])
        case values.DECIMAL:
            return values.decimal_text(decimal128(data, start))
        case values.BOOL:
            return "true" if data[start] else "false"
        case values.DATE:
            return date_text(int64(data, start)[0])
        case values.TIMESTAMP:
            increment, seconds = _uint32_pair(data, start)
            return f'{{"$timestamp":{{"t":{seconds},"i":{increment}}}}}'
        case values.BINARY:
            return _binary(data, start, end)
        case values.REGEX:
            middle = data.index(b"\0", start)
            pattern = _string(kind, data, start, start, middle, note)
            options = _string(kind, data, start, middle + 1, end - 1, note)
            return f'{{"$regularExpression":{{"pattern":{pattern},"options":{options}}}}}'
        case values.CODE:
            return f'{{"$code":{_string(kind, data, start, start + 4, end - 1, note)}}}'
        case values.DB_POINTER:
            name = _string(kind, data, start, start + 4, end - 13, note)
            return f'{{"$dbPointer":{{"$ref":{name},"$id":{{"$oid":"{data[end - 12 : end].hex()}"}}}}}}'
    return _CONSTANT[kind]


def _nested(kind: int, data: bytes, start: int, end: int, note: Note) -> str:
    """Give the JSON of an embedded document, an array, or code with scope; of one too deep, a digest of its bytes."""
    try:
        return _Writer(data, note).write(kind, start, end)
    except _TooDeepError:
        note("the value is nested too deeply", f"at most {MAX_DEPTH} levels", "more", start)
        return f'{{"$tooDeep":"{sha256(data[start:end]).hexdigest()}"}}'


class _TooDeepError(Exception):
    """Raised where an embedded value lies more than :data:`MAX_DEPTH` levels deep."""


class _Writer:
    """Writes nested values with a stack of its own, since Python's is short."""

    def __init__(self, data: bytes, note: Note) -> None:
        self._data = data
        self._note = note
        self._pieces: list[str] = []
        self._open: list[tuple[Iterator[Element], bool, str, tuple[str, ...]]] = []

    def write(self, kind: int, start: int, end: int) -> str:
        self._enter(kind, start, end, ())
        while self._open:
            each, named, closing, path = self._open[-1]
            for kind, name, start, end in each:
                if self._pieces[-1] not in ("{", "["):
                    self._pieces.append(",")
                if named:
                    self._pieces.append(self._name(name, start) + ":")
                if kind in _NESTED:
                    self._enter(kind, start, end, (*path, shown_name(name)))
                    break
                self._pieces.append(_scalar(kind, self._data, start, end, self._note))
            else:
                self._pieces.append(closing)
                self._open.pop()
        return "".join(self._pieces)

    def _enter(self, kind: int, start: int, end: int, path: tuple[str, ...]) -> None:
        """Write the beginning of a nested value and put its elements on the stack."""
        if len(self._open) == MAX_DEPTH:
            raise _TooDeepError
        closing = "]" if kind == values.ARRAY else "}"
        if kind == values.CODE_WITH_SCOPE:
            scope = string_end(self._data, start + 4, end)
            code = _string(kind, self._data, start, start + 8, scope - 1, self._note)
            self._pieces.append(f'{{"$code":{code},"$scope":')
            start, closing = scope, "}}"
        found: list[Element] = []
        try:
            elements(self._data, start, end, found)
        except Damage as damage:
            damage.path = path + damage.path
            raise
        self._pieces.append("[" if kind == values.ARRAY else "{")
        self._open.append((iter(found), kind != values.ARRAY, closing, path))

    def _name(self, name: bytes, position: int) -> str:
        try:
            text = name.decode()
        except UnicodeDecodeError:
            self._note("the field name is not UTF-8", "UTF-8", "other bytes", position)
            return f'"$invalidUtf8:{name.hex()}"'
        return json.dumps("$" + text if text.startswith("$") else text, ensure_ascii=False)


def _string(kind: int, data: bytes, position: int, start: int, end: int, note: Note) -> str:
    """Give the JSON of the text ``data[start:end]``, which is part of the value at ``position``."""
    try:
        return json.dumps(data[start:end].decode(), ensure_ascii=False)
    except UnicodeDecodeError:
        return _invalid(kind, data, position, start, end, note)


def _invalid(kind: int, data: bytes, position: int, start: int, end: int, note: Note) -> str:
    note("the text is not UTF-8", "UTF-8", f"other bytes in a {values.TYPE_NAMES[kind]}", position)
    return f'{{"$invalidUtf8":"{data[start:end].hex()}"}}'


def _binary(data: bytes, start: int, end: int) -> str:
    subtype = data[start + 4]
    content = start + (9 if subtype == 2 else 5)  # noqa: PLR2004 - the old subtype has a second length inside
    encoded = b2a_base64(data[content:end], newline=False).decode()
    return f'{{"$binary":{{"base64":"{encoded}","subType":"{subtype:02x}"}}}}'
