"""Reads what mongosh reads: literals of JavaScript and the shell's own, as relaxed Extended JSON.

A reader of its own, which shares no code with what writes them; an error says that a text is no literal.
"""

from __future__ import annotations

import base64
import re
import uuid
from decimal import Decimal
from typing import Any

_STRING = re.compile(r'"((?:[^"\\\n\r\u2028\u2029]|\\.)*)"|\'((?:[^\'\\\n\r\u2028\u2029]|\\.)*)\'')
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)", re.DOTALL)
_PLAIN = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_NUMBER = re.compile(r"-?(\d+(\.\d+)?([eE][+-]?\d+)?|Infinity)|NaN")
_WORD = re.compile(r"[A-Za-z_$][\w$]*(\.[A-Za-z]\w*)?", re.ASCII)
_REGEX = re.compile(r"/((?:[^/\\\n\r\u2028\u2029]|\\[^\n\r\u2028\u2029])+)/([a-z]*)")
_CONSTANTS = {"true": True, "false": False, "null": None, "undefined": {"$undefined": True}}


def read(text: str) -> Any:
    """Read one literal, and nothing behind it."""
    reader = Reader(text)
    value = reader.value()
    assert reader.place == len(text), f"more behind a literal: {text[reader.place :]!r}"
    return value


def read_query(text: str) -> list[tuple[str, str, list[Any]]]:
    """Read queries, and nothing but queries: collection, method, arguments."""
    reader = Reader(text)
    found = []
    while reader.place < len(text):
        if reader.seen("db.getCollection("):
            name = reader.string()
            reader.take(")")
            reader.take(".")
            method = reader.word()
        else:
            reader.take("db.")
            name, method = reader.word().split(".")
        assert method in {"find", "aggregate"}, method
        reader.take("(")
        found.append((name, method, reader.many(")", reader.value)))
        reader.spaces()
    return found


class Reader:
    """Reads literals from a text, one after the other."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0

    def value(self) -> Any:
        self.spaces()
        if self.seen("["):
            return self.many("]", self.value)
        if self.seen("{"):
            return dict(self.many("}", self._member))
        if found := _REGEX.match(self.text, self.place):
            self.place = found.end()
            return {"$regularExpression": {"pattern": found[1], "options": found[2]}}
        if found := _NUMBER.match(self.text, self.place):
            self.place = found.end()
            return _number(found[0])
        if self.text[self.place : self.place + 1] in ('"', "'"):
            return self.string()
        word = self.word()
        if word in _CONSTANTS:
            return _CONSTANTS[word]
        if word == "new":
            self.spaces()
            word = f"new {self.word()}"
        self.take("(")
        return _called(word, self.many(")", self.value))

    def string(self) -> str:
        found = _STRING.match(self.text, self.place)
        assert found, f"no text at {self.text[self.place :]!r}"
        self.place = found.end()
        inner = found[1] if found[1] is not None else found[2]
        plain = _ESCAPE.sub(lambda each: _unescaped(each[1]), inner)
        return plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")

    def word(self) -> str:
        found = _WORD.match(self.text, self.place)
        assert found, f"no value at {self.text[self.place :]!r}"
        self.place = found.end()
        return found[0]

    def _member(self) -> tuple[str, Any]:
        self.spaces()
        if self.seen("["):
            name = self.string()
            self.take("]")
        else:
            quoted = self.text[self.place] in "\"'"
            name = self.string() if quoted else self.word()
            assert name != "__proto__", "the prototype is no field"
        self.take(":")
        return name, self.value()

    def many(self, end: str, read_one: Any) -> list[Any]:
        found: list[Any] = []
        while not self.seen(end):
            if found:
                self.take(",")
            found.append(read_one())
        return found

    def spaces(self) -> None:
        while self.text[self.place : self.place + 1] in (" ", "\n"):
            self.place += 1

    def seen(self, mark: str) -> bool:
        self.spaces()
        if not self.text.startswith(mark, self.place):
            return False
        self.place += len(mark)
        return True

    def take(self, mark: str) -> None:
        assert self.seen(mark), f"{mark!r} expected at {self.text[self.place :]!r}"


def _number(text: str) -> Any:
    if text in {"NaN", "Infinity", "-Infinity"}:
        return {"$numberDouble": text}
    return int(text) if re.fullmatch(r"-?\d+", text) else Decimal(text)


def _unescaped(escape: str) -> str:
    if escape[0] in "ux" and len(escape) > 1:
        return chr(int(escape[1:], 16))
    return _PLAIN.get(escape, escape)


def _binary(data: bytes, subtype: int) -> Any:
    return {"$binary": {"base64": base64.b64encode(data).decode(), "subType": f"{subtype:02x}"}}


def _called(name: str, given: list[Any]) -> Any:  # noqa: C901, PLR0912 - a case a function of the shell
    match name, given:
        case "ObjectId", [text] if re.fullmatch("[0-9a-f]{24}", text):
            return {"$oid": text}
        case "UUID", [text]:
            return _binary(uuid.UUID(text).bytes, 4)
        case "ISODate", [text]:
            return {"$date": text}
        case "new Date", [milliseconds]:
            return {"$date": {"$numberLong": str(milliseconds)}}
        case "NumberLong", [text]:
            return int(text)
        case "NumberDecimal", [text]:
            return {"$numberDecimal": text}
        case "Timestamp", [{"t": seconds, "i": increment}]:
            return {"$timestamp": {"t": seconds, "i": increment}}
        case "Binary.createFromBase64", [text, subtype]:
            return _binary(base64.b64decode(text, validate=True), subtype)
        case "BSONRegExp", [pattern, options]:
            return {"$regularExpression": {"pattern": pattern, "options": options}}
        case "Code", [text]:
            return {"$code": text}
        case "Code", [text, scope]:
            return {"$code": text, "$scope": scope}
        case (("MinKey" | "MaxKey"), []):
            return {f"${name[0].lower()}{name[1:]}": 1}
        case "BSONSymbol", [text]:
            return {"$symbol": text}
        case "EJSON.deserialize", [value]:
            return value
    raise AssertionError(f"no function of the shell: {name}({given})")
