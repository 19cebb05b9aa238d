"""One Extended JSON document as BSON: canonical, relaxed, and the first version's forms.

Types survive: an integer becomes the smallest integer that holds it, a number with a point a double, a UUID stays
the binary that it is. What Python's ``bson`` cannot build (``undefined``, symbols, DBPointers, a field given twice)
is built here, byte by byte, for these documents only.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from struct import Struct
from typing import Any, Final
from uuid import UUID

import bson
from bson.binary import Binary
from bson.datetime_ms import DatetimeMS
from bson.errors import BSONError
from bson.int64 import Int64
from bson.json_util import JSONOptions, object_hook
from bson.objectid import ObjectId

from intact.sources.files.bson_head import LARGEST

_SIZE: Final = Struct("<i")
_OPTIONS: Final = JSONOptions(tz_aware=False)
_INFINITY: Final = b"\0\0\0\0\0\0\xf0\x7f"
_MINUS_INFINITY: Final = b"\0\0\0\0\0\0\xf0\xff"
_LEGACY_SUBTYPE: Final = 8
"""How many digits mongoexport once wrote for a subtype above 7f: ffffff80 for 80."""

_WHOLE: Final = re.compile(r"[+-]?[0-9]+")
_UNDEFINED, _DB_POINTER, _SYMBOL = 0x06, 0x0C, 0x0E
_DOCUMENT, _ARRAY = 0x03, 0x04


class JsonError(Exception):
    """A text that is no Extended JSON document. The message is a clause, and quotes nothing of the data.

    Args:
        message: What is wrong.
        syntax: Whether it is not even JSON, as a text is that breaks off.
    """

    def __init__(self, message: str, *, syntax: bool = False) -> None:
        super().__init__(message)
        self.syntax = syntax


@dataclass(frozen=True, slots=True)
class _Raw:
    """A value as its BSON bytes."""

    code: int
    data: bytes


@dataclass(frozen=True, slots=True)
class _Repeated:
    """An object that has a name twice."""

    pairs: list[tuple[str, Any]]


_WRONG: Final = (BSONError, ValueError, TypeError, ArithmeticError, LookupError, AttributeError)
"""What ``bson`` and ``json`` raise on values that are not what they claim to be."""


class Decoder:
    """Reads documents out of text, and hands them on as BSON."""

    def __init__(self) -> None:
        self._scan = json.JSONDecoder(object_pairs_hook=self._object).raw_decode
        self._by_hand = False

    def decode(self, text: str, at: int) -> tuple[bytes, int]:
        """Read the document that begins at a place of the text.

        Returns:
            The document as BSON, and where in the text it ends.

        Raises:
            JsonError: If there is none.
        """
        self._by_hand = False
        try:
            value, end = self._scan(text, at)
            if isinstance(value, _Repeated) or (isinstance(value, dict) and self._by_hand):
                data = _document(value)
            elif isinstance(value, dict):
                data = bson.encode(value)
            else:
                raise JsonError("it is a value, and not a document")
            if _INFINITY in data or _MINUS_INFINITY in data:
                _refuse_overflow(text[at:end])
        except json.JSONDecodeError as error:
            raise JsonError(f"it is not JSON ({error.msg})", syntax=True) from error
        except RecursionError as error:
            raise JsonError("it is nested too deep") from error
        except UnicodeError as error:
            raise JsonError("it holds text that is not UTF-8") from error
        except OverflowError as error:
            raise JsonError("it holds an integer of more than 64 bits") from error
        except _WRONG as error:
            raise JsonError("it holds what BSON cannot hold") from error
        if len(data) > LARGEST:
            raise JsonError("it is larger than a document can be")
        return data, end

    def _object(self, pairs: list[tuple[str, Any]]) -> Any:
        """Make of an object what it stands for: the readers of ``$`` keys see the first of equal names."""
        document = dict(pairs)
        if pairs and pairs[0][0].startswith("$"):
            wrapper = dict(reversed(pairs))
            for key in wrapper:
                if (reader := _READERS.get(key)) is not None:
                    value = _unwrap(reader, key, wrapper)
                    self._by_hand = self._by_hand or isinstance(value, _Raw)
                    return value
        if len(document) < len(pairs):
            self._by_hand = True
            return _Repeated(pairs)
        return document


def _unwrap(reader: Callable[[dict[str, Any]], Any], key: str, wrapper: dict[str, Any]) -> Any:
    try:
        return reader(wrapper)
    except _WRONG as error:
        raise JsonError(f"it holds a {key} that is none") from error


def _refuse_overflow(text: str) -> None:
    """Tell a number too large for a double from an infinity that is meant."""

    def number(digits: str) -> float:
        if float(digits) in (float("inf"), float("-inf")):
            raise JsonError("it holds a number too large for a double")
        return 0.0

    json.loads(text, parse_float=number)


def _document(value: Any) -> bytes:
    """Encode a document by hand."""
    pairs: Iterable[tuple[str, Any]] = value.pairs if isinstance(value, _Repeated) else value.items()
    return _framed(pairs)


def _framed(pairs: Iterable[tuple[str, Any]]) -> bytes:
    body = b"".join(_element(name, value) for name, value in pairs)
    return _SIZE.pack(_SIZE.size + len(body) + 1) + body + b"\0"


def _element(name: str, value: Any) -> bytes:
    if isinstance(value, _Raw):
        return bytes([value.code]) + _name(name) + value.data
    if isinstance(value, dict | _Repeated):
        return bytes([_DOCUMENT]) + _name(name) + _document(value)
    if isinstance(value, list):
        return bytes([_ARRAY]) + _name(name) + _framed((str(index), item) for index, item in enumerate(value))
    return bson.encode({name: value})[_SIZE.size : -1]


def _name(name: str) -> bytes:
    if "\0" in name:
        raise ValueError("a name with a zero byte")
    return name.encode() + b"\0"


def _text(value: str) -> bytes:
    data = value.encode() + b"\0"
    return _SIZE.pack(len(data)) + data


def _object_id(wrapper: dict[str, Any]) -> ObjectId:
    (text,) = wrapper.values()
    if not isinstance(text, str):
        raise TypeError("no text")
    return ObjectId(text)


def _date(wrapper: dict[str, Any]) -> datetime | DatetimeMS:
    (value,) = wrapper.values()
    if isinstance(value, str):
        moment = datetime.fromisoformat(value)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("no date")
    return DatetimeMS(int(value))


def _binary(wrapper: dict[str, Any]) -> Any:
    content, subtype = wrapper["$binary"], wrapper.get("$type")
    if subtype is None:
        content, subtype = content["base64"], content["subType"]
    if isinstance(subtype, str):
        digits = subtype[-2:] if len(subtype) == _LEGACY_SUBTYPE and subtype.startswith("ffffff") else subtype
        subtype = int(digits, 16)
    return Binary(base64.b64decode(content, validate=True), subtype)


def _whole(wrapper: dict[str, Any]) -> int:
    ((key, value),) = wrapper.items()
    if isinstance(value, str):
        if _WHOLE.fullmatch(value) is None:
            raise ValueError("no whole number")
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("no whole number")
    return Int64(value) if key == "$numberLong" else value


def _double(wrapper: dict[str, Any]) -> float:
    (text,) = wrapper.values()
    if not isinstance(text, str):
        raise TypeError("no text")
    value = float(text)
    if value in (float("inf"), float("-inf")) and "inf" not in text.lower():
        raise OverflowError("too large for a double")
    return value


def _uuid(wrapper: dict[str, Any]) -> Binary:
    (text,) = wrapper.values()
    return Binary.from_uuid(UUID(text))


def _undefined(wrapper: dict[str, Any]) -> _Raw:
    if list(wrapper.values()) != [True]:
        raise ValueError("not true")
    return _Raw(_UNDEFINED, b"")


def _symbol(wrapper: dict[str, Any]) -> _Raw:
    (text,) = wrapper.values()
    return _Raw(_SYMBOL, _text(text))


def _db_pointer(wrapper: dict[str, Any]) -> _Raw:
    (pointer,) = wrapper.values()
    if set(pointer) != {"$ref", "$id"}:
        raise ValueError("no DBPointer")
    identifier: ObjectId = pointer["$id"]
    return _Raw(_DB_POINTER, _text(pointer["$ref"]) + identifier.binary)


def _library(wrapper: dict[str, Any]) -> Any:
    return object_hook(wrapper, _OPTIONS)


_READERS: Final[dict[str, Callable[[dict[str, Any]], Any]]] = {
    "$oid": _object_id,
    "$date": _date,
    "$binary": _binary,
    "$uuid": _uuid,
    "$numberInt": _whole,
    "$numberLong": _whole,
    "$numberDouble": _double,
    "$undefined": _undefined,
    "$symbol": _symbol,
    "$dbPointer": _db_pointer,
    **dict.fromkeys(
        (
            "$code",
            "$maxKey",
            "$minKey",
            "$numberDecimal",
            "$regex",
            "$regularExpression",
            "$timestamp",
        ),
        _library,
    ),
}
