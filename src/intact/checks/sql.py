"""Pieces of SQL that the checks share: text in, text out.

A table of a collection has the columns of :mod:`intact.project.columns` and ``_row``.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Final

from intact.core.paths import Path
from intact.core.values import (
    ABSENT,
    NULL_KINDS,
    STRING,
    SYMBOL,
    WHITE_SPACE,
    decimal_text,
    double_text,
    string_text,
)
from intact.engine import quoted
from intact.model.specs import Collection, Condition, Conditions, Literal

_FOLDS_TO_ASCII: Final = {
    "ß": "ss",
    "\N{LATIN SMALL LETTER LONG S}": "s",
    "ﬀ": "ff",
    "ﬁ": "fi",
    "ﬂ": "fl",
} | {"ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}


def column(path: Path, suffix: str) -> str:
    """Name the column of a path: ``key``, ``each``, ``text``, … or ``#kind``."""
    return quoted(f"{path}{suffix}" if suffix.startswith("#") else f"{path}@{suffix}")


def text(value: str) -> str:
    """Write a string literal."""
    return "'" + value.replace("'", "''") + "'"


def blank(expression: str) -> str:
    """True for text that is empty or white space only (by Unicode); false for canonical text of other types."""
    return (
        f"(CASE WHEN {printed(expression)} THEN FALSE ELSE trim({expression}, {text(WHITE_SPACE)}) = '' END)"
    )


def trimmed(expression: str) -> str:
    """Text without white space (by Unicode) at either end."""
    ends = f"{printed(expression)} AND right({expression}, 1) BETWEEN '!' AND '~'"
    return f"(CASE WHEN {ends} THEN {expression} ELSE trim({expression}, {text(WHITE_SPACE)}) END)"


def printed(expression: str) -> str:
    """True for text that begins with a printed ASCII character: the usual case, told without looking further."""
    return f"{expression} BETWEEN '!' AND '~~'"


def missing(path: Path) -> str:
    """True for a missing link: absent, null, undefined, or an array without an element other than null."""
    key, each = column(path, "key"), column(path, "each")
    return f"(CASE WHEN {each} IS NULL THEN {key} IS NULL ELSE list_count({each}) = 0 END)"


def named(collection: Collection) -> str:
    """Canonical text of what names a document: its key, or its ``_id`` where the key is missing, null or blank."""
    if collection.key is None:
        return "_id"
    key = column(collection.key, "key")
    return f"(CASE WHEN {key} IS NULL OR {blank(key)} THEN _id ELSE {key} END)"


def keys(collection: Collection, *, arrays: bool = True) -> str:
    """Query ``(k, _row)``: all values by which documents of a collection are found.

    Args:
        collection: Whose documents.
        arrays: Whether any of their keys may be an array.
    """
    if collection.key is None:
        return f"(SELECT _id AS k, _row FROM {quoted(collection.name)} WHERE _id IS NOT NULL)"
    key, each, table = column(collection.key, "key"), column(collection.key, "each"), quoted(collection.name)
    single = f"SELECT {key} AS k, _row FROM {table} WHERE {key} IS NOT NULL"
    if not arrays:
        return f"({single})"
    return (
        f"({single} UNION ALL"
        f" SELECT k, _row FROM (SELECT unnest({each}) AS k, _row FROM {table} WHERE {each} IS NOT NULL)"
        " WHERE k IS NOT NULL)"
    )


def in_order(value: str) -> str:
    """Terms to sort canonical texts by: numbers first, by their value, then texts, then all else.

    They do not follow the order in which documents were read, as their numbers (``_row``) do.
    """
    is_other = f"starts_with({value}, '$')"
    number = f"CASE WHEN {is_other} THEN try_cast(substr({value}, 2) AS DOUBLE) END"
    return f"{number} NULLS LAST, {is_other}, {value} NULLS LAST"


def links(
    collection: str,
    path: Path,
    *,
    also: Sequence[str] = (),
    where: str = "TRUE",
    table: str = "",
    arrays: bool = True,
) -> str:
    """Query ``(_row, ref, is_array, …also)``: each value that documents refer to by a path, each once a document.

    Args:
        collection: Whose documents refer.
        path: By which path.
        also: Further columns or expressions (with ``AS``) of the documents.
        where: Condition on the documents.
        table: Where the documents are, quoted, if not all of the collection are meant.
        arrays: Whether any of them may have an array there.
    """
    key, each, table = column(path, "key"), column(path, "each"), table or quoted(collection)
    more = "".join(f", {expression}" for expression in also)
    single = f"SELECT _row, {key} AS ref, FALSE AS is_array{more} FROM {table}"
    if not arrays:
        return f"({single} WHERE {key} IS NOT NULL AND {where})"
    return (
        f"({single} WHERE {each} IS NULL AND {key} IS NOT NULL AND {where}"
        f" UNION ALL SELECT _row, ref, TRUE AS is_array{more} FROM"
        f" (SELECT *, unnest(list_distinct({each})) AS ref FROM {table} WHERE {each} IS NOT NULL AND {where})"
        " WHERE ref IS NOT NULL)"
    )


def folded(expression: str, literal: str) -> str:
    """Fold letter case as Unicode has it, as far as it matters for a comparison with a literal, which is folded."""
    # The engine's lower() knows simple letters, makes İ an i (it folds to i with a dot above), and leaves what folds
    # to something else than its small letter.
    replaced = f"lower(replace({expression}, '\u0130', 'i\u0307'))"
    for letter, fold in (_FOLDS_TO_ASCII if literal.isascii() else _folds()).items():
        if fold in literal:
            replaced = f"replace({replaced}, '{letter}', '{fold}')"
    return f"(CASE WHEN strlen({expression}) = length({expression}) THEN lower({expression}) ELSE {replaced} END)"


@lru_cache(maxsize=1)
def _folds() -> dict[str, str]:
    """Return the small letters that case folding changes."""
    letters = map(chr, range(0x80, 0x20000))
    return {letter: letter.casefold() for letter in letters if letter.lower() == letter != letter.casefold()}


def holds(conditions: Conditions, *, unless: Conditions = ()) -> str:
    """True where all ``conditions`` hold and not all of ``unless``; null where an unreadable flag leaves it open."""
    parts = [_condition(condition) for condition in conditions]
    if unless:
        parts.append(f"NOT ({' AND '.join(_condition(condition) for condition in unless)})")
    return f"({' AND '.join(parts)})" if parts else "TRUE"


def _condition(condition: Condition) -> str:
    return "(" + " OR ".join(_equals(condition, literal) for literal in condition.allowed) + ")"


def _equals(condition: Condition, literal: Literal) -> str:
    path = condition.path
    if literal is None:
        return missing(path) if condition.link else _null(condition)
    if isinstance(literal, bool):
        flag, bad = column(path, "flag"), column(path, "bad")
        return f"(CASE WHEN {bad} IS NULL THEN {flag} IS NOT DISTINCT FROM {literal} END)"
    if isinstance(literal, str):
        wanted = string_text(literal.casefold())
        return _or_element(path, _same_text(column(path, "text"), wanted), _same_text("x", wanted))
    number = decimal_text(Decimal(literal)) if isinstance(literal, int) else double_text(float(literal))
    wanted = text("$" + number)
    return _or_element(path, f"{column(path, 'key')} IS NOT DISTINCT FROM {wanted}", f"x = {wanted}")


def _same_text(value: str, wanted: str) -> str:
    """True for text that is, in any letter case, the canonical text of a literal; false for null."""
    as_it_is, in_any_case = f"{value} = {text(wanted)}", f"{folded(value, wanted)} = {text(wanted)}"
    return f"(CASE WHEN {value} IS NULL THEN FALSE WHEN {as_it_is} THEN TRUE ELSE {in_any_case} END)"


def _or_element(path: Path, value: str, element: str) -> str:
    """True where ``value`` is; where there is an array, where ``element`` is true for one of its elements, ``x``."""
    match = column(path, "match")
    found = f"len(list_filter({match}, lambda x: {element})) > 0"
    return f"(CASE WHEN {match} IS NULL THEN {value} ELSE {found} END)"


def _null(condition: Condition) -> str:
    """True for what a query for null finds. An array is no flag, whatever is in it."""
    match, kind = column(condition.path, "match"), column(condition.path, "#kind")
    is_null = f"{kind} IN ({', '.join(map(str, NULL_KINDS))})"
    if condition.asks_flag:
        return f"({is_null})"
    return f"(CASE WHEN {match} IS NULL THEN {is_null} ELSE list_count({match}) < len({match}) END)"


def is_day(path: Path, *, as_day: bool) -> str:
    """True where a date is a calendar day, the same in every time zone: text without a time, or said by the model."""
    return "TRUE" if as_day else f"({column(path, 'month')} IS NOT NULL)"


def named_month(path: Path, *, as_day: bool) -> str:
    """The month of a date that is a calendar day, in months since 1970-01; null for a moment."""
    month, date = column(path, "month"), f"epoch_ms({column(path, 'date')})"
    return f"coalesce({month}, (year({date}) - 1970) * 12 + month({date}) - 1)" if as_day else month


def currency(path: Path | None, otherwise: str | None) -> str:
    """The currency of an amount, in capital letters; null where it is no text, empty where nobody says it.

    Args:
        path: Where documents have it; None where they do not.
        otherwise: That of documents without one.
    """
    default = text(string_text(otherwise or ""))
    return default if path is None else _currency(column(path, "text"), column(path, "#kind"), default)


def _currency(value: str, kind: str, default: str) -> str:
    is_text = f"{kind} IN ({STRING}, {SYMBOL})"
    return (
        f"(CASE WHEN {value} IS NULL OR ({is_text} AND {blank(value)}) THEN {default}"
        f" WHEN {is_text} THEN upper({trimmed(value)}) END)"
    )


def money(path: Path, of: Path | None, otherwise: str | None) -> tuple[str, str, str, str]:
    """Expressions for an amount (:func:`amount`) and its currency (:func:`currency`).

    Where each element of an array has a currency of its own, they are columns of :func:`by_currency`.
    """
    if of is not None and of.is_list:
        return '"$narrow"', '"$wide"', '"$bad"', '"$currency"'
    return *amount(path), currency(of, otherwise)


def by_currency(table: str, path: Path, otherwise: str | None) -> str:
    """Query ``(_row, "$narrow", "$wide", "$bad", "$currency")``: what documents come to in each of their currencies.

    A document is in each currency of which an element has an amount other than nothing; without such an element, in
    those that its elements name, else in the general one. A currency that is no text is none: what is in it may belong
    to any other, and what is no element at all, too.

    Args:
        table: The documents.
        path: An amount in arrays, each of whose elements has a currency of its own.
        otherwise: That of elements without one.
    """
    entries, bad = column(path, "money"), column(path, "bad")
    default = text(string_text(otherwise or ""))
    unread = (
        f"(m.kind = {ABSENT} OR (m.amount IS NULL AND m.wide IS NULL"
        f" AND m.kind NOT IN ({', '.join(map(str, NULL_KINDS))})))"
    )
    sums = (
        f"SELECT _row, {_currency('m.currency', 'm.type', default)} AS currency,"
        " coalesce(sum(m.amount), 0) AS narrow, list(m.wide) FILTER (m.wide IS NOT NULL) AS wide,"
        f" bool_or({unread}) AS unread,"
        f" bool_or({unread} OR m.wide IS NOT NULL OR coalesce(m.amount, 0) <> 0) AS counts"
        f" FROM (SELECT _row, unnest({entries}) AS m FROM {table} WHERE {entries} IS NOT NULL)"
        " GROUP BY _row, currency"
    )
    some = f"SELECT * FROM ({sums}) QUALIFY counts = bool_or(counts) OVER (PARTITION BY _row)"
    named = (
        "SELECT *, counts AND bool_or(currency IS NULL) OVER (PARTITION BY _row) AS stray"
        f" FROM ({some}) QUALIFY currency IS NOT NULL OR NOT bool_or(currency IS NOT NULL) OVER (PARTITION BY _row)"
    )
    no_element = f"len(list_filter({bad}, lambda b: b.field <> {text(str(path))})) > 0"
    return (
        'SELECT d._row, coalesce(s.narrow, 0) AS "$narrow", s.wide AS "$wide",'
        f' (coalesce(s.unread OR s.stray, FALSE) OR ({bad} IS NOT NULL AND {no_element})) AS "$bad",'
        f' (CASE WHEN s._row IS NULL THEN {default} ELSE s.currency END) AS "$currency"'
        f" FROM {table} d LEFT JOIN ({named}) s ON s._row = d._row"
    )


def amount(path: Path) -> tuple[str, str, str]:
    """Expressions for an amount: the exact sum of the narrow, the wide texts or null, whether it is not all of it.

    It is not where a value cannot be read, and where the path is absent in an item, which may hold it by another name.
    A null there is an amount of nothing, as is a document without the array.
    """
    value, wide, bad = column(path, "amount"), column(path, "wide"), column(path, "bad")
    if path.is_list:
        absent = f"coalesce(list_contains({column(path, 'kinds')}, {ABSENT}), FALSE)"
        return f"coalesce(list_sum({value}), 0)", wide, f"({bad} IS NOT NULL OR {absent})"
    return (
        f"coalesce({value}, 0)",
        f"(CASE WHEN {wide} IS NOT NULL THEN [{wide}] END)",
        f"({bad} IS NOT NULL)",
    )
