r"""Values as mongosh reads and writes them: ``ObjectId("65a0…")``, ``UUID("…")``, ``ISODate("…")``, ``{a: 1}``.

What people are shown of an id, and what stands in a query, is written here, so that it can be pasted. Whatever a
value or a name holds (quotes, line breaks, code), it stays a literal: nothing in it is run.
"""

from __future__ import annotations

import json
import re
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Callable
from typing import Final

from intact.core.values import JsonValue

UNSEEN: Final = re.compile("[\u034f\u115f\u1160\u2800\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""Characters without a picture that Unicode files under letters, marks or symbols."""

_NAME: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_COLLECTION: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_OBJECT_ID: Final = re.compile(r"[0-9a-f]{24}")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
_UUID_SUBTYPE: Final = 4
_UUID_BYTES: Final = 16
_EXACT: Final = 1 << 53
"""Whole numbers up to this size are exact as a number of JavaScript."""
_LONG: Final = 1 << 63
_TIMES: Final = 8_640_000_000_000_000
"""Milliseconds around 1970 that a date of JavaScript can have."""
_DOUBLES: Final = {"NaN": "NaN", "Infinity": "Infinity", "-Infinity": "-Infinity"}
_METHODS: Final = re.compile(
    "(get|set|create|drop|run|admin|print|current|kill|fsync|server|host|is|clone|copy|change|update|remove|grant|revoke"
    "|enable|disable|list|command|rotate|shutdown|check|repair|write)[A-Z].*|help|version|hello|stats|watch|auth|sql"
    "|logout|aggregate|constructor|toString|valueOf|hasOwnProperty|propertyIsEnumerable|toLocaleString|toJSON|emit"
    "|on|once|off|then"
)
"""What a database of the shell may have of its own: a collection of that name is not found behind ``db.``."""


def text(value: str) -> str:
    """Write a text as a literal: one line of visible characters, whatever it holds.

    Quotes are double, or single where the text has double ones, as the shell chooses them: a backslash is needed less.
    """
    quote = "'" if '"' in value and "'" not in value else '"'
    if value.isascii() and value.isprintable() and "\\" not in value and quote not in value:
        return f"{quote}{value}{quote}"
    return f"{quote}{''.join(_escaped(char, quote) for char in value)}{quote}"


def _escaped(char: str, quote: str) -> str:
    if char in ("\\", quote):
        return f"\\{char}"
    if char.isprintable() and not UNSEEN.match(char):
        return char
    return json.dumps(char)[1:-1]  # JSON's escapes are JavaScript's


def key(name: str) -> str:
    """Write a field name within ``{}``: bare where it can be."""
    if name == "__proto__":  # as a plain key this would be the object's prototype, and no field
        return f"[{text(name)}]"
    return name if _NAME.fullmatch(name) else text(name)


def collection(name: str) -> str:
    """Name a collection, whatever characters its name has."""
    plain = _COLLECTION.fullmatch(name) and not _METHODS.fullmatch(name)
    return f"db.{name}" if plain else f"db.getCollection({text(name)})"


def literal(value: JsonValue) -> str:
    """Write a finding's value (relaxed Extended JSON) as the shell does.

    A number is its digits where JavaScript's are exact, else ``NumberLong("…")`` or ``NumberDecimal("…")``. What the
    shell has no literal for is read by ``EJSON.deserialize``.
    """
    if isinstance(value, str):
        return text(value)
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, list):
        return f"[{', '.join(literal(each) for each in value)}]"
    if isinstance(value, dict):
        return _typed(value) or f"{{{', '.join(f'{key(name)}: {literal(value[name])}' for name in value)}}}"
    if isinstance(value, int):
        return _whole(value)
    if isinstance(value, float):
        return repr(value)
    # A decimal is an amount, or a double that was read from a report.
    whole = value == value.to_integral_value() and abs(value) < _LONG
    return _whole(int(value)) if whole else str(value)


def _whole(whole: int) -> str:
    if abs(whole) <= _EXACT:
        return str(whole)
    if -_LONG <= whole < _LONG:
        return f'NumberLong("{whole}")'
    return str(whole) if float(whole) == whole else f'NumberDecimal("{whole}")'


def _typed(value: dict[str, JsonValue]) -> str:
    """Write what Extended JSON has an object for; empty for a document, also one that only looks like such."""
    names = list(value)
    writer = _TYPES.get(names[0]) if names and names[1:] in ([], ["$scope"]) else None
    return writer(value) if writer and (len(names) == 1 or writer is _code) else ""


def _of_text(name: str, shape: re.Pattern[str], function: str) -> Callable[[dict[str, JsonValue]], str]:
    def write(value: dict[str, JsonValue]) -> str:
        given = value[name]
        return f"{function}({text(given)})" if isinstance(given, str) and shape.fullmatch(given) else ""

    return write


def _date(value: dict[str, JsonValue]) -> str:
    given = value["$date"]
    if isinstance(given, str) and _DATE.fullmatch(given):
        return f"ISODate({text(given)})"
    digits = given.get("$numberLong") if isinstance(given, dict) else None
    if not isinstance(digits, str) or not re.fullmatch(r"-?\d+", digits):
        return ""
    return f"new Date({digits})" if abs(int(digits)) <= _TIMES else _deserialized(value)


def _binary(value: dict[str, JsonValue]) -> str:
    given = value["$binary"]
    if not isinstance(given, dict) or set(given) != {"base64", "subType"}:
        return ""
    content, subtype = given["base64"], given["subType"]
    if (
        not isinstance(content, str)
        or not isinstance(subtype, str)
        or not re.fullmatch("[0-9a-f]{2}", subtype)
    ):
        return ""
    try:
        data = a2b_base64(content, strict_mode=True)
    except (Base64Error, ValueError):
        return ""
    if int(subtype, 16) == _UUID_SUBTYPE and len(data) == _UUID_BYTES:
        return _uuid(data.hex())
    return f"Binary.createFromBase64({text(content)}, {int(subtype, 16)})"


def _uuid(digits: str) -> str:
    parts = digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]
    return f'UUID("{"-".join(parts)}")'


def _double(value: dict[str, JsonValue]) -> str:
    return _DOUBLES.get(str(value["$numberDouble"]), "")


def _timestamp(value: dict[str, JsonValue]) -> str:
    given = value["$timestamp"]
    if not isinstance(given, dict) or list(given) != ["t", "i"]:
        return ""
    seconds, increment = given["t"], given["i"]
    numbers = isinstance(seconds, int) and isinstance(increment, int)
    return f"Timestamp({{t: {seconds}, i: {increment}}})" if numbers else ""


def _regex(value: dict[str, JsonValue]) -> str:
    given = value["$regularExpression"]
    if not isinstance(given, dict) or list(given) != ["pattern", "options"]:
        return ""
    pattern, options = given["pattern"], given["options"]
    texts = isinstance(pattern, str) and isinstance(options, str)
    return f"BSONRegExp({literal(pattern)}, {literal(options)})" if texts else ""


def _code(value: dict[str, JsonValue]) -> str:
    given, scope = value["$code"], value.get("$scope")
    if not isinstance(given, str):
        return ""
    return f"Code({text(given)}, {literal(scope)})" if isinstance(scope, dict) else f"Code({text(given)})"


def _deserialized(value: JsonValue) -> str:
    """Write a value that the shell has no literal for."""
    return f"EJSON.deserialize({_plain(value)})"


def _plain(value: JsonValue) -> str:
    """Write Extended JSON itself as a literal."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key(name)}: {_plain(value[name])}' for name in value)}}}"
    return literal(value)


_TYPES: Final[dict[str, Callable[[dict[str, JsonValue]], str]]] = {
    "$oid": _of_text("$oid", _OBJECT_ID, "ObjectId"),
    "$date": _date,
    "$binary": _binary,
    "$uuid": _of_text("$uuid", re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "UUID"),
    "$numberLong": _of_text("$numberLong", re.compile(r"-?\d+"), "NumberLong"),
    "$numberDecimal": _of_text("$numberDecimal", _NUMBER, "NumberDecimal"),
    "$numberDouble": _double,
    "$timestamp": _timestamp,
    "$regularExpression": _regex,
    "$code": _code,
    "$symbol": _of_text("$symbol", re.compile(".*", re.DOTALL), "BSONSymbol"),
    "$dbPointer": _deserialized,
    "$undefined": lambda _: "undefined",
    "$minKey": lambda _: "MinKey()",
    "$maxKey": lambda _: "MaxKey()",
}
"""What writes the values that Extended JSON has an object for, by the first name in it."""
