"""When somebody may be told: quiet hours, and the moments of digests, by the clock on a wall in some time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from intact.operations.alerts.config import Digest, Quiet


def is_quiet(quiet: Quiet | None, now: datetime, zone: ZoneInfo) -> bool:
    """Say whether it is quiet; the hour at which quiet ends is not."""
    if quiet is None:
        return False
    clock = now.astimezone(zone).time()
    if quiet.begin < quiet.end:
        return quiet.begin <= clock < quiet.end
    return clock >= quiet.begin or clock < quiet.end


def quiet_until(quiet: Quiet, now: datetime, zone: ZoneInfo) -> datetime:
    """Return when the quiet hours end that ``now`` is in."""
    today = now.astimezone(zone).date()
    ends = [moment(today, quiet.end.replace(fold=fold), zone) for fold in (0, 1)]
    later = [end for end in ends if end > now]  # the second one, where the clock goes back and has it twice
    return later[0] if later else moment(today + timedelta(days=1), quiet.end, zone)


def last_slot(digest: Digest, now: datetime, zone: ZoneInfo) -> datetime:
    """Return the last moment at which a digest was due, ``now`` among them."""
    day = now.astimezone(zone).date()
    while (digest.day is not None and day.weekday() != digest.day) or moment(day, digest.at, zone) > now:
        day -= timedelta(days=1)
    return moment(day, digest.at, zone)


def next_slot(digest: Digest, now: datetime, zone: ZoneInfo) -> datetime:
    """Return the next moment at which a digest is due, ``now`` not among them."""
    day = now.astimezone(zone).date()
    while (digest.day is not None and day.weekday() != digest.day) or moment(day, digest.at, zone) <= now:
        day += timedelta(days=1)
    return moment(day, digest.at, zone)


def moment(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """Return the moment in UTC; an hour that the clock leaves out comes as much later, one it has twice comes first."""
    return datetime.combine(day, clock, zone).astimezone(UTC)
