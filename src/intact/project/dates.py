"""Dates: BSON dates, and ISO 8601 text.

The text is a calendar date (``2026-01-31``, ``20260131``), a week date (``2026-W05-6``, ``2026W056``) or a
month (``2026-01``); a week alone is neither. After a date, not after a month, there may be ``T`` or a space, a
time (``10``, ``10:30``, ``10:30:00``, ``10:30:00.123``, or the same without colons) and a zone (``Z``, ``+05``,
``+05:30``, ``+0530``). ``t`` and ``z`` will do too. Without a zone it is UTC. What is finer than a millisecond
is cut towards the past. Hours are 0 to 23. A date of either form lies, in UTC, in one of the years 1 to 9999.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

from intact.core import values
from intact.project.canonical import int64

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - all arithmetic here is on naive UTC
_MILLISECOND: Final = timedelta(milliseconds=1)
_DAY: Final = r"(?:\d{4}-\d\d-\d\d|\d{8}|\d{4}-W\d\d-\d|\d{4}W\d\d\d)"
_HOUR: Final = r"(?:[01]\d|2[0-3])"
_CLOCK: Final = rf"{_HOUR}(?::[0-5]\d(?::[0-5]\d)?|[0-5]\d(?:[0-5]\d)?)?"
_WITH_SECONDS: Final = rf"{_HOUR}(?::[0-5]\d:[0-5]\d|[0-5]\d[0-5]\d)"
_TIME: Final = rf"(?:{_WITH_SECONDS}[.,]\d+|{_CLOCK})"
_ISO: Final = re.compile(rf"(?P<day>{_DAY})(?:[Tt ](?P<time>{_TIME})(?P<zone>[Zz]|[+-]{_CLOCK})?)?", re.ASCII)
_MONTH: Final = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)

FIRST: Final = -62_135_596_800_000
LAST: Final = 253_402_300_799_999
"""The first and the last millisecond of the years 1 to 9999."""

Date = tuple[int, int | None]
"""UTC milliseconds since 1970, and months since 1970-01 where the text names a day or a month without a time."""


def date(kind: int, data: bytes, start: int, end: int) -> Date | None:
    """Read the date that fills ``data[start:end]``; None where it is none."""
    if kind == values.DATE:
        milliseconds = int64(data, start)[0]
        return (milliseconds, None) if FIRST <= milliseconds <= LAST else None
    if kind in (values.STRING, values.SYMBOL):
        return parse(data[start + 4 : end - 1].decode(errors="replace"))
    return None


def parse(text: str) -> Date | None:
    """Read a date in ISO 8601 text; None where it is none."""
    month = _MONTH.fullmatch(text)
    if month is not None:
        year, number = int(month[1]), int(month[2])
        if not year:
            return None
        first = datetime(year, number, 1)  # noqa: DTZ001 - all arithmetic here is on naive UTC
        return (first - _EPOCH) // _MILLISECOND, _month(first)
    found = _ISO.fullmatch(text)
    if found is None:
        return None
    try:
        moment = datetime.fromisoformat(f"{found['day']}T{found['time']}" if found["time"] else found["day"])
    except ValueError:
        return None
    milliseconds = (moment - _EPOCH) // _MILLISECOND - _zone(found["zone"])
    if not FIRST <= milliseconds <= LAST:
        return None
    return milliseconds, None if found["time"] else _month(moment)


def _month(day: datetime) -> int:
    return (day.year - 1970) * 12 + day.month - 1


def _zone(text: str | None) -> int:
    """Return how far a zone is ahead of UTC, in milliseconds."""
    if text is None or text in "Zz":
        return 0
    digits = text[1:].replace(":", "").ljust(6, "0")
    seconds = int(digits[:2]) * 3600 + int(digits[2:4]) * 60 + int(digits[4:])
    return (-seconds if text[0] == "-" else seconds) * 1000
