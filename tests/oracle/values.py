"""Values as MongoDB sees them: equality, order, JSON form, and their reading as amounts and dates.

Everything here is written for clarity, not for speed, and every number is exact.
"""

import json
import math
import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, Inexact, InvalidOperation, Overflow, localcontext
from fractions import Fraction
from typing import Any, Final, NamedTuple, TypeGuard
from zoneinfo import ZoneInfo

from bson import json_util
from bson.binary import Binary
from bson.code import Code
from bson.datetime_ms import DatetimeMS
from bson.dbref import DBRef
from bson.decimal128 import Decimal128
from bson.int64 import Int64
from bson.max_key import MaxKey
from bson.min_key import MinKey
from bson.objectid import ObjectId
from bson.regex import Regex
from bson.timestamp import Timestamp

Identity = tuple[Any, ...]


class _Mark:
    """A value that a Python dictionary has no word for."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


MISSING: Final = _Mark("MISSING")
"""A field that is not there."""

UNDEFINED: Final = _Mark("UNDEFINED")
"""BSON's deprecated `undefined`, which PyMongo decodes as None."""


class Symbol(str):
    """BSON's deprecated symbol, which PyMongo decodes as a plain string."""

    __slots__ = ()


def first_wins(*pairs: tuple[str, Any]) -> dict[str, Any]:
    """Build a document whose fields may come twice: the first one counts."""
    document: dict[str, Any] = {}
    for name, value in pairs:
        document.setdefault(name, value)
    return document


def is_null(value: Any) -> bool:
    """Whether a query for null sees nothing here: missing, null or undefined."""
    return value is None or value is MISSING or value is UNDEFINED


# ---------------------------------------------------------------------------------------------- text

_WHITE_SPACE: Final = (
    "".join(
        map(
            chr,
            [*range(0x09, 0x0E), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F],
        )
    )
    + "\u205f\u3000"
)


def trim(text: str) -> str:
    """Remove what Unicode calls white space (the property White_Space) from both ends."""
    return text.strip(_WHITE_SPACE)


def is_text(value: Any) -> TypeGuard[str]:
    """Whether the value is a string or a symbol; JavaScript code, a `str` to PyMongo, is none."""
    return isinstance(value, str) and not isinstance(value, Code)


def is_blank(value: Any) -> bool:
    """Whether the value is text without anything in it but white space."""
    return is_text(value) and trim(value) == ""


# ------------------------------------------------------------------------------------------- numbers


def is_number(value: Any) -> bool:
    """Whether the value is an int, a long, a double or a decimal; a boolean is none."""
    return isinstance(value, int | float | Decimal128) and not isinstance(value, bool)


def exact(value: Any) -> Fraction | str:
    """Give the exact value of a number, or one of the words nan, inf and -inf."""
    if isinstance(value, Decimal128):
        decimal = Decimal(str(value))
        if decimal.is_nan():
            return "nan"
        if decimal.is_infinite():
            return "inf" if decimal > 0 else "-inf"
        return Fraction(decimal)
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    return Fraction(value)


def whole(value: Any) -> int | None:
    """Give the integer that a number equals, or None for any other value."""
    if not is_number(value):
        return None
    number = exact(value)
    return number.numerator if isinstance(number, Fraction) and number.denominator == 1 else None


def digits(number: int) -> str:
    """Write an integer in full, however long it is."""
    return format(Decimal(number), "f")


# ------------------------------------------------------------------------------- equality and order


def as_binary(value: Any) -> tuple[int, bytes]:
    """Give the subtype and the bytes of binary data; a bare UUID counts as subtype 4."""
    if isinstance(value, uuid.UUID):
        return 4, value.bytes
    return (value.subtype if isinstance(value, Binary) else 0), bytes(value)


def milliseconds(value: datetime | DatetimeMS) -> int:
    """Give the milliseconds since 1970; a date without a zone is UTC."""
    if isinstance(value, DatetimeMS):
        return int(value)
    aware = value.replace(tzinfo=UTC) if value.tzinfo is None else value
    return (aware - _EPOCH) // timedelta(milliseconds=1)


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def identity(value: Any) -> Identity:
    """Give a hashable that two values share exactly if MongoDB calls them equal."""
    if isinstance(value, DBRef):
        return identity(dict(value.as_doc()))
    kind = order_class(value)
    if isinstance(value, Code):
        return (kind, str(value), None if value.scope is None else identity(dict(value.scope)))
    if isinstance(value, Mapping):
        return (kind, tuple((name, identity(inner)) for name, inner in value.items()))
    if isinstance(value, list):
        return (kind, tuple(identity(inner) for inner in value))
    return (kind, *_scalar_parts(value))


def _scalar_parts(value: Any) -> tuple[Any, ...]:
    """Give what makes a value without inner values equal to another one of its class."""
    if is_null(value) or isinstance(value, MinKey | MaxKey):
        return ()
    if is_number(value):
        return (exact(value),)
    if isinstance(value, str):
        return (str(value),)
    if isinstance(value, bytes | uuid.UUID):
        return as_binary(value)
    if isinstance(value, datetime | DatetimeMS):
        return (milliseconds(value),)
    if isinstance(value, Timestamp):
        return (value.time, value.inc)
    if isinstance(value, Regex):
        return (value.pattern, value.flags)
    return (value,)


_RANKS: Final[list[tuple[Any, int]]] = [
    (str, 3), (bool, 8), ((int, float, Decimal128), 2), (ObjectId, 7), (list, 5), ((Mapping, DBRef), 4),
    ((datetime, DatetimeMS), 9), ((bytes, uuid.UUID), 6), (Timestamp, 10), (Regex, 11), (MinKey, 0),
    (MaxKey, 14),
]  # fmt: skip


def order_class(value: Any) -> int:
    """Give the rank of the value's type in MongoDB's order of types."""
    if is_null(value):
        return 1
    if isinstance(value, Code):
        return 12 if value.scope is None else 13
    for types, rank in _RANKS:
        if isinstance(value, types):
            return rank
    raise TypeError(f"no BSON value: {value!r}")


def order(value: Any) -> Identity:
    """Give a sorting key: values sorted by it stand in MongoDB's order."""
    kind = order_class(value)
    if is_number(value):
        number = exact(value)
        if number == "nan":
            return (kind, 0, 0)
        return (kind, 1, float(number) if isinstance(number, str) else number)
    if isinstance(value, Code):
        scope = () if value.scope is None else (order(dict(value.scope)),)
        return (kind, str(value).encode(), *scope)
    if isinstance(value, str):
        return (kind, value.encode())
    if isinstance(value, bytes | uuid.UUID):
        subtype, data = as_binary(value)
        return (kind, len(data), subtype, data)
    if isinstance(value, DBRef):
        return order(dict(value.as_doc()))
    if isinstance(value, Mapping):
        return (kind, *((order_class(inner), name.encode(), order(inner)) for name, inner in value.items()))
    if isinstance(value, list):
        return (kind, *(order(inner) for inner in value))
    return identity(value)


_TYPE_NAMES: Final[list[tuple[Any, str]]] = [
    (bool, "bool"), (Int64, "long"), (float, "double"), (Decimal128, "decimal"), (Symbol, "symbol"),
    (Code, "javascript"), (str, "string"), (ObjectId, "objectId"), (bytes, "binData"), (uuid.UUID, "binData"),
    (datetime, "date"), (DatetimeMS, "date"), (Timestamp, "timestamp"), (Regex, "regex"), (MinKey, "minKey"),
    (MaxKey, "maxKey"), (list, "array"), (Mapping, "object"), (DBRef, "object"),
]  # fmt: skip


def type_name(value: Any) -> str:
    """Give the value's type as MongoDB's `$type` names it."""
    if value is None or value is MISSING:
        return "null"
    if value is UNDEFINED:
        return "undefined"
    if isinstance(value, Code) and value.scope is not None:
        return "javascriptWithScope"
    for types, name in _TYPE_NAMES:
        if isinstance(value, types):
            return name
    return "int" if -(2**31) <= value < 2**31 else "long"


# ---------------------------------------------------------------------------------------------- JSON


def id_json(value: Any) -> Any:
    """Give the JSON form of an id: text and integers as they are, the rest in relaxed Extended JSON."""
    if is_null(value):
        return None
    if is_number(value):
        return _number_json(value)
    if isinstance(value, Code):
        return _extended(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, list):
        return [id_json(inner) for inner in value]
    if isinstance(value, DBRef):
        return id_json(dict(value.as_doc()))
    if isinstance(value, Mapping):
        return {name: id_json(inner) for name, inner in value.items()}
    return _extended(value)


def shown_json(value: Any) -> Any:
    """Give the JSON form of a value that is only shown: as an id, but a date is ISO 8601 text."""
    if isinstance(value, datetime | DatetimeMS):
        form = _extended(value)["$date"]
        return form if isinstance(form, str) else {"$date": form}
    return id_json(value)


def _number_json(value: Any) -> Any:
    number = exact(value)
    if isinstance(number, str):
        return _extended(float(number))
    if number.denominator == 1:
        return number.numerator
    if isinstance(value, float):
        return value
    if Fraction(float(number)) == number:
        return float(number)
    with localcontext(EXACT):
        return {"$numberDecimal": str(Decimal(str(value)).normalize())}


def _extended(value: Any) -> Any:
    if isinstance(value, datetime):
        value = DatetimeMS(milliseconds(value))
    return json.loads(json_util.dumps(value, json_options=json_util.RELAXED_JSON_OPTIONS))


# ------------------------------------------------------------------------------------------- amounts

EXACT: Final = Context(prec=50_000, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[Inexact, InvalidOperation, Overflow])
"""Enough digits for every sum; a sum that would have to be rounded is an error."""

_PLAIN_DECIMAL: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def total(amounts: list[Decimal]) -> Decimal:
    """Add up exactly."""
    with localcontext(EXACT):
        return sum(amounts, Decimal(0))


def apart(name: str, amounts: list[Decimal]) -> dict[str, Decimal]:
    """Add up what is owed one way, and what is owed the other way as a positive number: neither settles the other."""
    below = total([each.copy_abs() for each in amounts if each < 0])
    return {name: total([each for each in amounts if each > 0])} | (
        {f"{name}_negative": below} if below else {}
    )


def minus(left: Decimal, right: Decimal) -> Decimal:
    """Subtract exactly."""
    with localcontext(EXACT):
        return left - right


def read_amount(value: Any) -> Decimal | None:
    """Read an amount; missing and null are 0, and None says that the value is no amount."""
    if is_null(value):
        return Decimal(0)
    if is_text(value):
        text = trim(value)
        return Decimal(text) if _PLAIN_DECIMAL.fullmatch(text) else None
    if not is_number(value) or isinstance(exact(value), str):
        return None
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(str(value))


# --------------------------------------------------------------------------------------------- dates


class Moment(NamedTuple):
    """A date that was read: its milliseconds since 1970 in UTC, and its month where it names no time of day."""

    ms: int
    fixed: tuple[int, int] | None = None

    def month(self, zone: ZoneInfo) -> tuple[int, int]:
        """Give the calendar month of the date in a time zone; a bare month or day is in its own everywhere."""
        return self.fixed or local_month(self.ms, zone)

    def begin(self, zone: ZoneInfo) -> int:
        """Give when it begins: a month or day without a time begins at midnight in the zone."""
        if self.fixed is None or not _FIRST <= self.ms < _LAST:
            return self.ms
        midnight = (_EPOCH + timedelta(milliseconds=self.ms)).replace(tzinfo=zone)
        return milliseconds(midnight.astimezone(UTC))


_MONTH: Final = re.compile(r"([0-9]{4})-([0-9]{2})")
_ZONE: Final = r"([Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?"
_DATE_FORMS: Final = [
    re.compile(
        r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
        rf"(?:[Tt ]([0-9]{{2}}):([0-9]{{2}})(?::([0-9]{{2}})(?:[.,]([0-9]+))?)?{_ZONE})?"
    ),
    re.compile(
        r"([0-9]{4})([0-9]{2})([0-9]{2})"
        rf"(?:[Tt ]([0-9]{{2}})([0-9]{{2}})(?:([0-9]{{2}})(?:[.,]([0-9]+))?)?{_ZONE})?"
    ),
]


def read_date(value: Any) -> Moment | None:
    """Read a BSON date or ISO 8601 text of the years 1 to 9999; None says that the value is no such date."""
    moment = _any_year(value)
    begin, end = milliseconds(datetime(1, 1, 1)), milliseconds(datetime(9999, 12, 31)) + 86_400_000
    return moment if moment is not None and begin <= moment.ms < end else None


def _any_year(value: Any) -> Moment | None:
    if isinstance(value, datetime | DatetimeMS):
        return Moment(milliseconds(value))
    if not is_text(value):
        return None
    month = _MONTH.fullmatch(value)
    if month:
        year, number = int(month[1]), int(month[2])
        if year < 1 or not 1 <= number <= 12:
            return None
        return Moment(milliseconds(datetime(year, number, 1)), (year, number))
    for form in _DATE_FORMS:
        found = form.fullmatch(value)
        if found:
            return _moment(found)
    return None


def _moment(found: re.Match[str]) -> Moment | None:
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    try:
        start = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0))
    except ValueError:
        return None
    ms = milliseconds(start) + int(((fraction or "") + "000")[:3])
    if zone and zone not in "Zz":
        hours, minutes = int(zone[1:3]), int(zone[3:].lstrip(":") or 0)
        if hours > 23 or minutes > 59:
            return None
        ms -= (1 if zone[0] == "+" else -1) * (hours * 60 + minutes) * 60_000
    return Moment(ms, None if hour else (start.year, start.month))


_FOUR_CENTURIES: Final = 146_097 * 86_400_000
_FIRST: Final = milliseconds(datetime(2, 1, 1))
_LAST: Final = milliseconds(datetime(9999, 1, 1))


def local_month(ms: int, zone: ZoneInfo) -> tuple[int, int]:
    """Give year and month of a moment in a time zone, for years beyond Python's too."""
    cycles = 0 if _FIRST <= ms < _LAST else (ms - _FIRST) // _FOUR_CENTURIES
    local = (_EPOCH + timedelta(milliseconds=ms - cycles * _FOUR_CENTURIES)).astimezone(zone)
    return local.year + 400 * cycles, local.month
