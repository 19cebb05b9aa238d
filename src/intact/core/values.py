"""The identity of a BSON value: what type it is of, and which value, by MongoDB's equality.

**Kinds** are BSON's own type codes; :data:`ABSENT` is 0, a code that BSON does not use.

**Canonical text** names a value so that two values are equal to MongoDB exactly if their texts are equal:

* a string (or symbol) is its own text; a string that begins with ``$`` is written ``$`` + JSON string;
* anything else is ``$`` + its relaxed Extended JSON with numbers normalised, without white space:
  ``$5``, ``$0.5``, ``$true``, ``${"$oid":"…"}``, ``$[1,"a"]``, ``${"a":1}``;
* numbers are named by exact value, whatever their BSON type. A whole number below 2**64 in size is its digits. Another
  number that a double holds exactly is the shortest text that gives this double (``0.1``, ``1e+300``). What only a
  decimal can hold is ``{"$numberDecimal":"…"}`` in lowest terms. ``-0.0`` is 0; all NaN are one
  ``{"$numberDouble":"NaN"}``; infinities are ``{"$numberDouble":"Infinity"}`` and ``"-Infinity"``;
* in an embedded document the names stay in order, and a name that begins with ``$`` gets one more ``$``, so no document
  can pass for an ObjectId;
* a string that is not UTF-8 is ``${"$invalidUtf8":"<hex>"}``.

Source of the rules: MongoDB's comparison order and the Extended JSON v2 specification.
"""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal
from typing import Final

from intact.core.amounts import EXACT

ABSENT: Final = 0
DOUBLE: Final = 0x01
STRING: Final = 0x02
OBJECT: Final = 0x03
ARRAY: Final = 0x04
BINARY: Final = 0x05
UNDEFINED: Final = 0x06
OBJECT_ID: Final = 0x07
BOOL: Final = 0x08
DATE: Final = 0x09
NULL: Final = 0x0A
REGEX: Final = 0x0B
DB_POINTER: Final = 0x0C
CODE: Final = 0x0D
SYMBOL: Final = 0x0E
CODE_WITH_SCOPE: Final = 0x0F
INT: Final = 0x10
TIMESTAMP: Final = 0x11
LONG: Final = 0x12
DECIMAL: Final = 0x13
MAX_KEY: Final = 0x7F
MIN_KEY: Final = 0xFF

TYPE_NAMES: Final[dict[int, str]] = {
    ABSENT: "missing",
    DOUBLE: "double",
    STRING: "string",
    OBJECT: "object",
    ARRAY: "array",
    BINARY: "binData",
    UNDEFINED: "undefined",
    OBJECT_ID: "objectId",
    BOOL: "bool",
    DATE: "date",
    NULL: "null",
    REGEX: "regex",
    DB_POINTER: "dbPointer",
    CODE: "javascript",
    SYMBOL: "symbol",
    CODE_WITH_SCOPE: "javascriptWithScope",
    INT: "int",
    TIMESTAMP: "timestamp",
    LONG: "long",
    DECIMAL: "decimal",
    MAX_KEY: "maxKey",
    MIN_KEY: "minKey",
}
"""Names of the kinds as MongoDB's ``$type`` operator has them."""

NULL_KINDS: Final = (ABSENT, UNDEFINED, NULL)
"""Kinds that a query for null finds: such a value is a missing link, and a missing amount is 0."""

WHITE_SPACE: Final = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""What Unicode calls white space (property White_Space)."""

JsonValue = None | bool | int | float | Decimal | str | list["JsonValue"] | dict[str, "JsonValue"]

_WHOLE_LIMIT: Final = 1 << 64
CUT: Final = "\u2026"
"""Ends canonical text that was cut because it is only shown."""
NAN_TEXT: Final = '{"$numberDouble":"NaN"}'


def string_text(value: str) -> str:
    """Return the canonical text of a string."""
    return "$" + json.dumps(value, ensure_ascii=False) if value.startswith("$") else value


def double_text(value: float) -> str:
    """Return the canonical number (without its leading ``$``) of a double."""
    if value.is_integer() and abs(value) < _WHOLE_LIMIT:
        return str(int(value))
    if math.isfinite(value):
        return repr(value)
    if math.isnan(value):
        return NAN_TEXT
    return '{"$numberDouble":"Infinity"}' if value > 0 else '{"$numberDouble":"-Infinity"}'


def decimal_text(value: Decimal) -> str:
    """Return the canonical number (without its leading ``$``) of a decimal128."""
    if value.is_nan():
        return NAN_TEXT
    if value.is_infinite():
        return double_text(float(value))
    if not value:
        return "0"
    lowest = value.normalize(EXACT)
    if int(lowest.as_tuple().exponent) >= 0 and abs(lowest) < _WHOLE_LIMIT:
        return str(int(lowest))
    near = float(lowest)
    if math.isfinite(near) and Decimal(near) == lowest:
        return repr(near)
    return f'{{"$numberDecimal":"{lowest}"}}'


LARGE_WHOLE: Final = r'\$(-?\d(?:\.\d+)?e\+\d+)|\$\{"\$numberDecimal":"(-?[0-9.]+(?:E\+[0-9]+)?)"\}'
"""Matches the canonical text of every whole number of 2**64 and more, and of some others."""

_SMALL_WHOLE: Final = re.compile(r"\$-?\d+")
_LARGE_WHOLE: Final = re.compile(LARGE_WHOLE)


def whole_digits(text: str) -> str | None:
    """Return the digits of a whole number, of any type and size, from its canonical text; None for anything else."""
    if _SMALL_WHOLE.fullmatch(text):
        return text[1:]
    found = _LARGE_WHOLE.fullmatch(text)
    if not found:
        return None
    digits = format(Decimal(float(found[1])) if found[1] else Decimal(found[2]), "f")
    return None if "." in digits else digits


_DECODE: Final = json.JSONDecoder().decode  # made once: json.loads() with options makes one for each text


def shown(text: str | None) -> JsonValue:
    """Turn canonical text into the JSON value by which findings show it.

    A string as it is, an integer as a number, anything else in relaxed Extended JSON; None for None.
    """
    if text is None or not text.startswith("$"):
        return text
    if text.endswith(CUT):  # no JSON ends like this
        return text[1:]
    value = _DECODE(text[1:])
    return _plain_names(value) if isinstance(value, dict | list) else value


def _plain_names(value: JsonValue) -> JsonValue:
    """Take the extra ``$`` from the names of embedded documents."""
    if isinstance(value, list):
        return [_plain_names(each) for each in value]
    if isinstance(value, dict):
        return {
            (name[1:] if name.startswith("$$") else name): _plain_names(each) for name, each in value.items()
        }
    return value
