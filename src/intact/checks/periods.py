"""Days and months: what a date is in the calendar of a time zone, and what a value that is no date would be."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from intact.core.values import JsonValue, whole_digits

__all__ = ["DAY", "UTC", "day_text", "month_of", "month_text", "other_readings", "start_of_day"]

DAY: Final = 86_400_000  # milliseconds
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_DAY: Final = -719_160  # within the years 1 to 9999, and two days off their ends for the zones
_LAST_DAY: Final = 2_932_894
_CYCLE: Final = 146_097  # days in 400 years, after which the Gregorian calendar repeats

_UNITS: Final = {"seconds": 10**9, "milliseconds": 10**6, "microseconds": 10**3, "nanoseconds": 1}
"""Units in which clocks count since 1970, in nanoseconds."""
_LIKELY: Final = 631_152_000_000, 4_102_444_800_000  # 1990 to 2100: where the dates of a business lie
_MOST_DIGITS: Final = 19  # of nanoseconds until 2100; Python refuses to read thousands of digits


def month_of(milliseconds: int, zone: tzinfo) -> int:
    """Return the calendar month of a moment, in months since 1970-01.

    At the ends of the calendar, where a zone could leave the years 1 to 9999, months are those of UTC.
    """
    days = milliseconds // DAY
    if _FIRST_DAY < days < _LAST_DAY:
        moment = (_EPOCH + timedelta(milliseconds=milliseconds)).astimezone(zone)
        return (moment.year - 1970) * 12 + moment.month - 1
    cycles, rest = divmod(days, _CYCLE)
    moment = _EPOCH + timedelta(days=rest)
    return (moment.year - 1970 + 400 * cycles) * 12 + moment.month - 1


def month_text(month: int) -> str:
    """Write a month as ``2026-01``."""
    return f"{1970 + month // 12:04d}-{month % 12 + 1:02d}"


def day_text(milliseconds: int, zone: tzinfo) -> str | None:
    """Return the day of a moment in a zone, as ``2026-01-31``; None beyond the years 1 to 9999."""
    try:
        return (_EPOCH + timedelta(milliseconds=milliseconds)).astimezone(zone).date().isoformat()
    except OverflowError:
        return None


def start_of_day(midnight: int, zone: tzinfo) -> int:
    """Return when a calendar day begins in a zone.

    Args:
        midnight: When it begins in UTC, in milliseconds.
        zone: Where the day is lived.
    """
    if not _FIRST_DAY < midnight // DAY < _LAST_DAY:
        return midnight
    local = (_EPOCH + timedelta(milliseconds=midnight)).replace(tzinfo=zone)
    return midnight - (local.utcoffset() or timedelta()) // timedelta(milliseconds=1)


def other_readings(text: str) -> dict[str, JsonValue]:
    """Say of a value that is no readable date its year, if it is a date, and what it would be in other units.

    Args:
        text: Canonical text.
    """
    count = _beyond_calendar(text)
    fields: dict[str, JsonValue] = {}
    if count is None:
        digits = whole_digits(text if text.startswith("$") else f"${text}")
        if digits is None or len(digits) > _MOST_DIGITS:
            return {}
        count = int(digits)
    else:
        fields["year"] = 1970 + month_of(count, UTC) // 12
    first, last = _LIKELY
    moments = {unit: count * size // 10**6 for unit, size in _UNITS.items()}
    likely: dict[str, JsonValue] = {
        unit: _moment_text(moment) for unit, moment in moments.items() if first <= moment < last
    }
    return {**fields, "read_as": likely} if likely else fields


def _beyond_calendar(text: str) -> int | None:
    """Return the milliseconds of a BSON date whose year is none of 1 to 9999."""
    if not text.startswith('${"$date":{"$numberLong":'):
        return None
    return int(json.loads(text[1:])["$date"]["$numberLong"])


def _moment_text(milliseconds: int) -> str:
    moment = _EPOCH + timedelta(milliseconds=milliseconds)
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds").replace(
        "+00:00", "Z"
    )
