"""Quiet hours and digests go by the clock on the wall, whatever it does."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from intact.operations.alerts.clock import is_quiet, last_slot, next_slot, quiet_until
from intact.operations.alerts.config import Digest, Quiet

BERLIN = ZoneInfo("Europe/Berlin")
KOLKATA = ZoneInfo("Asia/Kolkata")


@pytest.mark.parametrize(
    ("hours", "clock", "quiet"),
    [
        ((22, 7), (21, 59), False),
        ((22, 7), (22, 0), True),
        ((22, 7), (3, 0), True),
        ((22, 7), (6, 59), True),
        ((22, 7), (7, 0), False),
        ((12, 14), (11, 59), False),
        ((12, 14), (12, 0), True),
        ((12, 14), (14, 0), False),
    ],
)
def test_hours_begin_with_the_first_and_end_before_the_last(
    hours: tuple[int, int], clock: tuple[int, int], quiet: bool
) -> None:
    rule = Quiet(time(hours[0]), time(hours[1]))
    now = datetime(2026, 11, 23, *clock, tzinfo=KOLKATA).astimezone(UTC)
    assert is_quiet(rule, now, KOLKATA) is quiet


@pytest.mark.parametrize("month", [3, 10])
@pytest.mark.parametrize("begin", range(0, 24, 5))
def test_quiet_ends_when_it_says_even_when_the_clock_changes(month: int, begin: int) -> None:
    rule = Quiet(time(begin), time((begin + 8) % 24, 30))
    now = datetime(2026, month, 20, tzinfo=UTC)
    for _ in range(24 * 14):
        if is_quiet(rule, now, BERLIN):
            until = quiet_until(rule, now, BERLIN)
            assert now < until <= now + timedelta(hours=10)
            assert (
                not is_quiet(rule, until, BERLIN) or until.month == month
            )  # an hour that the clock has twice
        now += timedelta(hours=1)


@pytest.mark.parametrize("zone", [BERLIN, KOLKATA, ZoneInfo("UTC")])
@pytest.mark.parametrize("day", [None, 0, 6])
@pytest.mark.parametrize("at", [time(), time(8), time(2, 30), time(23, 59)])
def test_digests_come_once_a_day_or_a_week_through_a_whole_year(
    zone: ZoneInfo, day: int | None, at: time
) -> None:
    digest = Digest(day, at)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    slots = set()
    while now < datetime(2027, 1, 1, tzinfo=UTC):
        slot = last_slot(digest, now, zone)
        assert slot <= now < next_slot(digest, now, zone)
        slots.add(slot)
        now += timedelta(hours=3)
    days = sorted(slot.astimezone(zone).date() for slot in slots)
    steps = {later - earlier for earlier, later in pairwise(days)}
    assert steps == {timedelta(days=1 if day is None else 7)}
    assert all(day is None or each.weekday() == day for each in days)
    odd = [slot for slot in slots if slot.astimezone(zone).time() != at]
    assert len(odd) <= 1  # the night in which the clock leaves that hour out
