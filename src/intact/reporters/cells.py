r"""Values as the cells of a spreadsheet: shown as they are, harmless, and exact to the machine that reads them.

A spreadsheet runs what looks like a formula, and turns ``007``, ``1-2`` or ``MAR1`` into something else without being
asked. So that neither happens, and every value can be read back, a cell is written by one rule:

* it begins with an apostrophe: the value is the text after it;
* otherwise, it is JSON: the value is that (a number, ``null``, a list, an object; text with a character that nobody
  would see is JSON too, ``"a\u202eb"``);
* otherwise the value is the text itself.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from intact.core.values import JsonValue
from intact.findings.shortened import shortened
from intact.findings.words import clipped
from intact.reporters.finding_record import visible

_MONTHS: Final = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_SURE: Final = re.compile(
    rf"""(?!(?i:true|false|null|nan|inf(?:inity)?)$)      # words that are values
    (?!(?i:{_MONTHS})[A-Za-z]*[\d .:,/-]+$)                # MAR1, May 5
    [A-Za-z][A-Za-z0-9 ._:()/#'-]*(?<![ ])                 # what most texts look like
    | (?=[^abcdfABCDF]*[abcdfABCDF])[0-9][0-9A-Fa-f-]{{19,}} # hexadecimal ids: no number, and no date is that long
    """,
    re.ASCII | re.VERBOSE,
)
LONGEST: Final = 32_767
"""Units of UTF-16 in a cell that spreadsheets keep."""
_STEPS: Final = ((30_000, 1_000), (10_000, 200), (2_000, 100), (400, 50), (100, 20), (40, 10))
"""How long texts and lists are left, one step after the other until all of a value fits."""
_LEAST: Final = 4_000
"""Characters of what does not fit even so; each may become an escape of six."""
is_plain: Final = _SURE.fullmatch
"""Tells what is seen at a glance to be text and nothing else, also to a spreadsheet, and needs no quotes in CSV."""
_WORD: Final = re.compile(r"true|false|null|nan|inf(inity)?", re.IGNORECASE)
_BEGINS: Final = re.compile(r"[\s'\"\[{=+\-@\uff1d\uff0b\uff0d\uff20]")
"""Text that begins so is a formula to a spreadsheet, would lose its white space, or could be taken for JSON."""
_NUMBER: Final = re.compile(
    r"(?=.*\d)[\d\s.,:/\-+()$\u20ac\u00a3\u00a5\u20b9%]*([eE][\d+\-]+)?(\s*[aApP][mM]?)?"
)
"""Numbers, dates, times, amounts and shares, in most ways in which people write them."""
_MONTH: Final = re.compile(rf"(?=.*\d)[\d\s\-/.,]*({_MONTHS})[a-z]*[\d\s\-/.,:]*", re.IGNORECASE)
_ISO_DATE: Final = re.compile(r"\d{4}-\d\d(-\d\d)?")
"""Months and days stay: a spreadsheet shows them in its own way, and they are what they are."""
_INNER: Final = re.compile(r"(?<=;)([\s\"'\\]*)([=+\-@\uff1d\uff0b\uff0d\uff20])")
"""A formula behind what separates cells where numbers have a decimal comma."""
_SHORT: Final = 64
"""Characters up to which a spreadsheet takes text for a number or a date."""
_DIGITS: Final = 15
"""Digits of a number that spreadsheets keep."""


def cell(value: JsonValue) -> str:
    """Return a value as a cell; one that no spreadsheet keeps whole is cut, and says so."""
    if isinstance(value, str) and len(value) > LONGEST:
        return shorter(value)
    made = _whole(value)
    return made if fits(made) else shorter(value)


def _whole(value: JsonValue) -> str:
    if isinstance(value, str):
        return value if is_plain(value) else _text(value)
    return written_cell(value, visible(value))


def fits(made: str) -> bool:
    """Whether spreadsheets keep a cell: they count the units of UTF-16."""
    if not LONGEST // 2 < len(made) <= LONGEST:
        return len(made) <= LONGEST
    return len(made) + sum(char > "\uffff" for char in made) <= LONGEST


def shorter(value: JsonValue) -> str:
    """Return a value as a cell that fits, with as much of it as that allows, or nearly."""
    for step in _STEPS:
        made = _whole(shortened(value, *step))
        if fits(made):
            return made
    return _whole(clipped(visible(shortened(value, *_STEPS[-1])), _LEAST))


def written_cell(value: JsonValue, written: str) -> str:
    """Return a value that is no text, and has been written as visible JSON, as a cell."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return json_cell(written)
    return _number(value, written)


def _text(text: str) -> str:
    """Return any text as a cell."""
    written = visible(text)
    unseen = written.count("\\") > 2 * text.count("\\") + text.count('"')
    if unseen or (";" in text and _INNER.search(text)):
        return json_cell(written)
    odd = (
        not text
        or _BEGINS.match(text)
        or text != text.rstrip()
        or _WORD.fullmatch(text)
        or (len(text) <= _SHORT and _taken_for_another(text))
    )
    return f"'{text}" if odd else text


def _taken_for_another(text: str) -> bool:
    """Tell whether a spreadsheet would read a number or a date where there is text."""
    if _ISO_DATE.fullmatch(text):
        return False
    return bool(_NUMBER.fullmatch(text) or _MONTH.fullmatch(text))


def _number(value: int | Decimal, written: str) -> str:
    """Return a number as a cell; one with more digits than spreadsheets keep as Extended JSON."""
    if sum(each.isdigit() for each in written) <= _DIGITS:
        return written
    kind = "$numberLong" if isinstance(value, int) else "$numberDecimal"
    return f'{{"{kind}":"{written}"}}'


def json_cell(written: str) -> str:
    """Return JSON in visible characters as a cell: what could begin a formula within it is an escape."""
    if ";" not in written:
        return written
    return _INNER.sub(lambda found: f"{found[1]}\\u{ord(found[2]):04x}", written)
