"""What the columns must be, worked out from values and not from bytes: slowly, and sharing no code with intact."""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from intact.core import values
from intact.core.paths import Path
from intact.project import Column, Role
from tests.project.raw import Value

ABSENT = Value(values.ABSENT)
NOTHING = (values.ABSENT, values.NULL, values.UNDEFINED)
NUMBERS = (values.INT, values.LONG, values.DOUBLE, values.DECIMAL)
Number = Fraction | float


def parts(decimal: Value) -> tuple[bool, int, int] | float:
    """Sign, coefficient and exponent of a decimal128, or the float that it is like where it is no number."""
    bits = format(decimal.content, "0128b")
    negative = bits[0] == "1"
    if bits[1:6] == "11111":
        return math.nan
    if bits[1:6] == "11110":
        return -math.inf if negative else math.inf
    if bits[1:3] == "11":
        return negative, 0, int(bits[3:17], 2) - 6176
    coefficient = int(bits[15:], 2)
    return negative, coefficient if coefficient < 10**34 else 0, int(bits[1:15], 2) - 6176


def number(value: Value) -> Number:
    """The exact number, or an infinity or NaN."""
    if value.kind == values.DECIMAL:
        read = parts(value)
        if isinstance(read, float):
            return read
        negative, coefficient, exponent = read
        return (-1 if negative else 1) * coefficient * Fraction(10) ** exponent
    if value.kind == values.DOUBLE and not math.isfinite(value.content):
        return float(value.content)
    return Fraction(value.content)


def identity(value: Value) -> Any:
    """What MongoDB compares, so that equal values have equal identities, and others not."""
    kind, content = value.kind, value.content
    if kind in NUMBERS:
        exact = number(value)
        return "number", "NaN" if exact != exact else exact  # noqa: PLR0124 - NaN
    if kind in (values.STRING, values.SYMBOL):
        return "string", content
    if kind == values.OBJECT:
        return kind, tuple((name, identity(each)) for name, each in content)
    if kind == values.ARRAY:
        return kind, tuple(identity(each) for each in content)
    if kind == values.CODE_WITH_SCOPE:
        return kind, content[0], identity(Value(values.OBJECT, content[1]))
    return kind, content


def number_json(exact: Number) -> str:
    """The JSON of a number."""
    if not isinstance(exact, Fraction):
        name = {math.inf: "Infinity", -math.inf: "-Infinity"}.get(exact, "NaN")
        return f'{{"$numberDouble":"{name}"}}'
    if exact.denominator == 1 and abs(exact) < 2**64:
        return str(exact.numerator)
    try:
        near = float(exact)
    except OverflowError:
        near = math.inf
    if math.isfinite(near) and Fraction(near) == exact:
        return repr(near)
    exponent = 0
    while exact.denominator != 1:
        exact, exponent = exact * 10, exponent - 1
    whole = exact.numerator
    while whole % 10 == 0:
        whole, exponent = whole // 10, exponent + 1
    lowest = Decimal((whole < 0, tuple(map(int, str(abs(whole)))), exponent))
    return f'{{"$numberDecimal":"{lowest}"}}'


def bytes_json(content: bytes) -> str:
    """The JSON of a text."""
    try:
        return json.dumps(content.decode(), ensure_ascii=False)
    except UnicodeDecodeError:
        return f'{{"$invalidUtf8":"{content.hex()}"}}'


def name_json(name: bytes) -> str:
    """The JSON of a field name."""
    try:
        decoded = name.decode()
    except UnicodeDecodeError:
        return f'"$invalidUtf8:{name.hex()}"'
    return json.dumps(f"${decoded}" if decoded[:1] == "$" else decoded, ensure_ascii=False)


def date_json(milliseconds: int) -> str:
    """The JSON of a date."""
    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    except OverflowError:
        moment = None
    if moment is None or moment.year < 1970:
        return f'{{"$date":{{"$numberLong":"{milliseconds}"}}}}'
    fraction = f".{moment.microsecond // 1000:03}" if moment.microsecond else ""
    return f'{{"$date":"{moment:%Y-%m-%dT%H:%M:%S}{fraction}Z"}}'


def value_json(value: Value) -> str:  # noqa: C901, PLR0912 - a case a type
    """The JSON of a value."""
    kind, content = value.kind, value.content
    if kind in NUMBERS:
        return number_json(number(value))
    match kind:
        case values.STRING | values.SYMBOL:
            return bytes_json(content)
        case values.OBJECT:
            return "{" + ",".join(f"{name_json(name)}:{value_json(each)}" for name, each in content) + "}"
        case values.ARRAY:
            return "[" + ",".join(value_json(each) for each in content) + "]"
        case values.BINARY:
            encoded = base64.b64encode(content[1]).decode()
            return f'{{"$binary":{{"base64":"{encoded}","subType":"{content[0]:02x}"}}}}'
        case values.UNDEFINED:
            return '{"$undefined":true}'
        case values.OBJECT_ID:
            return f'{{"$oid":"{content.hex()}"}}'
        case values.BOOL:
            return "true" if content else "false"
        case values.DATE:
            return date_json(content)
        case values.NULL:
            return "null"
        case values.REGEX:
            pattern, options = map(bytes_json, content)
            return f'{{"$regularExpression":{{"pattern":{pattern},"options":{options}}}}}'
        case values.DB_POINTER:
            return (
                f'{{"$dbPointer":{{"$ref":{bytes_json(content[0])},"$id":{{"$oid":"{content[1].hex()}"}}}}}}'
            )
        case values.CODE:
            return f'{{"$code":{bytes_json(content)}}}'
        case values.CODE_WITH_SCOPE:
            scope = value_json(Value(values.OBJECT, content[1]))
            return f'{{"$code":{bytes_json(content[0])},"$scope":{scope}}}'
        case values.TIMESTAMP:
            return f'{{"$timestamp":{{"t":{content[0]},"i":{content[1]}}}}}'
    return '{"$minKey":1}' if kind == values.MIN_KEY else '{"$maxKey":1}'


def canonical(value: Value) -> str | None:
    """The canonical text; None for absent, null and undefined."""
    if value.kind in NOTHING:
        return None
    if value.kind in (values.STRING, values.SYMBOL):
        try:
            decoded: str = value.content.decode()
        except UnicodeDecodeError:
            return "$" + bytes_json(value.content)
        if decoded[:1] != "$":
            return decoded
    return "$" + value_json(value)


def shown(value: Value) -> str | None:
    """The canonical text, cut."""
    full = canonical(value)
    return full if full is None or len(full) <= 256 else full[:256] + "…"


def amount(value: Value) -> Decimal | None:
    """The exact amount; None where it is none."""
    if value.kind in (values.INT, values.LONG):
        return Decimal(value.content)
    if value.kind == values.DOUBLE:
        return Decimal(str(value.content)) if math.isfinite(value.content) else None
    if value.kind == values.DECIMAL:
        read = parts(value)
        if isinstance(read, float):
            return None
        negative, coefficient, exponent = read
        return Decimal((negative, tuple(map(int, str(coefficient))), exponent))
    if value.kind in (values.STRING, values.SYMBOL):
        try:
            decoded = value.content.decode()
        except UnicodeDecodeError:
            return None
        bare = re.sub(rf"^[{SPACE}]*(.*?)[{SPACE}]*$", r"\1", decoded, flags=re.DOTALL)
        digits = bare[1:] if bare[:1] in ("+", "-") else bare
        pieces = digits.split(".")
        if len(pieces) <= 2 and all(piece and set(piece) <= set("0123456789") for piece in pieces):
            return Decimal(bare)
    return None


SPACE = "\x09-\x0d\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"


def amount_cells(value: Value) -> tuple[Decimal | None, str | None, str | None]:
    """``@amount``, ``@wide``, ``@bad``."""
    read = amount(value)
    if read is None:
        return None, None, shown(value)
    exact = Fraction(read)
    if abs(exact) < 10**11 and (exact * 10**18).denominator == 1:
        return read, None, None
    plain = f"{abs(read):f}" if len(read.as_tuple().digits) < 28 else format(read, "f").lstrip("-")
    whole, _, fraction = plain.partition(".")
    whole, fraction = whole.lstrip("0") or "0", fraction.rstrip("0")
    return None, ("-" if exact < 0 else "") + (f"{whole}.{fraction}" if fraction else whole), None


def date_cells(value: Value) -> tuple[int | None, int | None, str | None]:
    """``@date``, ``@month``, ``@bad``."""
    read: tuple[int, int | None] | None = None
    if value.kind == values.DATE:
        read = value.content, None
    elif value.kind in (values.STRING, values.SYMBOL):
        read = date_of_text(value.content.decode(errors="replace"))
    first = datetime(1, 1, 1, tzinfo=UTC)
    if read is None or not since_1970(first) <= read[0] < since_1970(first) + 3_652_059 * 86_400_000:
        return None, None, shown(value)
    return *read, None


def date_of_text(written: str) -> tuple[int, int | None] | None:
    """UTC milliseconds of ISO 8601 text, and its month where it is a day or a month without a time."""
    is_month = re.fullmatch("[0-9]{4}-[0-9]{2}", written)
    is_day = re.fullmatch("[0-9]{4}(-[0-9]{2}-[0-9]{2}|[0-9]{4}|-W[0-9]{2}-[0-9]|W[0-9]{3})", written)
    is_moment = re.fullmatch("[0-9W-]{8,10}[Tt ].*", written) and written.isascii()
    if re.match("[0-9]{4}-?W[0-9]{2}([^0-9-]|$)", written) or not (is_month or is_day or is_moment):
        return None
    try:
        read = datetime.fromisoformat(f"{written}-01" if is_month else written.upper())
    except ValueError:
        return None
    offset = read.utcoffset() or timedelta()
    milliseconds = since_1970(read.replace(tzinfo=UTC)) - offset // timedelta(milliseconds=1)
    return milliseconds, None if is_moment else (read.year - 1970) * 12 + read.month - 1


def since_1970(moment: datetime) -> int:
    """UTC milliseconds."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def child(value: Value, name: bytes) -> Value:
    """The first field of a name."""
    return next((each for field, each in value.content if field == name), ABSENT)


def follow(value: Value, names: Sequence[bytes]) -> tuple[Value, bool]:
    """The value at a path without arrays, or the array on the way, and whether it is one on the way."""
    for name in names:
        if value.kind == values.ARRAY:
            return value, True
        value = child(value, name) if value.kind == values.OBJECT else ABSENT
    return value, False


def seen(value: Value, names: Sequence[bytes]) -> Iterator[Value]:
    """All values that MongoDB sees at a path."""
    if value.kind == values.ARRAY:
        for item in value.content:
            if not names:
                yield item
            elif item.kind == values.OBJECT:
                yield from seen(item, names)
    elif names:
        if value.kind == values.OBJECT:
            yield from seen(child(value, names[0]), names[1:])
    elif value.kind != values.ABSENT:
        yield value


def matched(value: Value, names: Sequence[bytes]) -> Iterator[Value]:
    """All values by which a query's equality finds a document, an absent one for a path that leads no further."""
    if value.kind == values.ARRAY:
        for item in value.content:
            if not names:
                yield item
            elif item.kind == values.OBJECT:
                yield from matched(item, names)
    elif names:
        inner = child(value, names[0]) if value.kind == values.OBJECT else None
        yield from [ABSENT] if inner is None else matched(inner, names[1:])
    else:
        yield value


def row(document: Value, columns: Sequence[Column]) -> dict[str, Any]:
    """The cells of a document by column name."""
    cells: dict[str, Any] = {"_id": canonical(child(document, b"_id"))}
    for column in columns:
        path = str(column.path)
        names = [step.encode() for step in column.path.container.steps]
        value, met = follow(document, names)
        cells[f"{path}#kind"] = value.kind
        cells.update(
            {f"{path}@{suffix}": cell for suffix, cell in role_cells(document, value, column, met=met)}
        )
    return cells


def role_cells(document: Value, value: Value, column: Column, *, met: bool) -> Iterator[tuple[str, Any]]:
    """The cells of a role."""
    if column.role is Role.KEY:
        yield from key_cells(document, value, column, met=met)
    elif column.path.is_list:
        yield from list_cells(value, column, met=met)
    elif column.role is Role.TEXT:
        yield "text", shown(value)
    elif column.role is Role.MATCH:
        names = [step.encode() for step in column.path.steps]
        texts = [canonical(each) for each in matched(document, names)]
        yield "match", list(dict.fromkeys(texts)) if value.kind == values.ARRAY else None
    elif column.role is Role.AMOUNT:
        yield from zip(("amount", "wide", "bad"), amount_cells(value), strict=True)
    elif column.role is Role.DATE:
        yield from zip(("date", "month", "bad"), date_cells(value), strict=True)
    else:
        flag = value.kind == values.BOOL
        yield "flag", bool(value.content) if flag else None
        yield "bad", None if flag else shown(value)


def key_cells(document: Value, value: Value, column: Column, *, met: bool) -> Iterator[tuple[str, Any]]:
    """``@key`` and ``@each``."""
    if met or column.path.is_list:
        names = [step.encode() for step in column.path.steps if step != "[]"]
        different: list[str | None] = []
        for each in seen(document, names):
            if canonical(each) not in different:
                different.append(canonical(each))
        yield "key", None
        yield "each", different if different or value.kind == values.ARRAY else None
    else:
        yield "key", canonical(value)
        yield "each", [canonical(each) for each in value.content] if value.kind == values.ARRAY else None


def money(document: Value, amount: Path, currency: Path) -> list[dict[str, Any]] | None:
    """``@money``: each amount with the currency of the element of the array in which both lie."""
    before = [step.encode() for step in amount.container.steps]
    container, met = follow(document, before)
    if container.kind in NOTHING:
        return None
    return (
        []
        if met
        else list(_money(container, amount.steps[len(before) :], currency.steps[len(before) :], ABSENT))
    )


def _money(
    array: Value, rest: Sequence[str], beside: Sequence[str], outer: Value
) -> Iterator[dict[str, Any]]:
    """Give the amounts in an array; ``rest`` leads on from it, ``beside`` to the currency unless ``outer`` is that."""
    rest, beside = rest[1:], beside[1:]
    for item in array.content if array.kind == values.ARRAY else ():
        here = outer
        if beside and "[]" not in beside:
            here, _ = follow(item, [step.encode() for step in beside])
        if "[]" in rest:
            names = rest[: rest.index("[]")]
            inner, met = follow(item, [step.encode() for step in names])
            if item.kind == values.OBJECT and not met:
                further = beside[len(names) :] if "[]" in beside else ()
                yield from _money(inner, rest[len(names) :], further, here)
        elif not rest or item.kind == values.OBJECT:
            value, _ = follow(item, [step.encode() for step in rest])
            narrow, wide, _ = amount_cells(value)
            yield {
                "currency": shown(here),
                "type": here.kind,
                "kind": value.kind,
                "amount": narrow,
                "wide": wide,
            }


def list_cells(value: Value, column: Column, *, met: bool) -> Iterator[tuple[str, Any]]:
    """The cells of an amount in one array."""
    if value.kind in NOTHING:
        yield from ((name, None) for name in ("amount", "kinds", "wide", "bad"))
        return
    amounts: list[Any] = []
    kinds: list[int] = []
    wides: list[str] = []
    bads: list[dict[str, Any]] = []

    def note(field: object, broken: Value) -> None:
        text = shown(broken)
        text = "$" + value_json(broken) if text is None else text
        bads.append({"field": str(field), "kind": broken.kind, "text": text})

    rest = [step.encode() for step in column.path.steps[column.path.steps.index("[]") + 1 :]]
    for item in value.content if value.kind == values.ARRAY and not met else ():
        if rest and item.kind != values.OBJECT:
            note(column.path.container, item)
            continue
        found, _ = follow(item, rest)
        narrow, wide, bad = amount_cells(found)
        amounts.append(narrow)
        kinds.append(found.kind)
        if wide is not None:
            wides.append(wide)
        if bad is not None:
            note(column.path, found)
    if value.kind != values.ARRAY or met:
        note(column.path.container, value)
    yield "amount", amounts
    yield "kinds", kinds
    yield "wide", wides or None
    yield "bad", bads or None
