"""Calendar months, the billing periods of the sample business. All moments are naive datetimes in UTC."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime
from typing import NamedTuple

from tests.sample_data.errors import SampleError


class Month(NamedTuple):
    """One calendar month."""

    year: int
    number: int

    @classmethod
    def of(cls, moment: datetime) -> Month:
        """Give the month that holds a moment."""
        return cls(moment.year, moment.month)

    @property
    def text(self) -> str:
        """The month as ``2026-01``."""
        return f"{self.year:04d}-{self.number:02d}"

    @property
    def first(self) -> datetime:
        """The first moment of the month."""
        return datetime(self.year, self.number, 1)

    @property
    def days(self) -> int:
        """How many days the month has."""
        return calendar.monthrange(self.year, self.number)[1]

    def plus(self, months: int) -> Month:
        """Give the month that lies this many months later (earlier where negative)."""
        year, index = divmod(self.year * 12 + self.number - 1 + months, 12)
        return Month(year, index + 1)

    def day(self, number: int) -> datetime:
        """Give midnight of a day of the month, counted from 1."""
        return datetime(self.year, self.number, number)


def in_utc(moment: datetime) -> datetime:
    """Give a moment as a naive datetime in UTC, whole milliseconds; a naive one is in UTC already.

    Raises:
        SampleError: The year lies outside 1975 to 2100, where ObjectIds could not carry it.
    """
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    if not 1975 <= moment.year <= 2100:
        raise SampleError(f"as_of must lie between the years 1975 and 2100, not in {moment.year}")
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
