"""When a report is due: local times that daylight saving neither loses nor doubles, as moments in UTC."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from intact.core.errors import UsageError
from intact.model.names import suggestion
from intact.model.specs import Cadence

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LAST_DAY: Final = 28
"""The last day of the month that every month has."""

_LONGEST: Final = 40  # days between two that a cadence falls on, and some


@dataclass(frozen=True, slots=True)
class Times:
    """The local times at which reports are due.

    A time that the clock skips is due at the moment at which it skips; one that the clock repeats is due the first
    time. So each day of a cadence has exactly one moment.

    Args:
        zone: In which the other three are meant.
        at: Time of the day, for all cadences.
        weekday: Of what is weekly; 0 is Monday.
        day: Of the month, of what is monthly; 1 to :data:`LAST_DAY`.
    """

    zone: ZoneInfo
    at: time = time(6)
    weekday: int = 0
    day: int = 1

    def last(self, cadence: Cadence, now: datetime) -> datetime:
        """Return the latest moment at which it was due, not after ``now``."""
        days = self._days(cadence, now, -1)
        return next(moment for each in days if (moment := self.moment(each)) <= now)

    def next(self, cadence: Cadence, after: datetime) -> datetime:
        """Return the first moment at which it is due after ``after``."""
        days = self._days(cadence, after, 1)
        return next(moment for each in days if (moment := self.moment(each)) > after)

    def moment(self, day: date) -> datetime:
        """Return the moment of this day's time, in UTC."""
        wall = datetime.combine(day, self.at)
        first = wall.replace(tzinfo=self.zone).astimezone(UTC)
        if first.astimezone(self.zone).replace(tzinfo=None) == wall:
            return first
        # The wall clock never shows it: read with the offset before the gap it lies behind the skip, with the one
        # after the gap before it.
        before = wall.replace(tzinfo=self.zone, fold=1).astimezone(UTC)
        return self._skip(before, first)

    def _skip(self, low: datetime, high: datetime) -> datetime:
        """Return the moment between two at which the offset changes, to the second."""
        after = high.astimezone(self.zone).utcoffset()
        while high - low > timedelta(seconds=1):
            middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
            if middle.astimezone(self.zone).utcoffset() == after:
                high = middle
            else:
                low = middle
        return high

    def _days(self, cadence: Cadence, around: datetime, step: int) -> Iterator[date]:
        """Yield the days of a cadence around a moment, going forward or back, beginning on the safe side."""
        begin = around.astimezone(self.zone).date() - timedelta(days=2 * step)
        for number in range(_LONGEST):
            day = begin + timedelta(days=number * step)
            if self._falls_on(cadence, day):
                yield day

    def _falls_on(self, cadence: Cadence, day: date) -> bool:
        if cadence is Cadence.WEEKLY:
            return day.weekday() == self.weekday
        return cadence is Cadence.DAILY or day.day == self.day


def zone_named(name: str) -> ZoneInfo:
    """Return a time zone by its IANA name.

    Raises:
        UsageError: If there is none of that name; with the nearest one.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        known = sorted(available_timezones())
        hint = suggestion(name, known) if known else "This machine has no time zones: pip install tzdata."
        raise UsageError(f"there is no time zone {name!r}", hint=hint) from None
