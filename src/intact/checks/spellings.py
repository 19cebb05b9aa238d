"""In what other forms the value of a reference may stand in a key: a UUID's byte orders, an id's notations, a copy.

Everything here turns one canonical text into others. Nothing is compared here: the engine looks for them among the
keys.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final

from intact.core.paths import Path
from intact.core.values import WHITE_SPACE, string_text

BYTE_ORDER, NOTATION, ROUNDING, COPY = range(4)
"""The further kinds of near matches, in the order in which they are tried."""

_UUID_BINARY: Final = re.compile(r'\{"\$binary":\{"base64":"([A-Za-z0-9+/]{22}==)","subType":"(03|04)"\}\}')
_OBJECT_ID: Final = re.compile(r'\{"\$oid":"([0-9a-f]{24})"\}')
_CALL: Final = re.compile(r"(?:new\s+)?(\w+)\s*\(\s*(?:(\d+)\s*,\s*)?[\"']([^\"']*)[\"']\s*\)")
_UUID_TEXT: Final = re.compile(
    r"(?:urn:uuid:)?([0-9a-f]{8})(-?)([0-9a-f]{4})\2([0-9a-f]{4})\2([0-9a-f]{4})\2([0-9a-f]{12})"
)
_OBJECT_ID_TEXT: Final = re.compile(r"[0-9a-f]{24}")
_SPELLS: Final = ("$oid", "_str", "$uuid", "$binary")
"""Only fields of embedded documents that spell an id: as Extended JSON does, and as Meteor's client does."""
_WHOLE: Final = re.compile(r"\$?(-?[1-9][0-9]{15,19})")
_EXACT_UP_TO: Final = 1 << 53


@dataclass(frozen=True, slots=True)
class Id:
    """An id that a value stands for.

    Attributes:
        digits: 24 hexadecimal digits of an ObjectId, or the 32 of a UUID's bytes.
        legacy: Whether it is a UUID of subtype 3, whose bytes may be in another order.
    """

    digits: str
    legacy: bool = False


Form = Callable[[str], str]
"""From the digits of an id to a canonical text."""


def id_of(text: str) -> Id | None:
    """Return the id that a canonical text stands for, in whatever notation; None where it stands for none."""
    if not text.startswith("$"):
        return _id_of_text(text)
    inside = text[1:]
    if found := _OBJECT_ID.fullmatch(inside):
        return Id(found[1])
    if found := _UUID_BINARY.fullmatch(inside):
        return _id_of_binary(found[1], found[2])
    fields = document_of(text)
    return None if fields is None else _id_of_fields({_plain(name): each for name, each in fields.items()})


def _id_of_text(text: str) -> Id | None:
    text = text.strip(WHITE_SPACE)
    if found := _CALL.fullmatch(text):
        if found[1].lower() in {"bindata", "binary"}:
            return _id_of_binary(found[3], f"{int(found[2] or 0):02x}")
        text = found[3]
    elif text.startswith("{") and '"$' in text:
        try:
            fields = json.loads(text)
        except (ValueError, RecursionError):
            return None
        return _id_of_fields(fields) if isinstance(fields, dict) else None
    for left, right in ("{}", "()", '""', "''"):
        if text.startswith(left) and text.endswith(right):
            text = text[1:-1]
    digits = text.lower()
    if found := _UUID_TEXT.fullmatch(digits):
        return Id("".join(found.group(1, 3, 4, 5, 6)))
    return Id(digits) if _OBJECT_ID_TEXT.fullmatch(digits) else None


def _id_of_fields(fields: Mapping[str, Any]) -> Id | None:
    name = next(iter(fields), "")
    if name not in _SPELLS or (len(fields) > 1 and list(fields) != ["$binary", "$type"]):
        return None
    value = fields[name]
    if name != "$binary":
        return _id_of_text(value) if isinstance(value, str) else None
    if isinstance(value, dict):
        return _id_of_binary(value.get("base64"), value.get("subType"))
    return _id_of_binary(value, fields.get("$type"))


def _id_of_binary(content: object, subtype: object) -> Id | None:
    if not isinstance(content, str) or subtype not in {"03", "04", "3", "4"}:
        return None
    try:
        data = base64.b64decode(content, validate=True)
    except (ValueError, binascii.Error):
        return None
    return Id(data.hex(), legacy=subtype in {"03", "3"}) if len(data) == len(_CSHARP) else None


_CSHARP: Final = (3, 2, 1, 0, 5, 4, 7, 6, *range(8, 16))
_JAVA: Final = (*range(7, -1, -1), *range(15, 7, -1))
_ORDERS: Final = (itemgetter(*_CSHARP), itemgetter(*_JAVA))
"""How the old drivers of C# and Java permuted the bytes of a UUID; each undoes itself."""


def _permuted(digits: str, order: Callable[[bytes], tuple[int, ...]]) -> str:
    return bytes(order(bytes.fromhex(digits))).hex()


def _binary(digits: str, subtype: str) -> str:
    content = base64.b64encode(bytes.fromhex(digits)).decode()
    return f'${{"$binary":{{"base64":"{content}","subType":"{subtype}"}}}}'


def _hyphenated(digits: str) -> str:
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


_LEGACY: Final[Form] = lambda digits: _binary(digits, "03")  # noqa: E731 - one of the forms below

_UUID_FORMS: Final[tuple[Form, ...]] = (
    lambda digits: _binary(digits, "04"),
    _hyphenated,
    lambda digits: _hyphenated(digits).upper(),
    lambda digits: digits,
    lambda digits: digits.upper(),
    lambda digits: f"{{{_hyphenated(digits)}}}",
    lambda digits: f"{{{_hyphenated(digits).upper()}}}",
    lambda digits: f"urn:uuid:{_hyphenated(digits)}",
    lambda digits: f'UUID("{_hyphenated(digits)}")',
    lambda digits: f'{{"$uuid":"{_hyphenated(digits)}"}}',
    lambda digits: f'{{"$uuid": "{_hyphenated(digits)}"}}',
    lambda digits: _binary(digits, "04")[1:],
)
_OBJECT_ID_FORMS: Final[tuple[Form, ...]] = (
    lambda digits: f'${{"$oid":"{digits}"}}',
    lambda digits: digits,
    lambda digits: digits.upper(),
    lambda digits: f'ObjectId("{digits}")',
    lambda digits: f"ObjectId('{digits}')",
    lambda digits: f'{{"$oid":"{digits}"}}',
    lambda digits: f'{{"$oid": "{digits}"}}',
    lambda digits: f'"{digits}"',
)


class Forms:
    """The forms of ids that occur among some keys: only these are worth looking for, if many ids are.

    Args:
        shapes: What :data:`SHAPE` gives for the keys; None to look for all forms.
    """

    def __init__(self, shapes: set[str] | None = None) -> None:
        def there(forms: tuple[Form, ...], digits: str) -> tuple[Form, ...]:
            return tuple(form for form in forms if shapes is None or _shape(form(digits)) in shapes)

        self._object_id = there(_OBJECT_ID_FORMS, "0" * 24)
        self._uuid = there(_UUID_FORMS, "0" * 32)
        self._legacy = there((_LEGACY,), "0" * 32)

    def of(self, found: Id) -> Iterator[tuple[int, str]]:
        """Yield the canonical texts of keys that stand for an id, each with how it may differ."""
        if len(found.digits) == len("0" * 24):
            yield from ((NOTATION, form(found.digits)) for form in self._object_id)
            return
        yield from ((NOTATION, form(found.digits)) for form in (*self._uuid, *self._legacy))
        for order in _ORDERS if self._legacy or (found.legacy and self._uuid) else ():
            other = _permuted(found.digits, order)
            yield from ((BYTE_ORDER, form(other)) for form in self._legacy)
            if found.legacy:
                yield from ((BYTE_ORDER, form(other)) for form in self._uuid)
                for second in _ORDERS if self._legacy else ():
                    twice = _permuted(other, second)
                    yield from ((BYTE_ORDER, form(twice)) for form in self._legacy if twice != found.digits)


SHAPE: Final = (
    "CASE WHEN starts_with(k, '${\"$binary\"') THEN right(k, 5) WHEN starts_with(k, '$') THEN left(k, 6)"
    " ELSE length(k)::VARCHAR END"
)
"""SQL for a rough shape of a key ``k``: two texts of one form have the same."""


_BINARY: Final = r'\{"\$binary":\{"base64":"[A-Za-z0-9+/]{22}==","subType":"0[34]"\}\}'
_USUAL: Final = r"[0-9a-fA-F]{24}|[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}"
_LAST_DIGITS: Final = (
    "CASE WHEN starts_with(k, '${\"$oid\"') THEN substr(k, 19, 16)"
    rf" WHEN regexp_full_match(k, '\$?{_BINARY}')"
    " THEN right(lower(hex(from_base64(substr(ltrim(k, '$'), 23, 24)))), 16)"
    " ELSE right(regexp_replace(lower(replace(k, 'ﬀ', 'ff')), '[^0-9a-f]', '', 'g'), 16) END"
)


def endings(texts: str) -> str:
    """Query ``(k, ending)``: the last eight bytes, forwards or backwards, of the ids that texts ``k`` stand for.

    No notation changes them, and of the orders of bytes only Java's turns them round. So an id whose ending no key has
    is in no key, in whatever form.
    """
    backwards = " || ".join(f"substr(h, {at}, 2)" for at in range(15, 0, -2))
    return f"SELECT k, least(h, {backwards}) AS ending FROM (SELECT k, {_LAST_DIGITS} AS h FROM ({texts}))"


IS_USUAL: Final = (
    f"(starts_with(k, '${{\"$oid\":') OR regexp_full_match(k, '\\${_BINARY}')"
    f" OR (regexp_full_match(k, '{_USUAL}') AND NOT regexp_full_match(k, '[0-9]+')))"
)
"""SQL that is true of a text ``k`` that is an id as ids are mostly written, and no number."""


def _shape(text: str) -> str:
    if text.startswith('${"$binary"'):
        return text[-5:]
    return text[:6] if text.startswith("$") else str(len(text))


def document_of(text: str) -> dict[str, Any] | None:
    """Return the embedded document that a canonical text stands for, its names as they stand in the text."""
    if not text.startswith("${") or (text.startswith('${"$') and not text.startswith('${"$$')):
        return None
    fields = json.loads(text[1:], object_pairs_hook=_first)
    return fields if isinstance(fields, dict) else None


def _first(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return dict(reversed(pairs)) if len(dict(pairs)) < len(pairs) else dict(pairs)


def value_at(fields: Mapping[str, Any], path: Path) -> str | None:
    """Return the canonical text of the value at a path of an embedded document; None where there is none."""
    found: Any = fields
    for step in path.steps:
        name = "$" + step if step.startswith("$") else step
        if not isinstance(found, dict) or name not in found:
            return None
        found = found[name]
    if found is None or isinstance(found, list):
        return None
    if isinstance(found, str):
        return string_text(found)
    return "$" + json.dumps(found, ensure_ascii=False, separators=(",", ":"))


def pointed_at(fields: Mapping[str, Any], collection: str) -> str | None:
    """Return the id in a DBRef to a collection; None where it is none."""
    return value_at(fields, Path(("$id",))) if fields.get("$$ref") == collection else None


def large_whole(text: str) -> int | None:
    """Return a whole number that is so large that a double may not hold it, also where it is written as text."""
    found = _WHOLE.fullmatch(text)
    number = int(found[1]) if found else 0
    return number if abs(number) >= _EXACT_UP_TO else None


def _plain(name: str) -> str:
    return name[1:] if name.startswith("$$") else name
