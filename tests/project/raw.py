"""BSON written byte by byte, since PyMongo's encoder refuses what these tests are about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from struct import pack
from typing import Any

from intact.core import values


@dataclass(frozen=True, slots=True)
class Value:
    """A BSON value: its type code, and its content as :func:`payload` takes it."""

    kind: int
    content: Any = None


Fields = list[tuple[bytes, Value]]


def text(content: str | bytes, kind: int = values.STRING) -> Value:
    """A string, or a symbol or code."""
    return Value(kind, content.encode() if isinstance(content, str) else content)


def obj(*fields: tuple[str, Value]) -> Value:
    """An embedded document."""
    return Value(values.OBJECT, [(name.encode(), value) for name, value in fields])


def arr(*items: Value) -> Value:
    """An array."""
    return Value(values.ARRAY, list(items))


def integer(number: int) -> Value:
    """An int32."""
    return Value(values.INT, number)


def long(number: int) -> Value:
    """An int64."""
    return Value(values.LONG, number)


def double(number: float) -> Value:
    """A double."""
    return Value(values.DOUBLE, number)


def decimal(coefficient: int, exponent: int = 0, *, negative: bool = False) -> Value:
    """A decimal128 by its parts."""
    return Value(values.DECIMAL, negative << 127 | (exponent + 6176) << 113 | coefficient)


NULL = Value(values.NULL)
UNDEFINED = Value(values.UNDEFINED)
TRUE = Value(values.BOOL, 1)
FALSE = Value(values.BOOL, 0)


def string(content: bytes) -> bytes:
    """A string with its length and zero byte."""
    return pack("<i", len(content) + 1) + content + b"\0"


def payload(value: Value) -> bytes:  # noqa: C901, PLR0912 - a case a type
    """The bytes of a value."""
    content = value.content
    match value.kind:
        case values.DOUBLE:
            return pack("<d", content)
        case values.STRING | values.SYMBOL | values.CODE:
            return string(bytes(content))
        case values.OBJECT:
            return frame(b"".join(element(name, each) for name, each in content))
        case values.ARRAY:
            return frame(b"".join(element(b"%d" % at, each) for at, each in enumerate(content)))
        case values.BINARY:
            subtype, data = content
            inner = pack("<i", len(data)) + data if subtype == 2 else data
            return pack("<iB", len(inner), subtype) + bytes(inner)
        case values.BOOL:
            return bytes((content,))
        case values.DATE | values.LONG:
            return pack("<q", content)
        case values.INT:
            return pack("<i", content)
        case values.TIMESTAMP:
            seconds, increment = content
            return pack("<II", increment, seconds)
        case values.REGEX:
            pattern, options = content
            return bytes(pattern + b"\0" + options + b"\0")
        case values.DB_POINTER:
            name, identity = content
            return string(name) + bytes(identity)
        case values.CODE_WITH_SCOPE:
            code, scope = content
            inside = string(code) + payload(Value(values.OBJECT, scope))
            return pack("<i", len(inside) + 4) + inside
        case values.DECIMAL:
            return int(content).to_bytes(16, "little")
        case values.OBJECT_ID:
            return bytes(content)
    return b""


def element(name: bytes, value: Value) -> bytes:
    """A field."""
    return bytes((value.kind,)) + name + b"\0" + payload(value)


def frame(inside: bytes) -> bytes:
    """A document around its elements."""
    return pack("<i", len(inside) + 5) + inside + b"\0"


def document(*fields: tuple[str, Value]) -> bytes:
    """A document."""
    return payload(obj(*fields))


def documents(fields: Iterable[Fields]) -> bytes:
    """Documents end to end."""
    return b"".join(payload(Value(values.OBJECT, each)) for each in fields)
