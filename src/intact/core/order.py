"""MongoDB's order of values, over their canonical text (:mod:`intact.core.values`).

Types come first, in the order of MongoDB's documentation: MinKey, null (and undefined), numbers, strings and symbols,
objects, arrays, binary data, ObjectIds, booleans, dates, timestamps, regular expressions, pointers, code, code with a
scope, MaxKey.
Strings compare by their UTF-8 bytes, binary data by length, subtype, then bytes, embedded documents field by field:
the type of the value first, then the name, then the value.

A key is one flat tuple, whatever is nested in the value, since Python compares nested tuples by recursion. Up to the
first difference two keys have the same shape, so only parts of one type are ever compared.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from json import JSONDecoder
from typing import Any, Final

OrderKey = tuple[Any, ...]

_END: Final = -1  # of an embedded document or array: what has further elements is greater
_MIN, _NULL, _NUMBER, _STRING, _OBJECT, _ARRAY, _BINARY, _OBJECT_ID, _BOOL, _DATE, _TIMESTAMP = range(11)
_REGEX, _POINTER, _CODE, _CODE_WITH_SCOPE, _MAX = range(11, 16)
_AFTER_ALL: Final = 16  # stands for what cannot be told of an object nested too deeply

_SMALLEST, _LARGEST = Decimal("-Infinity"), Decimal("Infinity")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NOT_UTF8: Final = "$invalidUtf8"
_OBJECT_ID_BEGINS: Final = '${"$oid":"'
_NUMBER_TEXT: Final = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?")
_CONSTANTS: Final[dict[str, OrderKey]] = {
    "n": (4, _NULL),
    "t": (4, _BOOL, True),
    "f": (5, _BOOL, False),
}
"""How many characters ``null``, ``true`` and ``false`` have, and their keys, by their first letter."""

_raw_decode: Final = JSONDecoder().raw_decode


def order_key(text: str | None) -> OrderKey:
    """Return a key by which canonical texts sort as MongoDB sorts their values. None sorts as null."""
    if text is None:
        return (_NULL,)
    if not text.startswith("$"):
        return (_STRING, _bytes(text))
    if text.startswith(_OBJECT_ID_BEGINS):
        return (_OBJECT_ID, text[len(_OBJECT_ID_BEGINS) : -2])
    return tuple(_Keys(text).parts)


class _Keys:
    """Walks through a canonical text once, from left to right, and lists the parts of its key.

    The stack of what is open is kept here, since a value may be nested more deeply than Python calls go.
    """

    def __init__(self, text: str) -> None:
        self.parts: list[Any] = []
        self._text = text
        self._at = 1
        self._open: list[str] = []  # how each open object or array ends
        self._value()
        while self._open:
            self._next()

    def _next(self) -> None:
        """Take the next element of the innermost object or array, or its end."""
        closing, text = self._open[-1], self._text
        if text.startswith(closing, self._at):
            self._at += len(closing)
            self._open.pop()
            self.parts.append(_END)
            return
        if text[self._at] == ",":
            self._at += 1
        if closing == "]":
            self._value()
            return
        name, self._at = _raw_decode(text, self._at)
        self._at += 1  # the colon
        place = len(self.parts) + 1
        self._value()
        self.parts.insert(place, _name_bytes(name))

    def _value(self) -> None:
        """Take a value; of an object or array only its beginning."""
        text, at = self._text, self._at
        letter = text[at]
        if letter == '"':
            value, self._at = _raw_decode(text, at)
            self.parts += (_STRING, _bytes(value))
        elif letter == "[":
            self._begin(_ARRAY, "]", at + 1)
        elif letter == "{":
            self._braced(at)
        elif letter in _CONSTANTS:
            length, *key = _CONSTANTS[letter]
            self._at = at + length
            self.parts += key
        else:
            self._number(at)

    def _begin(self, type_: int, closing: str, at: int) -> None:
        self.parts.append(type_)
        self._open.append(closing)
        self._at = at

    def _number(self, at: int) -> None:
        found = _NUMBER_TEXT.match(self._text, at)
        if found is None:
            raise ValueError(f"no canonical text of a value: {self._text[:100]!r}")
        self._at = found.end()
        # A number with a point or an exponent names a double: its exact value counts, not that of its text.
        whole = not found[1] and not found[2]
        self.parts += (_NUMBER, 1, Decimal(found[0]) if whole else Decimal(float(found[0])))

    def _braced(self, at: int) -> None:
        """Take an embedded document, or a type that JSON does not have."""
        text = self._text
        if text.startswith('{"$code":', at):
            self._code(at + len('{"$code":'))
            return
        name = _raw_decode(text, at + 1)[0] if text[at + 1] == '"' else ""
        if name not in _SIMPLE:
            self._begin(_OBJECT, "}", at + 1)
            return
        value, self._at = _raw_decode(text, at)
        self.parts += _SIMPLE[name](value[name])

    def _code(self, at: int) -> None:
        value, at = _raw_decode(self._text, at)
        if not self._text.startswith(',"$scope":{', at):
            self.parts += (_CODE, _bytes(value))
            self._at = at + 1
            return
        self._begin(_CODE_WITH_SCOPE, "}}", at + len(',"$scope":{'))
        self.parts.append(_bytes(value))


def _bytes(text: Any) -> bytes:
    """Return the bytes of a text, or those that are no UTF-8."""
    if isinstance(text, dict):
        return bytes.fromhex(text[_NOT_UTF8])
    return str(text).encode("utf-8", "surrogatepass")


def _name_bytes(name: str) -> bytes:
    """Return the bytes of a field name: one that begins with ``$`` was given one more."""
    if name.startswith(_NOT_UTF8 + ":"):
        return bytes.fromhex(name[len(_NOT_UTF8) + 1 :])
    return _bytes(name.removeprefix("$"))


def _double(text: str) -> OrderKey:
    """NaN sorts before all numbers, the infinities at the ends."""
    if text == "NaN":
        return (_NUMBER, 0, Decimal(0))
    return (_NUMBER, 1, _LARGEST if text == "Infinity" else _SMALLEST)


def _binary(inside: dict[str, str]) -> OrderKey:
    data = base64.b64decode(inside["base64"])
    return (_BINARY, len(data), int(inside["subType"], 16), data)


def _date(inside: Any) -> OrderKey:
    if isinstance(inside, dict):
        return (_DATE, int(inside["$numberLong"]))
    return (_DATE, (datetime.fromisoformat(inside) - _EPOCH) // timedelta(milliseconds=1))


def _pointer(inside: dict[str, Any]) -> OrderKey:
    namespace = _bytes(inside["$ref"])
    return (_POINTER, len(namespace), namespace, inside["$id"]["$oid"])


_SIMPLE: Final[dict[str, Callable[[Any], OrderKey]]] = {
    "$minKey": lambda _: (_MIN,),
    "$maxKey": lambda _: (_MAX,),
    "$undefined": lambda _: (_NULL,),
    "$oid": lambda inside: (_OBJECT_ID, inside),
    "$numberDecimal": lambda inside: (_NUMBER, 1, Decimal(inside)),
    "$numberDouble": _double,
    "$binary": _binary,
    "$date": _date,
    "$timestamp": lambda inside: (_TIMESTAMP, inside["t"], inside["i"]),
    "$regularExpression": lambda inside: (_REGEX, _bytes(inside["pattern"]), _bytes(inside["options"])),
    "$dbPointer": _pointer,
    _NOT_UTF8: lambda inside: (_STRING, bytes.fromhex(inside)),
    "$tooDeep": lambda inside: (_OBJECT, _AFTER_ALL, inside),
}
"""The types that JSON does not have, by the name of their only field: from what is in it to the parts of the key."""
