"""Near matches: the same value with another type, letter case or surrounding white space, or in another form.

Runs on candidates only: the references that found nothing. The keys are reduced by the engine to those that could match
one of them; what letter case means beyond ASCII is settled here. Only what has no such match is looked for in other
forms (:mod:`intact.checks.spellings`).
"""

from __future__ import annotations

import base64
import json
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

import pyarrow as pa

from intact.checks import spellings, sql
from intact.checks.base import ID
from intact.core.order import order_key
from intact.core.values import LARGE_WHOLE, WHITE_SPACE, JsonValue, shown, whole_digits
from intact.engine import DuckEngine, quoted
from intact.model.specs import Collection

NearMatch = dict[str, JsonValue]

_KINDS: Final = ("type", "case", "whitespace")
_FURTHER: Final = ("byte-order", "notation", "rounding", "copy")
_UUID: Final = re.compile(r'\$\{"\$binary":\{"base64":"([A-Za-z0-9+/]{22}==)","subType":"(03|04)"\}\}')
_OBJECT_ID: Final = '${"$oid":"'

_CANDIDATES: Final = "$near candidates"
_MANY: Final = 1_000  # references from which on the engine sorts out first what no key can be
_AT_ONCE: Final = 50_000  # texts that are looked for together
_BEGINNING: Final = 6  # characters, which are compared first: making small letters of whole keys takes longer


def near_matches(engine: DuckEngine, refs: Iterable[str], target: Collection) -> dict[str, NearMatch]:
    """Find for each reference the key that is nearest to it.

    Args:
        engine: Where the target's keys are.
        refs: Canonical texts of references that find no key of the target.
        target: The collection that they should have found.

    Returns:
        ``{"kind", "value"}`` by reference, for those that have a near match.
    """
    all_ = _possible(engine, list(refs), target)
    found = _loosely_equal(engine, all_, target)
    left = [ref for ref in all_ if ref not in found]
    return found | _otherwise_written(engine, left, target) if left else found


def _possible(engine: DuckEngine, refs: list[str], target: Collection) -> list[str]:
    """Leave out the ids of which no key can be another form: trying all forms of each takes long."""
    if len(refs) < _MANY:
        return refs
    engine.fill(_CANDIDATES, pa.table({"k": pa.array(refs, pa.string())}))
    query = (
        f"SELECT k FROM ({spellings.endings(f'FROM {quoted(_CANDIDATES)}')}) WHERE NOT {spellings.IS_USUAL}"
        f" OR ending IN (SELECT ending FROM ({spellings.endings(_keys(target))}))"
    )
    return [str(ref) for (ref,) in engine.query(query)]


def _loosely_equal(engine: DuckEngine, refs: Sequence[str], target: Collection) -> dict[str, NearMatch]:
    """Find keys that differ in type, letter case and white space only."""
    by_loose: dict[str, list[str]] = {}
    for ref in engine.stop.watched(refs):
        plain = plain_text(ref)
        if plain is not None:
            by_loose.setdefault(_loose(plain), []).append(ref)
    if not by_loose:
        return {}
    engine.fill(_CANDIDATES, pa.table({"loose": pa.array(by_loose, pa.string())}))
    best = _Nearest()
    for key in _keys_like(engine, target, min(map(len, by_loose))):
        plain = plain_text(key)
        for ref in by_loose.get(_loose(plain), ()) if plain is not None else ():
            kinds = _differences(ref, key)
            best.take(ref, (len(kinds), kinds), key, "+".join(_KINDS[kind] for kind in kinds))
    return best.found


class _Nearest:
    """Keeps of the keys that are near to a reference the nearest: by rank, then the smallest in MongoDB's order."""

    def __init__(self) -> None:
        self._best: dict[str, tuple[object, NearMatch]] = {}

    def take(self, ref: str, rank: object, key: str, kind: str) -> None:
        """Take a key into account."""
        place = (rank, order_key(key))
        if ref not in self._best or place < self._best[ref][0]:  # type: ignore[operator]  # tuples of the same shape
            self._best[ref] = (place, {"kind": kind, "value": shown(key)})

    @property
    def found(self) -> dict[str, NearMatch]:
        """The nearest key of each reference that has any."""
        return {ref: match for ref, (_, match) in self._best.items()}


def _otherwise_written(engine: DuckEngine, refs: Sequence[str], target: Collection) -> dict[str, NearMatch]:
    """Find keys that are the same value in another form."""
    best = _Nearest()
    copied: dict[str, list[str]] = {}
    probes = _probes(engine, refs, target, copied)
    while some := list(islice(probes, _AT_ONCE)):
        refs_, kinds, texts = zip(*some, strict=True)
        columns = {
            "ref": pa.array(refs_, pa.string()),
            "kind": pa.array(kinds),
            "k": pa.array(texts, pa.string()),
        }
        engine.fill(_CANDIDATES, pa.table(columns))
        among = f"k IN (SELECT k FROM {quoted(_CANDIDATES)})"
        query = (
            f"SELECT p.ref, p.kind, p.k FROM {quoted(_CANDIDATES)} p"
            f" WHERE p.k IN (SELECT k FROM ({_keys(target)}) WHERE {among})"
        )
        for ref, kind, key in engine.query(query):
            if ref != key:
                best.take(str(ref), kind, str(key), _FURTHER[int(str(kind))])
    for ref, key in _rounded(engine, refs, target):
        best.take(ref, spellings.ROUNDING, key, _FURTHER[spellings.ROUNDING])
    found = best.found
    for value, key in _copied(engine, copied, target):
        for ref in copied[value]:
            found.setdefault(ref, {"kind": _FURTHER[spellings.COPY], "value": key})
    return found


def _copied(
    engine: DuckEngine, values: Mapping[str, object], target: Collection
) -> Iterator[tuple[str, JsonValue]]:
    """Yield what copies hold, and the key that it stands for: the type may have changed, or the key be left out."""
    if not values:
        return
    for value, match in _loosely_equal(engine, list(values), target).items():
        yield value, match["value"]
    if target.key is None:
        return
    engine.fill(_CANDIDATES, pa.table({"k": pa.array(values, pa.string())}))
    key, each = sql.column(target.key, "key"), sql.column(target.key, "each")
    among = f"_id IN (SELECT k FROM {quoted(_CANDIDATES)})"
    query = (
        f"SELECT _id, {key} FROM {quoted(target.name)} WHERE {each} IS NULL AND {key} IS NOT NULL AND {among}"
    )
    for held, found in engine.query(query):
        yield str(held), shown(str(found))


def _probes(
    engine: DuckEngine, refs: Sequence[str], target: Collection, copied: dict[str, list[str]]
) -> Iterator[tuple[str, int, str]]:
    """Yield ``(ref, kind, key)``: the keys that would be the same value; notes of which values copies are."""
    forms: spellings.Forms | None = None
    own = target.key or ID
    for ref in engine.stop.watched(refs):
        if (stands_for := spellings.id_of(ref)) is not None:
            forms = forms or (spellings.Forms() if len(refs) < _MANY else _forms(engine, target))
            yield from ((ref, kind, text) for kind, text in forms.of(stands_for) if text != ref)
        fields = spellings.document_of(ref)
        if fields is None:
            continue
        if (pointed := spellings.pointed_at(fields, target.name)) is not None:
            yield ref, spellings.NOTATION, pointed
        if (value := spellings.value_at(fields, own)) is not None:
            yield ref, spellings.COPY, value
        for held in dict.fromkeys((value, spellings.value_at(fields, ID))):
            if held is not None:
                copied.setdefault(held, []).append(ref)


def _forms(engine: DuckEngine, target: Collection) -> spellings.Forms:
    query = f"SELECT DISTINCT {spellings.SHAPE} FROM ({_keys(target)})"
    return spellings.Forms({str(shape) for (shape,) in engine.query(query)})


def _rounded(engine: DuckEngine, refs: Sequence[str], target: Collection) -> Iterator[tuple[str, str]]:
    """Yield references and keys of which one is the double that the other, a whole number, became."""
    numbers = {
        ref: number for ref in engine.stop.watched(refs) if (number := spellings.large_whole(ref)) is not None
    }
    if not numbers:
        return
    doubles = [float(number) for number in numbers.values()]
    columns = {"ref": pa.array(numbers, pa.string()), "f": pa.array(doubles, pa.float64())}
    engine.fill(_CANDIDATES, pa.table(columns))
    large = f"SELECT k FROM ({_keys(target)}) WHERE regexp_full_match(k, '\\$?-?[1-9][0-9]{{15,19}}')"
    query = (
        f"SELECT p.ref, k FROM (SELECT k, CAST(ltrim(k, '$') AS DOUBLE) AS f FROM ({large})) JOIN"
        f" {quoted(_CANDIDATES)} p USING (f)"
    )
    for ref, key in engine.query(query):
        one, other = numbers[str(ref)], spellings.large_whole(str(key))
        if other is not None and one != other and int(float(one)) in {one, other}:
            yield str(ref), str(key)


def _keys(target: Collection) -> str:
    """Query ``(k)``: the keys of a collection that are no arrays."""
    if target.key is None:
        return f"SELECT _id AS k FROM {quoted(target.name)} WHERE _id IS NOT NULL"
    key, each = sql.column(target.key, "key"), sql.column(target.key, "each")
    return f"SELECT {key} AS k FROM {quoted(target.name)} WHERE {each} IS NULL AND {key} IS NOT NULL"


def plain_text(text: str) -> str | None:
    """Return the text of a value whatever its type; None for types that near matches do not span."""
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
    keys = _keys(target)
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
