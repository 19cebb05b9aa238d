"""Which values are the same although they are written differently: telephone numbers and text.

The engine puts values into buckets, such that values that are the same are in one bucket, and only what shares a bucket
is looked at one by one. A value whose bucket cannot be told from its characters is *odd*; odd values are all looked at,
and so is whatever shares a bucket with what an odd value turns out to be.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Final

import pyarrow as pa

from intact.checks import sql
from intact.checks.context import Context
from intact.core.values import LARGE_WHOLE, WHITE_SPACE, string_text, whole_digits
from intact.engine import quoted
from intact.model.specs import Link

_TAIL: Final = 7  # digits at the end of a number, if it has as many without prefixes
_WHOLE: Final = r"\$-?[0-9]+"
_POINT_ZERO: Final = r"[1-9][0-9]*[.]00?|[1-9][0-9]{6,}[.]0+"
_SPREADSHEET: Final = re.compile(
    rf"(?P<plain>[+]?(?:{_POINT_ZERO}))|(?P<power>[1-9](?:[.][0-9]+)?[eE][+]?[0-9]{{1,2}})"
)
"""Text that a spreadsheet makes of a whole number: ``9731020013.0``, ``9.731020013E9``, ``9.731020013e+09``.

Few zeros make a short number, since 022.0000 and 44.0000 are numbers written with a point in the middle.
"""
_AT_ONCE: Final = 50_000
_NOW: Final = "$compared now"

Same = Callable[[str], str | None]
"""From canonical text to what it is compared as, in canonical text; None for a blank one."""


def groups(context: Context, link: Link, compare: str, judged: str) -> str:
    """Query ``(key, raw, _row)``: the documents that share a value, with the value as compared and as written.

    Args:
        context: The run.
        link: Whose values.
        compare: ``phone``, ``text`` or ``exact``.
        judged: Condition on the documents (alias ``d``).
    """
    key = sql.column(link.path, "key")
    values = (
        f"SELECT _row, {key} AS raw FROM {quoted(link.collection)} d"
        f" WHERE {key} IS NOT NULL AND NOT {sql.blank(key)} AND {judged}"
    )
    if compare == "exact":
        return _shared(f"SELECT raw AS key, raw, _row FROM ({values})")
    bucket, odd, same = _phones(context.model.region) if compare == "phone" else _texts()
    bucketed = context.relation(
        f"buckets {link} {compare} {judged}",
        lambda: f"SELECT _row, raw, {bucket} AS bucket, {odd} AS odd FROM ({values})",
    )
    compared = quoted(f"$compared {bucketed}")
    _compare(context, bucketed, compared, same, phone=compare == "phone")
    return _shared(f"SELECT c.key, b.raw, b._row FROM {bucketed} b JOIN {compared} c ON c.raw = b.raw")


def _shared(rows: str) -> str:
    """Keep rows whose key several documents have."""
    return f"SELECT * FROM ({rows}) WHERE key IN (SELECT key FROM ({rows}) GROUP BY key HAVING count(*) > 1)"


def _compare(context: Context, bucketed: str, compared: str, same: Same, *, phone: bool) -> None:
    """Fill the table ``(raw, key)`` for the values that may have a duplicate: candidates only."""
    context.engine.execute(f"CREATE OR REPLACE TABLE {compared} (raw VARCHAR, key VARCHAR)")
    _fill(context, compared, f"SELECT DISTINCT raw FROM {bucketed} WHERE odd", same)
    buckets_of_odd = f"right(regexp_replace(key, '[^0-9]', '', 'g'), {_TAIL})" if phone else "key"
    shared = (
        f"SELECT DISTINCT raw FROM {bucketed} WHERE NOT odd AND bucket IN ("
        f"SELECT bucket FROM {bucketed} WHERE NOT odd GROUP BY bucket HAVING count(*) > 1"
        f" UNION ALL SELECT {buckets_of_odd} FROM {compared})"
    )
    _fill(context, compared, shared, same)


def _fill(context: Context, compared: str, query: str, same: Same) -> None:
    """Compare the values that a query gives, some ten thousand at a time."""
    pairs: list[tuple[str, str]] = []
    for (raw,) in context.query(query):
        key = same(str(raw))
        if key is not None:
            pairs.append((str(raw), key))
        if len(pairs) >= _AT_ONCE:
            _append(context, compared, pairs)
            pairs = []
    _append(context, compared, pairs)


def _append(context: Context, compared: str, pairs: list[tuple[str, str]]) -> None:
    context.engine.fill(_NOW, _rows(pairs))
    context.engine.execute(f"INSERT INTO {compared} SELECT * FROM {quoted(_NOW)}")


def _rows(pairs: list[tuple[str, str]]) -> pa.Table:
    raw, key = (pa.array([pair[at] for pair in pairs], pa.string()) for at in (0, 1))
    return pa.table({"raw": raw, "key": key})


def _texts() -> tuple[str, str, Same]:
    """Compare text by Unicode case folding, trimmed; other types by MongoDB's equality."""
    bucket = f"CASE WHEN starts_with(raw, '$') THEN raw ELSE lower({sql.trimmed('raw')}) END"
    odd = "(NOT starts_with(raw, '$') AND strlen(raw) <> length(raw)) OR starts_with(raw, '$\"')"
    return bucket, f"({odd})", same_text


def same_text(raw: str) -> str | None:
    """Fold and trim text; leave other types as they are."""
    if raw.startswith("$") and not raw.startswith('$"'):
        return raw
    return string_text(_plain(raw).strip(WHITE_SPACE).casefold()) or None


def _phones(region: str | None) -> tuple[str, str, Same]:
    """Compare telephone numbers as E.164; what is no possible number as its trimmed text."""
    # What a spreadsheet writes with a power of ten has a letter in it, so it is odd anyway.
    number = (
        f"(CASE WHEN contains(raw, '.0') AND regexp_full_match(raw, ' *[+]?(?:{_POINT_ZERO}) *')"
        " THEN regexp_replace(raw, '[.]0+ *$', '') ELSE raw END)"
    )
    digits = f"regexp_replace({number}, '[^0-9]', '', 'g')"
    is_text, is_whole = "NOT starts_with(raw, '$')", f"regexp_full_match(raw, '{_WHOLE}')"
    bucket = f"CASE WHEN {is_text} OR {is_whole} THEN right({digits}, {_TAIL}) ELSE raw END"
    odd = (
        f"CASE WHEN {is_text} THEN NOT regexp_full_match(raw, '[0-9+() .-]*') OR {_prefixed(digits, region)}"
        f" WHEN {is_whole} THEN {_prefixed(digits, region)}"
        f" ELSE starts_with(raw, '$\"') OR regexp_full_match(raw, {sql.text(LARGE_WHOLE)}) END"
    )
    return bucket, f"({odd})", lambda raw: same_phone(raw, region)


def _prefixed(digits: str, region: str | None) -> str:
    """True where a number's last digits may not be those of its E.164 form: too few are left without prefixes.

    The prefixes are those of the region. A number of another country is rare enough to be looked at always; without a
    region all are of other countries, and only short ones are, and Argentina's, which have a mark in the middle.
    """
    from phonenumbers import PhoneMetadata  # noqa: PLC0415 - only where phones are compared

    international = "regexp_matches(raw, '^[^0-9]*[+]')"
    known = PhoneMetadata.metadata_for_region(region) if region else None
    if known is None:
        unsure = f"{international} AND (length({digits}) < 12 OR starts_with({digits}, '54'))"
        return f"(length({digits}) < {_TAIL} OR ({unsure}))"
    code, trunk = str(known.country_code), known.national_prefix_for_parsing or ""
    abroad = known.international_prefix or "00"
    prefixes = f"^(?:{trunk})", f"^(?:(?:{abroad})?{code})?(?:{trunk})?"
    short = [f"length(regexp_replace({digits}, {sql.text(prefix)}, '')) < {_TAIL}" for prefix in prefixes]
    from_abroad = f"regexp_matches({digits}, {sql.text(f'^(?:{abroad})')})"
    from_home = f"regexp_matches({digits}, {sql.text(f'^(?:{abroad}){code}')})"
    foreign = (
        f"({international} AND NOT starts_with({digits}, '{code}'))",
        f"({from_abroad} AND NOT {from_home})",
    )
    return f"({' OR '.join([*short, *foreign])})"


def same_phone(raw: str, region: str | None) -> str | None:
    """Return a telephone number as E.164, or what else it is compared as; None for text without a digit.

    An extension is a part of the number: ``+12125550100;ext=5``.

    Args:
        raw: Canonical text. A whole number is its digits, also where a spreadsheet made text of it; other types are
            left as they are.
        region: For numbers without a country code.
    """
    import phonenumbers  # noqa: PLC0415 - only where there are candidates

    text = whole_digits(raw)
    if text is None:
        if raw.startswith("$") and not raw.startswith('$"'):
            return raw
        text = _number_of_spreadsheet(_plain(raw).strip(WHITE_SPACE))
    if not any(character.isdecimal() for character in text):
        return None
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return string_text(text)
    if not phonenumbers.is_possible_number(number):
        return string_text(text)
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{e164};ext={number.extension}" if number.extension else e164


def _number_of_spreadsheet(text: str) -> str:
    """Return the digits of a whole number that a spreadsheet wrote as text; any other text as it is."""
    found = _SPREADSHEET.fullmatch(text)
    if found is None:
        return text
    if found["plain"]:
        return text[: text.index(".")]
    digits, _, fraction = f"{Decimal(found['power']):f}".partition(".")
    return text if fraction.strip("0") else digits


def _plain(raw: str) -> str:
    return str(json.loads(raw[1:])) if raw.startswith('$"') else raw
