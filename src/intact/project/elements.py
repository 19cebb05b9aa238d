"""The structure of BSON: where each element of a document lies, with nothing trusted.

Every length is checked against the end of the enclosing document, every terminator and type byte is looked
at, and so are the inner lengths of binary values of subtype 2 and of code with scope. The inside of an
embedded document or array is left to whoever reads it: here it is one value with a length and a final zero
byte. Source: the BSON 1.1 specification.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from struct import Struct
from typing import Final

from intact.core import values

Element = tuple[int, bytes, int, int]
"""Type code, name, and the first and the past-the-end position of the value."""

int32 = Struct("<i").unpack_from

_VARIABLE: Final = -1
_UNKNOWN: Final = -2
FIXED_SIZES: Final = {
    values.DOUBLE: 8,
    values.UNDEFINED: 0,
    values.OBJECT_ID: 12,
    values.BOOL: 1,
    values.DATE: 8,
    values.NULL: 0,
    values.INT: 4,
    values.TIMESTAMP: 8,
    values.LONG: 8,
    values.DECIMAL: 16,
    values.MAX_KEY: 0,
    values.MIN_KEY: 0,
}
_KINDS: Final = frozenset(values.TYPE_NAMES) - {values.ABSENT}
_SIZES: Final = tuple(FIXED_SIZES.get(kind, _VARIABLE if kind in _KINDS else _UNKNOWN) for kind in range(256))
SMALLEST: Final = 5  # the empty document: a length and a zero byte
_OBJECT_ID_SIZE: Final = 12
_OLD_BINARY: Final = 2
_LENGTH_SIZE: Final = 4


class DamageError(Exception):
    """A document whose bytes are not BSON.

    Attributes:
        what: What is wrong, a sentence without full stop.
        expected: What should be there.
        found: What is there.
        position: Where, counted from the beginning of the data.
        path: The names of the fields that lead there, as they are.
    """

    def __init__(self, what: str, expected: str, found: str, position: int) -> None:
        super().__init__(what)
        self.what = what
        self.expected = expected
        self.found = found
        self.position = position
        self.path: tuple[bytes, ...] = ()


def document_end(data: bytes, start: int, limit: int) -> int:
    """Return the end of the document or array that begins at ``start``: by its length, and a zero byte is there.

    Raises:
        DamageError: If it does not end at or before ``limit``, or not with a zero byte.
    """
    length = _length(data, start, limit, SMALLEST, "document")
    end = start + length
    if end > limit:
        raise _too_long("document", length, limit - start, start)
    if data[end - 1]:
        raise DamageError(
            "the document does not end where its length says", "a zero byte", _byte(data[end - 1]), end - 1
        )
    return end


def elements(data: bytes, start: int, end: int) -> Iterator[Element]:
    """Yield the elements of the document or array that fills ``data[start:end]``, up to a break.

    The caller has looked at its length and final zero byte (:func:`document_end`). They are given one by one, since a
    list of them could take a hundred times the memory of a hostile document.

    Raises:
        DamageError: With the name of the element at fault as its path.
    """
    last = end - 1
    at = start + 4
    sizes = _SIZES
    find = data.find
    while at < last:
        kind = data[at]
        name_end = find(b"\0", at + 1, last)
        size = sizes[kind]
        if name_end < 0 or size == _UNKNOWN:
            raise _no_element(data, at, name_end, last)
        value = name_end + 1
        try:
            if size < 0:
                stop = _variable_end(kind, data, value, last)
            else:
                stop = value + size
                if stop > last:
                    raise _too_long(values.TYPE_NAMES[kind], size, last - value, value)
                if kind == values.BOOL and data[value] > 1:
                    raise _no_boolean(data, value)
        except DamageError as damage:
            damage.path = (data[at + 1 : name_end],)
            raise
        yield kind, data[at + 1 : name_end], value, stop
        at = stop


def sound_elements(data: bytes, start: int, end: int) -> Iterator[Element]:
    """Return the same after all of them have been looked at, so that no break comes after the first.

    Raises:
        DamageError: With the name of the element at fault as its path.
    """
    deque(elements(data, start, end), maxlen=0)
    return elements(data, start, end)


def _no_element(data: bytes, at: int, name_end: int, last: int) -> DamageError:
    if not data[at]:
        return DamageError(
            "the document ends before its length says", f"{last - at} more bytes", "a zero byte", at
        )
    if data[at] not in _KINDS:
        damage = DamageError("the type of the field is unknown", "a BSON type", _byte(data[at]), at)
        damage.path = (data[at + 1 : name_end],) if name_end >= 0 else ()
        return damage
    return DamageError(
        "the field name does not end inside its document", "a zero byte", f"{last - at - 1} other bytes", at
    )


def _variable_end(kind: int, data: bytes, value: int, last: int) -> int:
    """Return the end of a value that has a length of its own, or ends with a zero byte."""
    if kind in (values.STRING, values.CODE, values.SYMBOL):
        return string_end(data, value, last)
    if kind in (values.OBJECT, values.ARRAY):
        return document_end(data, value, last)
    if kind == values.BINARY:
        return _binary_end(data, value, last)
    if kind == values.REGEX:
        return _cstring_end(data, _cstring_end(data, value, last), last)
    if kind == values.DB_POINTER:
        end = string_end(data, value, last) + _OBJECT_ID_SIZE
        if end > last:
            raise _too_long("dbPointer", end - value, last - value, value)
        return end
    return _code_with_scope_end(data, value, last)


def string_end(data: bytes, start: int, limit: int) -> int:
    """Return the end of a string with its length before it and a zero byte after it.

    Raises:
        DamageError: If it does not end before ``limit``, or not with a zero byte.
    """
    length = _length(data, start, limit, 1, "string")
    end = start + 4 + length
    if end > limit:
        raise _too_long("string", length, limit - start - 4, start)
    if data[end - 1]:
        raise DamageError(
            "the string does not end where its length says", "a zero byte", _byte(data[end - 1]), end - 1
        )
    return end


def _cstring_end(data: bytes, start: int, limit: int) -> int:
    end = data.find(b"\0", start, limit)
    if end < 0:
        raise DamageError(
            "the regular expression does not end", "a zero byte", f"{limit - start} other bytes", start
        )
    return end + 1


def _binary_end(data: bytes, start: int, limit: int) -> int:
    length = _length(data, start, limit, 0, "binData")
    end = start + 5 + length
    if end > limit:
        raise _too_long("binData", length, max(limit - start - 5, 0), start)
    if data[start + 4] == _OLD_BINARY:
        expected = max(length - _LENGTH_SIZE, 0)
        inner = int32(data, start + 5)[0] if length >= _LENGTH_SIZE else -1
        if inner != expected:
            raise DamageError(
                "the two lengths of the binData disagree", f"{expected} bytes", f"{inner} bytes", start
            )
    return end


def _code_with_scope_end(data: bytes, start: int, limit: int) -> int:
    length = _length(data, start, limit, 4 + 5 + SMALLEST, "javascriptWithScope")
    end = start + length
    if end > limit:
        raise _too_long("javascriptWithScope", length, limit - start, start)
    scope = string_end(data, start + 4, end)
    if document_end(data, scope, end) != end:
        inner = int32(data, scope)[0]
        raise DamageError(
            "the scope does not fill its javascriptWithScope", f"{end - scope} bytes", f"{inner} bytes", scope
        )
    return end


def _length(data: bytes, start: int, limit: int, smallest: int, name: str) -> int:
    """Read a length that must be at least ``smallest``."""
    if start + 4 > limit:
        raise _too_long(name, 4, max(limit - start, 0), start)
    length: int = int32(data, start)[0]
    if length < smallest:
        raise DamageError(
            f"the length of the {name} cannot be right", f"at least {smallest}", str(length), start
        )
    return length


def _too_long(name: str, needed: int, room: int, position: int) -> DamageError:
    return DamageError(
        f"the {name} runs past the end of its document", f"at most {room} bytes", f"{needed} bytes", position
    )


def _no_boolean(data: bytes, value: int) -> DamageError:
    return DamageError("the boolean is neither true nor false", "byte 0 or 1", _byte(data[value]), value)


def _byte(value: int) -> str:
    return f"byte 0x{value:02x}"
