"""Near matches: the same value with another type, letter case or surrounding white space.

Runs on candidates only: the references that found nothing. The keys are reduced by the engine to those that could match
one of them; what letter case means beyond ASCII is settled here.
"""

from __future__ import annotations

import base64
import json
import re
import uuid
from collections.abc import Iterable
from typing import Final

import pyarrow as pa

from intact.checks import sql
from intact.engine import DuckEngine, quoted
from intact.model.types import Collection
from intact.order import order_key
from intact.values import LARGE_WHOLE, WHITE_SPACE, JsonValue, shown, whole_digits

NearMatch = dict[str, JsonValue]

_KINDS: Final = ("type", "case", "whitespace")
_UUID: Final = re.compile(r'\$\{"\$binary":\{"base64":"([A-Za-z0-9+/]{22}==)","subType":"(03|04)"\}\}')
_OBJECT_ID: Final = '${"$oid":"'

_CANDIDATES: Final = "$near candidates"
_BEGINNING: Final = 6  # characters, which are compared first: making small letters of whole keys takes longer


def near_matches(engine: DuckEngine, refs: Iterable[str], target: Collection) -> dict[str, NearMatch]:
    """Find for each reference the key that is nearest to it.

    Args:
        engine: Where the target's keys are.
        refs: Canonical texts of references that find no key of the target, none of an array.
        target: The collection that they should have found.

    Returns:
        ``{"kind", "value"}`` by reference, for those that have a near match.
    """
    by_loose: dict[str, list[str]] = {}
    for ref in refs:
        plain = plain_text(ref)
        if plain is not None:
            by_loose.setdefault(_loose(plain), []).append(ref)
    if not by_loose or target.key is None:
        return {}
    engine.fill(_CANDIDATES, pa.table({"loose": pa.array(by_loose, pa.string())}))
    best: dict[str, tuple[object, NearMatch]] = {}
    for key in _keys_like(engine, target, min(map(len, by_loose))):
        plain = plain_text(key)
        for ref in by_loose.get(_loose(plain), ()) if plain is not None else ():
            kinds = _differences(ref, key)
            rank = (len(kinds), kinds, order_key(key))
            if ref not in best or rank < best[ref][0]:  # type: ignore[operator]  # tuples of the same shape
                best[ref] = (rank, {"kind": "+".join(_KINDS[kind] for kind in kinds), "value": shown(key)})
    return {ref: match for ref, (_, match) in best.items()}


def plain_text(text: str) -> str | None:
    """Give the text of a value whatever its type; None for types that near matches do not span."""
    if not text.startswith("$"):
        return text
    if text.startswith('$"'):
        return str(json.loads(text[1:]))
    if text.startswith(_OBJECT_ID):
        return text[len(_OBJECT_ID) : -2]
    if text in {"$true", "$false"}:
        return text[1:]
    if found := _UUID.fullmatch(text):
        return str(uuid.UUID(bytes=base64.b64decode(found[1])))
    return whole_digits(text)


def _keys_like(engine: DuckEngine, target: Collection, shortest: int) -> Iterable[str]:
    """Query the keys that may match a candidate: those with its loose text, or one that SQL cannot tell.

    Args:
        engine: Where the keys and the candidates are.
        target: Whose keys.
        shortest: How many characters the shortest candidate has.
    """
    if target.key is None:
        return
    key, each = sql.column(target.key, "key"), sql.column(target.key, "each")
    hexadecimal = "lower(hex(from_base64(substr(k, 24, 24))))"
    hyphenated = " || '-' || ".join(
        f"substr({hexadecimal}, {a}, {n})" for a, n in ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
    )
    plain = (
        "CASE WHEN NOT starts_with(k, '$') THEN k"
        f" WHEN starts_with(k, '{_OBJECT_ID}') THEN substr(k, {len(_OBJECT_ID) + 1}, 24)"
        " WHEN k IN ('$true', '$false') OR regexp_full_match(k, '\\$-?[0-9]+') THEN substr(k, 2)"
        f" WHEN regexp_full_match(k, {sql.text(_UUID.pattern)}) THEN {hyphenated} END"
    )
    keys = f"SELECT {key} AS k FROM {quoted(target.name)} WHERE {each} IS NULL AND {key} IS NOT NULL"
    loose = f"(SELECT loose FROM {quoted(_CANDIDATES)})"
    begins = f"lower(left(k, {_BEGINNING})) IN (SELECT left(loose, {_BEGINNING}) FROM {quoted(_CANDIDATES)})"
    odd = f"NOT {sql.printed('k')} OR starts_with(k, '$') OR strlen(k) <> length(k)"
    if shortest < _BEGINNING:  # then white space may end a key so early that its beginning differs
        odd += f" OR right(left(k, {_BEGINNING}), 1) < '!'"
    query = (
        f"SELECT k FROM ({keys}) WHERE {begins} AND lower({sql.trimmed('k')}) IN {loose}"
        f" UNION SELECT k FROM (SELECT k, {plain} AS plain FROM ({keys}) WHERE {odd})"
        f" WHERE lower({sql.trimmed('plain')}) IN {loose}"
        " OR strlen(k) <> length(k) OR starts_with(k, '$\"')"
        f" OR regexp_full_match(k, {sql.text(LARGE_WHOLE)})"
    )
    for (value,) in engine.query(query):
        yield str(value)


def _loose(plain: str) -> str:
    return plain.strip(WHITE_SPACE).casefold()


def _type(text: str) -> str:
    """Tell the type of a canonical text as far as near matches tell types apart."""
    if not text.startswith("$") or text.startswith('$"'):
        return "string"
    if found := _UUID.fullmatch(text):
        return f"uuid {found[2]}"
    if text.startswith(_OBJECT_ID):
        return "objectId"
    return "bool" if text in {"$true", "$false"} else "number"


def _differences(ref: str, key: str) -> tuple[int, ...]:
    """Tell in what two texts differ that are loosely the same: indices of :data:`_KINDS`."""
    one, other = plain_text(ref) or "", plain_text(key) or ""
    differ = (
        _type(ref) != _type(key),
        one.strip(WHITE_SPACE) != other.strip(WHITE_SPACE),
        one.casefold() != other.casefold(),
    )
    return tuple(kind for kind, differs in enumerate(differ) if differs)
