"""Each day, week and month has exactly one moment, whatever the clocks of a place do."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intact.core.errors import UsageError
from intact.model.specs import Cadence
from intact.operations.schedule.times import LAST_DAY, Times, zone_named

HALF_PAST_TWO = time(2, 30)


@pytest.mark.parametrize(
    ("zone", "at", "day", "moment"),
    [
        # The clock goes from 02:00 to 03:00: there is no 02:30, and 01:00 UTC is the moment of the skip.
        ("Europe/Berlin", HALF_PAST_TWO, "2026-03-29", "2026-03-29T01:00Z"),
        ("Europe/Berlin", time(2), "2026-03-29", "2026-03-29T01:00Z"),
        ("Europe/Berlin", time(1, 59), "2026-03-29", "2026-03-29T00:59Z"),
        ("Europe/Berlin", time(3), "2026-03-29", "2026-03-29T01:00Z"),
        ("Europe/Berlin", HALF_PAST_TWO, "2026-03-30", "2026-03-30T00:30Z"),
        # The clock goes from 03:00 back to 02:00: 02:30 comes twice, and the first counts.
        ("Europe/Berlin", HALF_PAST_TWO, "2026-10-25", "2026-10-25T00:30Z"),
        ("Europe/Berlin", time(3), "2026-10-25", "2026-10-25T02:00Z"),
        ("Europe/Berlin", HALF_PAST_TWO, "2026-10-26", "2026-10-26T01:30Z"),
        ("America/New_York", HALF_PAST_TWO, "2026-03-08", "2026-03-08T07:00Z"),
        ("America/New_York", time(1, 30), "2026-11-01", "2026-11-01T05:30Z"),
        # Half an hour is skipped and repeated, at midnight or not.
        ("Australia/Lord_Howe", time(2, 15), "2026-10-04", "2026-10-03T15:30Z"),
        ("Australia/Lord_Howe", time(1, 45), "2026-04-05", "2026-04-04T14:45Z"),
        ("America/Sao_Paulo", time(0, 15), "2018-11-04", "2018-11-04T03:00Z"),  # a day without midnight
        ("Asia/Kolkata", time(6), "2026-05-10", "2026-05-10T00:30Z"),
        ("Pacific/Apia", time(6), "2011-12-30", "2011-12-30T10:00Z"),  # a day that never was
    ],
)
def test_the_moment_of_a_local_time(zone: str, at: time, day: str, moment: str) -> None:
    times = Times(ZoneInfo(zone), at)
    assert times.moment(date.fromisoformat(day)) == datetime.fromisoformat(moment)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"])
@pytest.mark.parametrize("at", [time(0), time(1, 30), HALF_PAST_TWO, time(23, 59)])
def test_a_year_has_as_many_moments_as_days_weeks_and_months(zone: str, at: time) -> None:
    times = Times(ZoneInfo(zone), at, weekday=6, day=28)
    begin = datetime(2026, 1, 1, tzinfo=times.zone).astimezone(UTC) - timedelta(seconds=1)
    end = datetime(2027, 1, 1, tzinfo=times.zone).astimezone(UTC)
    counts = {}
    for cadence in Cadence:
        moments = [times.next(cadence, begin)]
        while (following := times.next(cadence, moments[-1])) < end:
            moments.append(following)
        counts[cadence] = len(moments)
        local = [each.astimezone(times.zone) for each in moments]
        assert sorted({each.date() for each in local}) == [each.date() for each in local]
    assert counts == {Cadence.DAILY: 365, Cadence.WEEKLY: 52, Cadence.MONTHLY: 12}


@given(
    zone=st.sampled_from(
        ["UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Kiritimati"]
    ),
    at=st.times().map(lambda each: each.replace(second=0, microsecond=0)),
    weekday=st.integers(0, 6),
    day=st.integers(1, LAST_DAY),
    cadence=st.sampled_from(list(Cadence)),
    now=st.datetimes(datetime(2000, 1, 1), datetime(2037, 1, 1)),
)
def test_last_and_next_are_the_neighbours_of_now(
    zone: str, at: time, weekday: int, day: int, cadence: Cadence, now: datetime
) -> None:
    times, moment = Times(ZoneInfo(zone), at, weekday, day), now.replace(tzinfo=UTC)
    last, following = times.last(cadence, moment), times.next(cadence, moment)
    assert last <= moment < following
    assert times.next(cadence, last) == following
    assert times.last(cadence, following) == following
    local = following.astimezone(times.zone)
    if cadence is Cadence.WEEKLY:
        assert local.weekday() == weekday
    if cadence is Cadence.MONTHLY:
        assert local.day == day
    assert following - last < timedelta(days=33)


def test_a_zone_that_is_misspelt_is_said_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"there is no time zone 'Asia/Kolkatta'.*Asia/Kolkata"):
        zone_named("Asia/Kolkatta")


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../UTC", "a\0b", "Europe"])
def test_what_is_no_zone_is_a_sentence(name: str) -> None:
    with pytest.raises(UsageError, match="there is no time zone"):
        zone_named(name)
